//! The reader of modules on hand-written HCL: forms that the generator may come to use, and what must be an error.

use std::collections::BTreeMap;

use paypulse_runtime::model::ServicePrincipal;

use super::condition::Context;
use super::evaluator::{Decision, Request, decide};
use super::limits;
use super::module::{Module, World};
use super::roles::{Role, roles};

const GET: &str = "secretsmanager:GetSecretValue";

const HEAD: &str = r#"
data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}
variable "some_role" { type = string }
variable "key_arn" { type = string }
locals {
  start = "arn:${data.aws_partition.current.partition}:secretsmanager:${local.place}:secret"
  region = split(".", data.aws_region.current.endpoint)[1]
  place = "${local.region}:${data.aws_caller_identity.current.account_id}"
  trust = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } },
  ] })
}
resource "aws_iam_role" "a" {
  name               = "a"
  assume_role_policy = local.trust
}
resource "aws_secretsmanager_secret" "one" {
  name = "one"
}
data "aws_secretsmanager_secret" "two" {
  name = "two"
}
"#;

fn read(text: &str) -> Result<BTreeMap<String, Role>, String> {
    let world = World { variables: [("key_arn".to_owned(), World::ireland().key("k"))].into(), ..World::ireland() };
    let files = [("a.tf".to_owned(), format!("{HEAD}{text}")), ("x.tfvars.example".to_owned(), "not HCL".to_owned())];
    Module::read(&files.into(), world).and_then(|module| roles(&module))
}

fn statement(resource: &str) -> String {
    let statement = format!("{{ Effect = \"Allow\", Action = [\"{GET}\"], Resource = {resource} }}");
    format!("jsonencode({{ Version = \"2012-10-17\", Statement = [{statement}] }})")
}

fn inline(label: &str, role: &str, policy: &str) -> String {
    format!(
        "resource \"aws_iam_role_policy\" \"{label}\" {{\n  name = \"{label}\"\n  role = {role}\n  policy = {policy}\n}}\n"
    )
}

fn managed(label: &str, policy: &str) -> String {
    format!("resource \"aws_iam_policy\" \"{label}\" {{\n  name = \"{label}\"\n  policy = {policy}\n}}\n")
}

fn attach(label: &str, role: &str, arn: &str) -> String {
    format!("resource \"aws_iam_role_policy_attachment\" \"{label}\" {{\n  role = {role}\n  policy_arn = {arn}\n}}\n")
}

fn may(role: &Role, name: &str) -> bool {
    let resource = World::ireland().secret(name, "AbCdEf");
    let request = Request { action: GET, resource: &resource, context: &Context::new() };
    decide(role.policies(), &request) == Ok(Decision::Allowed)
}

#[test]
fn a_reference_becomes_the_arn_of_its_secret() {
    let text = inline("p", "aws_iam_role.a.name", &statement("[aws_secretsmanager_secret.one.arn]"));
    let roles = read(&text).expect("it is read");
    assert!(may(&roles["a"], "one") && !may(&roles["a"], "two"));
    let text = inline("p", "aws_iam_role.a.id", &statement("data.aws_secretsmanager_secret.two.arn"));
    let roles = read(&text).expect("it is read");
    assert!(may(&roles["a"], "two") && !may(&roles["a"], "one"));
}

#[test]
fn several_documents_of_both_kinds_come_together_on_a_role() {
    let text = inline("p", "aws_iam_role.a.name", &statement("\"${local.start}:x/*\""))
        + &inline("q", "aws_iam_role.a.name", &statement("join(\":\", [local.start, \"y-??????\"])"))
        + &managed("m", &statement("concat([aws_secretsmanager_secret.one.arn], [])"))
        + &attach("m", "aws_iam_role.a.name", "aws_iam_policy.m.arn")
        + &managed("n", &statement("sort(toset([format(\"%s:%s\", local.start, \"z/*\")]))"))
        + &attach("n", "var.some_role", "aws_iam_policy.n.arn");
    let roles = read(&text).expect("it is read");
    for (name, on_a, on_other) in [("x/1", true, false), ("y", true, false), ("one", true, false), ("z/1", false, true)]
    {
        assert_eq!((may(&roles["a"], name), may(&roles["var.some_role"], name)), (on_a, on_other), "{name}");
    }
    assert_eq!((roles["a"].inline.len(), roles["a"].attached()), (2, 1));
    assert!(roles["a"].trust.is_some() && roles["var.some_role"].trust.is_none());
}

