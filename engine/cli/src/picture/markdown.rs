//! `ACCESS.md`: a row per subject and secret, so that a change of access is a change of one line.
//!
//! Columns are not padded, because a longer name would then change every row.

use std::fmt::Write as _;

use driftless_model::{KmsKey, SecretSpec, Spec, is_printed};

use crate::files::{GEN_INFRA, generated_by};

use super::code::code;
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
    let by = generated_by(MARK, GEN_INFRA);
    format!("{by} from {source}. Do not edit: change {source} and run the command again. -->\n\n")
        + &markdown(&Picture::of(spec))
}

/// The tables without the header.
#[must_use]
pub fn markdown(picture: &Picture<'_>) -> String {
    let mut text = "# Who may do what\n\n".to_owned();
    if let Some(prefixes) = &picture.spec.prefixes {
        let values: Vec<String> = prefixes.values.iter().map(|value| code(value)).collect();
        let variable = code(&prefixes.variable);
        _ = writeln!(
            text,
            "In each environment, the name of every secret and handler begins with its prefix: {variable} is one of {}.\n",
            values.join(", ")
        );
    }
    text += "| who | secret | may | by these API calls | and with its key |\n|---|---|---|---|---|\n";
    for (place, subject) in picture.subjects.iter().enumerate() {
        let mut rows = picture.of_subject(place).peekable();
        if rows.peek().is_none() {
            _ = writeln!(text, "| {} | | nothing | | |", who(subject));
        }
        for row in rows {
            text += &access_row(subject, row);
        }
    }
    text += "\n## Secrets\n\n| secret | name | written by | region | key |\n|---|---|---|---|---|\n";
    for secret in &picture.secrets {
        text += &secret_row(picture, secret);
    }
    let remarks = remarks(picture.spec);
    if !remarks.is_empty() {
        text += "\n## Remarks\n\n";
        for remark in &remarks {
            _ = writeln!(text, "- {}", sentence(remark));
        }
    }
    text
}

fn access_row(subject: &Subject<'_>, row: &Allowed<'_>) -> String {
    let (secret, key) = (code(&row.of.id), row.key_actions().join(", "));
    let copies: Vec<String> = row.copies().map(|copy| code(&copy.region)).collect();
    let also = if copies.is_empty() { String::new() } else { format!("; read its copies in {}", copies.join(", ")) };
    let may = words(&row.verbs) + &also;
    format!("| {} | {secret} | {may} | {} | {key} |\n", who(subject), row.call_names().join(", "))
}

fn secret_row(picture: &Picture<'_>, secret: &SecretSpec) -> String {
    let region = secret.region.as_deref().map(code).unwrap_or_default();
    let key = match &secret.kms_key {
        Some(KmsKey::Variable { variable }) => code(variable),
        Some(KmsKey::Alias { alias }) => code(alias),
        None => String::new(),
    };
    let (id, name, owner) = (code(&secret.id), code(secret.name.as_str()), picture.written_by(secret));
    format!("| {id} | {name} | {owner} | {region} | {key} |\n")
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
