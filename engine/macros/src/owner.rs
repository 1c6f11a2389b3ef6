//! Reads the owner of a secret, and how Terraform sets its value.

use driftless_model::{Characters, Delivery, Owner, closest};
use proc_macro2::{Delimiter, Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Error, Result};

use crate::context::{Context, Table};
use crate::cursor::Cursor;
use crate::declaration::{OwnerOf, Secret};

const DELIVERIES: [&str; 2] = ["write_only", "generated"];

pub(crate) fn read(cx: &mut Context, cursor: &mut Cursor, secret: &mut Secret) -> Result<()> {
    let word = cursor.ident(&format!("an owner, one of: {}", Owner::WORDS.join(", ")))?;
    let arguments = cursor.eat_group(Delimiter::Parenthesis);
    let text = word.to_string();
    // A wrong word is reported and then read as the meant one.
    let meant = if Owner::WORDS.contains(&text.as_str()) {
        Some(text.as_str())
    } else {
        cx.unknown(&word, "owner", &Owner::WORDS);
        closest(&text, Owner::WORDS)
    };
    let m = cx.model.clone();
    let simple = |owner: Owner, code| OwnerOf { owner, code, function: None };
    let owner = match (meant, &arguments) {
        (Some("terraform"), Some(delivery)) => {
            let code = delivery_of(cx, &mut Cursor::inside(delivery))?;
            simple(terraform(), quote!(#m::Owner::Terraform(#m::Delivery::#code)))
        }
        (Some("terraform"), None) => {
            let message = "the owner `terraform` needs the source of the value: write terraform(variable), \
                           terraform(write_only(variable)) or terraform(generated { length: 32 })";
            return Err(Error::new(word.span(), message));
        }
        (Some("rotation"), Some(function)) => {
            let mut function = Cursor::inside(function);
            let handler = function.ident("the handler that rotates the value")?;
            function.finish()?;
            let code = quote!(#m::Owner::Rotation { function: Some(<#handler as #m::Handler>::ID.into()) });
            let owner = Owner::Rotation { function: Some(handler.to_string()) };
            OwnerOf { owner, code, function: Some(handler) }
        }
        (Some("rotation"), None) => {
            simple(Owner::Rotation { function: None }, quote!(#m::Owner::Rotation { function: None }))
        }
        (Some(meant @ ("external" | "runtime")), Some(arguments)) => {
            let message = format!("the owner `{meant}` takes nothing in parentheses: remove them");
            return Err(Error::new_spanned(arguments, message));
        }
        (Some("external"), None) => simple(Owner::External, quote!(#m::Owner::External)),
        (Some("runtime"), None) => simple(Owner::Runtime, quote!(#m::Owner::Runtime)),
        _ => return Ok(()),
    };
    secret.owner = Some(owner);
    Ok(())
}

/// An owner for questions that do not depend on how Terraform sets the value.
const fn terraform() -> Owner {
    Owner::Terraform(Delivery::InState { variable: String::new() })
}

/// Reads what is in the parentheses of `terraform(…)`, as a variant of `Delivery`.
fn delivery_of(cx: &mut Context, cursor: &mut Cursor) -> Result<TokenStream> {
    let word = cursor.ident("a variable, `write_only(variable)` or `generated { length: 32 }`")?;
    if cursor.is_empty() && word != "generated" && word != "write_only" {
        let variable = word.to_string();
        return Ok(quote!(InState { variable: #variable.into() }));
    }
    let code = match word.to_string().as_str() {
        "write_only" => write_only(cx, cursor)?,
        "generated" => generated(cx, cursor)?,
        _ => {
            cx.unknown(&word, "source of the value", &DELIVERIES);
            return Ok(quote!(InState { variable: String::new() }));
        }
    };
    cursor.finish()?;
    Ok(code)
}

#[derive(Default)]
struct WriteOnly {
    version: Option<u32>,
}

const WRITE_ONLY: Table<WriteOnly> = Table {
    what: "field of `write_only`",
    article: "a",
    rows: &[("version", |_, cursor, to| {
        to.version = Some(cursor.number("a version, such as 2")?.base10_parse()?);
        Ok(())
    })],
};

fn write_only(cx: &mut Context, cursor: &mut Cursor) -> Result<TokenStream> {
    let group = cursor.group(Delimiter::Parenthesis, "the variable in parentheses, such as `write_only(api_key)`")?;
    let mut cursor = Cursor::inside(&group);
    let variable = cursor.ident("the variable that holds the value")?.to_string();
    let mut read = WriteOnly::default();
    if cursor.eat(',') {
        cx.fields(&mut cursor, &WRITE_ONLY, &mut read);
    }
    cursor.finish()?;
    let m = &cx.model;
    let version = read.version.map_or_else(|| quote!(None), |version| quote!(Some(#version)));
    Ok(quote!(WriteOnly { variable: #variable.into(), write_only: #m::WriteOnly { version: #version } }))
}

#[derive(Default)]
struct Password {
    length: Option<u32>,
    alphabet: Vec<Ident>,
    exclude: Option<String>,
    version: Option<u32>,
}

const PASSWORD: Table<Password> = Table {
    what: "field of `generated`",
    article: "a",
    rows: &[
        ("length", |_, cursor, to| {
            to.length = Some(cursor.number("a number of characters, such as 32")?.base10_parse()?);
            Ok(())
        }),
        ("alphabet", alphabet),
        ("exclude", |_, cursor, to| {
            to.exclude = Some(cursor.string("the excluded characters, in quotes")?.value());
            Ok(())
        }),
        ("version", |_, cursor, to| {
            to.version = Some(cursor.number("a version, such as 2")?.base10_parse()?);
            Ok(())
        }),
    ],
};

fn alphabet(cx: &mut Context, cursor: &mut Cursor, to: &mut Password) -> Result<()> {
    let group = cursor.group(Delimiter::Bracket, "kinds of characters, such as `[lowercase, digits]`")?;
    let known = Characters::ALL.map(Characters::word);
    let words = cx.list(&mut Cursor::inside(&group), |_, kind| kind.ident("a kind of characters"));
    for word in words {
        match Characters::ALL.into_iter().find(|kind| word == kind.word()) {
            Some(kind) => to.alphabet.push(format_ident!("{kind:?}")),
            None => cx.unknown(&word, "kind of characters", &known),
        }
    }
    Ok(())
}

fn generated(cx: &mut Context, cursor: &mut Cursor) -> Result<TokenStream> {
    let group = cursor.group(Delimiter::Brace, "the rules of the value, such as `generated { length: 32 }`")?;
    let mut password = Password::default();
    cx.fields(&mut Cursor::inside(&group), &PASSWORD, &mut password);
    let Some(length) = password.length else {
        return Err(Error::new(group.span_open(), "a generated value needs a length: write `length: 32`"));
    };
    let m = &cx.model;
    let kinds = password.alphabet;
    let alphabet = (!kinds.is_empty()).then(|| quote!(alphabet: [#(#m::Characters::#kinds),*].into(),));
    let exclude = password.exclude.map(|exclude| quote!(exclude: #exclude.into(),));
    let version = password.version.map(|version| quote!(version: #version,));
    Ok(quote!(Generated { generated: #m::Password { #alphabet #exclude #version ..#m::Password::of(#length) } }))
}
