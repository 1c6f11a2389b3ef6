//! Parses the caller: the word before `is not authorized`.

use super::marks::separates;

/// The caller of a denied call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A role session. Its ARN contains the name of the role without its path.
    Session {
        /// The role's name.
        role: String,
        /// The session's name.
        session: String,
    },
    /// A role, without its path, or a session whose name is unknown.
    Role(String),
    /// A handler of the spec, by its deployed name; its role is unknown.
    Handler(String),
    /// Any other principal, as AWS names it.
    Other(String),
    /// The name is masked. The name of the session can still be readable.
    Masked(Option<String>),
    /// The message does not name the caller.
    Unsaid,
}

/// The principal at the end of a text.
pub(super) fn principal(before: &str) -> Principal {
    let before = before.trim_end_matches(separates);
    let before =
        strip_wrapped(before, "is").unwrap_or(before).trim_end_matches(|char| separates(char) || is_quote(char));
    let start = before.rfind(|char| char == ' ' || is_quote(char)).map_or(0, |at| at + 1);
    let lines = &before[start..];
    let joined: String = lines.chars().filter(|char| !separates(*char)).collect();
    if let Some(at) = joined.rfind("arn:") {
        return of_arn(&joined[at..]);
    }
    if let Some(word) = joined.rsplit_once("assumed-role/").map(|(_, word)| word) {
        return session(word);
    }
    let is_named = ["User:", "user:"].iter().any(|word| strip_wrapped(&before[..start], word).is_some());
    let word = match joined.to_ascii_lowercase().rfind("user:") {
        Some(at) => &joined[at + "user:".len()..],
        None if is_named => &joined,
        None => "",
    };
    match word {
        "" | "User" => Principal::Unsaid,
        _ if is_masked(word) => Principal::Masked(None),
        _ => Principal::Other(word.to_owned()),
    }
}

/// The account in the caller's ARN, unless it is masked or cut off.
pub(super) fn account(before: &str) -> Option<String> {
    let joined: String = before.chars().filter(|char| !separates(*char)).collect();
    let account = joined.rsplit_once("arn:")?.1.split(':').nth(3)?;
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then(|| account.to_owned())
}

const fn is_quote(char: char) -> bool {
    matches!(char, '"' | '\'' | '`')
}

/// Removes a word from the end of a text, even if a line break splits the word.
fn strip_wrapped<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let mut rest = text;
    for char in word.chars().rev() {
        rest = rest.trim_end_matches(separates).strip_suffix(char)?;
    }
    Some(rest)
}

fn of_arn(arn: &str) -> Principal {
    let Some(resource) = arn.splitn(6, ':').nth(5) else { return Principal::Masked(None) };
    match resource.split_once('/') {
        Some(("assumed-role", word)) => session(word),
        Some(("role", path)) => match path.rsplit('/').next() {
            Some(name) if !name.is_empty() && !is_masked(name) => Principal::Role(name.to_owned()),
            _ => Principal::Masked(None),
        },
        Some(("user" | "federated-user", _)) => Principal::Other(arn.to_owned()),
        _ if resource == "root" => Principal::Other(arn.to_owned()),
        _ if is_masked(resource) || resource == "assumed-role" => Principal::Masked(None),
        _ => Principal::Other(arn.to_owned()),
    }
}

/// Parses `role/session`.
fn session(word: &str) -> Principal {
    // The ARN of a session has no path, but people add that of the role. The name of a session contains no slash.
    let (role, session) = word.rsplit_once('/').map_or((word, None), |(role, session)| (role, Some(session)));
    let role = role.rsplit('/').next().unwrap_or_default();
    let session = session.filter(|session| !is_masked(session));
    match (role, session) {
        _ if role.is_empty() || is_masked(role) => {
            Principal::Masked(session.filter(|it| !it.is_empty()).map(str::to_owned))
        }
        (role, Some(session)) => Principal::Session { role: role.to_owned(), session: session.to_owned() },
        (role, None) => Principal::Role(role.to_owned()),
    }
}

/// Whether a part of a name is masked: by dots, or by a sign or an `x` that is repeated.
fn has_mask(name: &str) -> bool {
    ["...", "____", "----", "xxxx", "XXXX"].iter().any(|mask| name.contains(mask))
}

/// Whether a name is masked: by characters that no name contains, by nothing but punctuation, by a word such as
/// `redacted` or `REDACTED_ROLE`, or by a repeated `x`.
pub(super) fn is_masked(name: &str) -> bool {
    const WORDS: [&str; 8] =
        ["redacted", "masked", "removed", "hidden", "sanitized", "censored", "obfuscated", "anonymized"];
    let is_of_name = |char: char| char.is_ascii_alphanumeric() || "/_+=.,@:-".contains(char);
    let word = name.trim_matches(|char: char| !char.is_ascii_alphanumeric()).to_ascii_lowercase();
    let is_one_letter = word.len() >= 3 && word.bytes().all(|byte| byte == b'x');
    let is_only_signs = !name.is_empty() && word.is_empty();
    // In capitals, the word can be one of several.
    let is_in_capitals =
        !name.bytes().any(|byte| byte.is_ascii_lowercase()) && word.split(['_', '-']).any(|part| WORDS.contains(&part));
    !name.chars().all(is_of_name)
        || has_mask(name)
        || is_only_signs
        || WORDS.contains(&word.as_str())
        || is_in_capitals
        || is_one_letter
}
