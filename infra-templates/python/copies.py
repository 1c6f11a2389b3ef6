"""Copies of a secret in other Regions: which place a read asks, in which order, and whether the answer of a copy counts.

A read asks the copy in the Region that the function runs in, if there is one, and then the secret's own Region. While that is down,
it asks the other copies, up to the bound of the cache for old values. A copy's answer counts if it is a value that is not older than
what this process knows. The Rust client does the same.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, Callable

from .errors import (
    CredentialsError,
    Operation,
    SecretsError,
    TransportError,
    UnavailableError,
)

if TYPE_CHECKING:
    from .calls import Calls
    from .secret import Current

logger = logging.getLogger(__package__)

#: A Region that is down is asked again after this number of seconds, by one read.
_AGAIN = 10.0

#: The secret's own Region, its name with the prefix, and a label.
_Key = tuple[str, str, str]
#: The version that is known, and how often that has changed: what a read brings that began before a change is not kept.
_Known = tuple["str | None", int]
_NOTHING: _Known = (None, 0)


class Copies:
    """What a client knows of copies: which Regions are down, and which version of a secret it has seen or made."""

    def __init__(self, calls: Calls, here: str | None, clock: Callable[[], float], bound: float) -> None:
        """`here`: the Region that the function runs in. `bound`: how long an outage is bridged, in seconds of the clock."""
        self._calls = calls
        self._here = here
        self._clock = clock
        self._bound = bound
        self._known: dict[_Key, _Known] = {}
        #: By the Region: since when it is down, and from when on it is asked again.
        self._outages: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def begin(self, clock: Callable[[], float]) -> None:
        """In a child process, where no thread of the parent releases the lock."""
        self._clock = clock
        self._outages.clear()
        self._lock = threading.Lock()

    def read(
        self, at: Operation, regions: tuple[str, ...], name: str, stage: str, ask: Callable[[Any, Operation], Current]
    ) -> Current:
        """The version with a label, from the first place that has an answer. `ask` asks one boto3 client."""
        own = at.region or self._calls.region(at)
        key = (own, name, stage)
        before = self._known.get(key, _NOTHING)
        places = self._places(own, regions)
        failure: SecretsError = TransportError(at, "connection")
        for number, region in enumerate(places):
            there = Operation(at.handler, at.verb, at.secret, region)
            client = self._client(at, own, region, is_last=number == len(places) - 1)
            try:
                current = ask(client, at if region == own else there)
            except (TransportError, UnavailableError) as error:
                self._went_down(at, region)
                failure = error if region == own else failure
                continue
            except SecretsError as error:
                if not isinstance(error, CredentialsError):
                    self._came_back(at, region)
                # A place that is always asked hides no missing policy. Of another copy, the answer says nothing.
                if region in (own, self._here):
                    raise
                continue
            self._came_back(at, region)
            if region == own or self._counts(there, key, current, client):
                self._saw(key, current.version or None, before)
                return current
        raise failure

    def made(self, at: Operation, name: str, stage: str, version: str) -> None:
        """Remembers a version that this client has made the current one: no copy that is older counts."""
        key = (at.region or self._calls.region(at), name, stage)
        with self._lock:
            self._known[key] = (version, self._known.get(key, _NOTHING)[1] + 1)

    def _client(self, at: Operation, own: str, region: str, *, is_last: bool) -> Any:
        """A place that others can be asked after is given up early."""
        if region != own:
            return self._calls.of_copy(region)
        return self._calls.of(at) if is_last else self._calls.of_impatient(at)

    def _places(self, own: str, regions: tuple[str, ...]) -> list[str]:
        """The Regions to ask, in their order: that of a copy that is down comes last."""
        copies = [region for region in regions if region != own and self._calls.has_copies_in(region)]
        states = {region: self._state(region, float("inf")) for region in copies}
        up = [region for region in copies if states[region] == "up"]
        here = [region for region in up if region == self._here]
        others = [region for region in up if region != self._here]
        down = [region for region in copies if states[region] == "down"]
        return {
            "up": [*here, own, *others, *down],
            "down": [*here, *others, own, *down],
            "alone": [*here, own],
        }[self._state(own, self._bound)]

    def _state(self, region: str, bound: float) -> str:
        """`up`; `down`: copies are asked before it; or `alone`: no copies are asked, it has been down for longer than the bound.

        Of all reads while a Region is down, one asks it every few seconds.
        """
        with self._lock:
            now = self._clock()
            since, again = self._outages.get(region, (now, now))
            if bound <= 0 or now - since > bound:
                return "alone"
            if now < again:
                return "down"
            if region in self._outages:
                self._outages[region] = (since, now + _AGAIN)
            return "up"

    def _went_down(self, at: Operation, region: str) -> None:
        with self._lock:
            now = self._clock()
            is_new = region not in self._outages
            self._outages[region] = (self._outages.get(region, (now, now))[0], now + _AGAIN)
        if is_new:
            logger.warning("%s from %s: the Region is down; another one is asked", at, region)

    def _came_back(self, at: Operation, region: str) -> None:
        with self._lock:
            was_down = self._outages.pop(region, None) is not None
        if was_down:
            logger.info("%s from %s: the Region is back", at, region)

    def _counts(self, at: Operation, key: _Key, current: Current, client: Any) -> bool:
        """Whether a copy's answer counts. That there is nothing says nothing: the copy may not be there yet.

        A version that is not the known one is a later one if the copy has, or had, the known one too.
        """
        known = self._known.get(key, _NOTHING)[0]
        if not current.version or known in (None, current.version):
            return bool(current.version)
        _, name, stage = key
        if stage == "AWSCURRENT" and known is not None and self._calls.has_version(at, name, known, client):
            return True
        logger.debug("%s from %s: the copy is older than what is known", at, at.region)
        return False

    def _saw(self, key: _Key, version: str | None, before: _Known) -> None:
        with self._lock:
            now = self._known.get(key, _NOTHING)
            if now[1] == before[1] and now[0] != version:
                self._known[key] = (version, now[1] + 1)
