//! Any messages that can be sent are read back as they were, and none as more than one event.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use sse_conformance::{Case, Cutting, Event, Outcome, Pieces, oracle, runner, subjects};
use sse_proto::{BufferTooSmall, EventId, EventType, Message, Retry};

#[derive(Arbitrary, Debug)]
struct Draft<'a> {
    comment: Option<&'a str>,
    event_type: Option<&'a str>,
    id: Option<&'a str>,
    retry: Option<u64>,
    data: Option<&'a str>,
}

fuzz_target!(|input: (u64, Vec<Draft<'_>>)| {
    let (seed, drafts) = input;
    let mut stream = Vec::new();
    let mut expected = Outcome::default();
    for draft in &drafts {
        let message = draft.message(&mut expected);
        check_encoding(&message);
        stream.extend_from_slice(&message.to_bytes());
    }
    assert_eq!(oracle::read(&stream), expected);
    let cuttings = |_: &[u8]| vec![Cutting::new(Pieces::Random(seed))];
    runner::run_with(&subjects::proto(), &[Case::by_oracle(stream)], cuttings).assert_passed();
});

impl Draft<'_> {
    /// The message, with the fields that are accepted; and what it adds to the outcome.
    fn message(&self, expected: &mut Outcome) -> Message {
        let mut message = Message::new();
        let mut event_type = "message";
        let mut own_id = false;
        if let Some(comment) = self.comment {
            message = message.comment(comment);
        }
        if let Some(Ok(accepted)) = self.event_type.map(EventType::new) {
            event_type = self.event_type.unwrap_or_default();
            message = message.event(accepted);
        }
        if let Some(Ok(accepted)) = self.id.map(EventId::new) {
            expected.last_event_id = accepted.as_str().into();
            message = message.id(accepted);
            own_id = true;
        }
        if let Some(retry) = self.retry {
            expected.retry = Some(retry);
            message = message.retry(Retry::from_millis(retry));
        }
        if let Some(data) = self.data {
            message = message.data(data);
        }
        if message.is_event() {
            expected.events.push(Event {
                event_type: event_type.into(),
                data: self.data.unwrap_or_default().replace("\r\n", "\n").replace('\r', "\n"),
                last_event_id: expected.last_event_id.clone(),
                own_id: Some(own_id),
            });
        }
        message
    }
}

fn check_encoding(message: &Message) {
    let bytes = message.to_bytes();
    assert_eq!(message.encoded_len(), bytes.len());
    let mut slice = vec![0; bytes.len()];
    assert_eq!(message.encode_slice(&mut slice), Ok(bytes.len()));
    assert_eq!(slice, bytes);
    if let Some(room) = bytes.len().checked_sub(1) {
        slice.fill(b'?');
        let error = BufferTooSmall { needed: bytes.len(), room };
        assert_eq!(message.encode_slice(&mut slice[..room]), Err(error));
        assert!(slice.iter().all(|byte| *byte == b'?'));
    }
}
