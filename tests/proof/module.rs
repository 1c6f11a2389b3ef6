//! Reads rendered files as one Terraform module and says what its expressions come to, in a world of fake ids.
//!
//! Closed on purpose: a block, an argument or an attribute that is not listed here is an error, because it might grant
//! something that the proof would then not see, such as a resource policy or `inline_policy`.

use std::collections::BTreeMap;
use std::path::Path;

use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, BlockLabel, Body};
use paypulse_runtime::model::{KmsKey, Spec};
use serde_json::{Value, json};

use super::expression::{evaluate, text};

/// Where the module is applied.
#[derive(Clone, Debug)]
pub struct World {
    /// Such as `aws`.
    pub partition: &'static str,
    /// Such as `eu-west-1`.
    pub region: String,
    /// Twelve digits.
    pub account: &'static str,
    /// Values of variables. Any other variable is worth `var.` and its name, which no role or key can be called.
    pub variables: BTreeMap<String, String>,
    /// The ARNs of the functions that are deployed, by the variable for them; nothing where one is not deployed yet.
    pub functions: BTreeMap<String, Option<String>>,
}

/// What every secret's ARN ends in, here.
pub const SUFFIX: &str = "AbCdEf";

impl World {
    /// A commercial region.
    pub fn ireland() -> Self {
        let (variables, functions) = (BTreeMap::new(), BTreeMap::new());
        Self { partition: "aws", region: "eu-west-1".to_owned(), account: "123456789012", variables, functions }
    }

    /// Another partition, whose names are also longer.
    pub fn gov_cloud() -> Self {
        Self { partition: "aws-us-gov", region: "us-gov-west-1".to_owned(), account: "210987654321", ..Self::ireland() }
    }

    /// China, where names end otherwise.
    pub fn china() -> Self {
        Self { partition: "aws-cn", region: "cn-northwest-1".to_owned(), ..Self::ireland() }
    }

    /// What the names of services end in.
    ///
    /// Source: [AWS partitions](https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html) and
    /// the endpoints of each.
    pub fn dns_suffix(&self) -> &'static str {
        match self.partition {
            "aws-cn" => "amazonaws.com.cn",
            "aws-eusc" => "amazonaws.eu",
            "aws-iso" => "c2s.ic.gov",
            "aws-iso-b" => "sc2s.sgov.gov",
            "aws-iso-e" => "cloud.adc-e.uk",
            "aws-iso-f" => "csp.hci.ic.gov",
            _ => "amazonaws.com",
        }
    }

    /// The same world as it is in a region, if that is another than the module's own.
    pub fn within(&self, region: Option<&str>) -> Self {
        Self { region: region.unwrap_or(&self.region).to_owned(), ..self.clone() }
    }

    /// The value of a variable.
    pub fn variable(&self, name: &str) -> String {
        self.variables.get(name).cloned().unwrap_or_else(|| format!("var.{name}"))
    }

    /// The ARN of a secret.
    pub fn secret(&self, name: &str, suffix: &str) -> String {
        format!("arn:{}:secretsmanager:{}:{}:secret:{name}-{suffix}", self.partition, self.region, self.account)
    }

    /// The ARN of the KMS key behind an alias.
    pub fn key(&self, alias: &str) -> String {
        let id = alias.replace('/', "-");
        format!("arn:{}:kms:{}:{}:key/behind-{id}", self.partition, self.region, self.account)
    }

    /// The ARN of a key that a spec names.
    pub fn key_of(&self, key: &KmsKey) -> String {
        match key {
            KmsKey::Variable { variable } => self.key(&format!("variable/{variable}")),
            KmsKey::Alias { alias } => self.key(alias),
        }
    }

    /// The same world, in which the variables that name the keys of a spec have values.
    pub fn with_keys_of(mut self, spec: &Spec) -> Self {
        for secret in &spec.secrets {
            let copies = secret.options.replicas.iter().map(|copy| (copy.kms_key.as_ref(), Some(copy.region.as_str())));
            for (key, region) in copies.chain([(secret.kms_key.as_ref(), secret.region.as_deref())]) {
                if let Some(key @ KmsKey::Variable { variable }) = key {
                    let arn = self.within(region).key_of(key);
                    self.variables.insert(variable.to_string(), arn);
                }
            }
        }
        self
    }

    /// The ARN of a function.
    pub fn function(&self, name: &str) -> String {
        format!("arn:{}:lambda:{}:{}:function:{name}", self.partition, self.region, self.account)
    }

    /// The same world, in which every function that rotates something is deployed under its name behind a prefix.
    pub fn with_functions_of(mut self, spec: &Spec, prefix: &str) -> Self {
        for handler in &spec.handlers {
            let mut rotated = spec.secrets.iter().filter(|secret| secret.owner.function() == Some(handler.id.as_str()));
            let region = rotated.next().and_then(|secret| secret.region.as_deref());
            let function = self.within(region).function(&format!("{prefix}{}", handler.name));
            self.functions.insert(function_variable(&handler.name), Some(function));
        }
        self
    }

    /// The same world, in which none is.
    pub fn without_functions(mut self) -> Self {
        self.functions.values_mut().for_each(|function| *function = None);
        self
    }

    fn iam(&self, kind: &str, name: &str) -> String {
        format!("arn:{}:iam::{}:{kind}/{name}", self.partition, self.account)
    }
}

