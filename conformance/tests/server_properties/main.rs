//! The log and its sessions: what holds in any order of publishing, subscribing, reading, leaving, resuming, draining and
//! closing. `model.rs` says what that is.

mod model;

use proptest::{collection::vec, prelude::*};

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_client_sees_everything_or_is_told(acts in vec(any::<u8>(), 2..600)) {
        model::run(&acts);
    }
}

/// The books must be able to be wrong: a model that finds nothing shows nothing.
#[test]
fn a_script_with_a_bit_of_everything_runs() {
    let script =
        [3, 0x2f, 6, 0, 0, 0, 0, 1, 0, 1, 2, 11, 0, 0, 8, 0, 0, 0, 0, 1, 6, 0, 3, 11, 0, 0, 15, 254, 9, 11, 0, 0];
    model::run(&script);
}
