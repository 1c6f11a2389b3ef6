//! What people pass where JSON is asked for: as other systems write it, from a pipe, or something else altogether.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::{TempDir, tempdir};

use crate::run::{piped, xtask};

/// An input of the tests that cross crates.
fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The ways of writing a text that systems have.
fn encodings(text: &str) -> [(&'static str, Vec<u8>); 5] {
    let lines = text.replace('\n', "\r\n");
    let marked = format!("\u{feff}{lines}");
    [
        ("plain", text.into()),
        ("crlf", lines.into_bytes()),
        ("mark", marked.clone().into_bytes()),
        ("little", marked.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("big", marked.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ]
}

/// How a command ends and what it says for an input, which it finds under the name in its directory.
fn answer(dir: &Path, arguments: &[&str], input: &[u8]) -> (Option<i32>, String, String) {
    fs::write(dir.join("input"), input).expect("it can be written");
    let mut command = xtask(arguments);
    command.current_dir(dir).env("COLUMNS", "80");
    piped(command).expect("it runs")
}

#[test]
fn every_input_is_read_as_every_system_writes_it() {
    let dir = tempdir().expect("a temporary directory");
    let spec = piped(xtask(&["spec"])).expect("it runs").1;
    let [plan, state, listing] =
        ["plans/first.json", "states/functions.tfstate", "states/functions.listing.json"].map(fixture);
    let message = "User: arn:aws:sts::123456789012:assumed-role/delete_user/x is not authorized to perform: \
        secretsmanager:GetSecretValue on resource: Google-OAuth-Client-ID\n";
    for (arguments, text) in [
        (&["check-plan", "input"][..], &plan),
        (&["check-plan", "input", "--spec", "spec"], &plan),
        (&["import", "--state", "input", "--out", "out", "--check"], &state),
        (&["import", "--other-state", "input", "--out", "out", "--check"], &state),
        (&["import", "--listing", "input", "--out", "out", "--check"], &listing),
        (&["gen-infra", "--spec", "input", "--out", "out", "--check"], &spec),
        (&["diff", "--against-spec", "input"], &spec),
        (&["access", "--spec", "input"], &spec),
    ] {
        fs::write(dir.path().join("spec"), &spec).expect("it can be written");
        let [(_, first), others @ ..] = encodings(text);
        let expected = answer(dir.path(), arguments, &first);
        assert!(matches!(expected.0, Some(0 | 4 | 5 | 100)), "{arguments:?}: {expected:?}");
        for (name, bytes) in others {
            assert_eq!(answer(dir.path(), arguments, &bytes), expected, "{arguments:?} {name}");
        }
    }
    for (name, bytes) in encodings(message) {
        let mut explain = xtask(&["explain"]);
        fs::write(dir.path().join("input"), bytes).expect("it can be written");
        explain.stdin(fs::File::open(dir.path().join("input")).expect("it is there"));
        let (exit, out, err) = piped(explain).expect("it runs");
        assert!(exit == Some(0) && out.contains("delete_user"), "{name}: {out}{err}");
    }
}

#[test]
fn err_each_thing_that_people_pass_instead_is_named() {
    let dir = tempdir().expect("a temporary directory");
    let things: [(&[u8], &str); 13] = [
        (b"PK\x03\x04\x14\0\x08\0", "it is a zip archive, as a plan file is"),
        (b"\x1f\x8b\x08\0", "it is compressed with gzip"),
        (b"[command]/opt/terraform-bin show -json plan\n{}\n", "set `terraform_wrapper: false`"),
        (b"{\"format_version\":\"1.2\"}\n::debug::Terraform exited with code 0.\n", "set `terraform_wrapper: false`"),
        (b"\x1b[0m\x1b[1mNo changes.\x1b[0m hush\n", "it is what Terraform prints for people"),
        (b"# aws_iam_role.x:\nresource \"aws_iam_role\" \"x\" {\n    hush\n", "it is what Terraform prints for people"),
        (b"{\"@level\":\"info\",\"@message\":\"hush\"}\n", "it is the log that `terraform plan -json` prints"),
        ("\u{2577}\n\u{2502} Error: hush\n".as_bytes(), "it begins with an error or a warning"),
        (b"{\"format_version\":\"1.2\0\"}", "it has a zero byte at byte 23"),
        (b"{\"format_version\":\"1.2\", \"x\": \"hush \xe9\"}", "it is not UTF-8, from byte 37 on"),
        (b"\xff\xfe{\0}\0\n", "it is UTF-16 with half of a character"),
        (b"", "it is empty"),
        (b"{\"format_version\":\"1.2\", \"version\": 4, \"x\": \"hush", "it ends too early: line 1"),
    ];
    for (bytes, said) in things {
        let (exit, out, err) = answer(dir.path(), &["check-plan", "input"], bytes);
        assert!(exit == Some(2) && out.is_empty() && err.contains(said) && !err.contains("hush"), "{said}: {out}{err}");
        for flag in ["--state", "--other-state", "--listing"] {
            let (exit, _, err) = answer(dir.path(), &["import", flag, "input", "--out", "out"], bytes);
            assert!(exit == Some(2) && err.contains(said) && !err.contains("hush"), "{flag} {said}: {err}");
        }
        let (exit, _, err) = answer(dir.path(), &["gen-infra", "--spec", "input", "--out", "out"], bytes);
        // What is text, and JSON as far as it goes, is a spec with problems.
        let is_cut = said.starts_with("it is empty") || said.starts_with("it ends");
        assert_eq!((exit, err.contains(said)), (Some(if is_cut { 100 } else { 2 }), !is_cut), "{said}: {err}");
        assert!(!dir.path().join("out").exists(), "{said}");
    }
}

#[test]
fn err_what_has_no_end_or_no_text_is_refused_at_once() {
    let dir = tempdir().expect("a temporary directory");
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket")).expect("it can be made");
    for (path, why) in [
        ("/dev/zero", "it is a device"),
        ("/dev/tty", "it is a device"),
        (".", "it is a directory"),
        ("socket", "it is a socket"),
    ] {
        for arguments in [
            &["check-plan", path][..],
            &["check-plan", "--spec", path, "x"],
            &["import", "--state", path, "--out", "out"],
            &["import", "--listing", path, "--out", "out"],
            &["gen-infra", "--spec", path, "--out", "out"],
            &["value-versions", "--dir", ".", "--var-file", path],
        ] {
            let (exit, out, err) = answer(dir.path(), arguments, b"");
            let said = err.contains(why) && err.contains("hint: ");
            assert!(exit == Some(2) && out.is_empty() && said, "{arguments:?}: {exit:?} {out}{err}");
        }
    }
}

fn fifo(dir: &TempDir) {
    let made = Command::new("mkfifo").arg(dir.path().join("fifo")).status().expect("`mkfifo` is there");
    assert!(made.success());
}

#[test]
fn a_pipe_with_a_name_is_read_to_its_end() {
    let dir = tempdir().expect("a temporary directory");
    fifo(&dir);
    let plan = fixture("plans/first.json");
    let expected = answer(dir.path(), &["check-plan", "input"], plan.as_bytes());
    let path = dir.path().join("fifo");
    let writer = thread::spawn(move || {
        let mut pipe = fs::File::options().write(true).open(path)?;
        let (first, second) = plan.as_bytes().split_at(plan.len() / 3);
        pipe.write_all(first)?;
        thread::sleep(Duration::from_millis(50));
        pipe.write_all(second)
    });
    assert_eq!(answer(dir.path(), &["check-plan", "fifo"], b""), expected);
    writer.join().expect("it does not panic").expect("it can be written");
}

/// Sends Ctrl-C to a program until it ends.
fn interrupt(waiting: &mut Child, what: &str) {
    assert!(waiting.try_wait().expect("it can be asked").is_none(), "{what}: it does not wait");
    let deadline = Instant::now() + Duration::from_secs(30);
    while waiting.try_wait().expect("it can be asked").is_none() {
        assert!(Instant::now() < deadline, "{what}: it does not end");
        Command::new("kill").args(["-INT", &waiting.id().to_string()]).status().expect("`kill` is there");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn ctrl_c_ends_the_wait_for_a_pipe_that_nobody_writes_to() {
    let dir = tempdir().expect("a temporary directory");
    fifo(&dir);
    let mut waiting = xtask(&["check-plan", "fifo"]);
    let waiting = waiting.current_dir(dir.path()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut waiting = waiting.spawn().expect("it starts");
    thread::sleep(Duration::from_millis(200));
    interrupt(&mut waiting, "check-plan");
}

/// Every command that reads standard input, or a pipe with a name.
const READING: [&[&str]; 11] = [
    &["check-plan", "-"],
    &["check-plan", "--spec", "-", "plan"],
    &["import", "--state", "-", "--out", "out"],
    &["import", "--other-state", "-", "--out", "out"],
    &["import", "--listing", "-", "--out", "out"],
    &["gen-infra", "--spec", "-", "--out", "out"],
    &["diff", "--against-spec", "-"],
    &["access", "--spec", "-"],
    &["explain"],
    &["value-versions", "--dir", ".", "--var-file", "-"],
    &["aws-policies", "--from", "folder", "--from", "-", "--date", "2026-03-07", "--out", "table.json"],
];

#[test]
fn ctrl_c_ends_the_wait_for_a_pipe_that_has_begun_to_speak() {
    let dir = tempdir().expect("a temporary directory");
    fs::create_dir(dir.path().join("folder")).expect("it can be made");
    for name in ["A.json", "B.json"] {
        fs::write(dir.path().join("folder").join(name), r#"{"Version": "2012-10-17", "Statement": []}"#)
            .expect("it can be written");
    }
    // More than is read at once.
    let start = format!("{{\"format_version\": \"1.2\", \"x\": \"{}\"", "x".repeat(200_000));
    let start = |arguments: &'static [&str]| {
        let mut waiting = xtask(arguments);
        let waiting = waiting.current_dir(dir.path()).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut waiting = waiting.spawn().expect("it starts");
        let mut stdin = waiting.stdin.take().expect("it is piped");
        stdin.write_all(start.as_bytes()).unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
        (arguments, waiting, stdin)
    };
    let all = READING.map(start);
    // What asks every second whether to stop has asked by then.
    thread::sleep(Duration::from_millis(1500));
    for (arguments, mut waiting, mut stdin) in all {
        stdin.write_all(b" ").unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
        thread::sleep(Duration::from_millis(50));
        interrupt(&mut waiting, &arguments.join(" "));
    }
    assert!(!dir.path().join("out").exists() && !dir.path().join("table.json").exists());
}
