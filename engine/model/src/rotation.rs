//! Rotation schedules of secrets that a handler of the spec rotates.

use schemars::JsonSchema;
use serde::Serialize;

/// When the handler that the owner names rotates a secret.
///
/// Source: [`RotationRulesType`][rules] and [`RotateSecret`][rotate].
///
/// [rules]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html
/// [rotate]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Rotation {
    /// A [schedule expression](super::Schedule), in UTC: `rate(10 days)`, `cron(0 4 ? * SUN *)`. Either this or `after_days`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// Rotate this many days after the value last changed, regardless of who changed it: 1 to 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_days: Option<u16>,
    /// The rotation may start within this many hours of each scheduled time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_hours: Option<u8>,
    /// Whether the secret is also rotated as soon as this is applied and whenever the rotation configuration changes.
    /// AWS's default is true, which gives a new secret its first value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immediately: Option<bool>,
}
