//! docs/commands.md describes every kind of finding.

use std::collections::BTreeMap;
use std::fs;

use xtask::planned::Kind;

use crate::run::workspace;

#[test]
fn every_kind_of_finding_is_described_with_what_to_do() {
    let text = fs::read_to_string(workspace().join("docs/commands.md")).expect("the document is there");
    let (_, table) =
        text.split_once("| kind | what it means | what to do |\n|---|---|---|\n").expect("the table is there");
    let rows = table.lines().take_while(|line| line.starts_with("| `"));
    let rows: BTreeMap<&str, Vec<&str>> = rows
        .map(|line| {
            let mut cells = line.trim_matches('|').split(" | ");
            (cells.next().expect("a kind").trim().trim_matches('`'), cells.collect())
        })
        .collect();
    assert_eq!(rows.len(), Kind::all().len());
    for kind in Kind::all() {
        let cells = rows.get(kind.word()).unwrap_or_else(|| panic!("`{}` is not described", kind.word()));
        assert_eq!(cells.len(), 2, "{cells:?}");
        assert_eq!(cells[0].starts_with("a note: "), kind.is_note(), "{cells:?}");
    }
}
