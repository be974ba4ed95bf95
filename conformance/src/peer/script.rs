//! What a scripted server does, as data.

use core::time::Duration;

/// What the server does with the connections of a client, one after the other.
///
/// When the script is used up, the server answers with status 200, the type `text/event-stream` and a body that stays
/// open without an event.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Script(pub Vec<Step>);

/// What happens to one connection, or to attempts to make one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// The request is read and answered.
    Answer(Answer),
    /// The request is read, and the connection closed without an answer.
    Drop,
    /// The port is closed for this long; it begins when the connection before has ended.
    Refuse(Duration),
}

/// An answer to a request, and how its connection ends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header fields, as bytes. Those that frame the body are added by the server.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, in the pieces in which it is written.
    pub pieces: Vec<Vec<u8>>,
    /// How long to wait before each piece but the first.
    pub delay: Duration,
    /// How the client is told where the body ends.
    pub framing: Framing,
    /// How the connection ends.
    pub end: End,
}

/// How the end of a body is told.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Framing {
    /// `Transfer-Encoding: chunked`, with a chunk for each piece.
    #[default]
    Chunked,
    /// The body lasts as long as the connection.
    Close,
    /// `Content-Length`.
    Length,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum End {
    /// In the middle of a chunk, after the whole body. With a framing other than chunked, in the middle of the body.
    Cut,
    /// In order.
    Eof,
    /// Not at all, until the server is dropped.
    #[default]
    Hold,
    /// By a reset of the connection.
    Reset,
    /// In order, but with fewer bytes than `Content-Length` says; with a framing other than that, without the end that
    /// the framing asks for.
    Short,
}

impl Script {
    /// A server that holds every connection open and sends nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Then answers a request.
    #[must_use]
    pub fn answer(mut self, answer: Answer) -> Self {
        self.0.push(Step::Answer(answer));
        self
    }

    /// Then reads a request and closes the connection without an answer.
    #[must_use]
    pub fn drop_connection(mut self) -> Self {
        self.0.push(Step::Drop);
        self
    }

    /// Then closes the port for so long.
    #[must_use]
    pub fn refuse(mut self, time: Duration) -> Self {
        self.0.push(Step::Refuse(time));
        self
    }
}

impl Answer {
    /// Status 200, the type `text/event-stream` and this body in one chunk, after which the connection stays open.
    pub fn events(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200).header("Content-Type", "text/event-stream").piece(body)
    }

    /// An answer with this status and nothing else; the connection stays open.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            pieces: Vec::new(),
            delay: Duration::ZERO,
            framing: Framing::Chunked,
            end: End::Hold,
        }
    }

    /// Adds a header field.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds to the body, as a piece of its own.
    #[must_use]
    pub fn piece(mut self, piece: impl Into<Vec<u8>>) -> Self {
        self.pieces.push(piece.into());
        self
    }

    /// Waits so long between the pieces.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Tells the end of the body in this way.
    #[must_use]
    pub fn framing(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Ends the connection in this way.
    #[must_use]
    pub fn end(mut self, end: End) -> Self {
        self.end = end;
        self
    }
}
