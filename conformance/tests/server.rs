//! The checks for servers, on the servers of this project, and on servers that are wrong.

#![allow(clippy::unwrap_used, reason = "the lint knows tests, but not the functions that help them")]

use core::time::Duration;
use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use sse_conformance::{
    server::{self, ServerReport, Target, Verdict},
    subjects::servers,
};

#[test]
fn every_server_passes_every_check() {
    for (name, start) in servers::all() {
        let server = start().unwrap();
        let report = server::run(name, &server.target());
        let faults: Vec<_> = report.failed(true).map(ToString::to_string).collect();
        assert!(faults.is_empty(), "{name}: {faults:#?}");
        let skipped: Vec<_> = report.skipped().map(|result| result.id).collect();
        // Without Linux there is no number for the memory.
        assert!(skipped.iter().all(|id| *id == "S-023"), "{name}: {skipped:?}");
        assert_eq!(report.results.len(), 24, "{name}");
    }
}

/// A server that gives this answer to everything, and closes.
fn judge(answer: &'static str) -> ServerReport {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let _ = stream.read(&mut [0; 16 * 1024]);
                let _ = stream.write_all(answer.as_bytes());
            });
        }
    });
    let target = Target {
        echo: Some(url.clone()),
        finished: Some(url.clone()),
        idle: Some(url.clone()),
        resume: true,
        shared: true,
        parallel: 2,
        watch: Duration::from_millis(200),
        ..Target::new(url)
    };
    server::run("wrong", &target)
}

fn failed(report: &ServerReport, id: &str) -> bool {
    report.results.iter().any(|result| result.id == id && matches!(result.verdict, Verdict::Failed(_)))
}

#[test]
fn each_fault_is_found() {
    let report = judge("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi");
    assert!(failed(&report, "S-001") && failed(&report, "S-012") && failed(&report, "S-013"), "{report:#?}");

    let report = judge(concat!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=latin1\r\nContent-Encoding: gzip\r\n\r\n",
        "Data: a\nretry: 5s\nid: a\0\n\nevent: lost\n\ndata: cut",
    ));
    for id in
        ["S-002", "S-003", "S-006", "S-007", "S-008", "S-009", "S-011", "S-017", "S-018", "S-020", "S-021", "S-024"]
    {
        assert!(failed(&report, id), "{id}: {report:#?}");
    }
    assert!(!failed(&report, "S-001") && !failed(&report, "S-005"), "{report:#?}");

    // Every request is answered with the same two events, so nothing resumes, and a value seems to make another event.
    let report =
        judge("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nid: 1\ndata: a\n\nid: 2\ndata: b\n\n");
    for id in ["S-012", "S-018", "S-019", "S-020"] {
        assert!(failed(&report, id), "{id}: {report:#?}");
    }

    // Which fault it is can be seen, and not too much of it; everything is in the report.
    let faulty = |result: &&server::CheckResult| result.id == "S-018";
    let result = report.results.iter().find(faulty).unwrap();
    let shown = result.to_string();
    assert!(result.faults.len() > 3, "{result:#?}");
    assert_eq!(shown.matches(": expected events ").count(), 3, "{shown}");
    assert!(shown.ends_with(&format!("… and {} more, which `--json` shows", result.faults.len() - 3)), "{shown}");
    assert!(shown.len() < 4000, "{shown}");

    let report = judge("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
    for id in ["S-001", "S-013", "S-014"] {
        assert!(failed(&report, id), "{id}: {report:#?}");
    }
}

fn verdict<'a>(report: &'a ServerReport, id: &str) -> &'a Verdict {
    &report.results.iter().find(|result| result.id == id).unwrap().verdict
}

/// A server that sends this over and over to whoever asks for anything; and the most that it sent over one connection.
fn flood(piece: &[u8]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let most = Arc::new(AtomicUsize::new(0));
    let block = piece.repeat(64 * 1024 / piece.len());
    let sent = Arc::clone(&most);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, block, sent) = (stream.unwrap(), block.clone(), Arc::clone(&sent));
            thread::spawn(move || {
                let _ = stream.read(&mut [0; 16 * 1024]);
                let mut written = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
                let mut size = 0;
                while written.is_ok() {
                    written = stream.write_all(&block);
                    size += block.len();
                    sent.fetch_max(size, Ordering::Relaxed);
                }
            });
        }
    });
    (url, most)
}

