//! The resources that the rendered Terraform manages, and the AWS object behind each. `import` uses them to recognize
//! existing objects.

use std::fmt;

use driftless_model::{Delivery, deployed_name, shown};

use super::Views;
use crate::labels::LOGS_POLICY;

/// A `resource` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Managed {
    /// The address in the module: `aws_iam_role.login_user`.
    pub address: String,
    /// The AWS object.
    pub object: Object,
    /// The Region, if it is not the provider's.
    pub region: Option<String>,
    /// For a value: how the Terraform delivers it.
    pub delivery: Option<Delivery>,
    /// For a policy on a role that exists already: the variable with the name of the role.
    pub role_variable: Option<String>,
}

/// An object in an AWS account, identified by names only. Two resources with equal objects manage the same object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// A secret, by its name.
    Secret(String),
    /// The current value of a secret.
    Value(String),
    /// The resource policy of a secret.
    SecretPolicy(String),
    /// The rotation of a secret.
    Rotation(String),
    /// A statement in the resource policy of a function.
    Permission {
        /// The name of the function.
        function: String,
        /// The statement id.
        statement: String,
    },
    /// A role, by its name.
    Role(String),
    /// An inline policy. The role is unknown if its name is a variable.
    InlinePolicy {
        /// The name of the role.
        role: Option<String>,
        /// The name of the policy.
        name: String,
    },
    /// A customer-managed policy, by its name.
    ManagedPolicy(String),
    /// An attachment of a managed policy to a role. The role is unknown if its name is a variable.
    Attachment {
        /// The name of the role.
        role: Option<String>,
        /// The attached policy.
        policy: PolicyName,
    },
    /// The exclusive list of a role's inline policies.
    InlinePoliciesOf(String),
    /// The exclusive list of a role's managed policies.
    AttachmentsOf(String),
}

/// A managed policy, as named by the last part of its ARN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyName {
    /// An AWS managed policy, with its path.
    Aws(String),
    /// A customer-managed policy, without its path: the name is unique in the account.
    Own(String),
}

impl Views<'_> {
    pub(super) fn managed(&self, prefix: &str) -> Vec<Managed> {
        let mut all = Vec::new();
        self.add_secrets(prefix, &mut all);
        self.add_iam(prefix, &mut all);
        self.add_rotations(prefix, &mut all);
        all
    }

    fn add_secrets(&self, prefix: &str, all: &mut Vec<Managed>) {
        for secret in self.secrets().managed {
            let mut add = |kind: &str, label: &str, object, delivery| {
                let (address, region) = (format!("aws_secretsmanager_{kind}.{label}"), in_region(secret.region));
                all.push(Managed { address, object, region, delivery, role_variable: None });
            };
            let name = || prefix.to_owned() + secret.name;
            add("secret", &secret.label, Object::Secret(name()), None);
            if !secret.shares.is_empty() {
                add("secret_policy", &secret.label, Object::SecretPolicy(name()), None);
            }
            if let Some(value) = &secret.value {
                add("secret_version", &value.label, Object::Value(name()), Some(value.delivery.clone()));
            }
        }
    }

    fn add_rotations(&self, prefix: &str, all: &mut Vec<Managed>) {
        for rotation in self.rotation().rotations {
            // `count` is 1 if the function is given, otherwise 0.
            let mut add = |kind: &str, object| {
                let (address, region) = (format!("{kind}.{}[0]", rotation.label), in_region(rotation.region));
                all.push(Managed { address, object, region, delivery: None, role_variable: None });
            };
            let (function, statement) = (deployed_name(prefix, rotation.function), rotation.statement_id);
            add("aws_lambda_permission", Object::Permission { function, statement });
            add("aws_secretsmanager_secret_rotation", Object::Rotation(prefix.to_owned() + rotation.name));
        }
    }

    fn add_iam(&self, prefix: &str, all: &mut Vec<Managed>) {
        for of in self.iam().roles {
            let role_variable = of.role_variable().map(str::to_owned);
            let mut add = |kind: &str, label: &str, object| {
                let (address, role_variable) = (format!("aws_iam_{kind}.{label}"), role_variable.clone());
                all.push(Managed { address, object, region: None, delivery: None, role_variable });
            };
            let name = || deployed_name(prefix, of.name);
            let role = || of.creates_role.then(name);
            let attachment = |policy| Object::Attachment { role: role(), policy };
            if of.creates_role {
                add("role", &of.label, Object::Role(name()));
                if let Some(label) = &of.logs_label {
                    add("role_policy_attachment", label, attachment(PolicyName::Aws(LOGS_POLICY.to_owned())));
                }
                for policy in of.aws_policies {
                    let name = PolicyName::Aws(policy.name.to_owned());
                    add("role_policy_attachment", &policy.label, attachment(name));
                }
            }
            for document in of.documents {
                let policy = deployed_name(prefix, &document.name);
                if of.is_inline {
                    add("role_policy", &document.label, Object::InlinePolicy { role: role(), name: policy });
                } else {
                    add("policy", &document.label, Object::ManagedPolicy(policy.clone()));
                    add("role_policy_attachment", &document.label, attachment(PolicyName::Own(policy)));
                }
            }
            if of.creates_role {
                add("role_policies_exclusive", &of.label, Object::InlinePoliciesOf(name()));
                add("role_policy_attachments_exclusive", &of.label, Object::AttachmentsOf(name()));
            }
        }
    }
}

