//! Access control: identifies the caller of a request, and checks the spec's grants. [`refusal`](super::refusal)
//! contains the wording of a denial.

use std::collections::BTreeMap;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use driftless::model::stage::{CURRENT, PREVIOUS};
use driftless::model::{ApiCall, HandlerSpec, NamePattern, Spec, Verb, deployed_name};

use super::refusal::Refusal;

/// The access key id of the administrator, who may do everything. No handler can have it, because a function's name
/// cannot contain a colon.
pub(super) const ADMINISTRATOR: &str = "embedded:administrator";

/// The permissions of one handler.
type Grants = Vec<Grant>;

/// The calls that are allowed on the secrets that match a pattern, and which version of them may be read.
#[derive(Debug)]
pub(super) struct Grant {
    pattern: NamePattern,
    calls: Vec<ApiCall>,
    versions: Versions,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Versions {
    Any,
    /// The request names the label of the current version, or no version.
    Current,
    /// The request names the label of the previous version.
    Previous,
}

/// The version that a request names, as a policy condition sees it: what the request does not name is absent.
///
/// Source: [a maintainer of AWS's CLI](https://github.com/aws/aws-cli/issues/5031).
#[derive(Clone, Copy, Default)]
pub(super) struct Asked<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) stage: Option<&'a str>,
}

/// The secret that a call concerns.
pub(super) struct Resource {
    /// The secret's name as AWS evaluates it, with its suffix.
    pub(super) stored: String,
    /// The secret's name in a denial.
    pub(super) shown: String,
}

/// The rules of a server: none, or the grants of a spec.
#[derive(Debug)]
pub(super) enum Access {
    Unrestricted,
    /// The permissions by the deployed name of each handler.
    Granted(BTreeMap<String, Grants>),
}

impl Access {
    pub(super) fn enforcing(spec: &Spec) -> Self {
        let prefixes: Vec<&str> = match &spec.prefixes {
            None => vec![""],
            Some(prefixes) => prefixes.values.iter().map(String::as_str).collect(),
        };
        let callers = prefixes.iter().flat_map(|prefix| {
            let grants = |handler: &HandlerSpec| (deployed_name(prefix, &handler.name), grants(spec, handler, prefix));
            spec.handlers.iter().map(grants)
        });
        Self::Granted(callers.collect())
    }

    /// The rules in a Region of copies: those that are read there are, and nothing else is done with them.
    pub(super) fn of_copies(spec: &Spec, region: &str) -> Self {
        let mut spec = spec.clone();
        spec.secrets.retain(|secret| secret.options.read_from.iter().any(|read| read == region));
        let grants = spec.handlers.iter_mut().flat_map(|handler| &mut handler.grants);
        grants.for_each(|grant| grant.verbs.retain(|verb| verb.reads_copies()));
        Self::enforcing(&spec)
    }

    /// Checks one call. `on` is `None` for a call that concerns no secret.
    pub(super) fn check(
        &self,
        caller: Option<&str>,
        call: ApiCall,
        on: Option<&Resource>,
        asked: Asked<'_>,
    ) -> Result<(), Refusal> {
        let Self::Granted(handlers) = self else { return Ok(()) };
        let caller = caller.ok_or_else(Refusal::missing_authentication)?;
        let allowed = caller == ADMINISTRATOR
            || handlers.get(caller).is_some_and(|grants| {
                grants.iter().any(|grant| {
                    let is_on = on.is_none_or(|on| grant.pattern.matches(&on.stored));
                    is_on && grant.calls.contains(&call) && grant.versions.has(asked)
                })
            });
        let denied = || Refusal::access_denied(caller, call.name(), on.map(|on| on.shown.as_str()));
        if allowed { Ok(()) } else { Err(denied()) }
    }
}

impl Versions {
    fn of(verb: Verb, is_apart: bool) -> Self {
        match verb {
            Verb::ReadPrevious => Self::Previous,
            Verb::Rotate => Self::Any,
            _ if is_apart => Self::Current,
            _ => Self::Any,
        }
    }

    fn has(self, asked: Asked<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Current => asked.id.is_none() && asked.stage.is_none_or(|stage| stage == CURRENT),
            Self::Previous => asked.stage == Some(PREVIOUS),
        }
    }
}

/// The permissions of a handler in the environment of a prefix.
fn grants(spec: &Spec, handler: &HandlerSpec, prefix: &str) -> Grants {
    let apart = spec.with_versions_apart();
    let verbs = handler.grants.iter().flat_map(|grant| grant.verbs.iter().map(move |verb| (&grant.secret, *verb)));
    let grants = verbs.filter_map(|(id, verb)| {
        let secret = spec.secrets.iter().find(|secret| secret.id == *id)?;
        Some(Grant {
            pattern: NamePattern::of(&secret.name).under(secret.prefix(prefix)),
            calls: verb.api_calls().to_vec(),
            versions: Versions::of(verb, apart.contains(id.as_str())),
        })
    });
    grants.collect()
}

/// The access key id of a signed request. The signature itself is not verified, because there is no secret key to
/// verify it with.
///
/// Source: [elements of a signed request][sigv4].
///
/// [sigv4]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html
pub(super) fn caller(headers: &HeaderMap) -> Option<&str> {
    scope(headers, 4).filter(|key_id| !key_id.is_empty())
}

/// The region of a signed request.
pub(super) fn region(headers: &HeaderMap) -> Option<&str> {
    scope(headers, 2)
}

/// One part of the credential scope, counted from the end.
fn scope(headers: &HeaderMap, part: usize) -> Option<&str> {
    let authorization = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (_, credential) = authorization.split_once("Credential=")?;
    let scope = credential.split([',', ' ']).next()?;
    // <access key id>/<date>/<region>/<service>/aws4_request
    // A key id can contain slashes.
    scope.rsplitn(5, '/').nth(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caller_is_the_access_key_id() {
        let check = |header: &'static str, expected| {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, http::HeaderValue::from_static(header))]);
            assert_eq!(caller(&headers), expected, "{header}");
        };
        let scope = "AWS4-HMAC-SHA256 Credential=fetch_invoices/20260102/eu-west-1/secretsmanager/aws4_request, \
                     SignedHeaders=host, Signature=00";
        check(scope, Some("fetch_invoices"));
        check("AWS4-HMAC-SHA256 Credential=a/b/20260102/eu-west-1/secretsmanager/aws4_request", Some("a/b"));
        check("AWS4-HMAC-SHA256 Credential=/20260102/eu-west-1/secretsmanager/aws4_request", None);
        check("AWS4-HMAC-SHA256 Credential=short", None);
        check("Basic Zm9v", None);
    }
}
