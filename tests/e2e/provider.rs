//! Which AWS provider Terraform gets: one that is installed, the registry's, or the stand-in of this directory where neither can
//! be had.

use std::env;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Result;
use crate::process::{self, Scratch};
use crate::terraform;
use crate::tools::{self, Choice, Package, Tools};

/// The registry has this long to deliver. The provider is some 150 MB.
const LIMIT: Duration = Duration::from_secs(90);

/// The version of the provider whose schema the stand-in has.
const STANDS_IN_FOR: &str = "6.25.0";

/// What a machine behind a proxy needs to reach the registry.
const NETWORK: [&str; 8] =
    ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Terraform and OpenTofu each look below the name of their own registry.
const HOSTS: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// Of the real provider, Go's collector takes a third of the processor time of each start, for memory that lasts seconds.
const COLLECTOR: [(&str, &str); 2] = [("GOGC", "off"), ("GOMEMLIMIT", "2GiB")];

/// A provider that Terraform can install.
pub struct Provider {
    kind: Kind,
    /// Terraform's own settings, a mirror or the cache of downloaded providers.
    files: Scratch,
}

enum Kind {
    Installed { version: String },
    Registry,
    StandIn,
}

impl Provider {
    /// The provider that was asked for, or the best that can be had.
    pub fn choose(tools: &Tools) -> Result<Self> {
        match &tools.provider {
            Choice::StandIn => return Self::stand_in(tools),
            Choice::Installed(package) => return Self::installed(package),
            Choice::Auto | Choice::Registry => {}
        }
        let registry = Self::registry()?;
        match (registry.is_within_reach(tools), &tools.provider) {
            (Ok(()), _) => Ok(registry),
            (Err(error), Choice::Registry) => Err(error),
            (Err(error), _) => {
                let reason = error.to_string();
                let reason = reason.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
                eprintln!("the registry's provider cannot be had ({reason}), so the stand-in is used");
                Self::stand_in(tools)
            }
        }
    }

    /// What it is, for people.
    pub fn name(&self) -> String {
        match &self.kind {
            Kind::Installed { version } => format!("hashicorp/aws {version}"),
            Kind::Registry => "hashicorp/aws from the registry".to_owned(),
            Kind::StandIn => format!("the stand-in for hashicorp/aws {STANDS_IN_FOR}"),
        }
    }

    /// Whether its resources have a `region`, as those of version 6 have. The registry's is the newest.
    pub fn has_region(&self) -> bool {
        match &self.kind {
            Kind::Installed { version } => !version.starts_with("5."),
            Kind::Registry | Kind::StandIn => true,
        }
    }

    /// Whether it is the provider that `HashiCorp` publishes.
    pub const fn is_real(&self) -> bool {
        !matches!(self.kind, Kind::StandIn)
    }

    /// Tells Terraform where to find it.
    pub fn configure(&self, command: &mut Command) {
        command.env("TF_CLI_CONFIG_FILE", self.files.path().join("terraform.rc"));
        if self.is_real() {
            command.envs(COLLECTOR);
        }
        if matches!(self.kind, Kind::Registry) {
            command.envs(NETWORK.iter().filter_map(|name| Some((name, env::var_os(name)?))));
        }
    }

    fn registry() -> Result<Self> {
        let files = Scratch::new()?;
        let cache = files.path().join("cache");
        fs::create_dir(&cache)?;
        fs::write(files.path().join("terraform.rc"), format!("plugin_cache_dir = {}\n", quoted(&cache)))?;
        Ok(Self { kind: Kind::Registry, files })
    }

    /// Downloads the provider, as far as that is possible in time.
    fn is_within_reach(&self, tools: &Tools) -> Result {
        let scratch = Scratch::new()?;
        for name in ["main.tf", "versions.tf"] {
            fs::copy(tools::workspace().join("terraform").join(name), scratch.path().join(name))?;
        }
        let mut command = terraform::command(tools, scratch.path());
        self.configure(&mut command);
        let output = process::run(command.args(["init", "-no-color"]), LIMIT)?;
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).replace("Error: ", "").into())
    }

    /// A mirror with a link to it. Terraform makes a link to that one, and nothing is copied.
    fn installed(package: &Package) -> Result<Self> {
        let version = package.version.clone();
        let files = mirror(&version, |dir| Ok(std::os::unix::fs::symlink(&package.path, dir)?))?;
        Ok(Self { kind: Kind::Installed { version }, files })
    }

    /// The stand-in, also where a real provider could be had.
    pub fn stand_in(tools: &Tools) -> Result<Self> {
        let files = mirror(STANDS_IN_FOR, |dir| {
            fs::create_dir(dir)?;
            write_starter(&dir.join(format!("terraform-provider-aws_v{STANDS_IN_FOR}")), tools)
        })?;
        Ok(Self { kind: Kind::StandIn, files })
    }
}

/// A mirror with one version, whose package is made at the path that it gets, and Terraform's settings that name the mirror.
fn mirror(version: &str, package: impl Fn(&Path) -> Result) -> Result<Scratch> {
    let files = Scratch::new()?;
    let mirror = files.path().join("mirror");
    for host in HOSTS {
        let dir = mirror.join(host).join("hashicorp/aws").join(version);
        fs::create_dir_all(&dir)?;
        package(&dir.join(platform()))?;
    }
    let settings = format!("provider_installation {{\n  filesystem_mirror {{ path = {} }}\n}}\n", quoted(&mirror));
    fs::write(files.path().join("terraform.rc"), settings)?;
    Ok(files)
}

/// Terraform starts a provider as a program without arguments.
fn write_starter(path: &Path, tools: &Tools) -> Result {
    let (python, packages) = (quoted(&tools.python), quoted(&tools::here()));
    // Terraform starts it several times a command, so it keeps what Python compiles.
    let compiled = quoted(&tools.compiled());
    let text = format!("#!/bin/sh\nPYTHONPYCACHEPREFIX={compiled} PYTHONPATH={packages} exec {python} -m provider\n");
    let mut file = fs::File::options().write(true).create_new(true).mode(0o755).open(path)?;
    file.write_all(text.as_bytes())?;
    // Independent of the umask of the user.
    Ok(file.set_permissions(fs::Permissions::from_mode(0o755))?)
}

/// A path as a string of HCL and of a shell; none that the rig makes needs more.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display())
}

/// The platform as Terraform names it.
fn platform() -> PathBuf {
    let system = if cfg!(target_os = "macos") { "darwin" } else { env::consts::OS };
    let machine = match env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    PathBuf::from(format!("{system}_{machine}"))
}
