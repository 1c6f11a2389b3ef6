//! Names to ask about: members of everything in a spec, and what lies close beside them.

use std::collections::BTreeSet;

use paypulse_runtime::model::{SecretSpec, Spec};

/// Keys to fill placeholders with: the shortest, the longest, ones that look like other parts of a name or an ARN.
const KEYS: [&str; 6] = [
    "7",
    "jane.doe+x@example.com",
    "A_b=c-D",
    "-AbCdEf",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "login-backup",
];

/// Names of members: the one name of a fixed secret, several of a family.
pub fn members(secret: &SecretSpec) -> Vec<String> {
    let pieces: Vec<&str> = secret.name.as_str().split(['{', '}']).collect();
    let fill = |start: usize| -> String {
        let piece = |(at, piece): (usize, &&str)| match at % 2 {
            0 => (*piece).to_owned(),
            _ => KEYS[(start + at / 2) % KEYS.len()].to_owned(),
        };
        pieces.iter().enumerate().map(piece).collect()
    };
    let count = if pieces.len() == 1 { 1 } else { KEYS.len() };
    (0..count).map(fill).collect()
}

/// Every name to ask about.
pub fn names(spec: &Spec) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = spec.secrets.iter().flat_map(members).collect();
    for secret in &spec.secrets {
        names.extend(near_misses(&members(secret)[0]));
        let template = secret.name.as_str();
        if let Some((start, _)) = template.split_once('{') {
            // What stands before the first placeholder, and the family's own path.
            names.extend([start.to_owned(), start.trim_end_matches('/').to_owned()]);
            // The text around a placeholder is right, but the placeholder is empty, or more than a key.
            for filling in ["", "a/b", "a/../b", "/"] {
                let filled = template
                    .split('{')
                    .map(|it| it.split_once('}').map_or(it.to_owned(), |(_, t)| filling.to_owned() + t));
                names.insert(filled.collect());
            }
        }
    }
    names.extend(["other/app/key", "prod", "a", "/"].map(str::to_owned));
    names.remove("");
    names
}

fn near_misses(name: &str) -> Vec<String> {
    let mut misses = vec![
        format!("{name}x"),
        format!("{name}-"),
        format!("{name}/"),
        format!("{name}/deeper"),
        format!("{name}-backup"),
        format!("{name}-backups"),
        format!("{name}-AbCdEf"),
        format!("x{name}"),
        format!("/{name}"),
        format!("other/{name}"),
        format!("{name}/{name}"),
        name.to_uppercase(),
        name.to_lowercase(),
        name[1..].to_owned(),
        name[..name.len() - 1].to_owned(),
        name.replace('/', "-"),
    ];
    misses.extend(name.match_indices(['/', '-', '.']).map(|(at, _)| name[..at].to_owned()));
    misses.extend(name.match_indices('/').map(|(at, _)| name[at + 1..].to_owned()));
    // One character changed, at the start, within and at the end; each path segment pushed aside.
    for at in [0, name.len() / 2, name.len() - 1] {
        let other = if name[at..].starts_with('z') { "y" } else { "z" };
        misses.push(format!("{}{other}{}", &name[..at], &name[at + 1..]));
    }
    misses.extend(name.match_indices('/').map(|(at, _)| format!("{}s{}", &name[..at], &name[at..])));
    misses.extend(name.match_indices('/').map(|(at, _)| format!("{}/x{}", &name[..at], &name[at..])));
    misses
}
