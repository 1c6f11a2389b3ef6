//! The rendered files of an environment, where they are applied, and the purposes of the roles that apply them.

use std::collections::BTreeMap;

use driftless_model::Spec;

use super::calls::LifeStep;
use super::version::ProviderVersion;
use crate::audit::Site;

/// What a role is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// `terraform plan`, which only reads.
    Plan,
    /// `terraform apply` and `terraform destroy`, which plan too.
    Apply,
}

impl Purpose {
    /// Both, in the order of use.
    pub const ALL: [Self; 2] = [Self::Plan, Self::Apply];

    /// The command of Terraform.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply => "apply",
        }
    }

    pub(super) const fn steps(self) -> &'static [LifeStep] {
        match self {
            Self::Plan => &[LifeStep::Read],
            Self::Apply => &[LifeStep::Create, LifeStep::Read, LifeStep::Update, LifeStep::Delete],
        }
    }
}

/// The rendered files of one environment, and where they are applied.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// The spec of the environment, with the prefix in its names.
    pub spec: &'a Spec,
    /// The account and the Region of the provider.
    pub site: &'a Site,
    /// Values of the Terraform's variables: names of existing roles, ARNs of keys, the permissions boundary.
    pub variables: &'a BTreeMap<String, String>,
    /// The version of hashicorp/aws.
    pub provider: ProviderVersion,
}
