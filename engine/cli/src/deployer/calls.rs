//! The calls that hashicorp/aws makes for each type of resource and each step of its life.
//!
//! `calls.json` is what the provider logged of itself in the end-to-end check `deployer`, for one version. How later versions differ is
//! in [`DIFFERENCES`], from the provider's own changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use driftless_model::ApiCall;
use serde::{Deserialize, Serialize};

use super::version::ProviderVersion;
use crate::audit::Look;
use crate::iam::{action, look_action};

/// A step in the life of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LifeStep {
    /// An apply creates it.
    Create,
    /// A plan, a refresh or an apply reads it.
    Read,
    /// An apply changes it.
    Update,
    /// An apply or a destroy deletes it.
    Delete,
}

/// Calls as IAM actions, by type and step. The type of a data source begins with `data.`, that of an ephemeral resource with
/// `ephemeral.`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The version of the provider that made the calls.
    pub provider: String,
    /// The calls.
    pub calls: BTreeMap<String, BTreeMap<LifeStep, BTreeSet<String>>>,
}

static RECORDED: LazyLock<Recorded> =
    LazyLock::new(|| serde_json::from_str(include_str!("calls.json")).expect("a test reads the recorded calls"));

/// The recorded calls.
///
/// # Panics
///
/// Never: the file is a part of the program.
#[must_use]
pub fn recorded() -> &'static Recorded {
    &RECORDED
}

/// A way in which a later version of the provider reads a write-only value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadDifference {
    /// The first version.
    pub since: ProviderVersion,
    /// The type of the resource.
    pub kind: &'static str,
    /// The action that a plan no longer needs.
    pub without: &'static str,
    /// The action that it needs instead.
    pub with: &'static str,
    /// The change.
    pub source: &'static str,
}

/// The known differences of later versions. All of them are about values that are write-only.
pub const DIFFERENCES: [ReadDifference; 1] = [ReadDifference {
    since: ProviderVersion(6, 26, 0),
    kind: "aws_secretsmanager_secret_version",
    without: action(ApiCall::GetSecretValue),
    with: match look_action(Look::ListSecretVersionIds) {
        Some(action) => action,
        None => unreachable!(),
    },
    source: "https://github.com/hashicorp/terraform-provider-aws/pull/44876",
}];

/// The actions of a type in some steps. Of a later version, a plan has the differences. An apply has both the recorded and the new
/// actions, because the calls of later versions are not recorded.
pub(super) fn actions(
    kind: &str,
    steps: &[LifeStep],
    provider: ProviderVersion,
    is_write_only: bool,
) -> BTreeSet<&'static str> {
    let calls = RECORDED.calls.get(kind).into_iter().flatten().filter(|(step, _)| steps.contains(step));
    let mut actions: BTreeSet<&str> = calls.flat_map(|(_, actions)| actions).map(String::as_str).collect();
    for it in DIFFERENCES.iter().filter(|it| is_write_only && it.kind == kind && it.since <= provider) {
        if steps == [LifeStep::Read] {
            actions.remove(it.without);
        }
        actions.insert(it.with);
    }
    actions
}
