//! Findings of `check-plan`: differences between a plan and the spec, and what could not be decided or is not checked.

use std::collections::BTreeSet;

use clap::ValueEnum;
use driftless_model::{KmsKey, Role, Spec};
use serde_json::Value;

use super::roles::Roles;
use super::{Plan, Planned};
use crate::access::{Module, REGION};
use crate::labels::function_variable;
use crate::program;
use crate::tf::ModulePath as Path;

pub(super) use super::checked::Check;

/// The kind of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Kind {
    /// A secret is destroyed, and its value with it.
    #[value(name = "secret-destroyed")]
    Destroyed,
    /// A secret is replaced, and its value is lost.
    #[value(name = "secret-replaced")]
    Replaced,
    /// A policy of the spec allows more than the spec does.
    #[value(name = "policy-wider")]
    Wider,
    /// A principal outside the spec gets access to its secrets, keys or roles.
    #[value(name = "foreign-grant")]
    Foreign,
    /// A principal outside the spec gets to see the metadata of secrets, and no value.
    #[value(name = "foreign-look")]
    Look,
    /// A policy of the spec allows less than the spec does.
    #[value(name = "policy-narrower")]
    Narrower,
    /// A resource of the spec is not in the plan, or is destroyed by it.
    Missing,
    /// A resource of the spec has an argument that the spec does not give it.
    Different,
    /// Terraform would manage a value that is written at run time, and could overwrite it.
    RuntimeOwned,
    /// A second resource writes a secret that the spec's own resource writes.
    SecondWriter,
    /// The plan contains the value of a secret.
    ValueInPlan,
    /// The planning failed, so the plan says nothing.
    #[value(name = "plan-errored")]
    Errored,
    /// Whether a principal gets access cannot be decided from this plan. Accepted only by address.
    Undecided,
    /// Known only after the apply, for a reason that the rendered file has too. Only a note.
    #[value(name = "known-after-apply")]
    AfterApply,
    /// A principal has broad permissions outside Secrets Manager, and can change a role or a key. Only a note.
    Indirect,
    /// A resource can give access and is not checked. Only a note.
    NotLookedAt,
    /// An acceptance matches no finding. Only a note.
    AcceptUnused,
}

impl Kind {
    /// The word for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Destroyed => "secret-destroyed",
            Self::Replaced => "secret-replaced",
            Self::Wider => "policy-wider",
            Self::Foreign => "foreign-grant",
            Self::Look => "foreign-look",
            Self::Narrower => "policy-narrower",
            Self::Missing => "missing",
            Self::Different => "different",
            Self::RuntimeOwned => "runtime-owned",
            Self::SecondWriter => "second-writer",
            Self::ValueInPlan => "value-in-plan",
            Self::Errored => "plan-errored",
            Self::Undecided => "undecided",
            Self::AfterApply => "known-after-apply",
            Self::Indirect => "indirect",
            Self::NotLookedAt => "not-looked-at",
            Self::AcceptUnused => "accept-unused",
        }
    }

    /// All kinds, sorted.
    #[must_use]
    pub fn all() -> &'static [Self] {
        Self::value_variants()
    }

    /// Whether a principal would get more permissions than the spec grants.
    #[must_use]
    pub const fn widens(self) -> bool {
        matches!(self, Self::Wider | Self::Foreign)
    }

    /// Whether it is only a note and fails no check.
    #[must_use]
    pub const fn is_note(self) -> bool {
        matches!(self, Self::AfterApply | Self::Indirect | Self::NotLookedAt | Self::AcceptUnused)
    }

    /// Whether all findings of the kind can be accepted at once. Undecided findings cannot, because any policy can be
    /// made to depend on a value that is known only after the apply.
    #[must_use]
    pub const fn can_be_allowed(self) -> bool {
        !matches!(self, Self::Undecided) && !self.is_note()
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(self) -> String {
        self.advice().replace("{program}", program::name())
    }

    const fn advice(self) -> &'static str {
        match self {
            Self::Wider | Self::Narrower | Self::Missing | Self::Different => {
                "run `{program} gen-infra`, commit what it writes, and plan again"
            }
            Self::Destroyed => {
                "to keep it, do not apply this plan; where its entry was taken out of the spec, put it back, or have Terraform \
                 forget the secret by a `removed` block"
            }
            Self::Replaced => "a secret's name cannot be changed: keep the name, or copy the value first",
            Self::RuntimeOwned => "remove that resource: handlers write this secret, and the next apply would undo it",
            Self::SecondWriter => "remove that resource, or take the secret out of the spec",
            Self::ValueInPlan => "delete the plan file, and declare the value `write_only` or `generated` in the spec",
            Self::Look => "see that this principal is to know names, tags and dates of the secrets, as auditors do",
            Self::Foreign => "grant it in the spec, as a handler's or by `shared_with`, or take it away",
            Self::Errored => "fix the errors that `terraform plan` reports, and plan again",
            Self::Undecided => {
                "look at it, accept it by its address (`--accept 'undecided:ADDRESS'`, with `*` for any text), and check the \
                 plan after the apply, which decides it"
            }
            Self::AfterApply => "the plan after the apply, which changes nothing, shows it: check that one too",
            Self::Indirect => "who may change roles or keys can give themselves the rest: see that few people can",
            Self::NotLookedAt => "look at these yourself",
            Self::AcceptUnused => "take the `--accept` away",
        }
    }
}

