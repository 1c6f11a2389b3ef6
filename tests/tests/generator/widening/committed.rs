//! The same against the files that git has of a commit.

use std::fs;
use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;
use paypulse_runtime::model::Spec;
use paypulse_runtime::spec::spec as paypulse;
use tempfile::TempDir;
use xtask::Exit;

use super::{changed, grant};
use crate::run::{Run, arg, on};

/// A repository with the files of a spec, committed on `main`.
struct Repository(TempDir);

impl Repository {
    fn of(spec: &Spec) -> Self {
        let repository = Self(tempfile::tempdir().expect("a temporary directory"));
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.generate(spec);
        repository.commit();
        repository
    }

    fn dir(&self) -> std::path::PathBuf {
        self.0.path().join("infra")
    }

    fn generate(&self, spec: &Spec) {
        let run = on(spec, &["gen-infra", "--out", arg(&self.dir())], false);
        assert_eq!(run.exit, Exit::Done, "{run}");
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
        self.git(&[&who[..], &["commit", "--quiet", "--message=a change"]].concat());
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.arg("-C").arg(self.0.path()).args(arguments);
        // Nobody's own settings.
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        let output = git.output().expect("git can be run");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn diff(&self, spec: &Spec, arguments: &[&str]) -> Run {
        on(spec, &[&["diff", "--dir", arg(&self.dir())], arguments].concat(), false)
    }
}

fn wider() -> Spec {
    changed(&paypulse(), |spec| grant(spec, "login_user", "GoogleOauthClientId", &["read"]))
}

#[test]
fn without_a_commit_a_branch_is_compared_with_where_it_left_main() {
    let repository = Repository::of(&paypulse());
    assert_eq!(repository.diff(&paypulse(), &[]).exit, Exit::Done);
    assert_eq!(repository.diff(&wider(), &[]).exit, Exit::Widened);
    repository.git(&["switch", "--quiet", "--create", "branch"]);
    repository.generate(&wider());
    repository.commit();
    assert_eq!(repository.diff(&wider(), &[]).exit, Exit::Widened, "what the branch has committed counts");
    assert_eq!(repository.diff(&wider(), &["--against", "HEAD"]).exit, Exit::Done);
    assert_eq!(repository.diff(&paypulse(), &["--against", "HEAD"]).exit, Exit::Done, "what is lost does not widen");
    // What main does meanwhile is not the branch's.
    repository.git(&["switch", "--quiet", "main"]);
    repository.generate(&changed(&paypulse(), |spec| grant(spec, "signup_user", "GmailUserTokens", &["delete"])));
    repository.commit();
    repository.git(&["switch", "--quiet", "branch"]);
    let run = repository.diff(&wider(), &[]);
    assert!(run.err.contains("login_user:") && !run.err.contains("signup_user"), "{run}");
}

/// What stands beside the generated files is nobody's of the spec.
#[test]
fn files_of_others_are_not_compared() {
    let repository = Repository::of(&paypulse());
    fs::write(repository.dir().join("main.tf"), "this is { no HCL").expect("it can be written");
    repository.commit();
    assert_eq!(repository.diff(&paypulse(), &[]).exit, Exit::Done);
}

#[test]
fn where_nothing_was_generated_everything_widens() {
    let repository = Repository::of(&paypulse());
    let elsewhere = repository.0.path().join("elsewhere");
    fs::create_dir(&elsewhere).expect("it can be made");
    let run = on(&paypulse(), &["diff", "--dir", arg(&elsewhere), "--against", "main"], false);
    assert_eq!(run.exit, Exit::Widened, "{run}");
    for name in [
        "login_user:JwtSigningKey:read",
        "login_user:trust:lambda.amazonaws.com",
        "fetch_invoices:GmailUserTokens:delete",
    ] {
        assert!(run.err.contains(&format!("wider: {name}\n")), "{name}: {run}");
    }
}

#[test]
fn err_what_cannot_be_compared() {
    let repository = Repository::of(&paypulse());
    fs::write(repository.dir().join("iam.tf"), format!("{}\nthis is {{ no HCL hush", xtask::render::HEADER_START))
        .expect("it can be written");
    repository.commit();
    let outside = tempfile::tempdir().expect("a temporary directory");
    let runs = [
        repository.diff(&paypulse(), &["--against", "nowhere"]),
        repository.diff(&paypulse(), &["--against", "--output=x"]),
        repository.diff(&paypulse(), &["--against", "HEAD:infra"]),
        repository.diff(&paypulse(), &["--against", ""]),
        repository.diff(&paypulse(), &["--against", "HEAD"]),
        repository.diff(&paypulse(), &["--against", "HEAD~1", "--against-spec", "x"]),
        on(&paypulse(), &["diff", "--dir", arg(outside.path())], false),
        on(&paypulse(), &["diff", "--dir", "/nowhere/at/all"], false),
        on(&paypulse(), &["diff", "--against-spec", "/nowhere/at/all"], false),
    ];
    let shown = |run: &Run| {
        assert_eq!(run.exit, Exit::Usage, "{run}");
        assert!(!run.to_string().contains("hush"), "{run}");
        hashes_left_out(&run.without(outside.path()))
    };
    assert_snapshot!(runs.iter().map(shown).collect::<Vec<_>>().join("\n"));
}

/// A commit's hash is another one each time.
fn hashes_left_out(text: &str) -> String {
    let mut shown = String::new();
    for (index, part) in text.split(" (").enumerate() {
        let is_hash = index > 0 && part.len() > 12 && part.as_bytes()[..12].iter().all(u8::is_ascii_hexdigit);
        shown.push_str(if index > 0 { " (" } else { "" });
        shown.push_str(if is_hash { &part[12..] } else { part });
    }
    shown
}

/// The spec of a commit is not rendered here, but read as it was committed: also by another version of this program.
#[test]
fn a_policy_that_was_written_otherwise_is_compared_by_its_meaning() {
    let repository = Repository::of(&paypulse());
    let path: &Path = &repository.dir().join("iam.tf");
    let text = fs::read_to_string(path).expect("it was generated");
    let other = text.replace("\"secretsmanager:GetSecretValue\",", "\"secretsmanager:getsecret*\",");
    assert_ne!(text, other);
    fs::write(path, &other).expect("it can be written");
    repository.commit();
    let run = repository.diff(&paypulse(), &[]);
    assert_eq!((run.exit, run.err.contains("nothing is allowed that was not")), (Exit::Done, true), "{run}");
}
