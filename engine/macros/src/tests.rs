//! Damaged declarations: reading one always ends, and a mistake is reported as an error and not as a panic. The places of names in
//! the code of a good one.

use std::collections::HashSet;

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

use crate::expand;

const SHOP: &str = r#"
    use $crate::model;
    source: "shop.rs";
    tags: { "app": "shop" };
    prefixes: stage { "dev/", "prod/" };
    allow: ["missing-description"];
    keys {
        /// The id of a shop.
        ShopId;
    }
    secrets {
        /// Key of the payment provider.
        PaymentKey: Text = "payment", owner: terraform(write_only(payment_key, version: 2)), recovery_window_days: 7;
        ListKey: Checked<Form> = "list", owner: terraform(generated { length: 9, alphabet: [digits], exclude: "0" });
        Login { shop_id: ShopId }: Text = "shop/{shop_id}", owner: runtime, kms_key: alias("alias/shop");
        Shared: Text = "shared", owner: external, outside_prefixes: true;
        Database: Text = "database", owner: rotation(Rotate), rotation: { after_days: 30, immediately: false },
            region: "us-east-1", replicas: { "eu-west-1": variable(key_arn) }, read_from: { "eu-west-1" },
            shared_with: { account("123456789012"): read; role("123456789012", "auditor"): describe; };
    }
    handlers {
        Reorder = "reorder", role: existing(role_name), source_function: true {
            PaymentKey: read; "pays the supplier"
            Login: read, update; "renews an expired login";
        }
        /// Rotates.
        Rotate = "rotate", also: [aws_policy("Read"), map(arns)], name: "Rotate" {
            Database: rotate, generate;
        }
        Worker = "worker", principal: ecs {}
        Pod = "pod", principal: eks(cluster: cluster_arn, namespace: "shop", service_account: "pod") {}
    }
"#;

fn shop() -> TokenStream {
    SHOP.replace('$', "").parse().expect("the tokens are balanced")
}

fn has_errors(code: &TokenStream) -> bool {
    code.to_string().contains("compile_error")
}

/// Every stream that differs from this one in one place: a token that is missing, there twice, or another one.
fn damaged(tokens: &TokenStream) -> Vec<TokenStream> {
    let all: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut streams = Vec::new();
    for (index, token) in all.iter().enumerate() {
        let with = |instead: &[TokenTree]| [&all[..index], instead, &all[index + 1..]].concat().into_iter().collect();
        streams.push(with(&[]));
        streams.push(with(&[token.clone(), token.clone()]));
        for other in ["#", ";", ",", ":", "=", "x", "7", "{ }", "( )", "\"x\""] {
            let other: TokenStream = other.parse().expect("it is a token");
            streams.push(with(&other.into_iter().collect::<Vec<_>>()));
        }
        streams.push(all[..index].iter().cloned().collect());
        if let TokenTree::Group(group) = token {
            let changed = |stream| TokenTree::Group(Group::new(group.delimiter(), stream));
            streams.extend(damaged(&group.stream()).into_iter().map(|stream| with(&[changed(stream)])));
        }
    }
    streams
}

#[test]
fn a_good_declaration_has_no_errors() {
    assert!(!has_errors(&expand(shop())), "{}", expand(shop()));
}

#[test]
fn every_damaged_declaration_is_read_to_its_end() {
    let streams = damaged(&shop());
    assert!(streams.len() > 2500, "{}", streams.len());
    let wrong = streams.into_iter().filter(|stream| has_errors(&expand(stream.clone()))).count();
    assert!(wrong > 2000, "{wrong}");
}

#[test]
fn what_macros_pass_in_invisible_groups_is_read() {
    let in_groups = |tokens: TokenStream| -> TokenStream {
        let hide = |token: TokenTree| match token {
            TokenTree::Literal(it) => Group::new(Delimiter::None, TokenTree::Literal(it).into()).into(),
            token => token,
        };
        tokens.into_iter().map(hide).collect()
    };
    assert!(!has_errors(&expand(in_groups(shop()))));
}

/// Every word of a stream, also in its groups.
fn words(tokens: TokenStream) -> Vec<Ident> {
    let words = tokens.into_iter().flat_map(|token| match token {
        TokenTree::Ident(word) => vec![word],
        TokenTree::Group(group) => words(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => Vec::new(),
    });
    words.collect()
}

fn place(word: &Ident) -> (usize, usize) {
    let start = word.span().start();
    (start.line, start.column)
}

/// Where a name is declared, and where it is used, its code is at the place of the name: there, editors go to its definition.
#[test]
fn each_name_keeps_its_place() {
    const DECLARED: [(&str, &str); 7] = [
        ("struct", "ShopId"),
        ("struct", "PaymentKey"),
        ("struct", "ListKey"),
        ("struct", "Login"),
        ("struct", "Database"),
        ("enum", "Reorder"),
        ("enum", "Rotate"),
    ];
    const USED: [&str; 10] =
        ["shop_id", "Text", "Checked", "Form", "read", "update", "describe", "rotate", "generate", "Rotate"];
    let written = words(shop());
    let code = words(expand(shop()));
    for (kind, name) in DECLARED {
        let declared = written.iter().find(|word| *word == name).map(place);
        let definition = code.windows(2).find(|pair| pair[0] == kind && pair[1] == name).map(|pair| place(&pair[1]));
        // A rotation function is used before it is declared.
        let declared = if name == "Rotate" { written.iter().rfind(|word| *word == name).map(place) } else { declared };
        assert_eq!(definition, declared, "{name}");
    }
    let places: HashSet<(usize, usize)> = code.iter().map(place).collect();
    let names = || {
        written
            .iter()
            .filter(|word| DECLARED.iter().any(|(_, name)| word == name) || USED.iter().any(|name| word == name))
    };
    assert!(names().count() > 20, "{}", names().count());
    for name in names() {
        assert!(places.contains(&place(name)), "{name} in line {}", place(name).0);
    }
    // A control: the words of the syntax are in no code.
    let source = written.iter().find(|word| *word == "source").map(place);
    assert!(source.is_some_and(|place| !places.contains(&place)));
}
