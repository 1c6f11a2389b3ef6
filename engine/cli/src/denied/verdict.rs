//! Compares a denial with the spec, and finds its cause. This module is pure.

use driftless_model::{
    ApiCall, HandlerSpec, NamePattern, Owner, RoleGrant, RoleHandlers, SecretSpec, Spec, Template, Verb,
};

use super::action::{KnownAction, known};
use super::caller::{Caller, caller};
use super::denial::{ClientError, Denial};
use super::fault::Fault;
use super::reason::{KeyProblem, PolicyKind, Reason};
use super::resource::{DeniedResource, has_suffix, is_masked_part};
use crate::iam;

/// The environments of a caller and of the secret that it asked for, which differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossed {
    /// The prefix of the caller's environment.
    pub caller: String,
    /// The prefix of the secret's name; empty if the name has none.
    pub secret: String,
    /// The environment variable that tells a function its prefix.
    pub variable: String,
}

/// Explanation of a denial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// The caller.
    pub caller: Caller<'a>,
    /// The denied API calls; several for the use of a key, which more than one call needs.
    pub calls: Vec<ApiCall>,
    /// The secret or family in the spec.
    pub secret: Option<&'a SecretSpec>,
    /// The verbs that make one of the calls.
    pub verbs: Vec<Verb>,
    /// The verbs granted to the handler's role on the secret; on any secret if the secret is unknown.
    pub granted: Vec<Verb>,
    /// The handlers that share the caller's role.
    pub others: Vec<&'a HandlerSpec>,
    /// The environments of the caller and of the secret, if they differ.
    pub crossed: Option<Crossed>,
    /// What has to be fixed.
    pub fault: Fault,
}

/// Compares a denial with a spec. `handler` is the caller if it is known from another source than the message.
#[must_use]
pub fn explain<'a>(spec: &'a Spec, denial: &Denial, handler: Option<&'a HandlerSpec>) -> Explanation<'a> {
    let caller = caller(spec, &denial.principal, handler);
    let subject = CallSubject::of(denial);
    let calls = subject.calls();
    let secret = match &denial.client {
        Some(client) => spec.secrets.iter().find(|secret| secret.id == client.secret),
        None => secret(spec, &denial.resource),
    };
    let verbs = Verb::ALL.into_iter();
    let verbs: Vec<Verb> = match subject {
        CallSubject::Verb(verb) => vec![verb],
        _ => verbs.filter(|verb| verb.api_calls().iter().any(|it| calls.contains(it))).collect(),
    };
    let granted = caller.handler().map(|handler| granted(spec, handler, secret)).unwrap_or_default();
    let role = caller.handler().map(|handler| spec.role_of(handler)).filter(RoleHandlers::is_shared);
    let others = role.map(|role| role.handlers).unwrap_or_default();
    let mut explanation =
        Explanation { caller, calls, secret, verbs, granted, others, crossed: None, fault: Fault::Unsaid };
    explanation.fault = explanation.fault(spec, denial, &subject);
    explanation
}

/// Subject of a message.
enum CallSubject {
    Call(ApiCall),
    /// A verb, from an error of this project's client.
    Verb(Verb),
    /// A Secrets Manager action that no verb makes.
    NoVerb,
    /// An action on a key; empty if the message does not name it.
    Key(String),
    Other,
    /// Encoded, so that only STS can tell.
    Encoded,
    CutOff,
}

