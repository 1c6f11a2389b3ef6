//! The values that the local server begins with, from a JSON file: an object with the name of each secret and its value.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use driftless_model::{NamePattern, Spec, closest, shown};
use driftless_testing::EmbeddedSecretsManager;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::input::{self, Unreadable};
use crate::steps::Steps;

/// A larger file is not a seed: a value has at most 64 KB.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Names and values.
#[derive(Default)]
pub struct Seed(Vec<(String, Zeroizing<String>)>);

/// A seed file that cannot be used. No message has a value.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The file cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// It is not JSON.
    #[error("the seed `{}` is not JSON at line {line} column {column}", path.display())]
    NotJson {
        /// The file.
        path: PathBuf,
        /// The line, starting at 1.
        line: usize,
        /// The column, starting at 1.
        column: usize,
    },
    /// It is another kind of JSON.
    #[error("the seed `{}` is not an object with a value for each name", .0.display())]
    NotObject(PathBuf),
    /// A value is of a kind that no secret has.
    #[error("the value of {} in the seed `{}` is neither a string nor an object", shown(.1), .0.display())]
    BadValue(PathBuf, String),
    /// The spec does not have the secret.
    #[error("the seed `{}` has a value for {}, and the spec has no secret of that name", path.display(), shown(name))]
    NoSecret {
        /// The file.
        path: PathBuf,
        /// The name in it.
        name: String,
        /// A similar name of the spec.
        close: Option<String>,
    },
}

impl SeedError {
    /// What to do instead.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NoSecret { close: Some(close), .. } => format!("did you mean {}?", shown(close)),
            Self::NoSecret { close: None, .. } => {
                "name a secret as the spec does: by its id, its name, or the name of a member of a family".to_owned()
            }
            Self::Unreadable(_) | Self::NotJson { .. } | Self::NotObject(_) | Self::BadValue(..) => {
                "write `{ \"NAME\": \"VALUE\", \"OTHER\": { \"user\": \"…\" } }`".to_owned()
            }
        }
    }
}

impl Seed {
    /// Reads a file for the environment of a prefix. A name gets the prefix unless it has it already.
    ///
    /// # Errors
    ///
    /// If it is not a seed for the spec.
    pub fn read(path: &Path, spec: &Spec, prefix: &str, steps: &Steps) -> Result<Self, SeedError> {
        const WHAT: &str = "seed";
        let mut text = Zeroizing::new(String::new());
        let read = input::open(WHAT, path, MAX_BYTES, steps)?.read_to_string(&mut text);
        read.map_err(|source| Unreadable { what: WHAT, path: path.to_owned(), source })?;
        let not_json = |error: serde_json::Error| SeedError::NotJson {
            path: path.to_owned(),
            line: error.line(),
            column: error.column(),
        };
        let Value::Object(values) = serde_json::from_str(&text).map_err(not_json)? else {
            return Err(SeedError::NotObject(path.to_owned()));
        };
        Self::of(values, path, spec, prefix)
    }

    fn of(values: Map<String, Value>, path: &Path, spec: &Spec, prefix: &str) -> Result<Self, SeedError> {
        let one = |(name, value): (String, Value)| {
            let value = match value {
                Value::String(text) => text,
                value @ Value::Object(_) => value.to_string(),
                _ => return Err(SeedError::BadValue(path.to_owned(), name)),
            };
            let value = Zeroizing::new(value);
            if let Some(stored) = stored(spec, prefix, &name) {
                return Ok((stored, value));
            }
            let known = spec.secrets.iter().flat_map(|secret| [secret.id.as_str(), secret.name.as_str()]);
            let close = closest(&name, known).map(str::to_owned);
            Err(SeedError::NoSecret { path: path.to_owned(), name, close })
        };
        values.into_iter().map(one).collect::<Result<_, _>>().map(Self)
    }

    /// The number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn put_into(&self, server: &EmbeddedSecretsManager) {
        for (name, value) in &self.0 {
            server.put(name, value.as_str());
        }
    }
}

/// The stored name of a secret: `name` is its id, its name, or that of a member of a family.
fn stored(spec: &Spec, prefix: &str, name: &str) -> Option<String> {
    let by_id = spec.secrets.iter().find(|secret| secret.id == name && !secret.name.is_family());
    if let Some(secret) = by_id {
        return Some(format!("{}{}", secret.prefix(prefix), secret.name));
    }
    spec.secrets.iter().find_map(|secret| {
        let own = secret.prefix(prefix);
        let bare = name.strip_prefix(own).unwrap_or(name);
        let is_it = NamePattern::of(&secret.name).matches(&format!("{bare}-??????"));
        is_it.then(|| format!("{own}{bare}"))
    })
}
