//! `import`: writes the `import` and `moved` blocks by which Terraform takes over existing resources.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::{ArgGroup, Args};
use driftless_model::{HandlerSpec, Problem, Role, Spec, shown};

use super::generated::{Ended, Generated};
use super::named::{self, Unknown};
use super::options::FormatOption;
use super::{Format, failed, spec_file};
use crate::adopt::{self, Adoption, Declared, Evidence, Malformed, ModulePath};
use crate::input::{self, Bounded, Unreadable};
use crate::output::{self, Streams, adoption};
use crate::plan::Action;
use crate::render::{self, Managed};
use crate::{Context, Exit, labels};

/// Far above the size of a state that Terraform can work with.
const MAX_BYTES: u64 = 1024 * 1024 * 1024;

/// Far above the size of a hand-written file.
const MAX_FILE: u64 = 16 * 1024 * 1024;

const EXAMPLES: &str = "\
Examples:
  terraform state pull | {program} import --state -   take over what that state has
  {program} import --other-state app.tfstate          another configuration keeps its state
  {program} import --listing account.json             no state has it
  {program} import --renamed-from old-spec.json       entries of the spec were renamed
  {program} import --state app.tfstate --role fetch=Fetch-Lambda-Role
                                                        the role of a handler has another name

A listing is what these print, one behind the other in one file, in one account and Region; the
first also of each other Region that the spec names:
  aws secretsmanager list-secrets --output json
  aws iam get-account-authorization-details --output json
Where the second is not allowed: `aws iam list-roles`, `list-policies --scope Local`, `get-role-policy`.
It can also hold `aws secretsmanager get-resource-policy` of each secret, `aws lambda get-policy` of
each function that rotates, and `aws lambda list-functions`, which tells what functions run as.

Notes say what the first apply changes of what exists: policies that come off roles, settings, tags,
keys, replicas, values. They also name who else can use the spec's secrets, what the functions of the
state run as, and what a plan destroys because the generated files do not have it.

The file that is written is terraform/import.tf. Nothing of a secret's value is read or written.

Exit codes: 0 done or fresh, 1 internal, 2 usage or an input that cannot be used, 4 stale,
or who can use the secrets cannot be decided from the inputs, 100 something has to be decided first, or something is in the way";

/// Take over what exists already: write `import` and `moved` blocks
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("evidence").args(["state", "other_state", "listing", "renamed_from"]).multiple(true).required(true))]
pub struct Import {
    /// The state that terraform/ goes on with: what `terraform state pull` or `terraform show -json` prints; `-` reads
    /// standard input
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// The state of another configuration, which hands over what the spec has: import that here
    #[arg(long, value_name = "FILE")]
    other_state: Option<PathBuf>,
    /// What the account has: outputs of the AWS CLI, see below; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    listing: Option<PathBuf>,
    /// The spec as it was applied last, as `{program} spec` printed it then
    #[arg(long, value_name = "FILE", conflicts_with_all = ["state", "other_state", "listing"])]
    renamed_from: Option<PathBuf>,
    /// The module that the generated files are called as, such as `module.secrets`; needs the root's directory as `--out`
    #[arg(long, value_name = "ADDRESS", requires = "out", default_value = "", hide_default_value = true)]
    module: ModulePath,
    /// The role that a handler runs as today, where it has another name than the handler; once for each such handler
    #[arg(long, value_name = "HANDLER=ROLE", value_parser = named_role, conflicts_with = "renamed_from")]
    role: Vec<(String, String)>,
    /// The environment that is taken over, by its prefix, where the spec declares prefixes
    #[arg(long, value_name = "PREFIX", conflicts_with = "renamed_from")]
    prefix: Option<String>,
    /// Change nothing: show what is stale as a diff, and exit with 4
    #[arg(long)]
    check: bool,
    /// Write to this directory instead of `terraform/`
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// For this exported spec, as `{program} spec` prints it; `-` reads standard input
    #[arg(long, value_name = "FILE", requires = "out")]
    spec: Option<PathBuf>,
    #[command(flatten)]
    output: FormatOption,
}

