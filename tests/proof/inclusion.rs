//! What the generator's side says of two policies, held against this side's evaluation of every request there is in a small
//! world: whatever it finds nothing in allows nothing more, and each example that it gives is one.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use xtask::iam::meaning::{Beyond, Document, Why, beyond};

use super::condition::Context;
use super::evaluator::{Decision, Policy, Request, decide};

const ARN: &str = "arn:p:s:r:a:";

fn actions() -> impl Strategy<Value = Value> {
    let action = select(&["s:A", "s:AB", "s:A*", "s:?", "s:B?", "s:*", "S:a", "*", "s:B"][..]);
    vec(action, 1..3).prop_map(|actions| json!(actions))
}

fn resources() -> impl Strategy<Value = Value> {
    let resource = prop_oneof![6 => "[ab*?]{0,4}".prop_map(|end| format!("{ARN}{end}")), 1 => Just("*".to_owned())];
    vec(resource, 1..4).prop_map(|resources| json!(resources))
}

const OPERATORS: [&str; 8] = [
    "StringEquals",
    "StringLike",
    "StringNotEquals",
    "StringNotLike",
    "StringEqualsIfExists",
    "StringLikeIfExists",
    "ForAnyValue:StringLike",
    "ForAllValues:StringEquals",
];

fn conditions() -> impl Strategy<Value = Value> {
    let operator = select(&OPERATORS[..]);
    let values = vec(select(&["x", "y", "x*", "*", "xz"][..]), 1..3);
    let condition = (operator, select(&["aws:k", "aws:l"][..]), values);
    vec(condition, 1..3).prop_map(|all| {
        let mut block = json!({});
        for (operator, key, values) in all {
            block[operator][key] = json!(values);
        }
        block
    })
}

/// A policy of plain allowances.
fn plain() -> impl Strategy<Value = Value> {
    let statement = (actions(), resources())
        .prop_map(|(action, resource)| json!({ "Effect": "Allow", "Action": action, "Resource": resource }));
    policy(statement)
}

/// A policy of anything.
fn any_policy() -> impl Strategy<Value = Value> {
    let effect = prop_oneof![4 => Just("Allow"), 1 => Just("Deny")];
    let not = || proptest::bool::weighted(0.15);
    let condition = proptest::option::weighted(0.3, conditions());
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
    policy(statement)
}

fn policy(statement: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    vec(statement, 1..4).prop_map(|statements| json!({ "Version": "2012-10-17", "Statement": statements }))
}

/// What one policy allows beyond another, as the other side sees it.
fn found(narrow: &Value, wide: &Value) -> Vec<Beyond> {
    let [narrow, wide] = [narrow, wide].map(|it| Document::read(&it.to_string()).expect("it is a policy"));
    beyond(&narrow.statements, &wide.statements)
}

/// Whether a policy allows a request; nothing where the request does not fit the policy's conditions.
fn allows(policy: &Policy, action: &str, resource: &str, context: &Context) -> Option<bool> {
    decide([policy], &Request { action, resource, context }).ok().map(|decision| decision == Decision::Allowed)
}

/// Every request of the small world.
fn requests() -> Vec<(&'static str, String, Context)> {
    let mut ends = vec![String::new()];
    let mut last = ends.clone();
    for _ in 0..4 {
        last = last.iter().flat_map(|end| ["a", "b", "x"].map(|letter| format!("{end}{letter}"))).collect();
        ends.extend(last.iter().cloned());
    }
    let of = |pairs: &[(&str, &[&str])]| -> Context {
        pairs
            .iter()
            .map(|(key, values)| ((*key).to_owned(), values.iter().map(ToString::to_string).collect()))
            .collect()
    };
    let contexts = [
        of(&[]),
        of(&[("aws:k", &["x"])]),
        of(&[("aws:k", &["y"]), ("aws:l", &["x"])]),
        of(&[("aws:k", &["xz"]), ("aws:l", &["other"])]),
        of(&[("aws:k", &["x", "y"])]),
        of(&[("aws:l", &["y"])]),
    ];
    let mut all = Vec::new();
    for action in ["s:A", "s:AB", "s:B", "s:BA", "t:A"] {
        for end in &ends {
            all.extend(contexts.iter().map(|context| (action, format!("{ARN}{end}"), context.clone())));
        }
    }
    all
}

