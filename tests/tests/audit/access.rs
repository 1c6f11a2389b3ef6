//! Who can do what: each way in which a policy lets somebody reach the spec's secrets, beside one that does not. That the
//! rules find nothing in what is rendered, and everything that is spoilt in it, is shown in `policy_proof`.

mod control;
mod on_secrets;

use paypulse_runtime::model::{Role, Spec};
use serde_json::{Value, json};
use xtask::audit::{AuditFinding, AuditedAccess, FoundDocument, Identity, IdentityKind, Rule, Site};

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1";

fn site() -> Site {
    Site { region: "eu-west-1".into(), account: "123456789012".into() }
}

fn access(spec: &Spec) -> AuditedAccess<'_> {
    let variables = [("close_shop_role", "shop-closer"), ("warehouse_key_arn", KEY)];
    AuditedAccess::new(spec, &site(), &variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
}

fn document(statements: &Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

fn identity(kind: IdentityKind, name: &str, inline: &[Value]) -> Identity {
    let word = match kind {
        IdentityKind::Role => "role",
        IdentityKind::User => "user",
        IdentityKind::Group => "group",
    };
    let documents = inline.iter().enumerate();
    Identity {
        kind,
        name: name.rsplit('/').next().unwrap_or_default().to_owned(),
        arn: format!("arn:aws:iam::123456789012:{word}/{name}"),
        trust: Some(document(&json!([{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": "lambda.amazonaws.com" }
        }]))),
        inline: documents.map(|(at, it)| FoundDocument { name: format!("p{at}"), text: document(it) }).collect(),
        attached: Vec::new(),
        boundary: None,
    }
}

fn arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{name}")
}

/// Whether a role with these statements reaches secrets of PayPulse's, and in which words.
fn reach(statements: &Value) -> Option<String> {
    let spec = paypulse_runtime::spec::spec();
    let found = access(&spec).judge(&identity(IdentityKind::Role, "night/watch", std::slice::from_ref(statements)));
    let found: Vec<AuditFinding> = found.into_iter().filter(|it| it.rule != Rule::OutsideControl).collect();
    let is_reach = |it: &AuditFinding| matches!(it.rule, Rule::OutsideReach | Rule::OutsideLook);
    assert!(found.iter().all(|it| is_reach(it) && it.place.id() == "role/night/watch"), "{found:?}");
    assert!(found.len() <= 1, "{found:?}");
    found.into_iter().next().map(|it| it.message)
}

fn allow(action: &Value, resource: &Value) -> Value {
    json!([{ "Effect": "Allow", "Action": action, "Resource": resource }])
}

/// Who looks and is accepted is not accepted to do more.
#[test]
fn who_only_looks_is_told_from_who_reaches_a_value() {
    let spec = paypulse_runtime::spec::spec();
    let rules = |actions: &[&str]| {
        let statements = allow(&json!(actions), &json!(arn("gmail/user/*")));
        let found = access(&spec).judge(&identity(IdentityKind::Role, "watch", std::slice::from_ref(&statements)));
        found.into_iter().map(|it| it.rule).collect::<Vec<_>>()
    };
    let looks =
        ["DescribeSecret", "GetResourcePolicy", "ListSecretVersionIds"].map(|it| format!("secretsmanager:{it}"));
    let looks: Vec<&str> = looks.iter().map(String::as_str).collect();
    assert_eq!(rules(&looks), [Rule::OutsideLook]);
    for more in ["GetSecretValue", "PutResourcePolicy", "TagResource", "*"].map(|it| format!("secretsmanager:{it}")) {
        assert_eq!(rules(&[&looks[..], &[&more]].concat()), [Rule::OutsideReach], "{more}");
    }
}

#[test]
fn a_policy_that_reaches_a_copy_in_another_region_is_found() {
    let spec = paypulse_tests::warehouse::spec();
    let (id, region) = spec
        .secrets
        .iter()
        .find_map(|secret| Some((secret.id.clone(), secret.options.replicas.first()?.region.clone())))
        .expect("something is replicated");
    let reached = |region: &str| {
        let all = format!("arn:aws:secretsmanager:{region}:123456789012:secret:*");
        let statements = allow(&json!("secretsmanager:GetSecretValue"), &json!(all));
        access(&spec).judge(&identity(IdentityKind::Role, "night/watch", std::slice::from_ref(&statements)))
    };
    let found = reached(&region);
    assert!(found.len() == 1 && found[0].message.contains(&format!("`GetSecretValue` on `{id}`")), "{found:?}");
    assert_eq!(reached("sa-east-1"), []);
}

