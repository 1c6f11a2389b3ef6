//! Every reason that Google documents, with the status that it is documented with, and whose turn it is: a reason that the table
//! does not have is a decision here.
//!
//! Sources: [the errors of Google's APIs](https://developers.google.com/webmaster-tools/v1/errors),
//! [`google.api.ErrorReason`](https://github.com/googleapis/googleapis/blob/master/google/api/error_reason.proto),
//! [`google.rpc.Code`](https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto).

use paypulse_runtime::google::Meaning::{
    self, Account, Consent, DailyLimit, Missing, Policy, Precondition, Project, RateLimit, Request, Token, Unavailable,
    Undocumented,
};
use serde::Deserialize;
use tokio::task::JoinSet;

use crate::playing::{Playing, Reply};

#[derive(Debug, Deserialize)]
struct Anything {}

/// The errors of Google's APIs.
const GLOBAL: &[(u16, Meaning, &[&str])] = &[
    (
        400,
        Request,
        &[
            "badRequest",
            "badBinaryDomainRequest",
            "badContent",
            "badLockedDomainRequest",
            "corsRequestWithXOrigin",
            "endpointConstraintMismatch",
            "invalid",
            "invalidAltValue",
            "invalidHeader",
            "invalidParameter",
            "invalidQuery",
            "lockedDomainCreationFailed",
            "notDownload",
            "notUpload",
            "parseError",
            "required",
            "tooManyParts",
            "unknownApi",
            "unsupportedMediaProtocol",
            "unsupportedOutputFormat",
            "wrongUrlForUpload",
        ],
    ),
    (400, Project, &["keyExpired", "keyInvalid"]),
    (401, Token, &["unauthorized", "authError", "expired", "lockedDomainExpired", "required"]),
    (402, DailyLimit, &["dailyLimitExceeded402", "quotaExceeded402", "user402"]),
    (403, Consent, &["forbidden", "insufficientPermissions"]),
    (
        403,
        Project,
        &["accessNotConfigured", "sslRequired", "unknownAuth", "insufficientAudience", "insufficientAuthorizedParty"],
    ),
    (403, Account, &["accountDeleted", "accountDisabled", "accountUnverified"]),
    (403, Policy, &["domainPolicy", "lockedDomainForbidden"]),
    (
        403,
        DailyLimit,
        &[
            "dailyLimitExceeded",
            "dailyLimitExceededUnreg",
            "limitExceeded",
            "quotaExceeded",
            "variableTermExpiredDailyExceeded",
            "variableTermLimitExceeded",
        ],
    ),
    (
        403,
        RateLimit,
        &[
            "concurrentLimitExceeded",
            "rateLimitExceeded",
            "rateLimitExceededUnreg",
            "servingLimitExceeded",
            "userRateLimitExceeded",
            "userRateLimitExceededUnreg",
        ],
    ),
    // One message that is too large is left out of an ingest.
    (403, Undocumented, &["responseTooLarge"]),
    (404, Missing, &["notFound", "unsupportedProtocol"]),
    (405, Project, &["httpMethodNotAllowed"]),
    (409, Request, &["conflict", "duplicate"]),
    (410, Missing, &["deleted"]),
    (412, Request, &["conditionNotMet"]),
    (413, Request, &["backendRequestTooLarge", "batchSizeTooLarge", "uploadTooLarge"]),
    (416, Request, &["requestedRangeNotSatisfiable"]),
    (417, Request, &["expectationFailed"]),
    (428, Request, &["preconditionRequired"]),
    (429, RateLimit, &["rateLimitExceeded"]),
    (500, Unavailable, &["internalError"]),
    (501, Project, &["notImplemented", "unsupportedMethod"]),
    (503, Unavailable, &["backendError", "backendNotConnected", "notReady"]),
];

