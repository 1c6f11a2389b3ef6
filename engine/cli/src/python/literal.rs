//! Python literals of strings and JSON values.

use std::fmt::Write as _;

use driftless_model::is_printed;
use serde_json::Value;

/// A string literal in ASCII, so that no character can change how the source is read or displayed.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            ' '..='~' => quoted.push(char),
            _ => write!(quoted, "\\U{:08x}", u32::from(char)).expect("a string takes any text"),
        }
    }
    quoted.push('"');
    quoted
}

/// Text between the quotes of a literal, with the same escapes.
pub(super) fn inside(text: &str) -> String {
    let quoted = quote(text);
    quoted[1..quoted.len() - 1].to_owned()
}

/// Text for the rest of a comment line. In the first lines of a file, Python takes `coding:` for the name of an encoding.
pub(super) fn comment(text: &str) -> String {
    let line = text.replace(|char| !is_printed(char), " ");
    line.replace("coding:", "coding :").replace("coding=", "coding =")
}

/// A docstring of one line: the description, or a default with the id if there is none.
pub(super) fn docstring(description: &str, id: &str) -> String {
    let words: Vec<&str> = description.split_whitespace().collect();
    let text = if words.is_empty() { format!("The secret {id}.") } else { words.join(" ") };
    let quoted = quote(&text);
    // Between three quotes, the same escapes are valid as between single quotes.
    format!("\"\"{quoted}\"\"")
}

/// A JSON value in Python syntax.
pub(super) fn json(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quote(text),
        Value::Array(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{}: {}", quote(key), json(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{comment, docstring, inside, json, quote};

    #[test]
    fn text_is_ascii_whatever_it_holds() {
        assert_eq!(quote("a\"\\\n\u{202e}\u{1f600}\u{7f}"), "\"a\\\"\\\\\\n\\U0000202e\\U0001f600\\U0000007f\"");
    }

    #[test]
    fn text_inside_a_literal_or_a_comment_cannot_end_it() {
        assert_eq!(inside("a\"\n\""), "a\\\"\\n\\\"");
        assert_eq!(comment("a\nimport os\u{2028}\u{202e}\0"), "a import os   ");
        assert_eq!(comment("coding: utf-7 coding=x"), "coding : utf-7 coding =x");
    }

    #[test]
    fn a_docstring_cannot_end_early() {
        assert_eq!(docstring("say \"\"\" and \\", "X"), "\"\"\"say \\\"\\\"\\\" and \\\\\"\"\"");
        assert_eq!(docstring(" \n ", "X"), "\"\"\"The secret X.\"\"\"");
    }

    #[test]
    fn json_is_written_with_the_words_of_python() {
        assert_eq!(json(&json!({"a": [null, true, 1.5, "x"]})), "{\"a\": [None, True, 1.5, \"x\"]}");
    }
}
