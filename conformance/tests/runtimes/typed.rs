//! Values in place of events, as far as the stream goes.

use sse_conformance::runtimes::{EventSource, UnderTest};
use sse_proto::{
    Event,
    client::ClientConfig,
    typed::{Convention, TypedError},
};

use crate::{common::Price, plain};

on_every_runtime!(values_come_until_the_stream_is_complete_and_a_cut_is_told_from_its_end);

sse_proto::events! {
    #[derive(Debug, PartialEq)]
    enum Feed {
        "price" => Price(Price),
        _ => Unknown(Event),
    }
}

fn values_come_until_the_stream_is_complete_and_a_cut_is_told_from_its_end<R: UnderTest>() {
    R::block_on(async {
        let (server, _requests) = plain::serve(&[
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: news\ndata: XYZ buys ABC\n\n",
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nid: 7\nevent: price\n\
             data: {\"symbol\":\"XYZ\",\"price\":1.5}\n\nevent: price\ndata: [\n\ndata: [DONE]\n\n",
        ]);
        let source = || {
            let config = ClientConfig::get(format!("http://{server}/")).expect("a URL").max_reconnections(0);
            let source = EventSource::<R>::open(config).expect("a URL");
            source.typed::<Feed>().with_convention(Convention::completion())
        };

        let mut cut = source();
        let Feed::Unknown(event) = cut.next().await.expect("an event").expect("no error").value else {
            panic!("a price")
        };
        assert_eq!((event.event_type(), event.data()), ("news", "XYZ buys ABC"));
        let Some(Err(TypedError::Truncated { in_mid_event: false })) = cut.next().await else { panic!("no cut") };
        assert!(cut.next().await.is_none());

        let mut whole = source();
        let price = whole.next().await.expect("an event").expect("a price");
        assert_eq!(price.value, Feed::Price(Price { symbol: String::from("XYZ"), price: 1.5 }));
        assert_eq!((price.event_type.as_str(), price.last_event_id.as_str()), ("price", "7"));
        let Some(Err(TypedError::Unreadable { event, .. })) = whole.next().await else { panic!("a price") };
        assert_eq!(event.data(), "[");
        assert!(whole.next().await.is_none());
    });
}
