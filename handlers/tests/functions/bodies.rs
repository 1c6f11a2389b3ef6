//! Each form in which the app sends tokens, and each fault of it.

use paypulse_handlers::contract::STORE_TOKENS;
use paypulse_handlers::local::events::HttpRequest;
use serde_json::{Value, json};

use crate::world::{GMAIL, SECRET, World, account, session};

const FORM: &str = "application/x-www-form-urlencoded";

fn form(body: impl Into<String>) -> HttpRequest {
    HttpRequest::post(&session(), FORM, body)
}

fn form_of(fields: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    form.finish()
}

/// Type, body, and the scope and lifetime that are stored of it.
fn good_bodies() -> Vec<(&'static str, String, String, u64)> {
    let access = account(1).access_token;
    let json = |more: Value| {
        let mut body = json!({ "access_token": access, "id_token": "hush.id", "nested": { "hush": [1, null] } });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body.to_string()
    };
    let two = format!("{GMAIL} openid");
    let fields = |more: &[(&str, &str)]| form_of(&[&[("access_token", access.as_str())], more].concat());
    vec![
        ("application/json", json(json!({ "scope": [GMAIL, "openid"], "expires_in": 3599 })), two.clone(), 3599),
        ("application/json; charset=utf-8", json(json!({ "scope": two, "expires_in": "1800" })), two.clone(), 1800),
        ("Application/JSON", json(json!({ "scope": [two], "refresh_token": null })), two.clone(), 3600),
        ("", json(json!({ "scope": GMAIL, "expires_in": null })), GMAIL.into(), 3600),
        // What iOS says of a body without a type.
        (FORM, json(json!({ "scope": GMAIL, "expires_in": 3598.75 })), GMAIL.into(), 3598),
        (FORM, format!("\u{feff}\n {}\r\n", json(json!({ "scope": GMAIL, "refresh_token": "" }))), GMAIL.into(), 3600),
        (FORM, fields(&[("scope", &two), ("expires_in", "3599"), ("extra", "hush")]), two.clone(), 3599),
        (FORM, fields(&[("scope", GMAIL), ("scope", "openid")]), two.clone(), 3600),
        ("", fields(&[("scope[]", GMAIL), ("scope[]", "openid"), ("expires_in", "")]), two.clone(), 3600),
        ("text/plain", fields(&[("scope", &format!("{GMAIL}  {GMAIL}\topenid"))]), two.clone(), 3600),
        // As PayPulse's documentation has it.
        (FORM, fields(&[("scope", &format!("{GMAIL},openid"))]), two.clone(), 3600),
        (FORM, fields(&[("scope", &format!("{GMAIL}, openid")), ("email", "hush@gmail.com")]), two.clone(), 3600),
        ("application/json", json(json!({ "scope": format!("{GMAIL},openid") })), two, 3600),
        // Absent, or another one that may cover it.
        (FORM, fields(&[]), String::new(), 3600),
        ("application/json", json(json!({ "scope": [] })), String::new(), 3600),
        ("application/json", json(json!({ "scope": null })), String::new(), 3600),
        (FORM, fields(&[("scope", "https://mail.google.com/")]), "https://mail.google.com/".into(), 3600),
        ("application/json", json(json!({ "scope": ["openid"] })), "openid".into(), 3600),
    ]
}

#[tokio::test]
async fn each_form_is_read_in_both_formats_with_and_without_base64() {
    let mut world = World::gmail_store_tokens().await;
    world.google.consent(&account(1));
    for (content_type, body, scope, expires_in) in good_bodies() {
        let request = HttpRequest::post(&session(), content_type, body);
        for (request, is_v1) in [
            (request.clone(), true),
            (request.clone().encoded(), true),
            (request.clone(), false),
            (request.encoded(), false),
        ] {
            let answer = if is_v1 { world.ask_v1(&request).await } else { world.ask(&request).await };
            assert_eq!(answer.status, 201, "{answer:?} to {request:?}");
            let stored = world.stored();
            assert_eq!((&stored["scope"], &stored["expires_in"]), (&json!(scope), &json!(expires_in)), "{request:?}");
            assert_eq!(stored["access_token"], json!(account(1).access_token));
        }
    }
}

/// `GmailAuthRequest` of the app, by Alamofire's `URLEncoding.default`, as the gateway hands it over.
#[tokio::test]
async fn the_app_s_own_form_is_stored() {
    let mut world = World::gmail_store_tokens().await;
    world.google.consent(&account(1));
    let body = form_of(&[
        ("access_token", &account(1).access_token),
        ("client_info[device]", "iPhone"),
        ("email", "hush1@gmail.com"),
        ("expires_in", "3600"),
        ("refresh_token", &account(1).refresh_token),
        ("scope[]", "openid"),
        ("scope[]", GMAIL),
        ("token_type", "Bearer"),
        ("username", "Jane"),
    ]);
    let request = HttpRequest::post(&session(), "application/x-www-form-urlencoded; charset=utf-8", body).encoded();
    let outcome = world.invoke(&request.of_route(&STORE_TOKENS)).await;
    let answer = world.answered(outcome);
    assert_eq!((answer.status, &answer.body["data"]["scope"]), (201, &json!(format!("openid {GMAIL}"))));
    assert_eq!(world.stored()["refresh_token"], json!(account(1).refresh_token));
    assert!(!world.end().contains("do not name the one"), "nothing is missing");
}

