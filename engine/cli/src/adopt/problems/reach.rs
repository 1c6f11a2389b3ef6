//! Messages about other identities that can use the spec's secrets, about the roles of functions, and about what a plan
//! destroys.

use std::collections::BTreeSet;

use driftless_model::{Problem, shown};

use super::changes::words;
use super::{at, command, listed};
use crate::adopt::facts::PolicyHolder;
use crate::program;
use crate::tf::Address;

/// An identity that can use secrets of the spec: it is outside the spec, or a handler's role that the spec does not
/// create.
pub(in crate::adopt) fn others_reach(
    holder: &PolicyHolder,
    by: &BTreeSet<String>,
    can: &[String],
    handlers: &[&str],
    is_destroyed: bool,
) -> Problem {
    let (by, can) = (words(by), can.join("; "));
    let then = if is_destroyed {
        "a plan of the generated files destroys what this state has of that"
    } else {
        "the first apply takes nothing off it"
    };
    if handlers.is_empty() {
        let hint = format!(
            "take that off once no function needs it; `{} audit` finds every principal of the account that has it",
            program::live()
        );
        let what = format!("it is not of the spec, and by {by} it can use {can}; {then}");
        return Problem::new("broad-policy", &holder.to_string(), what, hint);
    }
    let what = format!("{} runs as it, and by {by} it can use {can}; {then}", words(handlers));
    Problem::new("role-keeps", &holder.to_string(), what, "take off by hand what the spec's grants make needless")
}

/// What is allowed on certain secrets.
pub(in crate::adopt) fn can(actions: &str, secrets: &[&str], is_conditional: bool) -> String {
    let condition = if is_conditional { ", under conditions" } else { "" };
    format!("{} ({actions}{condition})", words(secrets))
}

/// A policy with unknown content.
pub(in crate::adopt) fn unread(policy: &str, why: &str) -> String {
    if why.contains(policy) { why.to_owned() } else { format!("{}: {why}", shown(policy)) }
}

/// `of` are places, in the form in which messages begin with them.
pub(in crate::adopt) fn undecided(of: &BTreeSet<String>, why: &str) -> Problem {
    Problem::new(
        "undecided",
        &listed(of.iter().cloned()),
        format!("whether the spec's secrets can be used there cannot be decided: {why}"),
        "pass a listing too, with all documents: `aws iam get-account-authorization-details`",
    )
}

/// A role that is only known because functions run as it.
pub(in crate::adopt) fn runs_as_adopted(role: &str, functions: &BTreeSet<&str>) -> Problem {
    Problem::new(
        "runs-as",
        &format!("role {}", shown(role)),
        format!("functions run as it, so it exists, though no input has it, and it is imported: {}", words(functions)),
        "see that no other configuration manages it, or pass that one's state by `--other-state`",
    )
}

/// Roles outside the spec, with the functions that run as them.
pub(in crate::adopt) fn run_as_others(roles: &[(&str, &BTreeSet<&str>)], is_destroyed: bool) -> Problem {
    let then =
        if is_destroyed { "and a plan destroys those that this state has" } else { "which the first apply leaves" };
    let one = |(role, functions): &(&str, &BTreeSet<&str>)| format!("{} as {}", words(*functions), shown(role));
    Problem::new(
        "runs-as",
        "the functions",
        format!("some run as roles that are not of the spec, {then}: {}", listed(roles.iter().map(one))),
        "say which handler has which of these, `--role HANDLER=ROLE`, or give the function the role that the first apply makes",
    )
}

/// No role of the spec is known to exist, and other roles have the permissions that its handlers need.
pub(in crate::adopt) fn no_role(created: usize, today: &BTreeSet<&str>, proposal: &str) -> Problem {
    let makes = match created {
        0 => "which roles its handlers have is in variables that no input tells".to_owned(),
        1 => "the first apply makes a role that nothing runs as, and takes nothing off those of today".to_owned(),
        number => {
            format!("the first apply makes {number} roles that nothing runs as, and takes nothing off those of today")
        }
    };
    Problem::new(
        "no-role",
        "the roles",
        format!("no role of the spec is in what was passed, and these are: {}; {makes}", words(today)),
        proposal,
    )
}

pub(in crate::adopt) fn role_named_otherwise(handler: &str, role: &str, variable: &str) -> Problem {
    Problem::new(
        "role-named-otherwise",
        &format!("handler {}", shown(handler)),
        format!(
            "the spec makes a role of its own for it, and Terraform cannot rename {}: it would replace it",
            shown(role)
        ),
        format!(
            "declare `role: existing({variable})` in the spec, run `{} gen-infra`, and give `{variable}` the value \
             {}: then the spec's policies are put on that role, and what else it has stays",
            program::name(),
            shown(role)
        ),
    )
}

pub(in crate::adopt) fn role_not_there(handler: &str, role: &str) -> Problem {
    Problem::new(
        "role-not-there",
        &format!("handler {}", shown(handler)),
        format!("no input has the role {} that `--role` gives it", shown(role)),
        "see that the name is right, and pass the state or the listing that has the role",
    )
}

pub(in crate::adopt) fn destroyed(number: usize, addresses: &[&Address], unread: &BTreeSet<String>) -> Problem {
    let what = if number == 1 { "1 resource".to_owned() } else { format!("{number} resources") };
    let which = listed(addresses.iter().map(|address| at(address)));
    let unread = if unread.is_empty() {
        String::new()
    } else {
        format!("; {} could not be read and may have some of them", words(unread))
    };
    Problem::new(
        "destroyed",
        "the state",
        format!(
            "it has {what} that the generated files do not have, and a plan of them on this state destroys each: {which}{unread}"
        ),
        "call the generated files as a module of the configuration that has those (`--module module.secrets --out ITS-DIRECTORY`), \
         or keep the two states apart: `--other-state` instead of `--state`, or `terraform state mv` into a separate state",
    )
}

pub(in crate::adopt) fn not_looked_at(addresses: &BTreeSet<&Address>) -> Problem {
    let which = listed(addresses.iter().map(|address| at(address)));
    Problem::new(
        "not-looked-at",
        "the state",
        format!("these can give or take access to secrets, and are not looked at: {which}"),
        format!("look at them yourself; `{} audit` reads what the account has", program::live()),
    )
}

pub(in crate::adopt) fn deposed(address: &Address, what: &str, is_current: bool) -> Problem {
    if is_current {
        return Problem::new(
            "deposed",
            &at(address),
            format!("Terraform is yet to delete a replaced object there, and that is {what}: any apply deletes it"),
            "take it out of the state first: `terraform state rm` of the resource, then import it",
        );
    }
    Problem::new(
        "deposed",
        &at(address),
        format!("Terraform is yet to delete a replaced object there, {what}: the first apply deletes it"),
        "see that nothing needs it before the first apply",
    )
}

pub(in crate::adopt) fn attachment_lost(address: &Address, policy: &str, roles: &[&str]) -> Problem {
    let (policy, word) = (shown(policy), if roles.len() == 1 { "role" } else { "roles" });
    Problem::new(
        "attachment-lost",
        &at(address),
        format!(
            "a plan destroys it, which detaches {policy} from the {word} {}, and the generated files attach the same: after \
             the apply the policy can be detached",
            words(roles.iter())
        ),
        format!("take it out of the state before the first plan: {}", command("state rm", address, "")),
    )
}
