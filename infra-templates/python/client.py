"""The client: one method for each verb, and the loop behind every write.

A write names the version that it follows: its `ClientRequestToken` is derived from the version that was read, so that each version
has at most one successor. A writer that read an old version is refused in its one call, reads again, and applies its change to
what it finds. Nothing is lost and no lock is held. Source: PutSecretValue, `ClientRequestToken`:
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
"""

from __future__ import annotations

import logging
import os
import random
import time
import uuid
from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    ClassVar,
    Generic,
    TypeVar,
    cast,
)

from . import fingerprint
from .cache import Cache, CachePolicy
from .calls import Calls, Refused
from .errors import (
    ConfigError,
    ConflictError,
    InvalidInputError,
    InvalidPayloadError,
    KeyValueError,
    NotFoundError,
    NotGrantedError,
    Operation,
    OutdatedError,
    PendingDeletionError,
    TooLargeError,
    TransportError,
)
from .payload import Payload, PayloadFault

logger = logging.getLogger(__package__)

P = TypeVar("P", bound=Payload)

#: The namespace of all derived tokens. Every writer in every language uses this one.
_NAMESPACE = uuid.UUID("5c0c4ad7-6a34-4d9c-9d6e-2f3b71c8e0a5")
#: AWS stores no larger value.
_MAX_VALUE_BYTES = 65_536
_MAX_KEY_LENGTH = 64
_KEY_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=.@-")

#: The verb of each method that a handler can have.
_METHODS = {
    "read": "read",
    "cached": "read",
    "get_tokens": "read",
    "read_previous": "read_previous",
    "describe": "describe",
    "store": "store",
    "store_with": "store",
    "store_tokens": "store",
    "update": "update",
    "update_tokens": "update",
    "delete": "delete",
    "delete_tokens": "delete",
    "rotate": "rotate",
}

#: How often other writers may win in a row.
_MAX_LOST = 100
#: How often reads may return what is known to be out of date. Together about three seconds.
_MAX_STALE = 6
#: How often AWS may be busy with a deletion. Together about ten seconds.
_MAX_BUSY = 8
_FIRST_PAUSE = 0.05
#: Losers of one race come back spread over this time.
_SPREAD = 0.01


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
    """A value, and the version that it was read from or written as."""

    __slots__ = ("value", "version")

    def __init__(self, value: P, version: str) -> None:
        self.value = value
        self.version = version

    def __repr__(self) -> str:
        return f"Versioned({self.value!r}, version={self.version!r})"


class Written(Versioned[P]):
    """What a write left behind. `outcome` is `created`, `replaced`, `superseded` (another writer has built on it) or `kept`."""

    __slots__ = ("outcome",)

    def __init__(self, value: P, version: str, outcome: str) -> None:
        super().__init__(value, version)
        self.outcome = outcome


class Found(Generic[P]):
    """What a change of a secret finds: a value, nothing, or a value that is not what the spec says."""

    __slots__ = ("fault", "value")

    def __init__(self, value: P | None, fault: str | None = None) -> None:
        self.value = value
        self.fault = fault


class _Current:
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
            raise InvalidPayloadError(at, self.fault or "it is stored as binary")
        raise PendingDeletionError(at) if self.state == "pending" else NotFoundError(at)


