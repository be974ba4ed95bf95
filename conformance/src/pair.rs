//! A client and a server, both as state machines, with a network between them that delays, cuts and dies: a whole
//! conversation in virtual time.
//!
//! ```
//! use core::time::Duration;
//! use sse_conformance::pair::{Break, Network, Pair, Told};
//! use sse_proto::{client::ClientConfig, server::{LogConfig, SessionConfig}};
//!
//! let config = ClientConfig::get("http://pair.test/")?;
//! let mut pair = Pair::new(config, LogConfig::new(), SessionConfig::new(), Network::default());
//! pair.publish("first");
//! pair.pass(Duration::from_secs(1));
//! pair.cut(Break::Reset { arrives: 0 });
//! pair.publish("second");
//! pair.pass(Duration::from_secs(60));
//! let events: Vec<_> = pair.told().iter().filter_map(Told::data).collect();
//! assert_eq!(events, ["first", "second"]);
//! # Ok::<(), sse_proto::client::RequestError>(())
//! ```

use core::time::Duration;
use std::collections::VecDeque;

use bytes::Bytes;
use sse_proto::{
    Timestamp,
    client::{self, Change, ClientConfig, EventSource, NetworkError, Request, ResponseHead},
    server::{self, EventLog, LogConfig, Session, SessionConfig, StartAt},
};

/// More outputs than this without any time passing are a machine that spins.
const SPIN: usize = 100_000;

/// What lies between the client and the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Network {
    /// How long everything takes from one end to the other.
    pub delay: Duration,
    /// The most bytes that arrive in one piece.
    pub piece: usize,
    /// So many bytes are under way before the server has to wait.
    pub window: usize,
}

impl Default for Network {
    fn default() -> Self {
        Self { delay: Duration::from_millis(20), piece: 1400, window: 64 * 1024 }
    }
}

/// How a connection breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Break {
    /// It dies, and neither end is told.
    Death,
    /// The server ends the response in order, once what it has begun to send has arrived.
    End,
    /// It is reset. So many bytes that are under way still arrive, the others are lost.
    Reset {
        /// How many.
        arrives: usize,
    },
}

/// What the client told its user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Told {
    /// An event.
    Event {
        /// Its type.
        event_type: String,
        /// Its data.
        data: String,
    },
    /// It has failed for good.
    Failed,
    /// The connection was lost, and comes back.
    Lost,
    /// The stream was opened.
    Open,
}

impl Told {
    /// The data of an event.
    pub fn data(&self) -> Option<&str> {
        match self {
            Self::Event { data, .. } => Some(data),
            _ => None,
        }
    }
}

/// A client, a server with its log, and the network. See the [module](self).
#[derive(Debug)]
pub struct Pair {
    now: Timestamp,
    network: Network,
    client: EventSource,
    log: EventLog,
    session: SessionConfig,
    link: Link,
    down_until: Timestamp,
    told: Vec<Told>,
    requests: usize,
}

#[derive(Debug)]
enum Link {
    /// There is none, and if the client has asked for one, it is told so then.
    Down { told: Option<Timestamp> },
    /// A request is on its way, with this ID.
    Asked { arrives: Timestamp, request: Request },
    /// There is one.
    Up(Box<Connection>),
    /// There was one, and the client does not know that it is dead.
    Dead { coming: VecDeque<(Timestamp, Arrival)> },
}

#[derive(Debug)]
struct Connection {
    session: Session,
    coming: VecDeque<(Timestamp, Arrival)>,
    /// When the session wants to be polled again.
    wake: Option<Timestamp>,
    ended: bool,
}

#[derive(Debug)]
enum Arrival {
    Data(Bytes),
    End,
    Head,
    Reset,
}

impl Pair {
    /// A client with this configuration, and a server with an empty log.
    pub fn new(client: ClientConfig, log: LogConfig, session: SessionConfig, network: Network) -> Self {
        Self {
            now: Timestamp::default(),
            network,
            client: EventSource::new(client),
            log: EventLog::new(log),
            session,
            link: Link::Down { told: None },
            down_until: Timestamp::default(),
            told: Vec::new(),
            requests: 0,
        }
    }

