//! The SDK's clients for other Regions than the handler's own: one more for each Region that secrets are in, and for each that copies
//! are read from, made when the first call goes there. For a spec of one Region there is none.
//!
//! An endpoint that is set for all of Secrets Manager is an endpoint of one Region: of the one that secrets are in.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, PoisonError};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Region;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::endpoint_config::EndpointUrl;

use super::Secrets;
use super::error::Operation;
use crate::model::{Handler, endpoint_variable};
use crate::sync::Mutex;

/// The clients of other Regions. A handler has secrets in few.
#[derive(Clone)]
pub(super) struct RegionalClients {
    clients: Arc<Mutex<Vec<(Which, Client)>>>,
    /// The endpoint that is set for a Region.
    endpoints: Arc<Endpoints>,
}

type Endpoints = dyn Fn(&str) -> Option<String> + Send + Sync;

/// What a client is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Which {
    region: &'static str,
    is_for_copies: bool,
}

impl<H: Handler> Secrets<H> {
    /// The SDK's client for an operation on a secret in its own Region.
    pub(super) fn client(&self, at: Operation) -> Client {
        let is_here = |region| self.client.config().region().is_some_and(|here| here.as_ref() == region);
        match at.region {
            Some(region) if !is_here(region) => {
                self.regional.client(Which { region, is_for_copies: false }, &self.client)
            }
            _ => self.client.clone(),
        }
    }

    /// The SDK's client for copies in a Region.
    pub(super) fn client_for_copies(&self, region: &'static str) -> Client {
        self.regional.client(Which { region, is_for_copies: true }, &self.client)
    }
}

impl Default for RegionalClients {
    fn default() -> Self {
        Self::with_endpoints(|_| None)
    }
}

impl RegionalClients {
    /// The same for an environment whose variables set endpoints of Regions.
    pub(super) fn of_environment(variables: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self::with_endpoints(move |region| variables(&endpoint_variable(region)))
    }

    fn with_endpoints(endpoints: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { clients: Arc::default(), endpoints: Arc::new(endpoints) }
    }

    /// What was configured for the handler's own Region holds in the others too: credentials, connections, time limits, and whether
    /// endpoints are those of FIPS or dual-stack. The endpoint follows from the Region, unless one is set for it.
    fn client(&self, which: Which, here: &Client) -> Client {
        // The code under this lock does not panic, so a poisoned lock is still consistent.
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = clients.iter().find(|(known, _)| *known == which) {
            return client.clone();
        }
        let config = here.config().to_builder().region(Region::from_static(which.region));
        let config = match (self.endpoints)(which.region) {
            Some(endpoint) => config.endpoint_url(endpoint),
            None => config.interceptor(EndpointOfAnother { which, was_said: AtomicBool::new(false) }),
        };
        let client = Client::from_conf(config.build());
        clients.push((which, client.clone()));
        client
    }
}

/// Looks whether the endpoint that is set was set for another Region. A secret is requested there anyway, as by any SDK: one
/// emulator serves all Regions. Of a copy, what answers there would be no copy.
#[derive(Debug)]
struct EndpointOfAnother {
    which: Which,
    was_said: AtomicBool,
}

impl Intercept for EndpointOfAnother {
    fn name(&self) -> &'static str {
        "EndpointOfAnother"
    }

    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if config.load::<EndpointUrl>().is_none() {
            return Ok(());
        }
        let Which { region, is_for_copies } = self.which;
        if !self.was_said.swap(true, Relaxed) {
            let variable = endpoint_variable(region);
            let what = if is_for_copies {
                "an endpoint is set, which is not this Region's: its copies are not read"
            } else {
                "an endpoint is set, which is asked for the secrets of this Region too"
            };
            tracing::warn!(region, variable, "{what}; the variable can name this Region's own");
        }
        if is_for_copies { Err("no endpoint is set for the copies of this Region".into()) } else { Ok(()) }
    }
}
