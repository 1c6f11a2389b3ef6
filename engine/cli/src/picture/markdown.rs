//! `ACCESS.md`: a row per subject and secret, so that a change of access is a change of one line.
//!
//! Columns are not padded, because a longer name would then change every row.

use std::collections::HashMap;
use std::fmt::Write as _;

use driftless_model::{KmsKey, SecretSpec, Spec, Verb, is_printed};

use crate::files::{GEN_INFRA, generated_by, room};

use super::code::{code, plain};
use super::{GrantedAccess, Picture, ReportSubject, remarks, words};

/// The file name.
pub const ACCESS: &str = "ACCESS.md";
/// Start of a comment.
pub const MARK: &str = "<!-- ";

/// The whole file.
#[must_use]
pub fn access_page(spec: &Spec) -> String {
    // The source must end neither the comment nor its line.
    let source = spec.source.replace(|char| !is_printed(char), " ").replace("--", "- -").replace('>', " ");
    let by = generated_by(MARK, GEN_INFRA);
    let mut text = String::with_capacity(room(spec));
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
        let outside = picture.spec.secrets.iter().filter(|secret| secret.options.outside_prefixes);
        let outside: Vec<String> = outside.map(|secret| code(&secret.id)).collect();
        if !outside.is_empty() {
            _ = writeln!(
                text,
                "All environments share these secrets, whose names have no prefix: {}.\n",
                outside.join(", ")
            );
        }
    }
    // A spec without reasons has no column for them.
    let has_reasons = picture.grants.iter().any(|grant| !grant.reason.is_empty());
    let (why, line, blank) = if has_reasons { (" why |", "---|", " |") } else { ("", "", "") };
    _ = writeln!(
        text,
        "| who | secret | may | can see the value | by these API calls | and with its key |{why}\n|---|---|---|---|---|---|{line}"
    );
    let mut cells = VerbCells::default();
    for (place, subject) in picture.subjects.iter().enumerate() {
        let who = who(subject);
        let mut rows = picture.of_subject(place).peekable();
        if rows.peek().is_none() {
            _ = writeln!(text, "| {who} | | nothing | | | |{blank}");
        }
        for row in rows {
            access_row(text, &who, row, has_reasons, &mut cells);
        }
    }
    purposes(text, picture);
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

/// The purposes of the handlers, if the spec says any.
fn purposes(text: &mut String, picture: &Picture<'_>) {
    let mut described = picture.subjects.iter().filter(|subject| !subject.description().is_empty()).peekable();
    if described.peek().is_some() {
        *text += "\n## Handlers\n\n| handler | purpose |\n|---|---|\n";
    }
    for subject in described {
        _ = writeln!(text, "| {} | {} |", who(subject), plain(subject.description()));
    }
}

/// For each list of verbs that occurs, the cells "may" and "by these API calls": many rows have the same.
type VerbCells<'a> = HashMap<&'a [Verb], (String, String)>;

fn access_row<'a>(
    text: &mut String,
    who: &str,
    row: &'a GrantedAccess<'_>,
    has_reasons: bool,
    cells: &mut VerbCells<'a>,
) {
    let (may, by) = cells.entry(&row.verbs).or_insert_with(|| (words(&row.verbs), row.call_names().join(", ")));
    let copies: Vec<String> = row.copies().map(|copy| code(&copy.region)).collect();
    let (also, copies) = if copies.is_empty() { ("", String::new()) } else { (COPIES, copies.join(", ")) };
    let secret = code(&row.of.id);
    let value = if row.reads_value() { "yes" } else { "no" };
    let key = row.key_actions().join(", ");
    for piece in ["| ", who, " | ", &secret, " | ", may, also, &copies, " | ", value, " | ", by, " | ", &key, " |"] {
        text.push_str(piece);
    }
    if has_reasons {
        _ = write!(text, " {} |", plain(row.reason));
    }
    text.push('\n');
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

fn who(subject: &ReportSubject<'_>) -> String {
    match subject {
        ReportSubject::Handler(handler) => code(&handler.name),
        ReportSubject::Principal(_) => format!("{} {}", subject.kind(), code(&subject.to_string())),
    }
}

/// Capitalizes the first letter of a remark.
fn sentence(remark: &str) -> String {
    let mut chars = remark.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
