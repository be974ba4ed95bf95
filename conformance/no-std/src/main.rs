//! Reads a stream and writes a message without the standard library.
//!
//! The program links only if sse-proto and everything below it do without `std`. Its exit code is 0 if what was read
//! and written is right.

#![no_std]
#![no_main]

extern crate alloc;

mod heap;

use core::{ffi::c_int, panic::PanicInfo};

use bytes::Bytes;
use sse_proto::{Chunk, DecodeError, Decoder, EventId, EventType, FieldError, Message, Retry};

/// What the C run-time starts.
#[unsafe(no_mangle)]
pub extern "C" fn main() -> c_int {
    match (reads(), writes()) {
        (Ok(true), Ok(true)) => 0,
        (Ok(false) | Err(_), _) => 1,
        (_, Ok(false) | Err(_)) => 2,
    }
}

/// A stream cut in the middle of a line, lent and owned.
fn reads() -> Result<bool, DecodeError> {
    let mut decoder = Decoder::new();
    let mut chunk = Chunk::new(&b"\xef\xbb\xbfid: 7\r\nda"[..]);
    if decoder.decode(&mut chunk)?.is_some() {
        return Ok(false);
    }
    chunk = Chunk::new(b"ta: caf\xe9\r\ndata\r\n\r\nretry: 50\n");
    let lent = decoder.decode(&mut chunk)?.is_some_and(|event| {
        event.event_type() == "message" && event.data() == "caf\u{fffd}\n" && event.last_event_id() == "7"
    });
    let rest = decoder.decode(&mut chunk)?.is_none() && decoder.retry() == Some(Retry::from_millis(50));
    let mut chunk = Chunk::new(Bytes::from_static(b"event: add\ndata: 1\n\n"));
    let owned = decoder
        .decode_owned(&mut chunk)?
        .is_some_and(|event| event.event_type() == "add" && event.data() == "1" && event.last_event_id() == "7");
    Ok(lent && rest && owned)
}

fn writes() -> Result<bool, FieldError> {
    let message = Message::new().event(EventType::new("add")?).id(EventId::from(7)).data("a\r\nb");
    let expected = b"event: add\ndata: a\ndata: b\nid: 7\n\n";
    let mut slice = [0; 64];
    let in_slice = message.encode_slice(&mut slice).is_ok_and(|length| slice[..length] == expected[..]);
    Ok(in_slice && message.to_bytes() == expected[..])
}

// For the code that starts `main`, and for `abort` and `memcpy`.
#[link(name = "c")]
unsafe extern "C" {
    fn abort() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: it takes nothing and does not return.
    unsafe { abort() }
}

/// The compiled `alloc` that comes with the toolchain unwinds, and names these two; with `panic = "abort"` nothing ever
/// calls them.
mod unwinding {
    #[unsafe(no_mangle)]
    extern "C" fn rust_eh_personality() {}

    #[unsafe(no_mangle)]
    extern "C" fn _Unwind_Resume() -> ! {
        // SAFETY: as in the panic handler.
        unsafe { super::abort() }
    }
}
