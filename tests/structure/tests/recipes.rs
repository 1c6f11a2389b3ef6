//! The recipes in CONTRIBUTING.md name files that exist, and every file in which a change has to be made.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use paypulse_structure::workspace;

/// The recipes by their headings: the paths from the workspace that each names.
fn recipes(text: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let (_, section) = text.split_once("## Adding to the spec's language\n").expect("the section exists");
    let section = section.split("\n## ").next().unwrap_or_default();
    let recipes = section.split("\n### ").skip(1).filter_map(|recipe| recipe.split_once('\n'));
    recipes.map(|(heading, text)| (heading, paths(text))).collect()
}

fn paths(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).filter(|word| word.contains('/')).collect()
}

/// The files among the paths that users get, without tests.
fn product<'a>(paths: &BTreeSet<&'a str>) -> Vec<&'a str> {
    let is_product = |path: &&&str| path.starts_with("engine/") || path.starts_with("infra-templates/");
    paths.iter().filter(is_product).filter(|path| !path.contains("/tests/") && !path.ends_with('/')).copied().collect()
}

/// The source files below a directory that name at least `least` of the words.
fn naming(directory: &str, words: &[String], least: usize, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(workspace().join(directory)).expect("the directory exists") {
        let entry = entry.expect("the directory can be read");
        let name = format!("{directory}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            naming(&name, words, least, found);
        } else if [".rs", ".js", ".css", ".j2", ".py"].iter().any(|end| name.ends_with(end)) {
            let text = fs::read_to_string(entry.path()).expect("source is text");
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let lines: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let code = lines.join("\n");
            if words.iter().filter(|word| code.contains(word.as_str())).count() >= least {
                found.insert(name);
            }
        }
    }
}

fn all_naming(words: &[String], least: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for directory in
        ["engine/cli/src", "engine/client/src", "engine/macros/src", "engine/model/src", "engine/testing/src"]
    {
        naming(directory, words, least, &mut found);
    }
    naming("infra-templates", words, least, &mut found);
    found
}

fn contributing() -> String {
    fs::read_to_string(workspace().join("CONTRIBUTING.md")).expect("it exists")
}

#[test]
fn every_path_of_a_recipe_exists() {
    let text = contributing();
    let recipes = recipes(&text);
    assert!(recipes.len() >= 7 && recipes.values().filter(|paths| paths.len() > 3).count() >= 5, "{recipes:?}");
    for (heading, paths) in &recipes {
        for path in paths {
            assert!(Path::new(&workspace()).join(path).exists(), "{heading}: `{path}`");
        }
    }
}

#[test]
fn a_verb_is_added_in_at_most_eight_files() {
    let text = contributing();
    let recipes = recipes(&text);
    let files = product(&recipes["A verb"]);
    assert!((3..=8).contains(&files.len()), "{files:?}");
}

/// A file that names many verbs has a table of its own, in which a new verb would be forgotten.
#[test]
fn the_recipes_name_every_file_that_lists_verbs_or_calls() {
    let text = contributing();
    let recipes = recipes(&text);
    let listed: BTreeSet<&str> = recipes["A verb"].union(&recipes["A method of the Python client"]).copied().collect();
    let verbs = ["ReadPrevious", "Describe", "Store", "Update", "Delete", "Rotate", "Generate"];
    let mut found = all_naming(&verbs.map(|verb| format!("Verb::{verb}")), 4);
    let words = ["read_previous", "describe", "store", "update", "delete", "rotate", "legacy_update"];
    found.extend(all_naming(&words.map(|word| format!("\"{word}\"")), 4));
    found.extend(all_naming(&words.map(|word| format!(" {word}: ")), 4));
    let calls = ["CreateSecret", "DescribeSecret", "GetRandomPassword", "RestoreSecret", "UpdateSecretVersionStage"];
    found.extend(all_naming(&calls.map(|call| format!("ApiCall::{call}")), 4));
    assert!(found.contains("engine/model/src/verb.rs") && found.contains("engine/testing/src/request.rs"), "{found:?}");
    let forgotten: Vec<&String> = found.iter().filter(|file| !listed.contains(file.as_str())).collect();
    assert_eq!(forgotten, Vec::<&String>::new(), "add the file to a recipe, or derive it from the row of the verb");
}

#[test]
fn the_recipe_of_an_owner_names_every_file_that_matches_all() {
    let text = contributing();
    let recipes = recipes(&text);
    let owners = ["Terraform", "External", "Runtime", "Rotation"].map(|owner| format!("Owner::{owner}"));
    let found = all_naming(&owners, 3);
    assert!(found.len() > 5, "{found:?}");
    let listed = &recipes["An owner of values"];
    let forgotten: Vec<&String> = found.iter().filter(|file| !listed.contains(file.as_str())).collect();
    assert_eq!(forgotten, Vec::<&String>::new());
}

#[test]
fn a_path_in_another_section_is_none_of_a_recipe() {
    let text = "## Adding to the spec's language\n\n### A\n\nsee `a/b.rs`, `word` and\n`c/`\n\n## Next\n\n`d/e.rs`\n";
    assert_eq!(recipes(text), BTreeMap::from([("A", BTreeSet::from(["a/b.rs", "c/"]))]));
}
