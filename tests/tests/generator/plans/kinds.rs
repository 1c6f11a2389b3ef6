//! The kinds of plans: each is said first, and a part of a plan is not missing the rest.

use serde_json::{Value, json};
use xtask::Exit;

use super::{ID, LOGIN, changed, check_text, json_of, resource};

/// The plan of an account that is as the spec says, with only some of its resources.
fn only(addresses: &[&str], change: impl FnOnce(&mut Value)) -> String {
    let mut plan = json_of("later.json");
    let all = plan["resource_changes"].as_array_mut().expect("a list");
    all.retain(|change| addresses.contains(&change["address"].as_str().expect("an address")));
    change(&mut plan);
    plan.to_string()
}

#[test]
fn a_targeted_plan_is_said_to_be_partial_and_misses_nothing() {
    let run = check_text(&only(&[LOGIN], |plan| plan["complete"] = false.into()), &[]);
    assert_eq!(run.exit, Exit::Done, "{run}");
    assert!(run.out.starts_with("this plan is partial"), "{run}");
    assert!(!run.out.contains("missing") && !run.out.contains("narrower"), "{run}");
    let nothing_of_the_spec = check_text(&only(&[], |plan| plan["complete"] = false.into()), &[]);
    assert_eq!(nothing_of_the_spec.exit, Exit::Done, "{nothing_of_the_spec}");
}

#[test]
fn a_partial_plan_still_shows_what_opens() {
    let plan = only(&[LOGIN], |plan| {
        plan["complete"] = false.into();
        super::rewrite(plan, LOGIN, "secretsmanager:GetSecretValue", "secretsmanager:*");
    });
    let run = check_text(&plan, &[]);
    assert_eq!(run.exit, Exit::Widened, "{run}");
    assert!(run.out.contains("policy-wider: `login_user`"), "{run}");
}

#[test]
fn a_deferred_plan_says_how_much_waits() {
    let run = changed(
        |plan| {
            plan["complete"] = false.into();
            plan["deferred_changes"] = json!([{ "reason": "provider_config_unknown", "resource_change": {} }]);
        },
        &[],
    );
    assert_eq!(run.exit, Exit::Done, "{run}");
    assert!(run.out.starts_with("this plan is partial: 1 change is deferred to a later one\n"), "{run}");
}

/// OpenTofu does not say `complete`; what the configuration has and the plan has not was left out.
#[test]
fn a_targeted_plan_of_opentofu_misses_nothing_that_the_configuration_has() {
    let plan = only(&[LOGIN], |plan| {
        let whole = plan.as_object_mut().expect("an object");
        whole.remove("complete");
        whole.remove("applyable");
    });
    let run = check_text(&plan, &[]);
    assert!(!run.out.contains("missing: "), "{run}");
    assert!(run.out.contains("not-looked-at: "), "{run}");
}

#[test]
fn a_destroy_plan_is_loud_about_secrets_and_misses_nothing() {
    let run = changed(
        |plan| {
            plan["planned_values"] = json!({ "root_module": {} });
            for change in plan["resource_changes"].as_array_mut().expect("a list") {
                change["change"]["actions"] = json!(["delete"]);
                change["change"]["after"] = Value::Null;
            }
        },
        &[],
    );
    assert_eq!(run.exit, Exit::Stale, "{run}");
    assert!(run.out.starts_with("this is a plan to destroy"), "{run}");
    assert!(run.out.contains(&format!("secret-destroyed: `{ID}`")), "{run}");
    assert!(!run.out.contains("missing") && !run.out.contains("narrower"), "{run}");
}

#[test]
fn a_secret_without_a_recovery_window_is_lost_at_once() {
    let run = changed(
        |plan| {
            let change = &mut resource(plan, ID)["change"];
            change["actions"] = json!(["delete"]);
            change["before"]["recovery_window_in_days"] = 0.into();
            change["after"] = Value::Null;
        },
        &[],
    );
    assert!(run.out.contains("is deleted at once"), "{run}");
}

#[test]
fn a_refresh_only_plan_is_said_to_be_one() {
    let run = changed(
        |plan| {
            plan.as_object_mut().expect("an object").remove("resource_changes");
            plan["planned_values"] = json!({ "root_module": {} });
        },
        &[],
    );
    assert_eq!(run.exit, Exit::Done, "{run}");
    assert!(run.out.starts_with("this is a plan to refresh only"), "{run}");
}

#[test]
fn a_replacement_that_was_asked_for_is_named() {
    let run = changed(
        |plan| {
            let change = resource(plan, ID);
            change["action_reason"] = "replace_by_request".into();
            change["change"]["actions"] = json!(["delete", "create"]);
        },
        &[],
    );
    assert_eq!(run.exit, Exit::Stale, "{run}");
    assert!(run.out.starts_with(&format!("this plan replaces what `-replace` named: {ID}\n")), "{run}");
    assert!(run.out.contains(&format!("secret-replaced: `{ID}`")), "{run}");
}

#[test]
fn what_is_left_of_a_replacement_is_not_the_resource() {
    let run = changed(
        |plan| {
            let mut left = resource(plan, "aws_iam_role.login_user").clone();
            left["deposed"] = "0123abcd".into();
            left["change"]["actions"] = json!(["delete"]);
            left["change"]["after"] = Value::Null;
            plan["resource_changes"].as_array_mut().expect("a list").insert(0, left);
        },
        &[],
    );
    assert_eq!((run.exit, run.out.as_str()), (Exit::Done, ""), "{run}");
}

#[test]
fn a_resource_that_is_forgotten_is_missing_and_not_destroyed() {
    let run = changed(
        |plan| {
            let change = &mut resource(plan, ID)["change"];
            change["actions"] = json!(["forget"]);
            change["after"] = Value::Null;
        },
        &[],
    );
    assert_eq!(run.exit, Exit::Stale, "{run}");
    assert!(run.out.contains("missing: ") && !run.out.contains("secret-destroyed"), "{run}");
}

#[test]
fn err_an_unknown_form_is_refused_by_its_version() {
    for (version, word) in [("2.0", "`2.0`"), ("0.2", "`0.2`"), ("hush", "of another kind")] {
        let run = changed(|plan| plan["format_version"] = version.into(), &[]);
        assert_eq!(run.exit, Exit::Usage, "{run}");
        assert!(run.err.contains("format_version") && run.err.contains(word) && !run.err.contains("hush"), "{run}");
    }
    assert_eq!(changed(|plan| plan["format_version"] = "1.99".into(), &[]).exit, Exit::Done);
}
