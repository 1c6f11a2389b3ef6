//! Reads the setting `principal` of a handler: the service that assumes its role.

use driftless_model::ServicePrincipal;
use proc_macro2::{Delimiter, TokenStream};
use quote::quote;
use syn::Result;

use crate::context::{Context, Table};
use crate::cursor::Cursor;
use crate::declaration::Handler;

/// What is in the parentheses of `eks`, as the expressions of the fields.
#[derive(Default)]
struct Pod {
    cluster: Option<TokenStream>,
    namespace: Option<TokenStream>,
    service_account: Option<TokenStream>,
}

const FIELDS: Table<Pod> = Table {
    what: "field of `eks`",
    article: "a",
    rows: &[
        ("cluster", |_, cursor, to| {
            let variable = cursor.ident("the variable that holds the ARN of the cluster")?.to_string();
            to.cluster = Some(quote!(#variable));
            Ok(())
        }),
        ("namespace", |_, cursor, to| {
            let name = cursor.string("the Kubernetes namespace, in quotes")?;
            to.namespace = Some(quote!(#name));
            Ok(())
        }),
        ("service_account", |_, cursor, to| {
            let name = cursor.string("the Kubernetes service account, in quotes")?;
            to.service_account = Some(quote!(#name));
            Ok(())
        }),
    ],
};

pub(crate) fn principal(cx: &mut Context, cursor: &mut Cursor, to: &mut Handler) -> Result<()> {
    let word = cursor.ident("`lambda`, `ecs` or `eks(cluster: …, namespace: …, service_account: …)`")?;
    let m = cx.model.clone();
    let principal = match word.to_string().as_str() {
        "lambda" => quote!(#m::ServicePrincipal::Lambda),
        "ecs" => quote!(#m::ServicePrincipal::Ecs),
        "eks" => {
            let group = cursor
                .group(Delimiter::Parenthesis, "the cluster, the namespace and the service account in parentheses")?;
            let mut pod = Pod::default();
            cx.fields(&mut Cursor::inside(&group), &FIELDS, &mut pod);
            let fields = [
                ("cluster", "cluster_arn_variable", pod.cluster),
                ("namespace", "\"shop\"", pod.namespace),
                ("service_account", "\"checkout\"", pod.service_account),
            ];
            let [cluster, namespace, service_account] = fields.map(|(name, example, value)| {
                value.unwrap_or_else(|| {
                    cx.mistake(word.span(), format!("`eks` has no `{name}`: add it, such as `{name}: {example}`"));
                    quote!("")
                })
            });
            quote!(#m::ServicePrincipal::Eks {
                cluster: #cluster.into(), namespace: #namespace.into(), service_account: #service_account.into()
            })
        }
        _ => {
            cx.unknown(&word, "principal", &ServicePrincipal::WORDS);
            cursor.eat_group(Delimiter::Parenthesis);
            return Ok(());
        }
    };
    to.options.push(quote!(principal: #principal));
    Ok(())
}