/// `google.api.ErrorReason`.
const ERROR_REASON: &[(u16, Meaning, &[&str])] = &[
    (
        403,
        Project,
        &[
            "SERVICE_DISABLED",
            "BILLING_DISABLED",
            "API_KEY_SERVICE_BLOCKED",
            "API_KEY_HTTP_REFERRER_BLOCKED",
            "API_KEY_IP_ADDRESS_BLOCKED",
            "API_KEY_ANDROID_APP_BLOCKED",
            "API_KEY_IOS_APP_BLOCKED",
            "LOCATION_TAX_POLICY_VIOLATED",
            "LOCATION_ORG_POLICY_VIOLATED",
            "LOCATION_POLICY_VIOLATED",
            "USER_PROJECT_DENIED",
            "CONSUMER_SUSPENDED",
            "CONSUMER_INVALID",
            "RESOURCE_PROJECT_INVALID",
            "RESOURCE_USAGE_RESTRICTION_VIOLATED",
            "ENDPOINT_USAGE_RESTRICTION_VIOLATED",
            "TLS_ORG_POLICY_VIOLATED",
            "TLS_CIPHER_RESTRICTION_VIOLATED",
            "GCP_SUSPENDED",
            "SERVICE_NOT_VISIBLE",
            "MISSING_ORIGIN",
        ],
    ),
    (400, Project, &["API_KEY_INVALID", "SYSTEM_PARAMETER_UNSUPPORTED", "OVERLOADED_CREDENTIALS"]),
    (401, Project, &["SESSION_COOKIE_INVALID", "JWT_TOKEN_INVALID", "CREDENTIAL_TYPE_UNSUPPORTED"]),
    (403, Policy, &["SECURITY_POLICY_VIOLATED", "USER_BLOCKED_BY_ADMIN", "ORG_RESTRICTION_VIOLATION"]),
    (429, RateLimit, &["RATE_LIMIT_EXCEEDED"]),
    (403, DailyLimit, &["RESOURCE_QUOTA_EXCEEDED"]),
    (403, Consent, &["ACCESS_TOKEN_SCOPE_INSUFFICIENT"]),
    (401, Token, &["ACCESS_TOKEN_EXPIRED", "ACCESS_TOKEN_TYPE_UNSUPPORTED", "CREDENTIALS_MISSING"]),
    (401, Account, &["ACCOUNT_STATE_INVALID", "ACCOUNT_TYPE_UNSUPPORTED"]),
];

/// `google.rpc.Code`, which an answer without any other reason has as its `status`.
const CODE: &[(u16, Meaning, &[&str])] = &[
    (499, Unavailable, &["CANCELLED"]),
    (500, Unavailable, &["UNKNOWN", "INTERNAL", "DATA_LOSS"]),
    (400, Request, &["INVALID_ARGUMENT", "OUT_OF_RANGE"]),
    (400, Precondition, &["FAILED_PRECONDITION"]),
    (504, Unavailable, &["DEADLINE_EXCEEDED"]),
    (404, Missing, &["NOT_FOUND"]),
    (409, Request, &["ALREADY_EXISTS"]),
    (409, Unavailable, &["ABORTED"]),
    (403, Consent, &["PERMISSION_DENIED"]),
    (401, Token, &["UNAUTHENTICATED"]),
    (429, RateLimit, &["RESOURCE_EXHAUSTED"]),
    (501, Project, &["UNIMPLEMENTED"]),
    (503, Unavailable, &["UNAVAILABLE"]),
];

/// Writes an answer with a reason.
type Form = dyn Fn(&str) -> String;

#[tokio::test]
async fn each_documented_reason_has_the_meaning_that_was_decided() {
    let error = |reason: &str| format!(r#"{{"error":{{"errors":[{{"reason":"{reason}"}}],"message":"hush"}}}}"#);
    let info = |reason: &str| format!(r#"{{"error":{{"details":[{{"reason":"{reason}"}}],"message":"hush"}}}}"#);
    let status = |reason: &str| format!(r#"{{"error":{{"status":"{reason}","message":"hush"}}}}"#);
    let forms: [(_, &Form); 3] = [(GLOBAL, &error), (ERROR_REASON, &info), (CODE, &status)];
    let mut asking = JoinSet::new();
    for (rows, form) in forms {
        for (status, meaning, reason) in rows
            .iter()
            .flat_map(|(status, meaning, reasons)| reasons.iter().map(move |reason| (*status, *meaning, *reason)))
        {
            let reply = Reply::json(status, &form(reason));
            asking.spawn(async move {
                let google = Playing::always(reply).await;
                let read = google.google().get::<Anything>(&google.url("/gmail"), &"ya29.hush".into()).await;
                let found = read.expect_err("it is refused").meaning();
                let expected_requests = if meaning.advice().repeat { 4 } else { 1 };
                assert_eq!((found, google.asked().len()), (meaning, expected_requests), "{status} {reason}");
            });
        }
    }
    let mut wrong = Vec::new();
    while let Some(result) = asking.join_next().await {
        wrong.extend(result.err().map(|error| error.to_string()));
    }
    assert_eq!(wrong, Vec::<String>::new());
}
