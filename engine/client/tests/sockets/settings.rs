//! A start with settings that cannot be used ends in one sentence, in a real process. What each of them can be is tested beside
//! the code that looks at it.

use std::fs;
use std::time::Duration;

use crate::child;
use crate::peer::{Peer, secret};

const SHORT: Duration = Duration::from_secs(5);

#[track_caller]
fn refused(environment: &[(&str, &str)], words: &[&str]) {
    let told = child::run("start", SHORT, environment);
    assert_eq!(told.outcome, "config", "{environment:?}: {told:?}");
    assert!(words.iter().all(|word| told.message.contains(word)), "{environment:?}: {told:?}");
    assert!(!told.printed.contains("panicked"), "{told:?}");
}

#[test]
fn err_each_setting_is_named_at_the_start() {
    refused(&[("AWS_REGION", "")], &["`AWS_REGION` is empty", "eu-west-1"]);
    refused(&[("AWS_RETRY_MODE", "")], &["`AWS_RETRY_MODE` is empty", "`standard`"]);
    refused(&[("AWS_MAX_ATTEMPTS", "0")], &["`AWS_MAX_ATTEMPTS` is `0`", "at least 1"]);
    refused(&[("AWS_PROFILE", "produtcion")], &["`AWS_PROFILE` is `produtcion`"]);
    refused(&[("AWS_CONFIG_FILE", "/nonexistent")], &["`AWS_CONFIG_FILE`", "does not exist"]);
    refused(
        &[("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/etc/ssl/certs")],
        &["`SSL_CERT_FILE` names a file that cannot be read", "/nonexistent"],
    );
    refused(&[("HTTPS_PROXY", "http://user:hu/sh@127.0.0.1:1")], &["`HTTPS_PROXY`", "`%40`"]);
    refused(&[("AWS_CA_BUNDLE", "/dev/null")], &["`AWS_CA_BUNDLE`", "without certificates"]);
    refused(&[("SSL_CERT_FILE", "/dev/null")], &["`SSL_CERT_FILE`", "no root certificate"]);
    refused(
        &[("SSL_CERT_DIR", "/nonexistent"), ("SSL_CERT_FILE", "/dev/null")],
        &["`SSL_CERT_FILE` or `SSL_CERT_DIR`"],
    );
}

/// What the SDK would report as missing credentials, at the first call.
#[test]
fn err_a_source_of_credentials_is_named_at_the_start() {
    let refused = |environment: &[(&str, &str)], words: &[&str]| {
        let none = [("-AWS_ACCESS_KEY_ID", ""), ("-AWS_SECRET_ACCESS_KEY", "")];
        let environment: Vec<_> = none.iter().chain(environment).copied().collect();
        refused(&environment, words);
    };
    let role = ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/x");
    refused(
        &[("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent"), role],
        &["`AWS_WEB_IDENTITY_TOKEN_FILE`", "/nonexistent"],
    );
    refused(&[("AWS_WEB_IDENTITY_TOKEN_FILE", "/dev/null")], &["`AWS_ROLE_ARN` is missing"]);
    let full = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    refused(&[(full, "nonsense")], &["`AWS_CONTAINER_CREDENTIALS_FULL_URI` is `nonsense`"]);
    refused(&[(full, "http://10.0.0.1/creds")], &["`AWS_CONTAINER_CREDENTIALS_FULL_URI`", "loopback"]);
    refused(&[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "http://[")], &["`AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`"]);
    refused(
        &[(full, "http://127.0.0.1:1/"), ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nonexistent")],
        &["`AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`"],
    );
    refused(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", "nonsense")], &["`AWS_EC2_METADATA_SERVICE_ENDPOINT`"]);
    refused(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv7")], &["`IPv4` or `IPv6`"]);
    refused(&[("AWS_ENDPOINT_URL_STS", "localhost")], &["`AWS_ENDPOINT_URL_STS`"]);
    for allowed in
        ["http://169.254.170.23/v1/credentials", "http://[fd00:ec2::23]/v1/credentials", "https://example.com/"]
    {
        let none = [("-AWS_ACCESS_KEY_ID", ""), ("-AWS_SECRET_ACCESS_KEY", ""), (full, allowed)];
        assert_eq!(child::run("start", SHORT, &none).outcome, "ok", "{allowed}");
    }
}

#[test]
fn legacy_is_the_standard_mode() {
    let peer = Peer::answering(secret("hush"));
    for mode in ["legacy", "LEGACY", "standard", "adaptive"] {
        let told = child::run("read", SHORT, &[("AWS_RETRY_MODE", mode), ("AWS_ENDPOINT_URL", &peer.url())]);
        assert_eq!(told.outcome, "ok", "{mode}: {told:?}");
    }
}

#[test]
fn the_number_of_attempts_is_that_of_the_setting() {
    for (environment, attempts) in [
        (&[("AWS_MAX_ATTEMPTS", "1")][..], 1),
        (&[("AWS_MAX_ATTEMPTS", "2"), ("AWS_RETRY_MODE", "legacy")], 2),
        (&[("AWS_RETRY_MODE", "legacy")], 3),
        (&[], 3),
    ] {
        let peer = Peer::answering(crate::peer::refusal("500 Internal Server Error", "InternalServiceError", "x"));
        let url = peer.url();
        let environment: Vec<_> = [("AWS_ENDPOINT_URL", url.as_str())].iter().chain(environment).copied().collect();
        assert_eq!(child::run("read", SHORT, &environment).outcome, "unavailable");
        assert_eq!(peer.heads().len(), attempts, "{environment:?}");
    }
}

#[test]
fn a_profile_of_a_file_is_used() {
    let peer = Peer::answering(secret("hush"));
    let directory = tempfile::tempdir().expect("a directory");
    let (config, keys) = (directory.path().join("config"), directory.path().join("credentials"));
    let text = format!("[profile dev]\nregion = eu-west-1\nretry_mode = legacy\nendpoint_url = {}\n", peer.url());
    fs::write(&config, text).expect("it can be written");
    fs::write(&keys, "[dev]\naws_access_key_id = hush\naws_secret_access_key = hush\n").expect("it can be written");
    let (config, keys) = (config.display().to_string(), keys.display().to_string());
    let environment = [
        ("-AWS_ACCESS_KEY_ID", ""),
        ("-AWS_SECRET_ACCESS_KEY", ""),
        ("-AWS_REGION", ""),
        ("AWS_PROFILE", "dev"),
        ("AWS_CONFIG_FILE", &config),
        ("AWS_SHARED_CREDENTIALS_FILE", &keys),
    ];
    let told = child::run("read", SHORT, &environment);
    assert_eq!((told.outcome.as_str(), peer.heads().len()), ("ok", 1), "{told:?}");
}
