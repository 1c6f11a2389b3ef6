//! Access granted by the resources of a Terraform module: of a rendered module, read back from its text, or of a
//! Terraform plan. Two of them are compared by the meaning of their policies.

mod difference;
mod expression;
mod module;
mod outside;
mod role;
mod widening;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value, json};

pub use difference::{Change, Difference, Side, Terms, difference};
pub use expression::unknown;
pub use module::{Known, Module, NotHcl, REGION};
pub use outside::Outside;
pub use role::{RoleDocument, RolePolicies, placeholders};
pub use widening::{Named, Names, is_accepted};

use crate::aws::arn::secret_name;
use crate::iam::meaning::{Document, PolicyStatement};

/// Why a document that is not yet known cannot be read.
pub const NOT_KNOWN: &str = "its policy is not known before the apply";

/// The subject of a group of policies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Permissions of a role, by its name.
    Role(String),
    /// The trust policy of a role, by its name.
    Trust(String),
    /// The resource policy of a secret, by its name.
    Secret(String),
    /// The resource policy of a function, by its name.
    Function(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(name) => f.write_str(name),
            Self::Trust(name) => write!(f, "who may be {name}"),
            Self::Secret(name) => write!(f, "who else may use `{name}`"),
            Self::Function(name) => write!(f, "who may call {name}"),
        }
    }
}

/// What all policies of a subject allow together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// The statements of all documents.
    pub statements: Vec<PolicyStatement>,
    /// ARNs of attached managed policies whose documents are not in the module.
    pub attached: BTreeSet<String>,
    /// Resources whose documents are unknown, with the reason.
    pub unread: BTreeMap<String, String>,
}

/// All subjects of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Permissions by subject.
    pub subjects: BTreeMap<Subject, Allowed>,
    /// Managed policies of the module, by the ARN that attachments use: address and document.
    managed: BTreeMap<String, (String, String)>,
    /// Attachments: address, role, and ARN of the policy.
    attachments: Vec<(String, String, String)>,
}

/// The arguments of a resource as text.
pub trait Attributes {
    /// The value of an argument; `None` if it is not set, and `${…}` if it is not known yet.
    fn text(&self, name: &str) -> Option<String>;
}

impl Access {
    /// Adds what a resource allows. Resources that allow nothing are ignored.
    pub fn add(&mut self, address: &str, given: &dyn Attributes) {
        let (kind, _) = address.split_once('.').unwrap_or_default();
        let text = |name: &str| given.text(name).unwrap_or_else(|| unknown(&format!("{address}.{name}")));
        match kind {
            "aws_iam_role" => {
                let name = text("name");
                self.subjects.entry(Subject::Role(name.clone())).or_default();
                self.document(Subject::Trust(name), address, &text("assume_role_policy"));
            }
            "aws_iam_role_policy" => self.document(Subject::Role(text("role")), address, &text("policy")),
            "aws_iam_policy" => {
                let arn = given.text("arn").unwrap_or_else(|| unknown(&format!("{address}.arn")));
                self.managed.insert(arn, (address.to_owned(), text("policy")));
            }
            "aws_iam_role_policy_attachment" => {
                self.attachments.push((address.to_owned(), text("role"), text("policy_arn")));
            }
            "aws_secretsmanager_secret_policy" => {
                let arn = text("secret_arn");
                self.document(Subject::Secret(secret_name(&arn).to_owned()), address, &text("policy"));
            }
            "aws_lambda_permission" => {
                let document = permission(given);
                self.document(Subject::Function(text("function_name")), address, &document.to_string());
            }
            _ => {}
        }
    }

    /// Adds what a role declares itself: its inline policies, and the ARNs of its managed policies.
    pub fn add_in_role<'a>(
        &mut self,
        address: &str,
        role: &str,
        inline: impl Iterator<Item = &'a str>,
        attached: impl Iterator<Item = &'a str>,
    ) {
        for text in inline {
            self.document(Subject::Role(role.to_owned()), address, text);
        }
        let attached = attached.map(|arn| (address.to_owned(), role.to_owned(), arn.to_owned()));
        self.attachments.extend(attached);
    }

    /// Adds managed policies of a role by the expressions that name them.
    pub fn attach_to(&mut self, role: Option<String>, policies: impl Iterator<Item = String>) {
        let mut policies = policies.peekable();
        if let Some(role) = role.filter(|_| policies.peek().is_some()) {
            self.subjects.entry(Subject::Role(role)).or_default().attached.extend(policies);
        }
    }

    /// Adds the policy that a secret declares itself.
    pub fn add_on_secret(&mut self, address: &str, secret: &str, text: &str) {
        self.document(Subject::Secret(secret.to_owned()), address, text);
    }

    /// Resolves attachments: adds the document of each managed policy to its role.
    #[must_use]
    pub fn joined(mut self) -> Self {
        for (address, role, arn) in std::mem::take(&mut self.attachments) {
            match self.managed.get(&arn).cloned() {
                Some((policy, document)) => self.document(Subject::Role(role), &policy, &document),
                None if arn.starts_with("${") => {
                    let unread = &mut self.subjects.entry(Subject::Role(role)).or_default().unread;
                    unread.insert(address, NOT_KNOWN.to_owned());
                }
                None => _ = self.subjects.entry(Subject::Role(role)).or_default().attached.insert(arn),
            }
        }
        self
    }

    fn document(&mut self, subject: Subject, address: &str, text: &str) {
        let allowed = self.subjects.entry(subject).or_default();
        if text.starts_with("${") {
            allowed.unread.insert(address.to_owned(), NOT_KNOWN.to_owned());
            return;
        }
        match Document::read(text) {
            Ok(document) => allowed.statements.extend(document.statements),
            Err(unread) => _ = allowed.unread.insert(address.to_owned(), unread.to_string()),
        }
    }
}

/// A Lambda permission as an IAM statement.
///
/// Source: [AddPermission](https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html).
fn permission(given: &dyn Attributes) -> Value {
    let principal = given.text("principal").unwrap_or_else(|| "*".to_owned());
    let kind = if principal.ends_with(".amazonaws.com") || principal.ends_with(".amazonaws.com.cn") {
        "Service"
    } else {
        "AWS"
    };
    let mut statement = json!({
        "Effect": "Allow",
        "Principal": { kind: principal },
        "Action": given.text("action").unwrap_or_else(|| "*".to_owned()),
        "Resource": "*",
    });
    if let Some(source) = given.text("source_arn") {
        statement["Condition"]["ArnLike"]["aws:SourceArn"] = source.into();
    }
    if let Some(source) = given.text("source_account") {
        statement["Condition"]["StringEquals"]["aws:SourceAccount"] = source.into();
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}
