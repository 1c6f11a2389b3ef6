//! The documented reasons of Google's refusals, and the meaning and remedy of each.
//!
//! The HTTP status is not enough to interpret a refusal: a 403 can mean a missing consent, a limit, an administrator's
//! policy, or an API that is not enabled. docs/client.md contains this table.
//!
//! Sources: [Gmail's errors][gmail], [the errors of Google's APIs][global], [`google.api.ErrorReason`][info], [errors of
//! authorization][oauth], [RFC 6749, 5.2][rfc], and for `error_subtype` [Google's own library][library]. What Google does
//! not document is from reports of its users: the [descriptions][gam] of `invalid_grant`, messages about
//! [projects][project], and that [`Precondition check failed.`][precondition] often passes.
//!
//! [gmail]: https://developers.google.com/workspace/gmail/api/guides/handle-errors
//! [global]: https://developers.google.com/webmaster-tools/v1/errors
//! [info]: https://github.com/googleapis/googleapis/blob/master/google/api/error_reason.proto
//! [oauth]: https://developers.google.com/identity/protocols/oauth2/native-app#authorization-errors
//! [rfc]: https://www.rfc-editor.org/rfc/rfc6749#section-5.2
//! [library]: https://github.com/googleapis/google-auth-library-python/blob/main/google/oauth2/reauth.py
//! [gam]: https://github.com/GAM-team/GAM/issues/1171
//! [project]: https://github.com/googleapis/google-api-dotnet-client/issues/1602
//! [precondition]: https://github.com/googleapis/google-api-python-client/issues/2723

use super::meaning::Meaning;

/// Where an answer contains the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// In an API's answer: `error.details[].reason`, else `error.errors[].reason`, else `error.status`.
    Api,
    /// In an API's answer: a part of `error.message`, for reasons that have many causes.
    Message,
    /// In the token endpoint's answer: `error`.
    Token,
    /// In the token endpoint's answer: `error_subtype`, next to `invalid_grant`.
    Subtype,
    /// In the token endpoint's answer: a part of `error_description`, next to `invalid_grant`.
    Description,
}

/// One or more reasons with the same meaning.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Reason {
    /// Where the answer contains the reason.
    pub place: Place,
    /// The reasons, as Google writes them.
    pub words: &'static [&'static str],
    /// Their meaning.
    pub meaning: Meaning,
    /// How to fix the cause, for the logs.
    pub remedy: &'static str,
}

const fn row(place: Place, words: &'static [&'static str], meaning: Meaning, remedy: &'static str) -> Reason {
    Reason { place, words, meaning, remedy }
}

/// Remedies that several rows share.
mod remedy {
    pub(super) const CONSENT: &str = "ask for consent with the scope that is missing";
    pub(super) const SIGN_IN: &str =
        "ask the user to connect again; an administrator who lets sessions end can trust the app";
    pub(super) const ACCOUNT: &str =
        "the user connects another account, or the administrator turns Gmail on for this one";
    pub(super) const POLICY: &str =
        "the administrator trusts the app in the Google Admin console, under Security, API controls";
    pub(super) const QUOTA: &str = "ask for a higher quota in the Google Cloud project";
    pub(super) const CLIENT: &str = "see whether the client id is that of the iOS app";
    pub(super) const PROJECT: &str =
        "see to the state of the Google Cloud project: billing, suspension, restrictions, whether the API is enabled";
    pub(super) const REQUEST: &str = "the request is not what Google documents; update this library";
    pub(super) const UNKNOWN: &str = "this reason is not known here; look it up in Google's documentation";
}

