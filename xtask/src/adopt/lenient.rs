//! Pieces of JSON that are read without trust: a text that may be anything else, and a list with an end.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A word where there is one, such as a string or a number; anything else counts as nothing, and is not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text(Box<str>);

impl Text {
    /// The word; empty where there is none.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The word, if there is one.
    pub(crate) fn word(&self) -> Option<&str> {
        Some(&*self.0).filter(|word| !word.is_empty())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.into()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Text, E> {
                Ok(Text(number.to_string().into()))
            }

            fn visit_bool<E: Error>(self, yes: bool) -> Result<Text, E> {
                Ok(Text(yes.to_string().into()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Text, E> {
                Ok(Text(number.to_string().into()))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Text, E> {
                Ok(Text(number.to_string().into()))
            }

            fn visit_unit<E: Error>(self) -> Result<Text, E> {
                Ok(Text::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Text, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Text::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Text::default())
            }
        }

        deserializer.deserialize_any(Any)
    }
}

/// A list, of which null is an empty one, and which has an end: no document can make it fill the memory.
#[derive(Clone, Debug)]
pub(crate) struct Few<T>(pub(crate) Vec<T>);

/// More than an account can have of secrets or roles.
const MOST: usize = 1_000_000;

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
            type Value = Few<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of at most {MOST}")
            }

            fn visit_unit<E: Error>(self) -> Result<Few<T>, E> {
                Ok(Few::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Few<T>, A::Error> {
                let mut few = Vec::new();
                while let Some(element) = list.next_element()? {
                    if few.len() == MOST {
                        return Err(A::Error::custom("too long a list"));
                    }
                    few.push(element);
                }
                Ok(Few(few))
            }
        }

        deserializer.deserialize_any(List(PhantomData))
    }
}

/// An object where there is one; anything else counts as one with nothing in it, and is not kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loose<T>(pub(crate) T);

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for Object<T> {
            type Value = Loose<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<Loose<T>, E> {
                Ok(Loose::default())
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Loose<T>, E> {
                Ok(Loose::default())
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Loose<T>, E> {
                Ok(Loose::default())
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Loose<T>, E> {
                Ok(Loose::default())
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Loose<T>, E> {
                Ok(Loose::default())
            }

            fn visit_unit<E: Error>(self) -> Result<Loose<T>, E> {
                Ok(Loose::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Loose<T>, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Loose::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Loose<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Loose)
            }
        }

        deserializer.deserialize_any(Object(PhantomData))
    }
}
