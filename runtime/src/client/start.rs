//! Startup of a handler: reads its function's environment, and checks that the applied infrastructure matches the spec
//! that this program was compiled from.

use std::fmt::Write as _;

use super::Secrets;
use super::config::ConfigError;
use crate::model::{Difference, FINGERPRINT_VARIABLE, Handler, environment_variable};

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
    /// Configures this client by the variables of the function's environment, which the output `handler_environments`
    /// of the infrastructure code provides: the prefix of the environment if the spec declares prefixes, the keys, and
    /// the fingerprint of the applied infrastructure, which is compared. Without a fingerprint nothing is compared, for
    /// example if that output is not used.
    ///
    /// [`from_env`](Self::from_env) does the same with the variables of the process. The region is part of the SDK's
    /// configuration, which this client already has.
    ///
    /// ```
    /// use paypulse_runtime::client::{ConfigError, OnDifference, Secrets};
    /// use paypulse_runtime::spec::LoginUser;
    /// use paypulse_runtime::testing::EmbeddedSecretsManager;
    ///
    /// let secrets = Secrets::<LoginUser>::new(EmbeddedSecretsManager::new().client());
    /// let applied = "1:login_user::=JwtSigningKey.describe.00000000.00000000";
    /// let variables = |variable: &str| (variable == "SECRETS_FINGERPRINT").then(|| applied.to_owned());
    /// let error = secrets.in_environment(variables, OnDifference::Refuse).map(drop).expect_err("that is another grant");
    /// assert!(error.to_string().contains("`JwtSigningKey`"));
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoPrefix`], [`ConfigError::UnknownPrefix`], and [`ConfigError::Outdated`] with
    /// [`OnDifference::Refuse`].
    pub fn in_environment(
        self,
        variables: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
        on_difference: OnDifference,
    ) -> Result<Self, ConfigError> {
        compare::<H>(variables(FINGERPRINT_VARIABLE).as_deref(), on_difference)?;
        let secrets = self.with_prefix_of(&variables)?;
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

/// The first differences in one line, and the number of the others.
pub(super) fn listed(differences: &[Difference]) -> String {
    const SHOWN: usize = 8;
    let mut text = String::new();
    for (index, difference) in differences.iter().take(SHOWN).enumerate() {
        let separator = if index == 0 { "" } else { "; " };
        write!(text, "{separator}{difference}").expect("a string takes any text");
    }
    match differences.len().saturating_sub(SHOWN) {
        0 => text,
        more => format!("{text}; and {more} more"),
    }
}
