//! What is printed of a source and its failures.

use sse_proto::client::ClientConfig;

use crate::{
    Change, now,
    script::{Answer, Body, Step},
    source,
};

#[test]
fn neither_a_source_nor_its_failure_shows_a_secret() {
    let body = Body::new(vec![Step::Data("s3cr3t"), Step::End]);
    for (answer, part) in [
        (Answer::Status(401, body), "6 bytes"),
        (Answer::Redirect("ftp://s3cr3t:s3cr3t@other.example/the/path?s3cr3t"), "ftp://other.example/the/path?…"),
    ] {
        let config =
            ClientConfig::get("http://host.example/the/path?s3cr3t").unwrap().header("X-Own", "s3cr3t").unwrap();
        let (mut source, ..) = source(config, vec![answer]);
        let failure = now(source.next()).unwrap().unwrap_err();
        let shown = format!("{failure} {failure:?} {failure:#?}");
        assert!(!shown.contains("s3cr3t"), "{shown}");
        assert!(shown.contains(part), "{shown}");
        let shown = format!("{source:?} {:?}", Change::Failed(failure));
        assert!(!shown.contains("s3cr3t"), "{shown}");
        assert!(shown.contains("http://host.example/the/path?…"), "{shown}");
    }
}
