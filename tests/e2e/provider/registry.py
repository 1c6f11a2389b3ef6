"""Which types the stand-in implements; the schemas of all others are there, but planning one fails."""

from provider import data, kms
from provider.iam_attachment import RolePoliciesExclusive, RolePolicyAttachment, RolePolicyAttachmentsExclusive
from provider.iam_policy import Policy, RolePolicy
from provider.iam_role import Role
from provider.lambda_permission import Permission
from provider.log_group import LogGroup
from provider.random_password import RandomPassword
from provider.resource import DataSource, Resource
from provider.secret import Secret, SecretPolicy
from provider.secret_rotation import SecretRotation
from provider.secret_version import SecretVersion

RESOURCES: dict[str, type[Resource]] = {
    resource.type_name: resource
    for resource in (
        Secret,
        SecretVersion,
        SecretPolicy,
        SecretRotation,
        Permission,
        Role,
        Policy,
        RolePolicy,
        RolePolicyAttachment,
        RolePoliciesExclusive,
        RolePolicyAttachmentsExclusive,
        kms.Key,
        kms.Alias,
        LogGroup,
    )
}

DATA_SOURCES: dict[str, type[DataSource]] = {
    source.type_name: source
    for source in (
        data.CallerIdentity,
        data.Partition,
        data.Region,
        data.SecretData,
        data.SecretVersionData,
        kms.AliasData,
        kms.KeyData,
    )
}

# They are opened as data sources are read.
EPHEMERAL_RESOURCES: dict[str, type[DataSource]] = {RandomPassword.type_name: RandomPassword}
