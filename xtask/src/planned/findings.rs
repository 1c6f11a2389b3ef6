//! What a plan is told: each thing in it that is not as the spec says.

use std::collections::BTreeSet;

use clap::ValueEnum;
use paypulse_runtime::model::{KmsKey, Role, Spec};

use super::Plan;
use crate::access::{Change, Module, NOT_KNOWN, difference};
use crate::adopt::Module as Path;
use crate::labels::function_variable;

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Kind {
    /// A policy of the spec allows more than the spec does.
    #[value(name = "policy-wider")]
    Wider,
    /// A policy of the spec allows less than the spec does.
    #[value(name = "policy-narrower")]
    Narrower,
    /// A resource of the spec is not in the plan, or is destroyed by it.
    Missing,
    /// A secret is destroyed, and its value with it.
    #[value(name = "secret-destroyed")]
    Destroyed,
    /// A secret is destroyed and made again, without its value.
    #[value(name = "secret-replaced")]
    Replaced,
    /// The infrastructure code would hold, and so could overwrite, what is written at run time.
    RuntimeOwned,
    /// A value stands in the plan that should be in no file.
    ValueInPlan,
    /// Somebody outside the spec is allowed to use its secrets.
    #[value(name = "foreign-grant")]
    Foreign,
    /// The planning failed, so the plan says nothing.
    #[value(name = "plan-errored")]
    Errored,
    /// Something is not known before the apply.
    Undecided,
}

impl Kind {
    /// The word for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Wider => "policy-wider",
            Self::Narrower => "policy-narrower",
            Self::Missing => "missing",
            Self::Destroyed => "secret-destroyed",
            Self::Replaced => "secret-replaced",
            Self::RuntimeOwned => "runtime-owned",
            Self::ValueInPlan => "value-in-plan",
            Self::Foreign => "foreign-grant",
            Self::Errored => "plan-errored",
            Self::Undecided => "undecided",
        }
    }

    /// Whether somebody would be allowed more than by the spec.
    #[must_use]
    pub const fn widens(self) -> bool {
        matches!(self, Self::Wider | Self::Foreign)
    }

    /// Whether it is only said, and fails nothing.
    #[must_use]
    pub const fn is_note(self) -> bool {
        matches!(self, Self::Undecided)
    }

    /// The way out.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Wider | Self::Narrower | Self::Missing => {
                "run `cargo xtask gen-infra`, commit what it writes, and plan again"
            }
            Self::Destroyed => {
                "to keep it, put its entry back into the spec, or have Terraform forget it by a `removed` block"
            }
            Self::Replaced => "a secret's name cannot be changed: keep the name, or copy the value first",
            Self::RuntimeOwned => "remove that resource: handlers write this secret, and the next apply would undo it",
            Self::ValueInPlan => "delete the plan file, and declare the value `write_only` or `generated` in the spec",
            Self::Foreign => "grant it in the spec, as a handler's or by `shared_with`, or take it away",
            Self::Errored => "mend what `terraform plan` reports, and plan again",
            Self::Undecided => "check again after the apply, on a plan that changes nothing",
        }
    }
}

/// One thing in a plan that is not as the spec says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Its kind.
    pub kind: Kind,
    /// The resource, by its address; of a policy over several resources, whose it is.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

impl Finding {
    pub(super) fn new(kind: Kind, place: &impl ToString, what: impl Into<String>) -> Self {
        Self { kind, place: place.to_string(), what: what.into() }
    }
}

/// What is looked at together.
pub(super) struct Check<'a> {
    pub(super) plan: &'a Plan,
    /// With the names that it has in the environment of the plan.
    pub(super) spec: &'a Spec,
    /// The prefix of that environment, by the reference to its variable.
    prefix: Option<(String, String)>,
    pub(super) path: &'a Path,
    pub(super) module: &'a Module,
}

/// Holds a plan against the module that is rendered from a spec, and called at `path`. Sorted by kind and place.
#[must_use]
pub fn check(plan: &Plan, spec: &Spec, path: &Path, module: &Module) -> Vec<Finding> {
    let prefix = plan.prefix(spec);
    let variable = spec.prefixes.as_ref().map(|prefixes| format!("var.{}", prefixes.variable));
    let spec = &spec.under(prefix.unwrap_or_default());
    let prefix = variable.zip(prefix.map(str::to_owned));
    let check = Check { plan, spec, prefix, path, module };
    let mut found = Vec::new();
    if plan.is_errored {
        found.push(Finding::new(Kind::Errored, &"the plan", "the planning ended with an error"));
    }
    check.missing(&mut found);
    check.policies(&mut found);
    check.secrets(&mut found);
    check.foreign(&mut found);
    found.sort_unstable();
    found.dedup();
    found
}

/// The variables whose values the policies of a spec depend on.
#[must_use]
pub fn variables(spec: &Spec) -> BTreeSet<String> {
    let roles = spec.handlers.iter().filter_map(|handler| match &handler.role {
        Role::Existing { variable } => Some(variable.clone()),
        Role::Created => None,
    });
    let keys = spec.secrets.iter().filter_map(|secret| match secret.kms_key.as_ref()? {
        KmsKey::Variable { variable } => Some(variable.to_string()),
        KmsKey::Alias { .. } => None,
    });
    let prefix = spec.prefixes.iter().map(|prefixes| prefixes.variable.clone());
    roles.chain(keys).chain(prefix).chain(spec.handlers.iter().map(function_variable)).collect()
}

impl Check<'_> {
    /// Resources of the spec that will not be there.
    fn missing(&self, found: &mut Vec<Finding>) {
        let there: BTreeSet<String> = self
            .plan
            .resources
            .iter()
            .filter(|planned| planned.is_in(self.path) && planned.after.is_some())
            .map(|planned| planned.address.in_module())
            .collect();
        let missing = self.module.addresses().filter(|address| !there.contains(*address));
        let missing = missing.filter(|address| !self.module.may_be_absent(address));
        found.extend(
            missing.map(|address| Finding::new(Kind::Missing, &address, "the spec has it, and the plan does not")),
        );
    }

    /// Policies that do not mean what the spec does.
    fn policies(&self, found: &mut Vec<Finding>) {
        let mut known = self.plan.known(self.path);
        known.extend(self.prefix.iter().map(|(variable, prefix)| (variable.clone(), prefix.as_str().into())));
        let wanted = self.module.access(&known);
        let mut planned = self.plan.access(self.path, self.module);
        let mut undecided = BTreeSet::new();
        for (subject, allowed) in &mut planned.subjects {
            for (address, why) in std::mem::take(&mut allowed.unread) {
                // What is written there, and cannot be read, may allow anything.
                let kind = if why == NOT_KNOWN { Kind::Undecided } else { Kind::Wider };
                found.push(Finding::new(kind, &address, why));
                undecided.insert(subject.clone());
            }
        }
        for Change { subject, gained, lost, .. } in difference(&wanted, &planned).changes {
            let sides = [(Kind::Wider, gained, "it allows"), (Kind::Narrower, lost, "it does not allow")];
            // What is not known yet can hold what seems to be lost.
            let sides = sides.into_iter().filter(|(kind, ..)| *kind == Kind::Wider || !undecided.contains(&subject));
            for (kind, side, word) in sides {
                found.extend(side.terms.iter().map(|terms| Finding::new(kind, &subject, format!("{word} {terms}"))));
            }
        }
    }
}
