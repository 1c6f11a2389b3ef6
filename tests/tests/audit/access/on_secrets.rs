//! Policies on secrets: whom they let in, and whom they keep out.

use paypulse_runtime::model::{NamePattern, SecretSpec};
use serde_json::{Value, json};
use xtask::audit::{FoundSecret, IdentityKind, Place, Rule};

use super::{access, allow, arn, document, identity};

/// What is found of the policy on a secret of the warehouse's, beside what the spec shares.
fn of_secret(id: &str, policy: Option<&str>) -> Vec<(Rule, String)> {
    let spec = paypulse_tests::warehouse::spec();
    let secret: &SecretSpec = spec.secrets.iter().find(|secret| secret.id == id).expect("it is declared");
    let name = NamePattern::of(&secret.name).as_str().replace('*', "7").replace("-??????", "");
    let found = FoundSecret::new(&name, arn(&format!("{name}-AbCdEf")));
    let place = Place::Secret { id: id.into() };
    let found = access(&spec).judge_secret(&found, secret, &place, policy);
    found.into_iter().map(|it| (it.rule, it.message)).collect()
}

fn let_in(principal: &Value, action: &str) -> String {
    document(&json!([{ "Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*" }]))
}

#[test]
fn whom_a_policy_on_a_secret_lets_in_is_found() {
    let get = "secretsmanager:GetSecretValue";
    for (principal, action, who) in [
        (json!("*"), get, Some("`*` `GetSecretValue`")),
        (json!({ "AWS": "210987654321" }), get, Some("`210987654321` `GetSecretValue`")),
        (json!({ "AWS": "arn:aws:iam::123456789012:role/night-watch" }), get, Some("role/night-watch")),
        (json!({ "AWS": ["arn:aws:iam::123456789012:user/eve"] }), "*", Some("and 16 more")),
        (json!({ "Service": "rds.amazonaws.com" }), get, Some("rds.amazonaws.com")),
        (json!({ "AWS": "AROA123456789EXAMPLE" }), get, Some("AROA123456789EXAMPLE")),
        // The account leaves it to its identities' own policies.
        (json!({ "AWS": "123456789012" }), get, None),
        (json!({ "AWS": "arn:aws:iam::123456789012:root" }), "*", None),
        // A handler, in what it is granted and in what it is not.
        (json!({ "AWS": "arn:aws:iam::123456789012:role/re-order" }), get, None),
        (
            json!({ "AWS": "arn:aws:iam::123456789012:role/re-order" }),
            "secretsmanager:DeleteSecret",
            Some("role/re-order"),
        ),
        (json!({ "AWS": "*" }), "s3:*", None),
    ] {
        for id in ["SupplierLogin", "PaymentKey"] {
            let found = of_secret(id, Some(&let_in(&principal, action)));
            match who {
                None => assert_eq!(found, [], "{id}: {principal}"),
                Some(who) => {
                    assert!(
                        matches!(&found[..], [(Rule::OutsideReach, said)] if said.contains(who)),
                        "{principal}: {found:?}"
                    );
                }
            }
        }
    }
    let but_one =
        json!([{ "Effect": "Allow", "NotPrincipal": { "AWS": "123456789012" }, "Action": get, "Resource": "*" }]);
    assert!(matches!(&of_secret("PaymentKey", Some(&document(&but_one)))[..], [(Rule::OutsideReach, _)]));
    let of_another = json!([{ "Effect": "Allow", "Principal": "*", "Action": get, "Resource": arn("other-??????") }]);
    assert_eq!(of_secret("PaymentKey", Some(&document(&of_another))), []);
    assert_eq!(of_secret("PaymentKey", None), []);
    assert!(matches!(&of_secret("PaymentKey", Some("{"))[..], [(Rule::UndecidedPolicy, _)]));
}

/// A copy has the ARN of the secret but for the Region; one that was made again has another one altogether.
#[test]
fn the_copies_that_a_handler_reads_are_no_other_secret() {
    let spec = paypulse_tests::warehouse::spec();
    let secret = spec.secrets.iter().find(|secret| secret.id == "DatabaseLogin").expect("it is declared");
    let found = FoundSecret::new("warehouse/database", arn("warehouse/database-AbCdEf"));
    let place = Place::Secret { id: secret.id.clone() };
    let gone = |copy: &str| {
        let arns = [arn("warehouse/database-AbCdEf"), copy.to_owned()];
        let read = allow(&json!("secretsmanager:GetSecretValue"), &json!(arns));
        let mut access = access(&spec);
        access.judge(&identity(IdentityKind::Role, "re-order", std::slice::from_ref(&read)));
        let found = access.judge_secret(&found, secret, &place, None);
        found.iter().any(|finding| finding.message.contains("which is gone"))
    };
    let copy = |suffix: &str| arn(&format!("warehouse/database-{suffix}")).replace(":eu-west-1:", ":us-west-2:");
    assert!(!gone(&copy("AbCdEf")));
    assert!(gone(&copy("0zZ9aQ")));
}

