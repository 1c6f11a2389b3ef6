//! Credentials that a profile of a developer's machine names: a program that prints them, and IAM Identity Center, whose endpoint is
//! on loopback.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use crate::child::{self, Told};
use crate::peer::{Peer, answer, secret};

const SHORT: Duration = Duration::from_secs(5);
/// A profile of IAM Identity Center, as `aws configure sso` writes it.
const IDENTITY_CENTER: &str = "[profile dev]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n\
    [sso-session s]\nsso_start_url = https://example.awsapps.com/start\nsso_region = eu-west-1\n";
/// Where the token of that session is: the name is the SHA-1 of the session's.
const TOKEN: &str = ".aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json";

/// A peer that is Secrets Manager, and the portal that gives a role's credentials for a token.
fn aws() -> Peer {
    let keys = r#"{"roleCredentials":{"accessKeyId":"k","secretAccessKey":"s","sessionToken":"t","expiration":32503680000000}}"#;
    Peer::after_head(move |stream, head| {
        let is_portal = head.starts_with("GET /federation/credentials?");
        let answer = if is_portal { answer("200 OK", keys) } else { secret("hush") };
        let _ = stream.write_all(answer.as_bytes());
    })
}

/// Reads a secret with this profile, in this home directory.
fn read(aws: &Peer, home: &Path, profile: &str) -> Told {
    let config = home.join("config");
    fs::write(&config, profile).expect("it can be written");
    let (config, home, url) = (config.display().to_string(), home.display().to_string(), aws.url());
    let environment = [
        ("-AWS_ACCESS_KEY_ID", ""),
        ("-AWS_SECRET_ACCESS_KEY", ""),
        ("AWS_PROFILE", "dev"),
        ("AWS_CONFIG_FILE", &config),
        ("AWS_ENDPOINT_URL", &url),
        ("HOME", &home),
        ("PATH", "/bin:/usr/bin"),
    ];
    child::run("read", SHORT, &environment)
}

fn log_in(home: &Path, expires: &str) {
    let token = home.join(TOKEN);
    fs::create_dir_all(token.parent().expect("it is in a directory")).expect("it can be made");
    let text = format!(r#"{{"accessToken":"hush-token","expiresAt":"{expires}","region":"eu-west-1"}}"#);
    fs::write(token, text).expect("it can be written");
}

#[test]
fn the_keys_of_a_program_are_used() {
    let (aws, home) = (aws(), tempfile::tempdir().expect("a directory"));
    let program = home.path().join("keys");
    let keys = r#"{"Version": 1, "AccessKeyId": "k", "SecretAccessKey": "s"}"#;
    fs::write(&program, format!("#!/bin/sh\necho '{keys}'\n")).expect("it can be written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("the file is there");
    let told = read(&aws, home.path(), &format!("[profile dev]\ncredential_process = {}\n", program.display()));
    assert_eq!(told.outcome, "ok", "{told:?}");
    assert!(aws.heads()[0].contains("Credential=k/"), "{:?}", aws.heads());
}

/// What the program prints can be a key: no error repeats it.
#[test]
fn err_a_program_that_fails_is_said_without_its_words() {
    let (aws, home) = (aws(), tempfile::tempdir().expect("a directory"));
    for program in ["/bin/false", "/bin/echo hush-key", "/bin/nonexistent"] {
        let told = read(&aws, home.path(), &format!("[profile dev]\ncredential_process = {program}\n"));
        assert_eq!(told.outcome, "credentials", "{told:?}");
        assert!(!told.printed.contains("hush"), "{told:?}");
    }
    assert_eq!(aws.heads().len(), 0);
}

#[test]
fn the_keys_of_identity_center_are_those_for_the_token() {
    let (aws, home) = (aws(), tempfile::tempdir().expect("a directory"));
    log_in(home.path(), "2999-01-01T00:00:00Z");
    let told = read(&aws, home.path(), IDENTITY_CENTER);
    assert_eq!(told.outcome, "ok", "{told:?}");
    let heads = aws.heads();
    assert!(heads[0].contains("role_name=r&account_id=123456789012") && heads[0].contains("hush-token"), "{heads:?}");
    assert!(heads[1].contains("Credential=k/"), "{heads:?}");
    assert!(!told.printed.contains("hush"), "{told:?}");
}

#[test]
fn err_without_a_login_or_after_its_end_the_command_is_named() {
    let (aws, home) = (aws(), tempfile::tempdir().expect("a directory"));
    for is_logged_in in [false, true] {
        if is_logged_in {
            log_in(home.path(), "2020-01-01T00:00:00Z");
        }
        let told = read(&aws, home.path(), IDENTITY_CENTER);
        assert_eq!(told.outcome, "credentials", "{told:?}");
        assert!(told.message.contains("`aws sso login`") && !told.printed.contains("hush"), "{told:?}");
    }
    assert_eq!(aws.heads().len(), 0);
}
