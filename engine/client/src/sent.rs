//! What is known about the calls of a verb: whether AWS may have received the current call, and whether it may have
//! carried out a call that writes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper_util::client::legacy::connect::CaptureConnection;

use crate::model::ApiCall;

/// The calls of one verb.
#[derive(Default)]
pub(super) struct Sent(Mutex<SentCalls>);

#[derive(Default)]
struct SentCalls {
    attempt: Attempt,
    /// Whether the current call writes.
    writes: bool,
    /// Whether AWS may have received an attempt of the current call.
    was_received: bool,
    /// Whether AWS may have carried out any call of this verb that writes.
    may_have_written: bool,
}

/// The state of the current attempt.
#[derive(Default)]
enum Attempt {
    /// It is not signed yet, because credentials are missing or still requested.
    #[default]
    Unsigned,
    /// It was passed to the HTTP client, whose connection is known if the client is the one of this crate.
    Passed(Option<CaptureConnection>),
    /// It has ended. `is_connected` is false if no connection could be opened for it.
    Ended { is_connected: bool },
}

/// How an attempt ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// No connection could be opened.
    NotConnected,
    /// AWS refused the request and carried out nothing.
    Refused,
    /// Any other end: AWS may have carried out the request.
    Other,
}

/// How far the current call came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    /// No attempt was signed.
    Unsigned,
    /// No attempt had a connection.
    Unconnected,
    /// AWS may have received an attempt.
    Received,
}

impl Sent {
    fn calls(&self) -> MutexGuard<'_, SentCalls> {
        // The code under this lock does not panic, so a poisoned lock is still consistent.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An attempt of the API call with this name begins.
    pub(super) fn begin(&self, call: &str, is_first: bool) {
        let mut calls = self.calls();
        calls.attempt = Attempt::Unsigned;
        calls.writes = ApiCall::from_name(call).is_none_or(ApiCall::writes);
        if is_first {
            calls.was_received = false;
        }
    }

    /// The attempt was signed and is passed to the HTTP client.
    pub(super) fn passed(&self) {
        self.calls().attempt = Attempt::Passed(None);
    }

    /// The HTTP client reports the connection of the current attempt. Requests for credentials are not attempts.
    pub(super) fn opens(&self, connection: &CaptureConnection) {
        let mut calls = self.calls();
        if let Attempt::Passed(known) = &mut calls.attempt {
            *known = Some(connection.clone());
        }
    }

    /// The attempt has ended.
    pub(super) fn ended(&self, end: End) {
        let mut calls = self.calls();
        let is_connected = match &calls.attempt {
            Attempt::Unsigned => return,
            attempt => end != End::NotConnected && attempt.is_connected(),
        };
        calls.attempt = Attempt::Ended { is_connected };
        calls.was_received |= is_connected;
        calls.may_have_written |= is_connected && calls.writes && end != End::Refused;
    }

    /// How far the call came that has failed, or is given up now.
    pub(super) fn reached(&self) -> Reached {
        let calls = self.calls();
        match &calls.attempt {
            _ if calls.was_received => Reached::Received,
            Attempt::Unsigned => Reached::Unsigned,
            attempt if attempt.is_connected() => Reached::Received,
            _ => Reached::Unconnected,
        }
    }

    /// Whether AWS may have carried out a call that writes. `has_answer` is set for an answer of AWS that does not
    /// tell whether it did.
    pub(super) fn may_have_written(&self, has_answer: bool) -> bool {
        let mut calls = self.calls();
        let is_open = matches!(&calls.attempt, Attempt::Passed(_)) && calls.attempt.is_connected();
        calls.may_have_written |= calls.writes && (is_open || has_answer);
        calls.may_have_written
    }
}

impl Attempt {
    /// Whether the attempt has a connection. It is assumed to have one if that is not known.
    fn is_connected(&self) -> bool {
        match self {
            Self::Unsigned => false,
            Self::Passed(connection) => connection.as_ref().is_none_or(|it| it.connection_metadata().is_some()),
            Self::Ended { is_connected } => *is_connected,
        }
    }
}
