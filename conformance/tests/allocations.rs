//! What an event costs the heap: nothing when it is lent, and nothing beside the received block when it is owned.
//!
//! One test, because the counting allocator counts for the whole process.

mod heap;

use bytes::{Bytes, BytesMut};
use sse_proto::{Chunk, Decoder, EventId, EventType, Message};

const EVENTS: usize = 1000;

#[test]
fn events_and_messages_cost_no_allocation_of_their_own() {
    for (name, stream) in streams() {
        for chunk in [1, 7, 64, 1460, 16 * 1024, usize::MAX] {
            let mut decoder = Decoder::new();
            // The buffers for what is cut grow once, and so does the one they are swapped with.
            for _ in 0..2 {
                assert_eq!(lent(&mut decoder, &stream, chunk), EVENTS);
            }
            let (count, used) = heap::measure(|| lent(&mut decoder, &stream, chunk));
            assert_eq!((count, used.count), (EVENTS, 0), "{name} lent, {chunk} bytes a chunk");
        }
        let block = Bytes::from(stream);
        let mut decoder = Decoder::new();
        assert_eq!(owned(&mut decoder, block.clone()), EVENTS);
        let (count, used) = heap::measure(|| owned(&mut decoder, block));
        assert_eq!(count, EVENTS);
        // Lines that have to be joined go to a block of their own, and so does an ID that stays; once for all of them.
        let most = if name == "several data lines" { 20 } else { 1 };
        assert!(used.count <= most, "{name} owned: {} allocations", used.count);
    }

    let message = Message::new().event(EventType::default()).id(EventId::from(7)).data("several\nlines");
    let mut buffer = BytesMut::with_capacity(message.encoded_len());
    let ((), used) = heap::measure(|| {
        for _ in 0..EVENTS {
            buffer.clear();
            message.encode(&mut buffer).expect("the buffer grows");
        }
    });
    assert_eq!(used.count, 0, "encoded into a buffer that is used again");
}

fn streams() -> Vec<(&'static str, Vec<u8>)> {
    let repeat = |block: &str| block.repeat(EVENTS).into_bytes();
    vec![
        ("data", repeat("data: 73857293\n\n")),
        ("all fields", repeat("id: 7\r\nevent: add\r\nretry: 5\r\ndata: 73857293\r\n\r\n")),
        ("an ID that stays", [b"id: 7\n\n".to_vec(), repeat("data: x\n\n")].concat()),
        ("several data lines", repeat("data: first\ndata: second\n\n")),
        ("comments", repeat(": still here\n\ndata: x\n\n")),
    ]
}

fn lent(decoder: &mut Decoder, stream: &[u8], chunk: usize) -> usize {
    let mut count = 0;
    for mut chunk in stream.chunks(chunk).map(Chunk::new) {
        while let Some(event) = decoder.decode(&mut chunk).expect("no limit is passed") {
            count += usize::from(!event.data().is_empty());
        }
    }
    count
}

fn owned(decoder: &mut Decoder, block: Bytes) -> usize {
    let mut chunk = Chunk::new(block);
    let mut count = 0;
    while let Some(event) = decoder.decode_owned(&mut chunk).expect("no limit is passed") {
        count += usize::from(!event.data().is_empty());
    }
    count
}
