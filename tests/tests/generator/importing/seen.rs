//! Objects that a state or a listing shows to exist without managing or listing them: what data sources read, the secret of
//! a version, the primary secret of a replica.

use paypulse_runtime::model::Spec;
use serde_json::{Value, json};
use xtask::Exit;

use super::changes::{shop, shop_with};
use super::{Adopted, import, import_text, lints};
use crate::run::arg;

const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/api-AbCdEf";
const THERE: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:shop/api-AbCdEf";

fn resource(mode: &str, kind: &str, attributes: &Value) -> Value {
    json!({ "mode": mode, "type": kind, "name": "it", "instances": [{ "attributes": attributes }] })
}

fn data(kind: &str, attributes: &Value) -> Value {
    resource("data", kind, attributes)
}

fn state(resources: &[Value]) -> String {
    json!({ "version": 4, "terraform_version": "1.11.4", "resources": resources }).to_string()
}

fn run(spec: &Spec, resources: &[Value]) -> Adopted {
    import_text(spec, "--state", &state(resources))
}

/// The secret as hashicorp/aws 5.100.0 reads it in a data source.
fn read() -> Value {
    json!({
        "arn": ARN, "created_date": "2026-01-01T00:00:00Z", "description": "", "id": ARN, "kms_key_id": null,
        "last_changed_date": "2026-01-01T00:00:00Z", "name": "shop/api", "policy": "", "tags": {},
    })
}

/// What is written has this import.
#[track_caller]
fn imports(adopted: &Adopted, to: &str, id: &str) {
    let file = adopted.file().unwrap_or_default();
    let block = format!("import {{\n  to = {to}\n  id = \"{id}\"\n}}");
    assert!(file.contains(&block), "{block} is not in {file}{}", adopted.run);
}

#[test]
fn a_secret_that_a_data_source_reads_is_imported() {
    let version = json!({
        "arn": ARN, "id": format!("{ARN}|AWSCURRENT"), "secret_id": "shop/api", "secret_string": "MARK",
        "version_id": "v-7", "version_stage": "AWSCURRENT", "version_stages": ["AWSCURRENT"],
    });
    for (kind, attributes) in [
        ("aws_secretsmanager_secret", read()),
        ("aws_secretsmanager_secret_version", version.clone()),
        ("aws_secretsmanager_secret_versions", json!({ "arn": ARN, "secret_id": ARN, "id": ARN, "versions": [] })),
        ("aws_secretsmanager_secret_rotation", json!({ "id": ARN, "secret_id": ARN, "rotation_enabled": false })),
        ("aws_secretsmanager_secrets", json!({ "arns": [ARN], "names": ["shop/api"], "id": "eu-west-1" })),
    ] {
        let adopted = run(&shop(), &[data(kind, &attributes)]);
        assert_eq!(adopted.run.exit, Exit::Done, "{kind}: {}", adopted.run);
        imports(&adopted, "aws_secretsmanager_secret.api_key", ARN);
        assert!(!adopted.run.err.contains("nothing is left"), "{}", adopted.run);
    }
    // The version in force is imported too; of a previous one, nothing is known of today's.
    let current = run(&shop(), &[data("aws_secretsmanager_secret_version", &version)]);
    imports(&current, "aws_secretsmanager_secret_version.api_key_value", &format!("{ARN}|v-7"));
    let mut previous = version;
    previous["version_stages"] = json!(["AWSPREVIOUS"]);
    let previous = run(&shop(), &[data("aws_secretsmanager_secret_version", &previous)]);
    assert!(lints(&previous).contains(&"value-unknown".to_owned()), "{}", previous.run);
}

#[test]
fn a_secret_whose_version_policy_or_rotation_is_in_the_state_is_imported() {
    for (kind, attributes) in [
        (
            "aws_secretsmanager_secret_version",
            json!({ "id": format!("{ARN}|v-1"), "secret_id": ARN, "arn": ARN, "version_id": "v-1", "version_stages": ["AWSCURRENT"] }),
        ),
        ("aws_secretsmanager_secret_policy", json!({ "id": ARN, "secret_arn": ARN, "policy": "{}" })),
        ("aws_secretsmanager_secret_rotation", json!({ "id": ARN, "secret_id": ARN })),
    ] {
        let adopted = run(&shop(), &[resource("managed", kind, &attributes)]);
        imports(&adopted, "aws_secretsmanager_secret.api_key", ARN);
        // Nothing is known of its settings.
        assert!(lints(&adopted).contains(&"secret-unknown".to_owned()), "{}", adopted.run);
        assert!(!adopted.run.err.contains("it must change nothing"), "{}", adopted.run);
    }
}

