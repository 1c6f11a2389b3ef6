"""aws_cloudwatch_log_group."""

from provider.aws import tag_changes, unless_missing
from provider.planning import State
from provider.resource import Resource, chosen_name, name_prefix

_MISSING = "ResourceNotFoundException"


class LogGroup(Resource):
    """A log group."""

    type_name = "aws_cloudwatch_log_group"
    noun = "CloudWatch Logs Log Group"
    service = "logs"

    def create(self, state: State, config: State) -> None:
        """Its id is its name."""
        state["name"] = chosen_name(state)
        optional = {
            "deletionProtectionEnabled": state["deletion_protection_enabled"],
            "kmsKeyId": state["kms_key_id"],
            "logGroupClass": state["log_group_class"],
            "tags": state["tags_all"] or {},
        }
        self.api(state).create_log_group(
            logGroupName=state["name"], **{name: value for name, value in optional.items() if value}
        )
        state["id"] = state["name"]
        if state["retention_in_days"]:
            self._set_retention(state)

    def read(self, state: State) -> State | None:
        """The API lists by prefix; the group is the one with the very name."""
        api = self.api(state)
        pages = api.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=state["id"])
        groups = (group for page in pages for group in page["logGroups"])
        group = next((group for group in groups if group["logGroupName"] == state["id"]), None)
        if group is None:
            return None
        arn = group["arn"].removesuffix(":*")
        tags = api.list_tags_for_resource(resourceArn=arn)["tags"]
        return state | {
            "arn": arn,
            "kms_key_id": group.get("kmsKeyId"),
            "log_group_class": group.get("logGroupClass", "STANDARD"),
            "name": group["logGroupName"],
            "name_prefix": name_prefix(group["logGroupName"]),
            "retention_in_days": group.get("retentionInDays", 0),
            # An import has no word on it.
            "skip_destroy": bool(state["skip_destroy"]),
            "tags": self.aws.own_tags(tags, state["tags"]),
            "tags_all": tags,
        }

    def update(self, prior: State, state: State) -> None:
        """Only what changed is written."""
        api, name = self.api(state), state["id"]
        if prior["retention_in_days"] != state["retention_in_days"]:
            self._set_retention(state)
        if prior["kms_key_id"] != state["kms_key_id"]:
            if state["kms_key_id"]:
                api.associate_kms_key(logGroupName=name, kmsKeyId=state["kms_key_id"])
            else:
                api.disassociate_kms_key(logGroupName=name)
        removed, added = tag_changes(prior["tags_all"], state["tags_all"])
        if removed:
            api.untag_resource(resourceArn=state["arn"], tagKeys=removed)
        if added:
            api.tag_resource(resourceArn=state["arn"], tags=added)

    def delete(self, state: State) -> None:
        """Unless it shall outlive its resource."""
        if not state["skip_destroy"]:
            unless_missing(self.api(state).delete_log_group, _MISSING, logGroupName=state["id"])

    def _set_retention(self, state: State) -> None:
        api, days = self.api(state), state["retention_in_days"]
        if days:
            api.put_retention_policy(logGroupName=state["id"], retentionInDays=days)
        else:
            api.delete_retention_policy(logGroupName=state["id"])
