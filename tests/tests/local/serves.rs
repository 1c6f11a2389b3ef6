//! `serve`: who is answered what, and what is refused before it starts.

use std::process::{Command, Stdio};

use crate::program::{CANARY, Serving, Test, arg, file, has_aws, post, python, run, seed};

pub fn tests() -> Vec<Test> {
    vec![
        ("each_handler_has_its_grants_over_raw_http", each_handler_has_its_grants_over_raw_http),
        ("boto3_has_the_grants_of_its_handler", boto3_has_the_grants_of_its_handler),
        ("the_aws_cli_has_the_grants_of_its_handler", the_aws_cli_has_the_grants_of_its_handler),
        ("err_a_seed_names_the_place_and_not_the_value", err_a_seed_names_the_place_and_not_the_value),
        ("err_other_machines_cannot_connect", err_other_machines_cannot_connect),
        ("err_a_port_that_is_taken", err_a_port_that_is_taken),
    ]
}

fn each_handler_has_its_grants_over_raw_http() {
    let (_dir, path) = seed();
    let serving = Serving::start(&["--seed", arg(&path)]);
    let of = |handler: &str, name: &str| {
        let variables = serving.variables(handler);
        variables.into_iter().find(|(it, _)| it == name).map(|(_, value)| value).unwrap_or_default()
    };
    assert_eq!(of("LoginUser", "AWS_ENDPOINT_URL"), serving.url);
    assert_eq!(of("LoginUser", "SECRETS_REGION"), of("LoginUser", "AWS_REGION"));
    assert!(!of("LoginUser", "SECRETS_FINGERPRINT").is_empty());
    let key = r#"{"SecretId": "PayPulseAppJWTSecret"}"#;
    let allowed = post(&serving.url, &of("LoginUser", "AWS_ACCESS_KEY_ID"), "GetSecretValue", key);
    assert!(allowed.contains(" 200 ") && allowed.contains(CANARY), "{allowed}");
    let member = r#"{"SecretId": "gmail/user/7"}"#;
    let denied = post(&serving.url, &of("LoginUser", "AWS_ACCESS_KEY_ID"), "GetSecretValue", member);
    assert!(denied.contains("AccessDeniedException") && !denied.contains(CANARY), "{denied}");
    let unknown = post(&serving.url, "nobody", "GetSecretValue", key);
    assert!(unknown.contains("AccessDeniedException"), "{unknown}");
    let ended = serving.end();
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.err.contains("add `GmailUserTokens: read;` to `LoginUser`"), "{ended}");
    assert!(ended.err.contains("no handler of the environment has the access key id `nobody`"), "{ended}");
    assert!(!ended.err.contains(CANARY), "{ended}");
}

const SCRIPT: &str = r#"
import boto3, botocore.exceptions
client = boto3.client("secretsmanager")
print(client.get_secret_value(SecretId="PayPulseAppJWTSecret")["SecretString"])
try:
    client.delete_secret(SecretId="PayPulseAppJWTSecret")
except botocore.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])
"#;

fn boto3_has_the_grants_of_its_handler() {
    let Some(python) = python() else {
        println!("skipped: `PYTHON_CLIENT` does not name a Python with boto3");
        return;
    };
    let (_dir, path) = seed();
    let serving = Serving::start(&["--seed", arg(&path)]);
    let mut script = Command::new(python);
    script.args(["-c", SCRIPT]).env_clear().envs(serving.variables("LoginUser")).stdin(Stdio::null());
    let output = script.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said.lines().collect::<Vec<_>>(), [CANARY, "AccessDeniedException"], "{why}");
}

fn the_aws_cli_has_the_grants_of_its_handler() {
    if !has_aws() {
        println!("skipped: the AWS CLI is not installed");
        return;
    }
    let (_dir, path) = seed();
    let seed = ["--as", "login_user", "--seed", arg(&path), "--"];
    let aws = ["aws", "secretsmanager"];
    let read =
        ["get-secret-value", "--secret-id", "PayPulseAppJWTSecret", "--query", "SecretString", "--output", "text"];
    let allowed = run(&[&["run"], &seed[..], &aws, &read].concat());
    assert_eq!((allowed.code, allowed.out.trim()), (Some(0), CANARY), "{allowed}");
    let delete = ["delete-secret", "--secret-id", "gmail/user/7"];
    let denied = run(&[&["run"], &seed[..], &aws, &delete].concat());
    assert!(denied.code != Some(0) && denied.err.contains("AccessDeniedException"), "{denied}");
    assert!(denied.err.contains("add `GmailUserTokens: delete;` to `LoginUser`"), "{denied}");
}

fn err_a_seed_names_the_place_and_not_the_value() {
    let long = format!("{{ \"JwtSigningKey\": \"{}", CANARY.repeat(10_000));
    for (text, expected) in [
        (format!("{{ \"JwtSigningKey\": \"{CANARY}\" "), "is not JSON at line 1 column"),
        (format!("[\"{CANARY}\"]"), "is not an object"),
        (format!("\"{CANARY}\""), "is not an object"),
        (format!("{{ \"JwtSigningKey\": [\"{CANARY}\"] }}"), "the value of `JwtSigningKey`"),
        ("{ \"JwtSigningKey\": 7 }".to_owned(), "the value of `JwtSigningKey`"),
        (format!("{{ \"JwtSigningKeys\": \"{CANARY}\" }}"), "did you mean `JwtSigningKey`?"),
        (format!("{{ \"gmail/usr/7\": \"{CANARY}\" }}"), "the spec has no secret of that name"),
        (long, "JSON"),
        (String::new(), "error:"),
    ] {
        let (_dir, path) = file(&text);
        let refused = run(&["serve", "--seed", arg(&path)]);
        assert_eq!(refused.code, Some(2), "{refused}");
        assert!(refused.err.contains(expected), "{expected}: {refused}");
        assert!(!refused.to_string().contains(CANARY), "a value is printed");
    }
    assert_eq!(run(&["serve", "--seed", "no-such-file.json"]).code, Some(2));
}

fn err_other_machines_cannot_connect() {
    for address in ["0.0.0.0", "::", "192.168.1.10", "localhost", ""] {
        let refused = run(&["serve", "--address", address]);
        assert_eq!(refused.code, Some(2), "{refused}");
    }
}

fn err_a_port_that_is_taken() {
    let serving = Serving::start(&[]);
    let port = serving.url.rsplit(':').next().expect("it has a port").to_owned();
    let refused = run(&["serve", "--port", &port]);
    assert_eq!(refused.code, Some(2), "{refused}");
    assert!(refused.err.contains("--port"), "{refused}");
    assert_eq!(run(&["serve", "--prefix", "dev/"]).code, Some(2));
}
