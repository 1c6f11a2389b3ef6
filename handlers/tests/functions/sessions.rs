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
    let mut request = HttpRequest::plain_post("");
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
        let answer = world.ask(&HttpRequest::plain_post(&token)).await;
        assert_eq!((answer.status, answer.code()), (401, "session_invalid"), "{}", &token[..token.len().min(200)]);
        assert_eq!(answer.headers["www-authenticate"], json!("Bearer"));
    }
    let old = signed(&json!({ "sub": USER, "exp": now() - 60 }), KEY);
    let answer = world.ask(&HttpRequest::plain_post(&old)).await;
    assert_eq!((answer.code(), answer.app_code()), ("session_expired", "TOKEN_EXPIRED"));
    for header in ["", "Bearer", "Bearer ", "Basic aHVzaA==", &good] {
        let answer = world.ask(&with_header(header)).await;
        assert_eq!((answer.status, answer.code()), (401, "session_missing"), "{header}");
        assert_eq!(answer.app_code(), "INVALID_CREDENTIALS");
    }
    let mut without = HttpRequest::plain_post("");
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
    assert_eq!(world.ask(&HttpRequest::plain_post(&with_audience)).await.status, 200);
}

/// A token of these texts, signed by the key as PayPulse does.
fn raw(header: &str, claims: &str) -> String {
    use base64::Engine as _;
    let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    paypulse_handlers::session::install();
    let message = format!("{}.{}", part(header), part(claims));
    let key = jsonwebtoken::EncodingKey::from_secret(KEY.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::HS256);
    format!("{message}.{}", signature.expect("it is signed"))
}

