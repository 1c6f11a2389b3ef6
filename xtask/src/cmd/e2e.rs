//! `e2e`: applies the committed Terraform to a server on this machine and tests which calls are allowed and denied.

use std::borrow::Cow;
use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use paypulse_runtime::model::closest;

use super::child::Said;
use super::mirror::{self, Installed, Machine, Packed};
use super::python::{self, Environment, Missing};
use crate::output::{self, Streams};
use crate::{Context, Exit};

const EXAMPLES: &str = "\
Examples:
  cargo xtask e2e                              everything, on the best provider that can be had
  cargo xtask e2e chain                        only the checks whose names hold `chain`
  cargo xtask e2e --provider mirror=/srv/tf    the provider of this mirror
  cargo xtask e2e --provider stand-in          neither a mirror nor the registry
  cargo xtask e2e --require-e2e                fail where Python 3 or Terraform is missing

The provider of `auto` is hashicorp/aws 5.88 or later from the first of: Terraform's implied mirror
directories, TF_PLUGIN_CACHE_DIR, the filesystem_mirror of Terraform's CLI configuration, mirrors
below /opt and /usr/local whose programs only root can replace, the registry where it delivers soon.
Else it is a stand-in. Where CI is set, a mirror that is there must be used.

No AWS account is needed: the servers run on 127.0.0.1 and go when the command ends. The first run
installs them in target/e2e, which takes a minute.

Exit codes: 0 all is as it should be, or a program is missing, 1 it is not, 2 usage, 130 stopped by Ctrl-C";

/// Apply the Terraform to a server on this machine and try who may do what
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct EndToEnd {
    /// Where the AWS provider comes from: auto, mirror, mirror=DIR, registry or stand-in
    #[arg(long, value_name = "WHERE", value_parser = Provider::parse, default_value = "auto")]
    provider: Provider,

    #[command(flatten)]
    required: Required,

    /// Only the checks whose names contain this
    filter: Option<String>,
}

/// Whether the end-to-end checks may be skipped.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Required {
    /// Fail where a program that the end-to-end checks need is missing, instead of skipping them
    #[arg(long)]
    require_e2e: bool,
}

/// Where the AWS provider comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Provider {
    /// A mirror if one exists, otherwise the registry if it delivers soon, otherwise the stand-in.
    Auto,
    /// This mirror, or the first that is found.
    Mirror(Option<PathBuf>),
    /// hashicorp/aws from the registry.
    Registry,
    /// The stand-in provider of this workspace.
    StandIn,
}

const WORDS: [&str; 4] = ["auto", "mirror", "registry", "stand-in"];

impl Provider {
    fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            None if text == "auto" => Ok(Self::Auto),
            None if text == "mirror" => Ok(Self::Mirror(None)),
            Some(("mirror", dir)) if !dir.is_empty() => Ok(Self::Mirror(Some(dir.into()))),
            None if text == "registry" => Ok(Self::Registry),
            None if text == "stand-in" => Ok(Self::StandIn),
            _ => {
                let close = closest(text, WORDS).map(|word| format!("; did you mean '{word}'?")).unwrap_or_default();
                Err(format!("it is not one of auto, mirror, mirror=DIR, registry, stand-in{close}"))
            }
        }
    }

    /// The word for it in the checks' environment variable.
    const fn word(&self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Mirror(_) => "mirror",
            Self::Registry => "registry",
            Self::StandIn => "stand-in",
        }
    }

    /// The provider of a mirror, if one is to be used.
    fn of_mirror(&self, root: &Path) -> Result<Option<Installed>, NoMirror> {
        if let Self::Mirror(Some(dir)) = self {
            let unpacked = mirror::named(dir).map(Some);
            return unpacked.ok_or_else(|| {
                mirror::named_packed(dir).map_or_else(|| NoMirror::Named(dir.clone()), NoMirror::Packed)
            });
        }
        let system = mirror::SYSTEM.map(PathBuf::from);
        let machine = Machine { variable: &|name| env::var_os(name), root, system: &system };
        let found = machine.find();
        let is_ci = env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
        match (self, found) {
            (Self::Mirror(None), None) => Err(machine.find_packed().map_or(NoMirror::Anywhere, NoMirror::Packed)),
            (Self::Registry | Self::StandIn, Some(found)) if is_ci => Err(NoMirror::Unused(found.package)),
            (Self::Registry | Self::StandIn, _) => Ok(None),
            (_, found) => Ok(found),
        }
    }
}

/// Why the requested provider cannot be used.
#[derive(Debug, thiserror::Error)]
enum NoMirror {
    #[error("`{}` has no hashicorp/aws 5.88 or later for this machine", .0.display())]
    Named(PathBuf),
    #[error("`{}` is a packed provider, which has to be unpacked", .0.archive.display())]
    Packed(Packed),
    #[error("no mirror on this machine has hashicorp/aws 5.88 or later")]
    Anywhere,
    #[error("the provider in `{}` is not used, which is a failure in CI", .0.display())]
    Unused(PathBuf),
}

impl NoMirror {
    fn hint(&self) -> Cow<'static, str> {
        match self {
            Self::Named(_) => {
                "below it must be registry.terraform.io/hashicorp/aws/VERSION/PLATFORM/terraform-provider-aws_v…".into()
            }
            Self::Packed(packed) => format!("run `{}`", packed.unpacking()).into(),
            Self::Anywhere => {
                "`terraform providers mirror DIR` makes a packed one: unpack it, and pass `--provider mirror=DIR`"
                    .into()
            }
            Self::Unused(_) => "leave `--provider` out".into(),
        }
    }
}

