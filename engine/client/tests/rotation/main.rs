//! Rotation: the four steps, done once, twice, by two at once, and again after each way to fail.

mod event;
mod guards;
mod password;
mod readers;
mod refused;
mod steps;
mod together;
mod world;

#[path = "../../../testing/tests/shared/mod.rs"]
mod shared;