/// To refuse would have the user consent to the same again.
#[tokio::test]
async fn a_scope_that_is_absent_or_wider_is_only_warned_of() {
    for scope in ["", "https://mail.google.com/"] {
        let mut world = World::gmail_store_tokens().await;
        world.google.consent(&account(1));
        let fields = [("access_token", account(1).access_token), ("scope", scope.to_owned())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(world.ask(&form(form_of(&fields))).await.status, 201, "{scope}");
        let log = world.end();
        assert!(log.lines().any(|line| line.contains("WARN") && line.contains("do not name the one")), "{log}");
    }
}

/// Body, code and field. All else of a body is right.
fn bad_bodies() -> Vec<(String, &'static str, &'static str)> {
    let json = |more: Value| {
        let mut body = json!({ "access_token": "ya29.hush", "scope": GMAIL });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body.to_string()
    };
    let of_field = |field: &'static str, values: Vec<Value>| {
        values.into_iter().map(move |value| (json(json!({ field: value })), "invalid_field", field)).collect::<Vec<_>>()
    };
    let long = |bytes: usize| "hush".repeat(bytes / 4 + 1);
    let mut bad = Vec::new();
    bad.extend(of_field(
        "access_token",
        vec![
            json!(""),
            json!(null),
            json!(7),
            json!(["hush"]),
            json!({ "hush": 1 }),
            json!(true),
            json!("hush hush"),
            json!("hush\n"),
            json!("hüsh-hush"),
            json!("hush\u{0}"),
            json!(long(8192)),
        ],
    ));
    bad.extend(of_field("refresh_token", vec![json!(false), json!({}), json!("hush hush"), json!(long(2048))]));
    bad.extend(of_field(
        "expires_in",
        vec![
            json!(0),
            json!(-1),
            json!(86_401),
            json!(u64::MAX),
            json!(1e300),
            json!("hush"),
            json!("-5"),
            json!("NaN"),
            json!("inf"),
            json!([3600]),
            json!(true),
            json!({ "hush": 1 }),
        ],
    ));
    bad.extend(of_field(
        "scope",
        vec![
            json!(7),
            json!([1]),
            json!([GMAIL, null]),
            json!([["hush"]]),
            json!({ "hush": 1 }),
            json!(format!("{GMAIL} \"hush\"")),
            json!(format!("{GMAIL} {}", long(8192))),
        ],
    ));
    bad.extend([
        (json!({ "scope": GMAIL, "hush": 1 }).to_string(), "invalid_field", "access_token"),
        (
            format!(r#"{{"access_token":"hush","access_token":"hush2","scope":"{GMAIL}"}}"#),
            "invalid_field",
            "access_token",
        ),
        (format!("access_token=hush&access_token=hush2&scope={GMAIL}"), "invalid_field", "access_token"),
        (format!("access_token=hush&expires_in=hush&scope={GMAIL}"), "invalid_field", "expires_in"),
        (format!("access_token=hush%ff%00&scope={GMAIL}"), "invalid_field", "access_token"),
        ("hush".into(), "invalid_field", "access_token"),
        ("&&==&hush=%".into(), "invalid_field", "access_token"),
        (String::new(), "invalid_body", ""),
        (" \n ".into(), "invalid_body", ""),
        ("{".into(), "invalid_body", ""),
        (r#"{"access_token":"hush"#.into(), "invalid_body", ""),
        (r#"{"access_token":"hush"} {}"#.into(), "invalid_body", ""),
        (r#"["hush"]"#.into(), "invalid_body", ""),
        (r#""hush""#.into(), "invalid_body", ""),
        (format!(r#"{{"hush":{}"#, "[".repeat(60_000)), "invalid_body", ""),
        (format!(r#"{{"scope":{}"#, "[".repeat(60_000)), "invalid_body", ""),
    ]);
    bad
}

#[tokio::test]
async fn err_each_fault_is_a_400_that_names_the_field_and_never_its_value() {
    let mut world = World::gmail_store_tokens().await;
    for (body, code, field) in bad_bodies() {
        let answer = world.ask(&form(body.clone())).await;
        let shown = &body[..body.len().min(120)];
        assert_eq!((answer.status, answer.code(), answer.field()), (400, code, field), "{shown}: {answer:?}");
        let message = answer.body["error"]["message"].as_str().expect("a sentence");
        assert!(field.is_empty() || message.contains(field), "{message}");
        let app_code = if code == "invalid_body" { "INVALID_JSON" } else { "MISSING_FIELDS" };
        assert_eq!(answer.app_code(), app_code, "{shown}");
        for value in ["86401", "18446744073709551615", "-1"] {
            assert!(!message.contains(value), "{message}");
        }
    }
    assert_eq!((world.secrets.value(SECRET), world.asked()), (None, vec![]));
}

#[tokio::test]
async fn err_what_is_no_text_and_what_is_too_large_is_said() {
    let mut world = World::gmail_store_tokens().await;
    let mut event = form("").v1();
    for (body, is_base64, status, code) in [
        ("hush, not base64".to_owned(), true, 400, "invalid_body"),
        ("/////w==".to_owned(), true, 400, "invalid_body"),
        ("x".repeat(65_537), false, 413, "body_too_large"),
        ("eHh4".repeat(21_847), true, 413, "body_too_large"),
        // As much as Lambda takes.
        ("hush".repeat(1_400_000), false, 413, "body_too_large"),
    ] {
        event["body"] = body.into();
        event["isBase64Encoded"] = is_base64.into();
        let outcome = world.invoke(&event).await;
        let answer = world.answered(outcome);
        assert_eq!((answer.status, answer.code()), (status, code));
    }
    for content_type in ["multipart/form-data; boundary=hush", "application/xml", "image/png"] {
        let answer = world.ask(&HttpRequest::post(&session(), content_type, "hush")).await;
        assert_eq!((answer.status, answer.code()), (415, "unsupported_media_type"), "{content_type}");
    }
}
