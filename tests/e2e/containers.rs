//! The depot's files, with a function, a task of ECS, pods of EKS, and a secret that all environments share: applied once. A second
//! plan is empty, each role trusts only what runs its handler, and does what its grants say and nothing else.
//!
//! The server lets no service assume a role, and evaluates the conditions of a trust policy for other callers only: that the
//! conditions are met by the calls of ECS and EKS is documented by AWS, and not tried.

use std::fs;

use libtest_mimic::Trial;
use paypulse_tests::depot;
use serde_json::{Value, json};
use xtask::render;

use crate::access::Roles;
use crate::account::Account;
use crate::chain::Rig;
use crate::denied::{self, Answer};
use crate::terraform::Module;
use crate::{Result, check, tools};

const CLUSTER: &str = "arn:aws:eks:eu-west-1:123456789012:cluster/depot";
const CLEANER: &str = "cleaner";
const PARTNER: &str = "partners/acme";
const CUSTOMS: &str = "dev/depot/customs";
const LOCK: &str = "dev/depot/slots/7/lock";

/// Each role with what it may do, written by hand from the spec.
const GRANTED: [(&str, &[(&str, &str)]); 5] = [
    (CLEANER, &[("DescribeSecret", LOCK)]),
    ("dev-Depot-Guard", &[("DeleteSecret", LOCK)]),
    ("dev-count", &[("GetSecretValue", "dev/depot/gate")]),
    ("dev-load", &[("GetSecretValue", PARTNER), ("GetSecretValue", LOCK), ("PutSecretValue", LOCK)]),
    ("dev-ship", &[("GetSecretValue", CUSTOMS), ("DescribeSecret", PARTNER)]),
];

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    vec![check("containers_are_applied", move || run(&rig))]
}

fn run(rig: &Rig) -> Result {
    let mut files = render::files(&depot::spec()).map_err(|problems| format!("the spec has problems: {problems:?}"))?;
    files.insert("main.tf".to_owned(), fs::read_to_string(tools::workspace().join("terraform/main.tf"))?);
    let variables = format!(
        "aws_region = \"eu-west-1\"\nname_prefix = \"dev/\"\ngate_key = \"the gate key\"\neks_cluster_arn = \"{CLUSTER}\"\ncleaner_role = \
         \"{CLEANER}\"\n"
    );
    let account = Account::open(&rig.tools)?;
    let trust = json!({ "Version": "2012-10-17", "Statement": [trusts("dev-load")] }).to_string();
    let cleaner = json!({ "RoleName": CLEANER, "AssumeRolePolicyDocument": trust }).to_string();
    let _: Value = account.manage(&["iam", "create_role", &cleaner])?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let administrator = account.administrator();
    for name in [PARTNER, CUSTOMS, LOCK] {
        runtime.block_on(administrator.create_secret().name(name).secret_string("{}").send())?;
    }
    let module = Module::of(&rig.tools, rig.provider()?, &account, &files, &variables)?;
    module.prepare()?;
    module.apply()?;
    if let Some(changes) = module.drift()? {
        return Err(format!("a plan after the apply would change something:\n{changes}").into());
    }
    let roles: Roles = account.manage(&["sessions"])?;
    if !roles.keys().map(String::as_str).eq(GRANTED.map(|(role, _)| role)) {
        return Err(format!("the roles are {:?}", roles.keys()).into());
    }
    for (name, role) in &roles {
        let expected = json!({ "Version": "2012-10-17", "Statement": [trusts(name)] });
        if *role.trust() != expected || role.is_open_to_others() {
            return Err(format!("`{name}` trusts {}", role.trust()).into());
        }
    }
    runtime.block_on(tried(&account, &roles))
}

/// What the role of a name trusts, written by hand.
fn trusts(role: &str) -> Value {
    let pod = |service_account: &str| {
        json!({
            "Effect": "Allow",
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Principal": { "Service": "pods.eks.amazonaws.com" },
            "Condition": { "StringEquals": {
                "aws:RequestTag/eks-cluster-arn": CLUSTER,
                "aws:RequestTag/kubernetes-namespace": "depot",
                "aws:RequestTag/kubernetes-service-account": service_account,
            } },
        })
    };
    match role {
        "dev-count" => json!({
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": "lambda.amazonaws.com" },
        }),
        "dev-ship" => pod("ship"),
        "dev-Depot-Guard" => pod("guard"),
        _ => json!({
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": { "Service": "ecs-tasks.amazonaws.com" },
            "Condition": {
                "ArnLike": { "aws:SourceArn": "arn:aws:ecs:eu-west-1:000000000000:*" },
                "StringEquals": { "aws:SourceAccount": "000000000000" },
            },
        }),
    }
}

/// Makes every granted call and some of the others, by the SDK's client under each role. Deletions come last.
async fn tried(account: &Account, roles: &Roles) -> Result {
    for operation in ["GetSecretValue", "DescribeSecret", "PutSecretValue", "DeleteSecret"] {
        for (role, granted) in GRANTED {
            let client = roles[role].client(account);
            for name in ["dev/depot/gate", CUSTOMS, PARTNER, LOCK] {
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