class Client:
    """The base of all handlers: what every generated class shares."""

    HANDLER: ClassVar[str]
    #: The file that declares the grants.
    SPEC: ClassVar[str]
    GRANTS: ClassVar[Mapping[str, frozenset[str]]] = {}
    FINGERPRINTS: ClassVar[tuple[str, str]]
    PREFIX_VARIABLE: ClassVar[str | None] = None
    PREFIXES: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        boto3_client: Any = None,
        *,
        prefix: str | None = None,
        region: str | None = None,
        environ: Mapping[str, str] | None = None,
        refuse_other_infrastructure: bool = False,
        cache: CachePolicy | None = None,
    ) -> None:
        """Makes no call to AWS.

        `boto3_client`: a Secrets Manager client; otherwise one is made at the first call, with short time limits.
        `prefix`, `region`: otherwise from the variables that the output `handler_environments` of the Terraform gives.
        `environ`: these variables; by default those of the process.
        `refuse_other_infrastructure`: raise `OutdatedError` where another spec was applied, instead of a warning.

        Raises `ConfigError`.
        """
        variables: Mapping[str, str] = os.environ if environ is None else environ
        self._variables = variables
        self._compare(variables.get(fingerprint.VARIABLE), refuse_other_infrastructure)
        self._prefix = self._prefix_of(prefix, variables)
        self._calls = Calls(boto3_client, region or variables.get("SECRETS_REGION"))
        self._cache = Cache(cache or CachePolicy())
        self._fresh = self._cache.fresh
        self._clock = self._cache.clock

    def _compare(self, applied: str | None, refuse: bool) -> None:
        if applied is None:
            return
        differences = fingerprint.differences(self.FINGERPRINTS, applied)
        if not differences:
            return
        error = OutdatedError(self.HANDLER, differences)
        if refuse:
            raise error
        logger.warning("%s", error)

    def _prefix_of(self, prefix: str | None, variables: Mapping[str, str]) -> str:
        if self.PREFIX_VARIABLE is None:
            if prefix:
                raise ConfigError("the spec declares no prefixes, so a prefix cannot be given")
            return ""
        found = variables.get(self.PREFIX_VARIABLE) if prefix is None else prefix
        declared = ", ".join(f"`{one}`" for one in self.PREFIXES)
        if found is None:
            raise ConfigError(
                f"the prefix of this environment is not known; set `{self.PREFIX_VARIABLE}` to one of {declared}"
            )
        if found not in self.PREFIXES:
            raise ConfigError(f"the spec has no environment with the prefix {found[:80]!r}; it has {declared}")
        return found

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """A verb that the handler is granted on no secret: says which grant is missing."""
            verb = _METHODS.get(name)
            if verb is None:
                raise AttributeError(f"`{type(self).__name__}` has no attribute `{name}`")

            def refused(secret: Secret[Any], *_: Any, **__: Any) -> Any:
                return self._at(verb, secret)

            return refused

    def _at(self, verb: str, secret: Secret[Any]) -> Operation:
        """Which operation this is. Raises `NotGrantedError`."""
        if not isinstance(cast(object, secret), Secret):
            at = Operation(self.HANDLER, verb, "?")
            raise InvalidInputError(at, f"`{type(secret).__name__}` is not a secret of the spec; pass one of its classes")
        at = Operation(self.HANDLER, verb, secret.ID, secret.REGION)
        if verb not in self.GRANTS.get(secret.ID, ()):
            raise NotGrantedError(at, self.SPEC)
        return at

    def operation(self, verb: str, secret: Secret[Any]) -> Operation:
        """This handler, a verb and a secret, as errors name them."""
        return Operation(self.HANDLER, verb, secret.ID, secret.REGION)

    def _name(self, secret: Secret[Any]) -> str:
        return self._prefix + secret.name

    # Reads

    def _read(self, secret: Secret[P]) -> Versioned[P]:
        at = self._at("read", secret)
        return self._current(at, secret).versioned(at)

    def _read_previous(self, secret: Secret[P]) -> Versioned[P]:
        at = self._at("read_previous", secret)
        return self._current(at, secret, "AWSPREVIOUS").versioned(at)

    def _cached(self, secret: Secret[P]) -> Versioned[P]:
        entry = self._fresh.get(secret.name)
        if entry is not None and entry.error is None and self._clock() < entry.fresh_until:
            return cast("Versioned[P]", entry.value)
        return self._cached_closely(secret)

    def _cached_closely(self, secret: Secret[P]) -> Versioned[P]:
        at = self._at("read", secret)
        found = self._cache.read(
            secret.name,
            lambda: self._current(at, secret).versioned(at),
            lambda: TransportError(at, "time-out"),
        )
        return cast("Versioned[P]", found)

    def forget(self, secret: Secret[Any]) -> None:
        """Has the next cached read of a secret ask AWS."""
        self._cache.forget(secret.name)

    def _describe(self, secret: Secret[Any]) -> dict[str, Any]:
        at = self._at("describe", secret)
        return self._calls.describe(at, self._name(secret))

    def _current(self, at: Operation, secret: Secret[Any], stage: str = "AWSCURRENT") -> _Current:
        try:
            answer = self._calls.get(at, self._name(secret), stage)
        except PendingDeletionError:
            return _Current("pending")
        except NotFoundError as error:
            return _Current("empty" if isinstance(error, Refused.NoValueError) else "absent")
        if answer.text is None:
            return _Current("unreadable", version=answer.version, arn=answer.arn)
        fault = None
        try:
            value = secret.PAYLOAD.parse(answer.text)
            return _Current("value", value=value, version=answer.version, arn=answer.arn)
        except PayloadFault as error:
            fault = str(error)
        return _Current("unreadable", version=answer.version, arn=answer.arn, fault=fault)

    # Writes

    def _store(self, secret: Secret[P], value: P) -> Written[P]:
        return self._write(self._at("store", secret), secret, lambda _: value)

    def _store_with(self, secret: Secret[P], change: Callable[[Found[P]], P | None]) -> Written[P]:
        return self._write(self._at("store", secret), secret, change)

    def _update(self, secret: Secret[P], change: Callable[[Found[P]], P | None]) -> Written[P]:
        return self._write(self._at("update", secret), secret, change)

    def _write(self, at: Operation, secret: Secret[P], change: Callable[[Found[P]], P | None]) -> Written[P]:
        epoch = self._cache.begin_write(secret.name)
        attempt = _Attempt()
        written: Written[P] | None = None
        try:
            written = self._attempts(at, secret, change, attempt)
            return written
        finally:
            kept = None if written is None else Versioned(written.value, written.version)
            self._cache.end_write(secret.name, epoch, kept, attempt.sent or kept is not None)

    def _attempts(
        self, at: Operation, secret: Secret[P], change: Callable[[Found[P]], P | None], attempt: _Attempt
    ) -> Written[P]:
        name = self._name(secret)
        while True:
            current = self._current(at, secret)
            if attempt.is_successor_of_ours(current):
                found = current.versioned(at)
                return Written(found.value, found.version, "superseded")
            if attempt.is_out_of_date(current):
                attempt.stale(at)
                continue
            # Only a store brings a secret into being, or back.
            may_write = at.verb == "store" or current.state not in ("absent", "pending")
            value = change(Found(current.value, current.fault)) if may_write else None
            if value is None:
                found = current.versioned(at)
                return Written(found.value, found.version, "kept")
            stored = stored_form(at, value)
            attempt.sent = True
            if current.state == "pending":
                self._calls.restore(at, name)
                attempt.busy(at)
                continue
            outcome, version = self._send(at, secret, current, name, stored)
            if outcome == "wrote":
                return Written(value, version, "created" if current.state == "absent" else "replaced")
            attempt.remember(outcome, version, current)
            attempt.busy(at) if outcome == "pending" else attempt.lost(at)

    def _send(
        self, at: Operation, secret: Secret[Any], current: _Current, name: str, stored: str
    ) -> tuple[str, str]:
        if current.state == "absent":
            return self._calls.create(at, name, self._kms_key(at, secret), stored)
        if current.state == "empty":
            return self._calls.put(at, name, _successor_of(f"first:{name}"), stored)
        # By the ARN: a secret that was deleted and created again under the name has another one.
        return self._calls.put(at, current.arn, _successor_of(current.version), stored)

    def _kms_key(self, at: Operation, secret: Secret[Any]) -> str | None:
        if secret.KMS_VARIABLE is None:
            return secret.KMS_ALIAS
        found = self._variables.get(secret.KMS_VARIABLE)
        if not found:
            raise InvalidInputError(
                at, f"the ARN of its key is not known; set `{secret.KMS_VARIABLE}` in the environment of the function"
            )
        return found

    def _delete(self, secret: Secret[Any]) -> bool:
        """Deletes the secret at once. `False` where there was none, which is also a warning in the log."""
        at = self._at("delete", secret)
        epoch = self._cache.begin_write(secret.name)
        try:
            was_there = self._calls.delete(at, self._name(secret))
        finally:
            self._cache.end_write(secret.name, epoch, None, True)
        if not was_there:
            logger.warning("%s: it does not exist", at)
        return was_there

    def _random_password(self, **rules: Any) -> str:
        return self._calls.random_password(Operation(self.HANDLER, "generate", "a password"), rules)


