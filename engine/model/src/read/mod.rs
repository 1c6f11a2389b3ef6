//! Reads an exported spec. JSON, and TOML as the same JSON, is read into raw types first and then checked, so that all
//! problems are reported at once: serde alone would stop at the first unknown owner.

mod handlers;
mod options;
mod owner;
mod prefixes;
mod service_principal;
#[cfg(feature = "toml")]
mod toml;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;

use foldhash::HashSet;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::kms_key::KmsKey;
use crate::lint;
use crate::name::Template;
use crate::payload_spec::{PayloadKind, PayloadSpec};
use crate::problem::{Problem, shorten, shown, unknown_word};
use crate::required_version;
use crate::spec::{KeySpec, SPEC_VERSION, SecretSpec, Spec};
use crate::verb::Verb;
use handlers::RawHandler;
use options::RawSecretOptions;
use owner::RawOwner;
use prefixes::RawPrefixes;

type Word<'a> = Option<Cow<'a, str>>;

/// A text that is borrowed from the document where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct RawText<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct RawSpec<'a> {
    // For editors, which find the JSON Schema by it.
    #[serde(borrow, rename = "$schema")]
    _schema: Word<'a>,
    version: Option<u32>,
    #[serde(borrow)]
    required_version: Word<'a>,
    #[serde(borrow)]
    source: Word<'a>,
    tags: Option<BTreeMap<String, String>>,
    #[serde(borrow)]
    prefixes: Option<RawPrefixes<'a>>,
    allow: Option<Vec<String>>,
    #[serde(borrow)]
    keys: Option<Vec<RawKey<'a>>>,
    #[serde(borrow)]
    secrets: Option<Vec<RawSecret<'a>>>,
    #[serde(borrow)]
    handlers: Option<Vec<RawHandler<'a>>>,
}

#[derive(Deserialize)]
struct RawKey<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
}

#[derive(Deserialize)]
struct RawSecret<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow)]
    payload: Option<RawPayload<'a>>,
    #[serde(borrow)]
    owner: Option<RawOwner<'a>>,
    #[serde(borrow)]
    kms_key: Option<RawKmsKey<'a>>,
    #[serde(borrow)]
    region: Word<'a>,
    #[serde(borrow)]
    options: Option<RawSecretOptions<'a>>,
}

#[derive(Deserialize)]
struct RawKmsKey<'a> {
    #[serde(borrow)]
    kind: Word<'a>,
    #[serde(borrow)]
    variable: Word<'a>,
    #[serde(borrow)]
    alias: Word<'a>,
}

#[derive(Deserialize)]
struct RawPayload<'a> {
    #[serde(borrow)]
    kind: Word<'a>,
    schema: Option<Value>,
}

/// The form of a document with a spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpecFormat {
    /// JSON, as [`Spec::to_json`] writes it.
    Json,
    /// TOML with the same members, as [`Spec::to_toml`] writes it.
    #[cfg(feature = "toml")]
    Toml,
}

impl Spec {
    /// Reads the output of [`Spec::to_json`], or a document of another tool with the same schema, and checks it as a
    /// whole.
    ///
    /// # Errors
    ///
    /// All problems of the spec, in the order of the document: parts that cannot be read, faults of single rows, and
    /// the problems that [`lint::check`] finds. Only a text that is not JSON of this shape is refused at its first
    /// fault.
    ///
    /// ```
    /// use driftless_model::Spec;
    ///
    /// let spec = Spec::empty("spec.json".into());
    /// assert_eq!(Spec::read(&spec.to_json()), Ok(spec));
    ///
    /// let problems = Spec::read("{}").expect_err("everything is missing");
    /// assert_eq!(problems[0].lint, "unknown-version");
    /// ```
    pub fn read(json: &str) -> Result<Self, Vec<Problem>> {
        Self::read_as(json, SpecFormat::Json)
    }

    /// Like [`Spec::read`], for a document of this form. In TOML, the place of a problem has a line and a column.
    ///
    /// # Errors
    ///
    /// Those of [`Spec::read`].
    pub fn read_as(text: &str, format: SpecFormat) -> Result<Self, Vec<Problem>> {
        let (spec, problems) = Self::read_part_as(text, format);
        if problems.is_empty() { Ok(spec) } else { Err(problems) }
    }

