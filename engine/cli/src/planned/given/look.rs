//! Summarizes arguments that no table has: whether they are set, and which roles they name.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{MOST_ROLES, is_for_roles, is_role, is_role_name, takes_names};

/// A summary of an unlisted argument: whether it is set, and the roles that it names, each with the nested argument.
#[derive(Default)]
pub(super) struct LookedValue {
    pub(super) is_something: bool,
    /// Whether it is `true`, or a list with it.
    is_mark: bool,
    pub(super) roles: Vec<(Option<Box<str>>, Box<str>)>,
    /// Texts that are the names of roles if the argument takes them.
    names: Vec<Box<str>>,
    /// Whether there are more roles than are kept.
    pub(super) is_cut: bool,
}

impl LookedValue {
    fn merge(&mut self, other: Self) {
        self.is_something |= other.is_something;
        let left = MOST_ROLES.saturating_sub(self.roles.len());
        self.is_cut |= other.is_cut || other.roles.len() > left;
        self.roles.extend(other.roles.into_iter().take(left));
    }

    fn of(is_something: bool) -> Self {
        Self { is_something, ..Self::default() }
    }

    /// Ends the reading of an argument: of an argument for roles, a mark of an unknown value and names of roles are kept.
    pub(super) fn end(&mut self, key: &str) {
        if self.is_mark && is_for_roles(key) {
            self.roles.push((Some(key.into()), "".into()));
        }
        let names = std::mem::take(&mut self.names).into_iter().filter(|_| takes_names(key));
        self.roles.extend(names.map(|name| (Some(key.into()), name)));
    }
}

impl<'de> Deserialize<'de> for LookedValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyLooked;

        impl<'de> Visitor<'de> for AnyLooked {
            type Value = LookedValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E: Error>(self) -> Result<LookedValue, E> {
                Ok(LookedValue::default())
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<LookedValue, E> {
                Ok(LookedValue { is_mark: value, ..LookedValue::of(value) })
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<LookedValue, E> {
                Ok(LookedValue::of(value != 0))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<LookedValue, E> {
                Ok(LookedValue::of(value != 0))
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<LookedValue, E> {
                Ok(LookedValue::of(true))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<LookedValue, E> {
                // Some arguments are JSON texts, such as the definitions of containers.
                let is_json = text.starts_with(['{', '[']) && text.contains(":role/");
                if let Some(look) = is_json.then(|| serde_json::from_str::<LookedValue>(text).ok()).flatten() {
                    return Ok(look);
                }
                let roles = if is_role(text) { vec![(None, text.into())] } else { Vec::new() };
                let names = if is_role_name(text) { vec![text.into()] } else { Vec::new() };
                Ok(LookedValue { roles, names, ..LookedValue::of(!text.is_empty()) })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<LookedValue, A::Error> {
                let mut all = LookedValue::default();
                while let Some(mut element) = list.next_element::<LookedValue>()? {
                    all.is_mark |= element.is_mark;
                    let left = MOST_ROLES.saturating_sub(all.names.len());
                    all.names.extend(std::mem::take(&mut element.names).into_iter().take(left));
                    all.merge(element);
                }
                Ok(all)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LookedValue, A::Error> {
                let mut all = LookedValue::default();
                while let Some((key, mut look)) = map.next_entry::<String, LookedValue>()? {
                    look.end(&key);
                    for (within, _) in &mut look.roles {
                        within.get_or_insert_with(|| key.as_str().into());
                    }
                    all.merge(look);
                }
                Ok(all)
            }
        }

        deserializer.deserialize_any(AnyLooked)
    }
}
