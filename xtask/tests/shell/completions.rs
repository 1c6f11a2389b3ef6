//! The scripts of `completions`, of which bash's is run.

use std::process::Command;

use crate::run::{piped, xtask};

fn script(shell: &str) -> String {
    let (exit, out, err) = piped(xtask(&["completions", shell])).expect("it runs");
    assert_eq!((exit, err.as_str()), (Some(0), ""));
    out
}

/// What bash offers for the last of these words, as when the user presses the tab key behind it.
fn offered(before: &str, words: &[&str]) -> Vec<String> {
    let (last, previous) = (words.len() - 1, words.len().saturating_sub(2));
    let ask = format!(
        r#"{before}
{}
COMP_WORDS=("$@"); COMP_CWORD={last}
[[ $(complete -p "$1") =~ -F\ ([^ ]+) ]] && "${{BASH_REMATCH[1]}}" "$1" "${{COMP_WORDS[{last}]}}" "${{COMP_WORDS[{previous}]}}"
printf '%s\n' "${{COMPREPLY[@]}}""#,
        script("bash")
    );
    let output = Command::new("bash").args(["--norc", "-c", &ask, "bash"]).args(words).output().expect("bash is there");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    String::from_utf8(output.stdout)
        .expect("it is text")
        .lines()
        .map(str::to_owned)
        .filter(|it| !it.is_empty())
        .collect()
}

#[test]
fn bash_completes_commands_flags_values_and_names() {
    for (words, expected) in [
        (&["xtask", "di"][..], &["diff"][..]),
        (&["xtask", "diff", "--against-"], &["--against-spec"]),
        (&["xtask", "diff", "--format", "m"], &["markdown"]),
        (&["xtask", "explain", "--handler", "fetch_i"], &["fetch_invoices"]),
        (&["xtask", "completions", "f"], &["fish"]),
        (&["xtask", "spec", "--qu"], &["--quiet"]),
        (&["cargo", "xtask", "di"], &["diff"]),
        (&["cargo", "xtask", "spec"], &["spec"]),
        (&["cargo", "xtask-live", "audit", "--stale"], &["--stale-after"]),
        (&["cargo", "xtask", "explain", "--handler", "fetch_i"], &["fetch_invoices"]),
    ] {
        assert_eq!(offered("", words), expected, "{words:?}");
    }
}

#[test]
fn bash_leaves_the_rest_of_cargo_to_what_completed_it() {
    let before = "_theirs() { COMPREPLY=(build); }; complete -F _theirs cargo";
    // Read twice, as by a shell in a shell.
    let twice = format!("{before}\n{}", script("bash"));
    for before in [before, &twice] {
        assert_eq!(offered(before, &["cargo", "bui"]), ["build"]);
        assert_eq!(offered(before, &["cargo", "xtask", "di"]), ["diff"]);
    }
    let loaded = format!("_comp_load() {{ {before}; }}");
    assert_eq!(offered(&loaded, &["cargo", "bui"]), ["build"]);
    assert_eq!(offered("", &["cargo", "bui"]), Vec::<String>::new());
}

#[test]
fn every_shell_has_a_script_with_every_command_in_it() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = script(shell);
        for word in ["value-versions", "check-plan", "against-spec"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let (exit, _, err) = piped(xtask(&["completions", "bsh"])).expect("it runs");
    assert!(exit == Some(2) && err.contains("a similar value exists: 'bash'"), "{err}");
}