    /// Like [`Spec::read`], but also returns the part of the spec that could be read, so that further rules can be
    /// checked.
    #[must_use]
    pub fn read_part(json: &str) -> (Self, Vec<Problem>) {
        Self::read_part_as(json, SpecFormat::Json)
    }

    /// Like [`Spec::read_part`], for a document of this form.
    #[must_use]
    pub fn read_part_as(text: &str, format: SpecFormat) -> (Self, Vec<Problem>) {
        match format {
            SpecFormat::Json => {
                let mut reader = Reader::default();
                let mut document = serde_json::Deserializer::from_str(text);
                let raw = reader.parse_untracked(&mut document).or_else(|_| {
                    // Once more for the place of the error, which costs as much as reading.
                    reader = Reader::default();
                    document = serde_json::Deserializer::from_str(text);
                    reader.parse(&mut document)
                });
                let end = |raw| document.end().map(|()| raw).map_err(|error| malformed("the spec", &error));
                reader.part(raw.and_then(end))
            }
            #[cfg(feature = "toml")]
            SpecFormat::Toml => Self::read_toml(text),
        }
    }

    #[cfg(feature = "toml")]
    fn read_toml(text: &str) -> (Self, Vec<Problem>) {
        let nothing = |problems| (Self::empty(String::new()), problems);
        let document = match toml::Document::parse(text) {
            Ok(document) => document,
            Err(problem) => return nothing(vec![problem]),
        };
        let (spec, mut problems) = match document.value() {
            Ok(value) => {
                let mut reader = Reader::default();
                let raw = reader.parse(&value).map_err(toml::Document::hinted);
                reader.part(raw)
            }
            Err(problems) => nothing(problems),
        };
        document.locate(&mut problems);
        (spec, problems)
    }
}

/// Adds the line and the column to the places of problems that were found later in a spec of this TOML document.
#[cfg(feature = "toml")]
pub fn locate_in_toml(text: &str, problems: &mut [Problem]) {
    if let Ok(document) = toml::Document::parse(text) {
        document.locate(problems);
    }
}

/// The ids of all secrets, including those with problems, so that grants on them are not reported as well.
fn declared_ids(raw: &RawSpec<'_>) -> HashSet<String> {
    raw.secrets.iter().flatten().filter_map(|secret| secret.id.as_deref()).map(str::to_owned).collect()
}

