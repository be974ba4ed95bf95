//! The server: each client gets all flags first (`put`), and then each change (`patch`).

use std::{
    collections::HashMap,
    error::Error,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use smol::net::TcpListener;
use sse_smol::{EventId, EventLog, EventType, Message, Retry, Session, SessionConfig, last_event_id, transport::Io};

#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    flags: Arc<Mutex<HashMap<String, bool>>>,
    pub(crate) log: EventLog,
}

impl Server {
    /// Changes a flag. The lock is held until the change is published, so that every snapshot is from before it or has it.
    pub(crate) fn set(&self, name: &str, on: bool) -> Result<(), Box<dyn Error>> {
        let mut flags = self.flags.lock().unwrap_or_else(PoisonError::into_inner);
        self.log.publish(Message::new().event(EventType::from_static("patch")).json(&(name, on))?)?;
        flags.insert(name.to_owned(), on);
        Ok(())
    }

    /// Replays what the client has missed, or begins with all flags if that is not known.
    fn session(&self, last_event_id: Option<&EventId>) -> io::Result<Session> {
        let flags = self.flags.lock().unwrap_or_else(PoisonError::into_inner);
        let put = Message::new().event(EventType::from_static("put")).json(&*flags).map_err(io::Error::other)?;
        let config = SessionConfig::new().retry(Retry::from_millis(10));
        Ok(self.log.session().after(last_event_id).first(|_| [put]).config(config).key("sdk").open())
    }

    pub(crate) async fn serve(self, listener: TcpListener) -> io::Result<()> {
        loop {
            let (stream, _) = listener.accept().await?;
            let server = self.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let id = last_event_id(request.headers());
                let response = server.session(id.as_ref()).map(Session::into_http_response);
                async { response }
            });
            let connection = http1::Builder::new().max_buf_size(64 * 1024).serve_connection(Io::new(stream), service);
            smol::spawn(connection).detach();
        }
    }
}
