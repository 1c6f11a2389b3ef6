//! What the tests of rotation share: a spec with a rotation, and the database whose login is rotated.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use driftless::model::{Handler, JsonPayload, Text};
use driftless::{Error, PasswordRules, Rotate, RotationError, RotationEvent, RotationStep, Secrets, StepOutcome};

use crate::shared::mark::hush;
use crate::shared::server::Server;

/// A login as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Login {
    pub account: String,
    pub password: Text,
}

impl JsonPayload for Login {}

driftless::declare! {
    source: "tests/rotation/world.rs";

    keys {}

    secrets {
        /// The login at the database.
        DatabaseLogin: Login = "shop/database", owner: rotation(RotateLogin), rotation: { schedule: "rate(4 hours)" };
        /// Another login, at the same place but for its name.
        OtherLogin: Login = "shop/database2", owner: rotation(RotateOther), rotation: { after_days: 1 };
    }

    handlers {
        /// Rotates one login.
        RotateLogin = "rotate-login" {
            DatabaseLogin: rotate, generate;
        }
        /// Rotates the other.
        RotateOther = "rotate-other" {
            OtherLogin: rotate;
        }
        /// Logs in.
        UseLogin = "use-login" {
            DatabaseLogin: read;
        }
    }
}

pub const NAME: &str = "shop/database";

/// A server on which the secret is, with its first password.
pub fn server() -> Server {
    let server = Server::enforcing(&spec());
    server.put(NAME, login("first"));
    server.put("shop/database2", login("other"));
    server
}

/// A login with the password of this word, as it is stored.
pub fn login(word: &str) -> String {
    serde_json::json!({ "account": hush("shop"), "password": hush(word) }).to_string()
}

pub fn client<H: Handler>(server: &Server) -> Secrets<H> {
    Secrets::new(server.client_for::<H>())
}

/// The names of the API calls since the last look, with how they ended.
pub fn calls(server: &Server) -> Vec<String> {
    let shown = server.take_calls().into_iter().map(|call| match call.outcome {
        Ok(()) => call.call,
        Err(code) => format!("{}: {code}", call.call),
    });
    shown.collect()
}

/// The database: it knows one password, and the holder of that may change it.
#[derive(Clone, Default)]
pub struct Database(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    password: Option<String>,
    changes: usize,
}

impl Database {
    /// A database that knows the secret's first password.
    pub fn new() -> Self {
        let database = Self::default();
        database.state().password = Some(hush("first"));
        database
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn lets_in(&self, login: &Login) -> bool {
        self.state().password.as_deref().is_none_or(|password| password == login.password.expose())
    }

    fn change(&self, login: &Login) {
        let mut state = self.state();
        state.password = Some(login.password.expose().to_owned());
        state.changes += 1;
    }

    /// How often its password was changed.
    pub fn changes(&self) -> usize {
        self.state().changes
    }
}

/// Why the rotation of the login fails.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    #[error("no password could be had")]
    Password(#[from] Error),
    #[error("the database lets in neither the new login nor the one before")]
    LockedOut,
}

/// The rotation of the login, as a team would write it.
#[derive(Clone)]
pub struct AtDatabase {
    pub secrets: Secrets<RotateLogin>,
    pub database: Database,
}

impl AtDatabase {
    pub fn new(server: &Server, database: &Database) -> Self {
        Self { secrets: client(server), database: database.clone() }
    }

    /// One step, as the function does it.
    pub async fn step(&self, event: &str) -> Result<StepOutcome, RotationError<LoginError>> {
        let event = RotationEvent::parse(event.as_bytes()).expect("the server's own event is one");
        self.secrets.rotate(&DatabaseLogin, &event, self).await
    }

    /// A whole rotation, as the server calls for it.
    pub async fn rotate(&self, server: &Server) -> Result<(), RotationError<LoginError>> {
        server.rotate(NAME, async |event| self.step(&event).await.map(drop)).await
    }
}

impl Rotate<DatabaseLogin> for AtDatabase {
    type Error = LoginError;

    async fn create(&self, current: Option<&Login>) -> Result<Login, LoginError> {
        let account = current.map_or_else(|| hush("shop"), |login| login.account.clone());
        let rules = PasswordRules::new().length(20).without("/@\"'\\");
        let password = self.secrets.random_password(&DatabaseLogin, &rules).await?;
        Ok(Login { account, password: hush(password.expose()).into() })
    }

    async fn set(&self, current: Option<&Login>, pending: &Login) -> Result<(), LoginError> {
        if self.database.lets_in(pending) && self.database.state().password.is_some() {
            return Ok(());
        }
        if !self.database.lets_in(current.unwrap_or(pending)) {
            return Err(LoginError::LockedOut);
        }
        self.database.change(pending);
        Ok(())
    }

    async fn test(&self, pending: &Login) -> Result<(), LoginError> {
        if self.database.lets_in(pending) { Ok(()) } else { Err(LoginError::LockedOut) }
    }
}

/// Whether the secret's current value is what the database lets in.
pub fn is_in_step(server: &Server, database: &Database) -> bool {
    let stored = server.value(NAME).expect("the secret has a value");
    database.lets_in(&serde_json::from_str(&stored).expect("the value is a login"))
}

/// The labels of each version, the oldest first.
pub fn labels(server: &Server) -> Vec<String> {
    server.versions(NAME).into_iter().map(|(_, labels)| labels.join("+")).collect()
}

/// The event of a step, for a version.
pub fn event(server: &Server, step: RotationStep, version: &str) -> String {
    server.rotation_event(NAME, step, version)
}
