//! Reads the owner of a secret.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer};

use super::{Reader, Word};
use crate::delivery::{Characters, Delivery, Password, WriteOnly};
use crate::secret::Owner;

#[derive(Deserialize)]
pub(super) struct RawOwner<'a> {
    #[serde(borrow)]
    kind: Word<'a>,
    #[serde(borrow)]
    variable: Word<'a>,
    // `null` differs from an absent field: if the field is absent, the value is kept in the state.
    #[serde(default, deserialize_with = "not_null")]
    write_only: Option<RawWriteOnly>,
    #[serde(borrow)]
    generated: Option<RawPassword<'a>>,
    #[serde(borrow)]
    function: Word<'a>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object, which may be empty")]
struct RawWriteOnly {
    version: Option<u32>,
}

#[derive(Deserialize)]
struct RawPassword<'a> {
    length: Option<u32>,
    #[serde(borrow)]
    alphabet: Option<Vec<Cow<'a, str>>>,
    #[serde(borrow)]
    exclude: Word<'a>,
    version: Option<u32>,
}

fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

impl Reader {
    pub(super) fn owner(&mut self, place: &str, raw: RawOwner<'_>) -> Option<Owner> {
        let kind = self.required(raw.kind.clone(), place, "owner.kind")?;
        if raw.function.is_some() && kind != "rotation" {
            let message = format!("`owner.function` is given, and the owner `{kind}` takes none");
            self.problem("unknown-field", place, message, "remove `owner.function`, or make the owner `rotation`");
        }
        let owner = match kind.as_str() {
            "terraform" => return self.delivery(place, raw).map(Owner::Terraform),
            "external" => Owner::External,
            "runtime" => Owner::Runtime,
            "rotation" => {
                let function = match raw.function.clone() {
                    None => None,
                    given => Some(self.required(given, place, "owner.function")?),
                };
                Owner::Rotation { function }
            }
            _ => {
                self.unknown_word("unknown-owner", place, "owner", &kind, &Owner::WORDS);
                return None;
            }
        };
        if raw.write_only.is_some() || raw.generated.is_some() {
            let message = format!("the owner `{kind}` has a field that only the owner `terraform` takes");
            self.problem("unknown-field", place, message, "remove `write_only` and `generated`, or change the owner");
        }
        Some(self.without_variable(place, "owner", &raw.variable, owner))
    }

    fn delivery(&mut self, place: &str, raw: RawOwner<'_>) -> Option<Delivery> {
        match (raw.variable, raw.write_only, raw.generated) {
            (None, None, Some(generated)) => {
                let generated = self.password(place, generated)?;
                Some(Delivery::Generated { generated })
            }
            (_, _, Some(_)) => {
                let message = "the owner has `generated`, and beside it `variable` or `write_only`";
                self.problem(
                    "unknown-field",
                    place,
                    message,
                    "a generated value takes neither: remove them, or `generated`",
                );
                None
            }
            (variable, None, None) => {
                let variable = self.required(variable, place, "owner.variable")?;
                Some(Delivery::InState { variable })
            }
            (variable, Some(RawWriteOnly { version }), None) => {
                let variable = self.required(variable, place, "owner.variable")?;
                Some(Delivery::WriteOnly { variable, write_only: WriteOnly { version } })
            }
        }
    }

    fn password(&mut self, place: &str, raw: RawPassword<'_>) -> Option<Password> {
        let length = self.present(raw.length, place, "owner.generated.length");
        let version = self.present(raw.version, place, "owner.generated.version");
        let words = self.present(raw.alphabet, place, "owner.generated.alphabet")?;
        let known: Vec<Characters> = words.iter().filter_map(|word| self.characters(place, word)).collect();
        let (all_known, alphabet) = (known.len() == words.len(), known.iter().copied().collect::<BTreeSet<_>>());
        if alphabet.len() < known.len() {
            let message = "`owner.generated.alphabet` has a kind of characters twice";
            self.problem("bad-password", place, message, "remove one of the two");
        }
        let exclude = raw.exclude.unwrap_or_default().into_owned();
        all_known.then_some(Password { length: length?, alphabet, exclude, version: version? })
    }

    fn characters(&mut self, place: &str, word: &str) -> Option<Characters> {
        let found = Characters::ALL.into_iter().find(|kind| kind.word() == word);
        if found.is_none() {
            self.unknown_word(
                "unknown-characters",
                place,
                "kind of characters",
                word,
                &Characters::ALL.map(Characters::word),
            );
        }
        found
    }
}
