//! The settings of the environment, as the client has them: looked at before any call, and honoured.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;

use crate::run::{bare, on, run};
use crate::secrets::clean;
use crate::server::{Answer, Call, Server};

/// A profile of IAM Identity Center, as `aws configure sso` writes it.
const IDENTITY_CENTER: &str = "[profile dev]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n\
    [sso-session s]\nsso_start_url = https://example.awsapps.com/start\nsso_region = eu-west-1\n";

#[test]
fn err_a_setting_that_cannot_be_used_is_named() {
    for (name, value, hint) in [
        ("AWS_RETRY_MODE", "fast", "`standard`"),
        ("AWS_RETRY_MODE", "", "`standard`"),
        ("AWS_MAX_ATTEMPTS", "0", "at least 1"),
        ("AWS_PROFILE", "produtcion", "no profiles exist"),
        ("AWS_USE_FIPS_ENDPOINT", "yes", "`true` or `false`"),
        ("AWS_ENDPOINT_URL", "localhost:4566", "`http://`"),
        ("HTTPS_PROXY", "socks5://user:hush@proxy", "http://proxy.example.com:3128"),
        ("SSL_CERT_FILE", "/dev/null", "PEM"),
    ] {
        let run = run(bare(&["--region", "eu-west-1"]).env(name, value));
        assert_eq!(run.code, Some(2), "{name}={value}: {run}");
        assert!(run.err.contains(&format!("error: `{name}` ")) && run.err.contains("hint: "), "{name}={value}: {run}");
        assert!(run.err.contains(hint) && !run.err.contains("hush") && !run.err.contains("panicked"), "{run}");
    }
    let run = run(bare(&[]).env("AWS_REGION", ""));
    assert!(run.code == Some(2) && run.err.contains("error: `AWS_REGION` is empty"), "{run}");
}

#[test]
fn legacy_is_the_standard_mode() {
    let server = Server::of(clean());
    let run = run(on(&server, &[]).env("AWS_RETRY_MODE", "legacy"));
    assert_eq!(run.code, Some(0), "{run}");
}

#[test]
fn the_proxy_is_asked_for_a_tunnel() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let proxy = format!("http://user:hush@{}", listener.local_addr().expect("it is bound"));
    let (sender, heads) = mpsc::channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = [0; 1_000];
            let read = stream.read(&mut head).unwrap_or(0);
            let _ = sender.send(String::from_utf8_lossy(&head[..read]).into_owned());
            let _ = stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
        }
    });
    let mut command = bare(&["--region", "eu-west-1"]);
    command.env("AWS_ACCESS_KEY_ID", "a").env("AWS_SECRET_ACCESS_KEY", "b").env("https_proxy", proxy);
    let run = run(&mut command);
    assert_eq!(run.code, Some(1), "{run}");
    assert!(!run.err.contains("hush"), "{run}");
    let head = heads.recv().expect("it was asked");
    assert!(head.starts_with("CONNECT sts.eu-west-1.amazonaws.com:443 "), "{head}");
}

/// As on a developer's machine: the keys come from a program, which the profile names.
#[test]
fn the_keys_of_a_credential_process_are_used() {
    let server = Server::of(clean());
    let directory = tempfile::tempdir().expect("a directory");
    let (config, keys) = (directory.path().join("config"), directory.path().join("keys.json"));
    fs::write(&keys, r#"{"Version": 1, "AccessKeyId": "auditor", "SecretAccessKey": "not-secret"}"#)
        .expect("it is written");
    fs::write(&config, format!("[profile dev]\ncredential_process = /bin/cat {}\n", keys.display()))
        .expect("it is written");
    let mut command = on(&server, &[]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").env("PATH", "/bin:/usr/bin");
    let run = run(command.env("AWS_PROFILE", "dev").env("AWS_CONFIG_FILE", &config));
    assert_eq!(run.code, Some(0), "{run}");
}

/// The portal gives a role's keys for the token of the login.
#[test]
fn the_keys_of_identity_center_are_used() {
    let body = r#"{"roleCredentials":{"accessKeyId":"auditor","secretAccessKey":"s","sessionToken":"t","expiration":32503680000000}}"#;
    let is_portal = |call: &Call| call.name.is_empty().then(|| Answer::Body(200, body.to_owned()));
    let server = Server::with(clean(), is_portal);
    let directory = tempfile::tempdir().expect("a directory");
    let (config, cache) = (directory.path().join("config"), directory.path().join(".aws/sso/cache"));
    fs::write(&config, IDENTITY_CENTER).expect("it is written");
    fs::create_dir_all(&cache).expect("it is made");
    let token = r#"{"accessToken":"hush","expiresAt":"2999-01-01T00:00:00Z","region":"eu-west-1"}"#;
    // The name is the SHA-1 of the session's.
    fs::write(cache.join("a0f1490a20d0211c997b44bc357e1972deab8ae3.json"), token).expect("it is written");
    let mut command = on(&server, &[]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").env("HOME", directory.path());
    let run = run(command.env("AWS_PROFILE", "dev").env("AWS_CONFIG_FILE", &config));
    // Once when the command looks whether there are credentials, and once for all of its calls.
    assert_eq!((run.code, server.count("")), (Some(0), 2), "{run}");
    assert!(!run.to_string().contains("hush"), "{run}");
}

/// Nobody has logged in: the SDK looks for the token of the session, and the error says what is missing.
#[test]
fn a_profile_of_identity_center_asks_for_a_login() {
    let directory = tempfile::tempdir().expect("a directory");
    let config = directory.path().join("config");
    fs::write(&config, IDENTITY_CENTER).expect("it is written");
    let mut command = bare(&["--region", "eu-west-1"]);
    let run = run(command.env("AWS_PROFILE", "dev").env("AWS_CONFIG_FILE", &config).env("HOME", directory.path()));
    assert_eq!(run.code, Some(2), "{run}");
    assert!(run.err.contains("error: no usable AWS credentials: ") && run.err.contains("token"), "{run}");
    assert!(run.err.contains("`aws sso login`"), "{run}");
}
