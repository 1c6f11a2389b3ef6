//! Checks that all Regions of a spec are in one partition: the provider has the credentials of one, and each ARN in the
//! files names its partition.

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::{Problem, Spec, shown};

use crate::aws::partition_of;

/// The problem of a spec with Regions of several partitions.
pub(super) fn check(spec: &Spec) -> Option<Problem> {
    let regions = spec.secrets.iter().flat_map(|secret| {
        let replicas = secret.options.replicas.iter().map(|replica| &replica.region);
        secret.region.iter().chain(replicas).chain(&secret.options.read_from)
    });
    let mut partitions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for region in regions {
        partitions.entry(partition_of(region)).or_default().insert(region);
    }
    let list = partitions.iter().map(|(partition, regions)| {
        let regions: Vec<String> = regions.iter().map(|region| shown(region)).collect();
        format!("`{partition}` ({})", regions.join(", "))
    });
    let list: Vec<String> = list.collect();
    (list.len() > 1).then(|| {
        Problem::new(
            "several-partitions",
            "the secrets",
            format!("their regions are in different partitions, and one provider reaches one: {}", list.join(", ")),
            "write a spec for each partition",
        )
    })
}

#[cfg(test)]
mod tests {
    use driftless_model::Spec;

    use super::check;

    #[test]
    fn regions_of_one_partition_are_told_from_those_of_several() {
        let with = |regions: [&str; 2]| {
            let secret = |id: &str, region: &str| {
                serde_json::json!({
                    "id": id, "name": id, "description": "", "region": region,
                    "payload": { "kind": "text" }, "owner": { "kind": "external" },
                })
            };
            let grants = ["One", "Two"].map(|id| serde_json::json!({ "secret": id, "verbs": ["read"] }));
            let handler =
                serde_json::json!({ "id": "H", "name": "h", "role": { "kind": "created" }, "grants": grants });
            let secrets = [secret("One", regions[0]), secret("Two", regions[1])];
            let spec = serde_json::json!({ "version": 1, "source": "s", "secrets": secrets, "handlers": [handler] });
            Spec::read(&spec.to_string()).expect("it is a spec")
        };
        assert_eq!(check(&with(["eu-west-1", "us-east-1"])), None);
        assert_eq!(check(&with(["cn-north-1", "cn-northwest-1"])), None);
        let problem = check(&with(["cn-north-1", "eu-west-1"])).expect("they are of two partitions");
        assert!(problem.to_string().contains("`aws` (`eu-west-1`), `aws-cn` (`cn-north-1`)"), "{problem}");
    }
}
