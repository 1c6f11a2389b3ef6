//! Names and texts that would end what they stand in.

use paypulse_runtime::model::Spec;

use super::shown;

const TEXTS: [&str; 8] = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]></svg><img src=x onerror=alert(1)>",
    "\"'`|&lt;\\u003c",
    "{{style}}{{data}}",
    "line\u{2028}separator\u{2029}",
    "=HYPERLINK(\"x\")",
    "$& $1 ${Region}",
];

/// A spec whose secrets have such descriptions and names.
fn spec() -> Spec {
    let secrets = TEXTS.iter().enumerate().map(|(number, text)| {
        let name = format!("{}name/{number}", ["=", "+", "-", "@"][number % 4]);
        serde_json::json!({
            "id": format!("S{number}"), "name": name, "description": text, "payload": { "kind": "text" },
            "owner": { "kind": "external" },
        })
    });
    let grants =
        (0..TEXTS.len()).map(|number| serde_json::json!({ "secret": format!("S{number}"), "verbs": ["read"] }));
    let json = serde_json::json!({
        "version": 1,
        "source": "a-->b\n<script>.rs",
        "secrets": secrets.collect::<Vec<_>>(),
        "handlers": [{ "id": "H", "name": "-h", "role": { "kind": "created" }, "grants": grants.collect::<Vec<_>>() }],
    });
    Spec::read(&json.to_string()).expect("it has no problems")
}

#[test]
fn a_cell_is_no_formula() {
    let csv = shown(&spec(), &["--format", "csv"]);
    for line in csv.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells[1], "'-h");
        assert!(cells.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{line}");
        assert!(cells[3].starts_with('\''), "{line}");
    }
}

#[test]
fn the_first_line_of_the_markdown_is_one_comment() {
    let page = xtask::picture::access_page(&spec());
    let first = page.lines().next().expect("it has lines");
    assert_eq!(first.matches("-->").count(), 1, "{first}");
    assert!(first.ends_with("-->") && first.starts_with(xtask::picture::HEADER_START), "{first}");
}

#[test]
fn the_pictures_have_no_element_of_a_name() {
    for format in ["svg", "mermaid", "markdown"] {
        let shown = shown(&spec(), &["--format", format]);
        assert!(!shown.contains("<script") && !shown.contains("alert"), "{shown}");
        assert!(shown.contains("name/7"));
    }
}
