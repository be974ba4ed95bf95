//! What is spread out at random, from a seed.

use core::time::Duration;

/// Some duration from zero to `most`, in whole milliseconds: another one for each seed (splitmix64).
pub(super) fn up_to(most: Duration, seed: u64) -> Duration {
    let mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let span = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
    let some = mixed ^ (mixed >> 31);
    Duration::from_millis(span.checked_add(1).map_or(some, |count| some % count))
}