#[test]
fn a_data_source_counts_only_where_nothing_better_is_known() {
    // The state manages the secret; the data source reads another one of that name in another Region.
    let managed = json!({ "arn": ARN, "id": ARN, "name": "shop/api" });
    let mut elsewhere = read();
    elsewhere["arn"] = json!(THERE.replace("AbCdEf", "GhIjKl"));
    let both = run(
        &shop(),
        &[resource("managed", "aws_secretsmanager_secret", &managed), data("aws_secretsmanager_secret", &elsewhere)],
    );
    assert!(both.file().expect("it is moved").contains("moved {"), "{}", both.run);
    assert_eq!(both.run.exit, Exit::Done, "{}", both.run);
    // A secret of another name, and an id that is no ARN, show nothing.
    let other = data("aws_secretsmanager_secret", &json!({ "arn": ARN.replace("api", "other"), "name": "shop/other" }));
    let name = data("aws_secretsmanager_secret_versions", &json!({ "secret_id": "shop/api" }));
    let bucket = data("aws_secretsmanager_secret", &json!({ "arn": "arn:aws:s3:::shop/api", "id": "shop/api" }));
    let none = run(&shop(), &[other, name, bucket]);
    assert!(none.run.err.contains("0 imported"), "{}", none.run);
    // Of a spec with another secret that is managed in eu-west-1, one in another Region is not the spec's.
    let two = shop_with(|spec| {
        let mut second = spec["secrets"][0].clone();
        (second["id"], second["name"]) = (json!("Second"), json!("shop/second"));
        second["owner"]["variable"] = json!("second");
        spec["secrets"].as_array_mut().expect("secrets").push(second);
        let grants = spec["handlers"][0]["grants"].as_array_mut().expect("grants");
        grants.push(json!({ "secret": "Second", "verbs": ["read"] }));
    });
    let second = ARN.replace("shop/api", "shop/second");
    let second = resource("managed", "aws_secretsmanager_secret", &json!({ "arn": second, "name": "shop/second" }));
    let apart = run(&two, &[second, data("aws_secretsmanager_secret", &elsewhere)]);
    assert_eq!(apart.run.exit, Exit::Done, "{}", apart.run);
    assert!(!apart.file().expect("one moves").contains("us-east-1"), "{}", apart.run);
}

#[test]
fn roles_and_policies_that_data_sources_read_are_imported() {
    let role = "arn:aws:iam::111122223333:role/fetch";
    for (kind, attributes) in [
        ("aws_iam_role", json!({ "arn": role, "id": "fetch", "name": "fetch", "path": "/" })),
        ("aws_iam_roles", json!({ "arns": [role], "names": ["fetch"] })),
        ("aws_lambda_function", json!({ "function_name": "fetch", "role": role })),
    ] {
        imports(&run(&shop(), &[data(kind, &attributes)]), "aws_iam_role.fetch", "fetch");
    }
    let path = json!({ "arn": role.replace("fetch", "team/fetch"), "name": "fetch", "path": "/team/" });
    let replaced = run(&shop(), &[data("aws_iam_role", &path)]);
    assert_eq!(lints(&replaced), ["replaced"], "{}", replaced.run);
}

#[test]
fn a_replica_in_a_listing_shows_its_primary_secret() {
    let listed = json!({ "SecretList": [{
        "ARN": THERE, "Name": "shop/api", "PrimaryRegion": "eu-west-1", "CreatedDate": "2026-01-01T00:00:00Z",
    }] });
    let adopted = import_text(&shop(), "--listing", &listed.to_string());
    imports(&adopted, "aws_secretsmanager_secret.api_key", ARN);
    // A secret of its own cannot be created where the replica is.
    let there = shop_with(|spec| spec["secrets"][0]["region"] = json!("us-east-1"));
    let taken = import_text(&there, "--listing", &listed.to_string());
    assert_eq!((taken.run.exit, lints(&taken)), (Exit::Problems, vec!["is-replica".to_owned()]), "{}", taken.run);
    assert!(taken.run.err.contains(ARN) && taken.file().is_none(), "{}", taken.run);
    // The same by what the primary secret's data source or another secret of the account says.
    let mut primary = read();
    primary["replica"] = json!([{ "region": "us-east-1", "kms_key_id": "" }]);
    let taken = run(&there, &[data("aws_secretsmanager_secret", &primary)]);
    assert_eq!(lints(&taken), ["is-replica"], "{}", taken.run);
}

