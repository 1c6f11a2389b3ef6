"""What the provider refuses in a configuration, beyond what Terraform itself finds against the schema."""

import json
from typing import Any

from tf.types import Unknown
from tf.utils import Diagnostics

from provider.facts import Attribute, Block


def validate(facts: Block, config: dict[str, Any], diagnostics: Diagnostics) -> None:
    """Adds every problem of a resource's, data source's or block's configuration to `diagnostics`."""
    for name, attribute in facts.attributes.items():
        value = config[name]
        if attribute.exactly_one_of and name == attribute.exactly_one_of[0]:
            _exactly_one(attribute.exactly_one_of, config, diagnostics)
        if value is None:
            continue
        for summary, detail in _problems(name, attribute, value, config):
            diagnostics.add_error(summary, detail, path=[name])
    for name, nested in facts.blocks.items():
        elements = config[name] if nested.nesting != "single" and config[name] is not Unknown else []
        for element in elements or []:
            validate(nested, element, diagnostics)


def _problems(name: str, facts: Attribute, value: Any, config: dict[str, Any]) -> list[tuple[str, str]]:
    if name == "id" or not facts.configurable:
        return [("Value for unconfigurable attribute", f'"{name}" is decided by AWS and cannot be configured.')]
    problems = [
        ("Conflicting configuration arguments", f'"{name}": conflicts with {other}')
        for other in facts.conflicts_with
        if config[other] is not None
    ]
    problems += [
        ("Missing required argument", f'"{name}": all of `{name},{other}` must be specified')
        for other in facts.required_with
        if config[other] is None
    ]
    if value is not Unknown:
        problems += _value_problems(name, facts, value)
    return problems


def _value_problems(name: str, facts: Attribute, value: Any) -> list[tuple[str, str]]:
    problems = []
    if facts.allowed and not _is_allowed(facts.allowed, value):
        problems.append(("Invalid value", f'expected "{name}" to be {facts.allowed}, got {value}'))
    if facts.max_length and len(value) > facts.max_length:
        problems.append(("Invalid value", f'"{name}" cannot be longer than {facts.max_length} characters'))
    if facts.json:
        try:
            json.loads(value)
        except ValueError as error:
            problems.append(("Invalid JSON policy", f'"{name}" contains an invalid JSON policy: {error}'))
    return problems


def _is_allowed(allowed: str, value: float) -> bool:
    """Whether `value` is in a range such as `0 or 7..30`."""
    for part in allowed.split(" or "):
        low, _, high = part.partition("..")
        if int(low) <= value <= int(high or low):
            return True
    return False


def _exactly_one(names: list[str], config: dict[str, Any], diagnostics: Diagnostics) -> None:
    given = [name for name in names if config[name] is not None]
    if len(given) != 1:
        diagnostics.add_error(
            "Invalid combination of arguments", f"exactly one of `{','.join(names)}` must be specified", path=names[:1]
        )
