//! A denied call, as far as a message describes it.

use super::principal::Principal;
use super::reason::Reason;
use super::resource::DeniedResource;

/// A denied call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The caller.
    pub principal: Principal,
    /// The account of the caller.
    pub account: Option<String>,
    /// The denied IAM action: `secretsmanager:GetSecretValue`. It can be cut off.
    pub action: Option<String>,
    /// The resource.
    pub resource: DeniedResource,
    /// The policy that decided.
    pub reason: Reason,
    /// The ARN of that policy, if the message contains it.
    pub policy: Option<String>,
    /// The encoded authorization message, which STS can decode.
    pub encoded: Option<String>,
    /// The details of an error of this project's client, which does not contain the AWS message.
    pub client: Option<ClientError>,
}

/// An access-denied error of this project's client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientError {
    /// The verb as written in the message.
    pub verb: String,
    /// The secret's id in the spec.
    pub secret: String,
}

impl Denial {
    /// A denial without any details.
    #[must_use]
    pub(super) const fn unsaid() -> Self {
        Self {
            principal: Principal::Unsaid,
            account: None,
            action: None,
            resource: DeniedResource::Unsaid,
            reason: Reason::Unsaid,
            policy: None,
            encoded: None,
            client: None,
        }
    }
}

/// Maximum number of different denials per text.
pub(super) const MOST: usize = 100;
