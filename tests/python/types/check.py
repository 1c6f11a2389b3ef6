"""Runs a type checker on both files of this folder: `python check.py mypy` or `python check.py pyright`.

Fails where `granted.py` is reported, or where the lines that are reported in `ungranted.py` are not those that say so.
"""

import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent


def reported(checker, file):
    """The lines that a type checker reports."""
    if checker == "mypy":
        command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--python-version", "3.10", str(file)]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        if said.returncode not in (0, 1):
            sys.exit(f"mypy failed:\n{said.stdout}{said.stderr}")
        lines = re.findall(rf"{re.escape(file.name)}:(\d+): error", said.stdout)
        return {int(line) for line in lines}, said.stdout
    # Its settings come from a file beside what it checks; this folder is a copy of the test's own.
    (HERE / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict", "pythonVersion": "3.9"}))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, str(file)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE)
    if said.returncode not in (0, 1):
        sys.exit(f"pyright failed:\n{said.stdout}{said.stderr}")
    found = json.loads(said.stdout)["generalDiagnostics"]
    errors = [it for it in found if it["severity"] == "error" and pathlib.Path(it["file"]).name == file.name]
    return {it["range"]["start"]["line"] + 1 for it in errors}, said.stdout


def main(checker):
    for name in ("granted.py", "ungranted.py"):
        lines = (HERE / name).read_text().splitlines()
        wanted = {number for number, line in enumerate(lines, 1) if line.endswith("# refused")}
        found, said = reported(checker, HERE / name)
        if found != wanted:
            sys.exit(f"{checker} reports lines {sorted(found)} of {name}, not {sorted(wanted)}:\n{said}")
        print(f"{checker}: {name} has {len(wanted)} refused lines, and no other is reported")


if __name__ == "__main__":
    main(sys.argv[1])