fn in_region(region: &str) -> Option<String> {
    (!region.is_empty()).then(|| region.to_owned())
}

impl Object {
    /// The same object with an unknown role; `None` if it does not belong to a role.
    #[must_use]
    pub fn on_an_unknown_role(&self) -> Option<Self> {
        match self {
            Self::InlinePolicy { role: Some(_), name } => Some(Self::InlinePolicy { role: None, name: name.clone() }),
            Self::Attachment { role: Some(_), policy } => Some(Self::Attachment { role: None, policy: policy.clone() }),
            _ => None,
        }
    }
}

/// Formats the object as a noun phrase: ``the secret `app/user/7` ``.
impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on = |role: &Option<String>| role.as_deref().map(|role| format!(" on {}", shown(role))).unwrap_or_default();
        match self {
            Self::Secret(name) => write!(f, "the secret {}", shown(name)),
            Self::Value(name) => write!(f, "the value of {}", shown(name)),
            Self::SecretPolicy(name) => write!(f, "the policy on {}", shown(name)),
            Self::Rotation(name) => write!(f, "the rotation of {}", shown(name)),
            Self::Permission { function, statement } => {
                write!(f, "the statement {} on the function {}", shown(statement), shown(function))
            }
            Self::Role(name) => write!(f, "the role {}", shown(name)),
            Self::InlinePolicy { role, name } => write!(f, "the inline policy {}{}", shown(name), on(role)),
            Self::ManagedPolicy(name) => write!(f, "the policy {}", shown(name)),
            Self::Attachment { role, policy } => write!(f, "the policy {}{}", shown(&policy.to_string()), on(role)),
            Self::InlinePoliciesOf(role) => write!(f, "the list of inline policies of {}", shown(role)),
            Self::AttachmentsOf(role) => write!(f, "the list of managed policies of {}", shown(role)),
        }
    }
}

impl PolicyName {
    /// The policy that an ARN names.
    ///
    /// Source: [IAM identifiers](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html).
    #[must_use]
    pub fn of_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let (account, resource) = (parts.nth(4)?, parts.next()?);
        let name = resource.strip_prefix("policy/")?;
        let own = || name.rsplit('/').next().unwrap_or(name).to_owned();
        Some(if account == "aws" { Self::Aws(name.to_owned()) } else { Self::Own(own()) })
    }
}

impl fmt::Display for PolicyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aws(name) | Self::Own(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PolicyName;

    #[test]
    fn a_policys_arn_says_whose_it_is_and_its_name() {
        let aws = |name: &str| Some(PolicyName::Aws(name.into()));
        let own = |name: &str| Some(PolicyName::Own(name.into()));
        for (arn, expected) in [
            ("arn:aws:iam::aws:policy/SecretsManagerReadWrite", aws("SecretsManagerReadWrite")),
            ("arn:aws-cn:iam::aws:policy/service-role/X", aws("service-role/X")),
            ("arn:aws:iam::123456789012:policy/x-secrets-1", own("x-secrets-1")),
            ("arn:aws:iam::123456789012:policy/team/a/x", own("x")),
            ("arn:aws:iam::123456789012:role/x", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(PolicyName::of_arn(arn), expected, "{arn}");
        }
    }
}
