//! The evaluator against requests whose answers AWS documents, and against input that must not slip through.

use serde_json::{Value, json};

use super::condition::Context;
use super::evaluator::{Decision, Policy, Request, decide};

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:gmail/user/1-AbCdEf";
const GET: &str = "secretsmanager:GetSecretValue";

fn ask(statements: &Value, action: &str, resource: &str, context: &Context) -> Result<Decision, String> {
    let policy = Policy::parse(&json!({ "Version": "2012-10-17", "Statement": statements }))?;
    decide([&policy], &Request { action, resource, context })
}

fn allowed(statements: &Value, action: &str, resource: &str) -> bool {
    ask(statements, action, resource, &Context::new()).expect("the policy is good") == Decision::Allowed
}

fn allow(action: &Value, resource: &Value) -> Value {
    json!([{ "Effect": "Allow", "Action": action, "Resource": resource }])
}

/// Whether a condition holds, with one context key, or with none.
fn holds(condition: &Value, key: &str, values: &[&str]) -> Result<bool, String> {
    let mut context = Context::new();
    if !key.is_empty() {
        context.insert(key.to_owned(), values.iter().map(|value| (*value).to_owned()).collect());
    }
    let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition });
    Ok(ask(&statement, GET, SECRET, &context)? == Decision::Allowed)
}

#[track_caller]
fn check(condition: &Value, key: &str, values: &[&str], expected: bool) {
    assert_eq!(holds(condition, key, values), Ok(expected), "{condition} with {key} = {values:?}");
}

#[test]
fn nothing_is_allowed_unless_a_statement_says_so() {
    let statements = allow(&json!(GET), &json!(SECRET));
    assert_eq!(ask(&statements, GET, SECRET, &Context::new()), Ok(Decision::Allowed));
    assert_eq!(ask(&statements, "s3:GetObject", SECRET, &Context::new()), Ok(Decision::Unmentioned));
    assert_eq!(ask(&statements, GET, "*", &Context::new()), Ok(Decision::Unmentioned));
}

#[test]
fn a_denial_wins_wherever_it_stands() {
    let deny = json!({ "Effect": "Deny", "Action": "secretsmanager:*", "Resource": "*" });
    let allow = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    for statements in [json!([deny, allow]), json!([allow, deny])] {
        assert_eq!(ask(&statements, GET, SECRET, &Context::new()), Ok(Decision::Denied));
        assert_eq!(ask(&statements, "s3:GetObject", SECRET, &Context::new()), Ok(Decision::Allowed));
    }
    let policy = |statement| Policy::parse(&json!({ "Version": "2012-10-17", "Statement": statement }));
    let (allow, deny) = (policy(allow).expect("it is good"), policy(deny).expect("it is good"));
    let request = Request { action: GET, resource: SECRET, context: &Context::new() };
    assert_eq!(decide([&allow, &deny], &request), Ok(Decision::Denied));
    assert_eq!(decide([&allow], &request), Ok(Decision::Allowed));
    assert_eq!(decide([], &request), Ok(Decision::Unmentioned));
}

/// `iam:ListAccessKeys` is the same as `IAM:listaccesskeys`, and `iam:*AccessKey*` covers the four of the page on `Action`.
#[test]
fn an_action_knows_no_case_and_takes_wildcards() {
    let statements = allow(&json!(["IAM:listaccesskeys", "ec2:Describe?"]), &json!("*"));
    assert!(allowed(&statements, "iam:ListAccessKeys", "*"));
    assert!(allowed(&statements, "ec2:DescribeX", "*"));
    assert!(!allowed(&statements, "ec2:Describe", "*"));
    let statements = allow(&json!("iam:*AccessKey*"), &json!("*"));
    for action in ["CreateAccessKey", "DeleteAccessKey", "ListAccessKeys", "UpdateAccessKey"] {
        assert!(allowed(&statements, &format!("iam:{action}"), "*"));
    }
    assert!(!allowed(&statements, "iam:CreateUser", "*"));
}

/// The page on `NotAction`: everything but IAM, and with a resource, everything of S3 but one action.
#[test]
fn the_not_forms_take_all_but_what_they_list() {
    let all_but_iam = json!({ "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" });
    assert!(allowed(&all_but_iam, GET, SECRET));
    assert!(!allowed(&all_but_iam, "iam:PassRole", "*"));
    let bucket = json!({
        "Effect": "Deny",
        "Action": "s3:*",
        "NotResource": ["arn:aws:s3:::HRBucket/Payroll", "arn:aws:s3:::HRBucket/Payroll/*"],
    });
    let decide = |resource| ask(&bucket, "s3:GetObject", resource, &Context::new());
    assert_eq!(decide("arn:aws:s3:::HRBucket/Payroll/May"), Ok(Decision::Unmentioned));
    assert_eq!(decide("arn:aws:s3:::HRBucket/Other"), Ok(Decision::Denied));
}

