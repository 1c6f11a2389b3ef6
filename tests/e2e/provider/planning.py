"""What a change will make of a resource: its planned state, from the facts about its arguments alone.

A state is a dictionary of attributes and blocks as Terraform writes them: None for null, `Unknown` for what only the
apply will tell, a list for every list, set and repeated block.
"""

from dataclasses import dataclass
from typing import Any

from tf.types import Unknown

from provider.facts import Attribute, Block
from provider.policy import same_meaning

State = dict[str, Any]


@dataclass(frozen=True)
class Defaults:
    """What the provider block gives to every resource."""

    region: str
    tags: dict[str, str]


def plan(facts: Block, prior: State | None, proposed: State, config: State, defaults: Defaults) -> State:
    """The planned state; `proposed` is the configuration, with the prior state where that says nothing."""
    planned = {
        name: _attribute(attribute, prior and prior[name], proposed[name], config[name], prior is None)
        for name, attribute in facts.attributes.items()
    }
    for name, nested in facts.blocks.items():
        planned[name] = _block(nested, prior and prior[name], proposed[name], prior is None)
    if "tags_all" in facts.attributes:
        planned["tags_all"] = _tags_all(planned["tags"], defaults.tags, prior is None)
    if "region" in facts.attributes and config["region"] is None:
        planned["region"] = defaults.region
    return prior if prior is not None and _sets_only_zeros(prior, planned) else planned


def replaced(facts: Block, prior: State | None, planned: State) -> list[str]:
    """The attributes whose change needs a new resource."""
    if prior is None:
        return []
    return [
        name
        for name, attribute in facts.attributes.items()
        if attribute.force_new and not _same(attribute, prior[name], planned[name])
    ]


def settle(facts: Block, found: State, before: State) -> State:
    """The state to keep after a read: `found`, but as it was written `before` wherever that means the same."""
    settled = {
        name: None if attribute.write_only else _settled(attribute, found.get(name), before.get(name))
        for name, attribute in facts.attributes.items()
    }
    for name, nested in facts.blocks.items():
        if nested.nesting == "single":
            settled[name] = found.get(name)
        else:
            settled[name] = [_settled_element(nested, element, before.get(name)) for element in found.get(name) or []]
    return settled


def known(value: Any) -> Any:
    """A value without its unknown parts, which become null."""
    if value is Unknown:
        return None
    if isinstance(value, dict):
        return {key: known(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [known(inner) for inner in value]
    return value


def _sets_only_zeros(prior: State, planned: State) -> bool:
    """Whether nothing changes but null to false or zero. The real provider plans no change then, such as after an import."""
    changed = [(prior[name], value) for name, value in planned.items() if prior[name] != value]
    return all(before is None and after is not Unknown and after in (False, 0) for before, after in changed)


def _attribute(facts: Attribute, prior: Any, proposed: Any, config: Any, creating: bool) -> Any:
    if facts.write_only:
        return None
    if facts.computed and facts.type.startswith("set(") and isinstance(proposed, list) and Unknown in proposed:
        return Unknown
    if config is not None:
        return prior if _same(facts, prior, proposed) else proposed
    if facts.default is not None:
        return facts.default
    if facts.computed:
        return Unknown if creating else proposed
    return proposed


def _block(facts: Block, prior: Any, proposed: Any, creating: bool) -> Any:
    if facts.nesting == "single" or proposed is Unknown:
        return proposed
    if facts.computed and not proposed:
        return Unknown if creating else prior or []
    return [_match(facts, element, prior) or _unknown_where_computed(facts, element) for element in proposed]


def _unknown_where_computed(facts: Block, element: State) -> State:
    return {
        name: Unknown if value is None and facts.attributes[name].computed else value for name, value in element.items()
    }


def _settled_element(facts: Block, element: State, before: Any) -> State:
    match = _match(facts, element, before) or {}
    return {
        name: _settled(attribute, element.get(name), match.get(name)) for name, attribute in facts.attributes.items()
    }


def _match(facts: Block, element: State, candidates: Any) -> State | None:
    """The one of `candidates` whose arguments are those of `element`."""
    return next((candidate for candidate in candidates or [] if _same_arguments(facts, candidate, element)), None)


def _same_arguments(facts: Block, one: State, other: State) -> bool:
    for name, attribute in facts.attributes.items():
        left, right = one.get(name), other.get(name)
        left_to_aws = attribute.computed and None in (left, right)
        if attribute.configurable and not left_to_aws and not _same(attribute, left, right):
            return False
    return True


def _tags_all(tags: Any, defaults: dict[str, str], creating: bool) -> Any:
    """Of a new resource without any tag they are left to the apply."""
    if tags is Unknown or Unknown in (tags or {}).values():
        return Unknown
    merged = defaults | (tags or {})
    return Unknown if creating and not merged else merged


def _same(facts: Attribute, one: Any, other: Any) -> bool:
    if facts.json and isinstance(one, str) and isinstance(other, str):
        return same_meaning(one, other)
    if facts.type.startswith("set(") and isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(value in other for value in one)
    return one == other


def _settled(facts: Attribute, found: Any, before: Any) -> Any:
    if _is_empty(found) and _is_empty(before):
        # An import knows nothing of a computed attribute before, and must not leave it without a value.
        return found if before is None and facts.computed else before
    return before if _same(facts, found, before) else found


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})
