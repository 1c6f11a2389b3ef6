//! When a rotation function of the spec is called.

use schemars::JsonSchema;
use serde::Serialize;

/// When a secret is rotated by the handler that its owner names.
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
    /// So many days after the value last changed, by whomever: 1 to 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_days: Option<u16>,
    /// For this many hours after each moment of the schedule the rotation can begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_hours: Option<u8>,
    /// Whether the secret is also rotated as soon as this is applied, and whenever it changes. AWS's own choice is that it
    /// is, which is what gives a new secret its first value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immediately: Option<bool>,
}
