//! The committed Terraform of `examples/bookshop`, applied once as that team applies it: a second plan is empty, and each role
//! does what its grants say and nothing else.

use std::collections::BTreeMap;
use std::fs;

use libtest_mimic::Trial;

use crate::access::Roles;
use crate::account::Account;
use crate::chain::Rig;
use crate::denied::{self, Answer};
use crate::terraform::Module;
use crate::{Result, check, tools};

/// What another root of the account has: the key that the spec names by its alias.
const KEY: &str = r#"
provider "aws" {
  region = "eu-west-1"
}

resource "aws_kms_key" "bookshop" {}

resource "aws_kms_alias" "bookshop" {
  name          = "alias/bookshop"
  target_key_id = aws_kms_key.bookshop.key_id
}
"#;

const VARIABLES: &str = "stage = \"dev/\"\nmail_key = \"the mail key\"\nmail_key_version = 1\n";

/// A shop's key in both environments. Of a secret that is missing the server compares the bare name, where AWS compares the one that
/// it would have.
const SHOPS: [&str; 2] = ["dev/shops/berlin/payment-key", "prod/shops/berlin/payment-key"];

/// Each role with what it may do, written by hand from the spec.
const GRANTED: [(&str, &[(&str, &str)]); 4] = [
    ("dev-charge", &[("GetSecretValue", SHOPS[0]), ("GetSecretValue", "dev/mail-key")]),
    ("dev-connect-shop", &[("GetSecretValue", SHOPS[0]), ("PutSecretValue", SHOPS[0])]),
    (
        "dev-rotate-catalog-login",
        &[
            ("DescribeSecret", "dev/catalog-login"),
            ("GetSecretValue", "dev/catalog-login"),
            ("PutSecretValue", "dev/catalog-login"),
        ],
    ),
    ("dev-search", &[("GetSecretValue", "dev/catalog-login")]),
];

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    vec![check("bookshop_is_applied", move || run(&rig))]
}

fn run(rig: &Rig) -> Result {
    let account = Account::open(&rig.tools)?;
    let key = BTreeMap::from([("main.tf".to_owned(), KEY.to_owned())]);
    let key = Module::of(&rig.tools, rig.provider()?, &account, &key, "")?;
    key.prepare()?;
    key.apply()?;
    let module = Module::of(&rig.tools, rig.provider()?, &account, &committed()?, VARIABLES)?;
    module.prepare()?;
    module.apply()?;
    if let Some(changes) = module.drift()? {
        return Err(format!("a plan after the apply would change something:\n{changes}").into());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(tried(&account))
}

/// The files as they are committed, without the values that a user of the example may have there.
fn committed() -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(tools::workspace().join("examples/bookshop/terraform"))? {
        let path = entry?.path();
        if let (Some("tf"), Some(name)) = (path.extension().and_then(|it| it.to_str()), path.file_name()) {
            files.insert(name.to_string_lossy().into_owned(), fs::read_to_string(&path)?);
        }
    }
    Ok(files)
}

/// Makes every granted call and some of the others, by the SDK's client under each role.
async fn tried(account: &Account) -> Result {
    let administrator = account.administrator();
    for shop in SHOPS {
        administrator.create_secret().name(shop).secret_string("{}").send().await?;
    }
    let login = r#"{"user": "catalog", "password": "first"}"#;
    administrator.put_secret_value().secret_id("dev/catalog-login").secret_string(login).send().await?;
    let value = administrator.get_secret_value().secret_id("dev/mail-key").send().await?;
    if value.secret_string() != Some("the mail key") {
        return Err("the write-only value is not what was applied".into());
    }
    let roles: Roles = account.manage(&["sessions"])?;
    if !roles.keys().map(String::as_str).eq(GRANTED.map(|(role, _)| role)) {
        return Err(format!("the roles are {:?}", roles.keys()).into());
    }
    for (role, granted) in GRANTED {
        let client = roles[role].client(account);
        for operation in ["GetSecretValue", "DescribeSecret", "PutSecretValue", "DeleteSecret"] {
            for name in [SHOPS[0], SHOPS[1], "dev/mail-key", "dev/catalog-login"] {
                let expected = if granted.contains(&(operation, name)) { Answer::Allowed } else { Answer::Denied };
                let found = denied::call(&client, operation, name).await?;
                if found != expected {
                    return Err(format!("`{role}`, {operation} on `{name}`: {found:?} instead of {expected:?}").into());
                }
            }
        }
    }
    Ok(())
}