#[test]
fn a_policy_that_reaches_the_secrets_is_found() {
    for (action, resource, words) in [
        (
            json!("secretsmanager:GetSecretValue"),
            json!(arn("gmail/user/*")),
            "`GetSecretValue` on `GmailUserTokens`, by `p0`",
        ),
        (
            json!(["s3:*", "SECRETSMANAGER:getsecretvalue"]),
            json!([arn("x"), arn("gmail/*")]),
            "`GetSecretValue` on `GmailUserTokens`",
        ),
        (
            json!("secretsmanager:Get*"),
            json!("*"),
            "`GetResourcePolicy`, `GetSecretValue` on `GeminiApiKey`, `GmailUserTokens`, `GoogleOauthClientId`, `JevApiKey` and 1 more",
        ),
        (
            json!("*"),
            json!("*"),
            "`CancelRotateSecret`, `CreateSecret`, `DeleteResourcePolicy`, `DeleteSecret` and 16 more on",
        ),
        (
            json!("secretsmanager:DescribeSecre?"),
            json!(arn("PayPulseAppJWTSecret-AbCdEf")),
            "`DescribeSecret` on `JwtSigningKey`",
        ),
        (json!("secretsmanager:PutSecretValue"), json!("arn:aws:secretsmanager:*:*:secret:*"), "`PutSecretValue` on"),
        (
            json!("secretsmanager:PutSecretValue"),
            json!(arn("gmail/user/7-AbCdEf")),
            "`PutSecretValue` on `GmailUserTokens`",
        ),
        (
            json!("secretsmanager:GetSecretValue"),
            json!(arn("${aws:PrincipalTag/app}/user/*")),
            "`GetSecretValue` on `GeminiApiKey`, `GmailUserTokens`",
        ),
        (json!("secretsmanager:GetSecretValue"), json!(arn("*")), "`GetSecretValue` on"),
        (json!("secretsmanager:GetSecretValue"), json!(arn("*/1?????")), "`GetSecretValue` on `GmailUserTokens`"),
    ] {
        let found = reach(&allow(&action, &resource)).unwrap_or_else(|| panic!("{action} on {resource} is not found"));
        assert!(found.contains(words), "{action} on {resource}: {found}");
    }
}

#[test]
fn a_policy_that_does_not_reach_them_is_not() {
    for (action, resource) in [
        (json!("s3:GetObject"), json!("*")),
        (json!("secretsmanager:ListSecrets"), json!("*")),
        (json!("secretsmanager:GetRandomPassword"), json!("*")),
        (json!("secretsmanager:GetSecretValue"), json!(arn("gmail/users/*"))),
        (json!("secretsmanager:GetSecretValue"), json!(arn("PayPulseAppJWTSecretOld-??????"))),
        (json!("secretsmanager:GetSecretValue"), json!("arn:aws:secretsmanager:us-east-1:123456789012:secret:*")),
        (json!("secretsmanager:GetSecretValue"), json!("arn:aws:secretsmanager:eu-west-1:210987654321:secret:*")),
        (json!("secretsmanager:GetSecretValue"), json!(arn("Gmail/user/*"))),
        (json!("kms:Decrypt"), json!("*")),
        (json!("secretsmanager:*"), json!([])),
    ] {
        assert_eq!(reach(&allow(&action, &resource)), None, "{action} on {resource}");
    }
    assert_eq!(reach(&json!([])), None);
}

#[test]
fn elements_that_turn_a_statement_around_are_understood() {
    let all_but =
        |action: &str, resource: &Value| json!([{ "Effect": "Allow", "NotAction": action, "NotResource": resource }]);
    assert!(reach(&all_but("iam:*", &json!(arn("gmail/*")))).is_some_and(|found| !found.contains("GmailUserTokens")));
    assert_eq!(reach(&all_but("secretsmanager:*", &json!([]))), None);
    assert_eq!(reach(&all_but("iam:*", &json!("*"))), None);
    assert!(reach(&all_but("secretsmanager:GetSecretValue", &json!([]))).is_some_and(|it| it.contains("and 15 more")));
}

#[test]
fn a_condition_counts_as_met_and_is_said() {
    let mut statements = allow(&json!("secretsmanager:GetSecretValue"), &json!("*"));
    statements[0]["Condition"] = json!({ "StringEquals": { "aws:PrincipalTag/team": "x" } });
    assert!(reach(&statements).is_some_and(|found| found.contains(" under a condition, by `p0`")));
    let certain = reach(&allow(&json!("secretsmanager:GetSecretValue"), &json!("*")));
    assert!(certain.is_some_and(|found| !found.contains("condition")));
}