const SERVERS: Environment = Environment {
    dir: "target/e2e",
    requirements: "tests/e2e/requirements.txt",
    probe: "import boto3, ministack, moto, tf",
};
const STEP: &str = "end to end";

/// Runs the command.
///
/// # Errors
///
/// If an installed program cannot be started, or a stream cannot be written.
pub fn run(command: &EndToEnd, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let installed = match command.provider.of_mirror(context.root) {
        Ok(installed) => installed,
        Err(error) => {
            output::error(streams.err, &error, &error.hint())?;
            return Ok(Exit::Internal);
        }
    };
    run_checks((&command.provider, installed.as_ref()), command.filter.as_deref(), command.required, context, streams)
}

/// Runs every check with the best available provider, as a step of `test`.
///
/// # Errors
///
/// As for [`run`].
pub fn step(required: Required, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    run(&EndToEnd { provider: Provider::Auto, required, filter: None }, context, streams)
}

fn run_checks(
    (provider, installed): (&Provider, Option<&Installed>),
    filter: Option<&str>,
    required: Required,
    context: &Context<'_>,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    output::step_starts(streams.err, STEP)?;
    let started = Instant::now();
    let terraform = match prepare(context, streams)? {
        Ok(terraform) => terraform,
        Err(Missing { what, how }) => {
            output::step_skipped(streams.err, STEP, what, how)?;
            return Ok(if required.require_e2e { Exit::Internal } else { Exit::Done });
        }
    };
    if let Some(Installed { version, package, place }) = installed {
        output::provider_used(streams.err, &version.to_string(), package, place)?;
    }
    let mut rig = rig(context.root, terraform, provider, installed);
    let said = Said::by(&mut rig, &context.steps)?;
    rig.args(filter);
    let passed = attend(&mut rig, context.interrupted)?;
    said.pass_on(streams.err)?;
    if (context.interrupted)() {
        output::interrupted(streams.err, "the servers are stopped")?;
        return Ok(Exit::Interrupted);
    }
    if passed {
        output::step_passed(streams.err, STEP, started.elapsed())?;
        return Ok(Exit::Done);
    }
    output::step_failed(streams.err, STEP, &[], "cargo", &["xtask", "e2e"])?;
    Ok(Exit::Internal)
}

/// Installs the servers, and finds Terraform or OpenTofu.
fn prepare(context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Result<&'static str, Missing>> {
    let Some(terraform) = terraform(context.root)? else {
        let (what, how) = ("neither Terraform nor OpenTofu is installed", "install Terraform 1.11 or later");
        return Ok(Err(Missing { what, how }));
    };
    Ok(SERVERS.prepare(context, streams)?.map(|()| terraform))
}

fn terraform(root: &Path) -> io::Result<Option<&'static str>> {
    for program in ["terraform", "tofu"] {
        if python::succeeds(root, Path::new(program), &["version"])? {
            return Ok(Some(program));
        }
    }
    Ok(None)
}

/// The test target that runs the checks, built as `cargo test --workspace` builds it, so that nothing is compiled
/// twice.
fn rig(root: &Path, terraform: &str, provider: &Provider, installed: Option<&Installed>) -> Command {
    let mut command = Command::new("cargo");
    command.args(["test", "--workspace", "--locked", "--quiet", "--test", "e2e", "--"]).current_dir(root);
    command.env("E2E_PYTHON", SERVERS.python()).env("E2E_TERRAFORM", terraform).env("E2E_PROVIDER", provider.word());
    if let Some(installed) = installed {
        command.env("E2E_PROVIDER_PACKAGE", &installed.package);
        command.env("E2E_PROVIDER_VERSION", installed.version.to_string());
    }
    super::without_package_variables(&mut command);
    command
}

/// Waits until the checks end. An interrupt closes their standard input, which stops them.
fn attend(rig: &mut Command, interrupted: &dyn Fn() -> bool) -> io::Result<bool> {
    let mut child = rig.env("E2E_STOPS_WITH_STDIN", "true").stdin(Stdio::piped()).spawn()?;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if interrupted() {
            drop(child.stdin.take());
        }
        thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_one_of_five_forms() {
        assert_eq!(Provider::parse("mirror"), Ok(Provider::Mirror(None)));
        assert_eq!(Provider::parse("mirror=/srv/a=b"), Ok(Provider::Mirror(Some("/srv/a=b".into()))));
        for word in ["auto", "registry", "stand-in"] {
            assert_eq!(Provider::parse(word).map(|it| it.word()), Ok(word));
        }
        for word in ["", "mirror=", "Mirror", "stand_in", "registry=x", "auto=/x"] {
            assert!(Provider::parse(word).is_err(), "{word}");
        }
    }

    #[test]
    fn err_a_mirror_that_is_packed_or_empty() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let of_mirror =
            || Provider::Mirror(Some(dir.path().to_owned())).of_mirror(dir.path()).expect_err("it is not unpacked");
        assert!(matches!(of_mirror(), NoMirror::Named(_)));
        let packed = dir.path().join("registry.terraform.io/hashicorp/aws");
        std::fs::create_dir_all(&packed).expect("it can be made");
        let archive = packed.join(format!("terraform-provider-aws_5.100.0_{}.zip", mirror::platform()));
        std::fs::write(&archive, "").expect("it can be written");
        let error = of_mirror();
        assert_eq!(
            error.to_string(),
            format!("`{}` is a packed provider, which has to be unpacked", archive.display())
        );
        let unpacking =
            format!("run `unzip {} -d {}/5.100.0/{}`", archive.display(), packed.display(), mirror::platform());
        assert_eq!(error.hint(), unpacking);
    }
}
