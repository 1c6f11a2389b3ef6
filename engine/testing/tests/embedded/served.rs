//! The server on loopback: the same answers over the network, and requests that no SDK would send.

use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_http_client::Builder;
use driftless::model::ApiCall;
use driftless_testing::{EmbeddedSecretsManager, Fault, FaultKind, Served};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::access::spec;
use crate::check_refused_for;

/// A client that knows nothing but a URL and an access key id.
fn remote(loopback: &Served, access_key_id: &str) -> Client {
    let config = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-west-1"))
        .credentials_provider(Credentials::new(access_key_id, "any", None, None, "test"))
        .endpoint_url(loopback.url())
        .http_client(Builder::new().build_http());
    Client::from_conf(config.build())
}

/// Sends bytes as they are and reads until the server closes the connection.
async fn raw(loopback: &Served, request: &[u8]) -> String {
    let address = loopback.url().replace("http://", "");
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may refuse and close before it has read everything.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await.expect("it closes");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends a body to an operation.
async fn post(loopback: &Served, target: &str, body: &str) -> String {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Amz-Target: {target}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    raw(loopback, format!("{head}{body}").as_bytes()).await
}

#[tokio::test]
async fn the_network_and_the_process_see_the_same_secrets() {
    let server = EmbeddedSecretsManager::new();
    let loopback = server.serve().await.unwrap();
    let client = remote(&loopback, "any");
    client.create_secret().name("k").secret_string("v").send().await.unwrap();
    assert_eq!(server.value("k").as_deref(), Some("v"));
    server.put("k", "w");
    assert_eq!(client.get_secret_value().secret_id("k").send().await.unwrap().secret_string(), Some("w"));
    assert_eq!(server.calls().len(), 2);
    assert_eq!(server.calls()[0].caller, "any");
}

#[tokio::test]
async fn grants_are_enforced_by_access_key_id() {
    let server = EmbeddedSecretsManager::enforcing(&spec());
    server.put("payment-key", "v");
    let loopback = server.serve().await.unwrap();
    let delete = async |caller: &str| remote(&loopback, caller).delete_secret().secret_id("payment-key").send().await;
    check_refused_for(delete("reader").await, "AccessDeniedException", "assumed-role/reader/");
    check_refused_for(delete("nobody").await, "AccessDeniedException", "assumed-role/nobody/");
    let read = remote(&loopback, "reader").get_secret_value().secret_id("payment-key").send().await;
    assert_eq!(read.unwrap().secret_string(), Some("v"));
    delete(EmbeddedSecretsManager::ADMINISTRATOR).await.unwrap();
    let unsigned = post(&loopback, "secretsmanager.GetSecretValue", r#"{"SecretId": "payment-key"}"#).await;
    assert!(unsigned.contains("MissingAuthenticationTokenException"), "{unsigned}");
}

#[tokio::test]
async fn faults_break_the_connection_too() {
    let server = EmbeddedSecretsManager::new();
    server.put("k", "v");
    let loopback = server.serve().await.unwrap();
    let body = r#"{"SecretId": "k"}"#;
    let strike = async |kind: FaultKind| {
        server.inject(Fault::on(ApiCall::GetSecretValue, kind));
        post(&loopback, "secretsmanager.GetSecretValue", body).await
    };
    assert_eq!(strike(FaultKind::ConnectionReset).await, "");
    let truncated = strike(FaultKind::TruncatedBody).await;
    assert!(truncated.ends_with(r#"{"ARN":"arn:aws:secretsmanager"#), "{truncated}");
    assert!(truncated.contains("content-length: 130\r\n"), "{truncated}");
    let unavailable = strike(FaultKind::ServiceUnavailable).await;
    assert!(unavailable.starts_with("HTTP/1.1 503 ") && unavailable.ends_with("\r\n\r\n"), "{unavailable}");

    for kind in [FaultKind::ConnectionReset, FaultKind::ServiceUnavailable] {
        server.inject(Fault::on(ApiCall::GetSecretValue, kind));
        remote(&loopback, "any").get_secret_value().secret_id("k").send().await.unwrap();
    }
}

#[tokio::test]
async fn it_stops_when_dropped() {
    let loopback = EmbeddedSecretsManager::new().serve().await.unwrap();
    let address = loopback.url().replace("http://", "");
    let mut open = TcpStream::connect(&address).await.unwrap();
    open.write_all(b"POST / HTTP/1.1\r\n").await.unwrap();
    drop(loopback);
    assert_eq!(open.read(&mut [0; 1]).await.unwrap_or(0), 0, "open connections end");
    // The aborted task lets go of the port when the runtime next comes round to it.
    for _ in 0..100 {
        if TcpStream::connect(&address).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it still listens");
}

#[tokio::test]
async fn answers_have_the_protocols_headers() {
    let loopback = EmbeddedSecretsManager::new().serve().await.unwrap();
    let answer = post(&loopback, "secretsmanager.DescribeSecret", r#"{"SecretId": "k"}"#).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("content-type: application/x-amz-json-1.1\r\n"), "{answer}");
    assert!(answer.contains("x-amzn-requestid: "), "{answer}");
    let body = r#"{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret."}"#;
    assert!(answer.ends_with(body), "{answer}");
}

#[tokio::test]
async fn hostile_requests_are_refused_and_the_server_goes_on() {
    let server = EmbeddedSecretsManager::new();
    server.put("k", "v");
    let loopback = server.serve().await.unwrap();
    let check = async |target: &str, body: &str, expected: &str| {
        let answer = post(&loopback, target, body).await;
        assert!(answer.contains(expected), "{target} {}: {answer}", &body[..body.len().min(80)]);
        assert!(!answer.contains("hunter2"), "{answer}");
    };
    let get = "secretsmanager.GetSecretValue";
    let put = "secretsmanager.PutSecretValue";
    for body in ["", "{", "[]", "null", "\"k\"", r#"{"SecretId": 7}"#, r#"{"SecretId": {"a": 1}}"#, "{} {}"] {
        check(get, body, "SerializationException").await;
    }
    check(get, r#"{"SecretId": "k", "SecretId": "k"}"#, "SerializationException").await;
    check(get, "{}", "Value null at 'secretId' failed to satisfy constraint: Member must not be null").await;
    check(get, r#"{"SecretId": null}"#, "Member must not be null").await;
    check(get, &format!(r#"{{"SecretId": {}"#, "[".repeat(100_000)), "SerializationException").await;
    check(get, &format!(r#"{{"SecretId": "k", "Other": {}}}"#, "[".repeat(100_000)), "SerializationException").await;
    check(get, &format!(r#"{{"SecretId": "{}"}}"#, "k".repeat(2049)), "ValidationException").await;
    check(get, r#"{"SecretId": "k", "Unknown": [1, {"a": null}]}"#, "\"SecretString\":\"v\"").await;

    check(put, r#"{"SecretId": "k", "SecretString": ["hunter2"]}"#, "SerializationException").await;
    check(put, r#"{"SecretId": "k", "SecretString": "hunter2", "VersionStages": "x"}"#, "SerializationException").await;
    check(put, r#"{"SecretId": "k", "SecretString": "hunter2"}"#, "You must provide a ClientRequestToken").await;
    let token = "t".repeat(32);
    let binary = format!(r#"{{"SecretId": "k", "ClientRequestToken": "{token}", "SecretBinary": "hunter2!"}}"#);
    check(put, &binary, "SerializationException").await;
    for target in ["secretsmanager.ListSecrets", "secretsmanager.getSecretValue", "sqs.GetSecretValue", ""] {
        check(target, "{}", "UnknownOperationException").await;
    }
    let bare = raw(&loopback, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert!(bare.contains("UnknownOperationException"), "{bare}");
    for garbage in [&b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"[..], b"\0\0\0\0\r\n\r\n", b"GET\r\n\r\n"] {
        let answer = raw(&loopback, garbage).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    assert_eq!(server.value("k").as_deref(), Some("v"));
    remote(&loopback, "any").get_secret_value().secret_id("k").send().await.unwrap();
}

/// The server does not wait for what a header announces. Where it closes while the client still writes, the network may
/// swallow the answer.
#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_its_end() {
    let server = EmbeddedSecretsManager::new();
    let loopback = server.serve().await.unwrap();
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: secretsmanager.PutSecretValue\r\n\
                Content-Length: 10000000000\r\n\r\n";
    let answer = raw(&loopback, format!("{head}{}", "v".repeat(1024 * 1024 + 1)).as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(server.calls().is_empty());
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_in_process_as_well() {
    let client = EmbeddedSecretsManager::new().client();
    let put = client.put_secret_value().secret_id("k").secret_string("v".repeat(1024 * 1024)).send().await;
    check_refused_for(put, "RequestEntityTooLargeException", "too large");
}