#[test]
fn a_denial_counts_only_where_it_is_certain() {
    let everything = json!({ "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*" });
    let with = |denial: Value| reach(&json!([everything.clone(), denial]));
    let deny = |action: &str, resource: &str| json!({ "Effect": "Deny", "Action": action, "Resource": resource });
    assert_eq!(with(deny("secretsmanager:*", "*")), None);
    assert_eq!(with(deny("*", &arn("*"))), None);
    let but_gmail = with(deny("secretsmanager:Get*", &arn("gmail/*")));
    assert!(but_gmail.is_some_and(|found| !found.contains("GmailUserTokens") && found.contains("JwtSigningKey")));
    assert!(with(deny("secretsmanager:Put*", "*")).is_some());
    assert!(
        with(deny("secretsmanager:*", &arn("gmail/user/4*"))).is_some_and(|found| found.contains("GmailUserTokens"))
    );
    let mut conditional = deny("*", "*");
    conditional["Condition"] = json!({ "Bool": { "aws:SecureTransport": false } });
    assert!(with(conditional).is_some());
    assert_eq!(with(json!({ "Effect": "Deny", "NotAction": "s3:*", "Resource": "*" })), None);
    assert!(with(json!({ "Effect": "Deny", "NotAction": "secretsmanager:Get*", "Resource": "*" })).is_some());
    assert_eq!(with(json!({ "Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::x" })), None);
}

#[test]
fn policies_of_every_kind_and_identity_count() {
    let spec = paypulse_runtime::spec::spec();
    let wide = document(&allow(&json!("secretsmanager:GetSecretValue"), &json!("*")));
    let narrow = document(&allow(&json!("s3:*"), &json!("*")));
    let judged = |change: &dyn Fn(&mut Identity), kind: IdentityKind| -> Vec<Rule> {
        let mut access = access(&spec);
        access.learn("arn:aws:iam::aws:policy/Wide", Some(&wide));
        access.learn("arn:aws:iam::123456789012:policy/Narrow", Some(&narrow));
        let mut somebody = identity(kind, "somebody", &[]);
        change(&mut somebody);
        access.judge(&somebody).into_iter().map(|finding| finding.rule).collect()
    };
    for kind in [IdentityKind::Role, IdentityKind::User, IdentityKind::Group] {
        let attach = |arn: &'static str| move |it: &mut Identity| it.attached.push(arn.into());
        assert_eq!(judged(&attach("arn:aws:iam::aws:policy/Wide"), kind), [Rule::OutsideReach]);
        assert_eq!(judged(&attach("arn:aws:iam::123456789012:policy/Narrow"), kind), []);
        assert_eq!(judged(&attach("arn:aws:iam::123456789012:policy/Unknown"), kind), [Rule::UndecidedPolicy]);
        let bounded = |it: &mut Identity| {
            it.attached.push("arn:aws:iam::aws:policy/Wide".into());
            it.boundary = Some("arn:aws:iam::123456789012:policy/Narrow".into());
        };
        assert_eq!(judged(&bounded, kind), []);
        let loosely_bounded = |it: &mut Identity| {
            it.attached.push("arn:aws:iam::aws:policy/Wide".into());
            it.boundary = Some("arn:aws:iam::aws:policy/Wide".into());
        };
        assert_eq!(judged(&loosely_bounded, kind), [Rule::OutsideReach]);
        let unbounded = |it: &mut Identity| it.boundary = Some("arn:aws:iam::aws:policy/Wide".into());
        assert_eq!(judged(&unbounded, kind), []);
    }
    // A user that has the name of a handler's role is not the handler.
    let user =
        |it: &mut Identity| (it.name, it.attached) = ("login_user".into(), vec!["arn:aws:iam::aws:policy/Wide".into()]);
    assert_eq!(judged(&user, IdentityKind::User), [Rule::OutsideReach]);
}

