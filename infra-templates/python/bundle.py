"""Stored token bundles: what can be read of one is read, by the rules of the Rust client.

The JSON is shared by functions in several languages, which store the numbers, times and lists of Google's answers as they got them.
A value can also be cut off, or be a text within a text. The refresh token of such a bundle is not lost, and the next write brings it
into the documented form.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta, timezone
from typing import Any, NoReturn, cast

from .payload import parsed_json

#: The scope of a bundle whose own cannot be read.
FALLBACK_SCOPE = "https://www.googleapis.com/auth/gmail.readonly"
ACCOUNT = ("google_user_id", "google_email", "google_name", "google_verified_email")
FIELDS = ("access_token", "refresh_token", "expires_at", "expires_in", "scope", "token_type", "created_at", *ACCOUNT)
#: What is not known to be good has ended.
LONG_AGO = datetime(1970, 1, 1)

#: Compiled, and kept by `re`, when the first time is read.
_TIME = r"(\d{4}-\d\d-\d\d)[Tt ]\s*(\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?\s*(?:[Zz]|([+-](?:[01]\d|2[0-3])):?([0-5]\d)?)?\Z"
#: As seconds this is the year 5138, as milliseconds 1973.
_FEWEST_MILLISECONDS = 1e11
#: A text within a text within a text is given up.
_DEEPEST = 3
#: What is looked for in a damaged document.
_REMAINS = ("refresh_token", "scope", "google_user_id", "google_email")


def utc_now() -> datetime:
    """The time in UTC, without a time zone, as the stored times are."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def in_utc(time: datetime) -> datetime:
    """The same time in UTC, without a time zone."""
    return time if time.tzinfo is None else time.astimezone(timezone.utc).replace(tzinfo=None)


def written_time(time: datetime) -> str:
    """As every function reads it: `2024-11-01T11:00:00.000000`."""
    return time.isoformat(timespec="microseconds")


def read_time(value: Any) -> datetime | None:
    """A stored time in UTC: with or without seconds, fraction and offset, or seconds since 1970. `None` for anything else."""
    try:
        if isinstance(value, str) and _is_as_written(value):
            return datetime.fromisoformat(value)
        match = re.match(_TIME, value.strip(), re.ASCII) if isinstance(value, str) else None
        if match is None:
            return _of_epoch(_number(value))
        day, minutes, seconds, fraction, hours_off, minutes_off = match.groups()
        # The form that every Python reads. `strptime` would import three modules.
        time = datetime.fromisoformat(f"{day}T{minutes}:{seconds or '00'}.{(fraction or '')[:6]:0<6}")
        if hours_off is None:
            return time
        return time - timedelta(hours=int(hours_off), minutes=int(hours_off[0] + (minutes_off or "0")))
    except (OverflowError, ValueError):
        return None


def _is_as_written(text: str) -> bool:
    """Whether this is the form of `written_time`, for which a start does not compile the expression of the others."""
    marks = text[4:8:3] + text[10:17:3] + text[19:20]
    return len(text) == 26 and marks == "--T::." and text.isascii() and text[20:].isdigit()


