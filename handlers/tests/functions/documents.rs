//! The table of docs/client.md is that of the code.

use std::fmt::Write as _;

use paypulse_runtime::google::{Meaning, Place, REASONS};

/// The table, a row for each meaning, in Markdown.
fn table() -> String {
    let mut table =
        "| what Google says | whose turn it is | status | log | again in seconds | what your user should be told |\n\
                     |---|---|---|---|---|---|\n"
            .to_owned();
    for meaning in Meaning::ALL {
        let mut says = Vec::new();
        for row in REASONS.iter().filter(|row| row.meaning == meaning) {
            let place = match row.place {
                Place::Message => "message ",
                Place::Token => "at a refresh ",
                Place::Subtype => "`invalid_grant` with the subtype ",
                _ => "",
            };
            let words: Vec<String> = row.words.iter().map(|word| format!("`{word}`")).collect();
            says.push(format!("{place}{}", words.join(", ")));
        }
        let says = if says.is_empty() { "an answer that Google does not document".to_owned() } else { says.join("; ") };
        let advice = meaning.advice();
        let repeat = if advice.repeat { "yes" } else { "no" };
        let (fault, status, level, user) = (advice.fault.as_str(), advice.status, advice.level, advice.user);
        writeln!(table, "| {says} | {fault} | {status} | {level} | {repeat} | {user} |")
            .expect("a string takes any text");
    }
    table
}

#[test]
fn the_table_of_google_s_reasons_is_the_code_s() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/client.md");
    let document = std::fs::read_to_string(path).expect("the document can be read");
    assert!(document.contains(&table()), "docs/client.md must have this table:\n{}", table());
}
