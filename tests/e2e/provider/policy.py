"""JSON policy documents compared by what they mean, as the provider does, so that order and spacing are no change."""

import json
import re
from typing import Any

_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")


def same_meaning(one: str, other: str) -> bool:
    """Whether two documents say the same; a text that is no JSON is equal to itself alone."""
    if one == other:
        return True
    try:
        return _document(json.loads(one)) == _document(json.loads(other))
    except ValueError:
        return False


def _document(document: Any) -> Any:
    if not isinstance(document, dict):
        return document
    statements = document.get("Statement", [])
    if isinstance(statements, dict):
        statements = [statements]
    return document | {"Statement": sorted(json.dumps(_statement(s), sort_keys=True) for s in statements)}


def _statement(statement: Any) -> Any:
    if not isinstance(statement, dict):
        return statement
    plain = {key: value for key, value in statement.items() if value != ""}
    for key in _LISTS:
        if key in plain:
            plain[key] = _values(plain[key])
    for key in _PRINCIPALS:
        if key in plain:
            plain[key] = _principal(plain[key])
    if isinstance(plain.get("Condition"), dict):
        plain["Condition"] = {
            operator: {key: _values(value) for key, value in tests.items()}
            for operator, tests in plain["Condition"].items()
        }
    return plain


def _values(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return sorted({v if isinstance(v, str) else json.dumps(v) for v in values})


def _principal(principal: Any) -> Any:
    """An account's id stands for its root, and `*` for everybody."""
    if principal == "*":
        return {"AWS": ["*"]}
    if not isinstance(principal, dict):
        return principal
    return {kind: sorted({_account_root(value) for value in _values(given)}) for kind, given in principal.items()}


def _account_root(principal: str) -> str:
    return f"arn:aws:iam::{principal}:root" if re.fullmatch(r"\d{12}", principal) else principal
