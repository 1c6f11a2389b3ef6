//! Reads the account for `audit`.

use std::io;
use std::time::{Duration, SystemTime};

use driftless_model::Spec;

use super::{AuditAccount, AuditFormat, variables};
use crate::audit::{self, Coverage, Ending, Report};
use crate::live::{self, Clients, Error, Settings};
use crate::output::{self, Streams};
use crate::{Context, Exit};

/// Maximum pause before the first retry of a call.
const PAUSE: Duration = Duration::from_secs(1);

/// How often the interrupt flag is polled.
const ATTENTION: Duration = Duration::from_millis(50);

pub(super) fn look(
    command: &AuditAccount,
    spec: &Spec,
    context: &Context<'_>,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    let settings = match command.settings(spec) {
        Ok(settings) => settings,
        Err(missing) => {
            output::audit::no_value(streams.err, &missing)?;
            return Ok(Exit::Usage);
        }
    };
    let mut report = Report::accepting(command.accepted.clone());
    let mut step = context.steps.begin("reading identities and secrets");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (ending, exit) = runtime.block_on(async {
        let mut show = |coverage: &Coverage| step.at((coverage.identities + coverage.secrets) as u64, 0);
        tokio::select! {
            done = read(command, spec, &settings, &mut report, &mut show) => ended(done),
            () = interrupted(context.interrupted) => (Ending::Interrupted, Some(Exit::Interrupted)),
        }
    });
    let (identities, secrets) = (report.coverage.identities, report.coverage.secrets);
    step.found(format_args!("{identities} and {secrets}"));
    drop(step);
    let exit = exit.unwrap_or_else(|| of_findings(&report));
    write(command.format, &report, &ending, spec, exit, streams)?;
    Ok(exit)
}

fn ended(done: Result<(), Failure>) -> (Ending, Option<Exit>) {
    match done {
        Ok(()) => (Ending::Whole, None),
        Err(Failure::Account(error)) => {
            (Ending::Failed { error: error.to_string(), hint: error.hint() }, Some(error.exit()))
        }
        Err(Failure::Schema(error)) => {
            let hint = "correct the schema in the spec; nothing outside it is looked up".to_owned();
            (Ending::Failed { error: error.to_string(), hint }, Some(Exit::Problems))
        }
    }
}

fn of_findings(report: &Report) -> Exit {
    match report.open() {
        0 => Exit::Done,
        _ if report.is_wider() => Exit::Widened,
        _ => Exit::Stale,
    }
}

enum Failure {
    Account(Error),
    Schema(audit::payload::BadSchema),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Account(error)
    }
}

async fn read(
    command: &AuditAccount,
    spec: &Spec,
    settings: &Settings,
    report: &mut Report,
    progress: &mut dyn FnMut(&Coverage),
) -> Result<(), Failure> {
    let config = live::from_env(command.region.as_deref()).await?;
    let clients = Clients::new(&config, command.rate, PAUSE)?;
    let audit = live::Audit::new(&clients, spec, settings).map_err(Failure::Schema)?;
    Ok(audit.run(report, progress).await?)
}

async fn interrupted(interrupted: &dyn Fn() -> bool) {
    while !interrupted() {
        tokio::time::sleep(ATTENTION).await;
    }
}

impl AuditAccount {
    /// The settings of the audit, or the variables that have no value.
    fn settings(&self, spec: &Spec) -> Result<Settings, Vec<String>> {
        let given = self.given(spec);
        let missing: Vec<String> =
            variables(spec).into_iter().filter(|name| !given.contains_key(*name)).map(str::to_owned).collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        Ok(Settings {
            now: SystemTime::now(),
            stale_after: self.stale_after,
            read_values: self.read_values,
            member_policies: !self.no_member_policies,
            variables: given,
        })
    }
}

fn write(
    format: AuditFormat,
    report: &Report,
    ending: &Ending,
    spec: &Spec,
    exit: Exit,
    streams: &mut Streams<'_>,
) -> io::Result<()> {
    let document = match format {
        AuditFormat::Text => {
            output::audit::findings(streams.out, report)?;
            output::remarks(streams.err, spec)?;
            return output::audit::summary(streams.err, report, ending);
        }
        AuditFormat::Json => audit::json(report, ending),
        AuditFormat::Sarif => audit::sarif(report, ending, spec, exit as u8),
    };
    serde_json::to_writer_pretty(&mut *streams.out, &document)?;
    writeln!(streams.out)?;
    output::audit::summary(streams.err, report, ending)
}
