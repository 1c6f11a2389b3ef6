//! Differences between two fingerprints: that of the compiled code and that of the applied infrastructure.

use std::fmt;

use super::{Fingerprint, Part, Secrets};
use crate::problem::shown;

/// One difference between the code and the applied infrastructure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The applied fingerprint is malformed, or has the format of another release.
    Unreadable,
    /// The fingerprint belongs to another handler.
    Handler {
        /// That handler's name.
        applied: String,
    },
    /// Only one side has environments with prefixes, or the two take the prefix from different variables.
    Prefixes,
    /// The code has a grant that the infrastructure does not have.
    NotApplied {
        /// The secret's id.
        secret: String,
        /// The verbs of the grant.
        verbs: String,
    },
    /// The infrastructure has a grant that the code does not have.
    NotCompiled {
        /// The secret's id.
        secret: String,
        /// The verbs of the grant.
        verbs: String,
    },
    /// The verbs of a grant differ.
    Verbs {
        /// The secret's id.
        secret: String,
        /// The verbs that the code has.
        compiled: String,
        /// The verbs that the infrastructure has.
        applied: String,
    },
    /// A secret's name differs.
    Name {
        /// The secret's id.
        secret: String,
    },
    /// The payload types of a secret differ.
    Payload {
        /// The secret's id.
        secret: String,
    },
    /// The key that encrypts a secret differs.
    Key {
        /// The secret's id.
        secret: String,
    },
    /// The region of a secret differs.
    Region {
        /// The secret's id.
        secret: String,
    },
    /// The regions of the copies of a secret that are read differ.
    Copies {
        /// The secret's id.
        secret: String,
    },
    /// The fingerprint is in its short form, which does not tell which secret differs.
    Unnamed {
        /// What differs: the names, the verbs, the payloads, or the keys or regions.
        what: &'static str,
    },
}

impl Fingerprint {
    /// The differences between this fingerprint, which is that of the code, and that of the infrastructure. `applied`
    /// can be any text; a malformed one is reported as a difference.
    #[must_use]
    pub fn differences(&self, applied: &str) -> Vec<Difference> {
        let Ok(applied) = applied.parse::<Self>() else { return vec![Difference::Unreadable] };
        if self.handler != applied.handler {
            return vec![Difference::Handler { applied: applied.handler }];
        }
        let mut differences = Vec::new();
        if self.prefix_variable != applied.prefix_variable {
            differences.push(Difference::Prefixes);
        }
        match (&self.secrets, &applied.secrets) {
            (Secrets::Each(here), Secrets::Each(there)) => each(here, there, &mut differences),
            _ => self.together(&applied, &mut differences),
        }
        differences
    }

    /// Compares the totals. If the names differ, all other totals differ too, so only the names are reported.
    fn together(&self, applied: &Self, differences: &mut Vec<Difference>) {
        let (here, there) = (self.totals(), applied.totals());
        let mut unnamed = |what| differences.push(Difference::Unnamed { what });
        if here.names != there.names {
            return unnamed("names");
        }
        let rest = [
            ("verbs", here.verbs, there.verbs),
            ("payloads", here.payloads, there.payloads),
            ("keys or regions", here.keys, there.keys),
        ];
        rest.into_iter().filter(|(_, here, there)| here != there).for_each(|(what, ..)| unnamed(what));
    }
}

/// Pairs secrets by name. Secrets that remain on both sides are paired by id: they were renamed.
fn each(here: &[Part], there: &[Part], differences: &mut Vec<Difference>) {
    let by_name = |part: &&Part, parts: &[Part]| parts.iter().any(|other| other.name == part.name);
    let moved: Vec<&Part> = there.iter().filter(|part| !by_name(part, here)).collect();
    let mut taken = Vec::new();
    for compiled in here {
        let same = there.iter().find(|part| part.name == compiled.name);
        if let Some(applied) = same.or_else(|| moved.iter().copied().find(|part| part.id == compiled.id)) {
            taken.push(applied.name);
            between(compiled, applied, differences);
        } else {
            let verbs = words(&compiled.verbs);
            differences.push(Difference::NotApplied { secret: compiled.id.clone(), verbs });
        }
    }
    let more = moved.into_iter().filter(|part| !taken.contains(&part.name));
    let more = more.map(|part| Difference::NotCompiled { secret: part.id.clone(), verbs: words(&part.verbs) });
    differences.extend(more);
}

fn between(compiled: &Part, applied: &Part, differences: &mut Vec<Difference>) {
    let secret = || compiled.id.clone();
    if compiled.verbs != applied.verbs {
        let (compiled, applied) = (words(&compiled.verbs), words(&applied.verbs));
        differences.push(Difference::Verbs { secret: secret(), compiled, applied });
    }
    if compiled.name != applied.name {
        differences.push(Difference::Name { secret: secret() });
    }
    if compiled.payload != applied.payload {
        differences.push(Difference::Payload { secret: secret() });
    }
    if compiled.key != applied.key {
        differences.push(Difference::Key { secret: secret() });
    }
    if compiled.region != applied.region {
        differences.push(Difference::Region { secret: secret() });
    }
    if compiled.copies != applied.copies {
        differences.push(Difference::Copies { secret: secret() });
    }
}

fn words(verbs: &str) -> String {
    verbs.replace('+', ", ")
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("the fingerprint that is given cannot be read by this program"),
            Self::Handler { applied } => write!(f, "the fingerprint that is given is that of {}", shown(applied)),
            Self::Prefixes => {
                f.write_str("the prefix of an environment is another variable's, or only one has prefixes")
            }
            Self::NotApplied { secret, verbs } => {
                write!(f, "the grant {} on {} is not applied", shown(verbs), shown(secret))
            }
            Self::NotCompiled { secret, verbs } => {
                write!(f, "the grant {} on {} is applied, and this program has none", shown(verbs), shown(secret))
            }
            Self::Verbs { secret, compiled, applied } => {
                let (secret, compiled, applied) = (shown(secret), shown(compiled), shown(applied));
                write!(f, "the grant on {secret} is {compiled} here, and {applied} is applied")
            }
            Self::Name { secret } => write!(f, "{} has another name", shown(secret)),
            Self::Payload { secret } => write!(f, "{} has another payload", shown(secret)),
            Self::Key { secret } => write!(f, "{} has another key", shown(secret)),
            Self::Region { secret } => write!(f, "{} is in another region", shown(secret)),
            Self::Copies { secret } => write!(f, "{} is read from copies in other regions", shown(secret)),
            Self::Unnamed { what } => {
                write!(f, "the {what} of its secrets differ, and the fingerprint is too short to say which")
            }
        }
    }
}
