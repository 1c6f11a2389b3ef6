//! Deserializes the plan format of `terraform show -json` as a stream. It keeps only the arguments that are checked;
//! for secret values, only whether one exists; for resources of other kinds, only whether they change and which roles
//! they name.
//!
//! Source: [the JSON output format](https://developer.hashicorp.com/terraform/internals/json-format#plan-representation).

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, SeqAccess, Visitor};

use super::configuration::RawConfiguration;
use super::given::Given;
use super::kinds;
use crate::tf::lenient::{Few, Loose, Text};

/// Maximum length of a list, more than any account has resources.
const MOST: usize = 1_000_000;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawPlan {
    pub(super) format_version: Text,
    /// Only a state has this field.
    pub(super) values: Option<IgnoredAny>,
    pub(super) errored: Text,
    pub(super) complete: Text,
    pub(super) variables: Loose<Variables>,
    pub(super) planned_values: Loose<RawPlannedValues>,
    pub(super) resource_changes: Option<Kept<RawChange>>,
    pub(super) resource_drift: Kept<RawChange>,
    pub(super) deferred_changes: Counted,
    pub(super) action_invocations: Few<Loose<RawAction>>,
    pub(super) prior_state: Loose<RawState>,
    pub(super) configuration: Loose<RawConfiguration>,
}

/// The planned values, of which only the numbers of elements are kept.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawPlannedValues {
    pub(super) root_module: Loose<RawPlannedModule>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawPlannedModule {
    pub(super) resources: Counted,
    pub(super) child_modules: Counted,
}

/// An action that the apply runs. Terraform has actions since version 1.14.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawAction {
    pub(super) address: Text,
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) config_values: Loose<Given>,
    /// `true` for every argument that is known only after the apply.
    pub(super) config_unknown: Loose<Given>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawState {
    pub(super) values: Loose<RawValues>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawValues {
    pub(super) root_module: Loose<RawModule>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawModule {
    /// Empty for the root module.
    pub(super) address: Text,
    pub(super) resources: Kept<RawData>,
    pub(super) child_modules: Few<Loose<RawModule>>,
}

/// The values that a data source returned.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawData {
    mode: Text,
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) name: Text,
    pub(super) index: Text,
    pub(super) values: Loose<Given>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawChange {
    pub(super) address: Text,
    pub(super) mode: Text,
    #[serde(rename = "type")]
    pub(super) kind: Text,
    /// The key of a deposed object, which is left over from a replacement.
    pub(super) deposed: Text,
    pub(super) action_reason: Text,
    pub(super) change: Loose<RawDetails>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawDetails {
    pub(super) actions: Few<Text>,
    pub(super) before: Option<Loose<Given>>,
    pub(super) after: Option<Loose<Given>>,
    /// `true` for every argument that is known only after the apply.
    pub(super) after_unknown: Loose<Given>,
    /// `true` for every argument whose value must not be printed.
    pub(super) after_sensitive: Loose<Given>,
}

/// An element of a list that is only kept if it is relevant.
pub(super) trait Relevant {
    fn is_relevant(&self) -> bool;
}

impl RawChange {
    fn changes(&self) -> bool {
        self.change.0.actions.0.iter().any(|action| !matches!(action.as_str(), "no-op" | "delete" | "forget"))
    }
}

impl Relevant for RawChange {
    fn is_relevant(&self) -> bool {
        let kind = self.kind.as_str();
        match self.mode.as_str() {
            "data" => kinds::is_data(kind),
            "managed" if kinds::is_looked_at(kind) => true,
            "managed" if self.changes() => {
                let after = self.change.0.after.as_ref().map(|after| &after.0);
                let mut sides = after.into_iter().chain([&self.change.0.after_unknown.0]);
                sides.any(|given| !given.roles.is_empty() || given.are_roles_cut)
                    || kinds::not_looked_at(kind).is_some()
            }
            "managed" => kinds::is_limit(kind),
            _ => false,
        }
    }
}

impl Relevant for RawData {
    fn is_relevant(&self) -> bool {
        self.mode.as_str() == "data" && kinds::is_data(self.kind.as_str())
    }
}

/// A list that keeps only its relevant elements.
pub(super) struct Kept<T> {
    pub(super) all: Vec<T>,
    /// The length of the whole list.
    pub(super) number: usize,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { all: Vec::new(), number: 0 }
    }
}

impl<'de, T: Deserialize<'de> + Relevant> Deserialize<'de> for Kept<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PlanList<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de> + Relevant> Visitor<'de> for PlanList<T> {
            type Value = Kept<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of resources")
            }

            fn visit_unit<E: Error>(self) -> Result<Kept<T>, E> {
                Ok(Kept::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Kept<T>, A::Error> {
                let mut kept = Kept::default();
                while let Some(element) = list.next_element::<T>()? {
                    if kept.all.len() == MOST {
                        return Err(A::Error::custom("too long a list"));
                    }
                    kept.number += 1;
                    if element.is_relevant() {
                        kept.all.push(element);
                    }
                }
                Ok(kept)
            }
        }

        deserializer.deserialize_any(PlanList(PhantomData))
    }
}

/// The length of a list whose elements are discarded.
#[derive(Default)]
pub(super) struct Counted(pub(super) usize);

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Element;

        impl<'de> Deserialize<'de> for Element {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                IgnoredAny::deserialize(deserializer).map(|_| Self)
            }
        }

        impl Relevant for Element {
            fn is_relevant(&self) -> bool {
                false
            }
        }

        Kept::<Element>::deserialize(deserializer).map(|kept| Self(kept.number))
    }
}

/// Variables by name.
pub(super) type Variables = BTreeMap<String, Loose<PlanVariable>>;

/// The value of a variable: a word; an object of words, of which the fields of objects are `NAME.FIELD`; or a list of words,
/// whose fields are its indices.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PlanVariable {
    pub(super) value: VariableValue,
}

#[derive(Default)]
pub(super) struct VariableValue {
    pub(super) word: Text,
    pub(super) fields: BTreeMap<String, Text>,
    pub(super) is_there: bool,
}

impl<'de> Deserialize<'de> for VariableValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum VariableField {
            Object(BTreeMap<String, Text>),
            Word(Text),
        }

        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Null(()),
            Object(BTreeMap<String, VariableField>),
            List(Few<Text>),
            Other(Text),
        }
        Ok(match Either::deserialize(deserializer)? {
            Either::Object(all) => {
                let fields = all.into_iter().flat_map(|(name, field)| match field {
                    VariableField::Word(word) => vec![(name, word)],
                    VariableField::Object(words) => {
                        words.into_iter().map(|(field, word)| (format!("{name}.{field}"), word)).collect()
                    }
                });
                Self { fields: fields.collect(), is_there: true, ..Self::default() }
            }
            Either::List(items) => {
                let fields = items.0.into_iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect();
                Self { fields, is_there: true, ..Self::default() }
            }
            Either::Other(word) => Self { word, is_there: true, ..Self::default() },
            Either::Null(()) => Self::default(),
        })
    }
}
