"""Secrets and their keys, and what reads and writes of them return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from .errors import (
    InvalidPayloadError,
    KeyValueError,
    NotFoundError,
    Operation,
    PendingDeletionError,
)
from .payload import Payload

P = TypeVar("P", bound=Payload)

if TYPE_CHECKING:
    from typing import Generic
else:

    class Generic:
        """Only type checkers read the parameters of a class. With `typing.Generic`, each class takes ten times as long to make."""

        __slots__ = ()

        def __class_getitem__(cls, _):
            return cls


_MAX_KEY_LENGTH = 64
_KEY_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=.@-")


class Key:
    """The checked value of one placeholder in the name of a family. It stays below 65 characters and cannot hold a `/`."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        if not isinstance(cast(object, text), str) or not text:
            raise KeyValueError("the key is empty or not a string")
        if len(text) > _MAX_KEY_LENGTH:
            raise KeyValueError(f"the key has {len(text)} characters, more than {_MAX_KEY_LENGTH}")
        if not _KEY_CHARACTERS.issuperset(text):
            raise KeyValueError("the key has a character outside `A-Za-z0-9_+=.@-`")
        self.text = text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and type(other) is type(self) and other.text == self.text

    def __hash__(self) -> int:
        return hash((type(self), self.text))


class Secret(Generic[P]):
    """One secret: a fixed one, or one member of a family. A generated subclass has what the spec says of it."""

    ID: ClassVar[str]
    REGION: ClassVar[str | None] = None
    #: Whether its name has no prefix in any environment.
    OUTSIDE_PREFIXES: ClassVar[bool] = False
    #: The Regions whose copies are read too.
    READ_FROM: ClassVar[tuple[str, ...]] = ()
    #: The alias of the key for new secrets, or the environment variable that has its ARN.
    KMS_ALIAS: ClassVar[str | None] = None
    KMS_VARIABLE: ClassVar[str | None] = None
    PAYLOAD: ClassVar[type[Payload]]

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class Versioned(Generic[P]):
    """A value, and the version that it was read from or written as. It cannot be changed: all callers of a cache share it."""

    __slots__ = ("value", "version")

    value: P
    version: str

    def __init__(self, value: P, version: str) -> None:
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "version", version)

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, _: object) -> None:
            raise AttributeError(f"`{name}` of a `{type(self).__name__}` cannot be changed")

        def __delattr__(self, name: str) -> None:
            raise AttributeError(f"`{name}` of a `{type(self).__name__}` cannot be deleted")

    def __reduce__(self) -> tuple[Any, ...]:
        return Versioned, (self.value, self.version)

    def __repr__(self) -> str:
        return f"Versioned({self.value!r}, version={self.version!r})"


class Written(Versioned[P]):
    """What a write left behind. `outcome` is `created`, `replaced`, `superseded` (another writer has built on it) or `kept`."""

    __slots__ = ("outcome",)

    outcome: str

    def __init__(self, value: P, version: str, outcome: str) -> None:
        super().__init__(value, version)
        object.__setattr__(self, "outcome", outcome)

    def __reduce__(self) -> tuple[Any, ...]:
        return Written, (self.value, self.version, self.outcome)


class Found(Generic[P]):
    """What a change of a secret finds: a value, nothing, or a value that is not what the spec says."""

    __slots__ = ("fault", "value")

    def __init__(self, value: P | None, fault: str | None = None) -> None:
        self.value = value
        self.fault = fault


class Current:
    """The current version as a read finds it. `state` is `value`, `unreadable`, `empty`, `absent` or `pending`."""

    __slots__ = ("arn", "fault", "state", "value", "version")

    def __init__(
        self, state: str, *, value: Any = None, version: str = "", arn: str = "", fault: str | None = None
    ) -> None:
        self.state = state
        self.value = value
        self.version = version
        self.arn = arn
        self.fault = fault

    def versioned(self, at: Operation) -> Versioned[Any]:
        if self.state == "value":
            return Versioned(self.value, self.version)
        if self.state == "unreadable":
            raise InvalidPayloadError(at, self.fault or "it cannot be read")
        raise PendingDeletionError(at) if self.state == "pending" else NotFoundError(at)
