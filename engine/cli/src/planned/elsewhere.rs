//! The account and the Region of a resource, from its own ARN or from what the plan shows of its provider
//! configuration. A root can have several, by provider aliases.

use std::collections::BTreeSet;

use driftless_model::SecretSpec;

use super::checked::{Accounts, Check};
use super::seen::Seen;
use super::{Plan, Planned};
use crate::aws::arn::{account, region};
use crate::tf::Address;

/// The types beside those of IAM whose resources are in the account of their provider.
const OF_OWN_ACCOUNT: [&str; 3] = ["aws_kms_key", "aws_lambda_function", "aws_secretsmanager_secret"];

/// Where a resource is: its address, and its own `region`, which the provider has since version 6.
#[derive(Clone, Copy)]
pub(super) struct PlacedResource<'a> {
    address: &'a Address,
    region: Option<&'a str>,
    /// Whether its `region` is known only after the apply.
    is_unknown: bool,
}

impl<'a> From<&Seen<'a>> for PlacedResource<'a> {
    fn from(seen: &Seen<'a>) -> Self {
        let given = seen.after.or(seen.before);
        let region = given.and_then(|given| given.word("region"));
        Self { address: seen.address, region, is_unknown: seen.is_unknown("region") }
    }
}

impl<'a> From<&'a Planned> for PlacedResource<'a> {
    fn from(planned: &'a Planned) -> Self {
        let given = planned.after.as_ref().or(planned.before.as_ref());
        let region = given.and_then(|given| given.word("region"));
        Self { address: &planned.address, region, is_unknown: planned.is_unknown("region") }
    }
}

impl Plan {
    pub(super) fn accounts(&self) -> Accounts {
        let mut all = Accounts::new();
        // Other resources can have the ARN of something in another account.
        let is_made = |kind: &str| kind.starts_with("aws_iam_") || OF_OWN_ACCOUNT.contains(&kind);
        for planned in self.resources.iter().filter(|planned| is_made(&planned.kind)) {
            let Some(provider) = self.provider(&planned.address) else { continue };
            let arns = planned.arns().map(account).filter(|it| is_account(it));
            all.entry(provider.to_owned()).or_default().extend(arns.map(str::to_owned));
        }
        for (address, given) in &self.data {
            let data = format!("data.{}", without_key(&address.in_module()));
            let provider = self.configuration.provider(address.module(), &data);
            if let (Some(provider), Some(id)) = (provider, given.word("account_id")) {
                all.entry(provider.to_owned()).or_default().insert(id.to_owned());
            }
        }
        all
    }

    /// The Region of a resource: its own argument, or the Region of its provider configuration, if that is a constant or a
    /// variable of the root.
    fn region_of<'a>(&'a self, placed: PlacedResource<'a>) -> Option<&'a str> {
        if placed.is_unknown {
            return None;
        }
        let by_provider = || {
            let provider = self.provider(placed.address)?;
            let by_variable = || self.variables.get(self.configuration.region_variable(provider)?)?.as_str();
            self.configuration.region(provider).or_else(by_variable)
        };
        placed.region.or_else(by_provider)
    }

    fn provider(&self, address: &Address) -> Option<&str> {
        self.configuration.provider(address.module(), without_key(&address.in_module()))
    }
}

impl Planned {
    /// Its ARN before and after the apply.
    fn arns(&self) -> impl Iterator<Item = &str> {
        [&self.before, &self.after].into_iter().flatten().filter_map(|given| given.word("arn"))
    }
}

impl Check<'_> {
    /// Whether an ARN is of another account than that of the plan, as far as both are known.
    pub(super) fn is_foreign_arn(&self, arn: &str) -> bool {
        is_account(account(arn)) && self.account.as_deref().is_some_and(|here| here != account(arn))
    }

    /// Whether an identity or a function is certainly in another account than the spec's resources: what has the same
    /// name there is another one.
    pub(super) fn is_of_another_account(&self, seen: &Seen<'_>) -> bool {
        ["aws_iam_", "aws_lambda_"].iter().any(|start| seen.kind.starts_with(start)) && self.is_foreign(seen)
    }

    /// Whether a resource is certainly in another account.
    pub(super) fn is_foreign(&self, seen: &Seen<'_>) -> bool {
        let mut arns = [seen.before, seen.after].into_iter().flatten().filter_map(|given| given.word("arn")).peekable();
        if arns.peek().is_some() {
            arns.all(|arn| self.is_foreign_arn(arn))
        } else {
            self.is_in_another_account(seen.address)
        }
    }

    /// Whether a resource is in another account by its provider configuration.
    fn is_in_another_account(&self, address: &Address) -> bool {
        let accounts = self.plan.provider(address).and_then(|provider| self.accounts.get(provider));
        let is_elsewhere = |accounts: &BTreeSet<String>, here: &str| !accounts.is_empty() && !accounts.contains(here);
        accounts.zip(self.account.as_deref()).is_some_and(|(accounts, here)| is_elsewhere(accounts, here))
    }

    /// Whether a resource can be of a secret of the spec by its account and its Region.
    pub(super) fn may_be_there<'p>(&self, placed: impl Into<PlacedResource<'p>>, secret: &SecretSpec) -> bool {
        let placed = placed.into();
        let is_in_account = !self.is_in_another_account(placed.address);
        is_in_account && self.plan.region_of(placed).is_none_or(|region| self.is_in(region, secret))
    }

    /// Whether a function, or something on a function, is certainly in another Region than the functions of the spec.
    pub(super) fn is_in_another_region(&self, seen: &Seen<'_>) -> bool {
        let own = seen.after.or(seen.before).and_then(|given| given.word("arn")).map(region);
        let own = own.filter(|it| !it.is_empty()).or_else(|| self.plan.region_of(seen.into()));
        own.zip(self.region.as_deref()).is_some_and(|(own, here)| own != here)
    }
}

/// An address without the instance key at its end.
fn without_key(address: &str) -> &str {
    address.split('[').next().unwrap_or(address)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