#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn parse<'de, D: Deserializer<'de>>(&mut self, document: D) -> Result<RawSpec<'de>, Problem>
    where
        D::Error: Display,
    {
        let mut track = serde_path_to_error::Track::new();
        let parsed = self.parse_untracked(serde_path_to_error::Deserializer::new(document, &mut track));
        parsed.map_err(|error| malformed(&document_place(&track.path()), &error))
    }

    /// Like [`Reader::parse`], with an error that does not say where it is.
    fn parse_untracked<'de, D: Deserializer<'de>>(&mut self, document: D) -> Result<RawSpec<'de>, D::Error> {
        let problems = &mut self.problems;
        let mut unknown = |path: serde_ignored::Path<'_>| {
            problems.push(Problem::new(
                "unknown-field",
                // Optional levels appear as `?` in the path, which does not help the reader.
                &shown(&path.to_string().replace(".?", "")),
                "the spec has no such field",
                "remove it; the command `spec --schema` prints the fields that a spec has",
            ));
        };
        serde_ignored::deserialize(document, &mut unknown)
    }

    /// The spec, as far as it could be read, and its problems.
    fn part(mut self, raw: Result<RawSpec<'_>, Problem>) -> (Spec, Vec<Problem>) {
        let raw = match raw {
            Err(problem) => return (Spec::empty(String::new()), vec![problem]),
            Ok(raw) => raw,
        };
        if let Some(problem) = raw.required_version.as_deref().and_then(newer_program) {
            // Everything else may be right for that program.
            return (Spec::empty(String::new()), vec![problem]);
        }
        let declared = declared_ids(&raw);
        let spec = self.spec(raw);
        let complete = self.problems.is_empty();
        let mut problems = self.problems;
        problems.extend(lint::check_part(&spec, &declared, complete));
        (spec, problems)
    }

    fn problem(&mut self, lint: &'static str, place: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem::new(lint, place, message, hint));
    }

    fn spec(&mut self, raw: RawSpec<'_>) -> Spec {
        if raw.version != Some(SPEC_VERSION) {
            let found = raw.version.map_or("no version".to_owned(), |version| format!("version {version}"));
            let message = format!("the spec has {found}, and this program reads version {SPEC_VERSION}");
            self.problem(
                "unknown-version",
                "version",
                message,
                "export the spec with the same release of this program",
            );
        }
        let required_version = raw.required_version.map(Cow::into_owned);
        if required_version.as_deref().is_some_and(|constraint| required_version::least(constraint).is_none()) {
            let message = "`required_version` is not `>=` and a version of three numbers";
            self.problem("bad-required-version", "the spec", message, "write it as `>= 1.2.0`");
        }
        let source = self.required(raw.source, "the spec", "source");
        let prefixes = raw.prefixes.and_then(|prefixes| self.prefixes(prefixes));
        let keys = raw.keys.unwrap_or_default();
        let secrets = raw.secrets.unwrap_or_else(|| self.missing("the spec", "secrets"));
        let handlers = raw.handlers.unwrap_or_else(|| self.missing("the spec", "handlers"));
        Spec {
            version: SPEC_VERSION,
            required_version,
            source: source.unwrap_or_default(),
            tags: raw.tags.unwrap_or_default(),
            prefixes,
            allow: raw.allow.unwrap_or_default(),
            keys: keys.into_iter().enumerate().filter_map(|(i, key)| self.key(i, key)).collect(),
            secrets: secrets.into_iter().enumerate().filter_map(|(i, secret)| self.secret(i, secret)).collect(),
            handlers: handlers.into_iter().enumerate().filter_map(|(i, handler)| self.handler(i, handler)).collect(),
        }
    }

    fn key(&mut self, index: usize, raw: RawKey<'_>) -> Option<KeySpec> {
        let id = self.required(raw.id, &format!("`keys[{index}]`"), "id")?;
        Some(KeySpec { id, description: raw.description.unwrap_or_default().into_owned() })
    }

    fn secret(&mut self, index: usize, raw: RawSecret<'_>) -> Option<SecretSpec> {
        let id = self.required(raw.id, &format!("`secrets[{index}]`"), "id")?;
        let place = format!("secret {}", shown(&id));
        let name = self.required(raw.name, &place, "name");
        let name = name.and_then(|name| self.template(&place, &name));
        let payload = self.present(raw.payload, &place, "payload");
        let payload = payload.and_then(|payload| self.payload(&place, payload));
        let owner = self.present(raw.owner, &place, "owner");
        let owner = owner.and_then(|owner| self.owner(&place, owner));
        let kms_key = raw.kms_key.and_then(|key| self.kms_key(&place, key));
        let region = raw.region.map(Cow::into_owned);
        let options = raw.options.map(|options| self.options(&place, options)).unwrap_or_default();
        let description = raw.description.unwrap_or_default().into_owned();
        Some(SecretSpec { id, name: name?, description, payload: payload?, owner: owner?, kms_key, region, options })
    }

    fn kms_key(&mut self, place: &str, raw: RawKmsKey<'_>) -> Option<KmsKey> {
        let kind = self.required(raw.kind, place, "kms_key.kind")?;
        match (kind.as_str(), raw.variable, raw.alias) {
            ("variable", variable, None) => {
                let variable = self.required(variable, place, "kms_key.variable")?;
                Some(KmsKey::Variable { variable: variable.into() })
            }
            ("alias", None, alias) => {
                let alias = self.required(alias, place, "kms_key.alias")?;
                Some(KmsKey::Alias { alias: alias.into() })
            }
            ("variable" | "alias", _, _) => {
                let message = format!("`kms_key` has a field that its kind `{kind}` does not take");
                self.problem("unknown-field", place, message, "give `variable` or `alias`, as the kind says");
                None
            }
            _ => {
                self.unknown_word("unknown-kms-key", place, "kind of key", &kind, &KmsKey::WORDS);
                None
            }
        }
    }

    fn template(&mut self, place: &str, name: &str) -> Option<Template> {
        Template::parse(name)
            .map_err(|error| {
                let hint = "choose a name of `A-Za-z0-9/_+=.@-` with placeholders such as `{user_id}`";
                self.problem("bad-name", place, error.to_string(), hint);
            })
            .ok()
    }

    fn payload(&mut self, place: &str, raw: RawPayload<'_>) -> Option<PayloadSpec> {
        let kind = self.required(raw.kind, place, "payload.kind")?;
        let schema = match raw.schema {
            // TOML has no `null`, so a schema can also be the text of its JSON.
            Some(Value::String(text)) => Some(self.schema(place, &text)?),
            schema => schema,
        };
        match (kind.as_str(), schema) {
            ("text", None) => Some(PayloadSpec::text()),
            ("text", Some(schema)) if schema["type"] == "string" => {
                Some(PayloadSpec { kind: PayloadKind::Text, schema: Some(schema) })
            }
            ("text", Some(_)) => {
                let message = "a text payload has a schema of something else than a string";
                self.problem("bad-payload", place, message, "give the schema the type `string`, or use kind `json`");
                None
            }
            ("json", schema) => Some(PayloadSpec { kind: PayloadKind::Json, schema }),
            _ => {
                self.unknown_word("unknown-payload", place, "payload kind", &kind, &PayloadKind::WORDS);
                None
            }
        }
    }

    fn schema(&mut self, place: &str, text: &str) -> Option<Value> {
        let parsed = serde_json::from_str(text).map_err(|error| {
            let message = format!("`payload.schema` is a text, but not the JSON of a schema: {error}");
            self.problem("bad-payload", place, message, "write the schema as an object, or as the text of its JSON");
        });
        parsed.ok()
    }

    /// The known verbs among the words. `None` if every word is unknown, because that is already reported.
    fn verbs(&mut self, place: &str, words: &[RawText<'_>]) -> Option<Vec<Verb>> {
        let known = words.iter().filter_map(|RawText(word)| {
            let verb = Verb::from_name(word);
            if verb.is_none() {
                self.unknown_word("unknown-verb", place, "verb", word, &Verb::ALL.map(Verb::name));
            }
            verb
        });
        let known: Vec<Verb> = known.collect();
        (known.len() == words.len() || !known.is_empty()).then_some(known)
    }

    /// A text field that must be present and not empty.
    fn required(&mut self, value: Word<'_>, place: &str, field: &str) -> Option<String> {
        let text = self.present(value, place, field)?;
        if text.is_empty() {
            self.problem("empty-field", place, format!("`{field}` is empty"), format!("give `{field}` a value"));
            return None;
        }
        Some(text.into_owned())
    }

    fn present<T>(&mut self, value: Option<T>, place: &str, field: &str) -> Option<T> {
        if value.is_none() {
            self.problem("missing-field", place, format!("`{field}` is missing"), format!("add `{field}`"));
        }
        value
    }

    fn missing<T: Default>(&mut self, place: &str, field: &str) -> T {
        self.present(None, place, field).unwrap_or_default()
    }

    fn without_variable<T>(&mut self, place: &str, field: &str, variable: &Word<'_>, value: T) -> T {
        if variable.is_some() {
            let message = format!("`{field}.variable` is given, and this kind of {field} takes none");
            self.problem("unknown-field", place, message, format!("remove `{field}.variable`"));
        }
        value
    }

    fn unknown_word(&mut self, lint: &'static str, place: &str, what: &str, word: &str, known: &[&str]) {
        let (message, hint) = unknown_word(what, word, known);
        self.problem(lint, place, message, hint);
    }
}

fn malformed(place: &str, error: &dyn Display) -> Problem {
    const HINT: &str = "export the spec again with the command `spec`, or validate the file with the JSON Schema that `spec --schema` prints";
    Problem::new("malformed-spec", place, shorten(&error.to_string()), HINT)
}

/// The problem of a spec that a newer program has to read.
fn newer_program(constraint: &str) -> Option<Problem> {
    let (least, own) = (required_version::least(constraint)?, required_version::own());
    (least > own).then(|| {
        let [least, own] = [least, own].map(required_version::shown);
        let message = format!("it requires version {least} or later of this program, and this is version {own}");
        let hint = format!(
            "install version {least} or later: `cargo install --locked --path engine/cli` in a checkout of its tag `v{least}`"
        );
        Problem::new("required-version", "the spec", message, hint)
    })
}

fn document_place(path: &serde_path_to_error::Path) -> String {
    if path.iter().next().is_none() { "the spec".to_owned() } else { shown(&path.to_string()) }
}
