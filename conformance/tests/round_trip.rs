//! What is written is what is read.

use proptest::{collection::vec, prelude::*};
use sse_conformance::{Case, Cutting, Event, Outcome, Pieces, generate, generate::Draft, oracle, runner, subjects};
use sse_proto::{BufferTooSmall, EventId, EventType, Message, Retry};

/// What a reader has to make of the messages, one after the other.
fn expected(drafts: &[Draft]) -> Outcome {
    let mut outcome = Outcome::default();
    for draft in drafts {
        if let Some(id) = &draft.id {
            outcome.last_event_id = id.as_str().into();
        }
        outcome.retry = draft.retry.map(Retry::as_millis).or(outcome.retry);
        if draft.event_type.is_none() && draft.data.is_none() {
            continue;
        }
        outcome.events.push(Event {
            event_type: draft.event_type.as_deref().unwrap_or("message").into(),
            data: draft.data.as_deref().unwrap_or_default().replace("\r\n", "\n").replace('\r', "\n"),
            last_event_id: outcome.last_event_id.clone(),
            own_id: Some(draft.id.is_some()),
        });
    }
    outcome
}

fn encoded(drafts: &[Draft]) -> Vec<u8> {
    drafts.iter().flat_map(|draft| draft.message().to_bytes()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn messages_come_back_as_they_were(drafts in vec(generate::draft(), 0..6), seed: u64) {
        let stream = encoded(&drafts);
        prop_assert_eq!(oracle::read(&stream), expected(&drafts));
        let cuttings = |_: &[u8]| [Pieces::Whole, Pieces::Random(seed)].map(Cutting::new).to_vec();
        runner::run_with(&subjects::proto(), &[Case::by_oracle(stream)], cuttings).assert_passed();
    }

    #[test]
    fn one_message_is_at_most_one_event(draft in generate::draft()) {
        let message = draft.message();
        let outcome = oracle::read(&message.to_bytes());
        prop_assert_eq!(outcome.events.len(), usize::from(message.is_event()));
    }

    #[test]
    fn every_way_to_encode_gives_the_same(draft in generate::draft(), less: prop::sample::Index) {
        let message = draft.message();
        let bytes = message.to_bytes();
        prop_assert_eq!(message.encoded_len(), bytes.len());

        let mut buffer = b"before".to_vec();
        message.encode(&mut buffer).expect("a vector grows");
        prop_assert_eq!(buffer, [b"before", &bytes[..]].concat());

        let mut slice = vec![b'?'; bytes.len() + 3];
        prop_assert_eq!(message.encode_slice(&mut slice), Ok(bytes.len()));
        prop_assert_eq!(&slice, &[&bytes[..], b"???"].concat());
        let mut exact = vec![b'?'; bytes.len()];
        prop_assert_eq!(message.encode_slice(&mut exact), Ok(bytes.len()));
        prop_assert_eq!(&exact, &bytes[..]);

        if !bytes.is_empty() {
            let room = less.index(bytes.len());
            let mut short = vec![b'?'; room];
            let error = BufferTooSmall { needed: bytes.len(), room };
            prop_assert_eq!(message.encode_slice(&mut short), Err(error));
            prop_assert!(short.iter().all(|byte| *byte == b'?'), "a slice that is too short is not touched");
        }
    }

    /// What a field accepts it sends; what it refuses would not have come back.
    #[test]
    fn fields_refuse_just_what_would_not_come_back(text in generate::text()) {
        let read = |line: String| oracle::read(format!("{line}\ndata: x\n\n").as_bytes());
        let one_event = |outcome: &Outcome| outcome.events.len() == 1 && outcome.events[0].data == "x";

        let outcome = read(format!("id: {text}"));
        let comes_back = one_event(&outcome) && outcome.last_event_id == text && outcome.retry.is_none();
        prop_assert_eq!(EventId::new(text.as_str()).is_ok(), comes_back);

        let outcome = read(format!("event: {text}"));
        let comes_back = one_event(&outcome) && outcome.events[0].event_type == text;
        prop_assert_eq!(EventType::new(text.as_str()).is_ok(), comes_back);
    }
}

#[test]
fn the_empty_message_is_nothing() {
    assert_eq!(Message::new().to_bytes(), "");
    assert_eq!(Message::new().encoded_len(), 0);
    assert_eq!(Message::new().encode_slice(&mut []), Ok(0));
}
