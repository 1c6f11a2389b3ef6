//! A read at one of Google's APIs: which request, and what the answers mean.

use paypulse_runtime::client::ErrorKind;
use paypulse_runtime::google::GoogleError;
use serde::Deserialize;

use crate::playing::{Asked, Playing, Reply};
use crate::shared::mark::{debugged, told};

#[derive(Debug, PartialEq, Deserialize)]
struct Profile {
    email: String,
}

async fn read(reply: Reply) -> (Result<Profile, GoogleError>, Vec<Asked>) {
    let google = Playing::new([reply.clone(), reply.clone(), reply.clone(), reply]).await;
    let read = google.google().get(&google.url("/v1/profile?fields=hush"), &"ya29.hush".into()).await;
    (read.inspect_err(|error| drop(told(error))), google.asked())
}

#[track_caller]
fn refused(reason: &str) -> String {
    format!(r#"{{"error":{{"errors":[{{"domain":"global","reason":"{reason}","message":"hush"}}],"code":403}}}}"#)
}

#[tokio::test]
async fn the_answer_is_what_the_caller_asks_for() {
    let (profile, asked) = read(Reply::json(200, r#"{"email":"hush@gmail.com","more":[1]}"#)).await;
    assert_eq!(profile, Ok(Profile { email: "hush@gmail.com".into() }));
    let [asked] = &asked[..] else { panic!("one request") };
    assert_eq!((asked.line.as_str(), asked.body.as_str()), ("GET /v1/profile?fields=hush", ""));
    assert_eq!(asked.header("authorization"), Some("Bearer ya29.hush"));
}

#[tokio::test]
async fn each_refusal_has_its_meaning() {
    for (status, body, error, requests) in [
        (401, refused("authError"), GoogleError::Unauthorized, 1),
        (403, refused("insufficientPermissions"), GoogleError::Forbidden, 1),
        (403, r#"{"hush":"of another form"}"#.to_owned(), GoogleError::Forbidden, 1),
        (403, r#"{"error":"hush"}"#.to_owned(), GoogleError::Forbidden, 1),
        (403, refused("userRateLimitExceeded"), GoogleError::Throttled { retry_after: None }, 4),
        (403, refused("rateLimitExceeded"), GoogleError::Throttled { retry_after: None }, 4),
        (404, refused("notFound"), GoogleError::NotFound, 1),
        (429, refused("rateLimitExceeded"), GoogleError::Throttled { retry_after: None }, 4),
        (500, refused("backendError"), GoogleError::Unavailable { status: 500, retry_after: None }, 4),
    ] {
        let (read, asked) = read(Reply::json(status, &body)).await;
        assert_eq!((read, asked.len()), (Err(error), requests), "{status} {body}");
    }
}

#[tokio::test]
async fn err_an_answer_of_another_form_is_not_repeated() {
    for (status, body) in [
        (200, r#"{"email":{"hush":1}}"#),
        (200, r#"{"hush":"no email"}"#),
        (200, r#"["hush"]"#),
        (200, r#"{"email":"hush""#),
        (400, r#"{"error":{"message":"hush"}}"#),
        (204, r#"{"email":"hush"}"#),
    ] {
        let (read, asked) = read(Reply::json(status, body)).await;
        assert!(matches!(read, Err(GoogleError::Answer { .. })), "{status} {body}: {read:?}");
        assert_eq!(asked.len(), 1, "{status} {body}");
    }
}

#[tokio::test]
async fn err_a_token_travels_encrypted_or_not_at_all() {
    let google = Playing::new([]).await;
    let token = "ya29.hush".into();
    for url in
        ["http://gmail.googleapis.com/", "/gmail/v1", "", "ftp://127.0.0.1/", "https://", "http://127.0.0.1.hush.com/"]
    {
        let read = google.google().get::<Profile>(url, &token).await;
        assert_eq!(read, Err(GoogleError::Endpoint), "{url}");
    }
    for token in ["", "hush b", "hush\r\nX-Other: hush"] {
        let read = google.google().get::<Profile>(&google.url("/"), &token.into()).await;
        assert_eq!(read, Err(GoogleError::Unauthorized), "{token:?}");
    }
    assert_eq!(google.asked(), []);
    assert_eq!(GoogleError::Endpoint.kind(), ErrorKind::InvalidInput);
    debugged(&google.google());
}
