"""The fingerprint of a handler: what it relies on, compared with what the Terraform was applied for."""

from __future__ import annotations

import re
from typing import NamedTuple

_LONGEST = 4096
_WORD = re.compile(r"[A-Za-z0-9_-]+\Z")
_DIGEST = re.compile(r"[0-9a-f]{8}\Z")


class _Part(NamedTuple):
    """What is relied on of one secret: digests of its name, its payload and its key."""

    secret: str
    verbs: str
    name: str
    payload: str
    key: str
    region: str
    #: The Regions of the copies that are read.
    copies: str


class _Fingerprint(NamedTuple):
    handler: str
    prefix_variable: str
    #: `None` in the short form.
    parts: list[_Part] | None
    #: Digests over all secrets: names, verbs, payloads, keys. Empty in the long form.
    totals: tuple[str, ...]


def _read(text: str) -> _Fingerprint | None:
    fields = text.split(":")
    if len(text) > _LONGEST or len(fields) != 4 or fields[0] != "1" or not _WORD.match(fields[1]):
        return None
    if fields[2] and not _WORD.match(fields[2]):
        return None
    if not fields[3].startswith("="):
        totals = tuple(fields[3].split("."))
        is_good = len(totals) == 4 and all(_DIGEST.match(total) for total in totals)
        return _Fingerprint(fields[1], fields[2], None, totals) if is_good else None
    parts: list[_Part] = []
    for piece in filter(None, fields[3][1:].split(";")):
        part = _read_part(piece)
        if part is None:
            return None
        parts.append(part)
    return _Fingerprint(fields[1], fields[2], parts, ())


def _read_part(text: str) -> _Part | None:
    fields = text.split(".")
    if not 4 <= len(fields) <= 7:
        return None
    secret, verbs, name, payload, key, region, copies = fields + [""] * (7 - len(fields))
    is_good = (
        _WORD.match(secret)
        and all(_WORD.match(verb) for verb in verbs.split("+"))
        and _DIGEST.match(name)
        and _DIGEST.match(payload)
        and (not key or _DIGEST.match(key))
        and (not region or _WORD.match(region))
        and (not copies or all(_WORD.match(copy) for copy in copies.split("+")))
    )
    return _Part(secret, verbs, name, payload, key, region, copies) if is_good else None


def differences(generated: tuple[str, str], applied_text: str) -> list[str]:
    """In what the fingerprint of this module, in its long and its short form, differs from the one that was applied."""
    applied = _read(applied_text)
    here = _read(generated[0])
    if applied is None or here is None:
        return ["the fingerprint that is given is not one that this module can read"]
    if here.handler != applied.handler:
        return [f"the fingerprint that is given is that of `{applied.handler}`"]
    found: list[str] = []
    if here.prefix_variable != applied.prefix_variable:
        found.append("the prefix of an environment is in another variable, or only one of them has prefixes")
    if here.parts is not None and applied.parts is not None:
        return found + _each(here.parts, applied.parts)
    short = _read(generated[1])
    return found + (_together(short.totals, applied.totals) if short is not None else [])


def _together(here: tuple[str, ...], there: tuple[str, ...]) -> list[str]:
    what = ("names", "verbs", "payloads", "keys or Regions")
    differing = [word for word, mine, other in zip(what, here, there) if mine != other]
    # Where the names differ, so does all that is counted with them.
    shown = differing[:1] if differing[:1] == ["names"] else differing
    return [f"the {word} of its secrets differ, and the fingerprint is too short to say which" for word in shown]


def _each(here: list[_Part], there: list[_Part]) -> list[str]:
    """A secret is the same by its name; otherwise one that has the same id, and another name."""
    by_name: dict[str, _Part] = {part.name: part for part in there}
    names = {part.name for part in here}
    moved = {part.secret: part for part in there if part.name not in names}
    found: list[str] = []
    for part in here:
        applied = by_name.get(part.name) or moved.pop(part.secret, None)
        if applied is None:
            found.append(f"the grant `{_words(part.verbs)}` on `{part.secret}` is not applied")
        else:
            found.extend(_between(part, applied))
    found.extend(
        f"the grant `{_words(part.verbs)}` on `{part.secret}` is applied, and this module does not have it"
        for part in moved.values()
    )
    return found


def _between(here: _Part, applied: _Part) -> list[str]:
    found: list[str] = []
    if here.verbs != applied.verbs:
        found.append(
            f"the grant on `{here.secret}` is `{_words(here.verbs)}` here, and `{_words(applied.verbs)}` is applied"
        )
    for what, mine, other in (
        ("name", here.name, applied.name),
        ("payload", here.payload, applied.payload),
        ("key", here.key, applied.key),
        ("Region", here.region, applied.region),
        ("list of copies", here.copies, applied.copies),
    ):
        if mine != other:
            found.append(f"`{here.secret}` has another {what}")
    return found


def _words(verbs: str) -> str:
    return verbs.replace("+", ", ")
