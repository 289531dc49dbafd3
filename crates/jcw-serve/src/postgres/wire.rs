//! The wire is a connection once it is agreed whether it is encrypted. Messages
//! come through its [`Gate`] whole, well formed and not too long; what is not
//! ends the connection before anything takes it apart.

use crate::subject::Subject;
use crate::tls::Tls;
use bytes::{Buf as _, BytesMut};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// The longest message of a client that has not logged in.
const SHORT: usize = 10_000;

/// The longest message of anybody: a query with its parameters.
const LONG: usize = 8 << 20;

const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
const GSS_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30];
/// The first byte of a TLS hello, for clients that do not ask first.
const TLS_HELLO: u8 = 0x16;

/// Both directions of a connection, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for S {}

/// A connection once that is agreed.
pub(super) struct Agreed {
    pub(super) gate: Gate,
    pub(super) is_encrypted: bool,
    /// Of the certificate that the client showed, if it did.
    pub(super) subject: Option<Subject>,
}

/// Agrees with the client whether to encrypt.
///
/// # Errors
/// When the client leaves or does not agree.
pub(super) async fn agree(
    mut stream: TcpStream,
    tls: Option<&Tls>,
    patience: Duration,
) -> io::Result<Agreed> {
    for _ in 0..3 {
        let mut first = [0; 1];
        if stream.peek(&mut first).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if first[0] == TLS_HELLO {
            return encrypted(stream, tls, patience).await;
        }
        let mut head = [0; 8];
        stream.read_exact(&mut head).await?;
        match head {
            TLS_REQUEST if tls.is_some() => {
                stream.write_all(b"S").await?;
                return encrypted(stream, tls, patience).await;
            }
            TLS_REQUEST | GSS_REQUEST => stream.write_all(b"N").await?,
            head => {
                return Ok(Agreed {
                    gate: Gate::new(Box::new(stream), &head, patience),
                    is_encrypted: false,
                    subject: None,
                });
            }
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

async fn encrypted(stream: TcpStream, tls: Option<&Tls>, patience: Duration) -> io::Result<Agreed> {
    let tls = tls.ok_or(io::ErrorKind::InvalidData)?;
    let stream = tls.acceptor().accept(stream).await?;
    let subject = Subject::of(stream.get_ref().1.peer_certificates());
    Ok(Agreed {
        gate: Gate::new(Box::new(stream), &[], patience),
        is_encrypted: true,
        subject,
    })
}

/// Lets whole messages in.
pub(super) struct Gate {
    stream: Box<dyn Stream>,
    /// As it came.
    outside: BytesMut,
    /// Whole messages.
    inside: BytesMut,
    /// The first message has no kind.
    begun: bool,
    longest: usize,
    /// How long a client may take nothing while rows wait for it.
    patience: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Gate {
    fn new(stream: Box<dyn Stream>, come: &[u8], patience: Duration) -> Gate {
        Gate {
            stream,
            outside: BytesMut::from(come),
            inside: BytesMut::new(),
            begun: false,
            longest: SHORT,
            patience,
            stalled: None,
        }
    }

    /// From now on messages may be long: it is known who sends them.
    pub(super) fn widen(&mut self) {
        self.longest = LONG;
    }

    /// Moves whole messages from outside in.
    fn admit(&mut self) -> io::Result<()> {
        while let Some(length) = length(&self.outside, self.begun)? {
            if length > self.longest {
                let error = format!("a message is longer than {} bytes", self.longest);
                return Err(io::Error::new(io::ErrorKind::InvalidData, error));
            }
            if self.outside.len() < length {
                self.outside
                    .reserve((length - self.outside.len()).min(64 << 10));
                break;
            }
            let message = self.outside.split_to(length);
            if !self.begun {
                self.begun = true;
                self.inside.unsplit(message);
                continue;
            }
            match message.first().copied().unwrap_or_default() {
                // Left over from a copy that never began.
                b'd' | b'c' | b'f' => (),
                kind if is_well_formed(kind, message.get(5..).unwrap_or_default()) => {
                    self.inside.unsplit(message);
                }
                _ => {
                    let error = "a message is not what its kind says";
                    return Err(io::Error::new(io::ErrorKind::InvalidData, error));
                }
            }
        }
        Ok(())
    }

    /// An error once a client has taken nothing for too long.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let patience = self.patience;
        let sleep = (self.stalled).get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        ready!(sleep.as_mut().poll(context));
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }
}

/// The length of the message at the head, with its kind and its length.
fn length(head: &[u8], begun: bool) -> io::Result<Option<usize>> {
    let skip = usize::from(begun);
    let Some(bytes) = head.get(skip..skip + 4) else {
        return Ok(None);
    };
    let length = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
    let least = if begun { 4 } else { 8 };
    match length >= least {
        true => Ok(Some(length + skip)),
        false => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a message is shorter than can be",
        )),
    }
}

/// Whether a message has the parts that its kind has, and nothing else.
fn is_well_formed(kind: u8, body: &[u8]) -> bool {
    let mut parts = Parts(body);
    let parted = match kind {
        b'Q' => parts.text(),
        b'P' => parts
            .text()
            .and_then(|()| parts.text())
            .and_then(|()| parts.many(4)),
        b'B' => (parts.text())
            .and_then(|()| parts.text())
            .and_then(|()| parts.many(2))
            .and_then(|()| parts.values())
            .and_then(|()| parts.many(2)),
        b'D' | b'C' => parts.skip(1).and_then(|()| parts.text()),
        b'E' => parts.text().and_then(|()| parts.skip(4)),
        b'H' | b'S' | b'X' => Some(()),
        b'p' => parts.skip(parts.0.len()),
        _ => None,
    };
    parted.is_some() && parts.0.is_empty()
}

/// What is left of a message's body.
struct Parts<'m>(&'m [u8]);

