//! The result of an import: what happens to each existing object.

use std::collections::BTreeSet;

use driftless_model::Problem;

use super::problems;
use crate::tf::Address;

/// The result of an import: how each existing object gets to the address that the rendered Terraform has for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adoption {
    /// One step for each resource of the rendered Terraform, in its order.
    pub steps: Vec<AdoptionStep>,
    /// Resources that Terraform must forget without destroying their objects; sorted.
    pub forgotten: Vec<Forgotten>,
    /// Resources that another configuration must forget, without keys; sorted.
    pub handed_over: BTreeSet<Address>,
    /// Blocks, without keys, of which other instances stay in use.
    pub shared_blocks: BTreeSet<Address>,
    /// What a user has to know before an apply.
    pub notes: Vec<Problem>,
    /// What cannot be decided from the inputs.
    pub undecided: Vec<Problem>,
    /// What prevents the import and has to be resolved first.
    pub problems: Vec<Problem>,
    /// Whether every property of a secret that the first apply could change is known.
    pub knows_secrets: bool,
}

impl Adoption {
    /// Whether no known change remains: every note describes something that an apply leaves as it is.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.undecided.is_empty() && self.notes.iter().all(|note| problems::LASTING.contains(&note.lint))
    }

    /// Whether the first apply changes nothing on existing secrets, as far as is known.
    #[must_use]
    pub fn keeps_secrets(&self) -> bool {
        self.knows_secrets && !self.notes.iter().any(|note| problems::changes::OF_SECRETS.contains(&note.lint))
    }
}

/// The step for one resource of the rendered Terraform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdoptionStep {
    /// Its address.
    pub address: Address,
    /// What happens to it.
    pub how: How,
}

/// How the object of a resource gets to its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// It already is at this address.
    Managed,
    /// The state has it at a different address.
    Move {
        /// The current address.
        from: Address,
    },
    /// It exists, but is not in a state.
    Import {
        /// The import id of the provider.
        id: String,
    },
    /// It is not known to exist: the first apply creates it.
    Create,
}

/// A resource that is removed from the state, with all its instances.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Forgotten {
    /// Its address, without keys.
    pub from: Address,
    /// What happens to its objects.
    pub fate: Fate,
}

/// What happens to an object that is removed from a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// A secret, or an object that belongs to one: it remains unchanged.
    Stays,
    /// A policy on a role: the resource with the exclusive list of the role's policies removes it. If it stayed in the
    /// state, two resources would remove it at the same time, and one of them would fail.
    TakenOff,
}
