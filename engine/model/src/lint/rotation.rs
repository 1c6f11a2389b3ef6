//! Rules for rotations: the rotation function and the schedule.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use super::place;
use crate::problem::{Problem, closest, shown};
use crate::rotation::Rotation;
use crate::schedule::Schedule;
use crate::secret::Owner;
use crate::spec::{Grant, HandlerSpec, SecretSpec, Spec};
use crate::verb::Verb;

/// The number of days after which a value can be rotated if there is no schedule expression.
///
/// Source: [`RotationRulesType`][rules].
///
/// [rules]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html
const AFTER_DAYS: RangeInclusive<u16> = 1..=1000;

/// Every rotation function must be a handler that is granted `rotate`. Only checked if every row of the spec could be
/// read.
pub(super) fn functions(spec: &Spec, complete: bool) -> Vec<Problem> {
    if !complete {
        return Vec::new();
    }
    let handlers: HashMap<&str, &HandlerSpec> =
        spec.handlers.iter().map(|handler| (handler.id.as_str(), handler)).collect();
    let named = spec.secrets.iter().filter_map(|secret| Some((secret, secret.owner.function()?)));
    let problems = named.filter_map(|(secret, function)| {
        let Some(handler) = handlers.get(function) else {
            let hint = match closest(function, handlers.keys().copied()) {
                Some(close) => format!("did you mean `{close}`? Otherwise declare the handler"),
                None => "declare the handler, and grant it `rotate` on the secret".to_owned(),
            };
            let message = format!("its rotation function {} is not a handler of the spec", shown(function));
            return Some(Problem::new("undeclared-function", &place(secret), message, hint));
        };
        let mut grants = handler.grants.iter().filter(|grant| grant.secret == secret.id);
        (!grants.any(|grant| grant.verbs.contains(&Verb::Rotate))).then(|| {
            let message = format!("its rotation function {} is not granted `rotate` on it", shown(function));
            let hint = format!("grant `{}: rotate` to {}", secret.id, shown(function));
            Problem::new("rotation-not-granted", &place(secret), message, hint)
        })
    });
    problems.collect()
}

/// A handler is granted `rotate` on a secret whose owner names another rotation function, or none.
pub(super) fn not_its_function(place: &str, grant: &Grant, owner: &Owner, handler: &HandlerSpec) -> Problem {
    let secret = shown(&grant.secret);
    let message = match owner.function() {
        Some(function) => format!("it may `rotate` {secret}, whose rotation function is {}", shown(function)),
        None => format!("it may `rotate` {secret}, whose owner `{}` names no rotation function", owner.word()),
    };
    let hint = format!("remove `rotate`, or make the owner of {secret} `rotation({})`", handler.id);
    Problem::new("not-its-function", place, message, hint)
}

/// A rotation function must not also read or describe the secret that it rotates. Other write verbs are refused because
/// of the secret's owner.
pub(super) fn other_verbs(place: &str, grant: &Grant) -> Option<Problem> {
    let others = grant.verbs.iter().filter(|verb| matches!(verb, Verb::Read | Verb::ReadPrevious | Verb::Describe));
    let others: Vec<&str> = others.map(|verb| verb.name()).collect();
    (grant.verbs.contains(&Verb::Rotate) && !others.is_empty()).then(|| {
        let others = others.join("`, `");
        let message = format!("it rotates {}, and may also `{others}` it", shown(&grant.secret));
        let hint = format!("grant `{others}` to another handler: `rotate` covers what a rotation needs");
        Problem::new("rotation-and-more", place, message, hint)
    })
}

/// A rotation must have a function and a valid schedule.
pub(super) fn schedule(place: &str, secret: &SecretSpec) -> Vec<Problem> {
    let (function, rotation) = (secret.owner.function(), secret.options.rotation.as_ref());
    match (function, rotation) {
        (None, None) => Vec::new(),
        (Some(function), None) => {
            let message = format!("its rotation function is {}, and nothing says when it is called", shown(function));
            let hint = "add `rotation: { schedule: \"rate(30 days)\" }` to it";
            vec![Problem::new("rotation-without-schedule", place, message, hint)]
        }
        // Options of secrets that have no resource are reported by another lint.
        (None, Some(_)) if matches!(secret.owner, Owner::External | Owner::Runtime) => Vec::new(),
        (None, Some(_)) => {
            let message = format!("it has a `rotation`, and its owner `{}` names no function", secret.owner.word());
            let hint = "make the owner `rotation(Handler)`, or remove `rotation`";
            vec![Problem::new("schedule-without-function", place, message, hint)]
        }
        (Some(_), Some(rotation)) => moments(place, rotation),
    }
}

fn moments(place: &str, rotation: &Rotation) -> Vec<Problem> {
    let bad = |message: String, hint: &str| vec![Problem::new("bad-schedule", place, message, hint)];
    match (&rotation.schedule, rotation.after_days) {
        (None, None) => {
            bad("its `rotation` does not say when".to_owned(), "give it a `schedule`, or a number of `after_days`")
        }
        (Some(_), Some(_)) => {
            bad("its `rotation` has a `schedule` and `after_days`".to_owned(), "remove one of the two")
        }
        (None, Some(days)) => {
            let mut problems = Vec::new();
            if !AFTER_DAYS.contains(&days) {
                problems = bad(format!("it is rotated after {days} days"), "use 1 to 1000 days");
            }
            if rotation.window_hours.is_some() {
                let hint = "write `schedule: \"rate(… days)\"` instead of `after_days`, or remove `window_hours`";
                let message = "its window begins with its schedule, and it has none";
                problems.push(Problem::new("bad-window", place, message, hint));
            }
            problems
        }
        (Some(expression), None) => match expression.parse::<Schedule>() {
            Ok(schedule) => window(place, schedule, rotation.window_hours).into_iter().collect(),
            Err(error) => bad(
                format!("its schedule {} cannot be: {error}", shown(expression)),
                "write `rate(4 hours)` to `rate(999 days)`, or such as `cron(0 4 ? * SUN *)`, in UTC",
            ),
        },
    }
}

fn window(place: &str, schedule: Schedule, hours: Option<u8>) -> Option<Problem> {
    let (hours, longest) = (u32::from(hours?), schedule.longest_window());
    (!(1..=longest).contains(&hours)).then(|| {
        let message = format!("its window of {hours} hours does not fit its schedule");
        let hint =
            format!("use 1 to {longest} hours: a window ends with its day in UTC, and before the next rotation begins");
        Problem::new("bad-window", place, message, hint)
    })
}
