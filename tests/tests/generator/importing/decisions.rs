//! Each problem and note of an adoption: once where it is found, and once where all is well.

mod listed;
mod values;

use insta::assert_snapshot;
use paypulse_tests::warehouse;
use serde_json::{Value, json};
use xtask::Exit;

use super::{fixture, import, import_state, import_text, json, paypulse, resources};
use crate::run::arg;

/// A state that nothing has to be said of.
fn quiet() -> Value {
    json("adopted.tfstate")
}

fn lints(adopted: &super::Adopted) -> Vec<String> {
    let all = super::lints(adopted);
    // What a plan destroys has a note of its own for whatever a state has beside the spec.
    all.into_iter().filter(|lint| lint != "destroyed").collect()
}

/// Spoils a state in which all is well: then just this is found, and without the spoiling it is not.
#[track_caller]
fn check(lint: &str, exit: Exit, spoil: impl FnOnce(&mut Value)) -> String {
    assert_eq!(lints(&import_state(&quiet())), Vec::<String>::new());
    let mut state = quiet();
    spoil(&mut state);
    let adopted = import_state(&state);
    assert_eq!((adopted.run.exit, lints(&adopted)), (exit, vec![lint.to_owned()]), "{}", adopted.run);
    assert!(exit == Exit::Done || adopted.file().is_none(), "something was written");
    adopted.shown()
}

fn secret(state: &mut Value) -> &mut Value {
    resources(state, "aws_secretsmanager_secret").remove(0)
}

fn arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:eu-west-1:000000000000:secret:{name}-AbCdEf")
}

/// A resource with one instance.
fn resource(kind: &str, name: &str, attributes: &Value) -> Value {
    let instances = json!([{ "schema_version": 0, "attributes": attributes, "sensitive_attributes": [] }]);
    let provider = "provider[\"registry.terraform.io/hashicorp/aws\"]";
    json!({ "mode": "managed", "type": kind, "name": name, "provider": provider, "instances": instances })
}

fn add(state: &mut Value, resource: Value) {
    state["resources"].as_array_mut().expect("a state has resources").push(resource);
}

#[test]
fn err_a_secret_is_in_another_region_than_the_spec_says() {
    let mut spec = paypulse();
    for secret in &mut spec.secrets {
        secret.region = Some("us-east-1".into());
    }
    let adopted = import_text(&spec, "--state", &quiet().to_string());
    assert_eq!((adopted.run.exit, adopted.file()), (Exit::Problems, None));
    assert_snapshot!(adopted.shown());
    spec.secrets.iter_mut().for_each(|secret| secret.region = Some("eu-west-1".into()));
    assert_eq!(lints(&import_text(&spec, "--state", &quiet().to_string())), Vec::<String>::new());
}

#[test]
fn of_two_secrets_of_one_name_the_one_in_the_specs_region_is_imported() {
    let secret = |region: &str| json!({ "ARN": arn("warehouse/duties").replace("eu-west-1", region), "Name": "warehouse/duties" });
    let listing = json!({ "SecretList": [secret("eu-west-1"), secret("ap-south-1")] }).to_string();
    let adopted = import_text(&warehouse::spec(), "--listing", &listing);
    let id = format!("id = \"{}@ap-south-1\"", arn("warehouse/duties").replace("eu-west-1", "ap-south-1"));
    let file = adopted.file().unwrap_or_default();
    assert!(file.contains(&id) && !file.contains("eu-west-1"), "{}{file}", adopted.run);
}

#[test]
fn err_another_object_has_the_address() {
    assert_snapshot!(check("address-taken", Exit::Problems, |state| {
        let attributes = &mut secret(state)["instances"][0]["attributes"];
        attributes["name"] = "Google-OAuth-Client-ID-old".into();
    }));
}

