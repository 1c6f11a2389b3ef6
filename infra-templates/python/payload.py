"""Payloads: the values of secrets, checked against the JSON Schema of the spec and never repeated in an error.

The rules are those of the Rust client, so that one language does not write what the other refuses to read.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Callable, ClassVar, cast

from .errors import PayloadFault
from .frozen import frozen, thawed

if TYPE_CHECKING:
    from typing import TypeVar

    P = TypeVar("P", bound="Payload")
    S = TypeVar("S", bound="Structure")


def check(schema: dict[str, Any], value: Any) -> None:
    """Raises `PayloadFault` where a value is not what a JSON Schema asks for."""
    # Loaded where a payload has a schema: plain texts and bundles of tokens have none.
    from .schema import check as check_all

    check_all(schema, value)


class Payload:
    """The base of all payloads. Its `repr` and `str` show no value. It cannot be changed: all callers of a cache share it."""

    SCHEMA: ClassVar[dict[str, Any] | None] = None

    __slots__ = ()

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, _: object) -> None:
            raise AttributeError(f"`{name}` of a `{type(self).__name__}` cannot be changed; make a new one")

        def __delattr__(self, name: str) -> None:
            raise AttributeError(f"`{name}` of a `{type(self).__name__}` cannot be deleted")

    def __copy__(self: P) -> P:  # noqa: PYI019 (Python 3.9 has no `Self`)
        return self

    def __deepcopy__(self: P, _: Any) -> P:  # noqa: PYI019 (Python 3.9 has no `Self`)
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}(redacted)"

    __str__ = __repr__

    @classmethod
    def parse(cls: type[P], stored: str) -> P:  # noqa: PYI019 (Python 3.9 has no `Self`)
        """Reads a stored value. Raises `PayloadFault`."""
        raise NotImplementedError

    @classmethod
    def parse_binary(cls: type[P], stored: bytes) -> P:  # noqa: PYI019 (Python 3.9 has no `Self`)
        """Reads a value that was stored as binary. Raises `PayloadFault`."""
        del stored
        raise PayloadFault("it is stored as binary")

    def to_stored(self) -> str:
        """The value as it is stored. Raises `PayloadFault`."""
        raise NotImplementedError


class Text(Payload):
    """A plain string. `expose` returns it."""

    __slots__ = ("_text",)

    _text: str

    def __init__(self, text: str) -> None:
        object.__setattr__(self, "_text", text)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._text,)

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
            return [_converted(convert, item) for item in value]
        if self.kind == "map":
            return {key: _converted(convert, item) for key, item in value.items()}
        return convert(value)


def _converted(convert: Callable[[Any], Any], item: Any) -> Any:
    return None if item is None else convert(item)


class Structure(Payload):
    """A JSON object. Generated subclasses are dataclasses; a field that the schema does not name is kept for the next write."""

    FIELDS: ClassVar[tuple[Field, ...]] = ()

    __slots__ = ()

    def __post_init__(self) -> None:
        """Of a list or map, the payload has a copy of its own, which cannot be changed."""
        for name, value in list(vars(self).items()):
            if isinstance(value, (list, tuple, dict)):
                object.__setattr__(self, name, frozen(value))

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
            object.__setattr__(made, "_unknown", frozen(unknown))
        return made

    def to_json(self) -> dict[str, Any]:
        """The document. What is optional and `None` is left out."""
        document: dict[str, Any] = {}
        for field in type(self).FIELDS:
            value = getattr(self, field.attribute)
            if value is not None or field.required:
                document[field.name] = field.nested.to_json(value) if field.nested else thawed(value)
        document.update(thawed(getattr(self, "_unknown", {})))
        return document

    def with_changes(self: S, **changes: Any) -> S:  # noqa: PYI019 (Python 3.9 has no `Self`)
        """A copy with some fields changed. It keeps those that the schema does not name; `dataclasses.replace` does not."""
        made = type(self)(**{**{field.attribute: getattr(self, field.attribute) for field in type(self).FIELDS}, **changes})
        unknown = getattr(self, "_unknown", None)
        if unknown:
            object.__setattr__(made, "_unknown", unknown)
        return made

    @classmethod
    def parse(cls: type[S], stored: str) -> S:  # noqa: PYI019 (Python 3.9 has no `Self`)
        document = read_json(stored)
        if cls.SCHEMA is not None:
            check(cls.SCHEMA, document)
        return cls.from_json(document)

    def to_stored(self) -> str:
        document = None
        try:
            document = self.to_json()
        except (AttributeError, TypeError):
            document = None
        if document is None:
            raise PayloadFault("a part of it is of another class than its field")
        return write_json(document, type(self).SCHEMA)


class Json(Payload):
    """A JSON document of a form that has no Python type of its own.

    `document` is what `json.loads` gives, with tuples for lists and with maps that cannot be changed. `to_json` gives a copy that can.
    """

    __slots__ = ("document",)

    document: Any

    def __init__(self, document: Any) -> None:
        object.__setattr__(self, "document", frozen(document))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.document,)

    def to_json(self) -> Any:
        """A copy of the document, which can be changed."""
        return thawed(self.document)

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
        return parsed_json(stored.lstrip("\ufeff"), parse_constant=_refuse_constant, object_pairs_hook=_without_duplicates)
    except PayloadFault as error:
        fault = str(error)
    except json.JSONDecodeError as error:
        # The exception itself holds the whole text, so only the place is taken from it.
        fault = f"it is not JSON, from line {error.lineno} column {error.colno} on"
    except (ValueError, RecursionError):
        fault = "it is not JSON that can be read"
    raise PayloadFault(fault)


def parsed_json(stored: str, **hooks: Any) -> Any:
    """As `json.loads`, but what could not be written again is a `ValueError`: a number beyond all floats, half a character.

    The document cannot be changed.
    """
    document = json.loads(stored, parse_float=_finite, **hooks)
    if "\\ud" in stored or "\\uD" in stored:
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    return frozen(document)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("the number is too large")
    return number


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
