//! Checks who may use the keys of the spec's secrets through key policies and grants, and checks aliases that move.

use std::borrow::Cow;
use std::collections::BTreeSet;

use driftless_model::KmsKey;
use serde_json::Value;

use super::findings::{Check, Finding, Kind};
use super::gains::Gains;
use super::given::Given;
use super::granted::{Granted, denies_less, granted};
use super::kinds::Does;
use super::policies::Reader;
use super::seen::Seen;
use crate::access::Known;
use crate::aws::arn::{account, role};
use crate::iam::OPENING_A_KEY;
use crate::iam::evaluate::{ResourcePolicy, Target, TargetKind as Thing};
use crate::iam::meaning::{Effect, Pattern, PolicyStatement, Principals, Set};
use crate::tf::Address;

/// The actions on a key that roles of the spec are granted.
const GRANTED: [&str; 2] = ["kms:Decrypt", "kms:GenerateDataKey"];

/// Matches any key, for a key whose ARN is not known yet.
const NEW: &str = "arn:*:kms:*:*:key/*";

impl Check<'_> {
    /// The ARNs of the customer-managed keys of the spec's secrets, as far as they are known.
    pub(super) fn keys(&self, known: &Known) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for address in self.module.addresses().filter(|address| address.starts_with("aws_secretsmanager_secret.")) {
            let rendered = self.module.arguments(address, known);
            all.extend(rendered.get("kms_key_id").and_then(Value::as_str).map(str::to_owned));
        }
        // Of secrets that handlers write, and of replicas, no resource has the key as an argument of its own.
        all.extend(self.spec_keys().filter_map(|key| self.arn_of(key, known)));
        all.retain(|arn| arn.starts_with("arn:") && !arn.contains("${"));
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The ARN of a key: the value of its variable, or what the data source of its alias has read.
    fn arn_of(&self, key: &KmsKey, known: &Known) -> Option<String> {
        match key {
            KmsKey::Variable { variable } => known.get(&format!("var.{variable}"))?.as_str().map(str::to_owned),
            KmsKey::Alias { alias } => {
                let is_it = |address: &Address, given: &Given| {
                    address.module() == self.path
                        && address.in_module().starts_with("aws_kms_alias.")
                        && given.word("name") == Some(alias.as_ref())
                };
                let mut read = self.plan.data.iter().filter(|(address, given)| is_it(address, given));
                read.find_map(|(_, given)| given.word("target_key_arn")).map(str::to_owned)
            }
        }
    }

    /// The keys of the spec's secrets and of their replicas.
    fn spec_keys(&self) -> impl Iterator<Item = &KmsKey> {
        self.spec.secrets.iter().flat_map(|secret| {
            let replicas = secret.options.replicas.iter().filter_map(|replica| replica.kms_key.as_ref());
            secret.kms_key.iter().chain(replicas)
        })
    }

    /// The indices of the keys that this plan creates and that a variable of the module refers to.
    fn new_keys(&self, reader: &Reader<'_>) -> BTreeSet<usize> {
        let named = self.spec_keys().filter_map(|key| match key {
            KmsKey::Variable { variable } => Some(self.plan.configuration.variable(self.path, variable)),
            KmsKey::Alias { .. } => None,
        });
        named.flat_map(|source| reader.resources(self.path, &source).collect::<Vec<_>>()).collect()
    }

    /// The key of the spec that a resource defines or refers to.
    fn key_of(&self, index: usize, reader: &Reader<'_>, gains: &Gains<'_>) -> Option<Target> {
        let seen = &reader.seen[index];
        let sides = [seen.before, seen.after].into_iter().flatten();
        let ids = sides.flat_map(|given| ["key_id", "primary_key_arn", "arn"].map(|argument| given.word(argument)));
        let ids: Vec<&str> = ids.flatten().collect();
        let is_it = |target: &&Target| ids.iter().any(|id| is_same(&target.id, id));
        let mut known = gains.targets.after.iter().filter(|target| target.kind == Thing::Key);
        if let Some(key) = known.find(is_it) {
            return Some(key.clone());
        }
        let new = self.new_keys(reader);
        let named = || {
            let source = self.plan.configuration.one(seen.address.module(), &seen.address.in_module(), "key_id")?;
            reader.resources(seen.address.module(), &source).find(|index| new.contains(index))
        };
        let key = Some(index).filter(|index| new.contains(index)).or_else(named)?;
        Some(Target::new(Thing::Key, &reader.seen[key].address.to_string(), [NEW]))
    }

    /// Reports principals that may use a key of the spec's secrets through a grant or the key policy.
    pub(super) fn on_key(&self, index: usize, reader: &Reader<'_>, gains: &Gains<'_>, found: &mut Vec<Finding>) {
        let seen = &reader.seen[index];
        let Some(key) = self.key_of(index, reader, gains) else { return };
        match seen.does {
            Some(Does::Grant) => self.grant(seen, &key, reader, found),
            Some(Does::OnKey { by: None }) if is_lost(seen) => {
                let what = format!("the key {} is deleted or disabled: what it encrypts cannot be decrypted", key.id);
                found.push(Finding::new(Kind::Destroyed, seen.address, what));
            }
            _ => self.key_policy(seen, &key, found),
        }
    }

    fn grant(&self, seen: &Seen<'_>, key: &Target, reader: &Reader<'_>, found: &mut Vec<Finding>) {
        let Some(after) = seen.after else { return };
        let (kind, whom) = match after.word("grantee_principal") {
            Some(grantee) if self.is_own_role(grantee, key) && !more_than_granted(after) => return,
            Some(grantee) => (Kind::Foreign, grantee.to_owned()),
            None => match self.new_role(seen, "grantee_principal", reader) {
                Some(name) if self.roles.has(&name) && !more_than_granted(after) => return,
                Some(name) => (Kind::Foreign, format!("the role `{name}`")),
                None => (Kind::Undecided, "a principal that is known only after the apply".to_owned()),
            },
        };
        found.push(Finding::new(kind, seen.address, format!("it lets {whom} use the key {}", key.id)));
    }

    fn key_policy(&self, seen: &Seen<'_>, key: &Target, found: &mut Vec<Finding>) {
        if seen.is_unknown("policy") {
            // Without a policy, AWS creates the default key policy, which delegates to the IAM policies of the account.
            if seen.before.is_some() || self.is_given(seen, "policy") {
                let what = format!("the policy on the key {} is known only after the apply", key.id);
                found.push(Finding::new(Kind::Undecided, seen.address, what));
            }
            return;
        }
        let (was, will) = (policy(seen.before), policy(seen.after));
        for Granted { kind, whom, what, actions } in granted(was.as_deref(), will.as_deref(), key) {
            let text = will.as_deref().unwrap_or_default();
            let is_limited = whom == "*" && self.is_limited(text, key);
            let is_own = self.is_own_role(&whom, key) && actions.iter().all(|action| GRANTED.contains(action));
            if !is_limited && !is_own && !self.is_left_to_iam(&whom, key) {
                let what = format!("it allows {whom} {what} on the key {}", key.id);
                found.push(Finding::new(kind, seen.address, what));
            }
        }
        if denies_less(was.as_deref(), will.as_deref()) {
            let what = format!("a denial in the policy on the key {} is removed or changed", key.id);
            found.push(Finding::new(Kind::Undecided, seen.address, what));
        }
    }

    /// The account of a key.
    fn account_of<'a>(&'a self, key: &'a Target) -> Option<&'a str> {
        Some(account(&key.id)).filter(|it| !it.is_empty()).or(self.account.as_deref())
    }

    /// Whether a principal is the account of the key, in which IAM policies then decide.
    ///
    /// Source: [key policies](https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html).
    fn is_left_to_iam(&self, whom: &str, key: &Target) -> bool {
        self.account_of(key).is_some_and(|here| whom == here || whom.ends_with(&format!(":iam::{here}:root")))
    }

    /// Whether a principal is a role of the spec, which is in the account of the plan.
    fn is_own_role(&self, whom: &str, key: &Target) -> bool {
        let here = self.account.as_deref().or_else(|| self.account_of(key));
        role(whom).is_some_and(|(name, _)| self.roles.has(name)) && here.is_none_or(|here| here == account(whom))
    }

    /// Whether a policy allows every principal only calls of this account through Secrets Manager, as the policy of
    /// AWS's own key does, or only calls of roles of the spec. Secrets Manager then decides by the permissions on the
    /// secret.
    fn is_limited(&self, text: &str, key: &Target) -> bool {
        let Ok(policy) = ResourcePolicy::read(text) else { return false };
        let here = self.account_of(key);
        let to_all = policy.statements().iter().filter(|it| it.effect == Effect::Allow && is_for_anybody(it));
        to_all.into_iter().all(|statement| {
            let is_own = |value: &str| !value.contains(['*', '?', '$']) && self.is_own_role(value, key);
            let gives_no_more = || matches!(&statement.actions, Set::Of(all) if all.iter().all(is_granted));
            all_equal(statement, "kms:calleraccount", |value| Some(value) == here)
                && all_equal(statement, "kms:viaservice", |value| value.starts_with("secretsmanager."))
                || all_equal(statement, "aws:principalarn", is_own) && gives_no_more()
        })
    }

    /// Whether the configuration sets an argument, or does not show whether it does.
    pub(super) fn is_given(&self, seen: &Seen<'_>, argument: &str) -> bool {
        let shown = self.plan.configuration.arguments(seen.address.module(), &seen.address.in_module());
        shown.is_none_or(|arguments| arguments.contains_key(argument))
    }

    /// Reports an alias that the rendered files look up and that will refer to another key or to none.
    pub(super) fn alias(&self, seen: &Seen<'_>, found: &mut Vec<Finding>) {
        let Some(before) = seen.before else { return };
        let name = before.word("name").unwrap_or_default();
        if !self.spec_keys().any(|key| matches!(key, KmsKey::Alias { alias } if alias.as_ref() == name)) {
            return;
        }
        let target = seen.after.and_then(|after| after.word("target_key_id"));
        let is_renamed = seen.after.is_some_and(|after| after.word("name") != Some(name));
        let what = match target {
            _ if seen.after.is_none() || is_renamed => "goes, and the files look it up".to_owned(),
            None => "comes to mean a key that is known only after the apply".to_owned(),
            Some(key) if before.word("target_key_id").is_some_and(|old| is_same(old, key)) => return,
            Some(key) => format!("comes to mean the key {key}"),
        };
        let what = format!("the alias `{name}` {what}: a later plan has the spec's secrets use another key");
        found.push(Finding::new(Kind::Different, seen.address, what));
    }
}

