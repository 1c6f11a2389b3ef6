//! `cargo xtask audit` on an account that Terraform has filled: it finds nothing there, and finds each thing that is then
//! changed by hand, and only that.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_secretsmanager::Client;
use libtest_mimic::Trial;
use paypulse_runtime::model::Spec;
use paypulse_runtime::spec::spec;
use serde_json::{Value, json};
use xtask::audit::{Coverage, Report, Site, policy};
use xtask::live::{Audit, Clients, Settings};

use crate::account::{Account, REGION};
use crate::chain::{self, Rig};
use crate::terraform::Module;
use crate::{Result, check};

/// A change of the account, and every finding after it: rules and places.
struct Drift {
    name: &'static str,
    make: fn(&Account, &Client, &tokio::runtime::Runtime) -> Result,
    found: &'static [(&'static str, &'static str)],
}

/// What a member has, so that it is a good one.
const BUNDLE: &str = r#"{"access_token": "a", "expires_in": 3600, "expires_at": "2024-11-01T11:00:00.000000",
    "token_type": "Bearer", "scope": "s", "created_at": "2024-11-01T10:00:00.000000"}"#;

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    vec![check("audit_finds_what_was_changed_by_hand", move || run(&rig))]
}

fn run(rig: &Rig) -> Result {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let account = Account::open(&rig.tools)?;
    let administrator = account.administrator();
    runtime.block_on(chain::prepare(&administrator))?;
    let module = Module::copy(&rig.tools, rig.provider()?, &account)?;
    module.prepare()?;
    module.apply()?;
    runtime.block_on(administrator.create_secret().name("gmail/user/somebody").secret_string(BUNDLE).send())?;
    expect("nothing was changed", &[], &runtime.block_on(audit(&account, Account::credentials(), Duration::ZERO))?)?;
    for drift in DRIFTS {
        (drift.make)(&account, &administrator, &runtime).map_err(|error| format!("{}: {error}", drift.name))?;
    }
    let expected: Vec<_> = DRIFTS.iter().flat_map(|drift| drift.found).copied().collect();
    expect("all was changed", &expected, &runtime.block_on(audit(&account, Account::credentials(), Duration::ZERO))?)?;
    let later = Duration::from_hours(91 * 24);
    let stale = ["somebody", "broken", "empty"].map(|user| format!("member/gmail/user/{user}"));
    let stale = stale.iter().map(|place| ("stale-member", place.as_str()));
    let expected_later: Vec<_> = expected.iter().copied().chain(stale).collect();
    let found = runtime.block_on(audit(&account, Account::credentials(), later))?;
    expect("a quarter of a year has passed", &expected_later, &found)?;
    // The same is found with the policy that an audit needs, and nothing without it.
    let auditor = auditor(&account)?;
    // It is one more who can reach the secrets.
    let expected = [&expected[..], &[("outside-reach", "user/auditor")]].concat();
    expect("all was changed", &expected, &runtime.block_on(audit(&account, auditor.clone(), Duration::ZERO))?)?;
    // Who may not read values is told of each, and of nothing that is wrong with it.
    let site = Site { region: REGION.into(), account: "000000000000".into() };
    let without_values = policy(&spec(), &site, false, &BTreeMap::new()).to_string();
    let policy = json!({ "UserName": AUDITOR, "PolicyName": "audit", "PolicyDocument": without_values });
    iam(&account, "put_user_policy", &policy)?;
    let unread = ["somebody", "broken"].map(|user| format!("member/gmail/user/{user}"));
    let unread = unread.iter().map(|place| ("unreadable-value", place.as_str()));
    let others = expected.iter().copied().filter(|(rule, place)| *rule != "bad-payload" && *place != "user/auditor");
    let expected: Vec<_> = others.chain(unread).chain([("outside-look", "user/auditor")]).collect();
    expect(
        "values are not to be read",
        &expected,
        &runtime.block_on(audit(&account, auditor.clone(), Duration::ZERO))?,
    )?;
    iam(&account, "delete_user_policy", &json!({ "UserName": AUDITOR, "PolicyName": "audit" }))?;
    match runtime.block_on(audit(&account, auditor, Duration::ZERO)) {
        Err(error) if error.to_string().contains("is denied") => {}
        Err(error) => return Err(format!("without a policy: {error}").into()),
        Ok(_) => return Err("without a policy the audit still works".into()),
    }
    Ok(())
}

const AUDITOR: &str = "auditor";

/// A user with the policy that an audit needs, and no other.
fn auditor(account: &Account) -> Result<Credentials> {
    let site = Site { region: REGION.into(), account: "000000000000".into() };
    let policy = policy(&spec(), &site, true, &BTreeMap::new()).to_string();
    iam(account, "create_user", &json!({ "UserName": AUDITOR }))?;
    iam(account, "put_user_policy", &json!({ "UserName": AUDITOR, "PolicyName": "audit", "PolicyDocument": policy }))?;
    let key = iam(account, "create_access_key", &json!({ "UserName": AUDITOR }))?;
    let text = |name: &str| key["AccessKey"][name].as_str().map(str::to_owned).ok_or("no key was made");
    Ok(Credentials::new(text("AccessKeyId")?, text("SecretAccessKey")?, None, None, "auditor"))
}

