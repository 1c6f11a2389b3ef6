//! Words of a message in the commands of advice.

use std::path::Path;

use crate::text::quoted;

/// Quotes a word of the message for a shell. A word that cannot be an AWS name is not put into a command.
pub(super) fn shell(word: &str) -> String {
    const LONGEST: usize = 512;
    let is_plain = word.len() <= LONGEST && word.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain { quoted(Path::new(word)) } else { "NAME".to_owned() }
}