def _of_epoch(number: float | None) -> datetime | None:
    """The time this number of seconds after 1970, or of milliseconds where the number is too large for seconds."""
    if number is None or number < 0:
        return None
    seconds = number / 1000 if number >= _FEWEST_MILLISECONDS else number
    whole = int(seconds)
    return LONG_AGO + timedelta(seconds=whole, microseconds=round((seconds - whole) * 1e9) // 1000)


def _number(value: Any) -> float | None:
    """A number, or a text that is one."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)) or (isinstance(value, str) and "_" in value):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    return number if math.isfinite(number) else None


def whole_seconds(value: Any) -> int | None:
    """A lifetime as some function wrote it: `3599`, `3599.5`, `"3599"`. None is shorter than not at all."""
    number = _number(value)
    return int(max(number, 0.0)) if number is not None and number <= 1e15 else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _words(value: Any) -> str | None:
    """A text, or a list of texts."""
    if isinstance(value, tuple):
        words = cast("tuple[object, ...]", value)
        return " ".join(cast("tuple[str, ...]", words)) if all(isinstance(word, str) for word in words) else None
    return _text(value)


def _id(value: Any) -> str | None:
    """A text, or the digits of a number."""
    is_digits = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return str(value) if is_digits else _text(value)


def _flag(value: Any) -> bool | None:
    word = str(value).strip().lower() if isinstance(value, (bool, int, str)) else ""
    return {"true": True, "1": True, "false": False, "0": False}.get(word)


def read_bundle(stored: str) -> dict[str, Any] | None:
    """The arguments of `OauthTokens` for a stored value.

    `None` where there is neither a refresh token nor an access token with its end: such a value is of no use.
    """
    fields = _fields(stored.removeprefix("\ufeff"))
    refresh_token = _refresh_token(fields)
    access_token = _text(fields.get("access_token"))
    expires_in, created_at = whole_seconds(fields.get("expires_in")), read_time(fields.get("created_at"))
    expires_at = read_time(fields.get("expires_at"))
    # With a refresh token it is not worth guessing: what may have ended is refreshed.
    if expires_at is None and refresh_token is None and created_at is not None and expires_in is not None:
        expires_at = _later(created_at, expires_in)
    if refresh_token is None and (access_token is None or expires_at is None):
        return None
    expires_at = LONG_AGO if access_token is None or expires_at is None else expires_at
    scope, token_type = _words(fields.get("scope")), _text(fields.get("token_type"))
    return {
        "access_token": access_token or "",
        "refresh_token": refresh_token,
        "expires_at": expires_at,
        "expires_in": expires_in or 0,
        "scope": FALLBACK_SCOPE if scope is None else scope,
        "token_type": "Bearer" if token_type is None else token_type,
        "created_at": created_at or expires_at,
        **read_account(fields),
        "unknown": {name: value for name, value in fields.items() if name not in FIELDS},
    }


def read_account(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a Google account, where they have a form that can be read."""
    return {
        "google_user_id": _id(fields.get("google_user_id")),
        "google_email": _text(fields.get("google_email")),
        "google_name": _text(fields.get("google_name")),
        "google_verified_email": _flag(fields.get("google_verified_email")),
    }


def read_scope(value: Any) -> str | None:
    """Scopes as a text, of a text or of a list of texts. `None` for anything else."""
    return _words(tuple(cast("list[object]", value)) if isinstance(value, list) else value)


def _later(time: datetime, seconds: int) -> datetime | None:
    try:
        return time + timedelta(seconds=seconds)
    except OverflowError:
        return None


def _fields(stored: str) -> dict[str, Any]:
    """The fields of a bundle, which can be inside a member or a JSON text; of a damaged one, what remains."""
    fields = _nested(_parsed(stored), _DEEPEST)
    if fields is not None:
        return fields
    return _remains(stored.replace('\\"', '"') if '\\"refresh_token\\"' in stored else stored)


def _parsed(stored: str) -> object:
    try:
        # If a field occurs twice, the last value counts.
        return parsed_json(stored, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None


def _nested(document: object, depth: int) -> dict[str, Any] | None:
    if isinstance(document, dict):
        return _unwrapped(cast("dict[str, Any]", document), depth)
    return _nested(_parsed(document), depth - 1) if isinstance(document, str) and depth > 0 else None


def _unwrapped(fields: dict[str, Any], depth: int) -> dict[str, Any]:
    """The fields with those of the member that has the tokens. Members with different refresh tokens stay as they are."""
    if depth == 0 or _refresh_token(fields) or "access_token" in fields:
        return fields
    found = [(name, inner) for name, value in fields.items() if _refresh_token(inner := _nested(value, depth - 1) or {})]
    if len({_refresh_token(inner) for _, inner in found}) != 1:
        return fields
    last, inner = found[-1]
    return {**{name: value for name, value in fields.items() if name != last}, **inner}


def _refresh_token(fields: dict[str, Any]) -> str | None:
    return _text(fields.get("refresh_token")) or None


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("JSON has no such number")


def _remains(stored: str) -> dict[str, Any]:
    """What is found of a damaged document, such as one that is cut off, or one that Python wrote by `str(dict)`.

    A field with two different values is not found.
    """
    found: dict[str, Any] = {}
    for name in _REMAINS:
        pattern = rf"{name}(?=[\"']*\s*:\s*(?:\"([^\"]*)\"|'([^']*)'))"
        values = {double or single for double, single in re.findall(pattern, stored)}
        values = {value for value in values if "\\" not in value}
        if len(values) == 1:
            found[name] = values.pop()
    return found
