//! Messages about what prevents an import, and what a user has to know about it.

pub(super) mod changes;
pub(super) mod reach;
pub(super) mod renamed;
pub(super) mod replicas;
pub(super) mod roles;

use std::collections::BTreeSet;
use std::path::Path;

use driftless_model::{Problem, shown};

use super::listing::Found;
use super::state::Held;
use crate::render::Object;
use crate::text::quoted;
use crate::tf::Address;

/// The notes about conditions that no apply of the generated files changes.
pub(super) const LASTING: [&str; 7] = [
    "broad-policy",
    "not-looked-at",
    "role-keeps",
    "runs-as",
    "secret-policy",
    "secret-replicas-stay",
    "users-not-listed",
];

/// An address as messages show it, with Terraform's quoting of keys.
fn at(address: &Address) -> String {
    format!("`{address}`")
}

/// A Terraform command for an address, quoted for a shell.
fn command(words: &str, address: &Address, more: &str) -> String {
    format!("`terraform {words} {}{more}`", quoted(Path::new(&address.to_string())))
}

/// The words as a list in a sentence, limited to a readable number.
fn listed(words: impl IntoIterator<Item = String>) -> String {
    const MOST: usize = 8;
    let words: Vec<String> = words.into_iter().collect();
    let shown = words[..words.len().min(MOST)].join(", ");
    if words.len() > MOST { format!("{shown} and {} more", words.len() - MOST) } else { shown }
}

pub(super) fn address_taken(there: &Held, wanted: &Object) -> Problem {
    let place = at(&there.address);
    Problem::new(
        "address-taken",
        &place,
        format!("the state has {} there, and the spec has {wanted}", there.object),
        format!("give the state's one another address first: {}", command("state mv", &there.address, " ADDRESS")),
    )
}

pub(super) fn label_taken(from: &Address, object: &Object) -> Problem {
    Problem::new(
        "address-taken",
        &at(from),
        format!("{object} moves away from there, and something else of the spec is called so now"),
        "rename in two steps: apply the first before the second is made",
    )
}

pub(super) fn tainted(held: &Held) -> Problem {
    Problem::new(
        "tainted",
        &at(&held.address),
        format!("{} is tainted, so Terraform would replace it", held.object),
        format!("see that it is as it should be, then run {}", command("untaint", &held.address, "")),
    )
}

pub(super) fn held_twice(wanted: &Address, several: &[&Held]) -> Problem {
    let addresses = listed(several.iter().map(|held| at(&held.address)));
    Problem::new(
        "held-twice",
        &at(wanted),
        format!("the state has its object at several addresses: {addresses}"),
        "take all but one of them out of the state: `terraform state rm 'ADDRESS'`",
    )
}

pub(super) fn listed_twice(wanted: &Address, several: &[&Found]) -> Problem {
    let ids = listed(several.iter().map(|found| shown(&found.id)));
    Problem::new(
        "listed-twice",
        &at(wanted),
        format!("the listing has several objects for it: {ids}"),
        "list only one account and one Region",
    )
}

pub(super) fn pending_deletion(wanted: &Address, object: &Object) -> Problem {
    Problem::new(
        "pending-deletion",
        &at(wanted),
        format!("{object} is scheduled for deletion"),
        "until it is deleted, no secret can be created with its name. `aws secretsmanager restore-secret` takes the deletion back and \
         keeps the value; then run this command again. `aws secretsmanager delete-secret --force-delete-without-recovery` frees the \
         name now, and the value is lost",
    )
}

pub(super) fn several_places(places: &BTreeSet<(&str, &str)>) -> Problem {
    let places = listed(places.iter().map(|(account, region)| format!("`{region}` of `{account}`")));
    Problem::new(
        "several-places",
        "the secrets",
        format!("they are in different places, and one provider reaches one: {places}"),
        "pass the state or the listing of one account and Region",
    )
}

