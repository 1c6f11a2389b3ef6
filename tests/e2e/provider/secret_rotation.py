"""aws_secretsmanager_secret_rotation."""

from typing import Any

from provider.aws import unless_missing
from provider.planning import State
from provider.resource import Resource, unique_id


class SecretRotation(Resource):
    """When a secret is rotated, and by which function. Its id is the secret's ARN."""

    type_name = "aws_secretsmanager_secret_rotation"
    noun = "Secrets Manager Secret Rotation"
    service = "secretsmanager"
    named_by = "secret_id"

    def create(self, state: State, config: State) -> None:
        """Unlike the real provider, it does not wait for a function that may not be invoked yet."""
        state["id"] = self._rotate(state)["ARN"]

    def read(self, state: State) -> State | None:
        """Where rotation was turned off, the resource is still there, and differs from what is configured."""
        secret = unless_missing(self.api(state).describe_secret, "ResourceNotFoundException", SecretId=state["id"])
        if secret is None or "DeletedDate" in secret:
            return None
        enabled = secret.get("RotationEnabled", False)
        return state | {
            "rotation_enabled": enabled,
            "rotation_lambda_arn": secret.get("RotationLambdaARN", "") if enabled else "",
            "rotation_rules": _found(secret.get("RotationRules")) if enabled else [],
            "secret_id": state["id"],
        }

    def update(self, prior: State, state: State) -> None:
        """A change of `rotate_immediately` alone is kept in the state, and no call."""
        if any(prior[name] != state[name] for name in ("rotation_lambda_arn", "rotation_rules")):
            self._rotate(state)

    def delete(self, state: State) -> None:
        """The secret and its value stay."""
        self.api(state).cancel_rotate_secret(SecretId=state["secret_id"])

    def _rotate(self, state: State) -> Any:
        function = {"RotationLambdaARN": arn} if (arn := state["rotation_lambda_arn"]) else {}
        return self.api(state).rotate_secret(
            ClientRequestToken=unique_id(),
            RotateImmediately=state["rotate_immediately"],
            RotationRules=_asked(state["rotation_rules"][0]),
            SecretId=state["secret_id"],
            **function,
        )


def _asked(rules: State) -> dict[str, Any]:
    """The rules as the API takes them."""
    asked: dict[str, Any] = {}
    if rules["schedule_expression"]:
        asked["ScheduleExpression"] = rules["schedule_expression"]
    elif rules["automatically_after_days"]:
        asked["AutomaticallyAfterDays"] = int(rules["automatically_after_days"])
    if rules["duration"]:
        asked["Duration"] = rules["duration"]
    return asked


def _found(rules: dict[str, Any] | None) -> list[State]:
    """Beside a schedule AWS answers the days that it comes to, which are no argument."""
    if rules is None:
        return []
    schedule = rules.get("ScheduleExpression")
    return [
        {
            "automatically_after_days": None if schedule else rules.get("AutomaticallyAfterDays"),
            "duration": rules.get("Duration"),
            "schedule_expression": schedule,
        }
    ]
