//! Answers whether a spec allows a role an action on a resource: which grant allows it, or what denies it.
//!
//! `question` reads what is asked, `answer` evaluates the policies of the rendered files, and `cause` finds in the spec why
//! they allow nothing. Nothing here prints, reads files or calls AWS.

mod answer;
mod cause;
mod condition;
mod environment;
mod facts;
mod line;
mod question;
mod resource;
mod statements;

pub use answer::{Answer, GrantFound, Ruling, answer};
pub use cause::Cause;
pub use environment::{Environment, Wrong};
pub use facts::AlsoGiven;
pub use line::line_of_grant;
pub use question::Question;
pub use resource::Asked;
pub use statements::Allowing;
