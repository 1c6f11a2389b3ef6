//! Fingerprint of everything that a handler relies on: its grants, and the names, payload types and keys of their
//! secrets.
//!
//! The generator writes it into the environment of each handler, and the client that is compiled from the spec computes
//! it again. If the two differ, code and infrastructure come from different specs. The fingerprint has a part for each
//! secret, so that the difference can be named. Descriptions, any ordering, and the names of placeholders and types do
//! not affect it.

mod difference;
mod digest;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

use super::kms_key::KmsKey;
use super::name::{Segment, Template};
use super::payload::Payload;
use super::payload_spec::PayloadSpec;
use super::secret::Secret;
use super::spec::{HandlerSpec, SecretSpec, Spec};
use super::verb::Verb;
use digest::Digest;

pub use difference::Difference;
pub use read::UnreadableFingerprint;

/// The version of the text format. Other versions are not read.
const FORM: &str = "1";

/// What a handler relies on, in short.
///
/// As a text it is `1:`, the handler's name, the variable of the spec's prefixes if there is one, and behind a third colon the
/// secrets: the id, the verbs, digests of name, payload and key, the region, and the regions of the copies that are read. Where there is no room for that, four digests of everything
/// stand in its place.
///
/// ```
/// use driftless_model::{Fingerprint, Handler, Text};
///
/// driftless_macros::declare! {
///     source: "src/spec.rs";
///     keys {}
///     secrets {
///         /// Key of the payment provider.
///         PaymentKey: Text = "shop-payment-key", owner: external;
///     }
///     handlers {
///         /// Charges a customer.
///         Charge = "charge" {
///             PaymentKey: read;
///         }
///     }
/// }
///
/// # fn main() {
/// let compiled = Charge::fingerprint();
/// assert_eq!(Fingerprint::of(&spec(), &Charge::spec()), compiled);
/// let text = compiled.to_string();
/// assert!(text.starts_with("1:charge::=") && text.contains("PaymentKey.read."), "{text}");
/// assert_eq!(compiled.differences(&text), []);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    handler: String,
    /// Empty if the spec declares no prefixes.
    prefix_variable: String,
    secrets: Secrets,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Secrets {
    Each(Vec<Part>),
    Together(Totals),
}

/// The part of one secret.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    id: String,
    /// The names of the verbs in the order of [`Verb::ALL`], joined by plus signs.
    verbs: String,
    name: u32,
    payload: u32,
    /// `None` for the account's default key.
    key: Option<u32>,
    /// Empty for the handler's region.
    region: String,
    /// The regions of the copies that are read, sorted, with a plus between them.
    copies: String,
}

/// Order-independent sums over all secrets: of the names' digests, and of digests that combine each name with the
/// verbs, the payload, or the key and region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Totals {
    names: u32,
    verbs: u32,
    payloads: u32,
    keys: u32,
}

/// The properties of a secret that a handler relies on.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Relied {
    id: String,
    name: Template,
    region: Option<String>,
    payload: PayloadSpec,
    kms_key: Option<KmsKey>,
    read_from: Vec<String>,
}

impl Relied {
    /// The properties of a secret, from its type.
    #[must_use]
    pub fn on<S: Secret>() -> Self {
        Self {
            id: S::ID.to_owned(),
            name: S::TEMPLATE,
            region: S::REGION.map(str::to_owned),
            payload: S::Payload::spec(),
            kms_key: S::KMS_KEY,
            read_from: S::READ_FROM.iter().map(|&region| region.to_owned()).collect(),
        }
    }

    fn of(secret: &SecretSpec) -> Self {
        let SecretSpec { id, name, region, payload, kms_key, options, .. } = secret.clone();
        Self { id, name, region, payload, kms_key, read_from: options.read_from }
    }
}

impl Fingerprint {
    /// The fingerprint of a handler of a spec.
    #[must_use]
    pub fn of(spec: &Spec, handler: &HandlerSpec) -> Self {
        Self::of_known(spec, handler, |id| spec.secrets.iter().find(|secret| secret.id == id))
    }

