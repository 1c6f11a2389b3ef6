//! Use of AWS quotas. Only quotas that are nearly used up are reported.
//!
//! Sources: [AWS Secrets Manager quotas][secrets], [IAM and STS quotas][iam].
//!
//! [secrets]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
//! [iam]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html

use std::time::{Duration, SystemTime};

use super::finding::{AuditFinding, Place, Rule};
use super::inventory::{FoundSecret, Identity};
use crate::iam::{MAX_ATTACHED_POLICIES, MAX_INLINE_POLICY};

/// Maximum number of secrets in an account and Region.
const MAX_SECRETS: usize = 500_000;
/// Maximum number of managed policies of a role where AWS has raised the quota.
const RAISED: usize = 20;
/// Maximum number of versions of a secret.
const MAX_VERSIONS: usize = 100;
/// Percentage of a quota from which on it counts as nearly used up.
const NEAR: usize = 80;
/// AWS removes unlabelled versions beyond the quota only when they are older than this, so that only younger ones use
/// it up.
const KEPT: Duration = Duration::from_hours(24);

fn is_near(used: usize, most: usize) -> bool {
    used * 100 >= most * NEAR
}

/// Whether a version made, or a secret changed, at `made` counts against the quota of versions. Times in the future
/// count as young, because the local clock may be slow.
#[must_use]
pub fn is_young(made: SystemTime, now: SystemTime) -> bool {
    now.duration_since(made).is_ok_and(|age| age < KEPT) || made > now
}

/// Whether a secret can have many young versions, which makes a call to count them worthwhile.
#[must_use]
pub fn can_have_many_versions(found: &FoundSecret, now: SystemTime) -> bool {
    found.deleted.is_none() && found.changed.is_none_or(|changed| is_young(changed, now))
}

/// Reports too many young versions of a secret.
#[must_use]
pub fn versions(place: Place, used: usize) -> Option<AuditFinding> {
    let message =
        format!("{used} versions of it are younger than a day; AWS removes none of those, and takes {MAX_VERSIONS}");
    let hint = "write it less often: AWS asks for at most one write in ten minutes";
    is_near(used, MAX_VERSIONS).then(|| AuditFinding::new(Rule::NearQuota, place, message, hint))
}

/// Reports too many secrets in a Region of the account.
#[must_use]
pub fn secrets(region: &str, used: usize) -> Option<AuditFinding> {
    let message = format!("it has {used} secrets in {region}, and AWS takes {MAX_SECRETS}");
    let hint = "delete stale members, or ask AWS before new users are refused";
    is_near(used, MAX_SECRETS).then(|| AuditFinding::new(Rule::NearQuota, Place::Account, message, hint))
}

/// Reports too many or too large policies on the role of a handler.
#[must_use]
pub fn policies(handler: &str, role: &Identity) -> Vec<AuditFinding> {
    let place = || Place::Handler { id: handler.to_owned() };
    let mut findings = Vec::new();
    let attached = role.attached.len();
    if is_near(attached, MAX_ATTACHED_POLICIES) {
        let message = format!(
            "its role has {attached} managed policies, and AWS takes {MAX_ATTACHED_POLICIES} by default, {RAISED} at most"
        );
        let hint = if attached < RAISED {
            "merge policies, or ask AWS for more, up to 20"
        } else {
            "merge policies: AWS does not take more"
        };
        findings.push(AuditFinding::new(Rule::NearQuota, place(), message, hint));
    }
    let inline = role.inline.iter().map(|document| counted(&document.text)).sum();
    if is_near(inline, MAX_INLINE_POLICY) {
        let message = format!("its role has {inline} characters of inline policies, and AWS takes {MAX_INLINE_POLICY}");
        findings.push(AuditFinding::new(
            Rule::NearQuota,
            place(),
            message,
            "move what is not the spec's to a managed policy",
        ));
    }
    findings
}

/// The size of a policy as AWS counts it: without whitespace.
fn counted(text: &str) -> usize {
    text.chars().filter(|char| !char.is_whitespace()).count()
}
