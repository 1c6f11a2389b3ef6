//! Examples of the evaluation, most of them from AWS's own pages.

use driftless_model::Spec;
use serde_json::{Value, json};

use super::*;
use crate::iam::meaning::Document;

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/token-??????";
const READ: &str = "secretsmanager:GetSecretValue";

/// A [`Decision`] in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Is {
    Allowed,
    Conditional,
    Denied,
    Undecided,
}

fn short(decision: &Decision) -> Is {
    match decision {
        Decision::Allowed { is_conditional: false, .. } => Is::Allowed,
        Decision::Allowed { is_conditional: true, .. } => Is::Conditional,
        Decision::Denied { .. } => Is::Denied,
        Decision::Undecided { .. } => Is::Undecided,
    }
}

fn target() -> Target {
    let tags = [("team".to_owned(), "payments".to_owned())];
    Target::new(TargetKind::Secret, "Token", [SECRET]).with_tags(tags.iter().map(|(key, value)| (key, value)))
}

fn document(statements: Value) -> String {
    let mut document = json!({ "Version": "2012-10-17" });
    document["Statement"] = statements;
    document.to_string()
}

#[track_caller]
fn check(statements: Value, expected: Is) {
    let text = document(statements);
    let mut policies = Policies::new();
    policies.add("p", &text);
    assert_eq!(short(&policies.decide(READ, &target())), expected, "{text}");
}

fn allow(rest: Value) -> Value {
    with("Allow", rest)
}

fn deny(rest: Value) -> Value {
    with("Deny", rest)
}

