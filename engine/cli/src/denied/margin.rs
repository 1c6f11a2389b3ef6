//! Removes what programs write before and behind each line of a text: the time and host of a log, the name of a
//! container, line numbers, the borders of a box, the quotes of a list of lines.

use super::marks::FULL;

/// A prefix that is shorter than this counts as a margin only if many lines have it.
const SURE: usize = 8;

/// The number of consecutive lines that have to have a short margin.
const MANY: usize = 3;

/// Words and signs of messages and of the texts that quote them.
const WORDS: [&str; 16] = [
    "\\",
    "user",
    "arn:",
    "secret:",
    "secretsmanager",
    "because",
    "policy",
    "author",
    "perform",
    "resource",
    "action",
    "\"",
    "'",
    "`",
    "{",
    "=",
];

/// Removes the margins of every run of lines.
pub(super) fn without_common_margins(text: &str) -> String {
    let lines = without_borders(text.split('\n').map(str::to_owned).collect());
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mut kept: Vec<String> = Vec::with_capacity(lines.len());
    let mut rest = &lines[..];
    while !rest.is_empty() {
        let (number, cuts) = run(rest);
        kept.extend(rest[..number].iter().zip(cuts).map(|(line, cut)| line[cut..].to_owned()));
        rest = &rest[number..];
    }
    without_quotes(&kept).join("\n")
}

/// The characters of a line with every run of digits as one `0`, each with the byte at which it ends.
fn shape(line: &str) -> Vec<(char, usize)> {
    let mut shape: Vec<(char, usize)> = Vec::new();
    for (at, char) in line.char_indices() {
        let (char, end) = (if char.is_ascii_digit() { '0' } else { char }, at + char.len_utf8());
        match shape.last_mut() {
            Some(last) if char == '0' && last.0 == '0' => last.1 = end,
            // Numbers and names are aligned with blanks.
            Some(last) if char == ' ' && last.0 == ' ' => last.1 = end,
            _ => shape.push((char, end)),
        }
    }
    shape
}

/// The first lines that have a common margin, and where it ends in each; one line without a cut if there is none.
fn run(lines: &[&str]) -> (usize, Vec<usize>) {
    /// No margin is longer.
    const LONGEST: usize = 120;
    let first = shape(lines[0].get(..LONGEST).unwrap_or(lines[0]));
    let mut length = margin(&first, first.len());
    let mut shapes = vec![first];
    for line in &lines[1..] {
        let next = shape(line.get(..LONGEST).unwrap_or(line));
        let common = shapes[0].iter().zip(&next).take_while(|(one, other)| one.0 == other.0).count();
        let shorter = margin(&shapes[0], common.min(length));
        if shorter == 0 || shapes.len() >= MANY && shorter < length {
            break;
        }
        length = shorter;
        shapes.push(next);
    }
    // Two lines can begin with the same part of a message.
    let of = &shapes[0][..length];
    let is_of_a_log =
        of.iter().any(|(char, _)| matches!(char, '0' | '[')) && !matches!(of.last(), Some((':' | '-', _)));
    let is_sure = shapes.len() >= MANY || length >= SURE && shapes.len() > 1 && is_of_a_log;
    if !is_sure || length == 0 {
        return (1, vec![0]);
    }
    let cuts = shapes.iter().map(|shape| shape[length - 1].1);
    (shapes.len(), cuts.collect())
}

/// The length of the longest margin in the first characters of a line. A margin ends in a blank or a sign, has a digit or a
/// sign in it, and contains no part of a message.
fn margin(shape: &[(char, usize)], most: usize) -> usize {
    let text: String = shape[..most].iter().map(|(char, _)| *char).collect();
    let small = text.to_ascii_lowercase();
    let message = WORDS.iter().filter_map(|word| small.find(word)).min();
    let before = message.map_or(most, |end| text[..end].chars().count());
    // `arn:aws` and `kms:Decrypt` are parts of a message too, also where a line begins within them.
    let is_part = |at: &usize| {
        let is_before = |wanted: char| *at > 0 && shape[at - 1].0 == wanted;
        let is_behind = shape.get(at + 1).is_some_and(|(next, _)| next.is_alphabetic());
        shape[*at].0 == ':' && is_behind && !is_before('0')
    };
    let before = (0..before).find(is_part).unwrap_or(before);
    let is_end = |at: usize| match shape[at].0 {
        ' ' | '\t' => at > 0,
        '|' | '>' | ']' => true,
        ':' | '-' => at == 0 || shape[at - 1].0 == '0' && at > 2,
        '+' => at == 0,
        _ => false,
    };
    let is_of_a_margin = |end: usize| {
        let of = &shape[..end];
        of.iter().any(|(char, _)| !char.is_alphabetic() && !matches!(char, ' ' | '\t')) || end <= 3
    };
    (1..=before).rev().find(|end| is_end(end - 1) && is_of_a_margin(*end)).unwrap_or_default()
}

