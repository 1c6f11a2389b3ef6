//! Options that several commands share.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Format;

/// The spec that a command reads.
#[derive(Args, Debug)]
pub struct SpecOption {
    /// For this exported spec, as `{program} spec` prints it; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
}

impl SpecOption {
    /// The file that the command line names.
    pub(super) fn path(&self) -> Option<&Path> {
        self.spec.as_deref()
    }
}

/// The form in which a command reports.
#[derive(Args, Debug)]
pub(super) struct FormatOption {
    /// How to report: for people, or one JSON document for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}
