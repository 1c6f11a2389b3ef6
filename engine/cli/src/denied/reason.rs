//! Parses the reason of a denial: the words after the resource.

use super::resource::{is_of_resource, trimmed};
use super::scan::Scan;

/// What decided about the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A policy, or the lack of one.
    Policy {
        /// The kind of policy, if the message names it.
        kind: Option<PolicyKind>,
        /// Whether the policy denies explicitly; otherwise no policy allows the call.
        is_explicit: bool,
    },
    /// A key.
    Key(KeyProblem),
    /// The message does not give a reason.
    Unsaid,
}

/// A kind of policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// An identity policy of the role.
    Identity,
    /// The resource policy of the secret or the key.
    Resource,
    /// The permissions boundary of the role.
    Boundary,
    /// A session policy, passed when the role was assumed.
    Session,
    /// A service control policy of the organization.
    ServiceControl,
    /// A resource control policy of the organization.
    ResourceControl,
    /// A VPC endpoint policy.
    Endpoint,
    /// The trust policy of the role.
    Trust,
}

/// What is wrong with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyProblem {
    /// The caller is not allowed to use it; the message gives no details.
    Denied,
    /// It is not in the requested Region, or its policy does not allow its use; KMS does not say which.
    Elsewhere,
    /// It is the AWS managed key of another account, which no other account can use.
    AwsManaged,
    /// It is disabled.
    Disabled,
    /// It is scheduled for deletion.
    PendingDeletion,
    /// It does not exist.
    Missing,
    /// It is in a state in which it cannot be used; the message does not say in which.
    Unusable,
}

/// A parsed reason.
pub(super) struct Said {
    pub reason: Reason,
    /// The ARN of the policy.
    pub policy: Option<String>,
}

/// Phrases in the form of [`Scan`]: lower case, without blanks.
const KINDS: [(&str, PolicyKind); 13] = [
    ("identity-basedpolicy", PolicyKind::Identity),
    ("identity-basedpolicies", PolicyKind::Identity),
    ("resource-basedpolicy", PolicyKind::Resource),
    ("resource-basedpolicies", PolicyKind::Resource),
    ("permissionsboundary", PolicyKind::Boundary),
    ("sessionpolicy", PolicyKind::Session),
    ("sessionspolicy", PolicyKind::Session),
    ("servicecontrolpolicy", PolicyKind::ServiceControl),
    ("resourcecontrolpolicy", PolicyKind::ResourceControl),
    ("vpcendpointpolicy", PolicyKind::Endpoint),
    ("roletrustpolicy", PolicyKind::Trust),
    // The names that people and consoles use for both.
    ("scp", PolicyKind::ServiceControl),
    ("rcp", PolicyKind::ResourceControl),
];

const FAR: usize = 200;

/// Parses the reason that follows a position.
pub(super) fn reason(scan: &Scan, from: usize) -> Said {
    let nothing = Said { reason: Reason::Unsaid, policy: None };
    if scan.next(from, "becausetheresourcedoesnotexistinthisregion").is_some() {
        return Said { reason: Reason::Key(KeyProblem::Elsewhere), policy: None };
    }
    let explicit = || Some((scan.next(from, "withanexplicitdeny")?, true));
    let implicit = || Some((scan.next(from, "becauseno")?, false));
    let Some((end, is_explicit)) = explicit().or_else(implicit) else { return nothing };
    let is_in = scan.next(end, "in").filter(|_| is_explicit);
    let (kind, at) = match kind(scan, is_in.unwrap_or(end)) {
        Some((kind, at)) => (Some(kind), at),
        None => (None, end),
    };
    // The last kind decides: a policy can apply transitively through another.
    let through = scan
        .ahead(at, FAR)
        .find("transitivelythrough")
        .map(|offset| scan.skip(at, offset + "transitivelythrough".len()));
    let (kind, at, is_explicit) = match through.and_then(|at| self::kind(scan, at)) {
        Some((kind, at)) => (Some(kind), at, true),
        None => (kind, at, is_explicit),
    };
    Said { reason: Reason::Policy { kind, is_explicit }, policy: policy(scan, at) }
}

/// The kind of policy that follows, and where its words end. A truncated phrase is enough if it is a prefix of one
/// kind only.
fn kind(scan: &Scan, from: usize) -> Option<(PolicyKind, usize)> {
    ["an", "a", "the", ""].into_iter().find_map(|article| {
        let from = scan.next(from, article)?;
        let ahead = scan.ahead(from, FAR).split(['"', '\'', '`']).next().unwrap_or_default();
        if let Some((words, kind)) = KINDS.iter().find(|(words, _)| ahead.starts_with(words)) {
            return Some((*kind, scan.skip(from, words.len())));
        }
        let mut begun =
            KINDS.iter().filter(|(words, _)| !ahead.is_empty() && words.starts_with(ahead)).map(|(_, kind)| *kind);
        let kind = begun.next()?;
        begun.all(|other| other == kind).then(|| (kind, scan.skip(from, ahead.len())))
    })
}

/// The ARN after the kind of a policy.
fn policy(scan: &Scan, from: usize) -> Option<String> {
    let start = scan.next(from, ":")?;
    scan.next(start, "arn:")?;
    let word = scan.word(start, is_of_resource, &["goto", "(service:", "encodedauthorization"], |_| false);
    let arn = trimmed(&word.text);
    (arn.splitn(6, ':').count() == 6).then(|| arn.to_owned())
}
