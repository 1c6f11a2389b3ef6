"""Powertools for AWS Lambda as a peer: does what each line of its input asks for, and answers with a line.

Started with the server's URL and the life of a cached value in seconds. Its typed bundle is what `transform="json"` gives.
"""

import sys
import threading
import time

import boto3
from aws_lambda_powertools.utilities.parameters import SecretsProvider

NAME = "gmail/user/somebody"

url, ttl = sys.argv[1], float(sys.argv[2])
client = boto3.client(
    "secretsmanager",
    endpoint_url=url,
    region_name="eu-west-1",
    aws_access_key_id=sys.argv[3],
    aws_secret_access_key="none",
)
provider = SecretsProvider(boto3_client=client)


def read():
    return provider.get(NAME, max_age=ttl, transform="json")


def one_thread():
    """Nanoseconds a cached read: the best of 50 batches of 1,000."""
    read()
    best = float("inf")
    for _ in range(50):
        started = time.perf_counter_ns()
        for _ in range(1_000):
            read()
        best = min(best, time.perf_counter_ns() - started)
    return f"{best / 1_000:.0f}"


def misses():
    """Threads that miss one key at once."""
    threads = [threading.Thread(target=read) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return "done"


def answer(command, argument):
    if command == "read":
        return str(len(read()["access_token"]))
    if command == "write":
        provider.set(NAME, argument)
        return "done"
    if command == "shown":
        told = [argument in repr(what) for what in ((provider, provider.store), read())]
        return " ".join(map(str, told))
    return {"one_thread": one_thread, "misses": misses}[command]()


for line in sys.stdin:
    command, _, argument = line.rstrip("\n").partition(" ")
    try:
        print("ok", answer(command, argument), flush=True)
    except Exception as error:
        print("error", type(error).__name__, flush=True)
