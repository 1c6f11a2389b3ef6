//! What a spec grants, worked out from the design's words and not from the engine's code.

use std::collections::{BTreeMap, BTreeSet};

use paypulse_runtime::model::{Grant, HandlerSpec, KmsKey, Owner, Role, Spec, Verb};

/// All API calls that some verb makes on a secret.
pub const CALLS: [&str; 8] = [
    "CreateSecret",
    "DeleteSecret",
    "DescribeSecret",
    "GetSecretValue",
    "PutSecretValue",
    "RestoreSecret",
    UPDATE,
    "UpdateSecretVersionStage",
];

/// The one that no client makes: it is granted for a migration alone.
const UPDATE: &str = "UpdateSecret";

/// The one that is on no secret: AWS asks for it with `*` in a secret's place.
pub const MAKE_UP: &str = "GetRandomPassword";

/// The table of verbs, written out a second time: [`Verb::api_calls`] is part of what is to be proved.
fn calls(verb: Verb) -> &'static [&'static str] {
    match verb {
        Verb::Read | Verb::ReadPrevious => &["GetSecretValue"],
        Verb::Describe => &["DescribeSecret"],
        Verb::Store => &["GetSecretValue", "PutSecretValue", "CreateSecret", "RestoreSecret"],
        Verb::Update => &["GetSecretValue", "PutSecretValue"],
        Verb::Delete => &["DeleteSecret"],
        Verb::Rotate => &["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"],
        Verb::Generate => &[],
        Verb::LegacyUpdate => &[UPDATE],
    }
}

/// How a name stands to a secret or family, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Another name. Access to it must be denied.
    Stranger,
    /// Not a member, but what an ARN pattern with one `*` for each placeholder cannot tell from one.
    Lookalike(Why),
    /// The secret's name, or that of a member. Access must be allowed.
    Member,
}

/// Why a pattern takes a name for a member's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// A placeholder would be filled by text that no key can be, with a slash or too long. IAM has no finer pattern.
    Wide,
    /// A placeholder would be empty, such as in `gmail/user/`. A `?` before the `*` would tell them apart.
    Empty,
    /// The ARN's random suffix would fill the last placeholder, as with `key` for `key-{id}`: `-??????` after the `*`
    /// would tell them apart.
    Suffix,
}

/// How a name stands to a template such as `gmail/user/{user_id}`.
pub fn standing(template: &str, name: &str) -> Standing {
    // In a template, text and placeholders alternate, and text comes first and last, maybe empty.
    let texts: Vec<&str> = template.split('{').map(|piece| piece.split_once('}').map_or(piece, |(_, t)| t)).collect();
    let filled = |good: &dyn Fn(&str) -> bool, name: &str| {
        name.strip_prefix(texts[0]).is_some_and(|rest| fills(&texts[1..], rest, good))
    };
    if filled(&is_key, name) {
        Standing::Member
    } else if filled(&|key| !key.is_empty(), name) {
        Standing::Lookalike(Why::Wide)
    } else if filled(&|_| true, name) {
        Standing::Lookalike(Why::Empty)
    } else if texts.len() > 1 && texts.last() == Some(&"") && filled(&|_| true, &format!("{name}-AbCdEf")) {
        Standing::Lookalike(Why::Suffix)
    } else {
        Standing::Stranger
    }
}

/// Whether the rest of a name is a key before each of these texts.
fn fills(texts: &[&str], rest: &str, good: &dyn Fn(&str) -> bool) -> bool {
    let Some((text, later)) = texts.split_first() else { return rest.is_empty() };
    (0..=rest.len()).any(|end| {
        rest.is_char_boundary(end)
            && good(&rest[..end])
            && rest[end..].strip_prefix(text).is_some_and(|rest| fills(later, rest, good))
    })
}

/// Keys as the design bounds them.
fn is_key(text: &str) -> bool {
    let allowed = |char: char| char.is_ascii_alphanumeric() || "_+=.@-".contains(char);
    (1..=64).contains(&text.len()) && text.chars().all(allowed)
}

/// How a name stands to each secret of a spec, by the secret's id.
pub type Standings<'a> = BTreeMap<&'a str, Standing>;

/// How a name stands to each secret of a spec that it is no stranger to.
pub fn standings<'a>(spec: &'a Spec, name: &str) -> Standings<'a> {
    let all = spec.secrets.iter().map(|secret| (secret.id.as_str(), standing(secret.name.as_str(), name)));
    all.filter(|(_, standing)| *standing != Standing::Stranger).collect()
}

/// Whether a verb reads a value.
pub fn reads(verb: Verb) -> bool {
    calls(verb).contains(&"GetSecretValue")
}

/// The grants that a handler has by its role: of all handlers whose role is the same that exists already.
pub fn of_role<'a>(spec: &'a Spec, handler: &'a HandlerSpec) -> impl Iterator<Item = &'a Grant> {
    // What is tied to a function is not for another.
    let is_open = |other: &&HandlerSpec| other.id == handler.id || !other.options.source_function;
    sharing(spec, handler).filter(is_open).flat_map(|handler| &handler.grants)
}

