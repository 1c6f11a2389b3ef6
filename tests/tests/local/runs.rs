//! `run`: the program's environment, streams, exit code and signals, and the calls that are explained at its end.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use crate::program::{CANARY, Test, arg, command, interrupt, python, run, seed};

pub fn tests() -> Vec<Test> {
    vec![
        ("a_program_has_the_variables_of_its_handler", a_program_has_the_variables_of_its_handler),
        ("streams_and_the_exit_code_are_passed_on", streams_and_the_exit_code_are_passed_on),
        ("ctrl_c_ends_both", ctrl_c_ends_both),
        ("denied_calls_are_explained_at_the_end", denied_calls_are_explained_at_the_end),
        ("err_a_program_that_cannot_be_started", err_a_program_that_cannot_be_started),
    ]
}

fn a_program_has_the_variables_of_its_handler() {
    let mut command = command(&["run", "--as", "FetchInvoices", "--", "env"]);
    command.env("AWS_PROFILE", "production").env("AWS_SESSION_TOKEN", "theirs").env("AWS_ACCESS_KEY_ID", "theirs");
    command.env("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://elsewhere").env("NO_PROXY", "example.com");
    let output = command.output().expect("it runs");
    let out = String::from_utf8(output.stdout).expect("it is text");
    let has = |line: &str| out.lines().any(|it| it == line);
    let begins = |text: &str| out.lines().any(|it| it.starts_with(text));
    assert!(has("AWS_ACCESS_KEY_ID=fetch_invoices") && has("AWS_REGION=eu-west-1"), "{out}");
    assert!(begins("AWS_ENDPOINT_URL=http://127.0.0.1:") && begins("SECRETS_FINGERPRINT="), "{out}");
    assert!(has("NO_PROXY=127.0.0.1,localhost,example.com"), "{out}");
    for gone in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_SECRETS_MANAGER"] {
        assert!(!begins(&format!("{gone}=")), "{out}");
    }
}

fn streams_and_the_exit_code_are_passed_on() {
    let mut child =
        command(&["run", "--as", "login_user", "--", "sh", "-c", "read line; echo got $line; echo no >&2; exit 7"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("it runs");
    child.stdin.take().expect("it is piped").write_all(b"a line\n").expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(7));
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"got a line\n"[..], &b"no\n"[..]));
    assert_eq!(run(&["run", "--as", "login_user", "--", "true"]).code, Some(0));
    // The shell's number for a program that a signal has ended.
    assert_eq!(run(&["run", "--as", "login_user", "--", "sh", "-c", "kill -9 $$"]).code, Some(137));
}

/// A program that ignores Ctrl-C ends too.
fn ctrl_c_ends_both() {
    let script = "trap '' INT; echo $$; while :; do sleep 1; done";
    let mut child = command(&["run", "--as", "login_user", "--", "sh", "-c", script]).spawn().expect("it runs");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let id: i32 = lines.next().expect("it prints").expect("it is text").parse().expect("it is a process id");
    interrupt(&child);
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(137));
    let is_there = nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), None).is_ok();
    assert!(!is_there, "the program runs on");
}

const SCRIPT: &str = r#"
import boto3, botocore.exceptions, sys
client = boto3.client("secretsmanager")
print(client.get_secret_value(SecretId="PayPulseAppJWTSecret")["SecretString"] == sys.argv[1])
for call, name in [("get_secret_value", "gmail/user/7"), ("get_secret_value", "gmail/user/7"), ("describe_secret", "nothing")]:
    try:
        getattr(client, call)(SecretId=name)
    except botocore.exceptions.ClientError as error:
        print(error.response["Error"]["Code"])
"#;

fn denied_calls_are_explained_at_the_end() {
    let Some(python) = python() else {
        println!("skipped: `PYTHON_CLIENT` does not name a Python with boto3");
        return;
    };
    let (_dir, path) = seed();
    let given = ["run", "--as", "login_user", "--seed", arg(&path), "--", arg(&python), "-c", SCRIPT, CANARY];
    let ran = run(&given);
    assert_eq!(ran.code, Some(0), "{ran}");
    let denied = "AccessDeniedException";
    assert_eq!(ran.out.lines().collect::<Vec<_>>(), ["True", denied, denied, denied], "{ran}");
    // Each call once, whatever the number of attempts.
    assert!(ran.err.contains("2 calls that the spec does not grant"), "{ran}");
    assert_eq!(
        ran.err.matches("add `GmailUserTokens: read;` to `LoginUser` in `runtime/src/spec.rs`").count(),
        1,
        "{ran}"
    );
    assert!(ran.err.contains("on `nothing`: the spec has no secret of that name"), "{ran}");
    assert!(!ran.to_string().contains(CANARY), "{ran}");
}

fn err_a_program_that_cannot_be_started() {
    let missing = run(&["run", "--as", "login_user", "--", "no-such-program-anywhere"]);
    assert_eq!(missing.code, Some(127), "{missing}");
    assert!(missing.err.contains("there is no program `no-such-program-anywhere`"), "{missing}");
    let (_dir, path) = seed();
    let refused = run(&["run", "--as", "login_user", "--", arg(&path)]);
    assert_eq!(refused.code, Some(126), "{refused}");
    for wrong in
        [&["run", "--as", "login_usr", "--", "true"][..], &["run", "--as", "login_user"], &["run", "--", "true"]]
    {
        assert_eq!(run(wrong).code, Some(2), "{wrong:?}");
    }
    let unknown = run(&["run", "--as", "login_usr", "--", "true"]);
    assert!(unknown.err.contains("did you mean `login_user`?"), "{unknown}");
}