/// The policy of a key.
fn policy(given: Option<&Given>) -> Option<Cow<'_, str>> {
    given?.document("policy")
}

/// Whether a statement applies to every principal.
fn is_for_anybody(statement: &PolicyStatement) -> bool {
    match &statement.principals {
        Some(Principals::Of(principals)) => principals.iter().any(|principal| principal.name == "*"),
        _ => true,
    }
}

/// Whether a condition of a statement allows only values of which `is_right` is true.
fn all_equal(statement: &PolicyStatement, key: &str, is_right: impl Fn(&str) -> bool) -> bool {
    let operators = ["stringequals", "stringlike", "arnequals", "arnlike"];
    let values = |operator: &str| statement.conditions.get(&(operator.to_owned(), key.to_owned()));
    operators.into_iter().filter_map(values).any(|values| values.iter().all(|value| is_right(value)))
}

/// Whether a pattern of actions is only what roles of the spec are granted, or no action that opens the key.
fn is_granted(pattern: &Pattern) -> bool {
    let opening = OPENING_A_KEY.iter().filter(|action| pattern.meets(&Pattern::of_action(action)));
    opening.into_iter().all(|action| GRANTED.contains(action))
}

/// Whether a grant allows operations that the spec grants no role.
fn more_than_granted(grant: &Given) -> bool {
    grant.words("operations").any(|it| !matches!(it, "Decrypt" | "DescribeKey") && !it.starts_with("GenerateDataKey"))
}

/// Whether a key is deleted, replaced or disabled.
fn is_lost(seen: &Seen<'_>) -> bool {
    let is_on = |given: &Given| {
        ["is_enabled", "enabled"].iter().all(|name| given.get(name).is_none_or(|value| *value != Value::Bool(false)))
    };
    match (seen.before, seen.after) {
        (Some(_), None) => true,
        (Some(before), Some(after)) => {
            is_on(before) && !is_on(after) || seen.is_unknown("arn") && before.word("arn").is_some()
        }
        _ => false,
    }
}

/// Whether two texts identify the same key by its ARN or its id.
fn is_same(one: &str, other: &str) -> bool {
    let is_id_of = |id: &str, arn: &str| arn.strip_suffix(id).is_some_and(|rest| rest.ends_with(":key/"));
    one == other || is_id_of(one, other) || is_id_of(other, one)
}