#[track_caller]
fn run(strategy: &impl Strategy<Value = (Value, Value)>, test: impl Fn(&Value, &Value) -> Result<(), TestCaseError>) {
    let config = ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    if let Err(error) = runner.run(strategy, |(narrow, wide)| test(&narrow, &wide)) {
        panic!("{error}");
    }
}

/// Two policies. Often one has something of the other, or nothing would ever be included.
fn related((narrow, wide, from, to, how): (Value, Value, &str, &str, u8)) -> (Value, Value) {
    let mut both = wide.clone();
    if let (Some(own), Some(other)) = (both["Statement"].as_array_mut(), narrow["Statement"].as_array()) {
        own.extend(other.iter().cloned());
    }
    match how {
        0 => (narrow, wide),
        1 => (both, narrow),
        2 => (narrow, both),
        // The same but for an operator.
        _ => {
            let other = narrow.to_string().replace(&format!("\"{from}\""), &format!("\"{to}\""));
            (narrow, serde_json::from_str(&other).expect("it is JSON still"))
        }
    }
}

#[test]
fn where_nothing_is_found_nothing_more_is_allowed() {
    let requests = requests();
    let within = std::cell::Cell::new(0);
    let pair = (any_policy(), any_policy(), select(&OPERATORS[..]), select(&OPERATORS[..]), 0..6_u8);
    run(&pair.prop_map(related), |narrow, wide| {
        if found(narrow, wide).is_empty() {
            within.set(within.get() + 1);
            let [narrow, wide] = [narrow, wide].map(|it| Policy::parse(it).expect("it is a policy"));
            for (action, resource, context) in &requests {
                let [narrow, wide] = [&narrow, &wide].map(|it| allows(it, action, resource, context));
                prop_assert!(narrow != Some(true) || wide != Some(false), "{action} on {resource} with {context:?}");
            }
        }
        Ok(())
    });
    assert!(within.get() > 40, "only {} of the pairs are included: the property says too little", within.get());
}

#[test]
fn of_plain_allowances_everything_is_decided_and_each_example_is_one() {
    let wider = std::cell::Cell::new(0);
    run(&(plain(), plain()), |narrow, wide| {
        let found = found(narrow, wide);
        let [narrow, wide] = [narrow, wide].map(|it| Policy::parse(it).expect("it is a policy"));
        for it in found {
            let Why::Wider { action, resource } = it.why else {
                return Err(TestCaseError::fail(format!("{:?} is not decided", it.allowance)));
            };
            wider.set(wider.get() + 1);
            let [narrow, wide] = [&narrow, &wide].map(|it| allows(it, &action, &resource, &Context::new()));
            prop_assert_eq!((narrow, wide), (Some(true), Some(false)), "{} on {}", action, resource);
        }
        Ok(())
    });
    assert!(wider.get() > 40);
}

/// A policy that allows and denies, by what it names and by what it does not, always.
fn unconditional() -> impl Strategy<Value = Value> {
    let effect = prop_oneof![3 => Just("Allow"), 1 => Just("Deny")];
    let not = || proptest::bool::weighted(0.25);
    let statement = (effect, (not(), actions()), (not(), resources()));
    policy(statement.prop_map(|(effect, (not_action, action), (not_resource, resource))| {
        let mut statement = json!({ "Effect": effect });
        statement[if not_action { "NotAction" } else { "Action" }] = action;
        statement[if not_resource { "NotResource" } else { "Resource" }] = resource;
        statement
    }))
}

