//! Tells apart credentials that are missing from a source of credentials that fails for a moment: the SDK reports both
//! as [`CredentialsError`].

use std::error::Error as StdError;
use std::fmt::Write as _;

use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_smithy_runtime_api::client::result::ConnectorError;
use zeroize::Zeroizing;

use super::causes::find;

/// The code with which STS reports that the identity provider did not answer: "We suggest that you retry the request."
///
/// Source: [`AssumeRoleWithWebIdentity`](https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html).
const NO_PROVIDER: &str = "IDPCommunicationError";
/// The message of the SDK's error for a request for credentials that reached a time limit of the SDK.
const OUT_OF_TIME: &str = "request has timed out";

/// Whether a source of credentials failed for a reason that passes by itself: it did not answer in time, the connection
/// broke, or it has too many requests or a fault of its own. A later call can succeed without any change.
///
/// Credentials that are missing or not configured, and a source that refuses the request, do not pass.
#[must_use]
pub fn credentials_may_come(error: &CredentialsError) -> bool {
    match error {
        CredentialsError::ProviderTimedOut(_) => true,
        CredentialsError::ProviderError(_) | CredentialsError::Unhandled(_) => is_cut_off(error) || is_passing(error),
        _ => false,
    }
}

fn is_cut_off(error: &CredentialsError) -> bool {
    let is_io = |it: &ConnectorError| it.is_io() || it.is_timeout();
    let mut causes = std::iter::successors(Some(error as &dyn StdError), |&error| error.source());
    find::<ConnectorError>(error).is_some_and(is_io) || causes.any(|cause| cause.to_string() == OUT_OF_TIME)
}

/// Whether the answer of the source is one that passes.
///
/// The SDK keeps the status and the code of such an answer in types that it does not export, or only in a message. All
/// of them show both in their `Debug` output, which is searched here and kept nowhere, because it can hold the answer.
fn is_passing(error: &CredentialsError) -> bool {
    let mut shown = Zeroizing::new(String::new());
    write!(shown, "{error:?}").expect("a string takes any text");
    let mut statuses = shown.split("StatusCode(").skip(1).filter_map(|rest| rest.split(')').next()?.parse().ok());
    let codes = THROTTLING_ERRORS.iter().chain(TRANSIENT_ERRORS).copied().chain([NO_PROVIDER]);
    statuses.any(|status: u16| status >= 500 || matches!(status, 408 | 429))
        || codes.into_iter().any(|code| shown.contains(&format!("code: Some(\"{code}\")")))
}
