"""The generated Python client under the roles that were applied: every granted method, and every other call by plain boto3.

    python python_client.py SETUP

SETUP is a JSON file: the `roles` with their sessions, the `table` of who may do what, the `targets`, and the
`operations` on a secret and on the account. Prints JSON: which verbs `worked`, how many calls were `denied`, and what is `wrong`.
"""

import json
import pathlib
import sys
from datetime import timedelta

import paypulse_secrets as spec
from botocore.exceptions import ClientError
from paypulse_secrets.bundle import utc_now
from paypulse_secrets.errors import NotGrantedError, SecretsError
from sessions import administrator, client_of

BUNDLE = {
    "access_token": "before",
    "refresh_token": "refresh",
    "expires_at": "2024-11-01T10:00:00.000000",
    "expires_in": 3599,
    "scope": "openid",
    "token_type": "Bearer",
    "created_at": "2024-11-01T09:00:00.000000",
    "google_user_id": "1",
}


def require(holds, otherwise):
    if not holds:
        raise AssertionError(otherwise)


def stored(secret):
    return administrator.get_secret_value(SecretId=secret.name)["SecretString"]


def is_family(secret):
    return isinstance(secret, spec.GmailUserTokens)


def ensure(secret):
    """Sees to it that a member of a family has its value. All other secrets have theirs already."""
    if is_family(secret):
        administrator.create_secret(Name=secret.name, SecretString=json.dumps(BUNDLE))


def read(handler, secret):
    ensure(secret)
    value = type(secret).PAYLOAD.parse(stored(secret)).to_stored()
    for read in (handler.read, handler.cached, handler.cached):
        require(read(secret).value.to_stored() == value, "another value was read than is stored")
    if is_family(secret):
        require(handler.get_tokens(secret).is_expired, "the tokens have not expired")


def describe(handler, secret):
    ensure(secret)
    require(secret.name in handler.describe(secret)["arn"], "another secret was described")


def tokens(access_token):
    now = utc_now()
    return spec.OauthTokens(
        access_token=access_token, expires_at=now + timedelta(hours=1), expires_in=3600, scope="openid", created_at=now
    )


def store(handler, secret):
    def schedule_deletion():
        administrator.delete_secret(SecretId=secret.name)

    def replace_by_empty():
        administrator.delete_secret(SecretId=secret.name, ForceDeleteWithoutRecovery=True)
        administrator.create_secret(Name=secret.name)

    situations = {"absent": None, "present": None, "deleted": schedule_deletion, "empty": replace_by_empty}
    for situation, prepare in situations.items():
        if prepare:
            prepare()
        handler.store_tokens(secret, tokens(situation))
        require(json.loads(stored(secret))["access_token"] == situation, f"nothing was stored where it is {situation}")
    handler.store(secret, tokens("by store"))
    handler.store_with(secret, lambda found: found.value.with_changes(scope="more"))
    after = json.loads(stored(secret))
    require((after["access_token"], after["scope"]) == ("by store", "more"), "the last change was not stored")


def update(handler, secret):
    ensure(secret)
    handler.update_tokens(secret, "after", 3599)
    handler.update(secret, lambda found: found.value.with_changes(scope="more"))
    after = json.loads(stored(secret))
    require((after["access_token"], after["scope"]) == ("after", "more"), "the change was not stored")
    require(after["google_user_id"] == "1", "the account was not kept")


def delete(handler, secret):
    ensure(secret)
    require(handler.delete(secret) is True, "there was nothing to delete")
    try:
        administrator.get_secret_value(SecretId=secret.name)
    except administrator.exceptions.ResourceNotFoundException:
        require(handler.delete(secret) is False, "it was deleted twice")
    else:
        raise AssertionError("it is still there")


VERBS = {"read": read, "describe": describe, "store": store, "update": update, "delete": delete}
#: What a call of the method needs besides the secret.
ARGUMENTS = {"store": (None,), "update": (None,)}


def example(secret_id, user):
    secret = getattr(spec, secret_id)
    return secret(spec.UserId(user)) if secret_id == "GmailUserTokens" else secret()


