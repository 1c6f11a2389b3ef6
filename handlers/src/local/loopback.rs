//! An HTTP server on a free port of 127.0.0.1, which stops when it is dropped.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// An answer: status, headers and body.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers' names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// A JSON answer with this status.
    #[must_use]
    pub fn json(status: u16, body: impl fmt::Display) -> Self {
        Self { status, headers: vec![("content-type", "application/json".to_owned())], body: body.to_string().into() }
    }

    /// An answer with these bytes, which need not be valid text, and the content type of JSON.
    #[must_use]
    pub fn bytes(status: u16, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..Self::json(status, "") }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(Full::new(self.body)).expect("statuses, names and values are valid")
    }
}

/// The server.
pub struct Loopback {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Loopback {
    /// Answers each request with `answer`.
    pub async fn serve<F>(answer: impl Fn(Request<Bytes>) -> F + Clone + Send + Sync + 'static) -> io::Result<Self>
    where
        F: Future<Output = Reply> + Send,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(async move {
            // Aborting this task also ends its connections.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let answer = answer.clone();
                connections.spawn(async move {
                    let service = service_fn(|request| handle(&answer, request));
                    // Errors of a connection only concern the client.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, accepting })
    }

    /// The server's address, such as `127.0.0.1:49152`.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn handle<F: Future<Output = Reply>>(
    answer: &impl Fn(Request<Bytes>) -> F,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    // If the body breaks off, `answer` receives an empty one.
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    Ok(answer(Request::from_parts(head, body)).await.into_response())
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
