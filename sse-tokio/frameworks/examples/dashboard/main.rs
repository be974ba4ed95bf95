//! A page of figures: it begins with the newest of each topic that it has chosen, and gets what it missed while it was away.
//!
//! ```sh
//! cargo run -p sse-tokio-frameworks --example dashboard            # open http://127.0.0.1:8080/
//! cargo run -p sse-tokio-frameworks --example dashboard -- --check # serves, listens, and compares
//! ```
//!
//! `server.rs` is what a program has to write, and `page.html` is its page.

mod server;

use std::{env, error::Error, time::Duration};

use serde::{Deserialize, Serialize};
use sse_tokio::{Change, ClientConfig, Event, EventId, EventSource};
use tokio::{net::TcpListener, sync::oneshot};

use self::server::{Figures, PAGES, TOPICS, serve};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if env::args().any(|argument| argument == "--check") {
        return check().await;
    }
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    println!("open http://{}/", listener.local_addr()?);
    let figures = Figures::default();
    tokio::spawn(publish_all(figures.clone(), Duration::from_millis(700)));
    serve(listener, figures, async { drop(tokio::signal::ctrl_c().await) }).await;
    Ok(())
}

#[derive(Deserialize, Serialize)]
struct Figure {
    step: u64,
    value: u64,
}

impl Figure {
    fn new(step: u64) -> Self {
        Self { step, value: step * 7919 % 100 }
    }
}

/// Figures without end, one topic after the other.
async fn publish_all(figures: Figures, pause: Duration) {
    for (step, topic) in (1..).zip(TOPICS.into_iter().cycle()) {
        tokio::time::sleep(pause).await;
        if figures.publish(topic, &Figure::new(step)).is_err() {
            break;
        }
    }
}

pub(crate) async fn check() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let figures = Figures::default();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, figures.clone(), async { drop(stopped.await) }));

    missed_events_are_replayed(&origin, &figures).await?;
    println!("received the events of two topics, those from the time away among them, and none of the third");
    a_new_page_begins_with_the_newest_figures(&origin).await?;
    println!("a new page begins with the newest figure of each topic");
    pages_are_counted(&origin).await?;
    println!("a user may have {PAGES} pages open");
    the_page_is_compressed(&origin).await?;
    println!("the page is compressed, and events are not");

    let mut source = open(&origin, "ann").await?;
    stop.send(()).map_err(|()| "the server has ended")?;
    let delay = loop {
        match source.next_change().await {
            Some(Change::Event(_)) => {}
            Some(Change::Reestablishing { delay, .. }) => break delay,
            change => return Err(format!("the client does not come back: {change:?}").into()),
        }
    };
    source.close();
    server.await?;
    println!("drained; a client comes back in {} ms", delay.as_millis());
    if delay < Duration::from_secs(1) { Err("that is too early".into()) } else { Ok(()) }
}

fn config(origin: &str, user: &str) -> Result<ClientConfig, Box<dyn Error>> {
    let config = ClientConfig::get(format!("{origin}/events/orders,visitors"))?;
    Ok(config.header("Cookie", format!("theme=dark; user={user}"))?)
}

async fn open(origin: &str, user: &str) -> Result<EventSource, Box<dyn Error>> {
    let mut source = EventSource::open(config(origin, user)?)?;
    match source.next_change().await {
        Some(Change::Open(head)) if head.headers.value("access-control-allow-credentials") == Some(b"true") => {
            Ok(source)
        }
        Some(Change::Failed(failure)) => Err(failure.into()),
        change => Err(format!("{change:?}").into()),
    }
}

/// Listens to two of three topics, goes away, and comes back.
async fn missed_events_are_replayed(origin: &str, figures: &Figures) -> Result<(), Box<dyn Error>> {
    let mut seen = Vec::new();
    let mut source = open(origin, "ann").await?;
    for (step, topic) in (1..=3).zip(TOPICS) {
        figures.publish(topic, &Figure::new(step))?;
    }
    for _ in 0..2 {
        seen.push(source.next().await.ok_or("the source has ended")??);
    }
    let last = EventId::new(source.last_event_id())?;
    drop(source);
    for (step, topic) in (4..=6).zip(TOPICS) {
        figures.publish(topic, &Figure::new(step))?;
    }
    let mut source = EventSource::open(config(origin, "ann")?.last_event_id(last))?;
    for _ in 0..2 {
        seen.push(source.next().await.ok_or("the source has ended")??);
    }
    let types: Vec<&str> = seen.iter().map(Event::event_type).collect();
    if types != ["orders", "visitors", "orders", "visitors"] {
        return Err(format!("received {seen:?}").into());
    }
    Ok(())
}

async fn a_new_page_begins_with_the_newest_figures(origin: &str) -> Result<(), Box<dyn Error>> {
    let mut source = open(origin, "ann").await?;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let event = source.next().await.ok_or("the source has ended")??;
        let id = String::from(event.last_event_id());
        seen.push((String::from(event.event_type()), event.json::<Figure>()?.step, id.is_empty()));
    }
    // The last one brings the ID to come back with.
    let expected = [(String::from("orders"), 4, true), (String::from("visitors"), 6, false)];
    if seen == expected { Ok(()) } else { Err(format!("received {seen:?}").into()) }
}

async fn pages_are_counted(origin: &str) -> Result<(), Box<dyn Error>> {
    let mut pages = Vec::new();
    for _ in 0..PAGES {
        pages.push(open(origin, "bob").await?);
    }
    let mut source = EventSource::open(config(origin, "bob")?)?;
    match source.next().await {
        Some(Err(failure)) if failure.status() == Some(429) => {}
        other => return Err(format!("{other:?} for one page more").into()),
    }
    let mut source = EventSource::get(format!("{origin}/events/orders"))?;
    match source.next().await {
        Some(Err(failure)) if failure.status() == Some(401) => Ok(()),
        other => Err(format!("{other:?} without a cookie").into()),
    }
}

async fn the_page_is_compressed(origin: &str) -> Result<(), Box<dyn Error>> {
    let client = reqwest::Client::builder().no_proxy().no_gzip().build()?;
    for (path, encoding) in [("/", Some("gzip")), ("/events/orders", None)] {
        let request =
            client.get(format!("{origin}{path}")).header("Cookie", "user=eve").header("Accept-Encoding", "gzip");
        let response = request.send().await?.error_for_status()?;
        let found = response.headers().get("content-encoding").and_then(|value| value.to_str().ok());
        if found != encoding {
            return Err(format!("{path} has the encoding {found:?}").into());
        }
    }
    Ok(())
}
