"""The data sources of the caller's account, partition and region, and of Secrets Manager."""

import base64

from provider.aws import Failure, plain_tags, timestamp, unless_missing
from provider.planning import State
from provider.resource import DataSource


class CallerIdentity(DataSource):
    """Whose credentials these are."""

    type_name = "aws_caller_identity"
    noun = "STS Caller Identity"
    service = "sts"

    def read(self, config: State) -> State:
        """Its id is the account's."""
        caller = self.api(config).get_caller_identity()
        return {
            "account_id": caller["Account"],
            "arn": caller["Arn"],
            "id": caller["Account"],
            "user_id": caller["UserId"],
        }


class Partition(DataSource):
    """The partition of the provider's region."""

    type_name = "aws_partition"
    noun = "Partition"
    service = "sts"

    def read(self, config: State) -> State:
        """From the endpoints that botocore knows."""
        partition = self.aws.partition(self.aws.region)
        suffix = partition["outputs"]["dnsSuffix"]
        return {
            "dns_suffix": suffix,
            "id": partition["id"],
            "partition": partition["id"],
            "reverse_dns_prefix": ".".join(reversed(suffix.split("."))),
        }


class Region(DataSource):
    """The provider's region, or the one that is asked for."""

    type_name = "aws_region"
    noun = "Region"
    service = "sts"

    def read(self, config: State) -> State:
        """`name` is the older word for `region`."""
        region = config["region"] or config["name"] or self.aws.region
        partition = self.aws.partition(region)
        if region not in partition["regions"]:
            raise Failure(f"`{region}` is not a Region of AWS")
        return {
            "description": partition["regions"][region]["description"],
            "endpoint": config["endpoint"] or f"ec2.{region}.{partition['outputs']['dnsSuffix']}",
            "id": region,
            "name": region,
            "region": region,
        }


class SecretData(DataSource):
    """A secret that exists already, without its value."""

    type_name = "aws_secretsmanager_secret"
    noun = "Secrets Manager Secret"
    service = "secretsmanager"

    def read(self, config: State) -> State:
        """A secret that is scheduled for deletion counts as missing."""
        api = self.api(config)
        secret_id = config["arn"] or config["name"]
        secret = unless_missing(api.describe_secret, "ResourceNotFoundException", SecretId=secret_id)
        if secret is None or "DeletedDate" in secret:
            raise Failure(f"reading {self.noun} ({secret_id}): couldn't find resource")
        return {
            "arn": secret["ARN"],
            "created_date": timestamp(secret["CreatedDate"]),
            "description": secret.get("Description", ""),
            "id": secret["ARN"],
            "kms_key_id": secret.get("KmsKeyId", ""),
            "last_changed_date": timestamp(secret["LastChangedDate"]),
            "name": secret["Name"],
            "policy": api.get_resource_policy(SecretId=secret["ARN"]).get("ResourcePolicy", ""),
            "tags": plain_tags(secret.get("Tags")),
        }


class SecretVersionData(DataSource):
    """A value of a secret."""

    type_name = "aws_secretsmanager_secret_version"
    noun = "Secrets Manager Secret Version"
    service = "secretsmanager"

    def read(self, config: State) -> State:
        """The current version, if neither id nor label is given."""
        stage = config["version_stage"] or "AWSCURRENT"
        which = {"VersionId": config["version_id"]} if config["version_id"] else {"VersionStage": stage}
        version = self.api(config).get_secret_value(SecretId=config["secret_id"], **which)
        return {
            "arn": version["ARN"],
            "created_date": timestamp(version["CreatedDate"]),
            "id": f"{config['secret_id']}|{config['version_id'] or stage}",
            "secret_binary": base64.b64encode(version.get("SecretBinary", b"")).decode(),
            "secret_string": version.get("SecretString", ""),
            "version_id": version["VersionId"],
            "version_stage": stage,
            "version_stages": version["VersionStages"],
        }
