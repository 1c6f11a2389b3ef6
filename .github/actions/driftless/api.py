"""The part of GitHub's REST API that the action uses. Every answer that is not as documented is an `ApiError`."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from typing import Any

TIMEOUT_SECONDS = 30
MAX_BYTES = 50_000_000
MAX_PAGES = 100


class ApiError(Exception):
    """A request that failed, or an answer of another shape than documented."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """urllib would send the token to wherever a redirect leads."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class Api:
    """The API, as one repository's job sees it."""

    def __init__(self, url: str, repository: str, token: str) -> None:
        if not re.match(r"https://|http://127\.0\.0\.1:", url):
            raise ApiError(f"the API's address `{url}` is not https")
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository, re.ASCII):
            raise ApiError("GITHUB_REPOSITORY is not OWNER/NAME")
        self._base = f"{url.rstrip('/')}/repos/{repository}"
        self._token = token
        self._opener = urllib.request.build_opener(_NoRedirect)

    def request(self, method: str, path: str, body: object = None) -> Any:
        """Sends one request, and returns the JSON of the answer."""
        request = urllib.request.Request(
            self._base + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                text = answer.read(MAX_BYTES + 1)
        except urllib.error.HTTPError as error:
            raise ApiError(f"{method} {path}: GitHub answers {error.code}", error.code) from None
        except (OSError, ValueError) as error:
            raise ApiError(f"{method} {path}: {type(error).__name__}") from None
        if len(text) > MAX_BYTES:
            raise ApiError(f"{method} {path}: the answer is larger than {MAX_BYTES} bytes")
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise ApiError(f"{method} {path}: the answer is not JSON") from None

    def pages(self, path: str) -> list[Any]:
        """All entries of a list. It ends with the first empty page: a short page can also be a server's own limit."""
        entries: list[Any] = []
        for page in range(1, MAX_PAGES + 1):
            found = self.request("GET", f"{path}?per_page=100&page={page}")
            if not isinstance(found, list):
                raise ApiError(f"GET {path}: the answer is not a list")
            if not found:
                return entries
            entries += found
        raise ApiError(f"GET {path}: more than {MAX_PAGES} pages")


def field(value: Any, kind: type, *keys: str) -> Any:
    """A member of an answer, which has to be there and of this type."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ApiError(f"the answer has no `{'.'.join(keys)}` of type {kind.__name__}")
    return value