    /// Like [`Fingerprint::of`], with a lookup for secrets that is faster than a search through the spec.
    #[must_use]
    pub fn of_known<'a>(spec: &Spec, handler: &HandlerSpec, secret: impl Fn(&str) -> Option<&'a SecretSpec>) -> Self {
        let granted = handler.grants.iter().filter_map(|grant| secret(&grant.secret));
        let relied: Vec<Relied> = granted.map(Relied::of).collect();
        let variable = spec.prefixes.as_ref().map(|prefixes| prefixes.variable.as_str());
        Self::compute(handler, variable, &relied)
    }

    /// Computes the fingerprint. All other constructors call it.
    #[doc(hidden)]
    #[must_use]
    pub fn compute(handler: &HandlerSpec, prefix_variable: Option<&str>, relied: &[Relied]) -> Self {
        // A handler can have several grants on the same secret.
        let mut granted: BTreeMap<&str, BTreeSet<Verb>> = BTreeMap::new();
        for grant in &handler.grants {
            granted.entry(&grant.secret).or_default().extend(&grant.verbs);
        }
        let relied: BTreeMap<&str, &Relied> = relied.iter().map(|secret| (secret.id.as_str(), secret)).collect();
        let parts =
            relied.into_iter().map(|(id, secret)| part(secret, granted.remove(id).unwrap_or_default())).collect();
        let prefix_variable = prefix_variable.unwrap_or_default().to_owned();
        Self { handler: handler.name.clone(), prefix_variable, secrets: Secrets::Each(parts) }
    }

    /// The short form, which tells the kind of a difference but not the secret.
    #[must_use]
    pub fn shortened(self) -> Self {
        let secrets = Secrets::Together(self.totals());
        Self { secrets, ..self }
    }

    fn totals(&self) -> Totals {
        let parts = match &self.secrets {
            Secrets::Together(totals) => return *totals,
            Secrets::Each(parts) => parts,
        };
        let sum = |of: &dyn Fn(&Part) -> u32| parts.iter().fold(0_u32, |sum, part| sum.wrapping_add(of(part)));
        let with_name = |part: &Part, more: u32| Digest::new().number(part.name.into()).number(more.into()).end();
        Totals {
            names: sum(&|part| part.name),
            verbs: sum(&|part| with_name(part, Digest::new().text(&part.verbs).end())),
            payloads: sum(&|part| with_name(part, part.payload)),
            keys: sum(&|part| {
                let key = Digest::new().number(part.key.map_or(u64::MAX, u64::from)).text(&part.region);
                let key = if part.copies.is_empty() { key } else { key.text(&part.copies) };
                with_name(part, key.end())
            }),
        }
    }
}

fn part(secret: &Relied, verbs: BTreeSet<Verb>) -> Part {
    let verbs: Vec<&str> = verbs.into_iter().map(Verb::name).collect();
    let payload = Digest::new().number(secret.payload.kind as u64);
    let payload = secret.payload.schema.as_ref().map_or(payload, |schema| payload.schema(schema));
    let key = secret.kms_key.as_ref().map(|key| match key {
        KmsKey::Variable { variable } => Digest::new().number(0).text(variable),
        KmsKey::Alias { alias } => Digest::new().number(1).text(alias),
    });
    // The names of placeholders do not affect the name.
    let name = secret.name.segments().fold(Digest::new(), |digest, segment| match segment {
        Segment::Literal(text) => digest.text(text),
        Segment::Placeholder(_) => digest.text("{}"),
    });
    let copies: BTreeSet<&str> = secret.read_from.iter().map(String::as_str).collect();
    Part {
        id: secret.id.clone(),
        verbs: verbs.join("+"),
        name: name.end(),
        payload: payload.end(),
        key: key.map(Digest::end),
        region: secret.region.clone().unwrap_or_default(),
        copies: copies.into_iter().collect::<Vec<_>>().join("+"),
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FORM}:{}:{}:", self.handler, self.prefix_variable)?;
        let parts = match &self.secrets {
            Secrets::Together(Totals { names, verbs, payloads, keys }) => {
                return write!(f, "{names:08x}.{verbs:08x}.{payloads:08x}.{keys:08x}");
            }
            Secrets::Each(parts) => parts,
        };
        f.write_char('=')?;
        for (index, Part { id, verbs, name, payload, key, region, copies }) in parts.iter().enumerate() {
            let separator = if index == 0 { "" } else { ";" };
            write!(f, "{separator}{id}.{verbs}.{name:08x}.{payload:08x}")?;
            let key = key.map(|key| format!("{key:08x}")).unwrap_or_default();
            // What is empty at the end is left out.
            f.write_str(format!(".{key}.{region}.{copies}").trim_end_matches('.'))?;
        }
        Ok(())
    }
}
