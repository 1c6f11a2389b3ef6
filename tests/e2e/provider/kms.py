"""aws_kms_key and aws_kms_alias, as resources and as data sources."""

from typing import Any

from tf.types import Unknown

from provider.aws import Failure, plain_tags, tag_changes, tag_list, timestamp, unless_missing
from provider.planning import State
from provider.resource import DataSource, Resource, chosen_name, name_prefix

_MISSING = "NotFoundException"
_ALIAS_PREFIX = "alias/"


class Key(Resource):
    """A customer-managed key."""

    type_name = "aws_kms_key"
    noun = "KMS Key"
    service = "kms"

    def refine_plan(self, prior: State | None, planned: State) -> None:
        """Keys in stores outside KMS are another matter."""
        if planned["custom_key_store_id"] or planned["xks_key_id"]:
            raise Failure("the stand-in does not implement keys in custom key stores")

    def create(self, state: State, config: State) -> None:
        """Its id is AWS's."""
        api = self.api(state)
        optional = {
            "Description": state["description"],
            "MultiRegion": state["multi_region"],
            "Policy": state["policy"],
            "Tags": _tags(state["tags_all"]),
        }
        created = api.create_key(
            KeySpec=state["customer_master_key_spec"],
            KeyUsage=state["key_usage"],
            BypassPolicyLockoutSafetyCheck=state["bypass_policy_lockout_safety_check"],
            **{name: value for name, value in optional.items() if value},
        )
        state["id"] = created["KeyMetadata"]["KeyId"]
        if state["enable_key_rotation"]:
            self._set_rotation(state)
        if not state["is_enabled"]:
            api.disable_key(KeyId=state["id"])

    def read(self, state: State) -> State | None:
        """A key that is scheduled for deletion counts as gone."""
        api, key_id = self.api(state), state["id"]
        found = unless_missing(api.describe_key, _MISSING, KeyId=key_id)
        if found is None or found["KeyMetadata"]["KeyState"].startswith("Pending"):
            return None
        key = found["KeyMetadata"]
        rotation = api.get_key_rotation_status(KeyId=key_id)
        tags = plain_tags(api.list_resource_tags(KeyId=key_id)["Tags"], "TagKey", "TagValue")
        return state | {
            "arn": key["Arn"],
            "customer_master_key_spec": key["KeySpec"],
            "description": key["Description"],
            "enable_key_rotation": rotation["KeyRotationEnabled"],
            "is_enabled": key["Enabled"],
            "key_id": key["KeyId"],
            "key_usage": key["KeyUsage"],
            "multi_region": key["MultiRegion"],
            "policy": api.get_key_policy(KeyId=key_id, PolicyName="default")["Policy"],
            "rotation_period_in_days": rotation["RotationPeriodInDays"] if rotation["KeyRotationEnabled"] else 0,
            "tags": self.aws.own_tags(tags, state["tags"]),
            "tags_all": tags,
        }

    def update(self, prior: State, state: State) -> None:
        """A disabled key takes no changes: it is enabled first, and disabled last."""
        api, key_id = self.api(state), state["id"]
        changed = {key for key in state if prior[key] != state[key]}
        if "is_enabled" in changed and state["is_enabled"]:
            api.enable_key(KeyId=key_id)
        if changed & {"enable_key_rotation", "rotation_period_in_days"}:
            self._set_rotation(state)
        if "description" in changed:
            api.update_key_description(KeyId=key_id, Description=state["description"] or "")
        if "policy" in changed:
            api.put_key_policy(KeyId=key_id, PolicyName="default", Policy=state["policy"])
        removed, added = tag_changes(prior["tags_all"], state["tags_all"])
        if removed:
            api.untag_resource(KeyId=key_id, TagKeys=removed)
        if added:
            api.tag_resource(KeyId=key_id, Tags=_tags(added))
        if "is_enabled" in changed and not state["is_enabled"]:
            api.disable_key(KeyId=key_id)

    def delete(self, state: State) -> None:
        """AWS only schedules it."""
        days = state["deletion_window_in_days"]
        window = {"PendingWindowInDays": days} if days else {}
        unless_missing(
            self.api(state).schedule_key_deletion,
            _MISSING,
            "KMSInvalidStateException: is pending deletion",
            KeyId=state["id"],
            **window,
        )

    def _set_rotation(self, state: State) -> None:
        api, key_id = self.api(state), state["id"]
        if not state["enable_key_rotation"]:
            api.disable_key_rotation(KeyId=key_id)
            return
        days = state["rotation_period_in_days"]
        api.enable_key_rotation(KeyId=key_id, **({"RotationPeriodInDays": days} if days else {}))


