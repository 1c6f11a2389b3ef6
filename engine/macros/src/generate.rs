//! Writes the code of a declaration: types and trait impls for keys, secrets and handlers, and `spec()`.

use driftless_model::sentence;
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use crate::declaration::{Declaration, Docs, Grant, Handler, Key, Prefixes, Secret};
use crate::handlers::verb_codes;

/// The code of the whole declaration. `m` is the path of the model.
pub(crate) fn declaration(m: &TokenStream, declaration: &Declaration) -> TokenStream {
    let keys = declaration.keys.iter().map(|it| key(m, it));
    let secrets = declaration.secrets.iter().map(|it| secret(m, it));
    let has_prefixes = declaration.prefixes.is_some();
    let handlers = declaration.handlers.iter().map(|it| handler(m, it, has_prefixes));
    let prefixes = declaration.prefixes.as_ref().map(|it| prefixes(m, it));
    let spec = spec(m, declaration);
    quote!(#(#keys)* #(#secrets)* #(#handlers)* #prefixes #spec)
}

/// The doc comment of an entry, or this one if it has none: the lint `missing_docs` is meant for written code.
fn docs_or(docs: &Docs, otherwise: &str) -> TokenStream {
    if docs.attributes.is_empty() { quote!(#[doc = #otherwise]) } else { docs.attributes.clone() }
}

/// The beginning of a type, at the place of its name, where editors find its definition.
fn head(kind: &str, name: &Ident) -> TokenStream {
    let kind = Ident::new(kind, name.span());
    quote_spanned!(name.span()=> pub #kind #name)
}

fn key(m: &TokenStream, Key { docs, name }: &Key) -> TokenStream {
    let docs = docs_or(docs, "A key.");
    let head = head("struct", name);
    quote! {
        #docs
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #head(#m::KeyText);

        impl #m::Key for #name {
            fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl ::std::str::FromStr for #name {
            type Err = #m::KeyError;

            fn from_str(key: &str) -> ::std::result::Result<Self, Self::Err> {
                #m::KeyText::parse(key).map(Self)
            }
        }
    }
}

fn secret(m: &TokenStream, secret: &Secret) -> TokenStream {
    let id = &secret.id;
    let name = secret.name.as_ref().map_or_else(|| "unreadable".to_owned(), |(literal, _)| literal.value());
    let docs = docs_or(&secret.docs, &format!("The secret `{name}`."));
    let (text, head) = (id.to_string(), head("struct", id));
    let payload = secret.payload.clone().unwrap_or_else(|| quote!(#m::Text));
    let field = secret.fields.iter().map(|field| &field.name);
    let (fields, keys): (Vec<_>, Vec<_>) = secret.fields.iter().map(|field| (&field.name, &field.key)).unzip();
    let body = if fields.is_empty() {
        quote!(;)
    } else {
        let docs = fields.iter().map(|field| format!("Fills `{{{field}}}` in the name."));
        quote!({ #(#[doc = #docs] pub #fields: #keys,)* })
    };
    let kms_key = secret.kms_key.as_ref().map(|key| quote!(const KMS_KEY: Option<#m::KmsKey> = Some(#key);));
    let region = secret.region.as_ref().map(|it| quote!(const REGION: Option<&'static str> = Some(#it);));
    let copies = &secret.read_from;
    let read_from = (!copies.is_empty()).then(|| quote!(const READ_FROM: &'static [&'static str] = &[#(#copies),*];));
    let outside = secret.outside_prefixes.then(|| {
        quote!(
            const OUTSIDE_PREFIXES: bool = true;
        )
    });
    let rotated_by = secret
        .owner
        .as_ref()
        .and_then(|owner| owner.function.as_ref())
        .map(|function| quote!(impl #m::RotatedBy<#function> for #id {}));
    // Without a use, `cargo check` would not evaluate the payload's rules, and would miss a bad one. A bad one is reported at
    // the payload.
    let at = payload.clone().into_iter().next().map_or_else(|| id.span(), |token| token.span());
    let good = quote_spanned!(at=> const _: () = <#id as #m::Secret>::GOOD_PAYLOAD;);
    // `Eq` is not derived: the derived code names the types of the fields, and an unknown one would be reported twice.
    quote! {
        #docs
        #[derive(Clone, Debug, PartialEq, Hash)]
        #head #body

        impl ::std::cmp::Eq for #id {}

        impl #m::Secret for #id {
            type Payload = #payload;
            const ID: &'static str = #text;
            const TEMPLATE: #m::Template = #m::Template::new(#name);
            #kms_key
            #region
            #read_from
            #outside

            fn name(&self) -> String {
                Self::TEMPLATE.member(&[#(#m::Key::as_str(&self.#field)),*])
            }
        }

        #rotated_by

        #good
    }
}

fn handler(m: &TokenStream, handler: &Handler, has_prefixes: bool) -> TokenStream {
    let id = &handler.id;
    let (text, head) = (id.to_string(), head("enum", id));
    let name = handler.name.as_ref().map_or_else(|| "unreadable".to_owned(), syn::LitStr::value);
    let docs = docs_or(&handler.docs, &format!("The handler `{name}`."));
    let description = &handler.docs.text;
    let role = handler.role.clone().unwrap_or_else(|| quote!(#m::Role::Created));
    let options = options(&quote!(#m::HandlerOptions), &handler.options);
    let grants = handler.grants.iter().map(|it| grant(m, it));
    let secrets = handler.grants.iter().map(|grant| &grant.secret);
    let granted = handler.grants.iter().map(|it| granted(m, handler, it));
    let prefixes = has_prefixes.then(|| quote!(fn prefixes() -> Option<#m::Prefixes> { Some(__prefixes()) }));
    quote! {
        #docs
        #[derive(Clone, Copy, Debug)]
        #head {}

        impl #m::Handler for #id {
            const ID: &'static str = #text;
            const NAME: &'static str = #name;
            #prefixes

            fn spec() -> #m::HandlerSpec {
                #m::HandlerSpec {
                    id: #text.into(),
                    name: #name.into(),
                    description: #description.into(),
                    role: #role,
                    options: #options,
                    grants: vec![#(#grants),*],
                }
            }

            fn fingerprint() -> #m::Fingerprint {
                #m::Fingerprint::of_handler::<Self>(&[#(#m::Relied::on::<#secrets>()),*])
            }
        }

        #(#granted)*
    }
}

fn grant(m: &TokenStream, grant: &Grant) -> TokenStream {
    let (secret, verbs) = (&grant.secret, verb_codes(m, &grant.verbs));
    let reason = grant.reason.as_ref().map(syn::LitStr::value).unwrap_or_default();
    let reason = sentence(&reason.lines().collect::<Vec<_>>());
    quote!(#m::Grant::on::<#secret>(&[#(#verbs),*], #reason))
}

/// The impls that make the calls of a grant compile, each at the place of its verb, where the compiler then points.
fn granted(m: &TokenStream, handler: &Handler, grant: &Grant) -> TokenStream {
    let (secret, handler) = (&grant.secret, &handler.id);
    let impls = grant.verbs.iter().map(|granted| {
        let verb = &granted.word;
        quote_spanned!(verb.span()=> impl #m::Granted<#m::verb::#verb, #handler> for #secret {})
    });
    quote!(#(#impls)*)
}

/// A value of a type with these fields, and the others by default.
fn options(ty: &TokenStream, fields: &[TokenStream]) -> TokenStream {
    if fields.is_empty() { quote!(#ty::default()) } else { quote!(#ty { #(#fields,)* ..#ty::default() }) }
}

fn prefixes(m: &TokenStream, Prefixes { variable, values }: &Prefixes) -> TokenStream {
    let variable = variable.to_string();
    quote! {
        fn __prefixes() -> #m::Prefixes {
            #m::Prefixes { variable: #variable.into(), values: vec![#(#values.into()),*] }
        }
    }
}

fn spec(m: &TokenStream, declaration: &Declaration) -> TokenStream {
    let source = declaration.source.as_ref().map(syn::LitStr::value).unwrap_or_default();
    let (tags, values): (Vec<_>, Vec<_>) = declaration.tags.iter().map(|(key, value)| (key, value)).unzip();
    let prefixes = if declaration.prefixes.is_some() { quote!(Some(__prefixes())) } else { quote!(None) };
    let secrets = declaration.secrets.iter().map(|secret| {
        let (id, description) = (&secret.id, &secret.docs.text);
        let owner = secret.owner.as_ref().map_or_else(|| quote!(#m::Owner::External), |owner| owner.code.clone());
        let options = options(&quote!(#m::SecretOptions), &secret.options);
        quote!(#m::SecretSpec::of::<#id>(#description, #owner, #options))
    });
    let handlers = declaration.handlers.iter().map(|handler| &handler.id);
    let allowed = &declaration.allow;
    let keys = declaration.keys.iter().map(|Key { docs, name }| {
        let (id, description) = (name.to_string(), &docs.text);
        quote!(#m::KeySpec { id: #id.into(), description: #description.into() })
    });
    quote! {
        /// The whole declaration as data.
        #[must_use]
        pub fn spec() -> #m::Spec {
            #m::Spec {
                version: #m::SPEC_VERSION,
                source: #source.into(),
                tags: [#((#tags.into(), #values.into())),*].into(),
                required_version: ::core::option::Option::None,
                prefixes: #prefixes,
                allow: vec![#(#allowed.into()),*],
                keys: vec![#(#keys),*],
                secrets: vec![#(#secrets),*],
                handlers: vec![#(<#handlers as #m::Handler>::spec()),*],
            }
        }
    }
}
