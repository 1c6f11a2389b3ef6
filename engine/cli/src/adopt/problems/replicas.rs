//! Messages about secrets and replicas that the first apply cannot create.

use driftless_model::{Problem, shown};

use super::at;
use crate::tf::Address;

pub(in crate::adopt) fn is_replica(address: &Address, name: &str, region: &str, primary: &str) -> Problem {
    let (name, region, primary) = (shown(name), shown(region), shown(primary));
    Problem::new(
        "is-replica",
        &at(address),
        format!("{name} in {region} is a replica of {primary}, so the first apply cannot create a secret there"),
        format!(
            "declare the Region of the primary secret, and {region} in its `replicas`; or make the replica a secret of its \
             own with `aws secretsmanager stop-replication-to-replica`, and import it"
        ),
    )
}

pub(in crate::adopt) fn replica_taken(address: &Address, name: &str, region: &str, taken: &str) -> Problem {
    let (name, region, taken) = (shown(name), shown(region), shown(taken));
    Problem::new(
        "replica-taken",
        &at(address),
        format!(
            "the spec replicates {name} to {region}, where {taken} is a secret of its own: the first apply fails there"
        ),
        "delete the secret there if nothing needs it, or do not declare the replica",
    )
}
