//! Compares the spec's own resources in a plan with the rendered file, argument by argument.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Planned;
use super::arguments::access_of;
use super::findings::{Check, Finding, Kind};
use super::gained::listed;
use crate::access::Known;
use crate::aws::arn::secret_name;
use crate::hcl;

/// Arguments that other checks compare by meaning instead of by text: policies and their recipients.
const BY_MEANING: [&str; 10] = [
    "action",
    "assume_role_policy",
    "function_name",
    "policy",
    "policy_arn",
    "principal",
    "role",
    "secret_arn",
    "source_account",
    "source_arn",
];

/// The defaults of arguments that the rendered file does not set.
const DEFAULTS: [(&str, &str); 3] =
    [("force_overwrite_replica_secret", "false"), ("path", "/"), ("recovery_window_in_days", "30")];

/// The fields of blocks that are compared; the provider computes the others.
const IN_BLOCKS: [&str; 5] = ["region", "kms_key_id", "automatically_after_days", "duration", "schedule_expression"];

/// Why an argument that is not known yet is acceptable.
const NEW: &str =
    "known only after the apply: it refers to a resource that this plan creates, as the rendered file does";

impl Check<'_> {
    /// Reports resources of the spec that will not exist, and those that differ from the rendered file.
    pub(super) fn own(&self, known: &Known, found: &mut Vec<Finding>) {
        for address in self.module.addresses() {
            match self.plan.resource(self.path, address).filter(|planned| planned.will_be()) {
                Some(planned) => self.compare(planned, address, known, found),
                None if self.plan.shape.is_whole()
                    && (!self.module.may_be_absent(address) || self.is_deleted(address)) =>
                {
                    self.missing(address, found);
                }
                None => {}
            }
        }
        for address in self.module.data() {
            self.read(address, known, found);
        }
    }

    /// Whether the plan deletes a resource, such as the rotation of a secret that has one.
    fn is_deleted(&self, address: &str) -> bool {
        self.plan.resource(self.path, address).is_some_and(|planned| planned.has_action("delete"))
    }

    fn missing(&self, address: &str, found: &mut Vec<Finding>) {
        let (kind, what) = if self.is_left_out(address) {
            (Kind::NotLookedAt, "the configuration has it, and this plan leaves it out, as `-target` does")
        } else {
            let planned = self.plan.resource(self.path, address);
            let what = match planned {
                Some(planned) if planned.has_action("forget") => {
                    "the spec has it, and this plan has Terraform forget it"
                }
                Some(planned) if planned.has_action("delete") => "the spec has it, and this plan destroys it",
                _ => "the spec has it, and the plan does not",
            };
            (Kind::Missing, what)
        };
        found.push(Finding::new(kind, &self.place(address), what));
    }

    /// Whether a resource of the spec is in the configuration and not in the plan. It only applies to plans that do not
    /// state whether they are partial, such as those of OpenTofu.
    pub(super) fn is_left_out(&self, address: &str) -> bool {
        let shape = &self.plan.shape;
        !shape.says_how_much
            && self.plan.resource(self.path, address).is_none()
            && self.plan.configuration.arguments(self.path, address).is_some()
    }

    fn compare(&self, planned: &Planned, address: &str, known: &Known, found: &mut Vec<Finding>) {
        let rendered = self.module.arguments(address, known);
        // Which conditions depend on the tags of the provider's `default_tags` is decided with the policies.
        for argument in access_of(&planned.kind).iter().filter(|argument| **argument != "tags_all") {
            let wanted = rendered.get(*argument);
            if planned.unknown.is_marked(argument) && !is_filled_in(planned, argument, wanted) {
                self.unknown(planned, argument, wanted.is_some(), found);
            } else if !BY_MEANING.contains(argument)
                && let Some(given) = planned.after.as_ref().and_then(|after| after.get(argument))
            {
                Self::argument(planned, argument, wanted, given, found);
            }
        }
    }

    /// Reports an argument that is known only after the apply.
    fn unknown(&self, planned: &Planned, argument: &str, is_rendered: bool, found: &mut Vec<Finding>) {
        let address = planned.address.in_module();
        let shown = self.plan.configuration.arguments(self.path, &address);
        // Where the configuration is not shown, an update has a value that is not known yet only if it is configured.
        let is_updated = planned.before.is_some() && !planned.has_action("create");
        let is_configured = shown.map_or(is_updated, |arguments| arguments.contains_key(argument));
        if !is_rendered && planned.is_unknown(argument) && !is_configured {
            // The provider computes an argument that is not configured.
            return;
        }
        let (kind, what) = match self.refers_as_rendered(&address, argument) {
            _ if !is_rendered => (Kind::Undecided, "the rendered file does not have it"),
            Some(true) if self.waits_for_new(&address, argument) => (Kind::AfterApply, NEW),
            Some(true) => (Kind::Undecided, "nothing that it refers to is made by this plan"),
            Some(false) => (Kind::Undecided, "it does not refer to what the rendered file does"),
            None => (Kind::Undecided, "the plan does not show what it refers to"),
        };
        let what = match kind {
            Kind::AfterApply => format!("`{argument}` is {what}"),
            _ => format!("`{argument}` is known only after the apply, and {what}"),
        };
        found.push(Finding::new(kind, &planned.address, what));
    }

    fn argument(planned: &Planned, argument: &str, wanted: Option<&Value>, given: &Value, found: &mut Vec<Finding>) {
        let default = DEFAULTS.iter().find(|(name, _)| *name == argument).map(|(_, value)| Value::from(*value));
        let wanted = wanted.cloned().or(default).unwrap_or_default();
        let value = || shown_of(planned, argument, given);
        match (planned.kind.as_str(), argument) {
            // The policies in a role are compared together with those attached to it, and the policy on a secret by
            // what it allows. The version of a value changes with the value.
            ("aws_iam_role", "inline_policy" | "managed_policy_arns") | (_, "secret_string_wo_version") => {}
            (_, "version_stages") => stages(planned, given, found),
            (_, "region") if is_nothing(&wanted) => {}
            (_, "permissions_boundary") => Self::boundary(planned, &wanted, given, found),
            (_, "policy_names" | "policy_arns") => list(planned, argument, &wanted, given, found),
            _ if is_same(&wanted, given) => {}
            _ if written(&wanted).contains("${") => {
                let what =
                    format!("`{argument}` cannot be compared: the plan does not show what the rendered file has");
                found.push(Finding::new(Kind::Undecided, &planned.address, what));
            }
            (_, "rotation_lambda_arn") => {
                let what = format!("{} rotates the secret, and not {}", value(), shown(&wanted));
                found.push(Finding::new(Kind::Wider, &planned.address, what));
            }
            _ => {
                let what = format!("`{argument}` is {}, and {} by the spec", value(), shown(&wanted));
                found.push(Finding::new(Kind::Different, &planned.address, what));
            }
        }
    }

    fn boundary(planned: &Planned, wanted: &Value, given: &Value, found: &mut Vec<Finding>) {
        let before = planned.before.as_ref().and_then(|before| before.word("permissions_boundary"));
        let what = match before {
            Some(before) if is_nothing(given) => {
                (Kind::Wider, format!("the permissions boundary {} is taken off the role", hcl::quote(before)))
            }
            Some(before) if given.as_str() != Some(before) => (
                Kind::Wider,
                format!("the permissions boundary becomes {}, and was {}", shown(given), hcl::quote(before)),
            ),
            _ if is_same(wanted, given) || written(wanted).contains("${") => return,
            _ => (
                Kind::Different,
                format!("the permissions boundary is {}, and {} by the variable", shown(given), shown(wanted)),
            ),
        };
        found.push(Finding::new(what.0, &planned.address, what.1));
    }

    /// Reports a data source of the spec that has read another object.
    fn read(&self, address: &str, known: &Known, found: &mut Vec<Finding>) {
        let rendered = self.module.arguments(address, known);
        let (Some(wanted), Some(name)) = (rendered.get("name"), known.get(&format!("{address}.name"))) else { return };
        if !is_same(wanted, name) && !written(wanted).contains("${") {
            let what = format!("it looks up {}, and the spec has {}", shown(name), shown(wanted));
            found.push(Finding::new(Kind::Different, &self.place(address), what));
        }
    }

    /// The absolute address of a resource in the module.
    pub(super) fn place(&self, address: &str) -> String {
        let path = self.path.to_string();
        if path.is_empty() { address.to_owned() } else { format!("{path}.{address}") }
    }
}

