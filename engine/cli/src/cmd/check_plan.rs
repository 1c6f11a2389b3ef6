//! `check-plan`: compares a Terraform plan with the spec before it is applied.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use driftless_model::{Problem, Spec};

use super::options::{FormatOption, SpecOption};
use super::{Format, failed, spec_file};
use crate::access::Module;
use crate::adopt::{Malformed, ModulePath as Call};
use crate::input::{self, Unreadable};
use crate::output::planned::PlanReport;
use crate::output::{self, Streams};
use crate::planned::{self, Accepted, Finding, Kind, Plan, PlanShape};
use crate::{Context, Exit, labels, picture};

/// A larger file is not a plan that Terraform could produce.
const MAX_BYTES: u64 = 4 * 1024 * 1024 * 1024;

const EXAMPLES: &str = "\
Examples:
  terraform plan -out=tfplan && terraform show -json tfplan | {program} check-plan -
  {program} check-plan plan.json
  {program} check-plan plan.json --module module.secrets    where `terraform/` is called as a module
  {program} check-plan plan.json --allow secret-destroyed   let all findings of a kind pass
  {program} check-plan plan.json --accept 'undecided:module.app.*'
                                                              let findings of a kind pass at some addresses

What is known only after the apply cannot be decided: it is `undecided`, and fails, unless it is the spec's own policy that
only waits for what this plan makes. The plan after the apply decides it.

A plan file can hold values of secrets. This prints none; delete the file when it is applied.

Exit codes: 0 as the spec says, 1 internal, 2 usage or no plan, 4 not as the spec says or undecided, 5 somebody is allowed
more than by the spec, 100 the spec has problems, 130 interrupted";

/// Compare a Terraform plan with the spec: policies, secrets that are destroyed, values, and who else gets access
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct CheckPlan {
    /// What `terraform show -json` printed; `-` reads standard input
    plan: PathBuf,
    /// The call of the generated module, where it is not the root
    #[arg(long, value_name = "ADDRESS", default_value = "", hide_default_value = true)]
    module: Call,
    /// Let all findings of this kind pass; can be given again. Not for `undecided`
    #[arg(long, value_name = "KIND", value_parser = allowed())]
    allow: Vec<Kind>,
    /// Let findings of a kind pass at an address, with `*` for any text; can be given again
    #[arg(long, value_name = "KIND:ADDRESS")]
    accept: Vec<Accepted>,
    #[command(flatten)]
    spec: SpecOption,
    #[command(flatten)]
    report: FormatOption,
}

/// The kinds of findings that `--allow` accepts.
fn allowed() -> impl TypedValueParser<Value = Kind> {
    let kinds = Kind::value_variants().iter().filter(|kind| kind.can_be_allowed());
    let all = PossibleValuesParser::new(kinds.map(|kind| kind.word()));
    all.try_map(|word| Kind::from_str(&word, false))
}

#[derive(Debug, thiserror::Error)]
enum CheckPlanFault {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("the plan `{}` cannot be used", path.display())]
    Malformed { path: PathBuf, source: Malformed },
    #[error("the plan has no resource of the spec in {}", called(module))]
    Elsewhere { module: Call, close: Option<Call> },
    #[error("the spec has problems")]
    Spec(Vec<Problem>),
}

fn called(module: &Call) -> String {
    if *module == Call::default() { "its root module".to_owned() } else { format!("`{module}`") }
}

impl CheckPlanFault {
    fn hint(&self) -> String {
        match self {
            Self::Unreadable(_) => "pass a file that can be read, or `-` for standard input".to_owned(),
            Self::Malformed { source, .. } => source.hint.to_owned(),
            Self::Elsewhere { close: Some(close), .. } => format!("did you mean `--module {close}`?"),
            Self::Elsewhere { close: None, .. } => {
                "plan where the generated files are, or where they are called as a module: then name the call by `--module`"
                    .to_owned()
            }
            Self::Spec(_) => spec_file::hint(),
        }
    }
}

/// Runs the command.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn run(command: &CheckPlan, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    match command.check(context) {
        Ok(checked) => {
            let report = PlanReport::new(&checked.shape, checked.findings, &command.allow, &command.accept);
            let remarks = &checked.remarks;
            match command.report.format {
                Format::Text => report.text(streams.out)?,
                Format::Json => report.json(streams.out, remarks)?,
            }
            if command.report.format == Format::Text {
                remarks.iter().try_for_each(|remark| output::note(streams.err, remark))?;
            }
            report.summary(streams.err)?;
            Ok(report.exit())
        }
        Err(CheckPlanFault::Spec(problems)) => {
            output::problems(streams.err, &problems)?;
            Ok(Exit::Problems)
        }
        Err(fault) => failed(&fault, &fault.hint(), command.report.format == Format::Json, streams),
    }
}

/// Result of checking a plan.
struct Checked {
    shape: PlanShape,
    findings: Vec<Finding>,
    /// Remarks on the spec that the reader of the report needs.
    remarks: Vec<String>,
}

impl CheckPlan {
    fn check(&self, context: &Context<'_>) -> Result<Checked, CheckPlanFault> {
        let (spec, module) = self.module(context)?;
        let plan = self.read(&spec, context)?;
        let is_ours = |planned: &&planned::Planned| module.has(&planned.address.in_module());
        let calls: BTreeSet<&Call> =
            plan.resources.iter().filter(is_ours).map(|planned| planned.address.module()).collect();
        if module.addresses().next().is_some() && !calls.contains(&self.module) && plan.shape.is_whole() {
            let close = calls.first().map(|call| (*call).clone());
            return Err(CheckPlanFault::Elsewhere { module: self.module.clone(), close });
        }
        let _step = context.steps.begin("comparing the plan with the spec");
        let findings = planned::check(&plan, &spec, &self.module, &module);
        Ok(Checked { shape: plan.shape, findings, remarks: picture::notes(&spec) })
    }

    /// Reads the spec, and renders its module.
    fn module(&self, context: &Context<'_>) -> Result<(Spec, Module), CheckPlanFault> {
        let (spec, mut problems) = spec_file::read(self.spec.path(), context)?;
        if !problems.is_empty() {
            problems.extend(labels::check(&spec));
            return Err(CheckPlanFault::Spec(problems));
        }
        let _step = context.steps.begin("rendering");
        let module = Module::rendered(&spec).map_err(CheckPlanFault::Spec)?;
        Ok((spec, module))
    }

    fn read(&self, spec: &Spec, context: &Context<'_>) -> Result<Plan, CheckPlanFault> {
        let input = input::open("plan", &self.plan, MAX_BYTES, &context.steps)?;
        let plan = planned::read(input, &planned::variables(spec));
        plan.map_err(|source| CheckPlanFault::Malformed { path: self.plan.clone(), source })
    }
}
