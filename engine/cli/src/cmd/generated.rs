//! Updates a set of generated files in one directory, or, with `--check`, only compares them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use super::{DIRECTORY_HINT, failed, locked};
use crate::files::{self, FileSet, Staging, WriteError, Written};
use crate::lock::{Lock, Use};
use crate::output::{self, Streams};
use crate::plan::{self, Action, OnDisk};
use crate::render::Rendering;
use crate::{Context, Exit, staged};

/// The directory of generated files, and how the command treats it.
pub struct Generated<'a> {
    /// The directory.
    pub dir: &'a Path,
    /// Names of the generated files, and the marks that identify them as generated.
    pub set: FileSet,
    /// Change nothing, and show what is stale.
    pub check: bool,
    /// Whether the report is JSON.
    pub is_json: bool,
}

/// The files that a command generates. Each text is produced when it is needed and dropped afterwards, because all
/// texts together can be too large for memory.
pub trait Wanted {
    /// File names.
    fn names(&self) -> Vec<&str>;
    /// The text of one file.
    fn text(&self, name: &str) -> Cow<'_, str>;
}

impl Wanted for BTreeMap<String, String> {
    fn names(&self) -> Vec<&str> {
        self.keys().map(String::as_str).collect()
    }

    fn text(&self, name: &str) -> Cow<'_, str> {
        self[name].as_str().into()
    }
}

impl Wanted for Rendering<'_> {
    fn names(&self) -> Vec<&str> {
        Rendering::names(self)
    }

    fn text(&self, name: &str) -> Cow<'_, str> {
        Rendering::text(self, name).into()
    }
}

/// Outcome of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All files are up to date.
    Fresh,
    /// Files are stale, and `--check` was given.
    Stale,
    /// Something is in the place of a generated file.
    Refused,
    /// The user interrupted before anything was changed.
    Interrupted,
    /// The files were written.
    Written,
}

impl Ended {
    /// The word for JSON reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Refused => "refused",
            Self::Interrupted => "interrupted",
            Self::Written => "written",
        }
    }

    /// The exit code.
    #[must_use]
    pub const fn exit(self) -> Exit {
        match self {
            Self::Fresh | Self::Written => Exit::Done,
            Self::Stale => Exit::Stale,
            Self::Refused => Exit::Problems,
            Self::Interrupted => Exit::Interrupted,
        }
    }
}

/// The action for each file, and the outcome.
pub type Settled = (BTreeMap<String, Action>, Ended);

/// Why the command cannot go on: a file cannot be read or written, or a stream cannot be written.
enum GeneratedFault {
    Read(files::FileError),
    Write(WriteError),
    Print(io::Error),
}

impl From<files::FileError> for GeneratedFault {
    fn from(error: files::FileError) -> Self {
        Self::Read(error)
    }
}

impl From<WriteError> for GeneratedFault {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}

impl From<io::Error> for GeneratedFault {
    fn from(error: io::Error) -> Self {
        Self::Print(error)
    }
}

