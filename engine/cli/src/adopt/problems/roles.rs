//! Messages about changes that the first apply makes to roles and policies, and about objects with similar names.

use std::collections::BTreeSet;

use driftless_model::{Problem, shown};

use super::changes::words;
use super::{at, listed};
use crate::tf::Address;

/// Source: [names of IAM are not told apart by case](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
pub(in crate::adopt) fn differs_in_case(address: &Address, name: &str, other: &str, is_role: bool) -> Problem {
    let (name, other) = (shown(name), shown(other));
    if !is_role {
        return Problem::new(
            "nearly-named",
            &at(address),
            format!(
                "the secret {other} exists, whose name differs from {name} only in case: the first apply creates {name} as another secret"
            ),
            "if they are meant to be the same secret, give the spec's entry the name of the existing one",
        );
    }
    Problem::new(
        "nearly-named",
        &at(address),
        format!(
            "the role {other} exists, whose name differs from {name} in case only: the first apply fails to create {name}"
        ),
        "declare `role: existing(VARIABLE)`, or give the handler the name of the role",
    )
}

pub(in crate::adopt) fn named_by_prefix(address: &Address, name: &str, other: &str) -> Problem {
    let (name, other) = (shown(name), shown(other));
    Problem::new(
        "nearly-named",
        &at(address),
        format!("{other} exists, whose name was made by `name_prefix`: the first apply creates {name} beside it"),
        "a secret keeps its name: copy its value into the new one; a role can be declared as `role: existing(VARIABLE)`",
    )
}

/// A change of several roles, with their names as its place.
pub(in crate::adopt) fn of_roles(change: Problem, roles: &[&str]) -> Problem {
    let word = if roles.len() == 1 { "role" } else { "roles" };
    Problem { place: format!("{word} {}", words(roles.iter())), ..change }
}

pub(in crate::adopt) fn role_trust() -> Problem {
    Problem::new(
        "role-trust",
        "",
        "its trust policy allows other principals or other conditions than the spec's: the first apply replaces it",
        "a role that others need too is declared as `role: existing(VARIABLE)`",
    )
}

pub(in crate::adopt) fn role_boundary(boundary: &str) -> Problem {
    Problem::new(
        "role-boundary",
        "",
        format!(
            "it has the permissions boundary {}: the first apply sets that of `permissions_boundary_arn`",
            shown(boundary)
        ),
        "give `permissions_boundary_arn` this ARN, or the first apply takes the boundary off",
    )
}

/// `description` says whether the spec has one, if the description changes.
pub(in crate::adopt) fn role_settings(description: Option<bool>, session: Option<&str>, wanted: &str) -> Problem {
    let description = description
        .map(|has_one| if has_one { "sets the description of the spec" } else { "removes the description" }.to_owned());
    let session = session.map(|is| format!("changes its longest session from {} to {wanted} seconds", shown(is)));
    let parts: Vec<String> = description.into_iter().chain(session).collect();
    Problem::new(
        "role-settings",
        "",
        format!("the first apply {}", parts.join(" and ")),
        "a role whose settings are to stay is declared as `role: existing(VARIABLE)`",
    )
}

/// Actions on one secret, limited to a readable number.
pub(in crate::adopt) fn on_secret(secret: &str, actions: &[&str], is_everything: bool) -> String {
    let actions =
        if is_everything { "everything".to_owned() } else { listed(actions.iter().map(|it| (*it).to_owned())) };
    format!("{actions} on {}", shown(secret))
}

pub(in crate::adopt) fn policies(
    role: &str,
    names: &BTreeSet<&str>,
    [more, limits, less]: [&[String]; 3],
    is_unread: bool,
) -> Problem {
    let parts = [("takes away", more), ("takes off", limits), ("adds", less)];
    let parts =
        parts.iter().filter(|(_, what)| !what.is_empty()).map(|(verb, what)| format!("{verb} {}", what.join("; ")));
    let unread = is_unread.then(|| "writes the spec's over what cannot be read".to_owned());
    let parts: Vec<String> = parts.chain(unread).collect();
    Problem::new(
        "policy-changes",
        &format!("role {}", shown(role)),
        format!("its policies {} are not as the spec says: the first apply {}", words(names), parts.join(", ")),
        "see that the function of today needs no more than the spec grants",
    )
}

pub(in crate::adopt) fn role_policies_inside(names: &BTreeSet<&str>) -> Problem {
    Problem::new(
        "policy-replaced",
        "",
        format!(
            "it has policies that are called as those of the spec: the first apply writes the spec's over {}",
            words(names)
        ),
        "see in the plan what they allow",
    )
}

pub(in crate::adopt) fn policy_replaced(address: &Address, name: &str, path: bool) -> Problem {
    let what = if path { "a path" } else { "a description" };
    Problem::new(
        "policy-replaced",
        &at(address),
        format!(
            "{} has {what}, which cannot change: the first apply deletes the policy and makes it again",
            shown(name)
        ),
        "see that only roles of the spec have it: AWS refuses to delete a policy that is attached",
    )
}

pub(in crate::adopt) fn role_replaced(address: &Address, name: &str, path: &str) -> Problem {
    Problem::new(
        "replaced",
        &at(address),
        format!(
            "the role {} has the path {}, which cannot change: the first apply replaces the role",
            shown(name),
            shown(path)
        ),
        "declare the handler's role as `role: existing(VARIABLE)`: then the spec's policies are put on it, and it stays",
    )
}
