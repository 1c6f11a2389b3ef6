//! Terraform's notations: addresses of resources, and JSON of Terraform or the AWS CLI, read leniently.

mod address;
pub(crate) mod lenient;
mod malformed;

pub use address::{Address, Key, ModulePath, NotAnAddress};
pub use malformed::Malformed;
