//! Existing resources that the rendered Terraform does not manage: those that must be forgotten so that no plan
//! destroys them, and notes about what the first apply changes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use driftless_model::{NamePattern, Owner, Problem, Role, RoleHandlers, SecretSpec, Spec, Template};

use super::adoption::{AdoptionStep, Fate, Forgotten, How};
use super::evidence::Evidence;
use super::facts::Facts;
use super::problems;
use super::state::Held;
use crate::aws::arn;
use crate::labels::policy_name;
use crate::render::{Managed, Object};
use crate::tf::{Address, ModulePath};

/// The inputs, with indices for lookups.
pub(super) struct Left<'a> {
    pub(super) spec: &'a Spec,
    pub(super) wanted: HashSet<&'a Object>,
    pub(super) steps: Vec<(&'a Managed, &'a AdoptionStep)>,
    pub(super) evidence: Evidence<'a>,
    /// The facts of all inputs.
    pub(super) facts: Facts,
    used: &'a HashSet<&'a Address>,
    /// The steps by object.
    pub(super) how: HashMap<&'a Object, &'a How>,
    /// The resources of the state by address.
    pub(super) at: HashMap<&'a Address, &'a Held>,
    /// The addresses of the rendered Terraform.
    pub(super) declared: HashSet<&'a Address>,
    /// Whether a plan destroys resources that the generated files do not contain.
    pub(super) destroys: bool,
    /// Existing objects that the rendered Terraform takes over.
    pub(super) adopted: HashSet<&'a Object>,
    /// The spec's secrets by name.
    pub(super) by_name: HashMap<&'a str, &'a SecretSpec>,
    families: Vec<&'a SecretSpec>,
    /// The handlers whose roles the spec does not create, by the names of their policies.
    pub(super) by_policy: HashMap<String, RoleHandlers<'a>>,
}

/// The results.
pub(super) struct Looked {
    pub(super) forgotten: Vec<Forgotten>,
    pub(super) handed_over: BTreeSet<Address>,
    pub(super) shared_blocks: BTreeSet<Address>,
    pub(super) notes: Vec<Problem>,
    pub(super) undecided: Vec<Problem>,
    pub(super) problems: Vec<Problem>,
    pub(super) knows_secrets: bool,
}

/// Finds what must be forgotten, and collects all notes and problems.
pub(super) fn look(mut left: Left<'_>, module: &ModulePath) -> Looked {
    let (mut forgotten, mut notes) = left.forgotten(Fate::Stays);
    forgotten.extend(left.forgotten(Fate::TakenOff).0);
    forgotten.sort_unstable();
    // Some of the notes below depend on whether the plan destroys resources.
    let destroyed = left.destroyed(module, &forgotten);
    left.destroys = destroyed.is_some();
    let left = &left;
    let others = left.others();
    let (deposed, in_the_way) = left.deposed();
    notes.extend(left.stale_values());
    notes.extend(left.values());
    notes.extend(left.changed_secrets());
    notes.extend(left.imports());
    notes.extend(left.rotations());
    notes.extend(left.begun_rotations());
    notes.extend(left.shared_secrets());
    notes.extend(left.replaced_permissions());
    notes.extend(left.changed_rotations());
    notes.extend(left.policies_on_secrets());
    notes.extend(left.taken_off());
    notes.extend(left.changed_roles());
    notes.extend(left.changed_policies());
    notes.extend(left.replaced_policies());
    notes.extend(left.nearly_named());
    notes.extend(left.no_role(&others.roles));
    notes.extend(left.functions());
    notes.extend(left.roles_not_there());
    let undecided = others.undecided();
    notes.extend(others.notes);
    notes.extend(left.evidence.state.iter().flat_map(|state| &state.unclear).map(problems::unclear));
    notes.extend(left.lacks_of_the_listing());
    notes.extend(deposed);
    notes.extend(destroyed);
    notes.extend(left.not_looked_at());
    let (shared_blocks, of_blocks) = left.shared_blocks(&forgotten);
    notes.extend(of_blocks);
    notes.extend(left.attachments_lost(module));
    let problems = [
        left.overwritten(),
        left.replaced(),
        left.roles_named_otherwise(),
        left.not_in_listing(),
        left.in_the_way(),
        in_the_way,
    ]
    .concat();
    let handed_over = left.handed_over();
    let knows_secrets = left.knows_secrets();
    Looked { forgotten, handed_over, shared_blocks, notes, undecided, problems, knows_secrets }
}

impl<'a> Left<'a> {
    /// `used` has the addresses in the state whose objects the steps take over.
    pub(super) fn new(
        spec: &'a Spec,
        steps: Vec<(&'a Managed, &'a AdoptionStep)>,
        wanted: &'a [Managed],
        evidence: Evidence<'a>,
        facts: Facts,
        used: &'a HashSet<&'a Address>,
    ) -> Self {
        let held = evidence.state.map(|state| state.held.as_slice()).unwrap_or_default();
        let existing = spec.roles().into_iter().filter(|role| role.first().role != Role::Created);
        let exist = steps.iter().filter(|(_, step)| step.how != How::Create);
        Self {
            wanted: wanted.iter().map(|it| &it.object).collect(),
            declared: steps.iter().map(|(_, step)| &step.address).collect(),
            adopted: exist.map(|(it, _)| &it.object).collect(),
            by_name: spec.secrets.iter().map(|secret| (secret.name.as_str(), secret)).collect(),
            by_policy: existing.map(|role| (policy_name(role.first()), role)).collect(),
            families: spec.secrets.iter().filter(|secret| secret.name.is_family()).collect(),
            destroys: false,
            how: steps.iter().map(|(it, step)| (&it.object, &step.how)).collect(),
            at: held.iter().map(|held| (&held.address, held)).collect(),
            spec,
            steps,
            evidence,
            facts,
            used,
        }
    }

