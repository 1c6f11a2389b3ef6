//! Summarizes arguments that no table has: whether they are set, and which roles they name.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{MOST_NAMES, is_for_roles, is_role};

/// A summary of an unlisted argument: whether it is set, and the roles that it names, each with the nested argument.
#[derive(Default)]
pub(super) struct Look {
    pub(super) is_something: bool,
    /// Whether it is `true`, or a list with it.
    is_mark: bool,
    pub(super) roles: Vec<(Option<Box<str>>, Box<str>)>,
}

impl Look {
    fn merge(&mut self, other: Self) {
        self.is_something |= other.is_something;
        let left = MOST_NAMES.saturating_sub(self.roles.len());
        self.roles.extend(other.roles.into_iter().take(left));
    }

    fn of(is_something: bool) -> Self {
        Self { is_something, ..Self::default() }
    }

    /// Adds an argument for roles that is marked as unknown.
    pub(super) fn add_mark(&mut self, key: &str) {
        if self.is_mark && is_for_roles(key) {
            self.roles.push((Some(key.into()), "".into()));
        }
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
                Ok(Look { is_mark: value, ..Look::of(value) })
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
                // Some arguments are JSON texts, such as the definitions of containers.
                let is_json = text.starts_with(['{', '[']) && text.contains(":role/");
                if let Some(look) = is_json.then(|| serde_json::from_str::<Look>(text).ok()).flatten() {
                    return Ok(look);
                }
                let roles = if is_role(text) { vec![(None, text.into())] } else { Vec::new() };
                Ok(Look { roles, ..Look::of(!text.is_empty()) })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Look, A::Error> {
                let mut all = Look::default();
                while let Some(element) = list.next_element::<Look>()? {
                    all.is_mark |= element.is_mark;
                    all.merge(element);
                }
                Ok(all)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Look, A::Error> {
                let mut all = Look::default();
                while let Some((key, mut look)) = map.next_entry::<String, Look>()? {
                    look.add_mark(&key);
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
