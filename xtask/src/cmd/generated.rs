//! A set of generated files in one directory, which a command brings up to date or, with `--check`, only looks at.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::{DIRECTORY_HINT, failed};
use crate::files::{self, Written};
use crate::output::{self, Streams};
use crate::plan::{self, Action};
use crate::{Context, Exit};

/// Where generated files go, and whose they are.
pub struct Generated<'a> {
    /// Their directory.
    pub dir: &'a Path,
    /// What the first line of each starts with: with one of these.
    pub headers: &'static [&'static str],
    /// The names that are of this set, wanted or left over.
    pub owns: fn(&str) -> bool,
    /// Change nothing, and show what is stale.
    pub check: bool,
    /// Whether a program reads the report.
    pub is_json: bool,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Fresh,
    Stale,
    Refused,
    Interrupted,
    Written,
}

impl Ended {
    /// The word for programs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Refused => "refused",
            Self::Interrupted => "interrupted",
            Self::Written => "written",
        }
    }

    /// How the command ends.
    pub const fn exit(self) -> Exit {
        match self {
            Self::Fresh | Self::Written => Exit::Done,
            Self::Stale => Exit::Stale,
            Self::Refused => Exit::Problems,
            Self::Interrupted => Exit::Interrupted,
        }
    }
}

/// What had to happen to each file, and how it ended.
pub type Settled = (BTreeMap<String, Action>, Ended);

impl Generated<'_> {
    /// Has the directory hold the wanted files, or says what is stale. `Err` where it cannot be read or written, which is said
    /// then.
    pub fn settle(
        &self,
        wanted: BTreeMap<String, String>,
        context: &Context<'_>,
        streams: &mut Streams<'_>,
    ) -> io::Result<Result<Settled, Exit>> {
        let mut step = context.steps.begin(format!("looking at {}", output::quoted(self.dir)));
        let found = files::read(self.dir, self.headers, |name| wanted.contains_key(name));
        let mut found = match found {
            Ok(found) => found,
            Err(error) => return failed(&error, DIRECTORY_HINT, self.is_json, streams).map(Err),
        };
        found.retain(|name, _| (self.owns)(name));
        let actions = plan::compare(wanted, found);
        step.found(output::decided(&actions));
        drop(step);
        let is_fresh = actions.values().all(|action| *action == Action::Keep);
        if actions.values().any(|action| matches!(action, Action::Refuse(_))) {
            output::obstacles(streams.err, self.dir, &actions)?;
            return Ok(Ok((actions, Ended::Refused)));
        }
        if self.check {
            if !self.is_json {
                output::diffs(streams.out, self.dir, &actions)?;
            }
            return Ok(Ok((actions, if is_fresh { Ended::Fresh } else { Ended::Stale })));
        }
        let written = {
            let _step = context.steps.begin(format!("writing to {}", output::quoted(self.dir)));
            files::write(self.dir, self.headers, &actions, context.interrupted)
        };
        match written {
            Err(error) => failed(&error, DIRECTORY_HINT, self.is_json, streams).map(Err),
            Ok(Written::All) => Ok(Ok((actions, Ended::Written))),
            Ok(Written::Interrupted) => {
                output::interrupted(streams.err, "nothing was written")?;
                Ok(Ok((actions, Ended::Interrupted)))
            }
        }
    }
}
