//! Plans that Terraform made, given to `cargo xtask check-plan`: of the module as it is committed, and of modules that
//! were changed by hand.

use std::fs;

use libtest_mimic::Trial;
use paypulse_runtime::spec::spec;
use serde_json::Value;
use xtask::Exit;

use crate::account::Account;
use crate::chain::Rig;
use crate::process::Scratch;
use crate::terraform::Module;
use crate::{Result, check, command};

/// A change by hand, and what has to be found of it.
struct Case {
    what: &'static str,
    by_hand: By,
    exit: Exit,
    /// Kind and place of each finding.
    found: &'static [(&'static str, &'static str)],
}

enum By {
    /// In a generated file, at the first place after a text.
    Edit { file: &'static str, after: &'static str, from: &'static str, to: &'static str },
    /// By a file beside the generated ones.
    File(&'static str),
}

const CASES: [Case; 11] = [
    Case {
        what: "an action more",
        by_hand: By::Edit {
            file: "iam.tf",
            after: "\"aws_iam_role_policy\" \"login_user_secrets\"",
            from: "\"secretsmanager:GetSecretValue\",",
            to: "\"secretsmanager:GetSecretValue\", \"secretsmanager:PutSecretValue\",",
        },
        exit: Exit::Widened,
        found: &[("policy-wider", "login_user")],
    },
    Case {
        what: "the same in other words",
        by_hand: By::Edit {
            file: "iam.tf",
            after: "\"aws_iam_role_policy\" \"login_user_secrets\"",
            from: "\"secretsmanager:GetSecretValue\",",
            to: "\"secretsmanager:getsecretvalue\", \"SecretsManager:GetSecretValue\",",
        },
        exit: Exit::Done,
        found: &[],
    },
    Case {
        what: "an action less",
        by_hand: By::Edit {
            file: "iam.tf",
            after: "\"aws_iam_role_policy\" \"gmail_store_tokens_secrets\"",
            from: "\"secretsmanager:CreateSecret\",",
            to: "",
        },
        exit: Exit::Stale,
        found: &[("policy-narrower", "gmail_store_tokens")],
    },
    Case {
        what: "another service may be a handler",
        by_hand: By::Edit {
            file: "iam.tf",
            after: "lambda_trust_policy",
            from: "\"lambda.amazonaws.com\"",
            to: "[\"lambda.amazonaws.com\", \"ec2.amazonaws.com\"]",
        },
        exit: Exit::Widened,
        found: &[("policy-wider", "who may be login_user")],
    },
    Case {
        what: "another name of a secret",
        by_hand: By::Edit {
            file: "secrets.tf",
            after: "\"google_oauth_client_id\"",
            from: "\"Google-OAuth-Client-ID\"",
            to: "\"Google-OAuth-Client\"",
        },
        exit: Exit::Stale,
        found: &[("secret-replaced", "aws_secretsmanager_secret.google_oauth_client_id")],
    },
    Case {
        what: "a user's tokens as Terraform's",
        by_hand: By::File(
            r#"resource "aws_secretsmanager_secret" "user" {
  name = "gmail/user/seven"
}

resource "aws_secretsmanager_secret_version" "user" {
  secret_id     = aws_secretsmanager_secret.user.id
  secret_string = "hush"
}
"#,
        ),
        exit: Exit::Stale,
        found: &[("runtime-owned", "aws_secretsmanager_secret.user")],
    },
    Case {
        what: "a value of a secret that exists elsewhere",
        by_hand: By::File(
            r#"resource "aws_secretsmanager_secret_version" "jwt" {
  secret_id     = data.aws_secretsmanager_secret.jwt_signing_key.id
  secret_string = "hush"
}
"#,
        ),
        exit: Exit::Stale,
        found: &[("value-in-plan", "aws_secretsmanager_secret_version.jwt")],
    },
    Case {
        what: "another role that reads all",
        by_hand: By::File(
            r#"resource "aws_iam_role" "other" {
  name               = "other"
  assume_role_policy = local.lambda_trust_policy
}

resource "aws_iam_role_policy" "other" {
  name = "reads"
  role = aws_iam_role.other.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "secretsmanager:Get*", Resource = "*" }]
  })
}
"#,
        ),
        exit: Exit::Widened,
        found: &[("foreign-grant", "aws_iam_role_policy.other")],
    },
    Case {
        what: "another role that reads something else",
        by_hand: By::File(
            r#"resource "aws_iam_role" "other" {
  name               = "other"
  assume_role_policy = local.lambda_trust_policy
}

resource "aws_iam_role_policy" "other" {
  name = "reads"
  role = aws_iam_role.other.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "secretsmanager:*", Resource = "arn:aws:secretsmanager:*:*:secret:other/*" },
      { Effect = "Allow", Action = "secretsmanager:ListSecrets", Resource = "*" },
    ]
  })
}
"#,
        ),
        exit: Exit::Done,
        found: &[],
    },
    Case {
        what: "a policy of AWS's on a handler's role",
        by_hand: By::File(
            r#"resource "aws_iam_role_policy_attachment" "all" {
  role       = aws_iam_role.login_user.name
  policy_arn = "arn:aws:iam::aws:policy/SecretsManagerReadWrite"
}
"#,
        ),
        exit: Exit::Widened,
        found: &[("foreign-grant", "aws_iam_role_policy_attachment.all")],
    },
    Case {
        what: "a policy on a secret",
        by_hand: By::File(
            r#"resource "aws_secretsmanager_secret_policy" "other" {
  secret_arn = aws_secretsmanager_secret.google_oauth_client_id.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:root" }
      Action    = "secretsmanager:GetSecretValue"
      Resource  = "*"
    }]
  })
}
"#,
        ),
        exit: Exit::Widened,
        found: &[("foreign-grant", "aws_secretsmanager_secret_policy.other")],
    },
];

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    vec![check("plans_are_as_the_spec_says", move || run(&rig))]
}

