//! Deserializes the outputs of AWS CLI commands, limited to the fields that are used.

use std::fmt;
use std::mem;

use driftless_model::stage::CURRENT;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::adopt::facts;
use crate::tf::lenient::{Few, Loose, Many, Present, Text};

/// The output of one command.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct ListedDocument {
    pub(super) secret_list: Option<Few<Secret>>,
    pub(super) role_detail_list: Option<Few<Role>>,
    pub(super) roles: Option<Few<Role>>,
    pub(super) role: Option<Role>,
    pub(super) user_detail_list: Option<Few<ListedHolder>>,
    pub(super) group_detail_list: Option<Few<ListedHolder>>,
    pub(super) functions: Option<Few<Function>>,
    pub(super) policies: Option<Few<ListedPolicy>>,
    pub(super) policy: Option<OnePolicy>,
    pub(super) policy_names: Option<Few<Text>>,
    pub(super) attached_policies: Option<Few<ListedPolicy>>,
    pub(super) role_name: Text,
    pub(super) policy_name: Text,
    #[serde(rename = "PolicyDocument")]
    pub(super) json: Json,
    // Only in the output for a single secret.
    #[serde(rename = "ARN")]
    pub(super) arn: Text,
    pub(super) name: Text,
    pub(super) created_date: Text,
    pub(super) last_changed_date: Text,
    pub(super) deleted_date: Text,
    pub(super) primary_region: Text,
    pub(super) rotation_enabled: Text,
    #[serde(rename = "RotationLambdaARN")]
    pub(super) rotation_function: Text,
    pub(super) rotation_rules: Loose<ListedRules>,
    pub(super) version_ids_to_stages: Stages,
    pub(super) description: Present<Text>,
    pub(super) kms_key_id: Present<Text>,
    pub(super) tags: Present<Many<Loose<ListedTag>>>,
    pub(super) replication_status: Present<Many<Loose<ListedReplica>>>,
    pub(super) resource_policy: Text,
    /// Only in the output of `get-secret-value`, whose value is skipped.
    pub(super) version_id: Text,
    pub(super) version_stages: Few<Text>,
    pub(super) next_token: Text,
    pub(super) marker: Text,
    pub(super) is_truncated: Text,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Secret {
    #[serde(rename = "ARN")]
    pub(super) arn: Text,
    pub(super) name: Text,
    pub(super) created_date: Text,
    pub(super) last_changed_date: Text,
    pub(super) deleted_date: Text,
    pub(super) primary_region: Text,
    pub(super) rotation_enabled: Text,
    #[serde(rename = "RotationLambdaARN")]
    pub(super) rotation_function: Text,
    pub(super) rotation_rules: Loose<ListedRules>,
    #[serde(rename = "SecretVersionsToStages")]
    pub(super) stages: Stages,
    pub(super) description: Present<Text>,
    pub(super) kms_key_id: Present<Text>,
    pub(super) tags: Present<Many<Loose<ListedTag>>>,
    pub(super) replication_status: Present<Many<Loose<ListedReplica>>>,
}

