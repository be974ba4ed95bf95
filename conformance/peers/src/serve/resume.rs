//! A long log: what it costs to go on from its middle, and from its end.

use std::{
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use sse_tokio::{EventId, EventLog, Message, SessionConfig, server::LogConfig};

use super::{
    bars::{self, Checks},
    event,
};
use crate::{
    sampling::{Effort, Task, interleave, median, ratio},
    table::Table,
};

/// What is read after a resumption, wherever it starts.
const READ: usize = 4096;
/// So many events before the end there are still enough bytes to read.
const BEFORE_END: usize = 32;
/// Resumptions in a pass.
const TIMES: u32 = 100;

/// Measures and prints.
pub(super) fn run(events: usize, effort: Effort, checks: &mut Checks) -> Result<(), String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let _entered = runtime.enter();
    let mut table = Table::new(["IDs", "from", "µs each", "times the end's"]);
    for (ids, own) in [("the log's", false), ("the caller's", true)] {
        let (log, known) = filled(events, own)?;
        let places = [("the end", events - BEFORE_END), ("the middle", events / 2), ("the beginning", 1)];
        let task = |(_, at): (&str, usize)| {
            let (log, id) = (&log, known[at].clone());
            Task { amount: f64::from(TIMES), pass: Box::new(move || pass(log, &id)) }
        };
        let mut tasks: Vec<_> = places.into_iter().map(task).collect();
        let rates = interleave(&mut tasks, effort);
        for ((place, _), rate) in places.iter().zip(&rates) {
            let times = ratio(&rates[0], rate);
            table.row([
                ids.to_owned(),
                (*place).to_owned(),
                format!("{:.2}", 1e6 / median(rate)),
                format!("{times:.2}"),
            ]);
            if *place == "the middle" {
                let what = format!("resumption by {ids} IDs: from the middle, times from the end");
                checks.at_most(what, times, bars::RESUME_MIDDLE);
            }
        }
    }
    println!("## Resumption in a log of {events} events, and the first {READ} bytes\n");
    table.print();
    Ok(())
}

/// A log, and the IDs of all its events.
fn filled(events: usize, own: bool) -> Result<(EventLog, Vec<EventId>), String> {
    let log = EventLog::new(LogConfig::new().events(events).bytes(events * 1024));
    let publish = |number: usize| {
        let message = Message::new().data(event::data(number as u64));
        let message = if own { message.id(EventId::from(number as u64)) } else { message };
        log.publish(message).map_err(|error| error.to_string())?.ok_or("an event has an ID".to_owned())
    };
    let known = (0..events).map(publish).collect::<Result<Vec<_>, _>>()?;
    Ok((log, known))
}

fn pass(log: &EventLog, id: &EventId) -> Duration {
    let config = SessionConfig::new().burst(READ);
    let mut context = Context::from_waker(Waker::noop());
    let start = Instant::now();
    for _ in 0..TIMES {
        let mut session = log.session().after(Some(id)).config(config.clone()).open();
        let mut read = 0;
        while read < READ / 2 {
            match session.poll_bytes(&mut context) {
                Poll::Ready(Some(Ok(bytes))) => read += bytes.len(),
                other => panic!("{other:?} after {read} bytes"),
            }
        }
    }
    start.elapsed()
}