impl CallSubject {
    fn of(denial: &Denial) -> Self {
        if let Some(ClientError { verb, .. }) = &denial.client {
            return Verb::from_name(verb).map_or(Self::NoVerb, Self::Verb);
        }
        let Some(action) = &denial.action else {
            return match (&denial.reason, &denial.encoded) {
                (Reason::Key(_), _) => Self::Key(String::new()),
                (_, Some(_)) => Self::Encoded,
                _ => Self::CutOff,
            };
        };
        let is_call = |call: &ApiCall| iam::action(*call).eq_ignore_ascii_case(action);
        match (ApiCall::ALL.into_iter().find(is_call), action.split_once(':')) {
            (Some(call), _) => Self::Call(call),
            (None, Some((service, _))) if service.eq_ignore_ascii_case("kms") => Self::Key(action.clone()),
            (None, Some((service, _))) if service.eq_ignore_ascii_case("secretsmanager") => {
                // Only an action of Secrets Manager is a call that no verb makes. Another word is one if the message goes
                // on behind it, because AWS can add actions.
                let goes_on = denial.resource != DeniedResource::Unsaid || denial.reason != Reason::Unsaid;
                match known(action) {
                    KnownAction::Whole(_) => Self::NoVerb,
                    KnownAction::Not if goes_on => Self::NoVerb,
                    KnownAction::Not | KnownAction::Begun => Self::CutOff,
                }
            }
            (None, Some(_)) => Self::Other,
            (None, None) => Self::CutOff,
        }
    }

    fn calls(&self) -> Vec<ApiCall> {
        match self {
            Self::Call(call) => vec![*call],
            Self::Verb(verb) => verb.api_calls().to_vec(),
            Self::Key(action) => {
                let uses = |call: &ApiCall| {
                    let actions = iam::key_actions(*call);
                    if action.is_empty() {
                        !actions.is_empty()
                    } else {
                        actions.iter().any(|it| it.eq_ignore_ascii_case(action))
                    }
                };
                ApiCall::ALL.into_iter().filter(uses).collect()
            }
            Self::NoVerb | Self::Other | Self::Encoded | Self::CutOff => Vec::new(),
        }
    }
}

/// The name in the ARN of a secret, with its suffix, or the name that the caller gave.
pub(super) fn stored_name(resource: &str) -> Option<&str> {
    let Some(arn) = resource.strip_prefix("arn:") else { return Some(resource) };
    let mut parts = arn.splitn(5, ':');
    let (service, rest) = (parts.nth(1)?, parts.nth(2)?);
    (service == "secretsmanager").then(|| rest.strip_prefix("secret:"))?
}

/// The secret of the spec that a resource names. Truncated and masked names are not looked up. A name at the end of
/// the text must match completely, because it can be the beginning of another name.
pub(super) fn secret<'a>(spec: &'a Spec, resource: &DeniedResource) -> Option<&'a SecretSpec> {
    let (stored, is_last) = match resource {
        DeniedResource::Whole(text) => (text, false),
        DeniedResource::Last(text) => (text, true),
        DeniedResource::Cut(_) | DeniedResource::Masked(_) | DeniedResource::Unsaid => return None,
    };
    // What the spec has in a Region is not what has its name in another, unless it is a copy.
    let region = stored.split(':').nth(3).filter(|region| !is_masked_part(region));
    let stored = stored_name(stored)?;
    let without_suffix = if has_suffix(stored) { &stored[..stored.len() - 7] } else { stored };
    let is_there = |secret: &&SecretSpec| {
        let is_copy = || region.is_some_and(|region| secret.has_copy_in(region));
        secret.region.is_none() || region.is_none() || secret.region.as_deref() == region || is_copy()
    };
    let is = |name: &str| spec.secrets.iter().filter(is_there).find(|secret| secret.name.as_str() == name);
    let family = |name: &str| {
        let name = Template::parse(name).ok()?;
        spec.secrets.iter().filter(is_there).find(|it| it.name.is_family() && NamePattern::of(&it.name).reaches(&name))
    };
    if is_last {
        return is(stored);
    }
    // A name that the caller gave can itself look like a name with a suffix.
    is(without_suffix).or_else(|| is(stored)).or_else(|| family(without_suffix)).or_else(|| family(stored))
}

fn granted(spec: &Spec, handler: &HandlerSpec, secret: Option<&SecretSpec>) -> Vec<Verb> {
    let grants = spec.role_of(handler).grants_of(&handler.id);
    let on_it = grants.iter().filter(|grant| secret.is_none_or(|secret| secret.id == grant.secret));
    let mut verbs: Vec<Verb> = on_it.flat_map(|grant| grant.verbs.iter().copied()).collect();
    verbs.sort_unstable();
    verbs.dedup();
    verbs
}

