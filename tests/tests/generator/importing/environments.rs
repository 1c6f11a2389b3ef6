//! Taking over what one of many environments has, and leaving alone what the others have.

use paypulse_tests::bakery;
use serde_json::json;
use xtask::Exit;

use super::{import, import_text, paypulse};

/// Two environments, and what was there before any.
fn listing() -> String {
    let secret = |name: &str| json!({ "ARN": format!("arn:aws:secretsmanager:eu-west-1:000000000000:secret:{name}-AbCdEf"), "Name": name });
    let role = |name: &str| json!({ "RoleName": name });
    let secrets = ["dev/bakery/oven.key", "Prod_bakery/oven.key", "bakery/oven.key"].map(secret);
    let roles = ["dev-bake", "Prod_bake", "bake", "Prod_2_sell"].map(role);
    json!({ "SecretList": secrets }).to_string() + &json!({ "Roles": roles }).to_string()
}

fn import_with(flags: &[&str]) -> super::Adopted {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("input.json");
    std::fs::write(&path, listing()).expect("it can be written");
    let listing = ["--listing", crate::run::arg(&path)];
    import(&bakery::spec(), &[&listing, flags].concat())
}

#[test]
fn each_environment_takes_over_its_own() {
    for (prefix, secret, roles) in [
        ("dev/", Some("dev/bakery/oven.key-AbCdEf"), ["dev-bake"].as_slice()),
        ("Prod_", Some("Prod_bakery/oven.key-AbCdEf"), &["Prod_bake", "Prod_2_sell"]),
        ("staging/eu-", None, &[]),
    ] {
        let adopted = import_with(&["--prefix", prefix]);
        assert_eq!(adopted.run.exit, Exit::Done, "{}", adopted.run);
        let file = adopted.file().unwrap_or_default();
        let of_secrets: Vec<&str> =
            file.lines().filter_map(|line| line.split_once(":secret:")).map(|it| it.1).collect();
        assert_eq!(of_secrets, secret.map(|it| format!("{it}\"")).as_slice(), "{file}");
        for role in ["dev-bake", "Prod_bake", "bake", "Prod_2_sell"] {
            let is_taken = file.contains(&format!("id = \"{role}\""));
            assert_eq!(is_taken, roles.contains(&role), "{role} for {prefix}:\n{file}");
        }
    }
}

#[test]
fn err_an_environment_that_is_not_said_or_not_declared() {
    for (flags, said) in [
        (
            &[][..],
            "error: the spec declares prefixes: choose the environment to import with `--prefix`\n  hint: pass `--prefix` with one of: `dev/`, `staging/eu-`, `Prod_`\n",
        ),
        (
            &["--prefix", "dev"],
            "error: the spec has no environment with the prefix `dev`\n  hint: did you mean `dev/`?\n",
        ),
        (
            &["--prefix", "qa"],
            "error: the spec has no environment with the prefix `qa`\n  hint: pass `--prefix` with one of: `dev/`, `staging/eu-`, `Prod_`\n",
        ),
    ] {
        let adopted = import_with(flags);
        assert_eq!((adopted.run.exit, adopted.file()), (Exit::Usage, None), "{}", adopted.run);
        assert_eq!(adopted.run.err, said);
    }
    let adopted = import_text(&paypulse(), "--listing", &listing());
    assert_eq!(adopted.run.exit, Exit::Done, "{}", adopted.run);
    let adopted = import(&paypulse(), &["--listing", "nowhere.json", "--prefix", "dev/"]);
    assert_eq!(adopted.run.exit, Exit::Usage, "{}", adopted.run);
    assert!(adopted.run.err.contains("leave `--prefix` out: the spec declares no prefixes"), "{}", adopted.run);
}
