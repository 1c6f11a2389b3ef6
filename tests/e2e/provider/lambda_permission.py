"""aws_lambda_permission."""

import json
from typing import Any

from provider.aws import Failure, unless_missing
from provider.planning import State
from provider.resource import Resource, name_prefix, unique_id

_MISSING = "ResourceNotFoundException"

# By argument, what AddPermission calls it.
_OPTIONAL = {
    "event_source_token": "EventSourceToken",
    "function_url_auth_type": "FunctionUrlAuthType",
    "principal_org_id": "PrincipalOrgID",
    "qualifier": "Qualifier",
    "source_account": "SourceAccount",
    "source_arn": "SourceArn",
}


class Permission(Resource):
    """A statement of who may invoke a function. Its id is the statement's; every change is another one."""

    type_name = "aws_lambda_permission"
    noun = "Lambda Permission"
    service = "lambda"
    named_by = "statement_id"

    def imported(self, import_id: str) -> State:
        """The id is the function, which can have a qualifier, and the statement's id."""
        function, separator, statement = import_id.partition("/")
        if not (function and separator and statement) or "/" in statement:
            raise Failure(
                f'Unexpected format of ID ("{import_id}"), expected FUNCTION_NAME/STATEMENT_ID or '
                "FUNCTION_NAME:QUALIFIER/STATEMENT_ID"
            )
        name, _, qualifier = function.partition(":")
        is_qualified = qualifier and ":" not in qualifier
        return {
            "id": statement,
            "function_name": function,
            "statement_id": statement,
            "qualifier": qualifier if is_qualified else None,
        }

    def create(self, state: State, config: State) -> None:
        """Unlike the real provider, it does not wait for a function that is not there yet."""
        state["statement_id"] = state["statement_id"] or unique_id(state["statement_id_prefix"] or "terraform-")
        self.api(state).add_permission(
            Action=state["action"],
            FunctionName=state["function_name"],
            Principal=state["principal"],
            StatementId=state["statement_id"],
            **{call: state[name] for name, call in _OPTIONAL.items() if state[name]},
        )
        state["id"] = state["statement_id"]

    def read(self, state: State) -> State | None:
        """The function stays named as it was: by its ARN or by its name."""
        statement = self._statement(state)
        if statement is None:
            return None
        conditions = statement.get("Condition", {})
        equal = conditions.get("StringEquals", {})
        principal = statement["Principal"]
        if isinstance(principal, dict):
            principal = principal.get("AWS") or principal.get("Service")
        arn, qualifier = _parted(statement["Resource"])
        return state | {
            "action": statement["Action"],
            "event_source_token": equal.get("lambda:EventSourceToken"),
            "function_name": arn if state["function_name"].startswith("arn:") else arn.split(":")[6],
            "function_url_auth_type": equal.get("lambda:FunctionUrlAuthType"),
            "principal": principal,
            "principal_org_id": equal.get("aws:PrincipalOrgID"),
            "qualifier": qualifier,
            "source_account": equal.get("AWS:SourceAccount"),
            "source_arn": conditions.get("ArnLike", {}).get("AWS:SourceArn"),
            "statement_id": statement["Sid"],
            "statement_id_prefix": name_prefix(statement["Sid"]),
        }

    def delete(self, state: State) -> None:
        """The function stays."""
        unless_missing(
            self.api(state).remove_permission,
            _MISSING,
            FunctionName=state["function_name"],
            StatementId=state["id"],
            **_qualifier(state),
        )

    def _statement(self, state: State) -> dict[str, Any] | None:
        get = self.api(state).get_policy
        found = unless_missing(get, _MISSING, FunctionName=state["function_name"], **_qualifier(state))
        statements = json.loads(found["Policy"])["Statement"] if found else []
        return next((statement for statement in statements if statement["Sid"] == state["id"]), None)


def _qualifier(state: State) -> State:
    return {"Qualifier": state["qualifier"]} if state["qualifier"] else {}


def _parted(resource: str) -> tuple[str, str]:
    """A function's ARN without its version or alias, and that."""
    parts = resource.split(":")
    return ":".join(parts[:7]), ":".join(parts[7:])
