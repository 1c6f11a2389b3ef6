//! Renders `import.tf`, the file with the `import`, `moved` and `removed` blocks.

use std::collections::BTreeMap;

use serde::Serialize;

use super::adoption::{Adoption, Fate, Forgotten, How};
use crate::files::{FileSet, after_generated_by, generated_by};
use crate::render;

/// The file's name.
pub const NAME: &str = "import.tf";

const MARK: &str = "# ";
const COMMAND: &str = "import";
const HEADER_END: &str = ". Once it is applied, run the command on the new state, or delete this file.";

/// The only file that is overwritten or deleted.
pub const OWN: FileSet = FileSet {
    names: &[NAME],
    is_header: |line| {
        let rest = after_generated_by(line, MARK, COMMAND);
        rest.is_some_and(|rest| rest.starts_with(" for ") && rest.ends_with(HEADER_END))
    },
    optional: &[],
};

#[derive(Serialize)]
struct View<'a> {
    header: String,
    imports: Vec<ImportView<'a>>,
    moves: Vec<Move>,
    forgotten: Vec<Removed>,
}

#[derive(Serialize)]
struct ImportView<'a> {
    to: String,
    id: &'a str,
}

#[derive(Serialize)]
struct Move {
    from: String,
    to: String,
}

#[derive(Serialize)]
struct Removed {
    from: String,
    fate: &'static str,
}

/// The text by the name of the file; empty if there are no blocks to write.
///
/// Source: blocks [`import`](https://developer.hashicorp.com/terraform/language/block/import),
/// [`moved`](https://developer.hashicorp.com/terraform/language/block/moved) and
/// [`removed`](https://developer.hashicorp.com/terraform/language/block/removed).
#[must_use]
pub fn text(adoption: &Adoption, source: &str) -> BTreeMap<String, String> {
    let mut view = View { header: header(source), imports: Vec::new(), moves: Vec::new(), forgotten: Vec::new() };
    for step in &adoption.steps {
        let to = step.address.to_string();
        match &step.how {
            How::Import { id } => view.imports.push(ImportView { to, id }),
            How::Move { from } => view.moves.push(Move { from: from.to_string(), to }),
            How::Managed | How::Create => {}
        }
    }
    view.forgotten = adoption.forgotten.iter().map(removed).collect();
    if view.imports.is_empty() && view.moves.is_empty() && view.forgotten.is_empty() {
        return BTreeMap::new();
    }
    BTreeMap::from([(NAME.to_owned(), render::import_file(view))])
}

fn removed(forgotten: &Forgotten) -> Removed {
    let fate = match forgotten.fate {
        Fate::Stays => "Stays as it is, without Terraform.",
        Fate::TakenOff => "Detached from its role, because the role's exclusive list of policies does not have it.",
    };
    Removed { from: forgotten.from.to_string(), fate }
}

fn header(source: &str) -> String {
    format!("{} for {source}{HEADER_END}", generated_by(MARK, COMMAND))
}
