//! The last bytes received, for diagnosis.

use alloc::{collections::VecDeque, vec::Vec};

/// The last bytes, at most `most` of them.
#[derive(Debug)]
pub(super) struct Recent {
    bytes: VecDeque<u8>,
    most: usize,
}

impl Recent {
    pub(super) const fn new(most: usize) -> Self {
        Self { bytes: VecDeque::new(), most }
    }

    pub(super) fn push(&mut self, data: &[u8]) {
        if self.most == 0 {
            return;
        }
        let data = &data[data.len().saturating_sub(self.most)..];
        let over = (self.bytes.len() + data.len()).saturating_sub(self.most);
        self.bytes.drain(..over);
        self.bytes.extend(data);
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
    }

    pub(super) fn to_vec(&self) -> Vec<u8> {
        self.bytes.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::Recent;

    #[test]
    fn the_ring_keeps_the_last_bytes_however_they_came() {
        let all: Vec<u8> = (0..100).collect();
        for cut in 1..100 {
            let mut recent = Recent::new(7);
            all.chunks(cut).for_each(|chunk| recent.push(chunk));
            assert_eq!(recent.to_vec(), all[93..], "cut at {cut}");
        }
        let mut off = Recent::new(0);
        off.push(&all);
        assert!(off.to_vec().is_empty());
    }
}
