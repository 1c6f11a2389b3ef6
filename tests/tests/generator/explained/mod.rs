//! `explain`: each thing that can be at fault, on both specs; texts that are cut off or made to harm; and messages that a
//! server made for calls of the real SDK.

mod corpus;
mod hostile;
mod served;

use insta::assert_snapshot;
use paypulse_runtime::model::Spec;
use paypulse_runtime::spec::spec as paypulse;
use paypulse_tests::bakery::spec as bakery;
use paypulse_tests::warehouse::spec as warehouse;
use serde_json::Value;
use xtask::Exit;

use crate::run::{Run, on};

/// `explain`, with the message as its argument.
fn explain(spec: &Spec, arguments: &[&str]) -> Run {
    on(spec, &[&["explain"], arguments].concat(), false)
}

/// A message of AWS on a call by a session of a role.
fn message(session: &str, action: &str, resource: &str, reason: &str) -> String {
    let resource = if resource.is_empty() { String::new() } else { format!(" on resource: {resource}") };
    let reason = reason.replace("ACTION", action);
    let user = format!("User: arn:aws:sts::123456789012:assumed-role/{session}");
    format!("{user} is not authorized to perform: {action}{resource} {reason}").trim_end().to_owned()
}

const NONE_ALLOWS: &str = "because no identity-based policy allows the ACTION action";
const RELABEL: &str = "secretsmanager:UpdateSecretVersionStage";
const PASSWORD: &str = "secretsmanager:GetRandomPassword";
const READ: &str = "secretsmanager:GetSecretValue";

fn secret(name: &str) -> String {
    format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{name}-AbCdEf")
}

/// The fault of one denial, as programs read it.
#[track_caller]
fn fault(spec: &Spec, message: &str) -> String {
    let run = explain(spec, &["--format", "json", message]);
    assert_eq!(run.exit, Exit::Done, "{run}");
    let report: Value = serde_json::from_str(&run.out).expect("stdout is JSON");
    assert_eq!((&report["result"], report["denials"].as_array().map(Vec::len)), (&Value::from("explained"), Some(1)));
    report["denials"][0]["fault"].as_str().expect("a fault is a word").to_owned()
}

/// Each line: the fault, and a message that has it. `login_user` may read the signing key and nothing else; `delete_user`
/// may delete a user's tokens.
#[test]
fn each_fault_is_told_from_the_others() {
    let key = secret("PayPulseAppJWTSecret");
    let tokens = secret("gmail/user/seven");
    let login = |resource: &str, reason: &str| message("login_user/login_user", READ, resource, reason);
    let cases = [
        ("apply", login(&key, NONE_ALLOWS)),
        ("missing-secret", login("PayPulseAppJWTSecret", NONE_ALLOWS)),
        ("missing-secret", login("PayPulseAppJWTSecret", "")),
        ("identity-policy", login(&key, "with an explicit deny in an identity-based policy")),
        ("secret-policy", login(&key, "with an explicit deny in a resource-based policy")),
        ("permissions-boundary", login(&key, "because no permissions boundary allows the ACTION action")),
        ("session-policy", login(&key, "because no session policy allows the ACTION action")),
        ("organization", login(&key, "with an explicit deny in a service control policy")),
        ("organization", login(&key, "with an explicit deny in a resource control policy")),
        ("endpoint", login(&key, "because no VPC endpoint policy allows the ACTION action")),
        ("unsaid", login(&key, "")),
        ("code", message("delete_user/delete_user", "secretsmanager:PutSecretValue", &tokens, NONE_ALLOWS)),
        ("code", message("login_user/login_user", "secretsmanager:DeleteSecret", &key, NONE_ALLOWS)),
        ("code", message("login_user/login_user", "secretsmanager:DeleteSecret", "", NONE_ALLOWS)),
        ("code", login(&tokens, "with an explicit deny in a service control policy")),
        ("no-secret", login(&secret("PayPulseAppJWTSecretOld"), NONE_ALLOWS)),
        ("no-secret", login(&secret("elsewhere"), NONE_ALLOWS)),
        ("no-verb", message("login_user/login_user", "secretsmanager:ListSecrets", "", NONE_ALLOWS)),
        (
            "other-service",
            message("login_user/login_user", "dynamodb:GetItem", "arn:aws:dynamodb:x:1:table/t", NONE_ALLOWS),
        ),
        ("deployment", message("paypulse-functions/login_user", READ, &key, NONE_ALLOWS)),
        ("deployment", message("delete_user/login_user", READ, &key, NONE_ALLOWS)),
        ("caller", message("logn_user/x", READ, &key, NONE_ALLOWS)),
        ("caller", message("ci/x", READ, &key, NONE_ALLOWS)),
        ("caller", message("ci/x", "secretsmanager:GetResourcePolicy", &key, NONE_ALLOWS)),
        (
            "caller",
            format!("User: arn:aws:iam::123456789012:user/jo is not authorized to perform: {READ} on resource: {key}"),
        ),
        ("code", message("login_user/login_user", "kms:GenerateDataKey", "arn:aws:kms:eu-west-1:1:key/k", NONE_ALLOWS)),
        ("unknown-key", message("login_user/login_user", "kms:Decrypt", "arn:aws:kms:eu-west-1:1:key/k", NONE_ALLOWS)),
        ("unsaid", "AccessDeniedException: Access to KMS is not allowed".to_owned()),
        ("cut-off", message("login_user/login_user", "secretsmanager:GetSecretVal", "", "")),
        ("cut-off", login("", NONE_ALLOWS)),
        ("permissions-boundary", login("", "with an explicit deny in a permissions boundary")),
        ("cut-off", "User is not authorized to perform: secretsmanager:GetSecretValue".to_owned()),
    ];
    let mut answers = Vec::new();
    for (expected, message) in cases {
        assert_eq!(fault(&paypulse(), &message), expected, "{message}");
        let run = explain(&paypulse(), &[&message]);
        answers.push(format!("{message}\n{}", indented(&run.out)));
    }
    assert_snapshot!(answers.join("\n"));
}

