"""aws_iam_role."""

import json
from typing import Any

from provider.aws import plain_tags, tag_changes, tag_list, timestamp, unless_missing
from provider.planning import State
from provider.resource import Resource, chosen_name, name_prefix

MISSING = "NoSuchEntity"


class Role(Resource):
    """A role with its trust policy; its other policies as far as they are written in the role itself."""

    type_name = "aws_iam_role"
    noun = "IAM Role"
    service = "iam"

    def imported(self, import_id: str) -> State:
        """The id is the name."""
        return {"id": import_id, "force_detach_policies": False}

    def create(self, state: State, config: State) -> None:
        """Its id is its name."""
        state["name"] = chosen_name(state)
        optional = {
            "Description": state["description"],
            "PermissionsBoundary": state["permissions_boundary"],
            "Tags": tag_list(state["tags_all"]),
        }
        self.api(state).create_role(
            RoleName=state["name"],
            Path=state["path"],
            AssumeRolePolicyDocument=state["assume_role_policy"],
            MaxSessionDuration=state["max_session_duration"],
            **{name: value for name, value in optional.items() if value},
        )
        state["id"] = state["name"]
        self._sync_policies(state, {"inline_policy": [], "managed_policy_arns": []})

    def read(self, state: State) -> State | None:
        """All policies of the role are read, those that were put there by hand included."""
        api = self.api(state)
        found = unless_missing(api.get_role, MISSING, RoleName=state["id"])
        if found is None:
            return None
        role = found["Role"]
        tags = plain_tags(role.get("Tags"))
        return state | {
            "arn": role["Arn"],
            "assume_role_policy": _text(role["AssumeRolePolicyDocument"]),
            "create_date": timestamp(role["CreateDate"]),
            "description": role.get("Description"),
            "inline_policy": [
                {"name": name, "policy": inline_policy(api, state["id"], name)}
                for name in inline_policy_names(api, state["id"])
            ],
            "managed_policy_arns": attached_policy_arns(api, state["id"]),
            "max_session_duration": role["MaxSessionDuration"],
            "name": role["RoleName"],
            "name_prefix": name_prefix(role["RoleName"]),
            "path": role["Path"],
            "permissions_boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "tags": self.aws.own_tags(tags, state["tags"]),
            "tags_all": tags,
            "unique_id": role["RoleId"],
        }

    def update(self, prior: State, state: State) -> None:
        """Only what changed is written."""
        api, name = self.api(state), state["id"]
        changed = {key for key in state if prior[key] != state[key]}
        if "assume_role_policy" in changed:
            api.update_assume_role_policy(RoleName=name, PolicyDocument=state["assume_role_policy"])
        if "description" in changed:
            api.update_role_description(RoleName=name, Description=state["description"] or "")
        if "max_session_duration" in changed:
            api.update_role(RoleName=name, MaxSessionDuration=state["max_session_duration"])
        if "permissions_boundary" in changed:
            if state["permissions_boundary"]:
                api.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=state["permissions_boundary"])
            else:
                api.delete_role_permissions_boundary(RoleName=name)
        removed, added = tag_changes(prior["tags_all"], state["tags_all"])
        if removed:
            api.untag_role(RoleName=name, TagKeys=removed)
        if added:
            api.tag_role(RoleName=name, Tags=tag_list(added))
        self._sync_policies(state, prior)

    def delete(self, state: State) -> None:
        """With the policies that the state knows of, or with all of them where that is forced."""
        api, name = self.api(state), state["id"]
        force = state["force_detach_policies"]
        if force or state["managed_policy_arns"]:
            for arn in attached_policy_arns(api, name):
                unless_missing(api.detach_role_policy, MISSING, RoleName=name, PolicyArn=arn)
        if force or state["inline_policy"]:
            for policy in inline_policy_names(api, name):
                unless_missing(api.delete_role_policy, MISSING, RoleName=name, PolicyName=policy)
        unless_missing(api.delete_role, MISSING, RoleName=name)

    def _sync_policies(self, state: State, prior: State) -> None:
        api, name = self.api(state), state["id"]
        before = {policy["name"]: policy["policy"] for policy in prior["inline_policy"] or []}
        after = {policy["name"]: policy["policy"] for policy in state["inline_policy"] or []}
        for policy in before.keys() - after.keys():
            unless_missing(api.delete_role_policy, MISSING, RoleName=name, PolicyName=policy)
        for policy, document in after.items():
            if before.get(policy) != document:
                api.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=document)
        attached, wanted = set(prior["managed_policy_arns"] or []), set(state["managed_policy_arns"] or [])
        for arn in attached - wanted:
            unless_missing(api.detach_role_policy, MISSING, RoleName=name, PolicyArn=arn)
        for arn in wanted - attached:
            api.attach_role_policy(RoleName=name, PolicyArn=arn)


def inline_policy_names(api: Any, role: str) -> list[str]:
    """The names of a role's inline policies."""
    pages = api.get_paginator("list_role_policies").paginate(RoleName=role)
    return [name for page in pages for name in page["PolicyNames"]]


def inline_policy(api: Any, role: str, name: str) -> str | None:
    """The document of a role's inline policy, None if there is no such policy."""
    found = unless_missing(api.get_role_policy, MISSING, RoleName=role, PolicyName=name)
    return found and _text(found["PolicyDocument"])


def attached_policy_arns(api: Any, role: str) -> list[str]:
    """The ARNs of the managed policies on a role."""
    pages = api.get_paginator("list_attached_role_policies").paginate(RoleName=role)
    return [policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]]


def _text(document: Any) -> str:
    """boto3 parses the documents of IAM."""
    return document if isinstance(document, str) else json.dumps(document)
