//! Reads the roles, users and groups of an account, with their policies.

use std::collections::HashSet;

use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput as Page;
use aws_sdk_iam::types::{
    AttachedPolicy, EntityType, GroupDetail, ManagedPolicyDetail, PolicyDetail, RoleDetail, UserDetail,
};

use super::Audit;
use super::error::Error;
use super::pages::Pages;
use crate::audit::{AuditedAccess, Coverage, Extent, FoundDocument, Identity, IdentityKind, Look, Report};

/// Page size. A page of roles with all their policies is the largest.
const PAGE: i32 = 100;

impl Audit<'_> {
    /// Reads the managed policies first, and then the identities that use them, so that neither list has to be kept
    /// completely.
    pub(super) async fn read_identities(
        &self,
        access: &mut AuditedAccess<'_>,
        report: &mut Report,
        progress: &mut dyn FnMut(&Coverage),
    ) -> Result<(), Error> {
        report.coverage.identities_read = Extent::Part;
        self.each_page(&[EntityType::LocalManagedPolicy], async |page| {
            for policy in page.policies.unwrap_or_default() {
                learn(access, policy)?;
            }
            progress(&report.coverage);
            Ok(())
        })
        .await?;
        let entities = [EntityType::Role, EntityType::User, EntityType::Group];
        let mut has_tags = false;
        self.each_page(&entities, async |page| {
            for identity in identities(page)? {
                self.learn_of_aws(access, &identity).await?;
                if !has_tags && access.asks_for_tags(&identity) {
                    self.read_tags(access).await?;
                    has_tags = true;
                }
                report.extend(access.judge(&identity));
                report.coverage.identities += 1;
            }
            progress(&report.coverage);
            Ok(())
        })
        .await?;
        report.extend(access.missing());
        report.coverage.identities_read = Extent::Whole;
        Ok(())
    }

    async fn each_page(
        &self,
        entities: &[EntityType],
        mut take: impl AsyncFnMut(Page) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let call = Look::GetAccountAuthorizationDetails;
        let (mut pages, mut marker) = (Pages::of(call), None);
        loop {
            let request = self.clients.iam.get_account_authorization_details().set_filter(Some(entities.to_vec()));
            let request = request.max_items(PAGE).set_marker(marker);
            let page = self.clients.ask(call, || request.clone().send()).await?;
            if page.is_truncated && page.marker.as_deref().is_none_or(str::is_empty) {
                return Err(Error::Malformed { call, what: "it says that there is more, and not where" });
            }
            let next = page.marker.as_deref().filter(|_| page.is_truncated);
            marker = pages.next(entries(&page), next)?;
            take(page).await?;
            if marker.is_none() {
                return Ok(());
            }
        }
    }

    /// Reads the AWS managed policies of an identity, each once; they are not in the list of the account's policies.
    async fn learn_of_aws(&self, access: &mut AuditedAccess<'_>, identity: &Identity) -> Result<(), Error> {
        let policies: HashSet<&String> = identity.attached.iter().chain(&identity.boundary).collect();
        for arn in policies {
            if is_of_aws(arn) && !access.knows(arn) {
                let document = self.policy_of_aws(arn).await?;
                access.learn(arn, document.as_deref());
            }
        }
        Ok(())
    }

    /// The document of an AWS managed policy; `None` if the policy does not exist.
    async fn policy_of_aws(&self, arn: &str) -> Result<Option<String>, Error> {
        let call = Look::GetPolicy;
        let version = match self.clients.ask(call, || self.clients.iam.get_policy().policy_arn(arn).send()).await {
            Ok(answer) => answer.policy.and_then(|policy| policy.default_version_id),
            Err(error) => return unless_missing(error),
        };
        let version = version.ok_or(Error::Malformed { call, what: "a policy without a version" })?;
        let call = Look::GetPolicyVersion;
        let request = self.clients.iam.get_policy_version().policy_arn(arn).version_id(version);
        match self.clients.ask(call, || request.clone().send()).await {
            Ok(answer) => {
                let document = answer.policy_version.and_then(|version| version.document);
                document.map(|document| decoded(call, &document)).transpose()
            }
            Err(error) => unless_missing(error),
        }
    }
}

fn unless_missing(error: Error) -> Result<Option<String>, Error> {
    match error {
        Error::Refused { code, .. } if code == "NoSuchEntity" => Ok(None),
        error => Err(error),
    }
}

fn is_of_aws(arn: &str) -> bool {
    arn.split(':').nth(4) == Some("aws")
}

fn entries(page: &Page) -> usize {
    page.policies().len()
        + page.role_detail_list().len()
        + page.user_detail_list().len()
        + page.group_detail_list().len()
}

