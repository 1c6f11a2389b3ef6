//! Tests the layouts of mirrors, and the order in which places are searched.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// Creates a mirror with these versions.
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

/// Terraform's own directories come first, in their order; the newest version of the first that has one is used.
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
    let text =
        format!("provider_installation {{\n  filesystem_mirror {{\n    path = \"{listed}\"\n  }}\n  direct {{}}\n}}\n");
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

/// Every ancestor of a temporary directory is writable by other users, so that any of them could replace a program
/// there.
#[test]
fn installed_software_is_what_nobody_else_can_replace() {
    let dir = dir();
    mirror(&dir.path().join("a/b"), HOSTS[0], &["6.0.0"]);
    assert!(program(&dir.path().join("a/b").join(HOSTS[0]).join(PROVIDER).join("6.0.0").join(platform())).is_some());
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
    assert_eq!(configured("provider_installation {"), []);
    assert_eq!(configured("plugin_cache_dir = \"/a\"\n"), [Mirror::of_all("/a")]);
}

#[test]
fn a_mirror_is_for_the_providers_that_it_includes_and_does_not_exclude() {
    let [terraform, tofu] = HOSTS;
    for (lines, hosts) in [
        ("", &HOSTS[..]),
        ("include = [\"hashicorp/aws\"]", &HOSTS),
        ("include = [\"*/*\"]", &HOSTS),
        ("include = [\"registry.terraform.io/*/*\"]", &[terraform]),
        ("include = [\"Registry.OpenTofu.org/HashiCorp/AWS\", \"example.com/*/*\"]", &[tofu]),
        ("include = [\"example.com/*/*\"]", &[]),
        ("include = [\"hashicorp/google\", \"aws\"]", &[]),
        ("include = []", &[]),
        ("exclude = [\"hashicorp/random\"]", &HOSTS),
        ("exclude = [\"registry.terraform.io/hashicorp/*\"]", &[tofu]),
        ("include = [\"*/*/*\"]\n    exclude = [\"hashicorp/aws\"]", &[]),
    ] {
        let text =
            format!("provider_installation {{\n  filesystem_mirror {{\n    path = \"/a\"\n    {lines}\n  }}\n}}\n");
        assert_eq!(configured(&text), [Mirror { dir: "/a".into(), hosts: hosts.to_vec() }], "{lines}");
    }
}

#[test]
fn a_packed_provider_is_named_with_the_command_that_unpacks_it() {
    let dir = dir();
    let packed = dir.path().join(HOSTS[0]).join(PROVIDER);
    fs::create_dir_all(&packed).expect("it can be made");
    for name in [
        format!("5.99.0_{}.zip", platform()),
        format!("5.100.0_{}.zip", platform()),
        format!("5.87.0_{}.zip", platform()),
        "6.0.0_plan9_mips.zip".to_owned(),
        format!("6.0.0_{}.tar", platform()),
    ] {
        fs::write(packed.join(format!("terraform-provider-aws_{name}")), "").expect("it can be written");
    }
    assert_eq!(named(dir.path()), None);
    let found = named_packed(dir.path()).expect("it is there");
    let (archive, package) = (&found.archive, packed.join("5.100.0").join(platform()));
    assert_eq!(
        archive.file_name().expect("it has one").to_string_lossy(),
        format!("terraform-provider-aws_5.100.0_{}.zip", platform())
    );
    assert_eq!(found.unpacking(), format!("unzip {} -d {}", archive.display(), package.display()));
    mirror(dir.path(), HOSTS[0], &["5.100.0"]);
    assert_eq!(named(dir.path()).expect("it is unpacked").package, package);
    let variable = |name: &str| (name == "TF_PLUGIN_CACHE_DIR").then(|| dir.path().into());
    let machine = Machine { variable: &variable, root: dir.path(), system: &[] };
    assert_eq!(machine.find_packed(), Some(found));
}
