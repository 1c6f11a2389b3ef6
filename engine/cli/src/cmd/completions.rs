//! `completions`: prints a shell completion script for the program, also for `cargo xtask`.

use std::io;

use clap::builder::PossibleValuesParser;
use clap::{Args, Command};
use clap_complete::{Shell, generate};
use driftless_model::Spec;

use crate::output::Streams;
use crate::{Context, Exit};

const EXAMPLES: &str = "\
Examples:
  {program} completions bash > ~/.{binary}.bash && echo 'source ~/.{binary}.bash' >> ~/.bashrc
  {program} completions zsh > ~/.{binary}.zsh && echo 'source ~/.{binary}.zsh' >> ~/.zshrc
  {program} completions fish > ~/.config/fish/conf.d/{binary}.fish

The scripts for bash, zsh and fish complete `{program}` as well as the program `{binary}`, and leave
the rest of `cargo` to whatever completes it; zsh needs its `compinit` before, and the completion of
`cargo` that comes with Rust. Those for elvish and PowerShell complete `{binary}` alone. The names of
handlers and secrets are those of the spec when the script was printed.

Exit codes: 0 printed, 1 internal, 2 usage";

/// Shell code that adds completion of `cargo xtask` to that of `xtask`, for a program that is an alias of cargo.
const FOR_CARGO: [(Shell, &str); 3] = [
    (Shell::Bash, include_str!("completions/cargo.bash")),
    (Shell::Zsh, include_str!("completions/cargo.zsh")),
    (Shell::Fish, include_str!("completions/cargo.fish")),
];

/// Print a script for a shell that completes commands, flags and the names of the spec
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

/// Runs the command.
///
/// # Errors
///
/// If the stream cannot be written.
pub fn run(command: &Completions, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let mut script = Vec::new();
    let mut line = with_names(context.program.command_line(), context.spec);
    generate(command.shell, &mut line, context.program.binary, &mut script);
    streams.out.write_all(&script)?;
    let program = context.program;
    let is_of_cargo = program.name.strip_prefix("cargo ") == Some(program.binary);
    if let Some((_, more)) = FOR_CARGO.iter().find(|(shell, _)| is_of_cargo && *shell == command.shell) {
        streams.out.write_all(more.replace("xtask", program.binary).as_bytes())?;
    }
    Ok(Exit::Done)
}

/// The command line with the spec's names as possible values wherever a value is called `HANDLER` or `SECRET`.
fn with_names(line: Command, spec: Option<&Spec>) -> Command {
    let (handlers, secrets): (Vec<String>, Vec<String>) = spec.map_or_else(Default::default, |spec| {
        let handlers = spec.handlers.iter().map(|handler| handler.name.clone()).collect();
        (handlers, spec.secrets.iter().map(|secret| secret.id.clone()).collect())
    });
    line.mut_subcommands(|command| {
        command.mut_args(|argument| {
            let called = argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
            match called.as_deref() {
                Some("HANDLER") => argument.value_parser(PossibleValuesParser::new(handlers.clone())),
                Some("SECRET") => argument.value_parser(PossibleValuesParser::new(secrets.clone())),
                _ => argument,
            }
        })
    })
}
