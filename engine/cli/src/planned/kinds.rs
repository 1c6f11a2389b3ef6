//! The resource types that can give access: what each attaches, to which principal, and by which argument. One row per
//! type.

/// The kind of IAM identity that an argument names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Role,
    User,
    Group,
}

/// The effect of a resource type on access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// It is a managed policy, which other resources attach.
    Policy,
    /// It gives identities a policy: `to` has the arguments that name the identities, `by` the one that has the policy.
    Gives { to: &'static [(Who, &'static str)], by: By },
    /// It adds users to a group: the arguments of the users and of the groups.
    Joins { users: &'static str, groups: &'static str },
    /// It creates credentials for the user that an argument names.
    SignsIn { user: &'static str },
    /// It is a user or a group.
    Is { boundary: Option<&'static str> },
    /// It is a role, with inline policies, a trust policy and a boundary.
    Role,
    /// It runs as the role that an argument names.
    RunsAs { role: &'static str, named_by: Option<&'static str> },
    /// It configures a secret, which an argument names.
    OnSecret { by: &'static str },
    /// It is a secret.
    Secret,
    /// It has a key policy; `by` is the argument that names the key, or `None` if the resource is the key.
    OnKey { by: Option<&'static str> },
    /// It is a grant on a key.
    Grant,
    /// It is an alias of a key.
    Alias,
    /// It calls the function that its `function_name` names, or allows a principal to call it.
    Calls { by: CallerKind },
    /// It configures a function, but does not start it.
    AboutFunction,
    /// It gives no access.
    Nothing,
}

/// The caller of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallerKind {
    /// The principal of a permission.
    Principal,
    /// Any client that knows its URL, unless the URL requires authentication.
    Anybody,
    /// A queue or a stream that Lambda polls.
    Source,
    /// The apply itself.
    Apply,
}

/// The form in which a resource gives a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Its document.
    Document(&'static str),
    /// Its ARN.
    Arn(&'static str),
    /// A list of ARNs.
    Arns(&'static str),
    /// The names of policies that the identity already has and keeps.
    Names(&'static str),
}

/// The resource types with their effects, sorted by type.
const KINDS: &[(&str, Does)] = &[
    ("aws_iam_access_key", Does::SignsIn { user: "user" }),
    ("aws_iam_account_alias", Does::Nothing),
    ("aws_iam_account_password_policy", Does::Nothing),
    ("aws_iam_group", Does::Is { boundary: None }),
    ("aws_iam_group_membership", Does::Joins { users: "users", groups: "group" }),
    ("aws_iam_group_policies_exclusive", gives(&[(Who::Group, "group_name")], By::Names("policy_names"))),
    ("aws_iam_group_policy", gives(&[(Who::Group, "group")], By::Document("policy"))),
    ("aws_iam_group_policy_attachment", gives(&[(Who::Group, "group")], By::Arn("policy_arn"))),
    ("aws_iam_group_policy_attachments_exclusive", gives(&[(Who::Group, "group_name")], By::Arns("policy_arns"))),
    ("aws_iam_instance_profile", Does::RunsAs { role: "role", named_by: None }),
    ("aws_iam_policy", Does::Policy),
    (
        "aws_iam_policy_attachment",
        gives(&[(Who::Role, "roles"), (Who::User, "users"), (Who::Group, "groups")], By::Arn("policy_arn")),
    ),
    ("aws_iam_role", Does::Role),
    ("aws_iam_role_policies_exclusive", gives(&[(Who::Role, "role_name")], By::Names("policy_names"))),
    ("aws_iam_role_policy", gives(&[(Who::Role, "role")], By::Document("policy"))),
    ("aws_iam_role_policy_attachment", gives(&[(Who::Role, "role")], By::Arn("policy_arn"))),
    ("aws_iam_role_policy_attachments_exclusive", gives(&[(Who::Role, "role_name")], By::Arns("policy_arns"))),
    ("aws_iam_security_token_service_preferences", Does::Nothing),
    ("aws_iam_server_certificate", Does::Nothing),
    // It signs in to one other service, such as CodeCommit.
    ("aws_iam_service_specific_credential", Does::Nothing),
    ("aws_iam_signing_certificate", Does::SignsIn { user: "user_name" }),
    ("aws_iam_user", Does::Is { boundary: Some("permissions_boundary") }),
    ("aws_iam_user_group_membership", Does::Joins { users: "user", groups: "groups" }),
    ("aws_iam_user_login_profile", Does::SignsIn { user: "user" }),
    ("aws_iam_user_policies_exclusive", gives(&[(Who::User, "user_name")], By::Names("policy_names"))),
    ("aws_iam_user_policy", gives(&[(Who::User, "user")], By::Document("policy"))),
    ("aws_iam_user_policy_attachment", gives(&[(Who::User, "user")], By::Arn("policy_arn"))),
    ("aws_iam_user_policy_attachments_exclusive", gives(&[(Who::User, "user_name")], By::Arns("policy_arns"))),
    ("aws_iam_user_ssh_key", Does::Nothing),
    ("aws_iam_virtual_mfa_device", Does::Nothing),
    ("aws_kms_alias", Does::Alias),
    ("aws_kms_ciphertext", Does::Nothing),
    ("aws_kms_custom_key_store", Does::Nothing),
    ("aws_kms_external_key", Does::OnKey { by: None }),
    ("aws_kms_grant", Does::Grant),
    ("aws_kms_key", Does::OnKey { by: None }),
    ("aws_kms_key_policy", Does::OnKey { by: Some("key_id") }),
    ("aws_kms_replica_external_key", Does::OnKey { by: None }),
    ("aws_kms_replica_key", Does::OnKey { by: None }),
    ("aws_lambda_alias", Does::AboutFunction),
    ("aws_lambda_code_signing_config", Does::Nothing),
    ("aws_lambda_event_source_mapping", Does::Calls { by: CallerKind::Source }),
    ("aws_lambda_function", Does::RunsAs { role: "role", named_by: Some("function_name") }),
    ("aws_lambda_function_event_invoke_config", Does::AboutFunction),
    ("aws_lambda_function_recursion_config", Does::AboutFunction),
    ("aws_lambda_function_scaling_config", Does::AboutFunction),
    ("aws_lambda_function_url", Does::Calls { by: CallerKind::Anybody }),
    ("aws_lambda_invocation", Does::Calls { by: CallerKind::Apply }),
    ("aws_lambda_layer_version_permission", Does::Nothing),
    ("aws_lambda_permission", Does::Calls { by: CallerKind::Principal }),
    ("aws_lambda_provisioned_concurrency_config", Does::AboutFunction),
    ("aws_lambda_runtime_management_config", Does::AboutFunction),
    ("aws_secretsmanager_secret", Does::Secret),
    ("aws_secretsmanager_secret_policy", Does::OnSecret { by: "secret_arn" }),
    ("aws_secretsmanager_secret_rotation", Does::OnSecret { by: "secret_id" }),
    ("aws_secretsmanager_secret_version", Does::OnSecret { by: "secret_id" }),
    ("aws_secretsmanager_tag", Does::OnSecret { by: "secret_id" }),
];

const fn gives(to: &'static [(Who, &'static str)], by: By) -> Does {
    Does::Gives { to, by }
}

/// Types that can give access and are not checked, each with a description. A name that ends in `_` is a prefix of type
/// names.
const NOT_LOOKED_AT: &[(&str, &str)] = &[
    ("awscc_", "a resource of the Cloud Control provider"),
    ("aws_cloudcontrolapi_resource", "a resource of any kind, by Cloud Control"),
    ("aws_cloudformation_", "resources of a CloudFormation template"),
    ("aws_serverlessapplicationrepository_", "resources of a CloudFormation template"),
    ("aws_servicecatalog_", "resources of a Service Catalog product"),
    ("aws_proton_", "resources of a Proton template"),
    ("aws_ssoadmin_", "permission sets of IAM Identity Center"),
    ("aws_identitystore_group_membership", "members of a group of IAM Identity Center"),
    ("aws_organizations_", "policies of an organization"),
    ("aws_iam_openid_connect_provider", "an identity provider, which roles can trust"),
    ("aws_iam_saml_provider", "an identity provider, which roles can trust"),
    ("aws_iam_organizations_features", "who manages root access of an organization"),
    ("aws_iam_outbound_web_identity_federation", "tokens for other clouds"),
    ("aws_iam_service_linked_role", "a role whose policy AWS writes"),
    ("aws_iam_", "a type of IAM that is not known here"),
    ("aws_kms_", "a type of KMS that is not known here"),
    ("aws_secretsmanager_", "a type of Secrets Manager that is not known here"),
    ("aws_lambda_layer_version", "code that functions with this layer run"),
    ("aws_lambda_", "a type of Lambda that is not known here"),
    ("aws_lambdacore_network_connector", "what Lambda reaches by a role"),
    ("aws_lambdamicrovms_image", "what Lambda builds by a role"),
    ("aws_rolesanywhere_", "who may take roles on by a certificate"),
    ("aws_cognito_identity_pool_roles_attachment", "who may take roles on by a user pool"),
    ("aws_eks_pod_identity_association", "pods that run as a role"),
    ("aws_vpc_endpoint_policy", "what goes through an endpoint of the network"),
    ("aws_ssm_activation", "machines that run as a role"),
    ("aws_ssm_association", "commands that run on machines"),
    ("null_resource", "commands that the apply runs"),
    ("terraform_data", "commands that the apply runs"),
    ("shell_script", "commands that the apply runs"),
    ("local_exec", "commands that the apply runs"),
    ("helm_", "what is installed in a cluster"),
    ("kubernetes_", "what is installed in a cluster"),
    ("kubectl_", "what is installed in a cluster"),
];

/// The data sources whose values are checked.
const DATA: &[&str] = &[
    "aws_caller_identity",
    "aws_iam_policy",
    "aws_iam_policy_document",
    "aws_iam_role",
    "aws_kms_alias",
    "aws_kms_key",
    "aws_kms_secret",
    "aws_kms_secrets",
    "aws_lambda_invocation",
    "aws_partition",
    "aws_region",
    "aws_secretsmanager_random_password",
    "aws_secretsmanager_secret",
    "aws_secretsmanager_secret_version",
    "aws_secretsmanager_secret_versions",
    "aws_ssm_parameter",
];

/// The data sources that run or ask something while planning, each with a description. They can read secrets.
const RUN_BY_PLANNING: &[(&str, &str)] = &[
    ("external", "a program that runs whenever somebody plans"),
    ("http", "a request that is made whenever somebody plans"),
    ("shell_script", "a program that runs whenever somebody plans"),
];

/// The types of ephemeral resources that read a secret value or call a function, each with a description. They are
/// opened by each plan and each apply.
///
/// Source: [ephemeral resources](https://developer.hashicorp.com/terraform/language/block/ephemeral).
const EPHEMERAL: &[(&str, &str)] = &[
    ("aws_kms_secrets", "a key decrypts a text of the configuration, which can be a secret's value"),
    ("aws_lambda_invocation", "a function is called by each plan and each apply"),
    (SECRET_VERSION, "the value of a secret is read by each plan and each apply, and can be written elsewhere"),
    ("aws_ssm_parameter", "a parameter is read by each plan and each apply, and can refer to a secret"),
];

/// The ephemeral resource, and the data source, that reads the value of a secret.
pub(super) const SECRET_VERSION: &str = "aws_secretsmanager_secret_version";

/// The description of a type of ephemeral resources that read a secret value or call a function.
pub(super) fn ephemeral(kind: &str) -> Option<&'static str> {
    EPHEMERAL.iter().find(|(name, _)| *name == kind).map(|(_, what)| *what)
}

/// The effect of a resource type. `None` if the type is not in the table.
pub(super) fn does(kind: &str) -> Option<Does> {
    KINDS.binary_search_by_key(&kind, |(name, _)| name).ok().map(|at| KINDS[at].1)
}

/// Whether the resources of a type are checked individually.
pub(super) fn is_looked_at(kind: &str) -> bool {
    does(kind).is_some_and(|does| does != Does::Nothing)
}

/// The description of a type that can give access and is not checked.
pub(super) fn not_looked_at(kind: &str) -> Option<&'static str> {
    if does(kind).is_some() {
        return None;
    }
    let is_it = |name: &str| kind == name || name.ends_with('_') && kind.starts_with(name);
    NOT_LOOKED_AT.iter().find(|(name, _)| is_it(name)).map(|(_, what)| *what)
}

/// Whether a type that is not checked limits access, so that its deletion can give some.
pub(super) fn is_limit(kind: &str) -> bool {
    kind.starts_with("aws_organizations_") || kind == "aws_vpc_endpoint_policy"
}

/// Whether a data source type is looked at.
pub(super) fn is_data(kind: &str) -> bool {
    DATA.contains(&kind) || run_by_planning(kind).is_some()
}

/// The description of a data source that runs or asks something while planning.
pub(super) fn run_by_planning(kind: &str) -> Option<&'static str> {
    RUN_BY_PLANNING.iter().find(|(name, _)| *name == kind).map(|(_, what)| *what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planned::arguments::{ArgumentUse, knows, use_of};

    #[test]
    fn the_types_are_sorted_and_each_has_its_arguments() {
        assert!(KINDS.is_sorted_by_key(|(name, _)| name));
        for (kind, does) in KINDS {
            assert!(knows(kind), "{kind}");
            let named: Vec<&str> = match does {
                Does::Gives { to, by: By::Document(by) | By::Arn(by) | By::Arns(by) | By::Names(by) } => {
                    to.iter().map(|(_, name)| *name).chain([*by]).collect()
                }
                Does::Joins { users, groups } => vec![users, groups],
                Does::SignsIn { user } => vec![user],
                Does::RunsAs { role, named_by } => [*role].into_iter().chain(*named_by).collect(),
                Does::OnSecret { by } => vec![by],
                Does::OnKey { by } => by.iter().copied().chain(["policy"]).collect(),
                _ => Vec::new(),
            };
            for argument in named {
                assert_eq!(use_of(kind, argument), Some(ArgumentUse::Access), "{kind}.{argument}");
            }
        }
    }
}