class _Attempt:
    """What the refused calls of one write have taught, and how often it may still try."""

    __slots__ = ("_busy", "_has_successor", "_lost", "_name_exists", "_ours", "_stale", "sent")

    def __init__(self) -> None:
        self.sent = False
        #: The version whose successor exists. A read that returns it again is out of date.
        self._has_successor: str | None = None
        #: The version that this write made before, without knowing: its answer was lost.
        self._ours: str | None = None
        self._name_exists = False
        self._lost = self._stale = self._busy = 0

    def remember(self, outcome: str, version: str, current: _Current) -> None:
        if outcome == "wrote_before":
            self._ours = version
        if outcome in ("taken", "wrote_before"):
            self._has_successor = current.version or None
            self._name_exists = current.state == "absent"

    def is_successor_of_ours(self, current: _Current) -> bool:
        return self._ours is not None and bool(current.version) and _successor_of(self._ours) == current.version

    def is_out_of_date(self, current: _Current) -> bool:
        """That there is no secret, although its name is taken, is believed the second time: it can have been deleted meanwhile."""
        if current.state == "absent":
            name_exists, self._name_exists = self._name_exists, False
            return name_exists
        return bool(current.version) and current.version == self._has_successor

    def lost(self, at: Operation) -> None:
        self._lost += 1
        if self._lost >= _MAX_LOST:
            raise ConflictError(at, f"other writers changed it {self._lost} times in a row; nothing was written")
        time.sleep(_SPREAD * random.random())

    def stale(self, at: Operation) -> None:
        self._stale += 1
        if self._stale > _MAX_STALE:
            raise ConflictError(at, f"{self._stale} reads returned a version that is not the newest; nothing was written")
        _pause(self._stale)

    def busy(self, at: Operation) -> None:
        self._busy += 1
        if self._busy > _MAX_BUSY:
            raise PendingDeletionError(at)
        _pause(self._busy)


def _pause(turn: int) -> None:
    time.sleep(_FIRST_PAUSE * 2 ** (turn - 1) * (0.5 + random.random() / 2))


def _successor_of(version: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, version))


def stored_form(at: Operation, value: Payload) -> str:
    """The text to store, if AWS takes it."""
    fault, text = "it is empty", ""
    try:
        text = value.to_stored()
    except PayloadFault as error:
        fault = str(error)
    if not text:
        raise InvalidPayloadError(at, fault)
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > _MAX_VALUE_BYTES:
        raise TooLargeError(at, size, _MAX_VALUE_BYTES)
    return text