/// The variable that says where the function of a handler is, as the documentation names it.
fn function_variable(handler: &str) -> String {
    let name = handler.replace('-', "_");
    let prefix = if name.starts_with(|first: char| first.is_ascii_digit()) { "handler_" } else { "" };
    format!("{prefix}{name}_function")
}

/// The blocks of a module.
#[derive(Clone, Debug)]
pub struct Module {
    /// The world in which it is applied.
    pub world: World,
    blocks: BTreeMap<String, Block>,
    locals: BTreeMap<String, Expression>,
}

/// The arguments of each kind of block that the proof understands.
const KNOWN: &[(&str, &[&str])] = &[
    (
        "aws_iam_role",
        &["name", "assume_role_policy", "force_detach_policies", "permissions_boundary", "description", "tags"],
    ),
    ("aws_iam_role_policy", &["name", "role", "policy"]),
    ("aws_iam_policy", &["name", "description", "policy", "tags"]),
    ("aws_iam_role_policy_attachment", &["role", "policy_arn"]),
    ("aws_iam_role_policies_exclusive", &["role_name", "policy_names"]),
    ("aws_iam_role_policy_attachments_exclusive", &["role_name", "policy_arns"]),
    ("aws_secretsmanager_secret", &["region", "name", "description", "kms_key_id", "recovery_window_in_days", "tags"]),
    ("aws_secretsmanager_secret.replica", &["region", "kms_key_id"]),
    ("aws_secretsmanager_secret_policy", &["region", "secret_arn", "block_public_policy", "policy"]),
    (
        "aws_secretsmanager_secret_version",
        &["region", "secret_id", "secret_string", "secret_string_wo", "secret_string_wo_version", "version_stages"],
    ),
    ("aws_secretsmanager_secret_version.lifecycle", &["ignore_changes"]),
    // A value and no more.
    (
        "ephemeral.aws_secretsmanager_random_password",
        &[
            "password_length",
            "require_each_included_type",
            "exclude_lowercase",
            "exclude_uppercase",
            "exclude_numbers",
            "exclude_punctuation",
            "exclude_characters",
            "include_space",
        ],
    ),
    (
        "aws_lambda_permission",
        &["region", "count", "statement_id", "action", "function_name", "principal", "source_arn"],
    ),
    (
        "aws_secretsmanager_secret_rotation",
        &["region", "count", "secret_id", "rotation_lambda_arn", "rotate_immediately", "depends_on"],
    ),
    (
        "aws_secretsmanager_secret_rotation.rotation_rules",
        &["schedule_expression", "automatically_after_days", "duration"],
    ),
    ("data.aws_partition", &[]),
    ("data.aws_region", &[]),
    ("data.aws_caller_identity", &[]),
    ("data.aws_secretsmanager_secret", &["region", "name"]),
    ("data.aws_kms_alias", &["region", "name"]),
];

fn hold_to_known(address: &str, kind: &str, block: &Block) -> Result<(), String> {
    let Some((_, known)) = KNOWN.iter().find(|(name, _)| *name == kind) else {
        return Err(match kind.rsplit_once('.') {
            Some((outer, nested)) if outer != "data" => format!("{address}: unknown block `{nested}`"),
            _ => format!("{address}: unknown kind"),
        });
    };
    let mut names = block.body.attributes().map(|attribute| attribute.key.as_str());
    names.find(|name| !known.contains(name)).map_or(Ok(()), |name| Err(format!("{address}: unknown argument `{name}`")))
}