/// All that an audit of a spec finds in an account: rules and places.
pub fn found(account: &Account, spec: &Spec, variables: &[(&str, &str)]) -> Result<Vec<(String, String)>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let settings = Settings {
        variables: variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..settings(Duration::ZERO)
    };
    let report = runtime.block_on(report(account, Account::credentials(), spec, &settings))?;
    let mut found: Vec<_> =
        report.findings().into_iter().map(|(it, _)| (it.rule.name().to_owned(), it.place.id())).collect();
    found.sort();
    Ok(found)
}

/// Holds all that an audit of a spec finds in an account to what is expected.
pub fn finds(
    account: &Account,
    spec: &Spec,
    variables: &[(&str, &str)],
    when: &str,
    expected: &[(&str, &str)],
) -> Result {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let settings = Settings {
        variables: variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..settings(Duration::ZERO)
    };
    expect(when, expected, &runtime.block_on(report(account, Account::credentials(), spec, &settings))?)
}

/// An audit some time from now.
async fn audit(account: &Account, credentials: Credentials, later: Duration) -> Result<Report> {
    report(account, credentials, &spec(), &settings(later)).await
}

fn settings(later: Duration) -> Settings {
    Settings {
        now: SystemTime::now() + later,
        stale_after: Duration::from_hours(90 * 24),
        read_values: true,
        member_policies: true,
        variables: BTreeMap::new(),
    }
}

async fn report(account: &Account, credentials: Credentials, spec: &Spec, settings: &Settings) -> Result<Report> {
    let clients = Clients::new(&account.configuration(credentials), 1_000, Duration::from_millis(10))?;
    let mut report = Report::default();
    let audit = Audit::new(&clients, spec, settings)?;
    audit.run(&mut report, &mut |_: &Coverage| ()).await.map_err(|error| format!("{error}; {}", error.hint()))?;
    Ok(report)
}

fn expect(when: &str, expected: &[(&str, &str)], report: &Report) -> Result {
    let found = report.findings().into_iter().map(|(it, _)| (it.rule.name().to_owned(), it.place.id()));
    let mut found: Vec<_> = found.collect();
    let mut expected: Vec<_> = expected.iter().map(|(rule, place)| ((*rule).to_owned(), (*place).to_owned())).collect();
    found.sort();
    expected.sort();
    if found == expected {
        return Ok(());
    }
    let lines: Vec<_> = report.findings().into_iter().map(|(it, _)| format!("{}: {}", it.place, it.message)).collect();
    Err(format!("when {when}: expected {expected:#?}\nfound {found:#?}\n{}", lines.join("\n")).into())
}

/// Calls IAM as the administrator.
fn iam(account: &Account, operation: &str, arguments: &Value) -> Result<Value> {
    account.manage(&["iam", operation, &arguments.to_string()])
}

