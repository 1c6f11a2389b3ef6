//! Why the policies of a role allow nothing of what was asked, and what can be added to the spec.

use driftless_model::{HandlerSpec, Owner, SecretSpec, Spec, Verb, closest, shown};

use super::facts::QuestionFacts;
use super::resource::{Asked, bare, find};
use crate::denied::smallest_verb;
use crate::iam::VERSION_STAGE;
use crate::program;

/// The cause of a denial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause<'s> {
    /// A policy denies it explicitly.
    ExplicitDeny {
        /// The policies.
        by: Vec<String>,
    },
    /// The secret is in another account than the role.
    OtherAccount,
    /// The secret is one of another environment, or has no prefix although the environment has one.
    OtherEnvironment {
        /// The prefix of that environment; empty if the name has none.
        prefix: String,
        /// The secret that has the name there.
        secret: String,
    },
    /// The spec has no secret of that name.
    NoSecret {
        /// A secret of the spec with a similar name.
        close: Option<String>,
    },
    /// The secret is not in that Region.
    OtherRegion {
        /// The secret.
        secret: &'s SecretSpec,
        /// The Region that was asked about.
        region: String,
        /// Whether the secret has a copy there, which the grant does not cover.
        has_copy: bool,
    },
    /// The secret has no key of its own, so no permission for a key is needed.
    NoKey {
        /// The secret.
        secret: &'s SecretSpec,
    },
    /// No verb of the spec makes the call.
    NoVerb,
    /// The spec does not grant it.
    NoGrant {
        /// The handler.
        handler: &'s HandlerSpec,
        /// The secret, unless the call is on none.
        secret: Option<&'s SecretSpec>,
        /// The verbs that would allow it.
        verbs: Vec<Verb>,
        /// The verbs that the handler has on the secret.
        granted: Vec<Verb>,
    },
    /// The grant is only for other versions of the secret.
    OtherVersion {
        /// The handler.
        handler: &'s HandlerSpec,
        /// The secret.
        secret: &'s SecretSpec,
        /// The staging label that was asked about.
        stage: String,
        /// The verbs that the handler has on the secret.
        granted: Vec<Verb>,
    },
    /// The grant is tied to the function of another handler.
    OtherFunction {
        /// The secret.
        secret: &'s SecretSpec,
        /// The handlers whose functions have it.
        functions: Vec<&'s str>,
    },
}

/// Finds the cause. The order is that of what has to be right first: the account, the name, the Region, the verb, the grant.
pub(super) fn cause<'s>(facts: &QuestionFacts<'_, 's>) -> Cause<'s> {
    let handler = facts.question.handler;
    let no_grant = |secret, granted| {
        if facts.verbs.is_empty() {
            Cause::NoVerb
        } else {
            Cause::NoGrant { handler, secret, verbs: facts.verbs.clone(), granted }
        }
    };
    let Asked::Secret { secret, stored, place } = &facts.question.resource else { return no_grant(None, Vec::new()) };
    if place.as_ref().is_some_and(|place| place.account != facts.account) {
        return Cause::OtherAccount;
    }
    let Some(secret) = *secret else { return without_secret(facts, stored) };
    let is_elsewhere = secret.region.as_deref().unwrap_or(&facts.default_region) != facts.region;
    let has_copy = secret.has_copy_in(&facts.region);
    let other_region = || Cause::OtherRegion { secret, region: facts.region.clone(), has_copy };
    if is_elsewhere && !has_copy {
        return other_region();
    }
    if facts.is_on_key() && facts.key().is_none() {
        return Cause::NoKey { secret };
    }
    let spec: &'s Spec = &facts.environment.spec;
    let grants = spec.role_of(handler).grants();
    let on_it = || grants.iter().filter(|grant| grant.secret == secret.id);
    let makes = |verb: &Verb| facts.verbs.contains(verb);
    let can_use = |function: Option<&HandlerSpec>| {
        function.is_none_or(|function| !facts.question.is_function || function.id == handler.id)
    };
    let granted: Vec<Verb> = on_it().filter(|it| can_use(it.function)).flat_map(|it| it.verbs.clone()).collect();
    if !granted.iter().any(makes) {
        let others = on_it().filter(|grant| grant.verbs.iter().any(makes)).filter_map(|grant| grant.function);
        let functions: Vec<&str> = others.map(|function| function.id.as_str()).collect();
        return if functions.is_empty() {
            no_grant(Some(secret), granted)
        } else {
            Cause::OtherFunction { secret, functions }
        };
    }
    match &facts.given.stage {
        _ if is_elsewhere => other_region(),
        Some(stage) => Cause::OtherVersion { handler, secret, stage: stage.clone(), granted },
        None => no_grant(Some(secret), granted),
    }
}

