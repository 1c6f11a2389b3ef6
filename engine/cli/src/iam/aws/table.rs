//! The table of AWS managed policies, and the lookup of a policy in it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use driftless_model::shown;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::iam::meaning::Document;

/// The AWS managed policies of one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The day: `2026-03-07`.
    pub date: String,
    /// The number of policies that were examined.
    pub number: usize,
    /// The policies that affect secrets, keys or roles, by name.
    pub effects: BTreeMap<String, Entry>,
    /// The names of all other policies, by path. The path is empty if it is not known.
    pub harmless: BTreeMap<String, Vec<String>>,
}

/// A policy that affects secrets, keys or roles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The path before the name in its ARN: `/`, `/service-role/`. Empty if it is not known.
    pub path: String,
    /// Its statements, reduced to what has an effect.
    pub statements: Value,
}

/// Why the content of a managed policy is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownPolicy {
    /// It is not an AWS managed policy.
    #[error("{} is not a managed policy of AWS, and its document is not known here", shown(.0))]
    NotOfAws(String),
    /// The table does not contain it.
    #[error("{} is not in the table of AWS's managed policies of {}, so what it allows is not known", shown(.arn), .date)]
    NotInTable {
        /// Its ARN.
        arn: String,
        /// The date of the table.
        date: String,
    },
}

/// The table that is compiled into this program.
///
/// # Panics
///
/// If `policies.json` is not a table. A test checks it.
#[must_use]
pub fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| serde_json::from_str(include_str!("policies.json")).expect("the table is one"))
}

/// The document of an AWS managed policy, reduced to what affects secrets, keys and roles.
///
/// # Errors
///
/// If it is not an AWS managed policy, or the table does not contain it. It could then allow anything.
pub fn document(arn: &str) -> Result<Document, UnknownPolicy> {
    let (partition, path, name) = of_aws(arn).ok_or_else(|| UnknownPolicy::NotOfAws(arn.to_owned()))?;
    let not_in_table = || UnknownPolicy::NotInTable { arn: arn.to_owned(), date: table().date.clone() };
    let statements = table().statements(path, name).ok_or_else(not_in_table)?;
    // The documents are those of the partition `aws`. They name no account and no other partition.
    let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    Document::read(&text.replace("arn:aws:", &format!("arn:{partition}:"))).map_err(|_| not_in_table())
}

impl Table {
    /// The table as the text of a file. Each policy has its own line, so that a new version of a policy changes one
    /// line.
    #[must_use]
    pub fn to_text(&self) -> String {
        let line = |name: &str, value: Value| format!("{}: {value}", Value::from(name));
        let effects = self.effects.iter().map(|(name, entry)| line(name, json!(entry)));
        let lines = |lines: Vec<String>| lines.join(",\n");
        let harmless = self.harmless.iter().map(|(path, names)| {
            let names = names.iter().map(|name| Value::from(name.as_str()).to_string());
            format!("{}: [\n{}\n]", Value::from(path.as_str()), lines(names.collect()))
        });
        format!(
            "{{\n{},\n{},\n\"effects\": {{\n{}\n}},\n\"harmless\": {{\n{}\n}}\n}}\n",
            line("date", self.date.as_str().into()),
            line("number", self.number.into()),
            lines(effects.collect()),
            lines(harmless.collect()),
        )
    }

    /// The statements of a policy that have an effect; `None` if the policy is not known.
    fn statements(&self, path: &str, name: &str) -> Option<Value> {
        let is_there = |known: &str| known.is_empty() || known == path;
        if let Some(entry) = self.effects.get(name) {
            return is_there(&entry.path).then(|| entry.statements.clone());
        }
        let has = |names: &Vec<String>| names.binary_search_by(|it| it.as_str().cmp(name)).is_ok();
        let is_harmless = self.harmless.iter().any(|(known, names)| is_there(known) && has(names));
        is_harmless.then(|| json!([]))
    }
}

