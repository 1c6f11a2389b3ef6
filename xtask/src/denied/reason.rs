//! Why a call was denied, from the words behind what it was on.

use super::message::is_of_resource;
use super::resource::trimmed;
use super::scan::Scan;

/// What decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A policy, or the lack of one.
    Policy {
        /// Of which kind, where the message says it.
        kind: Option<PolicyKind>,
        /// Whether it denies the call, where else none allows it.
        is_explicit: bool,
    },
    /// A key.
    Key(KeyProblem),
    /// The message does not say.
    Unsaid,
}

/// A kind of policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// On the role itself.
    Identity,
    /// On the secret or the key.
    Resource,
    /// The most that the role may have.
    Boundary,
    /// Given along when the role was assumed.
    Session,
    /// Of the organization, on its accounts.
    ServiceControl,
    /// Of the organization, on its resources.
    ResourceControl,
    /// Of the network's way to AWS.
    Endpoint,
    /// On who may become the role.
    Trust,
}

/// What is wrong with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyProblem {
    /// It may not be used, and the message says no more.
    Denied,
    /// It is not in the Region that was asked, or its policy does not allow its use; KMS does not say which.
    Elsewhere,
    /// It is AWS's own key of another account, which no other account can use.
    AwsManaged,
    /// It is disabled.
    Disabled,
    /// It is scheduled for deletion.
    PendingDeletion,
    /// There is none.
    Missing,
    /// It is in no state in which it can be used; the message does not say in which.
    Unusable,
}

/// What a message says of a reason.
pub(super) struct Said {
    pub reason: Reason,
    /// The ARN of the policy.
    pub policy: Option<String>,
}

/// As [`Scan`] has them: small, without blanks.
const KINDS: [(&str, PolicyKind); 11] = [
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
];

const FAR: usize = 200;

/// The reason that comes next from a place.
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
    // The last one decides: a policy can apply through another.
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

/// The kind of policy that comes next, and where its words end. At the end of a text its beginning is enough, if no other
/// kind begins so.
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

/// The ARN behind the kind of a policy.
fn policy(scan: &Scan, from: usize) -> Option<String> {
    let start = scan.next(from, ":")?;
    scan.next(start, "arn:")?;
    let word = scan.word(start, is_of_resource, &["goto", "(service:", "encodedauthorization"], |_| false);
    let arn = trimmed(&word.text);
    (arn.splitn(6, ':').count() == 6).then(|| arn.to_owned())
}
