//! Reads the secrets of an account: the list of all, and further details of those in the spec.

use std::collections::HashMap;
use std::time::SystemTime;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::SecretListEntry;
use aws_smithy_types::DateTime;
use driftless_model::stage::CURRENT;
use driftless_model::{PayloadError, SecretSpec};
use zeroize::Zeroizing;

use super::Audit;
use super::error::Error;
use super::pages::Pages;
use crate::audit::payload::Payloads;
use crate::audit::quota;
use crate::audit::secrets::{self, Limits};
use crate::audit::{
    AuditFinding, AuditedAccess, Belongs, Coverage, FoundSecret, Look, Place, Report, Rule, SecretNames, Site,
};
use crate::program;

/// Maximum page size.
const PAGE: i32 = 100;

/// Secrets of the spec that must exist and have not been seen, by name.
type Missing<'a> = HashMap<&'a str, &'a SecretSpec>;

/// The secrets of one Region.
pub(super) struct InRegion<'a> {
    audit: &'a Audit<'a>,
    secrets: Client,
    names: SecretNames<'a>,
    site: &'a Site,
    region: &'a str,
}

impl<'a> InRegion<'a> {
    pub(super) fn of(audit: &'a Audit<'a>, site: &'a Site, region: &'a str) -> Self {
        let names = SecretNames::of(audit.spec, site, region);
        Self { audit, secrets: audit.clients.secrets(region), names, site, region }
    }

    pub(super) async fn read(
        &self,
        access: &AuditedAccess<'_>,
        report: &mut Report,
        progress: &mut dyn FnMut(&Coverage),
    ) -> Result<(), Error> {
        let here = self.audit.spec.secrets.iter().filter(|secret| self.site.region_of(secret) == self.region);
        let fixed = here.filter(|secret| secrets::must_exist(secret));
        let mut missing: Missing<'a> = fixed.map(|secret| (secret.name.as_str(), secret)).collect();
        let (mut pages, mut token) = (Pages::of(Look::ListSecrets), None);
        let before = report.coverage.secrets;
        loop {
            let request = self.secrets.list_secrets().include_planned_deletion(true).max_results(PAGE);
            let request = request.set_next_token(token);
            let page = self.audit.clients.ask(Look::ListSecrets, || request.clone().send()).await?;
            let entries = page.secret_list.unwrap_or_default();
            token = pages.next(entries.len(), page.next_token.as_deref())?;
            for entry in entries {
                let found = listed(entry)?;
                report.coverage.secrets += 1;
                missing.remove(found.name.as_str());
                self.look_at(found, access, report).await?;
                progress(&report.coverage);
            }
            if token.is_none() {
                break;
            }
        }
        self.look_for(missing, access, report).await?;
        report.extend(quota::secrets(self.region, report.coverage.secrets - before));
        Ok(())
    }

    /// Looks up by name what the list lacks: it can be five minutes old.
    async fn look_for(
        &self,
        missing: Missing<'_>,
        access: &AuditedAccess<'_>,
        report: &mut Report,
    ) -> Result<(), Error> {
        let mut missing: Vec<&SecretSpec> = missing.into_values().collect();
        missing.sort_unstable_by_key(|secret| &secret.id);
        for secret in missing {
            match self.describe(secret.name.as_str()).await? {
                Some(found) => self.look_at(found, access, report).await?,
                None => report.extend([secrets::missing(secret)]),
            }
        }
        Ok(())
    }

    async fn look_at(
        &self,
        mut found: FoundSecret,
        access: &AuditedAccess<'_>,
        report: &mut Report,
    ) -> Result<(), Error> {
        let belongs = self.names.belongs(&found);
        if secrets::is_worth_a_second_look(&found, belongs)
            && let Some(newer) = self.describe(&found.name).await?
        {
            found = newer;
        }
        let limits = Limits {
            now: self.audit.settings.now,
            stale_after: self.audit.settings.stale_after,
            variables: &self.audit.settings.variables,
        };
        report.extend(secrets::judge(&found, belongs, &self.names, &limits));
        let (Some(secret), Some(place)) = (belongs.own(), secrets::place(&found, belongs)) else { return Ok(()) };
        report.coverage.own += 1;
        if found.deleted.is_some() {
            return Ok(());
        }
        if self.audit.settings.member_policies || matches!(belongs, Belongs::Fixed(_)) {
            match self.policy(&found).await? {
                LookedAtSecret::At(policy) => {
                    report.extend(access.judge_secret(&found, secret, &place, policy.as_deref()));
                    report.coverage.secret_policies += 1;
                }
                LookedAtSecret::KeptOut(cause) => report.extend([kept_out(place.clone(), &cause)]),
                LookedAtSecret::Gone => {}
            }
        } else {
            report.coverage.skipped_policies += 1;
        }
        if quota::can_have_many_versions(&found, self.audit.settings.now) {
            report.extend(quota::versions(place.clone(), self.young_versions(&found).await?));
            report.coverage.versions += 1;
        }
        if let Some(payloads) = self.audit.payloads.as_ref().filter(|_| found.has_value && secrets::has_schema(secret))
        {
            report.extend(self.value(&found, secret, place, payloads).await?);
            report.coverage.values += 1;
        }
        Ok(())
    }

