//! Redacts AWS's messages for logs: removes the name of a secret, which can contain a user's id, and values.

/// Messages are truncated to this number of characters. AWS's messages are shorter.
const LONGEST: usize = 1_000;
/// Shorter parts of a value are ignored: they reveal nothing and occur in any text.
const SHORTEST: usize = 4;

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
    /// Replaces the name in a message by the template. A message that repeats the value is omitted entirely.
    pub(super) fn redact(&self, message: &str, value: &str) -> String {
        if repeats(message, value) {
            return "(omitted, because it contains part of the value)".to_owned();
        }
        let mut text = message.to_owned();
        if !self.shows {
            text = without_name(&text, &self.name, &self.template);
            for part in filled_in(&self.template, &self.name).unwrap_or_default() {
                text = without_word(&text, part);
            }
        }
        text.chars().take(LONGEST).map(|char| if char.is_control() { ' ' } else { char }).collect()
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

/// Whether a text contains the value, or one of the strings in a JSON value.
fn repeats(text: &str, value: &str) -> bool {
    let has = |part: &str| part.len() >= SHORTEST && text.contains(part);
    has(value) || value.split('"').skip(1).step_by(2).any(|part| has(part) && !is_field(value, part))
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
        let told = redacted("Value 'swordfish' at 'secretString' failed");
        assert!(!told.contains("swordfish"), "{told}");
        assert_eq!(redacted("the token is bad"), "the token is bad");
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
