//! Every error message of the client, the payloads and the tokens, word for word.

use std::error::Error as _;
use std::fmt::Write as _;

use insta::assert_snapshot;
use paypulse_runtime::client::{ConfigError, Error, Operation, RotationError, RotationEventError, RotationStep};
use paypulse_runtime::google::{GoogleConfigError, GoogleError, RefreshError};
use paypulse_runtime::model::{FormError, KeyError, PayloadError, Verb};
use paypulse_runtime::oauth::{IncomingTokensError, TimestampError, TokenError};

/// One line an error: its kind and message, with the cause after a colon.
fn shown(errors: impl IntoIterator<Item = (String, Box<dyn std::error::Error>)>) -> String {
    let mut text = String::new();
    for (kind, error) in errors {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        writeln!(text, "{kind}: {error}{cause}").expect("a string takes any text");
    }
    text
}

fn at() -> Operation {
    Operation { handler: "fetch_invoices", verb: Verb::Update, secret: "GmailUserTokens", region: None }
}

#[test]
fn the_client() {
    let errors = [
        Error::NotFound { at: at() },
        Error::AccessDenied { at: at() },
        Error::Decryption { at: at() },
        Error::UnknownKey { at: at(), variable: "tokens_key_arn".into() },
        Error::UnknownPrefix { at: at(), variable: "name_prefix".into() },
        Error::Credentials { at: at() },
        Error::Throttled { at: at() },
        Error::PendingDeletion { at: at() },
        Error::Conflict { at: at(), rounds: 100 },
        Error::Stale { at: at(), reads: 7 },
        Error::InvalidPayload { at: at(), source: PayloadError::Binary },
        Error::TooLarge { at: at(), bytes: 65_537 },
        Error::Transport { at: at(), reason: "time-out", may_have_written: true },
        Error::Transport { at: at(), reason: "connect", may_have_written: false },
        Error::Transport { at: at(), reason: "credentials", may_have_written: false },
        Error::Unavailable { at: at(), code: "InternalServiceError".into(), may_have_written: true },
        Error::Service { at: at(), code: "LimitExceededException".into() },
    ];
    assert_snapshot!(shown(errors.map(|error| (error.kind().to_string(), error.into()))));
}

#[test]
fn the_rotation() {
    let (handler, verb, secret) = ("rotate-logins", Verb::Rotate, "DatabaseLogin");
    let at = Operation { handler, verb, secret, region: None };
    let errors = [
        RotationError::OtherSecret { at },
        RotationError::NotEnabled { at },
        RotationError::NotPending { at },
        RotationError::NothingPending { at, step: RotationStep::Set },
        RotationError::Unsettled { at, rounds: 5 },
        RotationError::Secrets(Error::AccessDenied { at }),
        RotationError::Step { at, step: RotationStep::Test, source: ConfigError::NoRegion },
    ];
    let events = [
        RotationEventError::TooLarge { bytes: 1 << 20 },
        RotationEventError::Malformed { line: 1, column: 7 },
        RotationEventError::Missing { field: "Step" },
        RotationEventError::UnknownStep,
        RotationEventError::NoArn,
        RotationEventError::Impossible { field: "ClientRequestToken" },
    ];
    let text = shown(errors.map(|error| (error.kind().to_string(), error.into())));
    assert_snapshot!(text + &shown(events.map(|error| ("event".to_owned(), error.into()))));
}

#[test]
fn the_tokens() {
    let errors = [
        TokenError::Secrets(Error::InvalidPayload { at: at(), source: PayloadError::Binary }),
        TokenError::ReconnectRequired,
        TokenError::EmptyAccessToken,
        TokenError::LifetimeOutOfRange { expires_in: u64::MAX },
    ];
    assert_snapshot!(shown(errors.map(|error| (error.kind().to_string(), error.into()))));
}

#[test]
fn tokens_from_outside() {
    let errors = [
        IncomingTokensError::Empty { field: "access_token" },
        IncomingTokensError::TooLong { field: "access_token", bytes: 8193, max: 8192 },
        IncomingTokensError::Character { field: "refresh_token", at: 4 },
        IncomingTokensError::Lifetime { seconds: 0 },
        IncomingTokensError::MissingScope { scope: "https://www.googleapis.com/auth/gmail.readonly".into() },
    ];
    assert_snapshot!(shown(errors.map(|error| (error.kind().to_string(), error.into()))));
}

