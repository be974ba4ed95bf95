//! Reconnections to a port that refuses, with the waits between them, and what they cost.
//!
//! ```sh
//! cargo run --release -p sse-tokio --example backoff
//! cargo run --release -p sse-tokio --example backoff -- 100 10 2 100
//! ```
//!
//! The arguments are how many reconnections, the reconnection time in milliseconds, the factor, and the ceiling in
//! milliseconds. What is printed for each is the span that the wait is chosen from, the wait, and how late it ended.
//! CPU time and memory are those of the process, as Linux tells them.

use std::{
    env,
    error::Error,
    fs,
    net::TcpListener,
    time::{Duration, Instant},
};

use sse_tokio::{Change, ClientConfig, EventSource, client::Backoff};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = [100, 10, 2, 100];
    for (number, argument) in numbers.iter_mut().zip(env::args().skip(1)) {
        *number = argument.parse::<u32>()?;
    }
    let [count, base, factor, ceiling] = numbers;
    let millis = |count: u32| Duration::from_millis(u64::from(count));
    let backoff = Backoff::new().floor(millis(base)).factor(factor).ceiling(millis(ceiling));
    let config = ClientConfig::get(refusing_url()?)?.reconnection_time(millis(base)).backoff(backoff);
    let mut source = EventSource::open(config)?;

    println!("attempt       span        wait    late");
    let begin = Instant::now();
    let (mut span, mut warm) = (base, None);
    let mut due: Option<Instant> = None;
    while let Some(change) = source.next_change().await {
        let Change::Reestablishing { delay, attempt, .. } = change else {
            return Err(format!("{change:?} instead of a reconnection").into());
        };
        let late = due.map_or(Duration::ZERO, |due| due.elapsed());
        due = Some(Instant::now() + delay);
        span = span.saturating_mul(factor).clamp(base, ceiling.max(base));
        println!("{attempt:>7} {base:>4}-{:<4} ms {:>7.1} ms {:>4.1} ms", span.max(2 * base), ms(delay), ms(late));
        if attempt == 10 {
            warm = memory();
        }
        if attempt == count {
            break;
        }
    }
    println!("{count} reconnections in {:.1} s", begin.elapsed().as_secs_f64());
    if let Some(time) = cpu_time() {
        println!("CPU time {:.0} ms", ms(time));
    }
    if let (Some(warm), Some(end)) = (warm, memory()) {
        println!("resident memory {warm} KiB after 10, {end} KiB after {count}");
    }
    Ok(())
}

/// A URL with a port that was free a moment ago.
fn refusing_url() -> Result<String, Box<dyn Error>> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    Ok(format!("http://127.0.0.1:{port}/"))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The time that all threads have been running.
fn cpu_time() -> Option<Duration> {
    let mut total = 0;
    for task in fs::read_dir("/proc/self/task").ok()? {
        let stat = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        total += stat.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(total))
}

/// Resident memory in KiB.
fn memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().split(' ').next()?.parse().ok()
}
