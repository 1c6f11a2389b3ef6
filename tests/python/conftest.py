"""What the tests share: a Secrets Manager on loopback that holds each handler to its grants, and a new user for each test.

`ENDPOINT` in the environment names the server; the caller's access key id is the name of the handler.
"""

from __future__ import annotations

import itertools
import os

import boto3
import pytest
from botocore.config import Config
from paypulse_secrets import GmailUserTokens, UserId

ADMINISTRATOR = "embedded:administrator"
_numbers = itertools.count()


def client_as(caller, **settings):
    """A boto3 client whose calls come from this handler."""
    return boto3.client(
        "secretsmanager",
        endpoint_url=settings.pop("endpoint", os.environ["ENDPOINT"]),
        region_name="eu-west-1",
        aws_access_key_id=caller,
        aws_secret_access_key="not-secret",
        config=Config(retries={"total_max_attempts": 1}, **settings),
    )


@pytest.fixture
def connect():
    """Makes a handler of its class."""
    return lambda handler, **options: handler(client_as(handler.HANDLER), environ={}, **options)


@pytest.fixture
def administrator():
    return client_as(ADMINISTRATOR)


@pytest.fixture
def user():
    return GmailUserTokens(UserId(f"python_{os.getpid()}_{next(_numbers)}"))
