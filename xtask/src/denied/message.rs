//! AWS's messages of denied calls, wherever in a text they stand: a log, an event of `CloudTrail`, what the AWS CLI or
//! Terraform printed.
//!
//! Source: [access denied error messages][messages]. Their forms are documented for people, so that nothing here relies on
//! more than the words around each part.
//!
//! [messages]: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html

/// One denied call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// Who called.
    pub principal: Principal,
    /// What was denied, as IAM calls it: `secretsmanager:GetSecretValue`. It can be cut off.
    pub action: Option<String>,
    /// On what: an ARN, or what the caller named where AWS has no ARN for it.
    pub resource: Option<String>,
    /// Which policy decided.
    pub reason: Reason,
}

/// Whoever called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A session of a role. Its ARN has the role's name without its path.
    Session {
        /// The role's name.
        role: String,
        /// The session's name.
        session: String,
    },
    /// A role itself, without its path.
    Role(String),
    /// Anybody else, as AWS names them.
    Other(String),
    /// The message does not say.
    Unsaid,
}

/// What decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A policy, or the lack of one.
    Policy {
        /// Of which kind.
        kind: PolicyKind,
        /// Whether it denies the call, where else none allows it.
        is_explicit: bool,
    },
    /// A key, of which the message says no more.
    Key,
    /// The message does not say.
    Unsaid,
}

/// A kind of policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// On the role itself.
    Identity,
    /// On the secret or the key.
    Resource,
    /// The most that the role may have.
    Boundary,
    /// Given along when the role was assumed.
    Session,
    /// Of the organization, on its accounts.
    ServiceControl,
    /// Of the organization, on its resources.
    ResourceControl,
    /// Of the network's way to AWS.
    Endpoint,
    /// On who may become the role.
    Trust,
}

const DENIED: &str = "is not authorized to perform";

/// AWS says no more of a call that it could not make on a key, on the caller's behalf.
const KEY_DENIED: [&str; 2] = ["Access to KMS is not allowed", "The ciphertext refers to a customer master key"];

/// So many different denials of one text are told apart; nobody reads more.
const MOST: usize = 100;

/// Every denial in a text, once, in its order.
#[must_use]
pub fn denials(text: &str) -> Vec<Denial> {
    let text = on_one_line(text);
    let mut denials: Vec<Denial> = Vec::new();
    let mut pieces = text.split(DENIED);
    let mut before = pieces.next().unwrap_or_default();
    let keys = |piece: &str| KEY_DENIED.iter().any(|words| piece.contains(words));
    let mut found = Vec::new();
    found.extend(keys(before).then(key_denied));
    for piece in pieces {
        found.push(denial(before, piece));
        found.extend(keys(piece).then(key_denied));
        before = piece;
    }
    for denial in found {
        if denials.len() < MOST && !denials.contains(&denial) {
            denials.push(denial);
        }
    }
    denials
}

fn key_denied() -> Denial {
    Denial { principal: Principal::Unsaid, action: None, resource: None, reason: Reason::Key }
}

