"""Payloads: the values of secrets, checked against the JSON Schema of the spec and never repeated in an error.

The rules are those of the Rust client, so that one language does not write what the other refuses to read.
"""

from __future__ import annotations

import json
import re
from typing import (
    Any,
    Callable,
    ClassVar,
    TypeVar,
    cast,
)

P = TypeVar("P", bound="Payload")
S = TypeVar("S", bound="Structure")

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


class PayloadFault(Exception):
    """Where a value is not what the schema asks for. Never says what is there."""


class Payload:
    """The base of all payloads. Its `repr` and `str` show no value."""

    SCHEMA: ClassVar[dict[str, Any] | None] = None

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(redacted)"

    __str__ = __repr__

    @classmethod
    def parse(cls: type[P], stored: str) -> P:  # noqa: PYI019 (Python 3.9 has no `Self`)
        """Reads a stored value. Raises `PayloadFault`."""
        raise NotImplementedError

    def to_stored(self) -> str:
        """The value as it is stored. Raises `PayloadFault`."""
        raise NotImplementedError


class Text(Payload):
    """A plain string. `expose` returns it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def expose(self) -> str:
        """The string itself. The caller takes care where it goes."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and type(other) is type(self) and other._text == self._text

    def __hash__(self) -> int:
        return hash((type(self), self._text))

    @classmethod
    def parse(cls, stored: str) -> Text:
        if cls.SCHEMA is not None:
            check(cls.SCHEMA, stored)
        return cls(stored)

    def to_stored(self) -> str:
        if not isinstance(cast(object, self._text), str):
            raise PayloadFault("it is not a string")
        schema = type(self).SCHEMA
        if schema is not None:
            check(schema, self._text)
        return self._text


class Field:
    """How one field of a JSON payload is called there and in Python, and how it is converted."""

    __slots__ = ("attribute", "name", "nested", "required")

    def __init__(self, name: str, attribute: str, required: bool, nested: Nested | None = None) -> None:
        self.name = name
        self.attribute = attribute
        self.required = required
        self.nested = nested


class Nested:
    """A structure, or a list or map of them, inside a payload."""

    __slots__ = ("inner", "kind")

    def __init__(self, kind: str, inner: Any) -> None:
        self.kind = kind
        self.inner = inner

    def to_python(self, value: Any) -> Any:
        return self._each(value, lambda one: one.to_python, lambda cls: cls.from_json)

    def to_json(self, value: Any) -> Any:
        return self._each(value, lambda one: one.to_json, lambda cls: cls.to_json)

    def _each(self, value: Any, of_nested: Callable[[Any], Any], of_class: Callable[[Any], Any]) -> Any:
        if value is None:
            return None
        convert = of_nested(self.inner) if isinstance(self.inner, Nested) else of_class(self.inner)
        if self.kind == "list":
            return [convert(item) for item in value]
        if self.kind == "map":
            return {key: convert(item) for key, item in value.items()}
        return convert(value)


class Structure(Payload):
    """A JSON object. Generated subclasses are dataclasses; a field that the schema does not name is kept for the next write."""

    FIELDS: ClassVar[tuple[Field, ...]] = ()

    __slots__ = ()

    @classmethod
    def from_json(cls: type[S], document: dict[str, Any]) -> S:  # noqa: PYI019 (Python 3.9 has no `Self`)
        """The structure of a document that was checked before."""
        fields = cls.FIELDS
        given: dict[str, Any] = {}
        for field in fields:
            value = document.get(field.name)
            given[field.attribute] = field.nested.to_python(value) if field.nested else value
        made = cls(**given)
        known = {field.name for field in fields}
        unknown = {name: value for name, value in document.items() if name not in known}
        if unknown:
            object.__setattr__(made, "_unknown", unknown)
        return made

    def to_json(self) -> dict[str, Any]:
        """The document. What is optional and `None` is left out."""
        document: dict[str, Any] = {}
        for field in type(self).FIELDS:
            value = getattr(self, field.attribute)
            if value is not None or field.required:
                document[field.name] = field.nested.to_json(value) if field.nested and value is not None else value
        document.update(getattr(self, "_unknown", {}))
        return document

    @classmethod
    def parse(cls: type[S], stored: str) -> S:  # noqa: PYI019 (Python 3.9 has no `Self`)
        document = read_json(stored)
        if cls.SCHEMA is not None:
            check(cls.SCHEMA, document)
        return cls.from_json(document)

    def to_stored(self) -> str:
        return write_json(self.to_json(), type(self).SCHEMA)


class Json(Payload):
    """A JSON document of a form that has no Python type of its own. `document` is what `json.loads` gives."""

    __slots__ = ("document",)

    def __init__(self, document: Any) -> None:
        self.document = document

    @classmethod
    def parse(cls, stored: str) -> Json:
        document = read_json(stored)
        if cls.SCHEMA is not None:
            check(cls.SCHEMA, document)
        return cls(document)

    def to_stored(self) -> str:
        return write_json(self.document, type(self).SCHEMA)


def read_json(stored: str) -> Any:
    """Reads JSON as strictly as the Rust client: no `NaN`, no field twice. A byte order mark before it is skipped."""
    fault = None
    try:
        return json.loads(stored.lstrip("\ufeff"), parse_constant=_refuse_constant, object_pairs_hook=_without_duplicates)
    except PayloadFault as error:
        fault = str(error)
    except json.JSONDecodeError as error:
        # The exception itself holds the whole text, so only the place is taken from it.
        fault = f"it is not JSON, from line {error.lineno} column {error.colno} on"
    except (ValueError, RecursionError):
        fault = "it is not JSON that can be read"
    raise PayloadFault(fault)


def write_json(document: Any, schema: dict[str, Any] | None) -> str:
    """Writes a document, after a check that it can be read again."""
    if schema is not None:
        check(schema, document)
    text = None
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode("utf-8")
    except (TypeError, ValueError, RecursionError):
        text = None
    if text is None:
        raise PayloadFault("it cannot be written as JSON")
    return text


def _refuse_constant(_: str) -> Any:
    raise PayloadFault("it has a number that JSON does not have")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise PayloadFault("it has a field twice")
    return document


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
        for step in reference.lstrip("#").split("/")[1:]:
            found = found[step.replace("~1", "/").replace("~0", "~")]
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
        # `1`, `1.0` and `True` are equal in Python, and different values in JSON.
        return listed is None or any(type(other) is type(value) and other == value for other in listed)

    @staticmethod
    def _text(schema: dict[str, Any], value: str, path: tuple[str, ...]) -> str | None:
        if any("\ud800" <= character <= "\udfff" for character in value):
            return _mismatch(path)
        length = len(value)
        if length < schema.get("minLength", 0) or length > schema.get("maxLength", length):
            return f"{_place(path)} has {length} characters, which its rules do not allow"
        pattern = schema.get("pattern")
        if pattern is not None and not _compiled(pattern).search(value):
            return f"{_place(path)} does not match the pattern of its rules"
        return None

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
        if schema.get("uniqueItems") and any(item in value[:index] for index, item in enumerate(value)):
            return f"{_place(path)} has an item twice"
        leading = schema.get("prefixItems", ())
        for index, item in enumerate(value):
            part = leading[index] if index < len(leading) else schema.get("items", True)
            fault = self.fault(part, item, (*path, str(index)), depth + 1)
            if fault is not None:
                return fault
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
