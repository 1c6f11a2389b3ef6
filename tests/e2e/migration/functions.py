"""The calls of PayPulse's functions on secrets, each under the role that its function has at that moment.

    python functions.py today SESSIONS LAYER      as the functions are today
    python functions.py client SESSIONS LAYER     with the generated package
    python functions.py keys SESSIONS LAYER NEW   which sessions each function accepts, by the key that signed them:
                                                  that of before the migration, or NEW
    python functions.py log                       writes a request with a token into the log of `gmail_store_tokens`
    python functions.py aws SERVICE OPERATION --argument VALUE …   a command of the AWS CLI, by boto3

SESSIONS is a file of what `account.py sessions` prints, and LAYER is the directory of the common layer. The first two print for
each function the error with which a call of its own ended, or nothing.
"""

import hashlib
import hmac
import importlib
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

REGION = "eu-west-1"
INFO = {"id": "", "email": "a@b.example", "name": "A"}

FETCH = ("fetch_invoices", "fetch_latest_invoice", "fetch_retail_invoices", "fetch_and_classify_retail_invoices")

# The key of before the migration: `SIGNING_KEY` in granted.rs.
OLD_KEY = "signing-key"

# What each function reads besides tokens, once it has the client.
KEYS = {
    "gmail_store_tokens": ["JwtSigningKey"],
    "fetch_invoices": ["GoogleOauthClientId", "JwtSigningKey"],
    "fetch_latest_invoice": ["GoogleOauthClientId", "JwtSigningKey"],
    "fetch_retail_invoices": ["GoogleOauthClientId", "JwtSigningKey"],
    "fetch_and_classify_retail_invoices": ["GoogleOauthClientId", "GeminiApiKey", "JevApiKey"],
    "parse_retail_invoice": ["GeminiApiKey"],
    "delete_user": ["JwtSigningKey"],
    "get_user_profile": ["JwtSigningKey"],
    "login_user": ["JwtSigningKey"],
    "signup_user": ["JwtSigningKey"],
    "get_rental_invoice": ["JwtSigningKey"],
    "get_invoices": ["JwtSigningKey"],
    "create_manual_invoice": ["JwtSigningKey"],
    "delete_retail_invoice": ["JwtSigningKey"],
}


def connect(user):
    """A user who has connected Gmail, as the administrator sees to it."""
    tokens = importlib.import_module("gmail_tokens")
    tokens.client = boto3.client("secretsmanager")
    tokens.store(user, "access", "refresh", 3600, "openid", INFO)


def today(function):
    """The calls on tokens. With the client they are the same: only the layer's functions are others."""
    layer = importlib.import_module("utils.secretsmanager_utils")
    # The functions catch it by this name.
    refused = importlib.import_module("utils.exceptions").SecretsManagerError
    if function == "gmail_store_tokens":
        for user in (f"new-{os.getpid()}", "ada"):
            layer.store_oauth_tokens(user, "access", "refresh", 3600, "openid", REGION, INFO)
        layer.get_oauth_tokens("ada", REGION)
    elif function in FETCH:
        read = layer.get_oauth_tokens(function, REGION)
        layer.update_oauth_tokens(function, "newer", read["refresh_token"], 3600, REGION)
        layer.delete_oauth_tokens(function, REGION)
        try:
            layer.get_oauth_tokens(function, REGION)
        except refused:
            return
        raise AssertionError("tokens are still there")
    elif function == "delete_user":
        layer.delete_email_credentials(boto3.client("secretsmanager"), user_id=function)


def with_client(function):
    handler = client_of(function)
    spec = importlib.import_module("paypulse_secrets")
    for key in KEYS[function]:
        handler.read(getattr(spec, key)())
    if function == "get_user_profile":
        handler.describe(spec.GmailUserTokens(spec.UserId("ada")))
    else:
        today(function)


def client_of(function):
    spec = importlib.import_module("paypulse_secrets")
    return getattr(spec, "".join(word.title() for word in function.split("_")))(region=REGION)