#[test]
fn google() {
    let minute = Some(std::time::Duration::from_mins(1));
    let answers = [
        GoogleError::Configuration { code: "invalid_client".into() },
        GoogleError::Configuration { code: "accessNotConfigured".into() },
        GoogleError::Configuration { code: "something_new".into() },
        GoogleError::Policy { reason: "domainPolicy".into() },
        GoogleError::Configuration { code: "PERMISSION_DENIED".into() },
        GoogleError::Configuration { code: "badRequest".into() },
        GoogleError::Account { reason: "failedPrecondition".into() },
        GoogleError::Account { reason: "invalid_grant".into() },
        GoogleError::Precondition { reason: "failedPrecondition".into() },
        GoogleError::SignIn { reason: "invalid_rapt".into() },
        GoogleError::DailyLimit { reason: "dailyLimitExceeded".into() },
        GoogleError::Request { reason: "invalidArgument".into() },
        GoogleError::ClientId,
        GoogleError::Unauthorized,
        GoogleError::Forbidden,
        GoogleError::NotFound,
        GoogleError::Endpoint,
        GoogleError::Throttled { retry_after: minute },
        GoogleError::Unavailable { status: 503, retry_after: None },
        GoogleError::Timeout,
        GoogleError::Connection,
        GoogleError::Answer { problem: "it is not a JSON object" },
    ];
    let refreshes = [
        RefreshError::Tokens(TokenError::ReconnectRequired),
        RefreshError::ReconnectRequired,
        RefreshError::Timeout,
        RefreshError::Unsettled { rounds: 4 },
    ];
    let refreshes = answers.into_iter().map(RefreshError::from).chain(refreshes);
    let refreshes = refreshes.map(|error| (error.kind().to_string(), error.into()));
    let set_up = [GoogleConfigError::NoRootCertificates, GoogleConfigError::Endpoint];
    let set_up = set_up.map(|error| ("error".to_owned(), error.into()));
    assert_snapshot!(shown(refreshes.chain(set_up)));
}

#[test]
fn payloads_keys_times_and_configuration() {
    let prefixes = |declared: &[&str]| declared.iter().map(|prefix| (*prefix).to_owned()).collect::<Vec<_>>();
    let errors: [Box<dyn std::error::Error>; 19] = [
        PayloadError::NotJson { line: 1, column: 2 }.into(),
        PayloadError::Truncated { line: 1, column: 2 }.into(),
        PayloadError::MissingField { field: "access_token".into() }.into(),
        PayloadError::Mismatch { path: "expires_at".into(), line: 1, column: 2 }.into(),
        PayloadError::Form(FormError::Pattern { pattern: "^[a-z]+$".into() }).into(),
        PayloadError::Form(FormError::TooShort { least: 8 }).into(),
        PayloadError::Form(FormError::TooLong { most: 64 }).into(),
        PayloadError::Binary.into(),
        PayloadError::Empty.into(),
        PayloadError::NotSerializable.into(),
        KeyError::Empty.into(),
        KeyError::TooLong(65).into(),
        KeyError::Character(3).into(),
        TimestampError.into(),
        ConfigError::NoRegion.into(),
        ConfigError::NoPrefix { variable: "NAME_PREFIX".into(), declared: prefixes(&["dev/", "prod/"]) }.into(),
        ConfigError::UnknownPrefix { found: "de v/".into(), declared: prefixes(&["dev/"]) }.into(),
        ConfigError::UnknownPrefix { found: "dev/".into(), declared: Vec::new() }.into(),
        paypulse_runtime::model::Template::parse("a b").expect_err("a space").into(),
    ];
    assert_snapshot!(shown(errors.map(|error| ("error".into(), error))));
}

#[test]
fn a_transparent_error_keeps_the_cause() {
    let error = TokenError::from(Error::InvalidPayload { at: at(), source: PayloadError::Binary });
    assert_eq!(error.source().map(ToString::to_string), Some(PayloadError::Binary.to_string()));
}