/// Deeper than any honest module's locals; a local that needs itself ends here.
const MAX_DEPTH: usize = 32;

impl Module {
    /// Reads the `.tf` files.
    pub fn read(files: &BTreeMap<String, String>, world: World) -> Result<Self, String> {
        let mut module = Self { world, blocks: BTreeMap::new(), locals: BTreeMap::new() };
        for (name, text) in files.iter().filter(|(name, _)| Path::new(name).extension() == Some("tf".as_ref())) {
            let body: Body = hcl_edit::parser::parse_body(text).map_err(|error| format!("{name}: {error}"))?;
            if let Some(attribute) = body.attributes().next() {
                return Err(format!("{name}: `{}` stands outside a block", attribute.key.as_str()));
            }
            for block in body.blocks() {
                module.declare(block).map_err(|fault| format!("{name}: {fault}"))?;
            }
        }
        Ok(module)
    }

    fn declare(&mut self, block: &Block) -> Result<(), String> {
        let labels: Vec<&str> = block.labels.iter().map(BlockLabel::as_str).collect();
        let address = match (block.ident.as_str(), labels.as_slice()) {
            ("resource", [kind, label]) => format!("{kind}.{label}"),
            (word @ ("data" | "ephemeral"), [kind, label]) => format!("{word}.{kind}.{label}"),
            ("variable", [name]) => format!("var.{name}"),
            ("locals", []) => {
                for attribute in block.body.attributes() {
                    if self.locals.insert(attribute.key.as_str().to_owned(), attribute.value.clone()).is_some() {
                        return Err(format!("local.{} is declared twice", attribute.key.as_str()));
                    }
                }
                return Ok(());
            }
            // These show something and grant nothing.
            ("output" | "check", [_]) | ("terraform", []) => return Ok(()),
            (kind, labels) => return Err(format!("unknown block {kind} {labels:?}")),
        };
        if !address.starts_with("var.") {
            let kind = address.rsplit_once('.').map_or("", |(kind, _)| kind);
            hold_to_known(&address, kind, block)?;
            for nested in block.body.blocks() {
                hold_to_known(&address, &format!("{kind}.{}", nested.ident.as_str()), nested)?;
            }
        }
        match self.blocks.insert(address.clone(), block.clone()) {
            Some(_) => Err(format!("{address} is declared twice")),
            None => Ok(()),
        }
    }

