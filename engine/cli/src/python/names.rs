//! Python names for the entries of a spec: identifiers that are not keywords, and classes without name clashes.

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::Spec;

/// Keywords, and names that the generated module itself uses.
const TAKEN: [&str; 77] = [
    "Any",
    "CachePolicy",
    "Callable",
    "ClassVar",
    "Client",
    "False",
    "Field",
    "Found",
    "HANDLERS",
    "Json",
    "Key",
    "Literal",
    "Mapping",
    "Nested",
    "None",
    "OauthTokens",
    "Rotation",
    "RotationClient",
    "RotationEvent",
    "RotationEventError",
    "Secret",
    "Sequence",
    "StepOutcome",
    "StoredTokens",
    "Structure",
    "Text",
    "TokenClient",
    "TokenRecord",
    "True",
    "Versioned",
    "Written",
    "and",
    "annotations",
    "as",
    "assert",
    "async",
    "await",
    "bool",
    "break",
    "class",
    "continue",
    "dataclass",
    "def",
    "del",
    "dict",
    "elif",
    "else",
    "except",
    "field",
    "finally",
    "float",
    "for",
    "from",
    "frozenset",
    "global",
    "if",
    "import",
    "in",
    "int",
    "is",
    "lambda",
    "list",
    "nonlocal",
    "not",
    "or",
    "overload",
    "pass",
    "raise",
    "return",
    "self",
    "str",
    "super",
    "try",
    "type",
    "while",
    "with",
    "yield",
];

/// What the base class of a payload's structure has, and `type` has for every class: a field of the name would take its place.
const TAKEN_IN_STRUCTURES: [&str; 8] =
    ["FIELDS", "SCHEMA", "from_json", "mro", "parse", "to_json", "to_stored", "with_changes"];

/// The class names of a spec.
pub(super) struct PythonNames {
    secrets: BTreeMap<String, String>,
    handlers: BTreeMap<String, String>,
    taken: BTreeSet<String>,
}

impl PythonNames {
    pub(super) fn of(spec: &Spec) -> Self {
        let mut names = Self { secrets: BTreeMap::new(), handlers: BTreeMap::new(), taken: BTreeSet::new() };
        let placeholders: BTreeSet<&str> = spec.secrets.iter().flat_map(super::placeholders).collect();
        for placeholder in placeholders {
            let key = names.key(placeholder);
            names.taken.insert(key);
        }
        for secret in &spec.secrets {
            let name = names.unused(&class(&secret.id));
            names.secrets.insert(secret.id.clone(), name);
        }
        for handler in &spec.handlers {
            let name = names.unused(&class(&handler.id));
            names.handlers.insert(handler.id.clone(), name);
        }
        names
    }

    /// The name, with underscores appended until it is unused.
    fn unused(&mut self, name: &str) -> String {
        let mut name = name.to_owned();
        while is_reserved(&name) || !self.taken.insert(name.clone()) {
            name.push('_');
        }
        name
    }

    /// The class of a secret.
    pub(super) fn secret<'n>(&'n self, id: &'n str) -> &'n str {
        self.secrets.get(id).map_or(id, String::as_str)
    }

    /// The class of a handler.
    pub(super) fn handler<'n>(&'n self, id: &'n str) -> &'n str {
        self.handlers.get(id).map_or(id, String::as_str)
    }

    /// The class for keys of a placeholder: `UserId` for `user_id`.
    #[expect(clippy::unused_self, reason = "it is asked beside the names of the other classes")]
    pub(super) fn key(&self, placeholder: &str) -> String {
        let word = |word: &str| {
            let (first, rest) = word.split_at(word.char_indices().nth(1).map_or(word.len(), |(at, _)| at));
            first.to_ascii_uppercase() + rest
        };
        let name = class(&placeholder.split('_').map(word).collect::<String>());
        if is_reserved(&name) { name + "Key" } else { name }
    }

    /// Whether a class has this name, or the name is reserved.
    pub(super) fn is_taken(&self, name: &str) -> bool {
        self.taken.contains(name) || is_reserved(name)
    }
}

fn is_reserved(name: &str) -> bool {
    TAKEN.contains(&name)
}

/// Converts a name to a class name: characters other than letters, digits and underscores become underscores.
pub(super) fn class(name: &str) -> String {
    let plain: String = name.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect();
    if plain.starts_with(|char: char| char.is_ascii_alphabetic()) { plain } else { format!("C{plain}") }
}

/// Converts a name to the name of an attribute or argument.
pub(super) fn identifier(name: &str) -> String {
    let plain: String = name.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect();
    let plain = if plain.starts_with(|char: char| char.is_ascii_alphabetic()) { plain } else { format!("f{plain}") };
    if is_reserved(&plain) { plain + "_" } else { plain }
}

/// Converts the name of a payload's field to the name of an attribute.
pub(super) fn attribute(name: &str) -> String {
    let plain = identifier(name);
    if TAKEN_IN_STRUCTURES.contains(&plain.as_str()) { plain + "_" } else { plain }
}
