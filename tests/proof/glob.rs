//! The two kinds of wildcard matching that IAM policies know: over a whole text, and over the six parts of an ARN.

/// Whether the text matches the pattern, in which `*` stands for any text and `?` for any one character.
///
/// No character stops a `*`, not even a slash. AWS lets it pass a colon only at the end of an ARN's segment; here it does
/// everywhere, so that a pattern is never taken for narrower than it is. Source: [Resource, wildcards in ARNs][resource].
///
/// [resource]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
pub fn glob(pattern: &str, text: &str) -> bool {
    // Most questions are decided by what is before the first wildcard: one comparison of bytes.
    let literal = pattern.find(['*', '?']).unwrap_or(pattern.len());
    if !text.as_bytes().starts_with(&pattern.as_bytes()[..literal]) {
        return false;
    }
    let (mut pattern, mut text) = (&pattern[literal..], &text[literal..]);
    // What follows the last `*`, and the text that this `*` has not swallowed yet.
    let mut retry: Option<(&str, &str)> = None;
    loop {
        let (mut wanted, mut found) = (pattern.chars(), text.chars());
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                pattern = wanted.as_str();
                if pattern.is_empty() {
                    return true;
                }
                retry = Some((pattern, text));
                continue;
            }
            (Some(one), Some(other)) if one == '?' || one == other => {
                (pattern, text) = (wanted.as_str(), found.as_str());
                continue;
            }
            _ => {}
        }
        let Some((after, left)) = retry else { return false };
        let mut left = left.chars();
        if left.next().is_none() {
            return false;
        }
        (pattern, text) = (after, left.as_str());
        retry = Some((pattern, text));
    }
}

/// Whether an ARN matches a pattern as `ArnLike` and `ArnEquals` compare: each of the six parts by itself, so that no
/// wildcard reaches over a colon, except in the last part, which holds the rest.
///
/// Source: [ARN condition operators][arn].
///
/// [arn]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
pub fn arn_like(pattern: &str, arn: &str) -> bool {
    match (parts(pattern), parts(arn)) {
        (Some(pattern), Some(arn)) => pattern.iter().zip(arn).all(|(pattern, part)| glob(pattern, part)),
        _ => false,
    }
}

/// The six parts of an ARN, or nothing if the text is no ARN.
pub fn parts(arn: &str) -> Option<[&str; 6]> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let parts: [&str; 6] = parts.try_into().ok()?;
    (parts[0] == "arn").then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::{arn_like, glob};

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        for text in matching {
            assert!(glob(pattern, text), "{pattern} matches {text}");
        }
        for text in others {
            assert!(!glob(pattern, text), "{pattern} does not match {text}");
        }
    }

    #[test]
    fn wildcards_stand_for_any_text_and_any_one_character() {
        check("", &[""], &["a"]);
        check("a", &["a"], &["", "A", "aa", "b"]);
        check("*", &["", "a", "a/b:c", "*"], &[]);
        check("?", &["a", "ü", "?"], &["", "aa"]);
        check("a*", &["a", "ab", "a*"], &["", "ba"]);
        check("*a", &["a", "ba", "aaa"], &["", "ab"]);
        check("a*b*c", &["abc", "axbxc", "abcbc", "abcc"], &["ab", "acb", "abcd"]);
        check("a**b", &["ab", "axxb"], &["a", "b"]);
        check("*?", &["a", "ab"], &[""]);
        check("?*?", &["ab", "abc"], &["", "a"]);
        check("*ab", &["aab", "abab"], &["aba"]);
        check("a*-??????", &["a-AbCdEf", "ab-backup-AbCdEf", "a--AbCde"], &["a-AbCdE", "ab", "a-AbCdEfG"]);
        check("a.c", &["a.c"], &["abc"]);
        check("[a]", &["[a]"], &["a"]);
    }

    /// The examples of the page on `Resource`.
    #[test]
    fn the_documented_bucket_pattern_reaches_over_slashes() {
        check(
            "arn:aws:s3:::amzn-s3-demo-bucket/*/test/*",
            &[
                "arn:aws:s3:::amzn-s3-demo-bucket/1/test/object.jpg",
                "arn:aws:s3:::amzn-s3-demo-bucket/1/2/test/3/object.jpg",
                "arn:aws:s3:::amzn-s3-demo-bucket/1/2/3/test/object.jpg",
            ],
            &["arn:aws:s3:::amzn-s3-demo-bucket/1-test/object.jpg", "arn:aws:s3:::amzn-s3-demo-bucket/test/object.jpg"],
        );
        check(
            "arn:aws:iam::111122223333:user/accounting/*",
            &["arn:aws:iam::111122223333:user/accounting/a/b"],
            &["arn:aws:iam::111122223333:user/Accounting/a", "arn:aws:iam::111122223334:user/accounting/a"],
        );
    }

    #[test]
    fn an_arn_is_compared_part_by_part() {
        let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a/b-AbCdEf";
        assert!(arn_like("arn:aws:secretsmanager:*:*:secret:a/*", arn));
        assert!(arn_like("arn:*:secretsmanager:eu-*-1:1111*:*", arn));
        assert!(!arn_like("arn:aws:secretsmanager:*:secret:a/*", arn), "a wildcard does not stand for two parts");
        assert!(!arn_like("arn:aws:*", arn), "all six parts are needed");
        assert!(!arn_like("*", arn));
        assert!(!arn_like("arn:aws:secretsmanager:*:*:secret:a/*", "a/b"));
        assert!(!arn_like("arn:aws:secretsmanager:*:*:secret:A/*", arn));
    }
}
