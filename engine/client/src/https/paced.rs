//! A connection that yields to the runtime after each read.
//!
//! A peer that never stops sending, for example endless `100 Continue` lines, keeps the reading task busy for seconds.
//! On a single-threaded runtime no timer would fire in the meantime, and no deadline would hold.

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};

/// The traits of a connection.
trait Stream: Read + Write + Connection + Send + Unpin {}

impl<T: Read + Write + Connection + Send + Unpin> Stream for T {}

/// A connection.
pub(crate) struct Paced {
    stream: Box<dyn Stream>,
    is_to_a_proxy: bool,
    has_read: bool,
}

impl Paced {
    /// Wraps an open connection. `is_to_a_proxy` is set if requests are sent to a proxy without a tunnel.
    pub(super) fn new(stream: impl Read + Write + Connection + Send + Unpin + 'static, is_to_a_proxy: bool) -> Self {
        Self { stream: Box::new(stream), is_to_a_proxy, has_read: false }
    }
}

impl Read for Paced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if std::mem::take(&mut self.has_read) {
            // Wakes this task after the runtime has polled timers and sockets.
            let _ = pin!(tokio::task::yield_now()).poll(context);
            return Poll::Pending;
        }
        let read = Pin::new(&mut *self.stream).poll_read(context, buffer);
        self.has_read = read.is_ready();
        read
    }
}

impl Write for Paced {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.stream).poll_write_vectored(context, bytes)
    }
}

impl Connection for Paced {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.is_to_a_proxy)
    }
}
