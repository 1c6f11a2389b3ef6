//! What the first apply changes of secrets that exist: each thing that is not as the spec says is named, and nothing else.

use insta::assert_snapshot;
use paypulse_runtime::model::Spec;
use serde_json::{Value, json};
use xtask::Exit;

use super::{Adopted, fixture, import, import_text, json, lints, resources, text};
use crate::run::arg;

pub(super) fn shop() -> Spec {
    Spec::read(&text("shop.spec.json")).expect("the spec has no problems")
}

/// A spec of the shop with something else in it.
pub(super) fn shop_with(change: impl FnOnce(&mut Value)) -> Spec {
    let mut spec = json("shop.spec.json");
    change(&mut spec);
    Spec::read(&spec.to_string()).expect("the spec has no problems")
}

/// A state of the shop that everything is known of, and in which one thing is other than that.
fn state(change: impl FnOnce(&mut Value)) -> Value {
    let mut state = json("shop-control.tfstate");
    let all = state["resources"].as_array_mut().expect("a state has resources");
    all.retain(|resource| resource["type"] != "aws_iam_role_policy_attachment");
    let secret = &mut resources(&mut state, "aws_secretsmanager_secret").remove(0)["instances"][0]["attributes"];
    for (name, value) in [
        ("description", json!("")),
        ("kms_key_id", json!("")),
        ("recovery_window_in_days", json!(30)),
        ("tags_all", json!({})),
        ("force_overwrite_replica_secret", json!(false)),
        ("type", json!("of a newer provider")),
    ] {
        secret[name] = value;
    }
    change(&mut state);
    state
}

fn secret(state: &mut Value) -> &mut Value {
    &mut resources(state, "aws_secretsmanager_secret").remove(0)["instances"][0]["attributes"]
}

pub(super) fn run(spec: &Spec, change: impl FnOnce(&mut Value)) -> Adopted {
    let adopted = import_text(spec, "--state", &state(change).to_string());
    assert!(!adopted.run.to_string().contains(super::MARK), "{}", adopted.run);
    adopted
}

const UNCHANGED: &str = "of the secrets that exist it must change nothing";

/// Just this is named, with these words; and whether the first apply changes a secret.
#[track_caller]
pub(super) fn named(adopted: &Adopted, lint: &str, words: &[&str], changes_a_secret: bool) {
    assert_eq!((adopted.run.exit, lints(adopted)), (Exit::Done, vec![lint.to_owned()]), "{}", adopted.run);
    for words in words {
        assert!(adopted.run.err.contains(words), "{words} is not in {}", adopted.run);
    }
    assert_eq!(adopted.run.err.contains(UNCHANGED), !changes_a_secret, "{}", adopted.run);
}

#[test]
fn of_what_is_as_the_spec_says_nothing_is_named() {
    let adopted = run(&shop(), |_| {});
    assert_eq!(lints(&adopted), Vec::<String>::new(), "{}", adopted.run);
    assert!(adopted.run.err.contains(UNCHANGED), "{}", adopted.run);
}

#[test]
fn each_state_of_the_shop_is_told_apart() {
    for (name, listing) in [
        ("shop-control", None),
        ("shop-policies-in-role", None),
        ("shop-replica-key-policy-tags", None),
        ("shop-stale-version", Some("shop-stale-version.listing.json")),
    ] {
        let path = fixture(&format!("{name}.tfstate"));
        let listing = listing.map(fixture);
        let mut line = vec!["--state", arg(&path)];
        line.extend(listing.iter().flat_map(|listing| ["--listing", arg(listing)]));
        let adopted = import(&shop(), &line);
        assert_eq!(adopted.run.exit, Exit::Done, "{}", adopted.run);
        assert_snapshot!(name, adopted.shown());
    }
}

