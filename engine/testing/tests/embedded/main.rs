//! The embedded Secrets Manager, held to what AWS documents, through the official SDK's client.

mod access;
mod create;
mod delete;
mod faults;
mod password;
mod read;
mod relabel;
mod rotation;
mod served;
mod update;
mod write;

use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};

/// The version id of a write: 32 characters, the fewest that are allowed.
fn token(last: char) -> String {
    format!("{last:0>32}")
}

/// Asserts that a call was refused with this code and message.
#[track_caller]
fn check_refused<T, E, R>(result: Result<T, SdkError<E, R>>, code: &str, message: &str)
where
    SdkError<E, R>: ProvideErrorMetadata,
{
    let error = result.err().expect("the call is refused");
    assert_eq!((error.code(), error.message()), (Some(code), Some(message)));
}

/// Asserts that a call was refused with this code, and that the message says this much.
#[track_caller]
fn check_refused_for<T, E, R>(result: Result<T, SdkError<E, R>>, code: &str, part: &str)
where
    SdkError<E, R>: ProvideErrorMetadata,
{
    let error = result.err().expect("the call is refused");
    assert_eq!(error.code(), Some(code));
    let message = error.message().unwrap_or_default();
    assert!(message.contains(part), "`{message}` does not say `{part}`");
}

const NOT_FOUND: &str = "Secrets Manager can't find the specified secret.";
const MARKED: &str = "You can't perform this operation on the secret because it was marked for deletion.";
