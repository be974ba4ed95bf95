//! A store of another kind than the log in memory: what several nodes publish, in one order for all of them.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::{Bytes, BytesMut};
use sse_proto::{
    EventId, Text, Timestamp,
    server::{Cursor, Entry, Interest, LogRead, Publication, PublishError, Resumed, StartAt, Store, check_id},
};

/// What a node holds: the newest messages of all nodes.
#[derive(Clone)]
pub(crate) struct Replica(Arc<Mutex<Shared>>);

struct Shared {
    kept: VecDeque<Arrived>,
    /// The position of the oldest message that is kept.
    oldest: u64,
    most: usize,
    closed: bool,
}

struct Arrived {
    topics: Vec<Text>,
    id: Option<EventId>,
    encoded: Bytes,
}

impl Replica {
    /// Keeps this number of messages.
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Mutex::new(Shared { kept: VecDeque::new(), oldest: 0, most, closed: false })))
    }

    /// Takes a message, from wherever it comes. The event's ID is the store's if it has none.
    pub(crate) fn append(&self, publication: &Publication) -> Result<Option<EventId>, PublishError> {
        let mut shared = self.lock();
        if shared.closed {
            return Err(PublishError::Closed);
        }
        let mut message = publication.message().clone();
        if let Some(id) = message.event_id() {
            check_id(id).map_err(PublishError::UnusableId)?;
        } else if message.is_event() {
            message = message.id(EventId::from(shared.end()));
        }
        let id = message.event_id().cloned();
        let arrived = Arrived { topics: publication.topics().to_vec(), id: id.clone(), encoded: message.to_bytes() };
        shared.kept.push_back(arrived);
        if shared.kept.len() > shared.most {
            shared.kept.pop_front();
            shared.oldest += 1;
        }
        Ok(id)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap()
    }
}

impl Shared {
    fn end(&self) -> u64 {
        self.oldest + self.kept.len() as u64
    }
}

impl Store for Replica {
    fn publish(&mut self, publication: Publication, _: Timestamp) -> Result<Option<EventId>, PublishError> {
        self.append(&publication)
    }

    fn close(&mut self) {
        self.lock().closed = true;
    }

    fn subscribe(&mut self, interest: Interest, start: StartAt<'_>, _: Timestamp) -> (Cursor, Resumed) {
        let shared = self.lock();
        let (next, resumed) = match start {
            StartAt::Live => (shared.end(), Resumed::Exact),
            StartAt::Oldest => (shared.oldest, Resumed::Exact),
            StartAt::After(id) => match shared.kept.iter().rposition(|arrived| arrived.id.as_ref() == Some(id)) {
                Some(index) => (shared.oldest + index as u64 + 1, Resumed::Exact),
                None => (shared.oldest, Resumed::Unknown),
            },
        };
        (Cursor::new(next, interest), resumed)
    }

    fn read(&mut self, cursor: &mut Cursor, most: usize) -> LogRead {
        let shared = self.lock();
        if let Some(missed) = shared.oldest.checked_sub(cursor.position()).filter(|missed| *missed > 0) {
            cursor.move_to(shared.oldest);
            return LogRead::Lagged { missed };
        }
        let mut bytes = BytesMut::new();
        while let Some(arrived) = shared.kept.get((cursor.position() - shared.oldest) as usize) {
            if cursor.interest().wants(&Entry::new(&arrived.topics, &arrived.encoded)) {
                if !bytes.is_empty() && bytes.len() + arrived.encoded.len() > most {
                    break;
                }
                bytes.extend_from_slice(&arrived.encoded);
            }
            cursor.move_to(cursor.position() + 1);
        }
        match bytes.is_empty() {
            false => LogRead::Events(bytes.freeze()),
            true if shared.closed => LogRead::Closed,
            true => LogRead::UpToDate,
        }
    }

    fn end(&self) -> u64 {
        self.lock().end()
    }

    fn is_closed(&self) -> bool {
        self.lock().closed
    }
}