#[test]
fn what_is_always_allowed_or_denied_is_decided_and_each_example_is_one() {
    let wider = std::cell::Cell::new(0);
    let requests = requests();
    let pair = (unconditional(), unconditional(), Just(""), Just(""), 0..3_u8);
    run(&pair.prop_map(related), |narrow, wide| {
        let found = found(narrow, wide);
        let [narrow, wide] = [narrow, wide].map(|it| Policy::parse(it).expect("it is a policy"));
        for it in &found {
            let Why::Wider { action, resource } = &it.why else {
                return Err(TestCaseError::fail(format!("{:?} is not decided", it.allowance)));
            };
            wider.set(wider.get() + 1);
            let [narrow, wide] = [&narrow, &wide].map(|it| allows(it, action, resource, &Context::new()));
            prop_assert_eq!((narrow, wide), (Some(true), Some(false)), "{} on {}", action, resource);
        }
        if found.is_empty() {
            for (action, resource, context) in &requests {
                let [narrow, wide] = [&narrow, &wide].map(|it| allows(it, action, resource, context));
                prop_assert!(narrow != Some(true) || wide == Some(true), "{action} on {resource}");
            }
        }
        Ok(())
    });
    assert!(wider.get() > 40);
}

/// Policies together allow what none of them does alone.
#[test]
fn several_allowances_can_include_one() {
    let policy = |statements: Value| json!({ "Version": "2012-10-17", "Statement": statements });
    let allow = |action: &str, resource: &str| json!({ "Effect": "Allow", "Action": action, "Resource": resource });
    let whole = policy(json!([allow("s:A*", &format!("{ARN}a?"))]));
    let parts = policy(json!([
        allow("s:A", &format!("{ARN}a*")),
        allow("s:A?*", &format!("{ARN}aa")),
        allow("s:A??*", &format!("{ARN}*")),
        allow("S:A?", &format!("{ARN}?")),
        allow("s:a?", &format!("{ARN}??")),
    ]));
    assert_eq!(found(&whole, &parts), []);
    let fewer = policy(json!([allow("s:A", "*"), allow("s:A??*", "*"), allow("s:A?", &format!("{ARN}?"))]));
    let found = found(&whole, &fewer);
    let [Beyond { why: Why::Wider { action, resource }, .. }] = found.as_slice() else {
        panic!("one thing is found, and is decided: {found:?}");
    };
    assert!(
        action.starts_with("s:a") && action.len() == 4 && resource.len() == ARN.len() + 2,
        "{action} on {resource}"
    );
}

#[test]
fn what_cannot_be_decided_is_not_said_to_be_included() {
    let policy = |statements: Value| json!({ "Version": "2012-10-17", "Statement": statements });
    let allow = json!({ "Effect": "Allow", "Action": "s:A", "Resource": format!("{ARN}a") });
    let unless =
        json!({ "Effect": "Deny", "Action": "s:*", "Resource": "*", "Condition": { "Bool": { "aws:k": "false" } } });
    let with = |extra: &Value| policy(json!([allow, extra]));
    assert!(matches!(found(&policy(json!([allow])), &with(&unless))[..], [Beyond { why: Why::Undecided(_), .. }]));
    assert_eq!(found(&with(&unless), &with(&unless)), []);
    assert_eq!(found(&with(&unless), &policy(json!([allow]))), []);
    let bound = |operator: &str, value: &str| {
        let mut allow = allow.clone();
        allow["Condition"] = json!({ operator: { "aws:k": value } });
        policy(json!([allow]))
    };
    assert!(matches!(
        found(&policy(json!([allow])), &bound("IpAddress", "10.0.0.0/8"))[..],
        [Beyond { why: Why::Condition, .. }]
    ));
    let (near, far) = (bound("IpAddress", "10.1.0.0/16"), bound("IpAddress", "10.0.0.0/8"));
    assert!(matches!(found(&near, &far)[..], [Beyond { why: Why::Undecided(_), .. }]));
    let unknown =
        policy(json!([{ "Effect": "Allow", "Action": "s:A", "Resource": format!("{ARN}${{aws:username}}") }]));
    assert!(matches!(found(&policy(json!([allow])), &unknown)[..], [Beyond { why: Why::Undecided(_), .. }]));
}
