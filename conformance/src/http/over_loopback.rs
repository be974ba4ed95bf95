//! A client with sockets against a scripted server on loopback.

use core::{panic::AssertUnwindSafe, time::Duration};
use std::{
    panic,
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Instant,
};

use super::{HttpCase, HttpSubject, Journal, Observed, Unsupported, Verdict, entry::Progress};
use crate::{
    Level,
    peer::{Peer, Script, Step},
    runner::message,
};

/// How often it is looked whether everything has been seen.
const TICK: Duration = Duration::from_millis(5);
/// So long has it to be quiet before it is taken that nothing comes any more.
const QUIET: Duration = Duration::from_millis(250);
/// A case may take this much longer than its script does.
const PATIENCE: Duration = Duration::from_secs(15);
/// A case may take so long, whatever its script says.
const MOST: Duration = Duration::from_secs(90);
/// So long a client may take to return when it is stopped.
const RETURN: Duration = Duration::from_secs(5);
/// More requests than this are a tight loop: no script is that long.
const LOOP: usize = 200;

pub(super) fn run(subject: &Arc<dyn HttpSubject>, case: &HttpCase) -> Verdict {
    let peer = match Peer::start(case.script.clone()) {
        Ok(peer) => peer,
        Err(error) => return Verdict::Failed(vec![format!("the scripted server cannot be started: {error}")]),
    };
    let journal = Arc::new(Journal::new(case.action.clone()));
    let (tell, told) = mpsc::channel();
    let client = {
        let (subject, setup, url, journal) =
            (Arc::clone(subject), case.setup.clone(), peer.url(), Arc::clone(&journal));
        move || {
            // What the client leaves behind is looked at in the journal only, whose lock survives a panic.
            let end = panic::catch_unwind(AssertUnwindSafe(|| subject.follow(&url, &setup, &journal)));
            // Nobody listens if the client came back too late.
            let _ = tell.send(end);
        }
    };
    if let Err(error) = thread::Builder::new().name(case.id.clone()).spawn(client) {
        return Verdict::Failed(vec![format!("there is no thread for the client: {error}")]);
    }
    let ended = watch(case, &peer, &journal, &told);
    journal.stop();
    let end = match ended.map_or_else(|| told.recv_timeout(RETURN), Ok) {
        Ok(Ok(Ok(()))) => None,
        Ok(Ok(Err(unsupported))) => return Verdict::Skipped(unsupported.to_string()),
        Ok(Err(payload)) => Some(format!("the panic {:?}", message(&*payload))),
        Err(_) => Some(String::from("the client does not return")),
    };
    let seen = Observed { log: journal.log(), requests: peer.requests(), gaps: peer.gaps() };
    let looped = (seen.requests.len() > LOOP).then(|| format!("{} requests in a row", seen.requests.len()));
    let mut problems: Vec<String> = [end, looped].into_iter().flatten().collect();
    if case.level != Level::MustNotBreak {
        problems.extend(case.expected.named(peer.names()).problems(&seen));
    }
    if problems.is_empty() { Verdict::Passed } else { Verdict::Failed(problems) }
}

type Ended = thread::Result<Result<(), Unsupported>>;

/// Waits until everything has been seen and nothing more comes, or until the client has ended, and returns how.
fn watch(case: &HttpCase, peer: &Peer, journal: &Journal, told: &mpsc::Receiver<Ended>) -> Option<Ended> {
    let started = Instant::now();
    let gaps = case.expected.gaps.iter().flatten().copied().fold(Duration::ZERO, Duration::saturating_add);
    let most = PATIENCE.saturating_add(length(&case.script)).saturating_add(gaps).min(MOST);
    let mut last_news = (started, 0, 0);
    while started.elapsed() < most {
        match told.recv_timeout(TICK) {
            Ok(ended) => return Some(ended),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let (log, requests) = (journal.log(), peer.request_count());
        if (log.len(), requests) != (last_news.1, last_news.2) {
            last_news = (Instant::now(), log.len(), requests);
        }
        let settled = case.expected.progress(&log, requests) != Progress::Partial;
        if (settled && last_news.0.elapsed() >= QUIET) || requests > LOOP {
            return None;
        }
    }
    None
}

/// How long the server takes by its script.
fn length(script: &Script) -> Duration {
    let times = script.0.iter().map(|step| match step {
        Step::Answer(answer) => answer.delay.saturating_mul(u32::try_from(answer.pieces.len()).unwrap_or(u32::MAX)),
        Step::Drop => Duration::ZERO,
        Step::Refuse(time) => *time,
    });
    times.fold(Duration::ZERO, Duration::saturating_add)
}
