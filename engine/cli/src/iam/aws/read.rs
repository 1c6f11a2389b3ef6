//! Reads the documents of AWS managed policies, in the formats that the AWS CLI prints.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::derive::PolicySource;

/// The policies that some files contain.
#[derive(Debug, Default)]
pub struct Sources {
    documents: BTreeMap<String, Value>,
    paths: BTreeMap<String, String>,
    unread: BTreeSet<String>,
}

/// Why a file contains no policies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPolicies {
    /// It is not JSON.
    #[error("it is not JSON at line {0}")]
    NotJson(usize),
    /// It is JSON of another form.
    #[error("it is neither a list of managed policies nor a policy")]
    Other,
    /// A policy in it is not one of AWS's in the partition `aws`.
    #[error("`{0}` is not a managed policy of AWS in the partition `aws`, whose documents the table has")]
    OtherPartition(String),
}

/// The prefix of the ARN of every AWS managed policy, before its path.
const OF_AWS: &str = "arn:aws:iam::aws:policy";

impl Sources {
    /// Adds the contents of a file, which is the output of one of these commands or a policy document:
    /// `aws iam get-account-authorization-details --filter AWSManagedPolicy`,
    /// `aws iam list-policies --scope AWS` (paths only), or `aws iam get-policy-version`. For the last one and for a
    /// document, the name of the file is the name of the policy. If a policy has several documents, the first one is
    /// kept.
    ///
    /// # Errors
    ///
    /// If the file has none of these formats.
    pub fn add(&mut self, file: &str, text: &str) -> Result<(), NoPolicies> {
        let value: Value = serde_json::from_str(text).map_err(|error| NoPolicies::NotJson(error.line()))?;
        if let Some(policies) = value.get("Policies").and_then(Value::as_array) {
            return policies.iter().try_for_each(|policy| self.add_policy(policy));
        }
        let document = value.pointer("/PolicyVersion/Document").unwrap_or(&value);
        if document.get("Statement").is_none() {
            return Err(NoPolicies::Other);
        }
        self.add_document(file.strip_suffix(".json").unwrap_or(file), document);
        Ok(())
    }

    fn add_policy(&mut self, policy: &Value) -> Result<(), NoPolicies> {
        let arn = policy.get("Arn").and_then(Value::as_str).ok_or(NoPolicies::Other)?;
        let other = || NoPolicies::OtherPartition(arn.to_owned());
        let path = arn.strip_prefix(OF_AWS).ok_or_else(other)?;
        let (path, name) = path.rfind('/').map(|at| path.split_at(at + 1)).ok_or_else(other)?;
        self.paths.insert(name.to_owned(), path.to_owned());
        let versions = policy.get("PolicyVersionList").and_then(Value::as_array);
        let is_in_force = |version: &&Value| version.get("IsDefaultVersion") == Some(&Value::Bool(true));
        if let Some(versions) = versions {
            let document = versions.iter().find(is_in_force).and_then(|version| version.get("Document"));
            self.add_document(name, document.unwrap_or(&Value::Null));
        }
        Ok(())
    }

    fn add_document(&mut self, name: &str, document: &Value) {
        self.documents.entry(name.to_owned()).or_insert_with(|| document.clone());
    }

    /// Records a policy whose file cannot be read.
    pub fn add_unread(&mut self, name: &str) {
        self.unread.insert(name.to_owned());
    }

    /// The policies whose files could not be read and that no other file has a document of.
    pub fn unread(&self) -> impl Iterator<Item = &str> {
        self.unread.iter().map(String::as_str).filter(|name| !self.documents.contains_key(*name))
    }

    /// All policies that have documents.
    pub fn policies(&self) -> impl Iterator<Item = PolicySource> {
        self.documents.iter().map(|(name, document)| PolicySource {
            name: name.clone(),
            path: self.paths.get(name).cloned().unwrap_or_default(),
            document: document.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(action: &str) -> Value {
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }] })
    }

    fn policy(arn: &str, versions: &[(bool, &str)]) -> Value {
        let versions = versions
            .iter()
            .map(|(is_default, action)| json!({ "IsDefaultVersion": is_default, "Document": document(action) }));
        json!({ "Arn": arn, "PolicyVersionList": versions.collect::<Vec<_>>() })
    }

    #[test]
    fn each_form_gives_a_name_a_path_and_the_version_in_force() {
        let mut sources = Sources::default();
        let details = policy("arn:aws:iam::aws:policy/service-role/A", &[(false, "s3:*"), (true, "ec2:*")]);
        sources.add("details.json", &json!({ "Policies": [details] }).to_string()).expect("it is one");
        let list =
            json!({ "Policies": [{ "Arn": "arn:aws:iam::aws:policy/B" }, { "Arn": "arn:aws:iam::aws:policy/C" }] });
        sources.add("list.json", &list.to_string()).expect("it is one");
        sources.add("B", &json!({ "PolicyVersion": { "Document": document("b:*") } }).to_string()).expect("it is one");
        sources.add("B.json", &document("other:*").to_string()).expect("it is one");
        sources.add("D.json", &document("d:*").to_string()).expect("it is one");
        let policies: Vec<_> = sources.policies().map(|it| (it.name, it.path, it.document)).collect();
        let expected = [("A", "/service-role/", "ec2:*"), ("B", "/", "b:*"), ("D", "", "d:*")];
        let expected = expected.map(|(name, path, action)| (name.to_owned(), path.to_owned(), document(action)));
        assert_eq!(policies, expected);
    }

    #[test]
    fn what_holds_no_policies_is_an_error() {
        let mut sources = Sources::default();
        for (text, expected) in [
            ("", NoPolicies::NotJson(1)),
            ("{}", NoPolicies::Other),
            ("[]", NoPolicies::Other),
            (r#"{"Policies": [{}]}"#, NoPolicies::Other),
        ] {
            assert_eq!(sources.add("x", text), Err(expected), "{text}");
        }
        for arn in ["arn:aws-cn:iam::aws:policy/A", "arn:aws:iam::123456789012:policy/A", "A"] {
            let text = json!({ "Policies": [{ "Arn": arn }] }).to_string();
            assert_eq!(sources.add("x", &text), Err(NoPolicies::OtherPartition(arn.to_owned())));
        }
    }
}
