//! The parts of an event's JSON that are read. Clients choose the bytes of headers, so a text in it can be invalid
//! Unicode.

use std::fmt;
use std::marker::PhantomData;

use paypulse_runtime::model::Text;
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// The fields of all formats. Other fields of an event are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    /// Set in format 1.0 and by load balancers.
    pub(super) http_method: Option<String>,
    pub(super) request_context: Context,
    pub(super) headers: Option<Pairs<Option<Lossy>>>,
    pub(super) multi_value_headers: Option<Lists>,
    pub(super) query_string_parameters: Option<Pairs<Option<Lossy>>>,
    pub(super) multi_value_query_string_parameters: Option<Lists>,
    pub(super) body: Option<Lossy>,
    pub(super) is_base64_encoded: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct Context {
    /// Set in format 2.0.
    pub(super) http: Option<Http>,
    /// Set by load balancers.
    pub(super) elb: Option<IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct Http {
    pub(super) method: String,
}

/// Names with several values each.
pub(super) type Lists = Pairs<Option<Vec<Option<Lossy>>>>;

/// The members of an object in their order, including duplicate names.
pub(super) struct Pairs<V>(pub(super) Vec<(Lossy, V)>);

/// A text in which U+FFFD replaces invalid Unicode, such as an unpaired surrogate, which JSON can express.
#[derive(Clone)]
pub(super) struct Lossy(pub(super) Text);

impl<'de> Deserialize<'de> for Lossy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Requested as bytes, because only then `serde_json` accepts such a text.
        deserializer.deserialize_bytes(LossyVisitor)
    }
}

struct LossyVisitor;

impl Visitor<'_> for LossyVisitor {
    type Value = Lossy;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Lossy, E> {
        Ok(Lossy(Zeroizing::new(String::from_utf8_lossy(bytes).into_owned()).as_str().into()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Lossy, E> {
        Ok(Lossy(text.into()))
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Pairs<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor(PhantomData))
    }
}

struct PairsVisitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for PairsVisitor<V> {
    type Value = Pairs<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<V>, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}
