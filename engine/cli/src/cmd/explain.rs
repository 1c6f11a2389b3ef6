//! `explain`: explains an AWS access-denied message in terms of the spec.

use std::io::{self, Read};
use std::path::Path;

use clap::Args;
use driftless_model::{HandlerSpec, Spec};

use super::named::{self, Unknown};
use super::options::{FormatOption, SpecOption};
use super::{Format, failed, spec_file};
use crate::denied::{Denial, crossed, denials, environment, explain};
use crate::input::{self, Content, Unreadable};
use crate::output::{self, Streams, denied};
use crate::{Context, Exit};

/// A message has a few hundred bytes; a log that is piped in has more.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

const EXAMPLES: &str = "\
Examples:
  {program} explain 'User: arn:aws:sts::…:assumed-role/… is not authorized to perform: …'
  pbpaste | {program} explain                 the message, or any text that contains it
  {program} explain --handler HANDLER < log   the handler whose function it was

The message is that of the error, not its code `AccessDeniedException` alone; in CloudTrail it is the
`errorMessage`. It is found in JSON, in logs, in wrapped, quoted and coloured text, and in the errors of
every SDK. What `aws sts decode-authorization-message` prints is read too. AWS is not asked.

Exit codes: 0 explained, 1 internal, 2 usage or no such message, 100 the spec has problems";

/// Explain AWS's message of a denied call: who wanted what, and what has to be mended
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Explain {
    /// The message; without one, standard input is read
    message: Vec<String>,
    /// The handler that made the call, by its deployed name, where the message does not say
    #[arg(long, value_name = "HANDLER")]
    handler: Option<String>,
    #[command(flatten)]
    spec: SpecOption,
    #[command(flatten)]
    report: FormatOption,
}

#[derive(Debug, thiserror::Error)]
enum ExplainFault {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("no access-denied message of AWS found in the input")]
    NoMessage,
    #[error(transparent)]
    NoHandler(#[from] Unknown),
}

impl ExplainFault {
    fn hint(&self) -> String {
        match self {
            Self::Unreadable(_) => "pass the message in quotes, or by standard input".to_owned(),
            Self::NoMessage => {
                "pass the message that says `is not authorized to perform`: the code alone does not say who called"
                    .to_owned()
            }
            Self::NoHandler(unknown) => unknown.hint.clone(),
        }
    }
}

/// Runs the command.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn run(command: &Explain, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let (spec, problems) = match spec_file::read(command.spec.path(), context) {
        Ok(read) => read,
        Err(error) => return failed(&error, &spec_file::hint(), command.report.format == Format::Json, streams),
    };
    if !problems.is_empty() {
        output::problems(streams.err, &problems)?;
        return Ok(Exit::Problems);
    }
    match command.look(&spec, context) {
        Err(fault) => failed(&fault, &fault.hint(), command.report.format == Format::Json, streams),
        Ok((denials, handler)) => {
            let known = command.handler.as_deref();
            let specs: Vec<_> = denials.iter().map(|denial| environment(&spec, denial, known)).collect();
            let explained = specs.iter().zip(&denials).map(|(of_environment, denial)| {
                // A handler has a different name in each environment, but the same id.
                let handlers = &of_environment.handlers;
                let handler = handler.and_then(|known| handlers.iter().find(|it| it.id == known.id));
                let mut explanation = explain(of_environment, denial, handler);
                explanation.cross(crossed(&spec, denial, known));
                (&**of_environment, denial, explanation)
            });
            let explained: Vec<_> = explained.collect();
            match command.report.format {
                Format::Text => denied::text(streams.out, &explained)?,
                Format::Json => denied::json(streams.out, &explained)?,
            }
            Ok(Exit::Done)
        }
    }
}

impl Explain {
    fn look<'a>(
        &self,
        spec: &'a Spec,
        context: &Context<'_>,
    ) -> Result<(Vec<Denial>, Option<&'a HandlerSpec>), ExplainFault> {
        let handler = self.handler.as_deref().map(|name| named::handler(spec, name)).transpose()?;
        let denials = denials(&self.text(context)?);
        if denials.is_empty() { Err(ExplainFault::NoMessage) } else { Ok((denials, handler)) }
    }

    fn text(&self, context: &Context<'_>) -> Result<String, Unreadable> {
        const WHAT: &str = "message";
        if !self.message.is_empty() {
            return Ok(self.message.join(" "));
        }
        let path = Path::new("-");
        let mut bytes = Vec::new();
        let read = input::open_as(Content::Text, WHAT, path, MAX_BYTES, &context.steps)?.read_to_end(&mut bytes);
        read.map_err(|source| Unreadable { what: WHAT, path: path.to_owned(), source })?;
        // A log can contain any bytes around the message.
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
