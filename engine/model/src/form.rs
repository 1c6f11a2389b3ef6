//! Texts with rules, such as a pattern or a length. The rules are part of the type, and are checked both when a value
//! is written and when it is read.

use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::form_error::FormError;
use super::pattern::Pattern;
use super::payload::{Payload, PayloadError, Text};
use super::payload_spec::PayloadSpec;

/// The rules of a [`Checked`] text. A constant that is `None` imposes no rule.
pub trait TextForm: 'static {
    /// A pattern that the text must match.
    const PATTERN: Option<Pattern> = None;
    /// The minimum number of characters.
    const MIN_LENGTH: Option<u32> = None;
    /// The maximum number of characters.
    const MAX_LENGTH: Option<u32> = None;
}

/// A [`Text`] that follows the rules of `F`, as a payload or as a field of a JSON payload.
///
/// ```
/// use driftless_model::{Checked, Pattern, Payload, TextForm};
///
/// struct Pin;
///
/// impl TextForm for Pin {
///     const PATTERN: Option<Pattern> = Some(Pattern::new("^[0-9]+$"));
///     const MIN_LENGTH: Option<u32> = Some(4);
/// }
///
/// assert_eq!(Checked::<Pin>::parse("0815")?.expose(), "0815");
/// let error = Checked::<Pin>::parse("081").expect_err("it is too short");
/// assert_eq!(error.to_string(), "it has fewer than 4 characters");
/// # Ok::<(), driftless_model::PayloadError>(())
/// ```
pub struct Checked<F>(Text, PhantomData<fn() -> F>);

impl<F: TextForm> Checked<F> {
    /// Checks a text against the rules.
    ///
    /// # Errors
    ///
    /// If it is too short, too long, or does not match the pattern.
    ///
    /// ```
    /// use driftless_model::{Checked, FormError, TextForm};
    ///
    /// struct Pin;
    ///
    /// impl TextForm for Pin {
    ///     const MIN_LENGTH: Option<u32> = Some(4);
    /// }
    ///
    /// assert_eq!(Checked::<Pin>::new("081".into()).err(), Some(FormError::TooShort { least: 4 }));
    /// ```
    pub fn new(text: Text) -> Result<Self, FormError> {
        const { Self::GOOD }
        let length = text.expose().chars().count();
        let is_over = |limit: u32| usize::try_from(limit).is_ok_and(|limit| length > limit);
        if let Some(least) = F::MIN_LENGTH.filter(|least| *least > 0 && !is_over(least - 1)) {
            return Err(FormError::TooShort { least });
        }
        if let Some(most) = F::MAX_LENGTH.filter(|most| is_over(*most)) {
            return Err(FormError::TooLong { most });
        }
        match F::PATTERN {
            Some(pattern) if !pattern.matches(text.expose()) => {
                Err(FormError::Pattern { pattern: pattern.as_str().to_owned() })
            }
            _ => Ok(Self(text, PhantomData)),
        }
    }

    /// The string itself. The caller must keep it secret.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The text, without its rules.
    #[must_use]
    pub fn into_text(self) -> Text {
        self.0
    }

    fn schema() -> Schema {
        let mut schema = json_schema!({ "type": "string" });
        if let Some(pattern) = F::PATTERN {
            schema.insert("pattern".into(), pattern.as_str().into());
        }
        for (keyword, length) in [("minLength", F::MIN_LENGTH), ("maxLength", F::MAX_LENGTH)] {
            if let Some(length) = length {
                schema.insert(keyword.into(), length.into());
            }
        }
        schema
    }
}

impl<F> Clone for Checked<F> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<F> PartialEq for Checked<F> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<F> Eq for Checked<F> {}

impl<F> fmt::Debug for Checked<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<F: TextForm> Payload for Checked<F> {
    const GOOD: () = {
        // `forget` evaluates the constant without running a destructor, which constants do not allow.
        std::mem::forget(F::PATTERN);
        if let (Some(least), Some(most)) = (F::MIN_LENGTH, F::MAX_LENGTH) {
            assert!(least <= most, "the least length of a text is larger than its most");
        }
    };

    fn parse(stored: &str) -> Result<Self, PayloadError> {
        Self::new(stored.into()).map_err(PayloadError::Form)
    }

    fn to_stored(&self) -> Result<Zeroizing<String>, PayloadError> {
        self.0.to_stored()
    }

    fn spec() -> PayloadSpec {
        PayloadSpec { schema: Some(Self::schema().into()), ..PayloadSpec::text() }
    }
}

impl<F> Serialize for Checked<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, F: TextForm> Deserialize<'de> for Checked<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Text::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl<F: TextForm> JsonSchema for Checked<F> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Checked".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Self::schema()
    }
}

#[cfg(test)]
mod tests {
    use super::{Checked, FormError, TextForm};
    use crate::{JsonPayload, Pattern, Payload, PayloadError};

    #[derive(Debug)]
    struct Word;

    impl TextForm for Word {
        const PATTERN: Option<Pattern> = Some(Pattern::new("^[^0-9]*$"));
        const MIN_LENGTH: Option<u32> = Some(2);
        const MAX_LENGTH: Option<u32> = Some(3);
    }

    struct Anything;

    impl TextForm for Anything {}

    #[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    struct Login {
        password: Checked<Word>,
    }

    impl JsonPayload for Login {}

    #[test]
    fn each_rule_is_held_and_characters_are_code_points() {
        let check = |text: &str, expected: Result<(), FormError>| {
            assert_eq!(
                Checked::<Word>::new(text.into()).map(|kept| assert_eq!(kept.expose(), text)),
                expected,
                "{text}"
            );
        };
        for text in ["ab", "abc", "éé", "🏳\u{fe0f}\u{200d}"] {
            check(text, Ok(()));
        }
        for text in ["", "a", "é"] {
            check(text, Err(FormError::TooShort { least: 2 }));
        }
        // Four code points that display as one character.
        for text in ["abcd", "🏳\u{fe0f}\u{200d}🌈"] {
            check(text, Err(FormError::TooLong { most: 3 }));
        }
        check("a1", Err(FormError::Pattern { pattern: "^[^0-9]*$".into() }));
        assert!(Checked::<Anything>::new("".into()).is_ok());
    }

    #[test]
    fn a_value_that_breaks_a_rule_is_nowhere_shown() {
        let kept = Checked::<Word>::new("abc".into()).expect("it keeps the rules");
        assert_eq!(
            format!("{kept:?} {:?}", Login { password: kept.clone() }),
            "Text(redacted) Login { password: Text(redacted) }"
        );
        let text = Checked::<Word>::parse("hunter2").expect_err("it breaks a rule");
        let field = Login::parse(r#"{"password": "hunter2"}"#).expect_err("it breaks a rule");
        assert!(matches!(&field, PayloadError::Mismatch { path, .. } if path == "password"), "{field:?}");
        for shown in [format!("{text} {text:?}"), format!("{field} {field:?}")] {
            assert!(!shown.contains("hunter"), "{shown}");
        }
    }

    #[test]
    fn the_rules_stand_in_the_spec() {
        let rules = serde_json::json!({ "type": "string", "pattern": "^[^0-9]*$", "minLength": 2, "maxLength": 3 });
        assert_eq!(Checked::<Word>::spec().schema, Some(rules.clone()));
        assert_eq!(Login::spec().schema.expect("it is JSON")["properties"]["password"], rules);
        assert_eq!(Checked::<Anything>::spec().schema, Some(serde_json::json!({ "type": "string" })));
    }
}
