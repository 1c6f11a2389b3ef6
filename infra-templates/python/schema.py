"""The check of a value against a JSON Schema of the spec. What is wrong is said by its place, and never by what is there."""

from __future__ import annotations

import json
import re
from typing import Any, Callable

from .errors import PayloadFault

#: The limits of the formats that Rust's integer types have in a schema.
_RANGES: dict[str, tuple[int, int]] = {
    name: limits
    for bits in (8, 16, 32, 64)
    for name, limits in (
        (f"int{bits}", (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)),
        (f"uint{bits}", (0, 2**bits - 1)),
    )
}
_RANGES["int"] = _RANGES["int64"]
_RANGES["uint"] = _RANGES["uint64"]

#: A deeper document is refused, before Python's own limit of recursion is reached.
_MAX_DEPTH = 128


def check(schema: dict[str, Any], value: Any) -> None:
    """Raises `PayloadFault` where a value is not what a JSON Schema asks for."""
    fault = _Checker(schema).fault(schema, value, (), 0)
    if fault is not None:
        raise PayloadFault(fault)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "array": lambda value: isinstance(value, (list, tuple)),
    "object": lambda value: isinstance(value, dict),
}


class _Checker:
    """Walks a schema and a value together. A path shows only the names that the schema has: others could be secret."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root

    def fault(self, schema: Any, value: Any, path: tuple[str, ...], depth: int) -> str | None:
        if depth > _MAX_DEPTH:
            return f"{_place(path)} is nested too deep"
        if schema is True:
            return None
        if schema is False:
            return _mismatch(path)
        reference = schema.get("$ref")
        if reference is not None:
            fault = self.fault(self._resolve(reference), value, path, depth + 1)
            if fault is not None:
                return fault
        for part in schema.get("allOf", ()):
            fault = self.fault(part, value, path, depth + 1)
            if fault is not None:
                return fault
        for keyword in ("anyOf", "oneOf"):
            parts = schema.get(keyword)
            if parts is not None:
                faults = [self.fault(part, value, path, depth + 1) for part in parts]
                matching = faults.count(None)
                if matching == 0 or (keyword == "oneOf" and matching > 1):
                    # What is optional is one schema or null: that schema says best what is wrong.
                    others = [fault for part, fault in zip(parts, faults) if part != {"type": "null"}]
                    return others[0] if matching == 0 and len(others) == 1 else _mismatch(path)
        if not self._has_type(schema, value) or not self._is_listed(schema, value):
            return _mismatch(path)
        if isinstance(value, str):
            return self._text(schema, value, path)
        if _is_number(value):
            return self._number(schema, value, path)
        if isinstance(value, (list, tuple)):
            return self._list(schema, list(value), path, depth)
        if isinstance(value, dict):
            return self._object(schema, value, path, depth)
        return None

    def _resolve(self, reference: str) -> Any:
        found: Any = self.root
        try:
            for step in reference.lstrip("#").split("/")[1:]:
                name = step.replace("~1", "/").replace("~0", "~")
                found = found[int(name)] if isinstance(found, list) else found[name]
        except (LookupError, TypeError, ValueError):
            found = None
        if found is None:
            raise PayloadFault("the schema of the payload refers to a part that it does not have")
        return found

    @staticmethod
    def _has_type(schema: dict[str, Any], value: Any) -> bool:
        kinds = schema.get("type")
        if kinds is None:
            return True
        return any(_TYPES[kind](value) for kind in ([kinds] if isinstance(kinds, str) else kinds))

    @staticmethod
    def _is_listed(schema: dict[str, Any], value: Any) -> bool:
        listed = [schema["const"]] if "const" in schema else schema.get("enum")
        return listed is None or any(_is_same(other, value) for other in listed)

    @staticmethod
    def _text(schema: dict[str, Any], value: str, path: tuple[str, ...]) -> str | None:
        if any("\ud800" <= character <= "\udfff" for character in value):
            return _mismatch(path)
        length = len(value)
        if length < schema.get("minLength", 0) or length > schema.get("maxLength", length):
            return f"{_place(path)} has {length} characters, which its rules do not allow"
        pattern = schema.get("pattern")
        try:
            is_matching = pattern is None or _compiled(pattern).search(value)
        except re.error:
            return f"{_place(path)} has a pattern in its rules that Python does not know"
        return None if is_matching else f"{_place(path)} does not match the pattern of its rules"

    @staticmethod
    def _number(schema: dict[str, Any], value: Any, path: tuple[str, ...]) -> str | None:
        limits = _RANGES.get(schema.get("format", ""))
        is_in_range = limits is None or limits[0] <= value <= limits[1]
        is_bounded = (
            value >= schema.get("minimum", value)
            and value <= schema.get("maximum", value)
            and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
            and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
        )
        return None if is_in_range and is_bounded else f"{_place(path)} is out of the range of its rules"

    def _list(self, schema: dict[str, Any], value: list[Any], path: tuple[str, ...], depth: int) -> str | None:
        size = len(value)
        if size < schema.get("minItems", 0) or size > schema.get("maxItems", size):
            return f"{_place(path)} has {size} items, which its rules do not allow"
        leading = schema.get("prefixItems", ())
        for index, item in enumerate(value):
            part = leading[index] if index < len(leading) else schema.get("items", True)
            fault = self.fault(part, item, (*path, str(index)), depth + 1)
            if fault is not None:
                return fault
        if schema.get("uniqueItems") and _has_equals(value):
            return f"{_place(path)} has an item twice"
        return None

    def _object(self, schema: dict[str, Any], value: dict[Any, Any], path: tuple[str, ...], depth: int) -> str | None:
        properties = schema.get("properties", {})
        for name in schema.get("required", ()):
            if name not in value:
                return f"it lacks the field `{'.'.join((*path, name))}`"
        size = len(value)
        if size < schema.get("minProperties", 0) or size > schema.get("maxProperties", size):
            return f"{_place(path)} has {size} entries, which its rules do not allow"
        for name, item in value.items():
            if not isinstance(name, str):
                return _mismatch(path)
            part = properties.get(name, schema.get("additionalProperties", True))
            step = name if name in properties else "*"
            fault = self.fault(part, item, (*path, step), depth + 1)
            if fault is not None:
                return fault
        return None


def _place(path: tuple[str, ...]) -> str:
    return f"`{'.'.join(path)}`" if path else "it"


def _mismatch(path: tuple[str, ...]) -> str:
    return f"{_place(path)} is not what the schema of the payload asks for"


def _is_same(one: Any, other: Any) -> bool:
    """`1`, `1.0` and `True` are equal in Python, and different values in JSON."""
    if isinstance(one, (list, dict)):
        return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    return type(one) is type(other) and bool(one == other)


def _has_equals(items: list[Any]) -> bool:
    """Compared as JSON, where `1`, `1.0` and `true` are different values."""
    try:
        return len({json.dumps(item, sort_keys=True) for item in items}) < len(items)
    except (TypeError, ValueError):
        # What is not JSON is refused when it is written.
        return False


_PATTERNS: dict[str, Any] = {}


def _compiled(pattern: str) -> Any:
    found = _PATTERNS.get(pattern)
    if found is None:
        found = _PATTERNS[pattern] = re.compile(_anchored(pattern), re.ASCII)
    return found


def _anchored(pattern: str) -> str:
    """`$` in a schema is the end of the text; in Python it also matches before a line feed at the end, and `\\Z` does not."""
    written: list[str] = []
    is_escaped = is_in_class = False
    for character in pattern:
        is_end = character == "$" and not is_escaped and not is_in_class
        if not is_escaped and character in "[]":
            is_in_class = character == "["
        is_escaped = character == "\\" and not is_escaped
        written.append(r"\Z" if is_end else character)
    return "".join(written)
