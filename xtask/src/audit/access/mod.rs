//! The rules on access: what roles, users, groups and the policies on secrets allow on secrets, keys and roles of the spec,
//! against what it grants.
//!
//! What policies allow is what [`crate::iam::evaluate`] says. Decided for the worse where it cannot be decided: a condition
//! counts as met where it allows and as a hindrance where the spec grants.

mod handler;
mod outsider;
mod secret_policy;
mod trust;
mod wanted;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use paypulse_runtime::model::{HandlerSpec, KmsKey, Role, SecretSpec, Spec};

use super::finding::{Finding, Place, Rule};
use super::inventory::{Identity, IdentityKind};
use super::site::Site;
use crate::iam::evaluate::{Kind, Policies, Target};
use crate::iam::meaning::Document;
use crate::iam::{Policy, ShareStatement, shares};

use wanted::Wanted;

/// What a role that the Terraform creates has besides, for its log.
const LOGS: &str = ":iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

/// Everything that decides who may do what with the secrets of a spec.
pub struct Access<'a> {
    site: Site,
    /// The handlers of each role, by its name in lower case: IAM does not tell `A` from `a`.
    handlers: HashMap<String, Handlers<'a>>,
    secrets: Vec<Named>,
    control: Control,
    /// The places in `secrets`, by the secret's id.
    places: HashMap<&'a str, usize>,
    /// What managed policies allow; none where a policy cannot be read.
    managed: HashMap<String, Option<Document>>,
    seen: HashSet<String>,
    /// For secrets of their own name, the ARNs that handlers' policies name, with the handlers.
    named: HashMap<&'a str, BTreeMap<String, BTreeSet<&'a str>>>,
}

/// Some handlers that run under one role.
struct Handlers<'a> {
    all: Vec<&'a HandlerSpec>,
    wanted: Wanted<'a>,
}

/// A secret of the spec as policies see it: where it is, and where it has copies.
struct Named {
    places: Vec<Target>,
    shares: Vec<ShareStatement>,
}

/// What leads to the secrets: the roles of handlers, and the keys whose ARNs are known.
struct Control {
    targets: Vec<Target>,
    /// The names of the roles that Terraform creates, which trust Lambda alone.
    created: HashSet<String>,
}

impl Control {
    fn of(spec: &Spec, site: &Site, variables: &BTreeMap<String, String>) -> Self {
        let mut all = Self { targets: Vec::new(), created: HashSet::new() };
        let mut seen = HashSet::new();
        for handler in &spec.handlers {
            let name = match &handler.role {
                Role::Created => Some(&handler.name),
                Role::Existing { variable } => variables.get(variable),
            };
            let Some(name) = name.map(|name| name.rsplit('/').next().unwrap_or(name)) else { continue };
            if handler.role == Role::Created {
                all.created.insert(name.to_owned());
            }
            if seen.insert(name) {
                all.targets.push(Target::role(name, &site.place()));
            }
        }
        for secret in &spec.secrets {
            let copies = secret.options.readable_copies().filter_map(|copy| copy.kms_key.as_ref());
            for key in secret.kms_key.iter().chain(copies) {
                if let KmsKey::Variable { variable } = key
                    && let Some(arn) = variables.get(variable.as_ref()).filter(|arn| seen.insert(arn))
                {
                    all.targets.push(Target::new(Kind::Key, arn, [arn.as_str()]));
                }
            }
        }
        all
    }

    /// Whether nobody can become a role however much they are allowed to: who else is trusted is found in the role itself.
    fn is_kept_by_trust(&self, action: &str, target: &Target) -> bool {
        action == "sts:AssumeRole" && self.created.contains(&target.id)
    }
}

impl<'a> Access<'a> {
    /// The access that a checked spec grants. `variables` has the names of roles that exist already and the ARNs of keys.
    #[must_use]
    pub fn new(spec: &'a Spec, site: &Site, variables: &BTreeMap<String, String>) -> Self {
        let by_id: HashMap<&str, &SecretSpec> =
            spec.secrets.iter().map(|secret| (secret.id.as_str(), secret)).collect();
        let apart = spec.with_versions_apart();
        let mut handlers: HashMap<String, Handlers<'a>> = HashMap::new();
        for role in spec.roles() {
            let name = match &role.first().role {
                Role::Created => role.first().created_role().unwrap_or_default(),
                Role::Existing { variable } => variables.get(variable).map_or("", String::as_str),
            };
            let name = name.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            let entry = handlers.entry(name).or_insert_with(|| Handlers { all: Vec::new(), wanted: Wanted::default() });
            entry.wanted.add(&Policy::of(&role, &by_id, &apart), &by_id, site, variables);
            entry.all.extend(role.handlers);
        }
        let secrets = spec.secrets.iter().map(|secret| Named {
            places: Target::secret(spec, secret, &site.place()).each_place().collect(),
            // Names have their prefixes already.
            shares: shares(secret, 0).unwrap_or_default(),
        });
        Self {
            site: site.clone(),
            handlers,
            secrets: secrets.collect(),
            control: Control::of(spec, site, variables),
            places: spec.secrets.iter().enumerate().map(|(place, secret)| (secret.id.as_str(), place)).collect(),
            managed: HashMap::new(),
            seen: HashSet::new(),
            named: HashMap::new(),
        }
    }

