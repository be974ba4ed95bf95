//! The test service, as a harness uses it: every capability that it claims, on every runtime.

#![allow(clippy::unwrap_used, reason = "the lint knows tests, but not the functions that help them")]

#[macro_use]
mod every_runtime;

use core::{net::SocketAddr, time::Duration};
use std::{
    io::{Read, Write},
    net::TcpStream,
    thread::{self, JoinHandle},
    time::Instant,
};

use serde_json::{Value, json};
use sse_conformance::{
    peer::{Answer, End, Framing, Peer, Script, SeenRequest},
    runtimes,
    service::{CAPABILITIES, Service},
};

fn all() -> Vec<runtimes::Entry> {
    macro_rules! add {
        ($module:ident $runtime:path, ($list:ident)) => {
            $list.extend([runtimes::Entry::of::<$runtime>()]);
        };
    }
    let mut list = Vec::new();
    for_every_runtime!(add!(list));
    list
}

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

struct Harness {
    address: SocketAddr,
    service: JoinHandle<()>,
}

impl Harness {
    fn new(clients: runtimes::Entry) -> Self {
        let (tell, told) = std::sync::mpsc::channel();
        let service = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let service = Service::bind("127.0.0.1:0".parse().unwrap(), clients).await.unwrap();
                let service = service.allow_hosts(["harness.test"]);
                tell.send(service.address().unwrap()).unwrap();
                service.run().await.unwrap();
            });
        });
        Self { address: told.recv_timeout(PATIENCE).unwrap(), service }
    }

    /// Sends a request with a body of JSON, and gives the status, the `Location` and the body.
    fn ask(&self, method: &str, path: &str, body: &str) -> (u16, Option<String>, String) {
        let fields = format!("Host: {}\r\nContent-Type: application/json\r\n", self.address);
        self.ask_with(method, path, &fields, body)
    }

    /// The same, with these lines of header fields.
    fn ask_with(&self, method: &str, path: &str, fields: &str, body: &str) -> (u16, Option<String>, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let length = body.len();
        write!(stream, "{method} {path} HTTP/1.1\r\n{fields}Connection: close\r\n").unwrap();
        write!(stream, "Content-Length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let location = head.lines().find_map(|line| line.strip_prefix("location: ")).map(String::from);
        (head.split(' ').nth(1).unwrap().parse().unwrap(), location, String::from(body))
    }

    /// Has a client follow the script, with these parameters beside its URLs.
    fn follow(&self, script: Script, parameters: Value) -> Followed<'_> {
        let stream = Peer::start(script).unwrap();
        let accept = || Answer::status(202).framing(Framing::Length).end(End::Eof);
        let callbacks = Peer::start((0..200).fold(Script::new(), |script, _| script.answer(accept()))).unwrap();
        let mut order = parameters;
        order["streamUrl"] = stream.url().into();
        order["callbackUrl"] = format!("{}callbacks/7", callbacks.url()).into();
        order["tag"] = "a test".into();
        let (status, location, problem) = self.ask("POST", "/", &order.to_string());
        assert_eq!(status, 201, "{problem}");
        let location = location.unwrap();
        let path = location.strip_prefix(&format!("http://{}", self.address)).unwrap().to_owned();
        Followed { harness: self, stream, callbacks, path }
    }

    fn quit(self) {
        assert_eq!(self.ask("DELETE", "/", "").0, 200);
        self.service.join().unwrap();
    }
}

/// A client in the service, the server that it follows, and what it told.
struct Followed<'a> {
    harness: &'a Harness,
    stream: Peer,
    callbacks: Peer,
    path: String,
}

impl Followed<'_> {
    /// The messages so far, once there are so many.
    fn told(&self, count: usize) -> Vec<Value> {
        wait_until(|| self.callbacks.request_count() >= count);
        let requests = self.callbacks.requests();
        for (index, request) in requests.iter().enumerate() {
            assert_eq!((&*request.method, &*request.path), ("POST", &*format!("/callbacks/7/{}", index + 1)));
            assert_eq!(request.value("content-type").as_deref(), Some(&b"application/json"[..]));
        }
        requests.iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect()
    }

    /// The requests for the stream so far, once there are so many.
    fn asked(&self, count: usize) -> Vec<SeenRequest> {
        wait_until(|| self.stream.request_count() >= count);
        self.stream.requests()
    }

    fn command(&self, command: &Value) -> u16 {
        self.harness.ask("POST", &self.path, &command.to_string()).0
    }

    fn end(self) {
        assert_eq!(self.harness.ask("DELETE", &self.path, "").0, 204);
        assert_eq!(self.harness.ask("DELETE", &self.path, "").0, 404);
    }
}

