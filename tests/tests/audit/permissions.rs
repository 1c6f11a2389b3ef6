//! The policy that an audit needs, for both specs.

use std::collections::BTreeMap;

use insta::assert_json_snapshot;
use paypulse_runtime::model::Spec;
use serde_json::Value;
use xtask::audit::{Site, policy};

fn of(spec: &Spec, region: &str, values: bool) -> Value {
    let key = "arn:aws:kms:eu-west-1:123456789012:key/11111111-1111-1111-1111-111111111111".to_owned();
    let variables = BTreeMap::from([("warehouse_key_arn".to_owned(), key)]);
    policy(spec, &Site { region: region.into(), account: "123456789012".into() }, values, &variables)
}

#[test]
fn it_only_looks_at_what_the_spec_names() {
    assert_json_snapshot!("paypulse", of(&paypulse_runtime::spec::spec(), "eu-west-1", false));
    assert_json_snapshot!("warehouse_with_values", of(&paypulse_tests::warehouse::spec(), "eu-west-1", true));
}

#[test]
fn every_partition_has_its_own_arns() {
    for (region, start) in [
        ("eu-west-1", "arn:aws:"),
        ("cn-north-1", "arn:aws-cn:"),
        ("us-gov-west-1", "arn:aws-us-gov:"),
        ("us-iso-east-1", "arn:aws-iso:"),
        ("us-isob-east-1", "arn:aws-iso-b:"),
        ("eusc-de-east-1", "arn:aws-eusc:"),
    ] {
        let policy = of(&paypulse_runtime::spec::spec(), region, false);
        let resources =
            policy["Statement"].as_array().expect("a list").iter().filter_map(|it| it["Resource"].as_array());
        let resources: Vec<&str> = resources.flatten().filter_map(Value::as_str).filter(|it| *it != "*").collect();
        assert!(resources.len() > 3 && resources.iter().all(|it| it.starts_with(start)), "{region}: {resources:?}");
    }
}
