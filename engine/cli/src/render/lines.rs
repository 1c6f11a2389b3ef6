//! The lines of `iam.tf` for the grants, actions and resources of a statement. They are nearly the whole file, so they are
//! written here: loops of the template take several times as long.

use driftless_model::SecretSpec;

use super::{Views, address, printed};
use crate::hcl;
use crate::iam::{Resource, Statement};
use crate::labels::region_label;

/// Before an item in a list of the statement, and in a list of its condition.
const IN_STATEMENT: &str = "          ";
const IN_CONDITION: &str = "              ";

/// A comment for each grant: the id of the secret and the verbs.
pub(super) fn grants(statement: &Statement) -> String {
    let mut lines = String::new();
    for (id, verbs) in &statement.grants {
        begin(&mut lines, "        # ");
        lines.push_str(&printed(id));
        let mut before = ": ";
        for verb in verbs {
            lines.push_str(before);
            lines.push_str(verb.name());
            before = ", ";
        }
    }
    lines
}

/// A literal for each action.
pub(super) fn actions(statement: &Statement) -> String {
    let mut lines = String::new();
    for action in &statement.actions {
        begin(&mut lines, IN_STATEMENT);
        lines.push('"');
        push_inside(&mut lines, action);
        lines.push_str("\",");
    }
    lines
}

impl Views<'_> {
    /// An expression for the ARN of each secret, then a literal for each pattern.
    pub(super) fn resources(&self, statement: &Statement) -> String {
        let region = statement.region.as_deref();
        let before = if statement.key.is_some() { IN_CONDITION } else { IN_STATEMENT };
        let start = self.start_of_patterns(region);
        let (mut lines, mut patterns) = (String::new(), String::new());
        for resource in &statement.secrets {
            match resource {
                Resource::Secret { id, .. } => {
                    begin(&mut lines, before);
                    lines.push_str(&arn(self.secrets[id.as_str()], region));
                    lines.push(',');
                }
                Resource::Pattern(pattern) => {
                    begin(&mut patterns, before);
                    patterns.push_str(&start);
                    push_inside(&mut patterns, pattern.as_str());
                    patterns.push_str("\",");
                }
                Resource::Everything => {}
            }
        }
        if !lines.is_empty() && !patterns.is_empty() {
            lines.push('\n');
        }
        lines + &patterns
    }

    /// The beginning of the literal for a pattern of secrets in a Region.
    fn start_of_patterns(&self, region: Option<&str>) -> String {
        format!("\"${{local.secret_arn{}}}:{}", region_label(region), self.pattern_prefix())
    }
}

/// Appends a text as it is inside a literal.
fn push_inside(lines: &mut String, text: &str) {
    if hcl::is_plain(text) {
        lines.push_str(text);
    } else {
        let quoted = hcl::quote(text);
        lines.push_str(&quoted[1..quoted.len() - 1]);
    }
}

/// Begins a line. The last line of a list has no line break, because the template has it.
fn begin(lines: &mut String, indentation: &str) {
    if !lines.is_empty() {
        lines.push('\n');
    }
    lines.push_str(indentation);
}

/// The expression for the ARN of a secret, or of its copy in another region: that differs in the region alone.
///
/// Source: [replicate secrets across regions][replicas].
///
/// [replicas]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
fn arn(secret: &SecretSpec, region: Option<&str>) -> String {
    let (arn, own) = (format!("{}.arn", address(secret)), secret.region.as_deref());
    match region {
        Some(copy) if own != Some(copy) => {
            // No name of a secret has a colon.
            let own = own.unwrap_or("${local.region}");
            format!("replace({arn}, \":{own}:\", \":{copy}:\")")
        }
        _ => arn,
    }
}
