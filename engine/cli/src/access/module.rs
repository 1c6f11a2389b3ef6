//! A Terraform module that was rendered from a spec, parsed back from its text.

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::{Problem, Spec};
use hcl_edit::expr::{Expression, Traversal};
use hcl_edit::structure::{Attribute, Block, Body};
use hcl_edit::visit::{Visit, visit_traversal};
use serde_json::{Map, Value};

use super::expression::{evaluate, reference, unknown};
use super::{Access, Attributes};
use crate::render;

pub use crate::labels::REGION;

/// Start of the address of a resource that lists the managed policies of a role.
const LIST_OF_POLICIES: &str = "aws_iam_role_policy_attachments_exclusive.";

/// Values of references that are known before an apply, such as `data.aws_partition.current.partition`.
pub type Known = BTreeMap<String, Value>;

/// Maximum depth of references in a rendered module; a deeper one must be circular.
const DEEPEST: usize = 16;

/// The blocks of all resources and data sources of a module by address, and its local values.
#[derive(Debug, Default)]
pub struct Module {
    blocks: BTreeMap<String, Body>,
    locals: BTreeMap<String, Expression>,
}

/// A file that is not valid HCL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{file}` is not HCL, from line {line} column {column} on")]
pub struct NotHcl {
    /// The name of the file.
    pub file: String,
    /// Line, starting at 1.
    pub line: usize,
    /// Column, starting at 1.
    pub column: usize,
}

