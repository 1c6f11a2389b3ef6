//! The environment of a spec that a question is about, and why a question cannot be answered.

use std::borrow::Cow;

use driftless_model::{ApiCall, HandlerSpec, Spec, deployed_name, shown};

use crate::aws::arn;
use crate::iam::action;

/// One environment of a spec.
pub struct Environment<'s> {
    /// The whole spec.
    pub whole: &'s Spec,
    /// The prefix; empty if the spec declares none.
    pub prefix: &'s str,
    /// The spec with the prefix in its names.
    pub spec: Cow<'s, Spec>,
}

impl<'s> Environment<'s> {
    /// The environment that is meant: by the prefix that is given, by the one in the role's name, or by the one at the
    /// beginning of the resource's name.
    ///
    /// # Errors
    ///
    /// If the spec declares prefixes and none is found.
    pub fn find(whole: &'s Spec, given: Option<&'s str>, role: &str, resource: &str) -> Result<Self, Wrong> {
        let Some(prefixes) = &whole.prefixes else {
            return Ok(Self { whole, prefix: "", spec: Cow::Borrowed(whole) });
        };
        let all = || prefixes.values.iter().map(String::as_str);
        let of_role = || all().find(|prefix| whole.handlers.iter().any(|it| is_deployed(it, prefix, role_name(role))));
        let name = arn::secret_name(resource);
        let of_name = || all().filter(|prefix| name.starts_with(prefix)).max_by_key(|prefix| prefix.len());
        let prefix = given.or_else(of_role).or_else(of_name).ok_or(Wrong::NoPrefix)?;
        Ok(Self { whole, prefix, spec: Cow::Owned(whole.under(prefix)) })
    }
}

/// A question that cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Wrong {
    /// The spec has an environment for each prefix, and nothing says which one is meant.
    #[error(
        "the spec has an environment for each prefix, and neither the role nor the resource says which one is meant"
    )]
    NoPrefix,
    /// No handler has the role.
    #[error("no handler of the spec has the role {}", shown(.0))]
    NoRole(String, Option<String>),
    /// The role belongs to a handler in another environment.
    #[error("the role {} is of the environment {}", shown(.0), shown(.1))]
    RoleElsewhere(String, String),
    /// The action has no service.
    #[error("{} is not an action", shown(.0))]
    NoAction(String),
    /// The action is one of another service.
    #[error("{} is outside the spec, which decides about Secrets Manager and its keys only", shown(.0))]
    OtherService(String),
    /// Secrets Manager has no such action.
    #[error("Secrets Manager has no action {}", shown(.0))]
    UnknownAction(String, Option<&'static str>),
    /// The resource is neither an ARN nor a name.
    #[error("{} is neither the ARN of a secret or a key nor the name of a secret", shown(.0))]
    NoResource(String),
    /// The action is not on this kind of resource.
    #[error("{} is not an action on {}", shown(.0), shown(.1))]
    OtherKind(String, String),
    /// The Region of an ARN is in another partition.
    #[error("{}: the Region {} is in the partition {}", shown(.arn), shown(.region), shown(.partition))]
    OtherPartition {
        /// The ARN.
        arn: String,
        /// Its Region.
        region: String,
        /// The partition of that Region.
        partition: &'static str,
    },
    /// The role and the resource are in different partitions.
    #[error("the role is in the partition {}, and the resource in {}: no policy reaches across", shown(.0), shown(.1))]
    AcrossPartitions(String, String),
}

impl Wrong {
    /// What to do instead.
    #[must_use]
    pub fn hint(&self) -> String {
        let did_you_mean = |close: &str| format!("did you mean {}?", shown(close));
        match self {
            Self::NoPrefix => "pass `--prefix`, or a name that begins with one".to_owned(),
            Self::NoRole(_, Some(close)) => did_you_mean(close),
            Self::NoRole(_, None) => {
                "pass the id or the deployed name of a handler, or the name or ARN of its role; `--var VARIABLE=ROLE` \
                 says which existing role a variable names"
                    .to_owned()
            }
            Self::RoleElsewhere(_, prefix) => format!("pass `--prefix {prefix}`, or the role of this environment"),
            Self::UnknownAction(_, Some(close)) => did_you_mean(close),
            Self::NoAction(_) | Self::UnknownAction(_, None) => {
                format!("pass one action, such as `{}` or `kms:Decrypt`", action(ApiCall::GetSecretValue))
            }
            Self::OtherService(_) => "the policies of the role for other services are not in the spec".to_owned(),
            Self::NoResource(_) => {
                "pass one secret: its ARN, its name, its id in the spec, or the ARN of a KMS key; no pattern".to_owned()
            }
            Self::OtherKind(..) => {
                "an action on secrets needs a secret, one on keys a key or a secret, and one on no secret `*`"
                    .to_owned()
            }
            Self::OtherPartition { partition, .. } => format!("write `arn:{partition}:…`"),
            Self::AcrossPartitions(..) => "pass a role and a resource of the same partition".to_owned(),
        }
    }
}

/// The name of a role in what a user wrote: the ARN of a role or of a session, or the name.
pub(super) fn role_name(role: &str) -> &str {
    let session = || role.split_once(":assumed-role/").and_then(|(_, rest)| rest.split('/').next());
    arn::role(role).map(|(name, _)| name).or_else(session).unwrap_or(role)
}

/// Whether a name is that of a handler or of its role in an environment.
pub(super) fn is_deployed(handler: &HandlerSpec, prefix: &str, name: &str) -> bool {
    [Some(handler.name.as_str()), handler.created_role()]
        .into_iter()
        .flatten()
        .any(|it| deployed_name(prefix, it) == name)
}
