//! Reads the tags of the secrets that Terraform does not create.

use std::collections::BTreeMap;

use super::Audit;
use super::error::Error;
use crate::audit::{AuditedAccess, Look, has_unknown_tags};

impl Audit<'_> {
    /// Reads the tags of the spec's fixed secrets that Terraform does not create. If a call is denied, or the secret is not
    /// there, what the spec says remains: it has no tags.
    pub(super) async fn read_tags(&self, access: &mut AuditedAccess<'_>) -> Result<(), Error> {
        let secrets = self.spec.secrets.iter().filter(|it| !it.name.is_family() && has_unknown_tags(&it.owner));
        for secret in secrets {
            let client = self.clients.secrets(secret.region.as_deref().unwrap_or(&self.clients.region));
            let request = || client.describe_secret().secret_id(secret.name.as_str()).send();
            let answer = match self.clients.ask(Look::DescribeSecret, request).await {
                Ok(answer) => answer,
                Err(Error::Denied { .. }) => continue,
                Err(error) if error.is_gone() => continue,
                Err(error) => return Err(error),
            };
            let tags = answer.tags.unwrap_or_default().into_iter();
            let tags: BTreeMap<String, String> =
                tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect();
            access.set_tags(&secret.id, &tags);
        }
        Ok(())
    }
}
