//! A type's name means one thing in a crate: structs, enums, unions, traits and type aliases, also private ones and those
//! within functions. Types of unit tests and those that macros generate are not counted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use paypulse_structure::{CRATES, Module, load, load_crate};

/// The names that several types have, each with the modules that define one.
fn repeated(modules: &[Module]) -> BTreeMap<&str, Vec<String>> {
    let mut names: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for module in modules {
        for name in &module.types {
            names.entry(name).or_default().push(module.name());
        }
    }
    names.retain(|_, modules| modules.len() > 1);
    names
}

#[test]
fn the_types_of_a_crate_have_different_names() {
    let mut found = String::new();
    for root in CRATES {
        let modules = load_crate(root);
        assert!(root.starts_with("infra-templates") || modules.iter().any(|module| !module.types.is_empty()), "{root}");
        for (name, modules) in repeated(&modules) {
            writeln!(found, "{root}: `{name}` in {}", modules.join(", ")).expect("a string accepts text");
        }
    }
    assert!(found.is_empty(), "give each type the name of what it is:\n{found}");
}

#[test]
fn a_planted_duplicate_is_found() {
    let files = [
        ("src/lib.rs", "mod a; mod b; #[cfg(test)] mod tests { struct Fault; } pub trait One {}"),
        ("src/a.rs", "pub enum Fault {} struct Two;"),
        ("src/b.rs", "fn f() { type Fault = u8; } impl X { fn g() { struct One; } }"),
    ];
    let files: BTreeMap<&Path, &str> = files.iter().map(|(path, text)| (Path::new(*path), *text)).collect();
    let modules = load(Path::new("src/lib.rs"), &|path| files.get(path).map(|text| (*text).to_owned()));
    let found: Vec<_> = repeated(&modules).into_iter().collect();
    assert_eq!(found, [("Fault", vec!["a".to_owned(), "b".to_owned()]), ("One", vec![String::new(), "b".to_owned()])]);
}
