//! Parses a fingerprint from untrusted text.

use std::str::FromStr;

use super::{FORM, Fingerprint, Part, Secrets, Totals};

/// More than any fingerprint that fits into a function's environment.
const LONGEST: usize = 4096;

/// The text is not a fingerprint, or has another format.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a fingerprint that this program can read")]
pub struct UnreadableFingerprint;

impl FromStr for Fingerprint {
    type Err = UnreadableFingerprint;

    fn from_str(text: &str) -> Result<Self, UnreadableFingerprint> {
        if text.len() > LONGEST {
            return Err(UnreadableFingerprint);
        }
        let fields: Vec<&str> = text.split(':').collect();
        let [FORM, handler, prefix_variable, secrets] = fields[..] else { return Err(UnreadableFingerprint) };
        if !is_word(handler) || !(prefix_variable.is_empty() || is_word(prefix_variable)) {
            return Err(UnreadableFingerprint);
        }
        let secrets = match secrets.strip_prefix('=') {
            Some("") => Secrets::Each(Vec::new()),
            Some(parts) => Secrets::Each(parts.split(';').map(part).collect::<Result<_, _>>()?),
            None => Secrets::Together(totals(secrets)?),
        };
        Ok(Self { handler: handler.to_owned(), prefix_variable: prefix_variable.to_owned(), secrets })
    }
}

fn part(text: &str) -> Result<Part, UnreadableFingerprint> {
    let fields: Vec<&str> = text.split('.').collect();
    let [id, verbs, name, payload, ref more @ ..] = fields[..] else { return Err(UnreadableFingerprint) };
    let (key, region, copies) = match more[..] {
        [] => ("", "", ""),
        [key] => (key, "", ""),
        [key, region] => (key, region, ""),
        [key, region, copies] => (key, region, copies),
        _ => return Err(UnreadableFingerprint),
    };
    let are_words = |text: &str| text.split('+').all(is_word);
    let is_place = (region.is_empty() || is_word(region)) && (copies.is_empty() || are_words(copies));
    if !is_word(id) || !is_place || !are_words(verbs) {
        return Err(UnreadableFingerprint);
    }
    Ok(Part {
        id: id.to_owned(),
        verbs: verbs.to_owned(),
        name: digest(name)?,
        payload: digest(payload)?,
        key: if key.is_empty() { None } else { Some(digest(key)?) },
        region: region.to_owned(),
        copies: copies.to_owned(),
    })
}

fn totals(text: &str) -> Result<Totals, UnreadableFingerprint> {
    let fields: Vec<&str> = text.split('.').collect();
    let [names, verbs, payloads, keys] = fields[..] else { return Err(UnreadableFingerprint) };
    Ok(Totals { names: digest(names)?, verbs: digest(verbs)?, payloads: digest(payloads)?, keys: digest(keys)? })
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn digest(text: &str) -> Result<u32, UnreadableFingerprint> {
    let is_one = text.len() == 8 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let digest = is_one.then(|| u32::from_str_radix(text, 16).ok()).flatten();
    digest.ok_or(UnreadableFingerprint)
}
