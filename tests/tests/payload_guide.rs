//! The examples of `docs/payloads.md`. `tests/documents.rs` compares the document with this file.

use std::collections::BTreeMap;

use driftless::Payload;
use driftless::model::{Checked, Pattern, PayloadError, Text, TextForm};

/// A login at the catalog's database.
#[derive(Clone, PartialEq, Payload)]
pub struct DatabaseLogin {
    /// The database user.
    pub user: String,
    /// The user's password.
    pub password: Text,
}

driftless::declare! {
    source: "src/spec.rs";

    secrets {
        /// Login at the catalog's database.
        CatalogLogin: DatabaseLogin = "catalog-login", owner: external;
    }

    handlers {
        /// Searches for books.
        Search = "search" {
            CatalogLogin: read; "queries the catalog"
        }
    }
}

#[test]
fn a_payload_hides_its_values() -> Result<(), PayloadError> {
    let login = DatabaseLogin::parse(r#"{ "user": "app", "password": "hunter2" }"#)?;
    assert_eq!(login.password.expose(), "hunter2");
    assert_eq!(format!("{login:?}"), "DatabaseLogin(redacted)");
    assert_eq!(*login.to_stored()?, r#"{"user":"app","password":"hunter2"}"#);
    Ok(())
}

/// How mail is sent.
#[derive(Clone, PartialEq, Payload)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MailAccess {
    /// The account.
    pub account_name: String,
    /// The port, if not the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Whether sending is paused.
    #[serde(default)]
    pub paused: bool,
    /// Headers of every mail.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The key that signs mails.
    pub signing: SigningKey,
}

/// A member of `MailAccess`.
#[derive(Clone, PartialEq, Payload)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SigningKey {
    /// A key of the provider.
    Hosted {
        /// Its name.
        name: String,
    },
    /// A key of one's own.
    Own {
        /// The key.
        key: Text,
    },
}

#[test]
fn a_member_that_is_optional_can_be_absent() -> Result<(), PayloadError> {
    let stored = r#"{ "accountName": "shop", "signing": { "kind": "own", "key": "k" } }"#;
    let access = MailAccess::parse(stored)?;
    assert!(access.port.is_none() && !access.paused && access.headers.is_empty());

    let error = MailAccess::parse(r#"{ "accountName": "shop" }"#).unwrap_err();
    assert_eq!(error, PayloadError::MissingField { field: "signing".to_owned() });
    Ok(())
}

/// The form of the provider's keys.
pub struct ProviderKeyForm;

impl TextForm for ProviderKeyForm {
    const PATTERN: Option<Pattern> = Some(Pattern::new("^sk_[A-Za-z0-9]+$"));
    const MIN_LENGTH: Option<u32> = Some(16);
}

/// A key of the payment provider.
pub type ProviderKey = Checked<ProviderKeyForm>;

#[test]
fn a_text_with_rules_is_checked() {
    assert!(ProviderKey::parse("sk_0123456789abcdef").is_ok());
    let error = ProviderKey::parse("hunter2").unwrap_err();
    assert_eq!(error.to_string(), "it has fewer than 16 characters");
}

/// A login at the courier, whose earlier form was a text: `user:password`.
#[derive(Clone, PartialEq, Payload)]
#[payload(recover = courier_login_as_text)]
pub struct CourierLogin {
    /// The account.
    pub user: String,
    /// Its password.
    pub password: Text,
}

/// Reads the form that was stored until version 2.
fn courier_login_as_text(stored: &str) -> Option<CourierLogin> {
    let (user, password) = stored.split_once(':')?;
    Some(CourierLogin { user: user.to_owned(), password: password.into() })
}

#[test]
fn an_earlier_form_is_read() -> Result<(), PayloadError> {
    let login = CourierLogin::parse("app:hunter2")?;
    assert_eq!((login.user.as_str(), login.password.expose()), ("app", "hunter2"));
    // Also if it was stored as binary.
    assert!(CourierLogin::parse_binary(b"app:hunter2")? == login);
    // It is written in the present form.
    assert_eq!(*login.to_stored()?, r#"{"user":"app","password":"hunter2"}"#);
    Ok(())
}
