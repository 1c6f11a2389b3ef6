//! Reads an exported spec. JSON is read into raw types first and then checked, so that all problems are reported at
//! once: serde alone would stop at the first unknown owner.

mod handlers;
mod options;
mod owner;
mod prefixes;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;
use serde_json::Value;

use crate::kms_key::KmsKey;
use crate::lint;
use crate::name::Template;
use crate::problem::{Problem, shorten, shown, unknown_word};
use crate::spec::{PayloadKind, PayloadSpec, SPEC_VERSION, SecretSpec, Spec};
use crate::verb::Verb;
use handlers::RawHandler;
use options::RawOptions;
use owner::RawOwner;
use prefixes::RawPrefixes;

type Word<'a> = Option<Cow<'a, str>>;

#[derive(Deserialize)]
struct RawSpec<'a> {
    version: Option<u32>,
    #[serde(borrow)]
    source: Word<'a>,
    tags: Option<BTreeMap<String, String>>,
    #[serde(borrow)]
    prefixes: Option<RawPrefixes<'a>>,
    #[serde(borrow)]
    secrets: Option<Vec<RawSecret<'a>>>,
    #[serde(borrow)]
    handlers: Option<Vec<RawHandler<'a>>>,
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
    options: Option<RawOptions<'a>>,
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

impl Spec {
    /// Reads the output of [`Spec::to_json`], or a document of another tool with the same schema, and checks it as a
    /// whole.
    ///
    /// # Errors
    ///
    /// All problems of the spec, in the order of the document: parts that cannot be read, faults of single rows, and
    /// the problems that [`lint::check`] finds. Only a text that is not JSON of this shape is refused at its first
    /// fault.
    pub fn read(json: &str) -> Result<Self, Vec<Problem>> {
        let (spec, problems) = Self::read_part(json);
        if problems.is_empty() { Ok(spec) } else { Err(problems) }
    }

    /// Like [`Spec::read`], but also returns the part of the spec that could be read, so that further rules can be
    /// checked.
    #[must_use]
    pub fn read_part(json: &str) -> (Self, Vec<Problem>) {
        let mut reader = Reader::default();
        let (spec, declared) = match reader.parse(json) {
            Err(problem) => return (Self::empty(String::new()), vec![problem]),
            Ok(raw) => {
                let declared = declared_ids(&raw);
                (reader.spec(raw), declared)
            }
        };
        let complete = reader.problems.is_empty();
        let mut problems = reader.problems;
        problems.extend(lint::check_part(&spec, &declared, complete));
        (spec, problems)
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
    fn parse<'a>(&mut self, json: &'a str) -> Result<RawSpec<'a>, Problem> {
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
        let mut document = serde_json::Deserializer::from_str(json);
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(&mut document, &mut track);
        let parsed = serde_ignored::deserialize(tracked, &mut unknown);
        parsed.and_then(|raw| document.end().map(|()| raw)).map_err(|error| {
            Problem::new(
                "malformed-spec",
                &document_place(&track.path()),
                shorten(&error.to_string()),
                "export the spec again with the command `spec`, or validate the file with the JSON Schema that `spec --schema` prints",
            )
        })
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
        let source = self.required(raw.source, "the spec", "source");
        let prefixes = raw.prefixes.and_then(|prefixes| self.prefixes(prefixes));
        let secrets = raw.secrets.unwrap_or_else(|| self.missing("the spec", "secrets"));
        let handlers = raw.handlers.unwrap_or_else(|| self.missing("the spec", "handlers"));
        Spec {
            version: SPEC_VERSION,
            source: source.unwrap_or_default(),
            tags: raw.tags.unwrap_or_default(),
            prefixes,
            secrets: secrets.into_iter().enumerate().filter_map(|(i, secret)| self.secret(i, secret)).collect(),
            handlers: handlers.into_iter().enumerate().filter_map(|(i, handler)| self.handler(i, handler)).collect(),
        }
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
        match (kind.as_str(), raw.schema) {
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

    /// The known verbs among the words. `None` if every word is unknown, because that is already reported.
    fn verbs(&mut self, place: &str, words: &[Cow<'_, str>]) -> Option<Vec<Verb>> {
        let known = words.iter().filter_map(|word| {
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

fn document_place(path: &serde_path_to_error::Path) -> String {
    if path.iter().next().is_none() { "the spec".to_owned() } else { shown(&path.to_string()) }
}
