//! The credentials of ECS tasks and of pods with EKS Pod Identity: what the client sends to the endpoint of a container, and what
//! it makes of the answers.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::child::{self, Told};
use crate::peer::{Peer, answer, secret};

const LONG: Duration = Duration::from_secs(30);
const FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
const FAR: &str = "2999-01-01T00:00:00Z";

/// The answer of an endpoint, as ECS and EKS give it.
fn credentials(id: &str, expiration: &str) -> String {
    let body = format!(
        r#"{{"AccessKeyId":"{id}","SecretAccessKey":"hush-key","Token":"hush-session-{id}","AccountId":"123456789012","Expiration":"{expiration}","RoleArn":"arn:aws:iam::123456789012:role/marker"}}"#
    );
    answer("200 OK", &body)
}

/// A process without keys whose secrets are here; what it told, and the requests for secrets.
fn run(action: &str, environment: &[(&str, &str)]) -> (Told, Vec<String>) {
    let secrets = Peer::answering(secret("hush"));
    let url = secrets.url();
    let none = [("-AWS_ACCESS_KEY_ID", ""), ("-AWS_SECRET_ACCESS_KEY", ""), ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &url)];
    let environment: Vec<_> = none.iter().chain(environment).copied().collect();
    let told = child::run(action, LONG, &environment);
    assert!(!told.printed.contains("hush"), "{told:?}");
    (told, secrets.heads())
}

fn header(head: &str, name: &str) -> Option<String> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The key ids that requests were signed with.
fn signed_by(requests: &[String]) -> Vec<String> {
    let id =
        |head: &String| Some(header(head, "authorization")?.split_once("Credential=")?.1.split_once('/')?.0.to_owned());
    requests.iter().filter_map(id).collect()
}

fn token_file(directory: &Path, token: &str) -> PathBuf {
    let file = directory.join("eks-pod-identity-token");
    fs::write(&file, token).expect("it can be written");
    file
}

#[test]
fn a_pod_sends_the_token_of_its_file_and_signs_with_what_it_gets() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = token_file(directory.path(), "hush-token");
    let agent = Peer::answering(credentials("POD", FAR));
    let (told, requests) = run(
        "read",
        &[(FULL_URI, &format!("{}/v1/credentials", agent.url())), (TOKEN_FILE, &file.display().to_string())],
    );
    assert_eq!(told.outcome, "ok", "{told:?}");
    let asked = agent.heads();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].starts_with("GET /v1/credentials HTTP/1.1"), "{asked:?}");
    assert_eq!(header(&asked[0], "authorization").as_deref(), Some("hush-token"), "{asked:?}");
    assert_eq!(signed_by(&requests), ["POD"]);
    assert_eq!(header(&requests[0], "x-amz-security-token").as_deref(), Some("hush-session-POD"));
}

#[test]
fn a_token_of_the_environment_is_sent_and_none_is_needed() {
    for token in [Some("Basic hush-token"), None] {
        let agent = Peer::answering(credentials("TASK", FAR));
        let url = format!("{}/creds", agent.url());
        let environment = [(FULL_URI, url.as_str()), (TOKEN, token.unwrap_or_default())];
        let environment = if token.is_some() { &environment[..] } else { &environment[..1] };
        let (told, requests) = run("read", environment);
        assert_eq!(
            (told.outcome.as_str(), signed_by(&requests).as_slice()),
            ("ok", &["TASK".to_owned()][..]),
            "{told:?}"
        );
        assert_eq!(header(&agent.heads()[0], "authorization").as_deref(), token);
    }
}

#[test]
fn an_endpoint_on_loopback_of_ipv6_is_asked() {
    let Ok(listener) = TcpListener::bind(("::1", 0)) else { return };
    let address = listener.local_addr().expect("it is bound");
    let (told, _) = run("start", &[(FULL_URI, &format!("http://{address}/creds"))]);
    assert_eq!(told.outcome, "ok", "{told:?}");
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("it is asked");
        crate::peer::read_request(&mut stream).expect("a request");
        stream.write_all(credentials("SIX", FAR).as_bytes()).expect("it is read");
    });
    let (told, requests) = run("read", &[(FULL_URI, &format!("http://{address}/creds"))]);
    assert_eq!((told.outcome.as_str(), signed_by(&requests).as_slice()), ("ok", &["SIX".to_owned()][..]), "{told:?}");
    answering.join().expect("it has answered");
}

