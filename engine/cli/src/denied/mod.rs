//! Explains AWS access-denied messages in terms of the spec: who called, whether the spec grants it, and what to fix.
//!
//! `plain` normalizes the text, `message` parses the AWS messages, `verdict` compares them with the spec, and `words`
//! and `advice` describe the result. Nothing here prints or calls AWS.

mod action;
mod advice;
mod caller;
mod decoded;
mod denial;
mod environment;
mod escape;
mod fault;
mod keys;
mod margin;
mod marks;
mod markup;
mod masks;
mod message;
mod own;
mod plain;
mod principal;
mod reason;
mod resource;
mod runs;
mod scan;
mod shell;
mod verdict;
mod words;

pub use advice::Advice;
pub(crate) use advice::smallest_verb;
pub use caller::Caller;
pub use denial::{ClientError, Denial};
pub use environment::{crossed, environment};
pub use fault::Fault;
pub use message::denials;
pub use principal::Principal;
pub use reason::{KeyProblem, PolicyKind, Reason};
pub use resource::DeniedResource;
pub(crate) use resource::has_suffix;
pub use verdict::{Crossed, Explanation, explain};
