"""Checks the Python client against `tests/vectors.json`, as `tests/tests/python_client/vectors.rs` checks the Rust client."""

import json
import pathlib
import re
from datetime import timedelta

import paypulse_secrets as spec
import pytest
import warehouse
from botocore.exceptions import ClientError
from paypulse_secrets import OauthTokens, errors
from paypulse_secrets.bundle import utc_now
from paypulse_secrets.payload import PayloadFault
from warehouse import RotationEvent, RotationEventError, fingerprint
from warehouse import errors as warehouse_errors
from warehouse import payload as warehouse_payload

from conftest import client_as

ALL = json.loads((pathlib.Path(__file__).parent.parent / "vectors.json").read_text())
BUNDLE = {
    "access_token": "a",
    "refresh_token": "r",
    "expires_at": "2024-11-01T11:00:00.000000",
    "expires_in": 3600,
    "scope": "openid",
    "token_type": "Bearer",
    "created_at": "2024-11-01T10:00:00.000000",
}


def vectors(kind):
    """A test for each vector of one kind."""
    assert ALL[kind]
    return pytest.mark.parametrize("vector", ALL[kind], ids=lambda vector: json.dumps(vector)[:80])


@vectors("keys")
def test_keys(vector):
    words = {"empty or not a string": "empty", "more than": "long", "character outside": "character"}
    fault = None
    try:
        spec.UserId(vector["key"])
    except ValueError as error:
        (fault,) = [word for part, word in words.items() if part in str(error)]
    assert fault == vector["fault"]


def stored_again(administrator, handler, name, change, **first):
    """The version that a write of the handler leaves on a new secret."""
    administrator.create_secret(Name=name, **first)
    try:
        client = handler(client_as(handler.HANDLER), environ={})
        change(client, spec.GmailUserTokens(spec.UserId(name.rsplit("/", 1)[1])))
        return administrator.get_secret_value(SecretId=name)["VersionId"]
    finally:
        administrator.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


@vectors("successors")
def test_ids_are_derived_from_the_version_that_was_read(administrator, vector):
    first = {"ClientRequestToken": vector["version"], "SecretString": json.dumps(BUNDLE)}

    def again(client, user):
        client.update(user, lambda found: found.value)

    assert stored_again(administrator, spec.FetchInvoices, "gmail/user/vector", again, **first) == vector["next"]


@vectors("first_versions")
def test_the_id_of_a_first_version_is_derived_from_the_name(administrator, vector):
    def store(client, user):
        client.store(user, OauthTokens.parse(json.dumps(BUNDLE)))

    assert stored_again(administrator, spec.GmailStoreTokens, vector["name"], store) == vector["version"]


@vectors("payloads")
def test_payloads(vector):
    payload = getattr(warehouse, vector["secret"]).PAYLOAD
    if not vector["refused"]:
        assert payload.parse(payload.parse(vector["stored"]).to_stored())
        return
    with pytest.raises(warehouse_payload.PayloadFault) as caught:
        payload.parse(vector["stored"])
    assert vector.get("says", "") in str(caught.value)


@vectors("bundles")
def test_bundles(vector):
    if vector["writes"] is None:
        with pytest.raises(PayloadFault):
            OauthTokens.parse(vector["stored"])
    else:
        assert OauthTokens.parse(vector["stored"]).to_stored() == vector["writes"]


@vectors("accounts")
def test_accounts(connect, administrator, user, vector):
    administrator.create_secret(Name=user.name, SecretString=json.dumps({**BUNDLE, **vector["stored"]}))
    now = utc_now()
    new = OauthTokens(
        access_token="b",
        expires_at=now + timedelta(hours=1),
        expires_in=3600,
        scope="openid",
        created_at=now,
        **vector["new"],
    )
    stored = connect(spec.GmailStoreTokens).store_tokens(user, new)
    assert stored.change == vector["change"]
    assert (stored.tokens.refresh_token is not None) == (vector["change"] == "same_account")


WORDS = [
    (r"is not one that this module can read$", "unreadable"),
    (r"is given is that of `.*`$", "another handler"),
    (r"^the prefix of an environment", "prefixes"),
    (r"^the grant `.*` on `(\w+)` is not applied$", r"not applied \1"),
    (r"^the grant `.*` on `(\w+)` is applied, and this module", r"not generated \1"),
    (r"^the grant on `(\w+)` is `.*` here", r"verbs \1"),
    (r"^`(\w+)` has another (\w+)$", r"\2 \1"),
    (r"^the (.*) of its secrets differ", r"together \1"),
]


def words(difference):
    for pattern, word in WORDS:
        found = re.search(pattern, difference)
        if found:
            return found.expand(word)
    raise AssertionError(f"{difference} has no word here")


@vectors("fingerprints")
def test_fingerprints(vector):
    place = 1 if vector["form"] == "short" else 0
    applied = warehouse.HANDLERS[vector.get("of", vector["handler"])].FINGERPRINTS[place]
    for before, after in vector["replace"]:
        assert before in applied
        applied = applied.replace(before, after, 1)
    found = fingerprint.differences(warehouse.HANDLERS[vector["handler"]].FINGERPRINTS, applied)
    assert sorted(map(words, found)) == sorted(vector["differences"])


class Refusing:
    """A boto3 client one of whose operations is refused."""

    def __init__(self, vector):
        self.vector = vector

    def get_secret_value(self, **_):
        self.refuse("GetSecretValue")
        return {"SecretString": json.dumps(BUNDLE), "VersionId": "v" * 32, "ARN": "arn"}

    def put_secret_value(self, **_):
        self.refuse("PutSecretValue")

    def delete_secret(self, **_):
        self.refuse("DeleteSecret")

    def refuse(self, operation):
        if operation == self.vector["call"]:
            error = {"Code": self.vector["code"], "Message": self.vector["message"]}
            response = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": self.vector["status"]}}
            raise ClientError(response, operation)


@vectors("errors")
def test_errors(vector, user):
    client = spec.FetchInvoices(Refusing(vector), environ={})
    calls = {
        "GetSecretValue": client.read,
        "PutSecretValue": lambda user: client.update(user, lambda found: found.value),
        "DeleteSecret": client.delete,
    }
    with pytest.raises(errors.SecretsError) as caught:
        calls[vector["call"]](user)
    assert caught.value.kind == vector["kind"]


@vectors("kinds")
def test_retry_advice(vector):
    classes = [it for it in vars(warehouse_errors).values() if isinstance(it, type)]
    classes = [it for it in classes if issubclass(it, warehouse_errors.SecretsError) and it.kind == vector["kind"]]
    assert classes and all(it.is_retryable is vector["retry"] for it in classes)


def test_every_kind_is_in_the_vectors():
    classes = [it for it in vars(warehouse_errors).values() if isinstance(it, type)]
    kinds = {it.kind for it in classes if issubclass(it, warehouse_errors.SecretsError)}
    # The one that Rust does not have: there the call does not compile.
    assert kinds - {"not_granted"} == {vector["kind"] for vector in ALL["kinds"]}


@vectors("rotation_events")
def test_rotation_events(vector):
    if vector["error"] is None:
        assert RotationEvent.parse(vector["event"]).secret_name == vector["secret_name"]
        return
    with pytest.raises(RotationEventError) as caught:
        RotationEvent.parse(vector["event"])
    assert str(caught.value) == vector["error"]
