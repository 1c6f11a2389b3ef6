//! Trust policies for GitHub Actions: a workflow assumes a role with the OpenID Connect token that GitHub issues for its job.
//!
//! Source: [OpenID Connect reference](https://docs.github.com/en/actions/reference/security/oidc).

use std::str::FromStr;

use driftless_model::shown;
use serde_json::{Value, json};

use crate::audit::Site;

/// The issuer of the tokens, without its scheme.
const ISSUER: &str = "token.actions.githubusercontent.com";

/// The audience of the tokens that `aws-actions/configure-aws-credentials` requests.
///
/// Source: [the action's documentation](https://github.com/aws-actions/configure-aws-credentials#oidc).
const AUDIENCE: &str = "sts.amazonaws.com";

/// A text that is not a repository, a reference or an environment of GitHub.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is not {expected}", shown(given))]
pub struct NotGithub {
    given: String,
    expected: &'static str,
}

impl NotGithub {
    fn new(given: &str, expected: &'static str) -> Self {
        Self { given: given.to_owned(), expected }
    }
}

/// A repository: `OWNER/REPO`, or `OWNER@ID/REPO@ID` with the ids that GitHub never gives to another owner or repository.
///
/// Tokens of repositories that were created or renamed since 2026-07-15 name the ids, tokens of others name none unless the repository
/// was changed to that form. Only one of the two forms is right for a repository.
///
/// Source: [immutable subject claims][immutable].
///
/// [immutable]: https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
///
/// ```
/// use driftless_cli::deployer::Repository;
///
/// let classic: Repository = "octocat/my-repo".parse()?;
/// let immutable: Repository = "octocat@123456/my-repo@456789".parse()?;
/// assert!(!classic.has_ids() && immutable.has_ids());
/// assert!("octocat@123456/my-repo".parse::<Repository>().is_err());
/// # Ok::<(), driftless_cli::deployer::NotGithub>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    text: String,
    has_ids: bool,
}

impl Repository {
    /// Whether its tokens name the ids of the owner and the repository.
    #[must_use]
    pub const fn has_ids(&self) -> bool {
        self.has_ids
    }
}

impl FromStr for Repository {
    type Err = NotGithub;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |expected| NotGithub::new(text, expected);
        let whole = "a repository: `OWNER/REPO`, or `OWNER@ID/REPO@ID` with the numeric ids of both";
        let (owner, name) = text.split_once('/').ok_or_else(|| wrong(whole))?;
        let (owner, owner_id) = with_id(owner).ok_or_else(|| wrong(whole))?;
        let (name, id) = with_id(name).ok_or_else(|| wrong(whole))?;
        if owner_id != id {
            return Err(wrong("a repository with both ids or none: `OWNER@ID/REPO@ID`"));
        }
        if !is_owner(owner) {
            return Err(wrong(
                "a repository of GitHub: an owner has up to 39 letters and digits, with single hyphens between them",
            ));
        }
        if !is_repository(name) {
            return Err(wrong("a repository of GitHub: its name has up to 100 letters, digits, `-`, `_` and `.`"));
        }
        Ok(Self { text: text.to_owned(), has_ids: id })
    }
}

/// A name, and whether an id is behind it; `None` if what is behind the `@` is not an id.
fn with_id(text: &str) -> Option<(&str, bool)> {
    let Some((name, id)) = text.split_once('@') else { return Some((text, false)) };
    let is_id = (1..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit()) && !id.starts_with('0');
    is_id.then_some((name, true))
}

/// Users that a company manages have an underscore before the company's short name.
///
/// Source: [usernames of managed users][usernames].
///
/// [usernames]: https://docs.github.com/en/enterprise-cloud@latest/admin/managing-iam/iam-configuration-reference/username-considerations-for-external-authentication
fn is_owner(name: &str) -> bool {
    let (user, company) = name.split_once('_').map_or((name, None), |(user, company)| (user, Some(company)));
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    name.len() <= 39 && user.split('-').all(is_word) && company.is_none_or(is_word)
}

fn is_repository(name: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=100).contains(&name.len()) && name.bytes().all(is_known) && !matches!(name, "." | "..")
}

/// The part of a token's subject that says for what a job runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSubject {
    /// A branch or a tag: `refs/heads/main`. Jobs with an environment do not have it.
    Ref(String),
    /// An environment of the repository, whose rules can require a review before a job runs.
    Environment(String),
    /// Any pull request from a branch of the repository.
    PullRequest,
}

