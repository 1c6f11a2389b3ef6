"""What a write follows: the id of the next version, and what refused calls teach.

A write names the version that it follows: its `ClientRequestToken` is derived from the version that was read, so that each version
has at most one successor. A writer that read an old version is refused in its one call, reads again, and applies its change to
what it finds. Nothing is lost and no lock is held. Source: PutSecretValue, `ClientRequestToken`:
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
"""

from __future__ import annotations

import random
import time
import uuid
from typing import TYPE_CHECKING, cast

from .errors import (
    ConflictError,
    InvalidInputError,
    InvalidPayloadError,
    Operation,
    PayloadFault,
    PendingDeletionError,
    TooLargeError,
)

if TYPE_CHECKING:
    from .payload import Payload
    from .secret import Current

#: The namespace of all derived tokens. Every writer in every language uses this one.
_NAMESPACE = uuid.UUID("5c0c4ad7-6a34-4d9c-9d6e-2f3b71c8e0a5")
#: AWS stores no larger value.
_MAX_VALUE_BYTES = 65_536

#: How often other writers may win in a row.
_MAX_LOST = 100
#: How often reads may return what is known to be out of date. Together about three seconds.
_MAX_STALE = 6
#: How often AWS may be busy with a deletion. Together about ten seconds.
_MAX_BUSY = 8
_FIRST_PAUSE = 0.05
#: Losers of one race come back spread over this time.
_SPREAD = 0.01


class Attempt:
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

    def remember(self, outcome: str, version: str, current: Current) -> None:
        if outcome == "wrote_before":
            self._ours = version
        if outcome in ("taken", "wrote_before"):
            self._has_successor = current.version or None
            self._name_exists = current.state == "absent"

    def issuccessor_of_ours(self, current: Current) -> bool:
        return self._ours is not None and bool(current.version) and successor_of(self._ours) == current.version

    def is_out_of_date(self, current: Current) -> bool:
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


def successor_of(version: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, version))


def stored_form(at: Operation, value: Payload, kind: type[Payload]) -> str:
    """The text to store, if it is of the payload's class and AWS takes it."""
    if not isinstance(cast(object, value), kind):
        raise InvalidInputError(at, f"the new value is not a `{kind.__name__}`, but a `{type(value).__name__}`")
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
