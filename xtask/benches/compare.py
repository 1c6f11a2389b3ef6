"""`gen-infra` beside a plain Jinja script, on the same workloads: whole processes, one of each in turn.

    cargo build --release -p xtask && python3 xtask/benches/compare.py target/release/xtask [RUNS]

Prints for each the least and the median user time of RUNS runs (9), the median of user and system time together, and the largest
resident set, as `wait4` gives them; then the ratio of the user times, pair by pair. Needs jinja2. Linux.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent / "peer"
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

import workload  # noqa: E402

# Secrets, roles, and grants of each role.
SIZES = [(10_000, 2_000, 20), (100_000, 20_000, 20)]


def run(command, out):
    """User time, user and system time, and the largest resident set in MB."""
    shutil.rmtree(out, ignore_errors=True)
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{command} ended with {child.returncode}")
    return usage.ru_utime, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6


def row(who, runs):
    user, cpu, memory = zip(*runs)
    print(
        f"  {who:14} user {min(user):6.3f} s least, {statistics.median(user):6.3f} s median; "
        f"with system {statistics.median(cpu):6.3f} s; {max(memory):5.0f} MB"
    )


def compare(program, runs, size, directory):
    spec, plain = f"{directory}/spec.json", f"{directory}/plain.json"
    workload.write_both(*size, spec, plain)
    ours, peer = [], []
    for _ in range(runs):
        out = f"{directory}/ours"
        ours.append(run([program, "gen-infra", "--spec", spec, "--out", out], out))
        out = f"{directory}/peer"
        peer.append(run([sys.executable, str(HERE / "plain_jinja.py"), plain, out], out))
    secrets, roles, grants = size
    print(f"{secrets:,} secrets, {roles:,} roles, {roles * grants:,} grants; load {os.getloadavg()[0]:.1f}")
    row("gen-infra", ours)
    row("plain script", peer)
    ratio = statistics.median(mine[0] / other[0] for mine, other in zip(ours, peer))
    least = min(mine[0] for mine in ours) / min(other[0] for other in peer)
    print(f"  ratio of the user times: {ratio:.2f} median of pairs, {least:.2f} of the least")


def main():
    program = os.path.abspath(sys.argv[1])
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 9
    for size in SIZES:
        with tempfile.TemporaryDirectory() as directory:
            compare(program, runs, size, directory)


if __name__ == "__main__":
    main()
