//! Messages that were gathered for readers of the same topics.

use alloc::{boxed::Box, collections::VecDeque, vec::Vec};

use bytes::Bytes;

use crate::Text;

/// The last gathered messages: those that do not lie next to each other in the log are copied together once, and shared by
/// all readers of the same topics.
#[derive(Debug, Default)]
pub(super) struct Views(VecDeque<View>);

#[derive(Debug)]
pub(super) struct View {
    pub(super) topics: Box<[Text]>,
    /// The position of the reader before it read this view.
    pub(super) from: u64,
    /// The position of the reader after it read this view.
    pub(super) next: u64,
    /// The position of each message, and where it begins in the bytes.
    pub(super) starts: Vec<(u64, usize)>,
    pub(super) bytes: Bytes,
}

/// The number of views that are kept. They are valid until the next message is published.
const MOST: usize = 8;

impl Views {
    pub(super) fn keep(&mut self, view: View) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(view);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the bytes for a reader of these topics at `position`, and the position after them; `None` if no view fits.
    pub(super) fn read(&self, topics: &[Text], position: u64, most: usize) -> Option<(Bytes, u64)> {
        self.0.iter().rev().find_map(|view| {
            let same = view.from <= position && *view.topics == *topics;
            let first = view.starts.partition_point(|(at, _)| *at < position);
            let (_, start) = view.starts.get(first).filter(|_| same)?;
            (view.bytes.len() - start <= most).then(|| (view.bytes.slice(start..), view.next))
        })
    }
}
