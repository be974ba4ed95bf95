//! Any order of publishing, subscribing, reading, leaving, resuming, draining and closing: what holds then is in the
//! model, which the property test runs as well.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/server_properties/model.rs"]
mod model;

fuzz_target!(|acts: &[u8]| model::run(acts));
