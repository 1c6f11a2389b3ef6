//! Managed policies that variables give to a role of the spec: they may be there, and may reach no secret of the spec.

use serde_json::{Value, json};
use xtask::Exit;

use super::{add, check_text_of, json_of, policy, resource};
use crate::run::Run;

const LIST: &str = "aws_iam_role_policy_attachments_exclusive.fetch";
const LOGS: &str = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
const TEAM: &str = "arn:aws:iam::111122223333:policy/team";

/// A plan in which the role has these policies, checked against a spec in which a variable gives it some, or none does.
fn check(has_variable: bool, policies: &[&str], change: impl FnOnce(&mut Value)) -> Run {
    let mut spec = json_of("field/spec.json");
    if has_variable {
        let fetch = &mut spec["handlers"][0];
        assert_eq!(fetch["name"], "fetch");
        fetch["options"] =
            json!({ "also": [{ "kind": "variable", "variable": "arns" }, { "kind": "map", "variable": "all" }] });
    }
    let mut plan = json_of("field/00-control.json");
    let list = &mut resource(&mut plan, LIST)["change"];
    list["actions"] = json!(["update"]);
    list["after"]["policy_arns"] = json!(policies);
    change(&mut plan);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("spec.json");
    std::fs::write(&path, spec.to_string()).expect("it can be written");
    check_text_of(&plan.to_string(), Some(&path), &[])
}

#[test]
fn policies_of_variables_reach_no_secret() {
    let harmless = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    for (policies, exit, words) in [
        (&[LOGS][..], Exit::Done, ""),
        (&[LOGS, harmless], Exit::Done, ""),
        (
            &[LOGS, "arn:aws:iam::aws:policy/SecretsManagerReadWrite"],
            Exit::Widened,
            "SecretsManagerReadWrite`: it allows",
        ),
        (&[LOGS, "arn:aws:iam::aws:policy/NewInTheYear2030"], Exit::Stale, "undecided"),
        (&[LOGS, TEAM], Exit::Stale, "undecided"),
        (&[harmless], Exit::Stale, "AWSLambdaBasicExecutionRole"),
    ] {
        let run = check(true, policies, |_| {});
        assert_eq!(run.exit, exit, "{policies:?}: {run}");
        assert!(run.out.contains(words), "{policies:?}: {run}");
    }
}

/// A policy of the account is known where the plan has it.
#[test]
fn a_policy_that_the_plan_has_is_read() {
    for (document, exit) in
        [(policy("s3:GetObject", "*"), Exit::Done), (policy("secretsmanager:GetSecretValue", "*"), Exit::Widened)]
    {
        let run = check(true, &[LOGS, TEAM], |plan| {
            let team = json!({ "arn": TEAM, "name": "team", "policy": document });
            add(plan, "aws_iam_policy.team", &["no-op"], &team);
            resource(plan, "aws_iam_policy.team")["change"]["before"] = team.clone();
        });
        assert_eq!(run.exit, exit, "{document}: {run}");
    }
}

#[test]
fn without_a_variable_nothing_else_may_be_there() {
    let run = check(false, &[LOGS, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"], |_| {});
    assert_eq!(run.exit, Exit::Widened, "{run}");
    assert!(run.out.contains("which the spec does not have"), "{run}");
}
