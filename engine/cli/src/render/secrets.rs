//! `secrets.tf`: the secrets that Terraform creates or looks up.

use std::collections::HashSet;

use driftless_model::{KmsKey, Owner, Principal, Replica, SecretSpec};
use serde::Serialize;

use super::value::ValueView;
use super::{Tag, Views, tags};
use crate::hcl;
use crate::iam::{ShareStatement, resource_of};
use crate::labels::{alias_label, key_address, secret_label};

#[derive(Serialize)]
pub(super) struct SecretsView<'a> {
    header: &'a str,
    pub(super) managed: Vec<ManagedSecret<'a>>,
    looked_up: Vec<LookedUpSecret<'a>>,
    aliases: Vec<Alias<'a>>,
}

#[derive(Serialize)]
pub(super) struct ManagedSecret<'a> {
    pub(super) label: String,
    pub(super) name: &'a str,
    /// The literal for the full name.
    full_name: String,
    /// Empty for the provider's Region.
    pub(super) region: &'a str,
    description: &'a str,
    /// `None` if Terraform does not write the value.
    pub(super) value: Option<ValueView<'a>>,
    /// Empty for the account's default key.
    kms_key: String,
    /// Empty for AWS's default.
    recovery_window: String,
    tags: Vec<Tag<'a>>,
    replicas: Vec<ReplicaView<'a>>,
    pub(super) shares: Vec<ShareView<'a>>,
}

#[derive(Serialize)]
struct ReplicaView<'a> {
    region: &'a str,
    /// An expression; empty for the default key of the account in that Region.
    kms_key: String,
}

#[derive(Serialize)]
pub(super) struct ShareView<'a> {
    actions: &'a [&'static str],
    /// The account and resource parts of each ARN.
    principals: Vec<String>,
}

#[derive(Serialize)]
struct LookedUpSecret<'a> {
    label: String,
    /// The literal for its name.
    full_name: String,
    region: &'a str,
}

#[derive(Serialize)]
struct Alias<'a> {
    label: String,
    name: &'a str,
    region: &'a str,
}

impl Views<'_> {
    pub(super) fn secrets(&self) -> SecretsView<'_> {
        let (managed, looked_up, aliases) = (Vec::new(), Vec::new(), self.aliases());
        let mut view = SecretsView { header: &self.header, managed, looked_up, aliases };
        for secret in &self.spec.secrets {
            let (label, name) = (secret_label(secret), secret.name.as_str());
            let full_name = self.secret_name(secret);
            let region = secret.region.as_deref().unwrap_or_default();
            match &secret.owner {
                Owner::Terraform(_) | Owner::Rotation { .. } => {}
                Owner::External => {
                    view.looked_up.push(LookedUpSecret { label, full_name, region });
                    continue;
                }
                Owner::Runtime => continue,
            }
            let options = &secret.options;
            view.managed.push(ManagedSecret {
                recovery_window: options.recovery_window_days.map(|days| days.to_string()).unwrap_or_default(),
                tags: tags(&[&self.spec.tags, &options.tags]),
                replicas: options.replicas.iter().map(replica).collect(),
                shares: self.shared[secret.id.as_str()].iter().map(share).collect(),
                value: self.value(secret),
                label,
                name,
                full_name,
                region,
                description: &secret.description,
                kms_key: Self::key_of(secret),
            });
        }
        view
    }

    /// The expression for the key of a secret; empty if it uses the default key.
    fn key_of(secret: &SecretSpec) -> String {
        secret.kms_key.as_ref().map(|key| key_address(key, secret.region.as_deref())).unwrap_or_default()
    }

    /// Every alias of every Region once, in the order of first use by the secrets.
    fn aliases(&self) -> Vec<Alias<'_>> {
        let mut seen = HashSet::new();
        let aliases = self.spec.secrets.iter().flat_map(keys_of).filter_map(|(key, region)| match key {
            KmsKey::Alias { alias } if seen.insert((alias, region)) => {
                Some(Alias { label: alias_label(alias, region), name: alias, region: region.unwrap_or_default() })
            }
            _ => None,
        });
        aliases.collect()
    }
}

/// The keys whose ARNs policies name, each with its region: that of a secret, and those of the copies that are read.
pub(super) fn keys_of(secret: &SecretSpec) -> impl Iterator<Item = (&KmsKey, Option<&str>)> {
    let own = secret.kms_key.iter().map(|key| (key, secret.region.as_deref()));
    let copies = secret.options.readable_copies();
    own.chain(copies.filter_map(|copy| Some((copy.kms_key.as_ref()?, Some(copy.region.as_str())))))
}

/// A replica's key is in the replica's Region, where only its alias or ARN is known.
fn replica(replica: &Replica) -> ReplicaView<'_> {
    let kms_key = match &replica.kms_key {
        None => String::new(),
        Some(KmsKey::Alias { alias }) => hcl::quote(alias),
        Some(KmsKey::Variable { variable }) => format!("var.{variable}"),
    };
    ReplicaView { region: &replica.region, kms_key }
}

fn share(statement: &ShareStatement) -> ShareView<'_> {
    let arn_end = |principal: &Principal| format!("{}:{}", principal.account(), resource_of(principal));
    ShareView { actions: &statement.actions, principals: statement.principals.iter().map(arn_end).collect() }
}
