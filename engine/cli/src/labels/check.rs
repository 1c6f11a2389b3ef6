//! Checks names in a spec that Terraform or AWS would reject in the rendered files, or that would clash.

use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::collections::{HashMap, HashSet};

use driftless_model::{HandlerSpec, KmsKey, ManagedPolicies, Owner, Prefixes, Problem, Role, SecretSpec, Spec, shown};

use super::{
    alias_label, aws_policy_label, besides, function_variable, handler_label, partitions, secret_label, statement_id,
    tags, version_variable,
};
use crate::hcl::is_identifier;

/// Variable names that are reserved for module calls, or used by the hand-written provider file or the generated
/// roles.
///
/// Source: [module meta-arguments](https://developer.hashicorp.com/terraform/language/block/variable); `_` and `provider` are
/// reserved too, in Terraform 1.11 and OpenTofu 1.11.
const RESERVED: [&str; 12] = [
    "_",
    "aws_region",
    "count",
    "depends_on",
    "for_each",
    "lifecycle",
    "locals",
    "permissions_boundary_arn",
    "provider",
    "providers",
    "source",
    "version",
];

/// Maximum length of the statement id in a function policy, in characters.
///
/// Source: [`AddPermission`, `StatementId`](https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html).
const MAX_STATEMENT_ID_LEN: usize = 100;

/// Reports every name of the spec that Terraform would reject, or that clashes with another.
#[must_use]
pub fn check(spec: &Spec) -> Vec<Problem> {
    let mut names = LabelNames::default();
    if let Some(Prefixes { variable, .. }) = &spec.prefixes {
        let entry = LabelEntry { place: "the prefixes".to_owned(), own: Own::Prefix };
        names.variable(&entry, variable);
    }
    for secret in &spec.secrets {
        names.secret(secret);
    }
    let functions: HashSet<&str> = spec.secrets.iter().filter_map(|secret| secret.owner.function()).collect();
    for handler in &spec.handlers {
        names.handler(handler, functions.contains(handler.id.as_str()));
    }
    names.problems.extend(besides::check(spec));
    names.problems.extend(partitions::check(spec));
    names.problems.extend(tags::check(spec));
    names.problems
}

/// What a Terraform name belongs to. Two entries with the same name in the spec also share their Terraform name; that
/// is reported as a problem of the spec.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Own<'a> {
    Prefix,
    Secret(&'a str),
    /// Several secrets may use one key.
    Key(&'a str),
    /// By the deployed name, which AWS compares case-insensitively.
    Handler(&'a str),
    /// An existing role, which several handlers may use.
    Role(&'a str),
    /// A list or map of policies, which several handlers may use.
    Policies(&'a ManagedPolicies),
    /// The ARN of a cluster, in which several handlers may run.
    Cluster(&'a str),
    /// An AWS managed policy on the role of a handler.
    AwsPolicy(&'a str, &'a str),
}

impl Own<'_> {
    fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Handler(one), Self::Handler(other)) => one.eq_ignore_ascii_case(other),
            _ => self == other,
        }
    }
}

/// An entry of the spec that has a name in the Terraform.
struct LabelEntry<'a> {
    place: String,
    own: Own<'a>,
}

impl<'a> LabelEntry<'a> {
    /// The same place with another owner of a name.
    fn with(&self, own: Own<'a>) -> Self {
        LabelEntry { place: self.place.clone(), own }
    }
}

#[derive(Default)]
struct LabelNames<'a> {
    taken: HashMap<(&'static str, String), (String, Own<'a>)>,
    problems: Vec<Problem>,
}

