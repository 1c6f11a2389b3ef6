//! HTTPS client: one TLS stack with loaded root certificates, the proxy of the environment, and connections that yield to
//! other tasks. Public for crates of this workspace that call other services than AWS.

mod cause;
mod connect;
mod paced;
mod proxy;
mod roots;

use std::sync::Arc;
use std::time::Duration;

use http::header::PROXY_AUTHORIZATION;
use http::{Request, uri::Scheme};
use hyper::body::Body;
use hyper_util::client::legacy::{Client, ResponseFuture};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};

pub use cause::cause_of;
use connect::Connector;
pub use proxy::{BadProxy, Proxies};
pub(crate) use roots::bundled;
pub use roots::{NoRoots, installed};

/// The size limit of an answer's status line and headers.
const MAX_HEAD: usize = 64 * 1024;
/// Idle connections are closed after this time, so a function that was frozen for longer opens a new one.
const IDLE: Duration = Duration::from_secs(30);

/// An HTTP client. Cheap to clone; clones share connections.
pub struct Https<B> {
    client: Client<Connector, B>,
    proxies: Arc<Proxies>,
}

impl<B> Clone for Https<B> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), proxies: Arc::clone(&self.proxies) }
    }
}

impl<B> Https<B>
where
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    /// A client that trusts these root certificates. Opens no connection.
    pub fn new(roots: Arc<RootCertStore>, proxies: Proxies) -> Self {
        let proxies = Arc::new(proxies);
        let connector = Connector::new(Arc::new(tls(roots)), Arc::clone(&proxies));
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE).http1_max_buf_size(MAX_HEAD);
        Self { client: client.build(connector), proxies }
    }

    /// Makes one request.
    pub fn request(&self, mut request: Request<B>) -> ResponseFuture {
        // A tunnel sends the proxy's credentials when it is opened; other requests have to carry them.
        if request.uri().scheme() == Some(&Scheme::HTTP)
            && let Some(authorization) = self.proxies.of(request.uri()).and_then(|proxy| proxy.basic_auth().cloned())
        {
            let mut authorization = authorization;
            authorization.set_sensitive(true);
            request.headers_mut().entry(PROXY_AUTHORIZATION).or_insert(authorization);
        }
        self.client.request(request)
    }
}

fn tls(roots: Arc<RootCertStore>) -> ClientConfig {
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("the provider has suites of both versions");
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}
