"""The four steps of a rotation by the generated Python client, under the role that was applied, twice each.

    python rotates.py ROLES

ROLES is a JSON file with the sessions of all roles. Prints JSON: the `outcomes` of the steps, whether the value that is current then is
the one that was `taken` by the service, and what each step `ends` in under another role.
"""

import json
import pathlib
import sys

import rig_secrets as spec
from rig_secrets.errors import SecretsError
from sessions import administrator, client_of

SECRET = spec.DatabaseLogin()
STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"]


class AtDatabase:
    def __init__(self, secrets):
        self.secrets, self.password = secrets, None

    def create(self, current):
        return spec.Login(username=current.username, password=self.secrets.random_password(PasswordLength=24))

    def set(self, current, pending):
        self.password = pending.password

    def test(self, pending):
        if self.password != pending.password:
            raise ValueError("the database does not let the login in")


def begin(version):
    """As Secrets Manager does it before it calls the function."""
    administrator.put_secret_value(SecretId=SECRET.name, ClientRequestToken=version, VersionStages=["AWSPENDING"])
    return administrator.describe_secret(SecretId=SECRET.name)["ARN"]


def kind(step):
    try:
        return step()
    except SecretsError as error:
        return error.kind


def main(path):
    roles = json.loads(pathlib.Path(path).read_text())
    version = "d" * 32
    arn = begin(version)

    def step(secrets, name, database):
        event = {"Step": name, "SecretId": arn, "ClientRequestToken": version}
        return secrets.rotate(SECRET, spec.RotationEvent.parse(event), database)

    other = spec.RotateLogin(client_of(roles["rig-rotate-mail"]), environ={})
    ends = [kind(lambda name=name: step(other, name, AtDatabase(other))) for name in STEPS]
    secrets = spec.RotateLogin(client_of(roles["rig-rotate-login"]), environ={})
    database = AtDatabase(secrets)
    outcomes = [step(secrets, name, database) for name in STEPS for _ in range(2)]
    reader = spec.Reader(client_of(roles["rig-reader"]), environ={})
    taken = reader.read(SECRET).value.password == database.password
    print(json.dumps({"outcomes": outcomes, "taken": taken, "ends": ends}))


if __name__ == "__main__":
    main(sys.argv[1])