fn indented(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("    {line}")).collect();
    lines.join("\n") + "\n"
}

#[test]
fn what_is_asked_for_in_another_region_is_said() {
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:warehouse/customs-login-AbCdEf";
    let run = explain(&warehouse(), &[&message("pay-duties/pay-duties", READ, arn, NONE_ALLOWS)]);
    let hint = "see why it asks there: the spec has `warehouse/customs-login` in `us-east-1`";
    assert!(run.out.contains(hint), "{run}");
}

/// Keys, roles that exist already, and names that AWS has a reading of its own for.
#[test]
fn the_warehouse_is_explained_too() {
    let kms = "arn:aws-cn:kms:cn-north-1:123456789012:key/k";
    let of_key = "because no resource-based policy allows the ACTION action";
    let shops = "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:shops/1/suppliers/2/login-AbCdEf";
    let copy = |region| format!("arn:aws:secretsmanager:{region}:123456789012:secret:warehouse/database-AbCdEf");
    let abroad = |region| format!("arn:aws:secretsmanager:{region}:123456789012:secret:warehouse/customs-login-AbCdEf");
    let cases = [
        ("apply", message("add_supplier/add_supplier", "kms:GenerateDataKey", kms, NONE_ALLOWS)),
        ("key-policy", message("add_supplier/add_supplier", "kms:Decrypt", kms, of_key)),
        ("code", message("heartbeat/heartbeat", "kms:Decrypt", kms, NONE_ALLOWS)),
        ("apply", message("rotate-logins/rotate-logins", RELABEL, &secret("warehouse/database"), NONE_ALLOWS)),
        ("code", message("heartbeat/heartbeat", RELABEL, &secret("warehouse/database"), NONE_ALLOWS)),
        // What is in another region is not what has its name here, nor in a third one.
        ("apply", message("pay-duties/pay-duties", READ, &abroad("us-east-1"), NONE_ALLOWS)),
        ("no-secret", message("pay-duties/pay-duties", READ, &abroad("eu-west-1"), NONE_ALLOWS)),
        ("code", message("heartbeat/heartbeat", READ, &abroad("us-east-1"), NONE_ALLOWS)),
        ("missing-secret", message("pay-duties/pay-duties", READ, "warehouse/customs-login", NONE_ALLOWS)),
        // On no secret: AWS names none, or all.
        ("apply", message("rotate-logins/rotate-logins", PASSWORD, "", NONE_ALLOWS)),
        ("apply", message("rotate-logins/rotate-logins", PASSWORD, "*", NONE_ALLOWS)),
        ("unsaid", message("rotate-logins/rotate-logins", PASSWORD, "", "")),
        ("code", message("heartbeat/heartbeat", PASSWORD, "*", NONE_ALLOWS)),
        (
            "apply",
            message(
                "add_supplier/add_supplier",
                "secretsmanager:CreateSecret",
                "shops/1/suppliers/2/login",
                NONE_ALLOWS,
            ),
        ),
        ("apply", message("re-order/re-order", READ, shops, NONE_ALLOWS)),
        // The role's name is a variable's value; Lambda says whose it is.
        ("apply", message("shop-closer/close-shop", "secretsmanager:DeleteSecret", shops, NONE_ALLOWS)),
        ("code", message("shop-closer/close-shop", READ, shops, NONE_ALLOWS)),
        ("deployment", message("heartbeat/close-shop", READ, shops, NONE_ALLOWS)),
        ("caller", message("shop-closer/x", READ, shops, NONE_ALLOWS)),
        ("apply", message("2-sample/2-sample", READ, &secret("HeadOffice+Maps@EU"), NONE_ALLOWS)),
        ("missing-secret", message("2-sample/2-sample", READ, "HeadOffice+Maps@EU", NONE_ALLOWS)),
        // Copies: one that is read, one that is not, and what nobody does with a copy.
        ("apply", message("re-order/re-order", READ, &copy("us-west-2"), NONE_ALLOWS)),
        ("copy", message("re-order/re-order", READ, &copy("eu-central-1"), NONE_ALLOWS)),
        ("copy", message("rotate-logins/rotate-logins", RELABEL, &copy("us-west-2"), NONE_ALLOWS)),
        ("code", message("heartbeat/heartbeat", READ, &copy("us-west-2"), NONE_ALLOWS)),
    ];
    let mut answers = Vec::new();
    for (expected, message) in cases {
        assert_eq!(fault(&warehouse(), &message), expected, "{message}");
        answers.push(format!("{message}\n{}", indented(&explain(&warehouse(), &[&message]).out)));
    }
    assert_snapshot!(answers.join("\n"));
}

