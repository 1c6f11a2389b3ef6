//! The forms of a listing: outputs of the AWS CLI as they are.

use insta::assert_snapshot;
use serde_json::{Value, json};
use xtask::Exit;

use super::{fixture, import, import_text, paypulse};
use crate::run::arg;

fn found(text: &str) -> Vec<String> {
    let listing = xtask::adopt::read_listing(text.as_bytes()).expect("it is a listing");
    listing.found.iter().map(|found| format!("{} is {}", found.object, found.id)).collect()
}

#[test]
fn each_command_adds_what_it_tells() {
    let arn = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:a-AbCdEf";
    let own = "arn:aws:iam::000000000000:policy/team/p";
    let aws = "arn:aws:iam::aws:policy/service-role/L";
    let function = "arn:aws:lambda:eu-west-1:000000000000:function:f";
    let statement = |sid: &str, resource: &str| json!({ "Sid": sid, "Effect": "Allow", "Resource": resource });
    let of_an_alias = statement("rotates_b", &format!("{function}:live"));
    let callers = json!({ "Version": "2012-10-17", "Statement": [statement("rotates_a", function), of_an_alias] });
    let cases: [(Value, &[&str]); 13] = [
        (
            json!({ "SecretList": [{ "ARN": arn, "Name": "a", "SecretVersionsToStages": { "v1": ["AWSPREVIOUS"], "v2": ["AWSCURRENT"] } }] }),
            &["the secret `a` is ARN", "the value of `a` is ARN|v2"],
        ),
        (
            json!({ "ARN": arn, "Name": "a", "VersionIdsToStages": { "v1": ["AWSCURRENT", "x"] } }),
            &["the secret `a` is ARN", "the value of `a` is ARN|v1"],
        ),
        (
            json!({ "ARN": arn, "Name": "a", "ResourcePolicy": "{}" }),
            &["the secret `a` is ARN", "the policy on `a` is ARN"],
        ),
        (json!({ "ARN": arn, "Name": "a", "RotationEnabled": false }), &["the secret `a` is ARN"]),
        (
            json!({ "ARN": arn, "Name": "a", "RotationEnabled": true }),
            &["the secret `a` is ARN", "the rotation of `a` is ARN"],
        ),
        (
            json!({ "SecretList": [{ "ARN": arn, "Name": "a", "RotationEnabled": true }] }),
            &["the secret `a` is ARN", "the rotation of `a` is ARN"],
        ),
        (
            json!({ "Policy": callers.to_string(), "RevisionId": "1" }),
            &["the statement `rotates_a` on the function `f` is FUNCTION/rotates_a"],
        ),
        (json!({ "Roles": [{ "RoleName": "r" }] }), &["the role `r` is r"]),
        (json!({ "Role": { "RoleName": "r" } }), &["the role `r` is r"]),
        (
            json!({ "RoleName": "r", "PolicyName": "p", "PolicyDocument": {} }),
            &["the role `r` is r", "the inline policy `p` on `r` is r:p"],
        ),
        (
            json!({ "RoleName": "r", "PolicyNames": ["p"], "AttachedPolicies": [{ "PolicyName": "L", "PolicyArn": aws }] }),
            &[
                "the role `r` is r",
                "the inline policy `p` on `r` is r:p",
                "the policy `service-role/L` on `r` is r/AWS",
            ],
        ),
        (
            json!({ "Policies": [{ "PolicyName": "p", "Arn": own }, { "PolicyName": "L", "Arn": aws }] }),
            &["the policy `p` is OWN"],
        ),
        (json!({ "Policy": { "PolicyName": "p", "Arn": own } }), &["the policy `p` is OWN"]),
    ];
    for (document, expected) in cases {
        let shown: Vec<String> = found(&document.to_string())
            .iter()
            .map(|line| line.replace(arn, "ARN").replace(aws, "AWS").replace(own, "OWN").replace(function, "FUNCTION"))
            .collect();
        assert_eq!(shown, expected, "{document}");
    }
}

