//! The modules of each crate depend on each other in one direction. `cycles.rs` says what counts as a dependency.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use paypulse_structure::{CRATES, Cycle, cycles, load, load_crate};

/// The cycles of a crate that is given as pairs of a file's name and its text.
fn cycles_of(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let files: BTreeMap<&Path, &str> = files.iter().map(|(path, text)| (Path::new(*path), *text)).collect();
    let modules = load(Path::new("src/lib.rs"), &|path| files.get(path).map(|text| (*text).to_owned()));
    cycles(&modules).into_iter().map(|cycle| cycle.modules).collect()
}

fn report(cycles: &[Cycle]) -> String {
    let mut text = String::new();
    for cycle in cycles {
        writeln!(text, "cycle of {}:", cycle.modules.join(", ")).expect("a string accepts text");
        for (from, to, example) in &cycle.edges {
            writeln!(text, "  {from} -> {to}  ({example})").expect("a string accepts text");
        }
    }
    text
}

#[test]
fn no_modules_depend_on_each_other_in_a_circle() {
    let mut found = String::new();
    for root in CRATES {
        let modules = load_crate(root);
        assert!(!modules.is_empty(), "{root}");
        let cycles = cycles(&modules);
        if !cycles.is_empty() {
            write!(found, "{root}\n{}", report(&cycles)).expect("a string accepts text");
        }
    }
    assert!(found.is_empty(), "{found}");
}

#[test]
fn a_planted_cycle_is_found() {
    let found = cycles_of(&[
        ("src/lib.rs", "mod a; mod b; mod c;"),
        ("src/a.rs", "use crate::b::B; pub struct A(B);"),
        ("src/b.rs", "pub struct B; fn f() { super::c::g() }"),
        ("src/c.rs", "pub fn g() { println!(\"{:?}\", crate::a::A) }"),
    ]);
    assert_eq!(found, [["a", "b", "c"]]);
}
