//! Detects common mistakes where JSON is expected, by how the input starts. Messages never repeat the input.

/// An input of an unexpected kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputFault {
    /// A plan file of Terraform or `OpenTofu`, which is an archive.
    #[error("it is a zip archive, as a plan file is, and no JSON; `terraform show -json PLAN` prints a plan as JSON")]
    Archive,
    /// It is compressed.
    #[error("it is compressed with {0}: unpack it first")]
    Compressed(&'static str),
    /// Printed through the GitHub action `setup-terraform`, whose wrapper adds lines around the output.
    ///
    /// Source: [its README](https://github.com/hashicorp/setup-terraform).
    #[error(
        "it has lines of the wrapper that the action `setup-terraform` puts around Terraform: set `terraform_wrapper: false` \
         in that step of the workflow, or call `terraform-bin`"
    )]
    Wrapper,
    /// Human-readable output of Terraform.
    #[error(
        "it is what Terraform prints for people, and no JSON; `terraform plan -out=PLAN` keeps a plan, and \
         `terraform show -json PLAN` prints it as JSON"
    )]
    ForPeople,
    /// An error or warning of a program.
    #[error(
        "it begins with an error or a warning, and not with JSON: see whether the command that wrote it failed, and leave out `2>&1`"
    )]
    Message,
    /// The log that `terraform plan -json` and `apply -json` print while they run.
    #[error(
        "it is the log that `terraform plan -json` prints, and no plan; `terraform plan -out=PLAN` keeps a plan, and \
         `terraform show -json PLAN` prints it as JSON"
    )]
    Log,
    /// A plan encrypted by `OpenTofu`.
    #[error("it is encrypted by OpenTofu: `tofu show -json` prints it decrypted")]
    Encrypted,
    /// A zero byte, which text does not contain.
    #[error("it has a zero byte at byte {at}: it is not text, or was not written to its end")]
    Zero {
        /// Position, starting at 1.
        at: u64,
    },
    /// Invalid UTF-8.
    #[error("it is not UTF-8, from byte {at} on: save it as UTF-8")]
    NotUtf8 {
        /// Position, starting at 1.
        at: u64,
    },
    /// An encoding that is not supported.
    #[error("it is UTF-32: save it as UTF-8")]
    Utf32,
    /// Truncated or damaged UTF-16.
    #[error("it is UTF-16 with half of a character: it was cut off, or is damaged")]
    BrokenUtf16,
    /// UTF-16 where Terraform accepts only UTF-8.
    #[error("it is UTF-16, which Terraform refuses: save it as UTF-8")]
    Utf16Values,
}

/// First bytes of files that are not text.
const MAGIC: [(&[u8], InputFault); 6] = [
    (b"PK\x03\x04", InputFault::Archive),
    (b"\x1f\x8b", InputFault::Compressed("gzip")),
    (b"BZh", InputFault::Compressed("bzip2")),
    (b"\xfd7zXZ", InputFault::Compressed("xz")),
    (b"\x28\xb5\x2f\xfd", InputFault::Compressed("zstd")),
    (b"\xff\xfe\0\0", InputFault::Utf32),
];

/// Checks the start of a file before it is decoded.
pub(super) fn of_bytes(start: &[u8]) -> Option<InputFault> {
    let known = MAGIC.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, fault)| *fault);
    // UTF-32 that starts with an ASCII character, or big-endian with a byte order mark.
    let is_utf32 = matches!(start, [0, 0, 0xfe, 0xff, ..] | [1..=127, 0, 0, 0, ..] | [0, 0, 0, 1..=127, ..]);
    known.or(is_utf32.then_some(InputFault::Utf32))
}

/// Checks the start of a text where JSON is expected.
pub(super) fn of_text(start: &[u8]) -> Option<InputFault> {
    let text = without_escapes(&String::from_utf8_lossy(start));
    let text = text.trim_start();
    if is_of_wrapper(text.as_bytes()) {
        return Some(InputFault::Wrapper);
    }
    if text.starts_with('{') {
        let has = |name: &str| text.contains(name);
        // An encrypted state is reported by the reader of states.
        let is_plan = !has("\"format_version\"") && !has("\"lineage\"");
        let is_encrypted = is_plan && has("\"encrypted_data\"") && has("\"encryption_version\"");
        let is_log = text.get(1..).is_some_and(|rest| rest.trim_start().starts_with("\"@"));
        return is_log.then_some(InputFault::Log).or(is_encrypted.then_some(InputFault::Encrypted));
    }
    if text.starts_with(['[', '"']) {
        return None;
    }
    if FOR_PEOPLE.iter().any(|words| text.contains(words)) {
        return Some(InputFault::ForPeople);
    }
    // Terraform draws a frame around each message.
    let is_message = text.starts_with("Error") || text.starts_with("Warning") || text.contains("\u{2577}\n\u{2502} ");
    is_message.then_some(InputFault::Message)
}

/// Whether a text of unknown form starts as TOML: with a heading of a list of tables, or with `name = …`.
#[must_use]
pub fn is_like_toml(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next().unwrap_or_default();
    let name = first.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_-.\"$".contains(c));
    first.starts_with("[[") && first.contains(']') || name.len() < first.len() && name.trim_start().starts_with('=')
}

