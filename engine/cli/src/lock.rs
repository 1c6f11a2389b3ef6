//! Serializes runs in a directory with a lock of the operating system, which is released when the process ends in any
//! way.

use std::fs::File;
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Polling interval of a waiting run.
const EVERY: Duration = Duration::from_millis(50);

/// The lock of a directory, held until it is dropped.
#[derive(Debug, Default)]
pub struct Lock {
    /// `None` if the directory does not exist, or the file system does not support locks.
    file: Option<File>,
}

impl Drop for Lock {
    /// A program that another thread is just starting has a copy of the file until it runs, so closing the file would not
    /// release the lock at once. Unlocking does, for all copies.
    ///
    /// Source: [flock(2)](https://man7.org/linux/man-pages/man2/flock.2.html).
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            // An error leaves the lock to the end of the process.
            let _ = file.unlock();
        }
    }
}

/// Whether the lock is exclusive or shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Exclusive, for writing files.
    Write,
    /// Shared with other readers.
    Read,
}

/// Locks a directory. If another run holds the lock, calls `waits` once and waits. Returns `None` if `interrupted`
/// ends the wait.
///
/// # Errors
///
/// If the directory does not exist or cannot be opened.
pub fn lock(
    dir: &Path,
    purpose: Use,
    interrupted: &dyn Fn() -> bool,
    waits: &mut dyn FnMut() -> io::Result<()>,
) -> io::Result<Option<Lock>> {
    if !dir.metadata()?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    let file = open(dir)?;
    let mut has_said = false;
    loop {
        let locked = match purpose {
            Use::Write => file.try_lock(),
            Use::Read => file.try_lock_shared(),
        };
        match locked.map_err(io::Error::from) {
            Ok(()) => return Ok(Some(Lock { file: Some(file) })),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            // Without locks, there is nothing to wait for.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(Some(Lock { file: None })),
            Err(error) => return Err(error),
        }
        if !has_said {
            waits()?;
            has_said = true;
        }
        if interrupted() {
            return Ok(None);
        }
        thread::sleep(EVERY);
    }
}

/// On Unix the directory itself can be locked, so that no lock file is left behind.
#[cfg(unix)]
fn open(dir: &Path) -> io::Result<File> {
    File::open(dir)
}

/// On other systems a directory cannot be opened as a file.
#[cfg(not(unix))]
fn open(dir: &Path) -> io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(dir.join(".gen-infra.lock"))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{Use, lock};

    /// Takes the lock twice, where the second run is interrupted as soon as it waits. `expected` is whether the second
    /// run gets it.
    #[track_caller]
    fn check(has: Use, second_use: Use, expected: bool) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let said = Cell::new(0);
        let mut waits = || {
            said.set(said.get() + 1);
            Ok(())
        };
        let first = lock(dir.path(), has, &|| true, &mut waits).expect("it can be locked");
        assert!(first.is_some());
        let second = lock(dir.path(), second_use, &|| true, &mut waits).expect("it can be locked");
        assert_eq!((second.is_some(), said.get()), (expected, i32::from(!expected)));
        drop((first, second));
        assert!(lock(dir.path(), Use::Write, &|| true, &mut waits).expect("it can be locked").is_some());
        assert_eq!(dir.path().read_dir().expect("it is there").count(), 0, "something is left behind");
    }

    #[test]
    fn a_run_that_writes_shares_the_directory_with_nobody() {
        check(Use::Write, Use::Write, false);
        check(Use::Write, Use::Read, false);
        check(Use::Read, Use::Write, false);
        check(Use::Read, Use::Read, true);
    }

    #[test]
    fn a_copy_of_the_file_in_a_program_that_starts_does_not_keep_the_lock() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let take = || lock(dir.path(), Use::Write, &|| true, &mut || Ok(())).expect("it can be locked");
        let first = take().expect("nobody has it");
        let copy = first.file.as_ref().map(|file| file.try_clone().expect("it can be copied"));
        assert!(take().is_none());
        drop(first);
        assert!(take().is_some());
        drop(copy);
    }
}