/// The schedule of a rotation.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct ListedRules {
    pub(super) schedule_expression: Text,
    pub(super) automatically_after_days: Text,
    pub(super) duration: Text,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct ListedTag {
    pub(super) key: Text,
    pub(super) value: Text,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct ListedReplica {
    pub(super) region: Text,
    pub(super) kms_key_id: Text,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Role {
    #[serde(rename = "RoleName")]
    pub(super) name: Text,
    #[serde(rename = "RolePolicyList")]
    pub(super) inline: Few<ListedPolicy>,
    #[serde(rename = "AttachedManagedPolicies")]
    pub(super) attached: Few<ListedPolicy>,
    pub(super) path: Text,
    pub(super) description: Text,
    pub(super) max_session_duration: Text,
    pub(super) permissions_boundary: Loose<ListedBoundary>,
    pub(super) assume_role_policy_document: Json,
    pub(super) tags: Present<Many<Loose<ListedTag>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct ListedBoundary {
    pub(super) permissions_boundary_arn: Text,
}

/// A user or a group with its policies.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct ListedHolder {
    #[serde(alias = "UserName", alias = "GroupName")]
    pub(super) name: Text,
    #[serde(alias = "UserPolicyList", alias = "GroupPolicyList")]
    pub(super) inline: Many<ListedPolicy>,
    #[serde(rename = "AttachedManagedPolicies")]
    pub(super) attached: Many<ListedPolicy>,
    pub(super) permissions_boundary: Loose<ListedBoundary>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Function {
    pub(super) function_name: Text,
    pub(super) role: Text,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct ListedPolicy {
    #[serde(rename = "PolicyName")]
    pub(super) name: Text,
    #[serde(alias = "PolicyArn")]
    pub(super) arn: Text,
    pub(super) path: Text,
    #[serde(rename = "PolicyDocument")]
    pub(super) json: Json,
    #[serde(rename = "PolicyVersionList")]
    pub(super) versions: Many<Loose<Version>>,
}

/// A version of a managed policy.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Version {
    pub(super) document: Json,
    pub(super) is_default_version: Text,
}

/// A policy document, either as JSON or as a string that contains JSON; `None` if it is neither.
#[derive(Default)]
pub(super) struct Json(pub(super) Option<String>);

/// The field `Policy` in the outputs of several services: a managed policy of IAM, or the resource policy of a Lambda
/// function as a JSON string.
pub(super) enum OnePolicy {
    Managed(ListedPolicy),
    OfFunction(Vec<ListedStatement>),
}

/// A statement of a function's policy. Its resource includes the version or alias that it applies to.
///
/// Source: [`GetPolicy`](https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html).
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct ListedStatement {
    pub(super) sid: Text,
    pub(super) resource: Text,
}

/// The id of the version that has the stage `AWSCURRENT`.
#[derive(Default)]
pub(super) struct Stages {
    pub(super) current: Option<String>,
    /// Whether the output tells versions.
    pub(super) is_there: bool,
}

impl Secret {
    /// Whether it has all that `list-secrets` and `describe-secret` tell, so that a property which is not in it does not
    /// exist. `get-resource-policy` and a `--query` tell less.
    pub(super) fn is_whole(&self) -> bool {
        [&self.created_date, &self.last_changed_date].into_iter().any(|date| date.word().is_some())
    }
}

impl ListedDocument {
    /// The current version, as `describe-secret` or `get-secret-value` tells it.
    fn stages(&mut self) -> Stages {
        let is_current = self.version_stages.0.iter().any(|stage| stage.as_str() == CURRENT);
        match self.version_id.word().filter(|_| is_current) {
            Some(version) => Stages { current: Some(version.to_owned()), is_there: true },
            None => mem::take(&mut self.version_ids_to_stages),
        }
    }

    /// The secret that the document describes.
    pub(super) fn take_secret(&mut self) -> Secret {
        Secret {
            arn: mem::take(&mut self.arn),
            name: mem::take(&mut self.name),
            created_date: mem::take(&mut self.created_date),
            last_changed_date: mem::take(&mut self.last_changed_date),
            deleted_date: mem::take(&mut self.deleted_date),
            primary_region: mem::take(&mut self.primary_region),
            rotation_enabled: mem::take(&mut self.rotation_enabled),
            rotation_function: mem::take(&mut self.rotation_function),
            rotation_rules: mem::take(&mut self.rotation_rules),
            stages: self.stages(),
            description: mem::take(&mut self.description),
            kms_key_id: mem::take(&mut self.kms_key_id),
            tags: mem::take(&mut self.tags),
            replication_status: mem::take(&mut self.replication_status),
        }
    }
}

impl<'de> Deserialize<'de> for OnePolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default, rename_all = "PascalCase")]
        struct OfFunction {
            statement: Few<ListedStatement>,
        }

        struct ListedEither;

        impl<'de> Visitor<'de> for ListedEither {
            type Value = OnePolicy;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a policy, or the JSON of one")
            }

            fn visit_str<E: Error>(self, json: &str) -> Result<OnePolicy, E> {
                // The position of the error within the string does not help the user.
                let policy: OfFunction =
                    serde_json::from_str(json).map_err(|_| E::custom("a policy that is no JSON of one"))?;
                Ok(OnePolicy::OfFunction(policy.statement.0))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OnePolicy, A::Error> {
                ListedPolicy::deserialize(MapAccessDeserializer::new(map)).map(OnePolicy::Managed)
            }
        }

        deserializer.deserialize_any(ListedEither)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        Ok(Self(match text.as_bytes().first() {
            Some(b'{') => Some(facts::document(text)),
            Some(b'"') => serde_json::from_str::<String>(text).ok().map(|text| facts::document(&text)),
            _ => None,
        }))
    }
}

impl<'de> Deserialize<'de> for Stages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListedMap;

        impl<'de> Visitor<'de> for ListedMap {
            type Value = Stages;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the stages of each version")
            }

            fn visit_unit<E: Error>(self) -> Result<Stages, E> {
                Ok(Stages::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Stages, A::Error> {
                let mut stages = Stages { is_there: true, ..Stages::default() };
                while let Some((version, labels)) = map.next_entry::<String, Few<Text>>()? {
                    if labels.0.iter().any(|label| label.as_str() == CURRENT) {
                        stages.current = Some(version);
                    }
                }
                Ok(stages)
            }
        }

        deserializer.deserialize_any(ListedMap)
    }
}