    /// Publishes an event.
    pub fn publish(&mut self, data: impl Into<String>) {
        let message = sse_proto::Message::from(data.into());
        self.log.publish(message, self.now).expect("the message fits into the log, which is open");
        if let Link::Up(connection) = &mut self.link {
            connection.wake = Some(self.now);
        }
    }

    /// Breaks the connection, if there is one.
    pub fn cut(&mut self, how: Break) {
        let Link::Up(connection) = &mut self.link else { return };
        match how {
            Break::End => {
                connection.session.close(None);
                connection.wake = Some(self.now);
            }
            Break::Death | Break::Reset { .. } => {
                let mut coming = core::mem::take(&mut connection.coming);
                let bytes = if let Break::Reset { arrives } = how { arrives } else { 0 };
                keep(&mut coming, bytes);
                if how != Break::Death {
                    let last = coming.back().map_or(self.now, |(moment, _)| *moment);
                    coming.push_back((last.max(self.now + self.network.delay), Arrival::Reset));
                }
                connection.session.handle_disconnect();
                self.link = Link::Dead { coming };
            }
        }
    }

    /// Takes no connections for so long.
    pub fn refuse(&mut self, time: Duration) {
        self.down_until = self.down_until.max(self.now + time);
    }

    /// Lets time pass, and everything happen that happens in it.
    ///
    /// # Panics
    ///
    /// A machine spins: it goes on without end and without any time passing.
    pub fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        let mut without_time = 0;
        loop {
            let client = self.drive_client();
            let server = self.drive_server();
            let next = [client, server, self.next_arrival()].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            without_time = if next > self.now { 0 } else { without_time + 1 };
            assert!(without_time < SPIN, "a machine spins: {self:?}");
            self.now = next.max(self.now);
            self.arrive();
        }
        self.now = end;
    }

    /// What the client has told so far.
    pub fn told(&self) -> &[Told] {
        &self.told
    }

    /// How many requests the client has sent so far, those that were refused among them.
    pub const fn requests(&self) -> usize {
        self.requests
    }

    /// Has the client say all that it has to say, and returns when it wants to be asked again.
    fn drive_client(&mut self) -> Option<Timestamp> {
        for _ in 0..SPIN {
            match self.client.poll_output(self.now) {
                client::Output::Connect(request) => {
                    self.requests += 1;
                    let arrives = self.now + self.network.delay;
                    self.link = Link::Asked { arrives, request: *request };
                }
                client::Output::Event => self.tell_event(),
                client::Output::Change(Change::Failed(_)) => {
                    self.link = Link::Down { told: None };
                    self.told.push(Told::Failed);
                }
                client::Output::Change(Change::Open(_)) => self.told.push(Told::Open),
                client::Output::Change(Change::Reestablishing { .. }) => {
                    self.link = Link::Down { told: None };
                    self.told.push(Told::Lost);
                }
                client::Output::Wait { until } => return until,
                client::Output::Change(Change::Closed) => return None,
                client::Output::Change(_) => {}
            }
        }
        panic!("the client spins: {self:?}")
    }

    fn tell_event(&mut self) {
        if let Some(event) = self.client.event() {
            let (event_type, data) = (event.event_type().into(), event.data().into());
            self.told.push(Told::Event { event_type, data });
        }
    }

    /// Has the server send what there is room for, and returns when it wants to be asked again.
    fn drive_server(&mut self) -> Option<Timestamp> {
        let Link::Up(connection) = &mut self.link else { return None };
        let Network { delay, piece, window } = self.network;
        connection.wake = None;
        for _ in 0..SPIN {
            if connection.ended || under_way(&connection.coming) >= window.max(1) {
                // It goes on when something has arrived.
                return None;
            }
            connection.session.handle_log(&mut self.log, self.now);
            match connection.session.poll_output(self.now) {
                server::Output::Aborted | server::Output::Closed => {
                    connection.ended = true;
                    connection.coming.push_back((self.now + delay, Arrival::End));
                }
                server::Output::Heartbeat | server::Output::Lagged { .. } => {}
                server::Output::Transmit(mut bytes) => {
                    while !bytes.is_empty() {
                        let part = bytes.split_to(bytes.len().min(piece.max(1)));
                        connection.coming.push_back((self.now + delay, Arrival::Data(part)));
                    }
                }
                server::Output::Wait { until } => return until,
            }
        }
        panic!("the session spins: {self:?}")
    }

    fn next_arrival(&self) -> Option<Timestamp> {
        match &self.link {
            Link::Asked { arrives, .. } => Some(*arrives),
            Link::Dead { coming } => coming.front().map(|(moment, _)| *moment),
            Link::Down { told } => *told,
            Link::Up(connection) => {
                let arrival = connection.coming.front().map(|(moment, _)| *moment);
                [arrival, connection.wake].into_iter().flatten().min()
            }
        }
    }

    /// Hands over one thing that has arrived by now, if there is one.
    fn arrive(&mut self) {
        let now = self.now;
        let due = |moment: &Timestamp| *moment <= now;
        match &mut self.link {
            Link::Asked { arrives, request } if due(arrives) => {
                let id = request.headers.value("last-event-id").and_then(server::last_event_id_in_header);
                self.link = self.answer(id.as_ref());
            }
            Link::Down { told: told @ Some(_) } if told.as_ref().is_some_and(due) => {
                *told = None;
                self.client.handle_error(NetworkError::Transient);
            }
            Link::Dead { coming } => hand_over(&mut self.client, coming, now),
            Link::Up(connection) => hand_over(&mut self.client, &mut connection.coming, now),
            Link::Asked { .. } | Link::Down { .. } => {}
        }
    }

    fn answer(&mut self, id: Option<&sse_proto::EventId>) -> Link {
        let back = self.now + self.network.delay;
        if self.now < self.down_until {
            return Link::Down { told: Some(back) };
        }
        let (cursor, resumed) = self.log.subscribe(id.map_or(StartAt::Oldest, StartAt::After), self.now);
        let session = Session::resuming(self.session.clone(), cursor, resumed);
        let coming = VecDeque::from([(back, Arrival::Head)]);
        Link::Up(Box::new(Connection { session, coming, wake: None, ended: false }))
    }
}

