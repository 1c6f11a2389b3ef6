"""boto3 under the roles of an account, for the programs of the rig that try the generated Python client."""

import boto3
from botocore.config import Config

#: boto3 tries a call once.
_ONCE = Config(retries={"total_max_attempts": 1})

administrator = boto3.client("secretsmanager", config=_ONCE)


def client_of(role):
    """A client in a session of the role, as `account.py sessions` prints it."""
    return boto3.client(
        "secretsmanager",
        aws_access_key_id=role["access_key_id"],
        aws_secret_access_key=role["secret_access_key"],
        aws_session_token=role["session_token"],
        config=_ONCE,
    )
