//! Reads the options of a secret.

use driftless_model::{KmsKey, Principal, region_fault};
use proc_macro2::{Delimiter, TokenStream};
use quote::quote;
use syn::{LitStr, Result};

use crate::context::{Context, Table};
use crate::cursor::Cursor;
use crate::declaration::Secret;
use crate::handlers::{verb_codes, verbs};
use crate::shared::tag_list;

pub(crate) fn kms_key(cx: &mut Context, cursor: &mut Cursor, to: &mut Secret) -> Result<()> {
    to.kms_key = kms_key_of(cx, cursor)?;
    Ok(())
}

/// Reads `variable(name)` or `alias("alias/name")`.
fn kms_key_of(cx: &mut Context, cursor: &mut Cursor) -> Result<Option<TokenStream>> {
    let word = cursor.ident("a key: `variable(name)` or `alias(\"alias/name\")`")?;
    let group = cursor.group(Delimiter::Parenthesis, "the variable or the alias of the key, in parentheses")?;
    let mut argument = Cursor::inside(&group);
    let m = cx.model.clone();
    let code = match word.to_string().as_str() {
        "variable" => {
            let variable = argument.ident("the variable that holds the ARN of the key")?.to_string();
            quote!(#m::KmsKey::variable(#variable))
        }
        "alias" => {
            let alias = argument.string("the alias of the key, in quotes, such as \"alias/app\"")?;
            quote!(#m::KmsKey::alias(#alias))
        }
        _ => {
            cx.unknown(&word, "kind of key", &KmsKey::WORDS);
            return Ok(None);
        }
    };
    argument.finish()?;
    Ok(Some(code))
}

pub(crate) fn region(cx: &mut Context, cursor: &mut Cursor, to: &mut Secret) -> Result<()> {
    to.region = Some(region_name(cx, cursor)?);
    Ok(())
}

fn region_name(cx: &mut Context, cursor: &mut Cursor) -> Result<LitStr> {
    let region = cursor.string("the name of a Region in quotes, such as \"eu-central-1\"")?;
    if let Some((message, hint)) = region_fault(&region.value()) {
        cx.mistake(region.span(), format!("{message}: {hint}"));
    }
    Ok(region)
}

pub(crate) fn recovery_window_days(_: &mut Context, cursor: &mut Cursor, to: &mut Secret) -> Result<()> {
    let days: u8 = cursor.number("a number of days, such as 7")?.base10_parse()?;
    to.options.push(quote!(recovery_window_days: Some(#days)));
    Ok(())
}

pub(crate) fn tags(cx: &mut Context, cursor: &mut Cursor, to: &mut Secret) -> Result<()> {
    let (keys, values): (Vec<_>, Vec<_>) = tag_list(cx, cursor)?.into_iter().unzip();
    to.options.push(quote!(tags: [#((#keys.into(), #values.into())),*].into()));
    Ok(())
}

pub(crate) fn replicas(cx: &mut Context, cursor: &mut Cursor, to: &mut Secret) -> Result<()> {
    let group = cursor.group(Delimiter::Brace, "the Regions of the replicas, such as `{ \"eu-central-1\" }`")?;
    let m = cx.model.clone();
    let replicas = cx.list(&mut Cursor::inside(&group), |cx, replica| {
        let region = region_name(cx, replica)?;
        let key = if replica.eat(':') { kms_key_of(cx, replica)? } else { None };
        let key = key.map_or_else(|| quote!(None), |key| quote!(Some(#key)));
        Ok(quote!(#m::Replica { region: #region.into(), kms_key: #key }))
    });
    to.options.push(quote!(replicas: vec![#(#replicas),*]));
    Ok(())
}

pub(crate) fn read_from(cx: &mut Context, cursor: &mut Cursor, to: &mut Secret) -> Result<()> {
    let group = cursor.group(Delimiter::Brace, "the Regions of replicas, such as `{ \"eu-central-1\" }`")?;
    to.read_from = cx.list(&mut Cursor::inside(&group), region_name);
    Ok(())
}

pub(crate) fn shared_with(cx: &mut Context, cursor: &mut Cursor, to: &mut Secret) -> Result<()> {
    let group = cursor.group(Delimiter::Brace, "principals, such as `{ account(\"123456789012\"): read; }`")?;
    let mut cursor = Cursor::inside(&group);
    let mut shares = Vec::new();
    while !cursor.is_empty() {
        let share = share(cx, &mut cursor);
        match cx.keep(share) {
            Some(share) => shares.push(share),
            None => cursor.skip_past_semicolon(),
        }
    }
    to.options.push(quote!(shared_with: vec![#(#shares),*]));
    Ok(())
}

fn share(cx: &mut Context, cursor: &mut Cursor) -> Result<TokenStream> {
    let m = cx.model.clone();
    let word = cursor.ident("a principal: `account(\"…\")` or `role(\"account\", \"name\")`")?;
    let group = cursor.group(Delimiter::Parenthesis, "the account or the role in parentheses")?;
    let mut argument = Cursor::inside(&group);
    let principal = match word.to_string().as_str() {
        "account" => {
            let account = argument.string("the twelve digits of the account, in quotes")?;
            quote!(#m::Principal::Account { account: #account.into() })
        }
        "role" => {
            let account = argument.string("the twelve digits of the role's account, in quotes")?;
            argument.punct(',')?;
            let role = argument.string("the name of the role, in quotes")?;
            quote!(#m::Principal::Role { account: #account.into(), role: #role.into() })
        }
        _ => {
            cx.unknown(&word, "kind of principal", &Principal::WORDS);
            cursor.skip_entry();
            return Ok(TokenStream::new());
        }
    };
    argument.finish()?;
    cursor.punct(':')?;
    let verbs = verb_codes(&m, &verbs(cx, cursor)?);
    cx.semicolon(cursor);
    Ok(quote!(#m::Share { principal: #principal, verbs: vec![#(#verbs),*] }))
}

/// The fields of a rotation.
const ROTATION: Table<Vec<TokenStream>> = Table {
    what: "field of a rotation",
    article: "a",
    rows: &[
        ("schedule", |_, cursor, to| {
            let schedule = cursor.string("a schedule in quotes, such as \"rate(10 days)\"")?;
            to.push(quote!(schedule: Some(#schedule.into())));
            Ok(())
        }),
        ("after_days", |_, cursor, to| {
            let days: u16 = cursor.number("a number of days, such as 30")?.base10_parse()?;
            to.push(quote!(after_days: Some(#days)));
            Ok(())
        }),
        ("window_hours", |_, cursor, to| {
            let hours: u8 = cursor.number("a number of hours, such as 2")?.base10_parse()?;
            to.push(quote!(window_hours: Some(#hours)));
            Ok(())
        }),
        ("immediately", |_, cursor, to| {
            let immediately = cursor.bool("`true` or `false`")?;
            to.push(quote!(immediately: Some(#immediately)));
            Ok(())
        }),
    ],
};

pub(crate) fn rotation(cx: &mut Context, cursor: &mut Cursor, to: &mut Secret) -> Result<()> {
    let group = cursor.group(Delimiter::Brace, "a rotation, such as `{ schedule: \"rate(10 days)\" }`")?;
    let mut fields = Vec::new();
    cx.fields(&mut Cursor::inside(&group), &ROTATION, &mut fields);
    let m = &cx.model;
    to.options.push(quote!(rotation: Some(#m::Rotation { #(#fields,)* ..Default::default() })));
    Ok(())
}
