//! Members of requests, with the constraints of the API's model.

use std::ops::RangeInclusive;

use aws_smithy_types::base64;
use zeroize::Zeroizing;

use driftless::model::{MAX_VALUE_BYTES, Text};

use super::refusal::{Refusal, Shown};
use super::secret::Value;

/// The value in the request, if it has one.
pub(super) fn value(text: Option<&Text>, binary: Option<&Text>) -> Result<Option<Value>, Refusal> {
    match (text, binary) {
        (None, None) => Ok(None),
        (Some(text), None) => {
            length("secretString", Shown::Sensitive, text.expose().len(), 1..=MAX_VALUE_BYTES)?;
            Ok(Some(Value::Text(text.clone())))
        }
        (None, Some(encoded)) => {
            let bytes = base64::decode(encoded.expose()).map_err(|_| Refusal::serialization())?;
            let bytes = Zeroizing::new(bytes);
            length("secretBinary", Shown::Sensitive, bytes.len(), 1..=MAX_VALUE_BYTES)?;
            Ok(Some(Value::Binary(bytes)))
        }
        (Some(_), Some(_)) => Err(Refusal::invalid_parameter(
            "You can't specify both a binary secret value and a string secret value in the same secret.",
        )),
    }
}

/// The name must be valid even if the secret need not exist.
///
/// Source: [responses of the service][recorded] that another project has recorded (`test_invalid_secret_name`).
///
/// [recorded]: https://github.com/localstack/localstack/blob/main/tests/aws/services/secretsmanager/test_secretsmanager.snapshot.json
pub(super) fn secret_id(given: Option<&str>) -> Result<&str, Refusal> {
    let id = required("secretId", given)?;
    text_length("secretId", id, 1..=2048)?;
    // The names of secrets that other services manage contain an exclamation mark.
    if id.starts_with("arn:") || consists_of(id, b"/_+=.@-!") { Ok(id) } else { Err(Refusal::invalid_name()) }
}

/// Whether a name consists only of ASCII letters, ASCII digits and `others`.
pub(super) fn consists_of(name: &str, others: &[u8]) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
}

/// SDKs set the token automatically; only a raw request can lack it.
pub(super) fn token(given: Option<&str>) -> Result<&str, Refusal> {
    let token = given.ok_or_else(|| {
        Refusal::invalid_request("You must provide a ClientRequestToken value. We recommend a UUID-type value.")
    })?;
    text_length("clientRequestToken", token, 32..=64)?;
    Ok(token)
}

pub(super) fn required<'a>(member: &str, given: Option<&'a str>) -> Result<&'a str, Refusal> {
    given.ok_or_else(|| Refusal::constraint(member, Shown::Null, "not be null"))
}

pub(super) fn optional<'a>(
    member: &str,
    given: Option<&'a str>,
    allowed: RangeInclusive<usize>,
) -> Result<Option<&'a str>, Refusal> {
    given.map_or(Ok(()), |text| text_length(member, text, allowed))?;
    Ok(given)
}

pub(super) fn text_length(member: &str, text: &str, allowed: RangeInclusive<usize>) -> Result<(), Refusal> {
    length(member, Shown::Text(text), text.len(), allowed)
}

pub(super) fn length(
    member: &str,
    value: Shown<'_>,
    len: usize,
    allowed: RangeInclusive<usize>,
) -> Result<(), Refusal> {
    let (least, most) = (allowed.start(), allowed.end());
    if len < *least {
        return Err(Refusal::constraint(member, value, &format!("have length greater than or equal to {least}")));
    }
    if len > *most {
        return Err(Refusal::constraint(member, value, &format!("have length less than or equal to {most}")));
    }
    Ok(())
}