def signed(key):
    """A session's signature, without the rest of it."""
    return hmac.new(key.encode(), b"header.claims", hashlib.sha256).hexdigest()


def accepted(function, new):
    """Which of the two keys can have signed a session that the function accepts."""
    if "JwtSigningKey" not in KEYS[function]:
        return []
    secrets, JwtSigningKey = client_of(function), importlib.import_module("paypulse_secrets").JwtSigningKey
    keys = [key for key in (secrets.cached(JwtSigningKey()).value.expose(), os.environ.get("JWT_SECRET")) if key]
    return [name for name, key in {"old": OLD_KEY, "new": new}.items() if signed(key) in map(signed, keys)]


def code(error):
    """AWS's code of what ended it, or the name of the exception."""
    while error is not None:
        if isinstance(error, ClientError):
            return f"{error.operation_name}: {error.response['Error']['Code']}"
        kind, cause = getattr(error, "kind", None), error.__cause__
        if kind:
            return f"{kind}: {error}"
        if cause is None:
            return f"{type(error).__name__}: {error}"
        error = cause
    return None


def one(how, function, *new):
    """In a process of its own, under the role of the function."""
    try:
        if how == "keys":
            return accepted(function, *new)
        if how == "client":
            return with_client(function)
        if function == "get_user_profile":
            importlib.import_module("utils.secretsmanager_utils").get_oauth_tokens("ada", REGION)
        return today(function)
    except Exception as error:
        return code(error)


def deployed():
    """Each function's role and environment."""
    functions = boto3.client("lambda").get_paginator("list_functions").paginate().build_full_result()["Functions"]
    found = {it["FunctionName"]: (it["Role"].rsplit("/", 1)[1], it.get("Environment", {}).get("Variables", {})) for it in functions}
    return {function: it for function, it in found.items() if function in KEYS}


def every(how, sessions, layer, *new):
    sessions = json.loads(Path(sessions).read_text())
    functions = deployed()
    for function in functions:
        connect(function if function in FETCH or function == "delete_user" else "ada")
    with ThreadPoolExecutor(4) as pool:
        ended = pool.map(
            lambda it: apart([how, it[0], *new], sessions[it[1][0]], {**it[1][1], "PYTHONPATH": layer}),
            functions.items(),
        )
        return dict(zip(functions, ended))


def apart(arguments, session, variables):
    """The calls of one function, in a process of its own."""
    environment = {
        **os.environ,
        **variables,
        "AWS_ACCESS_KEY_ID": session["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": session["secret_access_key"],
        "AWS_SESSION_TOKEN": session["session_token"],
        "AWS_LAMBDA_FUNCTION_NAME": arguments[1],
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent.parent), variables["PYTHONPATH"]]),
    }
    line = [sys.executable, __file__, "one", *arguments]
    said = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    return json.loads(said.stdout) if said.returncode == 0 else said.stderr


def log():
    group = {"logGroupName": "/aws/lambda/gmail_store_tokens"}
    client = boto3.client("logs")
    client.create_log_group(**group)
    client.create_log_stream(**group, logStreamName="today")
    event = {"timestamp": int(time.time() * 1000), "message": 'body: {"refresh_token": "1//0g"}'}
    client.put_log_events(**group, logStreamName="today", logEvents=[event])


def aws(service, operation, *arguments):
    """The answer to a command of the CLI. Its arguments are those of the API in other letters."""
    client = boto3.client(service)
    method = operation.replace("-", "_")
    members = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape.members
    plain = {member.lower(): member for member in members}
    pairs = zip(arguments[::2], arguments[1::2])
    request = {plain[re.sub("-", "", name)]: value for name, value in pairs}
    answer = getattr(client, method)(**request)
    answer.pop("ResponseMetadata", None)
    return answer


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    command, *rest = sys.argv[1:]
    if command == "one":
        result = one(*rest)
    elif command == "log":
        result = log()
    elif command == "aws":
        result = aws(*rest)
    else:
        result = every(command, *rest)
    json.dump(result, sys.stdout, default=str)