/// Signed by the right key, and yet not to be taken.
#[tokio::test]
async fn err_a_token_that_says_two_things_or_asks_for_what_nobody_understands() {
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    let exp = now() + 3600;
    let claims = format!(r#"{{"sub":"{USER}","exp":{exp}}}"#);
    let head = r#"{"alg":"HS256","typ":"JWT"}"#;
    for (header, claims) in [
        (r#"{"alg":"HS256","crit":["exp"]}"#, claims.as_str()),
        (r#"{"alg":"HS256","crit":["b64"],"b64":false}"#, &claims),
        (r#"{"alg":"HS256","crit":[]}"#, &claims),
        (r#"{"alg":"HS256","crit":null}"#, &claims),
        (r#"{"alg":"HS256","crit":"exp"}"#, &claims),
        (r#"{"alg":"HS256","b64":false}"#, &claims),
        (r#"{"alg":"hs256"}"#, &claims),
        (r#"{"alg":"none"}"#, &claims),
        (r#"{"alg":"nOnE"}"#, &claims),
        (r#"{"alg":["HS256"]}"#, &claims),
        (r#"{"typ":"JWT"}"#, &claims),
        (r#"{"alg":"none","alg":"HS256"}"#, &claims),
        (r#"{"alg":"HS256","kid":"a","kid":"b"}"#, &claims),
        (r#"["HS256"]"#, &claims),
        (head, &format!(r#"{{"sub":"whisper2","sub":"{USER}","exp":{exp}}}"#)),
        (head, &format!(r#"{{"sub":"{USER}","exp":1,"exp":{exp}}}"#)),
        (head, &format!(r#"{{"sub":"{USER}","exp":"{exp}"}}"#)),
        (head, &format!(r#"{{"sub":"{USER}","exp":{exp},"nbf":"{exp}"}}"#)),
        (head, &format!(r#"{{"sub":"{USER}","exp":{exp},"nbf":{exp}.5}}"#)),
        (head, &format!(r#"{{"sub":"{USER}","exp":null}}"#)),
        (head, &format!(r#"["{USER}",{exp}]"#)),
    ] {
        let answer = world.ask(&HttpRequest::plain_post(&raw(header, claims))).await;
        assert_eq!((answer.status, answer.code()), (401, "session_invalid"), "{header} {claims}");
    }
    // RFC 7519, 2: a NumericDate can have a fraction.
    for good in [
        format!(r#"{{"sub":"{USER}","exp":{exp}.5}}"#),
        format!(r#"{{"sub":"{USER}","exp":{exp},"nbf":1.5,"iat":"x"}}"#),
    ] {
        assert_eq!(world.ask(&HttpRequest::plain_post(&raw(head, &good))).await.status, 200, "{good}");
    }
    let old = raw(head, &format!(r#"{{"sub":"{USER}","exp":{}.5}}"#, now() - 60));
    assert_eq!(world.ask(&HttpRequest::plain_post(&old)).await.code(), "session_expired");
    assert!(world.end().contains("its header has `crit`"));
}

#[tokio::test]
async fn err_a_claim_of_another_type_is_refused_and_the_log_says_why() {
    let mut world = World::quiet().await;
    world.connect(&account(1), 3600);
    let exp = now() + 3600;
    for sub in [json!(42), json!(42.5), json!(null), json!(["whisper1"]), json!("whisper/1"), json!(true)] {
        let answer = world.ask(&HttpRequest::plain_post(&signed(&json!({ "sub": sub, "exp": exp }), KEY))).await;
        assert_eq!((answer.status, answer.code()), (401, "session_invalid"), "{sub}");
    }
    assert_eq!(world.ask(&HttpRequest::plain_post(&signed(&json!({ "exp": exp }), KEY))).await.status, 401);
    let log = world.end();
    for why in ["claim is a number", "claim is not a text", "claim is not a user's id", "it has none of the claims"] {
        assert!(log.contains(why), "`{why}` is not in\n{log}");
    }
    assert!(log.contains("WARN"), "{log}");
}

/// Anyone can write the header of a token, so it does not show that a program signs wrong tokens.
#[tokio::test]
async fn err_a_token_whose_header_is_not_that_of_a_jwt_is_foreign() {
    let mut world = World::quiet().await;
    for header in [
        json!({ "alg": "HS256", "kid": 7 }),
        json!({ "alg": "HS256", "typ": 5 }),
        json!({ "alg": "HS256", "x5c": "a" }),
    ] {
        let answer = world.ask(&HttpRequest::plain_post(&forged(&header, "AAAA"))).await;
        assert_eq!((answer.status, answer.code()), (401, "session_invalid"), "{header}");
    }
    let log = world.end();
    let foreign = log.lines().filter(|line| line.contains("INFO") && line.contains("its header is not that of a JWT"));
    assert_eq!(foreign.count(), 3, "{log}");
    assert!(!log.contains("that this key has signed"), "{log}");
}

/// What PayPulse's login signs, the registered claim, and both where they agree.
#[tokio::test]
async fn the_user_is_the_one_that_the_configured_claims_name() {
    let mut world = World::quiet().await;
    world.connect(&account(1), 3600);
    let with = |more: Value| {
        let mut claims = json!({ "email": "hush@example.com", "iat": now(), "exp": now() + 24 * 3600 });
        claims.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        HttpRequest::plain_post(&signed(&claims, KEY))
    };
    for good in [json!({ "user_id": USER }), json!({ "sub": USER }), json!({ "user_id": USER, "sub": USER })] {
        assert_eq!(world.ask(&with(good.clone())).await.status, 200, "{good}");
    }
    for bad in [
        json!({ "user_id": USER, "sub": "whisper2" }),
        json!({ "user_id": "whisper2", "sub": USER }),
        json!({ "user_id": null, "sub": USER }),
        json!({ "user_id": USER, "sub": 1 }),
        json!({ "userId": USER }),
        json!({}),
    ] {
        let answer = world.ask(&with(bad.clone())).await;
        assert_eq!(
            (answer.status, answer.code(), answer.app_code()),
            (401, "session_invalid", "INVALID_TOKEN"),
            "{bad}"
        );
    }
    let log = world.end();
    assert!(log.lines().any(|line| line.contains("WARN") && line.contains("its claims name different users")), "{log}");

    let mut world = World::with_environment("fetch_invoices", &[("SESSION_USER_CLAIMS", "sub")]).await;
    world.connect(&account(1), 3600);
    assert_eq!(world.ask(&with(json!({ "user_id": "whisper2", "sub": USER }))).await.status, 200);
    assert_eq!(world.ask(&with(json!({ "user_id": USER }))).await.status, 401);
}

/// Byte for byte, as PayPulse signs with it: what looks better would open no session.
#[tokio::test]
async fn a_key_that_is_odd_is_used_as_it_is_and_warned_of_at_the_start() {
    let whole = "hush-signing-key-of-thirty-two-bytes";
    for (key, warning) in [
        (format!("{whole}\n"), Some("white space, such as a line feed")),
        (format!("{whole}\r\n"), Some("white space, such as a line feed")),
        (format!(" {whole}"), Some("white space, such as a line feed")),
        (format!("\u{feff}{whole}"), Some("begins with a byte order mark")),
        ("hush".to_owned(), Some("is shorter than HS256 asks for")),
        ("hush-31-bytes-xxxxxxxxxxxxxxxxx".to_owned(), Some("is shorter than HS256 asks for")),
        ("hush-32-bytes-xxxxxxxxxxxxxxxxxx".to_owned(), None),
    ] {
        let mut world = World::with_key(&key).await;
        world.connect(&account(1), 3600);
        let claims = json!({ "sub": USER, "exp": now() + 3600 });
        assert_eq!(world.ask(&HttpRequest::plain_post(&signed(&claims, &key))).await.status, 200, "{key:?}");
        let plain = key.trim_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
        if plain != key {
            assert_eq!(
                world.ask(&HttpRequest::plain_post(&signed(&claims, plain))).await.code(),
                "session_invalid",
                "{key:?}"
            );
        }
        let log = world.end();
        let warned = log.lines().find(|line| line.contains("the session signing key"));
        match warning {
            Some(warning) => {
                assert!(warned.is_some_and(|line| line.contains(warning) && line.contains("WARN")), "{warned:?}");
            }
            None => assert_eq!(warned, None),
        }
    }
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
    assert_eq!(world.ask(&request).await.status, 201);
    assert!(world.secrets.names().contains(&"gmail/user/whisper2".to_owned()));
    assert!(!world.secrets.names().contains(&crate::world::SECRET.to_owned()));
}
