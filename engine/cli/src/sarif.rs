//! The parts of SARIF 2.1.0 that all reports have.
//!
//! Source: [SARIF 2.1.0](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).

use serde_json::{Value, json};

use crate::program;

/// A document with one run: `command` made it, by these rules. The other members are those of the run.
#[must_use]
pub fn document(command: &str, rules: &[Value], mut run: Value) -> Value {
    let name = format!("{} {command}", program::name());
    run["tool"] = json!({ "driver": { "name": name, "version": env!("CARGO_PKG_VERSION"), "rules": rules } });
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    })
}

/// A rule.
#[must_use]
pub fn rule(id: &str, about: &str, level: &str) -> Value {
    json!({
        "id": id,
        "shortDescription": { "text": about },
        "defaultConfiguration": { "level": level },
        "properties": { "tags": ["security"] },
    })
}

/// How a result that an option accepts is marked.
#[must_use]
pub fn suppressions(is_accepted: bool) -> Value {
    if is_accepted { json!([{ "kind": "external", "justification": "--accept" }]) } else { json!([]) }
}
