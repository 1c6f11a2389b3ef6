//! The graph of subjects and secrets in Mermaid, which GitHub renders in Markdown.

use std::fmt::Write as _;

use super::{Picture, words};

/// The graph. Edges lead from subjects to secrets, and are labelled with verbs.
#[must_use]
pub fn mermaid(picture: &Picture<'_>) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (place, subject) in picture.subjects.iter().enumerate() {
        let label = label(&subject.to_string());
        _ = match subject.kind() {
            "handler" => writeln!(text, "  h{place}[\"{label}\"]"),
            kind => writeln!(text, "  h{place}([\"{kind} {label}\"])"),
        };
    }
    for (place, secret) in picture.secrets.iter().enumerate() {
        _ = writeln!(text, "  s{place}[(\"{}<br>{}\")]", label(&secret.id), label(secret.name.as_str()));
    }
    for grant in &picture.grants {
        _ = writeln!(text, "  h{} -->|\"{}\"| s{}", grant.subject, words(&grant.verbs), grant.secret);
    }
    text
}

/// Escapes a label: every character that is not plain is written as an entity.
///
/// Source: [entity codes to escape characters](https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters).
fn label(text: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || " -./:_".contains(char);
    text.chars().map(|char| if is_plain(char) { char.to_string() } else { format!("#{};", u32::from(char)) }).collect()
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn no_text_ends_its_label() {
        assert_eq!(label("a\"]; click <b> #1"), "a#34;#93;#59; click #60;b#62; #35;1");
        assert_eq!(label("shop/{id}"), "shop/#123;id#125;");
    }
}
