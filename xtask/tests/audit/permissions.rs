//! The policy that an audit needs is the policy that it uses: every call that the server has seen is allowed by it, on the
//! very resource, and every permission in it is used by some call. The names of the actions are written out here once more.

use std::collections::BTreeSet;

use paypulse_runtime::model::matches_pattern;
use serde_json::Value;

use crate::account::{Account, Identity, Secret};
use crate::run::{audit, bare, run};
use crate::secrets::clean;
use crate::server::{Call, Server};

const OF_AWS: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

/// An account in which there is something to see for every call.
fn account() -> Account {
    let mut account = clean();
    account.secrets.retain(|secret| secret.name != "Google-OAuth-Client-ID");
    account.secrets[0].changed = 0.1;
    account.secrets.push(Secret { changed: 0.1, ..Secret::new("gmail/user/43", "{}") });
    account.policies.push((OF_AWS.into(), serde_json::json!({ "Version": "2012-10-17", "Statement": [] })));
    account.identities.push(Identity { attached: vec![OF_AWS.into()], ..Identity::new("Role", "Somebody") });
    account
}

/// The action and the resource that AWS decides a call on; nothing where it asks for no permission.
fn decided_on(call: &Call) -> Option<(String, String)> {
    let secret = || {
        if call.on.starts_with("arn:") {
            call.on.clone()
        } else {
            // A secret that does not exist is decided on by the pattern of its ARN.
            format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{}-??????", call.on)
        }
    };
    let (service, resource) = match call.name.as_str() {
        "GetCallerIdentity" => return None,
        "GetAccountAuthorizationDetails" => ("iam", "*".to_owned()),
        "GetPolicy" | "GetPolicyVersion" => ("iam", call.on.clone()),
        "ListSecrets" => ("secretsmanager", "*".to_owned()),
        "DescribeSecret" | "GetResourcePolicy" | "GetSecretValue" | "ListSecretVersionIds" => {
            ("secretsmanager", secret())
        }
        other => panic!("an audit does not call {other}"),
    };
    Some((format!("{service}:{}", call.name), resource))
}

/// Each action of a policy with each of its resources.
fn permissions(policy: &Value) -> Vec<(String, String)> {
    let texts = |value: &Value| -> Vec<String> {
        let texts = value.as_array().expect("it is a list").iter();
        texts.map(|text| text.as_str().expect("it is text").to_owned()).collect()
    };
    let statements = policy["Statement"].as_array().expect("it is a list").iter();
    let pairs = statements.flat_map(|statement| {
        assert_eq!(statement["Effect"], "Allow");
        assert!(statement.get("Condition").is_none(), "no key is named in the spec");
        let resources = texts(&statement["Resource"]);
        let actions = texts(&statement["Action"]).into_iter();
        actions.flat_map(move |action| resources.iter().map(move |it| (action.clone(), it.clone())).collect::<Vec<_>>())
    });
    pairs.collect()
}

#[track_caller]
fn check(arguments: &[&str]) {
    let policy = run(bare(&["--policy", "--account", "123456789012", "--region", "eu-west-1"]).args(arguments)).json();
    let server = Server::of(account());
    let audit = audit(&server, arguments);
    assert_eq!(audit.json()["coverage"]["whole"], true, "{audit}");
    let permissions = permissions(&policy);
    let mut used = BTreeSet::new();
    for (action, resource) in server.calls().iter().filter_map(decided_on) {
        let allowing: Vec<_> =
            permissions.iter().filter(|(allowed, on)| *allowed == action && matches_pattern(on, &resource)).collect();
        assert!(!allowing.is_empty(), "{action} on {resource} is not allowed by {policy:#}");
        used.extend(allowing);
    }
    let unused: Vec<_> = permissions.iter().filter(|permission| !used.contains(permission)).collect();
    assert_eq!(
        unused.into_iter().filter(|(_, resource)| !is_unseen(resource)).collect::<Vec<_>>(),
        Vec::<&(String, String)>::new()
    );
}

/// One secret is missing in the account, and the others are not: so not every call is made on each.
fn is_unseen(resource: &str) -> bool {
    let names = ["Google-OAuth-Client-ID", "PayPulseAppJWTSecret", "gemini-api-key", "jev/api-key"];
    names.iter().any(|name| resource.contains(name))
}

#[test]
fn every_call_is_allowed_and_every_permission_is_used() {
    check(&[]);
    check(&["--read-values"]);
}

/// Only where AWS knows no resource for an action.
///
/// Sources: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html>,
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>.
#[test]
fn a_star_stands_only_where_nothing_else_can() {
    let policy =
        run(&mut bare(&["--policy", "--account", "123456789012", "--region", "eu-west-1", "--read-values"])).json();
    let starred: Vec<_> = permissions(&policy).into_iter().filter(|(_, resource)| resource == "*").collect();
    let expected =
        ["iam:GetAccountAuthorizationDetails", "secretsmanager:ListSecrets"].map(|it| (it.into(), "*".into()));
    assert_eq!(starred, expected);
    for (action, resource) in permissions(&policy) {
        let is_read = ["Get", "List", "Describe"]
            .iter()
            .any(|verb| action.split(':').nth(1).is_some_and(|it| it.starts_with(verb)));
        assert!(is_read, "{action} does not only look");
        let names_the_account =
            resource.contains(":eu-west-1:123456789012:secret:") || resource == "arn:aws:iam::aws:policy/*";
        assert!(names_the_account || resource == "*", "{resource}");
    }
}
