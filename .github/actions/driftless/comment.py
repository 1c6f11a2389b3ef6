"""The one comment of the action on a pull request, written again by each run."""

from __future__ import annotations

from api import Api, field

MARKER = "<!-- driftless: access -->"
# GitHub's limit is 65,536 characters.
MAX_CHARACTERS = 60_000


def write(api: Api, number: int, text: str) -> None:
    """Writes the comment, or changes the one that an earlier run wrote."""
    if len(text) > MAX_CHARACTERS:
        cut = text[: text.rfind("\n", 0, MAX_CHARACTERS)]
        fence = "\n```\n" if cut.count("```") % 2 else "\n"
        text = f"{cut}{fence}\nThe report is too long for a comment: the summary of the run has all of it.\n"
    body = {"body": f"{MARKER}\n{text}"}
    # Another person's comment with the marker is not changed.
    own = [
        comment
        for comment in api.pages(f"/issues/{number}/comments")
        if (comment.get("body") or "").startswith(MARKER)
        and field(comment, dict, "user").get("type") == "Bot"
    ]
    if own:
        api.request("PATCH", f"/issues/comments/{field(own[-1], int, 'id')}", body)
    else:
        api.request("POST", f"/issues/{number}/comments", body)
