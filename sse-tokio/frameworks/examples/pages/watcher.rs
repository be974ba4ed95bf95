//! A page that reports what another page shows.

use std::{error::Error, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::Html,
    routing::{get, post},
};
use tokio::{net::TcpListener, sync::watch, time::timeout};

/// How long the browser has for each step.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Watcher {
    address: SocketAddr,
    /// The text of the page.
    seen: watch::Receiver<String>,
}

impl Watcher {
    pub(crate) async fn start() -> io::Result<Self> {
        let (report, seen) = watch::channel(String::new());
        let note = async |State(report): State<Arc<watch::Sender<String>>>, text: String| {
            report.send_replace(text);
            StatusCode::NO_CONTENT
        };
        let app = Router::new()
            .route("/", get(async || Html(include_str!("watcher.html"))))
            .route("/flags", get(async || Html(include_str!("flags.html"))))
            .route("/seen", post(note))
            .with_state(Arc::new(report));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(axum::serve(listener, app).into_future());
        Ok(Self { address, seen })
    }

    /// Returns the URL of the page that watches another one.
    pub(crate) fn page(&self, url: &str) -> String {
        format!("http://{}/#{url}", self.address)
    }

    /// Returns the URL of a page that shows the flags of a server.
    pub(crate) fn flags_page(&self, url: &str) -> String {
        format!("http://{}/flags#{url}", self.address)
    }

    /// Waits until the page shows all of this.
    pub(crate) async fn sees(&self, what: &str, texts: &[&str]) -> Result<(), Box<dyn Error>> {
        let mut seen = self.seen.clone();
        let all = |seen: &String| texts.iter().all(|text| seen.contains(text));
        match timeout(PATIENCE, seen.wait_for(all)).await {
            Ok(Ok(_)) => {
                println!("{what}");
                Ok(())
            }
            _ => Err(format!("{what}: not within {PATIENCE:?}; the page shows {:?}", *self.seen.borrow()).into()),
        }
    }
}
