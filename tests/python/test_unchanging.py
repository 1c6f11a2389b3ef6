"""Values that all callers of a cache share cannot be changed by one of them, and none shows what is in it by accident."""

import copy
import dataclasses
import io
import json
import logging
import pickle
import pprint
import traceback

import paypulse_secrets as spec
import pytest
import warehouse
from paypulse_secrets import OauthTokens
from paypulse_secrets.errors import InvalidPayloadError
from paypulse_secrets.payload import Json, Text

from test_cache import Answers
from test_payloads import MAIL

SECRET = "hunter2"
STORED_MAIL = MAIL.replace('"p"', f'"{SECRET}"')
LOGIN = json.dumps({"username": "shop", "password": SECRET, "later": {"list": [1, {"a": 1}]}})
BUNDLE = json.dumps(
    {
        "access_token": SECRET,
        "refresh_token": SECRET,
        "expires_at": "2024-11-01T11:00:00.000000",
        "expires_in": 3600,
        "scope": ["openid", "email"],
        "later": {"list": [1, {"a": 1}]},
    }
)


class Reads(warehouse.Client):
    HANDLER, SPEC, FINGERPRINTS = "reads", "spec.rs", ("", "")
    GRANTS = {"MailAccess": frozenset({"read"}), "DatabaseLogin": frozenset({"read"}), "Any": frozenset({"read"})}


class AnyDocument(warehouse.Secret):
    ID, PAYLOAD = "Any", warehouse.payload.Json

    __slots__ = ()

    def __init__(self):
        super().__init__("any")


def cached(stored, secret, handler=Reads):
    client = handler(Answers(stored), environ={})
    return lambda: client._cached(secret)


VALUES = [
    (LOGIN, warehouse.DatabaseLogin(), Reads),
    (LOGIN, AnyDocument(), Reads),
    (BUNDLE, spec.GmailUserTokens(spec.UserId("u")), spec.FetchInvoices),
    (SECRET, spec.JwtSigningKey(), spec.LoginUser),
    (STORED_MAIL, warehouse.MailAccess(), Reads),
]


def every_part(value, depth=0):
    """A value, and all that can be reached from it."""
    yield value
    if depth < 8:
        names = [name for name in dir(type(value)) if not name.startswith("__")] + list(getattr(value, "__dict__", ()))
        parts = [] if isinstance(value, (str, int, float, bytes)) else [getattr(value, name, None) for name in names]
        parts += list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, tuple) else []
        for part in parts:
            if isinstance(part, (dict, list, tuple, warehouse.payload.Payload, spec.payload.Payload)):
                yield from every_part(part, depth + 1)


@pytest.mark.parametrize(("stored", "secret", "handler"), VALUES)
def test_what_one_caller_gets_no_other_caller_can_change(stored, secret, handler):
    read = cached(stored, secret, handler)
    before = read().value.to_stored()
    tried = 0
    # The schema and the fields of a class are not a part of the value.
    parts = [read()] + [it for it in every_part(read().value) if it is not type(read().value).SCHEMA]
    for part in parts:
        for attribute in ("value", "version", "document", "_text", "unknown", "_unknown", "access_token", "servers", "new"):
            with pytest.raises((AttributeError, TypeError)):
                setattr(part, attribute, "changed")
            tried += 1
            with pytest.raises((AttributeError, TypeError)):
                delattr(part, attribute)
    assert tried and read().value.to_stored() == before


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it.__setitem__("a", 1),
        lambda it: it.__delitem__("list"),
        lambda it: it.__ior__({"a": 1}),
        lambda it: it.update(a=1),
        lambda it: it.setdefault("a", 1),
        lambda it: it.pop("list"),
        lambda it: it.popitem(),
        lambda it: it.clear(),
        lambda it: it["list"].append(1),
        lambda it: it["list"].__setitem__(0, 1),
        lambda it: it["list"][1].__setitem__("a", 2),
    ],
)
def test_lists_and_maps_in_values_refuse_each_change(change):
    for stored, secret, handler in VALUES[:3]:
        read = cached(stored, secret, handler)
        value = read().value
        inner = value.document if isinstance(value, warehouse.payload.Json) else getattr(value, "unknown", None)
        later = (inner if inner is not None else value._unknown)["later"]
        with pytest.raises((AttributeError, TypeError)):
            change(later)
        assert json.loads(read().value.to_stored())["later"] == {"list": [1, {"a": 1}]}


