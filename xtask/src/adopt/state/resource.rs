//! One resource of a state, in either form, and what it stands for. Only attributes that name things are kept; all
//! others, values of secrets among them, are passed over as they stream by.

use serde::Deserialize;

use super::{Held, State};
use crate::adopt::CURRENT;
use crate::adopt::address::{Address, Key, Module};
use crate::adopt::arn::{function_name, is_arn, secret_name};
use crate::adopt::lenient::{Few, Text};
use crate::render::{Object, PolicyName};

/// A resource of the state's file, or one instance of `terraform show -json`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawResource {
    mode: Text,
    #[serde(rename = "type")]
    kind: Text,
    /// Of the file alone.
    module: Text,
    name: Text,
    instances: Few<RawInstance>,
    /// Of the other form alone.
    address: Text,
    values: Option<Attributes>,
    tainted: Text,
    deposed_key: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawInstance {
    index_key: Option<Key>,
    attributes: Option<Attributes>,
    status: Text,
    /// Set where it is no longer the resource's object, and Terraform is yet to delete it.
    deposed: Text,
}

/// What any kind of resource is known by.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Attributes {
    arn: Text,
    function_name: Text,
    id: Text,
    name: Text,
    policy_arn: Text,
    role: Text,
    role_name: Text,
    secret_arn: Text,
    secret_id: Text,
    secret_string_wo_version: Text,
    statement_id: Text,
    version_stages: Few<Text>,
}

/// A name that Terraform does not write.
pub(super) struct BadName;

impl RawResource {
    /// Adds what this is to the state.
    pub(super) fn add_to(self, state: &mut State) -> Result<(), BadName> {
        let kind = self.kind.as_str();
        if self.mode.as_str() != "managed" || !KINDS.contains(&kind) {
            return Ok(());
        }
        if let Some(address) = self.address.word() {
            let address = address.parse().map_err(|_| BadName)?;
            if self.deposed_key.word().is_none() {
                add(state, kind, address, &self.values.unwrap_or_default(), self.tainted.as_str() == "true");
            }
            return Ok(());
        }
        let module: Module = self.module.as_str().parse().map_err(|_| BadName)?;
        for instance in self.instances.0.into_iter().filter(|instance| instance.deposed.word().is_none()) {
            let address = Address::new(module.clone(), kind, self.name.as_str(), instance.index_key).ok_or(BadName)?;
            add(state, kind, address, &instance.attributes.unwrap_or_default(), instance.status.as_str() == "tainted");
        }
        Ok(())
    }
}

fn add(state: &mut State, kind: &str, address: Address, attributes: &Attributes, tainted: bool) {
    match attributes.object(kind) {
        Some(object) => state.held.push(Held {
            address,
            object,
            arn: attributes.arn(),
            import_id: attributes.import_id(kind),
            tainted,
            is_current: attributes.version_stages.0.iter().any(|stage| stage.as_str() == CURRENT),
            write_only_version: attributes.secret_string_wo_version.as_str().parse().ok(),
        }),
        None => state.unclear.push(address),
    }
}

/// The kinds of resources that [`Attributes::object`] knows.
const KINDS: [&str; 11] = [
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

impl Attributes {
    /// What a resource of this kind stands for; none where the attributes say too little.
    fn object(&self, kind: &str) -> Option<Object> {
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
    fn import_id(&self, kind: &str) -> Option<String> {
        let word = |text: &Text| text.word().map(str::to_owned);
        let joined =
            |one: &Text, between: char, other: &Text| Some(format!("{}{between}{}", one.word()?, other.word()?));
        match kind {
            "aws_secretsmanager_secret" | "aws_secretsmanager_secret_policy" | "aws_secretsmanager_secret_rotation" => {
                self.arn()
            }
            "aws_lambda_permission" => joined(&self.function_name, '/', &self.statement_id),
            "aws_secretsmanager_secret_version" => word(&self.id).filter(|id| id.contains('|')),
            "aws_iam_role" => word(&self.name).or_else(|| word(&self.id)),
            "aws_iam_role_policy" => joined(&self.role, ':', &self.name),
            "aws_iam_policy" => word(&self.arn),
            "aws_iam_role_policy_attachment" => joined(&self.role, '/', &self.policy_arn),
            "aws_iam_role_policies_exclusive" | "aws_iam_role_policy_attachments_exclusive" => word(&self.role_name),
            _ => None,
        }
    }

    /// Its own ARN, or that of the secret it belongs to.
    fn arn(&self) -> Option<String> {
        let ids = [&self.arn, &self.secret_arn, &self.secret_id, &self.id];
        let arn = ids.into_iter().map(Text::as_str).find(|id| is_arn(id))?;
        // The id of a version has more behind the ARN.
        Some(arn.split('|').next().unwrap_or(arn).to_owned())
    }
}
