"""The four steps of a rotation: which version gets which label is done here; what a new value is, and which service has to take it,
is an implementation of `Rotation`.

Each step can be done again, and by two at once: the first value that is kept for a version is that version's, and readers see the
value before it until the last step, and from then on the new one. Source: Lambda rotation functions,
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

from __future__ import annotations

import logging
import re
import time
from abc import abstractmethod
from typing import TYPE_CHECKING, Callable, Generic, Literal, Protocol, TypeVar, cast

from .client import Client
from .errors import (
    InvalidInputError,
    InvalidPayloadError,
    NotEnabledError,
    NothingPendingError,
    NotPendingError,
    Operation,
    OtherSecretError,
    PayloadFault,
    StepFailedError,
    UnsettledError,
)
from .secret import P, Secret
from .write import stored_form

if TYPE_CHECKING:
    from .calls import Calls

logger = logging.getLogger(__package__)

T = TypeVar("T")

StepOutcome = Literal["created", "kept", "set", "tested", "finished", "already_finished"]

_CURRENT = "AWSCURRENT"
_PENDING = "AWSPENDING"
#: The labels can be found moved this many times before a step gives up.
_ROUNDS = 5
#: The pause, in seconds, before labels that were moved are looked at again.
_PAUSE = 0.1

_STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
#: Sources: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html and
#: https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
_VERSION = re.compile(r"[!-~]{32,64}\Z")
_SECRET_ID = re.compile(r"[!-~]{1,2048}\Z")
_ROTATION_TOKEN = re.compile(r"[A-Za-z0-9-]{36,256}\Z")
_ARN = re.compile(r"arn:[^:]+:secretsmanager:[^:]+:[^:]+:secret:(.+)-[A-Za-z0-9]{6}\Z")


class RotationEventError(ValueError):
    """Why something is not the event of a rotation. It repeats nothing of it."""


class RotationEvent:
    """What Secrets Manager hands to a rotation function: which step it wants, of which secret, for which version."""

    __slots__ = ("arn", "rotation_token", "secret_name", "step", "version")

    def __init__(self, step: str, arn: str, secret_name: str, version: str, rotation_token: str | None) -> None:
        """Use `parse`, which checks the event."""
        self.step = step
        self.arn = arn
        self.secret_name = secret_name
        #: The id of the version that the rotation makes.
        self.version = version
        #: Tells Secrets Manager that a write is part of this rotation, where the function has another role than its own.
        self.rotation_token = rotation_token

    @classmethod
    def parse(cls, event: object) -> RotationEvent:
        """Reads the event of a Lambda function. Raises `RotationEventError`."""
        if not isinstance(event, dict):
            raise RotationEventError("the event is not a JSON object, so it is not that of a rotation")
        fields = cast("dict[str, object]", event)
        step = _field(fields, "Step")
        if step not in _STEPS:
            raise RotationEventError("the event's `Step` is not one of the four steps of a rotation")
        arn = _held(_field(fields, "SecretId"), "SecretId", _SECRET_ID)
        found = _ARN.match(arn)
        if found is None:
            raise RotationEventError("the event's `SecretId` is not the whole ARN of a secret")
        version = _held(_field(fields, "ClientRequestToken"), "ClientRequestToken", _VERSION)
        token = None
        if fields.get("RotationToken") is not None:
            token = _held(_field(fields, "RotationToken"), "RotationToken", _ROTATION_TOKEN)
        return cls(step, arn, found.group(1), version, token)

    def __repr__(self) -> str:
        return f"RotationEvent(step={self.step!r}, arn={self.arn!r}, version={self.version!r})"


def _field(fields: dict[str, object], name: str) -> str:
    value = fields.get(name)
    if value is None:
        raise RotationEventError(f"the event lacks `{name}`, so it is not a rotation event")
    if not isinstance(value, str):
        raise RotationEventError(f"the event's `{name}` is not a string")
    return value


def _held(value: str, name: str, form: re.Pattern[str]) -> str:
    if form.match(value) is None:
        raise RotationEventError(f"the event's `{name}` is malformed")
    return value


class Rotation(Protocol[P]):
    """How one secret gets a new value: what the value is, and how the service that it is for takes it.

    Each part can run again, also after it has succeeded, and at the same time as itself: Secrets Manager repeats a rotation that
    failed, and Lambda can deliver an event twice. It must come to the same then. What it raises should hold no value.
    """

    @abstractmethod
    def create(self, current: P | None) -> P:
        """Makes the next value, and changes nothing else. `current` is `None` where the secret has no value yet."""
        raise NotImplementedError

    @abstractmethod
    def set(self, current: P | None, pending: P) -> None:
        """Makes the service take the new value: if it takes it already, does nothing.

        `current` is `None` where no other value is current: there was none before, or the rotation has come to its end once.
        """
        raise NotImplementedError

    @abstractmethod
    def test(self, pending: P) -> None:
        """Makes sure that the service takes the new value.

        Where a rotation is set up that does not begin immediately, it is called with the current value.
        """
        raise NotImplementedError


class RotationClient(Client):
    """The base of the handlers that rotate secrets."""

    def _rotate(self, secret: Secret[P], event: RotationEvent, rotation: Rotation[P]) -> StepOutcome:
        at = self._at("rotate", secret)
        if not isinstance(cast(object, event), RotationEvent):
            raise InvalidInputError(at, "the event is not a `RotationEvent`; make it by `RotationEvent.parse`")
        if event.secret_name != self._name(secret):
            raise OtherSecretError(at)
        try:
            outcome = _Step(self._calls, at, secret, event).run(rotation)
        finally:
            if event.step == "finishSecret":
                self.forget(secret)
        if secret.READ_FROM and outcome in ("finished", "already_finished"):
            self._copies.made(at, self._name(secret), _CURRENT, event.version)
        logger.info("%s has rotated %s: %s %s", at.handler, at.secret, event.step, outcome)
        return outcome


class _Step(Generic[P]):
    """One step of one rotation."""

    def __init__(self, calls: Calls, at: Operation, secret: Secret[P], event: RotationEvent) -> None:
        self.calls = calls
        self.at = at
        self.secret = secret
        self.event = event

    def run(self, rotation: Rotation[P]) -> StepOutcome:
        rotates, labels = self.calls.labels(self.at, self.event.arn)
        if not rotates:
            raise NotEnabledError(self.at)
        held = labels.get(self.event.version, ())
        if _PENDING not in held:
            if _CURRENT in held:
                return "already_finished"
            raise NotPendingError(self.at)
        if self.event.step == "createSecret":
            return self.create(rotation)
        if self.event.step == "setSecret":
            return self.set(rotation)
        if self.event.step == "testSecret":
            return self.test(rotation)
        return self.finish(labels)

    def create(self, rotation: Rotation[P]) -> StepOutcome:
        """The first value under the version's id stays: a step that is done again, or by two at once, makes no other."""
        if self.pending() is not None:
            return "kept"
        _, current = self.current()
        value = self.own_part(lambda: rotation.create(current))
        stored = stored_form(self.at, value, self.secret.PAYLOAD)
        event = self.event
        is_ours = self.calls.put_pending(self.at, event.arn, event.version, event.rotation_token, stored)
        return "created" if is_ours else "kept"

    def set(self, rotation: Rotation[P]) -> StepOutcome:
        pending = self.made()
        version, current = self.current()
        before = None if version == self.event.version else current
        self.own_part(lambda: rotation.set(before, pending))
        return "set"

    def test(self, rotation: Rotation[P]) -> StepOutcome:
        pending = self.made()
        self.own_part(lambda: rotation.test(pending))
        return "tested"

    def finish(self, labels: dict[str, list[str]]) -> StepOutcome:
        """Moves a label and looks again, until both are where they belong.

        What a call did whose answer was lost, or another caller, is found there.
        """
        version, arn = self.event.version, self.event.arn
        # No reader may be given a version that has no value, or none that it can read.
        self.made()
        for number in range(_ROUNDS):
            is_pending = _PENDING in labels.get(version, ())
            current = next((one for one, held in labels.items() if _CURRENT in held), None)
            if current == version and not is_pending:
                return "finished"
            if current != version and not is_pending:
                raise NotPendingError(self.at)
            if current == version:
                if self.calls.relabel(self.at, arn, _PENDING, version, None):
                    return "finished"
            else:
                if number > 0:
                    time.sleep(_PAUSE)
                self.calls.relabel(self.at, arn, _CURRENT, current, version)
            _, labels = self.calls.labels(self.at, arn)
        raise UnsettledError(self.at, _ROUNDS)

    def current(self) -> tuple[str, P | None]:
        return self._value({"VersionStage": _CURRENT})

    def pending(self) -> P | None:
        """By its id alone: its label can have moved on since."""
        return self._value({"VersionId": self.event.version})[1]

    def made(self) -> P:
        """The pending value, which an earlier step has made."""
        found = self.pending()
        if found is None:
            raise NothingPendingError(self.at, self.event.step)
        return found

    def _value(self, which: dict[str, str]) -> tuple[str, P | None]:
        answer = self.calls.version(self.at, self.event.arn, which)
        if answer is None:
            return "", None
        fault = "it is stored as binary"
        try:
            if answer.text is not None:
                return answer.version, cast("P", self.secret.PAYLOAD.parse(answer.text))
        except PayloadFault as error:
            fault = str(error)
        raise InvalidPayloadError(self.at, fault)

    def own_part(self, part: Callable[[], T]) -> T:
        try:
            return part()
        except Exception as error:
            raise StepFailedError(self.at, self.event.step) from error
