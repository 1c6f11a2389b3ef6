//! Finds the changes that the first apply makes to existing objects: settings that differ from the spec's Terraform.

mod names;
pub(super) mod policies;
mod replicas;
mod roles;
mod rotations;
mod secrets;
mod values;

use std::collections::BTreeMap;

use crate::adopt::problems::changes::TagChanges;
use crate::aws::arn::account;

/// Compares existing tags with the wanted ones. The values of tags are never shown.
fn tags<'a>(has: &'a BTreeMap<String, String>, wanted: &BTreeMap<&'a str, &'a str>) -> Option<TagChanges<'a>> {
    let keys = has.keys().map(String::as_str);
    let differs = |key: &&'a str| has.get(*key).is_some_and(|value| wanted.get(key).is_some_and(|it| it != value));
    let tags = TagChanges {
        off: keys.filter(|key| !wanted.contains_key(key)).collect(),
        set: wanted.keys().copied().filter(|key| !has.contains_key(*key)).collect(),
        other: wanted.keys().copied().filter(differs).collect(),
    };
    (!tags.off.is_empty() || !tags.set.is_empty() || !tags.other.is_empty()).then_some(tags)
}

/// Whether a key is the account's default key, in any notation.
///
/// Source: [the key `aws/secretsmanager`](https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html).
fn is_default_key(key: &str) -> bool {
    key.is_empty() || key == "alias/aws/secretsmanager" || key.ends_with(":alias/aws/secretsmanager")
}

/// Whether two texts identify the same key by its ARN, or by its id in the same account.
fn is_same_key(one: &str, other: &str) -> bool {
    let id = |key: &str| key.rsplit_once(":key/").map_or_else(|| key.to_owned(), |(_, id)| id.to_owned());
    let is_one_place = one == other || account(one).is_empty() || account(other).is_empty();
    is_one_place && id(one) == id(other)
}

/// Whether a key is identified by this alias.
fn is_alias(key: &str, alias: &str) -> bool {
    key == alias || key.strip_suffix(alias).is_some_and(|place| place.starts_with("arn:") && place.ends_with(':'))
}

#[cfg(test)]
mod tests {
    use super::{is_alias, is_default_key, is_same_key};

    #[test]
    fn a_key_is_known_by_each_of_its_names() {
        let arn = "arn:aws:kms:eu-west-1:111122223333:key/1-2";
        let alias = "arn:aws:kms:eu-west-1:111122223333:alias/app";
        assert!(is_same_key(arn, "1-2") && is_same_key("1-2", arn) && is_same_key(arn, arn));
        assert!(!is_same_key(arn, "1-3") && !is_same_key(arn, &arn.replace("eu-west-1", "eu-west-2")));
        assert!(is_alias("alias/app", "alias/app") && is_alias(alias, "alias/app"));
        assert!(!is_alias("alias/x/alias/app", "alias/app") && !is_alias(alias, "alias/ap"));
        assert!(["", "alias/aws/secretsmanager"].into_iter().all(is_default_key));
        assert!(is_default_key(&alias.replace("alias/app", "alias/aws/secretsmanager")) && !is_default_key(alias));
    }
}
