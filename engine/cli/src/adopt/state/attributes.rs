//! Deserializes the attributes of a resource: its object and its import id. Only names and settings are kept; all other
//! attributes, including secret values, are skipped in the stream.

use driftless_model::stage::CURRENT;
use serde::Deserialize;

use super::SharedAttachment;
use crate::aws::arn::{function_name, is_arn, secret_name};
use crate::render::{Object, PolicyName};
use crate::tf::Address;
use crate::tf::lenient::{IsFilled, Loose, Many, Present, Text, Words};

/// The attributes of resources of any kind.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct StateAttributes {
    pub(super) arn: Text,
    pub(super) arns: Many<Text>,
    pub(super) assume_role_policy: Present<Text>,
    pub(super) description: Present<Text>,
    pub(super) force_overwrite_replica_secret: Text,
    pub(super) function_name: Text,
    pub(super) group: Text,
    pub(super) group_name: Text,
    pub(super) groups: Many<Text>,
    pub(super) id: Text,
    pub(super) inline_policy: Many<Loose<InlinePolicy>>,
    pub(super) kms_key_id: Present<Text>,
    pub(super) managed_policy_arns: Many<Text>,
    pub(super) max_session_duration: Text,
    pub(super) name: Text,
    pub(super) path: Text,
    pub(super) permissions_boundary: Present<Text>,
    pub(super) policy: Present<Text>,
    pub(super) policy_arn: Text,
    pub(super) policy_arns: Many<Text>,
    pub(super) policy_names: Many<Text>,
    pub(super) recovery_window_in_days: Text,
    pub(super) replica: Present<Many<Loose<Replica>>>,
    pub(super) role: Text,
    pub(super) role_name: Text,
    pub(super) roles: Many<Text>,
    pub(super) rotation_enabled: Text,
    pub(super) rotation_lambda_arn: Text,
    pub(super) rotation_rules: Many<Loose<StateRules>>,
    pub(super) secret_arn: Text,
    pub(super) secret_id: Text,
    secret_binary: IsFilled,
    secret_string_wo_version: Text,
    pub(super) statement_id: Text,
    pub(super) tags: Present<Words>,
    pub(super) tags_all: Words,
    pub(super) target_key_arn: Text,
    pub(super) target_key_id: Text,
    pub(super) user: Text,
    pub(super) user_name: Text,
    pub(super) users: Many<Text>,
    pub(super) version_id: Text,
    version_stages: Present<Many<Text>>,
}

/// An inline policy in an argument of its role.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct InlinePolicy {
    pub(super) name: Text,
    pub(super) policy: Text,
}

/// A replica of a secret.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Replica {
    pub(super) region: Text,
    pub(super) kms_key_id: Text,
}

/// The schedule of a rotation.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct StateRules {
    pub(super) schedule_expression: Text,
    pub(super) automatically_after_days: Text,
    pub(super) duration: Text,
}

/// The resource types that [`StateAttributes::object`] supports.
pub(super) const KINDS: [&str; 11] = [
    "aws_iam_policy",
    "aws_iam_role",
    "aws_iam_role_policies_exclusive",
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_iam_role_policy_attachments_exclusive",
    "aws_lambda_permission",
    "aws_secretsmanager_secret",
    "aws_secretsmanager_secret_policy",
    "aws_secretsmanager_secret_rotation",
    "aws_secretsmanager_secret_version",
];