#[test]
fn what_is_no_policy_is_a_finding_and_never_a_panic() {
    let spec = paypulse_runtime::spec::spec();
    let deep = "[".repeat(10_000);
    let long = " ".repeat(2 * 1024 * 1024);
    for text in [
        "",
        "{",
        "[]",
        "7",
        "{}",
        "\u{0}",
        &deep,
        &long,
        r#"{"Statement": 7}"#,
        r#"{"Statement": [7]}"#,
        r#"{"Statement": [{}]}"#,
        r#"{"Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]}"#,
        r#"{"Statement": [{"Effect": "Allow", "Resource": "*"}]}"#,
        r#"{"Statement": [{"Effect": "Allow", "Action": {"a": 1}, "Resource": "*"}]}"#,
        r#"{"Statement": [{"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}]}"#,
        r#"{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Conditions": {}}]}"#,
        r#"{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": 7}}]}"#,
        r#"{"Statement": [], "More": 7}"#,
    ] {
        let mut somebody = identity(IdentityKind::Role, "somebody", &[]);
        somebody.inline.push(FoundDocument { name: "p".into(), text: text.to_owned() });
        let found = access(&spec).judge(&somebody);
        assert_eq!(
            found.iter().map(|it| it.rule).collect::<Vec<_>>(),
            [Rule::UndecidedPolicy],
            "{}",
            &text[..text.len().min(80)]
        );
    }
    // One statement need not be a list, and a wildcard may be long.
    for text in [
        json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } }).to_string(),
        json!({ "Statement": { "Effect": "Allow", "Action": "a*".repeat(5_000), "Resource": "*?".repeat(5_000) } })
            .to_string(),
        json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*?".repeat(900) + "*" } }).to_string(),
    ] {
        let mut somebody = identity(IdentityKind::Role, "somebody", &[]);
        somebody.inline.push(FoundDocument { name: "p".into(), text });
        assert!(access(&spec).judge(&somebody).iter().all(|it| it.rule == Rule::OutsideReach));
    }
}

/// A role that exists already, with what the Terraform puts on it and one statement more.
fn closer(more: Value) -> Vec<AuditFinding> {
    let spec = paypulse_tests::warehouse::spec();
    let own = json!([
        { "Effect": "Allow", "Action": "secretsmanager:DeleteSecret", "Resource": arn("shops/*/suppliers/*/login-??????") },
        { "Effect": "Allow", "Action": "secretsmanager:DescribeSecret", "Resource": arn("HeadOffice+Maps@EU-AbCdEf") },
    ]);
    access(&spec).judge(&identity(IdentityKind::Role, "service/shop-closer", &[own, more]))
}

#[test]
fn a_role_that_exists_already_may_have_more_but_not_on_the_secrets() {
    for more in [
        json!([]),
        allow(&json!("s3:*"), &json!("*")),
        allow(&json!("kms:Decrypt"), &json!("*")),
        allow(&json!("secretsmanager:*"), &json!(arn("somebody/elses*"))),
        allow(&json!("secretsmanager:DeleteSecret"), &json!(arn("shops/*/suppliers/*/login-??????"))),
    ] {
        assert_eq!(closer(more.clone()), [], "{more}");
    }
    for (more, rule, words) in [
        (allow(&json!("secretsmanager:*"), &json!(arn("*"))), Rule::PolicyWider, "and 16 more on"),
        (
            allow(&json!("secretsmanager:GetSecretValue"), &json!(arn("shops/*"))),
            Rule::PolicyWider,
            "`GetSecretValue` on `SupplierLogin`, by `p1`",
        ),
        (json!([{ "Effect": "Deny", "Action": "*", "Resource": "*" }]), Rule::PolicyNarrower, "which is denied"),
    ] {
        let found = closer(more);
        assert_eq!(
            found.iter().map(|it| (it.rule, it.place.id())).collect::<Vec<_>>(),
            [(rule, "handler/CloseShop".into())]
        );
        assert!(found[0].message.contains(words), "{found:?}");
    }
}

#[test]
fn a_role_that_is_not_there_is_missing() {
    let spec = paypulse_tests::warehouse::spec();
    let mut access = access(&spec);
    for handler in spec.handlers.iter().filter(|it| it.role == Role::Created && it.id != "Heartbeat") {
        let role = handler.name.as_str();
        access.judge(&identity(IdentityKind::Role, role, &[]));
    }
    access.judge(&identity(IdentityKind::User, "heartbeat", &[]));
    let missing: Vec<_> = access.missing().into_iter().map(|it| (it.rule, it.place.id(), it.hint)).collect();
    let expected = [
        ("handler/CloseShop", "pass its name by `--var close_shop_role=NAME`"),
        ("handler/Heartbeat", "apply the Terraform, which creates it"),
    ];
    assert_eq!(missing, expected.map(|(place, hint)| (Rule::MissingRole, place.to_owned(), hint.to_owned())));
}

/// Names that IAM takes for one are one.
#[test]
fn roles_are_told_apart_as_iam_does() {
    let spec = paypulse_runtime::spec::spec();
    let key = allow(&json!("secretsmanager:GetSecretValue"), &json!([arn("PayPulseAppJWTSecret-AbCdEf")]));
    assert_eq!(access(&spec).judge(&identity(IdentityKind::Role, "path/Login_User", std::slice::from_ref(&key))), []);
    let other = access(&spec).judge(&identity(IdentityKind::Role, "login_user2", &[key]));
    assert_eq!(other.iter().map(|it| it.rule).collect::<Vec<_>>(), [Rule::OutsideReach]);
}
