//! A `mod.rs` names its modules and what they export. The files that contain more are listed; the list only gets shorter.

use std::path::{Path, PathBuf};

use paypulse_structure::{CRATES, Module, load, load_crate, workspace};

/// Files with functions, types or constants of their own.
const WITH_LOGIC: [&str; 35] = [
    "engine/cli/src/access/mod.rs",
    "engine/cli/src/adopt/changes/mod.rs",
    "engine/cli/src/adopt/listing/mod.rs",
    "engine/cli/src/adopt/problems/mod.rs",
    "engine/cli/src/adopt/state/mod.rs",
    "engine/cli/src/audit/access/mod.rs",
    "engine/cli/src/cmd/audit/mod.rs",
    "engine/cli/src/cmd/mod.rs",
    "engine/cli/src/cmd/run/mod.rs",
    "engine/cli/src/cmd/serve/mod.rs",
    "engine/cli/src/labels/mod.rs",
    "engine/cli/src/live/mod.rs",
    "engine/cli/src/local/mod.rs",
    "engine/cli/src/output/mod.rs",
    "engine/cli/src/picture/mod.rs",
    "engine/cli/src/picture/page/mod.rs",
    "engine/cli/src/planned/mod.rs",
    "engine/cli/src/python/mod.rs",
    "engine/cli/src/render/mod.rs",
    "engine/cli/src/shape/mod.rs",
    "engine/client/src/cache/mod.rs",
    "engine/client/src/https/mod.rs",
    "engine/client/src/rotation/mod.rs",
    "engine/client/src/settings/mod.rs",
    "engine/model/src/fingerprint/mod.rs",
    "engine/model/src/lint/mod.rs",
    "engine/model/src/read/mod.rs",
    "handlers/src/event/mod.rs",
    "handlers/src/fetch_invoices/mod.rs",
    "handlers/src/gmail_store_tokens/mod.rs",
    "handlers/src/logging/mod.rs",
    "handlers/src/session/mod.rs",
    "handlers/src/storage/mod.rs",
    "runtime/src/google/mod.rs",
    "xtask/src/cmd/mod.rs",
];

/// The files `mod.rs` that contain more than `mod`, `use` and documentation.
fn with_logic(modules: &[Module]) -> Vec<PathBuf> {
    let files = modules.iter().filter(|module| module.file.ends_with("mod.rs") && !module.logic.is_empty());
    files.map(|module| module.file.clone()).collect()
}

#[test]
fn no_other_mod_file_contains_logic() {
    let mut found: Vec<String> = Vec::new();
    for root in CRATES {
        let files = with_logic(&load_crate(root));
        let names = files.iter().map(|file| file.strip_prefix(workspace()).expect("it is in the workspace"));
        found.extend(names.map(|name| name.display().to_string()));
    }
    found.sort();
    found.dedup();
    assert_eq!(found, WITH_LOGIC, "move what a `mod.rs` defines into a file of its own, or remove the entry");
}

#[test]
fn a_planted_function_is_found() {
    let source = |path: &Path| {
        Some(match path.to_str()? {
            "src/lib.rs" => "mod a; mod b;".to_owned(),
            "src/a/mod.rs" => "//! Text.\n\nmod c;\npub use c::C;\n#[cfg(test)]\nmod tests { fn f() {} }\n".to_owned(),
            "src/b/mod.rs" => "pub fn load() {}".to_owned(),
            "src/a/c.rs" => "pub struct C;".to_owned(),
            _ => return None,
        })
    };
    assert_eq!(with_logic(&load(Path::new("src/lib.rs"), &source)), [PathBuf::from("src/b/mod.rs")]);
}
