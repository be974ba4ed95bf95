//! Runs each program: a client reads it through a proxy that cuts connections, resumes, and sees the end when the program
//! stops.

mod page;
mod proxy;

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use sse_tokio::{Change, ClientConfig, EventSource, client::Loss};

use self::proxy::Proxy;

/// The events that a client reads before the program stops: enough for the proxy's cuts.
const EVENTS: u64 = 200;

/// Whatever does not happen within this time does not happen.
const PATIENCE: Duration = Duration::from_secs(30);

macro_rules! programs {
    ($($name:ident: HEAD $head:literal, OPTIONS $options:literal;)+) => {
        /// The programs, and the statuses that they answer HEAD and OPTIONS with.
        const PROGRAMS: &[(&str, u16, u16)] = &[$((stringify!($name), $head, $options)),+];

        $(
            #[tokio::test]
            async fn $name() {
                let program = Program::start(env!(concat!("CARGO_BIN_EXE_", stringify!($name))));
                assert_eq!(program.status("HEAD"), $head);
                assert_eq!(program.status("OPTIONS"), $options);
                a_client_resumes_until_the_program_stops(program).await;
            }
        )+
    };
}

programs! {
    actix: HEAD 200, OPTIONS 204;
    axum: HEAD 200, OPTIONS 204;
    axum_serve: HEAD 200, OPTIONS 204;
    hyper: HEAD 200, OPTIONS 204;
    hyper_alone: HEAD 200, OPTIONS 204;
    poem: HEAD 200, OPTIONS 204;
    rocket: HEAD 200, OPTIONS 404;
    salvo: HEAD 200, OPTIONS 204;
    trillium: HEAD 200, OPTIONS 204;
    warp: HEAD 200, OPTIONS 204;
}

async fn a_client_resumes_until_the_program_stops(mut program: Program) {
    let proxy = Proxy::start(program.address).await;
    let config = ClientConfig::get(format!("http://{}/events", proxy.address)).unwrap();
    let mut source = EventSource::open(config.reconnection_time(Duration::from_millis(1))).unwrap();
    let (mut first, mut read, mut losses) = (None, 0, 0);
    loop {
        let change = tokio::time::timeout(PATIENCE, source.next_change()).await.expect("something happens");
        match change.expect("the source goes on") {
            Change::Event(event) => {
                let number = event.data().strip_prefix("event ").and_then(|number| number.parse::<u64>().ok());
                let number = number.unwrap_or_else(|| panic!("{event:?}"));
                assert_eq!(number - *first.get_or_insert(number), read, "lost or repeated");
                read += 1;
                if read == EVENTS {
                    assert_eq!(losses, proxy::CUTS);
                    program.interrupt();
                }
            }
            Change::Reestablishing { cause, .. } if read < EVENTS => {
                assert!(matches!(cause, Loss::Broken { .. }), "{cause:?}");
                losses += 1;
            }
            Change::Reestablishing { cause, .. } => {
                assert_eq!(cause, Loss::End { in_mid_event: false }, "the drain ends the response");
                break;
            }
            Change::Failed(failure) => panic!("{failure}"),
            _ => {}
        }
    }
    // The farewell of the drain.
    assert!(source.reconnection_time() >= Duration::from_millis(100), "{:?}", source.reconnection_time());
    drop(source);
    program.wait();
}

/// A running program. It is killed when it is dropped.
struct Program {
    child: Child,
    address: SocketAddr,
}

impl Program {
    fn start(path: &str) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new(path).arg(address.to_string()).env("ROCKET_LOG_LEVEL", "off").spawn().unwrap();
        let program = Self { child, address };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(began.elapsed() < PATIENCE, "{path} does not listen");
            thread::sleep(Duration::from_millis(5));
        }
        program
    }

    /// Returns the status of the response to a request with this method.
    fn status(&self, method: &str) -> u16 {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "{method} /events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        let (head, body) = response.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        if status < 300 {
            assert_eq!(body, "", "{head}");
        }
        if method == "HEAD" && status == 200 {
            let head = head.to_ascii_lowercase();
            assert!(head.contains("\r\ncontent-type: text/event-stream"), "{head}");
            assert!(!head.contains("\r\ncontent-length:"), "{head}");
        }
        status
    }

    /// Has the program stop, as Ctrl-C does.
    fn interrupt(&self) {
        let killed = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(killed.unwrap().success());
    }

    /// Waits for the end of the program.
    fn wait(&mut self) {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < PATIENCE, "the program does not stop");
            thread::sleep(Duration::from_millis(5));
        };
        assert!(status.success(), "{status}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
