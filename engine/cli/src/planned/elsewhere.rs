//! The account and the Region of a resource, from its own ARN or from what the plan shows of its provider
//! configuration. A root can have several, by provider aliases.

use std::collections::BTreeSet;

use driftless_model::SecretSpec;

use super::checked::{Accounts, Check};
use super::seen::Seen;
use super::{Plan, Planned};
use crate::aws::arn::account;
use crate::tf::Address;

/// The types beside those of IAM whose resources are in the account of their provider.
const OF_OWN_ACCOUNT: [&str; 3] = ["aws_kms_key", "aws_lambda_function", "aws_secretsmanager_secret"];

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
        let is_by_name = ["aws_iam_", "aws_lambda_"].iter().any(|start| seen.kind.starts_with(start));
        let mut arns = [seen.before, seen.after].into_iter().flatten().filter_map(|given| given.word("arn")).peekable();
        let is_elsewhere = if arns.peek().is_some() {
            arns.all(|arn| self.is_foreign_arn(arn))
        } else {
            self.is_in_another_account(seen.address)
        };
        is_by_name && is_elsewhere
    }

    /// Whether a resource is in another account by its provider configuration.
    fn is_in_another_account(&self, address: &Address) -> bool {
        let accounts = self.plan.provider(address).and_then(|provider| self.accounts.get(provider));
        let is_elsewhere = |accounts: &BTreeSet<String>, here: &str| !accounts.is_empty() && !accounts.contains(here);
        accounts.zip(self.account.as_deref()).is_some_and(|(accounts, here)| is_elsewhere(accounts, here))
    }

    /// Whether a resource can be of a secret of the spec by the account and the Region of its provider configuration.
    pub(super) fn may_be_there(&self, address: &Address, secret: &SecretSpec) -> bool {
        let provider = self.plan.provider(address);
        let region = provider.and_then(|provider| self.plan.configuration.region(provider));
        !self.is_in_another_account(address) && region.is_none_or(|region| self.is_in(region, secret))
    }
}

/// An address without the instance key at its end.
fn without_key(address: &str) -> &str {
    address.split('[').next().unwrap_or(address)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
