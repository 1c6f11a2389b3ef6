//! Messages about what the spec and an older one have in different ways: what the first apply destroys or replaces.

use driftless_model::{Problem, shown};

use super::at;
use crate::render::Object;
use crate::tf::Address;

pub(in crate::adopt) fn prefixes(has_some: bool) -> Problem {
    let what = if has_some { "has prefixes, and the older one has none" } else { "has no prefixes any more" };
    Problem::new(
        "names-change",
        "the prefixes",
        format!(
            "the spec {what}, so every name changes: Terraform would delete each secret and role and create another"
        ),
        "leave the prefixes as they are, and add an environment of its own beside this one",
    )
}

pub(in crate::adopt) fn secret_destroyed(address: &Address, name: &str, next: Option<&Object>) -> Problem {
    let name = shown(name);
    let what = match next {
        Some(next) => {
            format!("the first apply deletes the secret {name} with its value, and creates {next} in its place")
        }
        None => {
            format!("the spec does not have the secret {name} any more, so the first apply deletes it with its value")
        }
    };
    let hint = if next.is_some() {
        "leave its `name` as it is: no `moved` block changes the name of a secret"
    } else {
        "keep its entry, as `external` if others own it now; or apply without this first, if it is meant to go: then no secret can be \
         created with its name until the recovery window ends"
    };
    Problem::new("secret-destroyed", &at(address), what, hint)
}

pub(in crate::adopt) fn region(address: &Address, name: &str, from: Option<&str>, to: Option<&str>) -> Problem {
    let place = |region: Option<&str>| region.map_or_else(|| "the provider's Region".to_owned(), shown);
    Problem::new(
        "in-another-region",
        &at(address),
        format!(
            "{} was in {}, and the spec has it in {}: Terraform deletes it there with its value, and creates another",
            shown(name),
            place(from),
            place(to)
        ),
        "leave its region as it is",
    )
}

pub(in crate::adopt) fn role_destroyed(address: &Address, name: &str) -> Problem {
    Problem::new(
        "role-destroyed",
        &at(address),
        format!("the spec does not make the role {} any more, so the first apply deletes it", shown(name)),
        "give its function its new role before the apply: it cannot work under one that is gone",
    )
}