/// How a name stands to what anybody may make this call on under a handler's role, whichever function asks.
pub fn granted_to_others(spec: &Spec, standings: &Standings<'_>, handler: &HandlerSpec, call: &str) -> Standing {
    let open = sharing(spec, handler).filter(|other| !other.options.source_function);
    standing_of(standings, open.flat_map(|other| &other.grants), call)
}

/// The handlers that have a handler's role, itself among them.
fn sharing<'a>(spec: &'a Spec, handler: &'a HandlerSpec) -> impl Iterator<Item = &'a HandlerSpec> {
    let has_it = |other: &&HandlerSpec| {
        other.id == handler.id || matches!(handler.role, Role::Existing { .. }) && other.role == handler.role
    };
    spec.handlers.iter().filter(has_it)
}

/// How a name stands to what some grants let somebody make this call on, without a word on the version, which is the current one
/// then.
fn standing_of<'a>(standings: &Standings<'_>, grants: impl Iterator<Item = &'a Grant>, call: &str) -> Standing {
    let makes_it = |verb: &Verb| *verb != Verb::ReadPrevious && calls(*verb).contains(&call);
    let granted = grants.filter(|grant| grant.verbs.iter().any(makes_it));
    let standings = granted.filter_map(|grant| standings.get(grant.secret.as_str()).copied());
    standings.max().unwrap_or(Standing::Stranger)
}

/// How a name stands to what a handler may make this call on.
pub fn granted(spec: &Spec, standings: &Standings<'_>, handler: &HandlerSpec, call: &str) -> Standing {
    standing_of(standings, of_role(spec, handler), call)
}

/// Whether a handler may have passwords made up.
pub fn makes_up(spec: &Spec, handler: &HandlerSpec) -> bool {
    of_role(spec, handler).any(|grant| grant.verbs.contains(&Verb::Generate))
}

/// What each call needs on a customer-managed key, from AWS's page on the permissions for the key.
fn key_actions(call: &str) -> &'static [&'static str] {
    match call {
        "GetSecretValue" => &["kms:Decrypt"],
        "PutSecretValue" | "CreateSecret" | UPDATE => &["kms:Decrypt", "kms:GenerateDataKey"],
        _ => &[],
    }
}

/// How a name stands to what a handler may use a key for: the secrets under that key on which one of its calls needs it.
pub fn granted_on_key(
    spec: &Spec,
    standings: &Standings<'_>,
    handler: &HandlerSpec,
    key: &KmsKey,
    action: &str,
) -> Standing {
    let under_key =
        |id: &str| spec.secrets.iter().any(|secret| secret.id == id && secret.kms_key.as_ref() == Some(key));
    let needs_it = |verb: &Verb| calls(*verb).iter().any(|call| key_actions(call).contains(&action));
    let granted = of_role(spec, handler).filter(|grant| under_key(&grant.secret) && grant.verbs.iter().any(needs_it));
    let standings = granted.filter_map(|grant| standings.get(grant.secret.as_str()).copied());
    standings.max().unwrap_or(Standing::Stranger)
}

/// Names of secrets that the module defines or looks up: their ARN is known to the last character.
pub fn exact_names(spec: &Spec) -> BTreeSet<&str> {
    let exact = spec.secrets.iter().filter(|secret| !matches!(secret.owner, Owner::Runtime));
    exact.map(|secret| secret.name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Standing, Why, standing};

    #[test]
    fn only_a_name_whose_placeholders_are_keys_is_a_member() {
        let long = format!("gmail/user/{}", "x".repeat(65));
        for (template, name, expected) in [
            ("a/b", "a/b", Standing::Member),
            ("a/b", "a/bc", Standing::Stranger),
            ("a/b", "a", Standing::Stranger),
            ("a/b", "A/B", Standing::Stranger),
            ("gmail/user/{id}", "gmail/user/1", Standing::Member),
            ("gmail/user/{id}", "gmail/user/1-backup", Standing::Member),
            ("gmail/user/{id}", "gmail/user/1/2", Standing::Lookalike(Why::Wide)),
            ("gmail/user/{id}", &long, Standing::Lookalike(Why::Wide)),
            ("gmail/user/{id}", "gmail/user/", Standing::Lookalike(Why::Empty)),
            ("gmail/user/{id}", "gmail/user", Standing::Stranger),
            ("gmail/user/{id}", "gmail/users/1", Standing::Stranger),
            ("key-{id}", "key", Standing::Lookalike(Why::Suffix)),
            ("key-{id}", "key-", Standing::Lookalike(Why::Empty)),
            ("a/{x}/b/{y}/c", "a/1/b/2/c", Standing::Member),
            ("a/{x}/b/{y}/c", "a/1/b/2/cd", Standing::Stranger),
            ("a/{x}/b/{y}/c", "a/1/b/3/b/2/c", Standing::Lookalike(Why::Wide)),
            ("a/{x}-{y}", "a/1-2-3", Standing::Member),
            ("a/{x}-{y}", "a/1", Standing::Lookalike(Why::Suffix)),
            ("a/{x}-{y}", "a/1-", Standing::Lookalike(Why::Empty)),
            ("{x}/a", "1/a", Standing::Member),
            ("{x}/a", "1/ab", Standing::Stranger),
        ] {
            assert_eq!(standing(template, name), expected, "{name} for {template}");
        }
    }
}
