//! Reads the section `secrets`: each secret's type, payload, name, owner and options.

use driftless_model::Template;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{Error, Result, Type};

use crate::context::{Context, Table};
use crate::cursor::Cursor;
use crate::declaration::{Declaration, Field, Secret};
use crate::shared::docs;
use crate::{options, owner};

/// What follows the name of a secret.
const OPTIONS: Table<Secret> = Table {
    what: "option",
    article: "an",
    rows: &[
        ("owner", owner::read),
        ("kms_key", options::kms_key),
        ("region", options::region),
        ("recovery_window_days", options::recovery_window_days),
        ("tags", options::tags),
        ("replicas", options::replicas),
        ("read_from", options::read_from),
        ("shared_with", options::shared_with),
        ("rotation", options::rotation),
        ("outside_prefixes", |_, cursor, to| {
            to.outside_prefixes = cursor.bool("`true` or `false`")?.value;
            Ok(())
        }),
    ],
};

pub(crate) fn read(cx: &mut Context, cursor: &mut Cursor, to: &mut Declaration) -> Result<()> {
    let group = cursor.group(Delimiter::Brace, "`{` and the secrets")?;
    let mut cursor = Cursor::inside(&group);
    while !cursor.is_empty() {
        let docs = docs(cx, &mut cursor);
        let Some(id) = cx.keep(cursor.ident("the name of a secret, such as `ApiKey`")) else {
            cursor.skip_entry();
            continue;
        };
        let mut secret = Secret::new(docs, id);
        let result = rest(cx, &mut cursor, &mut secret);
        if cx.keep(result).is_none() {
            cursor.skip_entry();
        }
        to.secrets.push(secret);
    }
    Ok(())
}

fn rest(cx: &mut Context, cursor: &mut Cursor, secret: &mut Secret) -> Result<()> {
    if let Some(fields) = cursor.eat_group(Delimiter::Brace) {
        secret.fields = cx.list(&mut Cursor::inside(&fields), |_, field| {
            let name = field.ident("the name of a placeholder, such as `user_id`")?;
            field.punct(':')?;
            Ok(Field { name, key: ty(field, &[','], "the type of the key, such as `UserId`")? })
        });
    }
    secret.payload = payload(cx, cursor, &secret.id.to_string())?;
    cursor.punct('=')?;
    let literal = cursor.string("the name of the secret in Secrets Manager, in quotes")?;
    match Template::parse(&literal.value()) {
        Ok(template) => secret.name = Some((literal, template)),
        Err(error) => cx.mistake(literal.span(), error),
    }
    let mut seen = Vec::new();
    while cursor.eat(',') {
        if cursor.is_punct(';') {
            break;
        }
        let result = cx.field(cursor, &OPTIONS, (&mut seen, secret));
        if !cx.keep(result).is_some_and(|is_read| is_read) {
            cursor.skip_to(&[',', ';', '#']);
        }
    }
    if !seen.contains(&"owner") {
        let message = "the secret has no owner: write `owner: external` after its name, or another owner";
        cx.mistake(secret.id.span(), message);
    }
    cx.semicolon(cursor);
    Ok(())
}

/// Reads `: Payload`. A secret without one is reported, and read on.
fn payload(cx: &mut Context, cursor: &mut Cursor, id: &str) -> Result<Option<TokenStream>> {
    let has_colon = cursor.eat(':');
    if cursor.is_punct('=') {
        cx.mistake(
            cursor.span(),
            format!("expected the type of the secret's value before `=`: write `{id}: Text = …`"),
        );
        return Ok(None);
    }
    if !has_colon {
        return Err(cursor.expected(&format!("`:` and the type of the secret's value, such as `{id}: Text = …`")));
    }
    ty(cursor, &['=', ';', '#'], &format!("the type of the secret's value, such as `{id}: Text = …`")).map(Some)
}

/// Reads a type, which ends before one of these characters or a text.
fn ty(cursor: &mut Cursor, ends: &[char], what: &str) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    let mut depth = 0_usize;
    // A `=` between angle brackets is part of the type, unless the name of the secret follows.
    let is_end = |cursor: &Cursor, depth| {
        let is_end = ends.iter().any(|end| cursor.is_punct(*end));
        cursor.is_text() || is_end && (depth == 0 || cursor.is_punct(';') || cursor.is_followed_by_text())
    };
    while !is_end(cursor, depth) {
        let Some(token) = cursor.next() else { break };
        if let TokenTree::Punct(punct) = &token {
            match punct.as_char() {
                '<' => depth += 1,
                '>' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        tokens.extend([token]);
    }
    if tokens.is_empty() {
        return Err(cursor.expected(what));
    }
    match syn::parse2::<Type>(tokens.clone()) {
        Ok(_) => Ok(tokens),
        Err(_) => Err(Error::new_spanned(&tokens, format!("expected {what}, found `{tokens}`"))),
    }
}
