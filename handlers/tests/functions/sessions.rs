//! Who may come in.

use paypulse_handlers::local::events::HttpRequest;
use serde_json::{Value, json};

use crate::world::{KEY, USER, World, account, now, session, signed, tokens};

/// A token of three parts that were not signed as they say.
fn forged(header: &Value, signature: &str) -> String {
    use base64::Engine as _;
    let part = |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(&json!({ "sub": USER, "exp": now() + 3600 })))
}

fn with_header(value: &str) -> HttpRequest {
    let mut request = HttpRequest::get("");
    request.headers = vec![("AUTHORIZATION", value.to_owned())];
    request
}

#[tokio::test]
async fn err_without_a_valid_session_nothing_is_done() {
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    let exp = now() + 3600;
    let good = session();
    let (head, signature) = good.rsplit_once('.').expect("three parts");
    let bad = [
        signed(&json!({ "sub": USER, "exp": exp }), "hush-another-key"),
        signed(&json!({ "sub": USER, "exp": exp }), ""),
        signed(&json!({ "sub": USER }), KEY),
        signed(&json!({ "exp": exp }), KEY),
        signed(&json!({ "sub": 1, "exp": exp }), KEY),
        signed(&json!({ "sub": USER, "exp": "tomorrow" }), KEY),
        signed(&json!({ "sub": USER, "exp": exp, "nbf": exp }), KEY),
        signed(&json!({ "sub": "", "exp": exp }), KEY),
        signed(&json!({ "sub": "whisper/../other", "exp": exp }), KEY),
        signed(&json!({ "sub": "*", "exp": exp }), KEY),
        signed(&json!({ "sub": "w".repeat(65), "exp": exp }), KEY),
        signed(&json!([USER]), KEY),
        forged(&json!({ "alg": "none" }), ""),
        forged(&json!({ "alg": "None" }), signature),
        forged(&json!({ "alg": "HS256" }), signature),
        forged(&json!({ "alg": "HS512" }), signature),
        forged(&json!({ "alg": "RS256" }), signature),
        forged(&json!({ "alg": "HS256", "jwk": { "kty": "oct", "k": "aHVzaA" } }), signature),
        head.to_owned(),
        format!("{head}."),
        format!("{good}."),
        format!("{head}.{}", signature.to_lowercase()),
        "..".to_owned(),
        "hush".to_owned(),
        "hush.".repeat(20_000),
    ];
    for token in bad {
        let answer = world.ask(&HttpRequest::get(&token)).await;
        assert_eq!((answer.status, answer.code()), (401, "session_invalid"), "{}", &token[..token.len().min(200)]);
        assert_eq!(answer.headers["www-authenticate"], json!("Bearer"));
    }
    let old = signed(&json!({ "sub": USER, "exp": now() - 60 }), KEY);
    assert_eq!(world.ask(&HttpRequest::get(&old)).await.code(), "session_expired");
    for header in ["", "Bearer", "Bearer ", "Basic aHVzaA==", &good] {
        let answer = world.ask(&with_header(header)).await;
        assert_eq!((answer.status, answer.code()), (401, "session_missing"), "{header}");
    }
    let mut without = HttpRequest::get("");
    without.headers.clear();
    assert_eq!(world.ask(&without).await.code(), "session_missing");
    // The key and the client id at the start, and nothing of the user's.
    assert_eq!(world.calls(), ["GetSecretValue"; 2]);
    assert_eq!(world.asked(), [""; 0]);
}

#[tokio::test]
async fn a_session_is_taken_however_its_header_is_written() {
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    for scheme in ["Bearer", "bearer", "BEARER "] {
        assert_eq!(world.ask_v1(&with_header(&format!("{scheme} {}", session()))).await.status, 200, "{scheme}");
    }
    let with_audience = signed(&json!({ "sub": USER, "exp": now() + 60, "aud": "ios", "iat": now() }), KEY);
    assert_eq!(world.ask(&HttpRequest::get(&with_audience)).await.status, 200);
}

/// The session decides whose tokens are stored, whatever else the request says.
#[tokio::test]
async fn the_user_is_the_session_s() {
    let mut world = World::gmail_store_tokens().await;
    world.google.consent(&account(1));
    let other = signed(&json!({ "sub": "whisper2", "exp": now() + 60 }), KEY);
    let mut body = tokens(&account(1));
    body["user_id"] = json!(USER);
    let mut request = HttpRequest::post(&other, "application/json", body.to_string());
    request.query = vec![("user_id", USER.to_owned())];
    assert_eq!(world.ask(&request).await.status, 200);
    assert!(world.secrets.names().contains(&"gmail/user/whisper2".to_owned()));
    assert!(!world.secrets.names().contains(&crate::world::SECRET.to_owned()));
}
