//! Numbers and paths as texts, for messages.

use std::path::Path;

use driftless_model::is_printed;

use crate::neutral::one_line;

/// Formats a number with separators: `99,900`.
#[must_use]
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Quotes a path for a shell.
#[must_use]
pub fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    if !path.chars().all(is_printed) {
        return format!("$'{}'", one_line(&path.replace('\\', "\\\\").replace('\'', "\\'")));
    }
    let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+=:@,".contains(&byte));
    if plain && !path.is_empty() { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// Formats a count: `1 file`, `2 files`.
#[must_use]
pub fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("{number} {what}") } else { format!("{number} {what}s") }
}
