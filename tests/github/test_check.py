"""The action as a whole, with another program instead of driftless: what it runs, what it reports, and when it fails."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path

ACTION = Path(__file__).parents[2] / ".github/actions/driftless"
sys.path[:0] = [str(ACTION), str(Path(__file__).parent)]

import check
import comment
from api import Api

from fake import AUTHOR, NEWEST, REPOSITORY, REVIEWER, FakeGitHub, review, user

NAME = "reader:Token:store"
LINE = f"Accept-Access: {NAME}"
# Ends as driftless does: 5 while a widening is not accepted. It notes its arguments.
PROGRAM = f"""
import json, os, sys
arguments = sys.argv[1:]
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps(arguments) + "\\n")
if arguments[0] == "gen-infra":
    print("::error::said by a stale file")
    sys.exit(int(os.environ.get("STALE", "0")))
accepts = "--accept={NAME}" in arguments
if arguments[0] == "diff":
    print("{{}}" if arguments[-1] in ("json", "sarif") else "### Access\\n")
    if arguments[-1] == os.environ.get("BROKEN"):
        sys.exit(1)
    sys.exit(0 if accepts else int(os.environ.get("WIDENED", "5")))
print("policy-wider")
sys.exit(0 if "--accept=policy-wider:a.b" in arguments else int(os.environ.get("WIDENED", "5")))
"""


class Checks(unittest.TestCase):
    def setUp(self) -> None:
        self.github = FakeGitHub()
        self.addCleanup(self.github.close)
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.dir = Path(directory.name)
        (self.dir / "program.py").write_text(PROGRAM)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.dir)
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
        for arguments in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "a"]):
            subprocess.run([*git, *arguments], check=True)
        base = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True).strip()
        pull = {"number": 7, "head": {"sha": NEWEST}, "base": {"sha": base}, "body": LINE}
        (self.dir / "event.json").write_text(json.dumps({"pull_request": pull}))
        self.base = base
        self.env = {
            "GITHUB_API_URL": self.github.url, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": "t",
            "GITHUB_EVENT_PATH": "event.json", "GITHUB_STEP_SUMMARY": "summary.md",
            "INPUT_COMMAND": f"'{sys.executable}' program.py", "INPUT_COMMENT": "true", "INPUT_SARIF": "out.sarif",
        }  # fmt: skip
        os.environ["CALLS"] = "calls"
        for variable in ("STALE", "WIDENED", "BROKEN"):
            os.environ.pop(variable, None)

    def run_checks(self, **env: str) -> tuple[int, str]:
        out = io.StringIO()
        # What the program prints itself goes to the real output.
        with redirect_stdout(out):
            exit_code = check.main(self.env | env)
        return exit_code, out.getvalue()

    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in (self.dir / "calls").read_text().splitlines()]

    def summary(self) -> str:
        return (self.dir / "summary.md").read_text()

    def test_the_description_of_the_author_accepts_nothing(self) -> None:
        exit_code, out = self.run_checks()
        self.assertEqual(exit_code, 1, out)
        self.assertIn("failed: diff", out)
        self.assertFalse([call for call in self.calls() if any("--accept" in it for it in call)])
        self.assertIn("another person with write access approves the newest commit", self.summary())
        for of_author in (review(AUTHOR, LINE), review(REVIEWER, LINE, commit="b" * 40)):
            self.github.reviews = [of_author]
            self.assertEqual(self.run_checks()[0], 1)

    def test_a_review_of_another_person_accepts(self) -> None:
        self.github.reviews = [review(REVIEWER, LINE)]
        exit_code, out = self.run_checks()
        self.assertEqual(exit_code, 0, out)
        self.assertIn(f"`{NAME}` is accepted by @{REVIEWER}", self.summary())
        expected = ["diff", "--against", self.base, f"--accept={NAME}", "--format", "markdown"]
        self.assertIn(expected, self.calls())

    def test_where_nothing_widens_no_review_is_read(self) -> None:
        os.environ["WIDENED"] = "0"
        self.github.failing = {"GET /pulls": (500, b"")}
        self.assertEqual(self.run_checks()[0], 0)

    def test_an_error_of_github_accepts_nothing(self) -> None:
        self.github.reviews = [review(REVIEWER, LINE)]
        for status in (403, 404, 500):
            self.github.failing = {"GET /pulls/7/reviews": (status, b"")}
            exit_code, out = self.run_checks()
            self.assertEqual(exit_code, 1)
            self.assertIn(f"::error title=driftless diff::GET /pulls/7/reviews?per_page=100&page=1: GitHub answers {status}", out)
            self.assertIn("nothing is accepted", self.summary())

    def test_an_undecided_change_is_accepted_like_a_widening(self) -> None:
        os.environ["WIDENED"] = "4"
        self.assertEqual(self.run_checks()[0], 1)
        self.github.reviews = [review(REVIEWER, LINE)]
        self.assertEqual(self.run_checks()[0], 0)

    def test_a_comparison_that_fails_is_no_success(self) -> None:
        self.github.reviews = [review(REVIEWER, LINE)]
        for exit_code in ("1", "2", "100", "130"):
            os.environ["WIDENED"] = exit_code
            self.assertEqual(self.run_checks()[0], 1)

    def test_a_report_that_fails_is_no_success(self) -> None:
        self.github.reviews = [review(REVIEWER, LINE)]
        for last in ("json", "markdown", "sarif"):
            os.environ["BROKEN"] = last
            self.assertEqual(self.run_checks()[0], 1, last)
            self.assertEqual(self.run_checks(INPUT_SARIF="")[0], int(last != "sarif"), last)
        self.assertFalse((self.dir / "out.sarif").exists())

    def test_stale_files_fail_and_the_access_is_compared_too(self) -> None:
        os.environ |= {"STALE": "4", "WIDENED": "0"}
        exit_code, out = self.run_checks()
        self.assertEqual(exit_code, 1)
        self.assertIn("failed: gen-infra\n", out)
        before, after = out.split("::error::said by a stale file")
        token = before.rsplit("::stop-commands::", 1)[1].split("\n")[0]
        self.assertIn(f"::{token}::", after)

    def test_a_plan_is_accepted_by_its_own_line(self) -> None:
        plan = {"INPUT_PLAN": "plan.json", "INPUT_MODULE": "module.a", "INPUT_SPEC": "spec.json"}
        os.environ["WIDENED"] = "5"
        self.github.reviews = [review(REVIEWER, f"{LINE}\n\nAccept-Access: policy-wider:a.b")]
        exit_code, out = self.run_checks(**plan)
        self.assertIn("failed: check-plan\n", out)
        self.github.reviews = [review(REVIEWER, f"{LINE}\n\nAccept-Plan: policy-wider:a.b")]
        exit_code, out = self.run_checks(**plan)
        self.assertEqual(exit_code, 0, out)
        last = ["check-plan", "--spec=spec.json", "--module=module.a", "--accept=policy-wider:a.b", "--", "plan.json"]
        self.assertEqual(self.calls()[-1], last)

    def test_a_name_is_never_another_argument(self) -> None:
        self.github.reviews = [review(REVIEWER, "Accept-Access: --spec=other.json")]
        self.run_checks()
        self.assertIn("--accept=--spec=other.json", self.calls()[-1])

    def test_what_is_missing_is_named(self) -> None:
        self.assertIn("neither `version` nor `command`", self.run_checks(INPUT_COMMAND="")[1])
        self.assertIn("cannot be started", self.run_checks(INPUT_COMMAND="./none")[1])
        self.assertIn("names no event", self.run_checks(GITHUB_EVENT_PATH="none")[1])
        (self.dir / "event.json").write_text("{}")
        exit_code, out = self.run_checks()
        self.assertEqual((exit_code, "pull_request.base.sha" in out), (1, True), out)

    def test_a_base_that_was_not_fetched(self) -> None:
        event = (self.dir / "event.json").read_text().replace(self.base, "c" * 40)
        (self.dir / "event.json").write_text(event)
        exit_code, out = self.run_checks()
        self.assertEqual((exit_code, "`fetch-depth: 0`" in out), (1, True), out)

    def test_a_comment_that_may_not_be_written_is_a_warning(self) -> None:
        os.environ["WIDENED"] = "0"
        self.github.failing = {"POST /issues": (403, b"")}
        exit_code, out = self.run_checks()
        self.assertEqual((exit_code, "::warning title=driftless::" in out), (0, True), out)
        self.github.requests.clear()
        self.run_checks(INPUT_COMMENT="false")
        self.assertEqual(self.github.requests, [])


class Comments(unittest.TestCase):
    def setUp(self) -> None:
        self.github = FakeGitHub()
        self.addCleanup(self.github.close)
        self.api = Api(self.github.url, REPOSITORY, "t")

    def written(self, text: str) -> tuple[str, str, str]:
        comment.write(self.api, 7, text)
        method, path, body = self.github.requests[-1]
        return method, path.removeprefix(f"/repos/{REPOSITORY}"), body["body"]

    def test_the_comment_of_an_earlier_run_is_changed(self) -> None:
        self.assertEqual(self.written("x"), ("POST", "/issues/7/comments", f"{comment.MARKER}\nx"))
        own = {"id": 5, "user": user("helper[bot]"), "body": f"{comment.MARKER}\nold"}
        by_another = {"id": 6, "user": user(REVIEWER), "body": f"{comment.MARKER}\nold"}
        self.github.comments = [own, by_another, {"id": 7, "user": user("helper[bot]"), "body": None}]
        self.assertEqual(self.written("x")[:2], ("PATCH", "/issues/comments/5"))

    def test_a_long_report_is_cut_at_a_line(self) -> None:
        text = "### Access\n\n```diff\n" + "+ a\n" * 50_000 + "```\n"
        body = self.written(text)[2]
        self.assertLess(len(body), 65_536)
        self.assertTrue(body.count("```") == 2 and "the summary of the run has all of it" in body)


if __name__ == "__main__":
    unittest.main()
