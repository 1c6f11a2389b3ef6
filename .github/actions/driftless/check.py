"""Runs the checks of the action, and reports them to the pull request.

The environment has the inputs of `action.yml` and GitHub's own variables. The exit code is 0 if every check passed.
"""

from __future__ import annotations

import json
import os
import secrets
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import comment
import reviews
from api import Api, ApiError, field

# Exit codes of the program: something cannot be decided, or something widens.
UNDECIDED, WIDENED = 4, 5


class Failure(Exception):
    """A check that cannot be made."""


@dataclass(frozen=True)
class Job:
    """What the run is about."""

    env: Mapping[str, str]
    event: Any

    @property
    def number(self) -> int:
        return int(field(self.event, int, "pull_request", "number"))

    @property
    def commit(self) -> str:
        return str(field(self.event, str, "pull_request", "head", "sha"))

    def api(self) -> Api:
        return Api(
            self.env.get("GITHUB_API_URL", "https://api.github.com"),
            self.env.get("GITHUB_REPOSITORY", ""),
            self.env.get("GITHUB_TOKEN", ""),
        )

    def given(self, name: str, *before: str) -> list[str]:
        """The value of an input as arguments, or none if it is not given."""
        value = self.env.get(name, "")
        return [*before[:-1], f"{before[-1]}={value}"] if value and before else [value] if value else []

    def run(self, *arguments: str, is_shown: bool = False) -> subprocess.CompletedProcess[str]:
        """Runs the program. Its messages go to the log, and its output if it `is_shown`."""
        command = shlex.split(self.env.get("INPUT_COMMAND", ""))
        if not command:
            raise Failure("neither `version` nor `command` is given")
        # What a pull request can make the program print is no command to the runner.
        token = secrets.token_hex(16)
        print(f"::stop-commands::{token}", flush=True)
        try:
            done = subprocess.run([*command, *arguments], check=False, stdout=subprocess.PIPE, text=True, errors="replace")
            if is_shown:
                print(done.stdout)
        except OSError as error:
            raise Failure(f"`{command[0]}` cannot be started: {error.strerror}") from None
        finally:
            print(f"::{token}::", flush=True)
        print(f"{' '.join([*command, arguments[0]])}: exit code {done.returncode}", flush=True)
        return done

    def append(self, variable: str, text: str) -> None:
        """Appends to the summary, or to another file of the runner."""
        if path := self.env.get(variable):
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(text)


def main(env: Mapping[str, str] = os.environ) -> int:
    """Runs all checks, and returns the exit code."""
    try:
        event = json.loads(Path(env["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    except (KeyError, OSError, ValueError):
        print("::error::GITHUB_EVENT_PATH names no event: run the action on `pull_request` and `pull_request_review`")
        return 1
    job = Job(env, event)
    failed = [name for name, check in CHECKS.items() if not _passes(name, check, job)]
    print("all checks passed" if not failed else f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def _passes(name: str, check: Callable[[Job], bool], job: Job) -> bool:
    """Runs one check. One that cannot be made has not passed."""
    try:
        return check(job)
    except (ApiError, Failure) as error:
        print(f"::error title=driftless {name}::{str(error).translate({13: ' ', 10: ' '})}")
        return False


def _generated(job: Job) -> bool:
    """The committed files are what the spec says."""
    arguments = [*job.given("INPUT_SPEC", "--spec"), *job.given("INPUT_DIR", "--out")]
    return job.run("gen-infra", "--check", *arguments, is_shown=True).returncode == 0


def _access(job: Job) -> bool:
    """Nothing widens that is not accepted by a second person."""
    base = field(job.event, str, "pull_request", "base", "sha")
    done = subprocess.run(["git", "merge-base", base, "HEAD"], check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Failure("git does not have the base of the pull request: check out with `fetch-depth: 0`")
    diff = ["diff", "--against", done.stdout.strip(), *job.given("INPUT_SPEC", "--spec"), *job.given("INPUT_DIR", "--dir")]
    result, accepted, problem = job.run(*diff, "--format", "json"), reviews.Accepted({}, []), None
    if result.returncode in (UNDECIDED, WIDENED):
        try:
            accepted = reviews.accepted(job.api(), job.number, job.commit, "Accept-Access")
        except ApiError as error:
            problem = error
    elif result.returncode != 0:
        raise Failure("the access cannot be compared; the log says why")
    diff += [f"--accept={name}" for name in accepted.names]
    last = job.run(*diff, "--format", "markdown")
    _report(job, last.stdout + _about(accepted, problem, last.returncode))
    if path := job.env.get("INPUT_SARIF"):
        sarif = job.run(*diff, "--format", "sarif")
        if sarif.returncode != last.returncode:
            raise Failure("the report for code scanning cannot be made; the log says why")
        Path(path).write_text(sarif.stdout, encoding="utf-8")
    if problem:
        raise problem
    return last.returncode == 0


def _about(accepted: reviews.Accepted, problem: ApiError | None, exit_code: int) -> str:
    """What the report says about the reviews."""
    text = [f"- `{name}` is accepted by {', '.join(f'@{login}' for login in by)}" for name, by in accepted.names.items()]
    text += [f"- Not counted: {note}" for note in accepted.notes]
    if problem:
        text.append("- The reviews cannot be read, so nothing is accepted: see the log")
    elif exit_code in (UNDECIDED, WIDENED):
        text.append(
            "- To accept, another person with write access approves the newest commit, with a line "
            "`Accept-Access: NAME` for each name in a paragraph of its own"
        )
    return "\n" + "\n".join(text) + "\n" if text else ""


def _report(job: Job, text: str) -> None:
    """Writes the summary of the run and the comment. Pull requests from forks have no token that may comment."""
    job.append("GITHUB_STEP_SUMMARY", text)
    if job.env.get("INPUT_COMMENT") != "true":
        return
    try:
        comment.write(job.api(), job.number, text)
    except ApiError as error:
        print(f"::warning title=driftless::the comment is not written, the summary of the run has it: {error}")


def _plan(job: Job) -> bool:
    """A Terraform plan has nothing that the spec does not grant."""
    plan = job.given("INPUT_PLAN")
    if not plan:
        return True
    arguments = ["check-plan", *job.given("INPUT_SPEC", "--spec"), *job.given("INPUT_MODULE", "--module")]
    done = job.run(*arguments, "--", *plan, is_shown=True)
    if done.returncode in (UNDECIDED, WIDENED):
        accepted = reviews.accepted(job.api(), job.number, job.commit, "Accept-Plan")
        if accepted.names:
            done = job.run(*arguments, *[f"--accept={name}" for name in accepted.names], "--", *plan, is_shown=True)
    job.append("GITHUB_STEP_SUMMARY", f"\n### The plan\n\n```text\n{done.stdout.replace('```', '` ` `')}\n```\n")
    return done.returncode == 0


CHECKS = {"gen-infra": _generated, "diff": _access, "check-plan": _plan}

if __name__ == "__main__":
    sys.exit(main())
