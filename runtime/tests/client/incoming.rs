//! Tokens that an app hands over.

use paypulse_runtime::client::ErrorKind;
use paypulse_runtime::model::{MAX_VALUE_BYTES, Text};
use paypulse_runtime::oauth::{GoogleAccount, IncomingTokens, IncomingTokensError, NewTokens, Scopes, TokenOperations};

use crate::shared::mark::told;
use crate::support::{USER, server, storing, user};

const GMAIL: &str = "https://www.googleapis.com/auth/gmail.readonly";

fn incoming() -> IncomingTokens {
    IncomingTokens {
        access_token: "ya29.hush-_~+/=".into(),
        refresh_token: Some("1//0hush".into()),
        expires_in: 3599,
        scope: GMAIL.into(),
    }
}

fn validated(incoming: IncomingTokens) -> Result<NewTokens, IncomingTokensError> {
    incoming.validated(GoogleAccount::default(), &[GMAIL])
}

fn error(incoming: IncomingTokens) -> IncomingTokensError {
    let error = validated(incoming).expect_err("it is refused");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    told(&error);
    error
}

#[test]
fn what_google_gives_is_taken_as_it_is() {
    let new = validated(incoming()).expect("it is good");
    assert_eq!(new.access_token.expose(), "ya29.hush-_~+/=");
    assert_eq!(new.refresh_token.as_ref().map(Text::expose), Some("1//0hush"));
    assert_eq!((new.expires_in, new.scope.as_str()), (3599, GMAIL));
}

#[test]
fn a_token_is_some_visible_characters() {
    let access_token = |token: &str| error(IncomingTokens { access_token: token.into(), ..incoming() });
    let refresh_token = |token: &str| error(IncomingTokens { refresh_token: Some(token.into()), ..incoming() });
    assert_eq!(access_token(""), IncomingTokensError::Empty { field: "access_token" });
    for (token, at) in [("hush hush", 4), ("hush\n", 4), (" hush", 0), ("hush\u{7f}", 4), ("hüsh", 1), ("hush\u{0}", 4)]
    {
        assert_eq!(access_token(token), IncomingTokensError::Character { field: "access_token", at }, "{token:?}");
        assert_eq!(refresh_token(token), IncomingTokensError::Character { field: "refresh_token", at }, "{token:?}");
    }
    assert_eq!(
        access_token(&"h".repeat(8193)),
        IncomingTokensError::TooLong { field: "access_token", bytes: 8193, max: 8192 }
    );
    assert_eq!(
        refresh_token(&"h".repeat(2049)),
        IncomingTokensError::TooLong { field: "refresh_token", bytes: 2049, max: 2048 }
    );
}

#[test]
fn an_empty_refresh_token_is_none() {
    for refresh_token in [None, Some("".into())] {
        let new = validated(IncomingTokens { refresh_token, ..incoming() }).expect("it is good");
        assert_eq!(new.refresh_token, None);
    }
}

#[test]
fn a_lifetime_is_between_a_second_and_a_day() {
    for seconds in [1, 3600, 86_400] {
        assert!(validated(IncomingTokens { expires_in: seconds, ..incoming() }).is_ok(), "{seconds}");
    }
    for seconds in [0, 86_401, u64::MAX] {
        assert_eq!(
            error(IncomingTokens { expires_in: seconds, ..incoming() }),
            IncomingTokensError::Lifetime { seconds }
        );
    }
}

#[test]
fn scopes_come_as_a_list_or_as_words_and_stand_once() {
    let list = |words: &[&str]| Scopes::from(words.iter().map(ToString::to_string).collect::<Vec<_>>());
    for scope in [
        Scopes::from(format!("openid {GMAIL} openid").as_str()),
        Scopes::from(format!("  openid\t{GMAIL}\n").as_str()),
        list(&["openid", GMAIL, "openid"]),
        list(&[&format!("openid {GMAIL}"), "", " openid "]),
    ] {
        let new = validated(IncomingTokens { scope: scope.clone(), ..incoming() }).expect("it is good");
        assert_eq!(new.scope, format!("openid {GMAIL}"), "{scope:?}");
    }
    let read: Scopes = serde_json::from_str(r#"["openid","email"]"#).expect("a list");
    assert_eq!(read, list(&["openid", "email"]));
    let read: Scopes = serde_json::from_str(r#""openid email""#).expect("words");
    assert_eq!(read, Scopes::from("openid email"));
}

#[test]
fn a_consent_without_what_is_required_is_refused() {
    let missing = IncomingTokensError::MissingScope { scope: GMAIL.into() };
    for scope in ["", "openid", "https://www.googleapis.com/auth/gmail.readonly.not"] {
        assert_eq!(error(IncomingTokens { scope: scope.into(), ..incoming() }), missing, "{scope}");
    }
    let nothing = IncomingTokens { scope: "".into(), ..incoming() }.validated(GoogleAccount::default(), &[]);
    assert_eq!(nothing.map(|tokens| tokens.scope).as_deref(), Ok(""), "nothing is required");
}

#[test]
fn a_scope_is_of_the_characters_that_scopes_have() {
    for wrong in ["hush\"", "hush\\", "hüsh", "hush\u{7f}"] {
        let found = error(IncomingTokens { scope: format!("{GMAIL} {wrong}").as_str().into(), ..incoming() });
        assert!(matches!(found, IncomingTokensError::Character { field: "scope", .. }), "{wrong:?}: {found:?}");
    }
    let long = error(IncomingTokens { scope: "a ".repeat(5000).as_str().into(), ..incoming() });
    assert!(matches!(long, IncomingTokensError::TooLong { field: "scope", .. }), "{long:?}");
}

#[test]
fn an_account_has_its_limits_too() {
    for (field, max) in [("google_user_id", 255), ("google_email", 1024), ("google_name", 1024)] {
        let text = |name| (name == field).then(|| "h".repeat(max + 1));
        let (user_id, email, name) = (text("google_user_id"), text("google_email"), text("google_name"));
        let account = GoogleAccount { user_id, email, name, verified_email: None };
        let found = incoming().validated(account, &[]).map(drop);
        assert_eq!(found, Err(IncomingTokensError::TooLong { field, bytes: max + 1, max }));
    }
}

/// The limits together keep a bundle below what Secrets Manager stores, even where each character is escaped.
#[tokio::test]
async fn the_largest_tokens_that_are_taken_can_be_stored() {
    let worst = |length: usize| "\u{1}".repeat(length);
    let account = GoogleAccount {
        user_id: Some(worst(255)),
        email: Some(worst(1024)),
        name: Some(worst(1024)),
        verified_email: Some(false),
    };
    let largest = IncomingTokens {
        access_token: "\"".repeat(8192).into(),
        refresh_token: Some("\\".repeat(2048).into()),
        expires_in: 86_400,
        scope: "a".repeat(8191).as_str().into(),
    };
    let server = server();
    let new = largest.validated(account, &[]).expect("each is within its limit");
    storing(&server).store_tokens(&user(), new).await.expect("it is stored");
    let bytes = server.value(USER).expect("it is there").len();
    assert!((40_000..MAX_VALUE_BYTES).contains(&bytes), "{bytes}");
}
