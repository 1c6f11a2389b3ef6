//! Random passwords, as the service generates them.
//!
//! Source: [`GetRandomPassword`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html).

use serde::Deserialize;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::member::text_length;
use super::refusal::{Refusal, Shown};

const LOWERCASE: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPERCASE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const NUMBERS: &str = "0123456789";
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

const DEFAULT_LENGTH: i64 = 32;
const MAX_LENGTH: i64 = 4096;

/// A `GetRandomPassword` request.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Password {
    #[serde(rename = "PasswordLength")]
    length: Option<i64>,
    exclude_characters: Option<String>,
    exclude_numbers: Option<bool>,
    exclude_punctuation: Option<bool>,
    exclude_uppercase: Option<bool>,
    exclude_lowercase: Option<bool>,
    include_space: Option<bool>,
    require_each_included_type: Option<bool>,
}

impl Password {
    /// Generates a password that satisfies the rules of the request.
    pub(super) fn make_up(&self) -> Result<Zeroizing<String>, Refusal> {
        let length = self.length()?;
        let excluded = self.exclude_characters.as_deref().unwrap_or_default();
        text_length("excludeCharacters", excluded, 0..=4096)?;
        let types: Vec<Vec<char>> = self.types(excluded);
        let all: Vec<char> = types.iter().flatten().copied().collect();
        if all.is_empty() {
            return Err(Refusal::no_password());
        }
        let required = if self.require_each_included_type.unwrap_or(true) { types.as_slice() } else { &[] };
        if required.len() > length {
            return Err(Refusal::short_password());
        }
        let mut password = Zeroizing::new(Vec::with_capacity(length));
        password.extend(required.iter().map(|characters| pick(characters)));
        password.extend((required.len()..length).map(|_| pick(&all)));
        for place in (1..length).rev() {
            password.swap(place, below(place + 1));
        }
        Ok(Zeroizing::new(password.iter().collect()))
    }

    fn length(&self) -> Result<usize, Refusal> {
        let length = self.length.unwrap_or(DEFAULT_LENGTH);
        let (rule, bound) = match length {
            1..=MAX_LENGTH => return Ok(usize::try_from(length).unwrap_or_default()),
            ..1 => ("greater", 1),
            _ => ("less", MAX_LENGTH),
        };
        let rule = format!("have value {rule} than or equal to {bound}");
        Err(Refusal::constraint("passwordLength", Shown::Text(&length.to_string()), &rule))
    }

    /// The remaining characters of each type. Types without remaining characters are omitted.
    fn types(&self, excluded: &str) -> Vec<Vec<char>> {
        let types = [
            (LOWERCASE, !self.exclude_lowercase.unwrap_or(false)),
            (UPPERCASE, !self.exclude_uppercase.unwrap_or(false)),
            (NUMBERS, !self.exclude_numbers.unwrap_or(false)),
            (PUNCTUATION, !self.exclude_punctuation.unwrap_or(false)),
            (" ", self.include_space.unwrap_or(false)),
        ];
        let included = types.into_iter().filter(|(_, is_included)| *is_included);
        let left = included.map(|(all, _)| all.chars().filter(|it| !excluded.contains(*it)).collect::<Vec<_>>());
        left.filter(|characters| !characters.is_empty()).collect()
    }
}

fn pick(characters: &[char]) -> char {
    characters[below(characters.len())]
}

/// A random number below `bound`, which is small.
fn below(bound: usize) -> usize {
    let random = Uuid::new_v4().as_u128() % u128::try_from(bound).unwrap_or(1);
    usize::try_from(random).unwrap_or_default()
}
