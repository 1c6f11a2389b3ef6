//! The program that the commands belong to: how a user starts it, and which commands it has.

use std::io;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Subcommand};
use driftless_model::ApiCall;

use crate::iam::action;
use crate::output::Streams;
use crate::{CommandLine, Commands, Context, Exit, Talk, program};

/// A command that the user has chosen, with its arguments.
pub trait Command {
    /// Whether it needs files of the workspace.
    fn needs_root(&self) -> bool;

    /// Whether it runs programs that also use the terminal.
    fn shares_terminal(&self) -> bool {
        false
    }

    /// Runs it.
    ///
    /// # Errors
    ///
    /// If a stream cannot be written.
    fn run(&self, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit>;
}

/// A program: how a user starts it, and its commands.
#[derive(Clone, Copy)]
pub struct Program {
    /// What a user types before the name of a command.
    pub name: &'static str,
    /// The same for the program that includes the AWS SDK.
    pub live: &'static str,
    /// The name of the executable file, which shells complete.
    pub binary: &'static str,
    line: fn() -> clap::Command,
    parse: fn(&ArgMatches) -> Parsed,
}

/// The options that every command has, and the command.
type Parsed = Result<(Talk, Box<dyn Command>), clap::Error>;

impl Program {
    /// A program with the commands of this crate.
    #[must_use]
    pub const fn new(name: &'static str, live: &'static str, binary: &'static str) -> Self {
        Self::with::<Commands>(name, live, binary)
    }

    /// A program with these commands, which can contain those of this crate by `#[command(flatten)]`.
    #[must_use]
    pub const fn with<C: Subcommand + Command + 'static>(
        name: &'static str,
        live: &'static str,
        binary: &'static str,
    ) -> Self {
        Self { name, live, binary, line: CommandLine::<C>::command, parse: parse::<C> }
    }

    /// The clap command, for completions and for tests that check the form of every command.
    #[must_use]
    pub fn command_line(&self) -> clap::Command {
        let line = (self.line)().name(self.name).bin_name(self.name);
        self.named(line).mut_subcommands(|command| self.named(command))
    }

    /// Makes this program the one that messages name. A process has one program: the first call counts.
    pub(crate) fn runs(&self) {
        program::set(self.name, self.live);
    }

    pub(crate) fn parsed(&self, matches: &ArgMatches) -> Parsed {
        (self.parse)(matches)
    }

    /// Puts the names of this program into the help of a command and its arguments.
    fn named(&self, mut command: clap::Command) -> clap::Command {
        let named = |text: &clap::builder::StyledStr| {
            let [read, delete] = [ApiCall::GetSecretValue, ApiCall::DeleteSecret].map(action);
            let names = [("{program}", self.name), ("{live}", self.live), ("{binary}", self.binary)];
            let names = names.into_iter().chain([("{read}", read), ("{delete}", delete)]);
            names.fold(text.to_string(), |text, (place, name)| text.replace(place, name))
        };
        if let Some(text) = command.get_after_help().map(named) {
            command = command.after_help(text);
        }
        command.mut_args(|argument| {
            let (short, long) = (argument.get_help().map(named), argument.get_long_help().map(named));
            let argument = match short {
                Some(text) => argument.help(text),
                None => argument,
            };
            match long {
                Some(text) => argument.long_help(text),
                None => argument,
            }
        })
    }
}

fn parse<C: Subcommand + Command + 'static>(matches: &ArgMatches) -> Parsed {
    let line = CommandLine::<C>::from_arg_matches(matches)?;
    Ok((line.talk, Box::new(line.command)))
}
