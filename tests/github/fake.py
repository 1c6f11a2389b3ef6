"""A GitHub on loopback, with answers in the shapes that docs.github.com documents for the REST API of 2022-11-28."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "paypulse/secrets"
NEWEST, OLDER = "a" * 40, "b" * 40
AUTHOR, REVIEWER, READER, BOT = "Alice", "bob", "carol", "helper[bot]"
IDS = {AUTHOR: 1, REVIEWER: 2, READER: 3, BOT: 4, "dave": 5, "web-flow": 19864447}
PERMISSIONS = {AUTHOR: "admin", REVIEWER: "write", READER: "read", BOT: "write", "dave": "admin"}


def user(login: str) -> dict[str, Any]:
    """A simple user."""
    kind = "Bot" if login.endswith("[bot]") else "User"
    # GitHub answers with the login as its owner spells it, and compares it without case.
    return {"login": login, "id": IDS[login], "type": kind, "site_admin": False}


def review(
    login: str, body: str, state: str = "APPROVED", commit: str | None = NEWEST, **more: Any
) -> dict[str, Any]:
    """A review of a pull request."""
    return {
        "id": 80, "node_id": "PRR_1", "user": user(login), "body": body, "state": state, "commit_id": commit,
        "html_url": "https://github.com/paypulse/secrets/pull/7#pullrequestreview-80",
        "submitted_at": "2026-11-30T10:00:00Z", "author_association": "MEMBER", **more,
    }  # fmt: skip


class FakeGitHub:
    """The server. Its members are what it answers with; `requests` has what it was asked."""

    def __init__(self) -> None:
        self.reviews: list[Any] = []
        self.comments: list[Any] = []
        self.commits: list[Any] = [{"sha": NEWEST, "author": user(AUTHOR), "committer": user("web-flow")}]
        self.commit_count: int | None = None
        self.head = NEWEST
        self.page_limit = 100
        self.permissions = dict(PERMISSIONS)
        self.identities = dict(IDS)
        self.failing: dict[str, tuple[int, bytes]] = {}
        self.requests: list[tuple[str, str, Any]] = []
        self.tokens: set[str | None] = set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                outer.tokens.add(self.headers.get("Authorization"))
                outer.requests.append((self.command, self.path, body))
                status, payload = outer.answer(self.command, self.path, body)
                self.send_response(status)
                if status in (301, 302):
                    self.send_header("Location", f"{outer.url}/elsewhere")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_POST = do_PATCH = answer

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """Stops the server."""
        self.server.shutdown()
        self.server.server_close()

    def answer(self, method: str, path: str, body: Any) -> tuple[int, bytes]:
        """Status and body of an answer."""
        split = urlsplit(path)
        place = split.path.removeprefix(f"/repos/{REPOSITORY}")
        for failing, answer in self.failing.items():
            if f"{method} {place}".startswith(failing):
                return answer
        lists = {"/pulls/7/reviews": self.reviews, "/pulls/7/commits": self.commits, "/issues/7/comments": self.comments}
        found: Any = None
        if method == "GET" and place in lists:
            query = {key: int(value[0]) for key, value in parse_qs(split.query).items()}
            size = min(query.get("per_page", 30), self.page_limit)
            start = (query.get("page", 1) - 1) * size
            found = lists[place][start : start + size]
        elif method == "GET" and place == "/pulls/7":
            count = len(self.commits) if self.commit_count is None else self.commit_count
            found = {"number": 7, "user": user(AUTHOR), "head": {"sha": self.head}, "commits": count}
        elif method == "GET" and place.startswith("/collaborators/"):
            login = place.split("/")[2].replace("%5B", "[").replace("%5D", "]")
            if login in self.permissions:
                permission = self.permissions[login]
                found = {"permission": permission, "role_name": permission, "user": {"login": login, "id": self.identities[login]}}
        elif method in ("POST", "PATCH") and place.startswith("/issues/"):
            found = {"id": 9, "body": body["body"]}
        return (404, b'{"message": "Not Found"}') if found is None else (200, json.dumps(found).encode())