/// Records the default version of a customer-managed policy.
fn learn(access: &mut AuditedAccess<'_>, policy: ManagedPolicyDetail) -> Result<(), Error> {
    let call = Look::GetAccountAuthorizationDetails;
    let arn = policy.arn.ok_or_else(|| nameless("a policy without an ARN"))?;
    let versions = policy.policy_version_list.unwrap_or_default();
    let in_force = versions.into_iter().find(|version| version.is_default_version);
    let document = in_force.and_then(|version| version.document).map(|text| decoded(call, &text)).transpose()?;
    access.learn(&arn, document.as_deref());
    Ok(())
}

fn identities(page: Page) -> Result<Vec<Identity>, Error> {
    let roles = page.role_detail_list.unwrap_or_default().into_iter().map(role);
    let users = page.user_detail_list.unwrap_or_default().into_iter().map(user);
    let groups = page.group_detail_list.unwrap_or_default().into_iter().map(group);
    roles.chain(users).chain(groups).collect()
}

fn role(role: RoleDetail) -> Result<Identity, Error> {
    let (Some(name), Some(arn)) = (role.role_name, role.arn) else {
        return Err(nameless("a role without a name or an ARN"));
    };
    let trust = role.assume_role_policy_document.map(|text| decoded(Look::GetAccountAuthorizationDetails, &text));
    Ok(Identity {
        kind: IdentityKind::Role,
        name,
        arn,
        trust: trust.transpose()?,
        inline: documents(role.role_policy_list)?,
        attached: attached(role.attached_managed_policies)?,
        boundary: role.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn),
    })
}

fn user(user: UserDetail) -> Result<Identity, Error> {
    let (Some(name), Some(arn)) = (user.user_name, user.arn) else {
        return Err(nameless("a user without a name or an ARN"));
    };
    Ok(Identity {
        kind: IdentityKind::User,
        name,
        arn,
        trust: None,
        inline: documents(user.user_policy_list)?,
        attached: attached(user.attached_managed_policies)?,
        boundary: user.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn),
    })
}

fn group(group: GroupDetail) -> Result<Identity, Error> {
    let (Some(name), Some(arn)) = (group.group_name, group.arn) else {
        return Err(nameless("a group without a name or an ARN"));
    };
    Ok(Identity {
        kind: IdentityKind::Group,
        name,
        arn,
        trust: None,
        inline: documents(group.group_policy_list)?,
        attached: attached(group.attached_managed_policies)?,
        boundary: None,
    })
}

fn documents(policies: Option<Vec<PolicyDetail>>) -> Result<Vec<FoundDocument>, Error> {
    let document = |policy: PolicyDetail| {
        let text = policy.policy_document.unwrap_or_default();
        let text = decoded(Look::GetAccountAuthorizationDetails, &text)?;
        Ok(FoundDocument { name: policy.policy_name.unwrap_or_default(), text })
    };
    policies.unwrap_or_default().into_iter().map(document).collect()
}

fn attached(policies: Option<Vec<AttachedPolicy>>) -> Result<Vec<String>, Error> {
    let arn = |policy: AttachedPolicy| policy.policy_arn.ok_or_else(|| nameless("an attached policy without an ARN"));
    policies.unwrap_or_default().into_iter().map(arn).collect()
}

const fn nameless(what: &'static str) -> Error {
    Error::Malformed { call: Look::GetAccountAuthorizationDetails, what }
}

/// Decodes a policy document, which IAM percent-encodes.
///
/// Source: [`GetAccountAuthorizationDetails`][details].
///
/// [details]: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
fn decoded(call: Look, text: &str) -> Result<String, Error> {
    let malformed = || Error::Malformed { call, what: "a policy that is not percent-encoded" };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        let (byte, after) = match (byte, after) {
            (b'%', [high, low, after @ ..]) => (hex(*high, *low).ok_or_else(malformed)?, after),
            (b'%', _) => return Err(malformed()),
            (byte, after) => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| malformed())
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? * 16 + digit(low)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_percent_decoded() {
        let decoded = |text| decoded(Look::GetPolicyVersion, text).ok();
        assert_eq!(decoded("%7B%22a%22%3A%20%22%C3%A4%2b%25%22%7d").as_deref(), Some(r#"{"a": "ä+%"}"#));
        assert_eq!(decoded("{}").as_deref(), Some("{}"));
        for bad in ["%", "%2", "%zz", "%ff", "a%+1"] {
            assert_eq!(decoded(bad), None, "{bad}");
        }
    }
}