#[test]
fn settings_of_a_secret() {
    let spec = shop();
    let set = |name: &'static str, value: Value| move |state: &mut Value| secret(state)[name] = value;
    named(
        &run(&spec, set("description", json!("MARK words"))),
        "secret-description",
        &["takes its description off"],
        true,
    );
    named(&run(&spec, set("recovery_window_in_days", json!(0))), "recovery-window", &["is `0` days"], false);
    named(
        &run(&spec, set("force_overwrite_replica_secret", json!(true))),
        "overwrites-replicas",
        &["the state only"],
        false,
    );
    named(
        &run(&spec, set("tags", json!({ "team": "MARK", "x": "y" }))),
        "secret-tags",
        &["takes off `team`, `x`"],
        true,
    );
    let added = set("tags_all", json!({ "env": "prod" }));
    named(&run(&spec, added), "default-tags", &["`env`"], false);
    // Tags of AWS itself cannot be set.
    assert_eq!(lints(&run(&spec, set("tags", json!({ "aws:cloudformation:stack-name": "x" })))), Vec::<String>::new());
    let replica = json!([{ "region": "us-east-1", "kms_key_id": "alias/aws/secretsmanager", "status": "InSync" }]);
    named(&run(&spec, set("replica", replica)), "secret-replicas-stay", &["`us-east-1`"], false);
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": "999999999999" }, "Action": "secretsmanager:*", "Resource": "*",
    }] });
    let has_policy = set("policy", json!(policy.to_string()));
    named(&run(&spec, has_policy), "secret-policy", &["`999999999999`", "leaves it"], false);
    for none in ["", "{}"] {
        assert_eq!(lints(&run(&spec, set("policy", json!(none)))), Vec::<String>::new());
    }
    // What an argument has been is known only where the state says it.
    let older = run(&spec, |state| secret(state).as_object_mut().expect("attributes").retain(|key, _| key != "tags"));
    assert_eq!(lints(&older), Vec::<String>::new());
}

#[test]
fn the_key_of_a_secret() {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1-2";
    let has = |key: &'static str| move |state: &mut Value| secret(state)["kms_key_id"] = json!(key);
    named(&run(&shop(), has(key)), "secret-key", &[key, "it keeps the key"], true);
    for default in ["alias/aws/secretsmanager", "arn:aws:kms:eu-west-1:111122223333:alias/aws/secretsmanager"] {
        assert_eq!(lints(&run(&shop(), has(default))), Vec::<String>::new());
    }

    let aliased = shop_with(|spec| spec["secrets"][0]["kms_key"] = json!({ "kind": "alias", "alias": "alias/app" }));
    named(&run(&aliased, has("")), "secret-key", &["the account's default key", "`alias/app`"], true);
    named(&run(&aliased, has(key)), "secret-key", &["is not known"], true);
    for same in ["alias/app", "arn:aws:kms:eu-west-1:111122223333:alias/app"] {
        assert_eq!(lints(&run(&aliased, has(same))), Vec::<String>::new(), "{same}");
    }
    // A data source tells which key is behind the alias; a resource would, too.
    let with_alias = |target: &'static str| {
        move |state: &mut Value| {
            secret(state)["kms_key_id"] = json!(key);
            let attributes = json!({ "name": "alias/app", "target_key_arn": target });
            let alias = json!({ "mode": "data", "type": "aws_kms_alias", "name": "app", "instances": [{ "attributes": attributes }] });
            state["resources"].as_array_mut().expect("resources").push(alias);
        }
    };
    assert_eq!(lints(&run(&aliased, with_alias(key))), Vec::<String>::new());
    let other = run(&aliased, with_alias("arn:aws:kms:eu-west-1:111122223333:key/3-4"));
    named(&other, "secret-key", &["if today's key is to stay"], true);

    let by_variable =
        shop_with(|spec| spec["secrets"][0]["kms_key"] = json!({ "kind": "variable", "variable": "app_key" }));
    named(&run(&by_variable, has(key)), "secret-key", &["give `app_key`"], true);
}

#[test]
fn replicas_that_the_spec_declares() {
    let spec = shop_with(|spec| {
        spec["secrets"][0]["options"] = json!({ "replicas": [{ "region": "us-east-1" }, { "region": "eu-north-1" }] });
    });
    let has = |replicas: Value| move |state: &mut Value| secret(state)["replica"] = replicas;
    let same = json!([{ "region": "us-east-1", "kms_key_id": "" }, { "region": "eu-north-1" }]);
    assert_eq!(lints(&run(&spec, has(same))), Vec::<String>::new());
    let other = json!([{ "region": "us-east-1", "kms_key_id": "alias/own" }, { "region": "us-west-2" }]);
    let words =
        ["deletes those in `us-west-2`", "adds some in `eu-north-1`", "deletes and makes again those in `us-east-1`"];
    named(&run(&spec, has(other)), "secret-replicas", &words, true);
}

