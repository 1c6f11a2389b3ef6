//! What `serve` and `run` read before they start a server: the spec, the environment and the seed.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use driftless_model::{Problem, Spec};

use super::named::{self, Unknown};
use super::{failed, spec_file};
use crate::input::Unreadable;
use crate::local::{Seed, SeedError};
use crate::output::{self, Streams};
use crate::why::Environment;
use crate::{Context, Exit};

/// What a server needs.
pub(super) struct Setup {
    pub(super) spec: Spec,
    pub(super) prefix: String,
    pub(super) seed: Seed,
}

/// Why no server can be started.
#[derive(Debug, thiserror::Error)]
pub(super) enum SetupFault {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Unknown(#[from] Unknown),
    #[error(transparent)]
    Seed(#[from] SeedError),
    #[error("the spec has an environment for each prefix, and none is named")]
    NoPrefix(String),
    #[error("the spec has problems")]
    Spec(Vec<Problem>),
}

impl Setup {
    pub(super) fn read(
        spec: Option<&Path>,
        prefix: Option<&str>,
        seed: Option<&Path>,
        context: &Context<'_>,
    ) -> Result<Self, SetupFault> {
        let (spec, problems) = spec_file::read(spec, context)?;
        if !problems.is_empty() {
            return Err(SetupFault::Spec(problems));
        }
        let prefix = match prefix {
            Some(prefix) => named::prefix(&spec, prefix)?.to_owned(),
            None if spec.prefixes.is_some() => return Err(SetupFault::NoPrefix(named::one_prefix_of(&spec))),
            None => String::new(),
        };
        let seed = seed.map(|path| Seed::read(path, &spec, &prefix, &context.steps)).transpose()?.unwrap_or_default();
        Ok(Self { spec, prefix, seed })
    }

    pub(super) fn environment(&self) -> Environment<'_> {
        let (whole, prefix) = (&self.spec, self.prefix.as_str());
        let spec = if whole.prefixes.is_some() { Cow::Owned(whole.under(prefix)) } else { Cow::Borrowed(whole) };
        Environment { whole, prefix, spec }
    }
}

/// Reports why no server was started.
pub(super) fn report(fault: &SetupFault, is_json: bool, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let hint = match fault {
        SetupFault::Spec(problems) => {
            output::problems(streams.err, problems)?;
            return Ok(Exit::Problems);
        }
        SetupFault::Unreadable(_) => spec_file::hint(),
        SetupFault::Unknown(unknown) => unknown.hint.clone(),
        SetupFault::Seed(error) => error.hint(),
        SetupFault::NoPrefix(hint) => hint.clone(),
    };
    failed(fault, &hint, is_json, streams)
}
