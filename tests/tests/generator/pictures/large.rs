//! 200 handlers and 500 secrets.

use paypulse_runtime::model::lint;
use paypulse_tests::large::{HANDLERS, SECRETS, spec};

use super::{parsed, shown};

#[test]
fn a_large_spec_is_shown_in_every_form() {
    let spec = spec();
    assert_eq!(lint::check(&spec), []);
    assert_eq!((spec.handlers.len(), spec.secrets.len()), (HANDLERS, SECRETS));
    let grants: usize = spec.handlers.iter().map(|handler| handler.grants.len()).sum();
    assert!(grants > 5_000, "{grants}");
    let lines = |format: &str| shown(&spec, &["--format", format]).lines().count();
    assert_eq!(lines("table"), grants + 1);
    assert_eq!(lines("csv"), grants + 1);
    assert_eq!(lines("markdown"), 4 + grants + 5 + SECRETS);
    assert_eq!(lines("mermaid"), 1 + HANDLERS + SECRETS + grants);
    let json = parsed(&shown(&spec, &["--format", "json"]));
    assert_eq!(json["grants"].as_array().map(Vec::len), Some(grants));
    for format in ["svg", "html"] {
        assert!(shown(&spec, &["--format", format]).contains("handler-199-of-the-shop"));
    }
}
