//! Finds the line of a grant in the source of a spec that `declare!` reads.

/// The number of the line, starting at 1, on which the grant of a handler on a secret begins. `None` if the text does not show
/// it plainly.
#[must_use]
pub fn line_of_grant(source: &str, handler: &str, secret: &str) -> Option<usize> {
    let word = |line: &str, word: &str, after: &str| {
        line.trim_start().strip_prefix(word).is_some_and(|rest| rest.trim_start().starts_with(after))
    };
    let mut lines = source.lines().enumerate().skip_while(|(_, line)| !word(line, handler, "="));
    let (first, opened) = lines.next()?;
    // The grants begin after the brace, which can be on a later line.
    let one_line = opened.split_once('{').is_some_and(|(_, grants)| word(grants, secret, ":"));
    if one_line {
        return Some(first + 1);
    }
    let inside = lines.take_while(|(_, line)| !line.trim_start().starts_with('}'));
    inside.into_iter().find(|(_, line)| word(line, secret, ":")).map(|(number, _)| number + 1)
}

#[cfg(test)]
mod tests {
    use super::line_of_grant;

    #[test]
    fn a_grant_is_found_in_its_own_handler() {
        let source = "\
handlers {
    /// Token: read
    Reader = \"reader\" {
        // Token: old
        Other: read;
        Token: read;
    }
    Writer = \"writer\", role: existing(x)
    {
        Token: store;
    }
    Short = \"short\" { Token: read; }
}
";
        for (handler, secret, expected) in [
            ("Reader", "Token", Some(6)),
            ("Reader", "Other", Some(5)),
            ("Writer", "Token", Some(10)),
            ("Writer", "Other", None),
            ("Short", "Token", Some(12)),
            ("Read", "Token", None),
            ("None", "Token", None),
        ] {
            assert_eq!(line_of_grant(source, handler, secret), expected, "{handler}: {secret}");
        }
        assert_eq!(line_of_grant("", "A", "B"), None);
    }
}
