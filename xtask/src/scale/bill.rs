//! AWS's prices and quotas. Prices are those of most Regions, in US dollars, as the pages had them in 2026.

use serde::Serialize;

use super::traffic::approximately;

/// A month of bills.
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
/// A bundle of 666 bytes, its data key under the KMS key, and names: one write unit, and one read unit.
const ITEM_BYTES: f64 = 1000.0;

/// What AWS allows in one account and Region.
///
/// Source: [quotas](https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html). None can be raised.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Quotas {
    /// `GetSecretValue`, a second. `DescribeSecret` has [one of its own][own], 40,000, since March 2025.
    ///
    /// [own]: https://aws.amazon.com/about-aws/whats-new/2025/03/aws-secrets-manager-increases-api-requests-seconds
    pub gets_a_second: f64,
    /// `PutSecretValue`, `UpdateSecret` and their like, a second.
    pub puts_a_second: f64,
    /// Secrets.
    pub secrets: f64,
}

/// The quotas.
pub const QUOTAS: Quotas = Quotas { gets_a_second: 10_000.0, puts_a_second: 50.0, secrets: 500_000.0 };

/// What a month costs, in US dollars.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bill {
    /// Secrets Manager, for the secrets that there are.
    pub secrets: f64,
    /// Secrets Manager, for the calls.
    pub calls: f64,
    /// All of it.
    pub total: f64,
    /// The users' tokens in `DynamoDB` under a KMS envelope, and the shared secrets where they are.
    pub with_dynamodb: f64,
}

/// A month's calls of one kind of secret.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Month {
    /// `GetSecretValue`
    pub gets: f64,
    /// `PutSecretValue`
    pub puts: f64,
}

impl Bill {
    /// For a number of users' secrets and a number of secrets that they share.
    pub(super) fn new(users: u64, shared: u64, user_calls: Month, shared_calls: Month) -> Self {
        let calls = |month: Month| (month.gets + month.puts) / 10_000.0 * TEN_THOUSAND_CALLS;
        let secrets = |number: u64| approximately(number) * SECRET_A_MONTH;
        // Each read decrypts the item's data key, and each write makes a new one.
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
