//! What the suites share: their log, a server whose every secret can be told in it, and histories of one user's tokens.
#![allow(dead_code, reason = "no suite needs all of it")]

pub mod history;
pub mod log;
pub mod mark;
pub mod server;
pub mod users;
