//! Reads the section `handlers`: each handler's type, name, settings of its role, and grants.

use driftless_model::{ManagedPolicies, Role, Verb, handler_name_hint, shown};
use proc_macro2::{Delimiter, Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{LitStr, Result};

use crate::context::{Context, Table};
use crate::cursor::Cursor;
use crate::declaration::{Declaration, Grant, Granted, Handler};
use crate::principals::principal;
use crate::shared::docs;

/// What can follow the name of a handler.
const SETTINGS: Table<Handler> = Table {
    what: "setting",
    article: "a",
    rows: &[
        ("role", role),
        ("name", |_, cursor, to| {
            let name = cursor.string("the name of the role, in quotes")?;
            to.options.push(quote!(role_name: Some(#name.into())));
            Ok(())
        }),
        ("also", also),
        ("source_function", |_, cursor, to| {
            let is_tied = cursor.bool("`true` or `false`")?;
            to.options.push(quote!(source_function: #is_tied));
            Ok(())
        }),
        ("principal", principal),
    ],
};

pub(crate) fn read(cx: &mut Context, cursor: &mut Cursor, to: &mut Declaration) -> Result<()> {
    let group = cursor.group(Delimiter::Brace, "`{` and the handlers")?;
    let mut cursor = Cursor::inside(&group);
    while !cursor.is_empty() {
        let docs = docs(cx, &mut cursor);
        let Some(id) = cx.keep(cursor.ident("the name of a handler, such as `FetchInvoices`")) else {
            skip_handler(&mut cursor);
            continue;
        };
        let mut handler = Handler::new(docs, id);
        let result = rest(cx, &mut cursor, &mut handler);
        if cx.keep(result).is_none() {
            skip_handler(&mut cursor);
        }
        to.handlers.push(handler);
    }
    Ok(())
}

/// Reads to the end of a handler's grants, or to the doc comment of the next one.
fn skip_handler(cursor: &mut Cursor) {
    while !cursor.is_empty() && !cursor.is_punct('#') && !cursor.is_group(Delimiter::Brace) {
        cursor.next();
    }
    cursor.eat_group(Delimiter::Brace);
}

fn rest(cx: &mut Context, cursor: &mut Cursor, handler: &mut Handler) -> Result<()> {
    cursor.punct('=')?;
    let name = cursor.string("the name of the deployed function, in quotes")?;
    if let Some(hint) = handler_name_hint(&name.value()) {
        cx.mistake(name.span(), format!("{} is not a name that a function can have: {hint}", shown(&name.value())));
    }
    handler.name = Some(name);
    let mut seen = Vec::new();
    while cursor.eat(',') {
        if cursor.is_group(Delimiter::Brace) {
            break;
        }
        let result = cx.field(cursor, &SETTINGS, (&mut seen, handler));
        if !cx.keep(result).is_some_and(|is_read| is_read) {
            skip_setting(cursor);
        }
    }
    let grants = cursor.group(Delimiter::Brace, "`{` and the handler's grants")?;
    read_grants(cx, &mut Cursor::inside(&grants), handler);
    Ok(())
}

fn skip_setting(cursor: &mut Cursor) {
    while !cursor.is_empty() && !cursor.is_punct(',') && !cursor.is_group(Delimiter::Brace) {
        cursor.next();
    }
}

fn role(cx: &mut Context, cursor: &mut Cursor, to: &mut Handler) -> Result<()> {
    let word = cursor.ident("`existing(variable)`")?;
    if word != "existing" {
        cx.unknown(&word, "role", &Role::WORDS[1..]);
        skip_setting(cursor);
        return Ok(());
    }
    let group = cursor.group(Delimiter::Parenthesis, "the variable that holds the role's name, in parentheses")?;
    let mut argument = Cursor::inside(&group);
    let variable = argument.ident("the variable that holds the role's name")?.to_string();
    argument.finish()?;
    let m = &cx.model;
    to.role = Some(quote!(#m::Role::Existing { variable: #variable.into() }));
    Ok(())
}

fn also(cx: &mut Context, cursor: &mut Cursor, to: &mut Handler) -> Result<()> {
    let group = cursor.group(Delimiter::Bracket, "managed policies, such as `[aws_policy(\"Name\")]`")?;
    let policies = cx.list(&mut Cursor::inside(&group), policies);
    to.options.push(quote!(also: vec![#(#policies),*]));
    Ok(())
}

fn policies(cx: &mut Context, cursor: &mut Cursor) -> Result<TokenStream> {
    let word = cursor.ident("`aws_policy(\"Name\")`, `variable(name)` or `map(name)`")?;
    let group = cursor.group(Delimiter::Parenthesis, "the policies in parentheses")?;
    let mut argument = Cursor::inside(&group);
    let m = cx.model.clone();
    let kind = match word.to_string().as_str() {
        "aws_policy" => {
            let name = argument.string("the name of an AWS managed policy, in quotes")?;
            argument.finish()?;
            return Ok(quote!(#m::ManagedPolicies::AwsPolicy { name: #name.into() }));
        }
        "variable" => format_ident!("Variable"),
        "map" => format_ident!("Map"),
        _ => {
            cx.unknown(&word, "kind of policies", &ManagedPolicies::WORDS);
            return Ok(TokenStream::new());
        }
    };
    let variable = argument.ident("the variable that lists the policies")?.to_string();
    argument.finish()?;
    Ok(quote!(#m::ManagedPolicies::#kind { variable: #variable.into() }))
}

fn read_grants(cx: &mut Context, cursor: &mut Cursor, to: &mut Handler) {
    while !cursor.is_empty() {
        let grant = grant(cx, cursor);
        match cx.keep(grant) {
            Some(grant) => to.grants.push(grant),
            None => cursor.skip_past_semicolon(),
        }
    }
}

fn grant(cx: &mut Context, cursor: &mut Cursor) -> Result<Grant> {
    let secret = cursor.ident("a grant, such as `ApiKey: read;`")?;
    cursor.punct(':')?;
    let verbs = verbs(cx, cursor)?;
    if cursor.is_text() {
        cx.mistake(cursor.previous(), "expected `;` after this, before the reason of the grant");
    } else {
        cx.semicolon(cursor);
    }
    Ok(Grant { secret, verbs, reason: reason(cx, cursor)? })
}

/// Reads the reason of a grant, if one follows: `"lists invoices"`, with or without a semicolon.
fn reason(cx: &mut Context, cursor: &mut Cursor) -> Result<Option<LitStr>> {
    if !cursor.is_text() {
        return Ok(None);
    }
    let reason = cursor.string("the reason of the grant, in quotes")?;
    if reason.value().trim().is_empty() {
        cx.mistake(reason.span(), "the reason is empty: say in a few words why the grant is needed, or remove it");
    }
    cursor.eat(';');
    Ok(Some(reason))
}

/// Reads the verbs of a grant. The unknown ones and those that are there twice are reported and left out.
pub(crate) fn verbs(cx: &mut Context, cursor: &mut Cursor) -> Result<Vec<Granted>> {
    let mut verbs: Vec<Granted> = Vec::new();
    loop {
        let word = cursor.ident("a verb, such as `read`")?;
        match Verb::from_name(&word.to_string()) {
            None => cx.unknown(&word, "verb", &Verb::ALL.map(Verb::name)),
            Some(verb) if verbs.iter().any(|earlier| earlier.verb == verb) => {
                cx.mistake(word.span(), format!("`{verb}` is granted twice: remove one of the two"));
            }
            Some(verb) => verbs.push(Granted { word, verb }),
        }
        if cursor.is_punct(',') && cursor.is_before_entry() {
            // In `A: read, B: read;`, `B` is not meant as a verb. `semicolon` reports the comma.
            return Ok(verbs);
        }
        if !cursor.eat(',') {
            return Ok(verbs);
        }
    }
}

/// The verbs as values.
pub(crate) fn verb_codes(m: &TokenStream, verbs: &[Granted]) -> Vec<TokenStream> {
    verbs.iter().map(|granted| variant(m, granted)).collect()
}

/// The verb as a value, at the place of its word, where editors find its definition.
fn variant(m: &TokenStream, granted: &Granted) -> TokenStream {
    let variant = Ident::new(&format!("{:?}", granted.verb), granted.word.span());
    quote!(#m::Verb::#variant)
}
