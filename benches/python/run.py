"""Measures the generated Python client beside its peers: one command that prepares everything and prints the finished table.

    python3 benches/python/run.py            prints the table of docs/speed.md
    python3 benches/python/run.py --write    and writes it into docs/speed.md, between its two marks

It generates PayPulse's package, installs the pinned peers into target/python-bench, and starts compare.py there.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target/python-bench"
DOCUMENT = ROOT / "docs/speed.md"
BEGIN, END = "<!-- python: begin -->\n", "<!-- python: end -->\n"


def prepare():
    """The package and an environment with the peers. Returns the interpreter of the environment."""
    package = ["cargo", "xtask", "gen-client", "--language", "python", "--out", str(WORK / "paypulse_secrets")]
    subprocess.run(package, cwd=ROOT, check=True, stdout=sys.stderr)
    python = WORK / "venv/bin/python"
    if not python.exists():
        venv.create(WORK / "venv", with_pip=True)
    requirements = str(ROOT / "benches/python/requirements.txt")
    install = [python, "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", requirements]
    subprocess.run(install, check=True, stdout=sys.stderr)
    return python


def write(table):
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}")


def main():
    python = prepare()
    # A start must find compiled modules, as in a layer.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(WORK)
    compare = [python, ROOT / "benches/python/compare.py"]
    said = subprocess.run(compare, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    print(said, end="")
    if "--write" in sys.argv[1:]:
        write(said)


if __name__ == "__main__":
    main()
