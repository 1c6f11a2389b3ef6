//! What happened to one user's secret: every operation with its time, and the versions that it left.

use std::collections::HashMap;
use std::time::Instant;

use paypulse_runtime::model::Payload;
use paypulse_runtime::oauth::OauthTokens;

use super::Side;
use super::both::secret_name;
use super::marks::View;
use super::server::Server;
use crate::Result;

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Read,
    /// A consent: a new connection instead of what is there.
    Store,
    /// A read, and an update with a new access token of the connection that was read.
    Refresh,
    /// An update that adds a word to what is there.
    Append,
    Delete,
}

/// Who does what to a user's secret, over and over.
#[derive(Debug)]
pub struct Mix {
    pub name: &'static str,
    pub rust: &'static [Op],
    pub python: &'static [Op],
}

impl Mix {
    pub fn has(&self, op: Op) -> bool {
        self.rust.contains(&op) || self.python.contains(&op)
    }

    /// Whether every write follows the optimistic rule.
    pub fn is_ruled(&self) -> bool {
        self.python.iter().all(|op| matches!(op, Op::Read | Op::Delete))
    }
}

/// One operation on the secret.
#[derive(Debug)]
pub struct Event {
    pub side: Side,
    pub op: Op,
    pub started: Instant,
    pub ended: Instant,
    /// The mark of the bundle that it wrote or would have written.
    pub tried: Option<String>,
    pub outcome: Outcome,
}

#[derive(Debug)]
pub enum Outcome {
    /// What was there, and its version. An update can end here too, where it adopts what somebody else wrote.
    Saw(Option<(View, String)>),
    Wrote {
        version: String,
        /// The version that it was built on, by its id or its mark. None for a consent.
        base: Option<String>,
    },
    Deleted,
    /// A failure, by its kind.
    Refused(String),
    /// Something was read that is no bundle, or not the user's.
    Broken(String),
}

/// A version of the secret.
#[derive(Debug)]
pub struct Version {
    pub id: String,
    pub view: View,
}

/// A user's history.
pub struct History<'a> {
    pub mix: &'a Mix,
    pub events: Vec<Event>,
    /// The versions, the oldest first. A deletion takes them along, so in a mix that deletes there are none.
    pub versions: Vec<Version>,
    authors: HashMap<String, (Side, Op)>,
}

impl<'a> History<'a> {
    /// Adds to what everybody has noted what the server has kept.
    pub async fn of(mix: &'a Mix, user: &'a str, events: Vec<Event>, server: &Server) -> Result<Self> {
        let kept = if mix.has(Op::Delete) { Vec::new() } else { server.versions(&secret_name(user)).await? };
        let version = |(id, text): (_, String)| Ok(Version { id, view: View::of(user, &OauthTokens::parse(&text)?)? });
        let versions = kept.into_iter().map(version).collect::<Result<_>>()?;
        let author = |event: &Event| event.tried.clone().map(|mark| (mark, (event.side, event.op)));
        let authors = events.iter().filter_map(author).collect();
        Ok(Self { mix, events, versions, authors })
    }

    /// Who wrote a bundle.
    pub fn author(&self, view: &View) -> Result<(Side, Op)> {
        let author = self.authors.get(&view.mark).copied();
        author.ok_or_else(|| format!("nobody has written the bundle `{}`", view.mark).into())
    }

    /// The place of a version among all, by its id or its mark.
    pub fn place(&self, version: &str) -> Result<usize> {
        let place = self.versions.iter().position(|known| known.id == version || known.view.mark == version);
        place.ok_or_else(|| format!("the version `{version}` is gone").into())
    }

    /// Everything that was seen, with its time.
    pub fn seen(&self) -> impl Iterator<Item = (&Event, Option<&View>)> {
        self.events.iter().filter_map(|event| match &event.outcome {
            Outcome::Saw(seen) => Some((event, seen.as_ref().map(|(view, _)| view))),
            _ => None,
        })
    }
}