/// Decryption under a key of one's own, given as a variable or as an alias, for one family through Secrets Manager.
#[test]
fn a_key_is_used_for_its_secrets_alone() {
    let statement = |key: &str| {
        format!(
            r#"jsonencode({{ Version = "2012-10-17", Statement = [{{
              Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = {key}
              Condition = {{
                StringEquals = {{ "kms:ViaService" = "secretsmanager.${{local.region}}.amazonaws.com" }}
                StringLike   = {{ "kms:EncryptionContext:SecretARN" = ["${{local.start}}:gmail/user/*"] }}
              }}
            }}] }})"#
        )
    };
    let alias = "data \"aws_kms_alias\" \"b\" {\n  name = \"alias/b\"\n}\n";
    for (key, arn) in [("var.key_arn", "k"), ("data.aws_kms_alias.b.target_key_arn", "alias/b")] {
        let text = alias.to_owned() + &inline("p", "aws_iam_role.a.name", &statement(key));
        let roles = read(&text).expect("it is read");
        let ask = |action: &str, key: &str, service: &str, secret: &str| {
            let world = World::ireland();
            let entries = [
                ("kms:ViaService", service.to_owned()),
                ("kms:EncryptionContext:SecretARN", world.secret(secret, "AbCdEf")),
            ];
            let context: Context = entries.map(|(key, value)| (key.to_owned(), vec![value])).into();
            let request = Request { action, resource: &world.key(key), context: &context };
            decide(roles["a"].policies(), &request) == Ok(Decision::Allowed)
        };
        let service = "secretsmanager.eu-west-1.amazonaws.com";
        assert!(ask("kms:Decrypt", arn, service, "gmail/user/1"));
        assert!(ask("kms:GenerateDataKey", arn, service, "gmail/user/1"));
        assert!(!ask("kms:Encrypt", arn, service, "gmail/user/1"));
        assert!(!ask("kms:Decrypt", "other", service, "gmail/user/1"));
        assert!(!ask("kms:Decrypt", arn, "s3.eu-west-1.amazonaws.com", "gmail/user/1"));
        assert!(!ask("kms:Decrypt", arn, service, "gmail/1"));
    }
}

#[test]
fn an_exclusive_list_names_exactly_what_is_there() {
    let logs = "\"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole\"";
    let base = inline("p", "aws_iam_role.a.name", &statement("aws_secretsmanager_secret.one.arn"))
        + &attach("l", "aws_iam_role.a.name", logs);
    let list = |kind: &str, role: &str, argument: &str, value: &str| {
        format!("{base}resource \"{kind}\" \"e\" {{\n  role_name = {role}\n  {argument} = {value}\n}}\n")
    };
    let policies =
        |role: &str, value: &str| read(&list("aws_iam_role_policies_exclusive", role, "policy_names", value));
    assert!(policies("aws_iam_role.a.name", "[aws_iam_role_policy.p.name]").is_ok());
    assert!(policies("aws_iam_role.a.name", "[]").is_err());
    assert!(policies("aws_iam_role.a.name", "[aws_iam_role_policy.p.name, \"q\"]").is_err());
    // On a role of somebody else's the list would take away what that somebody put there.
    let given = inline("g", "var.some_role", &statement("aws_secretsmanager_secret.one.arn"));
    let of_given = list("aws_iam_role_policies_exclusive", "var.some_role", "policy_names", "[\"g\"]");
    assert!(read(&given).is_ok() && read(&(given + &of_given)).is_err());
    let attachments = |value: &str| {
        read(&list("aws_iam_role_policy_attachments_exclusive", "aws_iam_role.a.name", "policy_arns", value))
    };
    assert!(attachments(&format!("[{logs}]")).is_ok());
    assert!(attachments("[]").is_err());
}