/// Phrases in the human-readable output of `terraform plan`, `apply` and `show`.
const FOR_PEOPLE: [&str; 17] = [
    "Terraform will perform the following actions",
    "OpenTofu will perform the following actions",
    "used the selected providers to generate the following",
    "Resource actions are indicated with the following symbols",
    "Objects have changed outside of",
    "No changes.",
    "Changes to Outputs:",
    "Refreshing state...",
    "Reading...",
    "Creating...",
    "Apply complete!",
    "Initializing ",
    "Acquiring state lock.",
    "Terraform planned the following actions",
    "OpenTofu planned the following actions",
    "\nresource \"",
    "\ndata \"",
];

/// Whether a line cannot be JSON, but is a command for the runner of a workflow.
pub(super) fn is_of_wrapper(line: &[u8]) -> bool {
    [&b"::"[..], b"[command]", b"##["].iter().any(|start| line.starts_with(start))
}

/// The same for the start of a text where TOML is expected, in which `[command]` alone is a table.
pub(super) fn of_wrapped_toml(start: &[u8]) -> Option<InputFault> {
    let text = start.trim_ascii_start();
    let is_table = text.starts_with(b"[command]") && !text.starts_with(b"[command]/");
    (is_of_wrapper(text) && !is_table).then_some(InputFault::Wrapper)
}

/// Number of bytes that the check needs.
pub(super) const WRAPPER_START: usize = 9;

/// Removes colour codes: `ESC [`, any characters, a letter.
fn without_escapes(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| {
        plain + part.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).get(1..).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::{InputFault, is_like_toml, of_bytes, of_text, of_wrapped_toml};

    #[track_caller]
    fn check(text: &str, expected: Option<InputFault>) {
        assert_eq!(of_text(text.as_bytes()), expected, "{text}");
    }

    #[test]
    fn what_terraform_prints_otherwise_is_known() {
        for text in [
            "\u{1b}[0m\u{1b}[1maws_iam_role.x: Refreshing state... [id=x]\u{1b}[0m\n",
            "data.aws_region.current: Reading...\n",
            "\n\u{1b}[1m\u{1b}[32mNo changes.\u{1b}[0m\u{1b}[1m Your infrastructure matches",
            "Terraform used the selected providers to generate the following execution\nplan. Resource actions are indicated with the following symbols:\n",
            "OpenTofu will perform the following actions:\n",
            "\n\u{1b}[1mOpenTofu\u{1b}[0m used the selected providers to generate the following execution\nplan.",
            "# aws_iam_role.x:\nresource \"aws_iam_role\" \"x\" {\n",
        ] {
            check(text, Some(InputFault::ForPeople));
        }
        check("{\"@level\":\"info\",\"@message\":\"Terraform 1.11.4\"}\n", Some(InputFault::Log));
        check("\u{1b}[31m\u{2577}\u{1b}[0m\n\u{1b}[31m\u{2502}\u{1b}[0m Error: x", Some(InputFault::Message));
        check("There are some problems:\n\u{2577}\n\u{2502} Warning: x\n\u{2575}\n{}", Some(InputFault::Message));
        check("Error: no plan\n", Some(InputFault::Message));
        check("[command]/x/terraform-bin show -json plan\n{}", Some(InputFault::Wrapper));
        check("::debug::x\n{}", Some(InputFault::Wrapper));
        check(r#"{"meta":{},"encrypted_data":"x","encryption_version":"v0"}"#, Some(InputFault::Encrypted));
    }

    #[test]
    fn json_is_left_to_its_parser_and_so_is_what_nobody_knows() {
        for text in [
            "",
            "{}",
            "[]",
            "\"No changes.\"",
            "null",
            "secrets:\n  - yaml",
            r#"{"format_version":"1.2","a":"encrypted_data","b":"No changes."}"#,
            r#"{"format_version":"1.2","resource_changes":[{"encrypted_data":1,"encryption_version":2}]}"#,
        ] {
            check(text, None);
        }
    }

    #[test]
    fn lines_of_the_wrapper_are_known_in_toml_too() {
        for text in ["[command]/x/driftless spec --format toml\nversion = 1", "\n::debug::x\nversion = 1"] {
            assert_eq!(of_wrapped_toml(text.as_bytes()), Some(InputFault::Wrapper), "{text}");
        }
        for text in ["version = 1", "[command]\nx = 1", "[[secrets]]", "# ::debug::", ""] {
            assert_eq!(of_wrapped_toml(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn toml_is_known_by_its_first_line() {
        for text in
            ["version = 1\n", "#:schema x\n\n  version=1", "[[secrets]]\nid = 1", "\"$schema\" = \"x\"", "a.b = 1"]
        {
            assert!(is_like_toml(text), "{text}");
        }
        for text in ["", "{}", "{\"a\": \"b = c\"}", "[]", "[[1]", "secrets:\n  - a = 1", "# only this", "= 1", "\"a\""]
        {
            assert_eq!(is_like_toml(text), text == "[[1]", "{text}");
        }
    }

    #[test]
    fn what_is_no_text_is_known_by_its_first_bytes() {
        assert_eq!(of_bytes(b"PK\x03\x04\x14\0"), Some(InputFault::Archive));
        assert_eq!(of_bytes(b"\x1f\x8b\x08"), Some(InputFault::Compressed("gzip")));
        for text in [&b"\xff\xfe\0\0{\0\0\0"[..], b"\0\0\xfe\xff", b"{\0\0\0", b"\0\0\0{"] {
            assert_eq!(of_bytes(text), Some(InputFault::Utf32));
        }
        for text in [&b"{}"[..], b"", b"\xff\xfe{\0", b"{\0}\0", b"\0{\0}", b"\0\0\0\0"] {
            assert_eq!(of_bytes(text), None);
        }
    }
}
