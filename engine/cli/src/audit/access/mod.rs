//! Audit rules on access: compares what roles, users, groups and secret policies allow on the spec's secrets, keys and
//! roles with its grants.
//!
//! The effect of a policy is decided by [`crate::iam::evaluate`]. What cannot be decided is taken for the worse: a
//! condition counts as met in a policy that allows, and as not met where the spec needs the permission.

mod handler;
mod outsider;
mod secret_policy;
mod tags;
mod trust;
mod wanted;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use driftless_model::{HandlerSpec, KmsKey, Role, SecretSpec, Spec};

use super::finding::{AuditFinding, Place, Rule};
use super::inventory::{Identity, IdentityKind};
use super::site::Site;
use crate::iam::evaluate::{Policies, Target, TargetKind};
use crate::iam::meaning::Document;
use crate::iam::{Policy, ShareStatement, shares};

pub use tags::are_unknown as has_unknown_tags;
use wanted::WantedPolicies;

/// The AWS managed policy for logging that every role created by Terraform has.
const LOGS: &str = ":iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

/// Everything that decides who can do what with the secrets of a spec.
pub struct AuditedAccess<'a> {
    site: Site,
    /// Handlers by the lower-case name of their role: IAM role names are case-insensitive.
    handlers: HashMap<String, Handlers<'a>>,
    secrets: Vec<NamedPrincipal>,
    control: Control,
    /// Indices into `secrets`, by secret id.
    places: HashMap<&'a str, usize>,
    /// Documents of managed policies; `None` if a policy cannot be read.
    managed: HashMap<String, Option<Document>>,
    seen: HashSet<String>,
    /// The ARNs of the clusters that are known, by variable.
    clusters: BTreeMap<String, String>,
    /// The managed policies with a condition on the tags of resources.
    on_tags: HashSet<String>,
    /// For secrets with a custom name: the ARNs that handler policies name, with the handlers.
    named: HashMap<&'a str, BTreeMap<String, BTreeSet<&'a str>>>,
}

/// Handlers that share a role.
struct Handlers<'a> {
    all: Vec<&'a HandlerSpec>,
    wanted: WantedPolicies<'a>,
}

/// A secret of the spec as policies refer to it: its ARN, and the ARNs of its replicas.
struct NamedPrincipal {
    places: Vec<Target>,
    shares: Vec<ShareStatement>,
}

/// What gives indirect access to the secrets: the handlers' roles, and keys whose ARNs are known.
struct Control {
    targets: Vec<Target>,
    /// Names of the roles that Terraform creates. They trust only the service that runs their handler.
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
                    all.targets.push(Target::new(TargetKind::Key, arn, [arn.as_str()]));
                }
            }
        }
        all
    }

    /// Whether the trust policy of a role keeps every identity from assuming it, whatever that identity is allowed.
    /// Other trusted principals are reported for the role itself.
    fn is_kept_by_trust(&self, action: &str, target: &Target) -> bool {
        action == "sts:AssumeRole" && self.created.contains(&target.id)
    }
}

impl<'a> AuditedAccess<'a> {
    /// The access that a checked spec grants. `variables` holds the names of existing roles and the ARNs of keys.
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
            let entry =
                handlers.entry(name).or_insert_with(|| Handlers { all: Vec::new(), wanted: WantedPolicies::default() });
            entry.wanted.add(&Policy::of(&role, &by_id, &apart), &by_id, site, variables);
            entry.all.extend(role.handlers);
        }
        let secrets = spec.secrets.iter().map(|secret| NamedPrincipal {
            places: Target::secret(spec, secret, &site.place()).each_place().collect(),
            // In this spec, names already include their prefixes.
            shares: shares(secret, 0).unwrap_or_default(),
        });
        Self {
            site: site.clone(),
            handlers,
            secrets: secrets.collect(),
            control: Control::of(spec, site, variables),
            places: spec.secrets.iter().enumerate().map(|(place, secret)| (secret.id.as_str(), place)).collect(),
            managed: HashMap::new(),
            on_tags: HashSet::new(),
            seen: HashSet::new(),
            clusters: clusters(spec, variables),
            named: HashMap::new(),
        }
    }

    /// Whether a managed policy is known.
    #[must_use]
    pub fn knows(&self, arn: &str) -> bool {
        self.managed.contains_key(arn)
    }

    /// Records the document of a managed policy; `None` if it has none.
    pub fn learn(&mut self, arn: &str, text: Option<&str>) {
        if text.is_some_and(tags::are_in) {
            self.on_tags.insert(arn.to_owned());
        }
        self.managed.insert(arn.to_owned(), text.and_then(|text| Document::read(text).ok()));
    }

    /// Every way in which an identity differs from the spec.
    pub fn judge(&mut self, identity: &Identity) -> Vec<AuditFinding> {
        let policies = policies_of(identity, &self.managed, LOGS);
        let role = identity.name.to_ascii_lowercase();
        let is_role = identity.kind == IdentityKind::Role;
        let Some(handlers) = self.handlers.get(&role).filter(|_| is_role) else {
            return outsider::judge(identity, &policies, &self.secrets, &self.control);
        };
        let mut findings = handler::judge(handlers, identity, &policies, &self.secrets, &mut self.named);
        if handlers.all.iter().any(|handler| handler.role == Role::Created) {
            let cluster = handlers.all[0].options.principal.cluster().and_then(|variable| self.clusters.get(variable));
            findings.extend(trust::judge(handlers.all[0], identity, &self.site, cluster.map(String::as_str)));
        } else {
            // The role may use other keys; without the secrets, a key gives it nothing of the spec.
            findings.extend(outsider::control(identity, &policies, &self.control, &[TargetKind::Role]));
        }
        self.seen.insert(role);
        findings
    }

    /// Findings for handlers whose roles were not among the identities.
    #[must_use]
    pub fn missing(&self) -> Vec<AuditFinding> {
        let missing = self.handlers.iter().filter(|(role, _)| !self.seen.contains(*role));
        let handlers = missing.flat_map(|(_, handlers)| &handlers.all);
        let mut findings: Vec<AuditFinding> = handlers.map(|handler| missing_role(handler)).collect();
        findings.sort_unstable();
        findings
    }
}

/// The values that are known of the variables with ARNs of clusters.
fn clusters(spec: &Spec, variables: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let named = spec.handlers.iter().filter_map(|handler| handler.options.principal.cluster());
    named.filter_map(|name| Some((name.to_owned(), variables.get(name)?.clone()))).collect()
}

/// All policies of an identity except the AWS managed policy whose ARN ends in `ignored`. Other AWS managed policies
/// are read from the account, where they are newer than in the table.
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

fn missing_role(handler: &HandlerSpec) -> AuditFinding {
    let place = Place::Handler { id: handler.id.clone() };
    match &handler.role {
        Role::Created => {
            let message = format!("there is no role `{}`", handler.created_role().unwrap_or_default());
            AuditFinding::new(Rule::MissingRole, place, message, "apply the Terraform, which creates it")
        }
        Role::Existing { variable } => {
            let message = format!("there is no role of the name that `{variable}` has");
            AuditFinding::new(Rule::MissingRole, place, message, format!("pass its name by `--var {variable}=NAME`"))
        }
    }
}

/// Lists the first few words in backticks.
fn some<'t>(words: impl IntoIterator<Item = &'t str>) -> String {
    const SHOWN: usize = 4;
    let words: BTreeSet<&str> = words.into_iter().collect();
    let shown: Vec<String> = words.iter().take(SHOWN).map(|word| driftless_model::shown(word)).collect();
    match words.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
