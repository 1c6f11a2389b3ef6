//! The IAM policies that `terraform plan` and `terraform apply` of the rendered files need: the calls that the provider makes for each
//! resource, on the ARNs that the spec names.

mod allowed;
mod applied;
mod calls;
mod documents;
mod files;
mod github;
mod keys;
mod version;

pub use allowed::AllowedActions;
pub use applied::{Files, Purpose};
pub use calls::{DIFFERENCES, LifeStep, ReadDifference, Recorded, recorded};
pub use documents::{TooLarge, documents};
pub use files::Incomplete;
pub use github::{NotGithub, Repository, TokenSubject, trust};
pub use version::ProviderVersion;
