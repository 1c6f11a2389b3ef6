//! Reads an account through the official SDK, with read-only calls, and passes what it finds to the rules of
//! [`audit`](crate::audit). Only with the feature `live`.

mod clients;
mod error;
mod identities;
mod pace;
mod pages;
mod secrets;
mod tags;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use driftless_model::Spec;

pub use clients::{Clients, from_env};
pub use error::Error;

use crate::audit::payload::{BadSchema, Payloads};
use crate::audit::{AuditedAccess, Coverage, Extent, Look, Report, Site};

/// Settings of an audit.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The current time.
    pub now: SystemTime,
    /// A member that has not been read for this long is stale.
    pub stale_after: Duration,
    /// Whether values are read and validated against their payload.
    pub read_values: bool,
    /// Whether the policy of every family member is also read.
    pub member_policies: bool,
    /// Values of Terraform variables, such as the ARN of a key or the name of a role.
    pub variables: BTreeMap<String, String>,
}

/// An audit in progress.
pub struct Audit<'a> {
    clients: &'a Clients,
    spec: &'a Spec,
    settings: &'a Settings,
    payloads: Option<Payloads<'a>>,
}

impl<'a> Audit<'a> {
    /// Prepares the audit of a checked spec.
    ///
    /// # Errors
    ///
    /// If values are to be read and a payload's schema is invalid.
    pub fn new(clients: &'a Clients, spec: &'a Spec, settings: &'a Settings) -> Result<Self, BadSchema> {
        let payloads = if settings.read_values { Some(Payloads::of(spec)?) } else { None };
        Ok(Self { clients, spec, settings, payloads })
    }

    /// Reads the account and adds findings to `report`, which is consistent at every moment: if the future is dropped,
    /// it contains what was found until then. `progress` is called after each response.
    ///
    /// # Errors
    ///
    /// The first call that finally fails.
    pub async fn run(&self, report: &mut Report, progress: &mut dyn FnMut(&Coverage)) -> Result<(), Error> {
        let site = self.identify(report).await?;
        let mut access = AuditedAccess::new(self.spec, &site, &self.settings.variables);
        self.read_identities(&mut access, report, progress).await?;
        report.coverage.secrets_read = Extent::Part;
        let regions: BTreeSet<&str> =
            [site.region.as_str()].into_iter().chain(self.spec.secrets.iter().map(|it| site.region_of(it))).collect();
        for region in regions {
            secrets::InRegion::of(self, &site, region).read(&access, report, progress).await?;
        }
        report.coverage.secrets_read = Extent::Whole;
        Ok(())
    }

    /// Determines the account from the identity of the credentials.
    async fn identify(&self, report: &mut Report) -> Result<Site, Error> {
        let call = Look::GetCallerIdentity;
        let answer = self.clients.ask(call, || self.clients.sts.get_caller_identity().send()).await?;
        let account =
            answer.account.filter(|account| account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit()));
        let account = account.ok_or(Error::Malformed { call, what: "it names no account" })?;
        let site = Site { region: self.clients.region.clone(), account };
        report.caller = answer.arn.map(|arn| error::plain(&arn));
        report.site = Some(site.clone());
        Ok(site)
    }
}
