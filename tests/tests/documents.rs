//! The documents: every link leads to a file that exists and to a heading that it has; the words of documents, comments and
//! messages are plain; and the specs of the migration follow from PayPulse's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use paypulse_runtime::model::{Role, Spec, Verb};
use paypulse_runtime::spec::spec;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The documents that people write, below the root.
fn documents() -> Vec<PathBuf> {
    let markdown = |dir: PathBuf| {
        let entries = fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry").path());
        entries.filter(|path| path.extension().is_some_and(|it| it == "md")).collect::<Vec<_>>()
    };
    let mut documents = markdown(root());
    documents.extend(markdown(root().join("docs")));
    documents.extend(markdown(root().join("examples/bookshop")));
    documents
}

/// The places of a document's links, without those of code and of the web.
fn links(text: &str) -> Vec<&str> {
    let mut is_code = false;
    let prose = text.lines().filter(move |line| {
        is_code ^= line.starts_with("```");
        !is_code
    });
    let links =
        prose.flat_map(|line| line.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(to, _)| to)));
    links.filter(|to| !to.starts_with("http")).collect()
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'));
    kept.map(|char| if char == ' ' { '-' } else { char }).collect::<String>().to_lowercase()
}

/// What is wrong with the links of a document.
fn broken(document: &Path, text: &str) -> Vec<String> {
    let leads_somewhere = |to: &str| {
        let (file, heading) = to.split_once('#').map_or((to, None), |(file, heading)| (file, Some(heading)));
        let path = if file.is_empty() { document.to_owned() } else { document.with_file_name(file) };
        heading.map_or_else(
            || path.exists(),
            |heading| {
                let headings = fs::read_to_string(&path).unwrap_or_default();
                headings
                    .lines()
                    .any(|line| line.starts_with('#') && anchor(line.trim_start_matches(['#', ' '])) == heading)
            },
        )
    };
    links(text).into_iter().filter(|to| !leads_somewhere(to)).map(str::to_owned).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let documents = documents();
    assert!(documents.len() > 8, "{documents:?}");
    let mut links_seen = 0;
    for document in documents {
        let text = fs::read_to_string(&document).expect("a text");
        links_seen += links(&text).len();
        assert_eq!(broken(&document, &text), Vec::<String>::new(), "in {}", document.display());
    }
    assert!(links_seen > 30, "{links_seen}");
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let text = "[a](docs/terraform.md#rotation) [b](docs/terraform.md#nothing)\n[c](nothing.md)\n[d](#commands) [e](#command)\n\
                ```\n[f](nothing.md)\n```\n[g](https://example.com/nothing)";
    let expected = ["docs/terraform.md#nothing", "nothing.md", "#command"];
    assert_eq!(broken(&root().join("README.md"), text), expected);
}

/// The blocks of code in a language.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let start = format!("```{language}\n");
    text.split(&start).skip(1).filter_map(|rest| rest.split_once("\n```").map(|(block, _)| block)).collect()
}

/// `tests/testing_guide.rs` and `tests/payload_guide.rs` compile and run them.
#[test]
fn the_examples_of_the_guides_are_tests() {
    let guides =
        [("docs/testing.md", include_str!("testing_guide.rs")), ("docs/payloads.md", include_str!("payload_guide.rs"))];
    for (document, guide) in guides {
        let text = fs::read_to_string(root().join(document)).expect("a text");
        let blocks = blocks(&text, "rust");
        assert!(blocks.len() > 5, "{blocks:?}");
        for part in blocks.iter().flat_map(|block| block.split("\n\n#[").flat_map(|it| it.split("\n\nfn "))) {
            assert!(guide.contains(part), "{document}: {part}");
        }
    }
}

/// The archive that docs/deploying.md makes has the program, with the name and the permission that Lambda needs. Cargo is not run.
#[test]
fn the_archive_of_a_function_has_its_program() {
    let text = fs::read_to_string(root().join("docs/deploying.md")).expect("a text");
    let (_, rest) = text.split_once("<!-- run: package -->\n").expect("the block is marked");
    let block = blocks(rest, "sh")[0];
    if ["zip", "unzip", "bash"].iter().any(|name| Command::new(name).arg("--help").output().is_err()) {
        eprintln!("skipped: zip or unzip is not installed");
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::create_dir_all(dir.path().join("target/release")).expect("it can be made");
    fs::write(dir.path().join("target/release/fetch_invoices"), "#!/bin/sh\nexit 0\n").expect("it can be written");
    let script = format!("set -euo pipefail\ncargo() {{ echo \"cargo $*\"; }}\n{block}\n");
    let output = Command::new("bash").args(["-c", &script]).current_dir(dir.path()).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("cargo build --locked --release --package paypulse-handlers --bin fetch_invoices"), "{said}");
    assert!(said.lines().any(|line| line.ends_with(" bootstrap")) && said.contains("1 file"), "{said}");
    let listed =
        Command::new("unzip").args(["-Z", "target/lambda/fetch_invoices.zip"]).current_dir(dir.path()).output();
    let listed = String::from_utf8(listed.expect("it runs").stdout).expect("it is text");
    assert!(listed.lines().any(|line| line.starts_with("-rwxr-xr-x") && line.ends_with(" bootstrap")), "{listed}");
}

