"""The client on a Python without any package: reads, writes, the cache and the common layer against a store in memory.

Run on every Python that is installed. Prints its version, or fails.
"""

import json
import sys
import threading
import uuid

import paypulse_secrets as spec
import warehouse
from paypulse_secrets import secretsmanager_utils


class ResourceNotFoundException(Exception):
    response = {"Error": {"Code": "ResourceNotFoundException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}


class ResourceExistsException(Exception):
    response = {"Error": {"Code": "ResourceExistsException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}


class Store:
    """Enough of Secrets Manager: names, versions, and tokens that are taken."""

    def __init__(self):
        self.versions = {}
        self.lock = threading.Lock()

    def get_secret_value(self, SecretId, VersionStage="AWSCURRENT"):
        with self.lock:
            if SecretId not in self.versions:
                raise ResourceNotFoundException
            version, text = self.versions[SecretId][-1]
        return {"ARN": SecretId, "VersionId": version, "SecretString": text}

    def put_secret_value(self, SecretId, ClientRequestToken, SecretString):
        with self.lock:
            versions = self.versions[SecretId]
            if any(version == ClientRequestToken for version, _ in versions):
                raise ResourceExistsException
            versions.append((ClientRequestToken, SecretString))
        return {"VersionId": ClientRequestToken, "VersionStages": ["AWSCURRENT"]}

    def create_secret(self, Name, SecretString):
        with self.lock:
            if Name in self.versions:
                raise ResourceExistsException
            version = str(uuid.uuid4())
            self.versions[Name] = [(version, SecretString)]
        return {"VersionId": version}

    def delete_secret(self, SecretId, ForceDeleteWithoutRecovery):
        assert ForceDeleteWithoutRecovery
        with self.lock:
            if self.versions.pop(SecretId, None) is None:
                raise ResourceNotFoundException
        return {}


def main():
    store = Store()
    user = spec.GmailUserTokens(spec.UserId("user_1"))
    clients = secretsmanager_utils._clients
    clients["r"] = spec.GmailStoreTokens(store, environ={})
    secretsmanager_utils.store_oauth_tokens("user_1", "a", "r", 3600, "s", "r", {"google_email": "a@b"})
    fetch = clients["r"] = spec.FetchInvoices(store, environ={})
    threads = [threading.Thread(target=lambda: [fetch.update(user, count) for _ in range(10)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fetch.cached(user).value.unknown == {"number": 40}, fetch.cached(user).value.unknown
    data = secretsmanager_utils.get_oauth_tokens("user_1", "r")
    assert data["access_token"] == "a" and "is_expired" not in data, list(data)
    secretsmanager_utils.update_oauth_tokens("user_1", "b", "r", 3600, "r")
    assert json.loads(store.get_secret_value("gmail/user/user_1")["SecretString"])["access_token"] == "b"
    try:
        fetch.describe(user)
    except AttributeError as error:
        assert "describe" in str(error)
    else:
        raise AssertionError("`describe` is not granted")
    clients["r"] = spec.DeleteUser(store, environ={})
    secretsmanager_utils.delete_oauth_tokens("user_1", "r")
    secretsmanager_utils.delete_oauth_tokens("user_1", "r")
    assert not store.versions
    rotates()
    print("Python %d.%d" % sys.version_info[:2])


def count(found):
    return found.value.with_changes(unknown={"number": found.value.unknown.get("number", 0) + 1})


def rotates():
    """The event of a rotation is read, and a secret that is not rotated is left alone."""
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:warehouse/courier-AbCdEf"
    event = warehouse.RotationEvent.parse({"Step": "testSecret", "SecretId": arn, "ClientRequestToken": "1" * 32})
    try:
        warehouse.RotateLogins(NotRotating(), environ={}).rotate(warehouse.CourierLogin(), event, None)
    except warehouse.rotation.NotEnabledError as error:
        assert "its rotation is not turned on" in str(error), error
    else:
        raise AssertionError("it is not turned on")


class NotRotating:
    def describe_secret(self, SecretId):
        return {"RotationEnabled": False}


if __name__ == "__main__":
    main()
