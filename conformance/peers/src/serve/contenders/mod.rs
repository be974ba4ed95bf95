//! The servers under test, each as its documentation shows it.

mod actix;
mod axum;
mod limit;
mod ours;

use std::net::TcpListener;

pub(super) use self::axum::next;
use crate::peers::Role;

/// Publishes the data of some events, all at once, to everybody who is connected.
pub(super) type Publish = Box<dyn Fn(Vec<String>) + Send + Sync>;

/// A server under test: `/` sends what is published, and `/stream/N` sends so many events that are at hand.
pub(super) struct Contender {
    pub(super) name: &'static str,
    pub(super) role: Role,
    /// Serves from now on. It is called within a tokio runtime.
    pub(super) start: fn(TcpListener) -> Result<Publish, String>,
}

/// The places of some contenders in [`ALL`].
pub(super) const TAKEOVER: usize = 0;
pub(super) const AXUM_SSE: usize = 2;
pub(super) const LIMIT: usize = 5;

pub(super) static ALL: [Contender; 6] = [
    Contender { name: "ours-takeover", role: Role::Ours, start: ours::takeover },
    Contender { name: "ours-body", role: Role::Ours, start: ours::body },
    Contender { name: "axum-sse", role: Role::Peer, start: axum::sse },
    Contender { name: "axum-bytes", role: Role::Peer, start: axum::bytes },
    Contender { name: "actix-web-lab", role: Role::Peer, start: actix::sse },
    Contender { name: "task-per-connection", role: Role::Limit, start: limit::task_per_connection },
];

/// What HTTP itself keeps for each connection.
pub(super) static SILENCE: Contender = Contender { name: "axum-silent", role: Role::Limit, start: axum::silent };

pub(super) fn named(name: &str) -> Result<&'static Contender, String> {
    let names = || ALL.iter().map(|contender| contender.name).collect::<Vec<_>>().join(", ");
    let mut all = ALL.iter().chain([&SILENCE]);
    all.find(|contender| contender.name == name).ok_or_else(|| format!("{name} is none of {}", names()))
}

/// How many events tokio's broadcast channel keeps: as many as our log.
const KEPT: usize = 1024;
