//! Renders a checked spec into the generated files: view structs, filled into templates.
//!
//! All decisions are made here and in `iam`; templates only loop and skip. Every value is quoted by [`hcl::quote`],
//! unless a template uses a `bare` filter, which validates or cleans it.

mod description;
mod environments;
mod iam;
mod lines;
mod managed;
mod names;
mod outputs;
mod own;
mod rotation;
mod secrets;
mod value;
mod variables;

use std::borrow::Cow;
use std::collections::{self, BTreeMap};

use driftless_model::{Delivery, KmsKey, Owner, Prefixes, Problem, Role, RoleHandlers, SecretSpec, Spec, is_printed};
use foldhash::{HashMap, HashMapExt as _};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, context};
use serde::Serialize;

use crate::files::room;
use crate::hcl::{self, Aligned};
use crate::iam::{Documents, ShareStatement, of_role, shares};
use crate::labels::{self, secret_label};
use crate::picture;
use crate::program;
use crate::shape::{PayloadShape, shapes};
use rotation::Rotated;

pub use crate::labels::LOGS_POLICY;
pub use description::role_description;
#[cfg(feature = "live")]
pub(crate) use environments::function_environment;
pub use managed::{Managed, Object, PolicyName};
pub(crate) use own::is_generated;
pub use own::{OWN, missing_from};

const TEMPLATES: [(&str, &str); 8] = [
    ("secrets.tf", driftless_templates::SECRETS_TF),
    ("iam.tf", driftless_templates::IAM_TF),
    (ROTATION, driftless_templates::ROTATION_TF),
    ("variables.tf", driftless_templates::VARIABLES_TF),
    ("outputs.tf", driftless_templates::OUTPUTS_TF),
    (EXAMPLE, driftless_templates::TFVARS_EXAMPLE),
    (VERSIONS, driftless_templates::VERSIONS_TF),
    (GITIGNORE, driftless_templates::GITIGNORE),
];

/// Provider versions whose secret versions accept a write-only value, which is all that the other files need.
///
/// Source: [the change](https://github.com/hashicorp/terraform-provider-aws/pull/41371).
const WITH_WRITE_ONLY: &str = ">= 5.88";
/// Provider versions in which `exclude_characters` of a random password is a string. Fixed in March 2025, after 5.93.
///
/// Source: [the change](https://github.com/hashicorp/terraform-provider-aws/pull/41546).
const WITH_EXCLUDED_CHARACTERS: &str = ">= 5.94";
/// Provider versions whose resources have a `region` argument.
///
/// Source: the guide "Enhanced Region Support" of the provider's documentation.
const WITH_REGION: &str = ">= 6.0";

/// The generated `.gitignore`.
pub const GITIGNORE: &str = ".gitignore";
/// The example of a variables file, to be copied and filled in.
const EXAMPLE: &str = "terraform.tfvars.example";
/// The file that is rendered only if the spec has rotations.
const ROTATION: &str = "rotation.tf";
/// The requirements on a root module that calls the generated module.
const VERSIONS: &str = "versions.tf";
/// Rendered by `import`, and not determined by the spec only.
const IMPORT_TEMPLATE: (&str, &str) = ("import.tf", driftless_templates::IMPORT_TF);

/// The text of every generated file, by file name.
///
/// # Errors
///
/// The same as [`Rendering::of`].
///
/// # Panics
///
/// The same as [`Rendering::of`].
pub fn files(spec: &Spec) -> Result<BTreeMap<String, String>, Vec<Problem>> {
    let rendering = Rendering::of(spec)?;
    Ok(rendering.names().into_iter().map(|name| (name.to_owned(), rendering.text(name))).collect())
}

/// The generated files of a spec, each rendered on demand.
pub struct Rendering<'a> {
    views: Views<'a>,
    environment: Environment<'static>,
}

impl<'a> Rendering<'a> {
    /// Prepares the files of a checked spec.
    ///
    /// # Errors
    ///
    /// Every name that Terraform would reject, and every policy that AWS would reject.
    ///
    /// # Panics
    ///
    /// If the spec was not checked: every grant must be on a secret that the spec declares.
    pub fn of(spec: &'a Spec) -> Result<Self, Vec<Problem>> {
        Ok(Self { views: Views::of(spec)?, environment: environment() })
    }