/// Hands over the first of what is coming, if it is there by now.
fn hand_over(client: &mut EventSource, coming: &mut VecDeque<(Timestamp, Arrival)>, now: Timestamp) {
    if coming.front().is_none_or(|(moment, _)| *moment > now) {
        return;
    }
    match coming.pop_front() {
        Some((_, Arrival::Data(bytes))) => client.handle_data(bytes),
        Some((_, Arrival::End)) => client.handle_end(),
        Some((_, Arrival::Head)) => client.handle_response(&accepted()),
        Some((_, Arrival::Reset)) => client.handle_error(NetworkError::Transient),
        None => {}
    }
}

fn accepted() -> ResponseHead {
    ResponseHead { status: 200, headers: server::RESPONSE_HEADERS.into_iter().collect() }
}

fn under_way(coming: &VecDeque<(Timestamp, Arrival)>) -> usize {
    coming.iter().map(|(_, arrival)| if let Arrival::Data(bytes) = arrival { bytes.len() } else { 0 }).sum()
}

/// Leaves so many bytes of what is under way, and no end.
fn keep(coming: &mut VecDeque<(Timestamp, Arrival)>, mut bytes: usize) {
    coming.retain_mut(|(_, arrival)| match arrival {
        Arrival::Data(data) => {
            data.truncate(bytes);
            bytes -= data.len();
            !data.is_empty()
        }
        Arrival::Head => true,
        Arrival::End | Arrival::Reset => false,
    });
}