#[test]
fn documents_need_nothing_between_them() {
    let one = r#"{"Roles":[{"RoleName":"a"}]}"#;
    let two = r#"{"Roles":[{"RoleName":"b"},{"RoleName":"a"}]}"#;
    let expected = ["the role `a` is a", "the role `b` is b"];
    for between in ["", "\n", "  \n\n\t "] {
        assert_eq!(found(&format!("{one}{between}{two}{between}")), expected);
    }
}

#[test]
fn err_what_is_no_listing_or_not_a_whole_one() {
    let cases = [
        "",
        " \n",
        "{}",
        "[]",
        "null",
        "text",
        r#"{"SecretList": [{"Name": "a", "ARN": "b"}]} trailing"#,
        r#"{"SecretList": [{"Name": "a", "ARN": "b"}], "NextToken": "eyJ"}"#,
        r#"{"Roles": [], "IsTruncated": true}"#,
        r#"{"Policies": [], "Marker": "x"}"#,
        r#"{"PolicyNames": ["a"]}"#,
        r#"{"AttachedPolicies": []}"#,
        r#"{"SecretList": [{"Name": "MARK-name"}]}"#,
        r#"{"SecretList": "MARK"}"#,
        r#"{"SecretList": [{"Name": "a", "ARN": "b", "SecretVersionsToStages": ["MARK"]}]}"#,
        r#"{"Roles": [{"Path": "/MARK"}]}"#,
        r#"{"Policies": [{"PolicyName": "p"}]}"#,
        r#"{"Roles": [{"RoleName": "a"}"#,
        r#"{"Policy": "MARK"}"#,
        r#"{"Policy": "{\"Statement\": \"MARK\"}"}"#,
        r#"{"Policy": ["MARK"]}"#,
        r#"{"Policy": "{\"Statement\": [{\"Sid\": \"MARK\", \"Resource\": \"*\"}]}"}"#,
        r#"{"Policy": "{\"Statement\": [{\"Sid\": \"a\", \"Resource\": \"arn:aws:s3:::MARK\"}]}"}"#,
        r#"{"version": 4, "resources": []}"#,
    ];
    let mut answers = Vec::new();
    for text in cases {
        let adopted = import_text(&paypulse(), "--listing", text);
        assert_eq!((adopted.run.exit, adopted.file()), (Exit::Usage, None), "{text}: {}", adopted.run);
        let (_, said) = adopted.run.err.split_once("cannot be used: ").expect("it says why");
        assert!(!said.contains(super::MARK), "{said}");
        answers.push(format!("{text}\n    {}", said.trim_end().replace('\n', "\n    ")));
    }
    assert_snapshot!(answers.join("\n"));
}

/// A value that is in a listing by mistake is not read.
#[test]
fn a_value_in_a_listing_is_passed_over() {
    let arn = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:Google-OAuth-Client-ID-AbCdEf";
    let document = json!({ "ARN": arn, "Name": "Google-OAuth-Client-ID", "VersionId": "v", "SecretString": "MARK" });
    let adopted = import_text(&paypulse(), "--listing", &document.to_string());
    assert_eq!(adopted.run.exit, Exit::Done, "{}", adopted.shown());
}

#[test]
fn err_a_listing_is_no_state_and_a_state_no_listing() {
    let state = import(&paypulse(), &["--state", arg(&fixture("functions.listing.json"))]);
    assert_eq!(state.run.exit, Exit::Usage);
    assert!(state.run.err.contains("pass it by `--listing`"), "{}", state.run);
    let listing = import(&paypulse(), &["--listing", arg(&fixture("functions.tfstate"))]);
    assert_eq!(listing.run.exit, Exit::Usage);
    assert!(listing.run.err.contains("is not the output of a command"), "{}", listing.run);
}
