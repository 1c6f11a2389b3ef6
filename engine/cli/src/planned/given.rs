//! The arguments of a resource, limited to those that are checked. For secret values, only whether one is set is kept;
//! for arguments that the tables do not have, only the name.

mod look;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use self::look::LookedValue;
use super::arguments::{ArgumentReading, reading};

/// Maximum parts of an argument; no checked argument has more.
const MOST_PARTS: usize = 50_000;

/// Maximum unlisted arguments that are kept per resource.
const MOST_NAMES: usize = 64;

/// Maximum roles that are kept per resource.
const MOST_ROLES: usize = 4_096;

/// Arguments by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    arguments: BTreeMap<&'static str, Value>,
    /// In the tree of unknown values: whether the whole object is unknown.
    pub(super) is_all: bool,
    /// Whether a secret value is set.
    pub(super) has_value: bool,
    /// The names of arguments that no resource type in the tables has.
    pub(super) unlisted: Vec<Box<str>>,
    /// References to IAM roles in arguments for roles: the argument, and the ARN or the name. In the tree of unknown
    /// values: the arguments for roles, each with an empty ARN.
    pub(super) roles: Vec<(Box<str>, Box<str>)>,
    /// Whether there are more than `MOST_ROLES`.
    pub(super) are_roles_cut: bool,
}

impl Given {
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.arguments.get(name)
    }

    /// The value of an argument, if it is a non-empty string.
    pub(super) fn word(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str().filter(|word| !word.is_empty())
    }

    /// The strings in a list; empty if the argument is not a list.
    pub(super) fn words(&self, name: &str) -> impl Iterator<Item = &str> {
        self.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// The arguments whose values are strings.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.arguments.iter().filter_map(|(name, value)| Some((*name, value.as_str()?)))
    }

    /// Whether any part of an argument is `true`; in the tree of unknown values, whether any part of it is unknown.
    pub(super) fn is_marked(&self, name: &str) -> bool {
        fn any(value: &Value) -> bool {
            match value {
                Value::Bool(mark) => *mark,
                Value::Array(items) => items.iter().any(any),
                Value::Object(map) => map.values().any(any),
                _ => false,
            }
        }
        self.is_all || self.get(name).is_some_and(any)
    }

    /// In the tree of unknown values: whether the whole argument is unknown.
    pub(super) fn is_unknown(&self, name: &str) -> bool {
        self.is_all || self.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// The text of a policy. A value that is not a string is converted to JSON, which is then checked as a policy.
    pub(super) fn document(&self, name: &str) -> Option<Cow<'_, str>> {
        match self.get(name)? {
            Value::Null => None,
            Value::String(text) => Some(text.as_str().into()).filter(|_| !text.is_empty()),
            other => Some(other.to_string().into()),
        }
    }
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct GivenObject;

        impl<'de> Visitor<'de> for GivenObject {
            type Value = Given;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the arguments of a resource")
            }

            fn visit_bool<E: Error>(self, is_all: bool) -> Result<Given, E> {
                Ok(Given { is_all, ..Given::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Given, A::Error> {
                let mut given = Given::default();
                while let Some(key) = map.next_key::<String>()? {
                    match reading(&key) {
                        Some(ArgumentReading::Kept(name)) => {
                            let mut value = Small::default();
                            map.next_value_seed(&mut value)?;
                            if given.arguments.insert(name, value.value).is_some() {
                                return Err(A::Error::custom("an argument is given twice"));
                            }
                        }
                        Some(ArgumentReading::Value) => {
                            given.has_value |= map.next_value::<LookedValue>()?.is_something;
                        }
                        // An argument of this name can have roles in a type that the tables do not have.
                        Some(ArgumentReading::Harmless) => {
                            let look = map.next_value::<LookedValue>()?;
                            given.add_roles_of(&key, look);
                        }
                        None => {
                            let look = map.next_value::<LookedValue>()?;
                            given.add(&key, look);
                        }
                    }
                }
                given.add_roles();
                Ok(given)
            }
        }

        deserializer.deserialize_map(GivenObject)
    }
}

impl Given {
    fn add(&mut self, key: &str, look: LookedValue) {
        if look.is_something && self.unlisted.len() < MOST_NAMES {
            self.unlisted.push(key.into());
        }
        self.add_roles_of(key, look);
    }

    /// Adds the roles within an argument.
    fn add_roles_of(&mut self, key: &str, mut look: LookedValue) {
        look.end(key);
        self.are_roles_cut |= look.is_cut;
        let named = look.roles.into_iter().map(|(within, arn)| match within {
            Some(within) if *within != *key => (format!("{key}.{within}").into(), arn),
            _ => (key.into(), arn),
        });
        self.roles.extend(named.filter(|(argument, _): &(Box<str>, _)| is_for_roles(argument)));
    }

    /// Adds the roles that are named in checked arguments.
    fn add_roles(&mut self) {
        let names: Vec<&'static str> =
            self.arguments.keys().copied().filter(|it| !matches!(*it, "arn" | "id")).collect();
        for name in names {
            let look = self.arguments.get(name).and_then(|value| LookedValue::deserialize(value).ok());
            self.add_roles_of(name, look.unwrap_or_default());
        }
    }
}

/// Whether an argument of this name takes a role, which the resource then runs as.
pub(super) fn is_for_roles(argument: &str) -> bool {
    let argument = argument.to_ascii_lowercase();
    argument.contains("role") || argument.contains("credentials")
}

/// Whether an argument for roles can have the name of a role instead of an ARN. Others can hold credentials.
fn takes_names(argument: &str) -> bool {
    argument.to_ascii_lowercase().contains("role")
}

/// Whether a text can be the name of a role.
///
/// Source: [`RoleName`](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html).
fn is_role_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(is_allowed)
}

/// Whether a text is the ARN of a role.
fn is_role(text: &str) -> bool {
    text.len() <= 2048 && text.starts_with("arn:") && text.contains(":role/") && !text.contains(['{', '"', ' '])
}

/// A JSON value with a limited number of parts.
#[derive(Default)]
pub(super) struct Small {
    pub(super) value: Value,
    parts: usize,
}

impl<'de> serde::de::DeserializeSeed<'de> for &mut Small {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Small {
    fn part<E: Error>(&mut self) -> Result<Small, E> {
        self.parts += 1;
        if self.parts > MOST_PARTS {
            return Err(E::custom("an argument has too many parts"));
        }
        Ok(Small { value: Value::Null, parts: self.parts })
    }
}

impl<'de> Visitor<'de> for &mut Small {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.value = value.into();
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.value = value.into();
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.value = value.into();
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.value = value.into();
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.value = value.into();
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut items = Vec::new();
        loop {
            let mut part = self.part()?;
            if list.next_element_seed(&mut part)?.is_none() {
                break;
            }
            self.parts = part.parts;
            items.push(part.value);
        }
        self.value = items.into();
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut items = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let mut part = self.part()?;
            map.next_value_seed(&mut part)?;
            self.parts = part.parts;
            items.insert(key, part.value);
        }
        self.value = items.into();
        Ok(())
    }
}
