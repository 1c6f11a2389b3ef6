//! The SDK's client for the region that a secret is in. There is one more for each region besides the handler's own, made when
//! the first call goes there: for a spec of one region there is none.

use std::sync::{Arc, PoisonError};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Region;

use super::Secrets;
use super::error::Operation;
use crate::model::Handler;
use crate::sync::Mutex;

/// The clients of other regions. A handler has secrets in few.
#[derive(Clone, Default)]
pub(super) struct Elsewhere(Arc<Mutex<Vec<(&'static str, Client)>>>);

impl<H: Handler> Secrets<H> {
    /// The SDK's client for an operation.
    pub(super) fn client(&self, at: Operation) -> Client {
        let is_here = |region| self.client.config().region().is_some_and(|here| here.as_ref() == region);
        match at.region {
            Some(region) if !is_here(region) => self.elsewhere.client(region, &self.client),
            _ => self.client.clone(),
        }
    }
}

impl Elsewhere {
    /// What was configured for the handler's own region holds in the others too: credentials, connections, time limits. The
    /// endpoint follows from the region, unless one is set.
    fn client(&self, region: &'static str, here: &Client) -> Client {
        // Nothing that runs under the lock panics.
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = clients.iter().find(|(known, _)| *known == region) {
            return client.clone();
        }
        let client = Client::from_conf(here.config().to_builder().region(Region::from_static(region)).build());
        clients.push((region, client.clone()));
        client
    }
}
