//! AWS prices and quotas. Prices are those of most Regions in US dollars, as published in 2026.

use serde::Serialize;

use super::traffic::approximately;

/// Length of a billing month in days.
pub const DAYS_A_MONTH: f64 = 30.0;

/// Source: [Secrets Manager pricing](https://aws.amazon.com/secrets-manager/pricing/).
const SECRET_A_MONTH: f64 = 0.40;
/// Source: the same.
const TEN_THOUSAND_CALLS: f64 = 0.05;

/// Source: [DynamoDB on-demand pricing](https://aws.amazon.com/dynamodb/pricing/on-demand/), N. Virginia.
const MILLION_WRITE_UNITS: f64 = 0.625;
/// Source: the same.
const MILLION_READ_UNITS: f64 = 0.125;
/// Source: the same.
const GIGABYTE_A_MONTH: f64 = 0.25;
/// Source: [KMS pricing](https://aws.amazon.com/kms/pricing/).
const TEN_THOUSAND_KMS_REQUESTS: f64 = 0.03;
/// Source: the same.
const KMS_KEY_A_MONTH: f64 = 1.0;
/// An item: a bundle of 666 bytes, its data key encrypted with the KMS key, and names. It takes one write or read
/// unit.
const ITEM_BYTES: f64 = 1000.0;

/// AWS quotas of one account and Region.
///
/// Source: [quotas](https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html). None can be raised.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Quotas {
    /// `GetSecretValue` calls per second. `DescribeSecret` has [its own quota][own] of 40,000 since March 2025.
    ///
    /// [own]: https://aws.amazon.com/about-aws/whats-new/2025/03/aws-secrets-manager-increases-api-requests-seconds
    pub gets_a_second: f64,
    /// Calls per second of `PutSecretValue`, `UpdateSecret` and similar.
    pub puts_a_second: f64,
    /// Number of secrets.
    pub secrets: f64,
}

/// The quotas.
pub const QUOTAS: Quotas = Quotas { gets_a_second: 10_000.0, puts_a_second: 50.0, secrets: 500_000.0 };

/// Cost of a month in US dollars.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bill {
    /// Secrets Manager: storage of the secrets.
    pub secrets: f64,
    /// Secrets Manager: API calls.
    pub calls: f64,
    /// Sum of both.
    pub total: f64,
    /// The alternative: the users' tokens in `DynamoDB` with KMS envelope encryption, and shared secrets in Secrets
    /// Manager.
    pub with_dynamodb: f64,
}

/// Calls of one kind of secret in a month.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Month {
    /// `GetSecretValue`
    pub gets: f64,
    /// `PutSecretValue`
    pub puts: f64,
}

impl Bill {
    /// The bill for a number of users' secrets and a number of shared secrets.
    pub(super) fn new(users: u64, shared: u64, user_calls: Month, shared_calls: Month) -> Self {
        let calls = |month: Month| (month.gets + month.puts) / 10_000.0 * TEN_THOUSAND_CALLS;
        let secrets = |number: u64| approximately(number) * SECRET_A_MONTH;
        // Each read decrypts the data key of the item, and each write creates a new data key.
        let kms = (user_calls.gets + user_calls.puts) / 10_000.0 * TEN_THOUSAND_KMS_REQUESTS + KMS_KEY_A_MONTH;
        let units = user_calls.gets / 1e6 * MILLION_READ_UNITS + user_calls.puts / 1e6 * MILLION_WRITE_UNITS;
        let storage = approximately(users) * ITEM_BYTES / 1e9 * GIGABYTE_A_MONTH;
        let all_calls = calls(user_calls) + calls(shared_calls);
        Self {
            secrets: secrets(users + shared),
            calls: all_calls,
            total: secrets(users + shared) + all_calls,
            with_dynamodb: secrets(shared) + calls(shared_calls) + kms + units + storage,
        }
    }
}
