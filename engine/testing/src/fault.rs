//! Fault injection: failures of the network or the service. This module decides when a fault is triggered;
//! [`protocol`](super::protocol) and [`answer`](super::answer) produce its HTTP response.

use std::time::Duration;

use driftless::model::ApiCall;

/// How a call fails.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// Status 400, `ThrottlingException`. The SDK retries.
    Throttled,
    /// Status 500, `InternalServiceError`. The SDK retries.
    InternalServiceError,
    /// Status 503 without a body, as from a load balancer. The SDK retries.
    ServiceUnavailable,
    /// The connection breaks before a response. The SDK retries.
    ConnectionReset,
    /// The response is correct, but delayed by this duration. The operation is performed after the delay or, with
    /// [`after_acting`](Fault::after_acting), before it; also if the caller has stopped waiting by then.
    Slow(Duration),
    /// No response is ever sent: only the caller's own time limits end the call.
    Hang,
    /// Status 200 with a body that is not complete JSON. The SDK reports an unhandled service error.
    MalformedJson,
    /// Status 200 with a body that ends before the length in its header. The SDK reports a response error.
    TruncatedBody,
    /// Status 400, `ExpiredTokenException`.
    ExpiredToken,
    /// Status 400, `DecryptionFailure`.
    DecryptionFailure,
    /// Any other error response.
    Error {
        /// The error code, such as `EncryptionFailure`.
        code: String,
        /// The HTTP status.
        status: u16,
        /// The message.
        message: String,
    },
}

impl FaultKind {
    /// The fault's name in a [`RecordedCall`](super::RecordedCall): the error code, if the response has one.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Throttled => "ThrottlingException",
            Self::InternalServiceError => "InternalServiceError",
            Self::ServiceUnavailable => "ServiceUnavailable",
            Self::ConnectionReset => "ConnectionReset",
            Self::Slow(_) => "Slow",
            Self::Hang => "Hang",
            Self::MalformedJson => "MalformedJson",
            Self::TruncatedBody => "TruncatedBody",
            Self::ExpiredToken => "ExpiredTokenException",
            Self::DecryptionFailure => "DecryptionFailure",
            Self::Error { code, .. } => code,
        }
    }
}

/// A fault to inject: which operation it affects, how, and how often.
///
/// ```
/// use driftless::model::ApiCall;
/// use driftless_testing::{EmbeddedSecretsManager, Fault, FaultKind};
///
/// let server = EmbeddedSecretsManager::new();
/// server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::Throttled).times(2));
/// // The write happens, and its answer is lost.
/// server.inject(Fault::on(ApiCall::PutSecretValue, FaultKind::ConnectionReset).after_acting());
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    call: ApiCall,
    pub(super) kind: FaultKind,
    pub(super) acts: bool,
    times: u32,
}

impl Fault {
    /// A fault that affects the next call of this operation, once, before the server does anything.
    #[must_use]
    pub fn on(call: ApiCall, kind: FaultKind) -> Self {
        Self { call, kind, acts: false, times: 1 }
    }

    /// Affects this many calls. Each attempt of the SDK is a call.
    ///
    /// ```
    /// use driftless::model::ApiCall;
    /// use driftless_testing::{EmbeddedSecretsManager, Fault, FaultKind};
    ///
    /// let server = EmbeddedSecretsManager::new();
    /// // The next two reads are throttled, and the third one is answered.
    /// server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::Throttled).times(2));
    /// ```
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    /// The server performs the operation first, and then the fault replaces the response.
    #[must_use]
    pub fn after_acting(self) -> Self {
        Self { acts: true, ..self }
    }
}

/// The faults that are not used up yet, in the order in which they were injected.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn push(&mut self, fault: Fault) {
        if fault.times > 0 {
            self.0.push(fault);
        }
    }

    /// Takes the first fault for this operation, and counts its use.
    pub(super) fn take(&mut self, call: ApiCall) -> Option<Fault> {
        let place = self.0.iter().position(|fault| fault.call == call)?;
        self.0[place].times -= 1;
        let fault = self.0[place].clone();
        if fault.times == 0 {
            self.0.remove(place);
        }
        Some(fault)
    }
}