fn wait_until(reached: impl Fn() -> bool) {
    let started = Instant::now();
    while !reached() {
        assert!(started.elapsed() < PATIENCE, "it does not come");
        thread::sleep(Duration::from_millis(2));
    }
}

fn event(event_type: &str, data: &str, id: &str) -> Value {
    json!({ "kind": "event", "event": { "type": event_type, "data": data, "id": id } })
}

fn events(body: &str) -> Script {
    Script::new().answer(Answer::events(body))
}

fn text(value: Option<Vec<u8>>) -> Option<String> {
    value.map(|value| String::from_utf8(value).unwrap())
}

#[test]
fn every_capability_is_there_on_every_runtime() {
    for runtime in all() {
        let harness = Harness::new(runtime);
        let (status, _, about) = harness.ask("GET", "/", "");
        let about: Value = serde_json::from_str(&about).unwrap();
        assert_eq!((status, &about["name"]), (200, &runtime.package.into()));
        assert_eq!(about["capabilities"], json!(CAPABILITIES));
        for capability in CAPABILITIES {
            println!("{}: {capability}", runtime.package);
            match capability {
                "bom" => byte_order_marks(&harness),
                "comments" => comments(&harness),
                "event-type-listeners" => event_types(&harness),
                "headers" => headers(&harness),
                "last-event-id" => last_event_id(&harness),
                "post" => bodies(&harness, "POST"),
                "read-timeout" => read_timeout(&harness),
                "report" => bodies(&harness, "REPORT"),
                "restart" => restart(&harness),
                "server-directed-shutdown-request" => shutdown(&harness),
                other => panic!("{other} is claimed and not tested"),
            }
        }
        long_lines(&harness);
        reconnection(&harness);
        failures_are_told(&harness);
        harness.quit();
    }
}

fn byte_order_marks(harness: &Harness) {
    let followed = harness.follow(events("\u{feff}data:a\n\n\u{feff}data:b\ndata:c\n\n"), json!({}));
    assert_eq!(followed.told(2), [event("message", "a", ""), event("message", "c", "")]);
    followed.end();
}

fn comments(harness: &Harness) {
    let followed = harness.follow(events(":one\n: two\ndata:a\n\n"), json!({}));
    let comment = |text| json!({ "kind": "comment", "comment": text });
    assert_eq!(followed.told(3), [comment("one"), comment("two"), event("message", "a", "")]);
    followed.end();
}

fn event_types(harness: &Harness) {
    let script = Answer::events("").piece("event:greeting\ndata:a\n\n").delay(Duration::from_millis(50));
    let followed = harness.follow(Script::new().answer(script), json!({}));
    assert_eq!(followed.command(&json!({ "command": "listen", "listen": { "type": "greeting" } })), 200);
    assert_eq!(followed.told(1), [event("greeting", "a", "")]);
    assert_eq!(followed.command(&json!({ "command": "listen" })), 400);
    assert_eq!(followed.command(&json!({ "command": "dance" })), 400);
    followed.end();
}

fn headers(harness: &Harness) {
    let parameters = json!({ "headers": { "header-name-1": "value-1", "header-name-2": "value-2" } });
    let followed = harness.follow(events(""), parameters);
    let request = &followed.asked(1)[0];
    assert_eq!(request.method, "GET");
    for (name, value) in [
        ("header-name-1", "value-1"),
        ("header-name-2", "value-2"),
        ("accept", "text/event-stream"),
        ("cache-control", "no-cache"),
    ] {
        assert_eq!(text(request.value(name)).as_deref(), Some(value));
    }
    assert_eq!(request.value("last-event-id"), None);
    followed.end();
}

fn last_event_id(harness: &Harness) {
    let followed = harness.follow(events(""), json!({ "lastEventId": "abc" }));
    assert_eq!(text(followed.asked(1)[0].value("last-event-id")).as_deref(), Some("abc"));
    followed.end();
}

fn bodies(harness: &Harness, method: &str) {
    let parameters = json!({
        "method": method, "body": "{\"hello\": \"world\"}", "initialDelayMs": 0,
        "headers": { "content-type": "application/json; charset=utf-8" },
    });
    let script = Script::new().answer(Answer::events("").end(End::Eof)).answer(Answer::events("data:a\n\n"));
    let followed = harness.follow(script, parameters);
    assert_eq!(followed.told(1), [event("message", "a", "")]);
    for request in followed.asked(2) {
        assert_eq!((&*request.method, &*request.body), (method, &b"{\"hello\": \"world\"}"[..]));
        assert_eq!(text(request.value("content-type")).as_deref(), Some("application/json; charset=utf-8"));
    }
    followed.end();
}

