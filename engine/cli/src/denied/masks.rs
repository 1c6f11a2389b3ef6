//! Turns masks over parts of a message, such as `<account id>` or blanks, into one word each, so that the parser of words
//! reads them as a part of the name.

use super::marks::separates;

/// The text with each mask as one word.
pub(super) fn as_words(text: &str) -> String {
    one_mask(&one_word(&without_blanks(text)))
}

/// Replaces masks that contain blanks: over the account of an ARN, and over a whole role.
fn without_blanks(text: &str) -> String {
    /// What follows the account in the ARNs of messages.
    const BEHIND: [&str; 10] = [
        ":secret:",
        ":assumed-role/",
        ":role/",
        ":user/",
        ":root",
        ":federated-user/",
        ":key/",
        ":alias/",
        ":function:",
        ":policy/",
    ];
    const LONGEST: usize = 30;
    let text = text.replace("assumed-role/ /", "assumed-role/***/");
    let mut plain = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in text.match_indices(':').filter(|(at, _)| BEHIND.iter().any(|it| text[*at..].starts_with(it))) {
        let before = &text[done..at];
        let field = before.rsplit(':').next().unwrap_or_default();
        let until_field = &before[..before.len() - field.len()];
        // `arn`, partition, service, Region, and the empty text behind the last colon.
        let is_account = until_field
            .rfind("arn:")
            .is_some_and(|start| until_field[start..].matches(':').count() == 4 && !until_field[start..].contains(' '));
        let is_mask = is_account && field.contains(' ') && field.chars().count() <= LONGEST;
        plain.push_str(if is_mask { until_field } else { before });
        plain.push_str(if is_mask { "***" } else { "" });
        done = at;
    }
    plain + &text[done..]
}

/// Replaces a mask of words between two parts of an ARN: `:[account id]:`, `:"AWS::AccountId":`, `/(redacted)/`.
fn one_mask(text: &str) -> String {
    const LONGEST: usize = 30;
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['[', '(', '"']) {
        let close = match rest.as_bytes()[at] {
            b'[' => ']',
            b'(' => ')',
            _ => '"',
        };
        let (before, mask) = rest.split_at(at);
        plain.push_str(before);
        let is_of_mask = |char: char| char.is_ascii_alphabetic() || matches!(char, ' ' | '-' | '_' | ':');
        let length = mask[1..].find(|char| !is_of_mask(char)).map_or(mask.len(), |end| end + 1);
        let behind = mask[length..].strip_prefix(close);
        let is_part = plain.ends_with([':', '/']) && behind.is_some_and(|behind| behind.starts_with([':', '/']));
        let (shown, length) =
            if is_part && length > 1 && length <= LONGEST { ("***", length + 1) } else { (&mask[..1], 1) };
        plain.push_str(shown);
        rest = &mask[length..];
    }
    plain + rest
}

/// Turns a mask such as `<account id>` into one word.
fn one_word(text: &str) -> String {
    const LONGEST: usize = 30;
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, mask) = rest.split_at(at);
        let is_of_mask = |char: char| char.is_ascii_alphabetic() || separates(char) || matches!(char, '-' | '_');
        let length = mask[1..].find(|char| !is_of_mask(char)).map_or(mask.len(), |end| end + 1);
        // At the start of a line, the `>` can have been removed as the mark of a quotation.
        let is_mask = mask[length..].starts_with(['>', ':', '/']) && length <= LONGEST;
        plain.push_str(before);
        let chars = mask[..length].chars().filter(|char| !is_mask || *char == ' ' || !separates(*char));
        plain.extend(chars.map(|char| if is_mask && char == ' ' { '_' } else { char }));
        rest = &mask[length..];
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::as_words;

    #[test]
    fn a_mask_becomes_one_word() {
        for (masked, text) in [
            ("arn:aws:sts:: :assumed-role/a/b is", "arn:aws:sts::***:assumed-role/a/b is"),
            ("arn:aws:sts::1:assumed-role/ /b is", "arn:aws:sts::1:assumed-role/***/b is"),
            (
                "arn:aws:secretsmanager:eu-west-1:XXXX XXXX XXXX:secret:a",
                "arn:aws:secretsmanager:eu-west-1:***:secret:a",
            ),
            ("arn:aws:iam::•••• •••• ••••:user/a", "arn:aws:iam::***:user/a"),
            ("arn:aws:kms:eu-west-1:1111 2222 3333:key/1", "arn:aws:kms:eu-west-1:***:key/1"),
            ("arn:aws:iam::[account id]:root", "arn:aws:iam::***:root"),
            ("arn:aws:iam::<account id>:root", "arn:aws:iam::***:root"),
        ] {
            assert_eq!(as_words(masked), text);
        }
        for text in [
            "arn:aws:iam::1:root",
            "User: arn:aws: x :secret:y",
            "a :secret:b",
            "is: not :role/x",
            "assumed-role/a b/c",
        ] {
            assert_eq!(as_words(text), text);
        }
    }
}
