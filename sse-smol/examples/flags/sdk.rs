//! The SDK: flags that follow their server, and keep their values while it is away.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use smol::Task;
use sse_smol::{
    Change, ClientConfig, EventSource,
    client::RequestError,
    sse_driver::{self, transport::Timer},
    transport::Connect,
    typed::FromEvent,
};

sse_smol::events! {
    /// What the server sends.
    enum Update {
        "put" => Put(HashMap<String, bool>),
        "patch" => Patch((String, bool)),
        _ => Unknown,
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Flags(Arc<RwLock<State>>);

#[derive(Debug, Default)]
struct State {
    values: HashMap<String, bool>,
    is_live: bool,
}

impl Flags {
    /// Follows the flags at this URL until the task is dropped.
    pub(crate) fn open(url: &str, key: &str) -> Result<(Self, Task<()>), RequestError> {
        let (flags, source) = (Self::default(), EventSource::open(config(url, key)?)?);
        Ok((flags.clone(), smol::spawn(flags.follow(source))))
    }

    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values.get(name).copied().unwrap_or_default()
    }

    /// Whether the flags are those of the server, and not those of the time before it was lost.
    pub(crate) fn is_live(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_live
    }

    pub(crate) async fn follow<C: Connect, T: Timer>(self, mut source: sse_driver::EventSource<C, T>) {
        while let Some(change) = source.next_change().await {
            let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
            match change {
                Change::Open(_) => state.is_live = true,
                Change::Event(event) => match Update::from_event(&event) {
                    Ok(Update::Put(values)) => state.values = values,
                    Ok(Update::Patch((name, on))) => drop(state.values.insert(name, on)),
                    Ok(Update::Unknown) | Err(_) => {} // of a newer server
                },
                Change::Reestablishing { .. } | Change::Failed(_) => state.is_live = false,
                _ => {}
            }
        }
    }
}

pub(crate) fn config(url: &str, key: &str) -> Result<ClientConfig, RequestError> {
    Ok(ClientConfig::get(url)?.bearer(key)?.resilient().idle_timeout(Duration::from_secs(45)))
}
