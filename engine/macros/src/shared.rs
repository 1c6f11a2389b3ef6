//! Parts of a declaration that several sections have: doc comments and tags.

use driftless_model::sentence;
use proc_macro2::{Delimiter, TokenStream};
use quote::quote;
use syn::{LitStr, Result};

use crate::context::Context;
use crate::cursor::Cursor;
use crate::declaration::Docs;

/// The doc comment before an entry, if there is one. No other attributes are allowed.
pub(crate) fn docs(cx: &mut Context, cursor: &mut Cursor) -> Docs {
    let mut attributes = TokenStream::new();
    let mut lines = Vec::new();
    while cursor.eat('#') {
        let Some(attribute) = cx.keep(cursor.group(Delimiter::Bracket, "a doc comment")) else { break };
        match doc_line(&mut Cursor::inside(&attribute)) {
            Some(line) => {
                lines.push(line.value());
                attributes.extend(quote!(#[doc = #line]));
            }
            None => cx.mistake(attribute.span(), "only doc comments are allowed here: remove the attribute"),
        }
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    Docs { attributes, text: sentence(&lines) }
}

fn doc_line(attribute: &mut Cursor) -> Option<LitStr> {
    if !attribute.is_ident("doc") {
        return None;
    }
    attribute.next();
    let line = attribute.punct('=').and_then(|()| attribute.string("a text")).ok()?;
    attribute.is_empty().then_some(line)
}

/// Reads `{ "key": "value", … }`.
pub(crate) fn tag_list(cx: &mut Context, cursor: &mut Cursor) -> Result<Vec<(LitStr, LitStr)>> {
    let group = cursor.group(Delimiter::Brace, "tags, such as `{ \"team\": \"billing\" }`")?;
    let tags = cx.list(&mut Cursor::inside(&group), |_, tag| {
        let key = tag.string("the key of a tag, in quotes")?;
        tag.punct(':')?;
        Ok((key, tag.string("the value of the tag, in quotes")?))
    });
    for (index, (key, _)) in tags.iter().enumerate() {
        if tags[..index].iter().any(|(earlier, _)| earlier.value() == key.value()) {
            cx.mistake(key.span(), format!("the tag `{}` is given twice: remove one of the two", key.value()));
        }
    }
    Ok(tags)
}
