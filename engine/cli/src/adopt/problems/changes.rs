//! Messages about changes that the first apply makes to secrets.

use std::collections::BTreeSet;

use driftless_model::{Problem, shown};

use super::{at, command, listed};
use crate::tf::Address;

/// The keys of tags that are removed, added and changed.
pub(in crate::adopt) struct TagChanges<'a> {
    pub(in crate::adopt) off: Vec<&'a str>,
    pub(in crate::adopt) set: Vec<&'a str>,
    pub(in crate::adopt) other: Vec<&'a str>,
}

/// The notes that report a change of a secret by the first apply.
pub(in crate::adopt) const OF_SECRETS: [&str; 14] = [
    "secret-unknown",
    "rotation-begins",
    "secret-shared",
    "policy-on-secret",
    "value-replaced",
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

pub(super) fn words<'a>(words: impl IntoIterator<Item = &'a (impl AsRef<str> + ?Sized + 'a)>) -> String {
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

/// Source: [`resourceSecretUpdate`][update] of the provider sends no key if none is configured.
///
/// [update]: https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/secretsmanager/secret.go
pub(in crate::adopt) fn secret_key_off(address: &Address, name: &str, key: &str) -> Problem {
    let key = shown(key);
    Problem::new(
        "secret-key",
        &at(address),
        format!(
            "{} is encrypted with the key {key}, which the spec does not have: it keeps the key, each plan shows a change of \
             it that no apply makes, and no handler is allowed to decrypt with it",
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

/// Only the keys of tags are shown. `place` may be empty until it is known.
pub(in crate::adopt) fn tags(lint: &'static str, place: &str, tags: &TagChanges<'_>) -> Problem {
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

/// A secret of which an input tells little more than the name.
pub(in crate::adopt) fn settings_unknown(address: &Address, name: &str) -> Problem {
    Problem::new(
        "secret-unknown",
        &at(address),
        format!(
            "no input tells the description, key and tags of {}, and the first apply sets those of the spec",
            shown(name)
        ),
        "add the output of `aws secretsmanager list-secrets` or `describe-secret`, without `--query`",
    )
}

/// Source: [`ListSecrets`][list] does not tell replicas.
///
/// [list]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_SecretListEntry.html
pub(in crate::adopt) fn replicas_unknown<'a>(
    address: &Address,
    name: &str,
    regions: impl Iterator<Item = &'a String>,
) -> Problem {
    Problem::new(
        "secret-replicas",
        &at(address),
        format!(
            "whether {} has the replicas of the spec, in {}, is in no input: the first apply adds those that it lacks",
            shown(name),
            words(regions)
        ),
        "add the output of `aws secretsmanager describe-secret`, which tells them",
    )
}

/// A policy that lets other principals use a secret, which the first apply puts on it.
pub(in crate::adopt) fn shared(address: &Address, name: &str, whom: &BTreeSet<String>, is_known: bool) -> Problem {
    let (name, whom) = (shown(name), words(whom));
    let what = format!("the first apply puts a policy on {name}, which lets {whom} use it");
    if is_known {
        return Problem::new("secret-shared", &at(address), what, "see that `shared_with` is as it is meant");
    }
    Problem::new(
        "secret-shared",
        &at(address),
        format!("{what}; which policy it has today, and loses then, is in no input"),
        "add the output of `aws secretsmanager get-resource-policy`",
    )
}

pub(in crate::adopt) fn rotation_begins(address: &Address, name: &str, variable: &str, is_at_once: bool) -> Problem {
    let when = if is_at_once { "at once" } else { "at the next time of its schedule" };
    Problem::new(
        "rotation-begins",
        &at(address),
        format!(
            "no rotation of {} is in the inputs: the first apply that has `{variable}` begins one, and {when} the \
             function puts a new value in the place of today's",
            shown(name)
        ),
        "see that every reader of the value reads it again after a rotation",
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

pub(in crate::adopt) fn overwrites(address: &Address) -> Problem {
    Problem::new(
        "overwrites-replicas",
        &at(address),
        "`force_overwrite_replica_secret` is true, and the first apply sets it to false",
        "that changes the state only: it counts when a replica is made",
    )
}

/// A policy on a secret that is not the spec's.
pub(in crate::adopt) fn secret_policy(place: &str, name: &str, whom: &BTreeSet<String>, replaces: bool) -> Problem {
    let name = shown(name);
    let lets = if whom.is_empty() { "no other principal".to_owned() } else { words(whom) };
    if replaces {
        let what = format!("{name} has a policy, which lets {lets} use it, and the first apply replaces it");
        return Problem::new(
            "secret-policy-replaced",
            place,
            what,
            "check that `shared_with` lists every account that needs the secret",
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

pub(in crate::adopt) fn rotation(address: &Address, name: &str, what: &str, hint: &str) -> Problem {
    Problem::new("rotation-changes", &at(address), format!("the rotation of {}: {what}", shown(name)), hint)
}
