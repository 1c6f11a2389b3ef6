//! What the suites share: their log, and a server whose every secret can be told in it.
#![allow(dead_code, reason = "no suite needs all of it")]

pub mod log;
pub mod mark;
pub mod server;