    /// The addresses of all resources or data sources of a kind.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &str> {
        self.blocks.keys().map(String::as_str).filter(move |it| it.rsplit_once('.').is_some_and(|(it, _)| it == kind))
    }

    /// The value of an argument.
    pub fn argument(&self, address: &str, name: &str) -> Result<Value, String> {
        self.argument_within(address, name, MAX_DEPTH)
    }

    /// The value of an argument that is a text.
    pub fn text(&self, address: &str, name: &str) -> Result<String, String> {
        text(self.argument(address, name)?).map_err(|fault| format!("{address}: {name}: {fault}"))
    }

    /// The value of an argument that can be left out.
    pub fn optional(&self, address: &str, name: &str) -> Result<Option<Value>, String> {
        let is_there = self.blocks.get(address).is_some_and(|block| block.body.has_attribute(name));
        if is_there { self.argument(address, name).map(Some) } else { Ok(None) }
    }

    /// The region that a block names; none where it leaves that to the provider.
    pub fn region(&self, address: &str) -> Result<Option<String>, String> {
        self.optional(address, "region")?.map(text).transpose()
    }

    /// The arguments of the one nested block of this kind.
    pub fn nested(&self, address: &str, kind: &str) -> Result<BTreeMap<String, Value>, String> {
        let block = self.blocks.get(address).ok_or_else(|| format!("{address} is not declared"))?;
        let nested: Vec<&Block> = block.body.get_blocks(kind).collect();
        let [nested] = nested[..] else { return Err(format!("{address} has {} of {kind}", nested.len())) };
        let values = nested
            .body
            .attributes()
            .map(|attribute| Ok((attribute.key.as_str().to_owned(), self.evaluate(&attribute.value, MAX_DEPTH)?)));
        values.collect()
    }

    /// What a resource waits for.
    pub fn depends_on(&self, address: &str) -> Vec<String> {
        let attribute = self.blocks.get(address).and_then(|block| block.body.get_attribute("depends_on"));
        let Some(Expression::Array(all)) = attribute.map(|attribute| &attribute.value) else { return Vec::new() };
        all.iter().map(|it| it.to_string().trim().to_owned()).collect()
    }

    /// Whether a variable is a list or a map without a value.
    fn has_collection(&self, variable: &str) -> bool {
        let default = self.blocks.get(&format!("var.{variable}")).and_then(|block| block.body.get_attribute("default"));
        default.is_some_and(|default| matches!(default.value, Expression::Array(_) | Expression::Object(_)))
    }

    fn is_declared(&self, address: &str) -> bool {
        self.blocks.contains_key(address)
    }

    fn argument_within(&self, address: &str, name: &str, depth: usize) -> Result<Value, String> {
        let block = self.blocks.get(address).ok_or_else(|| format!("{address} is not declared"))?;
        let attribute = block.body.get_attribute(name).ok_or_else(|| format!("{address}: {name} is missing"))?;
        self.evaluate(&attribute.value, depth).map_err(|fault| format!("{address}: {name}: {fault}"))
    }

    fn evaluate(&self, expression: &Expression, depth: usize) -> Result<Value, String> {
        let depth = depth.checked_sub(1).ok_or("this goes round in a circle")?;
        evaluate(expression, &|words| self.resolve(words, depth))
    }

    fn resolve(&self, words: &[&str], depth: usize) -> Result<Value, String> {
        let world = &self.world;
        let whole = words.join(".");
        let unknown = || format!("unknown reference `{whole}`");
        let (address, kind, attribute) = match words {
            ["local", name] => return self.evaluate(self.locals.get(*name).ok_or_else(unknown)?, depth),
            ["var", name, "arn"] if self.is_declared(&format!("var.{name}")) => {
                let arn = world.functions.get(*name).ok_or_else(unknown)?;
                return arn.clone().map(Value::String).ok_or_else(|| format!("{whole} has no value"));
            }
            ["var", name] if world.functions.contains_key(*name) && self.is_declared(&format!("var.{name}")) => {
                return Ok(world.functions[*name].as_ref().map_or(Value::Null, |arn| json!({ "arn": arn })));
            }
            // Lists and maps have no other value than their own.
            ["var", name] if self.has_collection(name) => {
                return self.argument_within(&format!("var.{name}"), "default", depth);
            }
            ["var", name] => (format!("var.{name}"), "var".to_owned(), "value"),
            ["data", kind, label, attribute] => (format!("data.{kind}.{label}"), format!("data.{kind}"), *attribute),
            [kind, label, attribute] => (format!("{kind}.{label}"), (*kind).to_owned(), *attribute),
            _ => return Err(unknown()),
        };
        if !self.blocks.contains_key(&address) {
            return Err(format!("{address} is not declared"));
        }
        let name = || text(self.argument_within(&address, "name", depth)?);
        let there = || Ok::<_, String>(world.within(self.region(&address)?.as_deref()));
        Ok(Value::String(match (kind.as_str(), attribute) {
            ("var", _) => world.variable(words[1]),
            ("data.aws_partition", "partition") => world.partition.to_owned(),
            ("data.aws_partition", "dns_suffix") => world.dns_suffix().to_owned(),
            ("data.aws_region", "endpoint") => format!("ec2.{}.{}", world.region, world.dns_suffix()),
            ("data.aws_caller_identity", "account_id") => world.account.to_owned(),
            ("aws_secretsmanager_secret" | "data.aws_secretsmanager_secret", "arn" | "id") => {
                there()?.secret(&name()?, SUFFIX)
            }
            ("data.aws_kms_alias", "target_key_arn") => there()?.key(&name()?),
            ("aws_iam_role", "arn") => world.iam("role", &name()?),
            ("aws_iam_role", "name" | "id") | ("aws_iam_role_policy" | "aws_iam_policy", "name") => name()?,
            ("aws_iam_role_policy_attachment", "policy_arn") => {
                text(self.argument_within(&address, attribute, depth)?)?
            }
            ("aws_iam_policy", "arn" | "id") => world.iam("policy", &name()?),
            _ => return Err(unknown()),
        }))
    }
}
