"""What the rig does in IAM and STS as the account's administrator. Each command prints JSON.

    python account.py sessions             every role: its trust policy, and a session of it
    python account.py allow ROLE PATTERN   puts a policy on a role by hand, as drift does
    python account.py iam OPERATION JSON   any operation of IAM, as `boto3` calls it, with its arguments
    python account.py deny ROLE ACTION     puts a policy on a role that denies it
    python account.py function ROLE        deploys a function of the role's name under it, which does nothing
    python account.py callers FUNCTION     the statements of who may call a function
    python account.py not-called FUNCTION STATEMENT   takes one of them away by hand
    python account.py enforce-on-moto      from now on moto holds every caller to the policies, which it otherwise ignores
    python account.py deployer-prepared    what exists before a deployer's first apply; answers the values of variables
    python account.py deployer-by-hand adds|removes   changes roles and policies by hand, for an apply to change back
    python account.py listing [REGION …]   what a listing of secrets, roles, policies and callers by the AWS CLI holds
"""

import io
import json
import os
import sys
import urllib.request
import zipfile

import boto3
from botocore.exceptions import ClientError

# Somebody with every permission that an identity can have: what keeps them out of a role is its trust policy alone.
OUTSIDER = "outsider"
MAY_DO_EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def outsider(iam):
    """An IAM user's ARN, and a client of STS as that user."""
    arn = iam.create_user(UserName=OUTSIDER)["User"]["Arn"]
    iam.put_user_policy(UserName=OUTSIDER, PolicyName="everything", PolicyDocument=json.dumps(MAY_DO_EVERYTHING))
    key = iam.create_access_key(UserName=OUTSIDER)["AccessKey"]
    sts = boto3.client(
        "sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )
    return arn, sts, key["AccessKeyId"]


def remove_outsider(iam, key_id):
    iam.delete_access_key(UserName=OUTSIDER, AccessKeyId=key_id)
    iam.delete_user_policy(UserName=OUTSIDER, PolicyName="everything")
    iam.delete_user(UserName=OUTSIDER)


def session(sts, role):
    return sts.assume_role(RoleArn=role["Arn"], RoleSessionName="e2e")["Credentials"]


def lets_in(sts, role):
    """Whether the role's own trust policy lets an outsider in."""
    try:
        session(sts, role)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


def with_trust_in(arn, trust):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": arn}}
    return {**trust, "Statement": [*trust["Statement"], statement]}


def seen(iam, sts, arn, role):
    """One role as it stands, and a session for which its trust policy is opened for a moment."""
    name, trust = role["RoleName"], role["AssumeRolePolicyDocument"]
    open_to_others = lets_in(sts, role)
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(with_trust_in(arn, trust)))
    try:
        credentials = session(sts, role)
    finally:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    return {
        "trust": trust,
        "open_to_others": open_to_others,
        "access_key_id": credentials["AccessKeyId"],
        "secret_access_key": credentials["SecretAccessKey"],
        "session_token": credentials["SessionToken"],
    }


def sessions():
    iam = boto3.client("iam")
    arn, sts, key_id = outsider(iam)
    try:
        pages = iam.get_paginator("list_roles").paginate()
        roles = [iam.get_role(RoleName=role["RoleName"])["Role"] for page in pages for role in page["Roles"]]
        return {role["RoleName"]: seen(iam, sts, arn, role) for role in roles}
    finally:
        remove_outsider(iam, key_id)


def allow(role, pattern):
    statement = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": pattern}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    boto3.client("iam").put_role_policy(RoleName=role, PolicyName="by-hand", PolicyDocument=json.dumps(document))
    return {}


def call_iam(operation, arguments):
    answer = getattr(boto3.client("iam"), operation)(**json.loads(arguments))
    answer.pop("ResponseMetadata", None)
    return json.loads(json.dumps(answer, default=str))


def deny(role, action):
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": "*"}]}
    boto3.client("iam").put_role_policy(RoleName=role, PolicyName="denies", PolicyDocument=json.dumps(document))
    return {}


