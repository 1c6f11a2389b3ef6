//! The page of `access`, in a real browser: `tests/browser/` drives headless Chromium over each page, and says what fails.
//!
//! `cargo xtask browser` installs what that needs, and runs this with it.

use std::fs;
use std::path::Path;
use std::process::Command;

use paypulse_runtime::model::Spec;
use paypulse_tests::{bakery, hostile, large, warehouse};
use tempfile::tempdir;
use xtask::picture::{Picture, ShownPolicies, page, svg};

/// Where Node's packages are, and which browser to start.
const TOOLS: &str = "BROWSER_TOOLS";
/// A directory for pictures of what the browser shows, for who wants to look.
const SHOTS: &str = "BROWSER_SHOTS";

fn html(spec: &Spec) -> String {
    let picture = Picture::of(spec);
    let policies = ShownPolicies::of(&picture).unwrap_or_else(|problems| panic!("{problems:?}"));
    page(&picture, &policies)
}

#[test]
fn the_page_works_in_a_browser() {
    let Some(tools) = std::env::var_os(TOOLS) else {
        eprintln!("skipped: `cargo xtask browser` runs this");
        return;
    };
    let pages = tempdir().expect("a temporary directory");
    for (name, spec) in [
        ("product", paypulse_runtime::spec::spec()),
        ("warehouse", warehouse::spec()),
        ("bakery", bakery::spec()),
        ("hostile", hostile::spec()),
        ("large", large::spec()),
        ("empty", Spec::empty("spec.rs".into())),
    ] {
        for (extension, text) in [("html", html(&spec)), ("svg", svg(&Picture::of(&spec)))] {
            fs::write(pages.path().join(format!("{name}.{extension}")), text).expect("it can be written");
        }
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace");
    let mut node = Command::new("node");
    node.arg(workspace.join("tests/browser/main.mjs")).arg(pages.path()).arg(tools).current_dir(workspace);
    node.args(std::env::var_os(SHOTS));
    assert!(node.status().expect("Node.js is installed").success(), "see what it says above");
}
