//! A set of generated files in one directory, which a command brings up to date or, with `--check`, only looks at.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::{DIRECTORY_HINT, failed, locked};
use crate::files::{self, Set, WriteError, Written};
use crate::lock::{Lock, Use};
use crate::output::{self, Streams};
use crate::plan::{self, Action};
use crate::{Context, Exit, staged};

/// Where generated files go, and whose they are.
pub struct Generated<'a> {
    /// Their directory.
    pub dir: &'a Path,
    /// What they are called, and how each says whose it is.
    pub set: Set,
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
    /// then. Of several runs at once each finds what another has left when it was done.
    pub fn settle(
        &self,
        wanted: BTreeMap<String, String>,
        context: &Context<'_>,
        streams: &mut Streams<'_>,
    ) -> io::Result<Result<Settled, Exit>> {
        let _lock = match self.lock(context, streams)? {
            Ok(Some(lock)) => lock,
            Ok(None) => return Self::interrupted(BTreeMap::new(), streams),
            Err(exit) => return Ok(Err(exit)),
        };
        let mut step = context.steps.begin(format!("looking at {}", output::quoted(self.dir)));
        let found = match files::read(self.dir, self.set, |name| wanted.contains_key(name)) {
            Ok(found) => found,
            Err(error) => return failed(&error, DIRECTORY_HINT, self.is_json, streams).map(Err),
        };
        let actions = plan::compare(wanted, found, self.set.optional);
        step.found(output::decided(&actions));
        drop(step);
        if actions.values().any(|action| matches!(action, Action::Refuse(_))) {
            output::obstacles(streams.err, self.dir, &actions)?;
            return Ok(Ok((actions, Ended::Refused)));
        }
        if self.check {
            if !self.is_json {
                output::diffs(streams.out, self.dir, &actions)?;
            }
            let is_stale = actions.values().any(Action::changes);
            return Ok(Ok((actions, if is_stale { Ended::Stale } else { Ended::Fresh })));
        }
        match self.write(&actions, context) {
            Err(error) => failed(&error, DIRECTORY_HINT, self.is_json, streams).map(Err),
            Ok(Written::All) => Ok(Ok((actions, Ended::Written))),
            Ok(Written::Interrupted) => Self::interrupted(actions, streams),
        }
    }

    fn write(&self, actions: &BTreeMap<String, Action>, context: &Context<'_>) -> Result<Written, WriteError> {
        let mut step = context.steps.begin(format!("writing to {}", output::quoted(self.dir)));
        let left = staged::remove_leftovers(self.dir);
        if left > 0 {
            step.found(format_args!("removed {} of a run that was killed", output::count(left, "temporary file")));
        }
        files::write(self.dir, self.set, actions, context.interrupted)
    }

    fn interrupted(actions: BTreeMap<String, Action>, streams: &mut Streams<'_>) -> io::Result<Result<Settled, Exit>> {
        output::interrupted(streams.err, "nothing was written")?;
        Ok(Ok((actions, Ended::Interrupted)))
    }

    /// The directory's lock; `None` where the user has stopped it. A directory that is not there is made, unless nothing is
    /// to be written.
    fn lock(&self, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Result<Option<Lock>, Exit>> {
        let purpose = if self.check { Use::Read } else { Use::Write };
        if self.check && !self.dir.exists() {
            return Ok(Ok(Some(Lock::default())));
        }
        if !self.check && (context.interrupted)() {
            return Ok(Ok(None));
        }
        match locked(self.dir, purpose, context, streams) {
            Ok(lock) => Ok(Ok(lock)),
            Err(error) => failed(&error, DIRECTORY_HINT, self.is_json, streams).map(Err),
        }
    }
}
