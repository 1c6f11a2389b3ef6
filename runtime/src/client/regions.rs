//! SDK clients for the regions of secrets. Each region other than the handler's own has one more client, created at the
//! first call to that region. A spec with one region needs none.

use std::sync::{Arc, PoisonError};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Region;

use super::Secrets;
use super::error::Operation;
use crate::model::Handler;
use crate::sync::Mutex;

/// The clients of other regions. A handler has secrets in only a few.
#[derive(Clone, Default)]
pub(super) struct Elsewhere(Arc<Mutex<Vec<(&'static str, Client)>>>);

impl<H: Handler> Secrets<H> {
    /// The SDK client for an operation.
    pub(super) fn client(&self, at: Operation) -> Client {
        let is_here = |region| self.client.config().region().is_some_and(|here| here.as_ref() == region);
        match at.region {
            Some(region) if !is_here(region) => self.elsewhere.client(region, &self.client),
            _ => self.client.clone(),
        }
    }
}

impl Elsewhere {
    /// Other regions use the configuration of the handler's own region: credentials, connections, time limits. The
    /// endpoint follows from the region, unless one is configured.
    fn client(&self, region: &'static str, here: &Client) -> Client {
        // The code under this lock does not panic, so a poisoned lock is still consistent.
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = clients.iter().find(|(known, _)| *known == region) {
            return client.clone();
        }
        let client = Client::from_conf(here.config().to_builder().region(Region::from_static(region)).build());
        clients.push((region, client.clone()));
        client
    }
}