fn with(effect: &str, rest: Value) -> Value {
    let mut statement = json!({ "Effect": effect, "Action": "*", "Resource": "*" });
    let Value::Object(rest) = rest else { panic!("{rest} is no object") };
    for (key, value) in rest {
        if let Some(other) = key.strip_prefix("Not") {
            statement.as_object_mut().expect("it is an object").remove(other);
        }
        statement[&key] = value;
    }
    statement
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>: by default every
/// request is denied, an allow overrides that, and an explicit deny overrides any allow.
#[test]
fn an_explicit_denial_wins() {
    check(json!([]), Is::Denied);
    check(json!([allow(json!({}))]), Is::Allowed);
    check(json!([allow(json!({})), deny(json!({ "Action": "secretsmanager:*" }))]), Is::Denied);
    check(json!([deny(json!({})), allow(json!({ "Action": READ, "Resource": SECRET }))]), Is::Denied);
    check(json!([allow(json!({ "Action": "SecretsManager:getsecretVALUE" }))]), Is::Allowed);
}

#[test]
fn a_denial_wins_only_where_it_covers() {
    let other = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/other-??????";
    check(json!([allow(json!({})), deny(json!({ "Resource": other }))]), Is::Allowed);
    check(json!([allow(json!({})), deny(json!({ "Action": "secretsmanager:Put*" }))]), Is::Allowed);
    check(json!([allow(json!({ "Resource": other })), deny(json!({ "Resource": SECRET }))]), Is::Denied);
    // Matches only ARNs whose random suffix begins with one particular character.
    let some = SECRET.replace("??????", "a?????");
    check(json!([allow(json!({})), deny(json!({ "Resource": some }))]), Is::Allowed);
    check(json!([allow(json!({ "Resource": some })), deny(json!({ "Resource": some }))]), Is::Denied);
    let denied = |resource: &str| json!([allow(json!({})), deny(json!({ "Resource": [resource, "arn:aws:s3:::*"] }))]);
    check(denied("arn:aws:secretsmanager:*:*:secret:*token-*"), Is::Denied);
    // A `*` that is not at the end of a part does not match a colon.
    check(denied("*token-*"), Is::Undecided);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html> and `NotAction`:
/// everything except what is named.
#[test]
fn what_is_not_named_is_allowed_or_denied() {
    check(json!([allow(json!({ "NotAction": ["iam:*", "organizations:*"] }))]), Is::Allowed);
    check(json!([allow(json!({ "NotAction": "secretsmanager:*" }))]), Is::Denied);
    check(json!([allow(json!({ "NotResource": "arn:aws:s3:::*" }))]), Is::Allowed);
    check(json!([allow(json!({ "NotResource": "arn:aws:secretsmanager:*" }))]), Is::Denied);
    check(json!([allow(json!({})), deny(json!({ "NotResource": SECRET }))]), Is::Allowed);
    check(json!([allow(json!({})), deny(json!({ "NotResource": "arn:aws:s3:::*" }))]), Is::Denied);
    check(json!([allow(json!({})), deny(json!({ "NotAction": [READ, "s3:*"] }))]), Is::Allowed);
    check(json!([allow(json!({})), deny(json!({ "NotAction": "s3:*" }))]), Is::Denied);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
#[test]
fn a_variable_allows_somebody_and_denies_nobody_for_certain() {
    let of = |end: &str| format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{end}");
    check(json!([allow(json!({ "Resource": of("${aws:PrincipalTag/app}*") }))]), Is::Conditional);
    check(json!([allow(json!({ "Resource": of("${aws:username}/some/other") }))]), Is::Denied);
    check(json!([allow(json!({ "Resource": of("app/${*}") }))]), Is::Denied);
    check(json!([allow(json!({ "Resource": of("app/${aws:username, 'token'}-??????") }))]), Is::Conditional);
    check(json!([allow(json!({})), deny(json!({ "Resource": of("${aws:username}/*") }))]), Is::Conditional);
    check(json!([allow(json!({})), deny(json!({ "Resource": of("*${*}*") }))]), Is::Allowed);
    // Policy versions before 2012 have no variables.
    let old = json!({ "Version": "2008-10-17", "Statement": allow(json!({ "Resource": of("${aws:username}*") })) });
    let mut policies = Policies::new();
    policies.add("old", &old.to_string());
    assert_eq!(short(&policies.decide(READ, &target())), Is::Denied);
}

#[test]
fn a_text_of_terraform_that_is_not_known_is_undecided() {
    let of = |end: &str| format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{end}");
    check(json!([allow(json!({ "Resource": "${aws_secretsmanager_secret.x.arn}" }))]), Is::Undecided);
    check(json!([allow(json!({ "Resource": of("${var.name}/*") }))]), Is::Undecided);
    check(json!([allow(json!({ "Resource": [of("${var.name}*"), "*"] }))]), Is::Allowed);
    check(json!([allow(json!({})), deny(json!({ "Resource": of("${var.name}*") }))]), Is::Undecided);
    check(json!([allow(json!({ "Resource": "arn:aws:s3:::${var.bucket}/*" }))]), Is::Denied);
}

#[test]
fn conditions_are_decided_where_both_sides_are_known() {
    for (condition, expected) in [
        (json!({ "StringEquals": { "aws:ResourceTag/team": "payments" } }), Is::Allowed),
        (json!({ "StringEquals": { "secretsmanager:ResourceTag/Team": ["x", "payments"] } }), Is::Allowed),
        (json!({ "StringEquals": { "aws:ResourceTag/team": "other" } }), Is::Denied),
        (json!({ "StringEquals": { "aws:ResourceTag/project": "payments" } }), Is::Denied),
        (json!({ "StringLike": { "aws:ResourceTag/team": "pay*" } }), Is::Allowed),
        (json!({ "StringEquals": { "aws:ResourceTag/team": "pay*" } }), Is::Denied),
        (json!({ "StringNotEquals": { "aws:ResourceTag/project": "x" } }), Is::Allowed),
        (json!({ "StringNotEquals": { "aws:ResourceTag/team": "payments" } }), Is::Denied),
        (json!({ "StringEqualsIfExists": { "aws:ResourceTag/project": "x" } }), Is::Allowed),
        (json!({ "ForAnyValue:StringEquals": { "aws:ResourceTag/project": "x" } }), Is::Denied),
        (json!({ "ForAllValues:StringEquals": { "aws:ResourceTag/project": "x" } }), Is::Allowed),
        (json!({ "Null": { "aws:ResourceTag/project": "false" } }), Is::Denied),
        (json!({ "Null": { "aws:ResourceTag/project": true } }), Is::Allowed),
        (json!({ "Null": { "aws:ResourceTag/team": "false" } }), Is::Allowed),
        (json!({ "StringEquals": { "aws:ResourceTag/team": "${aws:PrincipalTag/team}" } }), Is::Conditional),
        (json!({ "StringEquals": { "aws:RequestedRegion": "eu-west-1" } }), Is::Allowed),
        (json!({ "StringEquals": { "aws:RequestedRegion": ["us-east-1", "us-west-2"] } }), Is::Denied),
        (json!({ "StringEquals": { "aws:ResourceAccount": "${aws:PrincipalAccount}" } }), Is::Conditional),
        (json!({ "StringEquals": { "aws:ResourceAccount": "999999999999" } }), Is::Denied),
        (json!({ "StringLike": { "secretsmanager:SecretId": "app/*" } }), Is::Conditional),
        (json!({ "StringLike": { "secretsmanager:SecretId": "*secret:app/*" } }), Is::Conditional),
        (json!({ "StringLike": { "secretsmanager:SecretId": "other/*" } }), Is::Denied),
        (json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }), Is::Conditional),
        (json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } }), Is::Conditional),
        (json!({ "StringResembles": { "aws:ResourceTag/team": "x" } }), Is::Undecided),
        (json!({ "StringEquals": { "aws:ResourceTag/team": [] } }), Is::Undecided),
        (json!({ "Null": { "aws:ResourceTag/team": "maybe" } }), Is::Undecided),
    ] {
        check(json!([allow(json!({ "Condition": condition }))]), expected);
    }
}

