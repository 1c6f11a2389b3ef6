"""The emulator as a deployer meets AWS: the permissions that a call needs besides its own action, the resource that AWS compares, the
condition keys of roles, and two operations that the emulator does not have. `E2E_CALLS` names a file that gets every decision, one
JSON array a line: the action, the resource, the Region, and whether it was allowed.

Source, of the permissions besides: "Required permissions" of CreateSecret, PutSecretValue, ReplicateSecretToRegions and RotateSecret
in https://docs.aws.amazon.com/secretsmanager/latest/apireference/, and the dependent actions of the service authorization reference.
"""

import contextvars
import json
import os
import runpy

import emulator  # noqa: F401: the changes of every account
from ministack.core import iam_actions, iam_evaluator, responses
from ministack.services import iam, kms, secretsmanager

# The call that is being decided, as its service reads it: its action and its parameters.
current = contextvars.ContextVar("current", default=("", {}))

context_of = iam_actions.request_tag_context
enforce_one = iam_evaluator.enforce
answer = secretsmanager.handle_request


def parameters_of(body, parameters):
    if body[:1] == b"{":
        return json.loads(body)
    return {name: value[0] if isinstance(value, list) else value for name, value in parameters.items()}


def boundary_of(role):
    record = iam._roles.get(role) or {}
    boundary = record.get("PermissionsBoundary")
    return boundary.get("PermissionsBoundaryArn") if isinstance(boundary, dict) else boundary


def request_context(service, action, body, parameters):
    """Also the keys of roles. CreateRole and PutRolePermissionsBoundary have the boundary that they set, other calls the role's own.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
    """
    request = parameters_of(body or b"", parameters)
    current.set((action, request))
    context = dict(context_of(service, action, body, parameters))
    if service == "iam":
        boundary = request.get("PermissionsBoundary") or boundary_of(request.get("RoleName"))
        context.update({"iam:PermissionsBoundary": boundary} if boundary else {})
        context.update({"iam:PolicyARN": request["PolicyArn"]} if "PolicyArn" in request else {})
    return context


def key_arn(key, region):
    """The ARN of a key that a call names by any of its names, and the aliases of that key."""
    prefix = f"arn:aws:kms:{region}:{responses.get_account_id()}:"
    for alias, target in kms._aliases.items():
        if key in (alias, alias.removeprefix(prefix)):
            key = target
    key = key if key.startswith("arn:") else f"{prefix}key/{key}"
    return key, [alias.removeprefix(prefix) for alias, target in kms._aliases.items() if key.endswith(f"/{target}")]


def compared(action, resource, request):
    """The resource that AWS compares, where the emulator has less than its ARN, and its condition keys."""
    account, region = responses.get_account_id(), responses.get_region()
    if action == "iam:CreatePolicy":
        return f"arn:aws:iam::{account}:policy/{request['PolicyName']}", {}
    if action == "secretsmanager:CreateSecret" and resource.endswith(f":{request['Name']}"):
        return f"{resource}-AbCdEf", {}
    if action == "kms:DescribeKey":
        key, aliases = key_arn(request["KeyId"], region)
        return key, {"kms:ResourceAliases": aliases}
    return resource, {}


def on_key(actions, key, region, secret):
    """The calls of KMS that Secrets Manager makes for the caller."""
    arn, aliases = key_arn(key, region)
    keys = {
        "kms:ViaService": f"secretsmanager.{region}.amazonaws.com",
        "kms:EncryptionContext:SecretARN": secret,
        "kms:ResourceAliases": aliases,
    }
    return [(f"kms:{action}", arn, keys) for action in actions]


# Creating a secret, and changing its key, is tried with this before there is a value.
TRIED = "RequestToValidateKeyAccess"