fn run(rig: &Rig) -> Result {
    let account = Account::open_with_all_policies(&rig.tools)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let create = account.administrator().create_secret().name("PayPulseAppJWTSecret").secret_string("signs");
    runtime.block_on(create.send())?;
    let module = Module::copy(&rig.tools, rig.provider()?, &account)?;
    module.prepare()?;
    // Before the first apply the ARN of a secret is not known, nor what names it.
    let first = checked(&module)?;
    let later = [("known-after-apply", "aws_iam_role_policy.fetch_invoices_secrets")];
    first.holds("the first plan", Exit::Done, &later)?;
    module.apply()?;
    let second = checked(&module)?;
    second.holds("the second plan", Exit::Done, &[])?;
    if !second.findings.is_empty() {
        return Err(format!("of the second plan is found {:#?}", second.findings).into());
    }
    for case in CASES {
        spoilt(&module, &case)?;
    }
    Ok(())
}

/// Changes the module as the case says, holds its plan to that, and changes it back.
fn spoilt(module: &Module<'_>, case: &Case) -> Result {
    match case.by_hand {
        By::File(text) => {
            module.put("by_hand.tf", text)?;
            checked(module)?.holds(case.what, case.exit, case.found)?;
            fs::remove_file(module.dir().join("by_hand.tf"))?;
        }
        By::Edit { file, after, from, to } => {
            let path = module.dir().join(file);
            let before = fs::read_to_string(&path)?;
            module.edit(file, after, from, to)?;
            checked(module)?.holds(case.what, case.exit, case.found)?;
            fs::write(path, before)?;
        }
    }
    Ok(())
}

/// What `check-plan` says of a plan.
struct Checked {
    exit: Exit,
    findings: Vec<Value>,
}

fn checked(module: &Module<'_>) -> Result<Checked> {
    let scratch = Scratch::new()?;
    let file = scratch.path().join("plan.json");
    fs::write(&file, module.plan()?.to_string())?;
    let said = command::xtask(&spec(), module.dir(), &["check-plan", &file.to_string_lossy(), "--format", "json"])?;
    if said.out.contains("hush") {
        return Err(format!("a value is printed:\n{}", said.out).into());
    }
    let report: Value =
        serde_json::from_str(&said.out).map_err(|error| format!("{error}: {}{}", said.out, said.err))?;
    let findings = report["findings"].as_array().ok_or("the report has no list of findings")?.clone();
    Ok(Checked { exit: said.exit, findings })
}

impl Checked {
    fn holds(&self, what: &str, exit: Exit, found: &[(&str, &str)]) -> Result {
        let there = |(kind, place): &&(&str, &str)| {
            self.findings.iter().any(|finding| finding["kind"] == *kind && finding["place"] == *place)
        };
        let missing: Vec<_> = found.iter().filter(|expected| !there(expected)).collect();
        let is_quiet = !found.is_empty() || self.findings.is_empty();
        if self.exit == exit && missing.is_empty() && is_quiet {
            return Ok(());
        }
        let exits = format!("{:?}, and not {exit:?}", self.exit);
        Err(format!("{what}: it ends with {exits}; {missing:?} is not found, but {:#?}", self.findings).into())
    }
}
