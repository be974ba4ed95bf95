//! Typed events: an enum that is chosen by the event's type.
//!
//! ```text
//! cargo run -p sse-tokio-frameworks --example typed
//! ```
//!
//! A server and a client in one program. The server sends prices, pings, something that the client does not know, and
//! a price that is none; the client keeps all of it apart, and ends at the event `close`.

use std::error::Error;

use axum::{Router, extract::State, routing::get};
use serde::{Deserialize, Serialize};
use sse_tokio::{
    Event, EventLog, EventSource, EventType, Message, Session,
    server::StartAt,
    typed::{Convention, Mark, TypedError},
};
use tokio::net::TcpListener;

#[derive(Deserialize, Serialize)]
struct Price {
    symbol: String,
    price: f64,
}

sse_tokio::events! {
    /// What the server sends.
    enum Feed {
        "price" => Price(Price),
        "ping" => Ping,
        _ => Unknown(Event),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/feed", listener.local_addr()?);
    tokio::spawn(
        async move { axum::serve(listener, Router::new().route("/feed", get(feed)).with_state(log()?)).await },
    );

    let convention = Convention::new().end_at(Mark::event_type("close"));
    let mut feed = EventSource::get(url)?.typed::<Feed>().with_convention(convention);
    while let Some(item) = feed.next().await {
        match item {
            Ok(item) => match item.value {
                Feed::Price(Price { symbol, price }) => println!("{symbol} is at {price}"),
                Feed::Ping => println!("the server is there"),
                Feed::Unknown(event) => println!("not known: {} {}", item.event_type, event.data()),
            },
            Err(TypedError::Unreadable { event, error }) => println!("not a price: {} ({error})", event.data()),
            Err(error) => return Err(error.into()),
        }
    }
    println!("the server has closed the feed");
    Ok(())
}

/// Everything that there will ever be.
fn log() -> std::io::Result<EventLog> {
    let log = EventLog::default();
    let publish = |event_type: &str, message: Message| {
        let message = message.event(EventType::new(event_type).map_err(std::io::Error::other)?);
        log.publish(message).map_err(std::io::Error::other)
    };
    let price = |symbol: &str, price| Message::new().json(&Price { symbol: symbol.into(), price });
    publish("price", price("XYZ", 73.5)?)?;
    publish("ping", Message::new().data(""))?;
    publish("news", Message::new().data("XYZ buys ABC"))?;
    publish("price", Message::new().data("73,25"))?;
    publish("price", price("ABC", 8.25)?)?;
    publish("close", Message::new().data(""))?;
    Ok(log)
}

async fn feed(State(log): State<EventLog>) -> axum::http::Response<Session> {
    log.session().start_at(StartAt::Oldest).open().into_http_response()
}
