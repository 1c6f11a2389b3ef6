//! Startup of a handler: reads its function's environment, and checks that the applied infrastructure matches the spec
//! that this program was compiled from.

use std::sync::Arc;

use super::Secrets;
use super::config_error::{ConfigError, listed};
use super::regions::RegionalClients;
use super::settings::check_endpoints;
use crate::model::{FINGERPRINT_VARIABLE, Handler, environment_variable};

/// The Region that a function runs in. Lambda sets it.
const FUNCTION_REGION: &str = "AWS_REGION";

/// What a handler does at startup if the applied infrastructure does not match the spec that it was compiled from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnDifference {
    /// Logs a warning and starts: most calls may still work.
    #[default]
    Warn,
    /// Refuses to start, with [`ConfigError::Outdated`]. If the infrastructure is applied before the new code is
    /// deployed, old functions that start in between also refuse.
    Refuse,
}

impl<H: Handler> Secrets<H> {
    /// The same client as the variables of its function's environment have it, as the output `handler_environments` of the
    /// infrastructure code gives them: the prefix of its environment where the spec declares prefixes, the keys, and the
    /// fingerprint of what was applied, which is compared. Without one nothing is compared, as where no such output is used.
    ///
    /// [`from_env`](Self::from_env) does it with those of the process. The region of the secrets is the SDK's configuration, which
    /// this client has already; the one that the function runs in, whose copies it reads first, is in `AWS_REGION`. The endpoint of
    /// another region, say `eu-central-1`, can be in `SECRETS_ENDPOINT_URL_EU_CENTRAL_1`.
    ///
    /// ```
    /// use driftless::{ConfigError, OnDifference, Secrets};
    /// # mod shop { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shop/spec.rs")); }
    /// use shop::Charge;
    /// use driftless_testing::EmbeddedSecretsManager;
    ///
    /// let secrets = Secrets::<Charge>::new(EmbeddedSecretsManager::new().client());
    /// let applied = "1:charge::=PaymentKey.describe.00000000.00000000";
    /// let variables = |variable: &str| (variable == "SECRETS_FINGERPRINT").then(|| applied.to_owned());
    /// let error = secrets.in_environment(variables, OnDifference::Refuse).map(drop).expect_err("that is another grant");
    /// assert!(error.to_string().contains("`PaymentKey`"));
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoPrefix`], [`ConfigError::UnknownPrefix`], [`ConfigError::Setting`] for the endpoint of a region that is no
    /// endpoint, and [`ConfigError::Outdated`] where that is asked for.
    pub fn in_environment(
        self,
        variables: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
        on_difference: OnDifference,
    ) -> Result<Self, ConfigError> {
        compare::<H>(variables(FINGERPRINT_VARIABLE).as_deref(), on_difference)?;
        check_endpoints(&variables)?;
        let (secrets, variables) = (self.with_prefix_of(&variables)?, Arc::new(variables));
        let of_regions = Arc::clone(&variables);
        let copies = secrets.copies.clone().here(variables(FUNCTION_REGION));
        let regional = RegionalClients::of_environment(move |variable| of_regions(variable));
        let secrets = Self { regional, copies, ..secrets };
        Ok(secrets.with_kms_keys(move |variable| variables(&environment_variable(variable))))
    }
}

fn compare<H: Handler>(applied: Option<&str>, on_difference: OnDifference) -> Result<(), ConfigError> {
    let Some(applied) = applied else {
        tracing::debug!(handler = H::NAME, "no fingerprint of the infrastructure is set, so it is not checked");
        return Ok(());
    };
    let differences = H::fingerprint().differences(applied);
    if differences.is_empty() {
        return Ok(());
    }
    if on_difference == OnDifference::Refuse {
        return Err(ConfigError::Outdated { handler: H::NAME, differences });
    }
    let what = listed(&differences);
    tracing::warn!(
        handler = H::NAME,
        what,
        "the applied infrastructure does not match the spec that this program was compiled from"
    );
    Ok(())
}
