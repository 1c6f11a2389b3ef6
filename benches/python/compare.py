"""Measures the generated Python client beside its peers, and prints tables and how they were measured.

`python3 benches/python/run.py` prepares what this needs, and starts it.
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

BATCHES, READS, THREADS, STARTS = 50, 1_000, 64, 40
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
for name in sys.argv[1:]:
    __import__(name)
ended = time.process_time(), time.perf_counter()
print(*(1000 * (after - before) for pair in (zip(began, own), zip(own, ended)) for before, after in pair))
"""
#: What a start imports after boto3, by the name in the table.
IMPORTS = {"boto3 alone": (), **{peer.name: (module,) for peer, module in MODULES.items()}}


def imports():
    """Milliseconds of imports in processes of their own, which take turns: for each start, by the processor and by the clock, boto3's
    and what comes after it."""
    compileall.compile_dir(os.path.dirname(paypulse_secrets.__file__), quiet=1)
    taken = {name: [] for name in IMPORTS}
    for turn in range(STARTS + 1):
        for name in random.sample(sorted(taken), len(taken)):
            line = [sys.executable, "-c", PROGRAM, *IMPORTS[name]]
            said = subprocess.run(line, capture_output=True, check=True, text=True)
            # The first turn fills the caches of the file system.
            if turn > 0:
                taken[name].append([float(word) for word in said.stdout.split()])
    return {name: list(zip(*rows)) for name, rows in taken.items()}


def print_imports(taken):
    """A row for each program: the whole import, and what it takes beyond boto3 in the same process."""
    print("\n| import | CPU, median | CPU, least | clock, median | clock, least | beyond boto3: CPU, median | clock, median | clock, least |")
    print("|---" * 8 + "|")
    for name, (cpu, clock, cpu_beyond, clock_beyond) in taken.items():
        whole = [[sum(pair) for pair in zip(*both)] for both in ((cpu, cpu_beyond), (clock, clock_beyond))]
        figures = [figure(column) for column in whole for figure in (statistics.median, min)]
        figures += [statistics.median(cpu_beyond), statistics.median(clock_beyond), min(clock_beyond)]
        cells = [f"{one:.1f} ms" for one in figures[:4]] + [f"{one:.2f} ms" for one in figures[4:]]
        print("| " + " | ".join([name, *cells]) + " |")


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
        _, _, cpu, clock = taken[peer.name]
        column.append(f"{statistics.median(cpu):.1f} ms CPU, {statistics.median(clock):.1f} ms by the clock")
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
    print_imports(taken)
    print(
        f"\nPython {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}. Reads: processor time of the "
        f"best of {BATCHES} batches of {READS}. Misses: threads behind one barrier, answers after 20 ms. Outage: status 503, boto3 with "
        f"three attempts. Imports: {STARTS} starts of each, in processes that take turns in a random order, with compiled modules."
    )


if __name__ == "__main__":
    main()
