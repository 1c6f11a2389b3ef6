//! What each input tells and does not tell: in any order, from a state and a listing that disagree, and from outputs of the
//! AWS CLI that have a part of the properties only.

use paypulse_runtime::model::Spec;
use serde_json::{Value, json};
use xtask::Exit;

use super::changes::{run, shop, shop_with};
use super::{Adopted, import, import_text, lints, resources};
use crate::run::arg;

const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/api-AbCdEf";
const UNCHANGED: &str = "must change nothing";

/// An entry of `list-secrets`.
fn entry(change: impl FnOnce(&mut Value)) -> Value {
    let mut secret = json!({
        "ARN": ARN, "Name": "shop/api", "CreatedDate": "2026-01-01T00:00:00+00:00",
        "SecretVersionsToStages": { "v1": ["AWSCURRENT"] }, "Tags": [],
    });
    change(&mut secret);
    json!({ "SecretList": [secret] })
}

fn details() -> Value {
    json!({
        "UserDetailList": [{ "UserName": "jo" }], "GroupDetailList": [], "RoleDetailList": [], "Policies": [],
    })
}

fn listing(spec: &Spec, documents: &[Value]) -> Adopted {
    let text: Vec<String> = documents.iter().map(Value::to_string).collect();
    import_text(spec, "--listing", &text.join("\n"))
}

#[track_caller]
fn says(adopted: &Adopted, wanted: &[&str], not: &[&str]) {
    assert_eq!(adopted.run.exit, Exit::Done, "{}", adopted.run);
    let lints = lints(adopted);
    assert!(wanted.iter().all(|lint| lints.iter().any(|it| it == lint)), "{wanted:?}: {}", adopted.run);
    assert!(!not.iter().any(|lint| lints.iter().any(|it| it == lint)), "not {not:?}: {}", adopted.run);
}

#[track_caller]
fn stops(adopted: &Adopted, lint: &str) {
    assert_eq!(
        (adopted.run.exit, lints(adopted).contains(&lint.to_owned())),
        (Exit::Problems, true),
        "{}",
        adopted.run
    );
}

#[test]
fn the_order_of_the_documents_of_a_listing_is_the_same_to_the_answer() {
    let secrets = entry(|it| {
        it["Description"] = "other".into();
        it["KmsKeyId"] = "alias/other".into();
        it["Tags"] = json!([{ "Key": "a", "Value": "MARK" }]);
    });
    let policy =
        json!({ "ARN": ARN, "Name": "shop/api", "ResourcePolicy": "{\"Version\":\"2012-10-17\",\"Statement\":[]}" });
    let all = ["secret-description", "secret-key", "secret-tags"];
    let first = listing(&shop(), &[policy.clone(), secrets.clone(), details()]);
    let last = listing(&shop(), &[secrets, policy, details()]);
    says(&first, &all, &[]);
    assert_eq!(lints(&first), lints(&last));
}

fn generated(spec: &mut Value) {
    spec["secrets"][0]["owner"] = json!({ "kind": "terraform", "generated": {
        "length": 20, "alphabet": ["digits"], "version": 1,
    } });
}

#[test]
fn err_a_generated_value_over_one_that_may_exist() {
    let partial = json!({ "SecretList": [{ "ARN": ARN, "Name": "shop/api" }] });
    stops(&listing(&shop_with(generated), &[partial.clone(), details()]), "overwritten");
    says(&listing(&shop(), &[partial, details()]), &["value-unknown", "secret-unknown"], &[]);
    let without = entry(|it| _ = it.as_object_mut().map(|it| it.remove("SecretVersionsToStages")));
    says(&listing(&shop_with(generated), &[without, details()]), &[], &["overwritten"]);
    // At the spec's own address, too.
    let address = |state: &mut Value| {
        resources(state, "aws_secretsmanager_secret")[0]["name"] = "api_key".into();
        resources(state, "aws_secretsmanager_secret_version")[0]["name"] = "api_key_value".into();
    };
    stops(&run(&shop_with(generated), address), "overwritten");
}

