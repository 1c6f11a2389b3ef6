//! The same files in other partitions: what is applied there names that partition throughout, and is found again.
//!
//! The server knows every partition, and enforces nothing: that the policies allow what they should, wherever they are, is
//! proven without a server.

use std::collections::BTreeMap;
use std::fs;

use libtest_mimic::Trial;
use serde_json::{Value, json};
use xtask::{Exit, render};

use crate::account::Account;
use crate::chain::Rig;
use crate::terraform::Module;
use crate::{Result, check, command, tools};

paypulse_runtime::declare! {
    source: "tests/e2e/partitions.rs";

    keys {
        /// A user's id.
        UserId;
    }

    secrets {
        /// Shared with others.
        Shared: paypulse_runtime::model::Text = "rig/shared", owner: terraform(shared), kms_key: variable(shared_key_arn),
            shared_with: { account("123456789012"): read; };
        /// Exists already.
        Old: paypulse_runtime::model::Text = "rig/old", owner: external;
        /// Created by handlers.
        Users { user_id: UserId }: paypulse_runtime::model::Text = "rig/users/{user_id}", owner: runtime,
            kms_key: variable(shared_key_arn);
    }

    handlers {
        /// Reads all.
        Reader = "rig-reader" {
            Shared: read;
            Old: read;
            Users: read;
        }
    }
}

/// A partition, a Region of it, and what Secrets Manager can be called there by KMS.
const PARTITIONS: [(&str, &str, &[&str]); 3] = [
    ("aws-us-gov", "us-gov-west-1", &["secretsmanager.us-gov-west-1.amazonaws.com"]),
    (
        "aws-cn",
        "cn-northwest-1",
        &["secretsmanager.cn-northwest-1.amazonaws.com", "secretsmanager.cn-northwest-1.amazonaws.com.cn"],
    ),
    ("aws", "us-east-1", &["secretsmanager.us-east-1.amazonaws.com"]),
];

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let trial = |(partition, region, via)| {
        let rig = rig.clone();
        let name = format!("applied_in_the_partition_{}", str::replace(partition, "-", "_"));
        check(&name, move || run(&rig, partition, region, via))
    };
    PARTITIONS.into_iter().map(trial).collect()
}

fn run(rig: &Rig, partition: &str, region: &'static str, via: &[&str]) -> Result {
    let mut files = render::files(&spec()).map_err(|problems| format!("the spec has problems: {problems:?}"))?;
    files.insert("main.tf".to_owned(), fs::read_to_string(tools::workspace().join("terraform/main.tf"))?);
    let key = format!("arn:{partition}:kms:{region}:123456789012:key/11111111-1111-1111-1111-111111111111");
    let variables = format!("aws_region = \"{region}\"\nshared = \"the value\"\nshared_key_arn = \"{key}\"\n");
    let account = Account::open_in(&rig.tools, region)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let administrator = account.administrator();
    runtime.block_on(administrator.create_secret().name("rig/old").secret_string("x").send())?;
    let module = Module::of(&rig.tools, rig.provider()?, &account, &files, &variables)?;
    module.prepare()?;
    module.apply()?;
    let secrets = format!("arn:{partition}:secretsmanager:{region}:123456789012:secret:rig/");
    let listing: Vec<Value> = account.manage(&["listing"])?;
    let found = found(&listing, &secrets)?;
    same(&found, &expected(partition, &secrets, &key, via))?;
    let policy = runtime.block_on(administrator.get_resource_policy().secret_id("rig/shared").send())?.resource_policy;
    let policy: Value = serde_json::from_str(&policy.ok_or("the secret has no policy")?)?;
    let root = format!("arn:{partition}:iam::123456789012:root");
    same(&policy["Statement"][0]["Principal"]["AWS"], &json!([root]))?;
    if let Some(changes) = module.drift()? {
        return Err(format!("a plan after the apply would change something:\n{changes}").into());
    }
    is_found_again(&module, &listing)
}

/// Written by hand. The last six characters of each ARN are left out.
fn expected(partition: &str, secrets: &str, key: &str, via: &[&str]) -> Value {
    json!({
        "attached": [format!("arn:{partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")],
        "trusts": "lambda.amazonaws.com",
        "statements": [
            {
                "Effect": "Allow",
                "Action": ["secretsmanager:GetSecretValue"],
                "Resource": [format!("{secrets}old"), format!("{secrets}shared"), format!("{secrets}users/*")],
            },
            {
                "Effect": "Allow",
                "Action": ["kms:Decrypt"],
                "Resource": [key],
                "Condition": {
                    "StringEquals": { "kms:ViaService": via },
                    "StringLike": {
                        "kms:EncryptionContext:SecretARN": [format!("{secrets}shared"), format!("{secrets}users/*")],
                    },
                },
            },
        ],
    })
}

/// The role as the account has it.
fn found(listing: &[Value], secrets: &str) -> Result<Value> {
    let [_, details] = listing else { return Err("the listing has two documents".into()) };
    let mut roles = details["RoleDetailList"].as_array().into_iter().flatten();
    let role = roles.find(|role| role["RoleName"] == "rig-reader").ok_or("there is no role")?;
    let attached = role["AttachedManagedPolicies"].as_array().into_iter().flatten();
    let mut statements = role["RolePolicyList"][0]["PolicyDocument"]["Statement"].clone();
    without_suffixes(&mut statements, secrets);
    Ok(json!({
        "attached": attached.map(|policy| &policy["PolicyArn"]).collect::<Vec<_>>(),
        "trusts": role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"],
        "statements": statements,
    }))
}

/// Secrets Manager chooses the end of an ARN.
fn without_suffixes(value: &mut Value, secrets: &str) {
    match value {
        Value::String(text) if text.starts_with(secrets) && !text.ends_with('*') => {
            text.truncate(text.len() - "-AbCdEf".len());
        }
        Value::Array(values) => values.iter_mut().for_each(|value| without_suffixes(value, secrets)),
        Value::Object(values) => values.values_mut().for_each(|value| without_suffixes(value, secrets)),
        _ => {}
    }
}

/// From a listing of the account `import` knows everything that is there, but for what no listing shows.
fn is_found_again(module: &Module<'_>, listing: &[Value]) -> Result {
    let documents: BTreeMap<usize, String> = listing.iter().map(Value::to_string).enumerate().collect();
    module.put("listing.json", &documents.into_values().collect::<Vec<_>>().join("\n"))?;
    let (path, out) = (module.dir().join("listing.json"), module.dir().join("found"));
    let (path, out) = (path.to_string_lossy(), out.to_string_lossy());
    let said = command::xtask(&spec(), module.dir(), &["import", "--listing", &path, "--out", &out])?;
    if said.exit != Exit::Done {
        return Err(format!("`import` failed:\n{}", said.err).into());
    }
    let blocks = fs::read_to_string(module.dir().join("found/import.tf"))?;
    for address in [
        "aws_secretsmanager_secret.shared\n",
        "aws_secretsmanager_secret_version.shared_value\n",
        "aws_iam_role.rig_reader\n",
        "aws_iam_role_policy.rig_reader_secrets\n",
        "aws_iam_role_policy_attachment.rig_reader_logs\n",
    ] {
        if !blocks.contains(address) {
            return Err(format!("`{}` is not found again:\n{blocks}", address.trim_end()).into());
        }
    }
    Ok(())
}

fn same(found: &Value, expected: &Value) -> Result {
    if found == expected { Ok(()) } else { Err(format!("found {found:#}\nexpected {expected:#}").into()) }
}
