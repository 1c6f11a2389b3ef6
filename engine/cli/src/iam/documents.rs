//! Splits one policy into documents that AWS accepts: inline while it fits, otherwise the fewest managed policies that
//! hold it, otherwise a problem with the figures.
//!
//! The smallest piece is one secret of one statement. Pieces are placed in sorted order, each into the fullest document
//! that still has room, so that one more grant moves at most about one piece from each document to the next.

use std::collections::{BTreeSet, HashMap};
use std::hash::BuildHasher;

use driftless_model::{ManagedPolicies, Problem, Role, RoleHandlers, SecretSpec, shown};

use super::policy::{Policy, Resource, Statement};
use super::size::{DOCUMENT, frame, resource};

/// The maximum number of non-whitespace characters in all inline policies of one role.
pub const MAX_INLINE_POLICY: usize = 10_240;
/// The maximum number of non-whitespace characters in a managed policy.
pub const MAX_MANAGED_POLICY: usize = 6_144;
/// The maximum number of managed policies that can be attached to a role.
pub const MAX_ATTACHED_POLICIES: usize = 10;

/// The documents that hold a role's policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Documents {
    /// One inline policy. It has no statements if there is nothing to allow.
    Inline(Policy),
    /// Managed policies, each attached to the role.
    Managed(Vec<Policy>),
}

impl Documents {
    /// The documents, which can be empty.
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        match self {
            Self::Inline(policy) => std::slice::from_ref(policy),
            Self::Managed(policies) => policies,
        }
    }

    /// The statements of all documents.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.policies().iter().flat_map(|policy| &policy.statements)
    }
}

/// The documents for all grants of a role's handlers. `apart` is as in [`Policy::of`], and `prefix` is the maximum
/// number of characters before the name of a secret.
///
/// # Errors
///
/// The same as [`documents`].
///
/// # Panics
///
/// The same as [`Policy::of`].
pub fn of_role<S: BuildHasher>(
    role: &RoleHandlers<'_>,
    secrets: &HashMap<&str, &SecretSpec, S>,
    apart: &BTreeSet<&str>,
    prefix: usize,
) -> Result<Documents, Problem> {
    let handler = role.first();
    // The role that Terraform creates for a function also has the policy for its logs.
    let logs = usize::from(handler.role == Role::Created && handler.options.principal.is_lambda());
    let attached = logs + handler.options.also.iter().filter_map(ManagedPolicies::aws_policy).count();
    documents(&handler.id, Policy::of(role, secrets, apart), attached, prefix)
}

/// The documents for a policy. `attached` is the number of other managed policies of the role, and `prefix` the maximum
/// number of characters before the name of a secret.
///
/// # Errors
///
/// A problem with the figures, if the policy does not fit into what can be attached to a role.
pub fn documents(handler: &str, policy: Policy, attached: usize, prefix: usize) -> Result<Documents, Problem> {
    let size = size(&policy, prefix);
    if size <= MAX_INLINE_POLICY {
        return Ok(Documents::Inline(policy));
    }
    let most = MAX_ATTACHED_POLICIES.saturating_sub(attached);
    // Packing is skipped if the total size already exceeds the limit.
    let packed = if size > most * MAX_MANAGED_POLICY { None } else { pack(&policy, most, prefix) };
    packed.map(Documents::Managed).ok_or_else(|| {
        let secrets: usize = policy.statements.iter().map(|statement| statement.secrets.len()).sum();
        Problem::new(
            "policy-too-large",
            &format!("handler {}", shown(handler)),
            format!(
                "its policy names {secrets} secrets in up to {size} characters; AWS takes {MAX_INLINE_POLICY} inline, or \
                 {most} managed policies of {MAX_MANAGED_POLICY}"
            ),
            "grant it fewer secrets, or fold their names under one path and declare them as a family",
        )
    })
}

/// The maximum number of characters that AWS can count in a document. It is slightly too high, because the last item of
/// each list has no comma.
fn size(policy: &Policy, prefix: usize) -> usize {
    let secrets =
        |statement: &Statement| statement.secrets.iter().map(|secret| resource(secret, prefix)).sum::<usize>();
    let statement = |statement: &Statement| frame(statement) + secrets(statement);
    DOCUMENT + policy.statements.iter().map(statement).sum::<usize>()
}

fn pack(policy: &Policy, most: usize, prefix: usize) -> Option<Vec<Policy>> {
    let mut bins: Vec<Bin<'_>> = Vec::new();
    for statement in &policy.statements {
        for secret in &statement.secrets {
            // Best fit: the fullest document that still has room, or a new one.
            let with_room = bins.iter().enumerate().filter(|(_, bin)| bin.has_room(statement, secret));
            let fullest = with_room.max_by_key(|(_, bin)| bin.size).map(|(place, _)| place);
            let place = fullest.unwrap_or(bins.len());
            if place == most {
                return None;
            }
            if place == bins.len() {
                bins.push(Bin { size: DOCUMENT, prefix, statements: Vec::new() });
            }
            bins[place].put(statement, secret);
        }
    }
    Some(bins.into_iter().map(Bin::into_policy).collect())
}

/// A document that is being filled.
struct Bin<'a> {
    size: usize,
    prefix: usize,
    statements: Vec<(&'a Statement, Vec<&'a Resource>)>,
}

impl<'a> Bin<'a> {
    fn place_of(&self, statement: &Statement) -> Option<usize> {
        self.statements.iter().position(|(placed, _)| std::ptr::eq(*placed, statement))
    }

    fn cost(&self, statement: &Statement, secret: &Resource) -> usize {
        let frame = if self.place_of(statement).is_some() { 0 } else { frame(statement) };
        frame + resource(secret, self.prefix)
    }

    fn has_room(&self, statement: &Statement, secret: &Resource) -> bool {
        self.size + self.cost(statement, secret) <= MAX_MANAGED_POLICY
    }

    fn put(&mut self, statement: &'a Statement, secret: &'a Resource) {
        self.size += self.cost(statement, secret);
        match self.place_of(statement) {
            Some(place) => self.statements[place].1.push(secret),
            None => self.statements.push((statement, vec![secret])),
        }
    }

    fn into_policy(self) -> Policy {
        let part = |(statement, secrets): (&Statement, Vec<&Resource>)| Statement {
            secrets: secrets.into_iter().cloned().collect(),
            // The grants of a part are not looked up again; the names in it say enough.
            grants: Vec::new(),
            ..statement.clone()
        };
        Policy { statements: self.statements.into_iter().map(part).collect() }
    }
}
