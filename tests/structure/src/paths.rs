//! Finds the paths in code, also where `syn` does not parse: in the arguments of macros.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A path in the code of a module, such as `crate::name::Key`, or a single name.
pub type Reference = Vec<String>;

/// The paths in some tokens, without those of documentation and of visibilities.
pub fn references(tokens: TokenStream) -> Vec<Reference> {
    let mut found = Vec::new();
    collect(tokens, false, &mut found);
    found.sort();
    found.dedup();
    found
}

fn collect(tokens: TokenStream, is_attribute: bool, found: &mut Vec<Reference>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(name) if name == "pub" && is_parenthesis(tokens.get(at + 1)) => at += 2,
            TokenTree::Ident(_) => {
                let (path, next) = path_at(&tokens, at);
                // The name of a field or a method is no path.
                if at == 0 || !is_punctuation(&tokens[at - 1], '.') || is_range(&tokens, at) {
                    found.push(path);
                }
                at = next;
            }
            TokenTree::Group(group) => {
                let within = at > 0 && is_punctuation(&tokens[at - 1], '#') && group.delimiter() == Delimiter::Bracket;
                if !(within && is_documentation(group)) {
                    collect(group.stream(), within || is_attribute, found);
                }
                at += 1;
            }
            // Some attributes, like those of serde, name a function in a text.
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                if is_attribute && text.contains("::") {
                    found.push(text.trim_matches('"').split("::").map(str::to_owned).collect());
                }
                at += 1;
            }
            TokenTree::Punct(_) => at += 1,
        }
    }
}

/// The path that begins at a name, and where the tokens after it begin.
fn path_at(tokens: &[TokenTree], start: usize) -> (Reference, usize) {
    let mut path = vec![tokens[start].to_string()];
    let mut at = start + 1;
    while let (Some(first), Some(second), Some(TokenTree::Ident(name))) =
        (tokens.get(at), tokens.get(at + 1), tokens.get(at + 2))
    {
        if !is_punctuation(first, ':') || !is_punctuation(second, ':') {
            break;
        }
        path.push(name.to_string());
        at += 3;
    }
    (path, at)
}

fn is_punctuation(token: &TokenTree, expected: char) -> bool {
    matches!(token, TokenTree::Punct(found) if found.as_char() == expected)
}

/// Whether the dot before a name belongs to `..`, as in `..Module::default()`.
fn is_range(tokens: &[TokenTree], at: usize) -> bool {
    at > 1 && is_punctuation(&tokens[at - 2], '.')
}

fn is_parenthesis(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis)
}

fn is_documentation(group: &Group) -> bool {
    matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(name)) if name == "doc")
}