/// The text with one space between its words: without the frame that Terraform draws, and without the escapes of a message
/// that stands in JSON.
fn on_one_line(text: &str) -> String {
    let text = text.replace("\\n", " ").replace("\\t", " ").replace("\\\"", "\"").replace(['│', '╷', '╵'], " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A denial from what stands before and behind the words that say so.
fn denial(before: &str, behind: &str) -> Denial {
    let principal = principal(before.trim_end().rsplit(' ').next().unwrap_or_default().trim_matches(QUOTES));
    let mut words = behind.trim_start_matches([':', ' ']).splitn(2, ' ');
    let action = words.next().map(plain).filter(|action| !action.is_empty());
    let rest = words.next().unwrap_or_default();
    let resource = rest.strip_prefix("on resource: ").and_then(|rest| rest.split(' ').next()).map(plain);
    let resource = resource.filter(|resource| !resource.is_empty());
    Denial { principal, action: action.map(str::to_owned), resource: resource.map(str::to_owned), reason: reason(rest) }
}

const QUOTES: [char; 3] = ['"', '\'', '`'];

/// A word without what a text puts around it.
fn plain(word: &str) -> &str {
    let end = word.find(['"', '\\']).filter(|end| *end > 0).unwrap_or(word.len());
    word[..end].trim_matches(QUOTES).trim_end_matches([',', ';', ')', '.'])
}

fn principal(word: &str) -> Principal {
    let resource = word.strip_prefix("arn:").and_then(|arn| arn.splitn(5, ':').nth(4));
    let mut parts = resource.unwrap_or_default().split('/');
    match (parts.next(), parts.next(), parts.next_back()) {
        (Some("assumed-role"), Some(role), Some(session)) => {
            Principal::Session { role: role.to_owned(), session: session.to_owned() }
        }
        // Cut off behind the role.
        (Some("assumed-role" | "role"), Some(role), None) => Principal::Role(role.to_owned()),
        (Some("role"), Some(_), Some(name)) => Principal::Role(name.to_owned()),
        _ if word.is_empty() || matches!(word, "User" | "User:") => Principal::Unsaid,
        _ => Principal::Other(word.to_owned()),
    }
}

fn reason(rest: &str) -> Reason {
    let rest = rest.to_ascii_lowercase();
    // The last one decides: a policy can apply through another.
    let through = rest.split_once("transitively through ").map(|(_, policy)| (policy, true));
    let explicit = || rest.split_once("with an explicit deny in ").map(|(_, policy)| (policy, true));
    let implicit = || rest.split_once("because no ").map(|(_, policy)| (policy, false));
    let Some((policy, is_explicit)) = through.or_else(explicit).or_else(implicit) else { return Reason::Unsaid };
    let policy = ["a ", "an ", "the "].iter().find_map(|article| policy.strip_prefix(article)).unwrap_or(policy);
    let kinds = [
        ("identity-based policy", PolicyKind::Identity),
        ("resource-based policy", PolicyKind::Resource),
        ("permissions boundary", PolicyKind::Boundary),
        ("session policy", PolicyKind::Session),
        ("sessions policy", PolicyKind::Session),
        ("service control policy", PolicyKind::ServiceControl),
        ("resource control policy", PolicyKind::ResourceControl),
        ("vpc endpoint policy", PolicyKind::Endpoint),
        ("role trust policy", PolicyKind::Trust),
    ];
    let kind = kinds.iter().find(|(words, _)| policy.starts_with(words)).map(|(_, kind)| *kind);
    kind.map_or(Reason::Unsaid, |kind| Reason::Policy { kind, is_explicit })
}

#[cfg(test)]
mod tests {
    use super::{Denial, PolicyKind, Principal, Reason, denials};

    #[track_caller]
    fn one(text: &str) -> Denial {
        let found = denials(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found.into_iter().next().expect("there is one")
    }

    const USER: &str = "User: arn:aws:sts::123456789012:assumed-role/app/app is not authorized to perform: ";

    #[test]
    fn each_kind_of_policy_is_told_from_the_others() {
        for (words, kind, is_explicit) in [
            ("because no identity-based policy allows the s:A action", PolicyKind::Identity, false),
            ("with an explicit deny in an identity-based policy", PolicyKind::Identity, true),
            ("with an explicit deny in an identity-based policy: arn:aws:iam::1:policy/X", PolicyKind::Identity, true),
            ("because no resource-based policy allows the s:A action", PolicyKind::Resource, false),
            ("with an explicit deny in a resource-based policy", PolicyKind::Resource, true),
            ("because no permissions boundary allows the s:A action", PolicyKind::Boundary, false),
            ("with an explicit deny in a permissions boundary", PolicyKind::Boundary, true),
            ("because no session policy allows the s:A action", PolicyKind::Session, false),
            ("with an explicit deny in a sessions policy", PolicyKind::Session, true),
            ("because no service control policy allows the s:A action", PolicyKind::ServiceControl, false),
            ("with an explicit deny in a service control policy", PolicyKind::ServiceControl, true),
            ("with an explicit deny in a resource control policy", PolicyKind::ResourceControl, true),
            ("because no VPC endpoint policy allows the s:A action", PolicyKind::Endpoint, false),
            ("with an explicit deny in a VPC endpoint policy", PolicyKind::Endpoint, true),
            (
                "with an explicit deny in a VPC endpoint policy transitively through a service control policy",
                PolicyKind::ServiceControl,
                true,
            ),
            ("with an explicit deny in the role trust policy", PolicyKind::Trust, true),
        ] {
            for resource in ["", "on resource: arn:aws:s:eu:1:x/y "] {
                let denial = one(&format!("{USER}s:A {resource}{words}"));
                assert_eq!(denial.reason, Reason::Policy { kind, is_explicit }, "{words}");
                assert_eq!(denial.action.as_deref(), Some("s:A"));
                assert_eq!(denial.resource.is_some(), !resource.is_empty());
            }
        }
        assert_eq!(one(&format!("{USER}s:A")).reason, Reason::Unsaid);
        assert_eq!(one(&format!("{USER}s:A because of the weather")).reason, Reason::Unsaid);
    }

    #[test]
    fn whoever_called_is_told() {
        let session = |role: &str, session: &str| Principal::Session { role: role.into(), session: session.into() };
        for (word, expected) in [
            ("User: arn:aws:sts::1:assumed-role/app/fn", session("app", "fn")),
            ("User: arn:aws-us-gov:sts::1:assumed-role/app/fn", session("app", "fn")),
            ("User: arn:aws-cn:sts::1:assumed-role/app/", session("app", "")),
            ("User: arn:aws:sts::1:assumed-role/app", Principal::Role("app".into())),
            ("User: arn:aws:iam::1:role/app", Principal::Role("app".into())),
            ("User: arn:aws:iam::1:role/team/a/app", Principal::Role("app".into())),
            ("User: arn:aws:iam::1:user/jo", Principal::Other("arn:aws:iam::1:user/jo".into())),
            ("User: arn:aws:iam::1:root", Principal::Other("arn:aws:iam::1:root".into())),
            ("User: anonymous", Principal::Other("anonymous".into())),
            ("User", Principal::Unsaid),
            ("", Principal::Unsaid),
        ] {
            assert_eq!(one(&format!("{word} is not authorized to perform: s:A")).principal, expected, "{word}");
        }
    }

    /// The same message as it stands in a log, in JSON, in what the CLI printed and in Terraform's frame.
    #[test]
    fn a_message_is_found_wherever_it_stands() {
        let message = format!(
            "{USER}s:A on resource: arn:aws:s:eu:1:x-AbCdEf because no identity-based policy allows the s:A action"
        );
        let expected = one(&message);
        for text in [
            format!("2026-01-02T03:04:05Z ERROR AccessDeniedException: {message}\n"),
            format!(r#"{{"__type":"AccessDeniedException","Message":"{message}"}}"#),
            format!(r#"{{"log": "{{\"errorMessage\": \"{message}\"}}"}}"#),
            format!("An error occurred (AccessDeniedException) when calling the A operation: {message}"),
            format!(
                "╷\n│ Error: reading: {}\n│ \tstatus code: 400\n╵",
                message.replace(" on resource", "\n│ on resource")
            ),
            message.replace("perform: ", "perform: \n  "),
            format!("{message}{message} {message}"),
        ] {
            assert_eq!(one(&text), expected, "{text}");
        }
    }

    #[test]
    fn a_cut_message_says_what_it_still_says() {
        let whole = format!("{USER}s:GetIt on resource: arn:x with an explicit deny in a session policy");
        let expected = one(&whole);
        for end in USER.find(" is not").map_or(0, |at| at + 1 + super::DENIED.len())..whole.len() {
            let cut = one(&whole[..end]);
            assert_eq!(cut.principal, expected.principal, "{}", &whole[..end]);
            assert!(
                expected.action.as_deref().is_some_and(|whole| whole.starts_with(cut.action.as_deref().unwrap_or("")))
            );
        }
        assert_eq!(denials(&whole[..USER.len() - 20]), []);
    }

    #[test]
    fn several_denials_are_told_apart_and_each_is_told_once() {
        let text =
            format!("{USER}s:A x {USER}s:B\nAccess to KMS is not allowed\n{USER}s:A Access to KMS is not allowed");
        let actions: Vec<_> = denials(&text).into_iter().map(|denial| denial.action).collect();
        assert_eq!(actions, [Some("s:A".to_owned()), Some("s:B".to_owned()), None]);
        let many: Vec<String> = (0..1000).map(|number| format!("{USER}s:A{number}")).collect();
        assert_eq!(denials(&many.join(" ")).len(), super::MOST);
        assert_eq!(denials("AccessDenied"), []);
    }
}
