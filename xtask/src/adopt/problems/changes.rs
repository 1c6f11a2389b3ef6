//! What the first apply changes of what exists, in words.

use std::collections::BTreeSet;

use paypulse_runtime::model::{Problem, shown};

use super::{at, command, listed};
use crate::adopt::address::Address;
use crate::adopt::changes::Tags;

/// The notes of which each says that the first apply changes a secret.
pub(in crate::adopt) const OF_SECRETS: [&str; 9] = [
    "value-unknown",
    "value-written",
    "secret-description",
    "secret-key",
    "secret-policy-replaced",
    "secret-replicas",
    "secret-tags",
    "stale-value",
    "rotation-changes",
];

fn words<'a>(words: impl IntoIterator<Item = &'a (impl AsRef<str> + ?Sized + 'a)>) -> String {
    listed(words.into_iter().map(|word| shown(word.as_ref())))
}

pub(in crate::adopt) fn secret_description(address: &Address, name: &str, has_one: bool) -> Problem {
    let what = if has_one { "gives it the description of the spec" } else { "takes its description off" };
    Problem::new(
        "secret-description",
        &at(address),
        format!("{} has another description, and the first apply {what}", shown(name)),
        "if today's is to stay, write it in the spec's entry",
    )
}

/// Source for what the provider does: [`resourceSecretUpdate`][update] sends no key where none is configured.
///
/// [update]: https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/secretsmanager/secret.go
pub(in crate::adopt) fn secret_key_off(address: &Address, name: &str, key: &str) -> Problem {
    let key = shown(key);
    Problem::new(
        "secret-key",
        &at(address),
        format!(
            "{} is encrypted with the key {key}, which the spec does not have: the first apply takes the key off, and \
             no handler is allowed to decrypt with it",
            shown(name)
        ),
        "declare the key in the spec: `kms_key: alias(\"…\")` or `kms_key: variable(…)`",
    )
}

pub(in crate::adopt) fn secret_key(address: &Address, name: &str, is: &str, wanted: &str, is_known: bool) -> Problem {
    let is = if is.is_empty() { "the account's default key".to_owned() } else { format!("the key {}", shown(is)) };
    let (name, wanted) = (shown(name), shown(wanted));
    let (what, hint) = if is_known {
        (
            format!("{name} is encrypted with {is}, and the first apply sets the key of {wanted}"),
            "if today's key is to stay, declare that one",
        )
    } else {
        (
            format!(
                "{name} is encrypted with {is}; whether that is the key of {wanted} is not known, and the first apply sets that one"
            ),
            "compare the two: `aws kms list-aliases`",
        )
    };
    Problem::new("secret-key", &at(address), what, hint)
}

pub(in crate::adopt) fn secret_key_by_variable(address: &Address, name: &str, is: &str, variable: &str) -> Problem {
    let (name, is, variable) = (shown(name), shown(is), shown(variable));
    Problem::new(
        "secret-key",
        &at(address),
        format!("{name} is encrypted with the key {is}, and the first apply sets the one that {variable} has"),
        format!("give {variable} the ARN of the key that the secret has now"),
    )
}

/// Of tags, only the keys are shown. `place` may be empty, until it is known.
pub(in crate::adopt) fn tags(lint: &'static str, place: &str, tags: &Tags<'_>) -> Problem {
    let parts = [("takes off", &tags.off), ("sets", &tags.set), ("changes", &tags.other)];
    let parts =
        parts.iter().filter(|(_, keys)| !keys.is_empty()).map(|(verb, keys)| format!("{verb} {}", words(keys.iter())));
    let parts: Vec<String> = parts.collect();
    Problem::new(
        lint,
        place,
        format!("its tags are not those of the spec: the first apply {}", parts.join(", ")),
        "declare the tags that are to stay: `tags: { \"key\": \"value\" }`",
    )
}

pub(in crate::adopt) fn default_tags(address: &Address, keys: &[&str]) -> Problem {
    Problem::new(
        "default-tags",
        &at(address),
        format!("it has tags from the provider's `default_tags`: {}", words(keys.iter())),
        "give the provider of the generated files the same `default_tags`, or the first apply takes them off",
    )
}