#[test]
fn err_a_generated_value_over_one_that_get_secret_value_shows() {
    let value = json!({
        "ARN": ARN, "Name": "shop/api", "VersionId": "v1", "SecretString": "MARK", "VersionStages": ["AWSCURRENT"],
        "CreatedDate": "2026-01-01T00:00:00+00:00",
    });
    let adopted = listing(&shop_with(generated), &[value, details()]);
    stops(&adopted, "overwritten");
    assert!(!adopted.run.to_string().contains("MARK"), "{}", adopted.run);
}

#[test]
fn a_binary_value_is_replaced() {
    let adopted = run(&shop(), |state| {
        let version = &mut resources(state, "aws_secretsmanager_secret_version")[0]["instances"][0]["attributes"];
        version["secret_string"] = "".into();
        version["secret_binary"] = "MARKMARK".into();
    });
    says(&adopted, &["value-replaced"], &[]);
    assert!(!adopted.run.err.contains(UNCHANGED) && !adopted.run.to_string().contains("MARK"), "{}", adopted.run);
}

#[test]
fn what_list_secrets_does_not_tell_is_said() {
    let spec = shop_with(|spec| spec["secrets"][0]["options"] = json!({ "replicas": [{ "region": "us-east-1" }] }));
    let adopted = listing(&spec, &[entry(|_| {}), details()]);
    says(&adopted, &["secret-replicas"], &[]);
    assert!(!adopted.run.err.contains(UNCHANGED), "{}", adopted.run);
    let described = json!({
        "ARN": ARN, "Name": "shop/api", "CreatedDate": "2026-01-01", "VersionIdsToStages": { "v1": ["AWSCURRENT"] },
        "ReplicationStatus": [{ "Region": "us-east-1", "KmsKeyId": "alias/aws/secretsmanager" }],
    });
    says(&listing(&spec, &[described, details()]), &[], &["secret-replicas"]);
}

fn shared(spec: &mut Value) {
    spec["secrets"][0]["kms_key"] = json!({ "kind": "alias", "alias": "alias/shop" });
    let principal = json!({ "kind": "account", "account": "999988887777" });
    spec["secrets"][0]["options"] = json!({ "shared_with": [{ "principal": principal, "verbs": ["read"] }] });
}

