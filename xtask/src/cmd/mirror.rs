//! Where the real AWS provider is installed on this machine already: in a directory that Terraform itself takes providers from,
//! or where a system keeps the software that its administrator installed.
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

/// The first version that has every argument of PayPulse's files, and the first that has `region`.
const LEAST: Version = Version([5, 88, 0]);

/// Terraform's registry and OpenTofu's: each looks below its own name, and the programs are the same.
const HOSTS: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];
const PROVIDER: &str = "hashicorp/aws";

/// Where a system keeps installed software.
pub const SYSTEM: [&str; 2] = ["/opt", "/usr/local"];

/// A mirror is at most this far below one of those directories, and this many directories are looked through at most.
const DEEPEST: usize = 4;
const MOST: usize = 20_000;

/// A version without a suffix, by which versions compare.
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
    /// Its version.
    pub version: Version,
    /// The directory with its program.
    pub package: PathBuf,
    /// Why it was looked for there.
    pub place: &'static str,
}

/// What the search needs to know of the machine.
pub struct Machine<'a> {
    /// The environment.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// The directory in which Terraform would be started.
    pub root: &'a Path,
    /// Where a system keeps installed software.
    pub system: &'a [PathBuf],
}

impl Machine<'_> {
    /// The newest version in the first place that has one which is new enough.
    #[must_use]
    pub fn find(&self) -> Option<Installed> {
        let own = self.mirrors().into_iter().map(|(place, mirror)| (place, packages(&mirror)));
        let system = self.system.iter().map(|dir| ("a directory of installed software", installed(dir)));
        own.chain(system).find_map(|(place, found)| newest(place, found))
    }

    /// The directories that Terraform takes providers from, in the order in which they are asked.
    fn mirrors(&self) -> Vec<(&'static str, PathBuf)> {
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
        found.extend(configured(&text).into_iter().map(|dir| ("Terraform's CLI configuration", dir)));
        found
    }
}

/// The newest version in the mirror at this path.
#[must_use]
pub fn named(mirror: &Path) -> Option<Installed> {
    newest("--provider", packages(mirror))
}

fn newest(place: &'static str, found: Vec<(Version, PathBuf)>) -> Option<Installed> {
    let fitting = found.into_iter().filter(|(version, _)| *version >= LEAST);
    let (version, package) = fitting.max_by_key(|(version, _)| *version)?;
    Some(Installed { version, package, place })
}

/// The directories of a CLI configuration file; none of one that is not HCL, which Terraform refuses itself.
fn configured(text: &str) -> Vec<PathBuf> {
    let Ok(body) = text.parse::<Body>() else { return Vec::new() };
    let path = |body: &Body, name: &str| Some(PathBuf::from(body.get_attribute(name)?.value.as_str()?));
    let installation = body.get_blocks("provider_installation");
    let mirrors = installation.flat_map(|block| block.body.get_blocks("filesystem_mirror"));
    let mirrors = mirrors.filter_map(|mirror| path(&mirror.body, "path"));
    mirrors.chain(path(&body, "plugin_cache_dir")).collect()
}

/// The versions that a mirror has for this machine.
fn packages(mirror: &Path) -> Vec<(Version, PathBuf)> {
    let versions = HOSTS.iter().flat_map(|host| entries(&mirror.join(host).join(PROVIDER)));
    let package = |dir: PathBuf| {
        let version = Version::parse(dir.file_name()?.to_str()?)?;
        let package = dir.join(platform());
        program(&package).map(|_| (version, package))
    };
    versions.filter_map(package).collect()
}