    /// The current metadata of one secret. If this call is denied, the data of the list has to suffice.
    async fn describe(&self, name: &str) -> Result<Option<FoundSecret>, Error> {
        let call = Look::DescribeSecret;
        let answer = match self.audit.clients.ask(call, || self.secrets.describe_secret().secret_id(name).send()).await
        {
            Ok(answer) => answer,
            Err(Error::Denied { .. }) => return Ok(None),
            Err(error) => return unless_gone(error, None),
        };
        let stages = answer.version_ids_to_stages.unwrap_or_default();
        let (Some(name), Some(arn)) = (answer.name, answer.arn) else { return Err(nameless(call)) };
        Ok(Some(FoundSecret {
            name,
            arn,
            created: answer.created_date.and_then(time),
            changed: answer.last_changed_date.and_then(time),
            accessed: answer.last_accessed_date.and_then(time),
            deleted: answer.deleted_date.and_then(time),
            has_value: stages.values().flatten().any(|stage| stage == CURRENT),
            kms_key: answer.kms_key_id,
        }))
    }

    /// The policy of a secret, if it has one.
    async fn policy(&self, found: &FoundSecret) -> Result<LookedAtSecret, Error> {
        let request = self.secrets.get_resource_policy().secret_id(&found.arn);
        match self.audit.clients.ask(Look::GetResourcePolicy, || request.clone().send()).await {
            Ok(answer) => Ok(LookedAtSecret::At(answer.resource_policy.filter(|policy| !policy.is_empty()))),
            Err(Error::Denied { message, by_the_secret: true, .. }) => Ok(LookedAtSecret::KeptOut(message)),
            Err(error) => unless_gone(error, LookedAtSecret::Gone),
        }
    }

    async fn young_versions(&self, found: &FoundSecret) -> Result<usize, Error> {
        let call = Look::ListSecretVersionIds;
        let (mut pages, mut token, mut young) = (Pages::of(call), None, 0);
        loop {
            let request = self.secrets.list_secret_version_ids().secret_id(&found.arn).include_deprecated(true);
            let request = request.max_results(PAGE).set_next_token(token);
            let page = match self.audit.clients.ask(call, || request.clone().send()).await {
                Ok(page) => page,
                Err(error) => return unless_gone(error, young),
            };
            let versions = page.versions.unwrap_or_default();
            let made = versions.iter().filter_map(|version| version.created_date.and_then(time));
            young += made.filter(|made| quota::is_young(*made, self.audit.settings.now)).count();
            token = pages.next(versions.len(), page.next_token.as_deref())?;
            if token.is_none() {
                return Ok(young);
            }
        }
    }

    /// Reads a value and validates it against the payload.
    async fn value(
        &self,
        found: &FoundSecret,
        secret: &SecretSpec,
        place: Place,
        payloads: &Payloads<'_>,
    ) -> Result<Option<AuditFinding>, Error> {
        let request = self.secrets.get_secret_value().secret_id(&found.arn);
        let wrong = match self.audit.clients.ask(Look::GetSecretValue, || request.clone().send()).await {
            Ok(mut answer) => match answer.secret_string.take().map(Zeroizing::new) {
                Some(value) => payloads.check(secret, &value).err(),
                None => Some(PayloadError::Binary.into()),
            },
            Err(error) => return unreadable(error, place),
        };
        let hint = "store it again as the handlers write it; until then every read fails";
        Ok(wrong.map(|wrong| AuditFinding::new(Rule::BadPayload, place, wrong.to_string(), hint)))
    }
}

/// Result of reading the policy of a secret.
enum LookedAtSecret {
    At(Option<String>),
    /// The policy itself denies the call. Holds the message from AWS.
    KeptOut(String),
    /// The secret no longer exists.
    Gone,
}

fn kept_out(place: Place, cause: &str) -> AuditFinding {
    let message = format!("what the policy on it allows is not known, because it denies to be looked at: {cause}");
    let hint = "see who put it there, and take the denial out of it";
    AuditFinding::new(Rule::UndecidedPolicy, place, message, hint)
}

/// A value that cannot be read is a finding: its key may not exist, or the audit may not be allowed to use it.
fn unreadable(error: Error, place: Place) -> Result<Option<AuditFinding>, Error> {
    let cause = match error {
        error if error.is_gone() => return Ok(None),
        Error::Denied { message, .. } => message,
        Error::Refused { code, message, .. } if code == "DecryptionFailure" => message,
        error => return Err(error),
    };
    let message = format!("its value cannot be read: {cause}");
    let hint = format!(
        "see that its key is there, and that the audit may use it: `{} audit --policy --read-values`",
        program::name()
    );
    Ok(Some(AuditFinding::new(Rule::UnreadableValue, place, message, hint)))
}

fn unless_gone<T>(error: Error, gone: T) -> Result<T, Error> {
    if error.is_gone() { Ok(gone) } else { Err(error) }
}

fn listed(entry: SecretListEntry) -> Result<FoundSecret, Error> {
    let (Some(name), Some(arn)) = (entry.name, entry.arn) else { return Err(nameless(Look::ListSecrets)) };
    let stages = entry.secret_versions_to_stages.unwrap_or_default();
    Ok(FoundSecret {
        name,
        arn,
        created: entry.created_date.and_then(time),
        changed: entry.last_changed_date.and_then(time),
        accessed: entry.last_accessed_date.and_then(time),
        deleted: entry.deleted_date.and_then(time),
        has_value: stages.values().flatten().any(|stage| stage == CURRENT),
        kms_key: entry.kms_key_id,
    })
}

const fn nameless(call: Look) -> Error {
    Error::Malformed { call, what: "a secret without a name or an ARN" }
}

/// A time that the system cannot represent is treated as missing.
fn time(time: DateTime) -> Option<SystemTime> {
    SystemTime::try_from(time).ok()
}
