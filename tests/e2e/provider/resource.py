"""What every resource and data source has in common."""

import re
import threading
import time
from typing import Any, ClassVar

from provider.aws import Aws
from provider.planning import State

_counter = iter(range(1 << 32))
_counter_lock = threading.Lock()


class Resource:
    """A resource type: how its objects are created, read, updated, deleted and imported."""

    type_name: ClassVar[str]
    # What messages call it, before its name in parentheses.
    noun: ClassVar[str]
    service: ClassVar[str]
    # The attribute that messages name it by before it has an id.
    named_by: ClassVar[str] = "name"

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def api(self, state: State) -> Any:
        """The client of the service, in the region of the resource."""
        return self.aws.client(self.service, state.get("region"))

    def title(self, state: State) -> str:
        """The resource in a message."""
        return f"{self.noun} ({state.get('id') or state.get(self.named_by) or ''})"

    def imported(self, import_id: str) -> State:
        """What an import's id says of the state; `read` finds the rest."""
        return {"id": import_id}

    def refine_plan(self, prior: State | None, planned: State) -> None:
        """Changes a planned state where the facts about single arguments do not tell."""

    def create(self, state: State, config: State) -> None:
        """Creates it from the planned `state`, and sets `id` as soon as it exists."""
        raise NotImplementedError

    def read(self, state: State) -> State | None:
        """What the API says of it, None if it is gone."""
        raise NotImplementedError

    def update(self, prior: State, state: State) -> None:
        """Makes it what the planned `state` says."""
        raise NotImplementedError

    def delete(self, state: State) -> None:
        """Deletes it; that it is gone already is no error."""
        raise NotImplementedError


class DataSource:
    """A data source type."""

    type_name: ClassVar[str]
    noun: ClassVar[str]
    service: ClassVar[str]

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def api(self, config: State) -> Any:
        """The client of the service, in the region that the configuration asks for."""
        return self.aws.client(self.service, config.get("region"))

    def read(self, config: State) -> State:
        """Its computed attributes; that there is no such thing is an error."""
        raise NotImplementedError


def unique_id(prefix: str = "terraform-") -> str:
    """A name or token of its own, in the provider's form: the time and a counter."""
    with _counter_lock:
        count = next(_counter)
    now = time.time()
    return f"{prefix}{time.strftime('%Y%m%d%H%M%S', time.gmtime(now))}{int(now % 1 * 10_000):04d}{count:08x}"


def chosen_name(state: State) -> str:
    """The name that is configured, or one that starts with the configured prefix."""
    return state["name"] or unique_id(state["name_prefix"] or "terraform-")


def name_prefix(name: str) -> str:
    """The prefix of a name that `unique_id` made, else nothing."""
    match = re.fullmatch(r"(.*)\d{18}[0-9a-f]{8}", name)
    return match[1] if match else ""
