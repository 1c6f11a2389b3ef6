"""The life of a user's tokens, and the functions of the common layer."""

import json
import threading
from datetime import datetime, timedelta

import paypulse_secrets as spec
import pytest
from paypulse_secrets import OauthTokens, secretsmanager_utils
from paypulse_secrets.errors import InvalidPayloadError, NotFoundError
from paypulse_secrets.bundle import read_time, utc_now

from conftest import client_as

REFRESH_TOKEN = "1//0-canary-refresh"


def tokens(**changes):
    now = utc_now()
    fields = {
        "access_token": "ya29.canary",
        "refresh_token": REFRESH_TOKEN,
        "expires_at": now + timedelta(hours=1),
        "expires_in": 3600,
        "scope": "openid",
        "created_at": now,
        "google_user_id": "1",
        "google_email": "Jane@example.com",
        "google_verified_email": True,
    }
    return OauthTokens(**{**fields, **changes})


def stored(administrator, user):
    return json.loads(administrator.get_secret_value(SecretId=user.name)["SecretString"])


def test_a_first_store_creates_and_the_next_replaces(connect, administrator, user):
    client = connect(spec.GmailStoreTokens)
    assert client.store_tokens(user, tokens()).change == "created"
    assert client.store_tokens(user, tokens(refresh_token=None)).change == "same_account"
    assert stored(administrator, user)["refresh_token"] == REFRESH_TOKEN
    assert client.store_tokens(user, tokens(google_user_id="2", refresh_token=None)).change == "switched"
    assert "refresh_token" not in stored(administrator, user)


def test_the_keys_are_in_the_documented_order_and_unknown_ones_stay(connect, administrator, user):
    connect(spec.GmailStoreTokens).store_tokens(user, tokens())
    bundle = {**stored(administrator, user), "later": {"a": [1]}}
    administrator.put_secret_value(SecretId=user.name, SecretString=json.dumps(bundle))
    connect(spec.FetchInvoices).update_tokens(user, "ya29.next", 1800)
    after = stored(administrator, user)
    assert list(after) == [*list(bundle)]
    assert after["later"] == {"a": [1]} and after["access_token"] == "ya29.next" and after["expires_in"] == 1800
    assert after["created_at"] == bundle["created_at"]
    assert datetime.fromisoformat(after["expires_at"])


def test_an_empty_id_and_a_verified_address_are_one_account(connect, administrator, user):
    client = connect(spec.GmailStoreTokens)
    client.store_tokens(user, tokens(google_user_id="", google_verified_email=False))
    again = client.store_tokens(user, tokens(google_email="jane@EXAMPLE.com", refresh_token=None))
    assert again.change == "same_account" and stored(administrator, user)["refresh_token"] == REFRESH_TOKEN


def test_a_refresh_that_a_reconnect_outran_writes_nothing(connect, administrator, user):
    store, fetch = connect(spec.GmailStoreTokens), connect(spec.FetchInvoices)
    store.store_tokens(user, tokens())
    record = fetch.get_tokens(user)
    store.store_tokens(user, tokens(access_token="ya29.other", google_user_id="2"))
    adopted = fetch.update_tokens(user, "ya29.late", 3600, refreshed_from=record)
    assert adopted.tokens.access_token == "ya29.other" == stored(administrator, user)["access_token"]


