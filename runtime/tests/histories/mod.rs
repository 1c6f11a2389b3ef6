//! What handlers do to one user's tokens at once, and the rules that hold however that ends.
#![allow(dead_code, unused_imports, reason = "no program needs all of it")]

mod event;
mod handlers;

pub use event::{Event, What, check};
pub use handlers::{Handlers, consent, user};
