//! The meaning of policy documents: which actions they allow on which resources, compared as patterns instead of as
//! text. Undecidable cases are resolved conservatively: an allow is taken to be as wide, and a deny as narrow, as
//! possible.

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
mod work;

pub use allowance::{Allowance, allowances};
pub(crate) use condition::{implies, implies_within};
pub(crate) use cover::find_within;
pub use cover::{Cover, cover};
pub use document::{Conditions, Document, Effect, PolicyPrincipal, PolicyStatement, Principals, Unread};
pub use inclusion::{Beyond, TOO_LONG, Why, beyond, beyond_within};
pub use pattern::Pattern;
pub use reading::Reading;
pub use set::Set;
pub use work::Work;
