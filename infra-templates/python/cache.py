"""The cache of a client: values that were read once, parsed once, and are handed out again while they are fresh.

A hit is one look into a dictionary and one look at a clock. Everything else happens under the lock of the secret's slot:

- one call is in flight for a secret at a time, in a thread of its own, and all readers of that secret share it;
- in the last part of a value's life a read takes it and starts a call in the background;
- after its life a read waits for the call; while AWS cannot be asked, it takes the old value within a bound;
- the end of a write, or `forget`, cuts the call in flight off: an answer to a question from before is not kept.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Hashable
from typing import Any, Callable

from .errors import (
    AccessDeniedError,
    DecryptionError,
    InvalidPayloadError,
    NotFoundError,
    PendingDeletionError,
    SecretsError,
    again,
)

#: AWS has answered, and the answer is that there is nothing to read (any longer): no old value is handed out then.
ANSWERS = (NotFoundError, PendingDeletionError, AccessDeniedError, DecryptionError, InvalidPayloadError)


#: A hit trusts the wall clock alone for this many seconds after both clocks were read.
_GLANCES = 1.0


class _Clock:
    """Seconds that never go back: the longer of what the wall clock and the monotonic clock count.

    Reports differ on which of the two goes on while Lambda freezes a function.
    """

    __slots__ = ("_lock", "_monotonic", "_now", "_wall")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wall, self._monotonic, self._now = time.time(), time.monotonic(), 0.0

    def __call__(self) -> float:
        with self._lock:
            wall, monotonic = time.time(), time.monotonic()
            self._now += max(wall - self._wall, monotonic - self._monotonic)
            self._wall, self._monotonic = wall, monotonic
            return self._now


class CachePolicy:
    """How long values are kept. All times are in seconds."""

    __slots__ = (
        "call_timeout",
        "clock",
        "entries",
        "jitter",
        "negative_ttl",
        "patience",
        "refresh_ahead",
        "retry_after",
        "stale_if_error",
        "ttl",
    )

    def __init__(
        self,
        *,
        ttl: float = 300.0,
        jitter: float = 0.1,
        refresh_ahead: float = 0.2,
        stale_if_error: float = 3600.0,
        patience: float = 0.1,
        negative_ttl: float = 5.0,
        retry_after: float = 1.0,
        call_timeout: float = 10.0,
        entries: int = 10_000,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """`ttl`: the age up to which a value is handed out while AWS answers, so how soon a change by others is seen.

        `jitter`: the share of the ttl by which each value's life is shortened at random.
        `refresh_ahead`: the last share of a life in which a read starts a refresh in the background.
        `stale_if_error`: how long after its life a value is handed out while AWS cannot be asked.
        `patience`: how long a read of such a value waits for AWS first.
        `negative_ttl`: how long it is remembered that there is nothing to read.
        `retry_after`: the pause after a failed refresh. `call_timeout`: when a call is given up.
        `entries`: the most secrets that are kept. `clock`: seconds that never go back;
        by default those of the wall clock or of the monotonic clock, whichever counts more.
        """
        if not ttl > 0 or not call_timeout > 0 or not retry_after > 0 or entries < 1:
            raise ValueError("ttl, call_timeout, retry_after and entries of a cache must be above zero")
        if not 0 <= jitter < 1 or not 0 <= refresh_ahead <= 1:
            raise ValueError("jitter must be from 0 to below 1, and refresh_ahead from 0 to 1")
        self.ttl = ttl
        self.jitter = jitter
        self.refresh_ahead = refresh_ahead
        self.stale_if_error = stale_if_error
        self.patience = patience
        self.negative_ttl = min(negative_ttl, ttl)
        self.retry_after = retry_after
        self.call_timeout = call_timeout
        self.entries = entries
        self.clock = clock


class _Entry:
    """What AWS said about a secret: a value, or an error that is an answer."""

    __slots__ = ("error", "fresh_until", "hit_from", "hit_until", "past_at", "usable_until", "value")

    def __init__(self, value: Any, error: SecretsError | None, asked_at: float, policy: CachePolicy) -> None:
        self.value = value
        self.error = error
        life = policy.negative_ttl if error is not None else policy.ttl * (1 - policy.jitter * random.random())
        ahead = 0.0 if error is not None else policy.refresh_ahead
        #: Until then a read takes it. `retry_after` can move it.
        self.fresh_until = asked_at + life * (1 - ahead)
        self.past_at = asked_at + life
        self.usable_until = asked_at + life + (0.0 if error is not None else policy.stale_if_error)
        #: Between these times of the clock for hits, a hit takes it.
        self.hit_from = self.hit_until = 0.0

    def allow_hits(self, now: float, glance: float) -> None:
        """`now` and `glance` are the times of both clocks of the cache; it is fresh."""
        self.hit_from, self.hit_until = glance, glance + min(self.fresh_until - now, _GLANCES)


class _Flight:
    """One call that reads a secret, and the readers that wait for it."""

    __slots__ = ("asked_at", "done", "entry", "error", "timed_out")

    def __init__(self, asked_at: float, timed_out: Callable[[], SecretsError]) -> None:
        self.asked_at = asked_at
        self.timed_out = timed_out
        self.done = threading.Event()
        self.entry: _Entry | None = None
        self.error: Exception | None = None


class _Slot:
    """The place of one secret. What is in it changes only under its lock; `entry` is read without."""

    __slots__ = ("entry", "epoch", "flight", "lock", "writers")

    def __init__(self) -> None:
        self.entry: _Entry | None = None
        self.flight: _Flight | None = None
        self.lock = threading.Lock()
        #: Changes whenever what is known is replaced or forgotten.
        self.epoch = 0
        #: Writes of this client that have begun and not ended.
        self.writers = 0


class Cache:
    """The cached values of one client."""

    __slots__ = ("_policy", "_slots", "_slots_lock", "_trouble_until", "clock", "fresh", "glance")

    def __init__(self, policy: CachePolicy) -> None:
        self._policy = policy
        self._slots: dict[Hashable, _Slot] = {}
        #: The values that a hit may take, by the same keys as the slots.
        self.fresh: dict[Hashable, _Entry] = {}
        #: The clock for hits. If it is set back, a hit is refused.
        self.glance = policy.clock or time.time
        self.begin()

    def begin(self) -> None:
        """With nothing: also in a child process, where no thread ends the parent's calls in flight or releases its locks."""
        self._slots_lock = threading.Lock()
        self._slots.clear()
        self.fresh.clear()
        self._trouble_until = float("-inf")
        self.clock = self._policy.clock or _Clock()

    def read(self, key: Hashable, load: Callable[[], Any], timed_out: Callable[[], SecretsError]) -> Any:
        """The value of a secret that was not a hit. `load` makes the call; `timed_out` makes the error of a call that hangs."""
        while True:
            slot = self._slot(key)
            now = self.clock()
            with slot.lock:
                entry = slot.entry
                if entry is not None and now < entry.fresh_until:
                    entry.allow_hits(now, self.glance())
                    return _taken(entry)
                flight, is_started = self._flight(key, slot, now, load, timed_out)
            if not is_started:
                self._fly(key, slot, flight, load)
            if entry is not None and entry.error is None and now < entry.past_at:
                return entry.value
            found = self._wait(slot, entry, flight, now)
            if found is not None:
                return _taken(found)

    def _flight(
        self,
        key: Hashable,
        slot: _Slot,
        now: float,
        load: Callable[[], Any],
        timed_out: Callable[[], SecretsError],
    ) -> tuple[_Flight, bool]:
        """The call in flight, or a new one, and whether a thread makes it.

        A call that should have ended long ago hung, or the process was frozen.
        """
        flight = slot.flight
        if flight is not None and now - flight.asked_at <= self._policy.call_timeout:
            return flight, True
        flight = _Flight(now, timed_out)
        thread = threading.Thread(target=self._fly, args=(key, slot, flight, load), name="secrets-refresh", daemon=True)
        is_started = True
        try:
            thread.start()
        except RuntimeError:
            # The process has as many threads as it may have, or is about to end: the reader makes the call itself.
            is_started = False
        slot.flight = flight
        return flight, is_started

    def _wait(self, slot: _Slot, entry: _Entry | None, flight: _Flight, now: float) -> _Entry | None:
        """What a read that has to wait may take; `None` where it has to look again."""
        policy = self._policy
        is_stale = entry is not None and entry.error is None and now < entry.usable_until
        if not is_stale:
            flight.done.wait(policy.call_timeout)
        elif now >= self._trouble_until:
            flight.done.wait(policy.patience)
        if flight.entry is not None:
            return flight.entry
        if slot.flight is not flight and flight.error is None:
            # A write, `forget` or a newer call has cut it off.
            return None
        if is_stale:
            if not flight.done.is_set():
                self._trouble_until = self.clock() + 2 * policy.call_timeout
            return entry
        raise again(flight.error) if flight.error is not None else flight.timed_out()

    def _fly(self, key: Hashable, slot: _Slot, flight: _Flight, load: Callable[[], Any]) -> None:
        policy = self._policy
        value: Any = None
        failure: Exception | None = None
        try:
            value = load()
        except Exception as error:  # noqa: BLE001  (whatever it is, the readers wait for it)
            failure = error
        try:
            with slot.lock:
                is_ours = slot.flight is flight
                if is_ours:
                    slot.flight = None
                if failure is None or isinstance(failure, ANSWERS):
                    self._trouble_until = float("-inf")
                    entry = _Entry(value, failure, flight.asked_at, policy)
                    # A write or a newer call was first: this answer can be older, so its readers look again.
                    if is_ours:
                        flight.entry = entry
                        self._replace(key, slot, entry)
                elif is_ours:
                    flight.error = failure
                    self._failed(slot)
        finally:
            flight.done.set()

    def _failed(self, slot: _Slot) -> None:
        now = self.clock()
        self._trouble_until = now + 2 * self._policy.call_timeout
        entry = slot.entry
        if entry is not None and entry.error is None:
            entry.fresh_until = min(now + self._policy.retry_after, entry.usable_until)

    def _replace(self, key: Hashable, slot: _Slot, entry: _Entry | None) -> None:
        slot.epoch += 1
        slot.entry = entry
        if entry is None or entry.error is not None:
            self.fresh.pop(key, None)
        else:
            self.fresh[key] = entry

    def begin_write(self, key: Hashable) -> int:
        """Before a write: from here on no call that is in flight may change what is known."""
        slot = self._slot(key)
        with slot.lock:
            slot.writers += 1
            slot.flight = None
            return slot.epoch

    def end_write(self, key: Hashable, epoch: int, value: Any, sent: bool) -> None:
        """After a write. `value` is kept if nothing else was learned since the write began; `None` forgets what is known."""
        slot = self._slot(key)
        with slot.lock:
            slot.writers -= 1
            slot.flight = None
            if not sent:
                return
            is_alone = slot.epoch == epoch and slot.writers == 0
            entry = _Entry(value, None, self.clock(), self._policy) if is_alone and value is not None else None
            self._replace(key, slot, entry)

    def forget(self, key: Hashable) -> None:
        """The next read asks AWS."""
        slot = self._slot(key)
        with slot.lock:
            slot.flight = None
            self._replace(key, slot, None)

    def _slot(self, key: Hashable) -> _Slot:
        slot = self._slots.get(key)
        if slot is not None:
            return slot
        with self._slots_lock:
            slot = self._slots.get(key)
            if slot is None:
                self._make_room()
                slot = self._slots[key] = _Slot()
            return slot

    def _make_room(self) -> None:
        """Drops the oldest slots that no call and no write is at work on."""
        excess = len(self._slots) - self._policy.entries + 1
        if excess <= 0:
            return
        idle = [key for key, slot in self._slots.items() if slot.flight is None and slot.writers == 0]
        for key in idle[: max(excess, self._policy.entries // 16)]:
            del self._slots[key]
            self.fresh.pop(key, None)


def _taken(entry: _Entry) -> Any:
    if entry.error is not None:
        raise again(entry.error)
    return entry.value
