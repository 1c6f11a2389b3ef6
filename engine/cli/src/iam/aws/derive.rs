//! Derives the table from policy documents: for each policy, the statements that affect secrets, keys, roles,
//! functions or other identities.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::table::{Entry, Table};
use crate::iam::kind::TargetKind;
use crate::iam::meaning::{Document, Effect, Pattern, PolicyStatement, Set};

/// The pattern of all ARNs of each kind.
const EVERY: [(TargetKind, &str); 9] = [
    (TargetKind::Secret, "arn:*:secretsmanager:*:*:secret:*"),
    (TargetKind::Key, "arn:*:kms:*:*:key/*"),
    (TargetKind::Role, "arn:*:iam::*:role/*"),
    (TargetKind::Function, "arn:*:lambda:*:*:function:*"),
    (TargetKind::Call, "arn:*:lambda:*:*:function:*"),
    (TargetKind::Identities, "arn:*:iam::*:user/*"),
    (TargetKind::Identities, "arn:*:iam::*:group/*"),
    (TargetKind::Identities, "arn:*:iam::*:role/*"),
    (TargetKind::Identities, "arn:*:iam::*:policy/*"),
];

/// The path of service-linked roles, which only AWS creates.
///
/// Source: [service-linked roles](https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html).
const OF_SERVICES: &str = ":role/aws-service-role/";

/// A policy with its document.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicySource {
    /// Its name.
    pub name: String,
    /// The path before the name in its ARN; empty if it is not known.
    pub path: String,
    /// Its document.
    pub document: Value,
}

/// A table, with the names of the policies that it leaves out.
#[derive(Clone, Debug, PartialEq)]
pub struct Derived {
    /// The table.
    pub table: Table,
    /// The policies whose documents cannot be read. The table says nothing about them.
    pub unread: BTreeSet<String>,
}

/// The table of the given policies. `date` is the day of the documents.
#[must_use]
pub fn derive(date: &str, sources: impl IntoIterator<Item = PolicySource>) -> Derived {
    let mut table = Table { date: date.to_owned(), number: 0, effects: BTreeMap::new(), harmless: BTreeMap::new() };
    let mut unread = BTreeSet::new();
    for PolicySource { name, path, document } in sources {
        let Some(statements) = effect(&document) else {
            unread.insert(name);
            continue;
        };
        table.number += 1;
        if statements.is_empty() {
            table.harmless.entry(path).or_default().push(name);
        } else {
            table.effects.insert(name, Entry { path, statements: statements.into() });
        }
    }
    table.harmless.values_mut().for_each(|names| names.sort_unstable());
    Derived { table, unread }
}

/// The statements that have an effect; `None` if the document cannot be read.
fn effect(document: &Value) -> Option<Vec<Value>> {
    let read = Document::of(document).ok()?;
    // In the older version, variables are plain text; the table does not store versions.
    if document.get("Version")?.as_str()? != "2012-10-17" {
        return None;
    }
    let written = match document.get("Statement")? {
        Value::Array(statements) => statements.as_slice(),
        one => std::slice::from_ref(one),
    };
    let effects = read.statements.iter().zip(written).filter_map(|(read, written)| reduced(read, written.as_object()?));
    let effects: Vec<Value> = effects.collect();
    // A policy that only denies is also kept: its denials matter together with what another policy allows.
    Some(effects)
}

/// The part of a statement that has an effect; `None` if it has none.
fn reduced(read: &PolicyStatement, written: &Map<String, Value>) -> Option<Value> {
    // The relevant actions that the statement may affect, each with the pattern of its resources.
    let concerned: Vec<(&str, Pattern)> = EVERY
        .into_iter()
        .map(|(kind, every)| (kind, Pattern::of_parts(every)))
        .filter(|(_, every)| may_meet(&read.resources, every))
        .flat_map(|(kind, every)| kind.actions().iter().map(move |action| (*action, every.clone())))
        .filter(|(action, _)| read.actions.may_meet(&Pattern::of_action(action)))
        .collect();
    if concerned.is_empty() {
        return None;
    }
    let is_action =
        |text: &str| concerned.iter().any(|(action, _)| Pattern::of_action(text).meets(&Pattern::of_action(action)));
    let is_resource =
        |text: &str| concerned.iter().any(|(_, every)| Pattern::new(text).meets(every)) && !text.contains(OF_SERVICES);
    let is_any_resource =
        |text: &str| EVERY.iter().any(|(_, every)| Pattern::new(text).meets(&Pattern::of_parts(every)));
    let is_any_action = |text: &str| {
        let actions = EVERY.iter().flat_map(|(kind, _)| kind.actions());
        actions.into_iter().any(|action| Pattern::of_action(text).meets(&Pattern::of_action(action)))
    };
    let mut reduced = Map::new();
    reduced.insert("Effect".into(), if read.effect == Effect::Allow { "Allow" } else { "Deny" }.into());
    for (element, value) in written {
        let (element, value) = match element.as_str() {
            "Action" => ("Action", some(value, is_action)?),
            "Resource" => ("Resource", some(value, is_resource)?),
            // `NotAction` without exceptions is every action.
            "NotAction" => some(value, is_any_action).map_or(("Action", "*".into()), |but| ("NotAction", but)),
            "NotResource" => some(value, is_any_resource).map_or(("Resource", "*".into()), |but| ("NotResource", but)),
            "Condition" => ("Condition", value.clone()),
            _ => continue,
        };
        reduced.insert(element.into(), value);
    }
    Some(reduced.into())
}

