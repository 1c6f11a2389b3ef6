//! `deployer`: prints the IAM policies that a plan and an apply of the rendered files need, also as roles for GitHub Actions.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use driftless_model::{Problem, Spec, deployed_name, shown};

use super::named::{self, Unknown};
use super::{audit, failed, spec_file};
use crate::audit::Site;
use crate::deployer::{
    AllowedActions, Files, Incomplete, NotGithub, ProviderVersion, Purpose, Repository, TokenSubject, TooLarge,
    documents, recorded, trust,
};
use crate::input::Unreadable;
use crate::output::deployer::{DeployerRole, Printed};
use crate::output::{self, Streams};
use crate::{Context, Exit};

const EXAMPLES: &str = "\
Examples:
  {program} deployer --account 123456789012 --region eu-west-1
  {program} deployer --account 123456789012 --region eu-west-1 --format hcl \\
      --github octo-org/shop --ref refs/heads/main > deployer.tf
  {program} deployer --account 123456789012 --region eu-west-1 --format hcl \\
      --github octo-org@1234/shop@5678 --environment production --pull-requests

The role `plan` only reads, the role `apply` also creates, changes and deletes what the rendered files have. The
actions are the calls of hashicorp/aws, on the ARNs of this spec. A backend for the state is not part of the files:
add what yours needs. A secret that the spec no longer has is deleted with the policies of the spec before: name
that one with `--with-spec`.

Exit codes: 0 printed, 1 internal, 2 usage (a value is missing or malformed, or more policies than a role can
have), 100 the spec has problems";

/// Print the IAM policies that `terraform plan` and `terraform apply` of the files need
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Deployer {
    /// The account in which the files are applied
    #[arg(long, value_name = "ID", value_parser = audit::account)]
    account: String,
    /// The Region of the provider; by default that of `AWS_REGION`
    #[arg(long, value_name = "REGION", value_parser = audit::region)]
    region: Option<String>,
    /// The environment, if the spec declares prefixes
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
    /// The value of a variable of the Terraform: the name of a role that exists already, the ARN of a key or of the
    /// permissions boundary
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = audit::variable)]
    variables: Vec<(String, String)>,
    /// The version of hashicorp/aws
    #[arg(long, value_name = "VERSION", default_value = "5.100.0")]
    provider: ProviderVersion,
    /// The beginning of the names of the roles and policies
    #[arg(long, value_name = "NAME", default_value = "secrets-deployer", value_parser = role_name)]
    name: String,
    /// Let workflows of this repository assume the roles; with ids if its tokens have them: `OWNER@ID/REPO@ID`
    #[arg(long, value_name = "OWNER/REPO", value_parser = repository, requires = "job")]
    github: Option<Repository>,
    /// Let jobs of this branch or tag assume both roles: `refs/heads/main`
    #[arg(long = "ref", value_name = "REF", value_parser = TokenSubject::of_ref, group = "job", requires = "github")]
    reference: Option<TokenSubject>,
    /// Let jobs with this environment assume both roles
    #[arg(long, value_name = "NAME", value_parser = TokenSubject::of_environment, group = "job", requires = "github")]
    environment: Option<TokenSubject>,
    /// Let jobs of pull requests assume the role that plans, and so read the values that it can read
    #[arg(long, requires = "github")]
    pull_requests: bool,
    /// For this exported spec, as `{program} spec` prints it; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// Also for the resources of this exported spec, such as the one that is applied now
    #[arg(long, value_name = "FILE")]
    with_spec: Option<PathBuf>,
    /// How to print: one JSON document with the policies, or Terraform that creates them
    #[arg(long, value_enum, default_value_t = DeployerFormat::Json)]
    format: DeployerFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DeployerFormat {
    Json,
    Hcl,
}