/// A server that never stops is no reason to go on for ever, nor to keep all that it sends.
#[test]
fn a_flood_is_read_up_to_a_bound_and_is_a_fault() {
    let event = format!("data: {}\n\n", "x".repeat(1000));
    for (piece, parallel, faults) in [
        (event.as_bytes(), 3, &["S-007", "S-010", "S-018", "S-019", "S-020", "S-024"][..]),
        (b"x", 0, &["S-007", "S-010", "S-017", "S-018", "S-019", "S-020"]),
    ] {
        let (url, most) = flood(piece);
        let target = Target {
            echo: Some(url.clone()),
            finished: Some(url.clone()),
            idle: Some(url.clone()),
            shared: true,
            parallel,
            // More than it takes: the bound ends it.
            watch: Duration::from_secs(60),
            first_byte: Duration::from_secs(10),
            whole_event: Duration::from_secs(10),
            ..Target::new(url)
        };
        let (done, report) = mpsc::channel();
        thread::spawn(move || done.send(server::run("flood", &target)));
        let report = report.recv_timeout(Duration::from_secs(180)).expect("it ends");
        for id in faults {
            match verdict(&report, id) {
                Verdict::Failed(what) => assert!(what.contains("no more are read"), "{id}: {what}"),
                verdict => panic!("{id}: {verdict:?}"),
            }
        }
        if !faults.contains(&"S-017") {
            // The check stops at the first event, whatever follows it.
            assert_eq!(verdict(&report, "S-017"), &Verdict::Passed);
        }
        // 8 MiB are kept, and a few lie in the buffers of the system.
        let most = most.load(Ordering::Relaxed);
        assert!(most < 32 * 1024 * 1024, "{most} bytes were taken over one connection");
    }
}

/// As where each client has a conversation of its own.
#[test]
fn only_a_stream_that_is_said_to_be_shared_has_to_be_the_same_for_all() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut request = [0; 1024];
            let _ = stream.read(&mut request);
            if request.starts_with(b"HEAD") {
                continue;
            }
            let events: String = (0..8).map(|event| format!("data: {event} for {number}\n\n")).collect();
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nAllow: GET\r\n\r\n";
            let _ = stream.write_all(format!("{head}{events}").as_bytes());
        }
    });
    let target = |shared| Target { shared, parallel: 3, watch: Duration::from_millis(200), ..Target::new(url.clone()) };
    let report = server::run("own", &target(false));
    let Verdict::Skipped(why) = verdict(&report, "S-024") else { panic!("{report:#?}") };
    assert!(why.contains("`--shared`"), "{why}");
    let Verdict::Skipped(why) = verdict(&report, "S-012") else { panic!("{report:#?}") };
    assert!(why.contains("`--resume`"), "{why}");
    assert!(failed(&server::run("shared", &target(true)), "S-024"));

    // What other requests come to is said in full.
    let Verdict::Noted(seen) = verdict(&report, "S-016") else { panic!("{report:#?}") };
    assert!(seen.starts_with("HEAD: no response: "), "{seen}");
    let other = r#"OPTIONS: status 200, Content-Type "text/event-stream", Allow "get"; POST: status 200"#;
    assert!(seen.contains(other), "{seen}");
}

#[test]
fn an_event_that_comes_in_pieces_is_found() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let _ = stream.read(&mut [0; 16 * 1024]);
                for piece in
                    ["HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\ndata", ": b\n", "\n"]
                {
                    let _ = stream.write_all(piece.as_bytes());
                    thread::sleep(Duration::from_millis(60));
                }
            });
        }
    });
    let target = Target {
        parallel: 0,
        watch: Duration::from_millis(500),
        whole_event: Duration::from_millis(50),
        ..Target::new(url)
    };
    let report = server::run("slow", &target);
    assert!(failed(&report, "S-010"), "{report:#?}");
}

#[test]
fn an_echo_that_sends_the_json_back_is_told_so() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let mut request = Vec::new();
                let mut piece = [0; 64 * 1024];
                // The messages that matter here are small, and come with their heads or right behind them.
                let _ = stream.set_read_timeout(Some(Duration::from_millis(50)));
                while let Ok(read @ 1..) = stream.read(&mut piece) {
                    request.extend_from_slice(&piece[..read]);
                    if request.ends_with(b"}") {
                        break;
                    }
                }
                let request = String::from_utf8_lossy(&request);
                let body = request.split_once("\r\n\r\n").map_or("", |(_, body)| body);
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {body}\n\n");
                let _ = stream.write_all(answer.as_bytes());
            });
        }
    });
    let target = Target { echo: Some(url.clone()), parallel: 0, watch: Duration::from_millis(200), ..Target::new(url) };
    let report = server::run("json", &target);
    let result = report.results.iter().find(|result| result.id == "S-018").unwrap();
    assert!(result.to_string().contains("the echo sends the JSON back"), "{result}");
}
