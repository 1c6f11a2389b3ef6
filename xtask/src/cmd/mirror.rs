//! Finds an installed AWS provider on this machine: in the directories from which Terraform takes providers, or where
//! administrators install software. For a packed mirror, finds the archive and the command that unpacks it.
//!
//! Source: [provider installation](https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation) and
//! [the layout of a mirror](https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror).

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use hcl_edit::structure::Body;

use crate::output::quoted;

/// The first version with every argument that PayPulse's files use.
const LEAST: Version = Version([5, 88, 0]);

/// The registries of Terraform and OpenTofu. Each program looks below the name of its own registry; the packages are
/// the same.
const HOSTS: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];
const PROVIDER: &str = "hashicorp/aws";

/// Directories in which systems keep installed software.
pub const SYSTEM: [&str; 2] = ["/opt", "/usr/local"];

/// Limits of the search for mirrors below those directories: depth, and number of directories.
const DEEPEST: usize = 4;
const MOST: usize = 20_000;

/// A version without a suffix, ordered by its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version([u64; 3]);

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let numbers: Vec<u64> = text.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        numbers.try_into().ok().map(Self)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([major, minor, patch]) = self;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// A provider that Terraform can use without a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The version.
    pub version: Version,
    /// The directory that contains the program.
    pub package: PathBuf,
    /// Why this place was searched.
    pub place: &'static str,
}

/// What the search needs to know about the machine.
pub struct Machine<'a> {
    /// Reads an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// The directory in which Terraform would be started.
    pub root: &'a Path,
    /// Directories in which the system keeps installed software.
    pub system: &'a [PathBuf],
}

impl Machine<'_> {
    /// The newest version that is new enough, from the first place that has one.
    #[must_use]
    pub fn find(&self) -> Option<Installed> {
        let own = self.mirrors().into_iter().map(|(place, mirror)| (place, packages(&mirror)));
        let system = self.system.iter().map(|dir| ("a directory of installed software", installed(dir)));
        own.chain(system).find_map(|(place, found)| newest(place, found))
    }

    /// The newest archive of a version that is new enough, from the first packed mirror that has one.
    #[must_use]
    pub fn find_packed(&self) -> Option<Packed> {
        self.mirrors().iter().find_map(|(_, mirror)| newest_archive(mirror))
    }

    /// The directories from which Terraform takes providers, in its order of preference.
    fn mirrors(&self) -> Vec<(&'static str, Mirror)> {
        const IMPLIED: &str = "an implied mirror directory of Terraform";
        let path = |name: &str| (self.variable)(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = path("HOME").unwrap_or_default();
        let mut found =
            vec![(IMPLIED, self.root.join("terraform.d/plugins")), (IMPLIED, home.join(".terraform.d/plugins"))];
        let data = path("XDG_DATA_HOME").unwrap_or_else(|| home.join(".local/share"));
        let shared = path("XDG_DATA_DIRS").unwrap_or_else(|| "/usr/local/share:/usr/share".into());
        let data = std::iter::once(data).chain(env::split_paths(&shared));
        found.extend(data.map(|dir| (IMPLIED, dir.join("terraform/plugins"))));
        if cfg!(target_os = "macos") {
            let library = "Library/Application Support/io.terraform/plugins";
            found.extend([(IMPLIED, home.join(library)), (IMPLIED, Path::new("/").join(library))]);
        }
        found.extend(path("TF_PLUGIN_CACHE_DIR").map(|dir| ("TF_PLUGIN_CACHE_DIR", dir)));
        let settings = path("TF_CLI_CONFIG_FILE").unwrap_or_else(|| home.join(".terraformrc"));
        let text = fs::read_to_string(settings).unwrap_or_default();
        let configured = configured(&text).into_iter().map(|mirror| ("Terraform's CLI configuration", mirror));
        found.into_iter().map(|(place, dir)| (place, Mirror::of_all(dir))).chain(configured).collect()
    }
}

/// A directory of providers, and the registries whose `hashicorp/aws` is taken from it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mirror {
    dir: PathBuf,
    hosts: Vec<&'static str>,
}

impl Mirror {
    fn of_all(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), hosts: HOSTS.to_vec() }
    }

    /// The entries for the provider in the directory, from each registry.
    fn entries(&self) -> impl Iterator<Item = PathBuf> {
        self.hosts.iter().flat_map(|host| entries(&self.dir.join(host).join(PROVIDER)))
    }
}

/// An archive in a packed mirror. Terraform unpacks such archives; this program does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// The version.
    pub version: Version,
    /// The archive.
    pub archive: PathBuf,
}

impl Packed {
    /// The command that unpacks it to where [`Machine::find`] finds it.
    #[must_use]
    pub fn unpacking(&self) -> String {
        let mirror = self.archive.parent().unwrap_or(Path::new("."));
        let package = mirror.join(self.version.to_string()).join(platform());
        format!("unzip {} -d {}", quoted(&self.archive), quoted(&package))
    }
}

/// The newest version in the mirror of `--provider mirror=DIR`.
#[must_use]
pub fn named(mirror: &Path) -> Option<Installed> {
    newest("--provider", packages(&Mirror::of_all(mirror)))
}

/// The newest archive in the packed mirror of `--provider mirror=DIR`.
#[must_use]
pub fn named_packed(mirror: &Path) -> Option<Packed> {
    newest_archive(&Mirror::of_all(mirror))
}

