//! What a denial of AWS means on a spec: who wanted what, whether the spec grants it, and so what has to be mended.
//!
//! `message` reads what AWS says, `verdict` holds it against the spec, `words` says it. Nothing here prints, and nothing asks
//! AWS.

mod caller;
mod environment;
mod message;
mod verdict;
mod words;

pub use caller::Caller;
pub use environment::environment;
pub use message::{Denial, PolicyKind, Principal, Reason, denials};
pub use verdict::{Explanation, Fault, explain};
