//! Taking over what exists already: what the rendered Terraform manages, held against what a state or a listing knows.
//!
//! `state` and `listing` read, `decide` and `renames` compare, `file` writes down. Nothing here prints, and nothing reads
//! the value of a secret: of what a state holds, only addresses, names, ARNs, settings and policies are ever kept.

mod address;
pub(crate) mod arn;
mod changes;
mod decide;
mod declared;
mod destroyed;
mod evidence;
mod facts;
mod file;
mod left;
pub(crate) mod lenient;
mod listing;
pub(crate) mod malformed;
mod mapping;
mod problems;
mod reach;
mod renames;
mod state;

pub use address::{Address, Key, Module, NotAnAddress};
pub use decide::{Adoption, Fate, Forgotten, How, Step, decide};
pub use declared::Declared;
pub use evidence::Evidence;
pub use facts::Facts;
pub use file::{HEADER_START, NAME, OWN, text};
pub use listing::{Found, Listing};
pub use malformed::Malformed;
pub use renames::renames;
pub use state::{Deposed, Held, State};

pub use listing::read as read_listing;
pub use state::read as read_state;
