//! Decides whether a policy that is known only after the apply is harmless, from what the plan shows about the source
//! of its document.

use serde_json::Value;

use super::Planned;
use super::configuration::{End, whole};
use super::policies::{Reader, without_attribute};
use crate::iam::meaning::Pattern;
use crate::iam::{CALLING_A_FUNCTION, ON_A_FUNCTION};
use crate::tf::ModulePath as Path;

/// The services whose actions can give access to a secret, a key or a role. Of Lambda, only some actions do.
const OPENING: [&str; 4] = ["secretsmanager:*", "kms:*", "iam:*", "sts:*"];

impl Reader<'_> {
    /// Whether an unknown document comes from `aws_iam_policy_document` data sources whose planned reads show their
    /// actions, and none of the actions can give access to a secret, a key or a role.
    pub(super) fn is_harmless_document(&self, module: &Path, address: &str, argument: &str) -> bool {
        let Some(source) = self.plan.configuration.one(module, address, argument) else { return false };
        let End::Reference(reference) = &source.end else { return false };
        self.is_harmless(module, &source.module, reference, 0)
    }

    fn is_harmless(&self, from: &Path, module: &[String], reference: &str, depth: usize) -> bool {
        let Some(data) = reference.strip_prefix("data.").filter(|it| it.starts_with("aws_iam_policy_document.")) else {
            return false;
        };
        let address = without_attribute(data);
        let reads = self.reads.get(&(module.to_vec(), address)).map(Vec::as_slice).unwrap_or_default();
        depth < 16 && !reads.is_empty() && reads.iter().all(|planned| self.is_harmless_reading(planned, from, depth))
    }

    fn is_harmless_reading(&self, planned: &Planned, from: &Path, depth: usize) -> bool {
        let Some(after) = &planned.after else { return false };
        for argument in ["source_json", "override_json", "source_policy_documents", "override_policy_documents"] {
            let known = after.words(argument).chain(after.word(argument));
            if known.into_iter().any(|text| !self.is_harmless_text(text)) {
                return false;
            }
            if planned.unknown.is_marked(argument) {
                let (module, address) = (planned.address.module(), planned.address.in_module());
                let shown = self.plan.configuration.references(module, &format!("data.{address}"), argument);
                let all = shown.map(whole).unwrap_or_default();
                let is_harmless = |reference: &&str| {
                    let source = self.plan.configuration.follow_reference(module, reference);
                    matches!(&source.end, End::Reference(end) if self.is_harmless(from, &source.module, end, depth + 1))
                };
                if all.is_empty() || !all.iter().all(is_harmless) {
                    return false;
                }
            }
        }
        let unknown = planned.unknown.get("statement").and_then(Value::as_array);
        let statements = after.get("statement").and_then(Value::as_array);
        if planned.is_unknown("statement") {
            return false;
        }
        statements.into_iter().flatten().enumerate().all(|(index, statement)| {
            let unknown = unknown.and_then(|all| all.get(index)).unwrap_or(&Value::Null);
            self.is_harmless_statement(statement, unknown)
        })
    }

    fn is_harmless_text(&self, text: &str) -> bool {
        serde_json::from_str::<Value>(text).is_ok_and(|document| {
            let statements = &document["Statement"];
            let one = std::slice::from_ref(statements);
            statements.as_array().map_or(one, Vec::as_slice).iter().all(|statement| {
                let actions = &statement["Action"];
                let one = std::slice::from_ref(actions);
                let actions = actions.as_array().map_or(one, Vec::as_slice);
                statement["Effect"] == "Deny"
                    || statement.get("NotAction").is_none()
                        && actions.iter().all(|action| action.as_str().is_some_and(|action| self.opens_nothing(action)))
            })
        })
    }

    fn is_harmless_statement(&self, statement: &Value, unknown: &Value) -> bool {
        if unknown == &Value::Bool(true) {
            return false;
        }
        let is_known = |argument: &str| match &unknown[argument] {
            Value::Array(marks) => marks.iter().all(|mark| mark == &Value::Bool(false)),
            Value::Bool(mark) => !mark,
            _ => true,
        };
        let actions = statement["actions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_denial = statement["effect"] == "Deny" && is_known("effect");
        let has_others =
            statement["not_actions"].as_array().is_some_and(|all| !all.is_empty()) || !is_known("not_actions");
        let are_harmless =
            actions.iter().all(|action| action.as_str().is_some_and(|action| self.opens_nothing(action)));
        is_denial || is_known("actions") && is_known("effect") && !has_others && are_harmless
    }

    /// Whether an action or a pattern of actions belongs to none of the services in `OPENING`, changes no function, and calls
    /// no function where that matters.
    fn opens_nothing(&self, action: &str) -> bool {
        let action = Pattern::of_action(action);
        let calls: &[&str] = if self.rotates { &CALLING_A_FUNCTION } else { &[] };
        let opening = OPENING.iter().chain(&ON_A_FUNCTION).chain(calls);
        !action.has_unknown() && !opening.into_iter().any(|it| Pattern::of_action(it).meets(&action))
    }
}