impl Parts<'_> {
    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.0 = self.0.get(bytes..)?;
        Some(())
    }

    fn text(&mut self) -> Option<()> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        self.skip(end + 1)
    }

    fn count(&mut self) -> Option<usize> {
        let count = u16::from_be_bytes([*self.0.first()?, *self.0.get(1)?]);
        self.skip(2)?;
        Some(usize::from(count))
    }

    fn many(&mut self, bytes: usize) -> Option<()> {
        let count = self.count()?;
        self.skip(count * bytes)
    }

    fn values(&mut self) -> Option<()> {
        for _ in 0..self.count()? {
            let length: [u8; 4] = self.0.get(..4)?.try_into().ok()?;
            self.skip(4)?;
            match i32::from_be_bytes(length) {
                -1 => (),
                length => self.skip(usize::try_from(length).ok()?)?,
            }
        }
        Some(())
    }
}

impl AsyncRead for Gate {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            self.admit()?;
            if !self.inside.is_empty() {
                let taken = self.inside.len().min(into.remaining());
                into.put_slice(&self.inside[..taken]);
                self.inside.advance(taken);
                return Poll::Ready(Ok(()));
            }
            let mut chunk = [0; 8 << 10];
            let mut read = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.outside.extend_from_slice(read.filled());
        }
    }
}

impl AsyncWrite for Gate {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(context, bytes) {
            Poll::Pending => self.wait(context).map(Err),
            written => {
                self.stalled = None;
                written
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(context) {
            Poll::Pending => self.wait(context).map(Err),
            flushed => {
                self.stalled = None;
                flushed
            }
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(come: &[u8]) -> Gate {
        let mut gate = Gate::new(Box::new(tokio::io::empty()), come, Duration::from_secs(1));
        gate.begun = true;
        gate
    }

    #[test]
    fn a_message_that_breaks_its_own_shape_does_not_come_in() {
        let bad: [&[u8]; 7] = [
            b"Q\0\0\0\x06ab",                 // no end
            b"Q\0\0\0\x07a\0b",               // more than the text
            b"P\0\0\0\x08\0\0\0\x01",         // a type that is not there
            b"B\0\0\0\x0c\0\0\0\0\0\x01\0\0", // a value without a length
            b"D\0\0\0\x04",                   // no target
            b"S\0\0\0\x05x",                  // something where nothing is
            b"Q\xff\xff\xff\xff",             // longer than can be
        ];
        for message in bad {
            assert!(gate(message).admit().is_err(), "{message:?}");
        }
        assert!(gate(b"Q\0\0\0\x03").admit().is_err());
    }

    #[test]
    fn whole_messages_come_in_and_halves_wait() {
        let mut gate = gate(b"Q\0\0\0\x06a\0S\0\0");
        gate.admit().unwrap();
        assert_eq!(&gate.inside[..], b"Q\0\0\0\x06a\0");
        gate.outside.extend_from_slice(b"\0\x04");
        gate.admit().unwrap();
        assert_eq!(&gate.inside[7..], b"S\0\0\0\x04");
    }
}