def function(role):
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    pass\n")
    created = boto3.client("lambda").create_function(
        FunctionName=role,
        Role=boto3.client("iam").get_role(RoleName=role)["Role"]["Arn"],
        Runtime="python3.13",
        Handler="index.handler",
        Code={"ZipFile": code.getvalue()},
    )
    return {"arn": created["FunctionArn"]}


def callers(name):
    return json.loads(boto3.client("lambda").get_policy(FunctionName=name)["Policy"])["Statement"]


def not_called(name, statement):
    boto3.client("lambda").remove_permission(FunctionName=name, StatementId=statement)
    return {}


def enforce_on_moto():
    url = f"{os.environ['AWS_ENDPOINT_URL']}/moto-api/reset-auth"
    # The number of calls that are allowed before the first one is refused.
    request = urllib.request.Request(url, data=b"0", method="POST", headers={"Content-Type": "text/plain"})
    urllib.request.urlopen(request).close()
    return {}


def secrets_in(region):
    client = boto3.client("secretsmanager", region_name=region)
    return client.get_paginator("list_secrets").paginate().build_full_result()


def any_policy(name):
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return boto3.client("iam").create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]


def deployer_prepared():
    kms, iam = boto3.client("kms"), boto3.client("iam")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/rig", TargetKeyId=key)
    boto3.client("secretsmanager").create_secret(Name="dev/HeadOffice/Accounting", SecretString="x")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    for role in ("customers-role", "dev-rotate-logins-of-before"):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    pass\n")
    function = boto3.client("lambda").create_function(
        FunctionName="dev-rotate-logins",
        Role=iam.get_role(RoleName="dev-rotate-logins-of-before")["Role"]["Arn"],
        Runtime="python3.13",
        Handler="index.handler",
        Code={"ZipFile": code.getvalue()},
    )
    return {
        "customer_key_arn": kms.create_key()["KeyMetadata"]["Arn"],
        "replica_key_arn": boto3.client("kms", region_name="eu-central-1").create_key()["KeyMetadata"]["Arn"],
        "customers_role": "customers-role",
        "checkout_policy_arn": any_policy("of-a-variable"),
        "permissions_boundary_arn": any_policy("boundary"),
        "function": function["FunctionArn"],
    }


def deployer_by_hand(what):
    iam = boto3.client("iam")
    if what == "removes":
        arn = next(it["Arn"] for it in iam.list_policies(Scope="Local")["Policies"] if it["PolicyName"] == "of-a-variable")
        iam.detach_role_policy(RoleName="dev-checkout", PolicyArn=arn)
        return {}
    allow("dev-checkout", "*")
    iam.attach_role_policy(RoleName="dev-checkout", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    # AWS keeps five versions of a policy, so the next one needs the deletion of another.
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        if policy["PolicyName"].startswith("dev-sweep"):
            version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")["PolicyVersion"]
            for _ in range(4):
                document = json.dumps(version["Document"])
                iam.create_policy_version(PolicyArn=policy["Arn"], PolicyDocument=document, SetAsDefault=True)
    return {}


def listing(*regions):
    """The CLI prints what the API answers, all pages as one."""
    details = boto3.client("iam").get_paginator("get_account_authorization_details")
    roles = details.paginate(Filter=["Role", "LocalManagedPolicy"]).build_full_result()
    functions = boto3.client("lambda").list_functions()["Functions"]
    callers = [boto3.client("lambda").get_policy(FunctionName=it["FunctionName"]) for it in functions]
    callers = [{key: it[key] for key in ("Policy", "RevisionId")} for it in callers]
    return [*map(secrets_in, regions or [None]), roles, *callers]


COMMANDS = {
    "sessions": sessions,
    "allow": allow,
    "deny": deny,
    "iam": call_iam,
    "function": function,
    "callers": callers,
    "not-called": not_called,
    "enforce-on-moto": enforce_on_moto,
    "deployer-prepared": deployer_prepared,
    "deployer-by-hand": deployer_by_hand,
    "listing": listing,
}

if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    json.dump(COMMANDS[command](*arguments), sys.stdout, default=str)