#[test]
fn whose_function_it_was_can_be_said() {
    let text =
        message("shop-closer/x", "secretsmanager:DeleteSecret", &secret("shops/1/suppliers/2/login"), NONE_ALLOWS);
    let said = explain(&warehouse(), &["--handler", "close-shop", "--format", "json", &text]);
    let report: Value = serde_json::from_str(&said.out).expect("stdout is JSON");
    assert_eq!((report["denials"][0]["fault"].as_str(), said.exit), (Some("apply"), Exit::Done), "{said}");
    // By its id in the spec, too.
    assert_eq!(explain(&warehouse(), &["--handler", "CloseShop", &text]).exit, Exit::Done);
    let unknown = explain(&warehouse(), &["--handler", "close-shp", &text]);
    assert_eq!(unknown.exit, Exit::Usage);
    assert_snapshot!(unknown);
}

#[test]
fn a_message_need_not_be_quoted_and_several_are_explained() {
    let first = message("login_user/login_user", READ, &secret("PayPulseAppJWTSecret"), NONE_ALLOWS);
    let second = message("delete_user/delete_user", READ, &secret("gmail/user/seven"), NONE_ALLOWS);
    let words: Vec<&str> = first.split(' ').collect();
    assert_eq!(explain(&paypulse(), &words).out, explain(&paypulse(), &[&first]).out);
    let both = explain(&paypulse(), &[&format!("{first}\n{second}\n{first}")]);
    let apart = [explain(&paypulse(), &[&first]).out, explain(&paypulse(), &[&second]).out];
    assert_eq!(both.out, apart.join("\n"));
}

#[test]
fn err_a_text_without_a_denial() {
    for text in ["", "AccessDeniedException", "is authorized to perform"] {
        let run = explain(&paypulse(), &["--format", "json", text]);
        assert_eq!(run.exit, Exit::Usage, "{run}");
        let report: Value = serde_json::from_str(&run.out).expect("stdout is JSON");
        assert_eq!(report["result"], "failed");
    }
    assert_snapshot!(explain(&paypulse(), &["AccessDeniedException"]));
}

/// Who called says which environment it is, and where nobody is named, the secret does.
#[test]
fn a_call_of_one_of_many_environments_is_explained_by_its_own_names() {
    let user = |name: &str| format!("dev-{name}/dev-{name}");
    for (session, name, expected) in [
        (user("bake"), "dev/bakery/oven.key", "apply"),
        ("Prod_bake/Prod_bake".to_owned(), "Prod_bakery/oven.key", "apply"),
        (user("bake"), "dev/branches/west/till", "code"),
        // What another environment has, or one without a prefix would, is no secret of this one.
        (user("bake"), "Prod_bakery/oven.key", "other-environment"),
        (user("bake"), "bakery/oven.key", "other-environment"),
        (user("bake"), "bakery/cellar.key", "no-secret"),
        ("qa-bake/qa-bake".to_owned(), "dev/bakery/oven.key", "caller"),
    ] {
        let said = message(&session, READ, &secret(name), NONE_ALLOWS);
        assert_eq!(fault(&bakery(), &said), expected, "{session} on {name}");
    }
    let said = message("somebody", READ, &secret("dev/bakery/oven.key"), NONE_ALLOWS);
    for (handler, deployed) in
        [("bake", "dev-bake"), ("Bake", "dev-bake"), ("dev-bake", "dev-bake"), ("Prod_bake", "Prod_bake")]
    {
        let run = explain(&bakery(), &["--handler", handler, &said]);
        assert!(run.exit == Exit::Done && run.out.contains(&format!("`{deployed}`")), "{run}");
    }
}