impl StateAttributes {
    /// The object of a resource of this type; `None` if the attributes are insufficient.
    pub(super) fn object(&self, kind: &str) -> Option<Object> {
        let owned = |text: &Text| text.word().map(str::to_owned);
        let secret = |ids: [&Text; 2]| {
            let id = ids.into_iter().find_map(Text::word)?;
            Some(secret_name(id.split('|').next()?).to_owned())
        };
        Some(match kind {
            "aws_secretsmanager_secret" => Object::Secret(owned(&self.name).or_else(|| secret([&self.arn, &self.id]))?),
            "aws_secretsmanager_secret_version" => {
                Object::Value(secret([&self.arn, &self.secret_id]).or_else(|| secret([&self.id; 2]))?)
            }
            "aws_secretsmanager_secret_policy" => Object::SecretPolicy(secret([&self.secret_arn, &self.id])?),
            "aws_secretsmanager_secret_rotation" => Object::Rotation(secret([&self.secret_id, &self.id])?),
            "aws_lambda_permission" => Object::Permission {
                function: function_name(self.function_name.word()?).to_owned(),
                statement: owned(&self.statement_id)?,
            },
            "aws_iam_role" => Object::Role(owned(&self.name).or_else(|| owned(&self.id))?),
            "aws_iam_role_policy" => Object::InlinePolicy { role: Some(owned(&self.role)?), name: owned(&self.name)? },
            "aws_iam_policy" => Object::ManagedPolicy(owned(&self.name)?),
            "aws_iam_role_policy_attachment" => {
                let policy = PolicyName::of_arn(self.policy_arn.as_str())?;
                Object::Attachment { role: Some(owned(&self.role)?), policy }
            }
            "aws_iam_role_policies_exclusive" => Object::InlinePoliciesOf(owned(&self.role_name)?),
            "aws_iam_role_policy_attachments_exclusive" => Object::AttachmentsOf(owned(&self.role_name)?),
            _ => return None,
        })
    }

    /// The id that [`Found::id`](super::super::Found::id) describes.
    pub(super) fn import_id(&self, kind: &str) -> Option<String> {
        let word = |text: &Text| text.word().map(str::to_owned);
        let joined =
            |one: &Text, between: char, other: &Text| Some(format!("{}{between}{}", one.word()?, other.word()?));
        match kind {
            "aws_secretsmanager_secret" | "aws_secretsmanager_secret_policy" | "aws_secretsmanager_secret_rotation" => {
                self.arn()
            }
            "aws_lambda_permission" => joined(&self.function_name, '/', &self.statement_id),
            "aws_secretsmanager_secret_version" => {
                let (secret, version) = self.id.word()?.split_once('|')?;
                Some(format!("{}|{version}", self.arn().as_deref().unwrap_or(secret)))
            }
            "aws_iam_role" => word(&self.name).or_else(|| word(&self.id)),
            "aws_iam_role_policy" => joined(&self.role, ':', &self.name),
            "aws_iam_policy" => word(&self.arn),
            "aws_iam_role_policy_attachment" => joined(&self.role, '/', &self.policy_arn),
            "aws_iam_role_policies_exclusive" | "aws_iam_role_policy_attachments_exclusive" => word(&self.role_name),
            _ => None,
        }
    }

    /// The attachment of one policy to several identities, if it is one.
    pub(super) fn shared_attachment(&self, kind: &str, address: &Address) -> Option<SharedAttachment> {
        let policy = self.policy_arn.word().filter(|_| kind == "aws_iam_policy_attachment")?.to_owned();
        let roles = self.roles.0.iter().filter_map(Text::word).map(str::to_owned).collect();
        Some(SharedAttachment { address: address.clone(), policy, roles })
    }

    /// The ARN of the resource, or of the secret that it belongs to.
    pub(super) fn arn(&self) -> Option<String> {
        let ids = [&self.arn, &self.secret_arn, &self.secret_id, &self.id];
        let arn = ids.into_iter().map(Text::as_str).find(|id| is_arn(id))?;
        // The id of a version has more text after the ARN.
        Some(arn.split('|').next().unwrap_or(arn).to_owned())
    }

    /// Whether a version is the secret's current one; `None` if the state does not contain its labels.
    pub(super) fn is_current(&self) -> Option<bool> {
        let stages = self.version_stages.0.as_ref()?;
        Some(stages.0.iter().any(|stage| stage.as_str() == CURRENT))
    }

    /// Whether the `secret_id` of a version is not the ARN of its secret. The generated files have the ARN there, and another
    /// `secret_id` [forces a new resource][replaced].
    ///
    /// [replaced]: https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/secretsmanager/secret_version.go
    pub(super) fn is_by_another_id(&self) -> bool {
        self.secret_id.word().is_some_and(|id| self.arn.word().is_some_and(|arn| id != arn))
    }

    /// Whether a version has a binary value.
    pub(super) fn is_binary(&self) -> bool {
        self.secret_binary.0
    }

    /// The version number of a write-only value. A new number triggers a write.
    pub(super) fn write_only_version(&self) -> Option<u32> {
        self.secret_string_wo_version.as_str().parse().ok()
    }
}
