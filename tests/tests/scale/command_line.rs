//! `cargo xtask scale` as people and programs call it.

use insta::assert_snapshot;
use tempfile::tempdir;
use xtask::Exit;

use crate::run::{Run, arg, on, workspace, xtask};

fn scale(arguments: &[&str]) -> Run {
    xtask(&[&["scale"], arguments].concat())
}

#[test]
fn the_page_and_the_picture_are_what_the_simulation_says() {
    let run = scale(&["--check"]);
    assert_eq!(run.exit, Exit::Done, "{run}");
}

#[test]
fn help_shows_examples() {
    assert_snapshot!(scale(&["--help"]));
}

#[test]
fn each_format_has_the_same_figures() {
    let few = ["--users", "1000,20000", "--functions", "3"];
    let table = scale(&few);
    assert_eq!(table.exit, Exit::Done);
    assert_snapshot!(table.out);

    let csv = scale(&[&few[..], &["--format", "csv"]].concat()).out;
    let lines: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 10]);
    assert!(lines[1..].iter().flatten().all(|cell| cell.parse::<f64>().is_ok()), "{csv}");

    let json = scale(&[&few[..], &["--format", "json"]].concat()).out;
    let json: serde_json::Value = serde_json::from_str(&json).expect("stdout is JSON");
    assert_eq!(json["assumed"]["functions"], 3);
    assert_eq!(json["estimates"].as_array().map(Vec::len), Some(2));
    for (estimate, line) in json["estimates"].as_array().into_iter().flatten().zip(&lines[1..]) {
        assert_eq!(estimate["users"].to_string(), line[0]);
        let (exact, shown) = (estimate["bill"]["total"].as_f64(), line[8].parse::<f64>());
        assert!(exact.zip(shown.ok()).is_some_and(|(exact, shown)| (exact - shown).abs() <= exact * 0.005));
    }

    let svg = scale(&[&few[..], &["--format", "svg"]].concat()).out;
    assert!(svg.contains("<svg xmlns=") && svg.ends_with("</svg>\n") && !svg.contains("NaN"), "{svg}");
    assert_eq!(svg, scale(&[&few[..], &["--format", "svg"]].concat()).out, "the same twice");
}

#[test]
fn the_smallest_and_the_largest_product_have_figures() {
    for users in ["1", "10000000000"] {
        for format in ["table", "csv", "json", "svg"] {
            let run = scale(&["--users", users, "--visits", "1", "--format", format]);
            assert_eq!(run.exit, Exit::Done, "{run}");
            assert!(!run.out.contains("NaN") && !run.out.contains("inf") && !run.out.contains("null"), "{run}");
        }
    }
}

#[test]
fn err_what_is_no_number_of_users_or_functions_is_a_usage_error() {
    for wrong in [
        &["--users", "0"][..],
        &["--users", "1000000000000"],
        &["--users", "99999999999999999999999999"],
        &["--users", "-5"],
        &["--users=-5"],
        &["--users", "many"],
        &["--users", "1e6"],
        &["--users", ""],
        &["--users", "1000,,2000"],
        &["--users"],
        &["--functions", "0"],
        &["--functions", "1001"],
        &["--functions", "two"],
        &["--visits", "0"],
        &["--visits", "4294967296"],
        &["--seed", "x"],
        &["--format", "png"],
        &["--write", "--check"],
        &["--write", "--users", "5"],
        &["--check", "--format", "json"],
        &["--out", "."],
        &["--usres", "5"],
    ] {
        let run = scale(wrong);
        assert_eq!(run.exit, Exit::Usage, "{wrong:?}: {run}");
        assert!(run.out.is_empty() && run.err.starts_with("error: "), "{wrong:?}: {run}");
    }
    assert_snapshot!(scale(&["--users", "1000000000000"]));
}

#[test]
fn a_directory_is_written_checked_and_never_robbed_of_what_somebody_wrote() {
    let dir = tempdir().expect("a temporary directory");
    let out = arg(dir.path());
    assert_eq!(scale(&["--check", "--out", out]).exit, Exit::Stale);
    assert_eq!(scale(&["--write", "--out", out]).exit, Exit::Done);
    assert_eq!(scale(&["--check", "--out", out]).exit, Exit::Done);
    let page = dir.path().join("SCALE.md");
    let text = std::fs::read_to_string(&page).expect("it was written");
    assert_eq!(text, std::fs::read_to_string(workspace().join("SCALE.md")).expect("it is committed"));
    std::fs::write(&page, text.replace("At scale", "At sea")).expect("it can be edited");
    let run = scale(&["--check", "--out", out]);
    assert_eq!(run.exit, Exit::Stale);
    assert!(run.out.contains("-# At sea\n+# At scale") && run.err.contains("cargo xtask scale --write"), "{run}");
    std::fs::write(&page, "mine").expect("it can be written");
    assert_eq!(scale(&["--write", "--out", out]).exit, Exit::Problems);
    assert_eq!(std::fs::read_to_string(&page).expect("it is there"), "mine");
}

#[test]
fn an_interrupted_simulation_writes_nothing() {
    let dir = tempdir().expect("a temporary directory");
    let run = on(&paypulse_runtime::spec::spec(), &["scale", "--write", "--out", arg(dir.path())], true);
    assert_eq!(run.exit, Exit::Interrupted, "{run}");
    assert!(std::fs::read_dir(dir.path()).expect("it is there").next().is_none());
}
