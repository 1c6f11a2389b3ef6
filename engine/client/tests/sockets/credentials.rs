//! Sources of credentials that fail, hang or refuse: what passes by itself is not a lack of credentials, and nothing was sent.

use std::fs;
use std::time::Duration;

use crate::child::{self, Told};
use crate::peer::{Peer, answer, close, nobody, secret};

const LONG: Duration = Duration::from_secs(30);
const CONTAINER: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

/// A process without keys, with this in its environment. Nothing may come to the peer that has the secrets.
fn without_keys(action: &str, within: Duration, environment: &[(&str, &str)]) -> Told {
    let secrets = Peer::answering(secret("hush"));
    let url = secrets.url();
    let none = [("-AWS_ACCESS_KEY_ID", ""), ("-AWS_SECRET_ACCESS_KEY", ""), ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &url)];
    let environment: Vec<_> = none.iter().chain(environment).copied().collect();
    let told = child::run(action, within, &environment);
    assert_eq!(secrets.accepted(), 0, "{told:?}");
    assert!(!told.message.contains("carried out"), "{told:?}");
    told
}

fn hangs() -> Peer {
    Peer::after_request(|_| std::thread::sleep(Duration::from_mins(1)))
}

#[test]
fn a_container_whose_endpoint_fails_for_a_moment_is_transport() {
    let peers = [
        Peer::answering(answer("500 Internal Server Error", "{}")),
        Peer::answering(answer("503 Service Unavailable", "<html>")),
        Peer::answering(answer("429 Too Many Requests", "{}")),
        Peer::answering("220 mail.example.com ESMTP\r\n"),
        Peer::raw(|stream| close(stream)),
        Peer::after_request(|stream| close(stream)),
        hangs(),
    ];
    for (number, url) in peers.iter().map(Peer::url).chain([nobody()]).enumerate() {
        let told = without_keys("delete", LONG, &[(CONTAINER, &format!("{url}/creds"))]);
        assert_eq!(told.outcome, "transport", "{number}: {told:?}");
        assert!(told.message.contains("(credentials)"), "{number}: {told:?}");
    }
}

#[test]
fn a_source_that_refuses_has_no_credentials() {
    for status in ["400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found"] {
        let peer = Peer::answering(answer(status, r#"{"Code":"AccessDenied","Message":"x"}"#));
        let told = without_keys("delete", LONG, &[(CONTAINER, &peer.url())]);
        assert_eq!(told.outcome, "credentials", "{status}: {told:?}");
    }
}

/// STS, for a web identity as in EKS.
#[test]
fn a_role_that_cannot_be_assumed_for_a_moment_is_transport() {
    let directory = tempfile::tempdir().expect("a directory");
    let token = directory.path().join("token");
    fs::write(&token, "hush").expect("it can be written");
    let token = token.display().to_string();
    let error = |status: &str, code: &str| {
        answer(
            status,
            &format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>x</Message></Error></ErrorResponse>"
            ),
        )
    };
    for (answer, outcome) in [
        (error("503 Service Unavailable", "ServiceUnavailable"), "transport"),
        (error("400 Bad Request", "Throttling"), "transport"),
        (error("400 Bad Request", "IDPCommunicationError"), "transport"),
        (error("400 Bad Request", "InvalidIdentityToken"), "credentials"),
        (error("400 Bad Request", "ExpiredTokenException"), "credentials"),
        (error("403 Forbidden", "AccessDenied"), "credentials"),
    ] {
        let sts = Peer::answering(answer.clone());
        let told = without_keys(
            "delete",
            LONG,
            &[
                ("AWS_WEB_IDENTITY_TOKEN_FILE", &token),
                ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/x"),
                ("AWS_ENDPOINT_URL_STS", &sts.url()),
            ],
        );
        assert_eq!(told.outcome, outcome, "{answer}: {told:?}");
    }
}

/// The SDK's clients for credentials and metadata have time limits of their own, of a second or two.
#[test]
fn the_time_limits_of_the_sdk_hold() {
    let machine = hangs().url();
    let metadata = [("-AWS_EC2_METADATA_DISABLED", ""), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", machine.as_str())];
    let told = child::run("start", LONG, &[metadata[0], metadata[1], ("-AWS_REGION", "")]);
    assert!(told.outcome == "config" && told.message.contains("no AWS region"), "{told:?}");
    assert!(told.time < Duration::from_secs(6), "{told:?}");
    let told = without_keys("read", LONG, &metadata);
    assert_eq!(told.outcome, "credentials", "{told:?}");
    assert!(told.time < Duration::from_secs(6), "{told:?}");
}

/// Neither Region is asked, so that neither is down.
#[test]
fn a_copy_is_not_asked_without_credentials() {
    let (source, copy) = (Peer::answering(answer("503 Service Unavailable", "{}")), Peer::answering(secret("hush")));
    let environment = [(CONTAINER, source.url()), ("SECRETS_ENDPOINT_URL_EU_CENTRAL_1", copy.url())];
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let told = without_keys("copied", LONG, &environment);
    assert_eq!((told.outcome.as_str(), copy.accepted()), ("transport", 0), "{told:?}");
    assert!(told.message.contains("(credentials)"), "{told:?}");
}
