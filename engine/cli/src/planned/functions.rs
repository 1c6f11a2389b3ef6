//! Checks resources that run as a role of the spec, and those that start a function of the spec.

use driftless_model::HandlerSpec;
use serde_json::Value;

use super::configuration::{End, whole};
use super::findings::{Check, Finding, Kind};
use super::given::{Given, is_for_roles};
use super::kinds::{CallerKind, Does};
use super::policies::Reader;
use super::programs::runs_other_containers;
use super::seen::Seen;
use crate::aws::arn::{function_name, region};
use crate::iam::ON_A_FUNCTION;
use crate::iam::meaning::Pattern;

impl Check<'_> {
    /// Reports a function or another resource that runs as a role of the spec without being that role's function.
    pub(super) fn runs(
        &self,
        seen: &Seen<'_>,
        role: &str,
        named_by: Option<&str>,
        reader: &Reader<'_>,
        found: &mut Vec<Finding>,
    ) {
        let Some(after) = seen.after else { return };
        let name = named_by.and_then(|argument| after.word(argument));
        let last = |arn: &str| arn.rsplit('/').next().unwrap_or(arn).to_owned();
        let before = seen.before.and_then(|before| before.word(role)).map(last);
        let is_handler = || name.is_some_and(|name| self.is_function(name));
        if after.word(role).is_some_and(|arn| self.is_foreign_arn(arn)) {
            return;
        }
        let Some(runs_as) = after.word(role).map(last).or_else(|| self.new_role(seen, role, reader)) else {
            // A role with a prefixed name that this plan makes outside the spec's files does not belong to the spec.
            let others = new_ones(seen, role, reader);
            let is_other = !others.is_empty() && others.iter().all(|it| it.does == Some(Does::Role) && !self.has(it));
            if seen.is_unknown(role) && !is_handler() && !is_other {
                let what = "which role it runs as is known only after the apply";
                found.push(Finding::new(Kind::Undecided, seen.address, what));
            }
            return;
        };
        let Some(handlers) = self.roles.get(&runs_as) else { return };
        // A function of the same name in another Region is another function.
        let is_its_own = !self.is_in_another_region(seen)
            && name.is_some_and(|name| handlers.iter().any(|it| it.name == name && it.options.principal.is_lambda()));
        // A function that is replaced by one of another name is another function.
        let is_renamed = named_by.is_some_and(|argument| seen.before.and_then(|before| before.word(argument)) != name);
        let had_it = before.is_some_and(|before| before.eq_ignore_ascii_case(&runs_as));
        if !is_its_own && (!had_it || is_renamed) {
            let what = format!("it runs as the role `{runs_as}` of the spec, and is not the function of that role");
            found.push(Finding::new(Kind::Foreign, seen.address, what));
        }
    }

    /// Reports that the code of a function of the spec changes. Which code it is cannot be checked.
    pub(super) fn runs_other_code(&self, seen: &Seen<'_>, reader: &Reader<'_>, found: &mut Vec<Finding>) {
        let (Some(before), Some(after)) = (seen.before, seen.after) else { return };
        let Some(HandlerSpec { name, .. }) = self.called(seen, reader) else { return };
        let layers = |given: &Given| given.words("layers").map(str::to_owned).collect::<Vec<_>>();
        let has_layers = seen.unknown.is_marked("layers") || layers(before) != layers(after);
        let what = match seen.kind {
            "aws_lambda_function" if has_layers => "its layers change: their code",
            "aws_lambda_function" => "the function changes: its code",
            "aws_lambda_alias" | "aws_lambda_runtime_management_config" => {
                "another version of the function runs: its code"
            }
            _ => return,
        };
        let what = format!("{what} runs as the handler of `{name}`, and is not checked");
        found.push(Finding::new(Kind::NotLookedAt, seen.address, what));
    }

    /// Reports any other resource that newly names a role of the spec in an argument for roles.
    pub(super) fn names_role(&self, seen: &Seen<'_>, reader: &Reader<'_>, found: &mut Vec<Finding>) {
        let looked_at = ["aws_iam_", "aws_kms_", "aws_secretsmanager_", "aws_lambda_"];
        if !seen.changes || looked_at.iter().any(|start| seen.kind.starts_with(start)) {
            return;
        }
        let before: Vec<&str> =
            seen.before.map(|given| given.roles.iter().map(|(_, arn)| &**arn).collect()).unwrap_or_default();
        if seen.after.is_some_and(|after| after.are_roles_cut) {
            let what = "it names more roles than are looked at";
            found.push(Finding::new(Kind::Undecided, seen.address, what));
        }
        let known = seen.after.into_iter().flat_map(|given| &given.roles);
        // Other providers have roles of other kinds, such as those of a database.
        let is_of_iam = |arn: &str| arn.starts_with("arn:") || seen.kind.starts_with("aws_");
        let is_new = |arn: &str| !before.contains(&arn) && !self.is_foreign_arn(arn) && is_of_iam(arn);
        let known = known.filter(|(argument, arn)| is_for_roles(argument) && is_new(arn));
        let known = known.map(|(argument, arn)| (argument, arn.rsplit('/').next().unwrap_or(arn)));
        let new = seen.unknown.roles.iter();
        let new =
            new.flat_map(|(argument, _)| new_roles(seen, argument, reader).into_iter().map(move |it| (argument, it)));
        let is_hidden =
            |argument: &str| new_roles(seen, argument, reader).is_empty() && self.may_be_of_the_module(seen, argument);
        if seen.unknown.roles.iter().any(|(argument, _)| is_hidden(argument)) {
            let what = "which role it runs as is known only after the apply, and it can be one of the spec";
            found.push(Finding::new(Kind::Undecided, seen.address, what));
        }
        for (argument, name) in known.chain(new).filter(|(_, name)| self.roles.has(name)) {
            if self.is_program_of(seen, argument, name) {
                runs_other_containers(seen, name, found);
                continue;
            }
            let what = format!("its `{argument}` is the role `{name}` of the spec");
            found.push(Finding::new(Kind::Foreign, seen.address, what));
        }
    }

    /// Whether an unknown argument refers to an output of the module of the spec's files that can contain a role.
    fn may_be_of_the_module(&self, seen: &Seen<'_>, argument: &str) -> bool {
        let (module, address) = (seen.address.module(), seen.address.in_module());
        let argument = argument.split('.').next().unwrap_or(argument);
        let references = self.plan.configuration.references(module, &address, argument);
        let references = references.map(whole).unwrap_or_default();
        references.into_iter().any(|reference| {
            let end = self.plan.configuration.follow_reference(module, reference).end;
            let is_local = matches!(end, End::Reference(end) if end.starts_with("local."));
            if is_local && self.makes_roles() {
                return true;
            }
            self.plan.configuration.outputs_of(module, reference).is_some_and(|(of, within)| {
                of == self.path.names()
                    && within.iter().any(|it| it.starts_with("aws_iam_role.") || it.starts_with("data.aws_iam_role."))
            })
        })
    }

    /// Whether the ARN of a role of the spec is known only after the apply. A value that is known then can be one of these.
    fn makes_roles(&self) -> bool {
        self.ours().any(|planned| planned.kind == "aws_iam_role" && planned.is_unknown("arn"))
    }

    /// Reports what starts a function of the spec. A rotation function must only be called by Secrets Manager.
    pub(super) fn calls(&self, seen: &Seen<'_>, reader: &Reader<'_>, found: &mut Vec<Finding>) {
        let Some(Does::Calls { by }) = seen.does else { return };
        let Some(after) =
            seen.after.or(seen.before.filter(|before| by == CallerKind::Apply && calls_when_destroyed(before)))
        else {
            return;
        };
        let Some(handler) = self.called(seen, reader) else {
            self.calls_unknown(seen, by, reader, found);
            return;
        };
        let name = &handler.name;
        if by == CallerKind::Principal && self.lets_change(seen, after, name, found) {
            return;
        }
        let does = match by {
            CallerKind::Principal => format!("it lets {} call", after.word("principal").unwrap_or("anybody")),
            CallerKind::Anybody if seen.before.is_some_and(|before| is_open(before) && is_on(before, name)) => return,
            CallerKind::Anybody if is_open(after) => "it lets anybody call".to_owned(),
            CallerKind::Anybody if seen.is_unknown("authorization_type") => {
                let kind = if self.rotates(handler) { Kind::Undecided } else { Kind::Indirect };
                let what = format!("whether anybody can call the function `{name}` is known only after the apply");
                found.push(Finding::new(kind, seen.address, what));
                return;
            }
            CallerKind::Anybody => return,
            CallerKind::Source if is_there_already(seen, name) => return,
            CallerKind::Source => "it has a queue or a stream call".to_owned(),
            CallerKind::Apply => {
                let what = format!("the apply calls the function `{name}`, with an event that is not checked");
                found.push(Finding::new(Kind::Undecided, seen.address, what));
                return;
            }
        };
        let (kind, can) = if self.rotates(handler) { (Kind::Foreign, "rotates") } else { (Kind::Indirect, "can read") };
        found.push(Finding::new(kind, seen.address, format!("{does} the function `{name}`, which {can} secrets")));
    }

    /// Reports a call of a function that is known only after the apply.
    fn calls_unknown(&self, seen: &Seen<'_>, by: CallerKind, reader: &Reader<'_>, found: &mut Vec<Finding>) {
        let matters = by == CallerKind::Apply || self.has_rotation();
        if !matters || !seen.is_unknown("function_name") || !functions(seen, reader, 0).is_empty() {
            return;
        }
        if self.is_in_another_region(seen) {
            return;
        }
        let what = match by {
            CallerKind::Apply => "which function the apply calls is known only after the apply",
            _ => "which function it lets others call is known only after the apply, and a function of the spec rotates",
        };
        found.push(Finding::new(Kind::Undecided, seen.address, what));
    }

    /// Reports a permission for other actions than calls. A service only calls functions, and for the account itself IAM
    /// policies decide.
    fn lets_change(&self, seen: &Seen<'_>, after: &Given, name: &str, found: &mut Vec<Finding>) -> bool {
        let whom = after.word("principal").unwrap_or("anybody");
        let is_here = self.account.as_deref().is_some_and(|it| it == whom || whom.ends_with(&format!("::{it}:root")));
        if is_here || whom.ends_with(".amazonaws.com") || whom.ends_with(".amazonaws.com.cn") {
            return false;
        }
        let action = after.word("action").map(Pattern::of_action);
        let (kind, what) = match action {
            None if seen.is_unknown("action") => (
                Kind::Undecided,
                format!("what it lets {whom} do with the function `{name}` is known only after the apply"),
            ),
            Some(action) if ON_A_FUNCTION.iter().any(|it| action.meets(&Pattern::of_action(it))) => {
                let action = action.as_str();
                (
                    Kind::Foreign,
                    format!("it allows {whom} {action} on the function `{name}`, whose code runs as the handler"),
                )
            }
            _ => return false,
        };
        found.push(Finding::new(kind, seen.address, what));
        true
    }

    /// The handler whose function an argument names, or refers to if the name is not known yet. Of several, one that rotates
    /// secrets.
    fn called(&self, seen: &Seen<'_>, reader: &Reader<'_>) -> Option<&HandlerSpec> {
        let named = seen.after.or(seen.before).and_then(|given| given.word("function_name"));
        let is_elsewhere = match named.filter(|id| id.starts_with("arn:")) {
            Some(arn) => self.is_foreign_arn(arn) || self.region.as_deref().is_some_and(|here| here != region(arn)),
            None => self.is_in_another_region(seen),
        };
        if is_elsewhere {
            return None;
        }
        let called = match named {
            Some(id) => vec![function_name(id)],
            None => functions(seen, reader, 0),
        };
        let is_called = |handler: &&HandlerSpec| called.contains(&handler.name.as_str());
        let mut all = self.functions().filter(is_called).peekable();
        let first = all.peek().copied();
        all.find(|handler| self.rotates(handler)).or(first)
    }

    /// The name of a role that this plan creates and that an argument refers to. Of several instances, one of the spec.
    pub(super) fn new_role(&self, seen: &Seen<'_>, argument: &str, reader: &Reader<'_>) -> Option<String> {
        let others = new_ones(seen, argument, reader).into_iter().filter(|other| other.does == Some(Does::Role));
        let names: Vec<&str> = others.filter_map(|other| other.after?.word("name")).collect();
        let name = names.iter().find(|name| self.roles.has(name)).or_else(|| names.first());
        name.map(|name| (*name).to_owned())
    }
}

