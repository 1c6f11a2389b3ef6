//! The tables of docs/client.md and docs/handlers.md are those of the code.

use std::fmt::Write as _;

use paypulse_handlers::contract::{Code, ROUTES};
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
                Place::Description => "`invalid_grant` with the description ",
                _ => "",
            };
            let words: Vec<String> = row.words.iter().map(|word| format!("`{word}`")).collect();
            says.push(format!("{place}{}", words.join(", ")));
        }
        if meaning == Meaning::Undocumented {
            says.push("an answer that Google does not document".to_owned());
        }
        let says = says.join("; ");
        let advice = meaning.advice();
        let repeat = if advice.repeat { "yes" } else { "no" };
        let (fault, status, level, user) = (advice.fault.as_str(), advice.status, advice.level, advice.user);
        writeln!(table, "| {says} | {fault} | {status} | {level} | {repeat} | {user} |")
            .expect("a string takes any text");
    }
    table
}

/// The table of routes, in Markdown.
fn routes() -> String {
    let mut table = "| route | function | success | `data` |\n|---|---|---|---|\n".to_owned();
    for route in ROUTES {
        let data: Vec<String> = route.data.iter().map(|member| format!("`{member}`")).collect();
        let (method, path, function, status) = (route.method, route.path, route.function, route.status);
        writeln!(table, "| `{method} {path}` | `{function}` | {status} | {} |", data.join(", "))
            .expect("a string takes any text");
    }
    table
}

/// The table of codes, in Markdown.
fn codes() -> String {
    let mut table = "| status | the app's `code` | `reason` | when |\n|---|---|---|---|\n".to_owned();
    for code in Code::ALL {
        let (status, app, when) = (code.status(), code.app().as_str(), code.when());
        writeln!(table, "| {status} | `{app}` | `{code}` | {when} |").expect("a string takes any text");
    }
    table
}

#[test]
fn the_tables_of_routes_and_codes_are_the_code_s() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/handlers.md");
    let document = std::fs::read_to_string(path).expect("the document can be read");
    for table in [routes(), codes()] {
        assert!(document.contains(&table), "docs/handlers.md must have this table:\n{table}");
    }
}

#[test]
fn the_table_of_google_s_reasons_is_the_code_s() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/client.md");
    let document = std::fs::read_to_string(path).expect("the document can be read");
    assert!(document.contains(&table()), "docs/client.md must have this table:\n{}", table());
}
