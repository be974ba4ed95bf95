//! The body of a response on a socket, after its head.

use core::{
    fmt,
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
};
use std::io::{self, IoSlice};

use hyper::rt::{self, ReadBuf};

use crate::transport::Write;

/// How the body of a response is delimited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Framing {
    /// Each piece is a chunk (HTTP/1.1).
    Chunked,
    /// The body ends with the connection (HTTP/1.0).
    UntilClose,
}

/// Writes the body of a response to a socket, and notices when the peer goes away. What the peer sends is discarded.
pub(super) struct BodyWriter<I> {
    io: I,
    framing: Framing,
    /// What goes before the next byte of the body: the end of the last chunk, and the head of this one.
    frame: Frame,
    /// The number of bytes that are missing in this chunk.
    missing: usize,
}

impl<I: rt::Read + rt::Write + Unpin> BodyWriter<I> {
    /// Continues after the head of the response.
    pub(super) fn new(io: I, framing: Framing) -> Self {
        Self { io, framing, frame: Frame::default(), missing: 0 }
    }

    /// Prepares the end of the body.
    pub(super) fn end(&mut self) {
        if self.framing == Framing::Chunked {
            self.frame.push(b"0\r\n\r\n");
        }
    }

    /// Writes what is prepared, and closes the connection.
    pub(super) fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_frame(cx))?;
        ready!(Pin::new(&mut self.io).poll_flush(cx))?;
        // Bytes that nobody has read would turn the end into a reset, which can cost the peer what it has not read.
        if self.poll_discard(cx)? == Received::More {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    /// Discards what the peer has sent, for a turn.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> io::Result<Received> {
        const READS: usize = 16;
        for _ in 0..READS {
            let mut discarded = [const { MaybeUninit::uninit() }; 1024];
            let mut discarded = ReadBuf::uninit(&mut discarded);
            match Pin::new(&mut self.io).poll_read(cx, discarded.unfilled())? {
                Poll::Pending => return Ok(Received::Nothing),
                Poll::Ready(()) if discarded.filled().is_empty() => return Ok(Received::End),
                Poll::Ready(()) => {}
            }
        }
        Ok(Received::More)
    }

    /// Writes what is prepared.
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.frame.rest().is_empty() {
            let written = ready!(Pin::new(&mut self.io).poll_write(cx, self.frame.rest()))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.frame.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: rt::Read + rt::Write + Unpin> Write for BodyWriter<I> {
    type Error = io::Error;

    /// Writes a chunk, or what is left of one: while bytes are left, the next call has to bring just these.
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.framing == Framing::UntilClose {
            return Pin::new(&mut self.io).poll_write(cx, bytes);
        }
        if self.missing == 0 {
            self.missing = bytes.len();
            self.frame.push_head(self.missing);
        }
        let bytes = &bytes[..self.missing.min(bytes.len())];
        let end = if bytes.len() == self.missing { "\r\n" } else { "" };
        loop {
            let head = self.frame.rest().len();
            let slices = [self.frame.rest(), bytes, end.as_bytes()].map(IoSlice::new);
            let written = ready!(Pin::new(&mut self.io).poll_write_vectored(cx, &slices))?;
            if written == 0 {
                return Poll::Ready(Ok(0));
            }
            self.frame.advance(written);
            let taken = written.saturating_sub(head).min(bytes.len());
            self.missing -= taken;
            if self.missing == 0 {
                self.frame.push(&end.as_bytes()[written - head - taken..]);
            }
            if taken > 0 {
                return Poll::Ready(Ok(taken));
            }
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_frame(cx))?;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.poll_discard(cx)? {
            Received::End => return Poll::Ready(Ok(())),
            Received::More => cx.waker().wake_by_ref(),
            Received::Nothing => {}
        }
        Poll::Pending
    }
}

impl<I> fmt::Debug for BodyWriter<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyWriter").field("framing", &self.framing).finish_non_exhaustive()
    }
}

/// What there is to read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Received {
    /// The peer has closed its direction.
    End,
    /// Perhaps more than was read.
    More,
    /// Nothing; the task is woken when there is something.
    Nothing,
}

