//! The name of an invoice's object: `rental-invoices/{user}/{file}`, as in PayPulse's Python functions.
//!
//! The file name comes from an e-mail, so it is untrusted. Letters, digits, `-`, `_` and `.` are kept, and every other
//! character becomes `_`, as a space does in the Python functions. The result is one segment of a path, and never `.`
//! or `..`.

use std::fmt;

use paypulse_runtime::model::Key;
use paypulse_runtime::spec::UserId;

const PREFIX: &str = "rental-invoices";
/// Maximum length in bytes. A longer name loses its beginning, because PayPulse's parser reads the invoice number at
/// the end. An object's key has up to 1,024 bytes, and a file name up to 255.
const MAX_NAME: usize = 200;

/// The name of an object.
#[derive(Clone, PartialEq, Eq)]
pub struct InvoiceKey {
    user: UserId,
    file: String,
}

impl InvoiceKey {
    /// The object of a user's attachment with this file name. `None` if the user's id cannot be a segment of a path.
    #[must_use]
    pub fn new(user: &UserId, file: &str) -> Option<Self> {
        (!user.as_str().starts_with('.')).then(|| Self { user: user.clone(), file: safe(file) })
    }

    /// The segments of the path.
    #[must_use]
    pub fn segments(&self) -> [String; 3] {
        [PREFIX.to_owned(), self.user.as_str().to_owned(), self.file.clone()]
    }
}

/// Shows no part of the key, because the file name can identify the user.
impl fmt::Debug for InvoiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InvoiceKey")
    }
}

fn safe(file: &str) -> String {
    let is_kept = |letter: char| letter.is_alphanumeric() || "-_.".contains(letter);
    let name: String = file.trim().chars().map(|letter| if is_kept(letter) { letter } else { '_' }).collect();
    let first = name.char_indices().map(|(at, _)| at).find(|at| name.len() - at <= MAX_NAME).unwrap_or_default();
    let name = &name[first..];
    // A file that begins with a dot is hidden, and `.` and `..` are directories.
    let hidden = name.len() - name.trim_start_matches('.').len();
    format!("{}{}", "_".repeat(hidden), &name[hidden..])
}

#[cfg(test)]
mod tests {
    use super::{InvoiceKey, MAX_NAME, safe};

    #[test]
    fn a_file_name_of_the_landlord_stays_as_python_has_it() {
        for (file, name) in [
            ("Hyresavi_1306798107.pdf", "Hyresavi_1306798107.pdf"),
            ("Hyresavi 1306798107.pdf", "Hyresavi_1306798107.pdf"),
            ("Räkning-3.pdf", "Räkning-3.pdf"),
        ] {
            assert_eq!(safe(file), name);
        }
    }

    #[test]
    fn err_a_hostile_file_name_is_one_segment_of_a_path() {
        for (file, name) in [
            ("../../etc/passwd", "___.._etc_passwd"),
            ("..", "__"),
            (".", "_"),
            (".ssh", "_ssh"),
            ("C:\\Windows\\a.pdf", "C__Windows_a.pdf"),
            ("a\u{0}b\r\n\u{1b}[2J.pdf", "a_b____2J.pdf"),
            ("\u{202e}fdp.exe", "_fdp.exe"),
            ("a?b#c%2f&d.pdf", "a_b_c_2f_d.pdf"),
        ] {
            assert_eq!(safe(file), name, "{file:?}");
        }
        let long = safe(&format!("{}_42.pdf", "ä".repeat(10_000)));
        assert!(long.len() <= MAX_NAME && long.ends_with("_42.pdf"), "{long}");
    }

    #[test]
    fn err_a_user_whose_id_is_a_directory_of_another_kind_has_no_object() {
        for id in [".", "..", ".a"] {
            assert!(InvoiceKey::new(&id.parse().expect("a key"), "a.pdf").is_none(), "{id}");
        }
        let key = InvoiceKey::new(&"user_1".parse().expect("a key"), "a b.pdf").expect("a key");
        assert_eq!(key.segments(), ["rental-invoices", "user_1", "a_b.pdf"]);
        assert_eq!(format!("{key:?}"), "InvoiceKey");
    }
}