#[test]
fn err_a_tainted_object_would_be_replaced() {
    let at_its_address = check("tainted", Exit::Problems, |state| {
        secret(state)["instances"][0]["status"] = "tainted".into();
    });
    assert_snapshot!(at_its_address);
    let elsewhere = check("tainted", Exit::Problems, |state| {
        let secret = secret(state);
        secret["instances"][0]["status"] = "tainted".into();
        secret["name"] = "other".into();
        secret["module"] = "module.a[\"it's\"]".into();
    });
    assert!(
        elsewhere.contains(r#"`terraform untaint 'module.a["it'\''s"].aws_secretsmanager_secret.other'`"#),
        "{elsewhere}"
    );
    let mut shown = json("elsewhere.show.json");
    shown["values"]["root_module"]["resources"].as_array_mut().expect("resources").iter_mut().for_each(|resource| {
        if resource["index"] == "client" {
            resource["tainted"] = true.into();
        }
    });
    assert_eq!(lints(&import_state(&shown)).iter().filter(|lint| *lint == "tainted").count(), 2);
}

#[test]
fn err_an_object_at_two_other_addresses() {
    assert_snapshot!(check("held-twice", Exit::Problems, |state| {
        let secret = secret(state);
        secret["name"] = "one".into();
        let mut two = secret.clone();
        two["name"] = "two".into();
        add(state, two);
    }));
}

/// Of several versions the state knows which is current.
#[test]
fn of_several_versions_the_current_one_is_taken_and_the_others_are_left_alone() {
    let said = check("not-managed", Exit::Done, |state| {
        let version = resources(state, "aws_secretsmanager_secret_version").remove(0);
        version["name"] = "new".into();
        let mut old = version.clone();
        old["name"] = "old".into();
        old["instances"][0]["attributes"]["version_stages"] = json!(["AWSPREVIOUS"]);
        add(state, old);
    });
    assert!(said.contains("1 moved, 1 forgotten"), "{said}");
    assert!(said.contains("        aws_secretsmanager_secret_version.new\n"), "{said}");
    assert!(said.contains("note: `aws_secretsmanager_secret_version.old`"), "{said}");
}

#[test]
fn err_secrets_of_two_regions() {
    assert_snapshot!(check("several-places", Exit::Problems, |state| {
        let mut other = secret(state).clone();
        other["name"] = "other".into();
        other["instances"][0]["attributes"]["arn"] =
            arn("Google-OAuth-Client-ID").replace("eu-west-1", "us-east-1").into();
        // A second resource for the same secret, in another Region.
        add(state, other);
    }));
}

#[test]
fn a_secret_that_the_spec_leaves_to_others_is_forgotten() {
    let said = check("not-managed", Exit::Done, |state| {
        add(state, resource("aws_secretsmanager_secret", "jwt", &json!({ "arn": arn("PayPulseAppJWTSecret") })));
    });
    assert!(said.contains("`aws_secretsmanager_secret.jwt`: the spec leaves this to others"), "{said}");
    let said = check("not-managed", Exit::Done, |state| {
        add(
            state,
            resource("aws_secretsmanager_secret_rotation", "jwt", &json!({ "id": arn("PayPulseAppJWTSecret") })),
        );
    });
    assert!(said.contains("the rotation of `PayPulseAppJWTSecret`"), "{said}");
    let said = check("not-managed", Exit::Done, |state| {
        let id = format!("{}|terraform-1", arn("gmail/user/7"));
        add(state, resource("aws_secretsmanager_secret_version", "user", &json!({ "id": id })));
    });
    assert!(said.contains("the value of `gmail/user/7`"), "{said}");
    // Whose name only looks like one of the spec's is nobody's business.
    let mut state = quiet();
    for name in ["PayPulseAppJWTSecretOld", "gmail/users", "gmail/user"] {
        add(&mut state, resource("aws_secretsmanager_secret", "other", &json!({ "arn": arn(name) })));
    }
    assert_eq!(lints(&import_state(&state)), Vec::<String>::new());
}

/// It is at its own address only where its function is given.
#[test]
fn a_rotation_is_taken_over_with_its_function() {
    let id = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:warehouse/database-AbCd12";
    let function = "arn:aws:lambda:eu-west-1:123456789012:function:rotate-logins";
    let after = |name: &str, key: Option<u8>| {
        let mut rotation = resource("aws_secretsmanager_secret_rotation", name, &json!({ "id": id, "secret_id": id }));
        let statement = json!({ "function_name": function, "statement_id": "rotates_database_login" });
        let mut permission = resource("aws_lambda_permission", name, &statement);
        if let Some(key) = key {
            rotation["instances"][0]["index_key"] = key.into();
            permission["instances"][0]["index_key"] = key.into();
        }
        import_text(
            &warehouse::spec(),
            "--state",
            &json!({ "version": 4, "resources": [rotation, permission] }).to_string(),
        )
    };
    let adopted = after("old", None);
    let file = adopted.file().expect("a file is written");
    for kind in ["aws_secretsmanager_secret_rotation", "aws_lambda_permission"] {
        assert!(file.contains(&format!("from = {kind}.old\n  to   = {kind}.database_login[0]\n")), "{file}");
    }
    // The rotation shows that its secret exists, of which nothing else is known.
    assert!(file.contains(&format!("to = aws_secretsmanager_secret.database_login\n  id = \"{id}\"")), "{file}");
    let found = lints(&adopted);
    assert!(["needs-function", "secret-unknown"].iter().all(|lint| found.iter().any(|it| it == lint)), "{found:?}");
    assert_snapshot!(adopted.shown());

    let adopted = after("database_login", Some(0));
    let file = adopted.file().expect("the secret is imported");
    assert!(!file.contains("rotation") && !file.contains("permission"), "{file}");
    assert!(!lints(&adopted).contains(&"needs-function".to_owned()), "{}", adopted.run);
}

/// A permission in a state by the name of its function, which the files have the ARN of.
#[test]
fn a_permission_by_the_name_of_its_function_is_replaced() {
    for (name, index) in [("database_login", Some(0)), ("old", None)] {
        let statement = json!({ "function_name": "rotate-logins", "statement_id": "rotates_database_login" });
        let mut permission = resource("aws_lambda_permission", name, &statement);
        if let Some(index) = index {
            permission["instances"][0]["index_key"] = index.into();
        }
        let state = json!({ "version": 4, "resources": [permission] }).to_string();
        let adopted = import_text(&warehouse::spec(), "--state", &state);
        let said = "[permission-replaced]";
        assert!(
            adopted.run.err.contains(said) && adopted.run.err.contains("the state has the name"),
            "{}",
            adopted.run
        );
    }
}

/// From what the AWS CLI prints of the secret and of its function.
#[test]
fn a_rotation_is_imported_with_who_may_call_its_function() {
    let name = "warehouse/courier";
    let id = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:warehouse/courier-AbCd12";
    let function = "arn:aws:lambda:eu-west-1:123456789012:function:rotate-logins";
    let statement = json!({ "Sid": "rotates_courier_login", "Effect": "Allow", "Resource": function });
    let callers = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    let secret = |enabled: bool| json!({ "SecretList": [{ "ARN": id, "Name": name, "RotationEnabled": enabled }] });
    let text = format!("{}\n{}", secret(true), json!({ "Policy": callers, "RevisionId": "1" }));
    let adopted = import_text(&warehouse::spec(), "--listing", &text);
    let file = adopted.file().expect("a file is written");
    for (kind, id) in [
        ("aws_secretsmanager_secret_rotation", id.to_owned()),
        ("aws_lambda_permission", format!("{function}/rotates_courier_login")),
    ] {
        assert!(file.contains(&format!("to = {kind}.courier_login[0]\n  id = \"{id}\"\n")), "{file}");
    }
    for lint in ["needs-function", "permission-replaced"] {
        assert!(lints(&adopted).contains(&lint.to_owned()), "{lint}: {}", adopted.run);
    }
    assert_snapshot!(adopted.shown());

    let secret_alone = import_text(&warehouse::spec(), "--listing", &secret(true).to_string());
    assert!(secret_alone.run.err.contains("it lists no statements of who may call a function"), "{}", secret_alone.run);
    let without = import_text(&warehouse::spec(), "--listing", &secret(false).to_string());
    assert!(!without.file().expect("a file is written").contains("rotation"), "{}", without.run);
    assert!(super::lints(&without).contains(&"rotation-begins".to_owned()), "{}", without.run);
}

#[test]
fn a_resource_that_stays_in_use_is_taken_out_by_hand() {
    let said = check("not-managed-by-hand", Exit::Done, |state| {
        let secret = secret(state);
        let mut jwt = secret["instances"][0].clone();
        jwt["index_key"] = 1.into();
        jwt["attributes"] = json!({ "name": "PayPulseAppJWTSecret" });
        secret["instances"].as_array_mut().expect("instances").push(jwt);
    });
    assert_snapshot!(said);
}

/// The name stays in use too where its only other instance moves to it.
#[test]
fn a_resource_whose_name_is_rendered_is_taken_out_by_hand() {
    check("not-managed-by-hand", Exit::Done, |state| {
        let secret = secret(state);
        secret["instances"][0]["index_key"] = 0.into();
        let mut jwt = secret["instances"][0].clone();
        jwt["index_key"] = 1.into();
        jwt["attributes"] = json!({ "name": "PayPulseAppJWTSecret" });
        secret["instances"].as_array_mut().expect("instances").push(jwt);
    });
}

#[test]
fn a_policy_on_a_secret_that_the_spec_does_not_have_is_named() {
    assert_snapshot!(check("policy-on-secret", Exit::Done, |state| {
        let attributes = json!({ "secret_arn": arn("PayPulseAppJWTSecret"), "policy": "{}" });
        add(state, resource("aws_secretsmanager_secret_policy", "jwt", &attributes));
    }));
}

#[test]
fn policies_that_the_spec_does_not_know_are_named() {
    let said = check("taken-off", Exit::Done, |state| {
        let attributes = json!({ "role": "login_user", "name": "tables", "policy": "{}" });
        add(state, resource("aws_iam_role_policy", "tables", &attributes));
    });
    assert_snapshot!(said);
    let attachment = |role: &str, policy: &str| {
        let arn = format!("arn:aws:iam::aws:policy/{policy}");
        resource("aws_iam_role_policy_attachment", "x", &json!({ "role": role, "policy_arn": arn }))
    };
    check("broad-policy", Exit::Done, |state| add(state, attachment("others", "SecretsManagerReadWrite")));
    let mut state = quiet();
    add(&mut state, attachment("others", "AWSLambdaExecute"));
    assert_eq!(lints(&import_state(&state)), Vec::<String>::new());
}

#[test]
fn what_a_state_says_too_little_of_is_named() {
    assert_snapshot!(check("unclear", Exit::Done, |state| {
        add(state, resource("aws_iam_role", "odd", &json!({ "arn": null })));
    }));
}

#[test]
fn err_a_spec_with_problems_is_none_to_take_over_for() {
    let bad = concat!(env!("CARGO_MANIFEST_DIR"), "/data/specs/err_label_clash.json");
    let adopted = import(&paypulse(), &["--state", arg(&fixture("functions.tfstate")), "--spec", bad]);
    assert_eq!((adopted.run.exit, adopted.file()), (Exit::Problems, None), "{}", adopted.run);
    assert!(adopted.run.err.contains("[name-clash]"), "{}", adopted.run);
}
