//! In-process transport for the SDK: an HTTP connector that passes requests to the server in this process.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::server::Server;

/// The HTTP client for the SDK.
#[derive(Clone, Debug)]
pub(super) struct InProcess(pub(super) Arc<Server>);

impl HttpClient for InProcess {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector { server: Arc::clone(&self.0), read_timeout: settings.read_timeout() })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("embedded-secrets-manager", None))
    }
}

#[derive(Debug)]
struct Connector {
    server: Arc<Server>,
    /// Unlike the time limits of attempts and operations, the SDK leaves this one to the connector.
    read_timeout: Option<Duration>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (server, read_timeout) = (Arc::clone(&self.server), self.read_timeout);
        HttpConnectorFuture::new(async move {
            let exchange = exchange(&server, request);
            let Some(limit) = read_timeout else { return exchange.await };
            let answer = tokio::time::timeout(limit, exchange).await;
            answer.unwrap_or_else(|elapsed| Err(ConnectorError::timeout(elapsed.into())))
        })
    }
}

async fn exchange(server: &Arc<Server>, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let body = ByteStream::new(body).collect().await.map_err(|error| ConnectorError::user(error.into()))?;
    let answer = server.respond(parts, body.into_bytes()).await;
    let answer = answer.map_err(|error| ConnectorError::io(error.into()))?;
    HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
        .map_err(|error| ConnectorError::other(error.into(), None))
}
