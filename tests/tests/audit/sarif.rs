//! A report as SARIF, held to the standard's own schema.
//!
//! `data/sarif-schema-2.1.0.json` is OASIS's, as the crate `serde-sarif` publishes it under the MIT licence.

use serde_json::Value;
use xtask::audit::{AuditFinding, Ending, Extent, Place, Report, Rule, Site, sarif};
use xtask::output::difference::{DifferenceReport as Difference, Widening};

fn problems(report: &Value) -> Vec<String> {
    let schema = include_str!("../../data/sarif-schema-2.1.0.json");
    // A pattern in it closes a bracket that none opens.
    let schema = serde_json::from_str(&schema.replace("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}$")).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// A report with every rule, at every kind of place, and more of one than is listed.
fn report() -> Report {
    let mut report = Report::accepting(vec!["outside-reach:role/*".parse().expect("it names a rule")]);
    report.site = Some(Site { region: "eu-west-1".into(), account: "123456789012".into() });
    report.coverage.secrets_read = Extent::Part;
    let places = [
        Place::Secret { id: "PaymentKey".into() },
        Place::Member { family: "Login".into(), name: "shops/7/login".into(), suffix: "AbCdEf".into() },
        Place::Handler { id: "Reorder".into() },
        Place::Identity { resource: "role/night/watch".into() },
        Place::Account,
    ];
    for rule in Rule::ALL {
        report.extend(
            places.iter().map(|place| AuditFinding::new(*rule, place.clone(), "it is \"so\"\n\u{1b}", "do it")),
        );
    }
    let stale = AuditFinding::new(Rule::StaleMember, places[1].clone(), "old", "go");
    report.extend(std::iter::repeat_n(stale, 1_500));
    report
}

#[test]
fn every_report_is_valid_sarif() {
    let spec = paypulse_tests::warehouse::spec();
    let failed = Ending::Failed { error: "no".into(), hint: "yes".into() };
    for (ending, exit) in [(Ending::Whole, 5), (Ending::Interrupted, 130), (failed, 1)] {
        for report in [report(), Report::default()] {
            let sarif = sarif(&report, &ending, &spec, exit);
            assert_eq!(problems(&sarif), Vec::<String>::new());
        }
    }
}

#[test]
fn the_report_of_diff_is_valid_sarif() {
    let widening = |name: &str, is_accepted, is_undecided| Widening { name: name.into(), is_accepted, is_undecided };
    let widenings = vec![widening("a:\"b\u{1b}", false, false), widening("c", true, false), widening("d", false, true)];
    let (changes, unused, not_looked_at) = (Vec::new(), Vec::new(), Vec::new());
    let report = Difference { against: "main (abc)".into(), changes, widenings, unused, not_looked_at };
    let sarif = report.sarif("tests/src/warehouse.rs", 5);
    assert_eq!(problems(&sarif), Vec::<String>::new());
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().expect("a list");
    let of = |result: &Value| {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("a small one");
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        assert_eq!(run["tool"]["driver"]["rules"][index]["defaultConfiguration"]["level"], result["level"]);
        let suppressed = result["suppressions"].as_array().map(Vec::len);
        (result["ruleId"].as_str().expect("text").to_owned(), suppressed == Some(1))
    };
    let expected = [("wider", false), ("wider", true), ("undecided", false)].map(|(id, is)| (id.to_owned(), is));
    assert_eq!(results.iter().map(of).collect::<Vec<_>>(), expected);
}

#[test]
fn the_schema_notices_what_is_not_sarif() {
    let mut sarif = sarif(&report(), &Ending::Whole, &paypulse_tests::warehouse::spec(), 5);
    sarif["runs"][0]["results"][0]["level"] = "fatal".into();
    assert_eq!(problems(&sarif).len(), 1);
}

#[test]
fn what_code_scanning_needs_is_there() {
    let sarif = sarif(&report(), &Ending::Whole, &paypulse_tests::warehouse::spec(), 5);
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("a list");
    assert_eq!(rules.len(), Rule::ALL.len());
    for result in run["results"].as_array().expect("a list") {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("a small one");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let location = &result["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "tests/src/warehouse.rs");
        assert!(result["partialFingerprints"]["ruleAndPlace/v1"].is_string());
        let place = result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].as_str().expect("text");
        let is_known = result["ruleId"] == "outside-reach" && place.starts_with("role/");
        assert_eq!(result["suppressions"].as_array().map(Vec::len), Some(usize::from(is_known)), "{result}");
        assert!(!result.to_string().contains("shops/7"), "a member's key is in {result}");
    }
    assert_eq!(
        run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"],
        "505 more findings of stale-member are not listed"
    );
}