    /// Whether a managed policy is known.
    #[must_use]
    pub fn knows(&self, arn: &str) -> bool {
        self.managed.contains_key(arn)
    }

    /// Takes note of what a managed policy allows; `None` where there is no document of it.
    pub fn learn(&mut self, arn: &str, text: Option<&str>) {
        self.managed.insert(arn.to_owned(), text.and_then(|text| Document::read(text).ok()));
    }

    /// Everything about an identity that is not as the spec says.
    pub fn judge(&mut self, identity: &Identity) -> Vec<Finding> {
        let policies = policies_of(identity, &self.managed, LOGS);
        let role = identity.name.to_ascii_lowercase();
        let is_role = identity.kind == IdentityKind::Role;
        let Some(handlers) = self.handlers.get(&role).filter(|_| is_role) else {
            return outsider::judge(identity, &policies, &self.secrets, &self.control);
        };
        let mut findings = handler::judge(handlers, identity, &policies, &self.secrets, &mut self.named);
        if handlers.all.iter().any(|handler| handler.role == Role::Created) {
            findings.extend(trust::judge(handlers.all[0], identity));
        } else {
            // It uses keys of its own, and without the secrets that gives it nothing of the spec's.
            findings.extend(outsider::control(identity, &policies, &self.control, &[Kind::Role]));
        }
        self.seen.insert(role);
        findings
    }

    /// The handlers whose roles were not among the identities.
    #[must_use]
    pub fn missing(&self) -> Vec<Finding> {
        let missing = self.handlers.iter().filter(|(role, _)| !self.seen.contains(*role));
        let handlers = missing.flat_map(|(_, handlers)| &handlers.all);
        let mut findings: Vec<Finding> = handlers.map(|handler| missing_role(handler)).collect();
        findings.sort_unstable();
        findings
    }
}

/// All policies of an identity, but for AWS's own one that ends in `ignored`. AWS's others are taken from the account, where
/// they are newer than in a table.
fn policies_of<'p>(identity: &Identity, managed: &'p HashMap<String, Option<Document>>, ignored: &str) -> Policies<'p> {
    const GONE: &str = "its document is not there, or cannot be read";
    let managed = |arn: &str| managed.get(arn).and_then(Option::as_ref);
    let mut policies = Policies::new();
    for document in &identity.inline {
        policies.add(&document.name, &document.text);
    }
    for arn in identity.attached.iter().filter(|arn| !arn.ends_with(ignored)) {
        match managed(arn) {
            Some(document) => policies.add_document(arn, document),
            None => policies.add_unread(arn, GONE),
        }
    }
    if let Some(arn) = &identity.boundary {
        match managed(arn) {
            Some(document) => policies.bound(arn, document),
            None => policies.bound_by_unknown(arn, GONE),
        }
    }
    policies
}

fn missing_role(handler: &HandlerSpec) -> Finding {
    let place = Place::Handler { id: handler.id.clone() };
    match &handler.role {
        Role::Created => {
            let message = format!("there is no role `{}`", handler.created_role().unwrap_or_default());
            Finding::new(Rule::MissingRole, place, message, "apply the Terraform, which creates it")
        }
        Role::Existing { variable } => {
            let message = format!("there is no role of the name that `{variable}` has");
            Finding::new(Rule::MissingRole, place, message, format!("pass its name by `--var {variable}=NAME`"))
        }
    }
}

/// Some words in backticks, the first few of them.
fn some<'t>(words: impl IntoIterator<Item = &'t str>) -> String {
    const SHOWN: usize = 4;
    let words: BTreeSet<&str> = words.into_iter().collect();
    let shown: Vec<String> = words.iter().take(SHOWN).map(|word| paypulse_runtime::model::shown(word)).collect();
    match words.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
