"""The four steps of a rotation: done once, twice, by two at once, and again after each way to fail."""

import json
import os
import secrets
import socket
import threading

import pytest
import warehouse as spec
from botocore.exceptions import ClientError, ReadTimeoutError
from warehouse import Login, RotationEvent, RotationEventError
from warehouse.errors import (
    InvalidInputError,
    InvalidPayloadError,
    NotEnabledError,
    NotGrantedError,
    NothingPendingError,
    NotPendingError,
    OtherSecretError,
    StepFailedError,
    UnsettledError,
)

from conftest import ADMINISTRATOR, client_as

NAME = "warehouse/courier"
COURIER = spec.CourierLogin()
STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"]


class LockedOut(Exception):
    """The courier lets in neither the new login nor the one before."""


class AtCourier:
    """The courier knows one password, and a caller that has it may change it."""

    def __init__(self, password):
        self.password = password
        self.changes = 0

    def create(self, current):
        return Login(username=current.username if current else "shop", password="canary-" + secrets.token_hex(8))

    def set(self, current, pending):
        if self.password == pending.password:
            return
        if self.password not in (None, current and current.password):
            raise LockedOut
        self.password = pending.password
        self.changes += 1

    def test(self, pending):
        if self.password != pending.password:
            raise LockedOut


class World:
    """The secret on the server, the courier, and the function between them."""

    def __init__(self, first="canary-first"):
        self.administrator = client_as(ADMINISTRATOR, endpoint=os.environ["WAREHOUSE"])
        self.administrator.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)
        value = {} if first is None else {"SecretString": login(first)}
        self.arn = self.administrator.create_secret(Name=NAME, **value)["ARN"]
        self.courier = AtCourier(first)

    def begin(self):
        """The version that a rotation makes, as Secrets Manager begins it."""
        host, port = os.environ["ROTATIONS"].split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(f"{NAME}\n".encode())
            with connection.makefile() as answer:
                return json.load(answer)["ClientRequestToken"]

    def step(self, step, version, client=None, rotation=None):
        event = RotationEvent.parse({"Step": step, "SecretId": self.arn, "ClientRequestToken": version})
        function = spec.RotateLogins(client or function_client(), environ={})
        return function.rotate(COURIER, event, rotation or self.courier)

    def rotate(self):
        version = self.begin()
        return version, [self.step(step, version) for step in STEPS]

    def current(self):
        return json.loads(self.administrator.get_secret_value(SecretId=NAME)["SecretString"])["password"]

    def labels(self):
        """The labels of each version, the newest label's version last."""
        versions = self.administrator.describe_secret(SecretId=NAME)["VersionIdsToStages"]
        return {version: sorted(labels) for version, labels in versions.items()}

    def is_in_step(self):
        return self.current() == self.courier.password


def login(password):
    return json.dumps({"username": "shop", "password": password})


def function_client():
    return client_as("rotate-logins", endpoint=os.environ["WAREHOUSE"])


@pytest.fixture
def world():
    return World()


def test_a_rotation_replaces_the_value_and_keeps_the_one_before(world):
    first, outcomes = world.rotate()
    assert outcomes == ["created", "set", "tested", "finished"]
    assert world.is_in_step() and world.courier.changes == 1
    second, _ = world.rotate()
    assert world.labels() == {first: ["AWSPREVIOUS"], second: ["AWSCURRENT"]}
    assert world.is_in_step() and world.courier.changes == 2


def test_readers_have_the_value_before_until_the_last_step(world):
    version = world.begin()
    for step in STEPS[:3]:
        world.step(step, version)
        assert world.current() == "canary-first"
    world.step("finishSecret", version)
    assert world.current() == world.courier.password != "canary-first"


def test_each_step_can_be_done_twice(world):
    version = world.begin()
    twice = [[world.step(step, version) for _ in range(2)] for step in STEPS]
    assert twice == [["created", "kept"], ["set", "set"], ["tested", "tested"], ["finished", "already_finished"]]
    assert [world.step(step, version) for step in STEPS] == ["already_finished"] * 4
    assert world.is_in_step() and world.courier.changes == 1


def test_a_secret_without_a_value_gets_its_first_one():
    world = World(first=None)
    version, _ = world.rotate()
    assert world.labels() == {version: ["AWSCURRENT"]} and world.is_in_step()


class Killed(BaseException):
    """The function's process ends."""


class Cut:
    """A boto3 client that is cut off at one of its calls, before or after the server has acted."""

    def __init__(self, at, acts, error):
        self.client, self.left, self.acts, self.error = function_client(), at, acts, error

    def __getattr__(self, name):
        def call(**arguments):
            self.left -= 1
            if self.left == -1 and not self.acts:
                raise self.error
            answer = getattr(self.client, name)(**arguments)
            if self.left == -1:
                raise self.error
            return answer

        return call


