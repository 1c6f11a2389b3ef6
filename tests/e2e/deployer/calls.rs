//! The provider's calls, from its log: which resource they are for, and in which step.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use serde_json::Value;
use xtask::deployer::{LifeStep, Recorded};

use crate::Result;

/// Calls by type and step.
#[derive(Debug, Default)]
pub struct Calls(BTreeMap<String, BTreeMap<LifeStep, BTreeSet<String>>>);

impl Calls {
    /// Adds the calls of a log in the JSON form. What an apply does with a resource is of the step `applied`; everything else
    /// reads it.
    pub fn add(&mut self, log: &Path, applied: LifeStep) -> Result {
        for line in BufReader::new(File::open(log)?).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            if !line.contains("\"HTTP Request Sent\"") {
                continue;
            }
            let line: Value = serde_json::from_str(&line)?;
            let text = |name: &str| line[name].as_str().unwrap_or_default();
            let Some(kind) = kind(&line) else { continue };
            let Some(service) = service(text("rpc.service"))? else { continue };
            let step = if text("tf_rpc") == "ApplyResourceChange" { applied } else { LifeStep::Read };
            let action = format!("{service}:{}", text("rpc.method"));
            self.0.entry(kind).or_default().entry(step).or_default().insert(action);
        }
        Ok(())
    }

    /// In the form of the committed file.
    pub fn recorded(self, provider: &str) -> Recorded {
        Recorded { provider: provider.to_owned(), calls: self.0 }
    }
}

/// The type of the resource, as the file names it; `None` if the provider calls for itself.
fn kind(line: &Value) -> Option<String> {
    let names =
        [("", "tf_resource_type"), ("data.", "tf_data_source_type"), ("ephemeral.", "tf_ephemeral_resource_type")];
    let (prefix, kind) = names.iter().find_map(|(prefix, name)| Some((*prefix, line[*name].as_str()?)))?;
    // Of this one, the log has the name of a resource.
    let prefix = match line["tf_rpc"].as_str() {
        Some("ReadDataSource") => "data.",
        Some("OpenEphemeralResource") => "ephemeral.",
        _ => prefix,
    };
    Some(format!("{prefix}{kind}"))
}

/// The prefix of a service's actions; `None` for calls that need no permission.
///
/// Source: [`GetCallerIdentity`](https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
fn service(name: &str) -> Result<Option<&'static str>> {
    Ok(match name {
        "IAM" => Some("iam"),
        "KMS" => Some("kms"),
        "Lambda" => Some("lambda"),
        "Secrets Manager" => Some("secretsmanager"),
        "STS" => None,
        other => return Err(format!("the provider calls `{other}`, whose actions this check does not know").into()),
    })
}
