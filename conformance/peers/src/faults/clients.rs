//! Clients with faults, over sockets that block nowhere.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use socket2::{SockFilter, SockRef};

/// What is wrong with a client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fault {
    /// It reads nothing after the head.
    NeverReads,
    /// It reads a byte a second.
    ReadsSlowly,
    /// It closes its own direction, and reads on.
    HalfOpen,
    /// It resets the connection within a piece of the response.
    Resets,
    /// It is gone without a word: a filter on its socket drops what arrives, so that nothing is acknowledged, and nothing is
    /// sent.
    Vanishes,
    /// The same, while nothing is published: there are heartbeats only, which its server's buffers take.
    VanishesQuietly,
    /// It reads the socket, but permits no more bytes on its stream.
    NoWindow,
}

impl Fault {
    pub(super) const ALL: [Self; 7] = [
        Self::NeverReads,
        Self::ReadsSlowly,
        Self::HalfOpen,
        Self::Resets,
        Self::Vanishes,
        Self::VanishesQuietly,
        Self::NoWindow,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::NeverReads => "never reads",
            Self::ReadsSlowly => "reads 1 byte a second",
            Self::HalfOpen => "half-open (FIN, reads on)",
            Self::Resets => "RST in mid-chunk",
            Self::Vanishes => "vanishes",
            Self::VanishesQuietly => "vanishes, quiet stream",
            Self::NoWindow => "no window of HTTP/2",
        }
    }

    pub(super) fn needs_http2(self) -> bool {
        self == Self::NoWindow
    }

    /// Returns whether nothing is published meanwhile.
    pub(super) fn is_quiet(self) -> bool {
        self == Self::VanishesQuietly
    }

    /// Returns whether the client reads what there is.
    fn reads(self) -> bool {
        matches!(self, Self::HalfOpen | Self::VanishesQuietly | Self::NoWindow)
    }
}

/// A client that has read the head of its response.
pub(super) struct Client {
    /// `None` once it has reset the connection.
    socket: Option<TcpStream>,
    fault: Fault,
    has_vanished: bool,
    read_at: Instant,
}

impl Client {
    /// Requests the stream, and reads the first bytes of the response.
    pub(super) fn connect(address: SocketAddr, http2: bool, fault: Fault) -> Result<Self, String> {
        let connected = || {
            let mut socket = TcpStream::connect(address)?;
            socket.set_nodelay(true)?;
            socket.write_all(&if http2 {
                http2_request(fault)
            } else {
                b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()
            })?;
            socket.set_read_timeout(Some(Duration::from_secs(10)))?;
            // The settings of the server, or a part of the head.
            let mut begin = [0; 64];
            socket.read_exact(&mut begin)?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        };
        let socket = connected().map_err(|error: std::io::Error| error.to_string())?;
        Ok(Self { socket: Some(socket), fault, has_vanished: false, read_at: Instant::now() })
    }

    /// Begins with the fault, where it is an act.
    pub(super) fn begin(&mut self) -> Result<(), String> {
        let Some(socket) = &self.socket else { return Ok(()) };
        match self.fault {
            Fault::HalfOpen => socket.shutdown(Shutdown::Write).map_err(|error| error.to_string())?,
            // There are bytes that it has not read: the system resets the connection.
            Fault::Resets => self.socket = None,
            Fault::Vanishes | Fault::VanishesQuietly => {
                drop_what_arrives(socket)?;
                self.has_vanished = true;
            }
            Fault::NeverReads | Fault::NoWindow | Fault::ReadsSlowly => {}
        }
        Ok(())
    }

    /// Reads what the fault lets it read.
    pub(super) fn go_on(&mut self) {
        let Some(socket) = &mut self.socket else { return };
        if self.fault.reads() && !self.has_vanished {
            let mut bytes = [0; 64 * 1024];
            loop {
                match socket.read(&mut bytes) {
                    Ok(0) => return,
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(_) => return,
                }
            }
        }
        if self.fault == Fault::ReadsSlowly && self.read_at.elapsed() >= Duration::from_secs(1) {
            self.read_at = Instant::now();
            let _ = socket.read(&mut [0; 1]);
        }
    }
}

/// Has the system drop what arrives at a socket, before it is acknowledged.
fn drop_what_arrives(socket: &TcpStream) -> Result<(), String> {
    // "Return 0": of each packet, no byte is taken.
    const RETURN: u16 = 6;
    let filter = [SockFilter::new(RETURN, 0, 0, 0)];
    SockRef::from(socket).attach_filter(&filter).map_err(|error| format!("no filter: {error}"))
}

/// The preface, settings, and a request on stream 1 (RFC 9113). The client permits as many bytes as there can be, unless
/// its fault is that it does not.
fn http2_request(fault: Fault) -> Vec<u8> {
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    let mut frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        bytes.extend([0, 0, payload.len() as u8, kind, flags, 0, 0, 0, stream]);
        bytes.extend(payload);
    };
    if fault == Fault::NoWindow {
        frame(4, 0, 0, &[]);
    } else {
        // SETTINGS_INITIAL_WINDOW_SIZE, and the window of the connection, which begins with 65 535.
        frame(4, 0, 0, &[0, 4, 0x7f, 0xff, 0xff, 0xff]);
        frame(8, 0, 0, &(0x7fff_ffff_u32 - 65_535).to_be_bytes());
    }
    // RFC 7541: GET, http and / are in the static table, and so is the name of the authority.
    frame(1, 5, 1, b"\x82\x86\x84\x41\x01x");
    bytes
}
