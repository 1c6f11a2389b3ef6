//! Reports types that give access and are not checked, unknown arguments, actions, and secret values that were read.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::{Check, Finding, Kind};
use super::given::Given;
use super::{Planned, arguments, kinds};
use crate::aws::arn::function_name;
use crate::tf::Address;

/// The prefix of Parameter Store names that return the values of secrets.
///
/// Source: [referencing secrets from Parameter Store][reference].
///
/// [reference]: https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-ps-secretsmanager.html
const IN_PARAMETERS: &str = "/aws/reference/secretsmanager/";

impl Check<'_> {
    pub(super) fn others(&self, found: &mut Vec<Finding>) {
        self.not_looked_at(found);
        self.not_known(found);
        self.run_by_planning(found);
        self.actions(found);
        self.ephemeral(found);
        for (address, given) in &self.plan.data {
            self.read_value(address, given, given.has_value, "is in the plan, and so in the state", found);
        }
        for planned in &self.plan.reads {
            if let Some(after) = &planned.after {
                self.read_value(&planned.address, after, true, "will be in the state", found);
            }
        }
    }

    /// Changed resources of types that can give access and are not checked.
    fn not_looked_at(&self, found: &mut Vec<Finding>) {
        let mut all: BTreeMap<&str, (&'static str, usize)> = BTreeMap::new();
        let goes = |planned: &Planned| planned.has_action("delete") && kinds::is_limit(&planned.kind);
        for planned in self.plan.resources.iter().filter(|planned| planned.changes() || goes(planned)) {
            if let Some(what) = kinds::not_looked_at(&planned.kind).filter(|_| !self.is_association(planned)) {
                all.entry(&planned.kind).or_insert((what, 0)).1 += 1;
            }
        }
        for (kind, (what, number)) in all {
            let them = if number == 1 { "1 change".to_owned() } else { format!("{number} changes") };
            found.push(Finding::new(Kind::NotLookedAt, &kind, format!("{them}: {what}")));
        }
    }

    /// Data sources that run programs or make requests.
    fn run_by_planning(&self, found: &mut Vec<Finding>) {
        let read = self.plan.data.keys().chain(self.plan.reads.iter().map(|planned| &planned.address));
        for address in read {
            let in_module = address.in_module();
            if let Some(what) = kinds::run_by_planning(in_module.split('.').next().unwrap_or_default()) {
                found.push(Finding::new(Kind::NotLookedAt, &data_place(address), what));
            }
        }
    }

    /// Ephemeral resources that read a secret value or call a function. No state and no plan contains what they return.
    fn ephemeral(&self, found: &mut Vec<Finding>) {
        for (module, address, named) in self.plan.configuration.ephemeral() {
            let kind = address.split('.').nth(1).unwrap_or_default();
            let Some(what) = kinds::ephemeral(kind) else { continue };
            let calls: Vec<String> = module.iter().map(|name| format!("module.{name}")).collect();
            let path = calls.join(".");
            let place = if path.is_empty() { address.to_owned() } else { format!("{path}.{address}") };
            let new = || self.new_secrets(&path.parse().ok()?, address);
            let function = named.map(function_name).filter(|name| self.is_function(name));
            let (kind, what) = match named.map(|id| vec![id]).or_else(new) {
                Some(ids) if kind == kinds::SECRET_VERSION => match ids.into_iter().find_map(|id| self.meant_by(id)) {
                    Some(secret) => (Kind::Undecided, format!("{what}: it is {}", secret.id)),
                    None => continue,
                },
                _ => match function {
                    Some(name) => (Kind::Undecided, format!("{what}: it is `{name}` of the spec")),
                    None => (Kind::NotLookedAt, what.to_owned()),
                },
            };
            found.push(Finding::new(kind, &place, what));
        }
    }

    /// Arguments that are set and that no table contains.
    fn not_known(&self, found: &mut Vec<Finding>) {
        let mut all: BTreeMap<(&str, &str), &Address> = BTreeMap::new();
        for planned in self.plan.resources.iter().filter(|planned| arguments::knows(&planned.kind)) {
            let shown = self.plan.configuration.arguments(planned.address.module(), &planned.address.in_module());
            let set: BTreeSet<&str> = match shown {
                Some(shown) => shown.keys().map(String::as_str).collect(),
                None => planned.after.iter().flat_map(|after| &after.unlisted).map(|name| &**name).collect(),
            };
            for name in set.into_iter().filter(|name| arguments::use_of(&planned.kind, name).is_none()) {
                all.entry((planned.kind.as_str(), name)).or_insert(&planned.address);
            }
        }
        for ((kind, name), address) in all {
            let what = format!("`{address}` has this argument, which this check does not know yet");
            found.push(Finding::new(Kind::NotLookedAt, &format!("{kind}.{name}"), what));
        }
    }

    /// Actions that the apply runs in addition to changing resources.
    fn actions(&self, found: &mut Vec<Finding>) {
        for action in &self.plan.actions {
            let function = action.function.as_deref().map(function_name);
            let is_handler = function.is_some_and(|name| self.is_function(name));
            let (kind, what) = if is_handler {
                let what = "the apply calls a function of the spec, with an event that is not checked".to_owned();
                (Kind::Undecided, what)
            } else if action.is_function_unknown {
                (Kind::Undecided, "which function the apply calls is known only after the apply".to_owned())
            } else {
                (Kind::NotLookedAt, format!("the apply runs an action of the type `{}`", action.kind))
            };
            found.push(Finding::new(kind, &action.address, what));
        }
    }

    /// A data source that has returned a secret value, or will.
    fn read_value(&self, address: &Address, given: &Given, has_value: bool, whereto: &str, found: &mut Vec<Finding>) {
        let in_module = address.in_module();
        let kind = in_module.split('.').next().unwrap_or_default();
        let id = given.word("arn").or_else(|| given.word("secret_id")).map(|id| vec![id]);
        let ids = id.or_else(|| self.new_secrets(address.module(), &format!("data.{in_module}")));
        let meant = ids.map(|ids| ids.into_iter().find_map(|id| self.meant_by(id)));
        let what = match kind {
            _ if !has_value => return,
            "aws_secretsmanager_secret_version" => match meant {
                Some(Some(secret)) => format!("the value of {} {whereto}", secret.id),
                Some(None) => return,
                None => {
                    let what =
                        format!("the value of a secret {whereto}, and which secret is known only after the apply");
                    found.push(Finding::new(Kind::Undecided, &data_place(address), what));
                    return;
                }
            },
            "aws_ssm_parameter" => {
                let name = given.word("name").and_then(|name| name.strip_prefix(IN_PARAMETERS));
                match name.and_then(|name| self.named(name)) {
                    Some(secret) => format!("the value of {} {whereto}", secret.id),
                    None => return,
                }
            }
            "aws_kms_secret" | "aws_kms_secrets" => {
                let what =
                    "a key decrypts a text of the configuration, and somebody can have put a secret's value there";
                found.push(Finding::new(Kind::NotLookedAt, &data_place(address), what));
                return;
            }
            "aws_lambda_invocation" => {
                let is_it = |name: &&str| self.is_function(name);
                let names = match given.word("function_name") {
                    Some(id) => Some(vec![function_name(id)]),
                    None => self.new_functions(address.module(), &format!("data.{in_module}")),
                };
                match names.map(|names| names.into_iter().find(is_it)) {
                    Some(Some(name)) => format!("what the function `{name}` of the spec answers {whereto}"),
                    Some(None) => return,
                    None => {
                        let what = "which function it calls is known only after the apply";
                        found.push(Finding::new(Kind::Undecided, &data_place(address), what));
                        return;
                    }
                }
            }
            _ => return,
        };
        found.push(Finding::new(Kind::ValueInPlan, &data_place(address), what));
    }
}

/// The address of a data source in Terraform's notation.
fn data_place(address: &Address) -> String {
    let (module, whole) = (address.module().to_string(), address.to_string());
    match whole.strip_prefix(&module).map(|rest| rest.trim_start_matches('.')) {
        Some(rest) if !module.is_empty() => format!("{module}.data.{rest}"),
        _ => format!("data.{whole}"),
    }
}
