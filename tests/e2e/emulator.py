"""The emulator with things that AWS does and the emulator does not.

The real provider relies on two of them: CreateSecret makes the replicas that it names, and PutSecretValue gives a version every
staging label of its list.
The stand-in needs neither: it makes calls of their own for both.

A request for a secret's value has the condition keys `secretsmanager:VersionStage` and `secretsmanager:VersionId`, if it names a
label or a version. They are those of the request, and have no defaults:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html#awssecretsmanager-policy-keys

Policies of AWS's that it does not know allow everything in the emulator. Of those that PayPulse uses it knows which service they are
for, so that taking one off takes away what it takes away in AWS.

A connection sometimes breaks after a call was carried out and before its answer arrived. The SDK sends the call again with the same
`amz-sdk-invocation-id`, and of a role that is created twice the second is refused. So a repeated call gets the first answer.
"""

import asyncio
import json
import runpy

from ministack import app
from ministack.core import iam_actions
from ministack.services import iam, secretsmanager

for policy, action in {
    "SecretsManagerReadWrite": "secretsmanager:*",
    "IAMFullAccess": "iam:*",
    "AWSLambda_FullAccess": "lambda:*",
}.items():
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
    record = iam._make_aws_managed_record(policy, json.dumps(document))
    iam._aws_managed_policies.setdefault(record["Arn"], record)

created, put = secretsmanager._create_secret, secretsmanager._put_secret_value


def create_secret(data):
    """As AWS has it: the secret and its replicas, or an error."""
    answer = created(data)
    if answer[0] != 200 or not data.get("AddReplicaRegions"):
        return answer
    names = ("AddReplicaRegions", "ForceOverwriteReplicaSecret")
    replicas = {name: data[name] for name in names if name in data}
    replicated = secretsmanager._replicate_secret_to_regions({"SecretId": data["Name"], **replicas})
    return answer if replicated[0] == 200 else replicated


def put_secret_value(data):
    """AWSCURRENT first, which the emulator understands, and then the others."""
    answer = put(data)
    stages = data.get("VersionStages") or []
    others = [stage for stage in stages if stage != "AWSCURRENT"]
    if answer[0] != 200 or len(others) == len(stages) or not others:
        return answer
    _, secret = secretsmanager._resolve(data["SecretId"])
    versions = secret["Versions"]
    for stage in others:
        for version in versions.values():
            version["Stages"] = [label for label in version["Stages"] if label != stage]
        versions[data["ClientRequestToken"]]["Stages"].append(stage)
    return answer


secretsmanager._create_secret, secretsmanager._put_secret_value = create_secret, put_secret_value

request_tags = iam_actions.request_tag_context


def request_context(service, action, body, parameters):
    """The keys of tags, which the emulator fills in, and those of versions."""
    context = request_tags(service, action, body, parameters)
    if service != "secretsmanager":
        return context
    request = json.loads(body or b"{}")
    keys = {"secretsmanager:versionstage": "VersionStage", "secretsmanager:versionid": "VersionId"}
    return {**context, **{key: request[member] for key, member in keys.items() if member in request}}


iam_actions.request_tag_context = request_context

answer_call = app.app
# The answer of each call, as the messages of ASGI; None for a refusal.
answers = {}


async def answer_once(scope, receive, send):
    """Answers a call that is sent again as it was answered first. A refusal is no answer: the SDK may repeat that call."""
    call = dict(scope.get("headers", ())).get(b"amz-sdk-invocation-id")
    if call is None:
        return await answer_call(scope, receive, send)
    if call in answers and (messages := await asyncio.shield(answers[call])):
        for message in messages:
            await send(message)
        return None
    answers[call] = answer = asyncio.get_running_loop().create_future()
    messages = []

    async def record(message):
        messages.append(message)
        await send(message)

    try:
        return await answer_call(scope, receive, record)
    finally:
        is_whole = len(messages) > 1 and not messages[-1].get("more_body") and messages[0].get("status", 500) < 400
        answer.set_result(messages if is_whole else None)


app.app = answer_once

if __name__ == "__main__":
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)
