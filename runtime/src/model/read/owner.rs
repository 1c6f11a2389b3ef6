//! The owner of a secret, as it is read.

use serde::Deserialize;

use super::{Reader, Word};
use crate::model::secret::Owner;

#[derive(Deserialize)]
pub(super) struct RawOwner<'a> {
    #[serde(borrow)]
    kind: Word<'a>,
    #[serde(borrow)]
    variable: Word<'a>,
    #[serde(borrow)]
    function: Word<'a>,
}

impl Reader {
    pub(super) fn owner(&mut self, place: &str, raw: RawOwner<'_>) -> Option<Owner> {
        let kind = self.required(raw.kind, place, "owner.kind")?;
        let owner = match kind.as_str() {
            "terraform" => {
                let variable = self.required(raw.variable, place, "owner.variable")?;
                return Some(self.without_function(place, &kind, &raw.function, Owner::Terraform { variable }));
            }
            "external" => Owner::External,
            "runtime" => Owner::Runtime,
            "rotation" => {
                let function = match raw.function {
                    None => None,
                    given => Some(self.required(given, place, "owner.function")?),
                };
                return Some(self.without_variable(place, "owner", &raw.variable, Owner::Rotation { function }));
            }
            _ => {
                self.unknown_word("unknown-owner", place, "owner", &kind, &Owner::WORDS);
                return None;
            }
        };
        let owner = self.without_variable(place, "owner", &raw.variable, owner);
        Some(self.without_function(place, &kind, &raw.function, owner))
    }

    fn without_function(&mut self, place: &str, kind: &str, function: &Word<'_>, owner: Owner) -> Owner {
        if function.is_some() {
            let message = format!("`owner.function` is given, and the owner `{kind}` takes none");
            self.problem("unknown-field", place, message, "remove `owner.function`, or make the owner `rotation`");
        }
        owner
    }
}