/// The state has a version as the value that is not AWSCURRENT, or that a listing does not have as that.
#[test]
fn a_version_that_is_not_the_current_one() {
    let version = |state: &mut Value, stages: Value| {
        let version = resources(state, "aws_secretsmanager_secret_version").remove(0);
        version["name"] = "api_key_value".into();
        version["instances"][0]["attributes"]["version_stages"] = stages;
    };
    let stale = run(&shop(), |state| version(state, json!(["AWSPREVIOUS"])));
    named(&stale, "stale-value", &["`v-1`", "not AWSCURRENT", "terraform state rm"], true);
    let current = run(&shop(), |state| version(state, json!(["AWSCURRENT"])));
    assert_eq!(lints(&current), Vec::<String>::new());

    // The state is older than the listing.
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("state.json");
    std::fs::write(&path, state(|state| version(state, json!(["AWSCURRENT"]))).to_string()).expect("it is written");
    let listing = fixture("shop-stale-version.listing.json");
    let adopted = import(&shop(), &["--state", arg(&path), "--listing", arg(&listing)]);
    assert_eq!(lints(&adopted), ["stale-value"], "{}", adopted.run);
    assert!(adopted.run.err.contains("the current one is `9f0c1111-2222-3333-4444-555566667777`"), "{}", adopted.run);
}

#[test]
fn the_rotation_of_a_secret() {
    let id = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:warehouse/courier-AbCd12";
    let rotated = |function: &str, days: u16| {
        let rules = json!([{ "automatically_after_days": days, "duration": "", "schedule_expression": "" }]);
        let arn = format!("arn:aws:lambda:eu-west-1:123456789012:function:{function}");
        let attributes = json!({ "id": id, "secret_id": id, "rotation_lambda_arn": arn, "rotation_rules": rules });
        let instances = json!([{ "index_key": 0, "attributes": attributes }]);
        let rotation = json!({ "mode": "managed", "type": "aws_secretsmanager_secret_rotation", "name": "courier_login", "instances": instances });
        let state = json!({ "version": 4, "resources": [rotation] }).to_string();
        let mut found = lints(&import_text(&paypulse_tests::warehouse::spec(), "--state", &state));
        // The rotation shows that its secret exists, of which nothing else is known.
        assert!(found.contains(&"secret-unknown".to_owned()), "{found:?}");
        found.retain(|lint| lint.starts_with("rotation"));
        found
    };
    assert_eq!(rotated("rotate-logins", 90), Vec::<String>::new());
    assert_eq!(rotated("rotate-logins", 7), ["rotation-changes"]);
    assert_eq!(rotated("another", 90), ["rotation-changes"]);
}

#[test]
fn err_a_secret_of_the_state_is_to_be_deleted() {
    let mut listing = json("shop-stale-version.listing.json");
    listing["SecretList"][0]["DeletedDate"] = 1_700_000_000.into();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("listing.json");
    std::fs::write(&path, listing.to_string()).expect("it is written");
    let state = fixture("shop-control.tfstate");
    let adopted = import(&shop(), &["--state", arg(&state), "--listing", arg(&path)]);
    assert_eq!(adopted.run.exit, Exit::Problems, "{}", adopted.run);
    assert!(lints(&adopted).contains(&"pending-deletion".to_owned()), "{}", adopted.run);
}

/// What the AWS CLI prints tells of settings, too.
#[test]
fn settings_are_known_from_a_listing() {
    let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/api-AbCdEf";
    let secret = json!({
        "ARN": arn, "Name": "shop/api", "Description": "words", "KmsKeyId": "1-2",
        "Tags": [{ "Key": "team", "Value": "a" }], "VersionIdsToStages": { "v1": ["AWSCURRENT"] },
        "ReplicationStatus": [{ "Region": "us-east-1", "KmsKeyId": "alias/aws/secretsmanager" }],
    });
    let trust =
        json!({ "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "sts:AssumeRole" }] });
    let role = json!({
        "RoleName": "fetch", "Path": "/", "AssumeRolePolicyDocument": trust, "Tags": [{ "Key": "team", "Value": "a" }],
        "PermissionsBoundary": { "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/b" },
    });
    let documents = [secret, json!({ "RoleDetailList": [role] })].map(|it| it.to_string()).join("\n");
    let adopted = import_text(&shop(), "--listing", &documents);
    let mut found = lints(&adopted);
    found.sort();
    let expected = [
        "imported-settings",
        "role-boundary",
        "role-tags",
        "role-trust",
        "secret-description",
        "secret-key",
        "secret-replicas-stay",
        "secret-tags",
        "users-not-listed",
    ];
    assert_eq!(found, expected, "{}", adopted.run);
}
