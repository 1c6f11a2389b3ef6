"""Which reviews accept a widening: only those of a second person, on the newest commit, in words that every reader sees."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path
from typing import Any

ACTION = Path(__file__).parents[2] / ".github/actions/driftless"
sys.path[:0] = [str(ACTION), str(Path(__file__).parent)]

import reviews
from api import Api, ApiError

from fake import AUTHOR, BOT, NEWEST, OLDER, READER, REPOSITORY, REVIEWER, FakeGitHub, review, user

NAME = "reader:Token:store"
LINE = f"Accept-Access: {NAME}"


class OnGitHub(unittest.TestCase):
    def setUp(self) -> None:
        self.github = FakeGitHub()
        self.addCleanup(self.github.close)
        self.api = Api(self.github.url, REPOSITORY, "the-token")

    def accepted(self, *given: Any) -> reviews.Accepted:
        self.github.reviews = list(given)
        return reviews.accepted(self.api, 7, NEWEST, "Accept-Access")

    def check_none(self, note: str, *given: Any) -> None:
        accepted = self.accepted(*given)
        self.assertEqual(accepted.names, {})
        self.assertIn(note, "\n".join(accepted.notes))

    def check_fails(self, part: str) -> None:
        with self.assertRaisesRegex(ApiError, part):
            self.accepted(review(REVIEWER, LINE))


class WhoAccepts(OnGitHub):
    def test_another_person_with_write_access(self) -> None:
        self.assertEqual(self.accepted(review(REVIEWER, LINE)).names, {NAME: [REVIEWER]})
        self.assertEqual(self.github.tokens, {"Bearer the-token"})
        both = self.accepted(review(REVIEWER, LINE), review("dave", f"Fine.\r\n\r\n{LINE}\r\nAccept-Access: other\r\n"))
        self.assertEqual(both.names, {NAME: [REVIEWER, "dave"], "other": ["dave"]})

    def test_not_the_author(self) -> None:
        self.check_none("`Alice` opened the pull request", review(AUTHOR, LINE))

    def test_not_the_author_whose_login_is_spelt_otherwise(self) -> None:
        as_another = review(AUTHOR, LINE)
        as_another["user"]["login"] = "alice"
        self.check_none("`alice` opened the pull request", as_another)

    def test_not_who_wrote_a_commit(self) -> None:
        for role in ("author", "committer"):
            self.github.commits = [{"author": user(AUTHOR), "committer": user(AUTHOR), role: user(REVIEWER)}]
            self.check_none("`bob` opened the pull request or wrote a commit", review(REVIEWER, LINE))
        # GitHub does not know everyone who writes a commit.
        self.github.commits = [{"author": None, "committer": {}}]
        self.assertEqual(self.accepted(review(REVIEWER, LINE)).names, {NAME: [REVIEWER]})

    def test_not_without_write_access(self) -> None:
        for permission in ("read", "none", "triage", "WRITE", ""):
            self.github.permissions[READER] = permission
            self.check_none("`carol` has no write access", review(READER, LINE))

    def test_not_a_bot(self) -> None:
        self.check_none("`helper[bot]` is not a person", review(BOT, LINE))

    def test_not_an_account_that_is_gone(self) -> None:
        self.assertEqual(self.accepted(review(REVIEWER, LINE) | {"user": None}).names, {})


class WhichReview(OnGitHub):
    def test_not_of_an_older_commit(self) -> None:
        for commit in (OLDER, None, NEWEST.upper(), NEWEST[:7]):
            self.check_none("`bob` is of an older commit", review(REVIEWER, LINE, commit=commit))

    def test_not_a_dismissed_one(self) -> None:
        self.check_none("`bob` is DISMISSED", review(REVIEWER, LINE, "DISMISSED"))

    def test_not_a_comment(self) -> None:
        for state in ("COMMENTED", "PENDING", "approved"):
            self.assertEqual(self.accepted(review(REVIEWER, LINE, state)).names, {})

    def test_not_before_a_request_for_changes_by_the_same_person(self) -> None:
        changes = review(REVIEWER, "no", "CHANGES_REQUESTED")
        self.check_none("`bob` is CHANGES_REQUESTED", review(REVIEWER, LINE), changes)
        self.assertEqual(self.accepted(changes, review(REVIEWER, LINE)).names, {NAME: [REVIEWER]})
        of_another = review("dave", "no", "CHANGES_REQUESTED")
        self.assertEqual(self.accepted(review(REVIEWER, LINE), of_another).names, {NAME: [REVIEWER]})

    def test_a_comment_after_an_approval_changes_nothing(self) -> None:
        accepted = self.accepted(review(REVIEWER, LINE), review(REVIEWER, "thanks", "COMMENTED"))
        self.assertEqual(accepted.names, {NAME: [REVIEWER]})

    def test_an_approval_of_an_older_commit_gives_nothing_to_a_newer_one(self) -> None:
        accepted = self.accepted(review(REVIEWER, LINE, commit=OLDER), review(REVIEWER, "still fine"))
        self.assertEqual(accepted.names, {})

    def test_every_page_is_read(self) -> None:
        many = [review("dave", "looks good", "COMMENTED") for _ in range(250)]
        for limit in (30, 100):
            self.github.page_limit = limit
            self.assertEqual(self.accepted(*many, review(REVIEWER, LINE)).names, {NAME: [REVIEWER]})
            late = [review(REVIEWER, LINE), *many, review(REVIEWER, "no", "CHANGES_REQUESTED")]
            self.check_none("`bob` is CHANGES_REQUESTED", *late)


class WhatFails(OnGitHub):
    def test_an_answer_that_is_no_success(self) -> None:
        places = ["GET /pulls/7", "GET /pulls/7/reviews", "GET /pulls/7/commits", "GET /collaborators/bob"]
        for place in places:
            for status in (301, 401, 403, 404, 429, 500, 502):
                self.github.failing = {place: (status, b"[]")}
                self.check_fails(f"{place}.* answers {status}")
        self.assertNotIn("/elsewhere", [path for _, path, _ in self.github.requests])

    def test_an_answer_of_another_shape(self) -> None:
        places = {"GET /pulls/7/": "is not", "GET /collaborators/bob": "has no|is not JSON"}
        for place, part in places.items():
            for text in (b"", b"{}", b"null", b'"x"', b"<html>", b'{"permission": true}', b"[" * 100_000):
                self.github.failing = {place: (200, text)}
                self.check_fails(part)
        self.github.failing = {}
        for broken in ({}, None, 7, review(REVIEWER, LINE) | {"state": None}, review(REVIEWER, LINE) | {"user": {}}):
            with self.assertRaises(ApiError):
                self.accepted(broken)

    def test_a_newer_commit_than_that_of_the_run(self) -> None:
        self.github.head = OLDER
        self.check_fails("newest commit is b+")

    def test_more_commits_than_github_lists(self) -> None:
        self.github.commit_count = 300
        self.check_fails("lists 1 of the 300 commits")

    def test_a_list_without_end(self) -> None:
        self.github.failing = {"GET /pulls/7/reviews": (200, b"[1]")}
        self.check_fails("more than 100 pages")

    def test_a_login_that_another_account_has_now(self) -> None:
        self.github.identities[REVIEWER] = 99
        self.check_fails("login of another account")

    def test_an_address_to_which_no_token_goes(self) -> None:
        for url in ("http://example.com", "file:///etc", "ftp://x", ""):
            with self.assertRaises(ApiError):
                Api(url, REPOSITORY, "t")
        for repository in ("", "a", "a/b/c", "../x/y", "a/b?c"):
            with self.assertRaises(ApiError):
                Api("https://api.github.com", repository, "t")

    def test_no_message_has_the_token(self) -> None:
        self.github.failing = {"GET /pulls/7": (401, b"the-token")}
        with self.assertRaises(ApiError) as error:
            self.accepted()
        self.assertNotIn("the-token", str(error.exception))


class WhatIsALine(unittest.TestCase):
    def check(self, body: str, *expected: str) -> None:
        self.assertEqual(reviews.lines(body, "Accept-Access"), list(expected), body)

    def test_a_paragraph_of_its_own(self) -> None:
        self.check(LINE, NAME)
        self.check(f"{LINE}  \nAccept-Access: b\n\n- fine\n\n\nAccept-Access:c\n", NAME, "b", "c")
        self.check(f"\n\n{LINE}\r\rthanks", NAME)

    def test_nothing_that_a_reader_may_not_see(self) -> None:
        for body in (
            f"<!-- {LINE} -->", f"<!--\n\n{LINE}\n\n-->", f"ok <!-- \n\n{LINE}", f"<details>\n\n{LINE}\n\n</details>",
            f"```\n{LINE}\n```", f"```\n\n{LINE}\n\n```", f"~~~\n\n{LINE}", f"- ```\n\n  x\n\n{LINE}", f"$$\n\n{LINE}\n\n$$",
            f"    {LINE}", f"\t{LINE}", f" {LINE}", f"> {LINE}", f"> quoted\n{LINE}", f"- {LINE}", f"`\n{LINE}\n`", f"`{LINE}`",
            f"[a]: b '\n{LINE}\n'", f"please write\n{LINE}", f"{LINE}\n===", f"not {LINE}", f"{LINE} please",
        ):  # fmt: skip
            self.check(body)

    def test_nothing_that_only_resembles_a_line(self) -> None:
        for body in (
            "", "\n", "Accept-Access:", "Accept-Access: ", "Accept-Access: a b", "accept-access: a", "Accept-Access : a",
            "Accept-Access: а", "Accept-Access: a\u200b", "\u200bAccept-Access: a", "Accept-Access: a\x0c", "Accept-Access:\u00a0a",
            "Accept‑Access: a", "Accept-Access: a\u2028Accept-Access: b", "Accept-Access: `a`", "Accept-Plan: a",
        ):  # fmt: skip
            self.check(body)

    def test_a_name_as_it_is_spelt(self) -> None:
        self.check("Accept-Access: READER:token:Store", "READER:token:Store")
        self.check("Accept-Access: ${var.role}:trust:arn:aws:iam::1:root", "${var.role}:trust:arn:aws:iam::1:root")

    def test_a_large_body_is_read_once(self) -> None:
        self.check("Accept-Access: a\n\n" * 10_000, *["a"] * 10_000)
        self.check("\n \t" * 30_000)


if __name__ == "__main__":
    unittest.main()
