//! What is known of the account and has no place in the rendered Terraform: what is to be forgotten, so that no plan
//! destroys it, and what whoever applies has to know.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use paypulse_runtime::model::{Delivery, NamePattern, Owner, Problem, SecretSpec, Spec, Template};

use super::address::Address;
use super::decide::{Evidence, Fate, Forgotten, How, Step};
use super::problems;
use super::state::Held;
use crate::labels::function_variable;
use crate::render::{Managed, Object, PolicyName};

/// AWS's own policy that allows everything on every secret.
///
/// Source: [SecretsManagerReadWrite](https://docs.aws.amazon.com/aws-managed-policy/latest/reference/SecretsManagerReadWrite.html).
const READ_WRITE: &str = "SecretsManagerReadWrite";

/// What is looked at, and what it is looked up in.
pub(super) struct Left<'a> {
    spec: &'a Spec,
    wanted: HashSet<&'a Object>,
    steps: Vec<(&'a Managed, &'a Step)>,
    evidence: Evidence<'a>,
    used: &'a HashSet<&'a Address>,
    /// Where the rendered Terraform has something.
    declared: HashSet<&'a Address>,
    /// What comes to be managed and exists already.
    adopted: HashSet<&'a Object>,
    /// The spec's secrets by their names.
    by_name: HashMap<&'a str, &'a SecretSpec>,
    families: Vec<&'a SecretSpec>,
}

/// What is to be forgotten, and the notes on everything.
pub(super) fn look(left: &Left<'_>) -> (Vec<Forgotten>, Vec<Problem>) {
    let (mut forgotten, mut notes) = left.forgotten(Fate::Stays);
    forgotten.extend(left.forgotten(Fate::TakenOff).0);
    forgotten.sort_unstable();
    notes.extend(left.values());
    notes.extend(left.imports());
    notes.extend(left.rotations());
    notes.extend(left.policies_on_secrets());
    notes.extend(left.taken_off());
    notes.extend(left.broad_policies());
    notes.extend(left.evidence.state.iter().flat_map(|state| &state.unclear).map(problems::unclear));
    notes.extend(left.lacks_of_the_listing());
    (forgotten, notes)
}

impl<'a> Left<'a> {
    /// `used` are the addresses in the state whose objects the steps take over.
    pub(super) fn new(
        spec: &'a Spec,
        steps: Vec<(&'a Managed, &'a Step)>,
        wanted: &'a [Managed],
        evidence: Evidence<'a>,
        used: &'a HashSet<&'a Address>,
    ) -> Self {
        let exist = steps.iter().filter(|(_, step)| step.how != How::Create);
        Self {
            wanted: wanted.iter().map(|it| &it.object).collect(),
            declared: steps.iter().map(|(_, step)| &step.address).collect(),
            adopted: exist.map(|(it, _)| &it.object).collect(),
            by_name: spec.secrets.iter().map(|secret| (secret.name.as_str(), secret)).collect(),
            families: spec.secrets.iter().filter(|secret| secret.name.is_family()).collect(),
            spec,
            steps,
            evidence,
            used,
        }
    }

    fn held(&self) -> impl Iterator<Item = &'a Held> + use<'a> {
        self.evidence.state.into_iter().flat_map(|state| &state.held)
    }