/// A difference between a plan and the spec.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Its kind.
    pub kind: Kind,
    /// The address of the resource, or the subject of the policy if several resources form it.
    pub place: String,
    /// What differs.
    pub what: String,
}

impl Finding {
    pub(super) fn new(kind: Kind, place: &impl ToString, what: impl Into<String>) -> Self {
        Self { kind, place: place.to_string(), what: what.into() }
    }
}

/// Compares a plan with the module that is rendered from a spec and called at `path`. The findings are sorted by kind
/// and place.
#[must_use]
pub fn check(plan: &Plan, spec: &Spec, path: &Path, module: &Module) -> Vec<Finding> {
    let prefix = plan.prefix(spec, path);
    let variable = spec.prefixes.as_ref().map(|prefixes| format!("var.{}", prefixes.variable));
    let wanted = variables(spec);
    let spec = &spec.under(prefix.unwrap_or_default());
    let prefix = variable.zip(prefix.map(str::to_owned));
    let (accounts, roles) = (plan.accounts(), Roles::default());
    let mut check = Check { plan, spec, prefix, path, module, region: None, account: None, accounts, roles };
    let mut found = Vec::new();
    if plan.shape.is_errored {
        found.push(Finding::new(Kind::Errored, &"the plan", "the planning ended with an error"));
    }
    let known = check.learn(&wanted, &mut found);
    let text = |reference: &str| known.get(reference).and_then(Value::as_str).map(str::to_owned);
    (check.region, check.account) = (text(REGION), text("data.aws_caller_identity.current.account_id"));
    let planned = check.ours().filter(|planned| planned.kind == "aws_iam_role").flat_map(Planned::names);
    let planned: Vec<String> = planned.map(str::to_owned).collect();
    check.roles = Roles::of(&spec.handlers, planned, &known);
    if !plan.shape.is_destroy {
        check.own(&known, &mut found);
        check.policies(&known, &mut found);
        check.by_variable(&mut found);
    }
    check.secrets(&mut found);
    check.foreign(&known, &mut found);
    check.others(&mut found);
    found.sort_unstable();
    found.dedup();
    found
}

/// The variables that the policies of a spec depend on.
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
    let replicas = spec.secrets.iter().flat_map(|secret| &secret.options.replicas);
    let replicas = replicas.filter_map(|replica| match replica.kms_key.as_ref()? {
        KmsKey::Variable { variable } => Some(variable.to_string()),
        KmsKey::Alias { .. } => None,
    });
    let prefix = spec.prefixes.iter().map(|prefixes| prefixes.variable.clone());
    let functions = spec.handlers.iter().map(function_variable);
    let boundary = std::iter::once("permissions_boundary_arn".to_owned());
    let clusters = spec.handlers.iter().filter_map(|handler| handler.options.principal.cluster().map(str::to_owned));
    roles.chain(clusters).chain(keys).chain(replicas).chain(prefix).chain(functions).chain(boundary).collect()
}