/// The reasons that Google documents. A refusal with any other reason is judged by its status: a 403, and every refusal
/// of a refresh, is [`Meaning::Project`], so that the operator notices it.
pub const REASONS: &[Reason] = &[
    row(
        Place::Message,
        &["Delegation denied"],
        Meaning::Project,
        "ask for the mailbox of the user whose token it is, as `me`",
    ),
    row(
        Place::Message,
        &["has not been used in project"],
        Meaning::Project,
        "enable the API in the Google Cloud project of the client id",
    ),
    row(
        Place::Message,
        &[
            "required permission to use project",
            "is not found and cannot be used for API calls",
            "Permission denied on resource project",
        ],
        Meaning::Project,
        remedy::PROJECT,
    ),
    row(Place::Message, &["Mail service not enabled"], Meaning::Account, remedy::ACCOUNT),
    row(Place::Message, &["The domain administrators have disabled"], Meaning::Policy, remedy::POLICY),
    row(
        Place::Api,
        &[
            "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            "insufficientPermissions",
            "insufficient_scope",
            "forbidden",
            "PERMISSION_DENIED",
        ],
        Meaning::Consent,
        remedy::CONSENT,
    ),
    row(
        Place::Api,
        &[
            "authError",
            "unauthorized",
            "invalidCredentials",
            "ACCESS_TOKEN_EXPIRED",
            "ACCESS_TOKEN_TYPE_UNSUPPORTED",
            "CREDENTIALS_MISSING",
            "UNAUTHENTICATED",
            "required",
            "expired",
            "lockedDomainExpired",
        ],
        Meaning::Token,
        "refresh the access token",
    ),
    row(
        Place::Api,
        &[
            "ACCOUNT_STATE_INVALID",
            "ACCOUNT_TYPE_UNSUPPORTED",
            "accountDeleted",
            "accountDisabled",
            "accountUnverified",
        ],
        Meaning::Account,
        remedy::ACCOUNT,
    ),
    row(Place::Api, &["failedPrecondition", "FAILED_PRECONDITION"], Meaning::Precondition, remedy::ACCOUNT),
    row(
        Place::Api,
        &[
            "domainPolicy",
            "USER_BLOCKED_BY_ADMIN",
            "ORG_RESTRICTION_VIOLATION",
            "SECURITY_POLICY_VIOLATED",
            "lockedDomainForbidden",
        ],
        Meaning::Policy,
        remedy::POLICY,
    ),
    row(
        Place::Api,
        &["accessNotConfigured", "SERVICE_DISABLED", "SERVICE_NOT_VISIBLE"],
        Meaning::Project,
        "enable the API in the Google Cloud project of the client id",
    ),
    row(
        Place::Api,
        &[
            "BILLING_DISABLED",
            "CONSUMER_INVALID",
            "CONSUMER_SUSPENDED",
            "USER_PROJECT_DENIED",
            "GCP_SUSPENDED",
            "RESOURCE_PROJECT_INVALID",
            "RESOURCE_USAGE_RESTRICTION_VIOLATED",
            "ENDPOINT_USAGE_RESTRICTION_VIOLATED",
            "LOCATION_POLICY_VIOLATED",
            "LOCATION_ORG_POLICY_VIOLATED",
            "LOCATION_TAX_POLICY_VIOLATED",
            "API_KEY_INVALID",
            "API_KEY_SERVICE_BLOCKED",
            "API_KEY_HTTP_REFERRER_BLOCKED",
            "API_KEY_IP_ADDRESS_BLOCKED",
            "API_KEY_ANDROID_APP_BLOCKED",
            "API_KEY_IOS_APP_BLOCKED",
            "keyInvalid",
            "keyExpired",
            "ipRefererBlocked",
        ],
        Meaning::Project,
        remedy::PROJECT,
    ),
    row(
        Place::Api,
        &[
            "sslRequired",
            "TLS_ORG_POLICY_VIOLATED",
            "TLS_CIPHER_RESTRICTION_VIOLATED",
            "SESSION_COOKIE_INVALID",
            "JWT_TOKEN_INVALID",
            "CREDENTIAL_TYPE_UNSUPPORTED",
            "OVERLOADED_CREDENTIALS",
            "SYSTEM_PARAMETER_UNSUPPORTED",
            "MISSING_ORIGIN",
            "insufficientAuthorizedParty",
            "insufficientAudience",
            "unknownAuth",
            "notImplemented",
            "unsupportedMethod",
            "UNIMPLEMENTED",
            "httpMethodNotAllowed",
        ],
        Meaning::Project,
        remedy::REQUEST,
    ),
    row(
        Place::Api,
        &[
            "dailyLimitExceeded",
            "dailyLimitExceededUnreg",
            "quotaExceeded",
            "limitExceeded",
            "variableTermLimitExceeded",
            "variableTermExpiredDailyExceeded",
            "dailyLimitExceeded402",
            "quotaExceeded402",
            "user402",
            "RESOURCE_QUOTA_EXCEEDED",
        ],
        Meaning::DailyLimit,
        remedy::QUOTA,
    ),
    row(
        Place::Api,
        &[
            "rateLimitExceeded",
            "userRateLimitExceeded",
            "rateLimitExceededUnreg",
            "userRateLimitExceededUnreg",
            "concurrentLimitExceeded",
            "servingLimitExceeded",
            "RATE_LIMIT_EXCEEDED",
            "RESOURCE_EXHAUSTED",
        ],
        Meaning::RateLimit,
        "ask less often",
    ),
    row(
        Place::Api,
        &[
            "backendError",
            "backendNotConnected",
            "internalError",
            "notReady",
            "UNAVAILABLE",
            "INTERNAL",
            "DEADLINE_EXCEEDED",
            "ABORTED",
            "CANCELLED",
            "UNKNOWN",
            "DATA_LOSS",
        ],
        Meaning::Unavailable,
        "none is needed",
    ),
    row(
        Place::Api,
        &[
            "invalidPageToken",
            "invalidArgument",
            "INVALID_ARGUMENT",
            "badRequest",
            "invalid",
            "invalidParameter",
            "invalidQuery",
            "invalidHeader",
            "invalidAltValue",
            "OUT_OF_RANGE",
            "parseError",
            "unknownApi",
            "badContent",
            "badBinaryDomainRequest",
            "badLockedDomainRequest",
            "lockedDomainCreationFailed",
            "corsRequestWithXOrigin",
            "endpointConstraintMismatch",
            "notDownload",
            "notUpload",
            "tooManyParts",
            "unsupportedMediaProtocol",
            "unsupportedOutputFormat",
            "wrongUrlForUpload",
            "conflict",
            "duplicate",
            "ALREADY_EXISTS",
            "conditionNotMet",
            "preconditionRequired",
            "backendRequestTooLarge",
            "batchSizeTooLarge",
            "uploadTooLarge",
            "requestedRangeNotSatisfiable",
            "expectationFailed",
        ],
        Meaning::Request,
        "begin again without a page token",
    ),
    row(Place::Api, &["notFound", "deleted", "unsupportedProtocol", "NOT_FOUND"], Meaning::Missing, "none is needed"),
    row(Place::Api, &["responseTooLarge"], Meaning::Undocumented, "ask for less at once"),
    row(Place::Token, &["invalid_grant"], Meaning::Revoked, "ask the user to connect again"),
    row(
        Place::Description,
        &["Token has been expired or revoked", "Token has been revoked", "Bad Request"],
        Meaning::Revoked,
        "ask the user to connect again",
    ),
    // An administrator can restore or unlock such an account, whose refresh token may then be accepted again.
    row(
        Place::Description,
        &["Account has been deleted", "Account restricted", "Account has been disabled"],
        Meaning::Account,
        remedy::ACCOUNT,
    ),
    row(Place::Subtype, &["invalid_rapt", "rapt_required"], Meaning::SignIn, remedy::SIGN_IN),
    row(
        Place::Token,
        &[
            "invalid_rapt",
            "rapt_required",
            "access_denied",
            "consent_required",
            "interaction_required",
            "login_required",
        ],
        Meaning::SignIn,
        remedy::SIGN_IN,
    ),
    row(Place::Token, &["admin_policy_enforced", "policy_enforced"], Meaning::Policy, remedy::POLICY),
    // The request is always the same except for the client id. For one that is not of an iOS app, Google asks for a
    // `client_secret`; for an unreadable one, it says that it "could not determine client ID from request".
    row(Place::Token, &["invalid_client", "deleted_client", "invalid_request"], Meaning::Project, remedy::CLIENT),
    row(
        Place::Token,
        &["disabled_client", "restricted_client"],
        Meaning::Project,
        "see why the OAuth client is disabled in the Google Cloud project, and enable it",
    ),
    row(
        Place::Token,
        &["unauthorized_client"],
        Meaning::Project,
        "the refresh token was given to another client id; put that client id back, or ask the users to connect again",
    ),
    row(
        Place::Token,
        &["org_internal"],
        Meaning::Project,
        "the app admits accounts of one organisation only; set its user type to External, or connect such accounts",
    ),
    row(
        Place::Token,
        &["invalid_scope", "unsupported_grant_type", "redirect_uri_mismatch"],
        Meaning::Project,
        remedy::REQUEST,
    ),
    row(Place::Token, &["quota_exceeded"], Meaning::DailyLimit, remedy::QUOTA),
    row(Place::Token, &["rate_limit_exceeded", "slow_down"], Meaning::RateLimit, "ask less often"),
    row(
        Place::Token,
        &["internal_failure", "server_error", "temporarily_unavailable"],
        Meaning::Unavailable,
        "none is needed",
    ),
];

