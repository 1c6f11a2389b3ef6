//! Which version of a secret a request may read, worked out from the documentation's words: as soon as one handler may read the
//! previous version of a secret, every other verb but `rotate` reads its current one alone.

use paypulse_runtime::model::{HandlerSpec, Spec, Verb};

use super::condition::Context;
use super::grants::{Standing, Standings, of_role, reads};

/// What a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Current,
    Previous,
    Pending,
    /// A version by its id, which can be any.
    ById,
    /// An id, which has to be the previous version's.
    PreviousById,
}

pub const ALL: [Asked; 5] = [Asked::Current, Asked::Previous, Asked::Pending, Asked::ById, Asked::PreviousById];

impl Asked {
    /// What a condition sees of it.
    pub fn context(self) -> Context {
        let id = || ("secretsmanager:VersionId", "00000000-0000-4000-8000-000000000001");
        let stage = |stage| ("secretsmanager:VersionStage", stage);
        let entries = match self {
            Self::Current => vec![stage("AWSCURRENT")],
            Self::Previous => vec![stage("AWSPREVIOUS")],
            Self::Pending => vec![stage("AWSPENDING")],
            Self::ById => vec![id()],
            Self::PreviousById => vec![stage("AWSPREVIOUS"), id()],
        };
        entries.into_iter().map(|(key, value)| (key.to_owned(), vec![value.to_owned()])).collect()
    }
}

/// How a name stands to what a handler may read this version of.
pub fn granted(spec: &Spec, standings: &Standings<'_>, handler: &HandlerSpec, asked: Asked) -> Standing {
    let grants = || spec.handlers.iter().flat_map(|handler| &handler.grants);
    let is_apart = |id: &str| grants().any(|grant| grant.secret == id && grant.verbs.contains(&Verb::ReadPrevious));
    let may = |secret: &str, verb: Verb| match verb {
        Verb::ReadPrevious => matches!(asked, Asked::Previous | Asked::PreviousById),
        Verb::Rotate => true,
        verb => reads(verb) && (asked == Asked::Current || !is_apart(secret)),
    };
    let granted = of_role(spec, handler).filter(|grant| grant.verbs.iter().any(|verb| may(&grant.secret, *verb)));
    let standings = granted.filter_map(|grant| standings.get(grant.secret.as_str()).copied());
    standings.max().unwrap_or(Standing::Stranger)
}