fn read_timeout(harness: &Harness) {
    let script = events("data:a\n\n").answer(Answer::events("data:b\n\n"));
    let followed = harness.follow(script, json!({ "initialDelayMs": 0, "readTimeoutMs": 300 }));
    let told = followed.told(3);
    assert_eq!((&told[0], &told[1]["kind"]), (&event("message", "a", ""), &"error".into()));
    assert_eq!(told[2], event("message", "b", ""));
    followed.end();
}

fn restart(harness: &Harness) {
    let script = events("id:1\ndata:a\n\n").answer(Answer::events("data:b\n\n"));
    let followed = harness.follow(script, json!({ "initialDelayMs": 0 }));
    assert_eq!(followed.told(1), [event("message", "a", "1")]);
    assert_eq!(followed.command(&json!({ "command": "restart" })), 200);
    assert_eq!(followed.told(2), [event("message", "a", "1"), event("message", "b", "1")]);
    assert_eq!(text(followed.asked(2)[1].value("last-event-id")).as_deref(), Some("1"));
    followed.end();
}

fn shutdown(harness: &Harness) {
    let script = Script::new()
        .answer(Answer::events("data:a\n\n").end(End::Eof))
        .answer(Answer::status(204).end(End::Eof))
        .answer(Answer::events("data:never\n\n"));
    let followed = harness.follow(script, json!({ "initialDelayMs": 0 }));
    let told = followed.told(2);
    assert_eq!((&told[0], &told[1]["kind"]), (&event("message", "a", ""), &"error".into()));
    thread::sleep(Duration::from_millis(250));
    assert_eq!((followed.asked(2).len(), followed.told(2).len()), (2, 2));
    followed.end();
}

fn long_lines(harness: &Harness) {
    let line = "x".repeat(5 * 1024 * 1024);
    let followed = harness.follow(events(&format!("data:{line}\n\n")), json!({}));
    assert!(followed.told(1) == [event("message", &line, "")]);
    followed.end();
}

fn reconnection(harness: &Harness) {
    let many: String = (0..100).map(|number| format!("id:{number}\ndata:{number}\n\n")).collect();
    let script = Script::new()
        .answer(Answer::events(many + "data:unfinished").end(End::Eof))
        .answer(Answer::events("id\ndata:b\n\n").end(End::Eof))
        .answer(Answer::events("data:c\n\n"));
    let followed = harness.follow(script, json!({ "initialDelayMs": 0 }));
    let told = followed.told(102);
    assert!((0..100).all(|number| told[number] == event("message", &number.to_string(), &number.to_string())));
    assert_eq!(told[100..], [event("message", "b", ""), event("message", "c", "")]);
    let ids: Vec<_> = followed.asked(3).iter().map(|request| text(request.value("last-event-id"))).collect();
    assert_eq!(ids, [None, Some(String::from("99")), None]);
    followed.end();
}

fn failures_are_told(harness: &Harness) {
    for answer in [Answer::status(301), Answer::status(404), Answer::status(200)] {
        let answer = answer.framing(Framing::Length).end(End::Eof);
        let followed = harness.follow(Script::new().answer(answer), json!({}));
        assert_eq!(followed.told(1)[0]["kind"], "error");
        followed.end();
    }
}

