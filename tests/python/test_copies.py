"""Copies in other Regions: which place is asked, what an outage does, and that nothing older than what is known is returned."""

import json
import logging
import os
import socket
import threading

import boto3
import pytest
import warehouse as spec
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError
from warehouse import CachePolicy
from warehouse.errors import (
    AccessDeniedError,
    NotFoundError,
    ThrottledError,
    TransportError,
    UnavailableError,
)

from conftest import ADMINISTRATOR

LOGIN = spec.DatabaseLogin()
IRELAND, VIRGINIA, OREGON = "eu-west-1", "us-east-1", "us-west-2"
ENDPOINTS = {IRELAND: "WAREHOUSE", VIRGINIA: "WAREHOUSE_US_EAST_1", OREGON: "WAREHOUSE_US_WEST_2"}


def in_region(region, caller):
    return boto3.client(
        "secretsmanager",
        endpoint_url=os.environ[ENDPOINTS[region]],
        region_name=region,
        aws_access_key_id=caller,
        aws_secret_access_key="not-secret",
        config=Config(retries={"total_max_attempts": 1}),
    )


def error(code, status):
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetSecretValue")


DOWN = error("ServiceUnavailable", 503)
CUT_OFF = EndpointConnectionError(endpoint_url="x")


class Region:
    """A Region as a client sees it: counts the calls, and fails while `failure` is set."""

    def __init__(self, region, caller):
        self.client = in_region(region, caller)
        self.meta = self.client.meta
        self.calls = []
        self.failure = None

    def get_secret_value(self, **request):
        self.calls.append(request)
        if self.failure is not None:
            raise self.failure
        return self.client.get_secret_value(**request)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


class World:
    """A client in a function of some Region, and three Regions."""

    def __init__(self, here=IRELAND, **policy):
        caller = spec.Reorder.HANDLER
        self.clock = Clock()
        self.ireland, self.virginia, self.oregon = (Region(name, caller) for name in (IRELAND, VIRGINIA, OREGON))
        self.client = spec.Reorder(
            self.ireland,
            regional_clients={VIRGINIA: self.virginia, OREGON: self.oregon},
            environ={"AWS_REGION": here},
            cache=CachePolicy(clock=self.clock, jitter=0, **policy),
        )

    def read(self):
        return self.client.read(LOGIN).value.username

    def cached(self):
        return self.client.cached(LOGIN).value.username

    def calls(self):
        """How many calls came to Ireland, Virginia and Oregon since the last look."""
        regions = (self.ireland, self.virginia, self.oregon)
        counts = [len(region.calls) for region in regions]
        for region in regions:
            region.calls.clear()
        return counts


def replicate():
    host, port = os.environ["ROTATIONS"].rsplit(":", 1)
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"\n")
        assert connection.recv(16) == b"done"


def put(username):
    administrator = in_region(IRELAND, ADMINISTRATOR)
    text = json.dumps({"username": username, "password": "p"})
    try:
        administrator.put_secret_value(SecretId=LOGIN.name, SecretString=text)
    except administrator.exceptions.ResourceNotFoundException:
        administrator.create_secret(Name=LOGIN.name, SecretString=text)


@pytest.fixture(autouse=True)
def everything_is_copied():
    put("first")
    replicate()
    yield
    in_region(IRELAND, ADMINISTRATOR).delete_secret(SecretId=LOGIN.name, ForceDeleteWithoutRecovery=True)
    replicate()


@pytest.mark.parametrize(
    ("here", "calls"),
    [(IRELAND, [1, 0, 0]), (VIRGINIA, [0, 1, 0]), (OREGON, [0, 0, 1]), ("ap-south-1", [1, 0, 0])],
)
def test_a_function_asks_the_copy_in_its_own_region_and_otherwise_the_secrets_region(here, calls):
    world = World(here)
    assert world.read() == "first" and world.calls() == calls
    world.client.cached(LOGIN)
    world.client.cached(LOGIN)
    assert world.calls() == calls


@pytest.mark.parametrize("failure", [DOWN, CUT_OFF, error("", 500)])
def test_a_copy_answers_for_a_region_that_does_not_and_the_order_is_that_of_the_spec(failure, caplog):
    caplog.set_level(logging.INFO)
    world = World()
    world.ireland.failure = failure
    assert world.read() == "first" and world.calls() == [1, 0, 1]
    # From now on the copy is asked first, and every ten seconds one read asks the Region again.
    assert world.read() == "first" and world.calls() == [0, 0, 1]
    world.clock.now += 11
    assert world.read() == "first" and world.calls() == [1, 0, 1]
    world.oregon.failure = failure
    assert world.read() == "first" and world.calls() == [0, 1, 1]
    world.ireland.failure = world.oregon.failure = None
    world.clock.now += 11
    assert world.read() == "first" and world.calls() == [1, 0, 0]
    said = [record.message for record in caplog.records]
    assert sum("the Region is down" in line for line in said) == 2 and sum("is back" in line for line in said) == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [("AccessDeniedException", AccessDeniedError), ("ThrottlingException", ThrottledError)],
)
def test_a_refusal_is_an_answer_and_no_copy_is_asked(code, kind):
    world = World()
    world.ireland.failure = error(code, 400)
    with pytest.raises(kind):
        world.read()
    assert world.calls() == [1, 0, 0]
    # That of the copy in its own Region too: no other place hides a policy that is not there.
    world = World(VIRGINIA)
    world.virginia.failure = error(code, 400)
    with pytest.raises(kind):
        world.read()
    assert world.calls() == [0, 1, 0]