/// Source: a plan of hashicorp/aws 5.100.0, in whose schema `replica` is optional and computed.
pub(in crate::adopt) fn replicas_stay<'a>(
    address: &Address,
    name: &str,
    regions: impl Iterator<Item = &'a String>,
) -> Problem {
    Problem::new(
        "secret-replicas-stay",
        &at(address),
        format!(
            "{} has replicas that the spec does not declare, in {}: the first apply leaves them",
            shown(name),
            words(regions)
        ),
        "declare them: `replicas: { \"REGION\" }`; or take them off: `aws secretsmanager remove-regions-from-replication`",
    )
}

pub(in crate::adopt) fn replicas(address: &Address, name: &str, [off, new, other]: [&[&String]; 3]) -> Problem {
    let parts = [("deletes those in", off), ("adds some in", new), ("deletes and makes again those in", other)];
    let parts = parts.iter().filter(|(_, regions)| !regions.is_empty());
    let parts: Vec<String> = parts.map(|(verb, regions)| format!("{verb} {}", words(regions.iter()))).collect();
    Problem::new(
        "secret-replicas",
        &at(address),
        format!("the replicas of {} are not those of the spec: the first apply {}", shown(name), parts.join(", ")),
        "declare the replicas that are to stay, each with the key that it has",
    )
}

pub(in crate::adopt) fn replica_by_variable(address: &Address, region: &str, key: &str, variable: &str) -> Problem {
    let (region, variable) = (shown(region), shown(variable));
    Problem::new(
        "secret-replicas",
        &at(address),
        format!(
            "the replica in {region} gets the key of {variable}: if that is another key, the first apply makes it again"
        ),
        format!("give {variable} the key that the replica has now: {}", shown(key)),
    )
}

pub(in crate::adopt) fn window(address: &Address, name: &str, is: &str, wanted: &str) -> Problem {
    Problem::new(
        "recovery-window",
        &at(address),
        format!("the recovery window of {} is {} days, and the first apply sets {wanted}", shown(name), shown(is)),
        "that changes the state only: it counts when Terraform deletes the secret; declare `recovery_window_days`",
    )
}

/// A policy on a secret, which an argument or somebody else put there.
pub(in crate::adopt) fn secret_policy(place: &str, name: &str, whom: &BTreeSet<String>, replaces: bool) -> Problem {
    let name = shown(name);
    let lets = if whom.is_empty() { "nobody more".to_owned() } else { words(whom) };
    if replaces {
        let what = format!("{name} has a policy, which lets {lets} use it, and the first apply replaces it");
        return Problem::new(
            "secret-policy-replaced",
            place,
            what,
            "see that `shared_with` has everybody who needs the secret",
        );
    }
    Problem::new(
        "secret-policy",
        place,
        format!("{name} has a policy that is not of the spec, which lets {lets} use it: the first apply leaves it"),
        "declare it in the spec as `shared_with`, or take it off: `aws secretsmanager delete-resource-policy`",
    )
}

pub(in crate::adopt) fn stale_value(
    address: &Address,
    name: &str,
    held: Option<&str>,
    current: Option<&str>,
    is_left: bool,
) -> Problem {
    let name = shown(name);
    let held = held.map(|version| format!(" {}", shown(version))).unwrap_or_default();
    let current = current.map(|version| format!("; the current one is {}", shown(version))).unwrap_or_default();
    let what = format!("the version{held} of {name} in the state is not AWSCURRENT{current}");
    if is_left {
        let hint = "the current one is imported: give its variable the value that the secret has now";
        return Problem::new(
            "stale-value",
            &at(address),
            format!("{what}: it leaves the state, and nothing of it changes in AWS"),
            hint,
        );
    }
    Problem::new(
        "stale-value",
        &at(address),
        format!(
            "{what}: as soon as AWS drops the old version, an apply writes the variable's value over the current one"
        ),
        format!(
            "take it out of the state, {}, and pass a listing too, so that the current version is imported",
            command("state rm", address, "")
        ),
    )
}

/// Source: [names of IAM are not told apart by case](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
pub(in crate::adopt) fn differs_in_case(address: &Address, name: &str, other: &str) -> Problem {
    let (name, other) = (shown(name), shown(other));
    Problem::new(
        "nearly-named",
        &at(address),
        format!(
            "the role {other} exists, whose name differs from {name} in case only: the first apply fails to create {name}"
        ),
        "declare `role: existing(VARIABLE)`, or give the handler the name of the role",
    )
}