    fn found(&self) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.evidence.listing.into_iter().flat_map(|listing| &listing.found).map(|found| &found.object)
    }

    /// What the state has and no step takes over.
    fn unused(&self) -> impl Iterator<Item = &'a Held> {
        self.held().filter(|held| !self.used.contains(&held.address))
    }

    /// What of the state is to be forgotten because this comes of it, and what cannot be and so has to be known.
    pub(super) fn forgotten(&self, fate: Fate) -> (Vec<Forgotten>, Vec<Problem>) {
        let ours: Vec<&Held> = self.unused().filter(|held| self.fate(&held.object) == Some(fate)).collect();
        let forgotten: HashSet<&Address> = ours.iter().map(|held| &held.address).collect();
        // A resource is forgotten as a whole. It cannot be where one of its instances, or its own name, stays in use.
        let stays = |held: &&Held| !forgotten.contains(&held.address) && !self.is_moved(&held.address);
        let in_use: HashSet<Address> = self.held().filter(stays).map(|held| held.address.without_keys()).collect();
        let declared: HashSet<Address> = self.declared.iter().map(|address| address.without_keys()).collect();
        let (mut entries, mut notes) = (BTreeMap::<Address, Vec<&Object>>::new(), Vec::new());
        for held in ours {
            let from = held.address.without_keys();
            if declared.contains(&from) || in_use.contains(&from) {
                notes.push(problems::kept_by_hand(&held.address, &held.object));
            } else {
                entries.entry(from).or_default().push(&held.object);
            }
        }
        notes.extend(entries.iter().map(|(from, objects)| problems::kept(from, objects)));
        (entries.into_keys().map(|from| Forgotten { from, fate }).collect(), notes)
    }

    /// What comes of something that the state has and no step takes over, as far as that is the spec's business. Secrets of
    /// the spec that its Terraform does not manage would be destroyed by the first plan, with their values and rotations.
    fn fate(&self, object: &Object) -> Option<Fate> {
        match object {
            Object::Secret(name) | Object::Value(name) | Object::Rotation(name) => {
                self.secret(name).map(|_| Fate::Stays)
            }
            Object::InlinePolicy { role: Some(role), .. } | Object::Attachment { role: Some(role), .. } => {
                self.adopted.contains(&Object::Role(role.clone())).then_some(Fate::TakenOff)
            }
            _ => None,
        }
    }

    fn is_moved(&self, address: &Address) -> bool {
        self.used.contains(address) && !self.declared.contains(address)
    }

    /// The spec's entry that a secret belongs to.
    fn secret(&self, name: &str) -> Option<&'a SecretSpec> {
        if let Some(secret) = self.by_name.get(name) {
            return Some(secret);
        }
        let as_template = Template::parse(name).ok()?;
        self.families.iter().copied().find(|family| {
            name.starts_with(family.name.literal_prefix()) && NamePattern::of(&family.name).reaches(&as_template)
        })
    }

    /// Values that the first apply writes although there may be some.
    fn values(&self) -> Vec<Problem> {
        let written = self.written_values().filter_map(|(delivery, step, name)| match delivery {
            Delivery::InState { .. } => Some(problems::value_unknown(&step.address, name)),
            Delivery::WriteOnly { variable, .. } => Some(problems::value_written(&step.address, name, variable)),
            Delivery::Generated { .. } => None,
        });
        written.collect()
    }

    /// Values that the first apply replaces by others.
    pub(super) fn overwritten(&self) -> Vec<Problem> {
        let written = self.written_values();
        let generated = written.filter(|(delivery, ..)| matches!(delivery, Delivery::Generated { .. }));
        generated.map(|(_, step, name)| problems::overwritten(&step.address, name)).collect()
    }

    /// What the first apply writes into secrets that exist and may have a value.
    fn written_values(&self) -> impl Iterator<Item = (&'a Delivery, &'a Step, &'a str)> {
        let listed: HashSet<&Object> = self.found().collect();
        let lists_values = self.evidence.listing.is_some_and(|listing| listing.has_secrets);
        self.steps.iter().filter_map(move |(it, step)| {
            let (Object::Value(name), Some(delivery)) = (&it.object, &it.delivery) else { return None };
            let secret = Object::Secret(name.clone());
            let may_have_one = || !lists_values || !listed.contains(&secret) || listed.contains(&it.object);
            let writes = match &step.how {
                How::Create => self.adopted.contains(&secret) && may_have_one(),
                How::Move { from } => self.is_written_after_a_move(delivery, from),
                How::Managed | How::Import { .. } => false,
            };
            writes.then_some((delivery, *step, name.as_str()))
        })
    }

    /// Another number beside a value that is in no state asks for a write, and so does the first number.
    fn is_written_after_a_move(&self, delivery: &Delivery, from: &Address) -> bool {
        let held = self.held().find(|held| held.address == *from).and_then(|held| held.write_only_version);
        match delivery {
            Delivery::InState { .. } => held.is_some(),
            Delivery::WriteOnly { write_only, .. } => write_only.version.map_or(held.is_none(), |it| held != Some(it)),
            Delivery::Generated { generated } => held != Some(generated.version),
        }
    }

    /// What a plan shows of imported secrets though nothing changes.
    fn imports(&self) -> Option<Problem> {
        let imports = self
            .steps
            .iter()
            .filter(|(it, step)| matches!(it.object, Object::Secret(_)) && matches!(step.how, How::Import { .. }));
        let rotates = self.imports_rotations();
        Some(imports.count())
            .filter(|secrets| *secrets > 0)
            .map(|secrets| problems::imported_settings(secrets, rotates))
    }

    fn imports_rotations(&self) -> bool {
        let is_imported = |step: &Step| matches!(step.how, How::Import { .. });
        self.steps.iter().any(|(it, step)| matches!(it.object, Object::Rotation(_)) && is_imported(step))
    }

    /// Rotations that are taken over, if their functions are given.
    fn rotations(&self) -> Vec<Problem> {
        let taken = self.steps.iter().filter_map(|(it, step)| match (&it.object, &step.how) {
            (Object::Rotation(name), How::Move { .. } | How::Import { .. }) => {
                let function = self.by_name.get(name.as_str())?.owner.function()?;
                let handler = self.spec.handlers.iter().find(|handler| handler.id == function)?;
                Some(problems::needs_function(&step.address, name, &function_variable(handler)))
            }
            _ => None,
        });
        taken.collect()
    }

    /// What another configuration has of this one's, and what it puts on roles that are of this one's.
    pub(super) fn handed_over(&self) -> BTreeSet<Address> {
        let held = self.evidence.other.into_iter().flat_map(|state| &state.held);
        let ours = held.filter(|held| {
            let is_adopted = self.adopted.contains(&held.object)
                || held.object.on_an_unknown_role().is_some_and(|object| self.adopted.contains(&object));
            is_adopted || self.fate(&held.object) == Some(Fate::TakenOff)
        });
        ours.map(|held| held.address.without_keys()).collect()
    }

    fn policies_on_secrets(&self) -> Vec<Problem> {
        let policies = self.unused().filter(|held| match &held.object {
            Object::SecretPolicy(name) => self.secret(name).is_some(),
            _ => false,
        });
        policies.map(|held| problems::policy_on_secret(&held.address, &held.object)).collect()
    }

    /// All that is known to be on roles, wherever it is known from.
    fn on_roles(&self) -> BTreeSet<(&'a str, &'a Object)> {
        let all = self.held().map(|held| &held.object).chain(self.found());
        let on_roles = all.filter_map(|object| match object {
            Object::InlinePolicy { role: Some(role), .. } | Object::Attachment { role: Some(role), .. } => {
                Some((role.as_str(), object))
            }
            _ => None,
        });
        on_roles.collect()
    }

    /// Policies on roles of the spec that are not of the spec.
    fn taken_off(&self) -> Vec<Problem> {
        let mut by_role: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (role, object) in self.on_roles() {
            if self.adopted.contains(&Object::Role(role.to_owned())) && !self.wanted.contains(object) {
                by_role.entry(role).or_default().insert(policy_name(object));
            }
        }
        let mut by_policies: BTreeMap<BTreeSet<String>, Vec<&str>> = BTreeMap::new();
        for (role, policies) in by_role {
            by_policies.entry(policies).or_default().push(role);
        }
        by_policies.iter().map(|(policies, roles)| problems::taken_off(roles, policies)).collect()
    }

    /// Roles beside those of the spec that may do everything with every secret.
    fn broad_policies(&self) -> Vec<Problem> {
        let broad = self.on_roles().into_iter().filter(|(role, object)| {
            let is_broad =
                matches!(object, Object::Attachment { policy: PolicyName::Aws(name), .. } if name == READ_WRITE);
            is_broad && !self.wanted.contains(&Object::Role((*role).to_owned()))
        });
        broad.map(|(role, _)| problems::broad_policy(role, READ_WRITE)).collect()
    }

    /// What should be listed and is not.
    fn lacks_of_the_listing(&self) -> Vec<Problem> {
        let Some(listing) = self.evidence.listing else { return Vec::new() };
        let mut notes = Vec::new();
        let is_all = self.evidence.state.is_none() && self.evidence.other.is_none();
        if is_all && !listing.has_secrets {
            notes.push(problems::not_listed("secrets", "aws secretsmanager list-secrets"));
        }
        if is_all && !listing.has_roles {
            let command = "aws iam get-account-authorization-details --filter Role LocalManagedPolicy";
            notes.push(problems::not_listed("roles", command));
        }
        let lists_callers = self.found().any(|object| matches!(object, Object::Permission { .. }));
        if is_all && self.imports_rotations() && !lists_callers {
            let command = "aws lambda get-policy --function-name …";
            notes.push(problems::not_listed("statements of who may call a function", command));
        }
        if listing.has_secrets {
            let listed: HashSet<&Object> = self.found().collect();
            let external = self.spec.secrets.iter().filter(|secret| secret.owner == Owner::External);
            let missing = external.filter(|it| !listed.contains(&Object::Secret(it.name.as_str().to_owned())));
            notes.extend(missing.map(|secret| problems::external_missing(&secret.id, secret.name.as_str())));
        }
        notes
    }
}

fn policy_name(object: &Object) -> String {
    match object {
        Object::InlinePolicy { name, .. } => name.clone(),
        Object::Attachment { policy, .. } => policy.to_string(),
        _ => String::new(),
    }
}
