"""aws_iam_role_policy_attachment, and the two resources that keep others' policies off a role."""

from typing import Any, ClassVar

from provider.aws import Failure, unless_missing
from provider.iam_role import MISSING, attached_policy_arns, inline_policy_names
from provider.planning import State
from provider.resource import Resource


class RolePolicyAttachment(Resource):
    """A managed policy on a role."""

    type_name = "aws_iam_role_policy_attachment"
    noun = "IAM Role Policy Attachment"
    service = "iam"
    named_by = "role"

    def imported(self, import_id: str) -> State:
        """The id is the role's name and the policy's ARN."""
        role, separator, arn = import_id.partition("/")
        if not separator or not arn:
            raise Failure(f"unexpected format of ID ({import_id}), expected <role-name>/<policy_arn>")
        return {"id": import_id, "role": role, "policy_arn": arn}

    def create(self, state: State, config: State) -> None:
        """The policy is looked up first: AWS attaches none that does not exist, but not every server looks."""
        api = self.api(state)
        api.get_policy(PolicyArn=state["policy_arn"])
        api.attach_role_policy(RoleName=state["role"], PolicyArn=state["policy_arn"])
        state["id"] = f"{state['role']}/{state['policy_arn']}"

    def read(self, state: State) -> State | None:
        """Gone with its role, too."""
        attached = unless_missing(attached_policy_arns, MISSING, api=self.api(state), role=state["role"])
        return state if state["policy_arn"] in (attached or []) else None

    def delete(self, state: State) -> None:
        """The role and the policy stay."""
        unless_missing(
            self.api(state).detach_role_policy, MISSING, RoleName=state["role"], PolicyArn=state["policy_arn"]
        )


class Exclusive(Resource):
    """Policies of one kind on a role, and none but these: nothing on the role changes when this is deleted."""

    service = "iam"
    named_by = "role_name"
    # The argument that lists the policies.
    policies: ClassVar[str]

    def on_role(self, api: Any, role: str) -> list[str]:
        """The policies of this kind that the role has, those that were attached by hand included."""
        raise NotImplementedError

    def add(self, state: State, policy: str) -> None:
        """Puts a policy on the role that it should have and has not."""
        raise NotImplementedError

    def remove(self, api: Any, role: str, policy: str) -> None:
        """Takes a policy off the role."""
        raise NotImplementedError

    def imported(self, import_id: str) -> State:
        """The id is the role's name."""
        return {"role_name": import_id}

    def create(self, state: State, config: State) -> None:
        """Brings the role to what is asked for."""
        api, role = self.api(state), state["role_name"]
        found, wanted = set(self.on_role(api, role)), set(state[self.policies])
        for policy in sorted(wanted - found):
            self.add(state, policy)
        for policy in sorted(found - wanted):
            self.remove(api, role, policy)

    def read(self, state: State) -> State | None:
        """All that is on the role, so that what others put there shows as drift."""
        found = unless_missing(self.on_role, MISSING, api=self.api(state), role=state["role_name"])
        return None if found is None else state | {self.policies: found}

    def update(self, prior: State, state: State) -> None:
        """As on creation."""
        self.create(state, state)

    def delete(self, state: State) -> None:
        """The policies stay."""


class RolePoliciesExclusive(Exclusive):
    """The inline policies of a role."""

    type_name = "aws_iam_role_policies_exclusive"
    noun = "IAM Role Policies Exclusive"
    policies = "policy_names"

    def on_role(self, api: Any, role: str) -> list[str]:
        """By name."""
        return inline_policy_names(api, role)

    def add(self, state: State, policy: str) -> None:
        """Only a name is known of it here."""
        raise Failure(
            f"syncing {self.title(state)}: the role has no inline policy `{policy}`",
            "only a name is known of it here, so that it cannot be written",
        )

    def remove(self, api: Any, role: str, policy: str) -> None:
        """Deletes it, for it is nowhere else."""
        api.delete_role_policy(RoleName=role, PolicyName=policy)


class RolePolicyAttachmentsExclusive(Exclusive):
    """The managed policies on a role."""

    type_name = "aws_iam_role_policy_attachments_exclusive"
    noun = "IAM Role Policy Attachments Exclusive"
    policies = "policy_arns"

    def on_role(self, api: Any, role: str) -> list[str]:
        """By ARN."""
        return attached_policy_arns(api, role)

    def add(self, state: State, policy: str) -> None:
        """Attaches it."""
        self.api(state).attach_role_policy(RoleName=state["role_name"], PolicyArn=policy)

    def remove(self, api: Any, role: str, policy: str) -> None:
        """Detaches it; the policy itself stays. What is gone already is no error here, unlike with inline policies."""
        unless_missing(api.detach_role_policy, MISSING, RoleName=role, PolicyArn=policy)