def try_granted(row, role, found):
    """Every verb on every secret: the granted ones work, the others are refused before anything is sent."""
    handler = spec.HANDLERS[row["handler"]](client_of(role), environ={})
    for secret_id, verbs in row["verbs"].items():
        for verb, exercise in VERBS.items():
            what = f"`{row['handler']}`, `{verb}` on `{secret_id}`"
            secret = example(secret_id, f"python-{row['handler']}-{verb}")
            try:
                if verb in verbs:
                    exercise(handler, secret)
                    found["worked"].append([row["handler"], secret_id, verb])
                else:
                    getattr(handler, verb)(secret, *ARGUMENTS.get(verb, ()))
                    found["wrong"].append(f"{what}: it is not granted, and not refused")
            except NotGrantedError as error:
                if verb in verbs:
                    found["wrong"].append(f"{what}: {error}")
            except (AssertionError, ClientError, SecretsError) as error:
                found["wrong"].append(f"{what}: {type(error).__name__}: {error}")


CALLS = {
    "BatchGetSecretValue": lambda client, id: client.batch_get_secret_value(SecretIdList=[id]),
    "CancelRotateSecret": lambda client, id: client.cancel_rotate_secret(SecretId=id),
    "CreateSecret": lambda client, id: client.create_secret(Name=id, SecretString="{}"),
    "DeleteResourcePolicy": lambda client, id: client.delete_resource_policy(SecretId=id),
    "DeleteSecret": lambda client, id: client.delete_secret(SecretId=id, ForceDeleteWithoutRecovery=True),
    "DescribeSecret": lambda client, id: client.describe_secret(SecretId=id),
    "GetRandomPassword": lambda client, _: client.get_random_password(),
    "GetResourcePolicy": lambda client, id: client.get_resource_policy(SecretId=id),
    "GetSecretValue": lambda client, id: client.get_secret_value(SecretId=id),
    "ListSecretVersionIds": lambda client, id: client.list_secret_version_ids(SecretId=id),
    "ListSecrets": lambda client, _: client.list_secrets(),
    "PutResourcePolicy": lambda client, id: client.put_resource_policy(
        SecretId=id, ResourcePolicy='{"Version": "2012-10-17", "Statement": []}'
    ),
    "PutSecretValue": lambda client, id: client.put_secret_value(SecretId=id, SecretString="{}"),
    "ReplicateSecretToRegions": lambda client, id: client.replicate_secret_to_regions(
        SecretId=id, AddReplicaRegions=[{"Region": "eu-north-1"}]
    ),
    "RestoreSecret": lambda client, id: client.restore_secret(SecretId=id),
    "RotateSecret": lambda client, id: client.rotate_secret(SecretId=id),
    "TagResource": lambda client, id: client.tag_resource(SecretId=id, Tags=[{"Key": "owner", "Value": "else"}]),
    "UntagResource": lambda client, id: client.untag_resource(SecretId=id, TagKeys=["owner"]),
    "UpdateSecret": lambda client, id: client.update_secret(SecretId=id, Description="taken over"),
    "UpdateSecretVersionStage": lambda client, id: client.update_secret_version_stage(
        SecretId=id, VersionStage="AWSCURRENT"
    ),
}


def is_denied(client, operation, target):
    try:
        CALLS[operation](client, target)
    except ClientError as error:
        return error.response["Error"]["Code"] == "AccessDeniedException"
    return False


def try_denied(row, role, setup, found):
    client = client_of(role)
    attempts = [
        (operation, target)
        for secret_id, targets in setup["targets"]
        for target in targets
        for operation in setup["operations"]["secret"]
        if operation not in row["allowed"].get(secret_id, ())
    ]
    attempts += [(operation, setup["targets"][0][1][0]) for operation in setup["operations"]["account"]]
    for operation, target in attempts:
        if is_denied(client, operation, target):
            found["denied"] += 1
        else:
            found["wrong"].append(f"`{row['handler']}` may {operation} on `{target}`")


def main(path):
    setup = json.loads(pathlib.Path(path).read_text())
    found = {"worked": [], "denied": 0, "wrong": []}
    for row in setup["table"]:
        role = setup["roles"][row["handler"]]
        try_granted(row, role, found)
        try_denied(row, role, setup, found)
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