@pytest.mark.parametrize("error", [Killed(), ReadTimeoutError(endpoint_url="x")], ids=["killed", "answer lost"])
@pytest.mark.parametrize("acts", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("cut", STEPS)
def test_a_rotation_that_was_interrupted_at_any_call_ends_well_when_it_is_started_again(cut, acts, error):
    for number in range(6):
        world = World()
        version = world.begin()
        for step in STEPS[: STEPS.index(cut)]:
            world.step(step, version)
        client = Cut(number, acts, error)
        try:
            world.step(cut, version, client)
        except (Killed, Exception) as raised:
            assert raised is error or raised.kind == "transport", raised
        if client.left >= 0:
            assert number > 1, "the step makes fewer calls than were counted"
            return
        # Secrets Manager calls all steps again, for the same version.
        for step in STEPS:
            world.step(step, version)
        assert world.labels()[version] == ["AWSCURRENT"] and "AWSPENDING" not in str(world.labels())
        assert world.is_in_step() and world.courier.changes == 1
    raise AssertionError("a step makes six calls or more")


def test_a_finish_that_was_cut_off_between_its_labels_is_finished(world):
    version = world.begin()
    (old,) = [one for one, labels in world.labels().items() if "AWSCURRENT" in labels]
    for step in STEPS[:3]:
        world.step(step, version)
    world.administrator.update_secret_version_stage(
        SecretId=NAME, VersionStage="AWSCURRENT", RemoveFromVersionId=old, MoveToVersionId=version
    )
    for step in STEPS:
        world.step(step, version)
    assert world.labels() == {old: ["AWSPREVIOUS"], version: ["AWSCURRENT"]}


def test_two_at_each_step_make_one_new_version():
    for _ in range(5):
        world = World()
        version = world.begin()
        for step in STEPS:
            outcomes = at_once(lambda step=step: world.step(step, version))
            assert step != "createSecret" or sorted(outcomes) == ["created", "kept"]
        assert world.is_in_step() and world.labels()[version] == ["AWSCURRENT"]


def test_two_whole_rotations_at_once_end_in_step():
    for _ in range(5):
        world = World()
        at_once(lambda: world.rotate())
        assert world.is_in_step() and "AWSPENDING" not in str(world.labels())


def at_once(work):
    """What two threads return that begin together. A rotation that the other one has ended is not pending any longer."""
    barrier, found = threading.Barrier(2), []

    def run():
        barrier.wait(5)
        try:
            found.append(work())
        except Exception as error:
            found.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not any(isinstance(it, Exception) and not isinstance(it, NotPendingError) for it in found), found
    return found


def test_a_version_that_is_not_pending_is_left_alone(world):
    first, _ = world.rotate()
    world.rotate()
    before = world.labels(), world.current()
    world.begin()
    for version in (first, "1" * 32):
        for step in STEPS:
            with pytest.raises(NotPendingError, match="not the pending version"):
                world.step(step, version)
    assert world.current() == before[1]


def test_a_step_before_the_value_is_made_moves_nothing(world):
    version = world.begin()
    for step in STEPS[1:]:
        with pytest.raises(NothingPendingError, match=f"`{step}` was called before a new value was created"):
            world.step(step, version)
    assert world.current() == "canary-first"


def test_a_secret_that_is_not_rotated_is_left_alone(world):
    with pytest.raises(NotEnabledError, match="its rotation is not turned on"):
        world.step("createSecret", "1" * 32)


class NoCalls:
    def __getattr__(self, name):
        raise AssertionError(f"{name} was called")


def test_an_event_about_another_secret_calls_nothing(world):
    arn = world.arn.replace("warehouse/courier", "warehouse/courier2")
    event = RotationEvent.parse({"Step": "createSecret", "SecretId": arn, "ClientRequestToken": "1" * 32})
    function = spec.RotateLogins(NoCalls(), environ={})
    with pytest.raises(OtherSecretError):
        function.rotate(COURIER, event, world.courier)
    with pytest.raises(InvalidInputError, match="RotationEvent.parse"):
        function.rotate(COURIER, {"Step": "createSecret"}, world.courier)


def test_a_handler_without_the_grant_calls_nothing(world):
    event = RotationEvent.parse({"Step": "createSecret", "SecretId": world.arn, "ClientRequestToken": "1" * 32})
    with pytest.raises(NotGrantedError, match="add `CourierLogin: rotate;` to the handler `2-sample`"):
        spec.Sample(NoCalls(), environ={}).rotate(COURIER, event, world.courier)
    with pytest.raises(NotGrantedError, match="CustomsKey: rotate;"):
        spec.RotateLogins(NoCalls(), environ={}).rotate(spec.CustomsKey(), event, world.courier)


def test_what_the_rotation_itself_fails_with_is_the_cause(world):
    version = world.begin()
    world.step("createSecret", version)
    world.courier.password = "canary-unknown"
    with pytest.raises(StepFailedError, match="the rotation's implementation of `setSecret` failed") as caught:
        world.step("setSecret", version)
    assert isinstance(caught.value.__cause__, LockedOut) and caught.value.kind == "step_failed"
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("value", [None, "canary", spec.Mail])
def test_a_value_of_another_class_is_not_sent(world, value):
    class Odd(AtCourier):
        def create(self, current):
            return value

    version = world.begin()
    with pytest.raises(InvalidInputError, match="the new value is not a `Login`") as caught:
        world.step("createSecret", version, rotation=Odd(None))
    assert "canary" not in str(caught.value)
    with pytest.raises(NothingPendingError):
        world.step("finishSecret", version)


def test_a_value_that_cannot_be_read_stops_the_rotation_and_shows_nothing(world):
    version = world.begin()
    world.administrator.put_secret_value(
        SecretId=NAME, ClientRequestToken=version, VersionStages=["AWSPENDING"], SecretString="canary, no login"
    )
    for step in STEPS:
        with pytest.raises(InvalidPayloadError) as caught:
            world.step(step, version)
        assert "canary" not in str(caught.value) and caught.value.__context__ is None
    assert world.current() == "canary-first"


def test_labels_that_never_settle_end_the_step(world, monkeypatch):
    monkeypatch.setattr("warehouse.rotation._PAUSE", 0.001)
    version = world.begin()
    for step in STEPS[:3]:
        world.step(step, version)

    class Refusing:
        client = function_client()

        def update_secret_version_stage(self, **_):
            response = {"Error": {"Code": "InvalidParameterException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
            raise ClientError(response, "UpdateSecretVersionStage")

        def __getattr__(self, name):
            return getattr(self.client, name)

    with pytest.raises(UnsettledError, match="5 times in a row") as caught:
        world.step("finishSecret", version, Refusing())
    assert caught.value.kind == "conflict" and world.current() == "canary-first"


def test_the_new_value_is_not_handed_out_as_the_one_before(world):
    given = []

    class Noting(AtCourier):
        def set(self, current, pending):
            given.append(current is not None)

    version = world.begin()
    (old,) = [one for one, labels in world.labels().items() if "AWSCURRENT" in labels]
    world.step("createSecret", version)
    world.step("setSecret", version, rotation=Noting(None))
    world.administrator.update_secret_version_stage(
        SecretId=NAME, VersionStage="AWSCURRENT", RemoveFromVersionId=old, MoveToVersionId=version
    )
    world.step("setSecret", version, rotation=Noting(None))
    assert given == [True, False]


def test_the_rotations_token_goes_along_with_the_write_and_is_hidden(world):
    token = "canary-0000-4000-8000-1234567890ab-0000000"
    version, sent = world.begin(), []
    event = {"Step": "createSecret", "SecretId": world.arn, "ClientRequestToken": version, "RotationToken": token}
    client = function_client()
    client.meta.events.register("before-send.*", lambda request, **_: sent.append(request.body))
    parsed = RotationEvent.parse(event)
    spec.RotateLogins(client, environ={}).rotate(COURIER, parsed, world.courier)
    assert "canary" not in repr(parsed) + str(parsed)
    assert [json.loads(body)["ClientRequestToken"] for body in sent if token.encode() in body] == [version]


def test_a_value_that_the_function_keeps_is_the_new_one_after_the_end(world):
    class Both(spec.RotateLogins):
        """A handler that is also granted the read."""

        GRANTS = {"CourierLogin": frozenset({"read", "rotate"})}

    both = Both(function_client(), environ={})
    assert both._cached(COURIER).value.password == "canary-first"
    version = world.begin()
    for step in STEPS:
        event = RotationEvent.parse({"Step": step, "SecretId": world.arn, "ClientRequestToken": version})
        both.rotate(COURIER, event, world.courier)
    assert both._cached(COURIER).value.password == world.courier.password != "canary-first"


GOOD = {
    "Step": "createSecret",
    "SecretId": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/a-b-AbCdEf",
    "ClientRequestToken": "51f72378-6a5d-5dc7-8fd8-29e4319f482a",
}


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        "createSecret",
        b"{}",
        {},
        {**GOOD, "Step": 7},
        {**GOOD, "SecretId": ["canary"]},
        {**GOOD, "ClientRequestToken": None},
        {**GOOD, "RotationToken": 7},
    ],
)
def test_what_is_not_the_event_of_a_rotation_is_refused_and_not_repeated(event):
    with pytest.raises(RotationEventError) as caught:
        RotationEvent.parse(event)
    assert "canary" not in str(caught.value)


def test_an_event_names_the_secret_by_its_arn():
    event = RotationEvent.parse({**GOOD, "Later": {"a": [1]}, "RotationToken": None})
    assert (event.secret_name, event.step, event.version) == ("shop/a-b", "createSecret", GOOD["ClientRequestToken"])
