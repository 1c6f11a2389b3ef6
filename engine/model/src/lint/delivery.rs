//! Rules for how the infrastructure code sets a secret's value.

use crate::delivery::{Characters, Delivery, Password, WriteOnly};
use crate::payload_spec::PayloadKind;
use crate::problem::Problem;
use crate::spec::SecretSpec;

/// The maximum length of a random password, and of its list of excluded characters.
///
/// Source: [`GetRandomPassword`][password].
///
/// [password]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html
const MAX_PASSWORD_LEN: u32 = 4096;

pub(super) fn check(place: &str, secret: &SecretSpec) -> Vec<Problem> {
    match secret.owner.delivery() {
        Some(Delivery::WriteOnly { write_only: WriteOnly { version: Some(version) }, .. }) => {
            version_problem(place, *version).into_iter().collect()
        }
        Some(Delivery::Generated { generated }) => password(place, secret, generated),
        _ => Vec::new(),
    }
}

/// The provider treats version 0 as absent.
fn version_problem(place: &str, version: u32) -> Option<Problem> {
    let message = "the version of its value is 0";
    (version == 0).then(|| Problem::new("bad-value-version", place, message, "count from 1"))
}

fn password(place: &str, secret: &SecretSpec, password: &Password) -> Vec<Problem> {
    let mut problems: Vec<Problem> = version_problem(place, password.version).into_iter().collect();
    let mut problem = |message: String, hint: &str| problems.push(Problem::new("bad-password", place, message, hint));
    let (length, kinds) = (password.length, password.alphabet.len());
    if !(1..=MAX_PASSWORD_LEN).contains(&length) {
        problem(format!("its generated value is {length} characters long"), "use 1 to 4096");
    } else if usize::try_from(length).is_ok_and(|length| length < kinds) {
        let message =
            format!("its generated value is {length} long, and has no room for one character of each of {kinds} kinds");
        problem(message, "make it longer, or name fewer kinds");
    }
    if kinds == 0 {
        problem("its generated value is made of no kind of characters".to_owned(), "name at least one kind");
    }
    if password.exclude.chars().count() > 4096 {
        problem("its generated value excludes more than 4096 characters".to_owned(), "name each character once");
    }
    for kind in password.alphabet.iter().filter(|kind| is_excluded(**kind, &password.exclude)) {
        let message = format!("its generated value has `{}` and excludes all of them", kind.word());
        problem(message, "remove the kind, or exclude fewer characters");
    }
    let rule = |keyword: &str| secret.payload.schema.as_ref().and_then(|schema| schema[keyword].as_u64());
    if let Some(least) = rule("minLength").filter(|least| u64::from(length) < *least) {
        problem(
            format!("its generated value is {length} characters long, and its payload {least} or more"),
            "make it longer",
        );
    }
    if let Some(most) = rule("maxLength").filter(|most| u64::from(length) > *most) {
        problem(
            format!("its generated value is {length} characters long, and its payload {most} or fewer"),
            "make it shorter",
        );
    }
    if secret.payload.kind != PayloadKind::Text {
        problem(
            "its value is generated, and its payload is JSON".to_owned(),
            "make the payload text, or read the value from a variable",
        );
    }
    problems
}

fn is_excluded(kind: Characters, exclude: &str) -> bool {
    (' '..='~').filter(|char| kind.has(*char)).all(|char| exclude.contains(char))
}