impl<'a> LabelNames<'a> {
    fn secret(&mut self, secret: &'a SecretSpec) {
        let entry = LabelEntry { place: format!("secret {}", shown(&secret.id)), own: Own::Secret(&secret.id) };
        match &secret.owner {
            Owner::Terraform(delivery) => {
                // The label is the name of the variable, so a clash of both is reported once.
                if delivery.variable().is_none_or(|variable| self.variable(&entry, variable)) {
                    self.once("secret", &entry, secret_label(secret));
                }
                if let Some(variable) = delivery.variable().filter(|_| delivery.is_counted()) {
                    self.variable(&entry, &version_variable(variable));
                }
            }
            Owner::External => _ = self.once("data source", &entry, secret_label(secret)),
            Owner::Rotation { function } => {
                self.once("secret", &entry, secret_label(secret));
                if function.is_some() {
                    self.statement(&entry, secret);
                }
            }
            Owner::Runtime => {}
        }
        match &secret.kms_key {
            Some(KmsKey::Variable { variable }) => _ = self.variable(&entry.with(Own::Key(variable)), variable),
            Some(KmsKey::Alias { alias }) => {
                self.once("key", &entry.with(Own::Key(alias)), alias_label(alias, secret.region.as_deref()));
            }
            None => {}
        }
        for copy in secret.options.readable_copies() {
            if let Some(KmsKey::Alias { alias }) = &copy.kms_key {
                self.once("key", &entry.with(Own::Key(alias)), alias_label(alias, Some(&copy.region)));
            }
        }
        for replica in &secret.options.replicas {
            // The alias of one that is not read is a text and no block.
            if let Some(KmsKey::Variable { variable }) = &replica.kms_key {
                self.variable(&entry.with(Own::Key(variable)), variable);
            }
        }
    }

    fn handler(&mut self, handler: &'a HandlerSpec, is_rotating: bool) {
        let entry = LabelEntry { place: format!("handler {}", shown(&handler.id)), own: Own::Handler(&handler.name) };
        if let Role::Existing { variable } = &handler.role {
            self.variable(&entry.with(Own::Role(variable)), variable);
        }
        if let Some(cluster) = handler.options.principal.cluster() {
            self.variable(&entry.with(Own::Cluster(cluster)), cluster);
        }
        self.once("role", &entry, handler_label(handler));
        for policies in &handler.options.also {
            if let Some(variable) = policies.variable() {
                self.variable(&entry.with(Own::Policies(policies)), variable);
            }
            if let Some(name) = policies.aws_policy() {
                let label = aws_policy_label(handler, name);
                self.once("attachment", &entry.with(Own::AwsPolicy(&handler.id, name)), label);
            }
        }
        if is_rotating {
            self.variable(&entry, &function_variable(handler));
        }
    }

    fn statement(&mut self, entry: &LabelEntry<'a>, secret: &SecretSpec) {
        let id = statement_id(&secret_label(secret));
        if id.len() > MAX_STATEMENT_ID_LEN {
            let message = format!(
                "the permission of its function has the name {}, which has {} characters, and AWS takes {MAX_STATEMENT_ID_LEN}",
                shown(&id),
                id.len()
            );
            let hint = "shorten the id: in it a `_` is put before each capital letter behind a small one";
            self.problems.push(Problem::new("long-statement-id", &entry.place, message, hint));
        }
    }

    /// Registers a variable. Returns whether no other entry uses it.
    fn variable(&mut self, entry: &LabelEntry<'a>, variable: &str) -> bool {
        if !is_identifier(variable) {
            self.problem("bad-variable", entry, format!("{} cannot name a Terraform variable", shown(variable)));
        } else if RESERVED.contains(&variable) {
            self.problem("reserved-variable", entry, format!("the variable name {} is taken", shown(variable)));
        }
        self.once("variable", entry, variable.to_owned())
    }

    /// Registers a name of a kind. Returns whether no other entry uses it.
    fn once(&mut self, kind: &'static str, entry: &LabelEntry<'a>, name: String) -> bool {
        let taken = match self.taken.entry((kind, name)) {
            Vacant(free) => {
                free.insert((entry.place.clone(), entry.own));
                return true;
            }
            Occupied(taken) if taken.get().1.is_same(entry.own) => return true,
            Occupied(taken) => taken,
        };
        let (first, name) = (&taken.get().0, shown(&taken.key().1));
        let message = if *first == entry.place {
            format!("two things of it have the same {kind} in the Terraform, {name}")
        } else {
            format!("its {kind} in the Terraform is {name}, and so is that of {first}")
        };
        self.problem("name-clash", entry, message);
        false
    }

    fn problem(&mut self, lint: &'static str, entry: &LabelEntry<'a>, message: String) {
        let hint = "choose another name: letters, digits and underscores, one of its own for each entry";
        self.problems.push(Problem::new(lint, &entry.place, message, hint));
    }
}