/// EKS replaces the token in its file before it expires, and the credentials that it gives expire.
#[test]
fn credentials_that_expire_are_requested_again_with_the_token_that_the_file_has_then() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = token_file(directory.path(), "hush-first");
    let (path, number) = (file.clone(), AtomicUsize::new(0));
    let agent = Peer::after_request(move |stream| {
        let id = format!("POD{}", number.fetch_add(1, Ordering::Relaxed));
        // The file is replaced as Kubernetes does it, and the credentials are about to expire.
        let next = path.with_extension("next");
        fs::write(&next, "hush-second").and_then(|()| fs::rename(&next, &path)).expect("it can be replaced");
        let soon = aws_smithy_types::DateTime::from(std::time::SystemTime::now() + Duration::from_secs(3));
        let soon = soon.fmt(aws_smithy_types::date_time::Format::DateTime).expect("it is a time");
        _ = stream.write_all(credentials(&id, &soon).as_bytes());
    });
    let (told, requests) = run(
        "twice",
        &[(FULL_URI, &format!("{}/v1/credentials", agent.url())), (TOKEN_FILE, &file.display().to_string())],
    );
    assert_eq!(told.outcome, "ok", "{told:?}");
    let tokens: Vec<_> = agent.heads().iter().filter_map(|head| header(head, "authorization")).collect();
    assert_eq!(tokens, ["hush-first", "hush-second"]);
    assert_eq!(signed_by(&requests), ["POD0", "POD1"]);
}

#[test]
fn credentials_that_last_are_requested_once() {
    let agent = Peer::answering(credentials("TASK", FAR));
    let (told, requests) = run("twice", &[(FULL_URI, &agent.url())]);
    assert_eq!((told.outcome.as_str(), agent.heads().len()), ("ok", 1), "{told:?}");
    assert_eq!(signed_by(&requests), ["TASK", "TASK"]);
}

#[test]
fn a_malformed_answer_gives_no_credentials_and_is_not_repeated() {
    let key = r#""SecretAccessKey":"hush-key","Token":"hush-session""#;
    let huge = format!(r#"{{"AccessKeyId":"{}",{key},"Expiration":"{FAR}"}}"#, "A".repeat(5_000_000));
    for body in [
        String::new(),
        "hush".to_owned(),
        "<html>hush</html>".to_owned(),
        "[]".to_owned(),
        format!("{{{key}}}"),
        format!(r#"{{"AccessKeyId":"A",{key},"Expiration":"hush"}}"#),
        format!(r#"{{"AccessKeyId":"A",{key},"Expiration":"{FAR}""#),
        format!(r#"{{"AccessKeyId":7,{key},"Expiration":"{FAR}"}}"#),
        r#"{"Code":"InvalidToken","Message":"hush"}"#.to_owned(),
        huge,
    ] {
        let agent = Peer::answering(answer("200 OK", &body));
        let (told, requests) = run("read", &[(FULL_URI, &agent.url())]);
        let body = &body[..body.len().min(80)];
        assert!(["credentials", "transport"].contains(&told.outcome.as_str()), "{body}: {told:?}");
        assert_eq!(requests, [""; 0], "{body}");
        assert!(!told.message.contains("carried out"), "{body}: {told:?}");
    }
}

#[test]
fn a_token_file_that_cannot_be_used_ends_the_start_or_the_call() {
    let directory = tempfile::tempdir().expect("a directory");
    let agent = Peer::answering(credentials("POD", FAR));
    let missing = directory.path().join("missing").display().to_string();
    let (told, _) = run("start", &[(FULL_URI, &agent.url()), (TOKEN_FILE, &missing)]);
    assert!(told.outcome == "config" && told.message.contains(TOKEN_FILE), "{told:?}");
    // A header cannot contain it.
    let file = token_file(directory.path(), "hush\r\nx-other: 1");
    let (told, requests) = run("read", &[(FULL_URI, &agent.url()), (TOKEN_FILE, &file.display().to_string())]);
    assert_eq!((told.outcome.as_str(), requests.len()), ("credentials", 0), "{told:?}");
    assert_eq!(agent.heads(), [""; 0]);
}

/// The token would be sent to the proxy, and the proxy cannot reach the agent of this node.
#[test]
fn the_endpoints_of_ecs_and_eks_are_not_asked_through_a_proxy() {
    for uri in
        ["http://169.254.170.2/creds", "http://169.254.170.23/v1/credentials", "http://[fd00:ec2::23]/v1/credentials"]
    {
        let proxy = Peer::answering(credentials("PROXY", FAR));
        let environment =
            [(FULL_URI, uri), (TOKEN, "hush-token"), ("HTTP_PROXY", &proxy.url()), ("NO_PROXY", "127.0.0.1")];
        let (told, requests) = run("read", &environment);
        assert!(["credentials", "transport"].contains(&told.outcome.as_str()), "{uri}: {told:?}");
        assert_eq!((proxy.accepted(), requests.len()), (0, 0), "{uri}: {told:?}");
    }
}