/// Removes the right border of boxes. A line that fills its box is marked as wrapped there.
fn without_borders(lines: Vec<String>) -> Vec<String> {
    let border = |line: &str| {
        let line = line.trim();
        let (first, last) = (line.chars().next()?, line.chars().next_back()?);
        let is_border = matches!(first, '|' | '*' | '\u{2502}' | '\u{2503}' | '\u{2551}');
        (is_border && first == last && line.len() > 2 * first.len_utf8()).then_some(first)
    };
    let mut lines = lines;
    let mut at = 0;
    while at < lines.len() {
        let Some(sign) = border(&lines[at]) else {
            at += 1;
            continue;
        };
        let number = lines[at..].iter().take_while(|line| border(line) == Some(sign)).count();
        let of_box = &mut lines[at..at + number];
        if number > 1 {
            let inner: Vec<String> = of_box.iter().map(|line| line.trim().trim_end_matches(sign).to_owned()).collect();
            let blanks = |line: &str| line.len() - line.trim_end_matches(' ').len();
            let padding = inner.iter().map(|line| blanks(line)).min().unwrap_or_default();
            for (line, inner) in of_box.iter_mut().zip(inner) {
                let mark = if blanks(&inner) == padding { String::from(FULL) } else { String::new() };
                *line = inner.trim_end_matches(' ').to_owned() + &mark;
            }
        }
        at += number;
    }
    lines
}

/// Removes the quotes of lines that are each one string of a list.
fn without_quotes(lines: &[String]) -> Vec<String> {
    let inside = |line: &str| {
        let line = line.trim();
        let text = line.strip_suffix(',').unwrap_or(line).strip_prefix('"')?.strip_suffix('"')?;
        (!text.contains('"')).then(|| text.to_owned())
    };
    let all: Vec<Option<String>> = lines.iter().map(|line| inside(line)).collect();
    let is_one = |at: usize| all.get(at).is_some_and(Option::is_some);
    let is_of_a_list = |at: usize| is_one(at) && (is_one(at + 1) || at > 0 && is_one(at - 1));
    let text = |(at, line): (usize, &String)| {
        let text = all[at].as_ref().filter(|_| is_of_a_list(at));
        text.map_or_else(|| line.clone(), |text| text.trim_end_matches("\\n").to_owned())
    };
    lines.iter().enumerate().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::without_common_margins;

    #[track_caller]
    fn check(prefixes: [&str; 3]) {
        let words = ["User: x is not", "authorized to perform:", "a:B on resource"];
        let text: Vec<String> = prefixes.iter().zip(words).map(|(prefix, word)| format!("{prefix}{word}")).collect();
        assert_eq!(without_common_margins(&text.join("\n")), words.join("\n"), "{}", prefixes[0]);
    }

    #[test]
    fn what_a_program_writes_before_each_line_is_removed() {
        for prefix in [
            "Feb  3 10:11:12 host app[123]: ",
            "app-1  | ",
            "2026-02-03T10:11:12.123456789Z stderr F ",
            "[10:11:12] ",
            "[ERROR] ",
            "npm ERR! ",
            "+",
            "-- ",
            "log.txt-12-",
        ] {
            check([prefix; 3]);
        }
        check(["    9  ", "   10  ", "   11  "]);
        check(["log.txt:9:", "log.txt:10:", "log.txt:11:"]);
    }

    #[test]
    fn parts_of_messages_are_no_margin() {
        for text in [
            "User: arn:aws:iam::1:user/a is\nUser: arn:aws:iam::1:user/b is\nUser: arn:aws:iam::1:user/c is",
            "`fetch` cannot read `A`\n`fetch` cannot read `B`\n`fetch` cannot read `C`",
            "arn:aws:x\narn:aws:y\narn:aws:z",
            "one",
            "",
        ] {
            assert_eq!(without_common_margins(text), text);
        }
    }

    #[test]
    fn the_right_border_of_a_box_goes_and_full_lines_are_marked() {
        let text = "| abcd |\n| ab   |\n| abcd |";
        assert_eq!(without_common_margins(text), "| abcd\u{1}\n| ab\n| abcd\u{1}".replace("| ", ""));
    }
}