/// Errors that stop the command before anything is compared.
#[derive(Debug, thiserror::Error)]
enum ImportFault {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("the {what} `{}` cannot be used", path.display())]
    Malformed { what: &'static str, path: PathBuf, source: Malformed },
    #[error(transparent)]
    Unknown(#[from] Unknown),
    #[error("the spec declares prefixes: choose the environment to import with `--prefix`")]
    Unsaid { hint: String },
    #[error("two roles are given for {}: {} and {}", shown(handler), shown(&roles[0]), shown(&roles[1]))]
    TwoRoles { handler: String, roles: [String; 2] },
    #[error("{} run as one role, that of `{variable}`, and two are given: {} and {}", handlers.join(" and "), shown(&roles[0]), shown(&roles[1]))]
    OneVariable { handlers: Vec<String>, variable: String, roles: [String; 2] },
    #[error("the spec has problems")]
    Spec(Vec<Problem>),
}

impl ImportFault {
    fn hint(&self) -> &str {
        match self {
            Self::Malformed { source, .. } => source.hint,
            Self::Unknown(unknown) => &unknown.hint,
            Self::Unsaid { hint } => hint,
            Self::TwoRoles { .. } => "pass `--role` once for each handler",
            Self::OneVariable { .. } => {
                "give each handler a variable of its own in the spec: `role: existing(VARIABLE)`"
            }
            Self::Unreadable(_) | Self::Spec(_) => "pass a file that can be read, or `-` for standard input",
        }
    }
}

/// Runs the command.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn run(command: &Import, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    match command.adoption(context) {
        Err(ImportFault::Spec(problems)) => {
            output::problems(streams.err, &problems)?;
            let adoption = Adoption { problems, ..Adoption::default() };
            command.report(streams, "problems", &adoption, &BTreeMap::new())?;
            Ok(Exit::Problems)
        }
        Err(fault) => failed(&fault, fault.hint(), command.output.format == Format::Json, streams),
        Ok((_, adoption)) if !adoption.problems.is_empty() => {
            adoption::problems(streams.err, &adoption.problems)?;
            command.report(streams, "problems", &adoption, &BTreeMap::new())?;
            Ok(Exit::Problems)
        }
        Ok((source, adoption)) => command.settle(&source, &adoption, context, streams),
    }
}

impl Import {
    /// Whether the command works on files of the workspace.
    pub(crate) const fn needs_root(&self) -> bool {
        self.out.is_none()
    }

    /// Decides what to import and move. Also returns the name of the file in which the spec is edited.
    fn adoption(&self, context: &Context<'_>) -> Result<(String, Adoption), ImportFault> {
        let (spec, problems) = spec_file::read(self.spec.as_deref(), context)?;
        let wanted = managed(&spec, "", problems)?;
        if let Some(old) = &self.renamed_from {
            let (old_spec, problems) = spec_file::exported(old, context)?;
            let old = managed(&old_spec, "", problems)?;
            return Ok((spec.source.clone(), adopt::renames((&spec, &wanted), (&old_spec, &old), &self.module)));
        }
        let prefix = self.environment(&spec)?;
        let (spec, wanted) = (spec.under(prefix), managed(&spec, prefix, Vec::new())?);
        let state = self.state.as_deref().map(|path| read("state", path, adopt::read_state, context)).transpose()?;
        let other =
            self.other_state.as_deref().map(|path| read("state", path, adopt::read_state, context)).transpose()?;
        let listing = self.listing.as_deref().map(|path| read("listing", path, adopt::read_listing, context));
        let mut listing = listing.transpose()?;
        if let Some(other) = &other {
            listing.get_or_insert_default().add_state(other);
        }
        let (by_hand, roles) = (self.by_hand(context), self.roles(&spec)?);
        let evidence = Evidence {
            state: state.as_ref(),
            listing: listing.as_ref(),
            other: other.as_ref(),
            by_hand: Some(&by_hand),
            roles: Some(&roles),
        };
        let _step = context.steps.begin("deciding what comes from where");
        Ok((spec.source.clone(), adopt::decide(&spec, &wanted, &self.module, evidence)))
    }

