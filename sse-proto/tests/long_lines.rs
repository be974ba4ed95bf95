//! Blocks with more beside their data than is gathered where chunks cut them.

use sse_proto::{Chunk, DecodeError, Decoder, LimitKind};

/// Type and data of the events that the chunks of one stream give.
fn read_all<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<(String, String)>, DecodeError> {
    let mut decoder = Decoder::new();
    let mut found = Vec::new();
    for mut chunk in chunks.into_iter().map(Chunk::new) {
        while let Some(event) = decoder.decode(&mut chunk)? {
            found.push((event.event_type().to_owned(), event.data().to_owned()));
        }
    }
    Ok(found)
}

#[test]
fn what_is_beside_the_data_may_be_long_however_it_is_cut() {
    let expected = [("c".to_owned(), "a\nb".to_owned()), ("message".to_owned(), "d".to_owned())];
    for end in ["\n", "\r", "\r\n"] {
        for len in [1000, 1016, 1020, 1024, 1030] {
            let long = "x".repeat(len);
            let stream = format!("{long}{end}data: a{end}{long}{end}data: b{end}event: c{end}{end}data: d{end}{end}:");
            for cut in 0..=stream.len() {
                let (one, other) = stream.as_bytes().split_at(cut);
                let found = read_all([one, other]).expect("no limit is passed");
                assert_eq!(found, expected, "{len} bytes, lines that end with {end:?}, cut at {cut}");
            }
        }
    }
}

#[test]
fn limits_hold_behind_what_is_long() {
    for field in ["event: ", "id: "] {
        let too_long = format!("{field}{}", "x".repeat(2000));
        let comment = format!(":{}\n", "c".repeat(2000));
        let data = format!("data: {}\n", "d".repeat(89)).repeat(3);
        for before in ["", "data: a\n", &data] {
            let (one, two) = (format!("{comment}{before}data: a"), format!("b\n{before}"));
            let error = read_all([&one, &two, &too_long].map(String::as_bytes)).expect_err("it is too long");
            let bytes = [&*one, &*two, &*too_long].concat();
            assert_eq!(read_all(bytes.as_bytes().chunks(1)).map_err(|error| error.limit), Err(error.limit));
            assert!(matches!(error.limit, LimitKind::EventType | LimitKind::Id), "{error}");
        }
    }
}
