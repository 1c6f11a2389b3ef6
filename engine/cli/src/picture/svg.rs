//! The graph of subjects and secrets as SVG. Each subject is a card with a line per grant, and a curve leads from the
//! line to the secret, so that labels do not overlap however many curves cross.

use std::collections::HashMap;
use std::fmt::Write as _;

use driftless_model::{Effect, Verb, is_printed};

use super::{Picture, words};

/// Width of a character in the monospaced font.
const CHARACTER: usize = 8;
const LINE: usize = 22;
const TITLE: usize = 30;
const GAP: usize = 14;
const MARGIN: usize = 24;
const SECRET: usize = 46;
/// Distance between the two columns.
const BETWEEN: usize = 220;
/// Longer names are cut, and shown completely as a tooltip.
const LONGEST: usize = 48;

const STYLE: &str = "\
svg { --ink: #1d2430; --soft: #5b6472; --line: #d7dce3; --card: #ffffff; --back: #f6f7f9; --read: #3467b8; --write: #a15c00; \
--delete: #b3261e; }
@media (prefers-color-scheme: dark) { svg { --ink: #e7eaf0; --soft: #a3acba; --line: #39414e; --card: #1d232c; --back: #14181f; \
--read: #86b1f5; --write: #e3ab5c; --delete: #f2938c; } }
text { font: 12.5px ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, monospace; fill: var(--ink); }
.soft { fill: var(--soft); } .end { text-anchor: end; } .name { font-weight: 600; } .back { fill: var(--back); }
.card { fill: var(--card); stroke: var(--line); } .edge { fill: none; stroke-width: 1.5; opacity: .6; }
.read { stroke: var(--read); } .write { stroke: var(--write); } .delete { stroke: var(--delete); }
text.read { fill: var(--read); stroke: none; } text.write { fill: var(--write); stroke: none; } \
text.delete { fill: var(--delete); stroke: none; }";

/// The start of a curve: its position at the right edge of a card.
type Port = (usize, usize);

/// The picture as SVG.
#[must_use]
pub fn svg(picture: &Picture<'_>) -> String {
    let lines = picture.grants.iter().map(|grant| words(&grant.verbs).len() + 3 + grant.of.id.len());
    let left_width = width(picture.subjects.iter().map(|it| it.to_string().len() + 8).chain(lines));
    let names = picture.secrets.iter().flat_map(|secret| [secret.id.as_str(), secret.name.as_str()]);
    let right_width = width(names.map(|name| name.chars().count()));
    let right = MARGIN + left_width + BETWEEN;
    let mut cards = String::new();
    let (ports, left_bottom) = subjects(picture, left_width, &mut cards);
    let (places, right_bottom) = secrets(picture, (right, right_width), &ports, &mut cards);
    let mut edges = String::new();
    for (grant, (x, y)) in picture.grants.iter().zip(&ports) {
        let (to, middle) = (places[&grant.secret], BETWEEN / 2);
        let class = class(&grant.verbs);
        let bend = x + middle;
        _ = writeln!(edges, "<path class=\"edge {class}\" d=\"M{x} {y}C{bend} {y} {bend} {to} {right} {to}\"/>");
    }
    let (width, height) = (right + right_width + MARGIN, left_bottom.max(right_bottom) + MARGIN - GAP);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"Who may do what with which secret\">\n<style>{STYLE}</style>\n\
         <rect class=\"back\" width=\"{width}\" height=\"{height}\"/>\n{edges}{cards}</svg>\n"
    )
}

/// Draws the cards on the left. Returns the start of each grant's curve, and the bottom of the column.
fn subjects(picture: &Picture<'_>, width: usize, cards: &mut String) -> (Vec<Port>, usize) {
    let (mut ports, mut y) = (Vec::with_capacity(picture.grants.len()), MARGIN);
    for (place, subject) in picture.subjects.iter().enumerate() {
        let lines = picture.of_subject(place).count();
        let height = TITLE + lines.max(1) * LINE + 6;
        *cards += &rect((MARGIN, y), (width, height));
        let kind = if subject.kind() == "handler" { String::new() } else { format!("{} ", subject.kind()) };
        *cards += &text((MARGIN + 12, y + 20), "name", &format!("{kind}{subject}"));
        if lines == 0 {
            *cards += &text((MARGIN + 12, y + TITLE + 15), "soft", "nothing");
        }
        for (line, grant) in picture.of_subject(place).enumerate() {
            let at = y + TITLE + line * LINE;
            let verbs = words(&grant.verbs);
            *cards += &text((MARGIN + 12, at + 15), class(&grant.verbs), &verbs);
            let room = ((width - 24) / CHARACTER).saturating_sub(verbs.len() + 2);
            *cards += &text((MARGIN + width - 12, at + 15), "soft end", &cut(&grant.of.id, room));
            ports.push((MARGIN + width, at + 11));
        }
        y += height + GAP;
    }
    (ports, y)
}

/// Draws the cards on the right, each as close as possible to the middle of its curves. Also returns the bottom of the
/// column.
fn secrets(
    picture: &Picture<'_>,
    (x, width): (usize, usize),
    ports: &[Port],
    cards: &mut String,
) -> (HashMap<usize, usize>, usize) {
    let mut sums: Vec<(usize, usize)> = vec![(0, 0); picture.secrets.len()];
    for (grant, (_, y)) in picture.grants.iter().zip(ports) {
        let (sum, number) = &mut sums[grant.secret];
        (*sum, *number) = (*sum + y, *number + 1);
    }
    // The average height of a secret's curves; secrets without curves come last.
    let wanted = |place: usize| sums[place].0.checked_div(sums[place].1).unwrap_or(usize::MAX);
    let mut order: Vec<usize> = (0..picture.secrets.len()).collect();
    order.sort_by_key(|place| (wanted(*place), *place));
    let (mut places, mut free) = (HashMap::new(), MARGIN);
    for place in order {
        let is_used = sums[place].1 > 0;
        let y = if is_used { free.max(wanted(place).saturating_sub(SECRET / 2)) } else { free };
        let secret = picture.secrets[place];
        *cards += &rect((x, y), (width, SECRET));
        *cards += &text((x + 12, y + 19), "name", &secret.id);
        *cards += &text((x + 12, y + 36), "soft", secret.name.as_str());
        places.insert(place, y + SECRET / 2);
        free = y + SECRET + GAP;
    }
    (places, free)
}

fn width(lengths: impl Iterator<Item = usize>) -> usize {
    lengths.max().unwrap_or_default().clamp(12, LONGEST) * CHARACTER + 24
}

/// The CSS class of the most far-reaching verb.
fn class(verbs: &[Verb]) -> &'static str {
    let effects = || verbs.iter().map(|verb| verb.effect());
    if effects().any(|effect| effect == Effect::Delete) {
        "delete"
    } else if effects().all(|effect| matches!(effect, Effect::Read | Effect::Describe)) {
        "read"
    } else {
        "write"
    }
}

fn rect((x, y): (usize, usize), (width, height): (usize, usize)) -> String {
    format!("<rect class=\"card\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>\n")
}

fn text((x, y): (usize, usize), class: &str, words: &str) -> String {
    let shown = escaped(&cut(words, LONGEST));
    let title =
        if words.chars().count() > LONGEST { format!("<title>{}</title>", escaped(words)) } else { String::new() };
    format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{title}{shown}</text>\n")
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

fn escaped(text: &str) -> String {
    let plain = text.replace(|char| !is_printed(char), " ");
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn no_text_ends_its_element() {
        let hostile = "</text><script>a & b\"\n";
        assert_eq!(
            text((1, 2), "name", hostile),
            "<text class=\"name\" x=\"1\" y=\"2\">&lt;/text&gt;&lt;script&gt;a &amp; b&quot; </text>\n"
        );
        let long = text((1, 2), "name", &"<".repeat(60));
        assert_eq!((long.matches("<title>").count(), long.matches("&lt;").count()), (1, 60 + 47), "{long}");
    }
}
