"""aws_iam_policy and aws_iam_role_policy."""

import json

from provider.aws import Failure, plain_tags, tag_changes, tag_list, unless_missing
from provider.iam_role import MISSING, inline_policy
from provider.planning import State
from provider.resource import Resource, chosen_name, name_prefix

# AWS keeps no more versions of a policy.
_MAX_VERSIONS = 5


class Policy(Resource):
    """A managed policy; a change is a new version."""

    type_name = "aws_iam_policy"
    noun = "IAM Policy"
    service = "iam"

    def create(self, state: State, config: State) -> None:
        """Its id is its ARN."""
        state["name"] = chosen_name(state)
        tags = {"Tags": tag_list(state["tags_all"])} if state["tags_all"] else {}
        created = self.api(state).create_policy(
            PolicyName=state["name"],
            Path=state["path"],
            Description=state["description"] or "",
            PolicyDocument=state["policy"],
            **tags,
        )
        state["id"] = created["Policy"]["Arn"]

    def read(self, state: State) -> State | None:
        """The document is that of the default version."""
        api, arn = self.api(state), state["id"]
        found = unless_missing(api.get_policy, MISSING, PolicyArn=arn)
        if found is None:
            return None
        policy = found["Policy"]
        version = api.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
        tags = plain_tags(policy.get("Tags"))
        return state | {
            "arn": policy["Arn"],
            "attachment_count": policy["AttachmentCount"],
            "description": policy.get("Description"),
            "name": policy["PolicyName"],
            "name_prefix": name_prefix(policy["PolicyName"]),
            "path": policy["Path"],
            "policy": json.dumps(version["Document"]),
            "policy_id": policy["PolicyId"],
            "tags": self.aws.own_tags(tags, state["tags"]),
            "tags_all": tags,
        }

    def update(self, prior: State, state: State) -> None:
        """The oldest version makes room for the new one."""
        api, arn = self.api(state), state["id"]
        if prior["policy"] != state["policy"]:
            others = self._other_versions(state)
            if len(others) + 1 >= _MAX_VERSIONS:
                api.delete_policy_version(PolicyArn=arn, VersionId=others[0])
            api.create_policy_version(PolicyArn=arn, PolicyDocument=state["policy"], SetAsDefault=True)
        removed, added = tag_changes(prior["tags_all"], state["tags_all"])
        if removed:
            api.untag_policy(PolicyArn=arn, TagKeys=removed)
        if added:
            api.tag_policy(PolicyArn=arn, Tags=tag_list(added))

    def delete(self, state: State) -> None:
        """AWS deletes no policy with versions beside the default one."""
        api, arn = self.api(state), state["id"]
        if unless_missing(api.get_policy, MISSING, PolicyArn=arn) is None:
            return
        for version in self._other_versions(state):
            api.delete_policy_version(PolicyArn=arn, VersionId=version)
        unless_missing(api.delete_policy, MISSING, PolicyArn=arn)

    def _other_versions(self, state: State) -> list[str]:
        """All but the default version, oldest first."""
        versions = self.api(state).list_policy_versions(PolicyArn=state["id"])["Versions"]
        others = [version["VersionId"] for version in versions if not version["IsDefaultVersion"]]
        return sorted(others, key=lambda version: int(version.removeprefix("v")))


class RolePolicy(Resource):
    """An inline policy of a role."""

    type_name = "aws_iam_role_policy"
    noun = "IAM Role Policy"
    service = "iam"

    def imported(self, import_id: str) -> State:
        """The id is the role's name and the policy's."""
        role, separator, name = import_id.partition(":")
        if not separator:
            raise Failure("role_policy id must be of the form <role name>:<policy name>")
        return {"id": import_id, "role": role, "name": name}

    def create(self, state: State, config: State) -> None:
        """A policy of this name on the role is replaced, since AWS has no other call."""
        state["name"] = chosen_name(state)
        self._put(state)
        state["id"] = f"{state['role']}:{state['name']}"

    def read(self, state: State) -> State | None:
        """Gone with its role, too."""
        role, name = state["id"].split(":", 1)
        document = inline_policy(self.api(state), role, name)
        if document is None:
            return None
        return state | {"name": name, "name_prefix": name_prefix(name), "policy": document, "role": role}

    def update(self, prior: State, state: State) -> None:
        """A put replaces the document."""
        self._put(state)

    def delete(self, state: State) -> None:
        """The role stays."""
        unless_missing(self.api(state).delete_role_policy, MISSING, RoleName=state["role"], PolicyName=state["name"])

    def _put(self, state: State) -> None:
        self.api(state).put_role_policy(
            RoleName=state["role"], PolicyName=state["name"], PolicyDocument=state["policy"]
        )
