//! `access`: prints the access report (which handler may do what with which secret) in the chosen format.

use std::borrow::Cow;
use std::io;

use clap::{Args, ValueEnum};
use driftless_model::{Problem, Spec};

use super::named::{self, Unknown};
use super::options::SpecOption;
use super::{failed, spec_file};
use crate::access::{Module, placeholders};
use crate::input::Unreadable;
use crate::output::{self, Streams};
use crate::picture::{self, Picture, ShownPolicies};
use crate::{Context, Exit};

const EXAMPLES: &str = "\
Examples:
  {program} access                                  all of it, as a table
  {program} access --handler reader                 what this handler may do
  {program} access --secret Token                   who may do something with this secret
  {program} access --can-read Token                 who can see its value, by `read` or by another verb
  {program} access --handler reader --policy        the whole policy of its role: documents, boundary, trust
  {program} access --format html > access.html      a page to search, with each IAM statement
  {program} access --format json | jq '.grants[]'   for programs

`gen-infra` writes the Markdown to ACCESS.md, beside the Terraform. In CSV a cell that a spreadsheet
would take for a formula begins with an apostrophe.

Exit codes: 0 shown, 1 internal, 2 usage or no such handler or secret, 100 the spec has problems";

/// Show who may do what with which secret
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ShowAccess {
    /// In which form
    #[arg(long, value_enum, default_value_t = AccessFormat::Table)]
    format: AccessFormat,
    /// Only what this handler may do, by its deployed name or its id; can be given again
    #[arg(long, value_name = "HANDLER")]
    handler: Vec<String>,
    /// Only what may be done with this secret, by its id or its name; can be given again
    #[arg(long, value_name = "SECRET")]
    secret: Vec<String>,
    /// Only who can read the value of this secret; can be given again
    #[arg(long, value_name = "SECRET", conflicts_with = "secret")]
    can_read: Vec<String>,
    /// The whole policy of the handler's role instead, as `table` or `json`
    #[arg(long, requires = "handler", conflicts_with_all = ["can_read", "secret"])]
    policy: bool,
    /// The environment whose names the policy has, if the spec declares prefixes
    #[arg(long, value_name = "PREFIX", requires = "policy")]
    prefix: Option<String>,
    #[command(flatten)]
    spec: SpecOption,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AccessFormat {
    /// For a terminal
    Table,
    /// What ACCESS.md has
    Markdown,
    /// One document for programs
    Json,
    /// A line for each handler and secret
    Csv,
    /// A graph that GitHub draws in Markdown
    Mermaid,
    /// The graph as a picture
    Svg,
    /// A page to search, which needs no network
    Html,
}

#[derive(Debug, thiserror::Error)]
enum AccessFault {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Unknown(#[from] Unknown),
    #[error("`--policy` has only the formats `table` and `json`")]
    Form,
    #[error("the spec has problems")]
    Spec(Vec<Problem>),
}

/// Runs the command.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn run(command: &ShowAccess, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let shown = command.spec(context).and_then(|spec| command.show(&spec, context, streams));
    match shown {
        Ok(written) => written.map(|()| Exit::Done),
        Err(AccessFault::Spec(problems)) => {
            output::problems(streams.err, &problems)?;
            Ok(Exit::Problems)
        }
        Err(fault) => {
            let hint = match &fault {
                AccessFault::Unknown(unknown) => unknown.hint.clone(),
                AccessFault::Form => "leave `--format` out, or pass `--format json`".to_owned(),
                AccessFault::Unreadable(_) | AccessFault::Spec(_) => spec_file::hint(),
            };
            failed(&fault, &hint, command.format == AccessFormat::Json, streams)
        }
    }
}

impl ShowAccess {
    fn spec(&self, context: &Context<'_>) -> Result<Spec, AccessFault> {
        let (spec, problems) = spec_file::read(self.spec.path(), context)?;
        if problems.is_empty() { Ok(spec) } else { Err(AccessFault::Spec(problems)) }
    }

    fn show(
        &self,
        spec: &Spec,
        context: &Context<'_>,
        streams: &mut Streams<'_>,
    ) -> Result<io::Result<()>, AccessFault> {
        let handlers = self.handler.iter().map(|name| named::handler(spec, name).map(|it| it.id.as_str()));
        let handlers: Vec<&str> = handlers.collect::<Result<_, _>>()?;
        let secrets = self.secret.iter().map(|name| named::secret(spec, name).map(|it| it.id.as_str()));
        let secrets: Vec<&str> = secrets.collect::<Result<_, _>>()?;
        if self.policy {
            return self.show_policies(spec, &handlers, streams);
        }
        let readable = self.can_read.iter().map(|name| named::secret(spec, name).map(|it| it.id.as_str()));
        let readable: Vec<&str> = readable.collect::<Result<_, _>>()?;
        let _step = context.steps.begin("drawing");
        let picture = match readable.as_slice() {
            [] => Picture::of(spec).only(&handlers, &secrets),
            readable => Picture::of(spec).readers(readable).map_err(AccessFault::Spec)?.only(&handlers, &[]),
        };
        let policies = || ShownPolicies::of(&picture).map_err(AccessFault::Spec);
        let text = match self.format {
            AccessFormat::Table => return Ok(output::access::table(streams.out, &picture)),
            AccessFormat::Markdown => picture::markdown(&picture),
            AccessFormat::Json => picture::json(&picture, &policies()?),
            AccessFormat::Csv => picture::csv(&picture, &policies()?),
            AccessFormat::Mermaid => picture::mermaid(&picture),
            AccessFormat::Svg => picture::svg(&picture),
            AccessFormat::Html => picture::page(&picture, &policies()?),
        };
        Ok(streams.out.write_all(text.as_bytes()))
    }

    /// The whole policies of the roles of handlers, in the environment that is named.
    fn show_policies(
        &self,
        spec: &Spec,
        handlers: &[&str],
        streams: &mut Streams<'_>,
    ) -> Result<io::Result<()>, AccessFault> {
        let is_json = match self.format {
            AccessFormat::Table => false,
            AccessFormat::Json => true,
            _ => return Err(AccessFault::Form),
        };
        let prefix = self.prefix.as_deref().map(|prefix| named::prefix(spec, prefix)).transpose()?;
        let spec = prefix.map_or(Cow::Borrowed(spec), |prefix| Cow::Owned(spec.under(prefix)));
        let module = Module::rendered(&spec).map_err(AccessFault::Spec)?;
        let known = placeholders(&spec);
        let of_handlers = spec.handlers.iter().filter(|handler| handlers.contains(&handler.id.as_str()));
        let roles: Vec<_> = of_handlers
            .map(|handler| (spec.role_of(handler).handlers, module.role_policies(&spec, handler, &known)))
            .collect();
        Ok(if is_json { output::role::json(streams.out, &roles) } else { output::role::text(streams.out, &roles) })
    }
}
