//! The payloads of the warehouse: one of each form that a value can have.

use std::collections::{BTreeMap, BTreeSet};

use paypulse_runtime::Payload;
use paypulse_runtime::model::{Checked, Pattern, Text, TextForm};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A login as the database's rotation writes it.
#[derive(Clone, PartialEq, Eq, Payload)]
#[payload(model = paypulse_runtime::model)]
pub struct Login {
    /// The account.
    pub username: String,
    /// Its password.
    pub password: Text,
    /// Where to log in, if not at the default port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

/// The form of a webhook's key.
pub struct WebhookForm;

impl TextForm for WebhookForm {
    const PATTERN: Option<Pattern> = Some(Pattern::new(r#"^whk_[A-Za-z0-9"$\\{}-]+$"#));
    const MIN_LENGTH: Option<u32> = Some(12);
    const MAX_LENGTH: Option<u32> = Some(64);
}

/// The form of the key that signs stock lists, which is generated.
pub struct ListKeyForm;

impl TextForm for ListKeyForm {
    const PATTERN: Option<Pattern> = Some(Pattern::new("^[^A-Z]*$"));
    const MIN_LENGTH: Option<u32> = Some(48);
}

/// An account's name.
#[derive(Debug)]
pub struct AccountForm;

impl TextForm for AccountForm {
    const PATTERN: Option<Pattern> = Some(Pattern::new("^[a-z.]+$"));
    const MAX_LENGTH: Option<u32> = Some(20);
}

/// How the warehouse sends mail: every form that Terraform can assemble.
#[derive(Clone, PartialEq, Payload)]
#[payload(model = paypulse_runtime::model)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// The account.
    pub account: Checked<AccountForm>,
    /// Its password.
    pub password: Text,
    /// How the connection is kept secret.
    pub security: Security,
    /// The servers, the first one first.
    #[schemars(length(min = 1, max = 3))]
    pub servers: Vec<Server>,
    /// Whether to send anything at all.
    #[serde(default)]
    pub paused: bool,
    /// Set on every mail.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Who gets a copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copies: Option<BTreeSet<String>>,
    /// The client's certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
}

/// How a connection is kept secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Security {
    /// From the first byte.
    Tls,
    /// Once both sides agree.
    StartTls,
}

/// A server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Server {
    /// Its host.
    pub host: String,
    /// Its port, if not the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How much of the mail it gets.
    #[serde(default = "all")]
    pub share: f64,
    /// The most mails a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

const fn all() -> f64 {
    1.0
}

/// A certificate with its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Certificate {
    /// The chain.
    pub chain: Vec<String>,
    /// The key, where it is not in the chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Text>,
    /// The separator of the key's parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<char>,
}
