//! Every argument of the AWS provider that could give access is looked at, or is harmless for a reason that the table names.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use xtask::planned::arguments::{ArgumentUse, use_of};

use crate::run::workspace;

/// The arguments of a version of the provider, by the resource type.
#[derive(Deserialize)]
struct Provider {
    provider_version: String,
    resources: BTreeMap<String, Vec<String>>,
}

fn provider(version: &str) -> Provider {
    let path = workspace().join(format!("tests/data/aws-provider-{version}-arguments.json"));
    serde_json::from_str(&fs::read_to_string(path).expect("the list is there")).expect("it is a list of arguments")
}

#[test]
fn every_argument_of_both_majors_of_the_provider_is_known() {
    for version in ["5.100", "6.62"] {
        let Provider { provider_version, resources } = provider(version);
        assert!(provider_version.starts_with(version) && resources.len() > 50, "{provider_version}");
        let all = || resources.iter().flat_map(|(kind, all)| all.iter().map(move |argument| (kind, argument)));
        let unknown: Vec<_> = all().filter(|(kind, argument)| use_of(kind, argument).is_none()).collect();
        assert!(unknown.is_empty(), "{provider_version}: {unknown:?}");
        let reasons = all().filter_map(|(kind, argument)| use_of(kind, argument));
        assert!(reasons.into_iter().all(|it| !matches!(it, ArgumentUse::Harmless(reason) if reason.len() < 10)));
    }
}

#[test]
fn an_argument_that_the_provider_does_not_have_is_not_known() {
    assert_eq!(use_of("aws_secretsmanager_secret", "open_to_everybody"), None);
    assert_eq!(use_of("aws_secretsmanager_vault", "name"), None);
    assert_eq!(use_of("aws_secretsmanager_secret", "policy"), Some(ArgumentUse::Access));
    assert_eq!(use_of("aws_secretsmanager_secret_version", "secret_string"), Some(ArgumentUse::Value));
}