/// A grant on a copy is what the spec says, and one on a copy that it does not name is not.
#[test]
fn a_handler_that_reads_another_copy_is_found() {
    let spec = paypulse_tests::warehouse::spec();
    let wider = |region: &str| {
        let copy = arn("warehouse/database-AbCdEf").replace(":eu-west-1:", &format!(":{region}:"));
        let read = allow(&json!("secretsmanager:GetSecretValue"), &json!(copy));
        let found = access(&spec).judge(&identity(IdentityKind::Role, "re-order", std::slice::from_ref(&read)));
        found.into_iter().any(|finding| finding.rule == Rule::PolicyWider)
    };
    assert!(!wider("us-west-2") && !wider("us-east-1"));
    assert!(wider("eu-central-1") && wider("ca-central-1"));
}

#[test]
fn a_share_that_is_missing_is_found() {
    let lacks = |policy: Option<&str>| match &of_secret("DatabaseLogin", policy)[..] {
        [(Rule::PolicyNarrower, said)] => said.clone(),
        other => panic!("{other:?}"),
    };
    assert!(lacks(None).contains("arn:aws:iam::210987654321:role/audit/reader DescribeSecret"));
    let some = json!([
        { "Effect": "Allow", "Principal": { "AWS": "123456789012" }, "Action": "secretsmanager:GetSecretValue", "Resource": "*" },
        { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:role/night-watch" },
          "Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], "Resource": "*" },
    ]);
    let said = lacks(Some(&document(&some)));
    assert!(
        said.contains("reader DescribeSecret") && !said.contains("night-watch") && !said.contains("root"),
        "{said}"
    );
}

#[test]
fn a_policy_on_a_secret_that_keeps_a_handler_out_is_found() {
    let deny = |principal: Value, action: &str| {
        document(&json!([{ "Effect": "Deny", "Principal": principal, "Action": action, "Resource": "*",
            "Condition": { "Bool": { "aws:SecureTransport": false } } }]))
    };
    let narrower =
        |policy: &str| of_secret("PaymentKey", Some(policy)).iter().any(|(rule, _)| *rule == Rule::PolicyNarrower);
    assert!(narrower(&deny(json!("*"), "secretsmanager:*")));
    assert!(narrower(&deny(
        json!({ "AWS": "arn:aws:iam::123456789012:role/re-order" }),
        "secretsmanager:GetSecretValue"
    )));
    assert!(!narrower(&deny(
        json!({ "AWS": "arn:aws:iam::123456789012:role/re-order" }),
        "secretsmanager:PutSecretValue"
    )));
    assert!(!narrower(&deny(json!({ "AWS": "arn:aws:iam::123456789012:role/heartbeat" }), "secretsmanager:*")));
    assert!(!narrower(&deny(json!({ "AWS": "arn:aws:iam::123456789012:user/eve" }), "secretsmanager:*")));
}

/// The policies name the secret that was there when they were applied.
#[test]
fn a_secret_that_was_made_again_is_not_the_one_that_policies_name() {
    let spec = paypulse_runtime::spec::spec();
    let secret = spec.secrets.iter().find(|secret| secret.id == "JwtSigningKey").expect("it is declared");
    let old = allow(&json!("secretsmanager:GetSecretValue"), &json!([arn("PayPulseAppJWTSecret-AbCdEf")]));
    let judged = |suffix: &str| {
        let mut access = access(&spec);
        assert_eq!(access.judge(&identity(IdentityKind::Role, "login_user", std::slice::from_ref(&old))), []);
        let found = FoundSecret::new("PayPulseAppJWTSecret", arn(&format!("PayPulseAppJWTSecret-{suffix}")));
        let found = access.judge_secret(&found, secret, &Place::Account, None);
        found.into_iter().map(|it| (it.rule, it.place.id())).collect::<Vec<_>>()
    };
    assert_eq!(judged("AbCdEf"), []);
    assert_eq!(judged("UvWxYz"), [(Rule::PolicyNarrower, "handler/LoginUser".to_owned())]);
}
