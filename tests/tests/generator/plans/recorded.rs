//! Plans as programs and people wrote them: of the real provider, of OpenTofu, of modules that call the files, and from reports.

use insta::assert_snapshot;
use serde_json::{Value, json};
use xtask::Exit;

use super::{check, fixture};
use crate::run::{Run, arg, workspace};

/// `check-plan` on a file for a spec in a file, both by their places in the data of the tests.
pub fn of_spec(plan: &str, spec: &str, arguments: &[&str]) -> Run {
    let spec = workspace().join("tests/data").join(spec);
    check(&fixture(plan), &[&["--spec", arg(&spec)], arguments].concat())
}

/// `check-plan` on a plan of PayPulse's files. Those of OpenTofu are of the spec that PayPulse had when they were recorded.
fn of_paypulse(name: &str) -> Run {
    let plan = format!("provider-5/{name}.json");
    if name.starts_with("tofu-") {
        of_spec(&plan, "plans/provider-5/tofu.spec.json", &[])
    } else {
        check(&fixture(&plan), &[])
    }
}

#[test]
fn first_plans_of_the_real_provider_are_as_the_spec_says_as_far_as_they_are_known() {
    for name in ["plan-first-apply", "tofu-plan-first-apply"] {
        let run = of_paypulse(name);
        assert_eq!(run.exit, Exit::Done, "{name}: {run}");
        assert!(
            run.out.lines().all(|line| line.starts_with("known-after-apply: ") || line.starts_with("  hint: ")),
            "{run}"
        );
        assert!(run.err.contains("as far as it is known before the apply"), "{name}: {run}");
    }
    for name in ["plan-deliveries-first", "tofu-plan-deliveries-first"] {
        let run = of_spec(&format!("provider-5/{name}.json"), "specs/ok_deliveries.json", &[]);
        assert_eq!(run.exit, Exit::Done, "{name}: {run}");
        assert!(run.out.contains("known-after-apply: `aws_iam_role_policy.fetch_secrets`"), "{name}: {run}");
    }
}

#[test]
fn plans_of_the_real_provider_with_nothing_to_do_are_as_the_spec_says() {
    for name in ["plan-nothing-to-do", "tofu-plan-nothing-to-do"] {
        let run = of_paypulse(name);
        assert_eq!(
            (run.exit, run.out.as_str(), run.err.as_str()),
            (Exit::Done, "", "the plan is as the spec says\n"),
            "{name}"
        );
    }
}

/// A plan from a report, how it must end, and words that must be found; a word that begins with `!` must not.
const FIELD: &[(&str, Exit, &[&str])] = &[
    ("00-control", Exit::Done, &["!:"]),
    ("01-new-role-inline-policy-unknown", Exit::Done, &["!:"]),
    ("02-policy-argument-of-secret", Exit::Widened, &["policy-wider: ", "arn:aws:iam::999999999999:root"]),
    ("03-policy-attachment-roles", Exit::Widened, &["foreign-grant: `aws_iam_policy_attachment.team`", "role `fetch`"]),
    (
        "04-client-read-only-access",
        Exit::Widened,
        &["foreign-grant: `aws_iam_role_policy_attachment.r`", "secretsmanager:GetSecretValue"],
    ),
    (
        "05-attach-an-unchanged-policy",
        Exit::Widened,
        &["foreign-grant: `aws_iam_role_policy_attachment.newcomer`: it attaches `shared`, which allows"],
    ),
    ("07-allow-then-deny", Exit::Done, &["indirect: `aws_iam_policy.dev`", "!foreign-grant"]),
    ("08-targeted", Exit::Done, &["this plan is partial", "!narrower", "!missing"]),
    (
        "10-second-writer-write-only",
        Exit::Stale,
        &["second-writer: `module.seed.aws_secretsmanager_secret_version.v`", "ApiKey"],
    ),
];

#[test]
fn reported_plans_have_their_right_answers() {
    for (name, exit, words) in FIELD {
        let run = of_spec(&format!("field/{name}.json"), "plans/field/spec.json", &[]);
        assert_eq!(run.exit, *exit, "{name}: {run}");
        for word in *words {
            match word.strip_prefix('!') {
                Some(word) => assert!(!run.out.contains(word), "{name}: {word}: {run}"),
                None => assert!(run.out.contains(word), "{name}: {word}: {run}"),
            }
        }
    }
    let partial = of_spec("field/08-targeted.json", "plans/field/spec.json", &[]);
    assert!(partial.out.starts_with("this plan is partial"), "{partial}");
}

