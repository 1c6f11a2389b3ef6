//! Opens connections, directly or through a proxy. For HTTPS, the proxy is asked for a tunnel.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use rustls::ClientConfig;
use tower_service::Service;

use super::paced::Paced;
use super::proxy::Proxies;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The time limit for opening a TCP connection.
const CONNECT: Duration = Duration::from_secs(2);

/// Opens connections.
#[derive(Clone)]
pub(crate) struct Connector {
    tcp: HttpConnector,
    tls: Arc<ClientConfig>,
    proxies: Arc<Proxies>,
}

impl Connector {
    pub(super) fn new(tls: Arc<ClientConfig>, proxies: Arc<Proxies>) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT));
        tcp.set_nodelay(true);
        Self { tcp, tls, proxies }
    }

    async fn open(self, destination: Uri) -> Result<Paced, BoxError> {
        let mut direct = HttpsConnector::from((self.tcp, Arc::clone(&self.tls)));
        match self.proxies.of(&destination) {
            None => Ok(Paced::new(direct.call(destination).await?, false)),
            Some(proxy) if destination.scheme() == Some(&Scheme::HTTPS) => {
                let tunnel = Tunnel::new(proxy.uri().clone(), direct);
                let tunnel = match proxy.basic_auth() {
                    Some(authorization) => tunnel.with_auth(authorization.clone()),
                    None => tunnel,
                };
                Ok(Paced::new(HttpsConnector::from((tunnel, self.tls)).call(destination).await?, false))
            }
            Some(proxy) => Ok(Paced::new(direct.call(proxy.uri().clone()).await?, true)),
        }
    }
}

impl Service<Uri> for Connector {
    type Response = Paced;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Paced, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        Box::pin(self.clone().open(destination))
    }
}
