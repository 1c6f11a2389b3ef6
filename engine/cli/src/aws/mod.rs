//! Facts of AWS that are independent of a service: ARNs and partitions.

pub(crate) mod arn;
mod partition;

pub(crate) use partition::names;
pub use partition::partition_of;
