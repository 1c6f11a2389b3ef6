//! The form of `terraform show -json` for a plan, as it streams by: of each resource only what the checks look at is kept,
//! of a value of a secret only that there is one, and of resources of other kinds nothing.
//!
//! Source: [the JSON output format](https://developer.hashicorp.com/terraform/internals/json-format#plan-representation).

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::adopt::lenient::{Few, Loose, Text};

/// More resources of the kinds that are looked at no account has.
const MOST: usize = 1_000_000;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawPlan {
    pub(super) format_version: Text,
    /// Of a state alone.
    pub(super) values: Option<IgnoredAny>,
    pub(super) errored: Text,
    pub(super) variables: Loose<Variables>,
    pub(super) resource_changes: Kept<RawChange>,
    pub(super) prior_state: Loose<RawState>,
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
    /// Empty for the root.
    pub(super) address: Text,
    pub(super) resources: Kept<RawData>,
    pub(super) child_modules: Few<Loose<RawModule>>,
}

/// What a data source has read.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawData {
    mode: Text,
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) name: Text,
    pub(super) values: Loose<Given>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawChange {
    pub(super) address: Text,
    mode: Text,
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) change: Loose<RawDetails>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawDetails {
    pub(super) actions: Few<Text>,
    pub(super) before: Option<Loose<Given>>,
    pub(super) after: Option<Loose<Given>>,
    /// `true` for each argument that is known only after the apply.
    pub(super) after_unknown: Loose<Given>,
}

/// Something that is not kept where nothing looks at it.
pub(super) trait Relevant {
    fn is_relevant(&self) -> bool;
}

impl Relevant for RawChange {
    fn is_relevant(&self) -> bool {
        let kinds = ["aws_iam_", "aws_secretsmanager_", "aws_lambda_permission"];
        self.mode.as_str() == "managed" && kinds.iter().any(|kind| self.kind.as_str().starts_with(kind))
    }
}

impl Relevant for RawData {
    fn is_relevant(&self) -> bool {
        let kinds =
            ["aws_partition", "aws_region", "aws_caller_identity", "aws_secretsmanager_secret", "aws_kms_alias"];
        self.mode.as_str() == "data" && kinds.contains(&self.kind.as_str())
    }
}

/// A list of which only what is relevant is kept.
pub(super) struct Kept<T>(pub(super) Vec<T>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de> + Relevant> Deserialize<'de> for Kept<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de> + Relevant> Visitor<'de> for List<T> {
            type Value = Kept<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of resources")
            }

            fn visit_unit<E: Error>(self) -> Result<Kept<T>, E> {
                Ok(Kept::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Kept<T>, A::Error> {
                let mut kept = Vec::new();
                while let Some(element) = list.next_element::<T>()? {
                    if kept.len() == MOST {
                        return Err(A::Error::custom("too long a list"));
                    }
                    if element.is_relevant() {
                        kept.push(element);
                    }
                }
                Ok(Kept(kept))
            }
        }

        deserializer.deserialize_any(List(PhantomData))
    }
}

/// The arguments that the checks look at, as words; of lists, those of their texts.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    pub(super) words: BTreeMap<&'static str, Text>,
    pub(super) has_value: bool,
    pub(super) inline: Vec<Text>,
    pub(super) lists: BTreeMap<&'static str, Vec<Text>>,
}

/// Arguments that are a word.
const WORDS: [&str; 22] = [
    "account_id",
    "action",
    "arn",
    "assume_role_policy",
    "dns_suffix",
    "endpoint",
    "function_name",
    "group",
    "id",
    "name",
    "partition",
    "policy",
    "policy_arn",
    "principal",
    "region",
    "role",
    "secret_arn",
    "secret_id",
    "source_account",
    "source_arn",
    "target_key_arn",
    "user",
];

/// Arguments that are a list of words.
const LISTS: [&str; 4] = ["groups", "managed_policy_arns", "roles", "users"];

/// Arguments that hold a value of a secret.
const VALUES: [&str; 3] = ["secret_binary", "secret_string", "secret_string_wo"];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Inline {
    policy: Text,
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Given;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the arguments of a resource")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Given, A::Error> {
                let mut given = Given::default();
                while let Some(key) = map.next_key::<String>()? {
                    let known = |names: &[&'static str]| names.iter().find(|name| **name == key).copied();
                    if let Some(name) = known(&WORDS) {
                        given.words.insert(name, map.next_value()?);
                    } else if let Some(name) = known(&LISTS) {
                        given.lists.insert(name, map.next_value::<Loosely>()?.0);
                    } else if known(&VALUES).is_some() {
                        given.has_value |= map.next_value::<Text>()?.word().is_some();
                    } else if key == "inline_policy" {
                        let inline: Few<Loose<Inline>> = map.next_value()?;
                        given.inline.extend(inline.0.into_iter().map(|inline| inline.0.policy));
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(given)
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// A list of words where there is one: of what is not known yet, `true` stands there.
struct Loosely(Vec<Text>);

impl<'de> Deserialize<'de> for Loosely {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            List(Vec<Text>),
            Other(IgnoredAny),
        }
        Ok(match Either::deserialize(deserializer)? {
            Either::List(words) => Self(words),
            Either::Other(_) => Self(Vec::new()),
        })
    }
}

/// Variables, by their names.
pub(super) type Variables = BTreeMap<String, Loose<Variable>>;

/// What a variable is worth: a word, or an object with words in it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Variable {
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
        enum Either {
            Null(()),
            Object(BTreeMap<String, Text>),
            Other(Text),
        }
        Ok(match Either::deserialize(deserializer)? {
            Either::Object(fields) => Self { fields, is_there: true, ..Self::default() },
            Either::Other(word) => Self { word, is_there: true, ..Self::default() },
            Either::Null(()) => Self::default(),
        })
    }
}
