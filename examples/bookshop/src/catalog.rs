//! The login at the catalog's database, and its rotation.

use driftless::model::Text;
use driftless::{Error, PasswordRules, Payload, Rotate, Secrets};

use crate::spec::{CatalogLogin, RotateCatalogLogin};

/// A login at the catalog's database.
#[derive(Clone, PartialEq, Eq, Payload)]
pub struct DatabaseLogin {
    /// The database user.
    pub user: String,
    /// The user's password.
    pub password: Text,
}

/// The database's administration of logins.
pub trait Database: Sync {
    /// Whether the database accepts the login.
    fn accepts(&self, login: &DatabaseLogin) -> bool;

    /// Changes the password of the login's user.
    fn set_password(&self, login: &DatabaseLogin);
}

/// Why a rotation stops. The messages contain no value.
#[derive(Debug, thiserror::Error)]
pub enum RotationFailure {
    /// The secret has no value yet, so the user is not known.
    #[error("the catalog's login has no value yet; store the first one by hand")]
    NoLogin,
    /// The database does not accept the new login.
    #[error("the catalog's database does not accept the new login")]
    Refused,
    /// No password was generated.
    #[error("no password was generated")]
    Password(#[from] Error),
}

/// The function `rotate-catalog-login`: how a new login is made, set and tested. The client stores the values and moves the labels.
pub struct CatalogRotation<D> {
    /// The client of the function.
    pub secrets: Secrets<RotateCatalogLogin>,
    /// Where the password is changed.
    pub database: D,
}

impl<D: Database> Rotate<CatalogLogin> for CatalogRotation<D> {
    type Error = RotationFailure;

    async fn create(&self, current: Option<&DatabaseLogin>) -> Result<DatabaseLogin, RotationFailure> {
        let user = current.ok_or(RotationFailure::NoLogin)?.user.clone();
        let rules = PasswordRules::new().length(40).without_punctuation();
        Ok(DatabaseLogin { user, password: self.secrets.random_password(&CatalogLogin, &rules).await? })
    }

    async fn set(&self, _: Option<&DatabaseLogin>, pending: &DatabaseLogin) -> Result<(), RotationFailure> {
        // The step can be repeated: a login that is accepted already stays as it is.
        if !self.database.accepts(pending) {
            self.database.set_password(pending);
        }
        Ok(())
    }

    async fn test(&self, pending: &DatabaseLogin) -> Result<(), RotationFailure> {
        if self.database.accepts(pending) { Ok(()) } else { Err(RotationFailure::Refused) }
    }
}
