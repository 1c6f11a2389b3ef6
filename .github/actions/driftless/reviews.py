"""Which names the reviews of a pull request accept.

A name counts if it is in a line `Accept-Access: NAME` of an approving review that

- is of the newest commit, and has not been dismissed;
- is not followed by another decision of the same person, such as a request for changes;
- is by a person with write access who neither opened the pull request nor wrote one of its commits.

Anything that cannot be read raises `ApiError`: then nothing is accepted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from api import Api, ApiError, field

# `COMMENTED` and `PENDING` decide nothing.
DECISIONS = {"APPROVED", "CHANGES_REQUESTED", "DISMISSED"}
# The account that commits what people do in GitHub's web interface.
WEB_FLOW = "web-flow"
# From here on, a reader may not see what is written: HTML and its comments, blocks of code, formulas.
_MAYBE_HIDDEN = re.compile(r"<[A-Za-z/!?]|```|~~~|\$\$")


@dataclass(frozen=True)
class Accepted:
    """The accepted names, each with the logins of those who accept it, and why other reviews do not count."""

    names: dict[str, list[str]]
    notes: list[str]


def lines(body: str, keyword: str) -> list[str]:
    """The names in the lines `KEYWORD: NAME` of a review, as far as every reader sees them.

    The lines are a paragraph of their own, not indented, before any HTML and any block of code. A paragraph with
    anything else is a quotation, an inline code span, or prose about the line.
    """
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    hidden = _MAYBE_HIDDEN.search(body)
    if hidden:
        # The line in which it begins is cut too.
        body = body[: body.rfind("\n", 0, hidden.start()) + 1]
    wanted = re.compile(rf"{re.escape(keyword)}: *([!-;=?-_a-~]+) *")
    found: list[str] = []
    for paragraph in re.split(r"\n[ \t]*\n", body.strip("\n")):
        matches = [wanted.fullmatch(line) for line in paragraph.strip("\n").split("\n")]
        if all(matches):
            found += [match[1] for match in matches if match]
    return found


def accepted(api: Api, number: int, commit: str, keyword: str) -> Accepted:
    """Asks GitHub for the names that are accepted for this commit."""
    pull = api.request("GET", f"/pulls/{number}")
    newest = field(pull, str, "head", "sha")
    if newest != commit:
        raise ApiError(f"the newest commit is {newest}, and this run is of {commit}: see the newer run")
    own = {field(pull, int, "user", "id")} | _writers(api, number, field(pull, int, "commits"))
    reviews = api.pages(f"/pulls/{number}/reviews")
    names: dict[str, list[str]] = {}
    notes: list[str] = []
    for person, login, approvals in _approvals(reviews, commit, keyword, notes):
        if person in own:
            notes.append(f"`{login}` opened the pull request or wrote a commit of it: another person has to accept")
        elif not _may_write(api, login, person):
            notes.append(f"`{login}` has no write access")
        else:
            for name in approvals:
                if login not in names.setdefault(name, []):
                    names[name].append(login)
    return Accepted(names, notes)


def _writers(api: Api, number: int, count: int) -> set[int]:
    """The ids of those who wrote or made the commits, as far as GitHub knows them."""
    commits = api.pages(f"/pulls/{number}/commits")
    if len(commits) < count:
        raise ApiError(f"GitHub lists {len(commits)} of the {count} commits: split the pull request")
    people = [commit[role] for commit in commits for role in ("author", "committer") if field(commit, dict).get(role)]
    return {field(person, int, "id") for person in people if person.get("login") != WEB_FLOW}


def _approvals(reviews: list[Any], commit: str, keyword: str, notes: list[str]) -> list[tuple[int, str, list[str]]]:
    """The people whose last decision is an approval of the commit, each with login and accepted names."""
    by_person: dict[int, list[Any]] = {}
    for review in reviews:
        if field(review, str, "state") not in DECISIONS or review.get("user") is None:
            continue
        by_person.setdefault(field(review, int, "user", "id"), []).append(review)
    approvals = []
    for person, decisions in by_person.items():
        login = field(decisions[-1], str, "user", "login")
        of_commit = [it for it in decisions if it["state"] == "APPROVED" and it.get("commit_id") == commit]
        names = [name for it in of_commit for name in lines(it.get("body") or "", keyword)]
        before = [name for it in decisions for name in lines(it.get("body") or "", keyword)]
        last = decisions[-1]
        if field(last, str, "user", "type") != "User":
            notes += [f"`{login}` is not a person"] * bool(before)
        elif last["state"] != "APPROVED":
            notes += [f"the last review of `{login}` is {last['state']}"] * bool(before)
        elif last.get("commit_id") != commit:
            notes += [f"the approval of `{login}` is of an older commit"] * bool(before)
        elif names:
            approvals.append((person, login, names))
    return approvals


def _may_write(api: Api, login: str, person: int) -> bool:
    """Whether a person may write, by the permission that includes teams and roles."""
    answer = api.request("GET", f"/collaborators/{quote(login, safe='')}/permission")
    # A login that was given up can belong to another person.
    if field(answer, int, "user", "id") != person:
        raise ApiError(f"`{login}` is now the login of another account")
    return field(answer, str, "permission") in {"admin", "write"}
