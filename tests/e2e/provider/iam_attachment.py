"""aws_iam_role_policy_attachment, and the two resources that keep others' policies off a role."""

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


class RolePoliciesExclusive(Resource):
    """The inline policies of a role: all others are deleted."""

    type_name = "aws_iam_role_policies_exclusive"
    noun = "IAM Role Policies Exclusive"
    service = "iam"
    named_by = "role_name"

    def imported(self, import_id: str) -> State:
        """The id is the role's name."""
        return {"role_name": import_id}

    def create(self, state: State, config: State) -> None:
        """Deletes what others put on the role."""
        self._sync(state)

    def read(self, state: State) -> State | None:
        """All that is on the role, so that what others put there shows as drift."""
        names = unless_missing(inline_policy_names, MISSING, api=self.api(state), role=state["role_name"])
        return None if names is None else state | {"policy_names": names}

    def update(self, prior: State, state: State) -> None:
        """As on creation."""
        self._sync(state)

    def delete(self, state: State) -> None:
        """Nothing on the role changes."""

    def _sync(self, state: State) -> None:
        api, role = self.api(state), state["role_name"]
        found, wanted = set(inline_policy_names(api, role)), set(state["policy_names"])
        if absent := wanted - found:
            raise Failure(
                f"syncing {self.title(state)}: the role has no inline policy `{min(absent)}`",
                "only a name is known of it here, so that it cannot be written",
            )
        for name in found - wanted:
            api.delete_role_policy(RoleName=role, PolicyName=name)


class RolePolicyAttachmentsExclusive(Resource):
    """The managed policies on a role: all others are detached."""

    type_name = "aws_iam_role_policy_attachments_exclusive"
    noun = "IAM Role Policy Attachments Exclusive"
    service = "iam"
    named_by = "role_name"

    def imported(self, import_id: str) -> State:
        """The id is the role's name."""
        return {"role_name": import_id}

    def create(self, state: State, config: State) -> None:
        """Attaches what is missing and detaches the rest."""
        self._sync(state)

    def read(self, state: State) -> State | None:
        """All that is on the role, so that what others put there shows as drift."""
        arns = unless_missing(attached_policy_arns, MISSING, api=self.api(state), role=state["role_name"])
        return None if arns is None else state | {"policy_arns": arns}

    def update(self, prior: State, state: State) -> None:
        """As on creation."""
        self._sync(state)

    def delete(self, state: State) -> None:
        """Nothing on the role changes."""

    def _sync(self, state: State) -> None:
        api, role = self.api(state), state["role_name"]
        found, wanted = set(attached_policy_arns(api, role)), set(state["policy_arns"])
        for arn in wanted - found:
            api.attach_role_policy(RoleName=role, PolicyArn=arn)
        for arn in found - wanted:
            api.detach_role_policy(RoleName=role, PolicyArn=arn)