#[test]
fn a_denial_under_a_condition_leaves_what_does_not_meet_it() {
    let mfa = json!({ "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } });
    check(json!([allow(json!({})), deny(json!({ "Condition": mfa }))]), Is::Conditional);
    check(json!([allow(json!({ "Condition": mfa })), deny(json!({ "Condition": mfa }))]), Is::Denied);
    let tagged = json!({ "StringEquals": { "aws:ResourceTag/team": "payments" } });
    check(json!([allow(json!({})), deny(json!({ "Condition": tagged }))]), Is::Denied);
    let untagged = json!({ "Null": { "aws:ResourceTag/team": "true" } });
    check(json!([allow(json!({})), deny(json!({ "Condition": untagged }))]), Is::Allowed);
    let unknown = json!({ "StringResembles": { "aws:ResourceTag/team": "x" } });
    check(json!([allow(json!({})), deny(json!({ "Condition": unknown }))]), Is::Undecided);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>: the intersection of both.
#[test]
fn a_boundary_lets_through_what_it_allows_too() {
    let bounded = |own: Value, boundary: Value| {
        let (own, boundary) = (document(json!([own])), Document::read(&document(boundary)).expect("it is a policy"));
        let mut policies = Policies::new();
        policies.add("own", &own);
        policies.bound("boundary", &boundary);
        short(&policies.decide(READ, &target()))
    };
    let everything = || allow(json!({}));
    assert_eq!(bounded(everything(), json!([allow(json!({ "Action": ["s3:*", "ec2:*"] }))])), Is::Denied);
    assert_eq!(bounded(everything(), json!([allow(json!({ "Action": "secretsmanager:Get*" }))])), Is::Allowed);
    assert_eq!(bounded(everything(), json!([everything(), deny(json!({ "Action": READ }))])), Is::Denied);
    let mfa = json!({ "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "true" } } });
    assert_eq!(bounded(everything(), json!([allow(mfa)])), Is::Conditional);
    let half = |first: &str| json!({ "Resource": SECRET.replace("-?", &format!("-{first}")) });
    assert_eq!(bounded(allow(half("a")), json!([allow(half("b"))])), Is::Denied);
    assert_eq!(bounded(allow(half("a")), json!([allow(half("a"))])), Is::Allowed);
    let mut policies = Policies::new();
    policies.add("own", &document(json!([everything()])));
    policies.bound_by("arn:aws:iam::123456789012:policy/boundary");
    assert_eq!(short(&policies.decide(READ, &target())), Is::Undecided);
}

#[test]
fn what_is_not_known_is_undecided_unless_something_else_decides_it() {
    let mut policies = Policies::new();
    policies.add("broken", r#"{"Statement": [{"effect": "Allow"}]}"#);
    assert_eq!(short(&policies.decide(READ, &target())), Is::Undecided);
    let target = target();
    let reached = policies.reach([&target]);
    assert!(reached.targets.is_empty());
    assert_eq!(reached.unread.len(), 1);
    policies.add("all", &document(json!([allow(json!({}))])));
    assert_eq!(short(&policies.decide(READ, &target)), Is::Allowed);
}

#[test]
fn what_is_reached_is_told_action_by_action() {
    let mut policies = Policies::new();
    let some = allow(json!({ "Action": ["secretsmanager:Get*", "secretsmanager:Put*"] }));
    policies.add("some", &document(json!([some, deny(json!({ "Action": "*:PutSecretValue" }))])));
    let target = target();
    let reached = policies.reach([&target]).targets;
    assert_eq!(reached.len(), 1);
    let expected = "secretsmanager:GetResourcePolicy, secretsmanager:GetSecretValue, secretsmanager:PutResourcePolicy";
    assert_eq!(reached[0].in_words(), expected);
    assert!(!reached[0].is_conditional() && reached[0].why_undecided().is_none());
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
#[test]
fn an_incomplete_arn_allows_and_denies_nothing_for_certain() {
    check(json!([allow(json!({ "Resource": "arn:aws:secretsmanager" }))]), Is::Allowed);
    check(json!([allow(json!({ "Resource": "arn:aws:s3" }))]), Is::Denied);
    check(json!([allow(json!({})), deny(json!({ "Resource": "arn:aws:secretsmanager" }))]), Is::Allowed);
}

#[test]
fn hostile_documents_are_undecided_or_decided_in_time() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let huge = document(json!([allow(json!({ "Resource": vec!["x".repeat(1000); 2000] }))]));
    for text in [
        deep.as_str(),
        huge.as_str(),
        "",
        "null",
        "{}",
        r#"{"Statement": "x"}"#,
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]}"#,
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "action": "*", "Resource": "*"}]}"#,
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}]}"#,
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["*", {}], "Resource": "*"}]}"#,
        r#"{"Version": "2099-01-01", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#,
    ] {
        let mut policies = Policies::new();
        policies.add("hostile", text);
        assert_eq!(short(&policies.decide(READ, &target())), Is::Undecided, "{}", &text[..text.len().min(100)]);
    }
    check(json!([allow(json!({ "Resource": "a*".repeat(100_000) }))]), Is::Undecided);
    check(json!([allow(json!({ "Resource": [] }))]), Is::Denied);
    check(json!([allow(json!({ "NotResource": [], "NotAction": [] }))]), Is::Allowed);
    check(json!([{ "Effect": "Allow", "Action": "\u{73}ecretsmanager:*", "Resource": "\u{2a}" }]), Is::Allowed);
    let hostile: Vec<String> = (0..300).map(|number| format!("*{}?*-??????", "a*".repeat(number))).collect();
    let text = json!([allow(json!({ "Resource": hostile })), deny(json!({ "Resource": hostile }))]);
    let mut policies = Policies::new();
    policies.add("hostile", &document(text));
    assert_ne!(short(&policies.decide(READ, &target())), Is::Allowed);
}

