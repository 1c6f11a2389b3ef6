//! Rules for environments: no two environments may share a name that must be unique in an account.

use std::collections::{HashMap, HashSet};

use super::{MAX_HANDLER_NAME_LEN, handler_place, place};
use crate::overlap::NamePattern;
use crate::prefix_index::PrefixIndex;
use crate::prefixes::{Prefixes, deployed_name, prefix_fault};
use crate::problem::{Problem, shown};
use crate::secret::Owner;
use crate::spec::{SecretSpec, Spec};

/// The longest name of a secret, in characters, with a prefix.
///
/// Source: [`CreateSecret`, `Name`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html).
const MAX_FULL_NAME_LEN: usize = 512;

/// The maximum number of environments. It also bounds the work on untrusted specs.
const MAX_PREFIXES: usize = 100;

/// At most this many problems of one kind are reported, because one wrong prefix causes many.
const MAX_SAID: usize = 3;

/// The maximum number of pairs of secrets to compare in search of a concrete example of an overlap.
const MAX_LOOKS: usize = 10_000;

const PLACE: &str = "the prefixes";

pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let Some(prefixes) = &spec.prefixes else { return without_prefixes(spec) };
    let values = &prefixes.values;
    if !(1..=MAX_PREFIXES).contains(&values.len()) {
        let message = format!("there are {}, and a spec can have 1 to {MAX_PREFIXES}", values.len());
        return vec![Problem::new("bad-prefixes", PLACE, message, "name each environment's prefix, or leave them out")];
    }
    let mut problems = Vec::new();
    let mut seen = HashSet::new();
    for prefix in values {
        if let Some(fault) = prefix_fault(prefix) {
            let message = if prefix.is_empty() { fault.to_owned() } else { format!("{fault}: {}", shown(prefix)) };
            let hint =
                "use letters, digits, `_`, `-` and `/`, such as `dev/`; without prefixes there is one environment";
            problems.push(Problem::new("bad-prefix", PLACE, message, hint));
        }
        if !seen.insert(prefix) {
            let message = format!("{} is declared twice", shown(prefix));
            problems.push(Problem::new("duplicate-prefix", PLACE, message, "remove one"));
        }
    }
    if problems.is_empty() {
        problems.extend(outside(spec, values));
        problems.extend(nested(spec, values));
        problems.extend(long_names(spec, prefixes));
        problems.extend(deployed_twice(spec, values));
    }
    problems
}

/// Without prefixes, every name is outside of them.
fn without_prefixes(spec: &Spec) -> Vec<Problem> {
    let outside = spec.secrets.iter().filter(|secret| secret.options.outside_prefixes);
    let problem = |secret| {
        let message = "it has `outside_prefixes`, and the spec declares no prefixes";
        Problem::new("outside-no-prefixes", &place(secret), message, "remove `outside_prefixes`, or declare prefixes")
    };
    outside.map(problem).collect()
}

/// A name outside the prefixes must not be one of an environment, whose roles could then use the secret too.
fn outside(spec: &Spec, values: &[String]) -> Vec<Problem> {
    let outside = spec.secrets.iter().filter(|secret| secret.options.outside_prefixes);
    let problem = |secret: &SecretSpec| {
        let prefix = values.iter().find(|prefix| secret.name.as_str().starts_with(prefix.as_str()))?;
        let message = format!(
            "its name {} is outside the prefixes, and begins with the prefix {}",
            shown(secret.name.as_str()),
            shown(prefix)
        );
        let hint = "remove `outside_prefixes` and the prefix from the name, or give the secret another name";
        Some(Problem::new("outside-name-with-prefix", &place(secret), message, hint))
    };
    outside.filter_map(problem).collect()
}

/// Two environments can only share a name or a pattern if one prefix is a prefix of the other: patterns have no
/// wildcard inside the environment's prefix.
fn nested(spec: &Spec, values: &[String]) -> Vec<Problem> {
    let index = PrefixIndex::new(values);
    let pairs = (0..values.len()).flat_map(|shorter| {
        let longer = index.related(shorter).filter(move |longer| values[*longer].len() > values[shorter].len());
        longer.map(move |longer| (values[shorter].as_str(), values[longer].as_str()))
    });
    let problem = |(shorter, longer): (&str, &str)| {
        let what = match reached(spec, shorter, longer) {
            Some((pattern, secret, other)) => format!(
                "a grant on {} in the first covers {}, which also matches {} of {} in the second",
                place(secret),
                shown(pattern.as_str()),
                shown(other.name.under(longer).as_str()),
                place(other)
            ),
            None => {
                format!("a name that begins with {} in the first is one of the second", shown(&longer[shorter.len()..]))
            }
        };
        let message = format!("{} begins {}: {what}", shown(shorter), shown(longer));
        let hint = "choose prefixes of which none is the beginning of another, such as `dev/` and `dev-eu/`";
        Problem::new("overlapping-prefixes", PLACE, message, hint)
    };
    pairs.take(MAX_SAID).map(problem).collect()
}

