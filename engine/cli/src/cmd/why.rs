//! `why`: says which grant allows a role an action on a resource, or what denies it.

use std::collections::BTreeMap;
use std::io;

use clap::Args;
use driftless_model::Problem;

use super::named::{self, Unknown};
use super::options::{FormatOption, SpecOption};
use super::{Format, audit, failed, spec_file};
use crate::access::Module;
use crate::input::Unreadable;
use crate::output::{self, Streams, why as printed};
use crate::why::{AlsoGiven, Answer, Environment, Question, Ruling, Wrong, answer};
use crate::{Context, Exit};

const EXAMPLES: &str = "\
Examples:
  {program} why reader {read} shop/key
  {program} why arn:aws:iam::123456789012:role/reader {delete} \\
      arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/key-AbCdEf
  {program} why reader kms:Decrypt shop/key             the key of that secret
  {program} why reader {read} shop/key --version-stage AWSPREVIOUS

It evaluates the policies as `gen-infra` renders them, and asks nobody. ROLE is the id or the name of a
handler, or the name or the ARN of its role. A name of a secret gets the prefix of the environment; the
name in an ARN is taken as it is. What else decides in an account is not in these files: a permissions
boundary, a policy on the secret or the key, the policies of the organization.

Exit codes: 0 allowed, 1 internal, 2 usage (no such role or action, a malformed ARN), 4 denied or
undecided, 100 the spec has problems";

/// Say which grant allows a role an action, or what denies it
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct AskWhy {
    /// The role: a handler's id or deployed name, or the name or ARN of its role
    role: String,
    /// The action, such as `secretsmanager:GetSecretValue` or `kms:Decrypt`
    action: String,
    /// The resource: the ARN, the name or the id of a secret, the ARN of a key, or `*`
    #[arg(value_name = "ARN")]
    resource: String,
    /// The environment, if the spec declares prefixes and neither name has one
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
    /// The Region in which the Terraform is applied; by default that of the resource's ARN
    #[arg(long, value_name = "REGION", value_parser = audit::region)]
    region: Option<String>,
    /// The staging label that the request names
    #[arg(long, value_name = "LABEL")]
    version_stage: Option<String>,
    /// The value of a variable of the Terraform: the ARN of a key, or the name of a role that exists already
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = audit::variable)]
    variables: Vec<(String, String)>,
    #[command(flatten)]
    spec: SpecOption,
    #[command(flatten)]
    report: FormatOption,
}

#[derive(Debug, thiserror::Error)]
enum WhyFault {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Unknown(#[from] Unknown),
    #[error(transparent)]
    Wrong(#[from] Wrong),
    #[error("the spec has problems")]
    Spec(Vec<Problem>),
}

/// Runs the command.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn run(command: &AskWhy, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    match command.ask(context, streams) {
        Ok(written) => written,
        Err(WhyFault::Spec(problems)) => {
            output::problems(streams.err, &problems)?;
            Ok(Exit::Problems)
        }
        Err(fault) => {
            let hint = match &fault {
                WhyFault::Unknown(unknown) => unknown.hint.clone(),
                WhyFault::Wrong(wrong) => wrong.hint(),
                WhyFault::Unreadable(_) | WhyFault::Spec(_) => spec_file::hint(),
            };
            failed(&fault, &hint, command.report.format == Format::Json, streams)
        }
    }
}

impl AskWhy {
    fn ask(&self, context: &Context<'_>, streams: &mut Streams<'_>) -> Result<io::Result<Exit>, WhyFault> {
        let (whole, problems) = spec_file::read(self.spec.path(), context)?;
        if !problems.is_empty() {
            return Err(WhyFault::Spec(problems));
        }
        let prefix = self.prefix.as_deref().map(|prefix| named::prefix(&whole, prefix)).transpose()?;
        let environment = Environment::find(&whole, prefix, &self.role, &self.resource)?;
        let given = AlsoGiven {
            region: self.region.clone(),
            stage: self.version_stage.clone(),
            variables: self.variables.iter().cloned().collect::<BTreeMap<_, _>>(),
        };
        let asked = [&self.role, &self.action, &self.resource].map(String::as_str);
        let question = Question::read(&environment, asked, &given.variables)?;
        let _step = context.steps.begin("evaluating the policies");
        let module = Module::rendered(&environment.spec).map_err(WhyFault::Spec)?;
        let answer = answer(&environment, &module, &question, &given);
        // The file of another spec is not looked for here.
        let root = (self.spec.path().is_none() && context.spec.is_some()).then_some(context.root);
        let shown = printed::Shown { environment: &environment, question: &question, answer: &answer, root };
        let written = match self.report.format {
            Format::Text => printed::text(streams.out, &shown),
            Format::Json => printed::json(streams.out, &shown),
        };
        Ok(written.map(|()| exit(&answer)))
    }
}

const fn exit(answer: &Answer<'_>) -> Exit {
    match answer.ruling {
        Ruling::Allowed { .. } => Exit::Done,
        Ruling::Denied(_) | Ruling::Undecided { .. } => Exit::Stale,
    }
}
