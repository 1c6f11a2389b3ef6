//! Handlers, and the grants that the compiler checks.

use super::fingerprint::Fingerprint;
use super::prefixes::Prefixes;
use super::secret::Secret;
use super::spec::HandlerSpec;
use super::verb::{VerbMarker, rotate};

/// A deployable function with a role of its own. Declared by [`declare!`](crate::declare); the type has no values and
/// stands as the parameter of the client.
pub trait Handler: Send + Sync + 'static {
    /// The type's name: how a spec and its problems call the handler.
    const ID: &'static str;
    /// The name under which it is deployed.
    const NAME: &'static str;

    /// The environments of its spec, if there are many in one account.
    #[must_use]
    fn prefixes() -> Option<Prefixes>;

    /// What the spec says of it, with every grant.
    fn spec() -> HandlerSpec;

    /// The fingerprint of what it relies on.
    #[must_use]
    fn fingerprint() -> Fingerprint;
}

/// States that handler `H` may use verb `V` on this secret. [`declare!`](crate::declare) implements it once for each
/// verb of a grant, and every method of the client asks for it.
///
/// The secret is `Self` and the handler a parameter: the other way round, the compiler would infer the only secret that
/// fits and report a type mismatch in place of the missing grant.
#[diagnostic::on_unimplemented(
    message = "handler `{H}` is not granted `{V}` on `{Self}`",
    label = "this call needs the grant `{Self}: {V}`",
    note = "add `{Self}: {V};` to `{H}` in the spec (`spec.rs`), then run `cargo xtask gen-infra` and apply the Terraform"
)]
pub trait Granted<V: VerbMarker, H: Handler>: Secret {}

/// States that handler `H` is this secret's rotation function: its owner is `rotation(H)`. [`declare!`](crate::declare)
/// implements it, and asks for it wherever `rotate` is granted, so that no other handler can be granted it.
#[diagnostic::on_unimplemented(
    message = "the owner of `{Self}` is not `rotation({H})`",
    label = "`{H}` cannot be granted `rotate` on it",
    note = "write `owner: rotation({H})` at `{Self}` in the spec (`spec.rs`), or remove `rotate` from `{H}`"
)]
pub trait RotatedBy<H: Handler>: Secret {}

/// Compiles where the secret's owner is the handler.
#[doc(hidden)]
pub const fn rotated_by<S: RotatedBy<H>, H: Handler>() {}

/// Compiles where the handler may rotate the secret.
#[doc(hidden)]
pub const fn may_rotate<S: Granted<rotate, H>, H: Handler>() {}