/// Reports a new value that does not become the current one, which handlers read.
fn stages(planned: &Planned, given: &Value, found: &mut Vec<Finding>) {
    let labels: Vec<&str> = given.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if planned.changes() && !labels.is_empty() && !labels.contains(&"AWSCURRENT") {
        let what =
            format!("`version_stages` is {}, without AWSCURRENT: nothing reads the new value", labels.join(", "));
        found.push(Finding::new(Kind::Different, &planned.address, what));
    }
}

/// Whether what is not known of some blocks is only what the provider fills in: what the file gives of them is known.
fn is_filled_in(planned: &Planned, argument: &str, wanted: Option<&Value>) -> bool {
    let blocks = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let of_plan = blocks(planned.unknown.get(argument));
    let is_block_of_known = |block: &Value| block.is_object() && !written(block).contains("${");
    // The provider chooses a key where none is given.
    let is_chosen = |block: &Value| block.get("region") != Some(&Value::Bool(true));
    argument == "replica" && blocks(wanted).iter().all(is_block_of_known) && of_plan.iter().all(is_chosen)
}

/// Compares an exclusive list of a role's policies. An additional entry keeps a policy that is not in the spec.
fn list(planned: &Planned, argument: &str, wanted: &Value, given: &Value, found: &mut Vec<Finding>) {
    let all = |value: &Value| -> BTreeSet<String> { value.as_array().into_iter().flatten().map(written).collect() };
    let (wanted, given) = (all(wanted), all(given));
    // Policies from variables are checked by what they allow.
    let (lists, wanted): (BTreeSet<String>, BTreeSet<String>) = wanted.into_iter().partition(|it| is_of_variable(it));
    if wanted.iter().any(|name| name.contains("${")) {
        let what = format!("`{argument}` cannot be compared: the plan does not show what the rendered file has");
        found.push(Finding::new(Kind::Undecided, &planned.address, what));
        return;
    }
    let names = |one: &BTreeSet<String>, other: &BTreeSet<String>| -> Vec<String> {
        one.difference(other).map(|name| hcl::quote(name)).collect()
    };
    let (kept, taken) = (names(&given, &wanted), names(&wanted, &given));
    if !kept.is_empty() && lists.is_empty() {
        let what = format!("`{argument}` keeps {} on the role, which the spec does not have", listed(&kept));
        found.push(Finding::new(Kind::Wider, &planned.address, what));
    }
    if !taken.is_empty() {
        let what = format!("`{argument}` takes {} off the role, which the spec has", listed(&taken));
        found.push(Finding::new(Kind::Narrower, &planned.address, what));
    }
}

