//! The report of `diff` as SARIF, for code scanning.

use serde_json::{Value, json};

use super::{DifferenceReport, Widening};
use crate::sarif::{document, rule, suppressions};

/// The rules, each with what it reports and its level.
const RULES: [(&str, &str, &str); 2] = [
    ("wider", "A permission that is new", "error"),
    ("undecided", "A permission of which it cannot be decided whether it is new", "warning"),
];

impl DifferenceReport {
    /// The widenings as SARIF. `source` is the spec's file, and `exit_code` that of the command.
    #[must_use]
    pub fn sarif(&self, source: &str, exit_code: u8) -> Value {
        let rules = RULES.map(|(id, about, level)| rule(id, about, level));
        let results: Vec<Value> = self.widenings.iter().map(|widening| self.result_of(widening, source)).collect();
        let run = json!({
            "automationDetails": { "id": "diff/" },
            "invocations": [{ "executionSuccessful": true, "exitCode": exit_code }],
            "results": results,
        });
        document("diff", &rules, run)
    }

    fn result_of(&self, widening: &Widening, source: &str) -> Value {
        let index = usize::from(widening.is_undecided);
        let (id, _, level) = RULES[index];
        let (name, against) = (&widening.name, &self.against);
        let text = if widening.is_undecided {
            format!("{name}: it cannot be decided whether this was allowed at {against}")
        } else {
            format!("{name}: this is allowed, and was not at {against}")
        };
        json!({
            "ruleId": id,
            "ruleIndex": index,
            "level": level,
            "message": { "text": text },
            "locations": [{
                "physicalLocation": { "artifactLocation": { "uri": source }, "region": { "startLine": 1 } },
                "logicalLocations": [{ "fullyQualifiedName": name, "kind": "member" }],
            }],
            "partialFingerprints": { "widening/v1": name },
            "suppressions": suppressions(widening.is_accepted),
        })
    }
}
