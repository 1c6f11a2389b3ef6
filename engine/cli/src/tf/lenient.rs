//! Lenient deserializers for untrusted JSON: texts, lists and maps that accept any other type as empty, and lists of
//! limited length.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::{BoolDeserializer, MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, IgnoredAny, IntoDeserializer as _, MapAccess, SeqAccess, Visitor};

/// A string, number or boolean as text. Any other value is discarded and becomes an empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text(Box<str>);

impl Text {
    /// The text; empty if there was none.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, unless it is empty.
    pub(crate) fn word(&self) -> Option<&str> {
        Some(&*self.0).filter(|word| !word.is_empty())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
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

        deserializer.deserialize_any(TextVisitor)
    }
}

/// A list of limited length, so that no document can exhaust the memory. `null` is an empty list.
#[derive(Clone, Debug)]
pub(crate) struct Few<T>(pub(crate) Vec<T>);

/// Maximum length of a list, more than an account has secrets or roles.
const MOST: usize = 1_000_000;

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FewVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for FewVisitor<T> {
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

        deserializer.deserialize_any(FewVisitor(PhantomData))
    }
}

/// Visitor methods that accept any other type as nothing and discard the value.
macro_rules! otherwise_nothing {
    (but booleans: $nothing:expr) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }

        fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok($nothing)
        }
    };
    ($nothing:expr) => {
        otherwise_nothing!(but booleans: $nothing);

        fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok($nothing)
        }
    };
    (list: $nothing:expr) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok($nothing)
        }
    };
}

/// An object. Any other value is deserialized as an empty object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loose<T>(pub(crate) T);

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LooseObject<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for LooseObject<T> {
            type Value = Loose<T>;

            otherwise_nothing!(but booleans: Loose::default());
            otherwise_nothing!(list: Loose::default());

            /// Terraform writes `true` for an object that is unknown as a whole.
            fn visit_bool<E: Error>(self, value: bool) -> Result<Loose<T>, E> {
                let whole: BoolDeserializer<E> = value.into_deserializer();
                Ok(Loose(T::deserialize(whole).unwrap_or_default()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Loose<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Loose)
            }
        }

        deserializer.deserialize_any(LooseObject(PhantomData))
    }
}

/// A list of limited length, as [`Few`]. Any other value is an empty list.
#[derive(Clone, Debug)]
pub(crate) struct Many<T>(pub(crate) Vec<T>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LooseVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for LooseVisitor<T> {
            type Value = Many<T>;

            otherwise_nothing!(Many::default());

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Many<T>, A::Error> {
                Few::deserialize(SeqAccessDeserializer::new(list)).map(|few| Many(few.0))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Many<T>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Many::default())
            }
        }

        deserializer.deserialize_any(LooseVisitor(PhantomData))
    }
}

/// A map of texts. Any other value is an empty map.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words(pub(crate) BTreeMap<String, Text>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;

        impl<'de> Visitor<'de> for Map {
            type Value = Words;

            otherwise_nothing!(Words::default());
            otherwise_nothing!(list: Words::default());

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Words, A::Error> {
                BTreeMap::deserialize(MapAccessDeserializer::new(map)).map(Words)
            }
        }

        deserializer.deserialize_any(Map)
    }
}

/// Whether a field has a text that is not empty. The text itself, which can be a secret, is not kept.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct IsFilled(pub(crate) bool);

impl<'de> Deserialize<'de> for IsFilled {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordsVisitor;

        impl<'de> Visitor<'de> for WordsVisitor {
            type Value = IsFilled;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or nothing")
            }

            fn visit_unit<E: Error>(self) -> Result<IsFilled, E> {
                Ok(IsFilled(false))
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<IsFilled, E> {
                Ok(IsFilled(false))
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<IsFilled, E> {
                Ok(IsFilled(true))
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<IsFilled, E> {
                Ok(IsFilled(true))
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<IsFilled, E> {
                Ok(IsFilled(true))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<IsFilled, E> {
                Ok(IsFilled(!text.is_empty()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<IsFilled, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(IsFilled(true))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<IsFilled, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(IsFilled(true))
            }
        }

        deserializer.deserialize_any(WordsVisitor)
    }
}

/// Distinguishes a missing field from one that is `null`: `None` only if the field is missing.
#[derive(Clone, Debug)]
pub(crate) struct Present<T>(pub(crate) Option<T>);

impl<T> Default for Present<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Present<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(|it| Self(Some(it)))
    }
}
