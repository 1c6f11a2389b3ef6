//! Every kind of plan that Terraform makes, as the real provider planned it: how `check-plan` must end, what it says first, and
//! what it finds.

use std::collections::BTreeSet;
use std::fs;

use insta::assert_snapshot;
use xtask::Exit;

use super::fixture;
use super::recorded::of_spec;

/// A recorded plan, the call of the files in it, how the check must end, what the answer begins with, and words that it must
/// have.
type Recorded = (&'static str, &'static str, Exit, &'static str, &'static [&'static str]);

const CALLED: &str = "module.team[\"a\"].module.secrets[0]";
const RENAMED: &str = "module.team[\"b\"].module.secrets[0]";
const AS_IT_SAYS: &str = "the plan is as the spec says\n";
const AS_FAR_AS_KNOWN: &str = "the plan is as the spec says, as far as it is known before the apply\n";
const PARTIAL: &str = "this plan is partial";
const NOTES: &[&str] = &[
    "known-after-apply: `",
    "aws_iam_role_policy.rec_reader_secrets`",
    "aws_secretsmanager_secret_version",
    AS_FAR_AS_KNOWN,
];

const ALL: &[Recorded] = &[
    ("first", "", Exit::Done, "known-after-apply: ", NOTES),
    ("first-targeted", "", Exit::Done, PARTIAL, &["what is in this plan is as the spec says"]),
    ("unchanged", "", Exit::Done, AS_IT_SAYS, &[]),
    ("drift", "", Exit::Done, AS_IT_SAYS, &[]),
    ("refresh-only", "", Exit::Done, "this is a plan to refresh only", &["what is in this plan is as the spec says"]),
    (
        "destroy",
        "",
        Exit::Stale,
        "this is a plan to destroy (`-destroy`)",
        &["secret-destroyed: `aws_secretsmanager_secret.login`", "\nthe plan has 1 thing that the spec does not want"],
    ),
    (
        "destroy-targeted",
        "",
        Exit::Stale,
        "this is a plan to destroy (`-destroy`)",
        &[PARTIAL, "secret-destroyed: `aws_secretsmanager_secret.login`"],
    ),
    (
        "replace-role",
        "",
        Exit::Done,
        "this plan replaces what `-replace` named: aws_iam_role.rec_reader",
        &[AS_IT_SAYS],
    ),
    (
        "replace-secret",
        "",
        Exit::Stale,
        "this plan replaces what `-replace` named: aws_secretsmanager_secret.login",
        &["secret-replaced: `aws_secretsmanager_secret.login`"],
    ),
    (
        "removed",
        "",
        Exit::Stale,
        "missing: `aws_secretsmanager_secret_version.login_value`",
        &["this plan has Terraform forget it"],
    ),
    (
        "deposed",
        "",
        Exit::Stale,
        "secret-destroyed: `aws_secretsmanager_secret.login`",
        &["an object that an earlier apply left behind (deposed)"],
    ),
    ("modules-first", CALLED, Exit::Done, "known-after-apply: `module.team[\"a\"].module.secrets[0].", NOTES),
    ("modules-import", CALLED, Exit::Done, AS_IT_SAYS, &[]),
    ("modules-unchanged", CALLED, Exit::Done, AS_IT_SAYS, &[]),
    ("modules-moved", RENAMED, Exit::Done, AS_IT_SAYS, &[]),
    (
        "modules-renamed",
        RENAMED,
        Exit::Stale,
        "secret-destroyed: `module.team[\"a\"].module.secrets[0].aws_secretsmanager_secret.login`",
        &["known-after-apply: `module.team[\"b\"]"],
    ),
];

#[test]
fn every_recorded_kind_of_plan_has_its_right_answer() {
    let mut answers = Vec::new();
    for (name, module, exit, start, words) in ALL {
        let module = if module.is_empty() { vec![] } else { vec!["--module", module] };
        let run = of_spec(&format!("real/{name}.json"), "plans/real/spec.json", &module);
        let said = format!("{}{}", run.out, run.err);
        assert_eq!(run.exit, *exit, "{name}: {run}");
        assert!(said.starts_with(start), "{name}: {run}");
        for word in *words {
            assert!(said.contains(word), "{name}: {word}: {run}");
        }
        answers.push(format!("{name}: {run}"));
    }
    assert_snapshot!(answers.join("\n"));
}

#[test]
fn no_recorded_plan_is_left_out() {
    let there =
        fs::read_dir(fixture("real")).expect("the recordings are there").map(|entry| entry.expect("it can be read"));
    let there = there.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let plans: BTreeSet<String> = there.filter(|name| name != "README.md" && name != "spec.json").collect();
    let listed: BTreeSet<String> = ALL.iter().map(|(name, ..)| format!("{name}.json")).collect();
    assert_eq!(plans, listed);
}

/// A call that is named without its key, or not at all, gets the one that is meant.
#[test]
fn err_a_call_of_several_that_is_not_named() {
    for arguments in
        [&[][..], &["--module", "module.team.module.secrets"], &["--module", "module.team[\"b\"].module.secrets[0]"]]
    {
        let run = of_spec("real/modules-unchanged.json", "plans/real/spec.json", arguments);
        assert_eq!(run.exit, Exit::Usage, "{arguments:?}: {run}");
        assert!(run.err.contains(&format!("did you mean `--module {CALLED}`?")), "{arguments:?}: {run}");
    }
}
