//! The condition of a statement in words.

use serde_json::Value;

use crate::iam::{SOURCE_FUNCTION, VERSION_ID, VERSION_STAGE};

/// What a request has to be like, one sentence for each condition of a statement.
pub(super) fn conditions(statement: &Value) -> Vec<String> {
    let Some(operators) = statement["Condition"].as_object() else { return Vec::new() };
    let each = operators.iter().flat_map(|(operator, keys)| {
        keys.as_object().into_iter().flatten().map(move |(key, values)| in_words(operator, key, &texts(values)))
    });
    each.collect()
}

fn texts(values: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    values.as_array().map_or_else(|| vec![text(values)], |values| values.iter().map(text).collect())
}

fn in_words(operator: &str, key: &str, values: &[String]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    let quoted = quoted.join(" or ");
    match (operator, key) {
        ("Null", VERSION_ID) => "the request names no version id".to_owned(),
        ("StringEqualsIfExists", VERSION_STAGE) => {
            format!("the request names the staging label {quoted} or none")
        }
        ("StringEquals", VERSION_STAGE) => format!("the request names the staging label {quoted}"),
        ("ArnEquals", SOURCE_FUNCTION) => format!("the code of the function {quoted} makes the call"),
        ("StringEquals", "kms:ViaService") => "Secrets Manager uses the key for the role".to_owned(),
        ("StringLike", "kms:EncryptionContext:SecretARN") => format!("the key is used for {quoted}"),
        _ => format!("`{operator}` of `{key}`: {quoted}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::conditions;

    #[test]
    fn every_form_of_a_condition_has_words() {
        let statement = json!({ "Condition": {
            "StringEquals": { "secretsmanager:VersionStage": "AWSPREVIOUS" },
            "Bool": { "aws:SecureTransport": true },
        } });
        let expected = ["`Bool` of `aws:SecureTransport`: `true`", "the request names the staging label `AWSPREVIOUS`"];
        assert_eq!(conditions(&statement), expected);
        assert_eq!(conditions(&json!({})), Vec::<String>::new());
        assert_eq!(conditions(&json!({ "Condition": { "Null": 7 } })), Vec::<String>::new());
    }
}