impl TokenSubject {
    /// A branch or a tag by its full name.
    ///
    /// # Errors
    ///
    /// If it is not one that Git accepts.
    pub fn of_ref(text: &str) -> Result<Self, NotGithub> {
        let name = text.strip_prefix("refs/heads/").or_else(|| text.strip_prefix("refs/tags/")).unwrap_or_default();
        let is_bad = |char: char| char.is_whitespace() || char.is_control() || "~^:?*[\\".contains(char);
        let is_part = |part: &str| {
            let is_lock = part.to_ascii_lowercase().ends_with(".lock");
            !part.is_empty() && !part.starts_with('.') && !part.ends_with('.') && !is_lock
        };
        let is_name = !name.contains("..") && !name.contains("@{") && name.split('/').all(is_part);
        if name.len() > 255 || name.chars().any(is_bad) || !is_name {
            return Err(NotGithub::new(
                text,
                "a branch `refs/heads/NAME` or a tag `refs/tags/NAME`, without wildcards",
            ));
        }
        Ok(Self::Ref(text.to_owned()))
    }

    /// An environment by its name.
    ///
    /// # Errors
    ///
    /// If GitHub has no such names.
    pub fn of_environment(text: &str) -> Result<Self, NotGithub> {
        let is_name = (1..=255).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if !is_name || text.trim() != text || text.contains(['*', '?']) {
            return Err(NotGithub::new(text, "the name of an environment: up to 255 characters, without `*` and `?`"));
        }
        Ok(Self::Environment(text.to_owned()))
    }

    /// The `sub` of the tokens of a repository. A colon in the name of an environment is encoded.
    ///
    /// Source: the reference above, "Filtering for a specific environment".
    fn claim(&self, repository: &Repository) -> String {
        let of = format!("repo:{}", repository.text);
        match self {
            Self::Ref(name) => format!("{of}:ref:{name}"),
            Self::Environment(name) => format!("{of}:environment:{}", name.replace(':', "%3A")),
            Self::PullRequest => format!("{of}:pull_request"),
        }
    }
}

/// The trust policy of a role that only jobs with these subjects can assume. It needs the account's identity provider for GitHub.
///
/// Source: [creating a role for OIDC](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html#idp_oidc_Create_GitHub).
#[must_use]
pub fn trust(site: &Site, repository: &Repository, subjects: &[TokenSubject]) -> Value {
    let mut claims: Vec<String> = subjects.iter().map(|subject| subject.claim(repository)).collect();
    claims.sort_unstable();
    claims.dedup();
    let provider = format!("arn:{}:iam::{}:oidc-provider/{ISSUER}", site.partition(), site.account);
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": { "Federated": provider },
            "Condition": {
                "StringEquals": {
                    (format!("{ISSUER}:aud")): AUDIENCE,
                    (format!("{ISSUER}:sub")): claims,
                },
            },
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_has_both_ids_or_none() {
        for text in
            ["o/r", "octo-org/my.repo_1", "o@1/r@2", "octocat@123456/my-repo@456789", "mona_corp/x", "o/.github"]
        {
            assert!(text.parse::<Repository>().is_ok(), "{text}");
        }
        for text in [
            "",
            "o",
            "o/",
            "/r",
            "o/r/x",
            "-o/r",
            "o-/r",
            "o--o/r",
            "o/r@2",
            "o@1/r",
            "o@/r@",
            "o@0/r@1",
            "o@x/r@1",
            "o@1@2/r@3",
            "o/..",
            "o/.",
            "o/r*",
            "*/r",
            "o/r:ref",
            "o /r",
            "ö/r",
            "o/r\n",
            "a_b_c/r",
            "o@123456789012345678901/r@1",
            "oooooooooooooooooooooooooooooooooooooooo/r",
        ] {
            assert!(text.parse::<Repository>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_reference_is_a_full_name_without_wildcards() {
        for text in ["refs/heads/main", "refs/tags/v1.2", "refs/heads/feature/a-b"] {
            assert_eq!(TokenSubject::of_ref(text), Ok(TokenSubject::Ref(text.to_owned())));
        }
        for text in [
            "",
            "main",
            "refs/heads/",
            "refs/heads/*",
            "refs/pull/1/merge",
            "refs/heads/a..b",
            "refs/heads/a b",
            "refs/heads/a:b",
            "refs/heads//a",
            "refs/heads/a.lock",
            "refs/heads/.a",
            "refs/heads/a?",
            "refs/heads/a\u{7}",
            "refs/heads/[a]",
        ] {
            assert!(TokenSubject::of_ref(text).is_err(), "{text:?}");
        }
        for text in ["", " a", "*", "a?", "a\nb"] {
            assert!(TokenSubject::of_environment(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_subject_has_the_form_of_the_repository() {
        let site = Site { region: "cn-north-1".into(), account: "123456789012".into() };
        for (repository, expected) in [("o/r", "repo:o/r:"), ("o@1/r@2", "repo:o@1/r@2:")] {
            let subjects = [TokenSubject::PullRequest, TokenSubject::Environment("prod: eu".into())];
            let policy = trust(&site, &repository.parse().expect("it is one"), &subjects);
            let statement = &policy["Statement"][0];
            assert_eq!(
                statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"],
                json!([format!("{expected}environment:prod%3A eu"), format!("{expected}pull_request")])
            );
            assert_eq!(
                statement["Principal"]["Federated"],
                "arn:aws-cn:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
            );
        }
    }
}