pub(in crate::adopt) fn named_by_prefix(address: &Address, name: &str, other: &str) -> Problem {
    let (name, other) = (shown(name), shown(other));
    Problem::new(
        "nearly-named",
        &at(address),
        format!("{other} exists, whose name was made by `name_prefix`: the first apply creates {name} beside it"),
        "a secret keeps its name: copy its value into the new one; a role can be declared as `role: existing(VARIABLE)`",
    )
}

pub(in crate::adopt) fn rotation(address: &Address, name: &str, what: &str, hint: &str) -> Problem {
    Problem::new("rotation-changes", &at(address), format!("the rotation of {}: {what}", shown(name)), hint)
}

/// A change of roles, with their names as its place.
pub(in crate::adopt) fn of_roles(change: Problem, roles: &[&str]) -> Problem {
    let word = if roles.len() == 1 { "role" } else { "roles" };
    Problem { place: format!("{word} {}", words(roles.iter())), ..change }
}

pub(in crate::adopt) fn role_trust() -> Problem {
    Problem::new(
        "role-trust",
        "",
        "others than Lambda functions, or functions on other terms, can be it: the first apply replaces its trust policy",
        "a role that others need too is declared as `role: existing(VARIABLE)`",
    )
}

pub(in crate::adopt) fn role_boundary(boundary: &str) -> Problem {
    Problem::new(
        "role-boundary",
        "",
        format!(
            "it has the permissions boundary {}: the first apply sets that of `permissions_boundary_arn`",
            shown(boundary)
        ),
        "give `permissions_boundary_arn` this ARN, or the first apply takes the boundary off",
    )
}

pub(in crate::adopt) fn role_settings(description: bool, session: Option<&str>, wanted: &str) -> Problem {
    let description = description.then(|| "takes its description off".to_owned());
    let session = session.map(|is| format!("changes its longest session from {} to {wanted} seconds", shown(is)));
    let parts: Vec<String> = description.into_iter().chain(session).collect();
    Problem::new(
        "role-settings",
        "",
        format!("the first apply {}", parts.join(" and ")),
        "a role whose settings are to stay is declared as `role: existing(VARIABLE)`",
    )
}

/// Actions on one secret: not more of them than a person reads.
pub(in crate::adopt) fn on_secret(secret: &str, actions: &[&str], is_everything: bool) -> String {
    let actions =
        if is_everything { "everything".to_owned() } else { listed(actions.iter().map(|it| (*it).to_owned())) };
    format!("{actions} on {}", shown(secret))
}

pub(in crate::adopt) fn policies(
    role: &str,
    names: &BTreeSet<&str>,
    more: &[String],
    less: &[String],
    is_unread: bool,
) -> Problem {
    let parts = [("takes away", more), ("adds", less)];
    let parts =
        parts.iter().filter(|(_, what)| !what.is_empty()).map(|(verb, what)| format!("{verb} {}", what.join("; ")));
    let unread = is_unread.then(|| "writes the spec's over what cannot be read".to_owned());
    let parts: Vec<String> = parts.chain(unread).collect();
    Problem::new(
        "policy-changes",
        &format!("role {}", shown(role)),
        format!("its policies {} are not as the spec says: the first apply {}", words(names), parts.join(", ")),
        "see that the function of today needs no more than the spec grants",
    )
}

pub(in crate::adopt) fn role_policies_inside(names: &BTreeSet<&str>) -> Problem {
    Problem::new(
        "policy-replaced",
        "",
        format!(
            "it has policies that are called as those of the spec: the first apply writes the spec's over {}",
            words(names)
        ),
        "see in the plan what they allow",
    )
}

pub(in crate::adopt) fn role_replaced(address: &Address, name: &str, path: &str) -> Problem {
    Problem::new(
        "replaced",
        &at(address),
        format!(
            "the role {} has the path {}, which cannot change: the first apply replaces the role",
            shown(name),
            shown(path)
        ),
        "declare the handler's role as `role: existing(VARIABLE)`: then the spec's policies are put on it, and it stays",
    )
}
