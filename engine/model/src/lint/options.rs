//! Rules for the options of a secret.

use std::collections::{BTreeMap, HashSet};

use super::kms_key_problem;
use crate::options::{Principal, Replica, SecretOptions, Share};
use crate::problem::{Problem, closest, shown};
use crate::region::region_fault;
use crate::secret::Owner;
use crate::spec::{SecretSpec, Spec};
use crate::verb::Verb;

/// The most tags that a secret can have.
///
/// Source: [AWS Secrets Manager quotas](https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html).
const MAX_TAGS: usize = 50;

/// Source: [`Tag`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Tag.html), lengths in characters.
const MAX_TAG_KEY_LEN: usize = 128;
const MAX_TAG_VALUE_LEN: usize = 256;

/// The number of days for which a deletion can be cancelled, if it can be cancelled at all.
///
/// Source: [`DeleteSecret`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html).
const RECOVERY_DAYS: std::ops::RangeInclusive<u8> = 7..=30;

pub(super) fn check(place: &str, secret: &SecretSpec, spec_tags: &BTreeMap<String, String>) -> Vec<Problem> {
    let options = &secret.options;
    let mut problems = Vec::new();
    problems.extend(without_resource(place, &secret.owner, options));
    problems.extend(recovery_window(place, options.recovery_window_days));
    problems.extend(tags(place, &options.tags));
    let tags = spec_tags.keys().chain(options.tags.keys()).collect::<HashSet<_>>().len();
    if tags > MAX_TAGS {
        let message = format!("it has {tags} tags with those of the spec, and AWS takes {MAX_TAGS}");
        problems.push(Problem::new("many-tags", place, message, "remove some tags"));
    }
    problems.extend(region(place, secret));
    problems.extend(replicas(place, &options.replicas));
    problems.extend(read_from(place, options));
    problems.extend(shares(place, secret, &options.shared_with));
    problems.extend(super::rotation::schedule(place, secret));
    problems.extend(outside_prefixes(place, secret));
    problems
}

/// A created secret of one name would be created by the files of each environment.
fn outside_prefixes(place: &str, secret: &SecretSpec) -> Option<Problem> {
    (secret.options.outside_prefixes && secret.owner != Owner::External).then(|| {
        let message = format!("it is outside the prefixes, and its owner is `{}`", secret.owner.word());
        let hint = "remove `outside_prefixes`, or make the owner `external`: each environment would create or write it";
        Problem::new("outside-prefixes-owner", place, message, hint)
    })
}

fn without_resource(place: &str, owner: &Owner, options: &SecretOptions) -> Option<Problem> {
    let names = options.names();
    let (false, Owner::External | Owner::Runtime) = (names.is_empty(), owner) else { return None };
    let message = format!("`{}` is set on what the infrastructure code does not create", names.join("`, `"));
    let hint = "remove it, or make the owner `terraform` or `rotation`";
    Some(Problem::new("option-without-resource", place, message, hint))
}

fn recovery_window(place: &str, days: Option<u8>) -> Option<Problem> {
    let days = days.filter(|days| *days != 0 && !RECOVERY_DAYS.contains(days))?;
    let message = format!("its recovery window is {days} days");
    Some(Problem::new("bad-recovery-window", place, message, "use 7 to 30 days, or 0 to delete at once"))
}

/// Checks the tags of a secret or of the whole spec.
pub(super) fn tags(place: &str, tags: &BTreeMap<String, String>) -> Vec<Problem> {
    let faults = tags.iter().filter_map(|(key, value)| {
        let is_good = |text: &str| text.chars().all(|char| char.is_alphanumeric() || " _.:/=+-@".contains(char));
        let fault = if !is_good(key) || !is_good(value) {
            "has a character that AWS does not take"
        } else if key.is_empty() || key.chars().count() > MAX_TAG_KEY_LEN {
            "has a key that is empty or has more than 128 characters"
        } else if value.chars().count() > MAX_TAG_VALUE_LEN {
            "has a value of more than 256 characters"
        } else if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
            "has a key that begins with `aws:`, which is AWS's own"
        } else {
            return None;
        };
        let hint = "use letters, digits, spaces and `_.:/=+-@`";
        Some(Problem::new("bad-tag", place, format!("the tag {} {fault}", shown(key)), hint))
    });
    faults.collect()
}

fn replicas(place: &str, replicas: &[Replica]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut regions = HashSet::new();
    for Replica { region, kms_key } in replicas {
        problems.extend(bad_region(place, region));
        if !regions.insert(region) {
            let message = format!("it has two replicas in {}", shown(region));
            problems.push(Problem::new("duplicate-replica", place, message, "remove one of them"));
        }
        problems.extend(kms_key.as_ref().and_then(|key| kms_key_problem(place, key)));
    }
    problems
}

