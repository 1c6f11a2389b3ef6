//! Compares the action in a message with those of Secrets Manager. Other text can follow it directly, and it can be cut
//! off.

use crate::iam;

/// What a word in the place of an action is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum KnownAction {
    /// This action.
    Whole(&'static str),
    /// The beginning of one or more actions.
    Begun,
    /// None that is known here.
    Not,
}

fn all() -> impl Iterator<Item = &'static str> {
    iam::ON_A_SECRET.into_iter().chain(iam::ON_NO_SECRET)
}

/// Compares a word with the actions of Secrets Manager.
pub(super) fn known(word: &str) -> KnownAction {
    let starts = |text: &str, start: &str| text.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start));
    if let Some(action) = all().find(|action| action.eq_ignore_ascii_case(word)) {
        return KnownAction::Whole(action);
    }
    if all().any(|action| starts(action, word)) {
        return KnownAction::Begun;
    }
    // `GetSecretValue012on`: what follows it belongs to the text around the message.
    all()
        .filter(|action| starts(word, action))
        .max_by_key(|action| action.len())
        .map_or(KnownAction::Not, KnownAction::Whole)
}

/// The action without the signs that follow it: a name consists of letters and digits.
pub(super) fn without_signs(word: &str) -> &str {
    let Some((service, name)) = word.split_once(':') else { return word };
    let end = name.find(|char: char| !char.is_ascii_alphanumeric()).unwrap_or(name.len());
    &word[..service.len() + 1 + end]
}

#[cfg(test)]
mod tests {
    use super::{KnownAction, known, without_signs};

    #[test]
    fn an_action_with_text_behind_it_or_without_its_end_is_told_from_others() {
        let value = KnownAction::Whole("secretsmanager:GetSecretValue");
        for word in ["GetSecretValue", "getsecretvalue", "GetSecretValue012on", "GetSecretValues"] {
            assert_eq!(known(&format!("secretsmanager:{word}")), value, "{word}");
        }
        assert_eq!(known("secretsmanager:UpdateSecret"), KnownAction::Whole("secretsmanager:UpdateSecret"));
        assert_eq!(known("secretsmanager:UpdateSecretVersion"), KnownAction::Begun);
        assert_eq!(known("secretsmanager:"), KnownAction::Begun);
        assert_eq!(known("secretsmanager:Frobnicate"), KnownAction::Not);
        for word in ["s:GetIt", "s:GetIt*", "s:GetIt--More--"] {
            assert_eq!(without_signs(word), "s:GetIt");
        }
        assert_eq!(without_signs("s:***"), "s:");
    }
}