class Alias(Resource):
    """A name of a key."""

    type_name = "aws_kms_alias"
    noun = "KMS Alias"
    service = "kms"

    def refine_plan(self, prior: State | None, planned: State) -> None:
        """The key may be named by its ARN or its id."""
        if prior and prior["target_key_id"] != planned["target_key_id"]:
            if planned["target_key_id"] is not Unknown and _key_id(planned) == _key_id(prior):
                planned["target_key_id"] = prior["target_key_id"]
            else:
                planned["target_key_arn"] = Unknown

    def create(self, state: State, config: State) -> None:
        """Its id is its name."""
        state["name"] = chosen_name(state | {"name_prefix": state["name_prefix"] or _ALIAS_PREFIX})
        self.api(state).create_alias(AliasName=state["name"], TargetKeyId=state["target_key_id"])
        state["id"] = state["name"]

    def read(self, state: State) -> State | None:
        """As the key was named before, by its ARN or its id."""
        alias = find_alias(self.api(state), state["id"])
        if alias is None:
            return None
        named = state["target_key_id"]
        same = named and named.rpartition("/")[2] == alias["TargetKeyId"]
        return state | {
            "arn": alias["AliasArn"],
            "name": alias["AliasName"],
            "name_prefix": name_prefix(alias["AliasName"]),
            "target_key_arn": _target_arn(alias),
            "target_key_id": named if same else alias["TargetKeyId"],
        }

    def update(self, prior: State, state: State) -> None:
        """Only the key behind it can change."""
        self.api(state).update_alias(AliasName=state["id"], TargetKeyId=state["target_key_id"])

    def delete(self, state: State) -> None:
        """The key stays."""
        unless_missing(self.api(state).delete_alias, _MISSING, AliasName=state["id"])


class AliasData(DataSource):
    """An alias that exists already."""

    type_name = "aws_kms_alias"
    noun = "KMS Alias"
    service = "kms"

    def read(self, config: State) -> State:
        """Its id is its ARN."""
        alias = find_alias(self.api(config), config["name"])
        if alias is None:
            raise Failure(f"reading {self.noun} ({config['name']}): couldn't find resource")
        return {
            "arn": alias["AliasArn"],
            "id": alias["AliasArn"],
            "target_key_arn": _target_arn(alias),
            "target_key_id": alias["TargetKeyId"],
        }


class KeyData(DataSource):
    """A key that exists already."""

    type_name = "aws_kms_key"
    noun = "KMS Key"
    service = "kms"

    def read(self, config: State) -> State:
        """By its id, its ARN, or an alias."""
        tokens = {"GrantTokens": config["grant_tokens"]} if config["grant_tokens"] else {}
        key = self.api(config).describe_key(KeyId=config["key_id"], **tokens)["KeyMetadata"]
        return {
            "arn": key["Arn"],
            "aws_account_id": key.get("AWSAccountId", ""),
            "cloud_hsm_cluster_id": key.get("CloudHsmClusterId", ""),
            "creation_date": timestamp(key["CreationDate"]),
            "custom_key_store_id": key.get("CustomKeyStoreId", ""),
            "customer_master_key_spec": key["KeySpec"],
            "deletion_date": timestamp(key["DeletionDate"]) if "DeletionDate" in key else "",
            "description": key.get("Description", ""),
            "enabled": key["Enabled"],
            "expiration_model": key.get("ExpirationModel", ""),
            "id": key["KeyId"],
            "key_manager": key["KeyManager"],
            "key_spec": key["KeySpec"],
            "key_state": key["KeyState"],
            "key_usage": key["KeyUsage"],
            "multi_region": key["MultiRegion"],
            "multi_region_configuration": _multi_region(key),
            "origin": key["Origin"],
            "pending_deletion_window_in_days": key.get("PendingDeletionWindowInDays", 0),
            "valid_to": timestamp(key["ValidTo"]) if "ValidTo" in key else "",
            "xks_key_configuration": [],
        }


def find_alias(api: Any, name: str) -> dict[str, Any] | None:
    """KMS only lists aliases."""
    pages = api.get_paginator("list_aliases").paginate()
    return next((alias for page in pages for alias in page["Aliases"] if alias["AliasName"] == name), None)


def _multi_region(key: dict[str, Any]) -> list[State]:
    found = key.get("MultiRegionConfiguration")
    if not found:
        return []
    replicas = [{"arn": replica["Arn"], "region": replica["Region"]} for replica in found["ReplicaKeys"]]
    primary = {"arn": found["PrimaryKey"]["Arn"], "region": found["PrimaryKey"]["Region"]}
    kind = found["MultiRegionKeyType"]
    return [{"multi_region_key_type": kind, "primary_key": [primary], "replica_keys": replicas}]


def _target_arn(alias: dict[str, Any]) -> str:
    return alias["AliasArn"].removesuffix(alias["AliasName"]) + f"key/{alias['TargetKeyId']}"


def _key_id(state: State) -> str:
    return state["target_key_id"].rpartition("/")[2]


def _tags(tags: dict[str, str] | None) -> list[dict[str, str]]:
    return tag_list(tags, "TagKey", "TagValue")
