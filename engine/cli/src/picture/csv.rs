//! The access report as CSV (RFC 4180): one line per subject and secret.
//!
//! A secret's name can begin with `=`, `+`, `-` or `@`, which spreadsheets interpret as a formula. Such a cell is
//! prefixed with an apostrophe, which marks it as text.
//!
//! Source: [CSV injection](https://owasp.org/www-community/attacks/CSV_Injection).

use driftless_model::is_printed;

use super::{Picture, ShownPolicies};

const HEAD: [&str; 12] = [
    "kind",
    "who",
    "secret",
    "name",
    "region",
    "verbs",
    "api_calls",
    "key_actions",
    "copies",
    "reads_value",
    "reason",
    "purpose",
];

/// The CSV document, with a header line.
#[must_use]
pub fn csv(picture: &Picture<'_>, policies: &ShownPolicies) -> String {
    let mut text = HEAD.join(",") + "\r\n";
    for (place, grant) in picture.grants.iter().enumerate() {
        let subject = &picture.subjects[grant.subject];
        let verbs: Vec<&str> = grant.verbs.iter().map(|verb| verb.name()).collect();
        let api_calls = grant.call_names();
        let copies: Vec<&str> = grant.copies().map(|copy| copy.region.as_str()).collect();
        let cells = [
            subject.kind(),
            &subject.to_string(),
            &grant.of.id,
            grant.of.name.as_str(),
            grant.of.region.as_deref().unwrap_or_default(),
            &verbs.join(" "),
            &api_calls.join(" "),
            &grant.key_actions().join(" "),
            &copies.join(" "),
            if policies.reads_value(place) { "yes" } else { "no" },
            grant.reason,
            subject.description(),
        ];
        text += &cells.map(cell).join(",");
        text += "\r\n";
    }
    text
}

fn cell(text: &str) -> String {
    // Spreadsheets may ignore blanks before a formula, and accept the full-width forms of these characters.
    let begun = text.trim_start_matches(|char: char| char.is_whitespace() || !is_printed(char));
    let is_formula = begun.starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
        || text.starts_with(['\t', '\r', '\n']);
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
            (" =1", "' =1"),
            ("\u{200b}=1", "'\u{200b}=1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("\t1", "'\t1"),
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
