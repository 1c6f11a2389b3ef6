"""The OAuth tokens of a user as one secret: the bundle, and its life from consent to disconnection.

The JSON is shared by functions in several languages. Reading is lenient: a bundle that some function wrote is not refused for the
form of one field, and never loses its refresh token. Writing is strict: documented order, times in UTC with six digits of
microseconds and no offset.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, cast

from .bundle import (
    ACCOUNT,
    FALLBACK_SCOPE,
    FIELDS,
    LONG_AGO,
    in_utc,
    read_bundle,
    read_time,
    utc_now,
    whole_seconds,
    written_time,
)
from .client import Client
from .errors import InvalidInputError, PayloadFault
from .frozen import frozen, thawed
from .payload import Payload, write_json
from .secret import Found, Secret, Written

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__package__)


class OauthTokens(Payload):
    """The tokens of one user. `repr` shows no value. They cannot be changed: `with_changes` makes a copy."""

    SCHEMA: ClassVar[dict[str, Any] | None] = None

    __slots__ = (*FIELDS, "unknown")

    access_token: str
    refresh_token: str | None
    expires_at: datetime
    expires_in: int
    scope: str
    token_type: str
    created_at: datetime
    google_user_id: str | None
    google_email: str | None
    google_name: str | None
    google_verified_email: bool | None
    unknown: Mapping[str, Any]

    def __init__(
        self,
        *,
        access_token: str,
        expires_at: datetime,
        expires_in: int,
        scope: str,
        created_at: datetime,
        refresh_token: str | None = None,
        token_type: str = "Bearer",
        google_user_id: str | None = None,
        google_email: str | None = None,
        google_name: str | None = None,
        google_verified_email: bool | None = None,
        unknown: Mapping[str, Any] | None = None,
    ) -> None:
        fields = {
            "access_token": access_token,
            "refresh_token": refresh_token or None,
            "expires_at": in_utc(expires_at),
            "expires_in": expires_in,
            "scope": scope,
            "token_type": token_type,
            "created_at": in_utc(created_at),
            "google_user_id": google_user_id,
            "google_email": google_email,
            "google_name": google_name,
            "google_verified_email": google_verified_email,
            # Fields that this module does not know, which the next write keeps.
            "unknown": frozen({name: value for name, value in (unknown or {}).items() if name not in FIELDS}),
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, ({name: getattr(self, name) for name in self.__slots__},)

    def is_expired(self, now: datetime | None = None) -> bool:
        """Whether the access token is refused: now is at or after `expires_at`."""
        return in_utc(now or utc_now()) >= self.expires_at

    def is_surely_of(self, other: OauthTokens) -> bool:
        """Whether both are known by the ids of their Google accounts, and known to be of one account."""
        return bool(self.google_user_id) and self.google_user_id == other.google_user_id

    def is_same_as_verified(self, now: OauthTokens) -> bool | None:
        """Whether these, which are stored, belong to the account that Google has named just now; `None` where it cannot be told.

        If both have ids, the ids decide. Otherwise the addresses are compared, which Google must have verified for the account that
        it names now.
        """
        if self.google_user_id and now.google_user_id:
            return self.is_surely_of(now)
        stored, verified = (self.google_email or "").strip(), (now.google_email or "").strip()
        if not stored or not verified or now.google_verified_email is not True:
            return None
        return _lowered(stored) == _lowered(verified)

    @classmethod
    def parse(cls, stored: str) -> OauthTokens:
        read = read_bundle(stored)
        if read is None:
            raise PayloadFault("it has neither a refresh token nor an access token with its end")
        return cls(**read)

    @classmethod
    def parse_binary(cls, stored: bytes) -> OauthTokens:
        """A bundle that was stored as binary is not lost either; the next write stores a text."""
        text = None
        try:
            text = stored.decode("utf-8")
        except UnicodeDecodeError:
            text = None
        if text is None:
            raise PayloadFault("it is stored as binary")
        return cls.parse(text)

    def to_json(self) -> dict[str, Any]:
        """The document in its documented order. What is not known is left out."""
        document: dict[str, Any] = {"access_token": self.access_token}
        if self.refresh_token:
            document["refresh_token"] = self.refresh_token
        document["expires_at"] = written_time(self.expires_at)
        document["expires_in"] = whole_seconds(self.expires_in) or 0
        document["scope"] = self.scope
        document["token_type"] = self.token_type
        document["created_at"] = written_time(self.created_at)
        for name in ACCOUNT:
            value = getattr(self, name)
            if value is not None:
                document[name] = value
        document.update(thawed(self.unknown))
        return document

    def to_stored(self) -> str:
        texts = ("access_token", "scope", "token_type"), ("refresh_token", *ACCOUNT[:3])
        for names, may_be_none in zip(texts, (False, True)):
            for name in names:
                value = getattr(self, name)
                if not isinstance(value, str) and not (may_be_none and value is None):
                    raise PayloadFault(f"`{name}` is not a string")
        if not isinstance(cast(object, self.google_verified_email), (bool, type(None))):
            raise PayloadFault("`google_verified_email` is not `True` or `False`")
        return write_json(self.to_json(), None)

    def with_changes(self, **changes: Any) -> OauthTokens:
        """A copy with some fields changed."""
        fields = {name: getattr(self, name) for name in (*FIELDS, "unknown")}
        return OauthTokens(**{**fields, **changes})


def _made(fields: dict[str, Any]) -> OauthTokens:
    return OauthTokens(**fields)


class TokenRecord:
    """Tokens as they were read or written, whether the access token was expired then, and the version."""

    __slots__ = ("is_expired", "tokens", "version")

    def __init__(self, tokens: OauthTokens, version: str) -> None:
        self.tokens = tokens
        self.is_expired = tokens.is_expired()
        self.version = version

    def __repr__(self) -> str:
        return f"TokenRecord({self.tokens!r}, is_expired={self.is_expired}, version={self.version!r})"


class StoredTokens(TokenRecord):
    """What a store left behind. `change` is `created`, `same_account`, `switched`, or `unknown` where nobody can tell."""

    __slots__ = ("change",)

    def __init__(self, tokens: OauthTokens, version: str, change: str) -> None:
        super().__init__(tokens, version)
        self.change = change


class TokenClient(Client):
    """The base of the handlers that use the tokens of users."""

    def _get_tokens(self, user: Secret[OauthTokens]) -> TokenRecord:
        found = self._read(user)
        return TokenRecord(found.value, found.version)

    def _store_tokens(self, user: Secret[OauthTokens], new: OauthTokens) -> StoredTokens:
        """Stores what a consent gave. A refresh token that the consent did not bring is kept if it is surely of the same account."""
        _expiry(self, user, new.access_token, new.expires_in)
        change = "unknown"

        def replace(found: Found[OauthTokens]) -> OauthTokens:
            nonlocal change
            change = _account_change(found, new)
            stored = found.value
            if stored is not None and new.refresh_token is None and stored.is_same_as_verified(new) is True:
                return new.with_changes(refresh_token=stored.refresh_token)
            return new

        written = self._store_with(user, replace)
        logger.info("tokens stored: %s", change)
        return StoredTokens(written.value, written.version, change)

    def _update_tokens(
        self,
        user: Secret[OauthTokens],
        access_token: str,
        expires_in: int,
        *,
        refresh_token: str | None = None,
        refreshed_from: TokenRecord | None = None,
    ) -> TokenRecord:
        """Writes what a refresh gave: the access token and its expiry. Every other field stays.

        `refreshed_from` is the record whose refresh token was used. If others have refreshed or reconnected since, what they
        stored is returned instead: the new access token may belong to an account that is gone.
        """
        now, expires_at = _expiry(self, user, access_token, expires_in)
        fresh = {"access_token": access_token, "expires_in": expires_in, "expires_at": expires_at}
        if refresh_token:
            fresh["refresh_token"] = refresh_token
        basis = refreshed_from.tokens if refreshed_from is not None else None
        is_first = True

        def change(found: Found[OauthTokens]) -> OauthTokens | None:
            nonlocal basis, is_first
            was_first, is_first = is_first, False
            stored = found.value
            if stored is None:
                fallback = OauthTokens(
                    access_token="", expires_at=now, expires_in=0, scope=FALLBACK_SCOPE, created_at=now
                )
                return fallback.with_changes(**fresh)
            # What is there when the update begins is what the caller vouches for. Nothing that comes later is.
            if was_first and basis is None:
                basis = stored
            is_ours = basis is not None and stored.access_token == basis.access_token
            is_same = basis is not None and stored.is_expired(now) and stored.is_surely_of(basis)
            return stored.with_changes(**fresh) if is_ours or is_same else None

        written: Written[OauthTokens] = self._update(user, change)
        return TokenRecord(written.value, written.version)


def _account_change(found: Found[OauthTokens], new: OauthTokens) -> str:
    stored = found.value
    if stored is None:
        return "unknown" if found.fault is not None else "created"
    return {True: "same_account", False: "switched", None: "unknown"}[stored.is_same_as_verified(new)]


def _lowered(text: str) -> bytes:
    """With small letters instead of the capital ones of ASCII alone."""
    return text.encode("utf-8", "surrogatepass").lower()


def _expiry(
    client: Client, user: Secret[OauthTokens], access_token: str, expires_in: int
) -> tuple[datetime, datetime]:
    """Now, and when the token expires."""
    at = client.operation("update", user)
    if not isinstance(cast(object, access_token), str) or not access_token:
        raise InvalidInputError(at, "the access token is empty or not a string")
    now = utc_now()
    lifetime = whole_seconds(expires_in)
    expires_at = read_time(_seconds_since_1970(now) + lifetime) if lifetime is not None else None
    if expires_at is None:
        raise InvalidInputError(at, "the lifetime of the access token is not a number of seconds before the year 9999")
    return now, expires_at


def _seconds_since_1970(time: datetime) -> float:
    return (time - LONG_AGO).total_seconds()