/// The cause if the environment has no secret of that name.
fn without_secret<'s>(facts: &QuestionFacts<'_, 's>, stored: &str) -> Cause<'s> {
    let whole = facts.environment.whole;
    let prefixes = whole.prefixes.iter().flat_map(|prefixes| prefixes.values.iter().map(String::as_str));
    let elsewhere = prefixes.chain(whole.prefixes.as_ref().map(|_| "")).find_map(|prefix| {
        let found = find(whole, stored.strip_prefix(prefix)?).filter(|found| !found.options.outside_prefixes)?;
        Some(Cause::OtherEnvironment { prefix: prefix.to_owned(), secret: found.id.clone() })
    });
    let spec: &Spec = &facts.environment.spec;
    elsewhere.unwrap_or_else(|| Cause::NoSecret { close: close(spec, bare(stored)).map(str::to_owned) })
}

/// The name or the id in the spec that a text resembles, also by its last part or in another case.
fn close<'s>(spec: &'s Spec, asked: &str) -> Option<&'s str> {
    let last = |name: &'s str| name.rsplit('/').next().unwrap_or(name);
    let asked_last = asked.rsplit('/').next().unwrap_or(asked);
    let names = || spec.secrets.iter().map(|secret| secret.name.as_str());
    let ids = || spec.secrets.iter().map(|secret| secret.id.as_str());
    let is_same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    names()
        .find(|name| is_same(name, asked))
        .or_else(|| ids().find(|id| is_same(id, asked_last)))
        .or_else(|| closest(asked, names()))
        .or_else(|| closest(asked_last, ids()))
        .or_else(|| names().find(|name| is_same(last(name), asked_last)))
}