pub(super) fn in_another_region(held: &Held, region: &str) -> Problem {
    let arn = held.arn.as_deref().unwrap_or_default();
    Problem::new(
        "in-another-region",
        &at(&held.address),
        format!("{} is {}, and the spec has it in {}", held.object, shown(arn), shown(region)),
        "leave its region as it is: Terraform would delete it there, and create another",
    )
}

pub(super) fn not_in_listing(address: &Address, name: &str, other: Option<&str>) -> Problem {
    let is = match other {
        Some(other) => {
            format!("the listing has another one of that name, {}: it was deleted and made again", shown(other))
        }
        None => "the listing does not have it: it is gone, or the listing is of another Region".to_owned(),
    };
    Problem::new(
        "not-in-listing",
        &at(address),
        format!("the state has {}, and {is}", shown(name)),
        format!("take it out of the state if it is gone: {}", command("state rm", address, "")),
    )
}

pub(super) fn other_instances(block: &Address, taken: &[&Address], stay: &[&Address]) -> Problem {
    let list = |all: &[&Address]| listed(all.iter().map(|address| at(address)));
    Problem::new(
        "other-instances",
        &at(block),
        format!("only a part of it is taken over; to delete the block would destroy the rest: {}", list(stay)),
        format!("keep the block, and take only these out of its `count` or `for_each`: {}", list(taken)),
    )
}

pub(super) fn unclear(address: &Address) -> Problem {
    Problem::new(
        "unclear",
        &at(address),
        "the state does not say which resource it is, so it is left out",
        "run `terraform apply -refresh-only` where that state belongs, and then this again",
    )
}

pub(super) fn value_unknown(address: &Address, name: &str) -> Problem {
    Problem::new(
        "value-unknown",
        &at(address),
        format!("which version {} has now is not known, so the first apply writes a new one", shown(name)),
        "pass a listing of the secrets too, by `--listing`",
    )
}

pub(super) fn value_replaced(address: &Address, name: &str) -> Problem {
    Problem::new(
        "value-replaced",
        &at(address),
        format!(
            "its `secret_id` is not the ARN of {}, so the first apply replaces it and writes the value again",
            shown(name)
        ),
        "give the variable the value that the secret has now",
    )
}

pub(super) fn value_binary(address: &Address, name: &str) -> Problem {
    Problem::new(
        "value-replaced",
        &at(address),
        format!("{} has a binary value, and the first apply writes a text in its place", shown(name)),
        "let its owner be `external`, unless its readers take the text",
    )
}

pub(super) fn value_delivered_otherwise(address: &Address, name: &str) -> Problem {
    Problem::new(
        "value-replaced",
        &at(address),
        format!(
            "the value of {} was written in another way, so the first apply replaces its version and writes the value again",
            shown(name)
        ),
        "give the variable the value that the secret has now",
    )
}

pub(super) fn value_generated(address: &Address, name: &str, number: u32) -> Problem {
    Problem::new(
        "value-written",
        &at(address),
        format!(
            "the spec has another number of the generated value of {}, {number}: the first apply generates a new one",
            shown(name)
        ),
        "leave the number as the state has it, if the value is to stay",
    )
}

pub(super) fn value_written(address: &Address, name: &str, variable: &str) -> Problem {
    Problem::new(
        "value-written",
        &at(address),
        format!("a write-only value cannot be imported, so the first apply writes a new version of {}", shown(name)),
        format!("give the variable {} the value that the secret has now", shown(variable)),
    )
}

pub(super) fn overwritten(address: &Address, name: &str) -> Problem {
    Problem::new(
        "overwritten",
        &at(address),
        format!("the first apply would put a generated value in the place of the one that {} may have", shown(name)),
        "let its owner be `terraform(write_only(…))` or `external`, or pass a listing that shows no value",
    )
}

