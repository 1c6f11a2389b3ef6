//! What a denial of AWS means on a spec: who wanted what, whether the spec grants it, and so what has to be mended.
//!
//! `plain` brings every text into one form, `message` reads what AWS says in it, `verdict` compares that with the spec, `words`
//! and `advice` say it. Nothing here prints, and nothing asks AWS.

mod advice;
mod caller;
mod decoded;
mod environment;
mod escape;
mod fault;
mod keys;
mod message;
mod own;
mod plain;
mod principal;
mod reason;
mod resource;
mod scan;
mod verdict;
mod words;

pub use advice::Advice;
pub use caller::Caller;
pub use environment::environment;
pub use fault::Fault;
pub use message::{ClientError, Denial, denials};
pub use principal::Principal;
pub use reason::{KeyProblem, PolicyKind, Reason};
pub use resource::Resource;
pub use verdict::{Explanation, explain};
