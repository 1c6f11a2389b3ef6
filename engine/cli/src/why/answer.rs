//! Evaluates the policies of a role, as they are rendered, for one action on one resource.

use driftless_model::{HandlerSpec, SecretSpec, Spec, Verb};

use super::cause::{Cause, cause};
use super::environment::Environment;
use super::facts::{AlsoGiven, QuestionFacts};
use super::question::Question;
use super::resource::{Asked, bare};
use super::statements::{Allowing, allowing, policies};
use crate::access::{Module, RolePolicies};
use crate::iam::evaluate::{Decision, Target};

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer<'s> {
    /// The role.
    pub role: RolePolicies,
    /// The secret or family of the spec, if the question is about one.
    pub secret: Option<&'s SecretSpec>,
    /// The resource in words: a name without its suffix, the ARN of a key, or `*`.
    pub resource: String,
    /// Whether the action is allowed.
    pub ruling: Ruling<'s>,
}

/// The result.
#[derive(Clone, Debug, PartialEq)]
pub enum Ruling<'s> {
    /// At least one request is allowed.
    Allowed {
        /// The statements that allow it.
        by: Vec<Allowing>,
        /// The grants of the spec that the statements come from; empty if a policy outside the spec allows it.
        grants: Vec<GrantFound<'s>>,
    },
    /// Every request is denied.
    Denied(Cause<'s>),
    /// It depends on something that the rendered files do not show.
    Undecided {
        /// What it depends on.
        on: Vec<String>,
        /// The reason.
        why: String,
    },
}

/// A grant of the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantFound<'s> {
    /// The handler that has it.
    pub handler: &'s HandlerSpec,
    /// The secret.
    pub secret: &'s SecretSpec,
    /// Its verbs that make the call.
    pub verbs: Vec<Verb>,
    /// Why it is granted; empty if the spec does not say.
    pub reason: &'s str,
}

/// Answers a question about an environment of a checked spec. `module` is rendered from the spec of that environment.
#[must_use]
pub fn answer<'s>(
    environment: &'s Environment<'s>,
    module: &Module,
    question: &Question<'s>,
    given: &AlsoGiven,
) -> Answer<'s> {
    let spec: &'s Spec = &environment.spec;
    let facts = QuestionFacts::of(environment, question, given);
    let known = facts.known();
    let role = module.role_policies(spec, question.handler, &known);
    let (secret, resource) = match &question.resource {
        Asked::Secret { secret, stored, .. } => (*secret, bare(stored).to_owned()),
        Asked::Key { arn } => (None, arn.clone()),
        Asked::Everything => (None, "*".to_owned()),
    };
    let ruling = match facts.target(&known) {
        None => Ruling::Denied(cause(&facts)),
        Some(target) => facts.ruling(&role, &target),
    };
    Answer { role, secret, resource, ruling }
}

impl<'s> QuestionFacts<'_, 's> {
    fn ruling(&self, role: &RolePolicies, target: &Target) -> Ruling<'s> {
        let policies = policies(role);
        match policies.decide(&self.question.action, target) {
            Decision::Allowed { by, .. } => Ruling::Allowed { by: allowing(role, &by), grants: self.grants() },
            Decision::Denied { by } if !by.is_empty() => {
                Ruling::Denied(Cause::ExplicitDeny { by: by.into_iter().collect() })
            }
            Decision::Denied { .. } => Ruling::Denied(cause(self)),
            Decision::Undecided { by, why } => Ruling::Undecided { on: by.into_iter().collect(), why },
        }
    }

    /// The grants of the role from which the permission comes.
    fn grants(&self) -> Vec<GrantFound<'s>> {
        let spec: &'s Spec = &self.environment.spec;
        let handlers = spec.role_of(self.question.handler).handlers;
        let secrets: Vec<&'s SecretSpec> = match &self.question.resource {
            Asked::Secret { secret, .. } => secret.iter().copied().collect(),
            Asked::Key { .. } | Asked::Everything => spec.secrets.iter().collect(),
        };
        let found = handlers.into_iter().flat_map(|handler| {
            let may_use = !handler.options.source_function
                || !self.question.is_function
                || handler.id == self.question.handler.id;
            let grants = handler.grants.iter().filter(move |_| may_use);
            grants.filter_map(|grant| {
                let secret = secrets.iter().copied().find(|secret| secret.id == grant.secret)?;
                let verbs: Vec<Verb> =
                    grant.verbs.iter().copied().filter(|verb| self.makes_call(*verb, secret)).collect();
                (!verbs.is_empty()).then_some(GrantFound { handler, secret, verbs, reason: &grant.reason })
            })
        });
        found.collect()
    }
}
