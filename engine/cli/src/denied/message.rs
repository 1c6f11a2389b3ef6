//! Finds AWS access-denied messages in any text: a log, a `CloudTrail` event, or the output of the AWS CLI or Terraform.
//!
//! Source: [access denied error messages][messages]. Their form is not specified exactly, so the parser relies only on
//! the words around each part.
//!
//! [messages]: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html

use std::ops::Range;

use super::action::{KnownAction, known, without_signs};
use super::denial::{Denial, MOST};
use super::marks::separates;
use super::plain::plain;
use super::principal::{Principal, account, principal};
use super::reason::{Reason, reason};
use super::resource::{DeniedResource, is_of_resource, is_whole, resource};
use super::scan::Scan;
use super::{decoded, keys, own};

const DENIED: &str = "notauthorizedtoperform";
const ENCODED: &str = "encodedauthorizationfailuremessage";
const ON: &str = "onresource";

/// How KMS names a resource without an ARN.
const ON_THAT: [&str; 2] = ["ontheresourceassociatedwiththisciphertext", "onthisresource"];

/// Phrases that can follow an action or a resource.
const PHRASES: [&str; 7] = [ON, ON_THAT[0], ON_THAT[1], "because", "withanexplicitdeny", ENCODED, "(service:"];

/// Every different denial in a text, in order.
#[must_use]
pub fn denials(text: &str) -> Vec<Denial> {
    let scan = Scan::new(plain(text));
    let mut found: Vec<(usize, Denial)> = calls(&scan);
    found.extend(keys::find(&scan));
    found.extend(own::find(&scan));
    found.extend(decoded::find(&scan));
    // Only if nothing else was found: a complete message also starts with these words.
    if found.is_empty() {
        found.extend(begun(&scan));
    }
    found.sort_by_key(|(place, _)| *place);
    let mut denials: Vec<Denial> = Vec::new();
    for (_, denial) in found {
        if denials.len() < MOST && !denials.contains(&denial) {
            denials.push(denial);
        }
    }
    let all = denials.clone();
    // Drops truncated copies of other messages.
    denials.retain(|denial| !all.iter().any(|other| is_begun(denial, other)));
    denials
}

/// Whether `denial` is a truncated copy of `whole`.
fn is_begun(denial: &Denial, whole: &Denial) -> bool {
    let is_less = denial.reason == Reason::Unsaid && denial.encoded.is_none() && denial.client.is_none();
    let has_begun = |part: Option<&str>, of: Option<&str>| {
        part.unwrap_or_default().len() <= of.unwrap_or_default().len()
            && of.unwrap_or_default().starts_with(part.unwrap_or_default())
    };
    let is_cut = !matches!(denial.resource, DeniedResource::Whole(_)) && whole.resource.shown().is_some();
    denial != whole
        && is_less
        && (is_cut || denial.action.is_none())
        && (denial.principal == whole.principal || denial.principal == Principal::Unsaid)
        && has_begun(denial.action.as_deref(), whole.action.as_deref())
        && has_begun(denial.resource.shown(), whole.resource.shown())
}

/// Finds messages with `User: … is not authorized to perform: … on resource: …`, and encoded messages without it.
fn calls(scan: &Scan) -> Vec<(usize, Denial)> {
    let places: Vec<(usize, usize)> = scan.all(DENIED).collect();
    let messages: Vec<(usize, usize)> = scan.all(ENCODED).collect();
    let mut found = Vec::new();
    let mut before = 0;
    for (number, (start, end)) in places.iter().enumerate() {
        let next = places.get(number + 1).map_or(scan.len(), |(start, _)| *start);
        let mut denial = denial(scan, before..*start, *end);
        // The encoded message of this denial, if it comes before the next denial.
        let message =
            messages.get(messages.partition_point(|(start, _)| start < end)).filter(|(start, _)| *start < next);
        denial.encoded = message.and_then(|(_, end)| encoded(scan, *end..next));
        // `You are not authorized to perform this operation` precedes a message that names the operation.
        if denial.action.as_deref().is_none_or(|action| action.contains(':') || !action.starts_with("this")) {
            found.push((*start, denial));
        } else if denial.encoded.is_some() || places.len() == 1 {
            found.push((*start, Denial { action: None, ..denial }));
        }
        before = *end;
    }
    if places.is_empty() {
        let ends = messages.iter().skip(1).map(|(start, _)| *start).chain([scan.len()]);
        let alone = |((start, end), next): (&(usize, usize), usize)| {
            (*start, Denial { encoded: encoded(scan, *end..next), ..Denial::unsaid() })
        };
        found.extend(messages.iter().zip(ends).take(MOST).map(alone));
    }
    found
}

/// A message that is cut off before it names the action.
fn begun(scan: &Scan) -> Option<(usize, Denial)> {
    scan.all("user:arn:").last().map(|(start, _)| (start, Denial::unsaid()))
}