/// Only a copy that the spec declares can be read.
fn read_from(place: &str, options: &SecretOptions) -> Vec<Problem> {
    let mut problems = Vec::new();
    let copies = || options.replicas.iter().map(|replica| replica.region.as_str());
    let mut regions = HashSet::new();
    for region in &options.read_from {
        if !regions.insert(region) {
            let message = format!("it is read twice from {}", shown(region));
            problems.push(Problem::new("duplicate-read-from", place, message, "remove one of them"));
        } else if !copies().any(|copy| copy == region) {
            let message = format!("it is read from {}, where it has no replica", shown(region));
            let hint = match closest(region, copies()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("write `replicas: {{ \"{region}\" }}` too, or remove it from `read_from`"),
            };
            problems.push(Problem::new("read-from-no-replica", place, message, hint));
        }
    }
    problems
}

/// That somebody reads the copies of which the spec says that they are read.
pub(super) fn unread(spec: &Spec) -> Vec<Problem> {
    let grants = spec.handlers.iter().flat_map(|handler| &handler.grants);
    let read = grants.filter(|grant| grant.verbs.iter().any(|verb| verb.reads_copies()));
    let read: HashSet<&str> = read.map(|grant| grant.secret.as_str()).collect();
    let unread = spec.secrets.iter().filter(|it| !it.options.read_from.is_empty() && !read.contains(it.id.as_str()));
    let problem = |secret| {
        let message = "it has `read_from`, and no handler may read it";
        Problem::new("unread-copies", &super::place(secret), message, "grant `read` on it, or remove `read_from`")
    };
    unread.map(problem).collect()
}

/// Source: [replicate secrets across regions][replicas]: a replica is in another region than its secret.
///
/// [replicas]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
fn region(place: &str, secret: &SecretSpec) -> Vec<Problem> {
    let Some(region) = &secret.region else { return Vec::new() };
    let mut problems: Vec<_> = bad_region(place, region).into_iter().collect();
    if secret.options.replicas.iter().any(|replica| replica.region == *region) {
        let message = format!("it is in {}, and so is one of its replicas", shown(region));
        problems.push(Problem::new("replica-beside-itself", place, message, "remove that replica"));
    }
    problems
}

fn bad_region(place: &str, region: &str) -> Option<Problem> {
    region_fault(region).map(|(message, hint)| Problem::new("bad-region", place, message, hint))
}

fn shares(place: &str, secret: &SecretSpec, shares: &[Share]) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !shares.is_empty() && secret.kms_key.is_none() {
        let message = "it is shared, and encrypted by the account's default key, which no other account can use";
        let hint = "give it a `kms_key` whose own policy lets the others decrypt";
        problems.push(Problem::new("shared-without-key", place, message, hint));
    }
    let mut seen = HashSet::new();
    for Share { principal, verbs } in shares {
        let who = said(principal);
        if !is_principal(principal) {
            let message = format!("{who} is not an account or a role");
            let hint = "write the twelve digits of an account, and a role by its name, with its path if it has one";
            problems.push(Problem::new("bad-principal", place, message, hint));
        }
        if !seen.insert(principal) {
            let message = format!("it is shared twice with {who}");
            problems.push(Problem::new("duplicate-share", place, message, "write all verbs in one share"));
        }
        if verbs.is_empty() {
            let message = format!("its share with {who} has no verb");
            problems.push(Problem::new("empty-share", place, message, "name a verb, or remove the share"));
        }
        let mut verbs_seen = HashSet::new();
        for verb in verbs {
            if !matches!(verb, Verb::Read | Verb::Describe) {
                let message = format!("it is shared with {who} for `{verb}`, and only handlers of the spec write");
                problems.push(Problem::new("shared-write", place, message, "share it for `read` or `describe`"));
            }
            if !verbs_seen.insert(verb) {
                let message = format!("its share with {who} has `{verb}` twice");
                problems.push(Problem::new("duplicate-verb", place, message, "remove one"));
            }
        }
    }
    problems
}

fn said(principal: &Principal) -> String {
    match principal {
        Principal::Account { account } => format!("the account {}", shown(account)),
        Principal::Role { account, role } => format!("the role {} of the account {}", shown(role), shown(account)),
    }
}

/// Source: [names and paths of IAM](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html).
fn is_principal(principal: &Principal) -> bool {
    let account = principal.account();
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    is_account
        && match principal {
            Principal::Account { .. } => true,
            Principal::Role { role, .. } => {
                let is_char = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
                let is_word = |word: &str| !word.is_empty() && word.bytes().all(is_char);
                let name = role.rsplit('/').next().unwrap_or_default();
                role.split('/').all(is_word) && name.len() <= 64 && role.len() <= 512
            }
        }
}