fn newest_archive(mirror: &Mirror) -> Option<Packed> {
    let archive = |path: PathBuf| {
        let version = path.file_name()?.to_str()?.strip_prefix("terraform-provider-aws_")?;
        let version = Version::parse(version.strip_suffix(&format!("_{}.zip", platform()))?)?;
        (version >= LEAST && path.is_file()).then_some(Packed { version, archive: path })
    };
    mirror.entries().filter_map(archive).max_by_key(|packed| packed.version)
}

fn newest(place: &'static str, found: Vec<(Version, PathBuf)>) -> Option<Installed> {
    let fitting = found.into_iter().filter(|(version, _)| *version >= LEAST);
    let (version, package) = fitting.max_by_key(|(version, _)| *version)?;
    Some(Installed { version, package, place })
}

/// The mirrors of a CLI configuration file. A file that is not HCL has none; Terraform itself rejects it.
fn configured(text: &str) -> Vec<Mirror> {
    let Ok(body) = text.parse::<Body>() else { return Vec::new() };
    let path = |body: &Body, name: &str| Some(PathBuf::from(body.get_attribute(name)?.value.as_str()?));
    let installation = body.get_blocks("provider_installation");
    let mirrors = installation.flat_map(|block| block.body.get_blocks("filesystem_mirror"));
    let mirrors = mirrors.filter_map(|mirror| {
        let hosts = HOSTS.into_iter().filter(|host| is_taken(&mirror.body, host)).collect();
        Some(Mirror { dir: path(&mirror.body, "path")?, hosts })
    });
    mirrors.chain(path(&body, "plugin_cache_dir").map(Mirror::of_all)).collect()
}

/// Whether a mirror serves the provider of a registry: it matches `include`, which defaults to everything, and not
/// `exclude`.
fn is_taken(mirror: &Body, host: &str) -> bool {
    let meets = |name: &str| {
        let patterns = mirror.get_attribute(name)?.value.as_array()?;
        Some(patterns.iter().filter_map(|pattern| pattern.as_str()).any(|pattern| matches(pattern, host)))
    };
    meets("include").unwrap_or(true) && !meets("exclude").unwrap_or(false)
}

/// Whether a pattern such as `hashicorp/*` matches the provider of a registry. A pattern without a host matches the
/// default registry of Terraform as well as of OpenTofu.
fn matches(pattern: &str, host: &str) -> bool {
    let is = |part: &str, word: &str| part == "*" || part.eq_ignore_ascii_case(word);
    match *pattern.split('/').collect::<Vec<_>>() {
        [namespace, kind] => is(namespace, "hashicorp") && is(kind, "aws"),
        [of, namespace, kind] => is(of, host) && is(namespace, "hashicorp") && is(kind, "aws"),
        _ => false,
    }
}

/// The versions that a mirror has for this platform.
fn packages(mirror: &Mirror) -> Vec<(Version, PathBuf)> {
    let package = |dir: PathBuf| {
        let version = Version::parse(dir.file_name()?.to_str()?)?;
        let package = dir.join(platform());
        program(&package).map(|_| (version, package))
    };
    mirror.entries().filter_map(package).collect()
}

/// The versions in mirrors below a directory that only an administrator can have installed.
fn installed(dir: &Path) -> Vec<(Version, PathBuf)> {
    let (mut found, mut left) = (Vec::new(), vec![(dir.to_owned(), 0)]);
    let mut looked_at = 0;
    while let Some((dir, depth)) = left.pop() {
        looked_at += 1;
        if looked_at > MOST {
            break;
        }
        found.extend(packages(&Mirror::of_all(&dir)));
        if depth < DEEPEST {
            let is_dir = |path: &PathBuf| fs::symlink_metadata(path).is_ok_and(|it| it.is_dir());
            let own = |path: &PathBuf| path.file_name().is_some_and(|name| HOSTS.iter().any(|host| name == *host));
            let below = entries(&dir).into_iter().filter(|path| is_dir(path) && !own(path));
            left.extend(below.map(|path| (path, depth + 1)));
        }
    }
    found.retain(|(_, package)| program(package).is_some_and(|program| is_administrators(&program)));
    found
}

/// The program of a package.
fn program(package: &Path) -> Option<PathBuf> {
    let is_program = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        name.is_some_and(|name| name.starts_with("terraform-provider-aws_v")) && path.is_file()
    };
    entries(package).into_iter().find(is_program)
}

/// Whether a file belongs to root, and no other user can write or replace it.
fn is_administrators(file: &Path) -> bool {
    const OTHERS: u32 = 0o002;
    const GROUP: u32 = 0o020;
    let Ok(file) = file.canonicalize() else { return false };
    let closed = |path: &Path, to: u32| fs::metadata(path).is_ok_and(|it| it.uid() == 0 && it.mode() & to == 0);
    closed(&file, OTHERS | GROUP) && file.ancestors().skip(1).all(|dir| closed(dir, OTHERS))
}

/// The entries of a directory in a stable order; none if it cannot be read.
fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(dir).into_iter().flatten().flatten().map(|it| it.path()).collect();
    entries.sort();
    entries
}

/// The name of this platform in Terraform.
#[must_use]
pub fn platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { env::consts::OS };
    let machine = match env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}_{machine}")
}

#[cfg(test)]
mod tests;
