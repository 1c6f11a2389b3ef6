"""Specs that are far too large, given to `gen-infra`, and large plans, given to `check-plan`: CPU time, peak memory and exit code of each process, and of one with
half of it, so that what is not linear shows. Fails where a process has more than 1 GB, or takes more than a second and more
than three times as long for twice as much.

    cargo build --release -p xtask && python3 xtask/benches/huge.py target/release/xtask
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

GIGABYTE = 1_000_000_000
# Done, something is allowed to others, and problems of a spec.
EXPECTED = (0, 5, 100)
TEXT = "A description that is as long as AWS takes it. " * 41


def secret(number, description="", name=None, owner=None):
    return {
        "id": f"Secret{number}",
        "name": name or f"team{number % 50}/secret{number}/{{id}}",
        "description": description,
        "payload": {"kind": "text"},
        "owner": owner or {"kind": "runtime"},
    }


def handler(number, secrets, verbs=("read",)):
    grants = [{"secret": f"Secret{secret}", "verbs": list(verbs)} for secret in secrets]
    return {"id": f"Handler{number}", "name": f"handler-{number}", "role": {"kind": "created"}, "grants": grants}


def spec(secrets, handlers):
    return {"version": 1, "source": "huge.json", "secrets": secrets, "handlers": handlers}


def dealt(secrets, handlers, grants):
    return [handler(h, ((h * grants + g) % secrets for g in range(grants))) for h in range(handlers)]


def bytes_(share):
    number = 94_000 // share
    return spec([secret(n, TEXT) for n in range(number)], dealt(number, number // 94, 94))


def rendered_bytes(share):
    number = 94_000 // share
    owner = lambda n: {"kind": "terraform", "variable": f"secret_{n}"}
    secrets = [secret(n, TEXT, f"team/secret{n}", owner(n)) for n in range(number)]
    return spec(secrets, dealt(number, number // 94, 94))


def grants(share):
    handlers = 5_000 // share
    return spec([secret(n) for n in range(10_000)], dealt(10_000, handlers, 200))


def unknown_verbs(share):
    number = 100_000 // share
    return spec([secret(0)], [handler(0, [0] * number, ["raed"])])


def bad_names(share):
    number = 100_000 // share
    names = (f"team/sécret{n}" for n in range(number))
    return spec([secret(n, name=name) for n, name in enumerate(names)], [handler(0, range(number))])


def undeclared(share):
    return spec([secret(0)], [handler(0, range(100_000 // share))])


def same_name(share):
    number = 50_000 // share
    return spec([secret(n, name="team/one", owner={"kind": "external"}) for n in range(number)], [handler(0, range(number))])


def same_variable(share):
    number = 100_000 // share
    owner = {"kind": "terraform", "variable": "one"}
    return spec([secret(n, name=f"team/s{n}", owner=owner) for n in range(number)], [handler(0, range(number))])


def overlapping(share):
    number = 20_000 // share
    return spec([secret(n, name="{a}" + "/{b}" * (n % 3) + f"/x{n}") for n in range(number)], [handler(0, range(number))])


def plan(resource, number):
    with open(os.path.join(os.path.dirname(__file__), "../../tests/data/plans/later.json")) as file:
        whole = json.load(file)
    for n in range(number):
        kind, after = resource(n)
        change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {}}
        address = {"address": f"{kind}.r{n}", "mode": "managed", "type": kind, "name": f"r{n}"}
        whole["resource_changes"].append({**address, "change": change})
    return whole


def bucket(n):
    return "aws_s3_bucket", {"bucket": f"bucket-{n}", "tags": {"text": "x" * 600}}


def document(n):
    statement = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::bucket-{n}/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role_policy(n):
    return "aws_iam_role_policy", {"name": "p", "role": f"other-{n}", "policy": document(n)}


def policy_of_one_role(n):
    return "aws_iam_role_policy", {"name": f"p{n}", "role": "other", "policy": document(n)}


def managed_policy(n):
    return "aws_iam_policy", {"name": f"p{n}", "arn": f"arn:aws:iam::123456789012:policy/p{n}", "policy": document(n)}


def attachment(n):
    return "aws_iam_role_policy_attachment", {"role": f"other-{n}", "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}


def permission(n):
    after = {"function_name": f"f{n}", "principal": "s3.amazonaws.com", "action": "lambda:InvokeFunction"}
    return "aws_lambda_permission", {**after, "source_arn": f"arn:aws:s3:::b{n}"}


def references(number):
    whole = plan(lambda n: ("aws_lambda_permission", {"principal": "s3.amazonaws.com"}), number)
    resources = whole["configuration"]["root_module"].setdefault("resources", [])
    for n, resource in enumerate(whole["resource_changes"][-number:]):
        resource["change"]["after_unknown"] = {"function_name": True}
        name = f"aws_lambda_function.f{n}"
        expressions = {"function_name": {"references": [f"{name}.function_name", name]}}
        resources.append({"address": resource["address"], "expressions": expressions})
    return whole


PLANS = {
    "a plan of others' resources": lambda share: plan(bucket, 110_000 // share),
    "a plan of 100,000 policies of as many roles": lambda share: plan(role_policy, 100_000 // share),
    "a plan of 50,000 policies of one role": lambda share: plan(policy_of_one_role, 50_000 // share),
    "a plan of 50,000 managed policies": lambda share: plan(managed_policy, 50_000 // share),
    "a plan of 50,000 attachments of a policy of AWS's": lambda share: plan(attachment, 50_000 // share),
    "a plan of 50,000 permissions of functions": lambda share: plan(permission, 50_000 // share),
    "a plan of 20,000 references": lambda share: references(20_000 // share),
}

CASES = {
    "a spec of 200 MB": bytes_,
    "a spec of 200 MB, all of it rendered": rendered_bytes,
    "a million grants": grants,
    "100,000 unknown verbs": unknown_verbs,
    "100,000 bad names": bad_names,
    "100,000 undeclared secrets": undeclared,
    "50,000 secrets of one name": same_name,
    "100,000 secrets of one variable": same_variable,
    "20,000 names that begin alike": overlapping,
    **PLANS,
}


def measured(program, name, path, out):
    shutil.rmtree(out, ignore_errors=True)
    command = ["check-plan", path] if name in PLANS else ["gen-infra", "--spec", path, "--out", out]
    with open(os.devnull, "w") as null:
        process = subprocess.Popen([program, *command], stdout=null, stderr=subprocess.PIPE)
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, said


def main():
    program = os.path.abspath(sys.argv[1])
    failed = False
    print("| input | bytes | exit | CPU | half of it | peak memory | printed |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as directory:
        for name in CASES:
            if len(sys.argv) > 2 and sys.argv[2] not in name:
                continue
            path, out = os.path.join(directory, "huge.json"), os.path.join(directory, "out")
            runs = []
            for share in (2, 1):
                # In a process of its own: the kernel counts the memory of this one to what it starts.
                subprocess.run([sys.executable, __file__, "--write", name, str(share), path], check=True)
                runs.append(measured(program, name, path, out))
            (_, half, _, _), (exit_code, cpu, peak, said) = runs
            is_linear = cpu < 1 or cpu < 3 * half
            failed |= peak > GIGABYTE or not is_linear or exit_code not in EXPECTED
            size = os.path.getsize(path)
            print(f"| {name} | {size / 1e6:,.0f} MB | {exit_code} | {cpu:.2f} s | {half:.2f} s | {peak / 1e6:,.0f} MB | {len(said):,} bytes |", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    if sys.argv[1] == "--write":
        with open(sys.argv[4], "w") as file:
            json.dump(CASES[sys.argv[2]](int(sys.argv[3])), file)
    else:
        main()
