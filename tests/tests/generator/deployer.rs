//! `deployer`: the permissions of each resource, on nothing but the spec's own, in every partition and Region and within AWS's limits;
//! roles for GitHub Actions; wrong input.

use std::collections::BTreeMap;
use std::fs;

use insta::assert_snapshot;
use paypulse_runtime::model::{Delivery, Owner, Spec, WriteOnly};
use paypulse_runtime::spec::spec as paypulse;
use paypulse_tests::bakery::spec as bakery;
use paypulse_tests::large::spec as large;
use paypulse_tests::printshop::spec as printshop;
use paypulse_tests::warehouse::spec as warehouse;
use serde_json::Value;
use xtask::Exit;
use xtask::deployer::{DIFFERENCES, recorded};

use crate::run::{Run, on, workspace};

const HERE: [&str; 4] = ["--account", "123456789012", "--region", "eu-west-1"];

fn deployer(spec: &Spec, arguments: &[&str]) -> Run {
    on(spec, &[&["deployer"], &HERE[..], arguments].concat(), false)
}

/// The documents of a role, in the JSON of a run that succeeds.
#[track_caller]
fn documents(run: &Run, purpose: &str) -> Vec<Value> {
    assert_eq!(run.exit, Exit::Done, "{run}");
    let report: Value = serde_json::from_str(&run.out).expect("it is JSON");
    let roles = report["roles"].as_array().expect("it is a list");
    let role = roles.iter().find(|role| role["for"] == purpose).expect("each role is printed");
    role["policies"].as_array().expect("it is a list").iter().map(|policy| policy["document"].clone()).collect()
}

/// Each action with the resources on which it is allowed.
#[track_caller]
fn allowed(run: &Run, purpose: &str) -> BTreeMap<String, Vec<String>> {
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut allowed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for document in documents(run, purpose) {
        for statement in document["Statement"].as_array().into_iter().flatten() {
            assert_eq!(statement["Effect"], "Allow");
            for action in texts(&statement["Action"]) {
                allowed.entry(action).or_default().extend(texts(&statement["Resource"]));
            }
        }
    }
    allowed
}

