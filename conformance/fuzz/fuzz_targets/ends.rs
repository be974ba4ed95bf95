//! The scanner for ends of lines: both masks are equal, and every end is found once.
//!
//! The first byte says how many ends are found before the search begins anew; the chunk follows.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../../sse-proto/src/ends.rs"]
#[allow(dead_code, unsafe_code, reason = "it is a module of sse-proto")]
mod ends;

fuzz_target!(|input: &[u8]| {
    let [step, chunk @ ..] = input else { return };
    for block in chunk.as_chunks().0 {
        let bits = block.iter().rev().fold(0, |bits, byte| bits << 1 | u64::from(matches!(byte, b'\r' | b'\n')));
        assert_eq!(ends::masks(block), [bits; 2]);
    }

    let expected: Vec<_> = (0..chunk.len()).filter(|at| matches!(chunk[*at], b'\r' | b'\n')).collect();
    assert_eq!(ends::any_in(chunk), !expected.is_empty());
    let mut found = Vec::new();
    let mut ends = ends::LineEnds::from(0);
    while let Some(end) = ends.next(chunk) {
        found.push(end);
        if found.len() % (usize::from(*step) + 1) == 0 {
            ends = ends::LineEnds::from(end + 1);
        }
    }
    assert_eq!(found, expected);
});
