//! [`declare!`], the macro that declares a secrets spec: types for secrets and handlers, and the spec as data. [`Payload`], the
//! derive macro of the types of secrets' values.
//!
//! Most crates use it as `driftless::declare!`. That macro passes the path of `driftless_model` on, so that a crate needs no
//! dependency on it. The rules for names, Regions and verbs are those of `driftless_model`.

mod consistency;
mod context;
mod cursor;
mod declaration;
mod generate;
mod handlers;
mod options;
mod owner;
mod payload;
mod principals;
mod secrets;
mod sections;
mod shared;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::context::Context;
use crate::cursor::Cursor;

/// Declares a spec: its keys, secrets and handlers as types, and `pub fn spec() -> Spec` as data.
///
/// ```
/// use driftless_model::{Secret, Text};
///
/// driftless_macros::declare! {
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
///             SupplierLogin: read, update; "renews an expired login"
///         }
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let login = SupplierLogin { shop_id: "berlin".parse()? };
/// assert_eq!(login.name(), "shop/berlin/supplier");
/// let handler = &spec().handlers[0];
/// assert_eq!((handler.name.as_str(), handler.description.as_str()), ("reorder", "Orders what has run out."));
/// assert_eq!(handler.grants[1].reason, "renews an expired login");
/// # Ok(())
/// # }
/// ```
///
/// A doc comment describes its entry. It can be left out, and then the command `gen-infra` warns of it; a section without entries
/// can be left out too. The text after the semicolon of a grant is the reason for the grant, and is optional. Both are part of the
/// spec as data, and of the reports. The doc comment of a handler is also the description of its role.
///
/// The owner of a secret is `terraform(…)`, `external`, `runtime`, `rotation(Handler)`, or `rotation` if the rotation function
/// is outside the spec. The parentheses of `terraform` say where Terraform has the value from:
///
/// - `terraform(payment_key)`: from this variable. The value is kept in the state.
/// - `terraform(write_only(payment_key))`: from this variable. The value is not kept in the state; the command `value-versions`
///   counts its changes, or the spec does: `write_only(payment_key, version: 2)`.
/// - `terraform(generated { length: 32 })`: generated once. Optional: the kinds of characters,
///   `alphabet: [lowercase, uppercase, digits, punctuation, space]`, excluded characters, `exclude: "0O"`, and `version: 2`, of
///   which a change requests another value.
///
/// Options can follow the owner, in any order. All except the first three are for secrets that Terraform creates:
///
/// - `outside_prefixes: true`: the name of an `external` secret has no prefix in any environment.
/// - `kms_key: variable(key_arn)` or `kms_key: alias("alias/shop")`: the customer-managed key that encrypts the secret.
/// - `region: "eu-central-1"`: the Region of the secret, if it differs from that of everything else.
/// - `recovery_window_days: 7`: how long a deletion can be cancelled.
/// - `tags: { "team": "billing" }`: tags in addition to those of the whole spec.
/// - `replicas: { "eu-central-1", "us-east-1": alias("alias/shop") }`: copies in other Regions, and their keys.
/// - `read_from: { "eu-central-1" }`: the copies that handlers with the verb `read` read too, if they run in that Region, or if
///   the Region of the secret is down.
/// - `shared_with: { account("123456789012"): read; role("123456789012", "auditor"): describe; }`: access for principals outside
///   the spec.
/// - `rotation: { schedule: "rate(10 days)" }` or `rotation: { after_days: 30 }`: when the handler that the owner names, which
///   must be granted `rotate`, rotates the secret. With `window_hours: 2`, the rotation begins within this many hours of the
///   scheduled time. With `immediately: false`, it does not begin before the first scheduled time.
///
/// Three lines can follow the source: `tags: { "team": "billing" };` gives tags to every resource,
/// `prefixes: name_prefix { "dev/", "prod/" };` declares environments in one account, each with a prefix before the names of its
/// secrets, and `allow: ["missing-description"];` names warnings that are not reported.
///
/// Settings can follow the name of a handler, in any order:
///
/// - `role: existing(variable)`: the role exists already, and the variable holds its name. Several handlers can share a role, and
///   then each of them has the grants of all.
/// - `name: "Reorder-Role"`: the name of the role that is created, if it differs from the handler's name.
/// - `also: [aws_policy("AWSXRayDaemonWriteAccess"), variable(reorder_policy_arns)]`: managed policies of the created role for
///   access that the spec does not cover: those of AWS by name, others by a variable that lists their ARNs, or by a variable with
///   such a list for each handler, `map(role_policy_arns)`.
/// - `source_function: true`: the grants apply only to calls that the code of the handler's function makes.
/// - `principal: ecs` or `principal: eks(cluster: cluster_arn, namespace: "shop", service_account: "reorder")`: the program is a
///   task of Amazon ECS, or a pod of Amazon EKS that gets its role by Pod Identity, and not a function of AWS Lambda, `lambda`.
///   The variable `cluster` holds the ARN of the cluster.
///
/// # Errors
///
/// Each mistake is a compile error at its own word, and all mistakes are reported together.
///
/// A name that Secrets Manager would refuse does not compile:
///
/// ```compile_fail
/// driftless_macros::declare! {
///     source: "src/spec.rs";
///     keys {}
///     secrets {
///         /// A name with a space.
///         Broken: driftless_model::Text = "not a name", owner: external;
///     }
///     handlers {}
/// }
/// ```
#[proc_macro]
pub fn declare(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand(tokens.into()).into()
}

