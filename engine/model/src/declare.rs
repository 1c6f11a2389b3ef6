//! [`declare!`](crate::declare): one row gives a type, its trait impls, and its entry in the table that generators read.

/// Declares a spec: its keys, secrets and handlers as types, and `pub fn spec() -> Spec` as data.
///
/// ```
/// use driftless_model::{Secret, Text};
///
/// driftless_model::declare! {
///     source: "src/spec.rs";
///
///     keys {
///         /// The id of a shop.
///         ShopId;
///     }
///
///     secrets {
///         /// Key of the payment provider.
///         PaymentKey: Text = "shop-payment-key", owner: terraform(payment_key);
///         /// Each shop's login at its supplier.
///         SupplierLogin { shop_id: ShopId }: Text = "shop/{shop_id}/supplier", owner: runtime;
///     }
///
///     handlers {
///         /// Orders what has run out.
///         Reorder = "reorder" {
///             PaymentKey: read;
///             SupplierLogin: read, update;
///         }
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let login = SupplierLogin { shop_id: "berlin".parse()? };
/// assert_eq!(login.name(), "shop/berlin/supplier");
/// assert_eq!(spec().handlers[0].name, "reorder");
/// # Ok(())
/// # }
/// ```
///
/// The owner of a secret is `terraform(…)`, `external`, `runtime`, `rotation(Handler)`, or `rotation` where the function is
/// somebody else's. What is in the brackets of `terraform` says where the infrastructure code has the value from:
///
/// - `terraform(payment_key)`: from that variable, and the value is kept in its state;
/// - `terraform(write_only(payment_key))`: from that variable, and it is kept nowhere else; `cargo xtask value-versions` counts
///   when it changes, or the spec does: `write_only(payment_key, version: 2)`;
/// - `terraform(generated { length: 32 })`: made once at random. Behind the length can follow, in this order, the kinds of
///   characters, `alphabet: [lowercase, uppercase, digits, punctuation, space]`, what it must not have, `exclude: "0O"`, and
///   `version: 2`, which asks for another value.
///
/// Behind the owner options can follow, in any order; all but the first two are for what the infrastructure code creates:
///
/// - `kms_key: variable(key_arn)` or `kms_key: alias("alias/shop")`: the customer-managed key that encrypts it;
/// - `region: "eu-central-1"`: where it is, if that is another region than everything else is in;
/// - `recovery_window_days: 7`: for so long a deletion can be taken back;
/// - `tags: { "team": "billing" }`: beside those that `tags: { … };` behind the source gives to everything;
/// - `replicas: { "eu-central-1", "us-east-1": alias("alias/shop") }`: copies in other regions, and their keys;
/// - `read_from: { "eu-central-1" }`: those of the copies that handlers which may `read` the secret read too, where they run in
///   that region, and where the secret's own is down;
/// - `shared_with: { account("123456789012"): read; role("123456789012", "auditor"): describe; }`: who outside the spec may
///   use it;
/// - `rotation: { schedule: "rate(10 days)" }`, or `rotation: { after_days: 30 }`: when the owner's handler rotates it, which is
///   granted `rotate` on it. With `window_hours: 2` the rotation begins within this many hours of the schedule's moment, and with
///   `immediately: false` not before the first.
///
/// Where one account holds many environments, `prefixes: name_prefix { "dev/", "prod/" };` behind the source, and behind the
/// tags if there are any, gives each a prefix that stands before the names of its secrets.
///
/// Behind a handler's name settings can follow, in any order:
///
/// - `role: existing(variable)`: its role exists already, and the variable holds the role's name. Many handlers can have one
///   role, and then each of them has the grants of all;
/// - `name: "Reorder-Role"`: the name of the role that is created, where it is not the handler's;
/// - `also: [aws_policy("AWSXRayDaemonWriteAccess"), variable(reorder_policy_arns)]`: managed policies that the role that is
///   created has besides, for what is not in the spec: AWS's own by their names, others by a variable that lists their ARNs, or
///   by one that has such a list for each handler, `map(role_policy_arns)`;
/// - `source_function: true`: its grants hold only for calls that the code of its function makes.
///
/// A name that Secrets Manager would refuse does not compile:
///
/// ```compile_fail
/// driftless_model::declare! {
///     source: "src/spec.rs";
///     keys {}
///     secrets {
///         /// A name with a space.
///         Broken: driftless_model::Text = "not a name", owner: external;
///     }
///     handlers {}
/// }
/// ```
#[macro_export]
macro_rules! declare {
    (
        source: $source:literal;
        $( tags: { $($tag:literal : $tag_value:literal),* $(,)? }; )?
        $( prefixes: $prefix_variable:ident { $($prefix:literal),* $(,)? }; )?

        keys { $(
            $(#[doc = $key_doc:literal])+
            $Key:ident;
        )* }

        secrets { $(
            $(#[doc = $secret_doc:literal])+
            $Secret:ident $({ $($field:ident : $Field:ty),+ $(,)? })? : $Payload:ty = $template:literal,
            owner: $owner:ident $(($($writer:tt)*))? $(, $option:ident : $value:tt $(($($argument:tt)*))? )*;
        )* }

        handlers { $(
            $(#[doc = $handler_doc:literal])+
            $Handler:ident = $handler_name:literal
            $(, $setting:ident : $choice:tt $(($($chosen:tt)*))? )* { $(
                $Granted:ident : $($verb:ident),+;
            )* }
        )* }
    ) => {
        $( $crate::__declare_key! { $(#[doc = $key_doc])+ $Key } )*

        $(
            $crate::__declare_type! { $(#[doc = $secret_doc])+ $Secret $({ $($field: $Field),+ })? }

            impl $crate::Secret for $Secret {
                type Payload = $Payload;
                const ID: &'static str = stringify!($Secret);
                const TEMPLATE: $crate::Template =
                    $crate::Template::with_fields($template, &[$($(stringify!($field)),+)?]);

                const KMS_KEY: Option<$crate::KmsKey> =
                    $crate::__declare_kms_key!($($option $value $(($($argument)*))? ;)*);

                const REGION: Option<&'static str> =
                    $crate::__declare_region!($($option $value $(($($argument)*))? ;)*);

                const READ_FROM: &'static [&'static str] =
                    $crate::__declare_read_from!($($option $value $(($($argument)*))? ;)*);

                fn name(&self) -> String {
                    Self::TEMPLATE.member(&[$($($crate::Key::as_str(&self.$field)),+)?])
                }
            }

            $crate::__declare_rotation_of!($Secret $owner $(($($writer)*))?);

            // Without a use, `cargo check` would evaluate neither the name nor the payload's rules, and would miss a
            // bad one.
            const _: $crate::Template = <$Secret as $crate::Secret>::TEMPLATE;
            const _: Option<&str> = <$Secret as $crate::Secret>::REGION;
            const _: &[&str] = <$Secret as $crate::Secret>::READ_FROM;
            const _: () = <$Payload as $crate::Payload>::GOOD;

            // Duplicate options are reported as duplicate enum variants.
            const _: () = {
                #[allow(non_camel_case_types, dead_code)]
                enum Options { $($option),* }
            };
        )*

        $(
            $(#[doc = $handler_doc])+
            #[derive(Clone, Copy, Debug)]
            pub enum $Handler {}

            impl $crate::Handler for $Handler {
                const ID: &'static str = stringify!($Handler);
                const NAME: &'static str = $handler_name;

                fn prefixes() -> Option<$crate::Prefixes> {
                    __prefixes()
                }

                fn fingerprint() -> $crate::Fingerprint {
                    let prefixes = __prefixes();
                    let variable = prefixes.as_ref().map(|prefixes| prefixes.variable.as_str());
                    let relied = [$($crate::Relied::on::<$Granted>()),*];
                    $crate::Fingerprint::compute(&Self::spec(), variable, &relied)
                }

                fn spec() -> $crate::HandlerSpec {
                    let handler = $crate::HandlerSpec {
                        id: stringify!($Handler).into(),
                        name: $handler_name.into(),
                        role: $crate::Role::Created,
                        options: $crate::HandlerOptions::default(),
                        grants: vec![$(
                            $crate::Grant {
                                secret: stringify!($Granted).into(),
                                verbs: vec![$(<$crate::verb::$verb as $crate::verb::VerbMarker>::VERB),+],
                            },
                        )*],
                    };
                    $( let handler = $crate::__declare_handler!(handler, $setting $choice $(($($chosen)*))?); )*
                    handler
                }
            }

            $( $( $crate::__declare_grant!($verb $Granted $Handler); )+ )*

            // Duplicate settings are reported as duplicate enum variants.
            const _: () = {
                #[allow(non_camel_case_types, dead_code)]
                enum Settings { $($setting),* }
            };
        )*

        $crate::__declare_prefixes! { $($prefix_variable { $($prefix),* })? }

        /// The whole declaration as data.
        #[must_use]
        pub fn spec() -> $crate::Spec {
            $crate::Spec {
                version: $crate::SPEC_VERSION,
                required_version: None,
                source: $source.into(),
                tags: [$($(($tag.into(), $tag_value.into())),*)?].into(),
                prefixes: __prefixes(),
                secrets: vec![$(
                    $crate::SecretSpec {
                        id: stringify!($Secret).into(),
                        name: <$Secret as $crate::Secret>::TEMPLATE,
                        description: $crate::sentence(&[$($secret_doc),+]),
                        payload: <$Payload as $crate::Payload>::spec(),
                        owner: $crate::__declare_owner!($owner $(($($writer)*))?),
                        kms_key: <$Secret as $crate::Secret>::KMS_KEY,
                        region: <$Secret as $crate::Secret>::REGION.map(Into::into),
                        options: {
                            #[allow(unused_mut)]
                            let mut options = $crate::SecretOptions::default();
                            $( $crate::__declare_option!(options, $option $value $(($($argument)*))?); )*
                            options
                        },
                    },
                )*],
                handlers: vec![$(<$Handler as $crate::Handler>::spec()),*],
            }
        }
    };
}

/// Joins the lines of a doc comment into one line of text.
#[doc(hidden)]
#[must_use]
pub fn sentence(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[doc(hidden)]
#[macro_export]
macro_rules! __declare_key {
    ($(#[doc = $doc:literal])+ $Key:ident) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $Key($crate::KeyText);

        impl $crate::Key for $Key {
            fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl ::std::str::FromStr for $Key {
            type Err = $crate::KeyError;

            fn from_str(key: &str) -> ::std::result::Result<Self, Self::Err> {
                $crate::KeyText::parse(key).map(Self)
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __declare_type {
    ($(#[doc = $doc:literal])+ $Secret:ident) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $Secret;
    };
    ($(#[doc = $doc:literal])+ $Secret:ident { $($field:ident : $Field:ty),+ }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $Secret {
            $(
                #[doc = concat!("Fills `{", stringify!($field), "}` in the name.")]
                pub $field: $Field,
            )+
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __declare_owner {
    (terraform($($delivery:tt)+)) => {
        $crate::Owner::Terraform($crate::__declare_delivery!($($delivery)+))
    };
    (external) => {
        $crate::Owner::External
    };
    (runtime) => {
        $crate::Owner::Runtime
    };
    (rotation) => {
        $crate::Owner::Rotation { function: None }
    };
    (rotation($Function:ident)) => {
        $crate::Owner::Rotation { function: Some(<$Function as $crate::Handler>::ID.into()) }
    };
    ($($other:tt)*) => {
        compile_error!(concat!(
            "unknown owner `", stringify!($($other)*),
            "`: write terraform(variable), external, runtime, rotation or rotation(Handler)"
        ))
    };
}

/// The impls of one verb of a grant. Only a secret's rotation function can be granted `rotate`.
#[doc(hidden)]
#[macro_export]
macro_rules! __declare_grant {
    (rotate $Secret:ident $Handler:ident) => {
        impl $crate::Granted<$crate::verb::rotate, $Handler> for $Secret {}
        const _: fn() = $crate::rotated_by::<$Secret, $Handler>;
    };
    ($verb:ident $Secret:ident $Handler:ident) => {
        impl $crate::Granted<$crate::verb::$verb, $Handler> for $Secret {}
    };
}

/// Finds the key among a secret's options.
#[doc(hidden)]
#[macro_export]
macro_rules! __declare_kms_key {
    () => {
        None
    };
    (kms_key $kind:ident $arguments:tt; $($rest:tt)*) => {
        Some($crate::__declare_key_by!($kind $arguments))
    };
    (kms_key $($other:tt)*) => {
        $crate::__declare_key_by!($($other)*)
    };
    ($option:ident $value:tt $(($($argument:tt)*))?; $($rest:tt)*) => {
        $crate::__declare_kms_key!($($rest)*)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __declare_key_by {
    (variable($variable:ident)) => {
        $crate::KmsKey::variable(stringify!($variable))
    };
    (alias($alias:literal)) => {
        $crate::KmsKey::alias($alias)
    };
    ($($other:tt)*) => {
        compile_error!(concat!(
            "unknown key `", stringify!($($other)*), "`: write variable(name) or alias(\"alias/name\")"
        ))
    };
}

/// Finds the region among a secret's options.
#[doc(hidden)]
#[macro_export]
macro_rules! __declare_region {
    () => {
        None
    };
    (region $region:literal; $($rest:tt)*) => {
        Some($crate::region($region))
    };
    ($option:ident $value:tt $(($($argument:tt)*))?; $($rest:tt)*) => {
        $crate::__declare_region!($($rest)*)
    };
}

/// The regions of the readable copies among a secret's options.
#[doc(hidden)]
#[macro_export]
macro_rules! __declare_read_from {
    () => {
        &[]
    };
    (read_from { $($region:literal),* $(,)? }; $($rest:tt)*) => {
        &[$($crate::region($region)),*]
    };
    ($option:ident $value:tt $(($($argument:tt)*))?; $($rest:tt)*) => {
        $crate::__declare_read_from!($($rest)*)
    };
}

/// Sets one option on a `SecretOptions`.
#[doc(hidden)]
#[macro_export]
macro_rules! __declare_option {
    ($options:ident, kms_key $($key:tt)*) => {
        // Part of the secret's type, because the client needs it too.
    };
    ($options:ident, region $region:literal) => {
        // Part of the secret's type, too.
    };
    ($options:ident, recovery_window_days $days:literal) => {
        $options.recovery_window_days = Some($days)
    };
    ($options:ident, tags { $($key:literal : $value:literal),* $(,)? }) => {
        $options.tags = [$(($key.into(), $value.into())),*].into()
    };
    ($options:ident, replicas { $($region:literal $(: $kind:ident($name:tt))?),* $(,)? }) => {
        $options.replicas = vec![$(
            $crate::Replica {
                region: $region.into(),
                kms_key: $crate::__declare_kms_key!($(kms_key $kind($name);)?),
            },
        )*]
    };
    ($options:ident, read_from { $($region:literal),* $(,)? }) => {
        $options.read_from = vec![$($region.into()),*]
    };
    ($options:ident, shared_with { $($kind:ident($($who:literal),+) : $($verb:ident),+;)* }) => {
        $options.shared_with = vec![$(
            $crate::Share {
                principal: $crate::__declare_principal!($kind($($who),+)),
                verbs: vec![$(<$crate::verb::$verb as $crate::verb::VerbMarker>::VERB),+],
            },
        )*]
    };
    ($options:ident, rotation { $($field:ident : $value:literal),* $(,)? }) => {
        $options.rotation = Some($crate::__declare_rotation!($($field $value;)*))
    };
    ($options:ident, $option:ident $($value:tt)*) => {
        compile_error!(concat!(
            "unknown option or value `", stringify!($option), ": ", stringify!($($value)*), "`: write kms_key: alias(\"…\"), ",
            "region: \"eu-central-1\", ",
            "recovery_window_days: 7, tags: { \"key\": \"value\" }, replicas: { \"region\" }, ",
            "read_from: { \"region\" }, ",
            "shared_with: { account(\"…\"): read; } or rotation: { schedule: \"rate(10 days)\" }"
        ))
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __declare_principal {
    (account($account:literal)) => {
        $crate::Principal::Account { account: $account.into() }
    };
    (role($account:literal, $role:literal)) => {
        $crate::Principal::Role { account: $account.into(), role: $role.into() }
    };
    ($($other:tt)*) => {
        compile_error!(concat!(
            "unknown principal `", stringify!($($other)*), "`: write account(\"…\") or role(\"account\", \"name\")"
        ))
    };
}