#[derive(Debug, thiserror::Error)]
enum DeployerFault {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Unknown(#[from] Unknown),
    #[error("the spec has an environment for each prefix, and none is chosen")]
    NoPrefix(String),
    #[error("no Region is given, and `AWS_REGION` has none")]
    NoRegion,
    #[error("the policies of {}: {error}", .purpose.word())]
    TooLarge { purpose: Purpose, error: TooLarge },
    #[error(transparent)]
    Incomplete(#[from] Incomplete),
    #[error("the spec has problems")]
    Spec(Vec<Problem>),
}

impl DeployerFault {
    fn hint(&self) -> String {
        match self {
            Self::Unreadable(_) | Self::Spec(_) => spec_file::hint(),
            Self::Unknown(unknown) => unknown.hint.clone(),
            Self::NoPrefix(hint) => hint.clone(),
            Self::NoRegion => "pass `--region`".to_owned(),
            Self::TooLarge { .. } => {
                "raise the quota of managed policies for a role, or divide the spec into several files".to_owned()
            }
            Self::Incomplete(Incomplete::NoRole(variable)) => format!("pass `--var {variable}=NAME`"),
            Self::Incomplete(_) => "run `gen-infra`, which reports them".to_owned(),
        }
    }
}

/// Runs the command.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn run(command: &Deployer, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    match command.derive(context) {
        Ok(printed) => {
            match command.format {
                DeployerFormat::Json => printed.json(streams.out)?,
                DeployerFormat::Hcl => printed.hcl(streams.out)?,
            }
            printed.notes(streams.err)?;
            Ok(Exit::Done)
        }
        Err(DeployerFault::Spec(problems) | DeployerFault::Incomplete(Incomplete::Spec(problems))) => {
            output::problems(streams.err, &problems)?;
            Ok(Exit::Problems)
        }
        Err(fault) => failed(&fault, &fault.hint(), command.format == DeployerFormat::Json, streams),
    }
}

impl Deployer {
    fn derive(&self, context: &Context<'_>) -> Result<Printed, DeployerFault> {
        let (whole, problems) = spec_file::read(self.spec.as_deref(), context)?;
        let mut specs = vec![self.environment(whole, problems)?];
        if let Some(path) = &self.with_spec {
            let (whole, problems) = spec_file::exported(path, context)?;
            specs.push(self.environment(whole, problems)?);
        }
        let region =
            self.region.clone().or_else(|| std::env::var("AWS_REGION").ok().filter(|it| audit::region(it).is_ok()));
        let site = Site { region: region.ok_or(DeployerFault::NoRegion)?, account: self.account.clone() };
        let _step = context.steps.begin("deriving the permissions");
        let variables: BTreeMap<String, String> = self.variables.iter().cloned().collect();
        let of = |spec| Files { spec, site: &site, variables: &variables, provider: self.provider };
        let mut printed = Printed::new(&site, &recorded().provider, self.provider, &self.header(context));
        for purpose in Purpose::ALL {
            let mut allowed = AllowedActions::default();
            for spec in &specs {
                allowed.extend(of(spec).allowed(purpose)?);
            }
            let readable: Vec<String> = of(&specs[0]).readable(&allowed).into_iter().map(str::to_owned).collect();
            let documents = documents(&allowed).map_err(|error| DeployerFault::TooLarge { purpose, error })?;
            printed.roles.push(DeployerRole::new(
                &self.role(purpose),
                purpose,
                self.trust(&site, purpose),
                documents,
                readable,
            ));
        }
        printed.has_boundary = variables.contains_key("permissions_boundary_arn");
        Ok(printed)
    }

    /// The spec of the chosen environment.
    fn environment(&self, whole: Spec, problems: Vec<Problem>) -> Result<Spec, DeployerFault> {
        if !problems.is_empty() {
            return Err(DeployerFault::Spec(problems));
        }
        match (&self.prefix, &whole.prefixes) {
            (Some(prefix), _) => Ok(whole.under(named::prefix(&whole, prefix)?)),
            (None, Some(_)) => Err(DeployerFault::NoPrefix(named::one_prefix_of(&whole))),
            (None, None) => Ok(whole),
        }
    }

    fn role(&self, purpose: Purpose) -> String {
        let name = format!("{}-{}", self.name, purpose.word());
        self.prefix.as_ref().map_or_else(|| name.clone(), |prefix| deployed_name(prefix, &name))
    }

    fn trust(&self, site: &Site, purpose: Purpose) -> Option<serde_json::Value> {
        let repository = self.github.as_ref()?;
        let pulls = (self.pull_requests && purpose == Purpose::Plan).then_some(TokenSubject::PullRequest);
        let subjects: Vec<TokenSubject> =
            self.reference.iter().chain(&self.environment).cloned().chain(pulls).collect();
        Some(trust(site, repository, &subjects))
    }

    /// The first line of the Terraform.
    fn header(&self, context: &Context<'_>) -> String {
        let source = self.spec.as_deref().map(Path::display);
        let of = source.map_or_else(|| "the spec".to_owned(), |path| path.to_string());
        format!("# Printed by `{} deployer` for {of}.", context.program.name)
    }
}

/// A name that leaves room for the rest of the name of a role, which can have 64 characters.
fn role_name(text: &str) -> Result<String, String> {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    if (1..=40).contains(&text.len()) && text.bytes().all(is_known) {
        return Ok(text.to_owned());
    }
    Err(format!("{} is not up to 40 letters, digits and `+=,.@_-`", shown(text)))
}

fn repository(text: &str) -> Result<Repository, NotGithub> {
    text.parse()
}