impl Generated<'_> {
    /// Writes the wanted files to the directory, or reports what is stale. If the directory cannot be read or written,
    /// reports that and returns the exit code as `Err`. Concurrent runs are serialized by a lock, so that each sees
    /// the result of the one before.
    ///
    /// # Errors
    ///
    /// If a stream cannot be written.
    pub fn settle(
        &self,
        wanted: &dyn Wanted,
        context: &Context<'_>,
        streams: &mut Streams<'_>,
    ) -> io::Result<Result<Settled, Exit>> {
        let _lock = match self.lock(context, streams)? {
            Ok(Some(lock)) => lock,
            Ok(None) => return Self::interrupted(BTreeMap::new(), streams).map(Ok),
            Err(exit) => return Ok(Err(exit)),
        };
        match self.settle_locked(wanted, context, streams) {
            Ok(settled) => Ok(Ok(settled)),
            Err(GeneratedFault::Read(error)) => failed(&error, DIRECTORY_HINT, self.is_json, streams).map(Err),
            Err(GeneratedFault::Write(error)) => failed(&error, DIRECTORY_HINT, self.is_json, streams).map(Err),
            Err(GeneratedFault::Print(error)) => Err(error),
        }
    }

    fn settle_locked(
        &self,
        wanted: &dyn Wanted,
        context: &Context<'_>,
        streams: &mut Streams<'_>,
    ) -> Result<Settled, GeneratedFault> {
        let mut step = context.steps.begin(format!("looking at {}", output::quoted(self.dir)));
        let names: BTreeSet<&str> = wanted.names().into_iter().collect();
        let found = files::look(self.dir, self.set, |name| names.contains(name))?;
        let is_refused = found.iter().any(|(name, on_disk)| self.is_in_the_way(name, on_disk));
        let mut staging = (!self.check && !is_refused).then(|| Staging::new(self.dir, self.set));
        // Before this run writes its first temporary file.
        let left = if staging.is_some() { staged::remove_leftovers(self.dir) } else { 0 };
        let mut actions = BTreeMap::new();
        for name in names.iter().copied().chain(found.keys().map(String::as_str)) {
            if staging.is_some() && (context.interrupted)() {
                return Ok(Self::interrupted(actions, streams)?);
            }
            if !actions.contains_key(name) {
                let new = names.contains(name).then(|| wanted.text(name));
                let action = self.decide(name, new.as_deref(), found.get(name), staging.as_mut())?;
                if self.check && !self.is_json && !is_refused {
                    output::print_diff(streams.out, action.diff())?;
                }
                actions.insert(name.to_owned(), action);
            }
        }
        step.found(output::decided(&actions));
        drop(step);
        let Some(staging) = staging else { return self.looked_at(actions, is_refused, streams) };
        let mut step = context.steps.begin(format!("writing to {}", output::quoted(self.dir)));
        if left > 0 {
            step.found(format_args!("removed {} of a run that was killed", output::count(left, "temporary file")));
        }
        match staging.finish(context.interrupted)? {
            Written::All => Ok((actions, Ended::Written)),
            Written::Interrupted => Ok(Self::interrupted(actions, streams)?),
        }
    }
    /// Whether a foreign file is in the place of a wanted file that is not optional.
    fn is_in_the_way(&self, name: &str, on_disk: &OnDisk) -> bool {
        matches!(on_disk, OnDisk::Foreign(_)) && !self.set.optional.contains(&name)
    }

    /// Decides what happens to a file. If it changes, its new text is staged beside its place.
    fn decide(
        &self,
        name: &str,
        new: Option<&str>,
        on_disk: Option<&OnDisk>,
        staging: Option<&mut Staging<'_>>,
    ) -> Result<Action, GeneratedFault> {
        let path = self.dir.join(name);
        let old = match on_disk {
            None => None,
            Some(OnDisk::Generated) => Some(files::text(&path, self.set)?),
            Some(OnDisk::Foreign(obstacle)) if self.set.optional.contains(&name) => {
                return Ok(Action::Leave(obstacle.clone()));
            }
            Some(OnDisk::Foreign(obstacle)) => return Ok(Action::Refuse(obstacle.clone())),
        };
        let is_reported = self.check || self.is_json;
        let diff = |old: &str, new: &str| if is_reported { output::diff(&path, old, new) } else { String::new() };
        let action = plan::decide(new, old.as_deref(), diff);
        if let Some(staging) = staging.filter(|_| action.changes()) {
            staging.add(name, old.as_deref(), new)?;
        }
        Ok(action)
    }

    /// Outcome of a run that writes nothing.
    fn looked_at(
        &self,
        actions: BTreeMap<String, Action>,
        is_refused: bool,
        streams: &mut Streams<'_>,
    ) -> Result<Settled, GeneratedFault> {
        if is_refused {
            output::obstacles(streams.err, self.dir, &actions)?;
            return Ok((actions, Ended::Refused));
        }
        let is_stale = actions.values().any(Action::changes);
        Ok((actions, if is_stale { Ended::Stale } else { Ended::Fresh }))
    }

    fn interrupted(actions: BTreeMap<String, Action>, streams: &mut Streams<'_>) -> io::Result<Settled> {
        output::interrupted(streams.err, "nothing was written")?;
        Ok((actions, Ended::Interrupted))
    }

    /// Locks the directory; `None` if the user interrupted. A missing directory is created, except with `--check`.
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
