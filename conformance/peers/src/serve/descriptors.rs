//! How many connections the system allows a process to have.

use std::fs;

/// More than a process has open beside its connections.
const OTHERS: usize = 200;

/// Whether a process may have this many connections, and if not, why.
pub(super) fn enough(connections: usize) -> Result<(), String> {
    let needed = connections + OTHERS;
    match allowed() {
        Some(allowed) if allowed < needed => {
            Err(format!("a process needs {needed} file descriptors and may have {allowed} (ulimit -n {needed})"))
        }
        _ => Ok(()),
    }
}

/// The soft limit; `None` if there is none, or none is known.
fn allowed() -> Option<usize> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}
