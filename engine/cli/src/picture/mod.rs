//! The access report: who may do what, as `ACCESS.md`, tables, graphs, JSON and an HTML page.
//!
//! It shows the grants of the spec with the statements that `iam` derives from them, which the templates also render.

mod code;
mod csv;
mod graph;
mod json;
mod markdown;
mod page;
mod remarks;
mod statement;
mod svg;

use std::collections::HashMap;
use std::fmt;

use driftless_model::{ApiCall, Delivery, HandlerSpec, Owner, Principal, Problem, Replica, SecretSpec, Spec, Verb};

use crate::iam::key_actions;

pub use code::{code, plain};
pub use csv::csv;
pub use graph::mermaid;
pub use json::{VERSION, json};
pub use markdown::{ACCESS, MARK, access_page, markdown};
pub use page::page;
pub use remarks::{notes, remarks, temporary_grants};
pub use statement::{PlacedStatement, ShownPolicies, ShownStatement};
pub use svg::svg;

/// The access that a spec grants, or a selection of it.
pub struct Picture<'a> {
    /// The whole spec.
    pub spec: &'a Spec,
    /// All principals with a grant, and handlers without any, in the order of the spec.
    pub subjects: Vec<ReportSubject<'a>>,
    /// The secrets, in the order of the spec.
    pub secrets: Vec<&'a SecretSpec>,
    /// Sorted by subject, then by secret, in the order of the spec.
    pub grants: Vec<GrantedAccess<'a>>,
}

/// A principal in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportSubject<'a> {
    /// A handler of the spec.
    Handler(&'a HandlerSpec),
    /// A principal outside the spec with which a secret is shared.
    Principal(&'a Principal),
}

impl<'a> ReportSubject<'a> {
    /// The purpose of a handler; empty if the spec does not say it.
    #[must_use]
    pub const fn description(&self) -> &'a str {
        match self {
            Self::Handler(handler) => handler.description.as_str(),
            Self::Principal(_) => "",
        }
    }

    /// `handler`, `account` or `role`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Handler(_) => "handler",
            Self::Principal(Principal::Account { .. }) => "account",
            Self::Principal(Principal::Role { .. }) => "role",
        }
    }
}

/// Formats a handler as its name, an account as its number, a role as both.
impl fmt::Display for ReportSubject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handler(handler) => f.write_str(&handler.name),
            Self::Principal(Principal::Account { account }) => f.write_str(account),
            Self::Principal(Principal::Role { account, role }) => write!(f, "{account}:{role}"),
        }
    }
}

/// What one subject may do with one secret.
pub struct GrantedAccess<'a> {
    /// Index of the subject.
    pub subject: usize,
    /// Index of the secret.
    pub secret: usize,
    /// Sorted.
    pub verbs: Vec<Verb>,
    /// The secret.
    pub of: &'a SecretSpec,
    /// Whether the statement is in the policy of a role, rather than in the policy of the secret.
    pub is_in_role: bool,
    /// Why the spec grants it; empty if the spec does not say.
    pub reason: &'a str,
}

impl GrantedAccess<'_> {
    /// The API calls of the verbs, sorted by name.
    #[must_use]
    pub fn calls(&self) -> Vec<ApiCall> {
        sorted(self.verbs.iter().flat_map(|verb| verb.api_calls()).copied())
    }

    /// Whether one of these calls returns the value, which also verbs that write can need: `update` reads before it writes.
    #[must_use]
    pub fn reads_value(&self) -> bool {
        self.calls().contains(&ApiCall::GetSecretValue)
    }

    /// The names of those calls.
    #[must_use]
    pub fn call_names(&self) -> Vec<&'static str> {
        self.calls().into_iter().map(ApiCall::name).collect()
    }

    /// The actions on the secret's own key that these calls need, if it has one, and on those of the copies that are read.
    /// Whoever is outside the spec gets them by the policy of the key, which is not this spec's.
    #[must_use]
    pub fn key_actions(&self) -> Vec<&'static str> {
        let on_secret = if self.of.kms_key.is_some() && self.is_in_role { self.calls() } else { Vec::new() };
        let reading =
            || self.verbs.iter().filter(|verb| verb.reads_copies()).flat_map(|verb| verb.api_calls()).copied();
        let on_copies = self.copies().filter(|copy| copy.kms_key.is_some()).flat_map(|_| reading());
        sorted(on_secret.into_iter().chain(on_copies).flat_map(key_actions).copied())
    }

    /// The copies that it may read. Nobody outside the spec is given any.
    pub fn copies(&self) -> impl Iterator<Item = &Replica> {
        let reads = self.is_in_role && self.verbs.iter().any(|verb| verb.reads_copies());
        self.of.options.readable_copies().filter(move |_| reads)
    }
}