/// The phrases to avoid, in lower case.
fn phrases() -> Vec<String> {
    let list = include_str!("../data/phrases.txt").lines().filter(|line| !line.starts_with('#'));
    list.map(|line| line.split_once(" = ").expect("a phrase has plain words").0.to_owned()).collect()
}

/// The phrases in a line, as whole words.
fn odd<'p>(line: &str, phrases: &'p [String]) -> Vec<&'p str> {
    let lower = line.to_lowercase();
    let is_word = |char: Option<char>| char.is_some_and(char::is_alphanumeric);
    let has = |phrase: &&String| {
        lower.match_indices(phrase.as_str()).any(|(at, found)| {
            !is_word(lower[..at].chars().next_back()) && !is_word(lower[at + found.len()..].chars().next())
        })
    };
    phrases.iter().filter(has).map(String::as_str).collect()
}

/// The Rust files below a directory.
fn rust(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust(&path, files);
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
}

/// At most three odd phrases in a thousand lines of comments, and none in a document or a message: a line of code that has a
/// string.
#[test]
fn comments_documents_and_messages_are_in_plain_words() {
    let phrases = phrases();
    assert_eq!(odd("So many, stands info, Anew.", &phrases), ["anew", "so many"]);
    let engine = ["cli", "client", "model", "testing"].map(|name| format!("engine/{name}/src"));
    for crate_ in engine.iter().map(String::as_str).chain(["runtime/src", "xtask/src", "handlers/src"]) {
        let (mut files, mut comments, mut found) = (Vec::new(), 0, Vec::new());
        rust(&root().join(crate_), &mut files);
        for path in files {
            let text = fs::read_to_string(&path).expect("source is text");
            for (number, line) in (1..).zip(text.lines()) {
                let place = || format!("{}:{number}: {:?}", path.display(), odd(line, &phrases));
                if line.trim_start().starts_with("//") {
                    comments += 1;
                    found.extend((!odd(line, &phrases).is_empty()).then(place));
                } else if line.contains('"') {
                    assert!(odd(line, &phrases).is_empty(), "{}", place());
                }
            }
        }
        assert!(comments > 100, "{crate_} has {comments} lines of comments");
        assert!(found.len() * 1000 <= comments * 3, "{} in {comments} lines:\n{}", found.len(), found.join("\n"));
    }
    for path in documents().into_iter().filter(|path| !path.ends_with("CHANGELOG.md")) {
        let text = fs::read_to_string(&path).expect("a document is text");
        // The table of phrases in CONTRIBUTING.md quotes them.
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.starts_with("| \"")) {
            let odd = odd(line, &phrases);
            assert!(odd.is_empty(), "{}:{number}: {odd:?}", path.display());
        }
    }
}

/// The variable with the name of the role that a function has before the migration.
fn role_of_today(handler: &str) -> String {
    match handler {
        "fetch_invoices" | "fetch_latest_invoice" | "login_user" => "wallenstam_role".to_owned(),
        other => format!("{other}_role"),
    }
}

/// PayPulse's spec on the roles of today, and with what functions need until they use the client.
fn of_the_migration(source: &str, has_legacy_update: bool) -> Spec {
    let mut spec = Spec { source: source.into(), ..spec() };
    for handler in &mut spec.handlers {
        handler.role = Role::Existing { variable: role_of_today(&handler.name) };
        for grant in handler.grants.iter_mut().filter(|grant| has_legacy_update && grant.secret == "GmailUserTokens") {
            if grant.verbs.iter().any(|verb| matches!(verb, Verb::Store | Verb::Update)) {
                grant.verbs.push(Verb::LegacyUpdate);
            }
            if grant.verbs.contains(&Verb::Describe) {
                grant.verbs.insert(0, Verb::Read);
            }
        }
    }
    spec
}

/// After a change of the spec, `UPDATE_MIGRATION=true cargo test -p paypulse-tests --test documents` writes them again.
#[test]
fn the_specs_of_the_migration_follow_from_paypulses() {
    for (source, has_legacy_update) in
        [("docs/migration/with-legacy-update.json", true), ("docs/migration/with-the-client.json", false)]
    {
        let expected = format!(
            "{}\n",
            serde_json::to_string_pretty(&of_the_migration(source, has_legacy_update)).expect("a spec is JSON")
        );
        let path = root().join(source);
        if std::env::var_os("UPDATE_MIGRATION").is_some() {
            fs::write(&path, &expected).expect("it can be written");
        }
        let found = fs::read_to_string(&path).expect("it is there");
        assert!(found == expected, "{source} is stale: write it again with UPDATE_MIGRATION=true");
    }
}
