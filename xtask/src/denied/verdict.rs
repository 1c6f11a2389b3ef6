//! A denial held against the spec. Pure.

use paypulse_runtime::model::{ApiCall, Grant, HandlerSpec, NamePattern, Owner, SecretSpec, Spec, Template, Verb};

use super::caller::{Caller, caller};
use super::message::{Denial, PolicyKind, Reason};
use crate::iam;

/// What a denial means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// Who called.
    pub caller: Caller<'a>,
    /// The API calls that were denied; several where a key was, that more than one call uses.
    pub calls: Vec<ApiCall>,
    /// The spec's secret or family.
    pub secret: Option<&'a SecretSpec>,
    /// The verbs that make one of the calls.
    pub verbs: Vec<Verb>,
    /// The verbs that the handler is granted on the secret; on any where the secret is not known.
    pub granted: Vec<Verb>,
    /// What has to be mended.
    pub fault: Fault,
}

/// What has to be mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The message is cut off before it says what was denied.
    CutOff,
    /// The call is none of Secrets Manager's, nor of its use of a key.
    OtherService,
    /// Whoever called is nobody of the spec.
    Caller,
    /// The function runs under another role than its own.
    Deployment,
    /// The call is one that no verb makes.
    NoVerb,
    /// The secret is none of the spec's.
    NoSecret,
    /// The spec does not grant it: the code wants what it was not given.
    Code,
    /// The secret does not exist, so that its name is all that AWS can decide on.
    Missing,
    /// The spec grants it, and the role does not have that (yet).
    Apply,
    /// A policy on the role denies it.
    IdentityPolicy,
    /// The policy on the secret.
    SecretPolicy,
    /// The spec knows no key for the secret, and it has one.
    UnknownKey,
    /// The policy on the key.
    KeyPolicy,
    /// The permissions boundary.
    Boundary,
    /// The policy that was given along when the role was assumed.
    SessionPolicy,
    /// The organization.
    Organization,
    /// The network's way to AWS.
    Endpoint,
    /// The spec grants it, and the message does not say which policy denies it.
    Unsaid,
}

impl Fault {
    /// The word for other programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::CutOff => "cut-off",
            Self::OtherService => "other-service",
            Self::Caller => "caller",
            Self::Deployment => "deployment",
            Self::NoVerb => "no-verb",
            Self::NoSecret => "no-secret",
            Self::Code => "code",
            Self::Missing => "missing-secret",
            Self::Apply => "apply",
            Self::IdentityPolicy => "identity-policy",
            Self::SecretPolicy => "secret-policy",
            Self::UnknownKey => "unknown-key",
            Self::KeyPolicy => "key-policy",
            Self::Boundary => "permissions-boundary",
            Self::SessionPolicy => "session-policy",
            Self::Organization => "organization",
            Self::Endpoint => "endpoint",
            Self::Unsaid => "unsaid",
        }
    }
}

/// Holds a denial against a spec. `handler` is who called, where that is known better than by the message.
#[must_use]
pub fn explain<'a>(spec: &'a Spec, denial: &Denial, handler: Option<&'a HandlerSpec>) -> Explanation<'a> {
    let caller = caller(spec, &denial.principal, handler);
    let subject = Subject::of(denial);
    let calls = subject.calls();
    let secret = denial.resource.as_deref().and_then(|resource| secret(spec, resource));
    let verbs: Vec<Verb> =
        Verb::ALL.into_iter().filter(|verb| verb.api_calls().iter().any(|it| calls.contains(it))).collect();
    let granted = caller.handler().map(|handler| granted(handler, secret)).unwrap_or_default();
    let mut explanation = Explanation { caller, calls, secret, verbs, granted, fault: Fault::Unsaid };
    explanation.fault = explanation.fault(spec, denial, &subject);
    explanation
}

/// What a message is about.
enum Subject {
    Call(ApiCall),
    /// An action of Secrets Manager that no verb makes.
    NoVerb,
    /// An action on a key, as IAM calls it; empty where the message does not say.
    Key(String),
    Other,
    CutOff,
}

impl Subject {
    fn of(denial: &Denial) -> Self {
        let Some(action) = &denial.action else {
            return if denial.reason == Reason::Key { Self::Key(String::new()) } else { Self::CutOff };
        };
        let known = |call: &ApiCall| iam::action(*call).eq_ignore_ascii_case(action);
        // A word at the end of a message that is cut off can be the beginning of one.
        let begun = |call: &ApiCall| iam::action(*call).starts_with(action.as_str()) && action.contains(':');
        match (ApiCall::ALL.into_iter().find(known), action.split_once(':')) {
            (Some(call), _) => Self::Call(call),
            (None, Some((service, _))) if service.eq_ignore_ascii_case("kms") => Self::Key(action.clone()),
            (None, Some((service, _))) if service.eq_ignore_ascii_case("secretsmanager") => {
                let is_last = denial.resource.is_none() && denial.reason == Reason::Unsaid;
                if is_last && ApiCall::ALL.iter().any(begun) { Self::CutOff } else { Self::NoVerb }
            }
            (None, Some(_)) => Self::Other,
            (None, None) => Self::CutOff,
        }
    }

    fn calls(&self) -> Vec<ApiCall> {
        match self {
            Self::Call(call) => vec![*call],
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
            Self::NoVerb | Self::Other | Self::CutOff => Vec::new(),
        }
    }
}

/// The name in an ARN of a secret, with its suffix, or the name that the caller gave.
pub(super) fn stored_name(resource: &str) -> Option<&str> {
    let Some(arn) = resource.strip_prefix("arn:") else { return Some(resource) };
    let mut parts = arn.splitn(5, ':');
    let (service, rest) = (parts.nth(1)?, parts.nth(2)?);
    (service == "secretsmanager").then(|| rest.strip_prefix("secret:"))?
}