/// Source: [the provider's own bug report](https://github.com/hashicorp/terraform-provider-aws/issues/42139).
pub(super) fn imported_settings(secrets: usize, rotates: bool) -> Problem {
    let what = if secrets == 1 { "a secret is imported".to_owned() } else { format!("{secrets} secrets are imported") };
    let settings = if rotates {
        "`recovery_window_in_days`, `force_overwrite_replica_secret` and `rotate_immediately`"
    } else {
        "`recovery_window_in_days` and `force_overwrite_replica_secret`"
    };
    Problem::new(
        "imported-settings",
        "the plan",
        format!("{what}, and no API tells {settings}: the plan shows that they are set"),
        "that changes only the state, and no secret",
    )
}

/// Without the function, the rotation resource is not created, and one in the state is destroyed.
pub(super) fn needs_function(wanted: &Address, secret: &str, variable: &str) -> Problem {
    Problem::new(
        "needs-function",
        &at(wanted),
        format!("the rotation of {} is taken over only where `{variable}` is given", shown(secret)),
        format!("give `{variable}` from the first plan on"),
    )
}

pub(super) fn permission_replaced(wanted: &Address, object: &Object, why: &str) -> Problem {
    Problem::new(
        "permission-replaced",
        &at(wanted),
        format!("the first apply deletes {object} and creates it again: {why}, and the files have its ARN"),
        "nothing else changes; between the two, Secrets Manager cannot start a rotation",
    )
}

pub(super) fn kept(from: &Address, objects: &[&Object]) -> Problem {
    let objects = listed(objects.iter().map(ToString::to_string));
    Problem::new(
        "not-managed",
        &at(from),
        format!("the spec leaves this to others, so it stays as it is, without Terraform: {objects}"),
        "delete its block from the configuration that has it",
    )
}

pub(super) fn kept_by_hand(address: &Address, object: &Object) -> Problem {
    Problem::new(
        "not-managed-by-hand",
        &at(address),
        format!("the spec leaves {object} to others, and a plan can destroy it: its resource stays in use"),
        format!("take it out of the state before the first plan: {}", command("state rm", address, "")),
    )
}

pub(super) fn policy_on_secret(address: &Address, object: &Object) -> Problem {
    Problem::new(
        "policy-on-secret",
        &at(address),
        format!("{object} is not of the spec; without its block the first apply takes it off"),
        "declare it in the spec as `shared_with`, or keep its block",
    )
}

pub(super) fn taken_off(roles: &[&str], policies: &BTreeSet<String>) -> Problem {
    let (role, have) = if roles.len() == 1 { ("role", "it has") } else { ("roles", "they have") };
    let roles = listed(roles.iter().map(|role| shown(role)));
    let policies = listed(policies.iter().map(|policy| shown(policy)));
    Problem::new(
        "taken-off",
        &format!("{role} {roles}"),
        format!("{have} policies that are not of the spec, and the first apply takes them off: {policies}"),
        "a role that needs more than the spec grants is declared as `role: existing(VARIABLE)`: then the rest stays",
    )
}

pub(super) fn not_listed(what: &str, command: &str) -> Problem {
    Problem::new(
        "not-listed",
        "the listing",
        format!("it lists no {what}; if some exist already, the first apply fails to create them"),
        format!("add the output of `{command}`"),
    )
}

pub(super) fn policies_not_listed(command: &str) -> Problem {
    Problem::new(
        "not-listed",
        "the listing",
        "it lists no policies of roles: which of them the first apply takes off, and who else can use the secrets, is not \
         known; and it fails to create managed policies that exist already",
        format!("add the output of `{command}`"),
    )
}

pub(super) fn users_not_listed(command: &str) -> Problem {
    Problem::new(
        "users-not-listed",
        "the listing",
        "it lists no users and no groups, so whether one of them can use the secrets was not looked at",
        format!("add the output of `{command}`, without `--filter`; an account without users lists none"),
    )
}

pub(super) fn external_missing(id: &str, name: &str) -> Problem {
    Problem::new(
        "external-missing",
        &format!("secret {}", shown(id)),
        format!("{} is to exist already, and the listing does not have it", shown(name)),
        "create it before the first plan, which looks it up",
    )
}
