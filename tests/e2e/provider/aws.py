"""The configured provider: regions, default tags, and boto3's clients.

boto3 is imported with the first client, since Terraform starts the provider several times a command and half of these
starts only ask for the schema.
"""

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Tags = dict[str, str]


class Failure(Exception):
    """A call that failed, in words for a diagnostic; they hold no value of a secret."""

    def __init__(self, summary: str, detail: str = "") -> None:
        super().__init__(summary)
        self.summary = summary
        self.detail = detail


@dataclass
class Aws:
    """Where the API calls go, and as whom."""

    region: str
    endpoint: str
    access_key: str
    secret_key: str
    token: str | None = None
    default_tags: Tags = field(default_factory=dict)
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)
    _session: Any = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self, service: str, region: str | None = None) -> Any:
        """The client of a service in a region, made once."""
        key = (service, region or self.region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._new_client(*key)
            return self._clients[key]

    def _new_client(self, service: str, region: str) -> Any:
        import boto3
        from botocore.config import Config

        if self._session is None:
            self._session = boto3.session.Session(
                aws_access_key_id=self.access_key,
                aws_secret_access_key=self.secret_key,
                aws_session_token=self.token,
            )
        config = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 2})
        return self._session.client(service, region_name=region, endpoint_url=self.endpoint, config=config)

    def partition(self, region: str) -> dict[str, Any]:
        """What botocore knows of the partition of a region: its id, its DNS suffix, its regions."""
        from botocore.loaders import create_loader

        for partition in create_loader().load_data("partitions")["partitions"]:
            if re.fullmatch(partition["regionRegex"], region):
                return partition
        raise Failure(f"`{region}` is not a Region of AWS")

    def own_tags(self, all_tags: Tags, configured: Tags | None) -> Tags:
        """The tags of a resource without those that it only has from the provider block."""
        return {
            key: value
            for key, value in all_tags.items()
            if self.default_tags.get(key) != value or key in (configured or {})
        }


def plain_tags(tags: list[dict[str, str]] | None, key: str = "Key", value: str = "Value") -> Tags:
    """Tags as the APIs list them, as a map and without AWS's own."""
    return {tag[key]: tag[value] for tag in tags or [] if not tag[key].startswith("aws:")}


def tag_list(tags: Tags | None, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """A map of tags as the APIs take them."""
    return [{key: name, value: text} for name, text in (tags or {}).items()]


def tag_changes(before: Tags | None, after: Tags | None) -> tuple[list[str], Tags]:
    """The keys to remove and the tags to set."""
    before, after = before or {}, after or {}
    return [key for key in before if key not in after], {k: v for k, v in after.items() if before.get(k) != v}


def timestamp(moment: datetime) -> str:
    """A time as the provider writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def unless_missing(call: Callable[..., Any], *answers: str, **parameters: Any) -> Any:
    """What `call` answers, or None if AWS says that there is no such thing.

    An answer that says so is a code, or a code with a part of its message, as in `InvalidRequestException: deleted`.
    """
    from botocore.exceptions import ClientError

    try:
        return call(**parameters)
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        for answer in answers:
            missing_code, _, part = answer.partition(": ")
            if code == missing_code and part in message:
                return None
        raise


@contextmanager
def doing(what: str) -> Iterator[None]:
    """Turns what boto3 raises into a `Failure` with AWS's code and message."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

    try:
        yield
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        raise Failure(f"{what}: {code}: {message}", f"operation {error.operation_name}") from error
    except ParamValidationError as error:
        # Its text repeats the arguments of the call.
        raise Failure(f"{what}: boto3 refuses the arguments of the call") from error
    except BotoCoreError as error:
        raise Failure(f"{what}: {error}") from error


def environment(*names: str) -> str | None:
    """The first of these environment variables that has a value."""
    return next((os.environ[name] for name in names if os.environ.get(name)), None)
