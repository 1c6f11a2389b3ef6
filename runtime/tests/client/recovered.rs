//! Stored bundles that are not as the spec says: what other programs wrote, and what is damaged. None of them loses its
//! refresh token, whatever is done with it.

use paypulse_runtime::client::ErrorKind;
use paypulse_runtime::model::{Payload, Text};
use paypulse_runtime::oauth::{AccountChange, GoogleAccount, OauthTokens, TokenOperations};
use serde_json::{Map, Value, json};

use crate::shared::mark::hush;
use crate::shared::server::Server;
use crate::support::{USER, account, consent, fetching, refreshed, server, stored, storing, user};

const GMAIL: &str = "https://www.googleapis.com/auth/gmail.readonly";

/// Puts what need not carry the mark: a number as a text. The log is searched for what does.
pub fn put(server: &Server, value: impl Into<Text>) {
    (**server).put(USER, value);
}

/// A bundle of account `1` that is good until 11 o'clock, in the order in which the Python functions write it.
pub fn bundle() -> Map<String, Value> {
    let bundle = json!({
        "access_token": hush("a"), "expires_at": "2024-11-01T11:00:00.000000", "expires_in": 3600, "scope": GMAIL,
        "token_type": "Bearer", "created_at": "2024-11-01T10:00:00.000000", "refresh_token": hush("r"),
        "google_user_id": hush("1"), "google_email": "hush-1@gmail.com", "google_name": "hush",
        "google_verified_email": false, "note": { "by": ["hush", 1] },
    });
    let Value::Object(bundle) = bundle else { panic!("it is an object") };
    bundle
}

/// What the fields of real bundles hold, beside what the spec says.
fn variants() -> Vec<(&'static str, Value)> {
    let times = [
        "2024-11-01 11:00:00",
        "2024-11-01T11:00:00+0000",
        "2024-11-01T11:00",
        "2024-11-01T11:00:00Z",
        "2024-11-01 11:00:00.5 +00:00",
        "2024-11-01T13:00:00+02:00",
        "1730458800",
        "1730458800.25",
    ];
    let mut variants: Vec<(&str, Value)> = Vec::new();
    for time in times.into_iter().map(Value::from).chain([
        json!(1_730_458_800),
        json!(1_730_458_800_000_u64),
        json!(1_730_458_800.5),
    ]) {
        variants.extend(["expires_at", "created_at"].map(|field| (field, time.clone())));
    }
    for seconds in [
        json!(3598.5),
        json!(3600.0),
        json!("3599"),
        json!("3599.9"),
        json!(-3),
        json!(true),
        json!(1e300),
        json!([]),
        Value::Null,
    ] {
        variants.push(("expires_in", seconds));
    }
    for verified in [json!("true"), json!("False"), json!(1), json!("yes"), json!([])] {
        variants.push(("google_verified_email", verified));
    }
    for scope in [json!([GMAIL, "openid"]), Value::Null, json!(7), json!({}), json!([1])] {
        variants.push(("scope", scope));
    }
    for field in ["expires_at", "created_at", "access_token", "token_type", "google_email", "google_name"] {
        variants.extend(
            [Value::Null, json!("hush"), json!(7), json!([]), json!({ "hush": 1 }), json!(true)]
                .map(|value| (field, value)),
        );
    }
    variants
}

/// Each variant of one field, each field left out, and damaged texts.
fn stored_texts() -> Vec<String> {
    let mut texts = Vec::new();
    for (field, value) in variants() {
        let mut bundle = bundle();
        bundle.insert(field.to_owned(), value);
        texts.push(Value::Object(bundle).to_string());
    }
    for field in bundle().keys().filter(|field| !["refresh_token", "google_user_id"].contains(&field.as_str())) {
        let mut part = bundle();
        part.remove(field);
        texts.push(Value::Object(part).to_string());
    }
    let whole = Value::Object(bundle()).to_string();
    let cut = whole.find("\"scope\"").expect("it is there");
    texts.push(format!("\u{feff}{whole}"));
    texts.push(Value::from(whole.as_str()).to_string());
    texts.push(format!("{whole}, hush"));
    texts.push(whole[..cut].to_owned());
    texts.push(whole.replace('"', "'"));
    texts.push(whole.replace(":false", ":False"));
    // The bundle in a member of another document, also as a JSON text, and with other members.
    for member in [Value::Object(bundle()), Value::from(whole.as_str())] {
        texts.push(json!({ "gmail": member }).to_string());
        texts.push(json!({ "ARN": "hush", "SecretString": member, "CreatedDate": 1 }).to_string());
        texts.push(json!({ "a": { "b": member } }).to_string());
        texts.push(json!({ "refresh_token": null, "gmail": member }).to_string());
    }
    let in_a_text = json!({ "SecretString": whole }).to_string();
    texts.push(in_a_text[..in_a_text.find("scope").expect("it is there")].to_owned());
    texts
}

