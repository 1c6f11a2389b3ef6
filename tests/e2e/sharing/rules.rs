//! What has to hold when everybody acts at once.
//!
//! Always: whatever is read is a whole bundle that somebody wrote, of the right user, and only Python's `update` can
//! put the tokens of one account beside the name of another, which later updates keep.
//!
//! Where nothing is deleted: no two updates of Rust are built on the same version, an update changes what it says and
//! nothing else, and a read gives what was written last.
//!
//! Where all writes follow the rule: an update of Rust follows the very version that it is built on, so nothing is
//! lost, and an account that is gone never comes back.
//!
//! What remains is counted. A blind write of Python can fall between a read and a write of anybody. Between those of
//! Rust it takes the place of the successor that the rule allows: the writers of Rust that have read before it and
//! those that have read it then do not meet, and can replace each other's writes.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::AddAssign;

use super::history::{Event, History, Op, Outcome};
use super::marks::View;
use super::{Side, ensure};
use crate::Result;

/// How much was checked, and what was lost in the ways that no rule closes.
#[derive(Debug, Default)]
pub struct Tally {
    writes_of_rust: usize,
    writes_of_python: usize,
    reads: usize,
    replaced_by_python: usize,
    replaced_among_python: usize,
    replaced_by_rust: usize,
    replaced_among_rust: usize,
    mixed_by_python: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.writes_of_rust += other.writes_of_rust;
        self.writes_of_python += other.writes_of_python;
        self.reads += other.reads;
        self.replaced_by_python += other.replaced_by_python;
        self.replaced_among_python += other.replaced_among_python;
        self.replaced_by_rust += other.replaced_by_rust;
        self.replaced_among_rust += other.replaced_among_rust;
        self.mixed_by_python += other.mixed_by_python;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} writes of rust, {} of python, {} reads; replaced unseen by updates of python: {} of rust, {} of \
             python; by updates of rust: {} of python, {} of rust behind these; tokens put beside another \
             account by python: {}",
            self.writes_of_rust,
            self.writes_of_python,
            self.reads,
            self.replaced_by_python,
            self.replaced_among_python,
            self.replaced_by_rust,
            self.replaced_among_rust,
            self.mixed_by_python,
        )
    }
}

/// Holds a history to all rules that its mix promises.
pub fn check(history: &History) -> Result<Tally> {
    let mut tally = Tally::default();
    nothing_failed(history)?;
    every_bundle_is_whole(history, &mut tally)?;
    if history.mix.is_ruled() {
        no_account_comes_back(history)?;
    }
    if !history.mix.has(Op::Delete) {
        every_write_is_kept(history)?;
        no_write_of_rust_is_lost(history, &mut tally)?;
        each_read_gives_the_last_write(history)?;
    }
    if history.mix.is_ruled() && !history.mix.has(Op::Store) {
        every_word_is_there(history)?;
    }
    Ok(tally)
}

/// Only a deletion can be in anybody's way.
fn nothing_failed(history: &History) -> Result {
    for event in &history.events {
        let (side, op) = (event.side, event.op);
        let allowed = match &event.outcome {
            Outcome::Saw(Some(_)) | Outcome::Wrote { .. } | Outcome::Deleted => true,
            Outcome::Saw(None) => history.mix.has(Op::Delete),
            Outcome::Refused(kind) => {
                // Python does not try again where a secret comes or goes between its two calls.
                let is_pythons = ["ResourceNotFoundException", "ResourceExistsException"].contains(&kind.as_str());
                history.mix.has(Op::Delete) && side == Side::Python && is_pythons
            }
            Outcome::Broken(error) => return Err(format!("{op:?} by {side}: {error}").into()),
        };
        ensure(allowed, || format!("{op:?} by {side} ended with {:?}", event.outcome))?;
    }
    Ok(())
}

fn every_bundle_is_whole(history: &History, tally: &mut Tally) -> Result {
    let seen = history.seen().filter_map(|(_, view)| view);
    let kept = history.versions.iter().map(|version| &version.view);
    for view in seen.chain(kept) {
        let author = history.author(view)?;
        // What Python's update has mixed, later updates keep.
        let may_mix = !history.mix.is_ruled();
        ensure(may_mix || !view.is_mixed(), || format!("{author:?} wrote parts of two bundles: {view:?}"))?;
    }
    tally.reads += history.seen().count();
    let written = history.events.iter().filter(|event| matches!(event.outcome, Outcome::Wrote { .. }));
    for event in written {
        match event.side {
            Side::Python => tally.writes_of_python += 1,
            Side::Rust => tally.writes_of_rust += 1,
        }
    }
    tally.mixed_by_python += history.versions.iter().filter(|version| version.view.is_mixed()).count();
    Ok(())
}

