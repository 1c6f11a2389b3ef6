//! Options of secrets that the infrastructure code creates: recovery window, tags, replicas, access for principals
//! outside the spec, and rotation.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::kms_key::KmsKey;
use super::rotation::Rotation;
use super::verb::Verb;

/// The options of a secret. Only secrets that the infrastructure code creates can have any, except `outside_prefixes`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct SecretOptions {
    /// For this many days, a deletion by the infrastructure code can be cancelled: 7 to 30, or 0 to delete at once.
    /// AWS's default is 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_window_days: Option<u8>,
    /// Its tags, in addition to those of the whole spec. A key that is set here overrides the spec's.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Replicas in other regions, which AWS keeps up to date.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replicas: Vec<Replica>,
    /// The Regions of the copies that handlers may read too: if they run there, or if the Region of the secret is down.
    /// Copies are asked in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub read_from: Vec<String>,
    /// The accounts and roles outside the spec that may use it, granted by a resource policy on the secret.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shared_with: Vec<Share>,
    /// When the handler that its owner names rotates it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
    /// Whether its name has no prefix in any environment. Only for a secret whose owner is `external`, and which all
    /// environments of the account share.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub outside_prefixes: bool,
}

impl SecretOptions {
    /// The copies that handlers may read, in the order in which they are asked.
    pub fn readable_copies(&self) -> impl Iterator<Item = &Replica> {
        self.read_from.iter().filter_map(|region| self.replicas.iter().find(|replica| replica.region == *region))
    }

    /// The names of the options that are set and that only created secrets can have, as a spec writes them.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let options = [
            ("recovery_window_days", self.recovery_window_days.is_some()),
            ("tags", !self.tags.is_empty()),
            ("replicas", !self.replicas.is_empty()),
            ("read_from", !self.read_from.is_empty()),
            ("shared_with", !self.shared_with.is_empty()),
            ("rotation", self.rotation.is_some()),
        ];
        options.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name).collect()
    }
}

/// A replica of a secret in another region.
///
/// Source: [replicate secrets across regions][replicas].
///
/// [replicas]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Replica {
    /// The region, such as `eu-central-1`.
    pub region: String,
    /// The customer-managed key of that region that encrypts the replica, if it is not the account's default key there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<KmsKey>,
}

/// Access of a principal outside the spec to a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Share {
    /// The principal.
    pub principal: Principal,
    /// The verbs, in the order of the declaration.
    pub verbs: Vec<Verb>,
}

/// An AWS principal outside the spec.
///
/// Source: [the principal of a policy][principal].
///
/// [principal]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[schemars(deny_unknown_fields)]
pub enum Principal {
    /// Another account, whose administrators decide which of its principals get access.
    Account {
        /// The twelve digits of the account.
        account: String,
    },
    /// One role of an account.
    Role {
        /// The twelve digits of the account.
        account: String,
        /// The role's name, with its path if it has one: `audit/reader`.
        role: String,
    },
}

impl Principal {
    /// The words for the kinds in a spec.
    pub const WORDS: [&'static str; 2] = ["account", "role"];

    /// The account that it belongs to.
    #[must_use]
    pub fn account(&self) -> &str {
        match self {
            Self::Account { account } | Self::Role { account, .. } => account,
        }
    }
}
