"""aws_secretsmanager_secret_version."""

import base64
from typing import Any

from provider.aws import Failure, unless_missing
from provider.planning import State
from provider.resource import Resource, unique_id

_CURRENT = "AWSCURRENT"

# What says that a version is gone, or its secret is deleted or about to be.
_GONE = (
    "ResourceNotFoundException",
    "InvalidRequestException: was deleted",
    "InvalidRequestException: was marked for deletion",
)


class SecretVersion(Resource):
    """A value of a secret."""

    type_name = "aws_secretsmanager_secret_version"
    noun = "Secrets Manager Secret Version"
    service = "secretsmanager"
    named_by = "secret_id"

    def imported(self, import_id: str) -> State:
        """The id is the secret's ARN and the version's id."""
        secret_id, separator, version_id = import_id.partition("|")
        if not separator or not secret_id or not version_id:
            raise Failure(f"unexpected format of ID ({import_id}), expected SecretID|VersionID")
        return {"id": import_id, "secret_id": secret_id, "version_id": version_id}

    def create(self, state: State, config: State) -> None:
        """A write-only value is in the configuration alone.

        Labels beside AWSCURRENT come in calls of their own, since not every server takes them with PutSecretValue.
        """
        value: dict[str, Any] = {}
        if config["secret_string_wo"] is not None:
            value["SecretString"] = config["secret_string_wo"]
            state["has_secret_string_wo"] = True
        elif state["secret_string"] is not None:
            value["SecretString"] = state["secret_string"]
        elif state["secret_binary"] is not None:
            value["SecretBinary"] = base64.b64decode(state["secret_binary"])
        stages = state["version_stages"] or [_CURRENT]
        first = [_CURRENT] if _CURRENT in stages else stages
        written = self.api(state).put_secret_value(
            SecretId=state["secret_id"], ClientRequestToken=unique_id(), VersionStages=first, **value
        )
        state["version_id"] = written["VersionId"]
        state["id"] = f"{state['secret_id']}|{written['VersionId']}"
        for stage in set(stages) - set(first):
            self.api(state).update_secret_version_stage(
                SecretId=state["secret_id"], VersionStage=stage, MoveToVersionId=written["VersionId"]
            )

    def read(self, state: State) -> State | None:
        """A write-only value is read, as the real provider does, and dropped."""
        secret_id, version_id = state["id"].split("|", 1)
        version = unless_missing(self.api(state).get_secret_value, *_GONE, SecretId=secret_id, VersionId=version_id)
        if version is None:
            return None
        binary = version.get("SecretBinary")
        return state | {
            "arn": version["ARN"],
            "secret_binary": base64.b64encode(binary).decode() if binary else "",
            "secret_id": secret_id,
            "secret_string": None if state["has_secret_string_wo"] else version.get("SecretString", ""),
            "version_id": version["VersionId"],
            "version_stages": version.get("VersionStages", []),
        }

    def update(self, prior: State, state: State) -> None:
        """Only staging labels change in place; AWSCURRENT moves to another version, but is never removed."""
        api = self.api(state)
        before, after = set(prior["version_stages"] or []), set(state["version_stages"] or [])
        secret_id, version_id = state["id"].split("|", 1)
        for stage in after - before:
            holder = {} if stage != _CURRENT else {"RemoveFromVersionId": _current_version(api, secret_id)}
            api.update_secret_version_stage(
                SecretId=secret_id, VersionStage=stage, MoveToVersionId=version_id, **holder
            )
        gone = before - after - {_CURRENT}
        if _CURRENT in after - before:
            gone.discard("AWSPREVIOUS")
        for stage in gone:
            api.update_secret_version_stage(SecretId=secret_id, VersionStage=stage, RemoveFromVersionId=version_id)

    def delete(self, state: State) -> None:
        """Takes the labels off, as a version cannot be deleted; the current version stays until its secret goes."""
        secret_id, version_id = state["id"].split("|", 1)
        for stage in set(state["version_stages"] or []) - {_CURRENT}:
            unless_missing(
                self.api(state).update_secret_version_stage,
                *_GONE,
                SecretId=secret_id,
                VersionStage=stage,
                RemoveFromVersionId=version_id,
            )


def _current_version(api: Any, secret_id: str) -> str:
    stages = api.describe_secret(SecretId=secret_id)["VersionIdsToStages"]
    return next(version for version, labels in stages.items() if _CURRENT in labels)