/// The meaning of a reason at a place.
pub(super) fn meaning(place: Place, word: &str) -> Option<Meaning> {
    let mut rows = REASONS.iter().filter(|row| row.place == place);
    let is_text = matches!(place, Place::Message | Place::Description);
    let text = if is_text { word.to_ascii_lowercase() } else { String::new() };
    let is_it = |known: &&str| if is_text { text.contains(&known.to_ascii_lowercase()) } else { word == *known };
    rows.find(|row| row.words.iter().any(is_it)).map(|row| row.meaning)
}

/// The remedy for a reason, at any place.
pub(super) fn remedy_of(word: &str) -> &'static str {
    let row = REASONS.iter().find(|row| row.words.contains(&word));
    row.map_or(remedy::UNKNOWN, |row| row.remedy)
}

/// The remedy for a refusal that the operator can fix. Its message can say more than its reason, which then belongs to
/// another meaning.
pub(super) fn remedy_of_operator(word: &str) -> &'static str {
    match REASONS.iter().find(|row| row.words.contains(&word)) {
        None => remedy::UNKNOWN,
        Some(row) if row.meaning == Meaning::Project => row.remedy,
        Some(row) if row.meaning == Meaning::Request => remedy::REQUEST,
        Some(_) => remedy::PROJECT,
    }
}

/// The remedy for an account that cannot be used.
pub(super) const ACCOUNT: &str = remedy::ACCOUNT;

/// A reason as it is shown. It comes from the network, so anything that is not a short word is replaced.
pub(super) fn plain(word: &str) -> String {
    let is_plain =
        (1..=64).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_plain { word.to_owned() } else { "an unknown error".to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Place, REASONS, meaning};
    use crate::google::Meaning;

    #[test]
    fn a_word_has_one_meaning_at_its_place_and_every_meaning_has_a_word() {
        let mut seen = BTreeSet::new();
        for row in REASONS {
            for word in row.words {
                assert!(seen.insert((format!("{:?}", row.place), *word)), "{word} stands twice");
                assert_eq!(meaning(row.place, word), Some(row.meaning), "{word}");
            }
        }
        for wanted in Meaning::ALL {
            assert!(REASONS.iter().any(|row| row.meaning == wanted), "{wanted:?}");
        }
        assert_eq!(meaning(Place::Api, "hush"), None);
    }
}
