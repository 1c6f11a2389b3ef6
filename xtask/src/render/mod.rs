//! From a checked spec to the text of each generated file: view structs, filled into templates.
//!
//! All decisions are made here and in `iam`; a template only repeats and leaves out. Every value passes the HCL quoting
//! of [`hcl::quote`] unless a template asks for a bare word, which is then held to be one.

mod environments;
mod iam;
mod managed;
mod names;
mod outputs;
mod own;
mod rotation;
mod secrets;
mod value;
mod variables;

use std::collections::{BTreeMap, HashMap};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, context};
use paypulse_runtime::model::{
    Delivery, KmsKey, Owner, Prefixes, Problem, Role, RoleHandlers, SecretSpec, Spec, is_printed,
};
use serde::Serialize;

use crate::hcl::{self, Aligned};
use crate::iam::{Documents, ShareStatement, of_role, shares};
use crate::labels::{self, alias_label, secret_label};
use crate::picture;
use crate::shape::{PayloadShape, shapes};
use rotation::Rotated;

pub use managed::{LOGS_POLICY, Managed, Object, PolicyName};
pub use own::{HEADER_START, OWN, missing_from};

const TEMPLATES: [(&str, &str); 8] = [
    ("secrets.tf", include_str!("../../infra-templates/secrets.tf.j2")),
    ("iam.tf", include_str!("../../infra-templates/iam.tf.j2")),
    (ROTATION, include_str!("../../infra-templates/rotation.tf.j2")),
    ("variables.tf", include_str!("../../infra-templates/variables.tf.j2")),
    ("outputs.tf", include_str!("../../infra-templates/outputs.tf.j2")),
    (EXAMPLE, include_str!("../../infra-templates/terraform.tfvars.example.j2")),
    (VERSIONS, include_str!("../../infra-templates/versions.tf.j2")),
    (GITIGNORE, include_str!("../../infra-templates/gitignore.j2")),
];

/// The versions of the provider in which a secret's version takes a write-only value, and so all that every file needs.
///
/// Source: [the change](https://github.com/hashicorp/terraform-provider-aws/pull/41371).
const WITH_WRITE_ONLY: &str = ">= 5.88";
/// Those in which `exclude_characters` of a random password is a text. That was mended in March 2025, of which 5.93 is the last.
///
/// Source: [the change](https://github.com/hashicorp/terraform-provider-aws/pull/41546).
const WITH_EXCLUDED_CHARACTERS: &str = ">= 5.94";
/// Those in which resources have a `region`.
///
/// Source: the guide "Enhanced Region Support" of the provider's documentation.
const WITH_REGION: &str = ">= 6.0";

/// What git is to ignore beside the others.
pub const GITIGNORE: &str = ".gitignore";
/// What people copy and fill in.
const EXAMPLE: &str = "terraform.tfvars.example";
/// The file that only a spec with rotations has.
const ROTATION: &str = "rotation.tf";
/// The file that says what a root which calls the others as a module has to have.
const VERSIONS: &str = "versions.tf";
/// Beside the others, and not a function of the spec alone.
const IMPORT_TEMPLATE: (&str, &str) = ("import.tf", include_str!("../../infra-templates/import.tf.j2"));

/// The text of every generated file, by file name.
///
/// # Errors
///
/// As [`Rendering::of`] has.
///
/// # Panics
///
/// As [`Rendering::of`] does.
pub fn files(spec: &Spec) -> Result<BTreeMap<String, String>, Vec<Problem>> {
    let rendering = Rendering::of(spec)?;
    Ok(rendering.names().into_iter().map(|name| (name.to_owned(), rendering.text(name))).collect())
}

/// The generated files of a spec, each rendered when it is asked for.
pub struct Rendering<'a> {
    views: Views<'a>,
    environment: Environment<'static>,
}

impl<'a> Rendering<'a> {
    /// The files of a spec that was checked.
    ///
    /// # Errors
    ///
    /// Every name that Terraform would refuse, and every policy that AWS would.
    ///
    /// # Panics
    ///
    /// If the spec was not checked: a grant must be on a secret that the spec declares.
    pub fn of(spec: &'a Spec) -> Result<Self, Vec<Problem>> {
        Ok(Self { views: Views::of(spec)?, environment: environment() })
    }

    /// What the files are called, in the order of their names.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let templates = TEMPLATES.into_iter().map(|(name, _)| name);
        let wanted = templates.filter(|name| *name != ROTATION || !self.views.rotations.is_empty());
        let mut names: Vec<&str> = wanted.chain([picture::ACCESS]).collect();
        names.sort_unstable();
        names
    }

    /// The text of one of them.
    ///
    /// # Panics
    ///
    /// If no file is called so.
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
            GITIGNORE => context! { header => &views.header },
            EXAMPLE => {
                let header = own::header_of_example(&views.spec.source);
                context! { header, ..Value::from(Serde(views.variables())) }
            }
            _ => Value::from(Serde(views.variables())),
        };
        fill(&self.environment, name, view)
    }
}