#[test]
fn a_replica_cannot_take_the_place_of_a_secret() {
    let spec = shop_with(|spec| spec["secrets"][0]["options"] = json!({ "replicas": [{ "region": "us-east-1" }] }));
    let managed = json!({ "arn": ARN, "id": ARN, "name": "shop/api", "replica": [] });
    let managed = resource("managed", "aws_secretsmanager_secret", &managed);
    let with = |arn: &str| {
        let mut other = read();
        (other["arn"], other["id"]) = (json!(arn), json!(arn));
        run(&spec, &[managed.clone(), data("aws_secretsmanager_secret", &other)])
    };
    let taken = with(&THERE.replace("AbCdEf", "GhIjKl"));
    assert_eq!((taken.run.exit, lints(&taken)), (Exit::Problems, vec!["replica-taken".to_owned()]), "{}", taken.run);
    // The data source read the replica itself.
    assert_eq!(with(THERE).run.exit, Exit::Done);
}

#[test]
fn secrets_that_differ_in_case_are_told_apart() {
    let other = json!({ "arn": ARN.replace("shop/api", "Shop/API"), "name": "Shop/API" });
    let adopted = run(&shop(), &[data("aws_secretsmanager_secret", &other)]);
    assert_eq!(lints(&adopted), ["nearly-named"], "{}", adopted.run);
    assert!(adopted.run.err.contains("`Shop/API` exists"), "{}", adopted.run);
}

#[test]
fn the_boundary_of_a_user_limits_what_its_policies_allow() {
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*" },
    ] });
    let user = |boundary: &str| {
        [
            resource(
                "managed",
                "aws_iam_user",
                &json!({ "name": "bob", "id": "bob", "permissions_boundary": boundary }),
            ),
            resource(
                "managed",
                "aws_iam_user_policy",
                &json!({ "name": "x", "user": "bob", "policy": policy.to_string() }),
            ),
        ]
    };
    let has = |adopted: &Adopted| lints(adopted).contains(&"broad-policy".to_owned());
    assert!(has(&run(&shop(), &user(""))));
    assert!(!has(&run(&shop(), &user("arn:aws:iam::aws:policy/AmazonS3FullAccess"))));
    assert!(has(&run(&shop(), &user("arn:aws:iam::aws:policy/AdministratorAccess"))));
    // The document of this boundary is in no input.
    let unknown = run(&shop(), &user("arn:aws:iam::111122223333:policy/limit"));
    assert_eq!(unknown.run.exit, Exit::Stale, "{}", unknown.run);

    let listing = |boundary: &str| {
        let details = json!({ "RoleDetailList": [], "UserDetailList": [{
            "UserName": "bob", "UserPolicyList": [{ "PolicyName": "x", "PolicyDocument": policy }],
            "PermissionsBoundary": { "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary },
        }] });
        import_text(&shop(), "--listing", &details.to_string())
    };
    assert!(has(&listing("arn:aws:iam::aws:policy/AdministratorAccess")));
    assert!(!has(&listing("arn:aws:iam::aws:policy/AmazonS3FullAccess")));
}

#[test]
fn an_attachment_that_a_plan_destroys_can_take_what_the_spec_attaches() {
    let policy = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
    let role = resource("managed", "aws_iam_role", &json!({ "name": "fetch", "id": "fetch" }));
    let attachment = |roles: Value| {
        resource("managed", "aws_iam_policy_attachment", &json!({ "policy_arn": policy, "roles": roles }))
    };
    let has = |adopted: &Adopted| lints(adopted).contains(&"attachment-lost".to_owned());
    let lost = run(&shop(), &[role.clone(), attachment(json!(["fetch", "other"]))]);
    assert!(has(&lost) && lost.run.err.contains("terraform state rm aws_iam_policy_attachment.it"), "{}", lost.run);
    assert!(!has(&run(&shop(), &[role.clone(), attachment(json!(["other"]))])));
    // A root that calls the files as a module keeps its own resources.
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("state.json");
    std::fs::write(&path, state(&[role, attachment(json!(["fetch"]))])).expect("it can be written");
    assert!(!has(&import(&shop(), &["--state", arg(&path), "--module", "module.secrets"])));
}
