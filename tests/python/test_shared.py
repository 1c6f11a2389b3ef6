"""What callers share: errors, the clock, processes that fork, and methods that a handler does not have."""

import copy
import json
import os
import pickle
import threading
import time
from datetime import datetime, timedelta, timezone

import paypulse_secrets as spec
import pytest
from paypulse_secrets import CachePolicy, OauthTokens, errors, secretsmanager_utils
from paypulse_secrets.bundle import FALLBACK_SCOPE, read_time
from paypulse_secrets.errors import ConfigError, NotFoundError, NotGrantedError

from test_cache import KEY, Answers, handler, refused

BUNDLE = {"access_token": "a", "refresh_token": "r", "expires_at": "2024-11-01T11:00:00.000000", "expires_in": 3600}


@pytest.mark.parametrize("failure", [ConfigError("no Region"), ModuleNotFoundError("no boto3"), RecursionError()])
def test_whatever_a_read_fails_with_is_told_at_once(failure):
    client = handler(Answers("never"))

    def fail(*_):
        raise failure

    client._current = fail
    begun = time.monotonic()
    with pytest.raises(type(failure)):
        client.cached(KEY)
    assert time.monotonic() - begun < 2


def test_each_reader_has_an_error_of_its_own():
    client = handler(Answers(refused("ResourceNotFoundException")))

    def error():
        with pytest.raises(NotFoundError) as caught:
            client.cached(KEY)
        return caught.value

    try:
        raise ValueError("of another request")
    except ValueError:
        first = error()
    assert isinstance(first.__context__, ValueError)
    assert error() is not first and error().__context__ is None


def every_error():
    at = errors.Operation("h", "read", "X")
    more = {"spec": "s", "code": "c", "fault": "f", "reason": "r", "size": 1, "limit": 2, "step": "s", "rounds": 1}
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.SecretsError):
            names = kind.__init__.__code__.co_varnames[2 : kind.__init__.__code__.co_argcount]
            yield kind(at, *(more[name] for name in names))
    yield errors.OutdatedError("h", ["a difference"])
    yield secretsmanager_utils.SecretsManagerError("a message", NotFoundError(at))


@pytest.mark.parametrize("error", every_error(), ids=lambda error: type(error).__name__)
def test_an_error_can_be_pickled_and_copied(error):
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is type(error) and str(again) == str(error)
        assert getattr(again, "kind", None) == getattr(error, "kind", None)


def test_a_method_that_a_handler_does_not_have_does_nothing_in_silence(connect, user):
    with pytest.raises(AttributeError, match="no attribute `delete_tokens`"):
        connect(spec.FetchInvoices).delete_tokens(user)
    with pytest.raises(AttributeError, match="no attribute `get_tokens`"):
        connect(spec.LoginUser).get_tokens(KEY)
    with pytest.raises(NotGrantedError, match="add `generate`"):
        connect(spec.LoginUser).random_password()


def test_a_process_that_was_frozen_asks_again_by_the_wall_clock(monkeypatch):
    ahead = 0.0
    wall = time.time
    monkeypatch.setattr(time, "time", lambda: wall() + ahead)
    answers = Answers("old", "new")
    client = spec.LoginUser(answers, environ={}, cache=CachePolicy(ttl=300, jitter=0, refresh_ahead=0))
    assert [client.cached(KEY).value.expose() for _ in range(2)] == ["old"] * 2
    ahead = 301.0
    assert client.cached(KEY).value.expose() == "new"
    # A clock that is set back ends no value, and makes none last longer.
    ahead = -3600.0
    assert [client.cached(KEY).value.expose() for _ in range(2)] == ["new"] * 2 and answers.calls == 2
    ahead += 301.0
    client.cached(KEY)
    assert answers.calls == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_process_does_not_wait_for_the_call_of_its_parent():
    begun, ends = threading.Event(), threading.Event()

    def slow():
        begun.set()
        ends.wait(5)
        return "from the parent"

    client = handler(Answers(slow, "from the child"))
    reader = threading.Thread(target=lambda: client.cached(KEY))
    reader.start()
    begun.wait(5)
    child = os.fork()
    if child == 0:
        begun_at = time.monotonic()
        value = client.cached(KEY).value.expose()
        os._exit(0 if value == "from the child" and time.monotonic() - begun_at < 2 else 1)
    _, status = os.waitpid(child, 0)
    ends.set()
    reader.join()
    assert status == 0


def test_a_time_with_a_zone_is_stored_in_utc(connect, administrator, user):
    zone = timezone(timedelta(hours=2))
    at = datetime(2030, 1, 1, 12, tzinfo=zone)
    new = OauthTokens(access_token="a", expires_at=at, expires_in=3599.5, scope="s", created_at=at)
    assert connect(spec.GmailStoreTokens).store_tokens(user, new).is_expired is False
    stored = json.loads(administrator.get_secret_value(SecretId=user.name)["SecretString"])
    assert stored["expires_at"] == stored["created_at"] == "2030-01-01T10:00:00.000000" and stored["expires_in"] == 3599
    assert new.is_expired(datetime(2030, 1, 1, 12, 1, tzinfo=zone)) and not new.is_expired(at - timedelta(minutes=1))


@pytest.mark.parametrize("field", ['"google_name": "\\ud800"', '"later": 1e400', '"later": -1e999'])
def test_a_bundle_that_could_not_be_written_again_keeps_its_refresh_token(connect, administrator, user, field):
    administrator.create_secret(Name=user.name, SecretString=json.dumps(BUNDLE)[:-1] + ", " + field + "}")
    fetch = connect(spec.FetchInvoices)
    fetch.update_tokens(user, "next", 3600, refreshed_from=fetch.get_tokens(user))
    stored = json.loads(administrator.get_secret_value(SecretId=user.name)["SecretString"])
    assert stored["refresh_token"] == "r" and stored["access_token"] == "next"