fn may_meet(resources: &Set, every: &Pattern) -> bool {
    match resources {
        Set::Of(patterns) => patterns.iter().any(|it| it.meets(every) && !it.as_str().contains(OF_SERVICES)),
        Set::AllBut(_) => resources.may_meet(every),
    }
}

/// The texts that satisfy `is_wanted`: a single text or a sorted list; `None` if there is none.
fn some(value: &Value, is_wanted: impl Fn(&str) -> bool) -> Option<Value> {
    let texts = match value {
        Value::Array(texts) => texts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let texts: BTreeSet<&str> = texts.iter().filter_map(Value::as_str).filter(|text| is_wanted(text)).collect();
    match texts.len() {
        0 => None,
        1 => Some(texts.first().copied().into()),
        _ => Some(json!(texts)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(statements: Value) -> Value {
        let mut document = json!({ "Version": "2012-10-17" });
        document["Statement"] = statements;
        let derived = derive("2026-03-07", [PolicySource { name: "A".into(), path: "/".into(), document }]);
        assert_eq!(derived.table.number, 1);
        derived.table.effects.get("A").map_or(json!([]), |entry| entry.statements.clone())
    }

    fn allow(action: Value, resource: Value) -> Value {
        let mut statement = json!({ "Effect": "Allow" });
        (statement["Action"], statement["Resource"]) = (action, resource);
        statement
    }

    #[test]
    fn only_what_has_an_effect_is_kept() {
        let secrets = "arn:aws:secretsmanager:*:*:secret:x*";
        for (statements, expected) in [
            (json!([allow(json!("s3:*"), json!("*"))]), json!([])),
            (json!([allow(json!("secretsmanager:ListSecrets"), json!("*"))]), json!([])),
            (json!([allow(json!("secretsmanager:Get*"), json!("arn:aws:s3:::*"))]), json!([])),
            (
                json!([allow(json!(["s3:*", "secretsmanager:Get*"]), json!(["arn:aws:s3:::*", secrets]))]),
                json!([allow(json!("secretsmanager:Get*"), json!(secrets))]),
            ),
            (
                json!(allow(json!(["kms:List*", "kms:Decrypt", "KMS:decryp?"]), json!("*"))),
                json!([allow(json!(["KMS:decryp?", "kms:Decrypt"]), json!("*"))]),
            ),
            (json!([allow(json!("iam:PassRole"), json!("arn:aws:iam::*:role/aws-service-role/x"))]), json!([])),
        ] {
            assert_eq!(derived(statements.clone()), expected, "{statements}");
        }
    }

    /// Exceptions within the reach of a statement are kept; other exceptions are dropped.
    #[test]
    fn exceptions_are_kept_as_far_as_they_matter() {
        let but = |action: Value, resource: Value| json!([{ "Effect": "Allow", "NotAction": action, "NotResource": resource }]);
        assert_eq!(
            derived(but(json!(["iam:*", "s3:*"]), json!(["arn:aws:s3:::x", "arn:aws:secretsmanager:*:*:secret:x"]))),
            but(json!("iam:*"), json!("arn:aws:secretsmanager:*:*:secret:x")),
        );
        assert_eq!(
            derived(but(json!("s3:*"), json!("arn:aws:s3:::x"))),
            json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }]),
        );
    }

    #[test]
    fn denials_and_conditions_are_kept() {
        let condition = json!({ "StringEquals": { "aws:ResourceTag/x": "y" } });
        let deny = json!({ "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition });
        assert_eq!(derived(json!([deny])), json!([deny]));
    }

    #[test]
    fn nothing_is_said_of_what_cannot_be_read() {
        let statement = allow(json!("*"), json!("*"));
        for document in [
            json!(null),
            json!({ "Version": "2012-10-17" }),
            json!({ "Version": "2008-10-17", "Statement": [statement] }),
            json!({ "Statement": [statement] }),
            json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "action": "*", "Resource": "*" }] }),
        ] {
            let derived = derive("2026-03-07", [PolicySource { name: "A".into(), path: "/".into(), document }]);
            assert_eq!((derived.table.number, derived.unread.len()), (0, 1));
        }
    }
}
