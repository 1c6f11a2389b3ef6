//! How the command ends, and what it says then: without Region or credentials, without permission, when AWS refuses, breaks
//! off or makes no sense, and when the user has enough.

use std::process::{Command, Stdio};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::account::{Identity, encoded};
use crate::run::{Run, audit, bare, on, run};
use crate::secrets::clean;
use crate::server::{Answer, Call, Server, refusal, refusal_of_iam};

#[track_caller]
fn says(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, Some(code), "{run}");
    for word in words {
        assert!(run.err.contains(word), "`{word}` is not said: {run}");
    }
}

/// An answer, made again for each call.
type Ending = dyn Fn() -> Answer + Send + Sync;

#[test]
fn without_a_region_or_credentials_it_says_what_to_set() {
    let nowhere = run(&mut bare(&[]));
    says(&nowhere, 2, &["error: no AWS region is configured", "hint: pass `--region`, or set `AWS_REGION`"]);
    let nobody = run(&mut bare(&["--region", "eu-west-1"]));
    says(&nobody, 2, &["error: no usable AWS credentials: ", "hint: set `AWS_PROFILE`, or `AWS_ACCESS_KEY_ID`"]);
    says(&nobody, 2, &["looked at no identity", "not everything was looked at: 0 findings so far"]);
    let nobody = run(bare(&["--region", "eu-west-1"]).args(["--format", "json"]));
    assert_eq!(nobody.json()["result"], "failed", "{nobody}");
}

#[test]
fn a_bad_command_line_says_what_is_wrong_with_it() {
    for (arguments, word) in [
        (&["--stale-after", "soon"][..], "it is a number with `d`, `w` or `h` behind it, such as `90d`"),
        (&["--rate", "0"], "0 is not in 1..=10000"),
        (&["--accept", "outsider:role/A"], "there is no rule `outsider`"),
        (&["--var", "close_shop_role"], "`close_shop_role` is not `NAME=VALUE`"),
        (&["--region", "eu-west-1.example.com/"], "did you mean `eu-west-1`?"),
        (&["--policy"], "--account <ID>"),
        (&["--policy", "--account", "12"], "an account has twelve digits"),
        (&["--policy", "--account", "123456789012"], "hint: pass `--region`, or set `AWS_REGION`"),
    ] {
        says(&run(&mut bare(arguments)), 2, &[word]);
    }
}

#[test]
fn a_caller_that_may_not_look_is_told_which_policy_is_needed() {
    for (name, answer) in [
        ("GetAccountAuthorizationDetails", refusal_of_iam as fn(u16, &str, &str) -> Answer),
        ("ListSecrets", refusal),
        ("GetResourcePolicy", refusal),
    ] {
        // XML cannot hold an escape.
        let said = if name.starts_with("GetAcc") { "not allowed" } else { "not \u{1b}[31mallowed" };
        let code = if name.starts_with("GetAcc") { "AccessDenied" } else { "AccessDeniedException" };
        let server = Server::with(clean(), move |call| (call.name == name).then(|| answer(403, code, said)));
        let words = [
            &format!("error: {name} is denied: not {}allowed", if said.len() > 11 { "\\u{1b}[31m" } else { "" }),
            "`cargo xtask audit --policy`",
        ];
        says(&audit(&server, &[]), 2, &words);
        assert_eq!(server.count(name), 1, "a denial is not tried again");
    }
}

#[test]
fn credentials_that_aws_does_not_take_are_a_usage_error() {
    let server = Server::with(clean(), |_| Some(refusal_of_iam(403, "InvalidClientTokenId", "The token is invalid.")));
    says(&audit(&server, &[]), 2, &["error: no usable AWS credentials: InvalidClientTokenId: The token is invalid."]);
}

