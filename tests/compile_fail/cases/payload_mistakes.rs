//! Each mistake in a payload type is reported once, at its own word.

use paypulse_runtime::Payload;

#[derive(Payload)]
#[payload(modul = paypulse_runtime::model)]
pub struct Option_ {
    user: String,
}

#[derive(Payload)]
pub struct Generic<T> {
    user: T,
}

#[derive(Payload)]
pub union Both {
    number: u32,
    bytes: [u8; 4],
}

fn main() {}
