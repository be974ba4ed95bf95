//! What the clients of all runtimes have in common.

use core::{
    future::poll_fn,
    pin::pin,
    task::{Poll, ready},
};

use sse_driver::{
    Change, EventSource,
    transport::{Connect, Timer},
};

use crate::http::{Entry, Journal, Reaction};

/// Writes all that a source brings into the journal, until the journal is stopped or the source has ended. A client over
/// a transport of your own, or on a runtime of your own, is a subject with this.
pub async fn follow<C: Connect, T: Timer>(source: &mut EventSource<C, T>, journal: &Journal) {
    let mut stopped = pin!(journal.stopped());
    loop {
        let change = poll_fn(|cx| match stopped.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => Poll::Ready(ready!(source.poll_next_change(cx))),
        });
        let Some(change) = change.await else { return };
        let ready_state = source.ready_state() as u8;
        let entry = match change {
            Change::Event(event) => Entry::Event {
                event_type: String::from(event.as_ref().event_type()),
                data: String::from(event.as_ref().data()),
                last_event_id: String::from(event.as_ref().last_event_id()),
                ready_state,
            },
            Change::Failed(_) | Change::Reestablishing { .. } => Entry::Error { ready_state },
            Change::Open(_) => Entry::Open,
            _ => continue,
        };
        match journal.record(entry) {
            Reaction::Close => source.close(),
            Reaction::Continue => {}
            Reaction::Restart => source.restart(),
        }
    }
}
