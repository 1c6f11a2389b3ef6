//! What the product says of an action on a secret, held against this side's evaluation of every request of a small world: it
//! never says "denied" where some request is allowed, and never "allowed" where none is.

use std::cell::Cell;
use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use xtask::iam::evaluate::{Decision, Policies, Target, TargetKind};
use xtask::iam::meaning::Document;

use super::condition::Context;
use super::evaluator::{self, Policy, Request};

const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:";
const READ: &str = "secretsmanager:GetSecretValue";

fn actions() -> impl Strategy<Value = Value> {
    let action = select(&["secretsmanager:GetSecretValue", "SecretsManager:get*", "secretsmanager:*", "s3:*", "*"][..]);
    vec(action, 1..3).prop_map(|actions| json!(actions))
}

fn resources() -> impl Strategy<Value = Value> {
    let resource = prop_oneof![
        6 => "[ab*?]{0,3}".prop_map(|end| format!("{ARN}{end}")),
        1 => Just("*".to_owned()),
        1 => Just("arn:aws:secretsmanager:*:*:secret:a*".to_owned()),
        1 => Just("arn:aws:s3:::*".to_owned()),
    ];
    vec(resource, 1..4).prop_map(|resources| json!(resources))
}

/// The secret has the tag `team`, and not `other`; of `aws:k` nothing is known.
fn conditions() -> impl Strategy<Value = Value> {
    const OPERATORS: [&str; 6] = [
        "StringEquals",
        "StringLike",
        "StringNotEquals",
        "StringNotLike",
        "StringEqualsIfExists",
        "StringLikeIfExists",
    ];
    let key =
        || select(&["aws:ResourceTag/team", "secretsmanager:ResourceTag/other", "aws:k", "aws:RequestedRegion"][..]);
    let values = vec(select(&["x", "y", "x*", "*", "eu-*", "eu-west-1"][..]), 1..3);
    let compared =
        (select(&OPERATORS[..]), key(), values).prop_map(|(operator, key, values)| (operator, key, json!(values)));
    let is_there = (key(), any::<bool>()).prop_map(|(key, value)| ("Null", key, json!(value.to_string())));
    vec(prop_oneof![4 => compared, 1 => is_there], 1..3).prop_map(|all| {
        let mut block = json!({});
        for (operator, key, values) in all {
            block[operator][key] = values;
        }
        block
    })
}

fn policy() -> impl Strategy<Value = Value> {
    let effect = prop_oneof![3 => Just("Allow"), 1 => Just("Deny")];
    let not = || proptest::bool::weighted(0.2);
    let condition = proptest::option::weighted(0.4, conditions());
    let statement = (effect, (not(), actions()), (not(), resources()), condition).prop_map(
        |(effect, (not_action, action), (not_resource, resource), condition)| {
            let mut statement = json!({ "Effect": effect });
            statement[if not_action { "NotAction" } else { "Action" }] = action;
            statement[if not_resource { "NotResource" } else { "Resource" }] = resource;
            if let Some(condition) = condition {
                statement["Condition"] = condition;
            }
            statement
        },
    );
    vec(statement, 1..4).prop_map(|statements| json!({ "Version": "2012-10-17", "Statement": statements }))
}

/// The secrets of the small world that a pattern of names has.
fn members(pattern: &str) -> Vec<String> {
    let mut ends = vec![String::new()];
    let mut last = ends.clone();
    for _ in 0..4 {
        last = last.iter().flat_map(|end| ["a", "b", "c"].map(|letter| format!("{end}{letter}"))).collect();
        ends.extend(last.iter().cloned());
    }
    ends.retain(|end| super::glob::glob(pattern, end));
    ends.into_iter().map(|end| format!("{ARN}{end}")).collect()
}

fn contexts() -> Vec<Context> {
    let with = |more: Option<&str>| -> Context {
        let mut context = Context::from([
            ("aws:resourcetag/team".to_owned(), vec!["x".to_owned()]),
            ("aws:requestedregion".to_owned(), vec!["eu-west-1".to_owned()]),
        ]);
        context.extend(more.map(|value| ("aws:k".to_owned(), vec![value.to_owned()])));
        context
    };
    [None, Some("x"), Some("y"), Some("xz"), Some("eu-"), Some("eu-west-1"), Some("other")].map(with).into()
}

/// The answer of this side for each request: of each secret, for every context.
fn answers(own: &Value, boundary: Option<&Value>, pattern: &str) -> BTreeMap<String, Vec<bool>> {
    let read = |it: &Value| Policy::parse(it).expect("it is a policy");
    let (own, boundary) = (read(own), boundary.map(read));
    let allows = |policy: &Policy, request: &Request<'_>| {
        evaluator::decide([policy], request).expect("it can be decided") == evaluator::Decision::Allowed
    };
    let of = |resource: String| {
        let answers = contexts().into_iter().map(|context| {
            let request = Request { action: READ, resource: &resource, context: &context };
            allows(&own, &request) && boundary.as_ref().is_none_or(|boundary| allows(boundary, &request))
        });
        let answers = answers.collect();
        (resource, answers)
    };
    members(pattern).into_iter().map(of).collect()
}

#[test]
fn nothing_is_said_that_a_request_refutes() {
    let counts = [const { Cell::new(0) }; 4];
    let refuted = Cell::new(0);
    let count = |which: usize| counts[which].set(counts[which].get() + 1);
    let pattern = select(&["*", "a*", "ab", "a?", "*b", "?", "a*b"][..]);
    let boundary = proptest::option::weighted(0.3, policy());
    let config = ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let outcome = runner.run(&(policy(), boundary, pattern), |(own, boundary, pattern)| {
        let document = boundary.as_ref().map(|it| Document::read(&it.to_string()).expect("it is a policy"));
        let arn = format!("{ARN}{pattern}");
        let tags = [("team".to_owned(), "x".to_owned())];
        let target = Target::new(TargetKind::Secret, "secret", [arn.as_str()])
            .with_tags(tags.iter().map(|(key, value)| (key, value)));
        let mut policies = Policies::new();
        policies.add("own", &own.to_string());
        if let Some(document) = &document {
            policies.bound("boundary", document);
        }
        let answers = answers(&own, boundary.as_ref(), pattern);
        match policies.decide(READ, &target) {
            Decision::Denied { .. } => {
                count(0);
                let allowed = answers.iter().find(|(_, answers)| answers.contains(&true));
                prop_assert!(allowed.is_none(), "it is denied, and {allowed:?} is not");
            }
            Decision::Allowed { is_conditional: false, .. } => {
                count(1);
                let always = answers.values().any(|answers| !answers.contains(&false));
                prop_assert!(always, "it is always allowed, and no secret always is");
            }
            Decision::Allowed { is_conditional: true, .. } => {
                count(2);
                // Two denials can leave nothing together, each under the condition that the other one does not have.
                if answers.values().all(|answers| !answers.contains(&true)) {
                    refuted.set(refuted.get() + 1);
                }
            }
            Decision::Undecided { .. } => count(3),
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let counts = counts.map(|count| count.get());
    assert!(counts[..3].iter().all(|count| *count > 20), "too little is said to be a test: {counts:?}");
    assert!(refuted.get() * 4 < counts[2], "{} of {} are allowed to nobody", refuted.get(), counts[2]);
    assert!(counts[3] < 20, "much is left undecided: {counts:?}");
}
