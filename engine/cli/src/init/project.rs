//! The files of a new project. Each function is pure: the same program gives the same files.

use driftless_model::{Spec, SpecFormat};
use driftless_templates::init as templates;
use driftless_templates::init::rust as workspace;
use minijinja::{Environment, UndefinedBehavior, context};

use super::Dependency;
use crate::render::{GITIGNORE, Rendering};
use crate::root::DEFAULT_TOML;
use crate::{program, python};

/// The directory of the generated Python client, which is the name of its package.
const PYTHON_CLIENT: &str = "secrets_client";

/// A file of a new project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Its path below the directory of the project, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Whether it is a program.
    pub is_executable: bool,
}

impl NewFile {
    fn new(path: &str, text: impl Into<String>) -> Self {
        Self { path: path.to_owned(), text: text.into(), is_executable: false }
    }
}

/// A project without code: the spec, its schema for editors, and what git ignores.
#[must_use]
pub fn toml() -> Vec<NewFile> {
    of_spec(&text(templates::SECRETS_TOML, &context(None)), "")
}

/// The same with the Python client and a test of it.
#[must_use]
pub fn python() -> Vec<NewFile> {
    let toml = text(templates::SECRETS_TOML, &context(None));
    let mut files = of_spec(&toml, "\n# Python.\n__pycache__/\n.pytest_cache/\n.venv/\n");
    let package = python::package(&read(&toml), PYTHON_CLIENT);
    files.extend(package.files.into_iter().map(|(name, text)| NewFile::new(&format!("{PYTHON_CLIENT}/{name}"), text)));
    files.push(NewFile::new("tests/test_secrets.py", text(templates::TEST_SECRETS_PY, &context(None))));
    files
}

/// A Rust workspace: the spec, a function with a test, and the commands.
#[must_use]
pub fn rust(dependency: &Dependency) -> Vec<NewFile> {
    let context = context(Some(dependency));
    let ignored = ignored(&Spec::empty(String::new()), "\n# Cargo.\n/target/\n");
    let mut files = vec![NewFile::new(GITIGNORE, ignored)];
    files.extend(
        [
            ("Cargo.toml", workspace::WORKSPACE),
            (".cargo/config.toml", workspace::CARGO_CONFIG),
            (".github/workflows/ci.yml", workspace::CI),
            ("spec/Cargo.toml", workspace::SPEC_MANIFEST),
            ("spec/src/lib.rs", workspace::SPEC),
            ("handlers/Cargo.toml", workspace::HANDLERS_MANIFEST),
            ("handlers/src/lib.rs", workspace::HANDLERS),
            ("handlers/src/main.rs", workspace::HANDLERS_MAIN),
            ("handlers/tests/checkout.rs", workspace::HANDLERS_TEST),
            ("xtask/Cargo.toml", workspace::XTASK_MANIFEST),
            ("xtask/src/main.rs", workspace::XTASK_MAIN),
        ]
        .map(|(path, template)| NewFile::new(path, text(template, &context))),
    );
    let hook = NewFile::new(".githooks/pre-commit", text(workspace::PRE_COMMIT, &context));
    files.push(NewFile { is_executable: true, ..hook });
    files
}

fn of_spec(toml: &str, more_ignored: &str) -> Vec<NewFile> {
    vec![
        NewFile::new(DEFAULT_TOML, toml),
        NewFile::new("secrets.schema.json", Spec::json_schema()),
        NewFile::new(GITIGNORE, ignored(&read(toml), more_ignored)),
    ]
}

fn read(toml: &str) -> Spec {
    Spec::read_as(toml, SpecFormat::Toml).expect("a test reads the template")
}

/// The lines of the rendered `.gitignore`, without its header: this file is the user's.
fn ignored(spec: &Spec, more: &str) -> String {
    let rendered = Rendering::of(spec).expect("a test renders the template").text(GITIGNORE);
    let own = rendered.split_once("\n#\n").map_or(rendered.as_str(), |(_, own)| own);
    format!("{own}{more}")
}

fn context(dependency: Option<&Dependency>) -> minijinja::Value {
    let entry = |dir: &str| dependency.map(|dependency| dependency.entry(dir)).unwrap_or_default();
    context! {
        program => program::name(),
        version => env!("CARGO_PKG_VERSION"),
        rust_version => env!("CARGO_PKG_RUST_VERSION"),
        driftless => entry("engine/client"),
        driftless_cli => entry("engine/cli"),
        driftless_testing => entry("engine/testing"),
    }
}

fn text(template: &str, context: &minijinja::Value) -> String {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let text = environment.render_str(template, context).expect("a test renders each template");
    // The engine of the templates drops a final line feed.
    text.trim_end_matches('\n').to_owned() + "\n"
}
