"""A user's Gmail tokens as the Python functions keep them today: plain boto3, naive timestamps in UTC, blind writes.

As a program it does what it is told, one JSON command a line, answers one JSON line each, and ends with its input:

    {"command": "store", "user_id": "42", "access_token": "…", "refresh_token": "…", "expires_in": 3600,
     "scope": "…", "user_info": {"id": "…", "email": "…", "name": "…", "verified_email": true}}
    {"command": "get", "user_id": "42"}
    {"command": "update", "user_id": "42", "access_token": "…", "expires_in": 3600}
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

# How the bundle calls what Google calls by the second word.
USER_INFO = {
    "google_user_id": "id",
    "google_email": "email",
    "google_name": "name",
    "google_verified_email": "verified_email",
}


def utcnow():
    """What `datetime.utcnow()` gave until it was deprecated: UTC that does not say so."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def secret_name(user_id):
    return f"gmail/user/{user_id}"


def is_missing(error):
    return error.response["Error"]["Code"] == "ResourceNotFoundException"


def bundle(access_token, refresh_token, expires_in, scope, user_info):
    now = utcnow()
    tokens = {"access_token": access_token}
    if refresh_token:
        tokens["refresh_token"] = refresh_token
    tokens["expires_at"] = (now + timedelta(seconds=expires_in)).isoformat()
    tokens["expires_in"] = expires_in
    tokens["scope"] = scope
    tokens["token_type"] = "Bearer"
    tokens["created_at"] = now.isoformat()
    for key, google_key in USER_INFO.items():
        if user_info and google_key in user_info:
            tokens[key] = user_info[google_key]
    return tokens


def read(user_id):
    return json.loads(client.get_secret_value(SecretId=secret_name(user_id))["SecretString"])


def put(user_id, tokens):
    client.put_secret_value(SecretId=secret_name(user_id), SecretString=json.dumps(tokens))


def store(user_id, access_token, refresh_token, expires_in, scope, user_info, more=None):
    """Stores what a user's consent gave. `more` is what a later release will keep besides."""
    tokens = bundle(access_token, refresh_token, expires_in, scope, user_info) | (more or {})
    try:
        put(user_id, tokens)
    except ClientError as error:
        if not is_missing(error):
            raise
        client.create_secret(Name=secret_name(user_id), SecretString=json.dumps(tokens))


def get(user_id):
    """The tokens and whether they are expired; nothing where the user is not connected."""
    try:
        tokens = read(user_id)
    except ClientError as error:
        if not is_missing(error):
            raise
        logger.warning("no tokens of user %s", user_id)
        return None
    tokens["is_expired"] = utcnow() >= datetime.fromisoformat(tokens["expires_at"])
    return tokens


def update(user_id, access_token, expires_in):
    """Writes what a refresh gave, and keeps the rest."""
    fresh = bundle(access_token, None, expires_in, FALLBACK_SCOPE, None)
    try:
        tokens = read(user_id)
    except (ClientError, ValueError):
        logger.warning("the tokens of user %s cannot be read", user_id)
        tokens = fresh
    for key in ("access_token", "expires_at", "expires_in"):
        tokens[key] = fresh[key]
    put(user_id, tokens)


def delete(user_id):
    try:
        client.delete_secret(SecretId=secret_name(user_id), ForceDeleteWithoutRecovery=True)
    except ClientError as error:
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
    return tokens | {key: time.isoformat(timespec="microseconds") for key, time in times.items()}


def result_of(command, arguments):
    try:
        result = COMMANDS[command](**arguments)
        return {"result": as_read(result) if result else None}
    except ClientError as error:
        return {"error": error.response["Error"]["Code"]}
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
