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

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use super::kms_key::KmsKey;
use super::name::{Segment, Template};
use super::options::SecretOptions;
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
    outside_prefixes: bool,
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
            outside_prefixes: S::OUTSIDE_PREFIXES,
        }
    }

    fn borrowed(&self) -> Borrowed<'_> {
        let Self { id, name, region, payload, kms_key, read_from, outside_prefixes } = self;
        let (region, kms_key, outside_prefixes) = (region.as_deref(), kms_key.as_ref(), *outside_prefixes);
        Borrowed { id, name, region, payload, kms_key, read_from, outside_prefixes }
    }
}

/// The same properties of a secret, without copies.
#[derive(Clone, Copy)]
struct Borrowed<'a> {
    id: &'a str,
    name: &'a Template,
    region: Option<&'a str>,
    payload: &'a PayloadSpec,
    kms_key: Option<&'a KmsKey>,
    read_from: &'a [String],
    outside_prefixes: bool,
}

impl<'a> Borrowed<'a> {
    fn of(secret: &'a SecretSpec) -> Self {
        let SecretSpec { id, name, region, payload, kms_key, options, .. } = secret;
        let SecretOptions { read_from, outside_prefixes, .. } = options;
        let (region, kms_key, outside_prefixes) = (region.as_deref(), kms_key.as_ref(), *outside_prefixes);
        Self { id, name, region, payload, kms_key, read_from, outside_prefixes }
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
        let variable = spec.prefixes.as_ref().map(|prefixes| prefixes.variable.as_str());
        Self::compute_borrowed(handler, variable, granted.map(Borrowed::of))
    }

    /// Computes the fingerprint from properties that are not those of a spec.
    #[doc(hidden)]
    #[must_use]
    pub fn compute(handler: &HandlerSpec, prefix_variable: Option<&str>, relied: &[Relied]) -> Self {
        Self::compute_borrowed(handler, prefix_variable, relied.iter().map(Relied::borrowed))
    }

    /// Computes the fingerprint. All other constructors call it.
    fn compute_borrowed<'a>(
        handler: &HandlerSpec,
        prefix_variable: Option<&str>,
        relied: impl Iterator<Item = Borrowed<'a>>,
    ) -> Self {
        // A handler can have several grants on the same secret.
        let granted = handler.grants.iter().flat_map(|grant| grant.verbs.iter().map(|verb| (&*grant.secret, *verb)));
        let mut granted: Vec<(&str, Verb)> = granted.collect();
        granted.sort_unstable();
        granted.dedup();
        let mut relied: Vec<Borrowed<'a>> = relied.collect();
        relied.sort_by_key(|secret| secret.id);
        relied.dedup_by_key(|secret| secret.id);
        let of_secret = |secret: &Borrowed<'a>| {
            let first = granted.partition_point(|(id, _)| *id < secret.id);
            let on_it = granted[first..].iter().take_while(|(id, _)| *id == secret.id);
            part(secret, on_it.map(|(_, verb)| *verb))
        };
        let parts = relied.iter().map(of_secret).collect();
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

/// `verbs` are in the order of [`Verb::ALL`].
fn part(secret: &Borrowed<'_>, verbs: impl Iterator<Item = Verb>) -> Part {
    let verbs: Vec<&str> = verbs.map(Verb::name).collect();
    let payload = Digest::new().number(secret.payload.kind as u64);
    let payload = secret.payload.schema.as_ref().map_or(payload, |schema| payload.schema(schema));
    let key = secret.kms_key.map(|key| match key {
        KmsKey::Variable { variable } => Digest::new().number(0).text(variable),
        KmsKey::Alias { alias } => Digest::new().number(1).text(alias),
    });
    // The names of placeholders do not affect the name.
    let name = secret.name.segments().fold(Digest::new(), |digest, segment| match segment {
        Segment::Literal(text) => digest.text(text),
        Segment::Placeholder(_) => digest.text("{}"),
    });
    // Only the options of new specs change a digest, so that what is applied stays comparable.
    let name = if secret.outside_prefixes { name.number(1) } else { name };
    let copies: BTreeSet<&str> = secret.read_from.iter().map(String::as_str).collect();
    Part {
        id: secret.id.to_owned(),
        verbs: verbs.join("+"),
        name: name.end(),
        payload: payload.end(),
        key: key.map(Digest::end),
        region: secret.region.unwrap_or_default().to_owned(),
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
            let (name, payload) = (hexadecimal(*name), hexadecimal(*payload));
            let separator = if index == 0 { "" } else { ";" };
            for piece in [separator, id, ".", verbs, ".", as_text(&name), ".", as_text(&payload)] {
                f.write_str(piece)?;
            }
            // What is empty at the end is left out.
            if key.is_some() || !region.is_empty() || !copies.is_empty() {
                let key = key.map(|key| format!("{key:08x}")).unwrap_or_default();
                f.write_str(format!(".{key}.{region}.{copies}").trim_end_matches('.'))?;
            }
        }
        Ok(())
    }
}

/// Eight hexadecimal digits. A spec has several digests for each grant, and a formatter takes much longer.
fn hexadecimal(number: u32) -> [u8; 8] {
    let mut digits = [0; 8];
    for (place, digit) in digits.iter_mut().rev().enumerate() {
        *digit = b"0123456789abcdef"[(number >> (4 * place)) as usize & 0xf];
    }
    digits
}

fn as_text(digits: &[u8; 8]) -> &str {
    str::from_utf8(digits).expect("digits are ASCII")
}
