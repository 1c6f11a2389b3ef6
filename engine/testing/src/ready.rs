//! Clients of handlers that need no further settings: with the prefix of an environment, keys, and the server's clock.

use std::sync::Arc;

use driftless::model::Handler;
use driftless::{ConfigError, Secrets};

use super::EmbeddedSecretsManager;

impl EmbeddedSecretsManager {
    /// The client of handler `H`, as in its deployed function: with the handler's role, the names of its environment, an ARN for
    /// each KMS key that the spec names by a variable, and this server's clock, which [`advance`](Self::advance) moves.
    ///
    /// If the spec declares prefixes, the environment is the first of them; [`secrets_in`](Self::secrets_in) chooses another one.
    ///
    /// ```
    /// use driftless::model::Text;
    /// use driftless_testing::EmbeddedSecretsManager;
    ///
    /// driftless::declare! {
    ///     source: "src/spec.rs";
    ///     prefixes: stage { "dev/", "prod/" };
    ///     secrets {
    ///         /// Key of the payment provider.
    ///         PaymentKey: Text = "shop/payment", owner: external;
    ///     }
    ///     handlers {
    ///         /// Charges a customer.
    ///         Charge = "charge" {
    ///             PaymentKey: read;
    ///         }
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = EmbeddedSecretsManager::enforcing(&spec());
    /// server.put("dev/shop/payment", "hunter2");
    /// server.put("prod/shop/payment", "hunter3");
    ///
    /// assert_eq!(server.secrets::<Charge>().read(&PaymentKey).await?.expose(), "hunter2");
    /// assert_eq!(server.secrets_in::<Charge>("prod/")?.read(&PaymentKey).await?.expose(), "hunter3");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn secrets<H: Handler>(&self) -> Secrets<H> {
        let first = H::prefixes().and_then(|prefixes| prefixes.values.into_iter().next());
        let without_prefix = || self.with_keys_and_clock(Secrets::new(self.client_for::<H>()));
        first.and_then(|prefix| self.secrets_in(&prefix).ok()).unwrap_or_else(without_prefix)
    }

    /// The same in the environment of a prefix.
    ///
    /// # Errors
    ///
    /// [`ConfigError::UnknownPrefix`] if the spec does not declare this prefix.
    pub fn secrets_in<H: Handler>(&self, prefix: &str) -> Result<Secrets<H>, ConfigError> {
        Secrets::new(self.client_in::<H>(prefix)).with_prefix(prefix).map(|secrets| self.with_keys_and_clock(secrets))
    }

    fn with_keys_and_clock<H: Handler>(&self, secrets: Secrets<H>) -> Secrets<H> {
        let server = Arc::clone(&self.server);
        let arn_of = |variable: &str| Some(format!("arn:aws:kms:eu-west-1:123456789012:key/{variable}"));
        secrets.with_kms_keys(arn_of).with_clock(move || server.state().now())
    }
}
