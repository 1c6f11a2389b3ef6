//! Plans that are cut off, spoilt or made to harm: an error that says where, and never a word of what stands there.

use std::io::{self, Read};

use insta::assert_snapshot;
use paypulse_runtime::spec::spec as paypulse;
use serde_json::{Value, json};
use xtask::Exit;
use xtask::planned;

use super::{check, check_text, json_of, text};

#[test]
fn err_what_is_no_plan() {
    let cases = [
        "",
        " \n ",
        "null",
        "[]",
        "{}",
        "\"hush\"",
        "\u{feff}{}",
        r#"{"format_version": "1.0", "values": {"root_module": {}}}"#,
        r#"{"format_version": "1.2", "resource_changes": "hush"}"#,
        r#"{"format_version": "1.2", "resource_changes": [["hush"]]}"#,
        r#"{"format_version": "1.2", "resource_changes": [{"address": "hush hush", "mode": "managed", "type": "aws_iam_role"}]}"#,
        r#"{"format_version": "1.2", "resource_changes": [{"mode": "managed", "type": "aws_iam_role"}]}"#,
        r#"{"format_version": "1.2", "format_version": "hush"}"#,
        r#"{"format_version": "1.2", "prior_state": {"values": {"root_module": {"child_modules": [{"address": "hush hush"}]}}}}"#,
        r#"{"format_version": "1.2", "variables": {"x": {"value": "hush"#,
        r#"{"format_version": "1.2"} hush"#,
    ];
    let answers = cases.map(|text| {
        let run = check_text(text, &[]);
        assert_eq!(run.exit, Exit::Usage, "{text}: {run}");
        assert!(!run.to_string().contains("hush"), "{run}");
        format!("{text}\n    {}", run.err.trim_end().replace('\n', "\n    "))
    });
    assert_snapshot!(answers.join("\n"));
}

#[test]
fn err_a_plan_that_cannot_be_read() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for path in [dir.path(), &dir.path().join("nowhere")] {
        let run = check(path, &[]);
        assert_eq!(run.exit, Exit::Usage, "{run}");
    }
    let nothing = check_text(r#"{"format_version": "1.2"}"#, &["--format", "json"]);
    assert_eq!(nothing.exit, Exit::Usage, "{nothing}");
    assert_snapshot!(nothing);
}

/// However a plan is cut off, that is an error: half a plan never looks like a whole one.
#[test]
fn err_every_cut() {
    let whole = text("first.json");
    for length in (0..whole.len()).step_by(397) {
        let Some(cut) = whole.get(..length) else { continue };
        let fault = planned::read(cut.as_bytes(), &planned::variables(&paypulse())).expect_err("it is cut off");
        assert!(!fault.to_string().contains("e2e.apps"), "{fault}");
    }
}

/// Each part of a plan as something else: an error, or a plan, and no panic.
#[test]
fn any_part_can_be_of_another_type() {
    let others = [
        json!(null),
        json!(true),
        json!(-1.5),
        json!("hush"),
        json!([]),
        json!([[]]),
        json!({}),
        json!({ "hush": [1] }),
    ];
    let plan = json_of("later.json");
    let mut paths = Vec::new();
    pointers(&plan, String::new(), &mut paths);
    // Of each kind of place one, whichever resource it is in.
    let mut seen = std::collections::BTreeSet::new();
    paths.retain(|path| seen.insert(path.replace(|char: char| char.is_ascii_digit(), "")));
    assert!(paths.len() > 100, "{}", paths.len());
    for path in paths.iter().filter(|path| !path.starts_with("/configuration") && !path.starts_with("/planned_values"))
    {
        for other in &others {
            let mut plan = plan.clone();
            *plan.pointer_mut(path).expect("it is there") = other.clone();
            let read = planned::read(plan.to_string().as_bytes(), &planned::variables(&paypulse()));
            if let Err(fault) = read {
                assert!(!fault.to_string().contains("hush"), "{path}: {fault}");
            }
        }
    }
}

fn pointers(value: &Value, at: String, all: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| pointers(item, format!("{at}/{index}"), all));
        }
        Value::Object(map) => map.iter().for_each(|(key, item)| {
            pointers(item, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), all);
        }),
        _ => {}
    }
    all.push(at);
}

#[test]
fn err_too_deep() {
    for (before, each) in [
        ("{\"format_version\":\"1.2\",\"x\":", "["),
        ("{\"prior_state\":{\"values\":{\"root_module\":", "{\"child_modules\":["),
    ] {
        let run = check_text(&format!("{before}{}", each.repeat(100_000)), &[]);
        assert_eq!(run.exit, Exit::Usage, "{run}");
        // What nothing looks at is passed over at any depth.
        assert!(run.err.contains("recursion limit") || run.err.contains("it ends too early"), "{run}");
    }
}

/// A plan of a given size, most of it resources of no interest, that is never whole in memory.
struct Large {
    left: usize,
    piece: Vec<u8>,
    at: usize,
    end: &'static [u8],
}

impl Large {
    fn new(bytes: usize) -> Self {
        let after =
            json!({ "id": "i-1", "tags": { "Name": "x".repeat(200) }, "list": [1, 2, { "deep": [true, null] }] });
        let change = json!({
            "address": "aws_instance.x", "mode": "managed", "type": "aws_instance", "name": "x",
            "change": { "actions": ["no-op"], "before": after, "after": after, "after_unknown": { "id": true } },
        });
        let piece = format!("{change},").into_bytes();
        let start = br#"{"format_version":"1.2","resource_changes":["#;
        Self { left: bytes / piece.len(), at: 0, piece: [&start[..], &piece].concat(), end: b"{}]}" }
    }
}

impl Read for Large {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            if self.left > 0 {
                self.left -= 1;
                let start = self.piece.iter().position(|byte| *byte == b'[').map_or(0, |at| at + 1);
                if self.piece.starts_with(b"{\"format") {
                    self.piece.drain(..start);
                }
                self.at = 0;
            } else if self.end.is_empty() {
                return Ok(0);
            } else {
                self.piece = std::mem::take(&mut self.end).to_vec();
                self.at = 0;
            }
        }
        let length = buffer.len().min(self.piece.len() - self.at);
        buffer[..length].copy_from_slice(&self.piece[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// Kilobytes of this process that are in memory, at the most so far.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

#[test]
fn a_large_plan_streams_by() {
    planned::read(Large::new(1_000_000), &planned::variables(&paypulse())).expect("it is a plan");
    let before = peak();
    planned::read(Large::new(100_000_000), &planned::variables(&paypulse())).expect("it is a plan");
    let more = peak() - before;
    // Other tests run in this process; the plan alone would be 97,000.
    assert!(more < 60_000, "{more} kB more than before");
}