#[test]
fn variables_of_a_module_are_what_its_caller_gives_them() {
    for (name, module) in [
        ("const", "module.secrets"),
        ("nested", "module.app.module.secrets"),
        ("rootvar", "module.app.module.secrets"),
        ("each", "module.secrets[\"app\"]"),
    ] {
        let run = of_spec(&format!("modules/{name}.json"), "plans/modules/spec.json", &["--module", module]);
        assert_eq!(run.exit, Exit::Done, "{name}: {run}");
        assert!(run.out.contains("known-after-apply: "), "{name}: {run}");
    }
}

#[test]
fn a_variable_that_the_plan_does_not_show_is_undecided_and_can_be_accepted() {
    for (name, why) in
        [("locals", "`local.role`, whose value"), ("expression", "an expression that the plan does not show")]
    {
        let plan = format!("modules/{name}.json");
        let run = of_spec(&plan, "plans/modules/spec.json", &["--module", "module.secrets"]);
        assert_eq!(run.exit, Exit::Stale, "{name}: {run}");
        assert_eq!(run.out.matches("undecided: ").count(), 1, "{name}: {run}");
        assert!(
            run.out.contains("undecided: `module.secrets.var.fetch_role`") && run.out.contains(why),
            "{name}: {run}"
        );
        let accept = ["--module", "module.secrets", "--accept", "undecided:module.secrets.var.*"];
        assert_eq!(of_spec(&plan, "plans/modules/spec.json", &accept).exit, Exit::Done, "{name}");
    }
}

/// Every resource of others in this plan, and nothing of the ones that give nobody anything.
#[test]
fn what_others_have_beside_the_module_is_found_one_by_one() {
    let run = of_spec("modules/foreign.json", "plans/modules/spec.json", &["--module", "module.secrets"]);
    assert_eq!(run.exit, Exit::Widened, "{run}");
    for clean in [
        "aws_iam_role_policy.harmless",
        "aws_iam_role_policy.of_harmless",
        "attachment.harmless",
        "function.other",
        "function.list",
        "version.other",
        "aws_iam_policy.harmless",
        "aws_iam_role.plain",
    ] {
        assert!(!run.out.contains(clean), "{clean}: {run}");
    }
    assert_snapshot!(run);
}

#[test]
fn a_rotation_function_is_as_the_spec_says_before_it_is_deployed_and_after() {
    for name in ["rotation-not-deployed", "rotation-deployed"] {
        let run = of_spec(&format!("provider-5/{name}.json"), "specs/ok_rotation.json", &[]);
        assert_eq!(run.exit, Exit::Done, "{name}: {run}");
        assert!(run.out.contains("known-after-apply: `aws_iam_role_policy.rotate_login_secrets`"), "{name}: {run}");
        let rotates = run.out.contains("aws_secretsmanager_secret_rotation.login[0]");
        assert_eq!(rotates, name == "rotation-deployed", "{name}: {run}");
    }
}

/// The first plan of all deliveries, in a module that gets these inputs, with these variables of the root.
fn with_inputs(inputs: &Value, variables: &Value) -> Run {
    let plan = serde_json::from_str(&super::text("provider-5/plan-deliveries-first.json")).expect("it is JSON");
    let mut plan = super::called("module.s", plan);
    let module = plan["configuration"]["root_module"].take();
    plan["configuration"]["root_module"] =
        json!({ "module_calls": { "s": { "module": module, "expressions": inputs } } });
    plan["variables"] = variables.clone();
    let spec = workspace().join("tests/data/specs/ok_deliveries.json");
    super::check_text_of(&plan.to_string(), Some(&spec), &["--module", "module.s"])
}

