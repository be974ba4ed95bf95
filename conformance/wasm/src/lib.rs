//! The decoder, to be called from outside: `input` gives room for a stream, `decode` reads it, `output` has the outcome.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use sse_proto::{Chunk, DecodeError, Decoder, Limits};

static INPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static OUTPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Room for a stream of so many bytes.
#[unsafe(no_mangle)]
pub extern "C" fn input(length: usize) -> *mut u8 {
    let mut input = INPUT.lock().unwrap_or_else(PoisonError::into_inner);
    input.clear();
    input.resize(length, 0);
    input.as_mut_ptr()
}

/// Reads the stream, in pieces of so many bytes, as lent events or as owned ones, and gives the length of the outcome;
/// 0 if a limit was passed, though there are none.
///
/// The outcome is a row of texts, each behind its length as a little-endian number of four bytes: type, data and last
/// event ID of each event, then the last event ID and the reconnection time, which is empty if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn decode(piece: usize, owned: bool) -> usize {
    let input = INPUT.lock().unwrap_or_else(PoisonError::into_inner);
    let mut output = OUTPUT.lock().unwrap_or_else(PoisonError::into_inner);
    output.clear();
    match read(&input, piece, owned, &mut output) {
        Ok(()) => output.len(),
        Err(_) => 0,
    }
}

/// Where the outcome is.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    OUTPUT.lock().unwrap_or_else(PoisonError::into_inner).as_ptr()
}

fn read(input: &[u8], piece: usize, owned: bool, output: &mut Vec<u8>) -> Result<(), DecodeError> {
    let mut decoder = Decoder::new().with_limits(Limits::UNLIMITED);
    for piece in input.chunks(piece.max(1)) {
        if owned {
            let mut chunk = Chunk::new(Bytes::copy_from_slice(piece));
            while let Some(event) = decoder.decode_owned(&mut chunk)? {
                write(output, [event.event_type(), event.data(), event.last_event_id()]);
            }
        } else {
            let mut chunk = Chunk::new(piece);
            while let Some(event) = decoder.decode(&mut chunk)? {
                write(output, [event.event_type(), event.data(), event.last_event_id()]);
            }
        }
    }
    decoder.finish();
    let retry = decoder.retry().map(|retry| retry.as_millis().to_string()).unwrap_or_default();
    write(output, [decoder.last_event_id(), &retry]);
    Ok(())
}

fn write<const COUNT: usize>(output: &mut Vec<u8>, texts: [&str; COUNT]) {
    for text in texts {
        // A text has less than 4 GiB where an address has 32 bits.
        output.extend_from_slice(&(text.len() as u32).to_le_bytes());
        output.extend_from_slice(text.as_bytes());
    }
}
