//! Resource addresses, built from the parts in a state and parsed from Terraform's notation.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::hcl;

/// One instance of a resource, or a whole resource: `module.app["eu"].aws_iam_role.this[0]`.
///
/// Only addresses that Terraform accepts can be constructed, so the displayed text is valid HCL.
///
/// Source: [resource addresses](https://developer.hashicorp.com/terraform/cli/state/resource-addressing).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    module: ModulePath,
    kind: String,
    name: String,
    key: Option<Key>,
}

/// The path of a module: the module calls from the root. Empty for the root module.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModulePath(Vec<(String, Option<Key>)>);

/// The instance key of a resource or module with `count` or `for_each`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(untagged)]
pub enum Key {
    /// The index of an instance of `count`.
    Number(u64),
    /// The key of an instance of `for_each`.
    Text(String),
}

/// The text is not a resource address or module path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an address of Terraform")]
pub struct NotAnAddress;

impl Address {
    /// Builds an address from its parts. `None` if Terraform would not accept it.
    #[must_use]
    pub fn new(module: ModulePath, kind: &str, name: &str, key: Option<Key>) -> Option<Self> {
        (is_word(kind) && is_word(name)).then(|| Self { module, kind: kind.to_owned(), name: name.to_owned(), key })
    }

    /// The address in `module` of a resource that a rendered file declares.
    ///
    /// # Panics
    ///
    /// If it is not a valid address in the root module.
    #[must_use]
    pub fn rendered(module: &ModulePath, address: &str) -> Self {
        let address: Self = address.parse().expect("a rendered resource has an address");
        assert_eq!(address.module, ModulePath::default(), "what is rendered is one module");
        Self { module: module.clone(), ..address }
    }

    /// The path of its module.
    #[must_use]
    pub const fn module(&self) -> &ModulePath {
        &self.module
    }

    /// The type of its resource, such as `aws_iam_role`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Its address within its module, without an instance key.
    #[must_use]
    pub fn in_module(&self) -> String {
        format!("{}.{}", self.kind, self.name)
    }

    /// The address of all instances of its resource in all instances of its module, as a `removed` block uses it.
    #[must_use]
    pub fn without_keys(&self) -> Self {
        let module = self.module.0.iter().map(|(name, _)| (name.clone(), None));
        Self { module: ModulePath(module.collect()), key: None, ..self.clone() }
    }
}

impl ModulePath {
    /// The names of the module calls from the root, each with its instance key.
    pub fn calls(&self) -> impl Iterator<Item = (&str, Option<&Key>)> {
        self.0.iter().map(|(name, key)| (name.as_str(), key.as_ref()))
    }

    /// The module at the end of the first calls, at most `number` of them.
    #[must_use]
    pub fn first(&self, number: usize) -> Self {
        Self(self.0.iter().take(number).cloned().collect())
    }

    /// Whether it is `other` itself or a descendant of it.
    pub(crate) fn begins_with(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}

/// Parses the notation of a state: `module.app["eu"].module.roles`, and an empty text for the root module.
impl FromStr for ModulePath {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        match calls(text) {
            Some((module, "")) => Ok(module),
            _ => Err(NotAnAddress),
        }
    }
}

/// Parses the notation of `terraform show -json`.
impl FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let parse = || {
            let (module, rest) = calls(text)?;
            let (kind, rest) = rest.split_once('.')?;
            let (name, key, rest) = named(rest)?;
            Self::new(module, kind, name, key).filter(|_| rest.is_empty())
        };
        parse().ok_or(NotAnAddress)
    }
}

/// The module calls at the beginning of a text, and the rest of the text.
fn calls(text: &str) -> Option<(ModulePath, &str)> {
    let mut calls = Vec::new();
    let mut rest = text;
    while let Some(call) = rest.strip_prefix("module.") {
        let (name, key, after) = named(call)?;
        calls.push((name.to_owned(), key));
        rest = match after.strip_prefix('.') {
            Some("") => return None,
            Some(after) => after,
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some((ModulePath(calls), rest))
}

/// A name, its instance key if there is one, and the rest of the text.
fn named(text: &str) -> Option<(&str, Option<Key>, &str)> {
    let (name, after) = text.split_at(text.find(['.', '[']).unwrap_or(text.len()));
    let (key, after) = match after.strip_prefix('[') {
        Some(bracket) => key(bracket).map(|(key, after)| (Some(key), after))?,
        None => (None, after),
    };
    is_word(name).then_some((name, key, after))
}

/// An instance key after its opening bracket, and the rest of the text after the closing one.
fn key(text: &str) -> Option<(Key, &str)> {
    if text.starts_with('"') {
        let (plain, after) = hcl::unquote(text)?;
        return Some((Key::Text(plain), after.strip_prefix(']')?));
    }
    let (number, after) = text.split_once(']')?;
    Some((Key::Number(number.parse().ok()?), after))
}

/// Whether Terraform accepts it as a name. Letters of all scripts are allowed.
fn is_word(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && word.chars().all(|char| char.is_alphanumeric() || matches!(char, '_' | '-'))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.0.is_empty() {
            write!(f, "{}.", self.module)?;
        }
        write!(f, "{}.{}", self.kind, self.name)?;
        write_key(f, self.key.as_ref())
    }
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, key)) in self.0.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            write!(f, "{dot}module.{name}")?;
            write_key(f, key.as_ref())?;
        }
        Ok(())
    }
}

fn write_key(f: &mut fmt::Formatter<'_>, key: Option<&Key>) -> fmt::Result {
    match key {
        None => Ok(()),
        Some(Key::Number(number)) => write!(f, "[{number}]"),
        Some(Key::Text(text)) => write!(f, "[{}]", hcl::quote(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Key, ModulePath};

    #[test]
    fn a_module_is_read_and_written_alike() {
        for text in ["", "module.a", "module.a[0]", r#"module.a["x.y"].module.b-c"#, r#"module.a["\"]\\"]"#] {
            assert_eq!(text.parse::<ModulePath>().map(|module| module.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn err_what_terraform_would_not_take_is_no_address() {
        for text in
            ["a", "module.", "module.a.", "module.a[", "module.a[x]", r#"module.a["x]"#, "module.a b", "module.a[0]x"]
        {
            assert!(text.parse::<ModulePath>().is_err(), "{text}");
        }
        for text in ["", "a", "a.", "a.b.c", "a.b[0].c", "module.a", "module.a.b", "data.a.b", "a.b[0", "a.1"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
        for (kind, name) in [("", "x"), ("a", ""), ("a b", "x"), ("a", "x\n}"), ("a", "1"), ("a.b", "x")] {
            assert_eq!(Address::new(ModulePath::default(), kind, name, None), None, "{kind}.{name}");
        }
    }

    #[test]
    fn keys_are_quoted_and_can_be_left_out() {
        let module = "module.a[1]".parse().expect("it is a module");
        let address = Address::new(module, "aws_x", "y", Some(Key::Text("${a}\"".into()))).expect("it is an address");
        assert_eq!(address.to_string(), r#"module.a[1].aws_x.y["$${a}\""]"#);
        assert_eq!(address.to_string().parse(), Ok(address.clone()));
        assert_eq!(address.without_keys().to_string(), "module.a.aws_x.y");
    }
}