#[test]
fn requests_that_make_no_sense_are_refused_and_do_no_harm() {
    let harness = Harness::new(all()[0]);
    for (method, path, body, status) in [
        ("POST", "/", "{", 400),
        ("POST", "/", "[]", 400),
        ("POST", "/", "", 400),
        ("POST", "/", r#"{"callbackUrl":"http://127.0.0.1:1/"}"#, 400),
        ("POST", "/", r#"{"streamUrl":"nonsense","callbackUrl":"http://127.0.0.1:1/"}"#, 400),
        ("POST", "/", r#"{"streamUrl":"http://127.0.0.1:1/","callbackUrl":"nonsense"}"#, 400),
        ("POST", "/", r#"{"streamUrl":"http://127.0.0.1:1/","callbackUrl":"http://x/","headers":{"a b":"c"}}"#, 400),
        ("POST", "/", r#"{"streamUrl":"http://127.0.0.1:1/","callbackUrl":"http://x/","method":"TRACE"}"#, 400),
        ("POST", "/", r#"{"streamUrl":"http://127.0.0.1:1/","callbackUrl":"http://x/","lastEventId":"\n"}"#, 400),
        ("GET", "/elsewhere", "", 404),
        ("POST", "/clients/1", r#"{"command":"restart"}"#, 404),
        ("DELETE", "/clients/1", "", 404),
        ("DELETE", "/clients/x", "", 404),
        ("PUT", "/", "", 405),
        ("GET", "/clients/1", "", 405),
    ] {
        assert_eq!(harness.ask(method, path, body).0, status, "{method} {path} {body}");
    }
    let mut stream = TcpStream::connect(harness.address).unwrap();
    stream.write_all(b"\xff\xff no HTTP\r\n\r\n").unwrap();
    drop(stream);
    assert_eq!(harness.ask("GET", "/", "").0, 200);
    harness.quit();
}

/// A page can send a form or plain text to another origin without asking, and no JSON.
#[test]
fn only_json_is_taken() {
    let harness = Harness::new(all()[0]);
    let order = r#"{"streamUrl":"http://127.0.0.1:1/","callbackUrl":"http://127.0.0.1:1/"}"#;
    let post = |fields: &str| harness.ask_with("POST", "/", &format!("Host: {}\r\n{fields}", harness.address), order);
    for fields in [
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: text/plain; application/json\r\n",
        "Content-Type: application/json-seq\r\n",
    ] {
        let (status, _, problem) = post(fields);
        assert_eq!(status, 415, "{fields}: {problem}");
        assert!(problem.contains("`application/json`"), "{problem}");
    }
    for fields in ["Content-Type: application/json\r\n", "Content-Type: Application/JSON ; charset=utf-8\r\n"] {
        let (status, location, problem) = post(fields);
        assert_eq!(status, 201, "{fields}: {problem}");
        let path = location.unwrap().split_off(format!("http://{}", harness.address).len());
        let fields = format!("Host: {}\r\nContent-Type: text/plain\r\n", harness.address);
        assert_eq!(harness.ask_with("POST", &path, &fields, r#"{"command":"restart"}"#).0, 415);
        assert_eq!(harness.ask("DELETE", &path, "").0, 204);
    }
    harness.quit();
}

/// A name that an attacker has resolve to this machine makes the service the page's own origin.
#[test]
fn pages_are_refused_by_their_host_and_their_origin() {
    let harness = Harness::new(all()[0]);
    let port = harness.address.port();
    let order = r#"{"streamUrl":"http://127.0.0.1:1/","callbackUrl":"http://127.0.0.1:1/"}"#;
    let ask = |host: &str, origin: &str| {
        let fields = format!("Host: {host}\r\n{origin}Content-Type: application/json\r\n");
        let statuses = ["GET", "POST"].map(|method| harness.ask_with(method, "/", &fields, order).0);
        assert!(matches!(statuses, [403, 403] | [200, 201]), "{host} {origin}: {statuses:?}");
        statuses[0]
    };
    for host in ["127.0.0.1", "127.8.9.1", "[::1]", "localhost", "LocalHost", "harness.test", "HARNESS.test"] {
        assert_eq!(ask(host, ""), 200, "{host}");
        let host = format!("{host}:{port}");
        assert_eq!(ask(&host, ""), 200, "{host}");
        assert_eq!(ask(&host, &format!("Origin: http://{host}\r\n")), 200, "{host}");
        for origin in ["null", "http://evil.example", &format!("https://{host}"), "http://localhost:1", ""] {
            assert_eq!(ask(&host, &format!("Origin: {origin}\r\n")), 403, "{host} {origin:?}");
        }
    }
    for host in
        ["evil.example", "localhost.evil.example", "10.1.2.3", "0.0.0.0", "[2001:db8::1]", "localhost@evil.example", ""]
    {
        assert_eq!(ask(host, ""), 403, "{host:?}");
        assert_eq!(ask(host, &format!("Origin: http://{host}\r\n")), 403, "{host:?}");
    }
    assert_eq!(harness.ask_with("DELETE", "/", "Host: evil.example\r\n", "").0, 403);
    // Without a host, as HTTP/1.0 allows it.
    assert_eq!(harness.ask_with("GET", "/", "", "").0, 403);
    let (_, _, problem) = harness.ask_with("GET", "/", "Host: evil.example\r\n", "");
    assert!(problem.contains("evil.example") && problem.contains("--host"), "{problem}");
    harness.quit();
}

#[test]
fn many_clients_are_served_and_end_when_they_are_told() {
    let harness = Harness::new(all()[0]);
    let followed: Vec<_> = (0..40)
        .map(|number| harness.follow(events(&format!("data:{number}\n\n")), json!({ "initialDelayMs": 0 })))
        .collect();
    for (number, client) in followed.iter().enumerate() {
        assert_eq!(client.told(1), [event("message", &number.to_string(), "")]);
    }
    let (first, others) = followed.split_first().unwrap();
    assert_eq!(harness.ask("DELETE", &first.path, "").0, 204);
    assert_eq!(first.command(&json!({ "command": "restart" })), 404);
    // The others are still there, and a restart reaches them alone.
    assert_eq!(others[0].command(&json!({ "command": "restart" })), 200);
    assert_eq!(others[0].asked(2).len(), 2);
    assert_eq!(first.asked(1).len(), 1);
    drop(followed);
    harness.quit();
}