#[test]
fn the_tags_of_what_terraform_does_not_create_are_none_that_deny() {
    let spec: Spec = crate::shop::spec();
    let place = TargetPlace { partition: Some("aws"), region: Some("eu-west-1"), account: Some("123456789012") };
    let targets = secrets(&spec, &place);
    assert_eq!(targets.len(), spec.secrets.len());
    let tagged = json!({ "Condition": { "StringLike": { "aws:ResourceTag/SageMaker": "*" } } });
    let untagged = json!({ "Condition": { "Null": { "aws:ResourceTag/SageMaker": "true" } } });
    for target in &targets {
        let mut policies = Policies::new();
        policies.add("tagged", &document(json!([allow(tagged.clone())])));
        assert!(policies.decide(READ, target).is_denied(), "{}", target.id);
    }
    let external = targets.iter().find(|target| target.id == "PaymentKey").expect("it is in the spec");
    let mut policies = Policies::new();
    policies.add("untagged", &document(json!([allow(json!({})), deny(untagged)])));
    assert_eq!(short(&policies.decide(READ, external)), Is::Conditional);
}

#[test]
fn what_is_not_known_of_a_place_does_not_reach_over_a_colon() {
    let spec: Spec = crate::shop::spec();
    let targets = secrets(&spec, &TargetPlace::default());
    let reach = |resource: &str| {
        let mut policies = Policies::new();
        policies.add("p", &document(json!([allow(json!({ "Resource": resource }))])));
        policies.reach(&targets).targets.iter().map(|reach| reach.target.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(reach("arn:aws:secretsmanager:*:*:secret:other/*").len(), 0);
    assert_eq!(reach("arn:aws:secretsmanager:us-east-1:1:secret:*").len(), targets.len());
    assert_eq!(reach("arn:aws:secretsmanager:us-east-1:1:secret:shop/*"), ["SupplierLogin"]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
#[test]
fn a_policy_on_a_secret_lets_in_whom_it_names() {
    let who = |statements: Value| -> Vec<(String, Is)> {
        let policy = ResourcePolicy::read(&document(statements)).expect("it is a policy");
        let grantees = policy.grantees(&target()).into_iter();
        grantees.map(|it| (it.whom.to_string(), short(&it.actions[READ]))).collect()
    };
    let to = |principal: Value| allow(json!({ "Action": READ, "Principal": principal }));
    let role = "arn:aws:iam::210987654321:role/x";
    assert_eq!(who(json!([to(json!({ "AWS": role }))])), [(role.to_owned(), Is::Allowed)]);
    assert_eq!(who(json!([to(json!("*"))])), [("*".to_owned(), Is::Allowed)]);
    let org =
        json!({ "Action": READ, "Principal": "*", "Condition": { "StringEquals": { "aws:PrincipalOrgID": "o-1" } } });
    assert_eq!(who(json!([allow(org)])), [("*".to_owned(), Is::Conditional)]);
    let but = with("Allow", json!({ "Action": READ, "NotPrincipal": { "AWS": role } }));
    assert_eq!(who(json!([but])), [(format!("every principal except {role}"), Is::Allowed)]);
    let all_denied = deny(json!({ "Principal": "*" }));
    assert_eq!(who(json!([to(json!({ "AWS": role })), all_denied])), []);
    let others_denied = with("Deny", json!({ "NotPrincipal": { "AWS": role } }));
    assert_eq!(who(json!([to(json!({ "AWS": role })), others_denied])), [(role.to_owned(), Is::Allowed)]);
    let other = json!({ "AWS": "arn:aws:iam::210987654321:role/y" });
    let others_denied = with("Deny", json!({ "NotPrincipal": other }));
    assert_eq!(who(json!([to(json!({ "AWS": role })), others_denied])), [(role.to_owned(), Is::Conditional)]);
    let elsewhere =
        json!({ "Action": READ, "Principal": "*", "Resource": "arn:aws:secretsmanager:*:*:secret:other-*" });
    assert_eq!(who(json!([allow(elsewhere)])), []);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
#[test]
fn a_service_that_is_not_asked_for_whom_it_comes_is_told() {
    let is_deputy = |condition: Value| {
        let statement =
            json!({ "Action": READ, "Principal": { "Service": "x.amazonaws.com" }, "Condition": condition });
        let policy = ResourcePolicy::read(&document(json!([allow(statement)]))).expect("it is a policy");
        policy.grantees(&target())[0].is_confused_deputy
    };
    assert!(is_deputy(json!({})));
    assert!(!is_deputy(json!({ "StringEquals": { "aws:SourceAccount": "123456789012" } })));
}
