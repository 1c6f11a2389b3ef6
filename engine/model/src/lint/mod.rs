//! Lints: rules for the spec as a whole. Each problem has a lint name, a place, a message and a hint.

mod delivery;
mod options;
mod prefixes;
mod principals;
mod regions;
mod roles;
mod rotation;
mod warnings;

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use crate::kms_key::{KmsKey, is_alias};
use crate::name::{Segment, Template};
use crate::overlap::NamePattern;
use crate::prefix_index::PrefixIndex;
use crate::problem::{Problem, closest, shown};
use crate::secret::Owner;
use crate::spec::{Grant, HandlerSpec, SecretSpec, Spec};
use crate::verb::Verb;

pub use crate::warning::WARNINGS;
pub use warnings::warnings;

/// The longest name of a Lambda function and of an IAM role, in characters.
///
/// Source: [`CreateFunction`, `FunctionName`](https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html).
const MAX_HANDLER_NAME_LEN: usize = 64;

/// At most this many overlaps are reported per secret, because the number of overlapping pairs can be quadratic.
const MAX_OVERLAPS: usize = 3;

/// The longest description that Secrets Manager accepts, in characters.
///
/// Source: [`CreateSecret`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html).
const MAX_DESCRIPTION_LEN: usize = 2048;

/// All problems of the spec as a whole: those of secrets first, then those of handlers, each in the order of the spec.
///
/// ```
/// use driftless_model::{Spec, lint};
///
/// assert!(lint::check(&Spec::empty("spec.rs".into())).is_empty());
/// ```
#[must_use]
pub fn check(spec: &Spec) -> Vec<Problem> {
    let declared = spec.secrets.iter().map(|secret| secret.id.clone()).collect();
    check_part(spec, &declared, true)
}

/// Like [`check`], for a spec of which some rows could not be read. `declared` also contains the ids of those rows.
/// Rules that depend on every row are only checked if the spec is `complete`.
pub(crate) fn check_part(spec: &Spec, declared: &HashSet<String>, complete: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(options::tags("the spec", &spec.tags));
    problems.extend(prefixes::check(spec));
    problems.extend(warnings::unknown(spec));
    secrets(spec, &mut problems);
    overlaps(spec, &mut problems);
    if complete {
        problems.extend(options::unread(spec));
    }
    handlers(spec, declared, &mut problems);
    problems.extend(roles::check(spec));
    problems.extend(principals::check(spec));
    problems.extend(rotation::functions(spec, complete));
    problems.extend(regions::check(spec));
    problems
}

fn place(secret: &SecretSpec) -> String {
    format!("secret {}", shown(&secret.id))
}

fn handler_place(handler: &HandlerSpec) -> String {
    format!("handler {}", shown(&handler.id))
}

fn secrets(spec: &Spec, problems: &mut Vec<Problem>) {
    let mut ids = HashSet::new();
    let mut names = HashMap::new();
    for secret in &spec.secrets {
        let place = place(secret);
        problems.extend(id_problem(&place, &secret.id));
        if !ids.insert(secret.id.as_str()) {
            problems.push(Problem::new("duplicate-id", &place, "two secrets have this id", "rename one of them"));
        }
        if let Some(first) = names.insert(without_field_names(&secret.name), secret) {
            let message = format!("its name {} is also that of {}", shown(secret.name.as_str()), self::place(first));
            problems.push(Problem::new("duplicate-name", &place, message, "give each secret a different name"));
        }
        // Existing secrets cannot be renamed, and are only looked up by their full name.
        if secret.owner != Owner::External {
            problems.extend(suffix_problem(&place, &secret.name));
        }
        if secret.name.literal_prefix().is_empty() {
            let message =
                "its name begins with a placeholder, so a grant on it would cover every secret of the account";
            problems.push(Problem::new(
                "open-family",
                &place,
                message,
                "begin the name with a path that no other secret has",
            ));
        }
        if secret.name.is_family() && !matches!(secret.owner, Owner::Runtime) {
            let message = format!("a family cannot have the owner `{}`", secret.owner.word());
            let hint = "the members of a family are created at run time: make the owner `runtime`, or name one secret";
            problems.push(Problem::new("family-owner", &place, message, hint));
        }
        problems.extend(secret.kms_key.as_ref().and_then(|key| kms_key_problem(&place, key)));
        problems.extend(delivery::check(&place, secret));
        problems.extend(options::check(&place, secret, &spec.tags));
        let length = secret.description.chars().count();
        if length > MAX_DESCRIPTION_LEN {
            let message = format!("its description has {length} characters, and AWS takes {MAX_DESCRIPTION_LEN}");
            problems.push(Problem::new("long-description", &place, message, "shorten the description"));
        }
    }
}

