//! `ACCESS.md`: a row per subject and secret, so that a change of access is a change of one line.
//!
//! Columns are not padded, because a longer name would then change every row.

use std::collections::HashMap;
use std::fmt::Write as _;

use driftless_model::{KmsKey, SecretSpec, Spec, Verb, is_printed};

use crate::files::generated_by;
use crate::render;

use super::{Allowed, Picture, Subject, remarks, words};

/// The file name.
pub const ACCESS: &str = "ACCESS.md";
/// Start of a comment.
pub const MARK: &str = "<!-- ";

/// The whole file.
#[must_use]
pub fn access_page(spec: &Spec) -> String {
    // The source must end neither the comment nor its line.
    let source = spec.source.replace(|char| !is_printed(char), " ").replace("--", "- -").replace('>', " ");
    let by = generated_by(MARK, render::COMMAND);
    let mut text = String::with_capacity(render::room(spec));
    _ = write!(text, "{by} from {source}. Do not edit: change {source} and run the command again. -->\n\n");
    push_markdown(&mut text, &Picture::of(spec));
    text
}

/// The tables without the header.
#[must_use]
pub fn markdown(picture: &Picture<'_>) -> String {
    let mut text = String::new();
    push_markdown(&mut text, picture);
    text
}

fn push_markdown(text: &mut String, picture: &Picture<'_>) {
    *text += "# Who may do what\n\n";
    if let Some(prefixes) = &picture.spec.prefixes {
        let values: Vec<String> = prefixes.values.iter().map(|value| code(value)).collect();
        let variable = code(&prefixes.variable);
        _ = writeln!(
            text,
            "In each environment, the name of every secret and handler begins with its prefix: {variable} is one of {}.\n",
            values.join(", ")
        );
    }
    *text += "| who | secret | may | by these API calls | and with its key |\n|---|---|---|---|---|\n";
    let mut cells = VerbCells::default();
    for (place, subject) in picture.subjects.iter().enumerate() {
        let who = who(subject);
        let mut rows = picture.of_subject(place).peekable();
        if rows.peek().is_none() {
            _ = writeln!(text, "| {who} | | nothing | | |");
        }
        for row in rows {
            access_row(text, &who, row, &mut cells);
        }
    }
    *text += "\n## Secrets\n\n| secret | name | written by | region | key |\n|---|---|---|---|---|\n";
    for secret in &picture.secrets {
        secret_row(text, picture, secret);
    }
    let remarks = remarks(picture.spec);
    if !remarks.is_empty() {
        *text += "\n## Remarks\n\n";
        for remark in &remarks {
            _ = writeln!(text, "- {}", sentence(remark));
        }
    }
}

/// For each list of verbs that occurs, the cells "may" and "by these API calls": many rows have the same.
type VerbCells<'a> = HashMap<&'a [Verb], (String, String)>;

fn access_row<'a>(text: &mut String, who: &str, row: &'a Allowed<'_>, cells: &mut VerbCells<'a>) {
    let (may, calls) = cells.entry(&row.verbs).or_insert_with(|| (words(&row.verbs), row.call_names().join(", ")));
    let copies: Vec<String> = row.copies().map(|copy| code(&copy.region)).collect();
    let (also, copies) = if copies.is_empty() { ("", String::new()) } else { (COPIES, copies.join(", ")) };
    let secret = code(&row.of.id);
    let key = row.key_actions().join(", ");
    for piece in ["| ", who, " | ", &secret, " | ", may, also, &copies, " | ", calls, " | ", &key, " |\n"] {
        text.push_str(piece);
    }
}

/// Before the regions of the copies that a row lets read.
const COPIES: &str = "; read its copies in ";

fn secret_row(text: &mut String, picture: &Picture<'_>, secret: &SecretSpec) {
    let region = secret.region.as_deref().map(code).unwrap_or_default();
    let key = match &secret.kms_key {
        Some(KmsKey::Variable { variable }) => code(variable),
        Some(KmsKey::Alias { alias }) => code(alias),
        None => String::new(),
    };
    let (id, name, owner) = (code(&secret.id), code(secret.name.as_str()), picture.written_by(secret));
    for piece in ["| ", &id, " | ", &name, " | ", &owner, " | ", &region, " | ", &key, " |\n"] {
        text.push_str(piece);
    }
}

fn who(subject: &Subject<'_>) -> String {
    match subject {
        Subject::Handler(handler) => code(&handler.name),
        Subject::Principal(_) => format!("{} {}", subject.kind(), code(&subject.to_string())),
    }
}

/// Capitalizes the first letter of a remark.
fn sentence(remark: &str) -> String {
    let mut chars = remark.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Formats a text as code in a table cell.
#[must_use]
pub fn code(text: &str) -> String {
    // Fast path: nearly every text.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'`' | b'|')) {
        return ["`", text, "`"].concat();
    }
    format!("`{}`", text.replace('`', " ").replace(|char| !is_printed(char), " ").replace('|', "\\|"))
}
