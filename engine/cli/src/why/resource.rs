//! The resource of a question: a secret by its ARN, its name or its id in the spec, or a KMS key by its ARN.

use driftless_model::{NamePattern, SecretSpec, Spec, is_region};

use super::environment::{Environment, Wrong};
use crate::aws::partition_of;
use crate::denied::has_suffix;
use crate::iam::ON_NO_SECRET;

/// A resource that somebody asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked<'s> {
    /// A secret, or all members of a family.
    Secret {
        /// The secret or family of the spec, in any Region and account.
        secret: Option<&'s SecretSpec>,
        /// The pattern of its stored name, with the suffix: `gmail/user/7-??????`.
        stored: String,
        /// The place, if an ARN was given.
        place: Option<Placed>,
    },
    /// A KMS key, by its ARN.
    Key {
        /// The ARN.
        arn: String,
    },
    /// `*`, for an action that is on no secret.
    Everything,
}

/// The place in an ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// `aws`, `aws-cn`.
    pub partition: String,
    /// `eu-west-1`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
}

impl Asked<'_> {
    /// The partition, if an ARN was given.
    pub(super) fn partition(&self) -> Option<&str> {
        match self {
            Self::Secret { place, .. } => place.as_ref().map(|place| place.partition.as_str()),
            Self::Key { arn } => arn.split(':').nth(1),
            Self::Everything => None,
        }
    }
}

/// The longest ARN that AWS accepts.
const LONGEST: usize = 2048;

/// Reads the resource of an action. A name gets the prefix of the environment unless it has the prefix of one already; the
/// name in an ARN is taken as it is.
pub(super) fn resource<'s>(environment: &'s Environment<'_>, action: &str, text: &str) -> Result<Asked<'s>, Wrong> {
    let other_kind = || Wrong::OtherKind(action.to_owned(), text.to_owned());
    let is_on_key = action.to_ascii_lowercase().starts_with("kms:");
    if text == "*" {
        return if ON_NO_SECRET.contains(&action) { Ok(Asked::Everything) } else { Err(other_kind()) };
    }
    let no_resource = || Wrong::NoResource(text.to_owned());
    if text.len() > LONGEST {
        return Err(no_resource());
    }
    if !text.starts_with("arn:") {
        return named(environment, text).ok_or_else(no_resource);
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [_, partition, service, region, account, name] = parts[..] else { return Err(no_resource()) };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    if !is_account || !is_region(region) {
        return Err(no_resource());
    }
    if partition_of(region) != partition {
        let (arn, region, partition) = (text.to_owned(), region.to_owned(), partition_of(region));
        return Err(Wrong::OtherPartition { arn, region, partition });
    }
    match (service, name.strip_prefix("secret:"), name.strip_prefix("key/")) {
        ("secretsmanager", Some(name), _) if is_name(name) => {
            let [partition, region, account] = [partition, region, account].map(str::to_owned);
            let place = Some(Placed { partition, region, account });
            let (secret, stored) = of_arn(&environment.spec, name);
            Ok(Asked::Secret { secret, stored, place })
        }
        ("kms", _, Some(id)) if is_name(id) => {
            if is_on_key {
                Ok(Asked::Key { arn: text.to_owned() })
            } else {
                Err(other_kind())
            }
        }
        _ => Err(no_resource()),
    }
}

/// Whether a text can be the name of a secret.
///
/// Source: [`CreateSecret`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html).
fn is_name(text: &str) -> bool {
    (1..=512).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte))
}

/// A secret by its id or name in the spec, or by the name of a member.
fn named<'s>(environment: &'s Environment<'_>, text: &str) -> Option<Asked<'s>> {
    let (Environment { whole, prefix, spec }, place) = (environment, None);
    // Both specs have the same secrets, in the same order.
    let mut both = spec.secrets.iter().zip(&whole.secrets);
    let is_it = |(it, plain): &(&SecretSpec, &SecretSpec)| {
        it.id == text || it.name.as_str() == text || plain.name.as_str() == text
    };
    if let Some((secret, _)) = both.find(is_it) {
        let stored = NamePattern::of(&secret.name).to_string();
        return Some(Asked::Secret { secret: Some(secret), stored, place });
    }
    if !is_name(text) {
        return None;
    }
    let mut prefixes = whole.prefixes.iter().flat_map(|prefixes| &prefixes.values);
    let has_prefix = prefixes.any(|prefix| text.starts_with(prefix.as_str()));
    // A name outside the prefixes was found above.
    let stored = if has_prefix { format!("{text}-??????") } else { format!("{prefix}{text}-??????") };
    Some(Asked::Secret { secret: find(spec, &stored), stored, place })
}

/// The secret of the spec with the name in an ARN, and the pattern of the stored name. The suffix can be missing, and a name
/// can itself end like one.
fn of_arn<'s>(spec: &'s Spec, name: &str) -> (Option<&'s SecretSpec>, String) {
    let with_any = format!("{name}-??????");
    let is_complete = has_suffix(name);
    if let Some(secret) = find(spec, name).filter(|_| is_complete) {
        return (Some(secret), name.to_owned());
    }
    match find(spec, &with_any) {
        Some(secret) => (Some(secret), with_any),
        None => (None, if is_complete { name.to_owned() } else { with_any }),
    }
}

/// The secret whose pattern matches a stored name; a fixed name comes before a family.
pub(super) fn find<'s>(spec: &'s Spec, stored: &str) -> Option<&'s SecretSpec> {
    let matching = || spec.secrets.iter().filter(|secret| NamePattern::of(&secret.name).matches(stored));
    matching().find(|secret| !secret.name.is_family()).or_else(|| matching().next())
}

/// The name of a stored name, without its suffix.
pub(super) fn bare(stored: &str) -> &str {
    let ends = stored.len().checked_sub(7).filter(|at| stored.is_char_boundary(*at));
    match ends.map(|at| stored.split_at(at)) {
        Some((name, "-??????")) => name,
        _ if has_suffix(stored) => &stored[..stored.len() - 7],
        _ => stored,
    }
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn a_stored_name_loses_its_suffix() {
        for (stored, name) in [("a/b-??????", "a/b"), ("a/b-AbCdEf", "a/b"), ("a/*", "a/*"), ("", ""), ("-", "-")] {
            assert_eq!(bare(stored), name);
        }
    }
}
