//! Reads a declaration from the top: the lines before its sections, and the sections.

use driftless_model::lint::WARNINGS;
use driftless_model::{prefix_fault, unknown_word};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;
use syn::Result;

use crate::context::{Context, Table};
use crate::cursor::Cursor;
use crate::declaration::{Declaration, Key, Prefixes};
use crate::shared::{docs, tag_list};
use crate::{handlers, secrets};

const PARTS: Table<Declaration> = Table {
    what: "part of a spec",
    article: "a",
    rows: &[
        ("source", source),
        ("tags", tags),
        ("prefixes", prefixes),
        ("allow", allow),
        ("keys", keys),
        ("secrets", secrets::read),
        ("handlers", handlers::read),
    ],
};

/// The path of the model that the macro's wrapper passes: `use $crate::model;`.
pub(crate) fn model(cursor: &mut Cursor) -> TokenStream {
    if !cursor.is_ident("use") {
        return quote!(::driftless_model);
    }
    cursor.next();
    let mut path = TokenStream::new();
    while !cursor.is_empty() && !cursor.eat(';') {
        path.extend(cursor.next());
    }
    path
}

pub(crate) fn read(cx: &mut Context, cursor: &mut Cursor) -> Declaration {
    let mut declaration = Declaration::default();
    let mut seen = Vec::new();
    let start = cursor.span();
    while !cursor.is_empty() {
        let word = cursor.ident("a part of a spec, such as `secrets { … }`");
        let result = word.and_then(|word| cx.read(&word, cursor, &PARTS, (&mut seen, &mut declaration)));
        if !cx.keep(result).is_some_and(|is_read| is_read) {
            skip_part(cursor);
        }
    }
    if !seen.contains(&"source") {
        cx.mistake(start, "the declaration names no source file: begin it with `source: \"src/spec.rs\";`");
    }
    declaration
}

/// Reads to the end of a part: a semicolon, or a group in braces.
fn skip_part(cursor: &mut Cursor) {
    while !cursor.is_empty() && !cursor.is_group(Delimiter::Brace) && !cursor.is_punct(';') {
        cursor.next();
    }
    let is_group = cursor.next().is_some_and(|token| matches!(token, TokenTree::Group(_)));
    if is_group {
        cursor.eat(';');
    }
}

fn source(cx: &mut Context, cursor: &mut Cursor, to: &mut Declaration) -> Result<()> {
    cursor.punct(':')?;
    to.source = Some(cursor.string("the path of the spec's source file, such as \"src/spec.rs\"")?);
    cx.semicolon(cursor);
    Ok(())
}

fn tags(cx: &mut Context, cursor: &mut Cursor, to: &mut Declaration) -> Result<()> {
    cursor.punct(':')?;
    to.tags = tag_list(cx, cursor)?;
    cx.semicolon(cursor);
    Ok(())
}

fn prefixes(cx: &mut Context, cursor: &mut Cursor, to: &mut Declaration) -> Result<()> {
    cursor.punct(':')?;
    let variable = cursor
        .ident("the variable that holds the prefix, such as `name_prefix`, before the prefixes of the environments")?;
    let group = cursor.group(Delimiter::Brace, "the prefixes, such as `{ \"dev/\", \"prod/\" }`")?;
    let values = cx.list(&mut Cursor::inside(&group), |_, prefix| prefix.string("a prefix in quotes"));
    for prefix in &values {
        if let Some(fault) = prefix_fault(&prefix.value()) {
            cx.mistake(prefix.span(), format!("{fault}: write a prefix such as \"dev/\""));
        }
    }
    to.prefixes = Some(Prefixes { variable, values });
    cx.semicolon(cursor);
    Ok(())
}

fn allow(cx: &mut Context, cursor: &mut Cursor, to: &mut Declaration) -> Result<()> {
    cursor.punct(':')?;
    let group = cursor.group(Delimiter::Bracket, "the names of warnings, such as `[\"missing-description\"]`")?;
    to.allow = cx.list(&mut Cursor::inside(&group), |_, name| name.string("the name of a warning, in quotes"));
    for name in to.allow.iter().filter(|name| !WARNINGS.contains(&name.value().as_str())) {
        let (message, hint) = unknown_word("warning", &name.value(), &WARNINGS);
        cx.mistake(name.span(), format!("{message}: {hint}"));
    }
    cx.semicolon(cursor);
    Ok(())
}

fn keys(cx: &mut Context, cursor: &mut Cursor, to: &mut Declaration) -> Result<()> {
    let group = cursor.group(Delimiter::Brace, "`{` and the keys")?;
    let mut cursor = Cursor::inside(&group);
    while !cursor.is_empty() {
        let docs = docs(cx, &mut cursor);
        match cx.keep(cursor.ident("the name of a key, such as `UserId`")) {
            Some(name) => {
                to.keys.push(Key { docs, name });
                cx.semicolon(&mut cursor);
            }
            None => cursor.skip_entry(),
        }
    }
    Ok(())
}
