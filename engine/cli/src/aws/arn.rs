//! Parses ARNs: partition, Region, account and name.

/// The name of the secret with this id, which is an ARN or already the name.
///
/// An ARN ends in the name, a hyphen and six characters that Secrets Manager chooses; a policy can have `??????`
/// instead.
/// Source: [ARN of a secret](https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html).
pub(crate) fn secret_name(id: &str) -> &str {
    let Some(stored) = part(id, 6).filter(|_| is_arn(id)) else { return id };
    let Some((name, suffix)) = stored.rsplit_once('-') else { return stored };
    let is_chosen = suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_chosen || suffix == "??????" { name } else { stored }
}

/// The name of the function with this id, which is an ARN, a part of one (`111122223333:function:fetch`) or the name,
/// each with or without a version or an alias.
///
/// Source: [ARN of a function](https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html).
pub(crate) fn function_name(id: &str) -> &str {
    let after_account = || id.split_once(":function:").map(|(_, name)| name);
    let name = part(id, 6).filter(|_| is_arn(id)).or_else(after_account).unwrap_or(id);
    name.split(':').next().unwrap_or(name)
}

/// Whether an id is the unqualified ARN of a function, without a version or an alias.
pub(crate) fn is_function(id: &str) -> bool {
    is_of_function(id) && part(id, 6).is_some_and(|name| !name.is_empty() && !name.contains([':', '/']))
}

/// Whether an id is the ARN of a function, a version or an alias.
pub(crate) fn is_of_function(id: &str) -> bool {
    is_arn(id) && part(id, 2) == Some("lambda") && part(id, 5) == Some("function")
}

/// Whether a text has all parts of an ARN.
pub(crate) fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && part(text, 5).is_some_and(|resource| !resource.is_empty())
}

/// The name and the path in the ARN of a role: `fetch` and `/team/`.
///
/// Source: [identifiers of IAM](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html).
pub(crate) fn role(arn: &str) -> Option<(&str, &str)> {
    let role = part(arn, 5).filter(|_| is_arn(arn) && part(arn, 2) == Some("iam"))?.strip_prefix("role")?;
    let (path, name) = role.split_at(role.rfind('/')? + 1);
    (path.starts_with('/') && !name.is_empty()).then_some((name, path))
}

/// Whether an id is the ARN of a secret.
pub(crate) fn is_of_secret(id: &str) -> bool {
    is_arn(id) && part(id, 2) == Some("secretsmanager") && part(id, 5) == Some("secret") && part(id, 6).is_some()
}

/// The ARN of the same name in another Region. A replica has the ARN of its primary secret but for the Region.
///
/// Source: [replicas of secrets][replicas].
///
/// [replicas]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
pub(crate) fn in_region(arn: &str, region: &str) -> String {
    arn.split(':').enumerate().map(|(index, part)| if index == 3 { region } else { part }).collect::<Vec<_>>().join(":")
}

/// The partition: `aws`, `aws-cn`.
pub(crate) fn partition(arn: &str) -> &str {
    part(arn, 1).unwrap_or_default()
}

/// The Region; empty for global resources.
pub(crate) fn region(arn: &str) -> &str {
    part(arn, 3).unwrap_or_default()
}

/// The account; `aws` for resources that AWS owns.
pub(crate) fn account(arn: &str) -> &str {
    part(arn, 4).unwrap_or_default()
}

/// One part. The seventh part extends to the end and may contain colons.
fn part(arn: &str, index: usize) -> Option<&str> {
    arn.splitn(7, ':').nth(index)
}

#[cfg(test)]
mod tests {
    use super::{account, function_name, is_arn, is_function, region, role, secret_name};

    #[test]
    fn a_roles_arn_says_its_name_and_its_path() {
        for (arn, expected) in [
            ("arn:aws:iam::111122223333:role/fetch", Some(("fetch", "/"))),
            ("arn:aws-cn:iam::111122223333:role/service-role/a/fetch", Some(("fetch", "/service-role/a/"))),
            ("arn:aws:iam::111122223333:role/", None),
            ("arn:aws:iam::111122223333:user/fetch", None),
            ("arn:aws:lambda:eu-west-1:111122223333:role/fetch", None),
            ("fetch", None),
            ("", None),
        ] {
            assert_eq!(role(arn), expected, "{arn}");
        }
    }

    #[test]
    fn a_secrets_name_is_its_arn_without_the_suffix() {
        let arn = |stored: &str| format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{stored}");
        for (stored, name) in [
            ("app/client-id-AbCd12", "app/client-id"),
            ("app/user/7-AbCd12", "app/user/7"),
            ("short", "short"),
            ("a-b", "a-b"),
            ("app/key-??????", "app/key"),
            ("app/user/*", "app/user/*"),
        ] {
            assert_eq!(secret_name(&arn(stored)), name);
        }
        assert_eq!(secret_name("plain-abcdef"), "plain-abcdef");
        assert_eq!((region(&arn("x")), account(&arn("x"))), ("eu-west-1", "123456789012"));
        let function = "arn:aws:lambda:eu-west-1:123456789012:function:rotate";
        let partial = "123456789012:function:rotate";
        for id in ["rotate", "rotate:live", partial, &format!("{partial}:7"), function, &format!("{function}:live")] {
            assert_eq!(function_name(id), "rotate", "{id}");
        }
        assert!(is_function(function));
        let bucket = "arn:aws:s3:eu-west-1:123456789012:function:rotate";
        for id in ["rotate", &format!("{function}:live"), &function.replace(":rotate", ":"), bucket] {
            assert!(!is_function(id), "{id}");
        }
        assert!(is_arn(&arn("x")) && is_arn("arn:aws:iam::aws:policy/X"));
        assert!(!is_arn("arn:aws") && !is_arn("") && !is_arn("a:b:c:d:e:f:g"));
    }
}
