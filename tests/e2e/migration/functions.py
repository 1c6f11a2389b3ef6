"""The calls of PayPulse's functions on secrets, each under the role that its function has at that moment.

    python functions.py today SESSIONS            as the functions are today, by `gmail_tokens.py`
    python functions.py client SESSIONS PACKAGES  with the generated package, which is in the directory PACKAGES
    python functions.py log              writes a request with a token into the log of `gmail_store_tokens`
    python functions.py aws SERVICE OPERATION --argument VALUE …   a command of the AWS CLI, by boto3

SESSIONS is a file of what `account.py sessions` prints. The first two print for each function the error
with which a call of its own ended, or nothing.
"""

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
    tokens = importlib.import_module("gmail_tokens")
    if function == "gmail_store_tokens":
        for user in (f"new-{os.getpid()}", "ada"):
            tokens.store(user, "access", "refresh", 3600, "openid", INFO)
        tokens.get("ada")
    elif function in FETCH:
        read = tokens.get(function)
        tokens.update(function, "newer", read["refresh_token"], 3600)
        tokens.delete(function)
    elif function == "get_user_profile":
        tokens.get("ada")
    elif function == "delete_user":
        tokens.delete(function)


def with_client(function):
    spec = importlib.import_module("paypulse_secrets")
    tokens = importlib.import_module("paypulse_secrets.secretsmanager_utils")
    handler = getattr(spec, "".join(word.title() for word in function.split("_")))(region=REGION)
    for key in KEYS[function]:
        handler.read(getattr(spec, key)())
    user = spec.GmailUserTokens(spec.UserId("ada"))
    if function == "gmail_store_tokens":
        for name in (f"new-{os.getpid()}", "ada"):
            tokens.store_oauth_tokens(name, "access", "refresh", 3600, "openid", REGION, INFO)
        tokens.get_oauth_tokens("ada", REGION)
    elif function in FETCH:
        read = tokens.get_oauth_tokens(function, REGION)
        tokens.update_oauth_tokens(function, "newer", read["refresh_token"], 3600, REGION)
        tokens.delete_oauth_tokens(function, REGION)
    elif function == "get_user_profile":
        handler.describe(user)
    elif function == "delete_user":
        tokens.delete_oauth_tokens(function, REGION)


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


def one(how, function):
    """In a process of its own, under the role of the function."""
    try:
        (today if how == "today" else with_client)(function)
    except Exception as error:
        return code(error)
    return None


def roles():
    """Which role each function has."""
    functions = boto3.client("lambda").get_paginator("list_functions").paginate().build_full_result()["Functions"]
    return {it["FunctionName"]: it["Role"].rsplit("/", 1)[1] for it in functions}


def every(how, sessions, packages):
    sessions = json.loads(Path(sessions).read_text())
    of = {function: role for function, role in roles().items() if function in KEYS}
    for function in of:
        connect(function if function in FETCH or function == "delete_user" else "ada")
    with ThreadPoolExecutor(4) as pool:
        ended = pool.map(lambda it: apart(how, it[0], sessions[it[1]], packages), of.items())
        return dict(zip(of, ended))


def apart(how, function, session, packages):
    """The calls of one function, in a process of its own."""
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": session["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": session["secret_access_key"],
        "AWS_SESSION_TOKEN": session["session_token"],
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent.parent), *packages]),
    }
    line = [sys.executable, __file__, "one", how, function]
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
        result = every(command, *rest[:1], rest[1:])
    json.dump(result, sys.stdout, default=str)