#[test]
fn a_passing_throttle_is_waited_for() {
    let left = AtomicUsize::new(2);
    let server = Server::with(clean(), move |call| {
        let take = |left: usize| left.checked_sub(1);
        let strikes = call.name == "ListSecrets" && left.fetch_update(SeqCst, SeqCst, take).is_ok();
        strikes.then(|| refusal(400, "ThrottlingException", "Rate exceeded"))
    });
    let run = audit(&server, &[]);
    assert_eq!(run.json()["coverage"]["whole"], true, "{run}");
    assert_eq!(server.count("ListSecrets"), 3);
}

#[test]
fn err_a_fault_of_awss_own_is_no_refusal() {
    for name in ["ListSecrets", "GetAccountAuthorizationDetails"] {
        let server = Server::with(clean(), move |call| {
            let answer = if call.name == "ListSecrets" { refusal } else { refusal_of_iam };
            (call.name == name).then(|| answer(500, "InternalFailure", "An error occurred on the server side."))
        });
        let words =
            [&format!("error: {name} failed: AWS reports an internal error (`InternalFailure`)"), "run it again later"];
        says(&audit(&server, &[]), 1, &words);
        assert_eq!(server.count(name), 4, "the SDK tries again");
    }
}

#[test]
fn a_connection_that_breaks_is_tried_again() {
    let left = AtomicUsize::new(2);
    let server = Server::with(clean(), move |call| {
        let strikes = call.name == "ListSecrets" && left.fetch_update(SeqCst, SeqCst, |it| it.checked_sub(1)).is_ok();
        strikes.then_some(Answer::Break)
    });
    let run = audit(&server, &[]);
    assert_eq!(run.json()["result"], "clean", "{run}");
    let server = Server::with(clean(), |call| (call.name == "ListSecrets").then_some(Answer::Break));
    says(&audit(&server, &[]), 1, &["error: ListSecrets got no answer: "]);
}

#[test]
fn answers_that_make_no_sense_are_errors_and_never_a_panic() {
    let body = |text: &str| Answer::Body(200, text.to_owned());
    let cases: Vec<(&str, Box<Ending>, &str)> = vec![
        ("ListSecrets", Box::new(move || body("hunter2")), "it cannot be read"),
        ("ListSecrets", Box::new(move || body("{\"SecretList\": 7}")), "it cannot be read"),
        ("ListSecrets", Box::new(move || body("{\"SecretList\": [{}]}")), "a secret without a name or an ARN"),
        ("ListSecrets", Box::new(move || body(&"[".repeat(1_000_000))), "it cannot be read"),
        ("ListSecrets", Box::new(move || body("{\"SecretList\": [{\"Name\": \"a\"")), "it cannot be read"),
        ("ListSecrets", Box::new(move || body("{\"NextToken\": \"again\"}")), "its list has no end"),
        ("ListSecrets", Box::new(|| Answer::Endless), "it is too large"),
        ("DescribeSecret", Box::new(move || body("{}")), "a secret without a name or an ARN"),
        ("GetResourcePolicy", Box::new(move || body("[]")), "it cannot be read"),
        ("GetSecretValue", Box::new(move || body("{\"SecretString\": [\"hunter2\"]}")), "it cannot be read"),
        ("GetCallerIdentity", Box::new(move || body("<a><b>")), "it cannot be read"),
        ("GetCallerIdentity", Box::new(move || body(&caller("hunter2"))), "it names no account"),
        ("GetAccountAuthorizationDetails", Box::new(move || body(&"<a>".repeat(100_000))), "it cannot be read"),
        (
            "GetAccountAuthorizationDetails",
            Box::new(move || body(&details("<IsTruncated>true</IsTruncated>"))),
            "and not where",
        ),
        ("GetAccountAuthorizationDetails", Box::new(move || body(&details(ENDLESS))), "its list has no end"),
        (
            "GetAccountAuthorizationDetails",
            Box::new(move || body(&details(NAMELESS))),
            "a role without a name or an ARN",
        ),
        (
            "GetAccountAuthorizationDetails",
            Box::new(move || body(&details(UNATTACHED))),
            "an attached policy without an ARN",
        ),
        ("GetAccountAuthorizationDetails", Box::new(move || body(&details(&undecodable()))), "is not percent-encoded"),
    ];
    for (name, answer, what) in cases {
        let mut account = clean();
        account.secrets.retain(|secret| secret.name != "Google-OAuth-Client-ID");
        let server = Server::with(account, move |call: &Call| (call.name == name).then(&*answer));
        let run = audit(&server, &["--read-values"]);
        says(&run, 1, &[&format!("error: {name} returned a malformed response: "), what, "run it again"]);
        assert!(!run.to_string().contains("hunter2"), "{run}");
    }
}

