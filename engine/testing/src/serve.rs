//! TCP transport for other programs: the server on a loopback port.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::answer::{self, AnswerBody};
use super::refusal::Refusal;
use super::server::{MAX_BODY, Server};

/// A server that listens on loopback. It stops when this is dropped, and closes open connections.
pub struct Served {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Served {
    /// The address of the server, such as `http://127.0.0.1:49152`: the endpoint URL for an SDK in any language.
    ///
    /// ```
    /// use driftless_testing::EmbeddedSecretsManager;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = EmbeddedSecretsManager::new();
    /// let served = server.serve().await?;
    /// assert!(served.url().starts_with("http://127.0.0.1:"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

pub(super) async fn serve(server: Arc<Server>, address: SocketAddr) -> io::Result<Served> {
    if !address.ip().is_loopback() {
        let why = format!("{} is not a loopback address, and other machines could read the values", address.ip());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok(Served { address, accepting: tokio::spawn(accept(listener, server)) })
}

async fn accept(listener: TcpListener, server: Arc<Server>) {
    // Aborts its tasks when this task is dropped.
    let mut connections = JoinSet::new();
    loop {
        // On an error the peer has already disconnected, or the process has no free file descriptors: the next call may
        // succeed.
        match listener.accept().await {
            Ok((stream, _)) => drop(connections.spawn(converse(stream, Arc::clone(&server)))),
            Err(_) => tokio::task::yield_now().await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(stream: TcpStream, server: Arc<Server>) {
    let service = service_fn(|request| handle(&server, request));
    let connection = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    // The error is that a client disconnected or does not speak HTTP, which does not concern the server.
    let _ = connection.await;
}

/// An error closes the connection without a response, which is what a fault requires.
async fn handle(server: &Arc<Server>, request: Request<Incoming>) -> io::Result<Response<AnswerBody>> {
    let (parts, body) = request.into_parts();
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => server.respond(parts, body.to_bytes()).await,
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Ok(answer::refused(&Refusal::too_large())),
        Err(error) => Err(io::Error::other(error)),
    }
}
