//! The examples, run as a reader would run them: they end well, show what they promise, and no token.

use std::path::PathBuf;
use std::process::{Command, Output};

use paypulse_runtime::testing::EmbeddedSecretsManager;

const BUILT: &str = "the examples are built: `cargo test` without `--test`, or `cargo build --examples`";

/// An example's program. Cargo builds the examples whenever it runs all of a package's tests.
fn example(name: &str) -> Command {
    let tests = std::env::current_exe().expect("this program has a path");
    let target = tests.ancestors().nth(2).expect("tests are in target/PROFILE/deps");
    let path: PathBuf = target.join("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION);
    let mut command = Command::new(path);
    command.env_clear();
    command
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_token_lifecycle_shows_each_step_and_no_token() {
    let output = example("token_lifecycle").output().expect(BUILT);
    let text = text(&output);
    assert!(output.status.success(), "{text}");
    for step in
        ["connect", "read", "expire", "update", "reconnect", "adopted: office@gmail.com", "connected", "deleted"]
    {
        assert!(text.contains(step), "`{step}` is not in\n{text}");
    }
    for token in ["access-1", "access-2", "refresh-1"] {
        assert!(!text.contains(token), "`{token}` is in\n{text}");
    }
}

#[test]
fn the_rotation_shows_each_step_and_no_value() {
    let output = example("rotation").output().expect(BUILT);
    let text = text(&output);
    assert!(output.status.success(), "{text}");
    for line in [
        "createSecret  Created",
        "setSecret     Set",
        "testSecret    Tested",
        "finishSecret  Finished",
        "reads another version: true",
        "takes its password: true",
        "no longer the one before: true",
        "setSecret     AlreadyFinished",
        "… AWSPREVIOUS\n",
        "… AWSCURRENT\n",
    ] {
        assert!(text.contains(line), "`{line}` is not in\n{text}");
    }
    assert_eq!(text.lines().count(), 10, "nothing else is said, and so no password:\n{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn the_secrets_of_a_start_are_not_called_for_again() {
    let text = text(&example("secrets_at_start").output().expect(BUILT));
    for line in
        ["start: 2 calls", "request: 0 more calls", "missing: `fetch_invoices` cannot read `GoogleOauthClientId`"]
    {
        assert!(text.contains(line), "`{line}` is not in\n{text}");
    }
}

#[tokio::test]
async fn the_environment_configures_a_client() {
    let server = EmbeddedSecretsManager::enforcing(&paypulse_runtime::spec::spec());
    server.put("PayPulseAppJWTSecret", "hunter2");
    let loopback = server.serve().await.expect("a port is free");
    let mut command = example("first_secret");
    command.env("AWS_ENDPOINT_URL", loopback.url()).env("AWS_REGION", "eu-west-1");
    command.env("AWS_ACCESS_KEY_ID", "login_user").env("AWS_SECRET_ACCESS_KEY", "any");
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("it runs");
    let text = text(&output.expect(BUILT));
    assert!(text.starts_with("JwtSigningKey: 7 bytes, version "), "{text}");
    assert!(text.contains(" ms\nthis program: ") && text.ends_with(" kB\n"), "{text}");
    assert_eq!(server.calls().len(), 1);
    assert_eq!(server.calls()[0].caller, "login_user");
}

#[test]
fn err_no_region_is_said_before_any_call() {
    let output = example("first_secret").output().expect(BUILT);
    assert!(!output.status.success());
    assert!(text(&output).contains("no AWS region is configured; set `AWS_REGION`"), "{}", text(&output));
}

#[test]
fn err_no_credentials_are_said() {
    let mut command = example("first_secret");
    command.env("AWS_REGION", "eu-west-1").env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", "/nonexistent");
    let output = command.output().expect(BUILT);
    assert!(!output.status.success());
    assert!(text(&output).contains("the AWS credentials are missing, expired or invalid"), "{}", text(&output));
}

#[test]
#[cfg(target_os = "linux")]
fn a_dropped_cache_leaves_no_value_in_memory() {
    for (what, values) in [("left-by-cache", "200"), ("left-by-sdk", "200")] {
        let text = text(&example("cache_memory").args([what, values]).output().expect(BUILT));
        assert!(text.contains("of 200 tokens there are 200 as values"), "the control finds what is there: {text}");
        assert!(text.contains("of 200 tokens are left 0 as values"), "{text}");
    }
}

/// An unoptimised program of few users, whose start weighs on each: far from a measurement, and close enough to notice a
/// second copy of each value.
#[test]
#[cfg(target_os = "linux")]
fn a_cached_bundle_takes_little_more_than_its_fields() {
    let text = text(&example("cache_memory").args(["resident", "2000"]).output().expect(BUILT));
    let bytes = text.split(' ').next().and_then(|bytes| bytes.parse::<u64>().ok());
    assert!(bytes.is_some_and(|bytes| (500..1_500).contains(&bytes)), "{text}");
}
