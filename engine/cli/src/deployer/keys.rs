//! Permissions on the KMS keys of secrets: Secrets Manager uses a key with the permissions of its caller.

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::{ApiCall, KmsKey, Owner, SecretSpec};
use serde_json::{Value, json};

use super::allowed::AllowedActions;
use super::applied::{Files, Purpose};
use super::calls::{LifeStep, actions};
use crate::iam::{DESCRIBING_A_KEY, REPLICATING_UNDER_A_KEY, key_actions};

/// The value of the encryption context with which Secrets Manager tries a key when a secret is created or gets another key.
///
/// Source: [Validating access to the KMS key][tries].
///
/// [tries]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html#security-encryption-using-cmk
const TRIES: &str = "RequestToValidateKeyAccess";

/// A condition cannot be split, so the list in it is: each part has at most this many characters of ARNs.
const MAX_CONTEXT: usize = 3_000;

/// Adds what the keys of the files need.
pub(super) fn add(allowed: &mut AllowedActions, purpose: Purpose, files: &Files<'_>) {
    add_aliases(allowed, files);
    let mut uses: BTreeMap<(&KmsKey, &str, &'static str), BTreeSet<String>> = BTreeMap::new();
    for secret in
        files.spec.secrets.iter().filter(|it| matches!(it.owner, Owner::Terraform(_) | Owner::Rotation { .. }))
    {
        let (arn, region) = (files.site.arns_of(secret), files.site.region_of(secret));
        if let Some(key) = &secret.kms_key {
            for action in on_own_key(secret, purpose) {
                let context = uses.entry((key, region, action)).or_default();
                context.insert(arn.clone());
                context.extend((purpose == Purpose::Apply).then(|| TRIES.to_owned()));
            }
        }
        for replica in secret.options.replicas.iter().filter(|_| purpose == Purpose::Apply) {
            for (key, action) in replica.kms_key.iter().flat_map(|key| REPLICATING_UNDER_A_KEY.map(|it| (key, it))) {
                let copy = SecretSpec { region: Some(replica.region.clone()), ..secret.clone() };
                let context = uses.entry((key, &replica.region, action)).or_default();
                context.extend([arn.clone(), files.site.arns_of(&copy), TRIES.to_owned()]);
            }
        }
    }
    for ((key, region, action), context) in uses {
        add_use(allowed, files, (key, region), action, context);
    }
}

/// A plan decrypts the values that it reads. An apply also encrypts, and tries the key.
fn on_own_key(secret: &SecretSpec, purpose: Purpose) -> &'static [&'static str] {
    match purpose {
        Purpose::Apply => key_actions(ApiCall::PutSecretValue),
        Purpose::Plan if secret.owner.delivery().is_some() => key_actions(ApiCall::GetSecretValue),
        Purpose::Plan => &[],
    }
}

/// The use of a key through Secrets Manager, for the secrets of a list.
fn add_use(
    allowed: &mut AllowedActions,
    files: &Files<'_>,
    of: (&KmsKey, &str),
    action: &str,
    context: BTreeSet<String>,
) {
    let (key, region) = of;
    let mut parts: Vec<Vec<String>> = vec![Vec::new()];
    for arn in context {
        let part = parts.last_mut().expect("there is a first part");
        if part.iter().map(String::len).sum::<usize>() + arn.len() > MAX_CONTEXT {
            parts.push(vec![arn]);
        } else {
            part.push(arn);
        }
    }
    for part in parts {
        let mut condition = json!({
            "StringEquals": { "kms:ViaService": files.site.via_secrets_manager(region) },
            "StringLike": { "kms:EncryptionContext:SecretARN": part },
        });
        if let KmsKey::Alias { alias } = key {
            condition["ForAnyValue:StringEquals"] = json!({ "kms:ResourceAliases": alias });
        }
        allowed.allow(action, &arn(files, key, region), &condition);
    }
}

/// The ARN of a key, if a variable with it is given; otherwise all keys of the Region.
fn arn(files: &Files<'_>, key: &KmsKey, region: &str) -> String {
    let given = match key {
        KmsKey::Variable { variable } => files.variables.get(variable.as_ref()).cloned(),
        KmsKey::Alias { .. } => None,
    };
    given.unwrap_or_else(|| files.site.keys(region))
}

/// What the data sources need that find the keys of aliases.
///
/// Source: [`kms:ResourceAliases`][aliases].
///
/// [aliases]: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-resource-aliases
fn add_aliases(allowed: &mut AllowedActions, files: &Files<'_>) {
    for secret in &files.spec.secrets {
        let own = secret.kms_key.iter().map(|key| (key, files.site.region_of(secret)));
        let copies = secret.options.readable_copies();
        let copies = copies.filter_map(|copy| Some((copy.kms_key.as_ref()?, copy.region.as_str())));
        for (key, region) in own.chain(copies) {
            let KmsKey::Alias { alias } = key else { continue };
            for action in actions("data.aws_kms_alias", &[LifeStep::Read], files.provider, false) {
                if action == DESCRIBING_A_KEY {
                    let condition = json!({ "ForAnyValue:StringEquals": { "kms:ResourceAliases": alias } });
                    allowed.allow(action, &files.site.keys(region), &condition);
                } else {
                    allowed.allow(action, "*", &Value::Null);
                }
            }
        }
    }
}
