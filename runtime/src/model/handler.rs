//! Handlers, and the grants that the compiler checks.

use super::secret::Secret;
use super::spec::HandlerSpec;
use super::verb::VerbMarker;

/// A deployable function with a role of its own. Declared by [`declare!`](crate::declare); the type has no values and
/// stands as the parameter of the client.
pub trait Handler: Send + Sync + 'static {
    /// The type's name: how a spec and its problems call the handler.
    const ID: &'static str;
    /// The name under which it is deployed.
    const NAME: &'static str;

    /// What the spec says of it, with every grant.
    fn spec() -> HandlerSpec;
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