def test_no_update_of_many_threads_is_lost(connect, administrator, user):
    connect(spec.GmailStoreTokens).store_tokens(user, tokens())
    fetch = connect(spec.FetchInvoices)

    def add(number):
        def change(found):
            numbers = found.value.unknown.get("numbers", [])
            return found.value.with_changes(unknown={"numbers": [*numbers, number]})

        return change

    # Each change is another one: AWS takes two writes of one text under one token for the same write.
    work = [[add(8 * number + thread) for number in range(5)] for thread in range(8)]
    threads = [threading.Thread(target=lambda changes=it: [fetch.update(user, one) for one in changes]) for it in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(stored(administrator, user)["numbers"]) == list(range(40))


@pytest.mark.parametrize(
    ("changes", "is_expired"),
    [
        ({"expires_in": 3598.5}, False),
        ({"expires_in": "3599"}, False),
        ({"expires_in": -3}, False),
        ({"expires_in": True}, False),
        ({"expires_at": None}, True),
        ({"expires_at": "soon"}, True),
        ({"expires_at": None, "created_at": None}, True),
        ({"scope": None}, False),
        ({"scope": ["a", "b"]}, False),
        ({"google_verified_email": "true"}, False),
        ({"access_token": None}, True),
        ({"created_at": 1730458800}, False),
    ],
)
def test_a_bundle_of_another_form_keeps_its_refresh_token(connect, administrator, user, changes, is_expired):
    bundle = {**tokens().to_json(), **changes}
    administrator.create_secret(Name=user.name, SecretString="\ufeff" + json.dumps(bundle))
    fetch = connect(spec.FetchInvoices)
    record = fetch.get_tokens(user)
    assert record.tokens.refresh_token == REFRESH_TOKEN
    assert record.is_expired is is_expired
    fetch.update_tokens(user, "ya29.next", 3600, refreshed_from=record)
    after = stored(administrator, user)
    assert after["refresh_token"] == REFRESH_TOKEN and after["access_token"] == "ya29.next"
    assert isinstance(after["expires_in"], int) and isinstance(after["scope"], str)


@pytest.mark.parametrize(
    "text",
    [
        "2024-11-01T11:00:00.000000",
        "2024-11-01 11:00:00",
        "2024-11-01T11:00",
        "2024-11-01T11:00:00Z",
        "2024-11-01T12:00:00+0100",
        "2024-11-01T12:00:00.000+01:00",
        " 2024-11-01T11:00:00+00 ",
        1730458800,
        1730458800.0,
    ],
)
def test_a_time_in_every_form_is_one_time(text):
    assert read_time(text) == datetime(2024, 11, 1, 11)


@pytest.mark.parametrize("text", ["", "now", "2024-13-01T00:00:00", "2024-11-01", None, True, [], "9" * 400, 1e300])
def test_what_is_not_a_time_is_none(text):
    assert read_time(text) is None


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", '{"GMAIL_USER": "x", "GMAIL_PASSWORD": "hunter2"}', "{" * 5000])
def test_what_is_not_a_bundle_says_where_and_not_what(connect, administrator, user, text):
    administrator.create_secret(Name=user.name, SecretString=text or " ")
    with pytest.raises(InvalidPayloadError) as caught:
        connect(spec.FetchInvoices).get_tokens(user)
    error = caught.value
    assert "hunter2" not in str(error) and error.__cause__ is None and error.__context__ is None


def test_nothing_that_is_printed_shows_a_token(connect, user):
    client = connect(spec.GmailStoreTokens)
    for shown in (tokens(), client.store_tokens(user, tokens()), client.get_tokens(user), client.read(user), client.cached(user)):
        assert "canary" not in repr(shown) + str(shown) + f"{shown}"


@pytest.fixture
def layer(monkeypatch):
    """The functions of the common layer, as the functions of one handler after the other call them."""
    secretsmanager_utils._clients.clear()
    secretsmanager_utils._records.clear()

    def as_handler(handler):
        secretsmanager_utils._clients["eu-west-1"] = handler(client_as(handler.HANDLER), environ={})
        return secretsmanager_utils

    yield as_handler
    secretsmanager_utils._clients.clear()


def test_the_functions_of_the_common_layer_fit_the_policies(layer, administrator, user):
    user_id = user.name.rsplit("/", 1)[1]
    info = {"google_user_id": "", "google_email": "a@b", "google_name": "A", "google_verified_email": False}
    layer(spec.GmailStoreTokens).store_oauth_tokens(user_id, "ya29.a", REFRESH_TOKEN, 3600, "openid", "eu-west-1", info)
    fetch = layer(spec.FetchInvoices)
    data = fetch.get_oauth_tokens(user_id, "eu-west-1")
    assert data["access_token"] == "ya29.a" and data["google_email"] == "a@b" and not data.get("is_expired")
    fetch.update_oauth_tokens(user_id, "ya29.b", data["refresh_token"], 0, "eu-west-1")
    data = fetch.get_oauth_tokens(user_id, "eu-west-1")
    assert data["access_token"] == "ya29.b" and data["is_expired"] is True and data["refresh_token"] == REFRESH_TOKEN
    layer(spec.DeleteUser).delete_oauth_tokens(user_id, "eu-west-1")
    with pytest.raises(secretsmanager_utils.SecretsManagerError) as caught:
        layer(spec.FetchInvoices).get_oauth_tokens(user_id, "eu-west-1")
    assert caught.value.kind == "not_found"


def test_an_update_of_the_common_layer_does_not_undo_a_reconnect(layer, administrator, user):
    user_id = user.name.rsplit("/", 1)[1]
    layer(spec.GmailStoreTokens).store_oauth_tokens(user_id, "ya29.a", REFRESH_TOKEN, 3600, "openid", "eu-west-1")
    layer(spec.FetchInvoices).get_oauth_tokens(user_id, "eu-west-1")
    bundle = {**stored(administrator, user), "access_token": "ya29.reconnected", "refresh_token": "1//other"}
    administrator.put_secret_value(SecretId=user.name, SecretString=json.dumps(bundle))
    layer(spec.FetchInvoices).update_oauth_tokens(user_id, "ya29.late", REFRESH_TOKEN, 3600, "eu-west-1")
    assert stored(administrator, user)["access_token"] == "ya29.reconnected"


def test_an_update_of_a_user_without_tokens_creates_nothing(layer, administrator, user):
    user_id = user.name.rsplit("/", 1)[1]
    with pytest.raises(secretsmanager_utils.SecretsManagerError):
        layer(spec.FetchInvoices).update_oauth_tokens(user_id, "ya29.b", "r", 3600, "eu-west-1")
    with pytest.raises(administrator.exceptions.ResourceNotFoundException):
        administrator.get_secret_value(SecretId=user.name)
    assert NotFoundError.kind == "not_found"
