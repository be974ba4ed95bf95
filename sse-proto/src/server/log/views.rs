//! What readers of the same topics read, gathered once for all of them.

use alloc::{boxed::Box, collections::VecDeque, vec::Vec};

use bytes::Bytes;

use crate::Text;

/// What was gathered last for readers of some topics: messages that do not lie next to each other in the log are copied
/// together once, and shared by all readers of the same topics.
#[derive(Debug, Default)]
pub(super) struct Views(VecDeque<View>);

#[derive(Debug)]
pub(super) struct View {
    pub(super) topics: Box<[Text]>,
    /// Where the reader was.
    pub(super) from: u64,
    /// Where it is now.
    pub(super) next: u64,
    /// Each message's position, and where it begins in the bytes.
    pub(super) starts: Vec<(u64, usize)>,
    pub(super) bytes: Bytes,
}

/// How many views are kept. They are good until the next message is published.
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

    /// What a reader of these topics gets from this position on, and where it is then.
    pub(super) fn read(&self, topics: &[Text], position: u64, most: usize) -> Option<(Bytes, u64)> {
        self.0.iter().rev().find_map(|view| {
            let same = view.from <= position && *view.topics == *topics;
            let first = view.starts.partition_point(|(at, _)| *at < position);
            let (_, start) = view.starts.get(first).filter(|_| same)?;
            (view.bytes.len() - start <= most).then(|| (view.bytes.slice(start..), view.next))
        })
    }
}
