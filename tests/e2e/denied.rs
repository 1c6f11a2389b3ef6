//! The calls that no grant covers, made by the SDK's own client under a handler's credentials: all must be denied.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::types::{ReplicaRegionType, Tag};

use crate::Result;

/// How the server answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The caller may not do this.
    Denied,
    /// The caller may; whether the call then succeeded is another matter.
    Allowed,
}

/// The operations on one secret.
pub const ON_A_SECRET: [&str; 16] = [
    "CancelRotateSecret",
    "CreateSecret",
    "DeleteResourcePolicy",
    "DeleteSecret",
    "DescribeSecret",
    "GetResourcePolicy",
    "GetSecretValue",
    "ListSecretVersionIds",
    "PutResourcePolicy",
    "PutSecretValue",
    "ReplicateSecretToRegions",
    "RestoreSecret",
    "RotateSecret",
    "TagResource",
    "UntagResource",
    "UpdateSecret",
];

/// The operations that concern no single secret, or need more than one argument to.
pub const ON_THE_ACCOUNT: [&str; 4] =
    ["BatchGetSecretValue", "GetRandomPassword", "ListSecrets", "UpdateSecretVersionStage"];

/// Makes one call.
pub async fn call(client: &Client, operation: &str, id: &str) -> Result<Answer> {
    match operation {
        "BatchGetSecretValue" => answer(client.batch_get_secret_value().secret_id_list(id).send().await),
        "CancelRotateSecret" => answer(client.cancel_rotate_secret().secret_id(id).send().await),
        "CreateSecret" => answer(client.create_secret().name(id).secret_string("{}").send().await),
        "DeleteResourcePolicy" => answer(client.delete_resource_policy().secret_id(id).send().await),
        "DeleteSecret" => answer(client.delete_secret().secret_id(id).force_delete_without_recovery(true).send().await),
        "DescribeSecret" => answer(client.describe_secret().secret_id(id).send().await),
        "GetRandomPassword" => answer(client.get_random_password().send().await),
        "GetResourcePolicy" => answer(client.get_resource_policy().secret_id(id).send().await),
        "GetSecretValue" => answer(client.get_secret_value().secret_id(id).send().await),
        "ListSecretVersionIds" => answer(client.list_secret_version_ids().secret_id(id).send().await),
        "ListSecrets" => answer(client.list_secrets().send().await),
        "PutResourcePolicy" => {
            let policy = r#"{"Version": "2012-10-17", "Statement": []}"#;
            answer(client.put_resource_policy().secret_id(id).resource_policy(policy).send().await)
        }
        "PutSecretValue" => answer(client.put_secret_value().secret_id(id).secret_string("{}").send().await),
        "ReplicateSecretToRegions" => {
            let region = ReplicaRegionType::builder().region("eu-north-1").build();
            answer(client.replicate_secret_to_regions().secret_id(id).add_replica_regions(region).send().await)
        }
        "RestoreSecret" => answer(client.restore_secret().secret_id(id).send().await),
        "RotateSecret" => answer(client.rotate_secret().secret_id(id).send().await),
        "TagResource" => {
            let tag = Tag::builder().key("owner").value("somebody else").build();
            answer(client.tag_resource().secret_id(id).tags(tag).send().await)
        }
        "UntagResource" => answer(client.untag_resource().secret_id(id).tag_keys("owner").send().await),
        "UpdateSecret" => answer(client.update_secret().secret_id(id).description("taken over").send().await),
        "UpdateSecretVersionStage" => {
            answer(client.update_secret_version_stage().secret_id(id).version_stage("AWSCURRENT").send().await)
        }
        _ => Err(format!("`{operation}` is no operation that is known here").into()),
    }
}

fn answer<T, E: ProvideErrorMetadata>(sent: std::result::Result<T, SdkError<E>>) -> Result<Answer> {
    match sent {
        Ok(_) => Ok(Answer::Allowed),
        Err(SdkError::ServiceError(error)) if error.err().code() == Some("AccessDeniedException") => Ok(Answer::Denied),
        // Whether the caller may do it is decided before anything else is looked at.
        Err(SdkError::ServiceError(error)) if error.err().code().is_some() => Ok(Answer::Allowed),
        Err(_) => Err("the server did not answer as AWS does".into()),
    }
}