#[test]
fn a_resource_knows_case_and_its_wildcards_pass_slashes() {
    let family = allow(&json!(GET), &json!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:gmail/user/*"));
    assert!(allowed(&family, GET, SECRET));
    assert!(allowed(&family, GET, &SECRET.replace("user/1", "user/1/deeper")));
    for other in ["GMAIL/user/1", "gmail/users/1", "gmail/1", "xgmail/user/1"] {
        assert!(!allowed(&family, GET, &SECRET.replace("gmail/user/1", other)), "{other}");
    }
    assert!(!allowed(&family, GET, &SECRET.replace("eu-west-1", "us-east-1")));
    assert!(!allowed(&family, GET, &SECRET.replace("123456789012", "999999999999")));
}

/// The page on condition logic: keys are joined by AND, the values of one key by OR, after a negation by NOR.
#[test]
fn keys_are_joined_by_and_and_values_by_or() {
    let two = json!({ "StringEquals": { "aws:PrincipalTag/department": ["finance", "hr"] } });
    check(&two, "aws:PrincipalTag/department", &["hr"], true);
    check(&two, "aws:PrincipalTag/department", &["Hr"], false);
    let neither = json!({ "StringNotEquals": { "aws:PrincipalTag/role": ["audit", "hr"] } });
    check(&neither, "aws:PrincipalTag/role", &["hr"], false);
    check(&neither, "aws:PrincipalTag/role", &["dev"], true);
    let both = json!({ "StringEquals": { "aws:a": "1", "aws:b": "2" } });
    check(&both, "aws:a", &["1"], false);
    let across = json!({ "StringEquals": { "aws:a": "1" }, "StringLike": { "aws:a": "2*" } });
    check(&across, "aws:a", &["1"], false);
}

#[test]
fn a_missing_key_fails_unless_the_operator_is_negated_or_asks_for_it() {
    for (operator, value, missing) in [
        ("StringEquals", "a", false),
        ("StringLike", "*", false),
        ("StringNotEquals", "a", true),
        ("StringNotLike", "*", true),
        ("ArnLike", "arn:aws:s3:::*", false),
        ("ArnNotLike", "arn:aws:s3:::*", true),
        ("Bool", "false", false),
        ("Null", "true", true),
        ("Null", "false", false),
        ("StringEqualsIfExists", "a", true),
        ("StringNotEqualsIfExists", "a", true),
        ("BoolIfExists", "true", true),
        ("ArnLikeIfExists", "arn:aws:s3:::*", true),
        ("ForAnyValue:StringEquals", "a", false),
        ("ForAnyValue:StringNotEquals", "a", false),
        ("ForAllValues:StringEquals", "a", true),
        ("ForAllValues:StringNotLike", "a", true),
    ] {
        check(&json!({ operator: { "aws:key": value } }), "", &[], missing);
        check(&json!({ operator: { "aws:key": value } }), "aws:key", &[], missing);
    }
}

#[test]
fn strings_equal_exactly_and_are_like_with_wildcards() {
    check(&json!({ "StringEquals": { "aws:username": "jo*" } }), "aws:username", &["john"], false);
    check(&json!({ "StringLike": { "aws:username": "jo*" } }), "aws:username", &["john"], true);
    check(&json!({ "StringLike": { "aws:username": "jo?" } }), "aws:username", &["john"], false);
    check(&json!({ "StringNotLike": { "aws:username": ["jo*", "x"] } }), "aws:username", &["john"], false);
    check(&json!({ "StringEquals": { "AWS:UserName": "john" } }), "aws:username", &["john"], true);
    check(&json!({ "Bool": { "aws:SecureTransport": true } }), "aws:SecureTransport", &["true"], true);
    check(&json!({ "Bool": { "aws:SecureTransport": "false" } }), "aws:SecureTransport", &["true"], false);
    check(&json!({ "Null": { "aws:TokenIssueTime": "false" } }), "aws:TokenIssueTime", &["2020"], true);
    check(&json!({ "StringEqualsIfExists": { "aws:a": "1" } }), "aws:a", &["2"], false);
}

#[test]
fn arns_are_compared_in_six_parts_under_both_names() {
    for operator in ["ArnEquals", "ArnLike"] {
        let topic = json!({ operator: { "aws:SourceArn": "arn:aws:sns:*:123456789012:Topic-*" } });
        check(&topic, "aws:SourceArn", &["arn:aws:sns:eu-west-1:123456789012:Topic-1"], true);
        check(&topic, "aws:SourceArn", &["arn:aws:sns:eu-west-1:999999999999:Topic-1"], false);
        check(&topic, "aws:SourceArn", &["arn:aws:sns:a:b:123456789012:Topic-1"], false);
        check(&topic, "aws:SourceArn", &["Topic-1"], false);
    }
}

/// The tables of the page with examples of multivalued keys.
#[test]
fn set_operators_look_at_every_value_of_the_request() {
    let none = json!({ "ForAllValues:StringNotLike": { "aws:TagKeys": "key1*" } });
    check(&none, "aws:TagKeys", &["key1:legal"], false);
    check(&none, "aws:TagKeys", &["key1:hr", "key1:personnel"], false);
    check(&none, "aws:TagKeys", &["key2:audit"], true);
    let all = json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["a", "b"] } });
    check(&all, "aws:TagKeys", &["a", "b"], true);
    check(&all, "aws:TagKeys", &["a", "c"], false);
    let any = json!({ "ForAnyValue:StringEquals": { "aws:TagKeys": ["webserver", "b"] } });
    check(&any, "aws:TagKeys", &["x", "webserver"], true);
    check(&any, "aws:TagKeys", &["x", "Webserver"], false);
}

#[test]
fn a_key_of_an_encrypted_secret_is_for_that_secret_through_secrets_manager() {
    let statement = json!({
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": "arn:aws:kms:eu-west-1:123456789012:key/1",
        "Condition": {
            "StringEquals": { "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com" },
            "ArnLike": { "kms:EncryptionContext:SecretARN": SECRET.replace("1-AbCdEf", "*") },
        },
    });
    let ask = |via: &str, secret: &str, key: &str| {
        let entries = [("kms:ViaService", via), ("kms:EncryptionContext:SecretARN", secret)];
        let context = entries.map(|(key, value)| (key.to_owned(), vec![value.to_owned()])).into();
        let key = format!("arn:aws:kms:eu-west-1:123456789012:key/{key}");
        ask(&statement, "kms:Decrypt", &key, &context) == Ok(Decision::Allowed)
    };
    let via = "secretsmanager.eu-west-1.amazonaws.com";
    assert!(ask(via, SECRET, "1"));
    assert!(!ask(via, SECRET, "2"));
    assert!(!ask(via, &SECRET.replace("user", "other"), "1"));
    assert!(!ask("ssm.eu-west-1.amazonaws.com", SECRET, "1"));
}

#[test]
fn err_what_is_unknown_is_never_passed_over() {
    let good = json!({ "Effect": "Allow", "Action": GET, "Resource": SECRET });
    assert!(ask(&good, GET, SECRET, &Context::new()).is_ok());
    for (element, value) in [
        ("Effect", json!("allow")),
        ("Effect", Value::Null),
        ("Action", json!([])),
        ("Action", json!(["GetSecretValue"])),
        ("Action", json!([1])),
        ("Action", json!("secrets*:GetSecretValue")),
        ("NotAction", json!(GET)),
        ("Resource", json!([])),
        ("Resource", json!("gmail/user/1")),
        ("Resource", json!("arn:aws:secretsmanager:*")),
        ("Resource", json!("arn:aws:*:eu-west-1:123456789012:secret:x")),
        ("Resource", json!("arn:aws:s3:::bucket/${aws:username}")),
        ("NotResource", json!(SECRET)),
        ("Principal", json!("*")),
        ("resource", json!("*")),
        ("Sid", json!("not a sid")),
        ("Condition", json!([])),
        ("Condition", json!({ "StringEquals": {} })),
        ("Condition", json!({ "StringEquals": { "aws:a": [] } })),
        ("Condition", json!({ "StringEquals": { "aws:a": 1 } })),
        ("Condition", json!({ "StringEquals": { "a": "1" } })),
        ("Condition", json!({ "StringEquals": { "aws:a": "${aws:b}" } })),
        ("Condition", json!({ "stringequals": { "aws:a": "1" } })),
        ("Condition", json!({ "NumericEquals": { "aws:a": "1" } })),
        ("Condition", json!({ "ForSomeValues:StringEquals": { "aws:a": "1" } })),
        ("Condition", json!({ "NullIfExists": { "aws:a": "true" } })),
        ("Condition", json!({ "ForAnyValue:StringEqualsIfExists": { "aws:a": "1" } })),
        ("Condition", json!({ "ForAllValues:Null": { "aws:a": "true" } })),
        ("Condition", json!({ "Bool": { "aws:a": "yes" } })),
        ("Condition", json!({ "ArnLike": { "aws:a": "*" } })),
    ] {
        let mut bad = good.clone();
        bad[element] = value;
        // A statement that speaks of another action is held to the same rules.
        assert!(ask(&bad, "s3:GetObject", "*", &Context::new()).is_err(), "{bad}");
    }
    let several = holds(&json!({ "StringEquals": { "aws:a": "1" } }), "aws:a", &["1", "2"]);
    assert!(several.is_err(), "a single-valued operator cannot decide over two values");
}

#[test]
fn err_a_document_without_its_parts_is_no_policy() {
    let statement = json!([{ "Effect": "Allow", "Action": GET, "Resource": "*", "Sid": "a" }]);
    for document in [
        json!({ "Statement": statement }),
        json!({ "Version": "2008-10-17", "Statement": statement }),
        json!({ "Version": "2012-10-17", "Statement": [] }),
        json!({ "Version": "2012-10-17" }),
        json!({ "Version": "2012-10-17", "Statement": statement, "statement": statement }),
        json!({ "Version": "2012-10-17", "Statement": [statement[0], statement[0]] }),
        json!("{}"),
    ] {
        assert!(Policy::parse(&document).is_err(), "{document}");
    }
}
