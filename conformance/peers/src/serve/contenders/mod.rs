//! The servers under test, each as its documentation shows it.

mod actix;
mod axum;
mod limit;

use std::net::TcpListener;

use crate::peers::Role;

/// Publishes the data of some events, all at once, to everybody who is connected.
pub(super) type Publish = Box<dyn Fn(Vec<String>) + Send + Sync>;

/// A server under test.
pub(super) struct Contender {
    pub(super) name: &'static str,
    pub(super) role: Role,
    /// Serves from now on. It is called within a tokio runtime.
    pub(super) start: fn(TcpListener) -> Result<Publish, String>,
}

pub(super) const OURS: usize = 0;
pub(super) const AXUM_SSE: usize = 1;

pub(super) const ALL: [Contender; 5] = [
    Contender { name: "ours", role: Role::Ours, start: axum::ours },
    Contender { name: "axum-sse", role: Role::Peer, start: axum::sse },
    Contender { name: "axum-bytes", role: Role::Peer, start: axum::bytes },
    Contender { name: "actix-web-lab", role: Role::Peer, start: actix::sse },
    Contender { name: "task-per-connection", role: Role::Limit, start: limit::task_per_connection },
];

pub(super) fn named(name: &str) -> Result<&'static Contender, String> {
    let names = || ALL.map(|contender| contender.name).join(", ");
    ALL.iter().find(|contender| contender.name == name).ok_or_else(|| format!("{name} is none of {}", names()))
}

/// How many events tokio's broadcast channel keeps: as many as our log.
const KEPT: usize = 1024;