/// Each spec with what its deployer must name.
fn specs() -> [(Spec, Vec<&'static str>); 5] {
    [
        (paypulse(), vec![]),
        (warehouse(), vec!["--var", "close_shop_role=shop-closer", "--provider", "6.0"]),
        (printshop(), vec!["--var", "press_role=press", "--provider", "6.0"]),
        (bakery(), vec!["--prefix", "dev/", "--var", "close_branch_role=closer"]),
        (large(), vec![]),
    ]
}

#[test]
fn a_plan_only_reads_and_an_apply_can_plan() {
    for (spec, arguments) in specs() {
        let run = deployer(&spec, &arguments);
        let (plan, apply) = (allowed(&run, "plan"), allowed(&run, "apply"));
        for (action, resources) in &plan {
            let name = action.split(':').nth(1).unwrap_or_default();
            let reads = ["Get", "List", "Describe"].iter().any(|verb| name.starts_with(verb)) || name == "Decrypt";
            assert!(reads, "{}: {action}", spec.source);
            assert!(resources.iter().all(|resource| apply[action].contains(resource)), "{}: {action}", spec.source);
        }
    }
}

/// Two actions support no resource. A key that is named by an alias is any key of the Region with that alias.
#[test]
fn every_resource_is_one_of_the_spec() {
    for (spec, arguments) in specs() {
        let run = deployer(&spec, &arguments);
        let names: Vec<&str> = spec.secrets.iter().map(|secret| secret.name.as_str()).collect();
        for purpose in ["plan", "apply"] {
            for (action, resources) in allowed(&run, purpose) {
                assert!(!action.contains('*') && action != "iam:PassRole", "{action}");
                for resource in &resources {
                    let is_own = match resource.splitn(6, ':').collect::<Vec<_>>()[..] {
                        ["*"] => ["kms:ListAliases", "secretsmanager:GetRandomPassword"].contains(&action.as_str()),
                        ["arn", "aws", "secretsmanager", _, "123456789012", name] => {
                            let name = name.trim_start_matches("secret:").trim_end_matches("-??????");
                            names.contains(&name.strip_prefix("dev/").unwrap_or(name))
                        }
                        ["arn", "aws", "kms", _, "123456789012", "key/*"] => action.starts_with("kms:"),
                        ["arn", "aws", "iam", "", "123456789012", name] => {
                            !name.contains('*') && (name.starts_with("role/") || name.starts_with("policy/"))
                        }
                        ["arn", "aws", "lambda", _, "123456789012", name] => {
                            name.starts_with("function:") && !name.contains('*')
                        }
                        _ => false,
                    };
                    assert!(is_own, "{}: {action} on {resource}", spec.source);
                }
            }
        }
    }
}

#[test]
fn each_document_fits_into_a_managed_policy() {
    for (spec, arguments) in specs() {
        let run = deployer(&spec, &arguments);
        let counts = ["plan", "apply"].map(|purpose| {
            let documents = documents(&run, purpose);
            assert!(documents.iter().all(|document| document.to_string().len() <= 6_144), "{}", spec.source);
            documents.len()
        });
        assert!(counts[0] >= 1 && counts[1] <= 10, "{}: {counts:?}", spec.source);
        assert_eq!(
            counts[1] > 1,
            spec.source == large().source || spec.source == warehouse().source,
            "{}",
            spec.source
        );
    }
}

#[test]
fn a_region_of_another_partition_has_arns_of_that_partition() {
    for (region, partition) in
        [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eusc-de-east-1", "aws-eusc")]
    {
        let run = on(
            &bakery(),
            &[
                "deployer",
                "--account",
                "123456789012",
                "--region",
                region,
                "--prefix",
                "Prod_",
                "--var",
                "close_branch_role=closer",
            ],
            false,
        );
        for resource in allowed(&run, "apply").into_values().flatten().filter(|resource| resource != "*") {
            assert!(resource.starts_with(&format!("arn:{partition}:")), "{resource}");
        }
    }
}

/// The secret of another Region is named there, and so are its function and its key.
#[test]
fn each_region_has_its_own_arns() {
    let arguments = ["--var", "close_shop_role=shop-closer", "--provider", "6.0"];
    let apply = allowed(&deployer(&warehouse(), &arguments), "apply");
    let has = |action: &str, resource: &str| {
        assert!(apply[action].iter().any(|it| it == resource), "{action} {resource}: {apply:#?}");
    };
    has(
        "secretsmanager:CreateSecret",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:warehouse/customs-login-??????",
    );
    has(
        "secretsmanager:DescribeSecret",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:HeadOffice+Exchange-??????",
    );
    has("lambda:AddPermission", "arn:aws:lambda:us-east-1:123456789012:function:rotate-abroad");
    has("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:rotate-logins");
    has("kms:GenerateDataKey", "arn:aws:kms:us-west-2:123456789012:key/*");
    has("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/shop-closer");
    // What handlers create is not Terraform's.
    assert!(!apply["secretsmanager:CreateSecret"].iter().any(|it| it.contains("sample-??????") && it.contains("seed")));
    let replicates = &apply["secretsmanager:ReplicateSecretToRegions"];
    assert_eq!(replicates, &["arn:aws:secretsmanager:eu-west-1:123456789012:secret:warehouse/database-??????"]);
}

#[test]
fn a_boundary_limits_the_roles_that_an_apply_can_extend() {
    let boundary = "arn:aws:iam::123456789012:policy/boundary";
    let run = deployer(&paypulse(), &["--var", &format!("permissions_boundary_arn={boundary}")]);
    let mut seen = 0;
    for document in documents(&run, "apply") {
        for statement in document["Statement"].as_array().into_iter().flatten() {
            let actions = statement["Action"].to_string();
            if ["CreateRole\"", "AttachRolePolicy", "PutRolePolicy", "PutRolePermissionsBoundary"]
                .iter()
                .any(|it| actions.contains(it))
            {
                assert_eq!(statement["Condition"]["StringEquals"]["iam:PermissionsBoundary"], boundary, "{statement}");
                seen += 1;
            }
            assert!(!actions.contains("DeleteRolePermissionsBoundary"), "{statement}");
        }
    }
    assert!(seen > 0);
    assert!(!run.err.contains("any permission"), "{run}");
    assert!(deployer(&paypulse(), &[]).err.contains("any permission"));
}

/// Before 6.26, a plan reads a write-only value.
#[test]
fn a_later_provider_does_not_read_a_write_only_value() {
    let mut spec = paypulse();
    let secret =
        spec.secrets.iter_mut().find(|secret| secret.owner.delivery().is_some()).expect("Terraform writes one");
    let name = secret.name.to_string();
    secret.owner =
        Owner::Terraform(Delivery::WriteOnly { variable: "once".into(), write_only: WriteOnly { version: Some(1) } });
    let arn = format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{name}-??????");
    let reads = |provider: &str, purpose: &str, action: &str| {
        let run = deployer(&spec, &["--provider", provider]);
        allowed(&run, purpose).get(action).is_some_and(|resources| resources.contains(&arn))
    };
    let (value, versions) = (DIFFERENCES[0].without, DIFFERENCES[0].with);
    for (provider, expected) in [("5.100.0", (true, false)), ("6.25.9", (true, false)), ("6.26", (false, true))] {
        assert_eq!((reads(provider, "plan", value), reads(provider, "plan", versions)), expected, "{provider}");
        assert!(reads(provider, "apply", value), "{provider}");
    }
    assert!(deployer(&spec, &["--provider", "6.26"]).err.contains(DIFFERENCES[0].source));
}

#[test]
fn a_spec_before_adds_what_the_new_one_no_longer_has() {
    let mut spec = bakery();
    let dir = tempfile::tempdir().expect("a directory");
    let before = dir.path().join("before.json");
    fs::write(&before, spec.to_json()).expect("it can be written");
    spec.secrets.retain(|secret| secret.id != "GrocerLogin");
    for handler in &mut spec.handlers {
        handler.grants.retain(|grant| grant.secret != "GrocerLogin");
    }
    let grocer = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:dev/bakery/grocer-??????".to_owned();
    let deletes = |more: &[&str]| {
        let run = deployer(&spec, &[&["--prefix", "dev/", "--var", "close_branch_role=closer"], more].concat());
        allowed(&run, "apply")["secretsmanager:DeleteSecret"].contains(&grocer)
    };
    assert!(!deletes(&[]));
    assert!(deletes(&["--with-spec", &before.to_string_lossy()]));
}

#[test]
fn the_terraform_creates_the_roles_for_github() {
    let arguments = [
        "--prefix",
        "dev/",
        "--var",
        "close_branch_role=closer",
        "--format",
        "hcl",
        "--github",
        "octo-org@12/oven@34",
        "--environment",
        "production",
        "--pull-requests",
    ];
    assert_snapshot!(deployer(&bakery(), &arguments));
    let classic = [
        "--prefix",
        "dev/",
        "--var",
        "close_branch_role=closer",
        "--github",
        "octo-org/oven",
        "--ref",
        "refs/heads/main",
    ];
    let run = deployer(&bakery(), &classic);
    let report: Value = serde_json::from_str(&run.out).expect("it is JSON");
    for role in report["roles"].as_array().expect("it is a list") {
        let claims = &role["trust"]["Statement"][0]["Condition"]["StringEquals"];
        assert_eq!(claims["token.actions.githubusercontent.com:aud"], "sts.amazonaws.com");
        assert_eq!(
            claims["token.actions.githubusercontent.com:sub"],
            serde_json::json!(["repo:octo-org/oven:ref:refs/heads/main"])
        );
    }
}

#[test]
fn wrong_input_is_named_and_nothing_is_printed() {
    let prefix = ["--prefix", "dev/"];
    let cases: [(&[&str], &str); 12] = [
        (&[], "an environment for each prefix"),
        (&["--prefix", "prod/"], "no environment with the prefix"),
        (&["--github", "octo-org/oven"], "required"),
        (&["--github", "octo-org/oven", "--ref", "main"], "is not a branch"),
        (&["--github", "octo-org/oven", "--ref", "refs/heads/*"], "is not a branch"),
        (&["--github", "octo-org@1/oven", "--ref", "refs/heads/main"], "both ids or none"),
        (&["--github", "octo-org/oven/x", "--environment", "p"], "is not a repository"),
        (&["--github", "o/r", "--ref", "refs/heads/main", "--environment", "p"], "cannot be used with"),
        (&["--ref", "refs/heads/main"], "required"),
        (&["--name", "a/b"], "letters"),
        (&["--provider", "latest"], "three numbers"),
        (&["--pull-requests"], "required"),
    ];
    for (arguments, words) in cases {
        let needs_prefix = !arguments.is_empty() && arguments[0] != "--prefix";
        let run = deployer(&bakery(), &[if needs_prefix { &prefix[..] } else { &[] }, arguments].concat());
        assert_eq!(run.exit, Exit::Usage, "{arguments:?}: {run}");
        assert!(run.err.contains(words), "{arguments:?}: {run}");
        assert!(!run.out.contains("Statement"), "{arguments:?}: {run}");
    }
    for arguments in [["--account", "1234"], ["--region", "Europe"]] {
        assert_eq!(on(&bakery(), &[&["deployer"], &arguments[..]].concat(), false).exit, Exit::Usage);
    }
    let run = deployer(&warehouse(), &["--provider", "6.0"]);
    assert!(run.exit == Exit::Usage && run.err.contains("--var close_shop_role=NAME"), "{run}");
}

/// docs/deployer.md has the version of the recorded calls, and every known difference with its source.
#[test]
fn the_document_names_the_recorded_version_and_each_difference() {
    let text = fs::read_to_string(workspace().join("docs/deployer.md")).expect("it is there");
    assert!(text.contains(&format!("hashicorp/aws {}", recorded().provider)));
    for it in DIFFERENCES {
        let since = it.since.to_string();
        assert!(text.contains(since.trim_end_matches(".0")) && text.contains(it.source), "{it:?}");
    }
    for (kind, steps) in &recorded().calls {
        assert!(text.contains(&format!("`{kind}`")), "{kind}");
        for action in steps.values().flatten() {
            let name = action.split(':').nth(1).unwrap_or_default();
            assert!(text.contains(name), "{action}");
        }
    }
}