/// Each connection is made once. Where it was seen, then not, then again, a write of the old one went over the new.
fn no_account_comes_back(history: &History) -> Result {
    let connection = |view: Option<&View>| view.and_then(|view| view.connection.clone());
    let seen: Vec<(&Event, Option<String>)> = history.seen().map(|(event, view)| (event, connection(view))).collect();
    for (between, other) in &seen {
        let before = seen.iter().filter(|(event, _)| event.ended < between.started);
        for (_, gone) in before.filter(|(_, connection)| connection.is_some() && connection != other) {
            let again = seen.iter().find(|(event, now)| event.started > between.ended && now == gone);
            let by = again.map(|(event, _)| (event.side, event.op));
            ensure(by.is_none(), || format!("{gone:?} was back after {other:?}, as seen by {by:?}"))?;
        }
    }
    Ok(())
}

/// Whatever was reported as written is one version, and the other way round.
fn every_write_is_kept(history: &History) -> Result {
    for event in &history.events {
        if let (Outcome::Wrote { version, .. }, Some(mark)) = (&event.outcome, &event.tried) {
            let (by_id, by_mark) = (history.place(version)?, history.place(mark)?);
            ensure(by_id == by_mark, || format!("the version `{version}` does not hold what `{mark}` wrote"))?;
        }
    }
    let mut marks: Vec<_> = history.versions.iter().map(|version| &version.view.mark).collect();
    marks.sort_unstable();
    ensure(marks.windows(2).all(|pair| pair[0] != pair[1]), || "a write was carried out twice".into())
}

/// An update of Rust is refused where another is built on the same version. Where nobody is blind, that leaves no room
/// for any write between the two versions.
fn no_write_of_rust_is_lost(history: &History, tally: &mut Tally) -> Result {
    let mut bases = BTreeSet::new();
    for event in &history.events {
        let Outcome::Wrote { version, base } = &event.outcome else { continue };
        let Some(base) = base else { continue };
        let (base, place) = (history.place(base)?, history.place(version)?);
        is_that_change(event, &history.versions[base].view, &history.versions[place].view)?;
        let is_first = event.side == Side::Python || bases.insert(base);
        ensure(is_first, || format!("`{version}` and another version are built on the same"))?;
        for unseen in &history.versions[base + 1..place] {
            ensure(!history.mix.is_ruled(), || format!("{:?} replaced {unseen:?}, which it never saw", event.tried))?;
            *match (event.side, history.author(&unseen.view)?.0) {
                (Side::Python, Side::Rust) => &mut tally.replaced_by_python,
                (Side::Python, Side::Python) => &mut tally.replaced_among_python,
                (Side::Rust, Side::Python) => &mut tally.replaced_by_rust,
                (Side::Rust, Side::Rust) => &mut tally.replaced_among_rust,
            } += 1;
        }
    }
    Ok(())
}

/// An update keeps everything but the access token, and a word that it adds. One of Python writes the refresh token that it has
/// bought the access token with, and writes the bundle from scratch.
fn is_that_change(event: &Event, before: &View, after: &View) -> Result {
    let mut words = before.words.clone();
    words.extend(event.tried.clone().filter(|_| event.op == Op::Append));
    let mut expected = View { mark: after.mark.clone(), bought_by: after.bought_by.clone(), words, ..before.clone() };
    if event.side == Side::Python {
        expected.connection = Some(after.bought_by.clone());
        expected.created_at.clone_from(&after.created_at);
    }
    ensure(*after == expected, || format!("{:?} by {} made {after:?} of {before:?}", event.op, event.side))
}

/// A read gives a version that is at least as new as anything that anybody had seen or written before it began.
fn each_read_gives_the_last_write(history: &History) -> Result {
    let version = |event: &Event| match &event.outcome {
        Outcome::Saw(Some((_, version))) | Outcome::Wrote { version, .. } => Some(version.clone()),
        _ => None,
    };
    let known: Vec<_> = history.events.iter().filter_map(|event| Some((event, version(event)?))).collect();
    let places = known.iter().map(|(event, version)| Ok((*event, history.place(version)?)));
    let places = places.collect::<Result<Vec<_>>>()?;
    for (event, place) in &places {
        let floor = places.iter().filter(|(other, _)| other.ended < event.started).map(|(_, place)| *place).max();
        let is_late = matches!(event.outcome, Outcome::Saw(_)) && floor.is_some_and(|floor| *place < floor);
        ensure(!is_late, || format!("{:?} by {} gave an old version", event.op, event.side))?;
        if let Outcome::Saw(Some((view, _))) = &event.outcome {
            let kept = &history.versions[*place].view;
            ensure(view == kept, || format!("{} saw {view:?} in a version that holds {kept:?}", event.side))?;
        }
    }
    Ok(())
}

/// Each word that was added is in the last version, once.
fn every_word_is_there(history: &History) -> Result {
    let last = history.versions.last().ok_or("there is no version")?;
    let added = history.events.iter().filter(|event| event.op == Op::Append);
    for mark in added.filter_map(|event| event.tried.as_ref()) {
        let times = last.view.words.iter().filter(|word| *word == mark).count();
        ensure(times == 1, || format!("the word `{mark}` is there {times} times"))?;
    }
    Ok(())
}