impl Explanation<'_> {
    /// Adds that the caller and the secret are in different environments, if that is why the secret is not found.
    pub fn cross(&mut self, crossed: Option<Crossed>) {
        if self.fault == Fault::NoSecret && crossed.is_some() {
            self.fault = Fault::OtherEnvironment;
            self.crossed = crossed;
        }
    }

    /// Whether the spec grants what was denied.
    #[must_use]
    pub fn is_granted(&self) -> bool {
        self.granted.iter().any(|verb| self.verbs.contains(verb))
    }

    fn fault(&self, spec: &Spec, denial: &Denial, subject: &CallSubject) -> Fault {
        match (subject, &self.caller) {
            (CallSubject::Encoded, _) => Fault::Encoded,
            (CallSubject::CutOff, _) | (CallSubject::Call(_), Caller::Unsaid) => Fault::CutOff,
            (CallSubject::Other, _) => Fault::OtherService,
            (_, Caller::Misplaced { .. }) => Fault::Deployment,
            (_, Caller::OtherRole { .. } | Caller::Other(_)) => Fault::Caller,
            (_, Caller::Masked { .. }) => Fault::UnknownCaller,
            (CallSubject::NoVerb, _) => Fault::NoVerb,
            (CallSubject::Verb(_), _) => self.fault_of_verb(&denial.reason),
            (CallSubject::Key(_), Caller::Unsaid) => fault_of_key(&denial.reason).unwrap_or(Fault::Unsaid),
            (CallSubject::Key(_), Caller::Handler { handler, .. } | Caller::Function(handler)) => {
                self.fault_of_key(spec, handler, denial)
            }
            (CallSubject::Call(_), Caller::Handler { .. } | Caller::Function(_)) => self.fault_of_call(denial),
        }
    }

    /// An error of this project's client contains the verb, but not the reason that AWS gave.
    fn fault_of_verb(&self, reason: &Reason) -> Fault {
        match (self.secret, self.is_granted()) {
            (None, _) => Fault::NoSecret,
            (Some(_), false) => Fault::Code,
            (Some(_), true) => fault_of_key(reason).unwrap_or(Fault::Unsaid),
        }
    }

    fn fault_of_call(&self, denial: &Denial) -> Fault {
        let policy = fault_of_policy(&denial.reason);
        let is_unsaid = matches!(policy, None | Some(Fault::Unsaid));
        let is_on_a_secret = self.calls.iter().any(|call| call.is_on_a_secret());
        match (&denial.resource, self.secret, self.is_granted()) {
            // The arms are ordered: first whether the message is sufficient, then whether the spec grants the call,
            // then which policy denies it.
            (DeniedResource::Cut(_), ..) | (DeniedResource::Last(_), None, _) if is_on_a_secret => Fault::CutOff,
            (DeniedResource::Whole(_), ..) if is_on_a_secret && is_of_another_account(denial) => Fault::OtherAccount,
            (DeniedResource::Whole(text), None, _) if is_on_a_secret && text != "*" => Fault::NoSecret,
            (_, _, false) => Fault::Code,
            (_, Some(secret), true) if self.is_no_grant_on_copy(secret, denial) => Fault::Copy,
            // Granted on some secret, which may be a different one.
            (_, None, true) if is_on_a_secret && is_unsaid => Fault::CutOff,
            (_, Some(_), true) if is_unsaid && self.is_missing(denial) => Fault::Missing,
            (_, _, true) => policy.unwrap_or(Fault::Apply),
        }
    }

    /// Whether it was asked of a copy, on which the role is granted no verb that makes the call.
    fn is_no_grant_on_copy(&self, secret: &SecretSpec, denial: &Denial) -> bool {
        let region = denial.resource.whole().and_then(|arn| arn.split(':').nth(3));
        let Some(region) = region.filter(|region| secret.has_copy_in(region)) else { return false };
        let is_read = secret.options.read_from.iter().any(|it| it == region);
        let mut made = self.granted.iter().filter(|verb| self.verbs.contains(verb));
        !(is_read && made.any(|verb| verb.reads_copies()))
    }

    /// Whether the secret does not exist. AWS then evaluates the name from the request, which a policy on the exact
    /// ARN does not match.
    fn is_missing(&self, denial: &Denial) -> bool {
        let known = denial.resource.shown().and_then(stored_name).is_some_and(has_suffix);
        let is_exact = self.secret.is_some_and(|secret| secret.owner != Owner::Runtime);
        is_exact && denial.resource != DeniedResource::Unsaid && !known
    }

    /// Uses of a key are granted with the calls on the secrets that it encrypts.
    fn fault_of_key(&self, spec: &Spec, handler: &HandlerSpec, denial: &Denial) -> Fault {
        let grants = spec.role_of(handler).grants_of(&handler.id);
        let needs_key = |grant: &&RoleGrant<'_>| grant.verbs.iter().any(|verb| self.verbs.contains(verb));
        let secrets = grants.iter().filter(needs_key);
        let mut secrets =
            secrets.filter_map(|grant| spec.secrets.iter().find(|secret| secret.id == grant.secret)).peekable();
        if secrets.peek().is_none() {
            return Fault::Code;
        }
        // The spec does not name the AWS managed key, and need not.
        if denial.reason == Reason::Key(KeyProblem::AwsManaged) {
            return Fault::KeyAwsManaged;
        }
        let has_key = |secret: &SecretSpec| {
            secret.kms_key.is_some() || secret.options.readable_copies().any(|copy| copy.kms_key.is_some())
        };
        if !secrets.any(has_key) {
            return Fault::UnknownKey;
        }
        match fault_of_policy(&denial.reason) {
            Some(Fault::SecretPolicy) => Fault::KeyPolicy,
            Some(fault) => fault,
            None => Fault::Apply,
        }
    }
}

