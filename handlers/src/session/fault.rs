//! The reasons for which a session token is refused.

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// This key did not sign it.
    Signature,
    /// This key signed it, but it has expired.
    Expired,
    /// PayPulse does not sign such tokens. Contains the reason, for the log.
    Foreign(&'static str),
    /// This key signed it, but its claims are invalid. Contains the reason, for the log.
    Claims(&'static str),
}
