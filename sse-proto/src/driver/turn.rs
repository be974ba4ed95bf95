//! How long a task may go on before others have their turn.

/// The bytes that are read without a pause and without an event to show for them. A peer that sends comments without end,
/// as fast as they can be read, must not keep the thread from everything else.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turn {
    reads: usize,
    bytes: usize,
}

impl Turn {
    pub(super) fn take(&mut self, bytes: usize) {
        self.reads += 1;
        self.bytes += bytes;
    }

    pub(super) fn is_over(self) -> bool {
        self.reads >= 64 || self.bytes >= 256 * 1024
    }
}