/// Whether the secret is in another account than the caller.
fn is_of_another_account(denial: &Denial) -> bool {
    let asked = denial.resource.whole().and_then(|arn| arn.split(':').nth(4));
    match (&denial.account, asked.filter(|account| !is_masked_part(account))) {
        (Some(own), Some(asked)) => own != asked,
        _ => false,
    }
}

/// The policy that denies what the spec grants; `None` if the policies of the role do not allow it.
fn fault_of_policy(reason: &Reason) -> Option<Fault> {
    let (kind, is_explicit) = match reason {
        Reason::Policy { kind: Some(kind), is_explicit } => (kind, *is_explicit),
        Reason::Policy { kind: None, is_explicit: true } => return Some(Fault::ExplicitDeny),
        Reason::Policy { kind: None, is_explicit: false } | Reason::Unsaid => return Some(Fault::Unsaid),
        Reason::Key(_) => return fault_of_key(reason),
    };
    match kind {
        PolicyKind::Identity if is_explicit => Some(Fault::IdentityPolicy),
        PolicyKind::Identity | PolicyKind::Trust => None,
        PolicyKind::Resource => Some(Fault::SecretPolicy),
        PolicyKind::Boundary => Some(Fault::Boundary),
        PolicyKind::Session => Some(Fault::SessionPolicy),
        PolicyKind::ServiceControl | PolicyKind::ResourceControl => Some(Fault::Organization),
        PolicyKind::Endpoint => Some(Fault::Endpoint),
    }
}

/// The cause in a message about a key.
const fn fault_of_key(reason: &Reason) -> Option<Fault> {
    let Reason::Key(problem) = reason else { return None };
    Some(match problem {
        KeyProblem::Denied => Fault::KeyDenied,
        KeyProblem::Elsewhere => Fault::KeyElsewhere,
        KeyProblem::AwsManaged => Fault::KeyAwsManaged,
        KeyProblem::Disabled => Fault::KeyDisabled,
        KeyProblem::PendingDeletion => Fault::KeyPendingDeletion,
        KeyProblem::Missing => Fault::KeyMissing,
        KeyProblem::Unusable => Fault::KeyUnusable,
    })
}
