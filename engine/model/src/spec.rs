//! A spec as plain data: `declare!` fills it in, generators read it, and it can be exported as JSON.

use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::{Value, json};

use super::handler_options::HandlerOptions;
use super::kms_key::KmsKey;
use super::name::Template;
use super::options::SecretOptions;
use super::payload::Payload;
use super::payload_spec::PayloadSpec;
use super::prefixes::{Prefixes, deployed_name};
use super::required_version;
use super::secret::{Owner, Secret};
use super::verb::Verb;
use super::warning::WARNINGS;

/// The version of the exported JSON. It increases when a reader of the old version would misread the new one.
pub const SPEC_VERSION: u32 = 1;

/// The whole declaration: which secrets exist, and what each handler may do with them.
///
/// Each name, verb and owner in it is valid; [`lint::check`](super::lint::check) checks whether they are consistent
/// with each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, transform = with_schema_member)]
pub struct Spec {
    /// The version of this format, [`SPEC_VERSION`].
    #[schemars(extend("const" = SPEC_VERSION))]
    pub version: u32,
    /// The versions of the program that may read the spec, as a constraint of Terraform: `>= 0.1.0`. An older program refuses
    /// the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^>= *[0-9]+\.[0-9]+\.[0-9]+$"))]
    pub required_version: Option<String>,
    /// The source file of the spec, as generated files refer to it.
    pub source: String,
    /// The tags of every taggable resource that the infrastructure code creates.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub tags: BTreeMap<String, String>,
    /// The environments, if one account holds several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefixes: Option<Prefixes>,
    /// The warnings that are not reported, by their names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default, extend("items" = { "type": "string", "enum": WARNINGS }))]
    pub allow: Vec<String>,
    /// What the placeholders in names stand for. Only a spec that `declare!` declares has them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub keys: Vec<KeySpec>,
    /// The secrets and families.
    pub secrets: Vec<SecretSpec>,
    /// The handlers with their grants.
    pub handlers: Vec<HandlerSpec>,
}

/// A key, whose values fill the placeholders in the names of families.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct KeySpec {
    /// Its id in the spec, the name of its type.
    pub id: String,
    /// What it identifies, in a sentence. May be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(default)]
    pub description: String,
}

/// A secret or a family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SecretSpec {
    /// Its id in the spec: a word of letters, digits and underscores.
    pub id: String,
    /// Its name in Secrets Manager, or the name template of a family's members.
    pub name: Template,
    /// Its purpose, in a sentence. May be empty.
    pub description: String,
    /// The type of its value.
    pub payload: PayloadSpec,
    /// Who writes its value.
    pub owner: Owner,
    /// The customer-managed key that encrypts it, if it is not the account's default key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<KmsKey>,
    /// Its region, if it differs from the region of everything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Further options, if the infrastructure code creates it.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(default)]
    pub options: SecretOptions,
}

impl SecretSpec {
    /// The entry of a declared secret.
    #[doc(hidden)]
    #[must_use]
    pub fn of<S: Secret>(description: &str, owner: Owner, options: SecretOptions) -> Self {
        let read_from = S::READ_FROM.iter().map(|&region| region.to_owned()).collect();
        Self {
            id: S::ID.to_owned(),
            name: S::TEMPLATE,
            description: description.to_owned(),
            payload: S::Payload::spec(),
            owner,
            kms_key: S::KMS_KEY,
            region: S::REGION.map(str::to_owned),
            options: SecretOptions { read_from, outside_prefixes: S::OUTSIDE_PREFIXES, ..options },
        }
    }

    /// What precedes its name in the environment of a prefix: the prefix, or nothing.
    #[must_use]
    pub fn prefix<'p>(&self, prefix: &'p str) -> &'p str {
        if self.options.outside_prefixes { "" } else { prefix }
    }

    /// Whether it has a copy in this region, which is not its own.
    #[must_use]
    pub fn has_copy_in(&self, region: &str) -> bool {
        self.options.replicas.iter().any(|replica| replica.region == region)
    }
}