/// Whether an item of a list represents the items of a variable.
pub(super) fn is_of_variable(item: &str) -> bool {
    item.starts_with("${var.") || item.starts_with("${lookup(var.")
}

/// Whether a value is empty, which means that the argument is not set.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(yes) => !yes,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

fn is_same(wanted: &Value, given: &Value) -> bool {
    if is_nothing(wanted) && is_nothing(given) {
        return true;
    }
    match (wanted, given) {
        (Value::Array(wanted), Value::Array(given)) => {
            wanted.len() == given.len() && wanted.iter().all(|item| given.iter().any(|given| is_same(item, given)))
        }
        (Value::Object(wanted), Value::Object(given)) if is_block(wanted) || is_block(given) => {
            IN_BLOCKS.iter().all(|name| is_same(field(wanted, name), field(given, name)))
        }
        (Value::Object(wanted), Value::Object(given)) => {
            wanted.len() == given.len() && wanted.iter().all(|(name, value)| is_same(value, field(given, name)))
        }
        (wanted, given) => {
            let (wanted, given) = (written(wanted), written(given));
            // The six random characters at the end of a new secret's ARN are not known yet.
            wanted == given || wanted.ends_with("-??????") && secret_name(&wanted) == secret_name(&given)
        }
    }
}

fn is_block(map: &Map<String, Value>) -> bool {
    map.keys().any(|name| IN_BLOCKS.contains(&name.as_str()))
}

fn field<'a>(map: &'a Map<String, Value>, name: &str) -> &'a Value {
    map.get(name).unwrap_or(&Value::Null)
}

/// A value as a text.
fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The value of an argument as it is shown in a sentence.
fn shown_of(planned: &Planned, argument: &str, value: &Value) -> String {
    if planned.sensitive.is_marked(argument) { "(sensitive value)".to_owned() } else { shown(value) }
}

/// A value as it is shown in a sentence.
fn shown(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.parse::<u32>().is_ok() => text.clone(),
        value if is_nothing(value) => "not set".to_owned(),
        Value::String(text) => hcl::quote(text),
        value => value.to_string(),
    }
}