    /// The file names, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let templates = TEMPLATES.into_iter().map(|(name, _)| name);
        let wanted = templates.filter(|name| *name != ROTATION || !self.views.rotations.is_empty());
        let mut names: Vec<&str> = wanted.chain([picture::ACCESS]).collect();
        names.sort_unstable();
        names
    }

    /// The text of one file.
    ///
    /// # Panics
    ///
    /// If there is no file of that name.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        let views = &self.views;
        let view = match name {
            picture::ACCESS => return picture::access_page(views.spec),
            "secrets.tf" => Value::from(Serde(views.secrets())),
            "iam.tf" => Value::from(Serde(views.iam())),
            ROTATION => Value::from(Serde(views.rotation())),
            "outputs.tf" => Value::from(Serde(views.outputs())),
            VERSIONS => context! { header => &views.header, provider => views.provider_versions() },
            GITIGNORE => context! { header => &views.header, program => program::name() },
            EXAMPLE => {
                let header = own::header_of_example(&views.spec.source);
                context! { header, ..Value::from(Serde(views.variables())) }
            }
            _ => Value::from(Serde(views.variables())),
        };
        fill(&self.environment, name, view, room(views.spec))
    }
}

/// Every resource in these files with its AWS object in the environment of a prefix, in the order of the spec.
///
/// # Errors
///
/// The same as [`files`].
///
/// # Panics
///
/// The same as [`files`].
pub fn managed(spec: &Spec, prefix: &str) -> Result<Vec<Managed>, Vec<Problem>> {
    Ok(Views::of(spec)?.managed(prefix))
}

/// The text of the file that imports existing resources.
#[must_use]
pub fn import_file<V: Serialize>(view: V) -> String {
    fill(&environment(), IMPORT_TEMPLATE.0, Value::from(Serde(view)), 0)
}

fn fill(environment: &Environment<'_>, name: &str, view: Value, room: usize) -> String {
    let template = environment.get_template(name).expect("each template was added");
    let mut text = Aligned::with_capacity(room);
    template.render_captured_to(view, &mut text).expect("a checked spec fills every template");
    text.finish()
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    environment.set_syntax(syntax.build().expect("the delimiters are Jinja's own"));
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("hcl".into()));
    environment.set_formatter(write_hcl);
    environment.add_filter("bare", bare_address);
    environment.add_filter("bare_line", bare_line);
    environment.add_filter("bare_name", bare_name);
    for (name, template) in TEMPLATES.into_iter().chain([IMPORT_TEMPLATE]) {
        environment.add_template(name, template).expect("the templates are part of the program");
    }
    environment
}

/// Writes a value as HCL. Undefined and null values are errors, so that nothing is silently left out.
fn write_hcl(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let written = match value.as_str() {
        Some(text) if value.is_safe() => out.write_str(text),
        Some(text) => out.write_str(&hcl::quote(text)),
        None => return Err(Error::new(ErrorKind::BadEscape, format!("cannot write {} as HCL", value.kind()))),
    };
    written.map_err(Error::from)
}

/// An unquoted address such as `aws_iam_role.login_user`.
fn bare_address(address: &str) -> Result<Value, Error> {
    if address.split('.').all(hcl::is_identifier) {
        return Ok(Value::from_safe_string(address.to_owned()));
    }
    Err(Error::new(ErrorKind::BadEscape, format!("`{address}` is not an address")))
}

/// The rest of a comment line.
fn bare_line(text: &str) -> Value {
    Value::from_safe_string(printed(text).into_owned())
}

/// A text of one line: unprintable characters become spaces.
fn printed(text: &str) -> Cow<'_, str> {
    if hcl::is_plain(text) { text.into() } else { text.replace(|char| !is_printed(char), " ").into() }
}

/// A part of a literal that also contains an interpolation. Fails if the text would need an escape.
fn bare_name(text: &str) -> Result<Value, Error> {
    if hcl::is_plain(text) || hcl::quote(text).trim_matches('"') == text {
        return Ok(Value::from_safe_string(text.to_owned()));
    }
    Err(Error::new(ErrorKind::BadEscape, format!("`{text}` needs quoting")))
}

