//! Bundles in members of other documents and in binary values, and an update after another program wrote something
//! unreadable.

use paypulse_runtime::model::{Payload, Text};
use paypulse_runtime::oauth::{OauthTokens, TokenOperations};
use serde_json::{Value, json};

use crate::recovered::{bundle, put, refresh_token_of};
use crate::shared::mark::hush;
use crate::support::{USER, fetching, refreshed, server, stored, user};

/// Of several accounts in one document, none is chosen.
#[test]
fn err_members_with_different_refresh_tokens_are_no_bundle() {
    let one = json!({ "refresh_token": "hush-r", "google_email": "hush-1@gmail.com" });
    let two = json!({ "refresh_token": "hush-s" });
    assert!(OauthTokens::parse(&json!({ "a": one, "b": two }).to_string()).is_err());
    let same = OauthTokens::parse(&json!({ "a": one, "b": one, "note": 1 }).to_string()).expect("they agree");
    assert_eq!(same.refresh_token.as_ref().map(Text::expose), Some("hush-r"));
    assert!(same.to_stored().expect("it can be written").contains(r#""note":1"#));
    let deep = (0..10).fold(one, |inner, _| json!({ "a": inner }));
    assert!(OauthTokens::parse(&deep.to_string()).is_err());
}

/// Other programs use `SecretBinary` for text as well.
#[tokio::test]
async fn a_bundle_that_is_stored_as_binary_is_read_and_normalized() {
    let whole = Value::Object(bundle()).to_string();
    let damaged = whole.replace(":3600", ":\"3600\"");
    for text in [whole.clone(), damaged, format!("\u{feff}{whole}")] {
        let server = server();
        let binary = aws_sdk_secretsmanager::primitives::Blob::new(text.as_bytes());
        server.client().create_secret().name(USER).secret_binary(binary).send().await.expect("it can be created");
        let record = fetching(&server).get_tokens(&user()).await.expect("it is read");
        assert_eq!(record.refresh_token().map(Text::expose), Ok(hush("r").as_str()));
        fetching(&server).update_tokens(&user(), None, refreshed("b")).await.expect("it is updated");
        let written = server.value(USER).expect("it is written as a string");
        assert_eq!(refresh_token_of(&written), Some(hush("r")));
    }
}

/// Another program writes something unreadable between the read and the update.
#[tokio::test]
async fn an_update_over_what_cannot_be_read_keeps_the_tokens_that_were_read() {
    for between in ["hush", "{}", "null", r#"{"access_token":"hush"}"#] {
        let server = server();
        put(&server, Value::Object(bundle()).to_string());
        let record = fetching(&server).get_tokens(&user()).await.expect("it is read");
        put(&server, between);
        fetching(&server).update_tokens(&user(), Some(&record), refreshed("b")).await.expect("it is updated");
        let written = stored(&server);
        assert_eq!(written.refresh_token.as_ref().map(Text::expose), Some(hush("r").as_str()), "{between}");
        assert_eq!((written.access_token.expose(), &written.account), (hush("b").as_str(), &record.tokens.account));
    }
}
