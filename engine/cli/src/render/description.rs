//! The description of a created role: the purpose of its handler, in the characters that IAM accepts.

/// The longest description of a role, in characters.
///
/// Source: [`CreateRole`, `Description`](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html), as for the
/// characters in [`is_accepted`].
const MAX_LEN: usize = 1000;

/// The end of a description that is cut.
const CUT: &str = "...";

/// The description of a role whose handler has this purpose: in one line, without characters that IAM refuses, and cut to the
/// length that IAM accepts. Empty if there is no purpose.
///
/// ```
/// use driftless_cli::render::role_description;
///
/// assert_eq!(role_description("Lists a user’s\n invoices – 中文"), "Lists a user's invoices - ??");
/// ```
#[must_use]
pub fn role_description(purpose: &str) -> String {
    let mut line = String::new();
    for word in purpose.split(|char: char| char.is_whitespace() || char.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        word.chars().for_each(|char| push(&mut line, char));
    }
    if line.chars().count() <= MAX_LEN {
        return line;
    }
    let kept: String = line.chars().take(MAX_LEN - CUT.len()).collect();
    kept.trim_end().to_owned() + CUT
}

/// Appends the character, or what replaces it: the ASCII form of typographic characters, and otherwise a question mark.
fn push(line: &mut String, char: char) {
    match char {
        '\u{2018}'..='\u{201b}' | '\u{2032}' => line.push('\''),
        '\u{201c}'..='\u{201f}' | '\u{2033}' => line.push('"'),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => line.push('-'),
        '\u{2026}' => line.push_str("..."),
        '\u{2190}' => line.push_str("<-"),
        '\u{2192}' => line.push_str("->"),
        '\u{20ac}' => line.push_str("EUR"),
        // Not visible: a soft hyphen, characters of width zero, and marks of the text direction.
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {}
        char if is_accepted(char) => line.push(char),
        _ => line.push('?'),
    }
}

/// Whether IAM accepts the character in a description on one line. It also accepts tabs and line ends.
const fn is_accepted(char: char) -> bool {
    matches!(char, '\u{20}'..='\u{7e}' | '\u{a1}'..='\u{ff}')
}

#[cfg(test)]
mod tests {
    use super::{MAX_LEN, is_accepted, role_description};

    /// The rule of the provider's schema and of IAM: at most 1,000 characters of `[\t\n\r\x20-\x7e\xa1-\xff]`, and neither `“` nor `‘`.
    /// Source: [`internal/service/iam/role.go`](https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/internal/service/iam/role.go).
    fn is_valid(description: &str) -> bool {
        description.encode_utf16().count() <= 1000
            && description.chars().all(|char| matches!(u32::from(char), 0x9 | 0xa | 0xd | 0x20..=0x7e | 0xa1..=0xff))
            && !description.contains(['“', '‘'])
    }

    #[test]
    fn a_purpose_becomes_a_description_that_iam_accepts() {
        for (purpose, expected) in [
            ("", ""),
            (" \n\t ", ""),
            ("Lists a user's invoices.", "Lists a user's invoices."),
            ("Two\r\n  lines\tand a\u{a0}space", "Two lines and a space"),
            ("“Zoë’s” ‘shop’ – 10 €…", "\"Zoë's\" 'shop' - 10 EUR..."),
            ("中文 🙂 a\u{ad}b\u{202e}c\u{200b}", "?? ? abc"),
            ("\u{0}\u{1b}[31mred\u{7f}\u{85}", "[31mred"),
            ("${var.x} %{if} \"q\" \\", "${var.x} %{if} \"q\" \\"),
        ] {
            assert_eq!(role_description(purpose), expected, "{purpose:?}");
            assert!(is_valid(&role_description(purpose)), "{purpose:?}");
        }
    }

    #[test]
    fn every_character_becomes_accepted_ones() {
        for char in '\0'..=char::MAX {
            let description = role_description(&format!("a{char}b"));
            assert!(is_valid(&description), "{char:?} {description:?}");
            assert_eq!(description == format!("a{char}b"), is_accepted(char) && char != '\u{ad}', "{char:?}");
        }
    }

    #[test]
    fn a_long_purpose_is_cut_at_the_limit() {
        for (length, expected) in [(999, 999), (1000, 1000), (1001, 1000), (100_000, 1000)] {
            for char in ['a', 'ë', '…'] {
                let description = role_description(&char.to_string().repeat(length));
                assert!(is_valid(&description), "{length} {char}");
                if char != '…' {
                    assert_eq!(description.chars().count(), expected, "{length} {char}");
                }
            }
        }
        assert!(role_description(&"word ".repeat(1000)).ends_with("word wo..."));
        assert_eq!(MAX_LEN, 1000);
    }
}
