"""Processes that change one user's tokens at once: `python writers.py FIRST COUNT CHANGES`.

Says `ready` when boto3 is imported, and begins when a line comes in. Each process adds its marks to the scope, one after the other.
"""

import os
import sys

import boto3
import paypulse_secrets as spec
from botocore.config import Config
from paypulse_secrets.errors import ConflictError

USER = spec.GmailUserTokens(spec.UserId("writers"))


def add_marks(client, number, changes):
    fetch = spec.FetchInvoices(client, environ={})
    for change in range(changes):
        mark = f"python.{number}.{change}"
        written = None
        while written is None:
            try:
                written = fetch.update(USER, lambda found, mark=mark: with_mark(found, mark))
            except ConflictError:
                # With this many writers at once, the client may give up: nothing was written then.
                continue


def with_mark(found, mark):
    return found.value.with_changes(scope=f"{found.value.scope} {mark}")


def main(first, count, changes):
    # A client that has no connection yet: each process opens its own.
    client = boto3.Session().client("secretsmanager", config=Config(retries={"total_max_attempts": 1}))
    print("ready", flush=True)
    sys.stdin.readline()
    processes = []
    for number in range(first, first + count):
        process = os.fork()
        if process == 0:
            try:
                add_marks(client, number, changes)
            except BaseException:
                sys.excepthook(*sys.exc_info())
                os._exit(1)
            os._exit(0)
        processes.append(process)
    failed = [process for process in processes if os.waitpid(process, 0)[1] != 0]
    sys.exit(f"{len(failed)} processes failed" if failed else 0)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