/// Makes a type the payload of secrets: a JSON document with the members of the type.
///
/// ```
/// use driftless_macros::Payload;
/// use driftless_model::{Payload, PayloadError, Text};
///
/// /// A login at the catalog's database.
/// #[derive(Clone, PartialEq, Payload)]
/// #[payload(model = driftless_model)]
/// struct DatabaseLogin {
///     /// The database user.
///     user: String,
///     /// The user's password.
///     password: Text,
///     /// Where to log in, if not at the default port.
///     #[serde(default, skip_serializing_if = "Option::is_none")]
///     port: Option<u16>,
/// }
///
/// let login = DatabaseLogin::parse(r#"{"user": "app", "password": "hunter2"}"#)?;
/// assert_eq!(login.password.expose(), "hunter2");
/// assert_eq!(format!("{login:?}"), "DatabaseLogin(redacted)");
/// assert_eq!(DatabaseLogin::parse(r#"{"user": "app"}"#), Err(PayloadError::MissingField { field: "password".into() }));
/// # Ok::<(), PayloadError>(())
/// ```
///
/// It implements serde's `Serialize` and `Deserialize`, `JsonSchema`, `JsonPayload`, and a `Debug` that shows only the name of the
/// type. A type that derives one of them too does not compile. The crate of the type needs no dependency on serde or schemars.
/// Their attributes, `#[serde(…)]` and `#[schemars(…)]`, can be used on the type and on its members. The types of nested members
/// derive `Payload` too.
///
/// Options, in `#[payload(…)]`:
///
/// - `model = path`: the path of the model, if the crate of the type does not depend on `driftless`. The default is
///   `::driftless::model`.
/// - `recover = function`: a function `fn(&str) -> Option<Self>` that reads a stored value that does not match the type, because an
///   earlier version of the type or another program wrote it.
/// - `own_debug`: the type has a `Debug` of its own, which must not show a secret.
///
/// # Errors
///
/// A `union` and a type with parameters are compile errors, and so is an unknown option:
///
/// ```compile_fail
/// #[derive(driftless_macros::Payload)]
/// #[payload(modell = driftless_model)]
/// struct Login {
///     user: String,
/// }
/// ```
#[proc_macro_derive(Payload, attributes(payload, serde, schemars))]
pub fn derive_payload(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    payload::derive(input.into()).into()
}

fn expand(tokens: TokenStream) -> TokenStream {
    let mut cursor = Cursor::new(tokens);
    let mut cx = Context::new(sections::model(&mut cursor));
    let mut declaration = sections::read(&mut cx, &mut cursor);
    consistency::check(&mut cx, &mut declaration);
    // The items of a declaration with mistakes are there too, so that their uses are not reported as mistakes.
    let mut code = generate::declaration(&cx.model, &declaration);
    code.extend(cx.into_errors());
    code
}
