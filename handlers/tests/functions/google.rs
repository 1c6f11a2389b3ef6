//! What a user gets to read of Google's refusals, what is logged of them, and what becomes of the tokens.

use paypulse_handlers::local::{Google, Reply};
use serde_json::json;

use crate::world::{SECRET, World, account, ingest};

fn refusal(reason: &str, message: &str) -> String {
    json!({ "error": { "errors": [{ "domain": "global", "reason": reason, "message": message }], "message": message } })
        .to_string()
}

/// Level and name of the line that says what Google refuses.
fn logged<'a>(log: &'a str, reason: &str) -> &'a str {
    let lines: Vec<&str> =
        log.lines().filter(|line| line.contains("google refuses") && line.contains(reason)).collect();
    assert!(!lines.is_empty(), "nothing is logged of {reason}\n{log}");
    lines[0]
}

#[tokio::test]
async fn err_each_reason_of_gmail_has_its_own_answer_and_level() {
    let mut world = World::quiet().await;
    world.connect(&account(1), 3600);
    let expected = [
        (403, "accessNotConfigured", "hush", 500, "internal", "ERROR"),
        (
            403,
            "domainPolicy",
            "The domain administrators have disabled Gmail apps.",
            403,
            "administrator_forbids",
            "WARN",
        ),
        (403, "dailyLimitExceeded", "Daily Limit Exceeded", 503, "quota_exhausted", "ERROR"),
        (400, "failedPrecondition", "Mail service not enabled", 403, "account_unusable", "INFO"),
        (403, "forbidden", "Delegation denied for hush", 500, "internal", "ERROR"),
        // Nobody but this function has a part in the request.
        (400, "badRequest", "hush", 500, "internal", "ERROR"),
        (403, "somethingNew", "hush", 500, "internal", "ERROR"),
    ];
    for (status, reason, message, answered, code, _) in expected {
        world.google.answer_next(Google::MESSAGES, Reply::json(status, refusal(reason, message)));
        world.asked();
        let answer = world.ask(&ingest()).await;
        assert_eq!((answer.status, answer.code()), (answered, code), "{reason}");
        assert_eq!(world.asked().len(), 1, "{reason}");
        if code == "quota_exhausted" {
            let wait = answer.headers["retry-after"].as_str().and_then(|wait| wait.parse::<u64>().ok());
            assert!(wait.is_some_and(|wait| (1..=90_000).contains(&wait)), "{wait:?}");
        }
    }
    assert!(world.secrets.value(SECRET).is_some());
    // Gmail's passing fault: the next answer counts, and one that stays is a warning.
    let precondition = || Reply::json(400, refusal("failedPrecondition", "Precondition check failed."));
    world.google.answer_next(Google::MESSAGES, precondition());
    assert_eq!(world.ask(&ingest()).await.status, 200);
    for _ in 0..4 {
        world.google.answer_next(Google::MESSAGES, precondition());
    }
    let answer = world.ask(&ingest()).await;
    assert_eq!((answer.status, answer.code()), (403, "account_unusable"));
    let log = world.end();
    assert!(log.lines().any(|line| line.contains("WARN") && line.contains("failedPrecondition")), "{log}");
    for (_, reason, _, _, _, level) in expected {
        assert!(logged(&log, reason).contains(level), "{reason}: {}", logged(&log, reason));
    }
    assert!(log.contains("enable the API in the Google Cloud project"), "{log}");
}

#[tokio::test]
async fn err_each_refusal_of_a_refresh_has_its_own_answer_and_only_a_revoked_grant_deletes() {
    for (status, body, answered, code, level) in [
        (401, json!({ "error": "unauthorized_client" }), 500, "internal", "ERROR"),
        (401, json!({ "error": "deleted_client" }), 500, "internal", "ERROR"),
        (401, json!({ "error": "disabled_client" }), 500, "internal", "ERROR"),
        (403, json!({ "error": "org_internal" }), 500, "internal", "ERROR"),
        (400, json!({ "error": "admin_policy_enforced" }), 403, "administrator_forbids", "WARN"),
        (400, json!({ "error": "policy_enforced" }), 403, "administrator_forbids", "WARN"),
        (403, json!({ "error": "access_denied" }), 502, "reconnect_required", "INFO"),
        (400, json!({ "error": "invalid_grant", "error_subtype": "invalid_rapt" }), 502, "reconnect_required", "INFO"),
        (400, json!({ "error": "invalid_grant", "error_subtype": "rapt_required" }), 502, "reconnect_required", "INFO"),
    ] {
        let mut world = World::quiet().await;
        world.connect(&account(1), -60);
        world.google.answer_next(Google::TOKEN, Reply::json(status, &body));
        let answer = world.ask(&ingest()).await;
        assert_eq!((answer.status, answer.code()), (answered, code), "{body}");
        assert_eq!(world.stored()["refresh_token"], json!("1//hush-refresh-1"), "{body}");
        let log = world.end();
        let reason = body["error_subtype"].as_str().or(body["error"].as_str()).expect("a word");
        assert!(logged(&log, reason).contains(level), "{}", logged(&log, reason));
    }
}

/// What other programs stored locks nobody out: it is read, refreshed, and written as documented.
#[tokio::test]
async fn a_bundle_of_another_form_is_used_and_normalised() {
    for (field, value) in [
        ("expires_in", json!(3598.5)),
        ("expires_in", json!("3599")),
        ("expires_in", json!(-1)),
        ("expires_in", json!(true)),
        ("expires_at", json!("2024-11-01 11:00:00")),
        ("expires_at", json!("2024-11-01T11:00:00+0000")),
        ("expires_at", json!(1_730_458_800)),
        ("expires_at", json!(null)),
        ("scope", json!(["a", "b"])),
        ("scope", json!(null)),
        ("google_verified_email", json!("true")),
    ] {
        let mut world = World::fetch_invoices().await;
        world.connect(&account(1), -60);
        let mut stored = world.stored();
        stored[field] = value.clone();
        world.secrets.put(SECRET, stored.to_string());
        assert_eq!(world.ask(&ingest()).await.status, 200, "{field}: {value}");
        let written = world.stored();
        assert_eq!(written["refresh_token"], json!("1//hush-refresh-1"), "{field}: {value}");
        assert_eq!((&written["expires_in"], written["scope"].is_string()), (&json!(3599), true), "{field}: {value}");
    }
}

/// What signup stored of before: nothing that Google takes. The user is asked to connect, and no one is paged.
#[tokio::test]
async fn err_an_app_password_of_before_asks_the_user_to_connect() {
    let mut world = World::quiet().await;
    let before =
        json!({ "GMAIL_USER": "hush@gmail.com", "GMAIL_PASSWORD": "hush", "GMAIL_IMAP_URL": "imap.gmail.com" });
    for value in [before.to_string(), "hush".to_owned(), "{}".to_owned()] {
        world.secrets.put(SECRET, value.as_str());
        tokio::time::sleep(std::time::Duration::from_secs(6)).await;
        let answer = world.ask(&ingest()).await;
        assert_eq!((answer.status, answer.code()), (502, "reconnect_required"), "{value}");
        assert_eq!(world.secrets.value(SECRET), Some(value));
    }
    assert!(!world.end().contains("ERROR"));
}
