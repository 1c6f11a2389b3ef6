//! Handlers, and the grants that the compiler checks.

use super::fingerprint::{Fingerprint, Relied};
use super::prefixes::Prefixes;
use super::secret::Secret;
use super::spec::HandlerSpec;
use super::verb::VerbMarker;

/// A deployable function with its own role. Declared by `declare!`; the type has no values and is the
/// type parameter of the client.
///
/// ```
/// use driftless_model::Handler;
///
/// driftless_macros::declare! {
///     source: "src/spec.rs";
///     secrets {
///         /// Key of the payment provider.
///         PaymentKey: driftless_model::Text = "payment-key", owner: external;
///     }
///     handlers {
///         /// Charges a customer.
///         Charge = "charge" {
///             PaymentKey: read; "authenticates the charge"
///         }
///     }
/// }
///
/// # fn main() {
/// let spec = Charge::spec();
/// assert_eq!((Charge::ID, Charge::NAME, spec.description.as_str()), ("Charge", "charge", "Charges a customer."));
/// assert_eq!(spec.grants[0].reason, "authenticates the charge");
/// # }
/// ```
pub trait Handler: Send + Sync + 'static {
    /// The type's name, by which the spec and its problems refer to the handler.
    const ID: &'static str;
    /// The name under which it is deployed.
    const NAME: &'static str;

    /// The environments of its spec, if the spec declares prefixes.
    #[must_use]
    fn prefixes() -> Option<Prefixes> {
        None
    }

    /// Its entry in the spec, with every grant.
    fn spec() -> HandlerSpec;

    /// The fingerprint of everything that it relies on.
    #[must_use]
    fn fingerprint() -> Fingerprint;
}

/// States that handler `H` may use verb `V` on this secret. `declare!` implements it once for each
/// verb of a grant, and every method of the client requires it.
///
/// The secret is `Self` and the handler is a parameter. In the reverse order, the compiler would infer the only secret
/// that fits and report a type mismatch instead of the missing grant.
#[diagnostic::on_unimplemented(
    message = "handler `{H}` is not granted `{V}` on `{Self}`",
    label = "this call needs the grant `{Self}: {V}`",
    note = "add `{Self}: {V};` to `{H}` in the spec (`spec.rs`), then run `gen-infra` and apply the Terraform"
)]
pub trait Granted<V: VerbMarker, H: Handler>: Secret {}

/// States that handler `H` is this secret's rotation function: its owner is `rotation(H)`. `declare!` implements it, and
/// grants `rotate` to no other handler.
#[diagnostic::on_unimplemented(
    message = "the owner of `{Self}` is not `rotation({H})`",
    label = "`{H}` cannot be granted `rotate` on it",
    note = "write `owner: rotation({H})` at `{Self}` in the spec (`spec.rs`), or remove `rotate` from `{H}`"
)]
pub trait RotatedBy<H: Handler>: Secret {}

impl Fingerprint {
    /// The fingerprint of a declared handler, which relies on these secrets.
    #[doc(hidden)]
    #[must_use]
    pub fn of_handler<H: Handler>(relied: &[Relied]) -> Self {
        let prefixes = H::prefixes();
        Self::compute(&H::spec(), prefixes.as_ref().map(|prefixes| prefixes.variable.as_str()), relied)
    }
}
