//! The generated streams that every contender reads, and the events that every encoder writes.

use std::fmt::Write;

use bytes::Bytes;

use crate::tally::Tally;

/// The kinds of stream, each a shape that is met in the field or that is hard on one part of a decoder.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Corpus {
    /// `data: {json, about 250 B}\n\n`: chat completion chunks.
    Openai,
    /// `event: content_block_delta\ndata: {json}\n\n`.
    Anthropic,
    /// `data: x\n\n`: the cost per event.
    Tiny,
    /// One data line of 64 KiB per event.
    Big,
    /// 64 data lines of 64 B per event.
    Multiline,
    /// `id`, `event`, `retry` and `data`, lines ended by CRLF.
    Full,
    /// One comment `:\n\n` and then a small event.
    Heartbeats,
    /// Comments `:\n\n`, with an event after each 10 000 of them: a quiet stream, read without its pauses.
    Idle,
    /// CJK and emoji data.
    Utf8,
}

impl Corpus {
    pub(crate) const ALL: [Self; 9] = [
        Self::Openai,
        Self::Anthropic,
        Self::Tiny,
        Self::Big,
        Self::Multiline,
        Self::Full,
        Self::Heartbeats,
        Self::Idle,
        Self::Utf8,
    ];

    /// Those that an encoder is measured on.
    pub(crate) const WRITTEN: [Self; 6] =
        [Self::Openai, Self::Anthropic, Self::Tiny, Self::Multiline, Self::Full, Self::Utf8];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Anthropic => "anthropic",
            Self::Tiny => "tiny",
            Self::Big => "big",
            Self::Multiline => "multiline",
            Self::Full => "full",
            Self::Heartbeats => "heartbeats",
            Self::Idle => "idle",
            Self::Utf8 => "utf8",
        }
    }

    /// The events of the stream, without an end.
    pub(crate) fn items(self) -> impl Iterator<Item = Item> {
        let mut words = Words::new();
        (0_u64..).map(move |n| self.item(n, &mut words))
    }

    /// The stream up to about `len` bytes, cut after a whole event; at least one event. A shorter stream is a prefix of
    /// a longer one.
    pub(crate) fn stream(self, len: usize) -> Stream {
        let mut text = String::with_capacity(len + len / 8 + 2048);
        let mut expected = Tally::default();
        for item in self.items() {
            self.push(&mut text, &item);
            expected.add(item.data.len());
            if text.len() >= len {
                break;
            }
        }
        Stream { bytes: Bytes::from(text.into_bytes()), expected }
    }

    fn item(self, n: u64, words: &mut Words) -> Item {
        let mut item = Item::default();
        let data = &mut item.data;
        let written = match self {
            Self::Openai => write!(
                data,
                r#"{{"id":"chatcmpl-B{n:024x}","object":"chat.completion.chunk","created":{},"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_{:010x}","choices":[{{"index":0,"delta":{{"content":" {}"}},"logprobs":null,"finish_reason":null}}]}}"#,
                1_740_000_000 + n / 50,
                0x50_cad3_50e4_u64,
                words.next(),
            ),
            Self::Anthropic => {
                item.event = Some("content_block_delta");
                write!(
                    data,
                    r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":" {}"}}}}"#,
                    words.next(),
                )
            }
            Self::Tiny => data.write_str("x"),
            Self::Big => {
                while data.len() < 64 * 1024 {
                    data.push_str(words.next());
                    data.push(' ');
                }
                data.truncate(64 * 1024);
                Ok(())
            }
            Self::Multiline => {
                for line in 0..64 {
                    let start = data.len();
                    while data.len() - start < 64 {
                        data.push_str(words.next());
                        data.push(' ');
                    }
                    data.truncate(start + 64);
                    if line < 63 {
                        data.push('\n');
                    }
                }
                Ok(())
            }
            Self::Full => {
                item.event = Some("price");
                item.id = Some((1_000_000 + n).to_string());
                item.retry = Some(3000);
                write!(data, r#"{{"symbol":"{}","bid":{}.25,"ask":{}.5}}"#, words.next(), n % 997, n % 997)
            }
            Self::Heartbeats | Self::Idle => write!(data, r#"{{"n":{}}}"#, n % 1000),
            Self::Utf8 => {
                for _ in 0..12 {
                    data.push_str(words.next_wide());
                }
                Ok(())
            }
        };
        written.expect("a String takes everything");
        item
    }

    fn push(self, text: &mut String, item: &Item) {
        let end = if self == Self::Full { "\r\n" } else { "\n" };
        let heartbeats = match self {
            Self::Heartbeats => 1,
            Self::Idle => 10_000,
            _ => 0,
        };
        text.extend((0..heartbeats).map(|_| ":\n\n"));
        let mut line = |name: &str, value: &str| {
            for part in [name, ": ", value, end] {
                text.push_str(part);
            }
        };
        if let Some(id) = &item.id {
            line("id", id);
        }
        if let Some(event) = item.event {
            line("event", event);
        }
        if let Some(retry) = item.retry {
            line("retry", &retry.to_string());
        }
        for part in item.data.split('\n') {
            line("data", part);
        }
        text.push_str(end);
    }
}

/// One event of a corpus.
#[derive(Clone, Debug, Default)]
pub(crate) struct Item {
    pub(crate) event: Option<&'static str>,
    pub(crate) id: Option<String>,
    pub(crate) retry: Option<u64>,
    pub(crate) data: String,
}

/// A generated stream and what a decoder must find in it.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) bytes: Bytes,
    pub(crate) expected: Tally,
}

/// Words in an order that is the same on every run (an xorshift generator with a fixed seed).
struct Words(u64);

impl Words {
    const NARROW: [&str; 16] = [
        "the",
        "stream",
        "of",
        "events",
        "reads",
        "on",
        "without",
        "end",
        "a",
        "server",
        "says",
        "what",
        "has",
        "happened",
        "internationalisation",
        "now",
    ];
    const WIDE: [&str; 8] = ["事件流", "服务器", "こんにちは", "データ", "서버", "🚀✨", "世界", "👩‍🔬🙂"];

    const fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    fn number(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize
    }

    fn next(&mut self) -> &'static str {
        Self::NARROW[self.number() % Self::NARROW.len()]
    }

    fn next_wide(&mut self) -> &'static str {
        Self::WIDE[self.number() % Self::WIDE.len()]
    }
}
