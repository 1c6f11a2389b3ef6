//! The JSON of an event, with the members that are read. A client chooses the bytes of its headers, so a string in it
//! can be invalid Unicode.

use std::fmt;
use std::marker::PhantomData;

use paypulse_runtime::model::Text;
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// The members of all formats that are read. All others are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    /// In format 1.0 and for a load balancer.
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
    /// In format 2.0.
    pub(super) http: Option<Http>,
    /// For a load balancer.
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

/// A text in which `\u{fffd}` replaces invalid Unicode: unpaired surrogates, which JSON can contain.
#[derive(Clone)]
pub(super) struct Lossy(pub(super) Text);

impl<'de> Deserialize<'de> for Lossy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // As bytes, because `serde_json` accepts such a text only as bytes.
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
