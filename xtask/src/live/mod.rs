//! Reads an account through the official SDK, with calls that only look, and hands what it finds to the rules of
//! [`audit`](crate::audit). Only with the feature `live`.

mod clients;
mod error;
mod identities;
mod pace;
mod pages;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use paypulse_runtime::model::Spec;

pub use clients::{Clients, from_env};
pub use error::Error;

use crate::audit::payload::{BadSchema, Payloads};
use crate::audit::{Access, Coverage, Extent, Look, Report, Site};

/// What an audit is to look at.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The time.
    pub now: SystemTime,
    /// A member that has not been read for this long is stale.
    pub stale_after: Duration,
    /// Whether values are read, to see whether they are the payloads that the spec says.
    pub read_values: bool,
    /// Whether the policy on each member of a family is read too.
    pub member_policies: bool,
    /// The values of the variables of the Terraform, such as a key's ARN or a role's name.
    pub variables: BTreeMap<String, String>,
}

/// An audit that is under way.
pub struct Audit<'a> {
    clients: &'a Clients,
    spec: &'a Spec,
    settings: &'a Settings,
    payloads: Option<Payloads<'a>>,
}

impl<'a> Audit<'a> {
    /// An audit of a checked spec.
    ///
    /// # Errors
    ///
    /// If values are to be read and a payload's schema cannot be used.
    pub fn new(clients: &'a Clients, spec: &'a Spec, settings: &'a Settings) -> Result<Self, BadSchema> {
        let payloads = if settings.read_values { Some(Payloads::of(spec)?) } else { None };
        Ok(Self { clients, spec, settings, payloads })
    }

    /// Reads the account and puts what it finds into `report`, which is good at every moment: where the future is dropped, it has
    /// what was found by then. `progress` is told after each answer.
    ///
    /// # Errors
    ///
    /// The first call that fails for good.
    pub async fn run(&self, report: &mut Report, progress: &mut dyn FnMut(&Coverage)) -> Result<(), Error> {
        let site = self.identify(report).await?;
        let mut access = Access::new(self.spec, &site, &self.settings.variables);
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

    /// Whose credentials they are, and so which account it is.
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