def test_what_a_payload_is_made_of_can_be_changed_later_without_changing_it():
    document = {"a": [1]}
    made, tokens = Json(document), OauthTokens.parse(BUNDLE).with_changes(unknown=document)
    mail = warehouse.MailAccess.PAYLOAD.parse(STORED_MAIL)
    servers = list(mail.servers)
    changed = mail.with_changes(servers=servers)
    document["a"].append(2)
    servers.clear()
    assert made.document == {"a": (1,)} and tokens.unknown == {"a": (1,)} and len(changed.servers) == 1
    # A copy that is made to be changed is one.
    for copied in (made.to_json(), tokens.to_json(), mail.to_json()):
        copied.setdefault("new", []).append(1)
    assert made.document == {"a": (1,)} and "new" not in mail.to_json()


@pytest.mark.parametrize(("stored", "secret", "handler"), VALUES)
def test_copies_and_pickles_are_equal_and_cannot_be_changed_either(stored, secret, handler):
    found = cached(stored, secret, handler)()
    for again in (copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert type(again) is type(found) and again.version == found.version
        assert again.value.to_stored() == found.value.to_stored()
        with pytest.raises(AttributeError):
            again.value = None
    for again in (copy.copy(found.value), copy.deepcopy(found.value), pickle.loads(pickle.dumps(found.value))):
        assert type(again) is type(found.value) and again.to_stored() == found.value.to_stored()


@pytest.mark.parametrize(("stored", "secret", "handler"), VALUES)
def test_no_text_made_of_a_value_shows_it(stored, secret, handler):
    found = cached(stored, secret, handler)()
    log = io.StringIO()
    logger = logging.Logger("a log")
    logger.addHandler(logging.StreamHandler(log))
    logger.warning("%s %r %s", found, found.value, {"a": [found]})
    texts = [log.getvalue()]
    for it in (found, found.value, [found], {"a": found.value}, (found.value,)):
        texts += [repr(it), str(it), f"{it}", f"{it!r}", "%s" % (it,), "{}".format(it), pprint.pformat(it), ascii(it)]
        if isinstance(it, (list, dict, tuple)):
            continue
        try:
            it.missing
        except AttributeError as error:
            texts += ["".join(traceback.format_exception(type(error), error, error.__traceback__))]
        try:
            it.value = it
        except AttributeError as error:
            texts += ["".join(traceback.format_exception(type(error), error, error.__traceback__))]
    assert all("redacted" in text or "object has no attribute" in text or "cannot" in text for text in texts)
    assert not any(SECRET in text for text in texts)


def test_the_fields_of_a_structure_are_those_of_a_dataclass():
    mail = warehouse.MailAccess.PAYLOAD.parse(STORED_MAIL)
    assert dataclasses.asdict(mail)["servers"][0]["host"] == "h"
    login = warehouse.DatabaseLogin.PAYLOAD.parse(LOGIN)
    assert dataclasses.asdict(login)["_unknown"] == {"later": {"list": (1, {"a": 1})}}
    replaced = dataclasses.replace(mail, account="c.d")
    assert json.loads(replaced.to_stored()) == {**json.loads(mail.to_stored()), "account": "c.d"}
    assert mail == warehouse.MailAccess.PAYLOAD.parse(STORED_MAIL)


def test_an_own_write_is_kept_as_it_was_written(connect, user):
    now = OauthTokens.parse(BUNDLE)
    unknown = {"list": [1]}
    store = connect(spec.GmailStoreTokens)
    store.store(user, now.with_changes(unknown=unknown))
    unknown["list"].append(2)
    assert store.cached(user).value.unknown == store.read(user).value.unknown == {"list": (1,)}


@pytest.mark.parametrize(
    "stored", ["not json", '{"username": "hunter2"', '{"username": 5}', '{"username": "a", "password": {"b": "hunter2"}}']
)
def test_an_error_about_a_value_does_not_show_it_in_any_link_of_its_chain(stored):
    client = Reads(Answers(stored), environ={})
    with pytest.raises(warehouse.errors.InvalidPayloadError) as caught:
        client._cached(warehouse.DatabaseLogin())
    log = io.StringIO()
    logger = logging.Logger("a log")
    logger.addHandler(logging.StreamHandler(log))
    logger.error("it failed", exc_info=caught.value)
    assert SECRET not in log.getvalue() and SECRET not in repr(caught.value) and SECRET not in repr(caught.value.__dict__)


def test_a_document_that_is_nested_too_deep_for_python_is_a_fault_and_loses_no_refresh_token():
    for depth in (500, 900, 5_000, 100_000):
        nested = "[" * depth + "]" * depth
        stored = BUNDLE[:-1] + f', "more": {nested}}}'
        assert OauthTokens.parse(stored).refresh_token == SECRET
        try:
            Json.parse(nested)
        except spec.errors.PayloadFault as error:
            assert error.__context__ is None or depth < 5_000


def test_a_text_is_equal_to_the_same_text_only():
    assert Text("a") == Text("a") and Text("a") != Text("b") and Text("a") != "a" and len({Text("a"), Text("a")}) == 1
    assert InvalidPayloadError.kind == "invalid_payload"
