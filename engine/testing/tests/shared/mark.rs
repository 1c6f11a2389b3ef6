//! The mark that every secret of the suites carries, so that one search finds any of them, and the one of users' ids.

use std::error::Error;
use std::fmt::{Debug, Write};

/// A word, as it can stand in a text: as it is, and as the bytes that `Debug` lists.
pub type Mark = [&'static str; 2];

/// Is part of every token, key, code, client id and account, and in every body that holds one. Small letters alone, which no
/// encoding of an address or a form changes.
pub const SECRET: Mark = ["hush", "104, 117, 115, 104"];

/// Is part of every id of a user.
pub const USER: Mark = ["whisper", "119, 104, 105, 115, 112, 101, 114"];

/// The secret of this word, as tests call it. No word makes no secret.
pub fn hush(word: &str) -> String {
    if word.is_empty() { String::new() } else { format!("hush-{word}") }
}

/// The word of a secret.
#[track_caller]
pub fn bare(secret: &str) -> &str {
    if secret.is_empty() { secret } else { secret.strip_prefix("hush-").expect("every secret carries the mark") }
}

/// What stands before the first mark, if there is one.
pub fn before<'text>(text: &'text str, mark: &Mark) -> Option<&'text str> {
    let [word, bytes] = mark;
    // Most texts hold none, and few a list: to ask that first costs a tenth of asking where.
    let has_bytes = || text.as_bytes().contains(&b'[') && text.contains(bytes);
    let form = if text.contains(word) { word } else { has_bytes().then_some(bytes)? };
    text.find(form).map(|place| &text[..place])
}

/// The forms that `Debug` gives a value, none of which may hold a secret or a user's id.
#[track_caller]
pub fn debugged(value: &impl Debug) -> String {
    checked(format!("{value:?} {value:#?}"), &[SECRET, USER])
}

/// The same of a value that is documented to name its secret.
#[track_caller]
pub fn debugged_with_name(value: &impl Debug) -> String {
    checked(format!("{value:?} {value:#?}"), &[SECRET])
}

/// All that an error tells, with its causes.
#[track_caller]
pub fn told(error: &impl Error) -> String {
    let mut told = format!("{error} {error:#} {}", debugged(error));
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(told, " {error} {error:?}").expect("a text takes it");
        cause = error.source();
    }
    checked(told, &[SECRET, USER])
}

#[track_caller]
fn checked(shown: String, marks: &[Mark]) -> String {
    for mark in marks {
        if let Some(before) = before(&shown, mark) {
            panic!("it shows a secret or a user's id after: {before}");
        }
    }
    shown
}