fn kms_key_problem(place: &str, key: &KmsKey) -> Option<Problem> {
    let KmsKey::Alias { alias } = key else { return None };
    (!is_alias(alias)).then(|| {
        let message = format!("{} is not the alias of a customer-managed key", shown(alias));
        let hint = "write `alias/` and up to 250 letters, digits, `/`, `_` and `-`; `alias/aws/` is AWS's own";
        Problem::new("bad-kms-alias", place, message, hint)
    })
}

/// The template without the names of its placeholders. Templates that are equal in this form name the same secrets.
fn without_field_names(template: &Template) -> Vec<Option<&str>> {
    template
        .segments()
        .map(|segment| match segment {
            Segment::Literal(text) => Some(text),
            Segment::Placeholder(_) => None,
        })
        .collect()
}

fn id_problem(place: &str, id: &str) -> Option<Problem> {
    let starts = id.starts_with(|first: char| first.is_ascii_alphabetic());
    let goes_on = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let good = starts && goes_on && id.len() <= MAX_HANDLER_NAME_LEN;
    (!good).then(|| {
        let message = "its id is not a word of at most 64 letters, digits and underscores that starts with a letter";
        Problem::new("bad-id", place, message, "use an id such as `UserTokens`")
    })
}

/// Given an ARN without its suffix, Secrets Manager takes a hyphen and six characters at the end of a name for the
/// suffix.
///
/// Source: [`CreateSecret`, `Name`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html).
fn suffix_problem(place: &str, name: &Template) -> Option<Problem> {
    let Some(Segment::Literal(end)) = name.segments().last() else { return None };
    let hyphen = end.len().checked_sub(7)?;
    (end.as_bytes()[hyphen] == b'-').then(|| {
        let message = format!(
            "its name ends in {}: a hyphen and six characters, which AWS can mistake for the suffix of an ARN",
            shown(&end[hyphen..])
        );
        Problem::new("suffix-like-name", place, message, "end the name in a word that does not have six characters")
    })
}

/// Grants on runtime-owned secrets are patterns, because no resource exists to refer to; all other grants are exact.
fn overlaps(spec: &Spec, problems: &mut Vec<Problem>) {
    let by_start =
        PrefixIndex::new(&spec.secrets.iter().map(|secret| secret.name.literal_prefix()).collect::<Vec<_>>());
    let by_end = PrefixIndex::new(&spec.secrets.iter().map(|s| reversed(s.name.literal_suffix())).collect::<Vec<_>>());
    let holders = holders(spec);
    for (number, secret) in spec.secrets.iter().enumerate().filter(|(_, secret)| secret.owner == Owner::Runtime) {
        let Some(handlers) = holders.get(secret.id.as_str()) else { continue };
        let pattern = NamePattern::of(&secret.name);
        // Two names can only overlap if one literal start is a prefix of the other and, unless the pattern ends in a
        // star, one literal end is a suffix of the other.
        let start = by_start.related(number);
        // A pattern that ends in a star matches every end.
        let ends_open = secret.name.literal_suffix().is_empty();
        let others = if ends_open { start.collect() } else { fewer(start, by_end.related(number)) };
        let others = others.into_iter().filter(|other| *other != number).map(|other| &spec.secrets[other]);
        let reached = others.filter(|other| pattern.reaches(&other.name)).filter(|other| {
            // Identical names are reported by another lint.
            without_field_names(&other.name) != without_field_names(&secret.name)
        });
        for other in reached.take(MAX_OVERLAPS) {
            problems.push(Problem::new(
                "overlapping-names",
                &place(secret),
                format!(
                    "a grant on it covers {}, which also matches {} of {}; it is granted to {}",
                    shown(pattern.as_str()),
                    shown(other.name.as_str()),
                    place(other),
                    some_of(handlers)
                ),
                "put each under a different path, so that neither name begins with the other's path",
            ));
        }
    }
}

fn holders(spec: &Spec) -> HashMap<&str, Vec<&str>> {
    let mut holders: HashMap<&str, Vec<&str>> = HashMap::new();
    for handler in &spec.handlers {
        for grant in &handler.grants {
            holders.entry(&grant.secret).or_default().push(&handler.id);
        }
    }
    holders
}