/// A role that nobody can become, with a policy.
fn role(account: &Account, name: &str, policy: &str) -> Result {
    let trust = json!({ "Version": "2012-10-17", "Statement": [] }).to_string();
    iam(account, "create_role", &json!({ "RoleName": name, "AssumeRolePolicyDocument": trust }))?;
    let policy = json!({ "RoleName": name, "PolicyName": "p", "PolicyDocument": policy });
    iam(account, "put_role_policy", &policy).map(drop)
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn allow(actions: &[&str], resource: &str) -> String {
    let statement = json!({ "Effect": "Allow", "Action": actions, "Resource": resource });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

const DRIFTS: &[Drift] = &[
    Drift {
        name: "a secret is deleted for good",
        make: |_, secrets, runtime| {
            let delete = secrets.delete_secret().secret_id("PayPulseAppJWTSecret").force_delete_without_recovery(true);
            Ok(runtime.block_on(delete.send()).map(drop)?)
        },
        found: &[("missing-secret", "secret/JwtSigningKey")],
    },
    Drift {
        name: "a secret's deletion is scheduled",
        make: |_, secrets, runtime| {
            let delete = secrets.delete_secret().secret_id("Google-OAuth-Client-ID").recovery_window_in_days(7);
            Ok(runtime.block_on(delete.send()).map(drop)?)
        },
        found: &[("pending-deletion", "secret/GoogleOauthClientId")],
    },
    Drift {
        name: "a member loses its current version",
        make: |_, secrets, runtime| {
            let create = secrets.create_secret().name("gmail/user/empty").secret_string("{}").send();
            let version = runtime.block_on(create)?.version_id.ok_or("the secret has no version")?;
            let remove =
                secrets.update_secret_version_stage().secret_id("gmail/user/empty").version_stage("AWSCURRENT");
            Ok(runtime.block_on(remove.remove_from_version_id(version).send()).map(drop)?)
        },
        found: &[("missing-value", "member/gmail/user/empty")],
    },
    Drift {
        name: "a member's value is overwritten",
        make: |_, secrets, runtime| {
            let create = secrets.create_secret().name("gmail/user/broken").secret_string("{\"access_token\": 7}");
            Ok(runtime.block_on(create.send()).map(drop)?)
        },
        found: &[("bad-payload", "member/gmail/user/broken")],
    },
    Drift {
        name: "a secret is put among the members",
        make: |_, secrets, runtime| {
            let create = secrets.create_secret().name("gmail/user/somebody/old").secret_string("{}");
            Ok(runtime.block_on(create.send()).map(drop)?)
        },
        found: &[("stray-secret", "member/gmail/user/somebody/old")],
    },
    Drift {
        name: "a role's policy has an element that nobody knows",
        make: |account, _, _| {
            let statement = json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Surprise": true });
            let document = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
            role(account, "odd", &document)
        },
        found: &[("undecided-policy", "role/odd")],
    },
    Drift {
        name: "a handler's role gets eight policies more, which allow nothing",
        make: |account, _, _| {
            let statement = json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "*" });
            let document = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
            for number in 0..8 {
                let policy = json!({ "PolicyName": format!("no-s3-{number}"), "PolicyDocument": document });
                let made = iam(account, "create_policy", &policy)?;
                let policy = json!({ "RoleName": "get_rental_invoice", "PolicyArn": made["Policy"]["Arn"] });
                iam(account, "attach_role_policy", &policy)?;
            }
            Ok(())
        },
        found: &[("near-quota", "handler/GetRentalInvoice")],
    },
    Drift {
        name: "a role is deleted",
        make: |account, _, _| {
            let role = json!({ "RoleName": "delete_user" });
            for name in texts(&iam(account, "list_role_policies", &role)?["PolicyNames"]) {
                let policy = json!({ "RoleName": "delete_user", "PolicyName": name });
                iam(account, "delete_role_policy", &policy)?;
            }
            let attached = iam(account, "list_attached_role_policies", &role)?;
            for policy in attached["AttachedPolicies"].as_array().into_iter().flatten() {
                let policy = json!({ "RoleName": "delete_user", "PolicyArn": policy["PolicyArn"] });
                iam(account, "detach_role_policy", &policy)?;
            }
            iam(account, "delete_role", &role).map(drop)
        },
        found: &[("missing-role", "handler/DeleteUser")],
    },
    Drift {
        name: "a policy is widened",
        make: |account, _, _| account.manage::<Value>(&["allow", "login_user", "*"]).map(drop),
        found: &[("policy-wider", "handler/LoginUser")],
    },
    Drift {
        name: "a policy is taken away",
        make: |account, _, _| {
            let policy = json!({ "RoleName": "signup_user", "PolicyName": "signup_user-secrets" });
            iam(account, "delete_role_policy", &policy).map(drop)
        },
        found: &[("policy-narrower", "handler/SignupUser")],
    },
    Drift {
        name: "another principal may assume a handler's role",
        make: |account, _, _| {
            let principals = json!({ "Service": "lambda.amazonaws.com", "AWS": "arn:aws:iam::210987654321:root" });
            let statement = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principals });
            let trust = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
            let role = json!({ "RoleName": "fetch_invoices", "PolicyDocument": trust });
            iam(account, "update_assume_role_policy", &role).map(drop)
        },
        found: &[("trust-wider", "handler/FetchInvoices")],
    },
    Drift {
        name: "there is a role more, and one that reaches nothing",
        make: |account, _, _| {
            for (name, resource) in [("watch", "arn:aws:secretsmanager:*:*:secret:gmail/*"), ("idle", "arn:aws:s3:::x")]
            {
                role(account, name, &allow(&["secretsmanager:GetSecretValue"], resource))?;
            }
            Ok(())
        },
        found: &[("outside-reach", "role/watch")],
    },
    Drift {
        name: "there is a user with a policy of AWS's, and a group with one of the account's own",
        make: |account, _, _| {
            iam(account, "create_user", &json!({ "UserName": "eve" }))?;
            let policy = "arn:aws:iam::aws:policy/AdministratorAccess";
            iam(account, "attach_user_policy", &json!({ "UserName": "eve", "PolicyArn": policy }))?;
            iam(account, "create_group", &json!({ "GroupName": "team" }))?;
            let document = allow(&["secretsmanager:Put*"], "arn:aws:secretsmanager:eu-west-1:000000000000:secret:*");
            let made = iam(account, "create_policy", &json!({ "PolicyName": "writers", "PolicyDocument": document }))?;
            let policy = made["Policy"]["Arn"].as_str().ok_or("no policy was made")?;
            iam(account, "attach_group_policy", &json!({ "GroupName": "team", "PolicyArn": policy })).map(drop)
        },
        found: &[("outside-reach", "user/eve"), ("outside-reach", "group/team")],
    },
    Drift {
        name: "a member's own policy lets another account in",
        make: |_, secrets, runtime| {
            let statement = json!({ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::210987654321:root" },
                "Action": "secretsmanager:GetSecretValue", "Resource": "*" });
            let policy = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
            let put = secrets.put_resource_policy().secret_id("gmail/user/somebody").resource_policy(policy);
            Ok(runtime.block_on(put.send()).map(drop)?)
        },
        found: &[("outside-reach", "member/gmail/user/somebody")],
    },
];