    /// The prefix of the environment that is taken over.
    fn environment<'a>(&self, spec: &'a Spec) -> Result<&'a str, ImportFault> {
        match &self.prefix {
            Some(prefix) => Ok(named::prefix(spec, prefix)?),
            None if spec.prefixes.is_none() => Ok(""),
            None => Err(ImportFault::Unsaid { hint: named::one_prefix_of(spec) }),
        }
    }

    /// The roles given by `--role`, by the deployed names of their handlers.
    fn roles(&self, spec: &Spec) -> Result<BTreeMap<String, String>, ImportFault> {
        let mut named = BTreeMap::new();
        for (name, role) in &self.role {
            let handler = named::handler(spec, name)?.name.clone();
            match named.insert(handler.clone(), role.clone()) {
                Some(other) if other != *role => {
                    return Err(ImportFault::TwoRoles { handler, roles: [other, role.clone()] });
                }
                _ => {}
            }
        }
        // A variable has one value, so the handlers that share it have one role.
        for shared in spec.roles() {
            let Role::Existing { variable } = &shared.first().role else { continue };
            let of =
                |handler: &&&HandlerSpec| named.get(&handler.name).map(|role| (shown(&handler.name), role.clone()));
            let given: Vec<(String, String)> = shared.handlers.iter().filter_map(|it| of(&it)).collect();
            if let Some((first, other)) = given.first().zip(given.iter().find(|(_, role)| *role != given[0].1)) {
                return Err(ImportFault::OneVariable {
                    handlers: vec![first.0.clone(), other.0.clone()],
                    variable: variable.clone(),
                    roles: [first.1.clone(), other.1.clone()],
                });
            }
        }
        Ok(named)
    }

    /// Declarations in the hand-written files next to the generated ones.
    fn by_hand(&self, context: &Context<'_>) -> Declared {
        let mut declared = Declared::default();
        let files = fs::read_dir(self.dir(context)).into_iter().flatten().filter_map(Result::ok);
        for file in files {
            let name = file.file_name().to_string_lossy().into_owned();
            let is_terraform = [".tf", ".tofu", ".tf.json", ".tofu.json"].iter().any(|end| name.ends_with(end));
            if is_terraform && !name.starts_with('.') && name != adopt::NAME {
                // Only regular files are opened: reading a pipe would block.
                let is_file = fs::metadata(file.path()).is_ok_and(|found| found.is_file());
                let open = || input::open("configuration", &file.path(), MAX_FILE, &context.steps).ok();
                let text = is_file.then(open).flatten().and_then(|input| io::read_to_string(input).ok());
                declared.add(&name, text.as_deref());
            }
        }
        declared
    }

    fn settle(
        &self,
        source: &str,
        adoption: &Adoption,
        context: &Context<'_>,
        streams: &mut Streams<'_>,
    ) -> io::Result<Exit> {
        let dir = &self.dir(context);
        let files = Generated { dir, set: adopt::OWN, check: self.check, is_json: self.output.format == Format::Json };
        let (actions, ended) = match files.settle(&adopt::text(adoption, source), context, streams)? {
            Ok(settled) => settled,
            Err(exit) => return Ok(exit),
        };
        match ended {
            Ended::Fresh | Ended::Stale => {
                adoption::summary(streams.err, adoption)?;
                adoption::check_summary(streams.err, &actions)?;
            }
            Ended::Written => {
                adoption::summary(streams.err, adoption)?;
                output::write_summary(streams.err, dir, &actions)?;
                adoption::next(streams.err, adoption, dir)?;
            }
            Ended::Refused | Ended::Interrupted => {}
        }
        self.report(streams, ended.word(), adoption, &actions)?;
        let is_done = matches!(ended, Ended::Fresh | Ended::Written);
        Ok(if is_done && !adoption.undecided.is_empty() { Exit::Stale } else { ended.exit() })
    }

    fn dir(&self, context: &Context<'_>) -> PathBuf {
        self.out.clone().unwrap_or_else(|| context.terraform_dir.clone())
    }

    fn report(
        &self,
        streams: &mut Streams<'_>,
        result: &'static str,
        adoption: &Adoption,
        actions: &BTreeMap<String, Action>,
    ) -> io::Result<()> {
        match self.output.format {
            Format::Text => Ok(()),
            Format::Json => adoption::report(streams.out, result, actions, adoption),
        }
    }
}

/// Parses `HANDLER=ROLE`.
fn named_role(text: &str) -> Result<(String, String), &'static str> {
    let is_name = |role: &str| {
        (1..=64).contains(&role.len())
            && role.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte))
    };
    match text.split_once('=') {
        Some((handler, role)) if !handler.is_empty() && is_name(role) => Ok((handler.to_owned(), role.to_owned())),
        Some((_, role)) if role.starts_with("arn:") => Err("pass the name of the role, and not its ARN"),
        _ => Err("pass it as HANDLER=ROLE, with the name of a role"),
    }
}

/// The resources that the Terraform of a spec manages in the environment with this prefix, if the spec has no
/// problems.
fn managed(spec: &Spec, prefix: &str, mut problems: Vec<Problem>) -> Result<Vec<Managed>, ImportFault> {
    if problems.is_empty() {
        return render::managed(spec, prefix).map_err(ImportFault::Spec);
    }
    problems.extend(labels::check(spec));
    Err(ImportFault::Spec(problems))
}

/// Reads a file with the given parser.
fn read<'a, T>(
    what: &'static str,
    path: &Path,
    parse: fn(Bounded<'a>) -> Result<T, Malformed>,
    context: &'a Context<'_>,
) -> Result<T, ImportFault> {
    let input = input::open(what, path, MAX_BYTES, &context.steps)?;
    parse(input).map_err(|source| ImportFault::Malformed { what, path: path.to_owned(), source })
}