fn some_of(handlers: &[&str]) -> String {
    const SHOWN: usize = 3;
    let names: Vec<String> = handlers.iter().take(SHOWN).map(|handler| shown(handler)).collect();
    match handlers.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

/// The items of the shorter of two iterators. Takes no more steps than the shorter one has items.
fn fewer<T>(one: impl Iterator<Item = T> + Clone, other: impl Iterator<Item = T> + Clone) -> Vec<T> {
    let one_is_shorter = {
        let (mut one, mut other) = (one.clone(), other.clone());
        loop {
            match (one.next(), other.next()) {
                (None, _) => break true,
                (_, None) => break false,
                _ => {}
            }
        }
    };
    if one_is_shorter { one.collect() } else { other.collect() }
}

fn handlers(spec: &Spec, declared: &HashSet<String>, problems: &mut Vec<Problem>) {
    let owners: HashMap<&str, &Owner> = spec.secrets.iter().map(|secret| (secret.id.as_str(), &secret.owner)).collect();
    let mut ids = HashSet::new();
    let mut names = HashSet::new();
    let mut guesses = Guesses(20);
    for handler in &spec.handlers {
        let place = handler_place(handler);
        problems.extend(id_problem(&place, &handler.id));
        problems.extend(handler_name_problem(&place, &handler.name));
        if !ids.insert(handler.id.as_str()) {
            problems.push(Problem::new("duplicate-id", &place, "two handlers have this id", "rename one of them"));
        }
        // Role names in IAM are unique regardless of case.
        if !names.insert(handler.name.to_ascii_lowercase()) {
            let message = format!("two handlers have the name {}, regardless of case", shown(&handler.name));
            problems.push(Problem::new("duplicate-name", &place, message, "give each handler a different name"));
        }
        grants(handler, &owners, declared, &mut guesses, problems);
    }
}

fn handler_name_problem(place: &str, name: &str) -> Option<Problem> {
    handler_name_hint(name).map(|hint| {
        let message = format!("its name {} is not one that a function can have", shown(name));
        Problem::new("bad-name", place, message, hint)
    })
}

/// What to write instead of a name that a function cannot have.
#[doc(hidden)]
#[must_use]
pub fn handler_name_hint(name: &str) -> Option<&'static str> {
    let good = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    (name.is_empty() || !good || name.len() > MAX_HANDLER_NAME_LEN)
        .then_some("use 1 to 64 letters, digits, hyphens and underscores")
}

/// The number of suggestions that are still made for misspelled secrets. Each compares the word with every secret.
struct Guesses(u32);

impl Guesses {
    fn closest<'a>(&mut self, word: &str, declared: &'a HashSet<String>) -> Option<&'a str> {
        self.0 = self.0.checked_sub(1)?;
        closest(word, declared.iter().map(String::as_str))
    }
}

fn grants(
    handler: &HandlerSpec,
    owners: &HashMap<&str, &Owner>,
    declared: &HashSet<String>,
    guesses: &mut Guesses,
    out: &mut Vec<Problem>,
) {
    let place = handler_place(handler);
    let mut seen = HashSet::new();
    for grant in &handler.grants {
        let secret = grant.secret.as_str();
        if !declared.contains(secret) {
            let hint = match guesses.closest(secret, declared) {
                Some(close) => format!("did you mean `{close}`? Otherwise declare the secret"),
                None => "declare the secret, or remove the grant".to_owned(),
            };
            let message = format!("it has a grant on {}, which the spec does not declare", shown(secret));
            out.push(Problem::new("undeclared-secret", &place, message, hint));
        }
        if !seen.insert(secret) {
            let message = format!("it has two grants on {}", shown(secret));
            out.push(Problem::new("duplicate-grant", &place, message, "write all verbs in one grant"));
        }
        if grant.verbs.is_empty() {
            let message = format!("its grant on {} has no verb", shown(secret));
            out.push(Problem::new("empty-grant", &place, message, "name a verb, or remove the grant"));
        }
        out.extend(verb_problems(handler, grant, owners.get(secret).copied()));
    }
}

fn verb_problems(handler: &HandlerSpec, grant: &Grant, owner: Option<&Owner>) -> Vec<Problem> {
    // Made for a problem only, because there are many grants.
    let (place, secret) = (|| handler_place(handler), || shown(&grant.secret));
    let mut problems = Vec::new();
    // At most one entry for each verb that exists.
    let mut seen: Vec<Verb> = Vec::new();
    for verb in &grant.verbs {
        if seen.contains(verb) {
            let message = format!("its grant on {} has `{verb}` twice", secret());
            problems.push(Problem::new("duplicate-verb", &place(), message, "remove one"));
        } else {
            seen.push(*verb);
        }
        let Some(owner) = owner.filter(|owner| !owner.allows(*verb, &handler.id)) else { continue };
        if *verb == Verb::Rotate {
            problems.push(rotation::not_its_function(&place(), grant, owner, handler));
            continue;
        }
        let (word, secret) = (owner.word(), secret());
        let message = format!("it may `{verb}` {secret}, whose value is written by its owner `{word}`");
        let hint = match verb {
            Verb::Generate => "remove `generate`: only a handler that writes the value needs it".to_owned(),
            _ => format!("remove `{verb}`, or make the owner of {secret} `runtime`"),
        };
        problems.push(Problem::new("owner-writes", &place(), message, hint));
    }
    if seen.contains(&Verb::Rotate) {
        problems.extend(rotation::other_verbs(&place(), grant));
    }
    problems
}
