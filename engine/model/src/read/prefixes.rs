//! Reads the environments of a spec.

use serde::Deserialize;

use super::{Reader, Word};
use crate::prefixes::Prefixes;

#[derive(Deserialize)]
pub(super) struct RawPrefixes<'a> {
    #[serde(borrow)]
    variable: Word<'a>,
    values: Option<Vec<String>>,
}

impl Reader {
    pub(super) fn prefixes(&mut self, raw: RawPrefixes<'_>) -> Option<Prefixes> {
        let variable = self.required(raw.variable, "the prefixes", "variable");
        let values = self.present(raw.values, "the prefixes", "values");
        Some(Prefixes { variable: variable?, values: values? })
    }
}
