//! Compares the role of a handler with the grants of the spec.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use driftless_model::{ManagedPolicies, Role, shown};

use super::super::finding::{AuditFinding, Place, Rule};
use super::super::inventory::Identity;
use super::super::quota;
use super::outsider::{OutsiderReach, undecided};
use super::wanted::{WantedAction, WantedPolicies, WantedUse};
use super::{Handlers, NamedPrincipal, some};
use crate::iam::evaluate::Policies;
use crate::iam::meaning::{self, Allowance, Conditions, Pattern, PolicyStatement, Set, Why, implies};
use crate::labels::policy_name;
use crate::program;

const VIA_SERVICE: &str = "kms:viaservice";
const SECRET_ARN: &str = "kms:encryptioncontext:secretarn";

/// For each secret id: the ARNs that policies name, with the handlers whose policies name them.
pub(super) type NamedArns<'a> = HashMap<&'a str, BTreeMap<String, BTreeSet<&'a str>>>;

pub(super) fn judge<'a>(
    handlers: &Handlers<'a>,
    role: &Identity,
    policies: &Policies<'_>,
    secrets: &[NamedPrincipal],
    named: &mut NamedArns<'a>,
) -> Vec<AuditFinding> {
    let handler = handlers.all[0];
    let place = || Place::Handler { id: handler.id.clone() };
    let mut findings = undecided(policies, place);
    let mut wider = BTreeSet::new();
    // Other permissions of a role that Terraform does not create, or that the spec extends, matter only if they reach
    // a secret of the spec.
    if handlers.all.iter().all(|handler| handler.role == Role::Created) {
        wider.extend(beyond(&handlers.wanted, policies, |policy| !handlers.have_besides(policy)));
    } else {
        wider.extend(beyond(&handlers.wanted, policies, |policy| handlers.are_of(policy)));
    }
    if handlers.all.iter().any(|handler| handler.role != Role::Created || !handler.options.also.is_empty()) {
        let reach = OutsiderReach::of(policies, secrets.iter().flat_map(|named| &named.places), &|action, target| {
            target.arns().all(|arn| handlers.wanted.has(&Pattern::of_action(action), arn))
        });
        wider.extend((!reach.is_empty()).then(|| reach.in_words()));
    }
    let role_name = shown(&role.name);
    if !wider.is_empty() {
        let message = format!("its role {role_name} {}", few(&wider));
        findings.push(AuditFinding::new(Rule::PolicyWider, place(), message, way_out()));
    }
    let mut lacking = lacking(&handlers.wanted, policies, |secret, arn| {
        let handlers = handlers.all.iter().map(|handler| handler.id.as_str());
        named.entry(secret).or_default().entry(arn.to_owned()).or_default().extend(handlers);
    });
    let besides = handlers.all.iter().flat_map(|handler| &handler.options.also).filter_map(ManagedPolicies::aws_policy);
    let is_there = |name: &&str| role.attached.iter().any(|arn| is_aws_policy(arn, name));
    lacking.extend(besides.filter(|name| !is_there(name)).map(|name| format!("the policy {}", shown(name))));
    if !lacking.is_empty() {
        let message = format!("its role {role_name} lacks {}", some(lacking.iter().map(String::as_str)));
        findings.push(AuditFinding::new(Rule::PolicyNarrower, place(), message, way_out()));
    }
    findings.extend(quota::policies(&handler.id, role));
    findings
}

impl Handlers<'_> {
    /// Whether the spec adds a policy to the role in addition to the grants: an AWS managed policy that it names, or a
    /// managed policy that a variable can name.
    fn have_besides(&self, policy: &str) -> bool {
        let is_named = |name: &str| is_aws_policy(policy, name);
        self.all.iter().any(|handler| {
            handler.options.also.iter().filter_map(ManagedPolicies::aws_policy).any(is_named)
                || handler.has_policies_of_variables() && policy.starts_with("arn:") && !self.are_of(policy)
        })
    }

    /// Whether Terraform attaches this policy, given by name or ARN, to the role.
    fn are_of(&self, policy: &str) -> bool {
        let name = policy.rsplit('/').next().unwrap_or_default();
        self.all.iter().any(|handler| {
            let number = name.strip_prefix(&policy_name(handler)).map(|rest| rest.strip_prefix('-').unwrap_or(rest));
            number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        })
    }
}

/// Whether an ARN is that of the AWS managed policy `name`.
fn is_aws_policy(arn: &str, name: &str) -> bool {
    arn.split_once(":iam::aws:policy/").is_some_and(|(_, policy)| policy == name)
}

/// Describes what these policies allow beyond what is wanted.
fn beyond(wanted: &WantedPolicies<'_>, policies: &Policies<'_>, counts: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let (granted, denying) = (wanted.statements(), policies.denying().cloned().collect::<Vec<_>>());
    let mut beyond = BTreeMap::<(String, &str), BTreeSet<String>>::new();
    for (policy, document) in policies.documents().filter(|(policy, _)| counts(policy)) {
        // Statements that deny are added to each document, because they also limit what it allows.
        let own: Vec<&PolicyStatement> = document.statements.iter().chain(&denying).collect();
        for found in meaning::beyond(own, &granted) {
            let Allowance { actions, resources, conditions, .. } = &found.allowance;
            let pieces = match (actions, resources) {
                // A statement with more of them was compared as a whole.
                (Set::Of(actions), Set::Of(resources)) => match (actions.as_slice(), resources.as_slice()) {
                    ([action], [resource]) => Some((action, resource)),
                    _ => None,
                },
                _ => None,
            };
            let doubt = if let Why::Undecided(why) = found.why { format!(" ({why})") } else { String::new() };
            let Some((action, resource)) = pieces else {
                let what = if matches!(actions, Set::Of(_)) { "a list of actions" } else { "all but some" };
                beyond.entry((format!("{what}{doubt}"), policy)).or_default();
                continue;
            };
            // Uses of keys are not among the granted statements, so they are compared here. A boundary can exclude the
            // rest.
            if !is_wanted(wanted, conditions, action, resource) && !policies.keep_out(action, resource) {
                let resources = beyond.entry((format!("{}{doubt}", shown(action.as_str())), policy)).or_default();
                resources.insert(resource.as_str().to_owned());
            }
        }
    }
    let in_words = |((what, policy), resources): (&(String, &str), &BTreeSet<String>)| match resources.len() {
        0 => format!("may do {what}, by {}", shown(policy)),
        _ => format!("may {what} on {}, by {}", some(resources.iter().map(String::as_str)), shown(policy)),
    };
    beyond.iter().map(in_words).collect()
}