const ENDLESS: &str = "<IsTruncated>true</IsTruncated><Marker>again</Marker>";
const UNATTACHED: &str = "<IsTruncated>false</IsTruncated><RoleDetailList><member><RoleName>a</RoleName>\
    <Arn>arn:aws:iam::123456789012:role/a</Arn><AttachedManagedPolicies><member><PolicyName>p</PolicyName></member>\
    </AttachedManagedPolicies></member></RoleDetailList>";
const NAMELESS: &str = "<IsTruncated>false</IsTruncated><RoleDetailList><member></member></RoleDetailList>";

fn undecodable() -> String {
    let role = "<RoleName>a</RoleName><Arn>arn:aws:iam::123456789012:role/a</Arn>";
    let document = encoded("{}").replace('7', "x");
    format!(
        "<IsTruncated>false</IsTruncated><RoleDetailList><member>{role}<AssumeRolePolicyDocument>{document}\
         </AssumeRolePolicyDocument></member></RoleDetailList>"
    )
}

fn details(result: &str) -> String {
    let name = "GetAccountAuthorizationDetails";
    format!("<{name}Response><{name}Result>{result}</{name}Result></{name}Response>")
}

fn caller(account: &str) -> String {
    let result = format!("<GetCallerIdentityResult><Account>{account}</Account></GetCallerIdentityResult>");
    format!("<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>")
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let server = Server::of(clean());
    let mut command = on(&server, &[]);
    let run = run(command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1"));
    says(
        &run,
        1,
        &["error: GetCallerIdentity got no answer: ", "hint: see that the endpoint of the Region can be reached"],
    );
}

#[test]
fn ctrl_c_ends_it_with_what_was_covered() {
    let mut account = clean();
    let statement = json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }]);
    account.identities.push(Identity::new("User", "eve").with(&statement));
    for (format, word) in
        [("text", "[outside-reach]"), ("json", "\"interrupted\""), ("sarif", "\"executionSuccessful\": false")]
    {
        // One of its own for each, so that no call is from the run before.
        let hook = |call: &Call| (call.name == "GetResourcePolicy").then_some(Answer::Silence);
        let server = Server::with(account.clone(), hook);
        let mut child = on(&server, &["--format", format]).stdin(Stdio::null()).spawn().expect("it starts");
        wait_for(&server, "GetResourcePolicy");
        // It handles the signal from the moment at which it begins to look.
        let sent = Command::new("/bin/kill").args(["-INT", &child.id().to_string()]).status().expect("`kill` is there");
        assert!(sent.success());
        let started = Instant::now();
        while child.try_wait().expect("it can be asked").is_none() {
            assert!(started.elapsed() < Duration::from_secs(20), "it does not end");
            thread::sleep(Duration::from_millis(20));
        }
        let run = Run::of(child.wait_with_output().expect("it has ended"));
        says(&run, 130, &["looked at 1 secret, not the whole list", "not everything was looked at"]);
        assert!(run.out.contains(word), "{run}");
    }
}

fn wait_for(server: &Server, name: &str) {
    let started = Instant::now();
    while server.count(name) == 0 {
        assert!(started.elapsed() < Duration::from_mins(1), "{name} is not called");
        thread::sleep(Duration::from_millis(20));
    }
}
