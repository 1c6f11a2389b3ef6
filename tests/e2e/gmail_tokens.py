"""A user's Gmail tokens as the Python functions keep them today: plain boto3, naive timestamps in UTC, blind writes by
UpdateSecret, and CreateSecret where there is no secret yet.

The bundle has `refresh_token` after `created_at`, and each refresh writes it from scratch: `created_at` is then, and fields that the
functions do not know are gone. The account is what version 3 of Google's user info says by the names of version 1, which it
does not have: its id is empty, and its address never verified.

As a program it does what it is told, one JSON command a line, answers one JSON line each, and ends with its input:

    {"command": "store", "user_id": "42", "access_token": "…", "refresh_token": "…", "expires_in": 3600,
     "scope": "…", "user_info": {"sub": "…", "email": "…", "name": "…", "email_verified": true}}
    {"command": "get", "user_id": "42"}
    {"command": "update", "user_id": "42", "access_token": "…", "refresh_token": "…", "expires_in": 3600}
    {"command": "delete", "user_id": "42"}

An answer has the `result` or the `error`, and the ids of the versions that were last `read` and `wrote`. A command with
`"hold": true` answers `{"held": true}` after its read and goes on at the next line.
"""

import json
import logging
import sys
from contextlib import nullcontext
from datetime import datetime, timedelta, timezone
from unittest import mock

import boto3
from botocore.exceptions import ClientError

logger = logging.getLogger("gmail_tokens")
client = boto3.client("secretsmanager")

FALLBACK_SCOPE = "https://www.googleapis.com/auth/gmail.readonly"

# What the bundle has of the account: Google's name for it, and what is there where Google does not say.
ACCOUNT = {
    "google_user_id": ("id", ""),
    "google_email": ("email", ""),
    "google_name": ("name", ""),
    "google_verified_email": ("verified_email", False),
}


class SecretsManagerError(Exception):
    """AWS refused a call. The cause is boto3's error."""


def utcnow():
    """What `datetime.utcnow()` gave until it was deprecated: UTC that does not say so."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def secret_name(user_id):
    return f"gmail/user/{user_id}"


def call(operation, **request):
    try:
        return operation(**request)
    except ClientError as error:
        raise SecretsManagerError(error.operation_name) from error


def is_missing(error):
    return error.__cause__.response["Error"]["Code"] == "ResourceNotFoundException"


def bundle(access_token, refresh_token, expires_in, scope, account):
    tokens = {
        "access_token": access_token,
        "expires_at": (utcnow() + timedelta(seconds=expires_in)).isoformat(),
        "expires_in": expires_in,
        "scope": scope,
        "token_type": "Bearer",
        "created_at": utcnow().isoformat(),
    }
    if refresh_token:
        tokens["refresh_token"] = refresh_token
    return tokens | (account or {})


def replace(user_id, tokens):
    call(client.update_secret, SecretId=secret_name(user_id), SecretString=json.dumps(tokens))


def store(user_id, access_token, refresh_token, expires_in, scope, user_info, more=None):
    """Stores what a user's consent gave. `more` is what a later release will keep besides."""
    account = {key: user_info.get(google_key, none) for key, (google_key, none) in ACCOUNT.items()}
    tokens = bundle(access_token, refresh_token, expires_in, scope, account) | (more or {})
    try:
        replace(user_id, tokens)
    except SecretsManagerError as error:
        if not is_missing(error):
            raise
        call(client.create_secret, Name=secret_name(user_id), SecretString=json.dumps(tokens))


def get(user_id):
    """The tokens, with `is_expired` where they are."""
    tokens = json.loads(call(client.get_secret_value, SecretId=secret_name(user_id))["SecretString"])
    if "expires_at" in tokens and utcnow() >= datetime.fromisoformat(tokens["expires_at"]):
        logger.warning("the access token of user %s is expired", user_id)
        tokens["is_expired"] = True
    return tokens


def update(user_id, access_token, refresh_token, expires_in):
    """Writes what a refresh gave, with the scope and the account that are stored, where they can be read."""
    try:
        tokens = get(user_id)
        scope = tokens.get("scope", FALLBACK_SCOPE)
        account = {key: tokens.get(key, none) for key, (_, none) in ACCOUNT.items()}
    except SecretsManagerError:
        scope, account = FALLBACK_SCOPE, None
    replace(user_id, bundle(access_token, refresh_token, expires_in, scope, account))


def delete(user_id):
    try:
        call(client.delete_secret, SecretId=secret_name(user_id), ForceDeleteWithoutRecovery=True)
    except SecretsManagerError as error:
        if not is_missing(error):
            raise
        logger.warning("no tokens of user %s to delete", user_id)


COMMANDS = {"store": store, "get": get, "update": update, "delete": delete}


def say(answer):
    print(json.dumps(answer), flush=True)


class Watch:
    """Notes which versions a command reads and writes, and holds it after its read where that is asked for."""

    def __init__(self, holds):
        self.read = self.wrote = None
        self.holds = holds

    def __call__(self, parsed, model, **_):
        version = parsed.get("VersionId")
        if model.name != "GetSecretValue":
            self.wrote = version
            return
        self.read = version
        if self.holds:
            say({"held": True})
            sys.stdin.readline()


def as_read(tokens):
    """The tokens, with their times as Python understands them."""
    times = {key: datetime.fromisoformat(tokens[key]) for key in ("expires_at", "created_at")}
    times = {key: time.isoformat(timespec="microseconds") for key, time in times.items()}
    return {"is_expired": False} | tokens | times


def result_of(command, arguments):
    try:
        result = COMMANDS[command](**arguments)
        return {"result": as_read(result) if result else None}
    except SecretsManagerError as error:
        return {"error": error.__cause__.response["Error"]["Code"]}
    except Exception as error:  # Its message and its traceback could repeat a token.
        return {"error": type(error).__name__}


def carry_out(command, hold=False, whole_seconds=False, **arguments):
    """Does a command, on a clock without microseconds where that is asked for: `isoformat` then leaves them out."""
    watch = Watch(hold)
    now = utcnow().replace(microsecond=0)
    client.meta.events.register("after-call.secrets-manager", watch, unique_id="watch")
    with mock.patch(f"{__name__}.utcnow", return_value=now) if whole_seconds else nullcontext():
        answer = result_of(command, arguments)
    client.meta.events.unregister("after-call.secrets-manager", unique_id="watch")
    return answer | {"read": watch.read, "wrote": watch.wrote}


if __name__ == "__main__":
    for line in sys.stdin:
        say(carry_out(**json.loads(line)))
