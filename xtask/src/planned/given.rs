//! The arguments of a resource, as far as the checks look at them. Of a value of a secret it is kept only that there is one,
//! and of an argument that nobody knows only its name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::arguments::{Reading, reading};

/// No argument that is looked at has more parts.
const MOST_PARTS: usize = 50_000;

/// More names and ARNs of one resource are not kept.
const MOST_NAMES: usize = 64;

/// Arguments, by their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    arguments: BTreeMap<&'static str, Value>,
    /// In what is unknown: that all of it is.
    is_all: bool,
    /// Whether it holds a value of a secret.
    pub(super) has_value: bool,
    /// The names of those that no resource type has, as far as is known here.
    pub(super) unlisted: Vec<Box<str>>,
    /// What names a role of IAM: the argument, and the ARN.
    pub(super) roles: Vec<(Box<str>, Box<str>)>,
}

impl Given {
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.arguments.get(name)
    }

    /// A word where there is one that is not empty.
    pub(super) fn word(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str().filter(|word| !word.is_empty())
    }

    /// The words of a list; none where it is no list.
    pub(super) fn words(&self, name: &str) -> impl Iterator<Item = &str> {
        self.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// The texts of an argument.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.arguments.iter().filter_map(|(name, value)| Some((*name, value.as_str()?)))
    }

    /// Whether some of an argument is `true`: in the tree of what is unknown, that some of it is not known yet.
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

    /// In the tree of what is unknown: whether an argument is, all of it.
    pub(super) fn is_unknown(&self, name: &str) -> bool {
        self.is_all || self.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// The text of a policy. Where something else stands there than a text, that is read as it is written.
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
        struct Object;

        impl<'de> Visitor<'de> for Object {
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
                        Some(Reading::Kept(name)) => {
                            let mut value = Small::default();
                            map.next_value_seed(&mut value)?;
                            if given.arguments.insert(name, value.value).is_some() {
                                return Err(A::Error::custom("an argument is given twice"));
                            }
                        }
                        Some(Reading::Value) => given.has_value |= map.next_value::<Look>()?.is_something,
                        Some(Reading::Harmless) => _ = map.next_value::<IgnoredAny>()?,
                        None => {
                            let look = map.next_value::<Look>()?;
                            given.add(&key, look);
                        }
                    }
                }
                given.add_roles();
                Ok(given)
            }
        }

        deserializer.deserialize_map(Object)
    }
}

impl Given {
    fn add(&mut self, key: &str, look: Look) {
        if look.is_something && self.unlisted.len() < MOST_NAMES {
            self.unlisted.push(key.into());
        }
        let left = MOST_NAMES.saturating_sub(self.roles.len());
        let named = look.roles.into_iter().map(|(within, arn)| match within {
            Some(within) => (format!("{key}.{within}").into(), arn),
            None => (key.into(), arn),
        });
        self.roles.extend(named.take(left));
    }

    /// Roles that an argument names that is looked at besides.
    fn add_roles(&mut self) {
        let named = self.arguments.iter().filter(|(name, _)| !matches!(**name, "arn" | "id"));
        let named = named.filter_map(|(name, value)| Some((*name, value.as_str().filter(|text| is_role(text))?)));
        let named: Vec<(Box<str>, Box<str>)> = named.map(|(name, arn)| (name.into(), arn.into())).collect();
        self.roles.extend(named);
    }
}

/// Whether a text is the ARN of a role.
fn is_role(text: &str) -> bool {
    text.len() <= 2048 && text.starts_with("arn:") && text.contains(":role/") && !text.contains(['{', '"', ' '])
}

/// A value of JSON with a bound on its parts.
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

/// What is passed over: whether there is something, and which roles it names, each with the argument within it.
#[derive(Default)]
struct Look {
    is_something: bool,
    roles: Vec<(Option<Box<str>>, Box<str>)>,
}

impl Look {
    fn merge(&mut self, other: Self) {
        self.is_something |= other.is_something;
        let left = MOST_NAMES.saturating_sub(self.roles.len());
        self.roles.extend(other.roles.into_iter().take(left));
    }

    fn of(is_something: bool) -> Self {
        Self { is_something, roles: Vec::new() }
    }
}

impl<'de> Deserialize<'de> for Look {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Look;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E: Error>(self) -> Result<Look, E> {
                Ok(Look::default())
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Look, E> {
                Ok(Look::of(value))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Look, E> {
                Ok(Look::of(value != 0))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Look, E> {
                Ok(Look::of(value != 0))
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Look, E> {
                Ok(Look::of(true))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Look, E> {
                let roles = if is_role(text) { vec![(None, text.into())] } else { Vec::new() };
                Ok(Look { is_something: !text.is_empty(), roles })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Look, A::Error> {
                let mut all = Look::default();
                while let Some(element) = list.next_element::<Look>()? {
                    all.merge(element);
                }
                Ok(all)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Look, A::Error> {
                let mut all = Look::default();
                while let Some((key, mut look)) = map.next_entry::<String, Look>()? {
                    for (within, _) in &mut look.roles {
                        within.get_or_insert_with(|| key.as_str().into());
                    }
                    all.merge(look);
                }
                Ok(all)
            }
        }

        deserializer.deserialize_any(Any)
    }
}
