//! The four steps under the roles that were applied: what the function's own lets it do, and others do not.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use aws_sdk_secretsmanager::Client;
use paypulse_runtime::client::{
    Error, ErrorKind, PasswordRules, Rotate, RotationError, RotationEvent, RotationStep, Secrets, StepOutcome,
};
use paypulse_runtime::model::{Handler, Text};
use paypulse_tests::payloads::Login;
use serde_json::json;

use super::{DatabaseLogin, Reader, RotateLogin, RotateMail, arn, require, same};
use crate::Result;
use crate::access::Roles;
use crate::account::Account;
use crate::denied::{self, Answer};

/// The database: it knows one password, and a caller that has it may change it.
struct AtDatabase {
    secrets: Secrets<RotateLogin>,
    password: Mutex<Option<Text>>,
    changes: Mutex<usize>,
}

#[derive(Debug)]
enum LoginError {
    Secrets(Error),
    LockedOut,
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secrets(error) => error.fmt(f),
            Self::LockedOut => f.write_str("the database does not let the login in"),
        }
    }
}

impl std::error::Error for LoginError {}

impl AtDatabase {
    fn lets_in(&self, login: &Login) -> bool {
        let password = self.password.lock().unwrap_or_else(PoisonError::into_inner);
        password.as_ref().is_none_or(|password| *password == login.password)
    }
}

impl Rotate<DatabaseLogin> for AtDatabase {
    type Error = LoginError;

    async fn create(&self, _: Option<&Login>) -> std::result::Result<Login, LoginError> {
        let rules = PasswordRules::new().length(24);
        let password = self.secrets.random_password(&DatabaseLogin, &rules).await.map_err(LoginError::Secrets)?;
        Ok(Login { username: "rig".to_owned(), password, port: None })
    }

    async fn set(&self, current: Option<&Login>, pending: &Login) -> std::result::Result<(), LoginError> {
        let is_new = self.password.lock().unwrap_or_else(PoisonError::into_inner).is_none();
        if !is_new && self.lets_in(pending) {
            return Ok(());
        }
        if !self.lets_in(current.unwrap_or(pending)) {
            return Err(LoginError::LockedOut);
        }
        *self.password.lock().unwrap_or_else(PoisonError::into_inner) = Some(pending.password.clone());
        *self.changes.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Ok(())
    }

    async fn test(&self, pending: &Login) -> std::result::Result<(), LoginError> {
        if self.lets_in(pending) { Ok(()) } else { Err(LoginError::LockedOut) }
    }
}

fn at_database(client: Client) -> AtDatabase {
    AtDatabase { secrets: Secrets::new(client), password: Mutex::default(), changes: Mutex::default() }
}

/// Two rotations, in which every step is done twice, and one step once more after the end.
pub(super) async fn are_done(account: &Account, roles: &Roles) -> Result {
    use StepOutcome::{AlreadyFinished, Created, Finished, Kept, Set, Tested};
    let administrator = account.administrator();
    let database = at_database(client(account, roles, RotateLogin::NAME)?);
    let reader = Secrets::<Reader>::new(client(account, roles, Reader::NAME)?);
    let mut before: Option<Login> = None;
    for (place, version) in ["a", "b"].map(|letter| letter.repeat(32)).into_iter().enumerate() {
        let arn = begin(&administrator, &version).await?;
        for (step, expected) in RotationStep::ALL.into_iter().zip([
            [Created, Kept],
            [Set, Set],
            [Tested, Tested],
            [Finished, AlreadyFinished],
        ]) {
            for outcome in expected {
                same(&step_of(&database, &arn, step, &version).await?, &outcome)?;
            }
            if step != RotationStep::Finish {
                let current = value(&administrator, "AWSCURRENT").await?;
                require(current == before, "readers have another value before the last step")?;
            }
        }
        same(&step_of(&database, &arn, RotationStep::Create, &version).await?, &AlreadyFinished)?;
        let new = reader.read(&DatabaseLogin).await?;
        require(database.lets_in(&new), "the new value is not what the database knows")?;
        require(before.as_ref() != Some(&*new), "the value is the one before")?;
        require(value(&administrator, "AWSCURRENT").await?.as_ref() == Some(&*new), "the new value is not AWSCURRENT")?;
        require(value(&administrator, "AWSPREVIOUS").await? == before, "the one before is not AWSPREVIOUS")?;
        same(&*database.changes.lock().unwrap_or_else(PoisonError::into_inner), &(place + 1))?;
        let described = administrator.describe_secret().secret_id("rig/database").send().await?;
        let labels = described.version_ids_to_stages.unwrap_or_default();
        same(&labels.get(&version).map(Vec::as_slice), &Some(&["AWSCURRENT".to_owned()][..]))?;
        before = Some(Login { username: new.username.clone(), password: new.password.clone(), port: new.port });
    }
    Ok(())
}

