//! Who can become, change or hand on a handler's role, or use a key of the spec's secrets.

use serde_json::{Value, json};
use xtask::audit::{AuditFinding, IdentityKind, Rule};

use super::{KEY, access, allow, identity};

const ROLE: &str = "arn:aws:iam::123456789012:role/";

/// What is found of a role with these statements, for the warehouse's spec.
fn found(name: &str, statements: &Value) -> Vec<AuditFinding> {
    let spec = paypulse_tests::warehouse::spec();
    access(&spec).judge(&identity(IdentityKind::Role, name, std::slice::from_ref(statements)))
}

/// The first handler whose role the Terraform creates.
fn created() -> String {
    let spec = paypulse_tests::warehouse::spec();
    let handler = spec.handlers.iter().find(|handler| handler.role == paypulse_runtime::model::Role::Created);
    handler.expect("some role is created").name.clone()
}

#[test]
fn who_controls_a_handlers_role_or_a_key_is_found() {
    let created = format!("{ROLE}{}", created());
    for (action, resource, words) in [
        ("iam:PassRole", "*".to_owned(), "it may `PassRole` on"),
        ("iam:Put*", created.clone(), "`PutRolePermissionsBoundary`, `PutRolePolicy` on"),
        ("iam:UpdateAssumeRolePolicy", created.clone(), "it may `UpdateAssumeRolePolicy` on"),
        ("sts:AssumeRole", format!("{ROLE}shop-closer"), "it may `AssumeRole` on `shop-closer`, by `p0`"),
        ("kms:Decrypt", KEY.to_owned(), "it may `Decrypt` on `arn:aws:kms:eu-west-1:123456789012:key/1`, by `p0`"),
        ("kms:PutKeyPolicy", "*".to_owned(), "it may `PutKeyPolicy` on"),
    ] {
        let found = found("night/watch", &allow(&json!(action), &json!(resource)));
        assert_eq!(found.iter().map(|it| it.rule).collect::<Vec<_>>(), [Rule::OutsideControl], "{action}: {found:?}");
        assert!(found[0].message.contains(words), "{action}: {found:?}");
        assert!(found[0].hint.contains("--accept outside-control:role/night/watch"), "{found:?}");
    }
    let both = found("night/watch", &allow(&json!(["iam:PassRole", "kms:Decrypt"]), &json!("*")));
    assert_eq!(both.len(), 2, "roles and keys are two findings: {both:?}");
}

#[test]
fn who_does_not_is_not() {
    let created = format!("{ROLE}{}", created());
    for (action, resource) in [
        ("iam:PassRole", format!("{ROLE}other")),
        ("iam:GetRole", "*".to_owned()),
        ("kms:Decrypt", KEY.replace("key/1", "key/2")),
        // Only Lambda is trusted by a role that the Terraform creates.
        ("sts:AssumeRole", created),
    ] {
        assert_eq!(found("night/watch", &allow(&json!(action), &json!(resource))), [], "{action} on {resource}");
    }
    // Who reaches the secrets themselves is found for that, once.
    let all = found("night/watch", &allow(&json!("*"), &json!("*")));
    assert_eq!(all.iter().map(|it| it.rule).collect::<Vec<_>>(), [Rule::OutsideReach], "{all:?}");
}

#[test]
fn a_role_that_exists_already_may_hand_on_itself_and_no_other() {
    let rules = |resource: &str| {
        let found = found("shop-closer", &allow(&json!("iam:PassRole"), &json!(resource)));
        found.into_iter().map(|it| it.rule).filter(|rule| *rule == Rule::OutsideControl).count()
    };
    assert_eq!(rules(&format!("{ROLE}shop-closer")), 0);
    assert_eq!(rules("*"), 1);
}
