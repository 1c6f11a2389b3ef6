//! A declaration as it was read: names with their places, and the values of options as the code that makes them.

use driftless_model::{Owner, Template, Verb};
use proc_macro2::{Ident, TokenStream};
use syn::LitStr;

#[derive(Default)]
pub(crate) struct Declaration {
    pub(crate) source: Option<LitStr>,
    pub(crate) tags: Vec<(LitStr, LitStr)>,
    pub(crate) prefixes: Option<Prefixes>,
    /// The warnings that are not reported.
    pub(crate) allow: Vec<LitStr>,
    pub(crate) keys: Vec<Key>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) handlers: Vec<Handler>,
}

pub(crate) struct Prefixes {
    pub(crate) variable: Ident,
    pub(crate) values: Vec<LitStr>,
}

/// The doc comment of an entry.
#[derive(Default)]
pub(crate) struct Docs {
    /// The attributes, as they are written.
    pub(crate) attributes: TokenStream,
    /// The text in one line.
    pub(crate) text: String,
}

pub(crate) struct Key {
    pub(crate) docs: Docs,
    pub(crate) name: Ident,
}

/// A secret. Parts that could not be read are absent.
pub(crate) struct Secret {
    pub(crate) docs: Docs,
    pub(crate) id: Ident,
    pub(crate) fields: Vec<Field>,
    pub(crate) payload: Option<TokenStream>,
    pub(crate) name: Option<(LitStr, Template)>,
    pub(crate) owner: Option<OwnerOf>,
    pub(crate) kms_key: Option<TokenStream>,
    pub(crate) region: Option<LitStr>,
    pub(crate) read_from: Vec<LitStr>,
    pub(crate) outside_prefixes: bool,
    /// The fields of its `SecretOptions`.
    pub(crate) options: Vec<TokenStream>,
}

pub(crate) struct Field {
    pub(crate) name: Ident,
    pub(crate) key: TokenStream,
}

/// The owner of a secret.
pub(crate) struct OwnerOf {
    /// The owner as a value. How Terraform sets a value is only in `code`.
    pub(crate) owner: Owner,
    pub(crate) code: TokenStream,
    /// The handler of `rotation(Handler)`.
    pub(crate) function: Option<Ident>,
}

pub(crate) struct Handler {
    pub(crate) docs: Docs,
    pub(crate) id: Ident,
    pub(crate) name: Option<LitStr>,
    pub(crate) role: Option<TokenStream>,
    /// The fields of its `HandlerOptions`.
    pub(crate) options: Vec<TokenStream>,
    pub(crate) grants: Vec<Grant>,
}

pub(crate) struct Grant {
    pub(crate) secret: Ident,
    pub(crate) verbs: Vec<Granted>,
    /// Why it is granted, if the declaration says so.
    pub(crate) reason: Option<LitStr>,
}

/// A verb, and the word that grants it.
pub(crate) struct Granted {
    pub(crate) word: Ident,
    pub(crate) verb: Verb,
}

impl Secret {
    /// A secret of which only its name is read.
    pub(crate) const fn new(docs: Docs, id: Ident) -> Self {
        Self {
            docs,
            id,
            fields: Vec::new(),
            payload: None,
            name: None,
            owner: None,
            kms_key: None,
            region: None,
            read_from: Vec::new(),
            outside_prefixes: false,
            options: Vec::new(),
        }
    }
}

impl Handler {
    /// A handler of which only its name is read.
    pub(crate) const fn new(docs: Docs, id: Ident) -> Self {
        Self { docs, id, name: None, role: None, options: Vec::new(), grants: Vec::new() }
    }
}
