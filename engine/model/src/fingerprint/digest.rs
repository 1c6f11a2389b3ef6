//! 32-bit digests, computed in one pass over a document: a cold start has little time, and an attacker gains nothing
//! from forging one.

use serde_json::{Map, Value};

/// JSON Schema annotations, and keywords that only identify the schema: they do not constrain the stored value.
///
/// Sources: [the meta-data vocabulary](https://json-schema.org/draft/2020-12/json-schema-validation#section-9), and the
/// [core vocabulary](https://json-schema.org/draft/2020-12/json-schema-core#section-8).
const WORDS: [&str; 10] = [
    "$schema",
    "$id",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
];

const DEFINITIONS: [&str; 2] = ["$defs", "definitions"];

/// FNV-1a of 64 bits, folded to 32.
///
/// Source: [the FNV hash](https://www.rfc-editor.org/rfc/rfc9923).
#[derive(Clone, Copy)]
pub(super) struct Digest(u64);

impl Digest {
    pub(super) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds a text with its length, so that adjacent texts cannot be confused.
    pub(super) const fn text(self, text: &str) -> Self {
        self.number(text.len() as u64).bytes(text.as_bytes())
    }

    pub(super) const fn number(self, number: u64) -> Self {
        self.bytes(&number.to_le_bytes())
    }

    const fn bytes(mut self, bytes: &[u8]) -> Self {
        let mut at = 0;
        while at < bytes.len() {
            self.0 = (self.0 ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
            at += 1;
        }
        self
    }

    pub(super) const fn end(self) -> u32 {
        let bytes = self.0.to_le_bytes();
        let mut folded = [0; 4];
        let mut at = 0;
        while at < 4 {
            folded[at] = bytes[at] ^ bytes[at + 4];
            at += 1;
        }
        u32::from_le_bytes(folded)
    }

    /// Adds a JSON document, independent of the key order of its maps.
    fn document(self, value: &Value) -> Self {
        match value {
            Value::Null => self.number(0),
            Value::Bool(it) => self.number(1).number(u64::from(*it)),
            Value::Number(it) => self.number(2).text(&it.to_string()),
            Value::String(it) => self.number(3).text(it),
            Value::Array(items) => items.iter().fold(self.number(4).number(items.len() as u64), Self::document),
            Value::Object(map) => {
                let entry = |digest: Self, (key, value): (&String, &Value)| digest.text(key).document(value);
                in_order(map).into_iter().fold(self.number(5).number(map.len() as u64), entry)
            }
        }
    }

    /// Adds the constraints of a JSON Schema, independent of key order and of the names of its definitions.
    pub(super) fn schema(self, root: &Value) -> Self {
        let mut walk = Walk { root, named: Vec::new() };
        let mut digest = walk.schema(self, root);
        let mut done = 0;
        // Each definition can refer to further ones.
        while let Some(definition) = walk.named.get(done).and_then(|pointer| root.pointer(&pointer[1..])) {
            digest = walk.schema(digest.number(done as u64), definition);
            done += 1;
        }
        digest
    }
}

struct Walk<'a> {
    root: &'a Value,
    /// The referenced definitions, in the order of their first reference.
    named: Vec<&'a str>,
}

impl<'a> Walk<'a> {
    fn schema(&mut self, digest: Digest, value: &'a Value) -> Digest {
        match value {
            Value::Object(schema) => {
                let says_nothing = |key: &str| WORDS.contains(&key) || DEFINITIONS.contains(&key);
                let demands = in_order(schema).into_iter().filter(|(key, _)| !says_nothing(key));
                demands
                    .fold(digest.number(6), |digest, (key, value)| self.demand(digest.text(key), key, value))
                    .number(7)
            }
            Value::Array(items) => {
                items.iter().fold(digest.number(8).number(items.len() as u64), |digest, item| self.schema(digest, item))
            }
            other => digest.document(other),
        }
    }

    fn demand(&mut self, digest: Digest, key: &str, value: &'a Value) -> Digest {
        match (key, value) {
            ("$ref", Value::String(pointer)) => self.reference(digest, pointer),
            // The keys of these maps are names, not keywords.
            ("properties" | "patternProperties" | "dependentSchemas", Value::Object(named)) => {
                let entry = |digest: Digest, (name, it): (&'a String, &'a Value)| self.schema(digest.text(name), it);
                in_order(named).into_iter().fold(digest.number(named.len() as u64), entry)
            }
            // The order of these arrays has no meaning.
            ("required" | "enum" | "type", Value::Array(items)) => {
                let sum = |sum: u64, item| sum.wrapping_add(u64::from(Digest::new().document(item).end()));
                digest.number(items.iter().fold(0, sum))
            }
            ("const" | "dependentRequired", document) => digest.document(document),
            (_, schema) => self.schema(digest, schema),
        }
    }

    fn reference(&mut self, digest: Digest, pointer: &'a str) -> Digest {
        if !pointer.starts_with("#/") || self.root.pointer(&pointer[1..]).is_none() {
            return digest.text(pointer);
        }
        // A definition is identified by the order of its first reference, because its name is arbitrary.
        let place = self.named.iter().position(|named| *named == pointer).unwrap_or_else(|| {
            self.named.push(pointer);
            self.named.len() - 1
        });
        digest.number(place as u64)
    }
}

fn in_order(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    entries
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Digest, Value};

    fn digest(schema: &Value) -> u32 {
        Digest::new().schema(schema).end()
    }

    fn login() -> Value {
        json!({
            "type": "object",
            "properties": { "title": { "type": "string" }, "next": { "$ref": "#/$defs/Login" } },
            "required": ["title", "next"],
            "$defs": { "Login": { "type": ["object", "null"], "properties": { "next": { "$ref": "#/$defs/Login" } } } }
        })
    }

    /// Source: [test vectors](https://www.rfc-editor.org/rfc/rfc9923).
    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(Digest::new().bytes(b"foobar").0, 0x8594_4171_f739_67e8);
        assert_eq!(Digest::new().bytes(b"").end(), 0xcbf2_9ce4 ^ 0x8422_2325);
    }

    #[test]
    fn words_order_and_names_of_definitions_make_no_difference() {
        let same = json!({
            "$defs": { "Account": {
                "description": "An account.",
                "properties": { "next": { "$ref": "#/$defs/Account" } },
                "type": ["null", "object"]
            } },
            "required": ["next", "title"],
            "properties": {
                "next": { "$ref": "#/$defs/Account", "title": "Next" },
                "title": { "type": "string", "default": "x", "examples": ["y"] }
            },
            "title": "Login", "type": "object", "$schema": "https://json-schema.org/draft/2020-12/schema"
        });
        assert_eq!(digest(&login()), digest(&same));
    }

    #[test]
    fn every_demand_makes_a_difference() {
        let edits: [fn(&mut Value); 8] = [
            |schema| schema["properties"]["title"]["type"] = json!("integer"),
            |schema| schema["properties"]["title"]["pattern"] = json!("^a"),
            |schema| schema["required"] = json!(["title"]),
            |schema| schema["properties"]["other"] = json!({}),
            |schema| _ = schema["properties"].as_object_mut().map(|it| it.remove("title")),
            |schema| schema["$defs"]["Login"]["type"] = json!("object"),
            |schema| schema["properties"]["next"] = json!({ "$ref": "#/$defs/Absent" }),
            |schema| schema["properties"]["title"] = json!({ "const": "string" }),
        ];
        for (index, edit) in edits.into_iter().enumerate() {
            let mut other = login();
            edit(&mut other);
            assert_ne!(digest(&login()), digest(&other), "{index}");
        }
    }
}
