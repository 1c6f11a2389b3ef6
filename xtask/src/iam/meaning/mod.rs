//! What a policy document means, however it is written: which actions on which resources, decided on patterns and not by
//! comparing text. What cannot be decided is decided for the worse: an allowance is taken for as wide, and a denial for as
//! narrow, as it can be.

mod allowance;
mod condition;
mod cover;
mod document;
mod inclusion;
mod json;
mod pairs;
mod pattern;
mod reading;
mod set;

pub use allowance::{Allowance, allowances};
pub(crate) use condition::implies;
pub(crate) use cover::find;
pub use cover::{Cover, cover};
pub use document::{Conditions, Document, Effect, Principal, Principals, Statement, Unread};
pub use inclusion::{Beyond, Why, beyond};
pub use pattern::Pattern;
pub use reading::Reading;
pub use set::Set;
