//! Writes a spec as TOML: the members of its JSON, in the same order, short ones in one line.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use crate::Spec;

/// Longer lines are split, if TOML allows it.
const WIDTH: usize = 100;
/// A deeper schema is written as text. Readers of TOML accept about 80 levels, and some of them are outside the schema.
const DEPTH: usize = 50;

impl Spec {
    /// The spec as TOML, with a final line feed: the form that [`Spec::read_as`] takes with
    /// [`SpecFormat::Toml`](crate::SpecFormat::Toml).
    ///
    /// A schema that TOML cannot express, for example with a `null`, is written as the text of its JSON.
    ///
    /// # Panics
    ///
    /// Never: a spec is made of strings, lists and enums.
    ///
    /// # Examples
    ///
    /// ```
    /// use driftless_model::{Spec, SpecFormat};
    ///
    /// let spec = Spec::empty("secrets.toml".into());
    /// assert_eq!(Spec::read_as(&spec.to_toml(), SpecFormat::Toml), Ok(spec));
    /// ```
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut spec = self.clone();
        for schema in spec.secrets.iter_mut().filter_map(|secret| secret.payload.schema.as_mut()) {
            if !is_toml(schema, DEPTH) {
                *schema = Value::String(schema.to_string());
            }
        }
        let tree = serde_json::from_str(&spec.to_json()).expect("what `to_json` writes is JSON");
        document(tree)
    }
}

/// Whether a schema can be written as TOML with at most this many levels. A text is not a schema, but the JSON of one.
fn is_toml(schema: &Value, depth: usize) -> bool {
    fn is_value(value: &Value, depth: usize) -> bool {
        match value {
            Value::Null => false,
            Value::Number(number) => !number.is_u64() || number.is_i64(),
            Value::Bool(_) | Value::String(_) => true,
            Value::Array(values) => depth > 0 && values.iter().all(|value| is_value(value, depth - 1)),
            Value::Object(members) => depth > 0 && members.values().all(|value| is_value(value, depth - 1)),
        }
    }
    !schema.is_string() && is_value(schema, depth)
}

/// A JSON document with its members in their order.
enum Tree {
    /// As TOML writes it.
    Scalar(String),
    List(Vec<Self>),
    Table(Vec<(String, Self)>),
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that TOML has")
    }

    fn visit_bool<E>(self, is: bool) -> Result<Tree, E> {
        Ok(Tree::Scalar(is.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tree, E> {
        Ok(Tree::Scalar(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tree, E> {
        Ok(Tree::Scalar(number.to_string()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Tree, E> {
        let number = Number::from_f64(number).ok_or_else(|| E::custom("JSON has no such number"))?;
        Ok(Tree::Scalar(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Scalar(string(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element()? {
            list.push(value);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree, A::Error> {
        let mut table = Vec::new();
        while let Some((name, value)) = members.next_entry::<String, _>()? {
            table.push((key(&name), value));
        }
        Ok(Tree::Table(table))
    }
}

/// A text in quotes. A literal string needs no escapes, so it is better for a text with quotes or backslashes.
fn string(text: &str) -> String {
    let is_literal = text.contains(['"', '\\']) && !text.contains('\'') && !text.contains(char::is_control);
    if is_literal { format!("'{text}'") } else { basic(text) }
}

/// JSON's escapes are TOML's too. TOML also escapes DEL.
fn basic(text: &str) -> String {
    Value::String(text.to_owned()).to_string().replace('\u{7f}', "\\u007f")
}

fn key(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !name.is_empty() && name.bytes().all(is_bare) { name.to_owned() } else { basic(name) }
}

fn document(tree: Tree) -> String {
    let Tree::Table(members) = tree else { return String::new() };
    let is_list_of_tables = |value: &Tree| matches!(value, Tree::List(all) if !all.is_empty() && all.iter().all(|it| matches!(it, Tree::Table(_))));
    // Everything after a `[[heading]]` belongs to it.
    let (lists, own): (Vec<_>, Vec<_>) = members.into_iter().partition(|(_, value)| is_list_of_tables(value));
    let mut text = String::new();
    for (name, value) in &own {
        entry(name, value, &mut text);
    }
    for (name, list) in &lists {
        let Tree::List(tables) = list else { continue };
        for table in tables {
            text.extend(["\n[[", name, "]]\n"]);
            let Tree::Table(members) = table else { continue };
            for (name, value) in members {
                entry(name, value, &mut text);
            }
        }
    }
    text
}

/// Writes `path = value`. A table that is too long gets a line for each member, and a list one for each element.
fn entry(path: &str, value: &Tree, text: &mut String) {
    let line = format!("{path} = {}\n", inline(value));
    match value {
        Tree::Table(members) if line.chars().count() > WIDTH && !members.is_empty() => {
            for (name, value) in members {
                entry(&format!("{path}.{name}"), value, text);
            }
        }
        Tree::List(values) if line.chars().count() > WIDTH => {
            text.extend([path, " = [\n"]);
            for value in values {
                text.extend(["  ", &inline(value), ",\n"]);
            }
            text.push_str("]\n");
        }
        _ => text.push_str(&line),
    }
}

fn inline(value: &Tree) -> String {
    match value {
        Tree::Scalar(text) => text.clone(),
        Tree::List(values) => format!("[{}]", values.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Tree::Table(members) if members.is_empty() => "{}".to_owned(),
        Tree::Table(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{name} = {}", inline(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
    }
}