#[test]
fn a_value_that_a_module_gets_is_in_the_plan_unless_its_variable_is_ephemeral() {
    let of = |name: &str| json!({ "references": [format!("var.{name}")] });
    let hush = json!({ "value": "hush" });
    for (by_hand, variables, place) in [
        (of("secret"), json!({}), None),
        (of("secret"), json!({ "by_hand": hush }), None),
        (of("secret"), json!({ "secret": hush }), Some("var.secret")),
        (json!({ "constant_value": "hush" }), json!({}), Some("module.s.var.by_hand")),
        (json!({ "constant_value": null }), json!({}), None),
        (json!({ "references": ["var.a", "var.b"] }), json!({ "by_hand": hush }), Some("var.by_hand")),
    ] {
        let run = with_inputs(&json!({ "by_hand": by_hand, "counted": of("counted") }), &variables);
        assert_eq!(run.exit, if place.is_some() { Exit::Stale } else { Exit::Done }, "{by_hand} {variables}: {run}");
        let said = place.map(|place| format!("value-in-plan: `{place}`: the value of ByHand is in the plan"));
        assert!(said.is_none_or(|said| run.out.contains(&said)), "{by_hand} {variables}: {run}");
        assert!(!run.to_string().contains("hush"), "{run}");
    }
}

const KEY: &str = "arn:aws:kms:eu-west-1:000000000000:key/11111111-2222-3333-4444-555555555555";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:shop/api-AbCdEf";

/// The plan with a key, as the one after the apply has its policies, and with the names by which the key knows the service.
fn with_key(via: &[&str]) -> Run {
    let mut plan: Value = serde_json::from_str(&super::text("modules/const.json")).expect("it is JSON");
    let statement =
        |action: &str, resource: &str| json!({ "Effect": "Allow", "Action": [action], "Resource": [resource] });
    let mut decrypt = statement("kms:Decrypt", KEY);
    decrypt["Condition"] = json!({
        "StringEquals": { "kms:ViaService": via },
        "StringLike": { "kms:EncryptionContext:SecretARN": [SECRET] },
    });
    let read = statement("secretsmanager:GetSecretValue", SECRET);
    let policies = [
        ("fetch_secrets", json!([read, decrypt])),
        ("list_secrets", json!([statement("secretsmanager:DescribeSecret", SECRET)])),
    ];
    for (name, statements) in policies {
        let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        let change = &mut super::resource(&mut plan, &format!("module.secrets.aws_iam_role_policy.{name}"))["change"];
        change["after"]["policy"] = text.into();
        change["after_unknown"] = json!({});
    }
    let change = &mut super::resource(&mut plan, "module.secrets.aws_secretsmanager_secret.api_key")["change"];
    change["after"]["arn"] = SECRET.into();
    change["after"]["id"] = SECRET.into();
    change["after_unknown"] = json!({});
    let spec = workspace().join("tests/data/plans/modules/spec.json");
    super::check_text_of(&plan.to_string(), Some(&spec), &["--module", "module.secrets"])
}

#[test]
fn a_customer_managed_key_by_a_variable_is_compared_by_its_value() {
    let run = with_key(&["secretsmanager.eu-west-1.amazonaws.com"]);
    assert_eq!(run.exit, Exit::Done, "{run}");
    assert!(!run.out.contains("aws_iam_role_policy"), "{run}");
    let wider = with_key(&["secretsmanager.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"]);
    assert_eq!(wider.exit, Exit::Widened, "{wider}");
    assert!(wider.out.contains("policy-wider: `app`: it allows kms:Decrypt"), "{wider}");
}

/// Only Secrets Manager calls a function that rotates secrets.
#[test]
fn a_policy_that_calls_a_rotation_function_is_found() {
    let mut plan = super::json_of("provider-5/rotation-deployed.json");
    let text = super::policy("lambda:InvokeFunction", "*");
    super::add(&mut plan, "aws_iam_user_policy.x", &["create"], &serde_json::json!({ "user": "u", "policy": text }));
    let spec = crate::run::workspace().join("tests/data/specs/ok_rotation.json");
    let run = super::check_text_of(&plan.to_string(), Some(&spec), &[]);
    assert_eq!(run.exit, Exit::Widened, "{run}");
    let said = "foreign-grant: `aws_iam_user_policy.x`: it allows lambda:InvokeFunction on the function `";
    assert!(run.out.contains(said) && run.out.contains("which rotates secrets"), "{run}");
}