impl Module {
    /// Parses the files of a module, given by name. Files that do not end in `.tf` are ignored.
    ///
    /// # Errors
    ///
    /// If a file is not HCL.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, NotHcl> {
        let mut module = Self::default();
        for (file, text) in files {
            if !file.ends_with(".tf") {
                continue;
            }
            let body: Body = text.parse().map_err(|error: hcl_edit::parser::Error| NotHcl {
                file: file.to_owned(),
                line: error.location().line(),
                column: error.location().column(),
            })?;
            for block in body.into_blocks() {
                module.add(block);
            }
        }
        Ok(module)
    }

    /// Renders a spec, and parses the module.
    ///
    /// # Errors
    ///
    /// The problems of the spec.
    ///
    /// # Panics
    ///
    /// If the rendered files are not HCL, which tests exclude.
    pub fn rendered(spec: &Spec) -> Result<Self, Vec<Problem>> {
        let files = render::files(spec)?;
        let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        Ok(Self::read(files).expect("what is rendered is HCL"))
    }

    fn add(&mut self, block: Block) {
        let labels: Vec<&str> = block.labels.iter().map(hcl_edit::structure::BlockLabel::as_str).collect();
        match (block.ident.as_str(), &labels[..]) {
            ("locals", []) => {
                let locals = block.body.into_attributes();
                self.locals.extend(locals.map(|local| (local.key.to_string(), local.value)));
            }
            ("resource", [kind, name]) => _ = self.blocks.insert(format!("{kind}.{name}"), block.body),
            ("data", [kind, name]) => _ = self.blocks.insert(format!("data.{kind}.{name}"), block.body),
            _ => {}
        }
    }

    /// What the module's resources allow, and which variables give roles additional policies.
    #[must_use]
    pub fn access(&self, known: &Known) -> Access {
        let mut access = self.access_of(known, |_| true);
        for (address, body) in self.blocks.iter().filter(|(address, _)| address.starts_with(LIST_OF_POLICIES)) {
            let arguments = BlockArguments { module: self, known, body };
            let variables = self.references(address, "policy_arns").into_iter().filter(|it| it.starts_with("var."));
            access.attach_to(arguments.text("role_name"), variables);
        }
        access
    }

    /// What those of the module's resources allow whose addresses are wanted.
    #[must_use]
    pub fn access_of(&self, known: &Known, is_wanted: impl Fn(&str) -> bool) -> Access {
        let mut access = Access::default();
        for (address, body) in self.blocks.iter().filter(|(address, _)| is_wanted(address)) {
            access.add(address, &BlockArguments { module: self, known, body });
        }
        access.joined()
    }

    /// An argument of a resource as text, as in [`Attributes`].
    #[must_use]
    pub fn text(&self, address: &str, name: &str, known: &Known) -> Option<String> {
        BlockArguments { module: self, known, body: self.blocks.get(address)? }.text(name)
    }

    /// The arguments of a resource or data source, and its nested blocks as lists of objects.
    #[must_use]
    pub fn arguments(&self, address: &str, known: &Known) -> Map<String, Value> {
        self.blocks.get(address).map(|body| self.values(body, known)).unwrap_or_default()
    }

    fn values(&self, body: &Body, known: &Known) -> Map<String, Value> {
        let value = |expression| evaluate(expression, &|words: &str| self.resolve(words, known, 0));
        let mut all: Map<String, Value> =
            body.attributes().map(|argument| (argument.key.to_string(), value(&argument.value))).collect();
        for block in body.blocks() {
            let blocks = all.entry(block.ident.to_string()).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(blocks) = blocks {
                blocks.push(Value::Object(self.values(&block.body, known)));
            }
        }
        all
    }

    /// The references in an argument or nested block of a resource: `aws_iam_role.x.name`.
    #[must_use]
    pub fn references(&self, address: &str, argument: &str) -> BTreeSet<String> {
        let mut found = ReferenceVisitor::default();
        if let Some(body) = self.blocks.get(address) {
            if let Some(given) = body.get_attribute(argument) {
                found.visit_expr(&given.value);
            }
            body.get_blocks(argument).for_each(|block| found.visit_body(&block.body));
        }
        found.0
    }

    /// The arguments of a resource that consist only of a variable, each with the reference.
    #[must_use]
    pub fn variables_of(&self, address: &str) -> Vec<(String, String)> {
        let Some(body) = self.blocks.get(address) else { return Vec::new() };
        let is_variable = |argument: &Attribute| match &argument.value {
            Expression::Traversal(traversal) => reference(traversal).filter(|words| words.starts_with("var.")),
            _ => None,
        };
        body.attributes().filter_map(|it| Some((it.key.to_string(), is_variable(it)?))).collect()
    }

    /// The addresses of the resources.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.blocks.keys().map(String::as_str).filter(|address| !address.starts_with("data."))
    }

    /// The addresses of the data sources, which start with `data.`.
    pub fn data(&self) -> impl Iterator<Item = &str> {
        self.blocks.keys().map(String::as_str).filter(|address| address.starts_with("data."))
    }

    /// Whether the module has a resource with this address.
    #[must_use]
    pub fn has(&self, address: &str) -> bool {
        self.blocks.contains_key(address)
    }

    /// Whether a resource may have no instance, because it has a `count`.
    #[must_use]
    pub fn may_be_absent(&self, address: &str) -> bool {
        self.blocks.get(address).is_some_and(|body| body.get_attribute("count").is_some())
    }

    fn resolve(&self, reference: &str, known: &Known, depth: usize) -> Option<Value> {
        if let Some(value) = known.get(reference) {
            return Some(value.clone());
        }
        if depth == DEEPEST {
            return None;
        }
        let evaluate = |expression| evaluate(expression, &|words: &str| self.resolve(words, known, depth + 1));
        if let Some(local) = reference.strip_prefix("local.") {
            return self.locals.get(local).map(evaluate);
        }
        let (address, attribute) = reference.rsplit_once('.')?;
        let body = self.blocks.get(address)?;
        if let Some(given) = body.get_attribute(attribute) {
            return Some(evaluate(&given.value));
        }
        // The ARN of a secret is known except for its suffix, so that policies on it can be compared.
        let is_secret = address.trim_start_matches("data.").starts_with("aws_secretsmanager_secret.");
        if is_secret && matches!(attribute, "arn" | "id") {
            let part = |reference: &str| {
                let part = self.resolve(reference, known, depth + 1);
                part.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_else(|| unknown(reference))
            };
            let given = |name: &str| Some(evaluate(&body.get_attribute(name)?.value).as_str()?.to_owned());
            let region = given("region").unwrap_or_else(|| part(REGION));
            let partition = part("data.aws_partition.current.partition");
            let account = part("data.aws_caller_identity.current.account_id");
            // Secrets Manager appends six random characters to the ARN of each secret.
            // Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
            let name = given("name")?;
            return Some(format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-??????").into());
        }
        None
    }
}

/// Collects the references of an expression.
#[derive(Default)]
struct ReferenceVisitor(BTreeSet<String>);

impl Visit for ReferenceVisitor {
    fn visit_traversal(&mut self, traversal: &Traversal) {
        match reference(traversal) {
            Some(words) => _ = self.0.insert(words),
            None => visit_traversal(self, traversal),
        }
    }
}

/// The arguments of one block.
struct BlockArguments<'a> {
    module: &'a Module,
    known: &'a Known,
    body: &'a Body,
}

impl Attributes for BlockArguments<'_> {
    fn text(&self, name: &str) -> Option<String> {
        let argument = self.body.get_attribute(name)?;
        match evaluate(&argument.value, &|words: &str| self.module.resolve(words, self.known, 0)) {
            Value::String(text) => Some(text),
            Value::Null => None,
            _ => Some(unknown(argument.value.to_string().trim())),
        }
    }
}
