//! actix-web with the events of actix-web-lab.

use std::{net::TcpListener, thread, time::Duration};

use actix_web::{App, HttpServer, rt::System, web};
use actix_web_lab::sse::{Data, Event, Sse};
use bytestring::ByteString;
use futures_util::stream::{iter, unfold};
use tokio::sync::broadcast;

use super::{super::event, KEPT, Publish, axum::next};

/// Events over a broadcast channel of their data, with a keep-alive as often as axum's.
pub(super) fn sse(listener: TcpListener) -> Result<Publish, String> {
    let sender = broadcast::Sender::<ByteString>::new(KEPT);
    let subscribe = sender.clone();
    let app = move || {
        let subscribe = subscribe.clone();
        let answer = move || {
            let events = unfold(subscribe.subscribe(), |mut receiver| async move {
                let data = next(&mut receiver).await?;
                Some((Event::Data(Data::new(data)), receiver))
            });
            async move { Sse::from_infallible_stream(events).with_keep_alive(Duration::from_secs(15)) }
        };
        let stream = |count: web::Path<usize>| {
            let data = ByteString::from(event::data(0));
            let events = iter((0..count.into_inner()).map(move |_| Event::Data(Data::new(data.clone()))));
            async move { Sse::from_infallible_stream(events).with_keep_alive(Duration::from_secs(15)) }
        };
        App::new().route("/", web::get().to(answer)).route("/stream/{count}", web::get().to(stream))
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::spawn(move || {
        let server = HttpServer::new(app).workers(workers).disable_signals().max_connections(usize::MAX);
        let served = server.listen(listener).and_then(|server| System::new().block_on(server.run()));
        if let Err(error) = served {
            eprintln!("actix-web: {error}");
        }
    });
    Ok(Box::new(move |events| {
        for event in events {
            // Without receivers there is nothing to do.
            let _ = sender.send(event.into());
        }
    }))
}