impl<'a> Picture<'a> {
    /// The access of a whole checked spec.
    ///
    /// # Panics
    ///
    /// If a grant is on a secret that the spec does not declare, which the check excludes.
    #[must_use]
    pub fn of(spec: &'a Spec) -> Self {
        let places: HashMap<&str, usize> =
            spec.secrets.iter().enumerate().map(|(place, secret)| (secret.id.as_str(), place)).collect();
        let allowed = |subject, secret: usize, verbs: &[Verb], reason: &'a str| GrantedAccess {
            is_in_role: subject < spec.handlers.len(),
            subject,
            secret,
            verbs: sorted(verbs.iter().copied()),
            of: &spec.secrets[secret],
            reason,
        };
        let mut subjects: Vec<ReportSubject<'a>> = spec.handlers.iter().map(ReportSubject::Handler).collect();
        let mut grants = Vec::new();
        for (subject, handler) in spec.handlers.iter().enumerate() {
            let of_handler = handler.grants.iter();
            grants.extend(
                of_handler.map(|grant| allowed(subject, places[grant.secret.as_str()], &grant.verbs, &grant.reason)),
            );
        }
        let mut principals: HashMap<&Principal, usize> = HashMap::new();
        for (secret, shared) in spec.secrets.iter().enumerate() {
            for share in &shared.options.shared_with {
                let subject = *principals.entry(&share.principal).or_insert_with(|| {
                    subjects.push(ReportSubject::Principal(&share.principal));
                    subjects.len() - 1
                });
                grants.push(allowed(subject, secret, &share.verbs, ""));
            }
        }
        grants.sort_by_key(|grant| (grant.subject, grant.secret));
        Self { spec, subjects, secrets: spec.secrets.iter().collect(), grants }
    }

    /// Selects some handlers and some secrets by id; an empty list selects all. Principals outside the spec are not
    /// handlers, so naming a handler excludes them.
    #[must_use]
    pub fn only(mut self, handlers: &[&str], secrets: &[&str]) -> Self {
        let is_subject = |subject: &ReportSubject<'_>| {
            handlers.is_empty()
                || matches!(subject, ReportSubject::Handler(handler) if handlers.contains(&handler.id.as_str()))
        };
        let is_secret = |secret: &SecretSpec| secrets.is_empty() || secrets.contains(&secret.id.as_str());
        self.grants.retain(|grant| is_subject(&self.subjects[grant.subject]) && is_secret(grant.of));
        // A selected handler is listed even without grants. A handler that is listed only because of a selected secret
        // is not.
        let is_named_subject =
            |subject: &ReportSubject<'_>| is_subject(subject) && (secrets.is_empty() || !handlers.is_empty());
        let is_named_secret = |secret: &SecretSpec| is_secret(secret) && (handlers.is_empty() || !secrets.is_empty());
        self.keep(is_named_subject, is_named_secret);
        self
    }

    /// Removes the subjects and secrets without grants, except for those that are named.
    fn keep(&mut self, is_subject: impl Fn(&ReportSubject<'_>) -> bool, is_secret: impl Fn(&SecretSpec) -> bool) {
        let has_grant: Vec<(usize, usize)> = self.grants.iter().map(|grant| (grant.subject, grant.secret)).collect();
        let subjects = kept(self.subjects.len(), |place| {
            is_subject(&self.subjects[place]) || has_grant.iter().any(|(subject, _)| *subject == place)
        });
        let secrets = kept(self.secrets.len(), |place| {
            is_secret(self.secrets[place]) || has_grant.iter().any(|(_, secret)| *secret == place)
        });
        // Indices have changed, because subjects and secrets were removed.
        for grant in &mut self.grants {
            grant.subject = subjects[&grant.subject];
            grant.secret = secrets[&grant.secret];
        }
        self.subjects = picked(&self.subjects, &subjects);
        self.secrets = picked(&self.secrets, &secrets);
    }

    /// Who can read the values of some secrets, given by id: the grants of handlers and of others whose statements allow it. A
    /// handler that shares its role also has the grants of the role's other handlers.
    ///
    /// # Errors
    ///
    /// The policies that AWS would reject.
    pub fn readers(mut self, secrets: &[&str]) -> Result<Self, Vec<Problem>> {
        for (place, secret) in self.secrets.clone().into_iter().enumerate() {
            if secrets.contains(&secret.id.as_str()) {
                self.add_shared(place, secret);
            }
        }
        self.grants.retain(|grant| secrets.contains(&grant.of.id.as_str()));
        self.grants.sort_by_key(|grant| (grant.subject, grant.secret));
        let policies = ShownPolicies::of(&self)?;
        let mut place = 0..self.grants.len();
        self.grants.retain(|_| place.next().is_some_and(|place| policies.reads_value(place)));
        self.keep(|_| false, |secret| secrets.contains(&secret.id.as_str()));
        Ok(self)
    }

    /// Adds the grants on a secret that handlers have because they share a role with the handler that is granted them.
    fn add_shared(&mut self, place: usize, secret: &'a SecretSpec) {
        let spec = self.spec;
        for (subject, shown) in self.subjects.iter().enumerate() {
            let ReportSubject::Handler(handler) = *shown else { continue };
            let of_role = spec.role_of(handler).grants_of(&handler.id);
            let verbs = of_role.iter().filter(|grant| grant.secret == secret.id).flat_map(|grant| &grant.verbs);
            let verbs = sorted(verbs.copied());
            let own = self.grants.iter_mut().find(|grant| grant.subject == subject && grant.of.id == secret.id);
            match own {
                Some(own) => own.verbs = verbs,
                None if verbs.is_empty() => {}
                None => {
                    let (is_in_role, reason) = (true, "");
                    self.grants.push(GrantedAccess { subject, secret: place, verbs, of: secret, is_in_role, reason });
                }
            }
        }
    }

    /// Describes who writes the value of a secret.
    #[must_use]
    pub fn written_by(&self, secret: &SecretSpec) -> String {
        match &secret.owner {
            Owner::Terraform(Delivery::InState { .. }) => "Terraform, which keeps it in its state".to_owned(),
            Owner::Terraform(_) => "Terraform".to_owned(),
            Owner::External => "others; it exists already".to_owned(),
            Owner::Runtime => "handlers".to_owned(),
            Owner::Rotation { function: None } => "rotation by a function of others".to_owned(),
            Owner::Rotation { function: Some(id) } => {
                let handler = self.spec.handlers.iter().find(|handler| handler.id == *id);
                format!("rotation by {}", handler.map_or(id.as_str(), |handler| &handler.name))
            }
        }
    }

    /// The grants of a subject.
    pub fn of_subject(&self, subject: usize) -> impl Iterator<Item = &GrantedAccess<'a>> {
        let from = self.grants.partition_point(|grant| grant.subject < subject);
        self.grants[from..].iter().take_while(move |grant| grant.subject == subject)
    }
}

/// Maps the index of each remaining item to its new index.
fn kept(number: usize, stays: impl Fn(usize) -> bool) -> HashMap<usize, usize> {
    (0..number).filter(|place| stays(*place)).enumerate().map(|(new, old)| (old, new)).collect()
}

fn picked<T: Copy>(items: &[T], places: &HashMap<usize, usize>) -> Vec<T> {
    items.iter().enumerate().filter(|(place, _)| places.contains_key(place)).map(|(_, item)| *item).collect()
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items.dedup();
    items
}

/// A verb in words.
#[must_use]
pub fn word(verb: Verb) -> String {
    format!("{verb}{}", if verb.is_temporary() { " (temporary)" } else { "" })
}

/// Verbs in words.
#[must_use]
pub fn words(verbs: &[Verb]) -> String {
    verbs.iter().map(|verb| word(*verb)).collect::<Vec<_>>().join(", ")
}