/// The arguments that say what calls a function.
const SOURCES: [&str; 3] = ["event_source_arn", "queues", "topics"];

/// Whether the same event source already called the function before.
fn is_there_already(seen: &Seen<'_>, name: &str) -> bool {
    let (Some(before), Some(after)) = (seen.before, seen.after) else { return false };
    let is_off = |given: &Given| given.get("enabled").is_some_and(|value| value == &Value::Bool(false));
    let is_same = |argument: &str| !seen.unknown.is_marked(argument) && before.get(argument) == after.get(argument);
    is_on(before, name) && SOURCES.into_iter().all(is_same) && (!is_off(before) || is_off(after))
}

/// Whether a resource is on a function.
fn is_on(given: &Given, name: &str) -> bool {
    given.word("function_name").is_some_and(|id| function_name(id) == name)
}

/// Whether an address of a function needs no authentication.
fn is_open(given: &Given) -> bool {
    given.word("authorization_type") == Some("NONE")
}

/// Whether an invocation calls its function when it is destroyed, too.
///
/// Source: [`lifecycle_scope`](https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/website/docs/r/lambda_invocation.html.markdown).
fn calls_when_destroyed(before: &Given) -> bool {
    before.word("lifecycle_scope") == Some("CRUD")
}

/// The names of the functions of this plan that `function_name` refers to, also by an alias.
fn functions<'a>(seen: &Seen<'_>, reader: &Reader<'a>, depth: usize) -> Vec<&'a str> {
    let mut all = Vec::new();
    for other in new_ones(seen, "function_name", reader) {
        match (other.does, other.after.and_then(|after| after.word("function_name"))) {
            (Some(Does::RunsAs { .. } | Does::AboutFunction), Some(id)) => all.push(function_name(id)),
            (Some(Does::AboutFunction), None) if depth < 4 => all.extend(functions(other, reader, depth + 1)),
            _ => {}
        }
    }
    all
}

/// The names of the roles of this plan that an argument refers to, also within its blocks.
fn new_roles<'a>(seen: &Seen<'_>, argument: &str, reader: &Reader<'a>) -> Vec<&'a str> {
    let (module, address) = (seen.address.module(), seen.address.in_module());
    let argument = argument.split('.').next().unwrap_or(argument);
    let references = reader.plan.configuration.references(module, &address, argument);
    let mut all = Vec::new();
    for reference in references.map(whole).unwrap_or_default() {
        let source = reader.plan.configuration.follow_reference(module, reference);
        let resources = reader.resources(module, &source).map(|index| &reader.seen[index]);
        let roles = resources.filter(|other| other.does == Some(Does::Role));
        all.extend(roles.filter_map(|other| other.after?.word("name")));
    }
    all
}

/// The resources of this plan that an argument refers to: all instances, unless the reference names one.
fn new_ones<'a>(seen: &Seen<'_>, argument: &str, reader: &Reader<'a>) -> Vec<&'a Seen<'a>> {
    let (module, address) = (seen.address.module(), seen.address.in_module());
    let Some(source) = reader.plan.configuration.one(module, &address, argument) else { return Vec::new() };
    reader.resources(module, &source).map(|index| &reader.seen[index]).collect()
}
