//! Removes the keys of family members, which can be users' ids, from external text: AWS messages and the contents of
//! policies.

use driftless_model::Spec;

/// Matches names of secrets in text.
pub(super) struct Keys<'a> {
    beginnings: Vec<&'a str>,
    /// Names that are not of family members.
    fixed: Vec<&'a str>,
}

/// What precedes the name of a secret in an ARN.
const IN_AN_ARN: &str = ":secret:";

impl<'a> Keys<'a> {
    pub(super) fn of(spec: &'a Spec) -> Self {
        let (families, fixed): (Vec<_>, Vec<_>) = spec.secrets.iter().partition(|secret| secret.name.is_family());
        let beginnings = families.into_iter().map(|family| family.name.literal_prefix());
        Self {
            beginnings: beginnings.filter(|beginning| !beginning.is_empty()).collect(),
            fixed: fixed.into_iter().map(|secret| secret.name.as_str()).collect(),
        }
    }

    /// The text in which every key, and every name in an ARN that is not in the spec, is replaced by `…`.
    pub(super) fn cut_from(&self, text: &str) -> String {
        let is_a_members = |name: &str| self.beginnings.iter().any(|beginning| name.starts_with(beginning));
        let without_others = cut_behind(text, IN_AN_ARN, |name| self.is_kept(name) || is_a_members(name));
        self.beginnings.iter().fold(without_others, |text, beginning| cut_behind(&text, beginning, |_| false))
    }

    /// Whether a name in an ARN is a fixed one, with or without the random suffix of the ARN.
    fn is_kept(&self, name: &str) -> bool {
        self.fixed.iter().any(|fixed| {
            name.strip_prefix(fixed).is_some_and(|end| end.is_empty() || (end.starts_with('-') && end.len() <= 7))
        })
    }
}

/// Replaces each name after `beginning` by `…`, except names for which `is_kept` is true.
fn cut_behind(text: &str, beginning: &str, is_kept: impl Fn(&str) -> bool) -> String {
    let mut parts = text.split(beginning);
    let mut cut = parts.next().unwrap_or_default().to_owned();
    for behind in parts {
        let (name, rest) = behind.split_at(behind.bytes().take_while(|byte| is_of_a_name(*byte)).count());
        let name = if name.is_empty() || is_kept(name) { name } else { "…" };
        cut.extend([beginning, name, rest]);
    }
    cut
}

const fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'+' | b'=' | b'.' | b'@' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let keys = Keys { beginnings: vec!["app/user/"], fixed: vec!["AppKey"] };
        assert_eq!(keys.cut_from(text), expected);
    }

    #[test]
    fn keys_are_cut_wherever_they_stand() {
        check("`app/user/alice-AbCdEf` is odd", "`app/user/…` is odd");
        check(
            "on arn:aws:secretsmanager:eu-west-1:1:secret:app/user/alice-AbCdEf, by `p`",
            "on arn:aws:secretsmanager:eu-west-1:1:secret:app/user/…, by `p`",
        );
        check("app/user/a app/user/b", "app/user/… app/user/…");
        check("arn:x:secret:customers/bob-AbCdEf", "arn:x:secret:…");
    }

    #[test]
    fn patterns_and_names_of_their_own_stay() {
        for text in [
            "arn:x:secret:app/user/*",
            "arn:x:secret:AppKey-AbCdEf",
            "arn:x:secret:AppKey-??????",
            "arn:x:secret:*",
            "nothing",
            "",
        ] {
            check(text, text);
        }
    }
}
