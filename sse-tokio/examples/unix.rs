//! Events over a Unix domain socket: HTTP as always, and only the connection is opened in another way.
//!
//! ```sh
//! cargo run -p sse-tokio --example unix
//! ```

#[cfg(unix)]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    unix::run().await
}

#[cfg(not(unix))]
fn main() {
    eprintln!("there are no Unix domain sockets here");
}

#[cfg(unix)]
mod unix {
    use std::{convert::Infallible, error::Error, fs, io, path::PathBuf, process};

    use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
    use sse_tokio::{
        ClientConfig, EventLog, EventSourceOver, last_event_id,
        server::StartAt,
        transport::{HttpConnector, Io, Socket, Target},
    };
    use tokio::net::{UnixListener, UnixStream};

    pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
        let path = std::env::temp_dir().join(format!("sse-{}.sock", process::id()));
        let log = EventLog::default();
        for number in 1..=3 {
            log.publish(format!("event {number}"))?;
        }
        log.close();
        let listener = UnixListener::bind(&path)?;
        tokio::spawn(serve(listener, log));

        let received = receive(path.clone()).await;
        fs::remove_file(path)?;
        received
    }

    async fn receive(path: PathBuf) -> Result<(), Box<dyn Error>> {
        // Whatever host the URL has, this is where the connection goes.
        let dial = move |_: Target| {
            let path = path.clone();
            async move { Ok(Socket::new(Io::new(UnixStream::connect(path).await?))) }
        };
        let config = ClientConfig::get("http://localhost/events")?.max_reconnections(0);
        let mut source = EventSourceOver::new(config, HttpConnector::new(dial));
        while let Some(event) = source.next().await {
            println!("{}", event?.data());
        }
        Ok(())
    }

    async fn serve(listener: UnixListener, log: EventLog) -> io::Result<()> {
        loop {
            let (stream, _) = listener.accept().await?;
            let log = log.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let id = last_event_id(request.headers());
                let session = log.session().start_at(StartAt::Oldest).after(id.as_ref()).open();
                async { Ok::<_, Infallible>(session.into_http_response()) }
            });
            tokio::spawn(http1::Builder::new().max_buf_size(64 * 1024).serve_connection(Io::new(stream), service));
        }
    }
}
