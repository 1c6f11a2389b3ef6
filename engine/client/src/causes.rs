//! The causes in an error of a request that failed before an answer arrived.

use std::error::Error as StdError;

use aws_smithy_runtime_api::client::result::ConnectorError;
use hyper_util::client::legacy;

/// A time limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TimedOut {
    #[error("no connection could be opened in time")]
    Connect,
    #[error("no answer came in time")]
    Read,
}

/// Whether the request cannot have been sent because no connection could be opened.
pub(super) fn is_not_connected(cause: &ConnectorError) -> bool {
    find::<legacy::Error>(cause).is_some_and(legacy::Error::is_connect)
        || find::<TimedOut>(cause).is_some_and(|it| *it == TimedOut::Connect)
}

/// The first error of type `E` in an error's chain of causes.
pub(super) fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(<dyn StdError>::downcast_ref)
}

pub(super) fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}