/// Parses the denial around the words `not authorized to perform`.
fn denial(scan: &Scan, before: Range<usize>, behind: usize) -> Denial {
    let before = scan.slice(before.start, before.end);
    let mut at = behind;
    while let Some(end) = [":", "theaction"].iter().find_map(|word| scan.next(at, word)) {
        at = end;
    }
    let word = scan.word(at, is_of_action, &PHRASES, is_action);
    let (mut action, mut at) = (without_signs(&word.text).trim_end_matches(':').to_owned(), word.end);
    if let KnownAction::Whole(whole) = known(&action) {
        action.truncate(whole.len());
    }
    at = ON_THAT.iter().find_map(|words| scan.next(at, words)).unwrap_or(at);
    let mut named = DeniedResource::Unsaid;
    let mut said = reason(scan, at);
    if let Some(end) = scan.next(at, ON) {
        let word = scan.word(scan.next(end, ":").unwrap_or(end), is_of_resource, &PHRASES, is_whole);
        said = reason(scan, word.end);
        named = resource(scan, &word, said.reason != Reason::Unsaid);
    }
    Denial {
        principal: principal(before),
        account: account(before),
        action: Some(action).filter(|action| !action.is_empty()),
        resource: named,
        reason: said.reason,
        policy: said.policy,
        encoded: None,
        client: None,
    }
}

const fn is_of_action(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, ':' | '-' | '*')
}

/// Whether a word is a complete action of Secrets Manager or KMS. The end of other actions is unknown.
fn is_action(word: &str) -> bool {
    const ENDS: [&str; 10] =
        ["Secret", "Secrets", "Value", "Stage", "Password", "Decrypt", "Encrypt", "DataKey", "Policy", "Resource"];
    word.split_once(':').is_some_and(|(_, name)| ENDS.iter().any(|end| name.ends_with(end)))
}

/// The encoded authorization message at the start of a range, which ends where the next message begins. Its alphabet is
/// that of URL-safe Base64.
fn encoded(scan: &Scan, within: Range<usize>) -> Option<String> {
    let is_base64 = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '=' | '+' | '/' | '.');
    let start = scan.next(within.start, ":").unwrap_or(within.start);
    let rest = scan.slice(start, within.end.max(start)).trim_start_matches(separates);
    let mut encoded = String::new();
    // A line continues the message if it is all Base64, or if its first word is long, contains a digit or is directly
    // followed by a delimiter.
    for line in rest.split_inclusive(|char| char != ' ' && separates(char)) {
        let line = line.trim_end_matches(|char| char != ' ' && separates(char));
        let part: &str = &line[..line.find(|char| !is_base64(char)).unwrap_or(line.len())];
        let is_last = line[part.len()..].starts_with(|char| char != ' ');
        let is_long = part.len() > 7 || part.bytes().any(|byte| byte.is_ascii_digit());
        let is_rest = part.len() == line.len() || encoded.is_empty() || is_last || is_long;
        if !is_rest {
            break;
        }
        encoded += part;
        if part.len() < line.len() {
            break;
        }
    }
    Some(encoded).filter(|encoded| !encoded.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{Denial, Principal, Reason, denials};
    use crate::denied::PolicyKind;

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
                assert_eq!(denial.reason, Reason::Policy { kind: Some(kind), is_explicit }, "{words}");
                assert_eq!(denial.action.as_deref(), Some("s:A"));
                assert_eq!(denial.resource.shown().is_some(), !resource.is_empty());
            }
        }
        assert_eq!(one(&format!("{USER}s:A")).reason, Reason::Unsaid);
        assert_eq!(one(&format!("{USER}s:A because of the weather")).reason, Reason::Unsaid);
    }

    #[test]
    fn the_caller_is_told() {
        let session = |role: &str, session: &str| Principal::Session { role: role.into(), session: session.into() };
        for (word, expected) in [
            ("User: arn:aws:sts::1:assumed-role/app/fn", session("app", "fn")),
            ("User: arn:aws-us-gov:sts::1:assumed-role/app/fn", session("app", "fn")),
            ("User: arn:aws-cn:sts::1:assumed-role/app/", session("app", "")),
            ("User: arn:aws:sts::1:assumed-role/app", Principal::Role("app".into())),
            ("User: arn:aws:sts::***:assumed-role/app/fn", session("app", "fn")),
            ("User: arn:aws:sts::1:assumed-role/***/fn", Principal::Masked(Some("fn".into()))),
            ("User: arn:aws:sts::***REDACTED**", Principal::Masked(None)),
            ("User: XXXX", Principal::Masked(None)),
            ("ssumed-role/app/fn", Principal::Unsaid),
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

    #[test]
    fn a_cut_message_says_what_it_still_says() {
        let whole = format!("{USER}s:GetIt on resource: arn:x with an explicit deny in a session policy");
        let expected = one(&whole);
        for end in USER.len() - 2..whole.len() {
            let cut = one(&whole[..end]);
            assert_eq!(cut.principal, expected.principal, "{}", &whole[..end]);
            assert!(
                expected.action.as_deref().is_some_and(|whole| whole.starts_with(cut.action.as_deref().unwrap_or("")))
            );
        }
        assert_eq!(denials(&whole[..USER.len() - 20]), [Denial::unsaid()]);
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
