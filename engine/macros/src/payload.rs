//! The derive macro `Payload`: the serialization, the schema and a `Debug` without values, all of one type.
//!
//! A derive macro cannot add `#[derive(Serialize)]` to the type that it is written on. It therefore writes a copy of the type,
//! `Shape`, with serde's [remote derive](https://serde.rs/remote-derive.html), and the impls of the type call those of the copy.

use driftless_model::unknown_word;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, LitStr, Path, Result, parse_quote};

/// The words of `#[payload(…)]`.
const OPTIONS: [&str; 3] = ["model", "own_debug", "recover"];

/// What `#[payload(…)]` says.
struct Options {
    /// The path of the model, as the crate of the type sees it.
    model: Path,
    /// Whether the type has a `Debug` of its own.
    has_own_debug: bool,
    /// The function that recovers a value.
    recover: Option<Path>,
}

/// The code of the derive macro, or its errors.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let derived = syn::parse2(input).and_then(|input| payload(&input));
    derived.unwrap_or_else(Error::into_compile_error)
}

fn payload(input: &DeriveInput) -> Result<TokenStream> {
    check_form(input)?;
    let options = Options::of(&input.attrs)?;
    let (name, m) = (&input.ident, &options.model);
    let debug = (!options.has_own_debug).then(|| debug(input));
    let shape = shape(input, m);
    let recover = options.recover.map(|path| {
        quote! {
            fn recover(stored: &str) -> ::core::option::Option<Self> {
                #path(stored)
            }
        }
    });
    Ok(quote! {
        #debug

        const _: () = {
            use #m::__private::{schemars, serde};

            #shape

            impl serde::Serialize for #name {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                    Shape::serialize(self, serializer)
                }
            }

            impl<'de> serde::Deserialize<'de> for #name {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                    Shape::deserialize(deserializer)
                }
            }

            impl schemars::JsonSchema for #name {
                fn schema_name() -> ::std::borrow::Cow<'static, str> {
                    <Shape as schemars::JsonSchema>::schema_name()
                }

                fn schema_id() -> ::std::borrow::Cow<'static, str> {
                    ::std::borrow::Cow::Borrowed(::core::concat!(::core::module_path!(), "::", ::core::stringify!(#name)))
                }

                fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                    <Shape as schemars::JsonSchema>::json_schema(generator)
                }
            }

            impl #m::JsonPayload for #name {
                #recover
            }
        };
    })
}

/// Refuses what cannot be a payload.
fn check_form(input: &DeriveInput) -> Result<()> {
    if let Data::Union(union) = &input.data {
        let message = "a payload is a `struct` or an `enum`: a `union` has no JSON";
        return Err(Error::new(union.union_token.span(), message));
    }
    if !input.generics.params.is_empty() {
        let message = "a payload has no parameters, because a secret's value has one type: write the type out";
        return Err(Error::new(input.generics.span(), message));
    }
    Ok(())
}

impl Options {
    fn of(attributes: &[Attribute]) -> Result<Self> {
        let mut options = Self { model: parse_quote!(::driftless::model), has_own_debug: false, recover: None };
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("payload")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("model") {
                    options.model = meta.value()?.parse()?;
                } else if meta.path.is_ident("recover") {
                    options.recover = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("own_debug") {
                    options.has_own_debug = true;
                } else {
                    let word = meta.path.to_token_stream().to_string();
                    let (message, hint) = unknown_word("option of a payload", &word, &OPTIONS);
                    return Err(Error::new(meta.path.span(), format!("{message}: {hint}")));
                }
                Ok(())
            })?;
        }
        Ok(options)
    }
}

/// A `Debug` that shows no member: the name of the type is not secret.
fn debug(input: &DeriveInput) -> TokenStream {
    let name = &input.ident;
    let text = format!("{name}(redacted)");
    quote! {
        impl ::core::fmt::Debug for #name {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                formatter.write_str(#text)
            }
        }
    }
}

/// The copy of the type from which serde and schemars derive.
fn shape(input: &DeriveInput, m: &Path) -> TokenStream {
    let name = &input.ident;
    let mut copy = input.clone();
    copy.ident = parse_quote!(Shape);
    copy.vis = syn::Visibility::Inherited;
    let kept = |attribute: &Attribute| ["doc", "serde", "schemars"].iter().any(|it| attribute.path().is_ident(it));
    copy.attrs.retain(kept);
    let of = |krate: &str| format!("{}::__private::{krate}", m.to_token_stream()).replace(' ', "");
    let [serde, schemars] = ["serde", "schemars"].map(of);
    let remote = LitStr::new(&name.to_string(), name.span());
    let rename = (!has_rename(&copy.attrs)).then(|| quote!(#[serde(rename = #remote)]));
    quote! {
        #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(crate = #serde, remote = #remote)]
        #[schemars(crate = #schemars)]
        #rename
        #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
        #copy
    }
}

/// Whether the type is renamed by an attribute of its own.
fn has_rename(attributes: &[Attribute]) -> bool {
    let mut is_renamed = false;
    for attribute in attributes.iter().filter(|attribute| !attribute.path().is_ident("doc")) {
        // An attribute that cannot be read is reported by serde or schemars.
        _ = attribute.parse_nested_meta(|meta| {
            is_renamed |= meta.path.is_ident("rename");
            if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<syn::Expr>()?;
            } else if meta.input.peek(syn::token::Paren) {
                let inside;
                syn::parenthesized!(inside in meta.input);
                inside.parse::<TokenStream>()?;
            }
            Ok(())
        });
    }
    is_renamed
}
