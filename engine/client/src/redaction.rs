//! Redacts AWS's messages for logs: removes the name of a secret, which can contain a user's id, and parts of a value.

use std::collections::HashSet;

use zeroize::Zeroizing;

/// Messages are truncated to this number of characters. AWS's messages are shorter.
const LONGEST: usize = 1_000;
/// Shorter strings of a value are ignored: they reveal nothing and occur in any text.
const SHORTEST: usize = 4;
/// Longer strings are removed in pieces of this length, because AWS can truncate what it repeats.
const PIECE: usize = 8;

/// Replaces the random suffix that AWS appends to a name in an ARN.
const SUFFIX: &str = "-??????";
const SUFFIX_LENGTH: usize = 7;

/// The names of a verb's secret.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The whole name, with the prefix of its environment; empty if it is not known.
    pub(super) name: String,
    pub(super) template: String,
    /// Whether logs may contain the name.
    pub(super) shows: bool,
}

impl Names {
    /// Replaces the name in a message by the template, and each part of the value by `…`.
    pub(super) fn redact(&self, message: &str, value: &str) -> String {
        // The value can contain the name, which is then replaced where the message repeats the value.
        let named = Zeroizing::new(self.without_names(value));
        let text = without_value(&without_value(&self.without_names(message), &named), value);
        text.chars().take(LONGEST).map(|char| if char.is_control() { ' ' } else { char }).collect()
    }

    fn without_names(&self, text: &str) -> String {
        if self.shows {
            return text.to_owned();
        }
        let parts = filled_in(&self.template, &self.name).unwrap_or_default();
        let text = without_name(text, &self.name, &self.template);
        parts.into_iter().fold(text, |text, part| without_word(&text, part))
    }
}

/// Replaces the name, and in an ARN also the suffix that AWS appends to it.
fn without_name(text: &str, name: &str, template: &str) -> String {
    if name.is_empty() || name == template {
        return text.to_owned();
    }
    let mut parts = text.split(name);
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        clean += template;
        let suffix = part.as_bytes().get(..SUFFIX_LENGTH);
        let is_suffix = suffix.is_some_and(|it| it[0] == b'-' && it[1..].iter().all(u8::is_ascii_alphanumeric));
        if is_suffix {
            clean += SUFFIX;
            clean += &part[SUFFIX_LENGTH..];
        } else {
            clean += part;
        }
    }
    clean
}

/// Replaces whole words only: a user's id can be a single digit, which also occurs in other numbers.
fn without_word(text: &str, word: &str) -> String {
    if word.is_empty() {
        return text.to_owned();
    }
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    let (mut clean, mut end) = (String::new(), 0);
    for (at, _) in text.match_indices(word) {
        let is_alone = !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part);
        clean += &text[end..at];
        clean += if is_alone { "…" } else { word };
        end = at + word.len();
    }
    clean + &text[end..]
}

/// Replaces what a text repeats of a value: each of its strings, and each piece and each beginning of a longer one.
fn without_value(text: &str, value: &str) -> String {
    let mut pieces: HashSet<&[u8]> = HashSet::new();
    for part in strings(value).map(str::as_bytes) {
        pieces.extend(part.windows(part.len().min(PIECE)));
        if part.len() > PIECE {
            pieces.extend((SHORTEST..PIECE).map(|end| &part[..end]));
        }
    }
    let mut is_hidden = vec![false; text.len()];
    for length in SHORTEST..=PIECE {
        for (start, window) in text.as_bytes().windows(length).enumerate() {
            if pieces.contains(window) {
                is_hidden[start..start + length].fill(true);
            }
        }
    }
    let mut clean = String::new();
    for (start, char) in text.char_indices() {
        if !is_hidden[start..start + char.len_utf8()].contains(&true) {
            clean.push(char);
        } else if !clean.ends_with('…') {
            clean.push('…');
        }
    }
    clean
}

/// The strings of a JSON value, and the text between them, because a `"` can also be part of a string. A value that is
/// not JSON is one string.
fn strings(value: &str) -> impl Iterator<Item = &str> {
    value.split('"').filter(move |part| part.len() >= SHORTEST && !is_field(value, part))
}

/// Whether `part` is the name of a field, which is not secret.
fn is_field(value: &str, part: &str) -> bool {
    value.contains(&format!("\"{part}\":"))
}

