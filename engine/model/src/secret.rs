//! Secrets as types: the trait that every declared secret implements, and the owners of values.

use std::hash::Hash;

use schemars::JsonSchema;
use serde::Serialize;

use super::Verb;
use super::delivery::Delivery;
use super::kms_key::KmsKey;
use super::name::Template;
use super::payload::Payload;
use super::verb::Owners;

/// The largest value that Secrets Manager stores, in bytes.
///
/// Source: [AWS Secrets Manager quotas](https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html).
pub const MAX_VALUE_BYTES: usize = 65_536;

/// A secret or family of a spec. Declared by `declare!`. A value of the type identifies one secret,
/// and equal values identify the same secret, so secrets can be compared without building their names.
///
/// ```
/// use driftless_model::Secret;
///
/// driftless_macros::declare! {
///     source: "src/spec.rs";
///     keys {
///         /// The id of a shop.
///         ShopId;
///     }
///     secrets {
///         /// A shop's login at its supplier.
///         Login { shop_id: ShopId }: driftless_model::Text = "shop/{shop_id}/login", owner: runtime;
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// assert_eq!(Login::ID, "Login");
/// assert_eq!(Login { shop_id: "berlin".parse()? }.name(), "shop/berlin/login");
/// # Ok(())
/// # }
/// ```
pub trait Secret: Clone + Eq + Hash + Send + Sync + 'static {
    /// The type of its value.
    type Payload: Payload;

    /// The type's name, by which the spec and its problems refer to the secret.
    const ID: &'static str;
    /// Its name, or its members' name template.
    const TEMPLATE: Template;

    /// The customer-managed key that encrypts it, if it is not the account's default key.
    const KMS_KEY: Option<KmsKey> = None;

    /// Its region, if it differs from its handlers' region.
    const REGION: Option<&'static str> = None;

    /// The regions of the copies that its handlers may read too, in the order in which they are asked.
    const READ_FROM: &'static [&'static str] = &[];

    /// Whether its name has no prefix in any environment.
    const OUTSIDE_PREFIXES: bool = false;

    /// Checks the payload's type at compile time.
    #[doc(hidden)]
    const GOOD_PAYLOAD: () = <Self::Payload as Payload>::GOOD;

    /// The full name of the secret that this value identifies, without an environment's prefix.
    fn name(&self) -> String;
}

/// Who writes a secret's value, and therefore which verbs can be granted on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[schemars(deny_unknown_fields)]
pub enum Owner {
    /// The infrastructure code.
    #[schemars(extend("unevaluatedProperties" = false, "not" = { "required": ["variable", "generated"] }))]
    Terraform(Delivery),
    /// A party outside the spec: the secret exists already and is only looked up.
    External,
    /// A handler, at run time. The infrastructure code never defines it.
    Runtime,
    /// A rotation function.
    Rotation {
        /// The id of the handler that is the rotation function. If absent, the function is outside the spec.
        #[serde(skip_serializing_if = "Option::is_none")]
        function: Option<String>,
    },
}

impl Owner {
    /// The word for the owner in a spec.
    ///
    /// ```
    /// use driftless_model::Owner;
    ///
    /// assert_eq!(Owner::Rotation { function: Some("RotateLogin".into()) }.word(), "rotation");
    /// ```
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Terraform(_) => "terraform",
            Self::External => "external",
            Self::Runtime => "runtime",
            Self::Rotation { .. } => "rotation",
        }
    }

    /// How the infrastructure code sets the value, if it is the owner.
    #[must_use]
    pub const fn delivery(&self) -> Option<&Delivery> {
        match self {
            Self::Terraform(delivery) => Some(delivery),
            Self::External | Self::Runtime | Self::Rotation { .. } => None,
        }
    }

    /// The words for the owners in a spec.
    pub const WORDS: [&'static str; 4] = ["terraform", "external", "runtime", "rotation"];

    /// The id of the handler that rotates the value, if it is in the spec.
    #[must_use]
    pub fn function(&self) -> Option<&str> {
        match self {
            Self::Rotation { function } => function.as_deref(),
            Self::Terraform { .. } | Self::External | Self::Runtime => None,
        }
    }

    /// Whether the handler with this id may have this verb. Every handler may read. Handlers may write only values that
    /// the runtime owns, and only the rotation function may rotate: any other owner would overwrite the change, or
    /// never learn of it.
    ///
    /// ```
    /// use driftless_model::{Owner, Verb};
    ///
    /// assert!(Owner::Runtime.allows(Verb::Store, "Checkout"));
    /// assert!(!Owner::External.allows(Verb::Store, "Checkout"));
    /// let owner = Owner::Rotation { function: Some("Rotate".into()) };
    /// assert!(owner.allows(Verb::Rotate, "Rotate") && !owner.allows(Verb::Rotate, "Checkout"));
    /// ```
    #[must_use]
    pub fn allows(&self, verb: Verb, handler: &str) -> bool {
        let is_function = || self.function() == Some(handler);
        match verb.owners() {
            Owners::Every => true,
            Owners::Runtime => matches!(self, Self::Runtime),
            Owners::Function => is_function(),
            Owners::RuntimeOrFunction => matches!(self, Self::Runtime) || is_function(),
        }
    }
}