/// Bytes around the pieces of a body: the end of a chunk with the longest head of the next one, at most.
#[derive(Default)]
struct Frame {
    bytes: [u8; 20],
    start: u8,
    end: u8,
}

impl Frame {
    fn rest(&self) -> &[u8] {
        &self.bytes[usize::from(self.start)..usize::from(self.end)]
    }

    /// Appends the head of a chunk: its length in hexadecimal digits.
    fn push_head(&mut self, length: usize) {
        let digits = (usize::BITS - length.leading_zeros()).div_ceil(4).max(1);
        for place in (0..digits).rev() {
            let digit = (length >> (4 * place)) & 0xf;
            self.push(&[b"0123456789abcdef"[digit]]);
        }
        self.push(b"\r\n");
    }

    fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.bytes[usize::from(self.end)] = *byte;
            self.end += 1;
        }
    }

    /// Drops the first bytes, as far as there are so many.
    fn advance(&mut self, count: usize) {
        let count = count.min(self.rest().len());
        self.start += count as u8;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use core::{
        pin::Pin,
        task::{Context, Poll, Waker},
    };
    use std::io::{self, IoSlice};

    use hyper::rt;

    use super::{BodyWriter, Framing};
    use crate::transport::Write;

    /// A socket that takes a few bytes at a time, whose peer sends nothing.
    #[derive(Default)]
    struct Slow {
        written: Vec<u8>,
        most: usize,
        vectored: bool,
    }

    impl rt::Read for Slow {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: rt::ReadBufCursor<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    impl rt::Write for Slow {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            let taken = bytes.len().min(self.most);
            self.written.extend_from_slice(&bytes[..taken]);
            Poll::Ready(Ok(taken))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            if self.vectored {
                let all: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
                return self.as_mut().poll_write(cx, &all);
            }
            let first = slices.iter().find(|slice| !slice.is_empty()).map_or(&[][..], |slice| &**slice);
            self.as_mut().poll_write(cx, first)
        }
    }

    fn written(framing: Framing, most: usize, vectored: bool, pieces: &[&[u8]]) -> Vec<u8> {
        let mut cx = Context::from_waker(Waker::noop());
        let mut writer = BodyWriter::new(Slow { most, vectored, ..Slow::default() }, framing);
        for piece in pieces {
            let mut rest = *piece;
            while !rest.is_empty() {
                let Poll::Ready(Ok(taken)) = writer.poll_write(&mut cx, rest) else { panic!("the socket takes bytes") };
                assert!(taken > 0);
                rest = &rest[taken..];
            }
        }
        writer.end();
        assert!(matches!(writer.poll_close(&mut cx), Poll::Ready(Ok(()))));
        writer.io.written
    }

    #[test]
    fn chunks_are_the_same_however_little_the_socket_takes() {
        let long = [b'x'; 0x1234];
        let pieces: [&[u8]; 3] = [b":\n", &long, b"data: a\n\n"];
        let expected = [&b"2\r\n:\n\r\n1234\r\n"[..], &long, b"\r\n9\r\ndata: a\n\n\r\n0\r\n\r\n"].concat();
        for most in [1, 2, 3, 4, 5, 6, 7, 8, 100, 0x1234, 0x1235, 0x1236, 1 << 20] {
            for vectored in [false, true] {
                assert_eq!(written(Framing::Chunked, most, vectored, &pieces), expected, "{most} {vectored}");
            }
            assert_eq!(written(Framing::UntilClose, most, false, &pieces), pieces.concat());
        }
    }

    #[test]
    fn a_chunk_may_be_of_any_length() {
        for (length, head) in [(1_usize, "1"), (0xf, "f"), (0x10, "10"), (0xfff, "fff"), (usize::MAX, "")] {
            let mut frame = super::Frame::default();
            frame.push(b"\r\n");
            frame.push_head(length);
            let head = if head.is_empty() { "f".repeat(usize::BITS as usize / 4) } else { head.into() };
            assert_eq!(frame.rest(), alloc::format!("\r\n{head}\r\n").as_bytes());
        }
    }
}
