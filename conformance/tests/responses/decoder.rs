//! Reads compressed bytes as they come.

use flate2::{Crc, Decompress, FlushDecompress, Status};
use sse_proto::server::ContentCoding;
use zstd::stream::raw::{self, InBuffer, Operation, OutBuffer};

pub(crate) struct Decoder {
    format: Format,
    /// All that was read.
    pub(crate) text: Vec<u8>,
    /// Whether the compressed data has ended properly.
    pub(crate) has_ended: bool,
}

enum Format {
    /// The head of RFC 1952 has ten bytes, its end eight.
    Gzip {
        inflate: Decompress,
        head: usize,
        end: Vec<u8>,
        in_data: bool,
    },
    Zstd(raw::Decoder<'static>),
}

impl Decoder {
    pub(crate) fn new(coding: ContentCoding) -> Self {
        let format = match coding {
            ContentCoding::Gzip => {
                Format::Gzip { inflate: Decompress::new(false), head: 10, end: Vec::new(), in_data: true }
            }
            ContentCoding::Zstd => Format::Zstd(raw::Decoder::new().expect("memory")),
            other => panic!("no decoder for {other:?}"),
        };
        Self { format, text: Vec::new(), has_ended: false }
    }

    /// Reads all that these bytes hold.
    pub(crate) fn read(&mut self, mut bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        assert!(!self.has_ended, "bytes after the end");
        match &mut self.format {
            Format::Gzip { inflate, head, end, in_data } => {
                let skipped = bytes.len().min(*head);
                *head -= skipped;
                bytes = &bytes[skipped..];
                while *in_data && !bytes.is_empty() {
                    self.text.reserve(1024);
                    let (before, length) = (inflate.total_in(), self.text.len());
                    let status = inflate.decompress_vec(bytes, &mut self.text, FlushDecompress::Sync);
                    let read = (inflate.total_in() - before) as usize;
                    bytes = &bytes[read..];
                    *in_data = status.expect("deflate") != Status::StreamEnd;
                    assert!(read > 0 || self.text.len() > length || !*in_data, "the decoder is stuck");
                }
                end.extend_from_slice(bytes);
                if !*in_data && end.len() == 8 {
                    let mut checksum = Crc::new();
                    checksum.update(&self.text);
                    let expected = [checksum.sum().to_le_bytes(), checksum.amount().to_le_bytes()].concat();
                    assert_eq!(*end, expected, "the checksum and the length");
                    self.has_ended = true;
                }
            }
            Format::Zstd(decoder) => {
                let mut input = InBuffer::around(bytes);
                loop {
                    self.text.reserve(1024);
                    let length = self.text.len();
                    let hint = decoder.run(&mut input, &mut OutBuffer::around_pos(&mut self.text, length));
                    self.has_ended = hint.expect("a frame of Zstandard") == 0;
                    if input.pos == bytes.len() && self.text.len() < self.text.capacity() {
                        break;
                    }
                }
            }
        }
    }

    pub(crate) fn ends_with(&self, end: &str) -> bool {
        self.text.ends_with(end.as_bytes())
    }
}
