//! One line for each subject and secret, as RFC 4180 has it.
//!
//! A secret's name can begin with `=`, `+`, `-` or `@`, which spreadsheets take for a formula. Such a cell gets an
//! apostrophe before it, which they take for the sign of a text.
//!
//! Source: [CSV injection](https://owasp.org/www-community/attacks/CSV_Injection).

use super::Picture;

const HEAD: [&str; 8] = ["kind", "who", "secret", "name", "region", "verbs", "api_calls", "key_actions"];

/// The lines, the first with the names of the columns.
#[must_use]
pub fn csv(picture: &Picture<'_>) -> String {
    let mut text = HEAD.join(",") + "\r\n";
    for grant in &picture.grants {
        let subject = &picture.subjects[grant.subject];
        let verbs: Vec<&str> = grant.verbs.iter().map(|verb| verb.name()).collect();
        let api_calls = grant.call_names();
        let cells = [
            subject.kind(),
            &subject.to_string(),
            &grant.of.id,
            grant.of.name.as_str(),
            grant.of.region.as_deref().unwrap_or_default(),
            &verbs.join(" "),
            &api_calls.join(" "),
            &grant.key_actions().join(" "),
        ];
        text += &cells.map(cell).join(",");
        text += "\r\n";
    }
    text
}

fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guarded = if is_formula { format!("'{text}") } else { text.to_owned() };
    if guarded.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn what_a_spreadsheet_would_compute_is_a_text() {
        for (text, expected) in [
            ("plain/name", "plain/name"),
            ("a-b=c", "a-b=c"),
            ("=1+1", "'=1+1"),
            ("@sum", "'@sum"),
            ("+a", "'+a"),
            ("-a", "'-a"),
            ("a,b", "\"a,b\""),
            ("a \"b\"\r\n", "\"a \"\"b\"\"\r\n\""),
            ("=\"a\"", "\"'=\"\"a\"\"\""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