impl Cause<'_> {
    /// The word for programs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::ExplicitDeny { .. } => "explicit-deny",
            Self::OtherAccount => "other-account",
            Self::OtherEnvironment { .. } => "other-environment",
            Self::NoSecret { .. } => "no-secret",
            Self::OtherRegion { has_copy: true, .. } => "copy",
            Self::OtherRegion { .. } => "other-region",
            Self::NoKey { .. } => "no-key",
            Self::NoVerb => "no-verb",
            Self::NoGrant { .. } => "no-grant",
            Self::OtherVersion { .. } => "other-version",
            Self::OtherFunction { .. } => "other-function",
        }
    }

    /// The cause in words.
    #[must_use]
    pub fn why(&self) -> String {
        match self {
            Self::ExplicitDeny { by } => format!("{} denies it explicitly", quoted(by)),
            Self::OtherAccount => {
                "the secret is in another account than the role, and the spec is about one account".to_owned()
            }
            Self::OtherEnvironment { prefix, secret } if prefix.is_empty() => {
                format!("the name has no prefix, and in every environment the name of {} has one", shown(secret))
            }
            Self::OtherEnvironment { prefix, secret } => {
                format!("it is {} of the environment {}, and each role is for its own", shown(secret), shown(prefix))
            }
            Self::NoSecret { .. } => "the spec has no secret of that name".to_owned(),
            Self::OtherRegion { secret, region, has_copy: true } => {
                format!("the grant does not cover the copy of {} in {}", shown(&secret.id), shown(region))
            }
            Self::OtherRegion { secret, region, .. } => match &secret.region {
                Some(own) => format!("{} is in {}, and not in {}", shown(&secret.id), shown(own), shown(region)),
                None => format!("{} is not in {}", shown(&secret.id), shown(region)),
            },
            Self::NoKey { secret } => format!(
                "{} has no key of its own: Secrets Manager uses the key of the account, for which no permission is needed",
                shown(&secret.id)
            ),
            Self::NoVerb => "no verb of the spec makes this call".to_owned(),
            Self::NoGrant { handler, secret, granted, .. } => {
                let on = secret.map(|secret| format!(" on {}", shown(&secret.id)));
                let on = on.unwrap_or_else(|| " that needs it".to_owned());
                let has = if granted.is_empty() { "nothing".to_owned() } else { format!("only {}", words(granted)) };
                format!("the spec grants {} {has}{on}", shown(&handler.id))
            }
            Self::OtherVersion { secret, stage, .. } => format!(
                "the grant on {} is for other versions: the condition on `{VERSION_STAGE}` does not accept {}",
                shown(&secret.id),
                shown(stage)
            ),
            Self::OtherFunction { secret, functions } => format!(
                "the grant on {} is tied to the function of {} (`source_function`)",
                shown(&secret.id),
                quoted(functions)
            ),
        }
    }

    /// What to do next, with the line of the spec to add if there is one. `spec` is the one with the cause.
    #[must_use]
    pub fn next(&self, spec: &Spec) -> Vec<String> {
        let generate = format!("and: {} gen-infra", program::name());
        match self {
            Self::NoGrant { handler, secret: Some(secret), verbs, granted } => {
                match smallest_verb(verbs, secret, handler) {
                    Some(verb) => vec![grant(handler, secret, granted, verb, spec)],
                    None => vec![format!(
                        "take the call out of the code: {} writes {}, so {} cannot be granted on it",
                        owner(secret),
                        shown(&secret.id),
                        words(verbs)
                    )],
                }
            }
            Self::OtherVersion { handler, secret, stage, granted } if stage == driftless_model::stage::PREVIOUS => {
                vec![grant(handler, secret, granted, Verb::ReadPrevious, spec)]
            }
            Self::OtherVersion { .. } => vec!["read the secret without a staging label".to_owned()],
            Self::OtherRegion { secret, region, has_copy: true } => vec![
                "have the code ask the Region of the secret".to_owned(),
                format!(
                    "or add `read_from: {{ \"{region}\" }}` to `{}` in `{}`, {generate}; `read` and `describe` use it",
                    secret.id, spec.source
                ),
            ],
            Self::OtherRegion { .. } => vec!["have the code ask the Region of the secret".to_owned()],
            Self::NoSecret { close: Some(close) } => vec![format!("did you mean {}?", shown(close))],
            Self::NoSecret { close: None } => {
                vec![format!("declare a secret with that name in `{}` and grant it, {generate}", spec.source)]
            }
            Self::NoGrant { secret: None, verbs, .. } => {
                let lasting = verbs.iter().filter(|verb| !verb.is_temporary());
                let verbs: Vec<&str> = lasting.map(|verb| verb.name()).collect();
                vec![format!("grant `{}` on a secret in `{}`, {generate}", verbs.join("` or `"), spec.source)]
            }
            Self::NoVerb => {
                vec!["take the call out of the code, or give the role a policy outside the spec".to_owned()]
            }
            Self::OtherFunction { .. } | Self::OtherEnvironment { .. } | Self::OtherAccount => {
                vec!["have the code ask for a secret that its own role is granted".to_owned()]
            }
            Self::ExplicitDeny { .. } => vec!["see that policy: no grant of the spec overrides a denial".to_owned()],
            Self::NoKey { .. } => Vec::new(),
        }
    }
}

/// The grant with the verb that is missing, as a line of the spec.
fn grant(handler: &HandlerSpec, secret: &SecretSpec, granted: &[Verb], verb: Verb, spec: &Spec) -> String {
    let mut verbs = granted.to_vec();
    verbs.push(verb);
    verbs.sort_unstable();
    verbs.dedup();
    let names: Vec<&str> = verbs.iter().map(|verb| verb.name()).collect();
    let line = format!("`{}: {};`", secret.id, names.join(", "));
    let how = if granted.is_empty() { format!("add {line} to") } else { format!("write {line} in") };
    let temporary = if verb.is_temporary() { "; it is temporary, and every report counts it" } else { "" };
    format!("{how} `{}` in `{}`, and: {} gen-infra{temporary}", handler.id, spec.source, program::name())
}

fn owner(secret: &SecretSpec) -> &'static str {
    match secret.owner {
        Owner::Terraform(_) => "Terraform",
        Owner::External => "somebody outside the spec",
        Owner::Runtime => "a handler",
        Owner::Rotation { .. } => "a rotation",
    }
}

fn words(verbs: &[Verb]) -> String {
    let mut verbs = verbs.to_vec();
    verbs.sort_unstable();
    verbs.dedup();
    quoted(&verbs.iter().map(|verb| verb.name()).collect::<Vec<_>>())
}

fn quoted<T: AsRef<str>>(names: &[T]) -> String {
    names.iter().map(|name| shown(name.as_ref())).collect::<Vec<_>>().join(", ")
}
