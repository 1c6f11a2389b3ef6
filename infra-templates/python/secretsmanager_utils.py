"""The functions of the common layer that keep the Gmail tokens of users, with their names and arguments, on top of `__PACKAGE__`.

They make the calls that the spec grants, and no UpdateSecret. A write loses no change of another function that uses this module or
the Rust client. `region` is where the secrets are.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import __PACKAGE__ as spec
from __PACKAGE__.bundle import FALLBACK_SCOPE, read_account, read_scope, utc_now
from __PACKAGE__.errors import NotFoundError, SecretsError
from __PACKAGE__.tokens import OauthTokens, TokenClient, TokenRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "SecretsManagerError",
    "delete_oauth_tokens",
    "get_oauth_tokens",
    "store_oauth_tokens",
    "update_oauth_tokens",
]

logger = logging.getLogger(__name__)

#: At most this number of users is remembered, for the time between a read and the update that follows it.
_REMEMBERED = 1000

_clients: dict[str, TokenClient] = {}
_lock = threading.Lock()
if hasattr(os, "register_at_fork"):
    # A child process begins with the lock released.
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)
#: The last record that was read or written of a user. A refresh was made with its refresh token.
_records: OrderedDict[tuple[str, str], TokenRecord] = OrderedDict()


class SecretsManagerError(Exception):
    """The tokens could not be read or written. `kind` is a stable word for logs."""

    def __init__(self, message: str, cause: SecretsError | None = None) -> None:
        super().__init__(f"{message}: {cause}" if cause else message)
        self.kind = cause.kind if cause else "invalid_input"


def store_oauth_tokens(
    user_id: str,
    access_token: str,
    refresh_token: str | None,
    expires_in: int,
    scope: str,
    region: str,
    google_user_info: dict[str, Any] | None = None,
) -> None:
    """Stores what a user's consent gave, instead of what was stored before."""
    info = google_user_info or {}
    now = utc_now()
    try:
        tokens = OauthTokens(
            access_token=access_token,
            refresh_token=refresh_token,
            expires_at=now + timedelta(seconds=int(expires_in)),
            expires_in=int(expires_in),
            # By the rules of a stored bundle: a caller can have no scope, or a list.
            scope=FALLBACK_SCOPE if (words := read_scope(scope)) is None else words,
            created_at=now,
            **read_account(info),
        )
    except (OverflowError, TypeError, ValueError):
        tokens = None
    if tokens is None:
        raise SecretsManagerError("The lifetime of the OAuth tokens is not a number of seconds")
    stored = _carry_out("storing", region, user_id, lambda client, user: client._store_tokens(user, tokens))
    _remember(region, user_id, stored)
    logger.info("Stored OAuth tokens for user %s", user_id)


def get_oauth_tokens(user_id: str, region: str) -> dict[str, Any]:
    """The tokens as a dictionary, with `is_expired: True` where the access token has expired."""
    record: TokenRecord = _carry_out("retrieving", region, user_id, lambda client, user: client._get_tokens(user))
    _remember(region, user_id, record)
    data = record.tokens.to_json()
    # Another function may have stored what this one returned.
    data.pop("is_expired", None)
    if record.is_expired:
        logger.warning("Access token for user %s has expired", user_id)
        data["is_expired"] = True
    return data


def update_oauth_tokens(user_id: str, access_token: str, refresh_token: str | None, expires_in: int, region: str) -> None:
    """Writes what a refresh gave; scope, account and every other field stay.

    Where another function has refreshed or reconnected since this process read the tokens, what that one stored stays.
    """
    record = _records.get((region, user_id))
    rotated = refresh_token if record is None or refresh_token != record.tokens.refresh_token else None
    written = _carry_out(
        "updating",
        region,
        user_id,
        lambda client, user: client._update_tokens(
            user, access_token, expires_in, refresh_token=rotated, refreshed_from=record
        ),
    )
    # Otherwise another function was first: what this process has is still what it read.
    if written.tokens.access_token == access_token:
        _remember(region, user_id, written)
    logger.info("Updated OAuth tokens for user %s", user_id)


def delete_oauth_tokens(user_id: str, region: str) -> None:
    """Deletes the tokens at once. Without any that is a warning in the log."""
    with _lock:
        _records.pop((region, user_id), None)
    was_there = _carry_out("deleting", region, user_id, lambda client, user: client._delete(user))
    if was_there:
        logger.info("Deleted OAuth tokens for user %s", user_id)


def _remember(region: str, user_id: str, record: TokenRecord) -> None:
    with _lock:
        _records[region, user_id] = record
        _records.move_to_end((region, user_id))
        while len(_records) > _REMEMBERED:
            _records.popitem(last=False)


def _carry_out(doing: str, region: str, user_id: str, work: Any) -> Any:
    message = f"Error {doing} OAuth tokens for user {user_id}"
    try:
        user = spec.__SECRET__(spec.__KEY__(user_id))
    except ValueError as error:
        raise SecretsManagerError(f"Error {doing} OAuth tokens: {error}") from None
    failure: SecretsError | None = None
    try:
        return work(_client(region), user)
    except NotFoundError as error:
        failure = error
    except SecretsError as error:
        failure = error
    raise SecretsManagerError(message, failure)


def _client(region: str) -> TokenClient:
    with _lock:
        client = _clients.get(region)
        if client is None:
            client = _clients[region] = _handler()(region=region)
        return client


def _handler() -> Any:
    """The class of the handler that this function is, by the fingerprint that it was given or by its deployed name."""
    fingerprint = os.environ.get("SECRETS_FINGERPRINT", "").split(":")
    names = (fingerprint[1] if len(fingerprint) > 1 else "", os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""))
    for name in names:
        found = spec.HANDLERS.get(name)
        if found is not None and issubclass(found, TokenClient):
            return found
    return _AnyHandler


class _AnyHandler(TokenClient):
    """A function that is not a handler of the spec. Only its role decides what it may do."""

    HANDLER = os.environ.get("AWS_LAMBDA_FUNCTION_NAME") or "this function"
    SPEC = "__SOURCE__"
    GRANTS: ClassVar[Mapping[str, frozenset[str]]] = {spec.__SECRET__.ID: frozenset({"read", "store", "update", "delete"})}
    FINGERPRINTS = ("", "")
    __PREFIXES__ = ()

    def _compare(self, applied: str | None, refuse: bool) -> None:
        """Nothing was generated for it, so there is nothing to compare."""