    pub(super) fn held(&self) -> impl Iterator<Item = &'a Held> + use<'a> {
        self.evidence.state.into_iter().flat_map(|state| &state.held)
    }

    /// The resource of the state at an address.
    pub(super) fn at(&self, address: &Address) -> Option<&'a Held> {
        self.at.get(address).copied()
    }

    /// Whether the first apply creates an object of the spec; `None` if the object is not in the spec.
    pub(super) fn is_created(&self, object: &Object) -> Option<bool> {
        self.how.get(object).map(|how| **how == How::Create)
    }

    pub(super) fn found(&self) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.evidence.listing.into_iter().flat_map(|listing| &listing.found).map(|found| &found.object)
    }

    /// The resources of the state that no step takes over.
    pub(super) fn unused(&self) -> impl Iterator<Item = &'a Held> {
        self.held().filter(|held| !self.used.contains(&held.address))
    }

    /// The resources of the state with this fate that can be forgotten, and notes about them and about those that
    /// cannot be.
    pub(super) fn forgotten(&self, fate: Fate) -> (Vec<Forgotten>, Vec<Problem>) {
        let ours: Vec<&Held> = self.unused().filter(|held| self.fate(&held.object) == Some(fate)).collect();
        let forgotten: HashSet<&Address> = ours.iter().map(|held| &held.address).collect();
        // A resource is forgotten with all its instances. This is not possible if one of the instances or the name
        // stays in use.
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

    /// The fate of an object that the state has and no step takes over; `None` if the spec has no interest in it. The
    /// first plan would destroy secrets that the spec names and its Terraform does not manage, with their values and
    /// rotations.
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

    /// Whether it is a secret of the spec, or belongs to one.
    pub(super) fn is_of_a_secret(&self, object: &Object) -> bool {
        self.fate(object) == Some(Fate::Stays)
    }

    /// The spec's entry for a secret name, including families.
    pub(super) fn secret(&self, name: &str) -> Option<&'a SecretSpec> {
        if let Some(secret) = self.by_name.get(name) {
            return Some(secret);
        }
        let as_template = Template::parse(name).ok()?;
        self.families.iter().copied().find(|family| {
            name.starts_with(family.name.literal_prefix()) && NamePattern::of(&family.name).reaches(&as_template)
        })
    }

    /// The resources of another configuration that this one takes over, and policies that it has on this one's roles.
    pub(super) fn handed_over(&self) -> BTreeSet<Address> {
        let held = self.evidence.other.into_iter().flat_map(|state| &state.held);
        held.filter(|held| self.is_handed_over(held)).map(|held| held.address.without_keys()).collect()
    }

    /// Whether this configuration takes over a resource of another one, or takes it off a role.
    pub(super) fn is_handed_over(&self, held: &Held) -> bool {
        let is_adopted = self.adopted.contains(&held.object)
            || held.object.on_an_unknown_role().is_some_and(|object| self.adopted.contains(&object));
        is_adopted || self.fate(&held.object) == Some(Fate::TakenOff)
    }

    /// Secrets that the state has in place, and that a listing of the same account and Region does not have.
    fn not_in_listing(&self) -> Vec<Problem> {
        let Some(listing) = self.evidence.listing.filter(|listing| listing.has_all_secrets) else { return Vec::new() };
        let listed: Vec<_> = listing.found.iter().filter(|found| matches!(found.object, Object::Secret(_))).collect();
        let place = |arn: &str| (arn::account(arn).to_owned(), arn::region(arn).to_owned());
        let places: HashSet<(String, String)> = listed.iter().map(|found| place(&found.id)).collect();
        let mut gone = Vec::new();
        for (it, step) in &self.steps {
            let (Object::Secret(name), How::Managed | How::Move { .. }) = (&it.object, &step.how) else { continue };
            let from = if let How::Move { from } = &step.how { from } else { &step.address };
            let Some(arn) = self.at(from).and_then(|held| held.arn.as_deref()) else { continue };
            let is_covered = places.is_empty() || places.contains(&place(arn));
            if is_covered && !listed.iter().any(|found| found.id == arn) {
                let other = listed.iter().find(|found| found.object == it.object).map(|found| found.id.as_str());
                gone.push(problems::not_in_listing(from, name, other));
            }
        }
        gone
    }

    fn policies_on_secrets(&self) -> Vec<Problem> {
        let policies = self.unused().filter(|held| match &held.object {
            Object::SecretPolicy(name) => self.secret(name).is_some(),
            _ => false,
        });
        policies.map(|held| problems::policy_on_secret(&held.address, &held.object)).collect()
    }

    /// Notes about objects that the listing should contain and does not.
    fn lacks_of_the_listing(&self) -> Vec<Problem> {
        let Some(listing) = self.evidence.listing else { return Vec::new() };
        let mut notes = Vec::new();
        let is_all = self.evidence.state.is_none() && self.evidence.other.is_none();
        if is_all && !listing.has_secrets {
            notes.push(problems::not_listed("secrets", "aws secretsmanager list-secrets"));
        }
        let command = "aws iam get-account-authorization-details";
        if is_all && !listing.has_roles {
            notes.push(problems::not_listed("roles", command));
        } else if is_all && !listing.has_policies_of_roles {
            notes.push(problems::policies_not_listed(command));
        } else if is_all && !listing.has_users {
            notes.push(problems::users_not_listed(command));
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
