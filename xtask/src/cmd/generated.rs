//! A set of generated files in one directory, which a command brings up to date or, with `--check`, only looks at.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use super::{DIRECTORY_HINT, failed, locked};
use crate::files::{self, Set, Staging, WriteError, Written};
use crate::lock::{Lock, Use};
use crate::output::{self, Streams};
use crate::plan::{self, Action, OnDisk};
use crate::render::Rendering;
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

/// The files that a command wants. Each text is asked for when it is needed, and held no longer: all of them together can be
/// larger than memory should hold.
pub trait Wanted {
    /// What they are called.
    fn names(&self) -> Vec<&str>;
    /// The text of one of them.
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

/// What stops it: something that cannot be read, written or printed.
enum Fault {
    Read(files::FileError),
    Write(WriteError),
    Print(io::Error),
}

impl From<files::FileError> for Fault {
    fn from(error: files::FileError) -> Self {
        Self::Read(error)
    }
}

impl From<WriteError> for Fault {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Print(error)
    }
}

impl Generated<'_> {
    /// Has the directory hold the wanted files, or says what is stale. `Err` where it cannot be read or written, which is said
    /// then. Of several runs at once each finds what another has left when it was done.
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
            Err(Fault::Read(error)) => failed(&error, DIRECTORY_HINT, self.is_json, streams).map(Err),
            Err(Fault::Write(error)) => failed(&error, DIRECTORY_HINT, self.is_json, streams).map(Err),
            Err(Fault::Print(error)) => Err(error),
        }
    }

    fn settle_locked(
        &self,
        wanted: &dyn Wanted,
        context: &Context<'_>,
        streams: &mut Streams<'_>,
    ) -> Result<Settled, Fault> {
        let mut step = context.steps.begin(format!("looking at {}", output::quoted(self.dir)));
        let names: BTreeSet<&str> = wanted.names().into_iter().collect();
        let found = files::look(self.dir, self.set, |name| names.contains(name))?;
        let is_refused = found.iter().any(|(name, on_disk)| self.is_in_the_way(name, on_disk));
        let mut staging = (!self.check && !is_refused).then(|| Staging::new(self.dir, self.set));
        // Before the first file of this run is beside its place.
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
    /// Whether somebody else's file is in the place of one that is wanted, and may not be there.
    fn is_in_the_way(&self, name: &str, on_disk: &OnDisk) -> bool {
        matches!(on_disk, OnDisk::Foreign(_)) && !self.set.optional.contains(&name)
    }

    /// What has to happen to a file; where something is written, its new text is beside its place then.
    fn decide(
        &self,
        name: &str,
        new: Option<&str>,
        on_disk: Option<&OnDisk>,
        staging: Option<&mut Staging<'_>>,
    ) -> Result<Action, Fault> {
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

    /// How it ends where nothing is written.
    fn looked_at(
        &self,
        actions: BTreeMap<String, Action>,
        is_refused: bool,
        streams: &mut Streams<'_>,
    ) -> Result<Settled, Fault> {
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
