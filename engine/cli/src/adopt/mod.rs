//! Imports existing infrastructure: compares what the rendered Terraform manages with a state or a listing of the
//! account.
//!
//! `state` and `listing` parse, `decide` and `renames` compare, and `file` renders the result. No function prints, and
//! none reads the value of a secret: from a state, only addresses, names, ARNs, settings and policies are kept.

mod adoption;
mod blocks;
mod changes;
mod decide;
mod declared;
mod destroyed;
mod evidence;
mod facts;
mod file;
mod left;
mod listing;
mod mapping;
mod problems;
mod reach;
mod renames;
mod state;

pub use adoption::{Adoption, AdoptionStep, Fate, Forgotten, How};
pub use decide::decide;
pub use declared::Declared;
pub use evidence::Evidence;
pub use facts::Facts;
pub use file::{NAME, OWN, text};
pub use listing::{Found, Listing};
pub use renames::renames;
pub use state::{Deposed, Held, State};

pub use crate::tf::{Address, Key, Malformed, ModulePath, NotAnAddress};
pub use listing::read as read_listing;
pub use state::read as read_state;