#[test]
fn what_the_policy_on_a_secret_loses_is_said() {
    let policy = |more: &[Value], action: &str| {
        let allow = json!({
            "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::999988887777:root" }, "Action": action, "Resource": "*",
        });
        let statements: Vec<&Value> = [&allow].into_iter().chain(more).collect();
        let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        json!({ "ARN": ARN, "Name": "shop/api", "ResourcePolicy": policy })
    };
    let deny = json!({ "Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*",
        "Condition": { "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } } });
    let spec = shop_with(shared);
    let with = |policy: Value| listing(&spec, &[entry(|_| {}), policy, details()]);
    says(&with(policy(&[], "secretsmanager:GetSecretValue")), &[], &["secret-policy-replaced", "secret-shared"]);
    says(&with(policy(&[deny], "secretsmanager:GetSecretValue")), &["secret-policy-replaced"], &[]);
    says(&with(policy(&[], "secretsmanager:*")), &["secret-policy-replaced"], &[]);
    let unknown = listing(&spec, &[entry(|_| {}), details()]);
    says(&unknown, &["secret-shared"], &[]);
    assert!(!unknown.run.err.contains(UNCHANGED) && unknown.run.err.contains("is in no input"), "{}", unknown.run);
}

#[test]
fn a_rotation_that_begins_or_changes_is_said() {
    let spec = shop_with(|spec| {
        spec["secrets"][0]["owner"] = json!({ "kind": "rotation", "function": "Fetch" });
        spec["secrets"][0]["options"] = json!({ "rotation": { "after_days": 10, "immediately": true } });
        spec["handlers"][0]["grants"][0]["verbs"] = json!(["rotate"]);
    });
    let begins = listing(&spec, &[entry(|_| {}), details()]);
    says(&begins, &["rotation-begins"], &["rotation-changes"]);
    assert!(begins.run.err.contains("at once") && !begins.run.err.contains(UNCHANGED), "{}", begins.run);
    let rotated = entry(|it| {
        it["RotationEnabled"] = true.into();
        it["RotationLambdaARN"] = "arn:aws:lambda:eu-west-1:111122223333:function:other".into();
        it["RotationRules"] = json!({ "AutomaticallyAfterDays": 77 });
    });
    says(&listing(&spec, &[rotated, details()]), &["rotation-changes"], &["rotation-begins"]);
}

/// A run with the state of the shop and a listing.
fn both(documents: &[Value]) -> Adopted {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (state, listing) = (dir.path().join("state"), dir.path().join("listing"));
    let shop = super::text("shop-control.tfstate");
    std::fs::write(&state, shop).expect("it can be written");
    let text: Vec<String> = documents.iter().map(Value::to_string).collect();
    std::fs::write(&listing, text.join("\n")).expect("it can be written");
    import(&super::changes::shop(), &["--state", arg(&state), "--listing", arg(&listing)])
}

#[test]
fn what_aws_has_counts_more_than_what_a_state_had() {
    let arn = {
        let state = super::json("shop-control.tfstate");
        let all = state["resources"].as_array().expect("a state has resources").clone();
        let secret = all.into_iter().find(|it| it["type"] == "aws_secretsmanager_secret").expect("it has a secret");
        secret["instances"][0]["attributes"]["arn"].clone()
    };
    let changed = both(&[entry(|it| {
        it["ARN"] = arn.clone();
        it["KmsKeyId"] = "alias/other".into();
        it["Description"] = "other".into();
    })]);
    says(&changed, &["secret-key", "secret-description"], &[]);
    stops(&both(&[json!({ "SecretList": [] })]), "not-in-listing");
    let again = arn.as_str().expect("an ARN is a text").rsplit_once('-').map(|(start, _)| format!("{start}-ZzZzZz"));
    stops(&both(&[entry(|it| it["ARN"] = again.into())]), "not-in-listing");
}

#[test]
fn users_that_are_not_listed_are_said() {
    let filtered = json!({ "UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": [] });
    says(&listing(&shop(), &[entry(|_| {}), filtered]), &["users-not-listed"], &[]);
    says(&listing(&shop(), &[entry(|_| {}), details()]), &[], &["users-not-listed"]);
}

#[test]
fn other_instances_of_a_block_are_not_to_be_deleted() {
    let adopted = run(&shop(), |state| {
        let secret = resources(state, "aws_secretsmanager_secret").remove(0);
        secret["name"] = "all".into();
        secret["mode"] = "managed".into();
        let mut other = secret["instances"][0].clone();
        secret["instances"][0]["index_key"] = "api".into();
        other["index_key"] = "db".into();
        for (name, value) in
            [("arn", ARN.replace("api", "db")), ("id", ARN.replace("api", "db")), ("name", "shop/db".into())]
        {
            other["attributes"][name] = value.into();
        }
        secret["instances"].as_array_mut().expect("instances").push(other);
    });
    says(&adopted, &["other-instances"], &[]);
    assert!(adopted.run.err.contains("`aws_secretsmanager_secret.all[\"db\"]`"), "{}", adopted.run);
    let (_, deleted) = adopted.run.err.split_once("delete these").unwrap_or_default();
    assert!(!deleted.contains("aws_secretsmanager_secret.all\n"), "{}", adopted.run);
}

/// The policy `fetch-secrets` on the role `fetch`.
fn with_policy(statements: &Value) -> Adopted {
    let read = json!({
        "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": ARN,
    });
    let write = json!({
        "Effect": "Allow", "Resource": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/user/*",
        "Action": ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"],
    });
    let mut all = vec![read, write];
    all.extend(statements.as_array().expect("statements").iter().cloned());
    let document = json!({ "Version": "2012-10-17", "Statement": all });
    let roles = json!({
        "UserDetailList": [{ "UserName": "jo" }], "GroupDetailList": [], "Policies": [],
        "RoleDetailList": [{ "RoleName": "fetch", "Path": "/", "RolePolicyList": [
            { "PolicyName": "fetch-secrets", "PolicyDocument": document }], "AttachedManagedPolicies": [] }],
    });
    listing(&shop(), &[entry(|_| {}), roles])
}

#[test]
fn whatever_a_policy_loses_is_said() {
    for (statement, words) in [
        (json!({ "Effect": "Allow", "Action": "dynamodb:*", "Resource": "*" }), "takes away `dynamodb:*`"),
        (json!({ "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*" }), "`iam:PassRole`"),
        (
            json!({ "Effect": "Allow", "Action": "secretsmanager:ListSecrets", "Resource": "*" }),
            "`secretsmanager:ListSecrets`",
        ),
        (
            json!({ "Effect": "Deny", "Action": "secretsmanager:PutSecretValue", "Resource": ARN.replace("api", "x") }),
            "its denials",
        ),
        (
            json!({ "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": ARN.replace("shop/api", "else") }),
            "reaches besides",
        ),
        (
            json!({ "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": ARN,
                "Condition": { "StringEquals": { "aws:SourceVpc": "vpc-1" } } }),
            "the condition on `aws:sourcevpc`",
        ),
    ] {
        let adopted = with_policy(&json!([statement]));
        says(&adopted, &["policy-changes"], &[]);
        assert!(adopted.run.err.contains(words), "{words}: {}", adopted.run);
    }
}

/// What follows from a spec of the shop that was otherwise before.
fn since(spec: &Spec, before: impl FnOnce(&mut Value)) -> Adopted {
    let mut old: Value = serde_json::from_str(&spec.to_json()).expect("a spec is JSON");
    before(&mut old);
    import_text(spec, "--renamed-from", &old.to_string())
}

#[test]
fn what_a_changed_spec_destroys_is_said() {
    stops(&since(&shop(), |old| old["secrets"][0]["name"] = "shop/old".into()), "secret-destroyed");
    stops(&since(&shop(), |old| old["secrets"][0]["region"] = "eu-west-2".into()), "in-another-region");
    let gone = json!({
        "id": "Gone", "name": "shop/gone", "description": "", "payload": { "kind": "text" },
        "owner": { "kind": "terraform", "variable": "gone" },
    });
    let with_one_more = |old: &mut Value| {
        old["secrets"].as_array_mut().expect("secrets").push(gone);
        let grant = json!({ "secret": "Gone", "verbs": ["read"] });
        old["handlers"][0]["grants"].as_array_mut().expect("grants").push(grant);
    };
    stops(&since(&shop(), with_one_more), "secret-destroyed");
    let prefixes = json!({ "variable": "stage", "values": ["dev/", "prod/"] });
    stops(&since(&shop(), |old| old["prefixes"] = prefixes), "names-change");
    stops(
        &since(&shop_with(generated), |old| {
            old["secrets"][0]["owner"] = json!({ "kind": "terraform", "variable": "api_key" });
        }),
        "overwritten",
    );
    says(&since(&shop(), |old| old["handlers"][0]["name"] = "fetch-old".into()), &["role-destroyed"], &[]);
    let kept = since(&shop(), |_| {});
    assert!(kept.run.err.contains("nothing is left to take over"), "{}", kept.run);
}

#[test]
fn err_two_roles_for_one_variable_or_one_handler() {
    let spec = shop_with(|spec| {
        let mut other = spec["handlers"][0].clone();
        (other["id"], other["name"]) = ("Parse".into(), "parse".into());
        spec["handlers"].as_array_mut().expect("handlers").push(other);
        for handler in spec["handlers"].as_array_mut().expect("handlers") {
            handler["role"] = json!({ "kind": "existing", "variable": "worker_role" });
        }
    });
    let listing = entry(|_| {}).to_string();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("listing");
    std::fs::write(&path, listing).expect("it can be written");
    for (roles, words) in [
        (["fetch=Worker", "parse=Other"], "`worker_role`"),
        (["fetch=Worker", "fetch=Other"], "two roles are given for `fetch`"),
    ] {
        let adopted = import(&spec, &["--listing", arg(&path), "--role", roles[0], "--role", roles[1]]);
        assert_eq!(adopted.run.exit, Exit::Usage, "{}", adopted.run);
        assert!(adopted.run.err.contains(words), "{}", adopted.run);
    }
}