/// A spec of two environments: `fetch` reads `shop/api`.
fn environments() -> Spec {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/messages/spec.json");
    let mut spec: Value =
        serde_json::from_str(&std::fs::read_to_string(directory).expect("it is there")).expect("it is JSON");
    spec["prefixes"] = serde_json::json!({ "variable": "stage", "values": ["dev/", "prod/"] });
    Spec::read(&spec.to_string()).expect("it is a spec")
}

#[test]
fn what_is_of_another_environment_is_told_from_what_the_spec_does_not_have() {
    let spec = environments();
    let asks = |role: &str, name: &str| message(&format!("{role}/{role}"), READ, &secret(name), NONE_ALLOWS);
    for (expected, message) in [
        ("apply", asks("dev-fetch", "dev/shop/api")),
        ("other-environment", asks("dev-fetch", "prod/shop/api")),
        ("other-environment", asks("dev-fetch", "shop/api")),
        ("no-secret", asks("dev-fetch", "prod/shop/else")),
    ] {
        assert_eq!(fault(&spec, &message), expected, "{message}");
    }
    let run = explain(&spec, &[&asks("dev-fetch", "prod/shop/api")]);
    for words in ["of the environment `dev/`", "of the environment `prod/`", "Environment.Variables.STAGE"] {
        assert!(run.out.contains(words), "{words}: {run}");
    }
}

#[test]
fn the_environment_of_a_named_handler_counts() {
    let spec = environments();
    let asks = |role: &str, name: &str| message(&format!("{role}/x"), READ, &secret(name), NONE_ALLOWS);
    for (handler, expected, message) in [
        ("prod-fetch", "other-environment", asks("***", "dev/shop/api")),
        ("dev-fetch", "apply", asks("***", "dev/shop/api")),
        ("dev-fetch", "deployment", asks("prod-fetch", "prod/shop/api")),
        ("prod-fetch", "deployment", asks("dev-fetch", "dev/shop/api")),
        ("fetch", "apply", asks("***", "dev/shop/api")),
    ] {
        let run = explain(&spec, &["--format", "json", "--handler", handler, &message]);
        let report: Value = serde_json::from_str(&run.out).expect("stdout is JSON");
        assert_eq!(report["denials"][0]["fault"], expected, "{handler}: {message}: {run}");
    }
}

#[test]
fn the_word_behind_a_message_that_is_cut_off_is_no_name() {
    let begun = message("login_user/login_user", READ, "", "");
    let tails = ["END RequestId: 1234-5678", "2026-02-03T10:11:12Z INFO done", "    at Object.x (a.js:1:1)", "", "END"];
    for begun in
        [format!("{begun} on resource:\n"), format!("{begun} on resource: arn"), format!("{begun} on resourc\n")]
    {
        for tail in tails.iter().copied().chain(["; retrying", ", request id: 12", " (Service: X)", "</td>", "|"]) {
            let text = format!("{begun}{tail}");
            let found = fault(&paypulse(), &text);
            assert_eq!(found, "cut-off", "{text}");
        }
    }
    let action = message("login_user/login_user", "secretsmanager:Get", "", "");
    for tail in ["\n--More--", "\n> ok", "\n", ""] {
        assert_eq!(fault(&paypulse(), &format!("{action}{tail}")), "cut-off", "{tail}");
    }
}

#[test]
fn a_secret_of_another_account_is_not_a_matter_of_the_apply() {
    let other = secret("PayPulseAppJWTSecret").replace("123456789012", "999988887777");
    for reason in [NONE_ALLOWS, "because no resource-based policy allows the ACTION action", ""] {
        let message = message("login_user/login_user", READ, &other, reason);
        assert_eq!(fault(&paypulse(), &message), "other-account", "{message}");
    }
    let run = explain(&paypulse(), &[&message("login_user/login_user", READ, &other, NONE_ALLOWS)]);
    assert!(run.out.contains("in the account `123456789012`, the secret in `999988887777`"), "{run}");
}