def test_a_bundle_that_was_stored_as_binary_keeps_its_refresh_token(connect, administrator, user):
    administrator.create_secret(Name=user.name, SecretBinary=b"\xef\xbb\xbf" + json.dumps(BUNDLE).encode())
    fetch = connect(spec.FetchInvoices)
    assert fetch.read(user).value.refresh_token == "r"
    fetch.update_tokens(user, "next", 3600)
    stored = json.loads(administrator.get_secret_value(SecretId=user.name)["SecretString"])
    assert stored["refresh_token"] == "r" and stored["access_token"] == "next"


@pytest.mark.parametrize("binary", [b"\xff\xfe\x00", b"not a bundle"])
def test_other_binary_values_are_faults_that_repeat_nothing(connect, administrator, user, binary):
    administrator.create_secret(Name=user.name, SecretBinary=binary)
    for read in (connect(spec.FetchInvoices).read, connect(spec.FetchInvoices).cached):
        with pytest.raises(errors.InvalidPayloadError) as caught:
            read(user)
        assert "not a bundle" not in str(caught.value) and caught.value.__context__ is None


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": 5},
        {"scope": ["a"]},
        {"access_token": None},
        {"refresh_token": 7},
        {"google_email": ["a"]},
        {"google_verified_email": "true"},
        {"unknown": {"x": {1, 2}}},
        {"unknown": {"x": float("nan")}},
        {"unknown": {"x": "\ud800"}},
        {"unknown": {"x": b"bytes"}},
    ],
)
def test_a_bundle_with_a_field_of_another_type_is_not_stored(connect, user, changes):
    store = connect(spec.GmailStoreTokens)
    with pytest.raises(errors.InvalidPayloadError):
        store.store(user, OauthTokens.parse(json.dumps(BUNDLE)).with_changes(**changes))
    with pytest.raises(NotFoundError):
        store.read(user)


def test_a_field_that_is_known_is_not_taken_from_the_unknown_ones():
    tokens = OauthTokens.parse(json.dumps(BUNDLE)).with_changes(unknown={"refresh_token": "other", "later": 1})
    assert json.loads(tokens.to_stored())["refresh_token"] == "r" and tokens.unknown == {"later": 1}


@pytest.mark.parametrize(
    ("scope", "stored"),
    [(["openid", "email"], "openid email"), ("", ""), ("None", "None"), (None, FALLBACK_SCOPE), (5, FALLBACK_SCOPE)],
)
def test_the_common_layer_stores_what_its_callers_have(monkeypatch, connect, user, scope, stored):
    monkeypatch.setitem(secretsmanager_utils._clients, "eu-west-1", connect(spec.GmailStoreTokens))
    user_id = user.name.rsplit("/", 1)[1]
    arguments = {"access_token": "a", "refresh_token": "r", "expires_in": 3600, "region": "eu-west-1"}
    info = {"google_user_id": 117, "google_email": None, "google_verified_email": "true", "more": 1}
    secretsmanager_utils.store_oauth_tokens(user_id, scope=scope, google_user_info=info, **arguments)
    found = secretsmanager_utils.get_oauth_tokens(user_id, "eu-west-1")
    assert (found["scope"], found["google_user_id"], found["google_verified_email"]) == (stored, "117", True)
    assert "google_email" not in found and "more" not in found


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-11-01T11:00:00.000000", datetime(2024, 11, 1, 11)),
        ("2024-11-01T11:00:00.000+01", datetime(2024, 11, 1, 10)),
        ("2024-11-01T24:00:00.000000", None),
        ("2024-11-01T11+00:00.000000", None),
        ("2024-W44-5T11:00:00.000000", None),
        ("2024-02-30T11:00:00.000000", None),
    ],
)
def test_a_time_of_the_length_of_ours(text, time):
    assert read_time(text) == time


def test_a_second_update_of_the_common_layer_does_not_undo_a_reconnect(monkeypatch, connect, administrator, user):
    monkeypatch.setitem(secretsmanager_utils._clients, "eu-west-1", connect(spec.FetchInvoices))
    user_id = user.name.rsplit("/", 1)[1]
    administrator.create_secret(Name=user.name, SecretString=json.dumps(BUNDLE))
    secretsmanager_utils.get_oauth_tokens(user_id, "eu-west-1")
    secretsmanager_utils.update_oauth_tokens(user_id, "a2", "r", 3600, "eu-west-1")
    reconnected = {**BUNDLE, "access_token": "b", "refresh_token": "other"}
    administrator.put_secret_value(SecretId=user.name, SecretString=json.dumps(reconnected))
    for _ in range(2):
        secretsmanager_utils.update_oauth_tokens(user_id, "a3", "r", 3600, "eu-west-1")
    assert secretsmanager_utils.get_oauth_tokens(user_id, "eu-west-1")["access_token"] == "b"


def test_the_mark_of_expiry_is_not_read_from_the_bundle(monkeypatch, connect, administrator, user):
    monkeypatch.setitem(secretsmanager_utils._clients, "eu-west-1", connect(spec.FetchInvoices))
    later = {"expires_at": "9999-01-01T00:00:00.000000", "is_expired": True}
    administrator.create_secret(Name=user.name, SecretString=json.dumps({**BUNDLE, **later}))
    assert "is_expired" not in secretsmanager_utils.get_oauth_tokens(user.name.rsplit("/", 1)[1], "eu-west-1")
