//! Reads the options of a secret.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::{RawKmsKey, RawText, Reader, Word};
use crate::options::{Principal, Replica, SecretOptions, Share};
use crate::rotation::Rotation;

#[derive(Deserialize)]
pub(super) struct RawSecretOptions<'a> {
    recovery_window_days: Option<u8>,
    tags: Option<BTreeMap<String, String>>,
    #[serde(borrow)]
    replicas: Option<Vec<RawReplica<'a>>>,
    read_from: Option<Vec<String>>,
    #[serde(borrow)]
    shared_with: Option<Vec<RawShare<'a>>>,
    #[serde(borrow)]
    rotation: Option<RawRotation<'a>>,
    outside_prefixes: Option<bool>,
}

#[derive(Deserialize)]
struct RawRotation<'a> {
    #[serde(borrow)]
    schedule: Word<'a>,
    after_days: Option<u16>,
    window_hours: Option<u8>,
    immediately: Option<bool>,
}

#[derive(Deserialize)]
struct RawReplica<'a> {
    #[serde(borrow)]
    region: Word<'a>,
    #[serde(borrow)]
    kms_key: Option<RawKmsKey<'a>>,
}

#[derive(Deserialize)]
struct RawShare<'a> {
    #[serde(borrow)]
    principal: Option<RawPrincipal<'a>>,
    #[serde(borrow)]
    verbs: Option<Vec<RawText<'a>>>,
}

#[derive(Deserialize)]
struct RawPrincipal<'a> {
    #[serde(borrow)]
    kind: Word<'a>,
    #[serde(borrow)]
    account: Word<'a>,
    #[serde(borrow)]
    role: Word<'a>,
}

impl Reader {
    pub(super) fn options(&mut self, place: &str, raw: RawSecretOptions<'_>) -> SecretOptions {
        let (replicas, shares) = (raw.replicas.unwrap_or_default(), raw.shared_with.unwrap_or_default());
        SecretOptions {
            recovery_window_days: raw.recovery_window_days,
            tags: raw.tags.unwrap_or_default(),
            replicas: replicas.into_iter().filter_map(|replica| self.replica(place, replica)).collect(),
            read_from: raw.read_from.unwrap_or_default(),
            shared_with: shares.into_iter().filter_map(|share| self.share(place, share)).collect(),
            rotation: raw.rotation.map(|raw| Rotation {
                schedule: raw.schedule.map(Cow::into_owned),
                after_days: raw.after_days,
                window_hours: raw.window_hours,
                immediately: raw.immediately,
            }),
            outside_prefixes: raw.outside_prefixes.unwrap_or_default(),
        }
    }

    fn replica(&mut self, place: &str, raw: RawReplica<'_>) -> Option<Replica> {
        let region = self.required(raw.region, place, "region of a replica")?;
        let kms_key = raw.kms_key.and_then(|key| self.kms_key(place, key));
        Some(Replica { region, kms_key })
    }

    fn share(&mut self, place: &str, raw: RawShare<'_>) -> Option<Share> {
        let principal = self.present(raw.principal, place, "principal of a share")?;
        let principal = self.principal(place, principal)?;
        let words = raw.verbs.unwrap_or_else(|| self.missing(place, "verbs of a share"));
        Some(Share { principal, verbs: self.verbs(place, &words)? })
    }

    fn principal(&mut self, place: &str, raw: RawPrincipal<'_>) -> Option<Principal> {
        let kind = self.required(raw.kind, place, "principal.kind")?;
        let account = self.required(raw.account, place, "principal.account");
        match (kind.as_str(), raw.role) {
            ("account", None) => Some(Principal::Account { account: account? }),
            ("account", Some(_)) => {
                let message = "`principal.role` is given, and this kind of principal takes none";
                self.problem("unknown-field", place, message, "remove it, or make the kind `role`");
                None
            }
            ("role", role) => {
                let role = self.required(role, place, "principal.role");
                Some(Principal::Role { account: account?, role: role? })
            }
            _ => {
                self.unknown_word("unknown-principal", place, "kind of principal", &kind, &Principal::WORDS);
                None
            }
        }
    }
}
