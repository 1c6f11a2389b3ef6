//! What the account's server says of denied calls, given to `cargo xtask explain`.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use libtest_mimic::Trial;
use paypulse_runtime::spec::spec;
use xtask::denied::{denials, explain};

use crate::access::Roles;
use crate::account::Account;
use crate::chain::Rig;
use crate::terraform::Module;
use crate::{Result, check};

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    vec![check("explains_what_is_denied", move || run(&rig))]
}

fn run(rig: &Rig) -> Result {
    let account = Account::open(&rig.tools)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let create = account.administrator().create_secret().name("PayPulseAppJWTSecret").secret_string("signs");
    runtime.block_on(create.send())?;
    let module = Module::copy(&rig.tools, rig.provider()?, &account)?;
    module.prepare()?;
    module.apply()?;
    let roles: Roles = account.manage(&["sessions"])?;
    let client = |role: &str| roles.get(role).map(|role| role.client(&account)).ok_or("there is no such role");
    let delete_user = client("delete_user")?;
    expect("code", &runtime.block_on(write(&delete_user)))?;
    account.manage::<serde_json::Value>(&["deny", "login_user", "secretsmanager:GetSecretValue"])?;
    expect("identity-policy", &runtime.block_on(read(&client("login_user")?)))
}

/// `delete_user` writes nothing.
async fn write(client: &Client) -> String {
    message(client.put_secret_value().secret_id("gmail/user/seven").secret_string("x").send().await)
}

/// `login_user` reads this.
async fn read(client: &Client) -> String {
    message(client.get_secret_value().secret_id("PayPulseAppJWTSecret").send().await)
}

/// What the server says of a call that it does not take; nothing if it takes it.
fn message<T, E: ProvideErrorMetadata, R>(answer: std::result::Result<T, SdkError<E, R>>) -> String {
    match answer {
        Err(SdkError::ServiceError(error)) => error.err().message().unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}

fn expect(fault: &str, message: &str) -> Result {
    let spec = spec();
    let found: Vec<&str> = denials(message).iter().map(|denial| explain(&spec, denial, None).fault.word()).collect();
    if found == [fault] { Ok(()) } else { Err(format!("`{message}` is explained as {found:?}, not as {fault}").into()) }
}