/// Read without the code under test.
pub fn refresh_token_of(stored: &str) -> Option<String> {
    let value: Value = serde_json::from_str(stored).expect("what is written is JSON");
    value["refresh_token"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn no_bundle_loses_its_refresh_token_and_the_next_write_is_of_the_documented_form() {
    let texts = stored_texts();
    assert!(texts.len() > 90, "{}", texts.len());
    let schema = OauthTokens::spec().schema.expect("a JSON payload has a schema");
    for text in texts {
        let server = server();
        put(&server, text.clone());
        let record = fetching(&server).get_tokens(&user()).await.unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(record.refresh_token().is_ok(), "{text}");
        // A refresh, with and without what was read.
        for basis in [Some(&record), None] {
            put(&server, text.clone());
            fetching(&server).update_tokens(&user(), basis, refreshed("b")).await.expect(&text);
            let written = server.value(USER).expect("it is there");
            assert_eq!(refresh_token_of(&written), Some(hush("r")), "{text}");
            let normal: Value = serde_json::from_str(&written).expect("it is JSON");
            assert!(normal["expires_in"].is_u64() && normal["expires_at"] == "2024-11-01T11:00:00.000000", "{normal}");
            for required in schema["required"].as_array().expect("a list") {
                assert!(!normal[required.as_str().expect("a name")].is_null(), "{required}: {normal}");
            }
        }
        // A consent of the same account that brings none.
        put(&server, text.clone());
        let after = storing(&server).store_tokens(&user(), consent("c", None, account("1"))).await.expect(&text);
        assert_eq!(
            (after.change, refresh_token_of(&server.value(USER).expect("it is there"))),
            (AccountChange::SameAccount, Some(hush("r"))),
            "{text}"
        );
        // One of another account never takes it over.
        put(&server, text.clone());
        storing(&server).store_tokens(&user(), consent("c", None, account("2"))).await.expect(&text);
        assert_eq!(refresh_token_of(&server.value(USER).expect("it is there")), None, "{text}");
    }
}

#[tokio::test]
async fn what_can_be_read_of_a_bundle_is_read() {
    for (field, value, expected) in [
        ("expires_in", json!(3598.5), json!(3598)),
        ("expires_in", json!("3599"), json!(3599)),
        ("expires_in", json!(-3), json!(0)),
        ("expires_at", json!("2024-11-01 11:00:00"), json!("2024-11-01T11:00:00.000000")),
        ("expires_at", json!(1_730_458_800), json!("2024-11-01T11:00:00.000000")),
        ("google_verified_email", json!("true"), json!(true)),
        ("google_user_id", json!(110_169_484_474_386_276_334_u128.to_string()), json!("110169484474386276334")),
        ("scope", json!(["a", "b"]), json!("a b")),
        ("scope", Value::Null, json!(GMAIL)),
        ("expires_at", Value::Null, json!("1970-01-01T00:00:00.000000")),
        ("expires_at", json!("hush"), json!("1970-01-01T00:00:00.000000")),
        ("access_token", Value::Null, json!("")),
        ("token_type", Value::Null, json!("Bearer")),
        ("created_at", Value::Null, json!("2024-11-01T11:00:00.000000")),
        ("note", json!([1]), json!([1])),
    ] {
        let mut bundle = bundle();
        bundle.insert(field.to_owned(), value.clone());
        // So that the lenient reader is asked.
        bundle.insert("google_name".to_owned(), json!(7));
        let tokens = OauthTokens::parse(&Value::Object(bundle).to_string()).expect("it can be read");
        let written: Value = serde_json::from_str(&tokens.to_stored().expect("it can be written")).expect("it is JSON");
        assert_eq!(written[field], expected, "{field}: {value}");
    }
    // A number with more digits than a floating-point number keeps.
    let text = Value::Object(bundle()).to_string().replace("\"hush-1\"", "110169484474386276334");
    let tokens = OauthTokens::parse(&text).expect("it can be read");
    assert_eq!(tokens.account.user_id.as_deref(), Some("110169484474386276334"));
}

/// Nobody is locked out who could still use the access token.
#[test]
fn without_a_refresh_token_an_end_that_is_missing_is_that_of_the_first_token() {
    let mut bundle = bundle();
    bundle.remove("refresh_token");
    bundle.remove("expires_at");
    let tokens = OauthTokens::parse(&Value::Object(bundle).to_string()).expect("it can be read");
    assert_eq!(tokens.expires_at.to_string(), "2024-11-01T11:00:00.000000");
}

/// Without an access token there is none that is good, whatever the times say.
#[tokio::test]
async fn a_bundle_without_an_access_token_is_expired() {
    let mut bundle = bundle();
    bundle.remove("access_token");
    let server = server();
    put(&server, Value::Object(bundle).to_string());
    let record = fetching(&server).get_tokens(&user()).await.expect("it has a refresh token");
    assert!(record.is_expired && record.tokens.access_token.is_empty());
}

/// What signup stored until the end of August 2025: an address and an app password.
#[tokio::test]
async fn err_an_app_password_of_before_is_no_bundle_and_a_consent_replaces_it() {
    let before = r#"{"GMAIL_USER":"hush-1@gmail.com","GMAIL_PASSWORD":"hush","GMAIL_IMAP_URL":"imap.gmail.com"}"#;
    for value in
        [before, "{}", "hush", r#"{"refresh_token":""}"#, r#"{"refresh_token":7}"#, r#"{"access_token":"hush"}"#]
    {
        let server = server();
        put(&server, value);
        let error = fetching(&server).get_tokens(&user()).await.expect_err(value);
        assert_eq!(error.kind(), ErrorKind::InvalidPayload);
        let after =
            storing(&server).store_tokens(&user(), consent("a", Some("r"), account("1"))).await.expect("stored");
        assert_eq!(after.change, AccountChange::Unknown);
        assert!(!server.value(USER).expect("it is there").contains("GMAIL_PASSWORD"));
    }
}

/// What the Python functions store: `google_user_id` and `google_verified_email` are never known.
fn python(email: &str) -> String {
    let mut bundle = bundle();
    bundle.insert("google_user_id".to_owned(), json!(""));
    bundle.insert("google_email".to_owned(), json!(email));
    Value::Object(bundle).to_string()
}

#[tokio::test]
async fn where_no_id_is_stored_the_verified_address_decides() {
    let now = |email: &str, verified| GoogleAccount {
        user_id: Some(hush("1")),
        email: Some(email.to_owned()),
        name: None,
        verified_email: verified,
    };
    let (same, other, unknown) = (AccountChange::SameAccount, AccountChange::Switched, AccountChange::Unknown);
    for (stored_email, new, change) in [
        ("hush-1@gmail.com", now("hush-1@gmail.com", Some(true)), same),
        ("Hush-1@Gmail.com", now("hush-1@gmail.com", Some(true)), same),
        ("hush-1@gmail.com", now("hush-1@gmail.com", Some(false)), unknown),
        ("hush-1@gmail.com", now("hush-1@gmail.com", None), unknown),
        ("hush-2@gmail.com", now("hush-1@gmail.com", Some(true)), other),
        // Outside gmail.com a dot makes another person of it.
        ("hus.h-1@gmail.com", now("hush-1@gmail.com", Some(true)), other),
        ("", now("", Some(true)), unknown),
        ("", now("hush-1@gmail.com", Some(true)), unknown),
        ("hush-1@gmail.com", GoogleAccount::default(), unknown),
    ] {
        let server = server();
        put(&server, python(stored_email));
        let after = storing(&server).store_tokens(&user(), consent("b", None, new)).await.expect("it is stored");
        let kept = stored(&server).refresh_token.is_some();
        assert_eq!((after.change, kept), (change, change == same), "{stored_email}");
    }
}

/// Two ids decide by themselves: an address can be given to another account.
#[tokio::test]
async fn where_an_id_is_stored_no_address_decides() {
    let server = server();
    storing(&server).store_tokens(&user(), consent("a", Some("r"), account("1"))).await.expect("it is stored");
    let reused = GoogleAccount { user_id: Some(hush("2")), ..account("1") };
    let after = storing(&server).store_tokens(&user(), consent("b", None, reused)).await.expect("it is stored");
    assert_eq!((after.change, stored(&server).refresh_token), (AccountChange::Switched, None));
}

/// After a consent to Gmail alone, Google tells only the address.
#[tokio::test]
async fn where_google_tells_no_id_the_verified_address_decides() {
    for (email, verified, change) in [
        ("hush-1@gmail.com", Some(true), AccountChange::SameAccount),
        ("hush-1@GMAIL.com", Some(true), AccountChange::SameAccount),
        ("hush-1@gmail.com", None, AccountChange::Unknown),
        ("hush-2@gmail.com", Some(true), AccountChange::Switched),
    ] {
        let server = server();
        storing(&server).store_tokens(&user(), consent("a", Some("r"), account("1"))).await.expect("it is stored");
        let now = GoogleAccount { email: Some(email.to_owned()), verified_email: verified, ..GoogleAccount::default() };
        let after = storing(&server).store_tokens(&user(), consent("b", None, now)).await.expect("it is stored");
        let kept = stored(&server).refresh_token.is_some();
        assert_eq!((after.change, kept), (change, change == AccountChange::SameAccount), "{email} {verified:?}");
    }
}