/// The versions in the mirrors below a directory that nobody but the administrator can have put there.
fn installed(dir: &Path) -> Vec<(Version, PathBuf)> {
    let (mut found, mut left) = (Vec::new(), vec![(dir.to_owned(), 0)]);
    let mut looked_at = 0;
    while let Some((dir, depth)) = left.pop() {
        looked_at += 1;
        if looked_at > MOST {
            break;
        }
        found.extend(packages(&dir));
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

/// Whether a file is root's, and nobody else can write it or put another in its place.
fn is_administrators(file: &Path) -> bool {
    const OTHERS: u32 = 0o002;
    const GROUP: u32 = 0o020;
    let Ok(file) = file.canonicalize() else { return false };
    let closed = |path: &Path, to: u32| fs::metadata(path).is_ok_and(|it| it.uid() == 0 && it.mode() & to == 0);
    closed(&file, OTHERS | GROUP) && file.ancestors().skip(1).all(|dir| closed(dir, OTHERS))
}

/// What a directory holds, in an order that is always the same; nothing of one that cannot be read.
fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(dir).into_iter().flatten().flatten().map(|it| it.path()).collect();
    entries.sort();
    entries
}

/// The platform as Terraform names it.
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
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A mirror with these versions.
    fn mirror(dir: &Path, host: &str, versions: &[&str]) {
        for version in versions {
            let package = dir.join(host).join(PROVIDER).join(version).join(platform());
            fs::create_dir_all(&package).expect("it can be made");
            let program = package.join(format!("terraform-provider-aws_v{version}_x5"));
            fs::write(&program, "").expect("it can be written");
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it is ours");
        }
    }

    fn find(root: &Path, variables: &[(&str, PathBuf)], system: &[PathBuf]) -> Option<(String, &'static str)> {
        let variables: BTreeMap<&str, OsString> =
            variables.iter().map(|(name, value)| (*name, value.clone().into())).collect();
        let variable = |name: &str| variables.get(name).cloned();
        Machine { variable: &variable, root, system }.find().map(|found| (found.version.to_string(), found.place))
    }

    fn dir() -> tempfile::TempDir {
        tempfile::tempdir().expect("there is a place for it")
    }

    /// Terraform's own directories first, and in their order; the newest version of the first that has one.
    #[test]
    fn the_first_place_that_has_a_version_is_taken() {
        let dir = dir();
        let at = |name: &str| dir.path().join(name);
        let (home, cache) = (("HOME", at("home")), ("TF_PLUGIN_CACHE_DIR", at("cache")));
        let settings = ("TF_CLI_CONFIG_FILE", at("rc"));
        let all = [home, cache, settings, ("XDG_DATA_DIRS", at("share"))];
        let find = || find(dir.path(), &all, &[]);
        assert_eq!(find(), None);
        mirror(&at("listed"), HOSTS[0], &["5.88.0"]);
        let listed = at("listed").display().to_string();
        let text = format!(
            "provider_installation {{\n  filesystem_mirror {{\n    path = \"{listed}\"\n  }}\n  direct {{}}\n}}\n"
        );
        fs::write(at("rc"), text).expect("it can be written");
        assert_eq!(find(), Some(("5.88.0".into(), "Terraform's CLI configuration")));
        mirror(&at("cache"), HOSTS[1], &["5.9.0", "5.100.0", "5.99.1", "6.0.0-beta1"]);
        assert_eq!(find(), Some(("5.100.0".into(), "TF_PLUGIN_CACHE_DIR")));
        for (version, place) in [
            ("6.1.0", "share/terraform/plugins"),
            ("6.2.0", "home/.local/share/terraform/plugins"),
            ("6.3.0", "home/.terraform.d/plugins"),
            ("6.4.0", "terraform.d/plugins"),
        ] {
            mirror(&at(place), HOSTS[0], &[version]);
            assert_eq!(find(), Some((version.into(), "an implied mirror directory of Terraform")), "{place}");
        }
    }

    #[test]
    fn a_version_that_is_too_old_or_for_another_machine_is_passed_over() {
        let dir = dir();
        mirror(dir.path(), HOSTS[0], &["5.87.9", "4.99.0"]);
        let elsewhere = dir.path().join(HOSTS[0]).join(PROVIDER).join("6.0.0/plan9_mips");
        fs::create_dir_all(&elsewhere).expect("it can be made");
        fs::write(elsewhere.join("terraform-provider-aws_v6.0.0"), "").expect("it can be written");
        fs::create_dir_all(dir.path().join(HOSTS[0]).join(PROVIDER).join("6.1.0").join(platform()))
            .expect("it can be made");
        assert_eq!(named(dir.path()), None);
        mirror(dir.path(), HOSTS[0], &["5.88.0"]);
        assert_eq!(named(dir.path()).map(|found| found.version.to_string()), Some("5.88.0".into()));
    }

    /// Every directory above a temporary one is open to others, so that a program there is anybody's.
    #[test]
    fn installed_software_is_what_nobody_else_can_replace() {
        let dir = dir();
        mirror(&dir.path().join("a/b"), HOSTS[0], &["6.0.0"]);
        assert!(
            program(&dir.path().join("a/b").join(HOSTS[0]).join(PROVIDER).join("6.0.0").join(platform())).is_some()
        );
        assert_eq!(installed(dir.path()), []);
        let shell = Path::new("/bin/sh").canonicalize().expect("there is a shell");
        assert!(is_administrators(&shell));
        let own = dir.path().join("program");
        fs::write(&own, "").expect("it can be written");
        assert!(!is_administrators(&own));
        assert!(!is_administrators(&dir.path().join("missing")));
    }

    #[test]
    fn settings_that_are_not_hcl_name_no_directory() {
        assert_eq!(configured("provider_installation {"), Vec::<PathBuf>::new());
        assert_eq!(configured("plugin_cache_dir = \"/a\"\n"), [PathBuf::from("/a")]);
    }
}