struct Views<'a> {
    header: String,
    spec: &'a Spec,
    secrets: HashMap<&'a str, &'a SecretSpec>,
    /// Each with its policy documents.
    roles: Vec<(RoleHandlers<'a>, Documents)>,
    /// Fingerprints by handler id.
    fingerprints: HashMap<&'a str, String>,
    /// Shares by secret id.
    shared: HashMap<&'a str, Vec<ShareStatement>>,
    /// Payload shapes by secret id, for secrets whose value Terraform writes.
    shapes: collections::HashMap<&'a str, PayloadShape>,
    rotations: Vec<Rotated<'a>>,
}

impl<'a> Views<'a> {
    fn of(spec: &'a Spec) -> Result<Self, Vec<Problem>> {
        let mut problems = labels::check(spec);
        let secrets: HashMap<&str, &SecretSpec> =
            spec.secrets.iter().map(|secret| (secret.id.as_str(), secret)).collect();
        let prefix = spec.prefixes.as_ref().map_or(0, Prefixes::longest);
        let apart = spec.with_versions_apart();
        let mut roles = Vec::with_capacity(spec.handlers.len());
        let mut fingerprints = HashMap::with_capacity(spec.handlers.len());
        for role in spec.roles() {
            for handler in &role.handlers {
                let fingerprint = environments::fingerprint(spec, &secrets, handler);
                problems.extend(environments::problems(spec, &secrets, handler, &fingerprint));
                fingerprints.insert(handler.id.as_str(), fingerprint);
            }
            match of_role(&role, &secrets, &apart, prefix) {
                Ok(documents) => roles.push((role, documents)),
                Err(problem) => problems.push(problem),
            }
        }
        let mut shared = HashMap::new();
        for secret in &spec.secrets {
            match shares(secret, prefix) {
                Ok(statements) => _ = shared.insert(secret.id.as_str(), statements),
                Err(problem) => problems.push(problem),
            }
        }
        let shapes = shapes(spec).unwrap_or_else(|found| {
            problems.extend(found);
            collections::HashMap::new()
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        let rotations = rotation::rotations(spec);
        Ok(Self { header: own::header(&spec.source), spec, secrets, roles, fingerprints, shared, shapes, rotations })
    }

    fn creates_roles(&self) -> bool {
        self.spec.handlers.iter().any(|handler| handler.role == Role::Created)
    }

    /// The versions of the AWS provider that support every argument in the files.
    fn provider_versions(&self) -> &'static str {
        let mut keys = self.spec.secrets.iter().flat_map(secrets::keys_of);
        let looks_elsewhere = keys.any(|(key, region)| matches!(key, KmsKey::Alias { .. }) && region.is_some());
        if looks_elsewhere || self.spec.secrets.iter().any(|secret| secret.region.is_some()) {
            return WITH_REGION;
        }
        let excludes = |secret: &SecretSpec| {
            let delivery = secret.owner.delivery();
            matches!(delivery, Some(Delivery::Generated { generated }) if !generated.exclude.is_empty())
        };
        if self.spec.secrets.iter().any(excludes) { WITH_EXCLUDED_CHARACTERS } else { WITH_WRITE_ONLY }
    }
}

/// The Terraform address of a secret that exists before any handler runs.
fn address(secret: &SecretSpec) -> String {
    let kind =
        if secret.owner == Owner::External { "data.aws_secretsmanager_secret" } else { "aws_secretsmanager_secret" };
    format!("{kind}.{}", secret_label(secret))
}

/// A tag. Its key can be any text.
#[derive(Serialize)]
struct Tag<'a> {
    key: &'a str,
    value: &'a str,
}

/// Merges maps of tags. For a key in several maps, the last map wins.
fn tags<'a>(maps: &[&'a BTreeMap<String, String>]) -> Vec<Tag<'a>> {
    let entries = maps.iter().flat_map(|map| map.iter());
    let merged: BTreeMap<&str, &str> = entries.map(|(key, value)| (key.as_str(), value.as_str())).collect();
    merged.into_iter().map(|(key, value)| Tag { key, value }).collect()
}
