//! Expressions, as far as Terraform shows them: a constant, or the references without the structure of the expression.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::End;
use crate::planned::given::Small;
use crate::tf::lenient::{Few, Text};

/// A value of the configuration, with a limited number of parts.
pub(super) struct Constant(pub(super) Value);

impl<'de> Deserialize<'de> for Constant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::DeserializeSeed;
        let mut value = Small::default();
        value.deserialize(deserializer)?;
        Ok(Self(value.value))
    }
}

/// An expression, as far as Terraform shows it: its constant or its references.
#[derive(Default)]
pub(super) struct Expression {
    pub(super) constant: Option<Value>,
    pub(super) references: BTreeSet<String>,
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyConfiguration;

        impl<'de> Visitor<'de> for AnyConfiguration {
            type Value = Expression;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an expression")
            }

            fn visit_unit<E>(self) -> Result<Expression, E> {
                Ok(Expression::default())
            }

            fn visit_bool<E>(self, _: bool) -> Result<Expression, E> {
                Ok(Expression::default())
            }

            fn visit_i64<E>(self, _: i64) -> Result<Expression, E> {
                Ok(Expression::default())
            }

            fn visit_u64<E>(self, _: u64) -> Result<Expression, E> {
                Ok(Expression::default())
            }

            fn visit_f64<E>(self, _: f64) -> Result<Expression, E> {
                Ok(Expression::default())
            }

            fn visit_str<E>(self, _: &str) -> Result<Expression, E> {
                Ok(Expression::default())
            }

            /// The union of the references in all blocks of one name.
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Expression, A::Error> {
                let mut all = Expression::default();
                while let Some(block) = list.next_element::<Expression>()? {
                    all.references.extend(block.references);
                }
                Ok(all)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Expression, A::Error> {
                let mut all = Expression::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "constant_value" => all.constant = Some(map.next_value::<Constant>()?.0),
                        "references" => {
                            let references = map.next_value::<Few<Text>>()?.0;
                            all.references.extend(references.iter().map(|text| text.as_str().to_owned()));
                        }
                        _ => all.references.extend(map.next_value::<Expression>()?.references),
                    }
                }
                Ok(all)
            }
        }

        deserializer.deserialize_any(AnyConfiguration)
    }
}

impl Expression {
    pub(super) fn hidden() -> End {
        End::Hidden("an expression that the plan does not show".to_owned())
    }

    /// The same for an input of a module, for which the key of the module's instance matters.
    pub(super) fn input(self) -> End {
        let (keys, others): (Vec<&str>, Vec<&str>) = whole(&self.references).into_iter().partition(|it| is_key(it));
        let keyed = match (others.as_slice(), keys.as_slice()) {
            ([one], [_]) => Some(End::Keyed((*one).to_owned())),
            ([_], [_, _, ..]) => Some(Self::hidden()),
            _ => None,
        };
        keyed.filter(|_| self.constant.is_none()).unwrap_or_else(|| self.end())
    }

    /// The constant or the single reference of the expression; otherwise it is hidden.
    pub(super) fn end(self) -> End {
        if let Some(constant) = self.constant {
            return End::Constant(constant);
        }
        // Which instance it is does not matter: all of a resource are looked at.
        let mut all = whole(&self.references);
        if all.len() > 1 {
            all.retain(|reference| !is_key(reference));
        }
        let mut whole = all.into_iter();
        match (whole.next(), whole.next()) {
            (Some(one), None) => End::Reference(one.to_owned()),
            _ => Self::hidden(),
        }
    }
}

/// Whether a reference is the key of an instance.
pub(in crate::planned) fn is_key(reference: &str) -> bool {
    matches!(reference, "each.key" | "count.index")
}

/// The references without those that are prefixes of another: Terraform lists `x.y.arn` and also `x.y`.
pub(in crate::planned) fn whole(references: &BTreeSet<String>) -> Vec<&str> {
    let is_begun =
        |beginning: String| references.range(beginning.clone()..).next().is_some_and(|it| it.starts_with(&beginning));
    let is_whole = |one: &&String| !['.', '['].into_iter().any(|next| is_begun(format!("{one}{next}")));
    references.iter().filter(is_whole).map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_reference_is_left_out_wherever_it_is_sorted() {
        let all = ["a.b", "a.b-c", "a.b-c.arn", "a.b.arn", "a.bc", "d.e", "d.e-f", "d.e[0]", "var.x"];
        let all = all.map(str::to_owned).into();
        assert_eq!(whole(&all), ["a.b-c.arn", "a.b.arn", "a.bc", "d.e-f", "d.e[0]", "var.x"]);
    }
}
