"""Measures the generated Python client beside its peers, and prints a table and how it was measured.

    cargo xtask gen-client --language python --out target/python-bench/paypulse_secrets
    python3 -m venv target/python-bench/venv
    target/python-bench/venv/bin/pip install --require-hashes --requirement benches/python/requirements.txt
    PYTHONPATH=target/python-bench target/python-bench/venv/bin/python benches/python/compare.py
"""

import compileall
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter

import paypulse_secrets
import peers
from server import Served

BATCHES, READS, THREADS, STARTS = 50, 1_000, 64, 15
BUNDLE = {
    "access_token": "a",
    "refresh_token": "r",
    "expires_at": "2024-11-01T11:00:00.000000",
    "expires_in": 3600,
    "scope": "openid",
    "token_type": "Bearer",
    "created_at": "2024-11-01T10:00:00.000000",
    "google_user_id": "117000000000000000001",
    "google_email": "somebody@example.com",
    "google_name": "Somebody",
    "google_verified_email": True,
}
MODULES = {
    peers.Generated: "paypulse_secrets",
    peers.Caching: "aws_secretsmanager_caching",
    peers.Powertools: "aws_lambda_powertools.utilities.parameters",
}


def microseconds(read):
    """The processor time of a read of the best batch: it depends least on what else runs."""
    read()
    best = float("inf")
    for _ in range(BATCHES):
        began = time.thread_time_ns()
        for _ in range(READS):
            read()
        best = min(best, time.thread_time_ns() - began)
    return f"{best / READS / 1000:.2f} µs"


def calls_of_misses(server, peer):
    """The calls that threads make that miss one key at once."""
    server.take_calls()
    barrier = threading.Barrier(THREADS)
    threads = [threading.Thread(target=lambda: (barrier.wait(), peer.text())) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ", ".join(f"{count} {call}" for call, count in sorted(Counter(server.take_calls()).items()))


def attempt(read):
    began = time.perf_counter()
    try:
        read()
        what = "old value"
    except Exception as error:  # (each peer has classes of its own)
        what = f"error ({type(error).__name__})"
    return f"{what}, {1000 * (time.perf_counter() - began):.0f} ms"


def in_an_outage(server, peer):
    """The first read after the value's life, the next one, and one after the bound of the generated client."""
    peer.text()
    server.set_outage(True)
    time.sleep(peers.LIFE + 0.2)
    first, second = attempt(peer.text), attempt(peer.text)
    time.sleep(peers.STALE + 0.3)
    late = attempt(peer.text)
    server.set_outage(False)
    return first, second, late


def after_an_own_write(peer):
    peer.parsed()
    peer.write("written")
    return "the new value" if peer.parsed() == "written" else "the old value"


PROGRAM = """
import sys, time
began = time.process_time(), time.perf_counter()
import boto3
own = time.process_time(), time.perf_counter()
__import__(sys.argv[1])
ended = time.process_time(), time.perf_counter()
print(*(1000 * (after - before) for pair in (zip(began, own), zip(own, ended)) for before, after in pair))
"""


def imports():
    """Milliseconds of boto3, and of each module after it: the median by processor time, and the least by the clock."""
    compileall.compile_dir(os.path.dirname(paypulse_secrets.__file__), quiet=1)
    taken = {name: [] for name in MODULES.values()}
    for _ in range(STARTS):
        for name in random.sample(sorted(taken), len(taken)):
            said = subprocess.run([sys.executable, "-c", PROGRAM, name], capture_output=True, check=True, text=True)
            taken[name].append([float(word) for word in said.stdout.split()])
    figures = (statistics.median, min, statistics.median, min)
    return {name: [figure(column) for figure, column in zip(figures, zip(*rows))] for name, rows in taken.items()}


def main():
    values = {peers.TEXT: "x.apps.googleusercontent.com", peers.BUNDLE: json.dumps(BUNDLE)}
    columns = []
    for peer in peers.ALL:
        server = Served(values)
        lasting, short = peer(server.url, 300.0), peer(server.url, peers.LIFE)
        columns.append(
            [
                peer.name,
                microseconds(lasting.text),
                microseconds(lasting.parsed),
                calls_of_misses(server, peer(server.url, 300.0)),
                *in_an_outage(server, short),
                after_an_own_write(peer(server.url, 300.0)),
            ]
        )
        server.process.terminate()
    taken = imports()
    for column, peer in zip(columns, peers.ALL):
        _, _, cpu, clock = taken[MODULES[peer]]
        column.append(f"{cpu:.1f} ms CPU, at least {clock:.1f} ms")
    rows = [
        "",
        "cached read of a text",
        "cached read of a field of a bundle",
        f"calls when {THREADS} threads miss one key",
        f"outage, first read after a life of {peers.LIFE:.0f} s",
        "outage, the next read",
        f"outage, {peers.LIFE + peers.STALE:.0f} s after the value was read (this client's bound)",
        "read after an own write",
        "import, beyond boto3's own",
    ]
    for number, (row, cells) in enumerate(zip(rows, zip(*columns))):
        print("| " + " | ".join([row, *cells]) + " |")
        if number == 0:
            print("|---" * (len(columns) + 1) + "|")
    cpu, clock = (min(rows[place] for rows in taken.values()) for place in (0, 1))
    print(
        f"\nPython {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}. Reads: processor time of the "
        f"best of {BATCHES} batches of {READS}. Misses: threads behind one barrier, answers after 20 ms. Outage: status 503, boto3 with "
        f"three attempts. Imports: {STARTS} starts of each in a random order, compiled before, after boto3; the median of the processor "
        f"time, and the least by the clock. boto3 takes {cpu:.0f} ms CPU, at least {clock:.0f} ms."
    )


if __name__ == "__main__":
    main()
