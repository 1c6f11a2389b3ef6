//! Code and plain text in a cell of a Markdown table.

use driftless_model::is_printed;

/// Formats a text as code in a table cell.
#[must_use]
pub fn code(text: &str) -> String {
    // Fast path: nearly every text.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'`' | b'|')) {
        return ["`", text, "`"].concat();
    }
    format!("`{}`", text.replace('`', " ").replace(|char| !is_printed(char), " ").replace('|', "\\|"))
}

/// Formats a text as plain text in a table cell: on one line, and without any effect as Markdown or HTML.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for char in one_line_of(text).chars() {
        match char {
            '<' => cell.push_str("&lt;"),
            '>' => cell.push_str("&gt;"),
            '&' => cell.push_str("&amp;"),
            // Any ASCII punctuation can be escaped: https://spec.commonmark.org/0.31.2/#backslash-escapes
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '#' | '!' | '@' => cell.extend(['\\', char]),
            _ => cell.push(char),
        }
    }
    cell
}

/// The words of a text with a space between them, without characters that are not printed.
fn one_line_of(text: &str) -> String {
    text.replace(|char| !is_printed(char), " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_text_has_no_effect_in_a_table() {
        for (text, expected) in [
            ("Lists a user's invoices.", "Lists a user's invoices."),
            ("two\n  lines\u{202e}", "two lines"),
            ("a | b", "a \\| b"),
            ("<img src=x> [a](b) `c` *d* _e_", "&lt;img src=x&gt; \\[a\\](b) \\`c\\` \\*d\\* \\_e\\_"),
            ("\\| @team #1 &amp;", "\\\\\\| \\@team \\#1 &amp;amp;"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }
}
