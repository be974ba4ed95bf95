//! Going on from the last event ID (R-035 to, D-01, D-02, D-09).

use sse_proto::{
    EventId,
    client::{Change, ClientConfig, Output},
};

use crate::{Client, URL, idle, last_event_id};

/// D-01, D-02.
#[test]
fn the_last_event_id_is_sent_until_it_is_reset() {
    let mut client = Client::open();
    client.data("id: 1\ndata: a\n\nid: lost\ndata: b\n");
    assert_eq!(client.event(), "a");
    assert_eq!(client.poll(), idle());
    client.lose();
    assert_eq!(last_event_id(&client.reconnect()), Some(&b"1"[..]));

    client.answer(200, "text/event-stream");
    client.opened();
    client.data("data: c\n\n");
    assert_eq!(client.poll(), Output::Event);
    assert_eq!(client.source.event().unwrap().last_event_id(), "1");
    assert_eq!(client.poll(), idle());
    client.lose();
    assert_eq!(last_event_id(&client.reconnect()), Some(&b"1"[..]));

    client.answer(200, "text/event-stream");
    client.opened();
    client.data("id\n\n");
    assert_eq!(client.poll(), idle());
    client.lose();
    assert_eq!(last_event_id(&client.reconnect()), None);
}

/// R-036, D-09.
#[test]
fn an_id_goes_out_as_its_bytes_or_not_at_all() {
    let mut client = Client::open();
    client.data("id: …\ndata: a\n\n");
    client.event();
    assert_eq!(client.poll(), idle());
    client.lose();
    assert_eq!(last_event_id(&client.reconnect()), Some("…".as_bytes()));

    client.answer(200, "text/event-stream");
    client.opened();
    client.data("id: a\u{1}b\ndata: a\n\n");
    client.event();
    assert_eq!(client.poll(), idle());
    client.lose();
    let Output::Wait { until: Some(until) } = client.poll() else { panic!() };
    client.now = until;
    assert_eq!(client.poll(), Output::Change(Change::LastEventIdNotSent(EventId::new("a\u{1}b").unwrap())));
    assert_eq!(last_event_id(&client.request()), None);
}

/// D-09: U+FFFD is three bytes, so an ID within the limit as received may be too long to send.
#[test]
fn an_id_that_is_too_long_is_not_sent() {
    let mut client = Client::open();
    let line = [b"id: ", &[0xff; 1000][..], b"\n\n"].concat();
    client.source.handle_data(line.into());
    assert_eq!(client.poll(), idle());
    client.lose();
    let Output::Wait { until: Some(until) } = client.poll() else { panic!() };
    client.now = until;
    assert!(matches!(client.poll(), Output::Change(Change::LastEventIdNotSent(id)) if id.len() == 3000));
    assert_eq!(last_event_id(&client.request()), None);
}

#[test]
fn a_stored_id_is_sent_with_the_first_request_and_belongs_to_the_first_event() {
    for config in [
        ClientConfig::get(URL).unwrap().last_event_id(EventId::from(41)),
        ClientConfig::get(URL).unwrap().header("last-event-id", "41").unwrap(),
    ] {
        let mut client = Client::with(config);
        let request = client.request();
        assert_eq!(request.headers.values("Last-Event-ID").collect::<Vec<_>>(), [b"41"]);
        client.answer(200, "text/event-stream");
        client.opened();
        client.data("data: a\n\n");
        assert_eq!(client.poll(), Output::Event);
        assert_eq!(client.source.take_event().unwrap().last_event_id(), "41");
    }
}

#[test]
fn an_id_that_may_be_missing_is_taken_as_it_is() {
    for id in [None, Some(EventId::from(41))] {
        let request = Client::with(ClientConfig::get(URL).unwrap().last_event_id(id.clone())).request();
        assert_eq!(last_event_id(&request), id.as_ref().map(|id| id.as_bytes()));
    }
}
