//! Checks a declaration as a whole: no name twice, placeholders and keys in step, every named entry declared. What a
//! mistake would make fail again elsewhere is removed, so that each mistake is reported once.

use std::collections::HashMap;

use driftless_model::{Owner, Segment, Template, Verb, closest};
use proc_macro2::{Ident, Span};

use crate::context::Context;
use crate::declaration::{Declaration, Handler, Secret};

pub(crate) fn check(cx: &mut Context, declaration: &mut Declaration) {
    duplicates(cx, declaration);
    for secret in &mut declaration.secrets {
        placeholders(cx, secret);
    }
    rotations(cx, declaration);
    grants(cx, declaration);
    if cx.has_mistakes() {
        // Nothing runs, so the values of options no longer matter.
        declaration.secrets.iter_mut().for_each(|secret| secret.options.clear());
        declaration.handlers.iter_mut().for_each(|handler| handler.options.clear());
    }
}

/// Keys, secrets and handlers are types of one module, so their names are one set.
fn duplicates(cx: &mut Context, declaration: &mut Declaration) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    let mut is_first = |id: &Ident, kind: &'static str| {
        let Some(earlier) = seen.insert(id.to_string(), kind) else { return true };
        let message = if earlier == kind {
            format!("the {kind} `{id}` is declared twice: rename or remove one of the two")
        } else {
            format!("`{id}` is already declared as a {earlier}: rename one of the two")
        };
        cx.mistake(id.span(), message);
        false
    };
    declaration.keys.retain(|key| is_first(&key.name, "key"));
    declaration.secrets.retain(|secret| is_first(&secret.id, "secret"));
    declaration.handlers.retain(|handler| is_first(&handler.id, "handler"));
}

/// The placeholders of a name must be the fields of its type, in the same order.
fn placeholders(cx: &mut Context, secret: &mut Secret) {
    let Some((literal, template)) = &secret.name else { return };
    let at = literal.span();
    let placeholders = names_of(template);
    let fields: Vec<String> = secret.fields.iter().map(|field| field.name.to_string()).collect();
    if placeholders == fields {
        return;
    }
    let mut is_reported = false;
    for placeholder in placeholders.iter().filter(|placeholder| !fields.contains(placeholder)) {
        is_reported = true;
        no_key(cx, at, &secret.id, placeholder, &fields);
    }
    for (index, field) in secret.fields.iter().enumerate() {
        let name = &field.name;
        if fields[..index].contains(&fields[index]) {
            cx.mistake(name.span(), format!("the key `{name}` is given twice: remove one of the two"));
        } else if placeholders.contains(&fields[index]) || is_reported {
            continue;
        } else {
            let message =
                format!("the name of `{}` has no placeholder `{{{name}}}`: add it, or remove the key", secret.id);
            cx.mistake(name.span(), message);
        }
        is_reported = true;
    }
    if !is_reported {
        let message = format!("the placeholders have another order than the keys of `{}`: use one order", secret.id);
        cx.mistake(at, message);
    }
    secret.name = None;
}

fn names_of(template: &Template) -> Vec<String> {
    let name = |segment| match segment {
        Segment::Placeholder(name) => Some(name.to_owned()),
        Segment::Literal(_) => None,
    };
    template.segments().filter_map(name).collect()
}

fn no_key(cx: &mut Context, at: Span, secret: &Ident, placeholder: &str, fields: &[String]) {
    let hint = match closest(placeholder, fields.iter().map(String::as_str)) {
        Some(close) => format!("did you mean `{{{close}}}`?"),
        None => format!("write `{secret} {{ {placeholder}: KeyType }}`, with a key of the section `keys`"),
    };
    cx.mistake(at, format!("the placeholder `{{{placeholder}}}` has no key: {hint}"));
}

/// The handler of `rotation(Handler)` must be declared, and granted `rotate`.
fn rotations(cx: &mut Context, declaration: &mut Declaration) {
    let handlers = &declaration.handlers;
    for secret in &mut declaration.secrets {
        let Some(function) = secret.owner.as_ref().and_then(|owner| owner.function.clone()) else { continue };
        let Some(handler) = handlers.iter().find(|handler| handler.id == function) else {
            let hint = match closest(&function.to_string(), ids(handlers).iter().map(String::as_str)) {
                Some(close) => format!("did you mean `{close}`?"),
                None => "declare it in the section `handlers`".to_owned(),
            };
            cx.mistake(function.span(), format!("the handler `{function}` is not declared: {hint}"));
            secret.owner = None;
            continue;
        };
        let grants = handler.grants.iter().filter(|grant| grant.secret == secret.id);
        if !grants.flat_map(|grant| &grant.verbs).any(|granted| granted.verb == Verb::Rotate) {
            let id = &secret.id;
            let message = format!("the handler `{function}` is not granted `rotate`: add `{id}: rotate;` to it");
            cx.mistake(function.span(), message);
        }
    }
}

fn ids(handlers: &[Handler]) -> Vec<String> {
    handlers.iter().map(|handler| handler.id.to_string()).collect()
}

/// Grants must be on declared secrets, one for each secret, and `rotate` only for the rotation function.
fn grants(cx: &mut Context, declaration: &mut Declaration) {
    let secrets: HashMap<String, Option<&Owner>> = declaration
        .secrets
        .iter()
        .map(|secret| (secret.id.to_string(), secret.owner.as_ref().map(|owner| &owner.owner)))
        .collect();
    for handler in &mut declaration.handlers {
        let id = handler.id.to_string();
        let mut seen: Vec<(String, Verb)> = Vec::new();
        handler.grants.retain_mut(|grant| {
            let secret = grant.secret.to_string();
            let Some(owner) = secrets.get(&secret) else {
                undeclared(cx, &grant.secret, secrets.keys().map(String::as_str));
                return false;
            };
            grant.verbs.retain(|granted| {
                let is_new = !seen.contains(&(secret.clone(), granted.verb));
                if !is_new {
                    let message = format!("`{id}` already has the grant `{secret}: {}`: remove one of the two", granted.verb);
                    cx.mistake(granted.word.span(), message);
                }
                is_new
            });
            seen.extend(grant.verbs.iter().map(|granted| (secret.clone(), granted.verb)));
            let rotate = grant.verbs.iter().find(|granted| granted.verb == Verb::Rotate);
            if let (Some(rotate), Some(owner)) = (rotate, owner)
                && !owner.allows(Verb::Rotate, &id)
            {
                let message = format!(
                    "`{id}` cannot be granted `rotate` on `{secret}`, whose owner is not `rotation({id})`: remove `rotate`, \
                     or change the owner"
                );
                cx.mistake(rotate.word.span(), message);
            }
            true
        });
    }
}

fn undeclared<'a>(cx: &mut Context, secret: &Ident, declared: impl Iterator<Item = &'a str>) {
    // In order, so that of two equally close names the answer is always the same.
    let mut declared: Vec<&str> = declared.collect();
    declared.sort_unstable();
    let hint = match closest(&secret.to_string(), declared) {
        Some(close) => format!("did you mean `{close}`?"),
        None => "declare it in the section `secrets`, or remove the grant".to_owned(),
    };
    cx.mistake(secret.span(), format!("the secret `{secret}` is not declared: {hint}"));
}
