//! Who may do what in an account, by trying it: who may become a handler, every granted verb, and every other call.

use std::collections::BTreeMap;

use aws_credential_types::Credentials;
use aws_sdk_secretsmanager::Client;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Result;
use crate::account::Account;
use crate::denied::{self, Answer};
use crate::expected::{DECOYS, Row, SECRETS, TABLE};
use crate::findings::{Kind, Report};
use crate::granted::{self, Grant};

/// A role of the account, and a session of it.
#[derive(Deserialize)]
pub struct Role {
    trust: Value,
    open_to_others: bool,
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
}

/// Every role of the account, by name.
pub type Roles = BTreeMap<String, Role>;

impl Role {
    /// The SDK's client under its credentials.
    pub fn client(&self, account: &Account) -> Client {
        account.client(self.credentials())
    }

    /// Its trust policy.
    pub const fn trust(&self) -> &Value {
        &self.trust
    }

    /// Whether its trust policy lets a user of the account assume it.
    pub const fn is_open_to_others(&self) -> bool {
        self.open_to_others
    }

    /// The same in another Region.
    pub fn client_in(&self, account: &Account, region: &'static str) -> Client {
        account.client_in(region, self.credentials())
    }

    /// Those of its session.
    pub fn credentials(&self) -> Credentials {
        let (id, key) = (self.access_key_id.as_str(), self.secret_access_key.as_str());
        Credentials::new(id, key, Some(self.session_token.clone()), None, "session of a role")
    }
}

/// Assumes every role. All are there, none else is, and Lambda alone may become one.
pub fn assume(account: &Account, report: &mut Report) -> Result<Roles> {
    let roles: Roles = account.manage(&["sessions"])?;
    let lambda = json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}},
        ],
    });
    for (name, role) in &roles {
        let is_expected = TABLE.iter().any(|row| row.handler == name);
        report.require(is_expected, Kind::Roles, &format!("nobody expects a role `{name}`"));
        report.require(role.trust == lambda, Kind::Trust, &format!("`{name}` does not trust Lambda alone"));
        report.require(!role.open_to_others, Kind::Trust, &format!("anybody may become `{name}`"));
    }
    for row in TABLE.iter().filter(|row| !roles.contains_key(row.handler)) {
        report.find(Kind::Roles, format!("there is no role `{}`", row.handler));
    }
    Ok(roles)
}

/// Goes through every grant with the typed client. Returns how many worked.
pub async fn try_granted(account: &Account, roles: &Roles, report: &mut Report) -> Result<usize> {
    let grants = granted::grants();
    compare_with_the_table(&grants, report);
    let mut worked = 0;
    for grant in &grants {
        let Some(role) = roles.get(grant.handler) else { continue };
        match (grant.exercise)(role.client(account), account.administrator()).await {
            Ok(()) => worked += 1,
            Err(error) => {
                let Grant { handler, secret, verb, .. } = grant;
                report.find(Kind::Granted, format!("`{handler}` cannot {verb} `{secret}`: {error}"));
            }
        }
    }
    Ok(worked)
}

/// The table that people read and the calls that are compiled are two lists: neither may have what the other has not.
fn compare_with_the_table(grants: &[Grant], report: &mut Report) {
    let in_table = |grant: &Grant| {
        TABLE.iter().any(|row| row.handler == grant.handler && row.verbs(grant.secret).any(|verb| verb == grant.verb))
    };
    for grant in grants.iter().filter(|grant| !in_table(grant)) {
        let Grant { handler, secret, verb, .. } = grant;
        report.find(Kind::Granted, format!("the table does not let `{handler}` {verb} `{secret}`"));
    }
    for row in &TABLE {
        for (secret, _) in SECRETS {
            for verb in row.verbs(secret) {
                let is_tried = |grant: &Grant| (grant.handler, grant.secret, grant.verb) == (row.handler, secret, verb);
                let what = format!("no call tries whether `{}` can {verb} `{secret}`", row.handler);
                report.require(grants.iter().any(is_tried), Kind::Granted, &what);
            }
        }
    }
}

/// Makes every call that no grant covers, on every secret and decoy, by name and by ARN. Returns how many were denied.
pub async fn try_denied(account: &Account, roles: &Roles, report: &mut Report) -> Result<usize> {
    let administrator = account.administrator();
    let user = SECRETS[0].1;
    administrator.create_secret().name(user).secret_string("{}").send().await?;
    let mut targets: Vec<(&str, &str, String)> = Vec::new();
    for (secret, name) in SECRETS.iter().copied().chain(DECOYS.map(|name| ("", name))) {
        // By its name too, which is all that there is of a secret that is missing.
        let described = administrator.describe_secret().secret_id(name).send().await;
        let arn = described.map_or_else(|_| name.to_owned(), |described| described.arn.unwrap_or_default());
        targets.push((secret, name, arn));
    }
    let mut denied = 0;
    for row in &TABLE {
        let Some(role) = roles.get(row.handler) else { continue };
        let client = role.client(account);
        for (secret, name, arn) in &targets {
            denied += try_target(&client, row, secret, &[name, arn], report).await?;
        }
        denied += try_operations(&client, row, "", user, &denied::ON_THE_ACCOUNT, report).await?;
    }
    Ok(denied)
}

async fn try_target(client: &Client, row: &Row, secret: &str, ids: &[&str], report: &mut Report) -> Result<usize> {
    let mut denied = 0;
    for id in ids {
        denied += try_operations(client, row, secret, id, &denied::ON_A_SECRET, report).await?;
    }
    Ok(denied)
}

async fn try_operations(
    client: &Client,
    row: &Row,
    secret: &str,
    id: &str,
    operations: &[&str],
    report: &mut Report,
) -> Result<usize> {
    let mut denied = 0;
    for operation in operations.iter().filter(|operation| !row.allows(secret, operation)) {
        match denied::call(client, operation, id).await.map_err(|error| format!("{operation}: {error}"))? {
            Answer::Denied => denied += 1,
            Answer::Allowed => report.find(Kind::Denied, format!("`{}` may {operation} on `{id}`", row.handler)),
        }
    }
    Ok(denied)
}