/// An example of an overlap: a secret whose pattern under the shorter prefix matches a name under the longer prefix.
/// Only a bounded number of pairs is compared.
fn reached<'a>(spec: &'a Spec, shorter: &str, longer: &str) -> Option<(NamePattern, &'a SecretSpec, &'a SecretSpec)> {
    // After the shorter prefix: the literal starts of the names under it, then those of the names under the longer
    // prefix.
    let here = spec.secrets.iter().map(|secret| secret.name.literal_prefix().to_owned());
    // A name outside the prefixes begins with neither, which another rule checks.
    let inside = |secret: &SecretSpec| !secret.options.outside_prefixes;
    let there = spec.secrets.iter().map(|secret| longer[shorter.len()..].to_owned() + secret.name.literal_prefix());
    let starts: Vec<String> = here.chain(there).collect();
    let (index, count) = (PrefixIndex::new(&starts), spec.secrets.len());
    let runtime = spec.secrets.iter().enumerate().filter(|(_, secret)| secret.owner == Owner::Runtime);
    let pairs = runtime.flat_map(|(number, secret)| {
        let near = index.related(number).filter(|other| *other >= count);
        near.map(move |other| (secret, &spec.secrets[other - count])).filter(move |(_, other)| inside(other))
    });
    pairs.take(MAX_LOOKS).find_map(|(secret, other)| {
        let pattern = NamePattern::of(&secret.name).under(shorter);
        pattern.reaches(&other.name.under(longer)).then_some((pattern, secret, other))
    })
}

/// Names that are too long with the longest prefix.
fn long_names(spec: &Spec, prefixes: &Prefixes) -> Vec<Problem> {
    let prefix = prefixes.longest();
    let secrets = spec.secrets.iter().filter_map(|secret| {
        let length = if secret.options.outside_prefixes { 0 } else { prefix } + secret.name.longest();
        (length > MAX_FULL_NAME_LEN).then(|| {
            let message = format!(
                "its name can have {length} characters with the longest prefix, and AWS takes {MAX_FULL_NAME_LEN}"
            );
            Problem::new("long-name", &place(secret), message, "shorten the name or the prefix")
        })
    });
    let handlers = spec.handlers.iter().filter_map(|handler| {
        let role = handler.options.role_name.as_deref().unwrap_or_default();
        let (whose, own) = if role.len() > handler.name.len() { ("its role's", role) } else { ("its", &*handler.name) };
        let length = prefix + own.len();
        // A name that is too long without a prefix is reported elsewhere.
        (length > MAX_HANDLER_NAME_LEN && own.len() <= MAX_HANDLER_NAME_LEN).then(|| {
            let message = format!(
                "{whose} name has {length} characters with the longest prefix, and AWS takes {MAX_HANDLER_NAME_LEN}"
            );
            Problem::new("long-name", &handler_place(handler), message, "shorten the name or the prefix")
        })
    });
    secrets.chain(handlers).collect()
}

/// Deployed names have a hyphen for each `/`, and AWS compares them regardless of case.
fn deployed_twice(spec: &Spec, values: &[String]) -> Vec<Problem> {
    let mut taken = HashMap::new();
    let mut problems = Vec::new();
    for (prefix, handler) in values.iter().flat_map(|prefix| spec.handlers.iter().map(move |it| (prefix, it))) {
        let name = deployed_name(prefix, &handler.name);
        let Some((first_prefix, first)) = taken.insert(name.to_ascii_lowercase(), (prefix, handler)) else { continue };
        // Duplicates within one environment are reported for the handlers themselves.
        if first_prefix != prefix && problems.len() < MAX_SAID {
            let message = format!(
                "in the environment {} it is deployed as {}, and so is {} in {}",
                shown(prefix),
                shown(&name),
                handler_place(first),
                shown(first_prefix)
            );
            let hint = "choose prefixes that differ with a hyphen for each `/` too, regardless of case";
            problems.push(Problem::new("duplicate-name", &handler_place(handler), message, hint));
        }
    }
    problems
}
