//! A rotation, from the spec to the new value: the function that a team writes, called as AWS calls it, on the embedded Secrets
//! Manager. No account is needed.
//!
//! ```sh
//! cargo run -p paypulse-runtime --example rotation
//! ```

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use paypulse_runtime::client::{self, PasswordRules, Rotate, RotationError, RotationEvent, Secrets};
use paypulse_runtime::model::{JsonPayload, Text};
use paypulse_runtime::testing::EmbeddedSecretsManager;

/// A login at the database.
#[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Login {
    account: String,
    password: Text,
}

impl JsonPayload for Login {}

paypulse_runtime::declare! {
    source: "runtime/examples/rotation.rs";
    keys {}
    secrets {
        /// The login at the shop's database.
        DatabaseLogin: Login = "shop/database", owner: rotation(RotateLogin),
            rotation: { schedule: "cron(0 4 ? * SUN *)", window_hours: 2 };
    }
    handlers {
        /// Rotates the login.
        RotateLogin = "rotate-login" {
            DatabaseLogin: rotate, generate;
        }
        /// Uses it.
        Shop = "shop" {
            DatabaseLogin: read;
        }
    }
}

/// A database that knows one password.
#[derive(Clone)]
struct Database(Arc<Mutex<Text>>);

impl Database {
    fn lets_in(&self, login: &Login) -> bool {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) == login.password
    }

    fn change_password(&self, login: &Login) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = login.password.clone();
    }
}

/// Why the rotation's own part can fail. It holds no value.
#[derive(Debug, thiserror::Error)]
enum RotateLoginError {
    #[error("there is no login yet: an account has to be made first")]
    NoAccount,
    #[error("no password could be had")]
    Password(#[from] client::Error),
    #[error("the database takes neither the new login nor the one before")]
    LockedOut,
}

/// What is the team's own: what the next login is, and how the database takes it.
struct AtDatabase {
    secrets: Secrets<RotateLogin>,
    database: Database,
}

impl Rotate<DatabaseLogin> for AtDatabase {
    type Error = RotateLoginError;

    async fn create(&self, current: Option<&Login>) -> Result<Login, RotateLoginError> {
        let current = current.ok_or(RotateLoginError::NoAccount)?;
        let rules = PasswordRules::new().length(40).without("/@\"'\\");
        let password = self.secrets.random_password(&DatabaseLogin, &rules).await?;
        Ok(Login { password, ..current.clone() })
    }

    async fn set(&self, current: Option<&Login>, pending: &Login) -> Result<(), RotateLoginError> {
        if self.database.lets_in(pending) {
            return Ok(());
        }
        if !current.is_some_and(|current| self.database.lets_in(current)) {
            return Err(RotateLoginError::LockedOut);
        }
        self.database.change_password(pending);
        Ok(())
    }

    async fn test(&self, pending: &Login) -> Result<(), RotateLoginError> {
        if self.database.lets_in(pending) { Ok(()) } else { Err(RotateLoginError::LockedOut) }
    }
}

/// What the Lambda function does with each event.
async fn handle(event: &str, rotation: &AtDatabase) -> Result<(), RotationError<RotateLoginError>> {
    let event = RotationEvent::parse(event.as_bytes()).expect("what is invoked by AWS alone gets its events alone");
    let outcome = rotation.secrets.rotate(&DatabaseLogin, &event, rotation).await?;
    println!("{:13} {outcome:?}", event.step().word());
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = EmbeddedSecretsManager::enforcing(&spec());
    server.put("shop/database", r#"{"account":"shop","password":"hunter2"}"#);
    let database = Database(Arc::new(Mutex::new("hunter2".into())));
    let rotation = AtDatabase { secrets: Secrets::new(server.client_for::<RotateLogin>()), database: database.clone() };
    let shop: Secrets<Shop> = Secrets::new(server.client_for::<Shop>());

    let before = shop.read(&DatabaseLogin).await?;
    server.rotate("shop/database", async |event| handle(&event, &rotation).await).await?;
    let after = shop.read(&DatabaseLogin).await?;
    println!("the shop reads another version: {}", before.version() != after.version());
    println!("the database takes its password: {}", database.lets_in(&after));
    println!("and no longer the one before: {}", !database.lets_in(&before));

    // The event of a step comes a second time, as it can.
    let late = server.rotation_event("shop/database", client::RotationStep::Set, after.version());
    handle(&late, &rotation).await?;
    for (version, labels) in server.versions("shop/database") {
        println!("{}… {}", &version[..8], labels.join(", "));
    }
    Ok(())
}