/// Lets a document name its schema, for editors.
fn with_schema_member(schema: &mut Schema) {
    let member = json!({ "description": "The JSON Schema of this format, for editors.", "type": "string" });
    if let Some(members) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        members.insert("$schema".to_owned(), member);
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A handler and everything that it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct HandlerSpec {
    /// Its id in the spec: a word of letters, digits and underscores.
    pub id: String,
    /// The name under which it is deployed.
    pub name: String,
    /// Its purpose, in a sentence. May be empty. The description of a role that is created for it.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(default)]
    pub description: String,
    /// Where its IAM role comes from.
    pub role: Role,
    /// Further options of its role.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(default)]
    pub options: HandlerOptions,
    /// Its grants on secrets.
    pub grants: Vec<Grant>,
}

impl HandlerSpec {
    /// Whether its role also has managed policies that come from variables.
    #[must_use]
    pub fn has_policies_of_variables(&self) -> bool {
        self.options.also.iter().any(|policies| policies.variable().is_some())
    }

    /// The name of its role, if the generated code creates it.
    ///
    /// ```
    /// use driftless_model::Spec;
    ///
    /// let spec = Spec::read(
    ///     r#"{
    ///         "version": 1, "source": "spec.json",
    ///         "secrets": [{
    ///             "id": "Key", "name": "app/key", "description": "Key of the API.",
    ///             "payload": { "kind": "text" }, "owner": { "kind": "external" }
    ///         }],
    ///         "handlers": [{
    ///             "id": "Fetch", "name": "fetch", "description": "Fetches data.", "role": { "kind": "created" },
    ///             "grants": [{ "secret": "Key", "verbs": ["read"], "reason": "asks the API" }]
    ///         }]
    ///     }"#,
    /// );
    /// assert_eq!(spec.expect("it has no problems").handlers[0].created_role(), Some("fetch"));
    /// ```
    #[must_use]
    pub fn created_role(&self) -> Option<&str> {
        (self.role == Role::Created).then(|| self.options.role_name.as_deref().unwrap_or(&self.name))
    }
}

/// Where a handler's role comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[schemars(deny_unknown_fields)]
pub enum Role {
    /// The generated code creates it, with the handler's name unless the options set another.
    Created,
    /// It exists already; the generated code only attaches the policy for the spec's secrets. Several handlers can
    /// share it.
    Existing {
        /// The variable that holds the role's name.
        variable: String,
    },
}

impl Role {
    /// The words for the kinds in a spec.
    pub const WORDS: [&'static str; 2] = ["created", "existing"];
}

/// What one handler may do with one secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Grant {
    /// The secret's [`id`](SecretSpec::id).
    pub secret: String,
    /// The granted verbs, in the order of the declaration.
    pub verbs: Vec<Verb>,
    /// Why it is granted, in a few words. May be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(default)]
    pub reason: String,
}

impl Grant {
    /// A grant on a declared secret.
    #[doc(hidden)]
    #[must_use]
    pub fn on<S: Secret>(verbs: &[Verb], reason: &str) -> Self {
        Self { secret: S::ID.to_owned(), verbs: verbs.to_vec(), reason: reason.to_owned() }
    }
}

impl Spec {
    /// The ids of the secrets whose versions have to be distinguished, because some handler may read the previous one.
    /// All other verbs except `rotate` read only the current version.
    #[must_use]
    pub fn with_versions_apart(&self) -> BTreeSet<&str> {
        let grants = self.handlers.iter().flat_map(|handler| &handler.grants);
        grants.filter(|grant| grant.verbs.contains(&Verb::ReadPrevious)).map(|grant| grant.secret.as_str()).collect()
    }

    /// The least version of the program that the spec requires, if this program is newer: it and this program's version.
    #[must_use]
    pub fn required_older_version(&self) -> Option<(String, String)> {
        let least = required_version::least(self.required_version.as_deref()?)?;
        let own = required_version::own();
        (least < own).then(|| (required_version::shown(least), required_version::shown(own)))
    }

    /// A spec without any declarations.
    #[must_use]
    pub const fn empty(source: String) -> Self {
        Self {
            version: SPEC_VERSION,
            required_version: None,
            source,
            tags: BTreeMap::new(),
            prefixes: None,
            allow: Vec::new(),
            keys: Vec::new(),
            secrets: Vec::new(),
            handlers: Vec::new(),
        }
    }

    /// The spec of one of its environments, in which each secret and each handler has its prefixed name.
    ///
    /// ```
    /// use driftless_model::{Owner, PayloadSpec, SecretOptions, SecretSpec, Spec, Template};
    ///
    /// let mut spec = Spec::empty("spec.json".into());
    /// spec.secrets.push(SecretSpec {
    ///     id: "Key".into(),
    ///     name: Template::new("app/key"),
    ///     description: "Key of the API.".into(),
    ///     payload: PayloadSpec::text(),
    ///     owner: Owner::External,
    ///     kms_key: None,
    ///     region: None,
    ///     options: SecretOptions::default(),
    /// });
    /// assert_eq!(spec.under("dev/").secrets[0].name.as_str(), "dev/app/key");
    /// ```
    #[must_use]
    pub fn under(&self, prefix: &str) -> Self {
        let mut spec = Self { prefixes: None, ..self.clone() };
        spec.secrets.iter_mut().for_each(|secret| secret.name = secret.name.under(secret.prefix(prefix)));
        for handler in &mut spec.handlers {
            handler.name = deployed_name(prefix, &handler.name);
            if let Some(role) = &mut handler.options.role_name {
                *role = deployed_name(prefix, role);
            }
        }
        spec
    }

    /// The spec as JSON, with a final line feed: the form that [`Spec::read`] takes.
    ///
    /// # Panics
    ///
    /// Never: a spec is made of strings, lists and enums.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a spec is made of strings, lists and enums");
        json.push('\n');
        json
    }

    /// The JSON Schema of [`Spec::to_json`]'s output, with a final line feed.
    ///
    /// # Panics
    ///
    /// Never: a JSON Schema is JSON.
    ///
    /// ```
    /// let schema: serde_json::Value = serde_json::from_str(&driftless_model::Spec::json_schema())?;
    /// assert_eq!(schema["title"], "Spec");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn json_schema() -> String {
        let schema = schemars::schema_for!(Spec);
        let mut json = serde_json::to_string_pretty(&schema).expect("a JSON Schema is JSON");
        json.push('\n');
        json
    }
}