def test_a_copy_that_is_not_there_yet_is_passed_over():
    world = World(VIRGINIA)
    world.virginia.failure = error("ResourceNotFoundException", 400)
    assert world.read() == "first" and world.calls() == [1, 1, 0]
    in_region(IRELAND, ADMINISTRATOR).delete_secret(SecretId=LOGIN.name, ForceDeleteWithoutRecovery=True)
    with pytest.raises(NotFoundError):
        world.read()
    put("first")


def test_the_bound_ends_what_copies_bridge():
    world = World(stale_if_error=100)
    world.ireland.failure = DOWN
    assert world.read() == "first"
    world.clock.now += 99
    assert world.read() == "first"
    world.clock.now += 2
    with pytest.raises(UnavailableError):
        world.read()
    assert world.calls()[0] == 3


def test_a_bound_of_nothing_turns_it_off_and_the_copy_where_it_runs_is_read_all_the_same():
    world = World(VIRGINIA, stale_if_error=0)
    world.ireland.failure = DOWN
    assert world.read() == "first" and world.calls() == [0, 1, 0]
    world.virginia.failure = DOWN
    with pytest.raises(UnavailableError):
        world.read()
    assert world.calls() == [1, 1, 0]


def test_where_all_are_down_the_error_is_that_of_the_secrets_region():
    world = World()
    world.ireland.failure, world.virginia.failure, world.oregon.failure = CUT_OFF, DOWN, DOWN
    with pytest.raises(TransportError) as caught:
        world.read()
    assert caught.value.at.region is None and world.calls() == [1, 1, 1]


def test_a_copy_that_is_behind_what_was_seen_does_not_count():
    world = World()
    put("second")
    assert world.read() == "second"
    world.ireland.failure = DOWN
    with pytest.raises(UnavailableError):
        world.read()
    replicate()
    assert world.read() == "second"


def test_a_copy_that_is_ahead_of_what_was_seen_counts_and_nothing_older_after_it():
    world = World()
    assert world.read() == "first"
    put("second")
    replicate()
    world.ireland.failure = DOWN
    assert world.read() == "second"
    put("third")
    replicate()
    assert world.read() == "third"


def test_where_the_copy_is_near_and_behind_the_secrets_region_is_asked():
    world = World(VIRGINIA)
    put("second")
    world.virginia.failure = DOWN
    assert world.read() == "second"
    world.virginia.failure = None
    world.clock.now += 11
    assert world.read() == "second"


def test_a_cached_value_outlives_its_life_by_a_copy():
    world = World(ttl=100, refresh_ahead=0)
    assert world.cached() == "first"
    world.ireland.failure = DOWN
    put("second")
    replicate()
    world.clock.now += 101
    assert world.cached() == "second"


def test_other_verbs_ask_the_secrets_region():
    region = Region(IRELAND, "rotate-logins")
    region.describe_secret = region.client.describe_secret
    copy = Region(VIRGINIA, "rotate-logins")
    client = spec.RotateLogins(region, regional_clients={VIRGINIA: copy}, environ={"AWS_REGION": VIRGINIA})
    if "describe" in client.GRANTS[LOGIN.ID]:
        client.describe(LOGIN)
    assert copy.calls == []


def test_many_threads_in_an_outage_end_with_one_value():
    world = World()
    world.read()
    world.ireland.failure = CUT_OFF
    found = []
    threads = [threading.Thread(target=lambda: found.extend(world.read() for _ in range(5))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["first"] * 80


def environment(**variables):
    return {"AWS_REGION": IRELAND, "SECRETS_REGION": IRELAND, **variables}


@pytest.fixture
def credentials(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", spec.Reorder.HANDLER)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-secret")


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.usefixtures("credentials")
def test_the_endpoint_of_each_region_is_in_a_variable_of_its_own(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", closed_port())
    copies = {
        "SECRETS_ENDPOINT_URL_US_EAST_1": os.environ["WAREHOUSE_US_EAST_1"],
        "SECRETS_ENDPOINT_URL_US_WEST_2": closed_port(),
    }
    assert spec.Reorder(environ=environment(**copies)).read(LOGIN).value.username == "first"


@pytest.mark.usefixtures("credentials")
def test_where_one_endpoint_is_set_for_all_regions_no_copy_is_read(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", os.environ["WAREHOUSE"])
    client = spec.Reorder(environ={"AWS_REGION": VIRGINIA, "SECRETS_REGION": IRELAND})
    assert client.read(LOGIN).value.username == "first"
    assert client._calls.has_copies_in(VIRGINIA) is False and not client._calls._impatient.keys() - {None}
    monkeypatch.delenv("AWS_ENDPOINT_URL_SECRETS_MANAGER")
    assert spec.Reorder(environ=environment())._calls.has_copies_in(VIRGINIA) is True


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_process_knows_what_its_parent_has_seen():
    world = World()
    put("second")
    assert world.read() == "second"
    world.client._copies._lock.acquire()
    child = os.fork()
    if child == 0:
        world.ireland.failure = DOWN
        try:
            world.read()
        except UnavailableError:
            os._exit(0)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