/// The first few sentences.
fn few(sentences: &BTreeSet<String>) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<&str> = sentences.iter().take(SHOWN).map(String::as_str).collect();
    match sentences.len().saturating_sub(SHOWN) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}

fn is_wanted(wanted: &WantedPolicies<'_>, conditions: &Conditions, action: &Pattern, resource: &Pattern) -> bool {
    wanted.has_under(conditions, action, resource)
        || secrets_of_a_key(conditions).is_some_and(|(services, secrets)| {
            let is_wanted = |secret: &Pattern| {
                wanted.uses.iter().any(|it| {
                    it.actions.covers(action)
                        && it.key.covers(resource)
                        && services.iter().all(|service| it.services.contains(service))
                        && it.secrets.covers(secret)
                })
            };
            secrets.iter().all(is_wanted)
        })
}

/// The services to which a statement on a key is limited, and the ARNs of the secrets for which it applies.
fn secrets_of_a_key(conditions: &Conditions) -> Option<(&[String], Vec<Pattern>)> {
    let condition = |operators: &[&str], key: &str| {
        let found = operators.iter().find_map(|it| conditions.get(&((*it).to_owned(), key.to_owned())));
        found.map(Vec::as_slice)
    };
    let services = condition(&["stringequals"], VIA_SERVICE)?;
    let secrets = condition(&["stringlike", "arnlike", "arnequals"], SECRET_ARN)?;
    Some((services, secrets.iter().map(|secret| Pattern::new(secret)).collect()))
}

/// Describes what is wanted but not certainly allowed. `names` is called with each ARN that is used for a secret with
/// a custom name.
fn lacking<'a>(
    wanted: &WantedPolicies<'a>,
    policies: &Policies<'_>,
    mut names: impl FnMut(&'a str, &str),
) -> BTreeSet<String> {
    let mut lacking = BTreeSet::new();
    for it in &wanted.actions {
        let arn = allowing_arn(it, policies);
        if policies.may_deny(&it.actions, &it.arns) {
            lacking.insert(format!("{} on {}, which is denied", it.action, it.name));
        } else if policies.keep_out(&it.actions, &it.arns) || arn.is_none() {
            lacking.insert(format!("{} on {}", it.action, it.name));
        }
        if let (Some(secret), Some(arn)) = (it.secret, arn.filter(|arn| *arn != it.arns.as_str())) {
            names(&secret.id, arn);
        }
    }
    for it in wanted.uses.iter().filter(|it| !is_allowed_use(it, policies)) {
        lacking.insert(format!("{} on the key of {}", it.action, it.name));
    }
    lacking
}

/// The ARN or pattern by which a statement certainly allows what is wanted.
fn allowing_arn<'p>(wanted: &'p WantedAction<'_>, policies: &'p Policies<'_>) -> Option<&'p str> {
    let mut allowing = policies
        .allowing()
        .filter(|(_, it)| implies(&wanted.conditions, &it.conditions) && it.actions.surely_covers(&wanted.actions));
    allowing.find_map(|(_, statement)| {
        if statement.resources.surely_covers(&wanted.arns) {
            return Some(wanted.arns.as_str());
        }
        let Set::Of(resources) = &statement.resources else { return None };
        let mut exact = resources.iter().filter(|_| wanted.secret.is_some());
        exact.find(|it| it.is_literal() && wanted.arns.covers(it)).map(Pattern::as_str)
    })
}

fn is_allowed_use(wanted: &WantedUse, policies: &Policies<'_>) -> bool {
    let mut allowing = policies.allowing().filter(|(_, it)| it.actions.surely_covers(&wanted.actions));
    let allowed = allowing.any(|(_, statement)| {
        // The key behind an alias is unknown, so any key is accepted.
        let key = statement.resources.surely_covers(&wanted.key) || {
            matches!(&statement.resources, Set::Of(keys) if !wanted.key.is_literal() && keys.iter().any(|it| wanted.key.covers(it)))
        };
        let is_for = |secrets: &[Pattern]| {
            secrets.iter().any(|it| it.covers(&wanted.secrets) || (it.is_literal() && wanted.secrets.covers(it)))
        };
        // The statement is unconditional, or limited to exactly the wanted services and secrets.
        key && (statement.is_unconditional()
            || (statement.conditions.len() == 2
                && secrets_of_a_key(&statement.conditions).is_some_and(|(services, secrets)| {
                    wanted.services.iter().all(|service| services.contains(service)) && is_for(&secrets)
                })))
    });
    allowed && !policies.may_deny(&wanted.actions, &wanted.key)
}

fn way_out() -> String {
    format!("run `{} gen-infra` and apply the Terraform; then see who changed the role", program::name())
}