/// Every resource in these files, and what it stands for in AWS in the environment of a prefix, in the order of the spec.
///
/// # Errors
///
/// As [`files`] has.
///
/// # Panics
///
/// As [`files`] does.
pub fn managed(spec: &Spec, prefix: &str) -> Result<Vec<Managed>, Vec<Problem>> {
    Ok(Views::of(spec)?.managed(prefix))
}

/// The text of the file that adopts what exists.
#[must_use]
pub fn import_file<V: Serialize>(view: V) -> String {
    fill(&environment(), IMPORT_TEMPLATE.0, Value::from(Serde(view)))
}

fn fill(environment: &Environment<'_>, name: &str, view: Value) -> String {
    let template = environment.get_template(name).expect("each template was added");
    let mut text = Aligned::default();
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

/// Writes a value as HCL. Undefined and null are errors: nothing may be left out unsaid.
fn write_hcl(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let text = match value.as_str() {
        Some(text) if value.is_safe() => text.to_owned(),
        Some(text) => hcl::quote(text),
        None => return Err(Error::new(ErrorKind::BadEscape, format!("cannot write {} as HCL", value.kind()))),
    };
    out.write_str(&text).map_err(Error::from)
}

/// An address such as `aws_iam_role.login_user`, without quotes.
fn bare_address(address: &str) -> Result<Value, Error> {
    if address.split('.').all(hcl::is_identifier) {
        return Ok(Value::from_safe_string(address.to_owned()));
    }
    Err(Error::new(ErrorKind::BadEscape, format!("`{address}` is not an address")))
}

/// The rest of a comment's line.
fn bare_line(text: &str) -> Value {
    Value::from_safe_string(text.replace(|char| !is_printed(char), " "))
}

/// Part of a literal that has an interpolation of its own. The characters of names need no escape, and are held to.
fn bare_name(text: &str) -> Result<Value, Error> {
    if hcl::quote(text).trim_matches('"') == text {
        return Ok(Value::from_safe_string(text.to_owned()));
    }
    Err(Error::new(ErrorKind::BadEscape, format!("`{text}` needs quoting")))
}

struct Views<'a> {
    header: String,
    spec: &'a Spec,
    secrets: HashMap<&'a str, &'a SecretSpec>,
    /// With the documents of each.
    roles: Vec<(RoleHandlers<'a>, Documents)>,
    /// By the secret's id.
    shared: HashMap<&'a str, Vec<ShareStatement>>,
    /// By the secret's id, where Terraform writes its value.
    shapes: HashMap<&'a str, PayloadShape>,
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
        for role in spec.roles() {
            problems.extend(role.handlers.iter().flat_map(|handler| environments::problems(spec, &secrets, handler)));
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
            HashMap::new()
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        let rotations = rotation::rotations(spec);
        Ok(Self { header: own::header(&spec.source), spec, secrets, roles, shared, shapes, rotations })
    }

    fn creates_roles(&self) -> bool {
        self.spec.handlers.iter().any(|handler| handler.role == Role::Created)
    }

    /// The versions of the AWS provider that have every argument of the files.
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

/// The Terraform address of a secret that is not created at run time.
fn address(secret: &SecretSpec) -> String {
    let kind =
        if secret.owner == Owner::External { "data.aws_secretsmanager_secret" } else { "aws_secretsmanager_secret" };
    format!("{kind}.{}", secret_label(secret))
}

/// The Terraform expression for a key's ARN, in a region.
pub(crate) fn key_address(key: &KmsKey, region: Option<&str>) -> String {
    match key {
        KmsKey::Variable { variable } => format!("var.{variable}"),
        KmsKey::Alias { alias } => format!("data.aws_kms_alias.{}.target_key_arn", alias_label(alias, region)),
    }
}

/// A tag, whose key may be any text.
#[derive(Serialize)]
struct Tag<'a> {
    key: &'a str,
    value: &'a str,
}

/// The tags of all maps together; where two have a key, the later map's.
fn tags<'a>(maps: &[&'a BTreeMap<String, String>]) -> Vec<Tag<'a>> {
    let entries = maps.iter().flat_map(|map| map.iter());
    let merged: BTreeMap<&str, &str> = entries.map(|(key, value)| (key.as_str(), value.as_str())).collect();
    merged.into_iter().map(|(key, value)| Tag { key, value }).collect()
}