#[test]
fn limits_are_those_of_aws() {
    let world = World::ireland();
    let count = |role: &Role| limits::findings("a", role, &ServicePrincipal::Lambda, &world).len();
    let wide = |size: usize| statement(&format!("\"${{local.start}}:{}\"", "x".repeat(size)));
    let roles = |text: &str| read(text).expect("it is read");
    let part = inline("p", "aws_iam_role.a.name", &wide(5000)) + &inline("q", "aws_iam_role.a.name", &wide(4900));
    let spaced = inline("r", "aws_iam_role.a.name", &wide(200));
    assert_eq!(count(&roles(&part)["a"]), 0);
    assert_eq!(count(&roles(&(part + &spaced))["a"]), 1);
    let attached = attach("m", "aws_iam_role.a.name", "aws_iam_policy.m.arn");
    assert_eq!(count(&roles(&(managed("m", &wide(5900)) + &attached))["a"]), 0);
    assert_eq!(count(&roles(&(managed("m", &wide(6144)) + &attached))["a"]), 1);
    let many = |count: usize| -> String {
        let one = |index: usize| {
            let label = format!("m{index}");
            managed(&label, &wide(1)) + &attach(&label, "aws_iam_role.a.name", &format!("aws_iam_policy.{label}.arn"))
        };
        (0..count).map(one).collect()
    };
    assert_eq!((count(&roles(&many(10))["a"]), count(&roles(&many(11))["a"])), (0, 1));
}

#[test]
fn err_what_is_unknown_is_named_with_its_place() {
    let good = statement("\"*\"");
    let role = "aws_iam_role.a.name";
    for (text, place) in [
        (inline("p", "\"b\"", &good), "aws_iam_role_policy.p: no role is named `b`"),
        (inline("p", "aws_iam_role.a.arn", &good), "aws_iam_role_policy.p"),
        (inline("p", "aws_iam_role.b.name", &good), "aws_iam_role.b is not declared"),
        (inline("p", "var.other", &good), "var.other is not declared"),
        (inline("p", role, "local.nothing"), "unknown reference `local.nothing`"),
        (inline("p", role, "file(\"x.json\")"), "`file` of 1 arguments"),
        (inline("p", role, "var.some_role ? \"a\" : \"b\""), "aws_iam_role_policy.p: policy"),
        (inline("p", role, "\"{}\""), "aws_iam_role_policy.p: the policy's version"),
        (inline("p", role, &statement("aws_secretsmanager_secret.one")), "unknown reference"),
        (inline("p", role, &statement("aws_secretsmanager_secret.one.tags_all")), "tags_all"),
        (inline("p", role, &good.replace("Effect", "\"Effect\" = \"Deny\", Effect")), "`Effect` twice"),
        (inline("p", role, &good) + &inline("p", role, &good), "aws_iam_role_policy.p is declared twice"),
        (inline("p", role, &good) + &inline("q", role, &good).replace("name = \"q\"", "name = \"p\""), "has its name"),
        (managed("m", &good), "aws_iam_policy.m is attached to no role"),
        (attach("x", role, "\"arn:aws:iam::aws:policy/AdministratorAccess\""), "AdministratorAccess"),
        (attach("x", role, "\"arn:aws-cn:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole\""), "aws-cn"),
        ("resource \"aws_iam_group\" \"g\" {}\n".to_owned(), "aws_iam_group.g: unknown kind"),
        ("resource \"aws_lambda_function\" \"g\" {}\n".to_owned(), "unknown kind"),
        ("resource \"aws_lambda_permission\" \"g\" {\n  qualifier = 1\n}\n".to_owned(), "`qualifier`"),
        (inline("p", role, "1 != 2"), "`!=` is not supported"),
        ("resource \"aws_secretsmanager_secret\" \"b\" {\n  replica {\n    to = 1\n  }\n}\n".to_owned(), "`to`"),
        ("module \"m\" {}\n".to_owned(), "unknown block module"),
        ("resource \"aws_iam_role\" \"b\" {\n  inline_policy {}\n}\n".to_owned(), "unknown block `inline_policy`"),
        ("resource \"aws_iam_role\" \"b\" {\n  managed_policy_arns = []\n}\n".to_owned(), "`managed_policy_arns`"),
        ("resource \"aws_secretsmanager_secret\" \"b\" {\n  policy = \"\"\n}\n".to_owned(), "`policy`"),
        ("resource \"aws_iam_role_policy\" \"b\" {\n  count = 0\n}\n".to_owned(), "`count`"),
        ("resource \"aws_secretsmanager_secret\" \"b\" {\n  name = \"one\"\n}\n".to_owned(), "another secret"),
        ("locals {\n  round = local.round\n}\n".to_owned() + &inline("p", role, "local.round"), "in a circle"),
        ("x = 1\n".to_owned(), "stands outside a block"),
        ("resource {".to_owned(), "a.tf"),
    ] {
        let fault = read(&text).expect_err(&text);
        assert!(fault.contains(place), "{fault}");
    }
}