/// The values of the template's fields in a name. The prefix of an environment can precede the name.
fn filled_in<'a>(template: &str, name: &'a str) -> Option<Vec<&'a str>> {
    // The pieces between braces alternate: text, field, text, …
    let mut texts = template.split(['{', '}']).step_by(2);
    let first = texts.next()?;
    let mut rest = &name[name.find(first)? + first.len()..];
    let mut found = Vec::new();
    let mut texts = texts.peekable();
    while let Some(text) = texts.next() {
        let is_last = texts.peek().is_none();
        let (field, next) = if is_last { (rest.strip_suffix(text)?, "") } else { rest.split_once(text)? };
        found.push(field);
        rest = next;
    }
    Some(found)
}

/// Returns the code only if it is a short alphanumeric word: it comes from the network.
pub(super) fn plain_code(code: &str) -> String {
    let plain = !code.is_empty() && code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain { code.to_owned() } else { "an unknown error".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::Names;

    fn redacted(message: &str) -> String {
        let (name, template) = ("prod/app/users/7/mail".into(), "app/users/{user_id}/mail".into());
        Names { name, template, shows: false }.redact(message, r#"{"token": "swordfish"}"#)
    }

    #[test]
    fn a_name_becomes_its_template_and_an_arn_keeps_its_form() {
        assert_eq!(
            redacted(
                "may not read arn:aws:secretsmanager:eu-west-1:777777777777:secret:prod/app/users/7/mail-AbC123 because 7"
            ),
            "may not read arn:aws:secretsmanager:eu-west-1:777777777777:secret:app/users/{user_id}/mail-?????? because …"
        );
        assert_eq!(redacted("prod/app/users/7/mail\u{1b}[2J\nnext"), "app/users/{user_id}/mail [2J next");
        assert_eq!(redacted("17 of 77, 7_a"), "17 of 77, 7_a");
    }

    #[test]
    fn a_value_is_not_told() {
        assert_eq!(redacted("Value 'swordfish' at 'secretString' failed"), "Value '…' at 'secretString' failed");
        assert_eq!(redacted("Value '{\"token\": \"swordfi"), "Value '{\"token\": \"…");
        assert_eq!(redacted("the token is bad"), "the token is bad");
    }

    fn without(message: &str, value: &str) -> String {
        let (name, template) = ("app/users/whisper7/mail".into(), "app/users/{user_id}/mail".into());
        Names { name, template, shows: false }.redact(message, value)
    }

    #[test]
    fn a_harmless_part_of_a_value_removes_no_more_than_itself() {
        let value = r#"{"region": "eu-west-1", "role": "User", "kind": "secret", "key": "swordfish-in-the-sea"}"#;
        let denied = "User: x may not perform secretsmanager:PutSecretValue in eu-west-1 on app/users/whisper7/mail";
        assert_eq!(
            without(denied, value),
            "…: x may not perform …smanager:PutSecretValue in … on app/users/{user_id}/mail"
        );
    }

    /// No 8 bytes and no beginning of a secret in the value appear: whole, truncated, in part, or with the name in it.
    #[test]
    fn no_piece_of_a_value_is_told() {
        for (value, secrets) in [
            (
                r#"{"a": "swordfish-in-the-sea", "b": "1//refresh-token", "é": "pässwörd-mit-ümlaut"}"#,
                &["swordfish-in-the-sea", "1//refresh-token", "pässwörd-mit-ümlaut"][..],
            ),
            ("swordfish-in-the-sea", &["swordfish-in-the-sea"]),
            (r#"{"a": "x\"swordfish-in-the-sea", "b": 1}"#, &["swordfish-in-the-sea"]),
            (r#"{"a": "swordfish-whisper7-in-the-sea"}"#, &["swordfish-", "-in-the-sea"]),
            ("swordfish app/users/whisper7/mail in-the-sea", &["swordfish", "in-the-sea"]),
        ] {
            for end in (1..=value.len()).filter(|end| value.is_char_boundary(*end)) {
                let told = without(&format!("Value '{}' at 'secretString' failed", &value[..end]), value);
                assert!(told.ends_with("' at 'secretString' failed") && !told.contains("whisper7"), "{told}");
                assert!(!told.contains(&secrets[0][..4]), "{end}: {told}");
                for secret in secrets {
                    let mut pieces = secret.as_bytes().windows(8);
                    assert!(
                        pieces.all(|piece| !told.as_bytes().windows(8).any(|other| other == piece)),
                        "{end}: {told}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_long_message_is_cut_and_a_hostile_name_ends_nothing() {
        assert_eq!(redacted(&"é".repeat(5_000)).chars().count(), 1_000);
        for (name, template) in [("", ""), ("a", "{b}"), ("x/", "x/{a}{b}"), ("é", "{a}/{b}"), ("same", "same")] {
            let names = Names { name: name.into(), template: template.into(), shows: false };
            assert!(names.redact("é same a x/", "").len() < 100);
        }
    }
}
