//! Parses the resource of a denied call: the word after `on resource:`.

use super::marks::separates;
use super::principal::is_masked;
use super::scan::{Scan, ScannedWord};

/// The resource of a denied call: an ARN, or the name that the caller gave if AWS has no ARN for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeniedResource {
    /// The complete name.
    Whole(String),
    /// A name without a reason behind it, which may be incomplete, or not a name.
    Last(String),
    /// The beginning of a name that is cut off.
    Cut(String),
    /// A name with a relevant part masked.
    Masked(String),
    /// The message does not say.
    Unsaid,
}

impl DeniedResource {
    /// As much of the name as the message contains.
    #[must_use]
    pub fn shown(&self) -> Option<&str> {
        match self {
            Self::Whole(text) | Self::Last(text) | Self::Cut(text) | Self::Masked(text) => Some(text),
            Self::Unsaid => None,
        }
    }

    /// The name, if it is complete. Only then can it be looked up.
    #[must_use]
    pub fn whole(&self) -> Option<&str> {
        match self {
            Self::Whole(text) => Some(text),
            _ => None,
        }
    }
}

/// Classifies a word as a resource. If a reason follows it (`has_reason`), the word is complete.
pub(super) fn resource(scan: &Scan, word: &ScannedWord, has_reason: bool) -> DeniedResource {
    let small = word.text.to_ascii_lowercase();
    // A mark before the name is a mask over the account or the Region.
    let begin = [":secret:", ":key/", ":alias/"].iter().filter_map(|word| small.find(word)).min().unwrap_or_default();
    let cut = CUT.iter().filter_map(|mark| small[begin..].find(mark)).min().map(|at| begin + at);
    let is_cut_here = cut.is_some();
    // The name ends where a mark says that the text is cut off.
    let text = trimmed(&word.text[..cut.unwrap_or(word.text.len())]).to_owned();
    let is_last = is_end(scan, word.end);
    if text.is_empty() {
        return if is_cut_here || is_last { DeniedResource::Unsaid } else { DeniedResource::Masked(word.text.clone()) };
    }
    let Some(name) = name(&text) else {
        return if is_masked_part(&text) { DeniedResource::Masked(text) } else { DeniedResource::Cut(text) };
    };
    if is_masked_name(name) {
        return DeniedResource::Masked(text);
    }
    let is_arn = text.starts_with("arn:");
    let can_go_on = is_last || !word.is_certain;
    if is_cut_here {
        DeniedResource::Cut(text)
    } else if has_reason || is_whole(&text) {
        DeniedResource::Whole(text)
    } else if is_arn && (can_go_on || text.contains(":secret:")) {
        DeniedResource::Cut(text)
    } else if !is_arn {
        // Without a reason behind it, it can be the beginning of a name, or the next word of a log.
        DeniedResource::Last(text)
    } else {
        DeniedResource::Whole(text)
    }
}

/// Whether a name, or a part of it between slashes, is masked.
fn is_masked_name(name: &str) -> bool {
    let without_suffix = if has_suffix(name) { &name[..name.len() - 7] } else { name };
    // Six equal letters can be the suffix, which says nothing about the name.
    is_masked_part(without_suffix) || without_suffix.split('/').any(is_masked_part)
}

/// Removes punctuation and unbalanced brackets that follow a word.
pub(super) fn trimmed(word: &str) -> &str {
    let mut word = word;
    loop {
        let unbalanced = [('(', ')'), ('[', ']'), ('{', '}'), ('<', '>')]
            .into_iter()
            .find(|(open, close)| word.ends_with(*close) && word.matches(*close).count() > word.matches(*open).count());
        let shorter = match unbalanced {
            Some(_) => &word[..word.len() - 1],
            // Several signs mask the end of a name.
            None if word.ends_with("...") || word.ends_with("???") => word,
            None => word.trim_end_matches(['.', ':', '!', '?']),
        };
        if shorter.len() == word.len() {
            return word;
        }
        word = shorter;
    }
}

/// Marks of a place where a text was cut off.
const CUT: [&str; 7] = ["…", "...", "[trunc", "<trunc", "[cut", "[snip", "[more"];

/// Whether the text or quotation ends here, or a mark says that it is cut off.
fn is_end(scan: &Scan, from: usize) -> bool {
    const MARKS: [&str; 8] = ["trunc", "cut", "snip", "omit", "more", "...", "…", "+"];
    let rest = scan.ahead(from, 40);
    if rest.starts_with(['"', '\'', '`']) {
        return true;
    }
    let mark = rest.trim_start_matches(|char: char| "([<{*-_ ".contains(char) || char.is_ascii_digit());
    rest.is_empty()
        || MARKS.iter().any(|word| mark.starts_with(word) && (mark.len() < rest.len() || rest.starts_with(['.', '…'])))
}

/// The last part of an ARN, or the whole word if it is not an ARN. `None` for an ARN with too few parts.
fn name(text: &str) -> Option<&str> {
    let Some(arn) = text.strip_prefix("arn:") else { return Some(text) };
    let parts: Vec<&str> = arn.splitn(5, ':').collect();
    let [_, service, _, _, rest] = parts[..] else { return None };
    if is_masked_part(service) {
        return None;
    }
    let name = if service == "secretsmanager" { rest.strip_prefix("secret:")? } else { rest };
    Some(name).filter(|name| !name.is_empty())
}

/// Whether a part of an ARN is masked.
pub(super) fn is_masked_part(part: &str) -> bool {
    part != "*" && is_masked(part)
}

/// Whether a word is a complete ARN.
pub(super) fn is_whole(text: &str) -> bool {
    let text = trimmed(text);
    let Some(name) = name(text).filter(|name| text.starts_with("arn:") && !is_masked(name)) else { return false };
    let account = text.split(':').nth(4).unwrap_or_default();
    if account.len() != 12 && !is_masked_part(account) {
        return false;
    }
    match text.split(':').nth(2) {
        Some("secretsmanager") => has_suffix(name),
        // A UUID, or `mrk-` and 32 hexadecimal digits.
        Some("kms") => name.strip_prefix("key/").is_some_and(|id| id.len() == 36),
        _ => false,
    }
}

/// Whether a name ends in a hyphen and six characters, as in the ARN of an existing secret.
pub(crate) fn has_suffix(stored: &str) -> bool {
    let suffix = stored.rsplit_once('-').map_or("", |(_, suffix)| suffix);
    suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The last ARN before a position, if it is that of a KMS key.
pub(super) fn key_before(scan: &Scan, place: usize) -> DeniedResource {
    const FAR: usize = 300;
    let near = scan.around(place.saturating_sub(FAR), place);
    let joined: String = near.chars().filter(|char| !separates(*char) || *char == ' ').collect();
    let Some(at) = joined.rfind("arn:") else { return DeniedResource::Unsaid };
    let word = joined[at..].split([' ', '"', '\'', '`', ',', ';']).next().map(trimmed).unwrap_or_default();
    if is_whole(word) || word.contains(":kms:") && word.contains("alias/") {
        DeniedResource::Whole(word.to_owned())
    } else {
        DeniedResource::Unsaid
    }
}

/// Whether a character can be part of a resource or of a mask over a part of it.
pub(super) const fn is_of_resource(char: char) -> bool {
    !matches!(char, '"' | '\'' | '`' | ',' | ';' | '\\' | '&' | '(')
}
