//! In what two fingerprints differ: what the code was compiled for against what the infrastructure was applied for.

use std::fmt;

use super::{Fingerprint, Part, Secrets};
use crate::model::problem::shown;

/// One thing in which the code and the infrastructure that was applied differ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The fingerprint that was given is none, or one of another release.
    Unreadable,
    /// It is that of another handler.
    Handler {
        /// That handler's name.
        applied: String,
    },
    /// One has environments told apart by prefixes and the other has not, or the prefix is in another variable.
    Prefixes,
    /// The code has a grant that the infrastructure has not.
    NotApplied {
        /// The secret's id.
        secret: String,
        /// The verbs of the grant.
        verbs: String,
    },
    /// The infrastructure has a grant that the code has not.
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
    /// The payloads of a secret's value differ.
    Payload {
        /// The secret's id.
        secret: String,
    },
    /// The key that encrypts a secret differs.
    Key {
        /// The secret's id.
        secret: String,
    },
    /// The region that a secret is in differs.
    Region {
        /// The secret's id.
        secret: String,
    },
    /// The regions of the copies of a secret that are read differ.
    Copies {
        /// The secret's id.
        secret: String,
    },
    /// The fingerprint had no room to say of which secret something differs.
    Unnamed {
        /// What differs: the names, the verbs, the payloads, or the keys or regions.
        what: &'static str,
    },
}

impl Fingerprint {
    /// In what this one, which is of the code, differs from that of the infrastructure. Whatever that text is, it is read as far
    /// as it is a fingerprint.
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

    /// Where the names differ, so does all that is counted with them.
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

/// A secret is the same by its name; else one that is called alike, and has another name.
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
            Self::Unreadable => f.write_str("the fingerprint that is given is none that this program can read"),
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
