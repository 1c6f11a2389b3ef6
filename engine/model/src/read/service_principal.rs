//! Reads the service that assumes a handler's role.

use serde::Deserialize;

use super::{Reader, Word};
use crate::service_principal::ServicePrincipal;

#[derive(Deserialize)]
pub(super) struct RawServicePrincipal<'a> {
    #[serde(borrow)]
    kind: Word<'a>,
    #[serde(borrow)]
    cluster: Word<'a>,
    #[serde(borrow)]
    namespace: Word<'a>,
    #[serde(borrow)]
    service_account: Word<'a>,
}

impl Reader {
    pub(super) fn service_principal(&mut self, place: &str, raw: RawServicePrincipal<'_>) -> Option<ServicePrincipal> {
        let kind = self.required(raw.kind, place, "principal.kind")?;
        let principal = match kind.as_str() {
            "lambda" => ServicePrincipal::Lambda,
            "ecs" => ServicePrincipal::Ecs,
            "eks" => {
                let cluster = self.required(raw.cluster, place, "principal.cluster");
                let namespace = self.required(raw.namespace, place, "principal.namespace");
                let service_account = self.required(raw.service_account, place, "principal.service_account");
                return Some(ServicePrincipal::Eks {
                    cluster: cluster?,
                    namespace: namespace?,
                    service_account: service_account?,
                });
            }
            _ => {
                self.unknown_word("unknown-principal", place, "principal", &kind, &ServicePrincipal::WORDS);
                return None;
            }
        };
        if raw.cluster.is_some() || raw.namespace.is_some() || raw.service_account.is_some() {
            let message = format!("its principal has a field that the kind `{kind}` does not take");
            let hint = "remove it: only the kind `eks` has a cluster, a namespace and a service account";
            self.problem("unknown-field", place, message, hint);
        }
        Some(principal)
    }
}
