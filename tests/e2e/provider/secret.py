"""aws_secretsmanager_secret and aws_secretsmanager_secret_policy."""

from typing import Any

from provider.aws import plain_tags, tag_changes, tag_list, timestamp, unless_missing
from provider.planning import State
from provider.resource import Resource, chosen_name, name_prefix, unique_id

_NO_POLICY = (None, "", "{}")


class Secret(Resource):
    """A secret without its values."""

    type_name = "aws_secretsmanager_secret"
    noun = "Secrets Manager Secret"
    service = "secretsmanager"

    def create(self, state: State, config: State) -> None:
        """The replicas come in a call of their own, since not every server takes them with CreateSecret."""
        api = self.api(state)
        state["name"] = chosen_name(state)
        optional = {"KmsKeyId": state["kms_key_id"], "Tags": tag_list(state["tags_all"])}
        created = api.create_secret(
            ClientRequestToken=unique_id(),
            Name=state["name"],
            Description=state["description"] or "",
            **{name: value for name, value in optional.items() if value},
        )
        state["id"] = created["ARN"]
        self._add_replicas(api, state, state["replica"])
        if state["policy"] not in _NO_POLICY:
            api.put_resource_policy(SecretId=state["id"], ResourcePolicy=state["policy"])

    def read(self, state: State) -> State | None:
        """A secret that is scheduled for deletion counts as gone."""
        api = self.api(state)
        secret = unless_missing(api.describe_secret, "ResourceNotFoundException", SecretId=state["id"])
        if secret is None or "DeletedDate" in secret:
            return None
        tags = plain_tags(secret.get("Tags"))
        return state | {
            "arn": secret["ARN"],
            "description": secret.get("Description"),
            "kms_key_id": secret.get("KmsKeyId"),
            "name": secret["Name"],
            "name_prefix": name_prefix(secret["Name"]),
            "policy": api.get_resource_policy(SecretId=state["id"]).get("ResourcePolicy", ""),
            "replica": [_replica(status) for status in secret.get("ReplicationStatus", [])],
            "tags": self.aws.own_tags(tags, state["tags"]),
            "tags_all": tags,
        }

    def update(self, prior: State, state: State) -> None:
        """Only what changed is written."""
        api = self.api(state)
        secret_id = state["id"]
        self._update_replicas(api, prior, state)
        if any(prior[name] != state[name] for name in ("description", "kms_key_id")):
            key = {"KmsKeyId": state["kms_key_id"]} if state["kms_key_id"] else {}
            api.update_secret(SecretId=secret_id, Description=state["description"] or "", **key)
        if prior["policy"] != state["policy"]:
            if state["policy"] in _NO_POLICY:
                api.delete_resource_policy(SecretId=secret_id)
            else:
                api.put_resource_policy(SecretId=secret_id, ResourcePolicy=state["policy"])
        removed, added = tag_changes(prior["tags_all"], state["tags_all"])
        if removed:
            api.untag_resource(SecretId=secret_id, TagKeys=removed)
        if added:
            api.tag_resource(SecretId=secret_id, Tags=tag_list(added))

    def delete(self, state: State) -> None:
        """At once where the recovery window is zero, else scheduled."""
        api = self.api(state)
        self._remove_replicas(api, state, state["replica"])
        window = state["recovery_window_in_days"]
        how = {"ForceDeleteWithoutRecovery": True} if window == 0 else {"RecoveryWindowInDays": window or 30}
        unless_missing(api.delete_secret, "ResourceNotFoundException", SecretId=state["id"], **how)

    def _update_replicas(self, api: Any, prior: State, state: State) -> None:
        before, after = _regions(prior), _regions(state)
        self._remove_replicas(api, state, [before[region] for region in before.keys() - after.keys()])
        self._add_replicas(api, state, [after[region] for region in after.keys() - before.keys()])

    def _add_replicas(self, api: Any, state: State, replicas: list[State]) -> None:
        if replicas:
            api.replicate_secret_to_regions(
                SecretId=state["id"],
                AddReplicaRegions=[
                    {"Region": replica["region"]} | ({"KmsKeyId": key} if (key := replica["kms_key_id"]) else {})
                    for replica in replicas
                ],
                ForceOverwriteReplicaSecret=bool(state["force_overwrite_replica_secret"]),
            )

    def _remove_replicas(self, api: Any, state: State, replicas: list[State]) -> None:
        if replicas:
            regions = [replica["region"] for replica in replicas]
            api.remove_regions_from_replication(SecretId=state["id"], RemoveReplicaRegions=regions)


class SecretPolicy(Resource):
    """The resource policy of a secret."""

    type_name = "aws_secretsmanager_secret_policy"
    noun = "Secrets Manager Secret Policy"
    service = "secretsmanager"
    named_by = "secret_arn"

    def create(self, state: State, config: State) -> None:
        """Its id is the secret's ARN."""
        self._put(state, state["secret_arn"])
        state["id"] = state["secret_arn"]

    def read(self, state: State) -> State | None:
        """A policy that somebody deleted reads as an empty one, which the next apply writes again."""
        found = unless_missing(self.api(state).get_resource_policy, "ResourceNotFoundException", SecretId=state["id"])
        return found and state | {"policy": found.get("ResourcePolicy", ""), "secret_arn": state["id"]}

    def update(self, prior: State, state: State) -> None:
        """A put replaces the whole policy."""
        self._put(state, state["id"])

    def delete(self, state: State) -> None:
        """The secret stays."""
        unless_missing(self.api(state).delete_resource_policy, "ResourceNotFoundException", SecretId=state["id"])

    def _put(self, state: State, secret_id: str) -> None:
        public = {} if (block := state["block_public_policy"]) is None else {"BlockPublicPolicy": block}
        self.api(state).put_resource_policy(SecretId=secret_id, ResourcePolicy=state["policy"], **public)


def _replica(status: dict[str, Any]) -> State:
    accessed = status.get("LastAccessedDate")
    return {
        "kms_key_id": status.get("KmsKeyId"),
        "last_accessed_date": timestamp(accessed) if accessed else "",
        "region": status["Region"],
        "status": status.get("Status"),
        "status_message": status.get("StatusMessage"),
    }


def _regions(state: State) -> dict[str, State]:
    return {replica["region"]: replica for replica in state["replica"]}
