//! The IAM policy that an audit needs, as narrow as AWS allows: read-only, and only for what the spec names.
//!
//! The resource is `*` for `ListSecrets` and `GetAccountAuthorizationDetails`, which do not support resource ARNs.
//! Sources: those of [`look_action`].

use std::collections::BTreeMap;

use driftless_model::{ApiCall, KmsKey, SecretSpec, Spec};
use serde_json::{Value, json};

use super::secrets::has_schema;
use super::site::Site;
use crate::iam::{Look, key_actions, look_action};

/// The policy for an audit of `site`; with `values`, for one that also reads values. `variables` holds the ARNs of
/// keys that the spec names by a variable.
#[must_use]
pub fn policy(spec: &Spec, site: &Site, values: bool, variables: &BTreeMap<String, String>) -> Value {
    let arns = |of: &dyn Fn(&SecretSpec) -> bool| -> Vec<String> {
        let secrets = spec.secrets.iter().filter(|secret| of(secret));
        let mut arns: Vec<_> = secrets.map(|secret| site.arns_of(secret)).collect();
        arns.sort_unstable();
        arns
    };
    let aws = format!("arn:{}:iam::aws:policy/*", site.partition());
    let mut statements = vec![
        statement("List", &[Look::GetAccountAuthorizationDetails, Look::ListSecrets], &["*".to_owned()]),
        statement("PoliciesOfAws", &[Look::GetPolicy, Look::GetPolicyVersion], &[aws]),
        statement("NamedSecrets", &[Look::DescribeSecret], &arns(&|secret| !secret.name.is_family())),
        statement("Secrets", &[Look::GetResourcePolicy, Look::ListSecretVersionIds], &arns(&|_| true)),
    ];
    if values {
        statements.push(statement("Values", &[Look::GetSecretValue], &arns(&has_schema)));
        statements.extend(keys(spec, site, variables));
    }
    statements.retain(|statement| statement["Resource"].as_array().is_some_and(|resources| !resources.is_empty()));
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn statement(name: &str, looks: &[Look], resources: &[String]) -> Value {
    let mut actions: Vec<&str> = looks.iter().copied().filter_map(look_action).collect();
    actions.sort_unstable();
    json!({ "Sid": name, "Effect": "Allow", "Action": actions, "Resource": resources })
}

/// Use of each customer-managed key: only through Secrets Manager, and only for its secrets. A key that is named by an
/// alias is any key of the account with that alias.
///
/// Source: [`kms:ResourceAliases`][aliases].
///
/// [aliases]: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-resource-aliases
fn keys(spec: &Spec, site: &Site, variables: &BTreeMap<String, String>) -> Vec<Value> {
    let mut secrets: BTreeMap<(&KmsKey, &str), Vec<String>> = BTreeMap::new();
    for secret in spec.secrets.iter().filter(|secret| has_schema(secret)) {
        if let Some(key) = &secret.kms_key {
            secrets.entry((key, site.region_of(secret))).or_default().push(site.arns_of(secret));
        }
    }
    let statements = secrets.into_iter().map(|((key, region), mut secrets)| {
        secrets.sort_unstable();
        let any = site.keys(region);
        let mut condition = json!({
            "StringEquals": { "kms:ViaService": site.via_secrets_manager(region) },
            "StringLike": { "kms:EncryptionContext:SecretARN": secrets },
        });
        let resource = match key {
            KmsKey::Variable { variable } => variables.get(variable.as_ref()).cloned().unwrap_or(any),
            KmsKey::Alias { alias } => {
                condition["ForAnyValue:StringEquals"] = json!({ "kms:ResourceAliases": alias });
                any
            }
        };
        let actions = key_actions(ApiCall::GetSecretValue);
        json!({ "Effect": "Allow", "Action": actions, "Resource": [resource], "Condition": condition })
    });
    statements.collect()
}
