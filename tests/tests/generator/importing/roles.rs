//! What the first apply changes of roles and policies that exist: each thing that is not as the spec says is named.

use serde_json::{Value, json};
use xtask::Exit;

use super::changes::{named, run, shop, shop_with};
use super::{import_text, lints, resources};

fn role(state: &mut Value) -> &mut Value {
    &mut resources(state, "aws_iam_role").remove(0)["instances"][0]["attributes"]
}

#[test]
fn settings_of_a_role() {
    let spec = shop();
    let set = |name: &'static str, value: Value| move |state: &mut Value| role(state)[name] = value;
    named(&run(&spec, set("tags", json!({ "team": "a" }))), "role-tags", &["role `fetch`", "takes off `team`"], false);
    named(&run(&spec, set("description", json!("words"))), "role-settings", &["removes its description"], false);
    let described = shop_with(|spec| spec["handlers"][0]["description"] = json!("Fetches – what?"));
    let gives = ["gives it the description of the spec"];
    named(&run(&described, set("description", json!("words"))), "role-settings", &gives, false);
    let same = run(&described, set("description", json!("Fetches - what?")));
    assert!(!lints(&same).contains(&"role-settings".to_owned()), "{}", same.run);
    named(&run(&spec, set("max_session_duration", json!(7200))), "role-settings", &["from `7200` to 3600"], false);
    let boundary = "arn:aws:iam::111122223333:policy/boundary";
    named(&run(&spec, set("permissions_boundary", json!(boundary))), "role-boundary", &[boundary], false);
    let trust = |service: Value, more: Value| {
        let mut statement =
            json!({ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" });
        statement.as_object_mut().expect("it is one").extend(more.as_object().cloned().unwrap_or_default());
        json!(json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string())
    };
    let lambda = json!(["lambda.amazonaws.com"]);
    assert_eq!(
        lints(&run(&spec, set("assume_role_policy", trust(lambda.clone(), json!({ "Sid": "" }))))),
        Vec::<String>::new()
    );
    for other in [
        trust(json!(["lambda.amazonaws.com", "ec2.amazonaws.com"]), json!({})),
        trust(lambda.clone(), json!({ "Condition": { "StringEquals": { "aws:SourceAccount": "1" } } })),
        trust(lambda, json!({ "Action": ["sts:AssumeRole", "sts:TagSession"] })),
        json!("no document"),
    ] {
        named(&run(&spec, set("assume_role_policy", other)), "role-trust", &["the first apply replaces it"], false);
    }
}

/// Terraform cannot change a path: it would delete the role and make another.
#[test]
fn err_a_role_with_a_path_would_be_replaced() {
    for (name, value) in [("path", "/team/"), ("arn", "arn:aws:iam::111122223333:role/service-role/fetch")] {
        let adopted = run(&shop(), |state| role(state)[name] = value.into());
        assert_eq!(
            (adopted.run.exit, lints(&adopted)),
            (Exit::Problems, vec!["replaced".to_owned()]),
            "{}",
            adopted.run
        );
        assert!(adopted.file().is_none() && adopted.run.err.contains("role: existing(VARIABLE)"), "{}", adopted.run);
    }
}

/// In whatever form a state has a policy on a role of the spec: what the lists of its policies take off is named.
#[test]
fn each_form_of_a_policy_on_a_role() {
    let aws = "arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess";
    let forms: [(&str, Value, &str); 6] = [
        ("aws_iam_role_policy", json!({ "role": "fetch", "name": "table", "policy": "{}" }), "`table`"),
        ("aws_iam_role_policy_attachment", json!({ "role": "fetch", "policy_arn": aws }), "`AmazonDynamoDBFullAccess`"),
        (
            "aws_iam_policy_attachment",
            json!({ "name": "x", "roles": ["other", "fetch"], "policy_arn": aws }),
            "`AmazonDynamoDBFullAccess`",
        ),
        ("aws_iam_role_policies_exclusive", json!({ "role_name": "fetch", "policy_names": ["table"] }), "`table`"),
        (
            "aws_iam_role_policy_attachments_exclusive",
            json!({ "role_name": "fetch", "policy_arns": [aws] }),
            "`AmazonDynamoDBFullAccess`",
        ),
        (
            "aws_iam_role_policy_attachment",
            json!({ "role": "fetch", "policy_arn": "arn:aws:iam::111122223333:policy/team/own" }),
            "`own`",
        ),
    ];
    for (kind, attributes, name) in forms {
        let adopted = run(&shop(), |state| {
            let instances = json!([{ "index_key": "eu", "attributes": attributes }]);
            let resource = json!({ "mode": "managed", "module": "module.iam[0]", "type": kind, "name": "x", "instances": instances });
            state["resources"].as_array_mut().expect("resources").push(resource);
        });
        let found = lints(&adopted);
        assert!(found.contains(&"taken-off".to_owned()), "{kind}: {}", adopted.run);
        let line = adopted.run.err.lines().find(|line| line.ends_with("[taken-off]")).expect("it is there");
        assert!(line.contains("role `fetch`") && line.contains(name), "{kind}: {line}");
    }
    // Logs are written under the spec, too.
    let logs = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
    let adopted = run(&shop(), |state| role(state)["managed_policy_arns"] = json!([logs]));
    assert_eq!(lints(&adopted), Vec::<String>::new(), "{}", adopted.run);
}

/// After an apply the role's own attributes still hold the policies of before: what manages the role's policies is right.
#[test]
fn what_a_role_repeats_of_its_policies_is_not_what_it_has() {
    let aws = "arn:aws:iam::aws:policy/SecretsManagerReadWrite";
    let with = |names: Value, arns: Value| {
        run(&shop(), move |state| {
            let attributes = role(state);
            attributes["managed_policy_arns"] = json!([aws]);
            attributes["inline_policy"] = json!([{ "name": "old", "policy": "{}" }]);
            for (kind, attributes) in [
                ("aws_iam_role_policies_exclusive", json!({ "role_name": "fetch", "policy_names": names })),
                ("aws_iam_role_policy_attachments_exclusive", json!({ "role_name": "fetch", "policy_arns": arns })),
            ] {
                let resource = json!({ "mode": "managed", "type": kind, "name": "x", "instances": [{ "attributes": attributes }] });
                state["resources"].as_array_mut().expect("resources").push(resource);
            }
        })
    };
    let gone = with(json!([]), json!([]));
    assert!(!lints(&gone).contains(&"taken-off".to_owned()), "{}", gone.run);
    for (names, arns, word) in
        [(json!(["old"]), json!([]), "`old`"), (json!([]), json!([aws]), "`SecretsManagerReadWrite`")]
    {
        let there = with(names, arns);
        let line = there.run.err.lines().find(|line| line.ends_with("[taken-off]")).map(str::to_owned);
        assert!(line.is_some_and(|line| line.contains(word)), "{word}: {}", there.run);
    }
    // Of a policy that a resource has, that resource's document is the one that counts.
    let statement = json!({ "Effect": "Allow", "Action": "secretsmanager:DeleteSecret", "Resource": "*" });
    let all = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    let replaced = run(&shop(), move |state| {
        role(state)["inline_policy"] = json!([{ "name": "own", "policy": all }]);
        let attributes = json!({ "role": "fetch", "name": "own", "policy": "{}" });
        let resource = json!({ "mode": "managed", "type": "aws_iam_role_policy", "name": "x", "instances": [{ "attributes": attributes }] });
        state["resources"].as_array_mut().expect("resources").push(resource);
    });
    assert!(!replaced.run.err.contains("DeleteSecret"), "{}", replaced.run);
}

/// A policy of the spec's name is taken over, and what it allowed is compared.
#[test]
fn a_policy_that_is_called_as_the_specs_is_compared() {
    let secrets = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop";
    let statement =
        |actions: Value, resource: &str| json!({ "Effect": "Allow", "Action": actions, "Resource": resource });
    let granted = [
        statement(json!("secretsmanager:GetSecretValue"), &format!("{secrets}/api-AbCdEf")),
        statement(
            json!(["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]),
            &format!("{secrets}/user/*"),
        ),
    ];
    let with = |statements: Value| {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        run(&shop(), move |state| {
            let attributes = json!({ "role": "fetch", "name": "fetch-secrets", "policy": policy });
            let resource = json!({ "mode": "managed", "type": "aws_iam_role_policy", "name": "x", "instances": [{ "attributes": attributes }] });
            state["resources"].as_array_mut().expect("resources").push(resource);
        })
    };
    assert_eq!(lints(&with(json!(granted))), Vec::<String>::new());
    let less = with(json!(granted[..1]));
    named(
        &less,
        "policy-changes",
        &["adds secretsmanager:GetSecretValue, secretsmanager:PutSecretValue on `UserToken`"],
        false,
    );
    let more = with(json!([granted[0], granted[1], statement(json!("secretsmanager:DeleteSecret"), "*")]));
    named(
        &more,
        "policy-changes",
        &["takes away", "secretsmanager:DeleteSecret on `ApiKey`", "on `other secrets`"],
        false,
    );
    let inside =
        run(&shop(), |state| role(state)["inline_policy"] = json!([{ "name": "fetch-secrets", "policy": "{" }]));
    assert!(lints(&inside).contains(&"policy-replaced".to_owned()), "{}", inside.run);
}

/// A managed policy of the spec has neither a path nor a description.
#[test]
fn a_managed_policy_with_a_path_or_a_description_is_replaced() {
    // Many grants do not fit into one inline policy.
    let spec = shop_with(|spec| {
        let grants: Vec<Value> =
            (0..400).map(|number| json!({ "secret": format!("Family{number}"), "verbs": ["read"] })).collect();
        let secrets = spec["secrets"].as_array_mut().expect("secrets");
        secrets.extend((0..400).map(|number| json!({
            "id": format!("Family{number}"), "name": format!("a-family-of-secrets-with-a-long-name-{number}x/{{user_id}}"),
            "description": "", "payload": { "kind": "json" }, "owner": { "kind": "runtime" },
        })));
        spec["handlers"][0]["grants"].as_array_mut().expect("grants").extend(grants);
    });
    let managed = xtask::render::managed(&spec, "").expect("the spec has no problems");
    let name = managed.iter().find_map(|it| match &it.object {
        xtask::render::Object::ManagedPolicy(name) => Some(name.clone()),
        _ => None,
    });
    let name = name.expect("there is a managed policy");
    let with = |path: &str, description: &str| {
        let arn = format!("arn:aws:iam::111122223333:policy{path}{name}");
        let attributes = json!({ "arn": arn, "name": name, "path": path, "description": description });
        let policy = json!({ "mode": "managed", "type": "aws_iam_policy", "name": "x", "instances": [{ "attributes": attributes }] });
        lints(&import_text(&spec, "--state", &json!({ "version": 4, "resources": [policy] }).to_string()))
    };
    assert_eq!(with("/", ""), Vec::<String>::new());
    assert_eq!(with("/team/", ""), ["policy-replaced"]);
    assert_eq!(with("/", "words"), ["policy-replaced"]);
}