/// What Secrets Manager does before it calls the function: a version with the label `AWSPENDING` and no value.
///
/// Source: [`RotateSecret`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html).
async fn begin(administrator: &Client, version: &str) -> Result<String> {
    let put = administrator.put_secret_value().secret_id("rig/database").client_request_token(version);
    put.version_stages("AWSPENDING").send().await?;
    arn(administrator, "rig/database").await
}

async fn step_of(
    database: &AtDatabase,
    arn: &str,
    step: RotationStep,
    version: &str,
) -> std::result::Result<StepOutcome, RotationError<LoginError>> {
    let event = json!({ "Step": step.word(), "SecretId": arn, "ClientRequestToken": version }).to_string();
    let event = RotationEvent::parse(event.as_bytes()).expect("it has the form of one");
    database.secrets.rotate(&DatabaseLogin, &event, database).await
}

/// The value that has a label, if one has.
async fn value(administrator: &Client, label: &str) -> Result<Option<Login>> {
    let get = administrator.get_secret_value().secret_id("rig/database").version_stage(label);
    let text = get.send().await?.secret_string;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// The function under another role does no step, and no role does more than its own.
pub(super) async fn are_denied(account: &Account, roles: &Roles) -> Result {
    let version = "c".repeat(32);
    let arn = begin(&account.administrator(), &version).await?;
    for role in [Reader::NAME, RotateMail::NAME] {
        let database = at_database(client(account, roles, role)?);
        for step in RotationStep::ALL {
            match step_of(&database, &arn, step, &version).await {
                Err(error) if error.kind() == ErrorKind::AccessDenied => {}
                other => return Err(format!("under the role of `{role}`, {step} ends in {other:?}").into()),
            }
        }
    }
    let rotate = ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"];
    let more = ["CancelRotateSecret", "DeleteSecret", "RestoreSecret", "RotateSecret", "UpdateSecret"];
    for (role, secret, operations, expected) in [
        (RotateLogin::NAME, "rig/database", &rotate[..], Answer::Allowed),
        (RotateLogin::NAME, "rig/database", &["GetRandomPassword"][..], Answer::Allowed),
        (RotateLogin::NAME, "rig/database", &more[..], Answer::Denied),
        (RotateLogin::NAME, "rig/mail", &rotate[..], Answer::Denied),
        (RotateMail::NAME, "rig/mail", &rotate[..], Answer::Allowed),
        (RotateMail::NAME, "rig/database", &rotate[..], Answer::Denied),
        (RotateMail::NAME, "rig/mail", &["GetRandomPassword"][..], Answer::Denied),
        (Reader::NAME, "rig/database", &["GetSecretValue"][..], Answer::Allowed),
        (
            Reader::NAME,
            "rig/database",
            &["DescribeSecret", "PutSecretValue", "UpdateSecretVersionStage"][..],
            Answer::Denied,
        ),
    ] {
        let client = client(account, roles, role)?;
        for operation in operations {
            let answer = denied::call(&client, operation, secret).await?;
            same(&(role, secret, operation, answer), &(role, secret, operation, expected))?;
        }
    }
    Ok(())
}

fn client(account: &Account, roles: &Roles, name: &str) -> Result<Client> {
    Ok(roles.get(name).ok_or_else(|| format!("there is no role `{name}`"))?.client(account))
}