/// The partition, the path and the name in the ARN of an AWS managed policy.
///
/// Source: [identifiers of IAM](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html).
fn of_aws(arn: &str) -> Option<(&str, &str, &str)> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", "aws", resource] = parts.as_slice() else { return None };
    let path = resource.strip_prefix("policy")?;
    let (name, path) = path.rsplit_once('/').map(|(before, name)| (name, &path[..=before.len()]))?;
    let is_partition =
        partition.starts_with("aws") && partition.bytes().all(|it| it.is_ascii_lowercase() || it == b'-');
    is_partition.then_some((partition, path, name))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::iam::evaluate::{Decision, Policies, Target, TargetKind};
    use crate::iam::meaning::Pattern;

    const READ: &str = "secretsmanager:GetSecretValue";

    /// A secret without the tags by which AWS services recognize their own secrets.
    fn secret() -> Target {
        let arns = ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/token-??????"];
        Target::new(TargetKind::Secret, "Token", arns).with_tags([])
    }

    fn decide(arn: &str, action: &str, target: &Target) -> Decision {
        let mut policies = Policies::new();
        policies.attach(arn);
        policies.decide(action, target)
    }

    fn arn(name: &str, entry: &Entry) -> String {
        format!("arn:aws:iam::aws:policy{}{name}", if entry.path.is_empty() { "/" } else { &entry.path })
    }

    #[test]
    fn four_read_every_secret() {
        let target = secret();
        let of = |is_conditional| -> BTreeSet<&str> {
            let policies = table().effects.iter().filter(|(name, entry)| {
                let decision = decide(&arn(name, entry), READ, &target);
                matches!(decision, Decision::Allowed { is_conditional: it, .. } if it == is_conditional)
            });
            policies.map(|(name, _)| name.as_str()).collect()
        };
        let certain = [
            "AWSSecretsManagerClientReadOnlyAccess",
            "AdministratorAccess",
            "PowerUserAccess",
            "SecretsManagerReadWrite",
        ];
        assert_eq!(of(false), BTreeSet::from(certain));
        // The first requires a request through an AWS MCP server, the second a tag of the principal.
        let conditional = ["AWSMcpServiceActionsFullAccess", "AWSTransformSecretsManagerConnectorPolicy"];
        assert_eq!(of(true), BTreeSet::from(conditional));
    }

    #[test]
    fn about_twenty_more_read_secrets_that_have_a_tag() {
        let target = Target::new(TargetKind::Secret, "Token", secret().arns().map(Pattern::as_str));
        let conditional = table().effects.iter().filter(|(name, entry)| {
            matches!(decide(&arn(name, entry), READ, &target), Decision::Allowed { is_conditional: true, .. })
        });
        let names: Vec<&str> = conditional.map(|(name, _)| name.as_str()).collect();
        assert_eq!(names.len(), 21, "{names:?}");
    }

    #[test]
    fn the_table_is_the_whole_of_a_day() {
        let table = table();
        assert_eq!(table.date, "2026-03-07");
        assert_eq!(table.number, 1522);
        let harmless = table.harmless.values().map(Vec::len).sum::<usize>();
        assert_eq!(table.effects.len() + harmless, table.number);
        assert!(table.harmless.values().all(|names| names.is_sorted()));
        let text = table.to_text();
        assert_eq!(&serde_json::from_str::<Table>(&text).expect("it is a table"), table);
        assert_eq!(text, include_str!("policies.json"));
    }

    #[test]
    fn a_policy_is_known_by_its_whole_arn() {
        let target = secret();
        let decide = |arn: &str| decide(arn, READ, &target);
        for known in [
            "arn:aws:iam::aws:policy/AmazonS3FullAccess",
            "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
            "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess",
            "arn:aws-cn:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
            // It requires a tag that the secret does not have.
            "arn:aws:iam::aws:policy/AmazonRedshiftFullAccess",
            "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess",
        ] {
            assert!(decide(known).is_denied(), "{known}: {:?}", decide(known));
        }
        for unknown in [
            "arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole",
            "arn:aws:iam::aws:policy/service-role/AdministratorAccess",
            "arn:aws:iam::aws:policy/NewInTheYear2030",
            "arn:aws:iam::aws:policy/administratoraccess",
            "arn:aws:iam::123456789012:policy/AdministratorAccess",
            "arn:aws:iam::aws:role/AdministratorAccess",
            "AdministratorAccess",
            "${var.policy}",
            "",
        ] {
            assert!(decide(unknown).is_undecided(), "{unknown}: {:?}", decide(unknown));
        }
    }

    #[test]
    fn documents_are_those_of_the_arns_partition() {
        let target = |partition: &str| {
            let arn = format!("arn:{partition}:secretsmanager:cn-north-1:123456789012:secret:app/token-??????");
            Target::new(TargetKind::Secret, "Token", [arn.as_str()]).with_tags([])
        };
        let read = "policy/AWSSecretsManagerClientReadOnlyAccess";
        assert!(decide(&format!("arn:aws-cn:iam::aws:{read}"), READ, &target("aws-cn")).is_allowed());
        assert!(decide(&format!("arn:aws:iam::aws:{read}"), READ, &target("aws-cn")).is_denied());
        assert!(decide(&format!("arn:aws-us-gov:iam::aws:{read}"), READ, &target("aws-us-gov")).is_allowed());
    }

    #[test]
    fn roles_and_keys_are_in_the_table_too() {
        let key = Target::new(TargetKind::Key, "key", ["arn:aws:kms:eu-west-1:123456789012:key/*"]);
        let role = Target::new(TargetKind::Role, "fetch", ["arn:aws:iam::123456789012:role/fetch"]);
        let by = |name: &str, action: &str, target: &Target| {
            decide(&format!("arn:aws:iam::aws:policy/{name}"), action, target)
        };
        assert!(by("IAMFullAccess", "iam:PutRolePolicy", &role).is_allowed());
        assert!(by("PowerUserAccess", "iam:PutRolePolicy", &role).is_denied());
        assert!(by("PowerUserAccess", "kms:Decrypt", &key).is_allowed());
        assert!(by("AWSKeyManagementServicePowerUser", "kms:Decrypt", &key).is_denied());
        assert!(by("ReadOnlyAccess", READ, &secret()).is_denied());
    }
}