/// Whether AWS knows a secret by this resource: then its name ends in a hyphen and six characters.
fn has_suffix(stored: &str) -> bool {
    let suffix = stored.rsplit_once('-').map_or("", |(_, suffix)| suffix);
    suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn secret<'a>(spec: &'a Spec, resource: &str) -> Option<&'a SecretSpec> {
    let stored = stored_name(resource)?;
    let without_suffix = if has_suffix(stored) { &stored[..stored.len() - 7] } else { stored };
    // What the spec has in a Region is not what has its name in another.
    let region = resource.split(':').nth(3);
    let is_there =
        |secret: &&SecretSpec| secret.region.is_none() || region.is_none() || secret.region.as_deref() == region;
    let is = |name: &str| spec.secrets.iter().filter(is_there).find(|secret| secret.name.as_str() == name);
    let family = |name: &str| {
        let name = Template::parse(name).ok()?;
        spec.secrets.iter().filter(is_there).find(|it| it.name.is_family() && NamePattern::of(&it.name).reaches(&name))
    };
    // A name that the caller gave can itself look as if it had a suffix.
    is(without_suffix).or_else(|| is(stored)).or_else(|| family(without_suffix)).or_else(|| family(stored))
}

fn granted(handler: &HandlerSpec, secret: Option<&SecretSpec>) -> Vec<Verb> {
    let on_it = handler.grants.iter().filter(|grant| secret.is_none_or(|secret| secret.id == grant.secret));
    let mut verbs: Vec<Verb> = on_it.flat_map(|grant| grant.verbs.iter().copied()).collect();
    verbs.sort_unstable();
    verbs.dedup();
    verbs
}

impl Explanation<'_> {
    /// Whether the spec grants the handler what was denied.
    #[must_use]
    pub fn is_granted(&self) -> bool {
        self.granted.iter().any(|verb| self.verbs.contains(verb))
    }

    fn fault(&self, spec: &Spec, denial: &Denial, subject: &Subject) -> Fault {
        match (subject, &self.caller) {
            (Subject::CutOff, _) | (Subject::Call(_), Caller::Unsaid) => Fault::CutOff,
            (Subject::Other, _) => Fault::OtherService,
            (_, Caller::Misplaced { .. }) => Fault::Deployment,
            (_, Caller::OtherRole { .. } | Caller::Other(_)) => Fault::Caller,
            (Subject::NoVerb, _) => Fault::NoVerb,
            (Subject::Key(_), Caller::Unsaid) => Fault::Unsaid,
            (Subject::Key(_), Caller::Handler { handler, .. }) => self.fault_of_key(spec, handler, denial),
            (Subject::Call(_), Caller::Handler { .. }) => self.fault_of_call(denial),
        }
    }

    fn fault_of_call(&self, denial: &Denial) -> Fault {
        let policy = fault_of_policy(&denial.reason);
        let is_unsaid = matches!(policy, None | Some(Fault::Unsaid));
        let is_on_a_secret = self.calls.iter().any(|call| call.is_on_a_secret());
        match (self.secret, self.is_granted()) {
            (None, _) if is_on_a_secret && denial.resource.is_some() => Fault::NoSecret,
            (_, false) => Fault::Code,
            // Granted on some secret, which need not be the one.
            (None, true) if is_on_a_secret && is_unsaid => Fault::CutOff,
            (Some(_), true) if is_unsaid && self.is_missing(denial) => Fault::Missing,
            (_, true) => policy.unwrap_or(Fault::Apply),
        }
    }

    /// Of a secret that does not exist AWS has only what the caller named; a policy on its exact ARN says nothing of that.
    fn is_missing(&self, denial: &Denial) -> bool {
        let known = denial.resource.as_deref().and_then(stored_name).is_some_and(has_suffix);
        let is_exact = self.secret.is_some_and(|secret| secret.owner != Owner::Runtime);
        is_exact && denial.resource.is_some() && !known
    }

    /// A key is used for the calls on the secrets that it encrypts.
    fn fault_of_key(&self, spec: &Spec, handler: &HandlerSpec, denial: &Denial) -> Fault {
        let needs_key = |grant: &&Grant| grant.verbs.iter().any(|verb| self.verbs.contains(verb));
        let secrets = handler.grants.iter().filter(needs_key);
        let mut secrets =
            secrets.filter_map(|grant| spec.secrets.iter().find(|secret| secret.id == grant.secret)).peekable();
        if secrets.peek().is_none() {
            return Fault::Code;
        }
        if secrets.all(|secret| secret.kms_key.is_none()) {
            return Fault::UnknownKey;
        }
        match fault_of_policy(&denial.reason) {
            Some(Fault::SecretPolicy) => Fault::KeyPolicy,
            Some(fault) => fault,
            None => Fault::Apply,
        }
    }
}

/// Which policy denies what the spec grants; none where it is that of the role, which does not allow it.
fn fault_of_policy(reason: &Reason) -> Option<Fault> {
    let Reason::Policy { kind, is_explicit } = reason else { return Some(Fault::Unsaid) };
    match kind {
        PolicyKind::Identity if *is_explicit => Some(Fault::IdentityPolicy),
        PolicyKind::Identity | PolicyKind::Trust => None,
        PolicyKind::Resource => Some(Fault::SecretPolicy),
        PolicyKind::Boundary => Some(Fault::Boundary),
        PolicyKind::Session => Some(Fault::SessionPolicy),
        PolicyKind::ServiceControl | PolicyKind::ResourceControl => Some(Fault::Organization),
        PolicyKind::Endpoint => Some(Fault::Endpoint),
    }
}
