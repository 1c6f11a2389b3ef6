"""The client: one method for each verb, and the loop behind every write."""

from __future__ import annotations

import logging
import os
import weakref
from typing import TYPE_CHECKING, Any, Callable, ClassVar, cast

from .cache import Cache, CachePolicy
from .errors import (
    ConfigError,
    InvalidInputError,
    NotFoundError,
    NotGrantedError,
    Operation,
    OutdatedError,
    PayloadFault,
    PendingDeletionError,
    Refused,
    TransportError,
)
from .secret import Current, Found, P, Secret, Versioned, Written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .copies import Copies
    from .write import Attempt

logger = logging.getLogger(__package__)

#: The environment variable with the fingerprint of what was applied.
_FINGERPRINT_VARIABLE = "SECRETS_FINGERPRINT"

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
    "rotate": "rotate",
    "random_password": "generate",
}


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
        regional_clients: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] | None = None,
        refuse_other_infrastructure: bool = False,
        cache: CachePolicy | None = None,
    ) -> None:
        """Makes no call to AWS.

        `boto3_client`: a Secrets Manager client; otherwise one is made at the first call, with short time limits.
        `prefix`, `region`: otherwise from the variables that the output `handler_environments` of the Terraform gives.
        `regional_clients`: the same as `boto3_client` for other Regions that secrets or copies are in, by their names.
        `environ`: these variables; by default those of the process.
        `refuse_other_infrastructure`: raise `OutdatedError` where another spec was applied, instead of a warning.

        Raises `ConfigError`.
        """
        variables: Mapping[str, str] = os.environ if environ is None else environ
        self._variables = variables
        self._compare(variables.get(_FINGERPRINT_VARIABLE), refuse_other_infrastructure)
        self._prefix = self._prefix_of(prefix, variables)
        # Loaded here, as a function makes one client and imports those of all handlers.
        from .calls import Calls

        self._calls = Calls(boto3_client, region or variables.get("SECRETS_REGION"), regional_clients or {}, variables)
        policy = cache or CachePolicy()
        self._cache = Cache(policy)
        self._fresh = self._cache.fresh
        self._glance = self._cache.glance
        self._stale_bound = policy.stale_if_error
        self._known_copies: Copies | None = None
        _all.add(self)

    def _compare(self, applied: str | None, refuse: bool) -> None:
        if applied is None or applied in self.FINGERPRINTS:
            return
        # Loaded where something differs: a start that is as it should be does not pay for it.
        from .fingerprint import differences as differences_of

        differences = differences_of(self.FINGERPRINTS, applied)
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
                f"the environment's prefix is not set; set `{self.PREFIX_VARIABLE}` to one of {declared}"
            )
        if found not in self.PREFIXES:
            raise ConfigError(f"the spec declares no environment with the prefix {found[:80]!r}; it has {declared}")
        return found

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """A verb that the handler is granted on no secret: says which grant is missing."""
            verb = _METHODS.get(name)
            missing = f"`{type(self).__name__}` has no attribute `{name}`"
            if verb is None:
                raise AttributeError(missing)

            def refused(secret: Any = None, *_: Any, **__: Any) -> Any:
                if verb == "generate":
                    raise NotGrantedError(Operation(self.HANDLER, verb, "a password"), self.SPEC)
                self._at(verb, secret)
                # The verb is granted, but this method works on bundles of tokens only.
                raise AttributeError(missing)

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
        return secret.name if secret.OUTSIDE_PREFIXES else self._prefix + secret.name

    # Reads

    def _read(self, secret: Secret[P]) -> Versioned[P]:
        at = self._at("read", secret)
        return self._current(at, secret).versioned(at)

    def _read_previous(self, secret: Secret[P]) -> Versioned[P]:
        at = self._at("read_previous", secret)
        return self._current(at, secret, "AWSPREVIOUS").versioned(at)

    def _cached(self, secret: Secret[P]) -> Versioned[P]:
        entry = self._fresh.get(secret.name)
        if entry is not None and entry.hit_from <= self._glance() < entry.hit_until:
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

    def _current(self, at: Operation, secret: Secret[Any], stage: str = "AWSCURRENT") -> Current:
        if secret.READ_FROM and at.verb in ("read", "read_previous"):
            name = self._name(secret)
            ask = lambda client, there: self._asked(there, secret, stage, client)
            return self._copies.read(at, secret.READ_FROM, name, stage, ask)
        return self._asked(at, secret, stage)

    @property
    def _copies(self) -> Copies:
        """What is known of copies. Made at the first read of a secret that has any which are read."""
        if self._known_copies is None:
            from .copies import Copies

            with self._calls.lock:
                if self._known_copies is None:
                    here = self._variables.get("AWS_REGION")
                    self._known_copies = Copies(self._calls, here, self._cache.clock, self._stale_bound)
        return self._known_copies

    def _asked(self, at: Operation, secret: Secret[Any], stage: str, client: Any = None) -> Current:
        try:
            answer = self._calls.get(at, self._name(secret), stage, client)
        except PendingDeletionError:
            return Current("pending")
        except NotFoundError as error:
            return Current("empty" if isinstance(error, Refused.NoValueError) else "absent")
        fault = None
        try:
            payload, text = secret.PAYLOAD, answer.text
            value = payload.parse_binary(answer.binary) if text is None else payload.parse(text)
            return Current("value", value=value, version=answer.version, arn=answer.arn)
        except PayloadFault as error:
            fault = str(error)
        return Current("unreadable", version=answer.version, arn=answer.arn, fault=fault)

    # Writes

    def _store(self, secret: Secret[P], value: P) -> Written[P]:
        return self._write(self._at("store", secret), secret, lambda _: value)

    def _store_with(self, secret: Secret[P], change: Callable[[Found[P]], P | None]) -> Written[P]:
        return self._write(self._at("store", secret), secret, change)

    def _update(self, secret: Secret[P], change: Callable[[Found[P]], P | None]) -> Written[P]:
        return self._write(self._at("update", secret), secret, change)

    def _write(self, at: Operation, secret: Secret[P], change: Callable[[Found[P]], P | None]) -> Written[P]:
        # Loaded at the first write: most functions only read.
        from .write import Attempt

        epoch = self._cache.begin_write(secret.name)
        attempt = Attempt()
        written: Written[P] | None = None
        try:
            written = self._attempts(at, secret, change, attempt)
            return written
        finally:
            kept = None if written is None else Versioned(written.value, written.version)
            self._cache.end_write(secret.name, epoch, kept, attempt.sent or kept is not None)

    def _attempts(
        self, at: Operation, secret: Secret[P], change: Callable[[Found[P]], P | None], attempt: Attempt
    ) -> Written[P]:
        from .write import stored_form

        name = self._name(secret)
        while True:
            current = self._current(at, secret)
            if attempt.issuccessor_of_ours(current):
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
            stored = stored_form(at, value, secret.PAYLOAD)
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
        self, at: Operation, secret: Secret[Any], current: Current, name: str, stored: str
    ) -> tuple[str, str]:
        from .write import successor_of

        if current.state == "absent":
            return self._calls.create(at, name, self._kms_key(at, secret), stored)
        if current.state == "empty":
            return self._calls.put(at, name, successor_of(f"first:{name}"), stored)
        # By the ARN: a secret that was deleted and created again under the name has another one.
        return self._calls.put(at, current.arn, successor_of(current.version), stored)

    def _kms_key(self, at: Operation, secret: Secret[Any]) -> str | None:
        if secret.KMS_VARIABLE is None:
            return secret.KMS_ALIAS
        found = self._variables.get(secret.KMS_VARIABLE)
        if not found:
            raise InvalidInputError(
                at, f"the ARN of its KMS key is not set; set `{secret.KMS_VARIABLE}` in the environment of the function"
            )
        return found

    def _delete(self, secret: Secret[Any]) -> bool:
        """Deletes the secret at once. `False` where AWS says that there was none, which is also a warning in the log.

        For a deletion without a recovery window AWS does not always say so.
        """
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


#: The clients that a child process inherits.
_all: weakref.WeakSet[Client] = weakref.WeakSet()


def _after_fork() -> None:
    """In a child process: on one connection, two processes would read each other's answers."""
    for client in list(_all):
        client._cache.begin()
        client._calls.begin()
        if client._known_copies is not None:
            client._known_copies.begin(client._cache.clock)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
