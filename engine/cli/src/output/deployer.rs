//! Output of `deployer`: the policies as JSON, or as Terraform that creates them.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::{count, note, one_line};
use crate::audit::Site;
use crate::deployer::{DIFFERENCES, ProviderVersion, Purpose};
use crate::hcl;

/// A role that deploys, and its policies.
pub struct DeployerRole {
    name: String,
    purpose: Purpose,
    /// Who may assume it; `None` if the caller decides.
    trust: Option<Value>,
    /// Each with its name.
    policies: Vec<(String, Value)>,
    /// The ids of the secrets whose values it can read.
    readable: Vec<String>,
}

impl DeployerRole {
    /// A role with policies that are named after it.
    #[must_use]
    pub fn new(
        name: &str,
        purpose: Purpose,
        trust: Option<Value>,
        documents: Vec<Value>,
        readable: Vec<String>,
    ) -> Self {
        let named = documents.into_iter().enumerate();
        let policies = named.map(|(index, document)| (format!("{name}-{}", index + 1), document)).collect();
        Self { name: name.to_owned(), purpose, trust, policies, readable }
    }
}

/// What is printed.
pub struct Printed {
    account: String,
    region: String,
    recorded: String,
    provider: ProviderVersion,
    header: String,
    /// The roles.
    pub roles: Vec<DeployerRole>,
    /// Whether the permissions boundary of created roles is known.
    pub has_boundary: bool,
}

impl Printed {
    /// Without roles.
    #[must_use]
    pub fn new(site: &Site, recorded: &str, provider: ProviderVersion, header: &str) -> Self {
        Self {
            account: site.account.clone(),
            region: site.region.clone(),
            recorded: recorded.to_owned(),
            provider,
            header: one_line(header).into_owned(),
            roles: Vec::new(),
            has_boundary: false,
        }
    }

    /// Prints one JSON document.
    ///
    /// # Errors
    ///
    /// If the stream cannot be written.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let roles: Vec<Value> = self.roles.iter().map(role).collect();
        let document = json!({
            "account": self.account,
            "region": self.region,
            "provider": self.provider.to_string(),
            "roles": roles,
        });
        serde_json::to_writer_pretty(&mut *out, &document)?;
        writeln!(out)
    }

    /// Prints Terraform.
    ///
    /// # Errors
    ///
    /// If the stream cannot be written.
    pub fn hcl(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { header, provider, account, region, .. } = self;
        let mut text =
            format!("{header}\n# For hashicorp/aws {provider} in the account {account} and the Region {region}.\n");
        for role in &self.roles {
            add_role(&mut text, role);
        }
        out.write_all(hcl::align(&text).as_bytes())
    }

    /// Says what the roles can reach.
    ///
    /// # Errors
    ///
    /// If the stream cannot be written.
    pub fn notes(&self, err: &mut dyn Write) -> io::Result<()> {
        for role in &self.roles {
            let values = match role.readable.as_slice() {
                [] => "no value".to_owned(),
                ids => format!("the values of {}: {}", count(ids.len(), "secret"), ids.join(", ")),
            };
            let policies = if role.policies.len() == 1 { "policy" } else { "policies" };
            let what = format!("`{}` has {} {policies} and can read {values}", role.name, role.policies.len());
            note(err, &what)?;
        }
        if !self.has_boundary {
            note(
                err,
                "`apply` can give the roles of the files any permission: pass `--var permissions_boundary_arn=ARN` if they \
                 have a permissions boundary",
            )?;
        }
        if self.provider.to_string() != self.recorded {
            let known: Vec<String> = DIFFERENCES.iter().map(|it| format!("{} ({})", it.since, it.source)).collect();
            let what = format!(
                "the calls are those of hashicorp/aws {}; the known differences of later versions: {}",
                self.recorded,
                known.join(", ")
            );
            note(err, &what)?;
        }
        Ok(())
    }
}

fn role(role: &DeployerRole) -> Value {
    let policies = role.policies.iter().map(|(name, document)| json!({ "name": name, "document": document }));
    json!({
        "name": role.name,
        "for": role.purpose.word(),
        "trust": role.trust,
        "policies": policies.collect::<Vec<_>>(),
        "reads_values_of": role.readable,
    })
}

fn add_role(text: &mut String, role: &DeployerRole) {
    let label = label(&role.name);
    let quoted = hcl::quote(&role.name);
    if let Some(trust) = &role.trust {
        block(text, "aws_iam_role", &label, &[("name", quoted), ("assume_role_policy", encoded(trust))]);
    }
    for (index, (name, document)) in role.policies.iter().enumerate() {
        let label_of_policy = format!("{label}_{}", index + 1);
        block(text, "aws_iam_policy", &label_of_policy, &[("name", hcl::quote(name)), ("policy", encoded(document))]);
        if role.trust.is_some() {
            let arguments = [
                ("role", format!("aws_iam_role.{label}.name")),
                ("policy_arn", format!("aws_iam_policy.{label_of_policy}.arn")),
            ];
            block(text, "aws_iam_role_policy_attachment", &label_of_policy, &arguments);
        }
    }
}

fn block(text: &mut String, kind: &str, label: &str, arguments: &[(&str, String)]) {
    write!(text, "\nresource \"{kind}\" \"{label}\" {{\n").expect("a string takes any text");
    for (name, value) in arguments {
        writeln!(text, "  {name} = {value}").expect("a string takes any text");
    }
    text.push_str("}\n");
}

/// A name as the label of a resource.
fn label(name: &str) -> String {
    let word: String = name.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect();
    if hcl::is_identifier(&word) { word } else { format!("_{word}") }
}

fn encoded(document: &Value) -> String {
    format!("jsonencode({})", expression(document, "  "))
}

/// A JSON value as an expression of HCL, whose first line is indented already.
fn expression(value: &Value, indent: &str) -> String {
    let deeper = format!("{indent}  ");
    match value {
        Value::Object(members) => {
            let line =
                |(key, value): (&String, &Value)| format!("{deeper}{} = {}\n", key_of(key), expression(value, &deeper));
            format!("{{\n{}{indent}}}", members.iter().map(line).collect::<String>())
        }
        Value::Array(items) => {
            let line = |item: &Value| format!("{deeper}{},\n", expression(item, &deeper));
            format!("[\n{}{indent}]", items.iter().map(line).collect::<String>())
        }
        Value::String(text) => hcl::quote(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn key_of(key: &str) -> String {
    if hcl::is_identifier(key) { key.to_owned() } else { hcl::quote(key) }
}
