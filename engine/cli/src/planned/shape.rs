//! The kind of a plan: its purpose, and whether it covers the whole configuration. It is reported first, because a
//! partial plan proves less.

use std::fmt;

use super::document::{RawChange, RawPlan};

/// The kind of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a plan can be several of these at once")]
pub struct PlanShape {
    /// The planning itself failed.
    pub is_errored: bool,
    /// It is incomplete because of `-target`, `-exclude` or deferred changes.
    pub is_partial: bool,
    /// Whether the plan states whether it is complete, as Terraform's do and OpenTofu's do not.
    pub says_how_much: bool,
    /// The number of changes that are deferred to a later plan.
    pub deferred: usize,
    /// It destroys every resource in it.
    pub is_destroy: bool,
    /// It changes no resource and only records changes made outside Terraform.
    pub is_refresh_only: bool,
    /// The resources that are replaced on request (`-replace`).
    pub replaced: Vec<String>,
}

impl PlanShape {
    pub(super) fn of(raw: &RawPlan) -> Self {
        let changes = raw.resource_changes.as_ref();
        let all: &[RawChange] = changes.map_or(&[], |kept| &kept.all);
        let managed = || all.iter().filter(|change| change.mode.as_str() == "managed");
        let is = |change: &RawChange, wanted: &str| {
            let mut actions = change.change.0.actions.0.iter();
            actions.next().is_some_and(|action| action.as_str() == wanted) && actions.next().is_none()
        };
        let planned = &raw.planned_values.0.root_module.0;
        let nothing_is_left = planned.resources.0 == 0 && planned.child_modules.0 == 0;
        let is_asked = |change: &RawChange| is(change, "delete") && change.action_reason.word().is_none();
        let prior = &raw.prior_state.0.values.0.root_module.0;
        let has_state =
            prior.resources.number > 0 || !prior.child_modules.0.is_empty() || raw.resource_drift.number > 0;
        let replaced = managed().filter(|change| change.action_reason.as_str() == "replace_by_request");
        Self {
            is_errored: raw.errored.as_str() == "true",
            is_partial: raw.complete.as_str() == "false" || raw.deferred_changes.0 > 0,
            says_how_much: raw.complete.word().is_some(),
            deferred: raw.deferred_changes.0,
            is_destroy: nothing_is_left && managed().next().is_some() && managed().all(is_asked),
            is_refresh_only: changes.is_none_or(|kept| kept.number == 0) && nothing_is_left && has_state,
            replaced: replaced.map(|change| change.address.as_str().to_owned()).collect(),
        }
    }

    /// Whether it covers the whole configuration, so that a resource which is not in it will not exist.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        !(self.is_errored || self.is_partial || self.is_destroy || self.is_refresh_only)
    }

    /// Remarks to print first, one per line; empty for a usual plan.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let mut all = Vec::new();
        if self.is_destroy {
            all.push("this is a plan to destroy (`-destroy`): every resource in it is destroyed".to_owned());
        }
        if self.is_refresh_only {
            all.push(
                "this is a plan to refresh only: it changes no resource, and what changed outside Terraform is all that it \
                 shows"
                    .to_owned(),
            );
        }
        if self.deferred > 0 {
            all.push(format!("this plan is partial: {} deferred to a later one", Changes(self.deferred)));
        } else if self.is_partial {
            all.push(
                "this plan is partial (`-target`, `-exclude` or `complete: false`): only what is in it was looked at"
                    .to_owned(),
            );
        }
        if !self.replaced.is_empty() {
            all.push(format!("this plan replaces what `-replace` named: {}", self.replaced.join(", ")));
        }
        all
    }

    /// The kind as one word for programs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self { is_errored: true, .. } => "errored",
            Self { is_destroy: true, .. } => "destroy",
            Self { is_refresh_only: true, .. } => "refresh_only",
            Self { is_partial: true, .. } => "partial",
            _ => "whole",
        }
    }
}

struct Changes(usize);

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 change is"),
            number => write!(f, "{number} changes are"),
        }
    }
}
