//! What a reader has to offer to be judged.

use crate::{Event, Outcome};

/// A way to read event streams: a parser, an adapter, a transport with something at its other end.
///
/// The crate page has an example.
pub trait Harness {
    /// A name for reports.
    fn name(&self) -> &str;

    /// Opens a new stream, as the first one of a new event source, without limits on its size.
    fn open(&self) -> Box<dyn Stream + '_>;
}

/// A stream that is being read.
pub trait Stream {
    /// Hands over the next bytes and returns the events that came of them: all that the bytes so far complete, because
    /// a reader that waits for more bytes delays events. `piece` may be empty.
    ///
    /// # Errors
    ///
    /// Whatever stopped the reader; the case has failed then.
    fn feed(&mut self, piece: &[u8]) -> Result<Vec<Event>, String>;

    /// Ends the stream.
    ///
    /// # Errors
    ///
    /// Whatever stopped the reader; the case has failed then.
    fn finish(self: Box<Self>) -> Result<Ending, String>;
}

/// What a reader has to say when its stream has ended: events that came only then (there should be none), the
/// reconnection time and the last event ID.
pub type Ending = Outcome;

/// Something that is judged as a whole: one harness, or several that give different ways into the same reader.
#[expect(missing_debug_implementations, reason = "a harness need not have one")]
pub struct Subject {
    /// The name under which the results are added up.
    pub name: String,
    /// What every case is run on.
    pub harnesses: Vec<Box<dyn Harness>>,
}

impl Subject {
    /// A subject with these harnesses.
    pub fn new(name: impl Into<String>, harnesses: Vec<Box<dyn Harness>>) -> Self {
        Self { name: name.into(), harnesses }
    }
}

impl<H: Harness + 'static> From<H> for Subject {
    /// A subject with one harness, by its name.
    fn from(harness: H) -> Self {
        Self { name: String::from(harness.name()), harnesses: vec![Box::new(harness)] }
    }
}