def replicas(request, resource, key):
    needed = [("secretsmanager:ReplicateSecretToRegions", resource, {})]
    if key:
        needed += on_key(["Decrypt"], key, responses.get_region(), resource)
    for replica in request.get("AddReplicaRegions", []):
        if replica.get("KmsKeyId"):
            needed += on_key(["GenerateDataKey", "Encrypt"], replica["KmsKeyId"], replica["Region"], resource)
    return needed


def besides(action, resource, request):
    """What else AWS requires of the caller: actions, resources and condition keys."""
    service, operation = action.split(":", 1)
    has_tags = any(name.startswith("Tags") for name in request)
    if service == "iam" and has_tags and operation in ("CreateRole", "CreatePolicy"):
        return [("iam:TagRole" if operation == "CreateRole" else "iam:TagPolicy", resource, {})]
    if service != "secretsmanager":
        return []
    _, secret = secretsmanager._resolve(request.get("SecretId") or request.get("Name") or "")
    key, region, needed = (secret or {}).get("KmsKeyId"), responses.get_region(), []
    if operation == "CreateSecret":
        key = request.get("KmsKeyId")
        needed += [("secretsmanager:TagResource", resource, {})] if has_tags else []
        needed += replicas(request, resource, None) if request.get("AddReplicaRegions") else []
    if operation in ("CreateSecret", "UpdateSecret") and request.get("KmsKeyId"):
        needed += on_key(["GenerateDataKey", "Decrypt"], request["KmsKeyId"], region, TRIED)
    if operation == "ReplicateSecretToRegions":
        needed += replicas(request, resource, key)[1:]
    if operation == "PutSecretValue" and key:
        needed += on_key(["GenerateDataKey", "Decrypt"], key, region, resource)
    if operation == "GetSecretValue" and key:
        needed += on_key(["Decrypt"], key, region, resource)
    if operation == "RotateSecret" and request.get("RotationLambdaARN"):
        needed.append(("lambda:InvokeFunction", request["RotationLambdaARN"], {}))
    return needed


def enforce(access_key, action, service, region, resource_arn="*", service_context=None):
    asked, request = current.get()
    request = request if asked == action else {}
    resource, keys = compared(action, resource_arn, request) if request else (resource_arn, {})
    needed = [(action, resource, {**(service_context or {}), **keys}), *(besides(action, resource, request) if request else [])]
    for each, on, context in needed:
        denied = enforce_one(access_key, each, each.split(":")[0], region, resource_arn=on, service_context=context)
        note(each, on, region, denied is None)
        if denied:
            return denied
    return None


def note(*decision):
    if "E2E_CALLS" in os.environ:
        with open(os.environ["E2E_CALLS"], "a", encoding="utf-8") as file:
            file.write(json.dumps(decision) + "\n")


def remove_regions(data):
    _, secret = secretsmanager._resolve(data["SecretId"])
    removed = data["RemoveReplicaRegions"]
    for region in removed:
        secretsmanager._secrets.pop_scoped(responses.get_account_id(), region, secret["Name"], None)
    secret["ReplicationStatus"] = [it for it in secret.get("ReplicationStatus", []) if it["Region"] not in removed]
    return responses.json_response({"ARN": secret["ARN"], "ReplicationStatus": secret["ReplicationStatus"]})


def cancel_rotation(data):
    _, secret = secretsmanager._resolve(data["SecretId"])
    secret["RotationEnabled"] = False
    return responses.json_response({"ARN": secret["ARN"], "Name": secret["Name"]})


OPERATIONS = {"RemoveRegionsFromReplication": remove_regions, "CancelRotateSecret": cancel_rotation}


async def handle_request(method, path, headers, body, query_params):
    operation = OPERATIONS.get(headers.get("x-amz-target", "").split(".")[-1])
    return operation(json.loads(body)) if operation else await answer(method, path, headers, body, query_params)


iam_actions.request_tag_context = request_context
iam_evaluator.enforce = enforce
secretsmanager.handle_request = handle_request

if __name__ == "__main__":
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)
