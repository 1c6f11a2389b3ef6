//! Whose token it is.

use paypulse_runtime::client::ErrorKind;
use paypulse_runtime::google::GoogleError;
use paypulse_runtime::oauth::GoogleAccount;

use crate::playing::{Playing, Reply};
use crate::shared::mark::{debugged, told};

const NO_OBJECT: &str = "it is not a JSON object";

async fn asked(reply: Reply) -> Result<GoogleAccount, GoogleError> {
    let google = Playing::new([reply]).await;
    let account = google.google().user_info(&"ya29.hush".into()).await;
    assert_eq!(google.asked().len(), 1);
    account.inspect_err(|error| drop(told(error))).inspect(|account| drop(debugged(account)))
}

async fn check(body: &str, expected: Result<GoogleAccount, &'static str>) {
    let expected = expected.map_err(|problem| GoogleError::Answer { problem });
    assert_eq!(asked(Reply::json(200, body)).await, expected, "{body}");
}

fn account(id: &str, verified_email: Option<bool>) -> GoogleAccount {
    let email = verified_email.is_some().then(|| "hush@gmail.com".to_owned());
    GoogleAccount {
        user_id: Some(id.into()),
        name: email.as_ref().map(|_| "Jané \"J\" hush".to_owned()),
        email,
        verified_email,
    }
}

#[tokio::test]
async fn the_request_presents_the_token_and_nothing_else() {
    let google = Playing::new([Reply::json(200, r#"{"sub":"hush-1"}"#)]).await;
    google.google().user_info(&"ya29.hush".into()).await.expect("it is accepted");
    let [asked] = &google.asked()[..] else { panic!("one request") };
    assert_eq!((asked.line.as_str(), asked.body.as_str()), ("GET /oauth2/v3/userinfo", ""));
    assert_eq!(asked.header("authorization"), Some("Bearer ya29.hush"));
    assert_eq!(asked.header("accept"), Some("application/json"));
}

#[tokio::test]
async fn the_account_is_the_sub_of_version_3() {
    let body = r#"{"sub":"hush-110169484474386276334","name":"Jan\u00e9 \"J\" hush","given_name":"Jane","picture":"https://x/y",
        "email":"hush@gmail.com","email_verified":true,"hd":"example.com"}"#;
    check(body, Ok(account("hush-110169484474386276334", Some(true)))).await;
    check(r#"{"sub":"hush-1","id":"hush-2"}"#, Ok(account("hush-1", None))).await;
    check(r#"{"sub":"hush-1","email":null,"email_verified":null}"#, Ok(account("hush-1", None))).await;
}

#[tokio::test]
async fn a_verified_address_is_said_in_two_ways() {
    for (word, verified) in [
        ("true", true),
        ("false", false),
        ("\"true\"", true),
        ("\"false\"", false),
        ("\"True\"", true),
        ("\"FALSE\"", false),
        ("1", true),
        ("0", false),
        ("\"1\"", true),
    ] {
        let body = format!(
            r#"{{"sub":"hush-1","email":"hush@gmail.com","name":"Jan\u00e9 \"J\" hush","email_verified":{word}}}"#
        );
        check(&body, Ok(account("hush-1", Some(verified)))).await;
    }
    for wrong in ["2", "\"yes\"", "[]", "{}", "\"\""] {
        check(&format!(r#"{{"sub":"hush-1","email_verified":{wrong}}}"#), Ok(account("hush-1", None))).await;
    }
}

#[tokio::test]
async fn an_answer_of_version_2_is_told_by_its_id() {
    let of_version_2 = "it has an `id` and no `sub`, as versions 1 and 2 of the user info have";
    check(r#"{"id":"hush-110169484474386276334","email":"hush@gmail.com","verified_email":true}"#, Err(of_version_2))
        .await;
    check(r#"{"email":"hush@gmail.com"}"#, Err("it has no `sub`")).await;
}

#[tokio::test]
async fn a_sub_that_is_no_id_is_refused() {
    let long = "hush".repeat(64);
    for sub in ["", "hush b", "hüsh", r"hush\u0000", &long] {
        check(&format!(r#"{{"sub":"{sub}","email":"hush@gmail.com"}}"#), Err("its `sub` is not an id")).await;
    }
    check(r#"{"sub":17,"hush":0}"#, Err("it is not user info")).await;
    check(r#"{"sub":"hush-1","sub":"hush-2"}"#, Err("it is not user info")).await;
    check(r#"["hush"]"#, Err(NO_OBJECT)).await;
    check(r#"{"sub":"hush-1"} {}"#, Err(NO_OBJECT)).await;
}

#[tokio::test]
async fn a_token_that_google_does_not_accept_is_said() {
    let unauthorized =
        asked(Reply::json(401, r#"{"error":"invalid_request","error_description":"hush: Invalid Credentials"}"#)).await;
    assert_eq!(unauthorized, Err(GoogleError::Unauthorized));
    let forbidden =
        asked(Reply::json(403, r#"{"error":{"code":403,"status":"PERMISSION_DENIED","message":"hush"}}"#)).await;
    assert_eq!(forbidden, Err(GoogleError::Forbidden));
    assert_eq!(GoogleError::Unauthorized.kind(), ErrorKind::Unauthorized);
    let unusual = asked(Reply::json(404, "{}")).await;
    assert!(matches!(unusual, Err(GoogleError::Answer { .. })), "{unusual:?}");
}

#[tokio::test]
async fn what_is_no_token_is_not_sent() {
    let google = Playing::new([]).await;
    for token in ["", "hush b", "hush\r\nX-Other: hush", "hüsh"] {
        assert_eq!(google.google().user_info(&token.into()).await, Err(GoogleError::Unauthorized), "{token:?}");
    }
    assert_eq!(google.asked(), []);
}

#[tokio::test]
async fn what_passes_is_asked_again() {
    let google =
        Playing::new([Reply::json(503, "{}"), Reply::hang_up(), Reply::json(200, r#"{"sub":"hush-1"}"#)]).await;
    assert_eq!(google.google().user_info(&"ya29.hush".into()).await, Ok(account("hush-1", None)));
    assert_eq!(google.asked().len(), 3);
}
