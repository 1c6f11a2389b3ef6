"""The cache: one call for many threads, values in an outage, own writes, and frozen processes."""

import socket
import threading
import time

import paypulse_secrets as spec
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from paypulse_secrets import CachePolicy
from paypulse_secrets.errors import NotFoundError, SecretsError, ThrottledError, TransportError, UnavailableError

from conftest import client_as

KEY = spec.JwtSigningKey()


class Answers:
    """A boto3 client that gives the next answer: a text, an exception, or a function."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = 0
        self._lock = threading.Lock()

    def get_secret_value(self, **_):
        with self._lock:
            self.calls += 1
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        answer = answer() if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        return {"SecretString": answer, "VersionId": f"v{self.calls}" * 16, "ARN": "arn"}


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def refused(code, status=400, message=""):
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "GetSecretValue")


def handler(answers, clock=None, **policy):
    return spec.LoginUser(answers, environ={}, cache=CachePolicy(clock=clock or time.monotonic, jitter=0, **policy))


def settled(condition):
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in five seconds"
        time.sleep(0.002)


def test_64_threads_that_miss_one_key_make_one_call():
    answers = Answers(lambda: time.sleep(0.1) or "value")
    client = handler(answers)
    found = []
    threads = [threading.Thread(target=lambda: found.append(client.cached(KEY).value.expose())) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["value"] * 64 and answers.calls == 1


def test_where_no_thread_can_be_started_the_reader_makes_the_call(monkeypatch):
    def refuse(_):
        raise RuntimeError("can't start new thread")

    clock, answers = Clock(), Answers("old", "new", refused("ThrottlingException"))
    client = handler(answers, clock, ttl=100, refresh_ahead=0.2, stale_if_error=50)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert client.cached(KEY).value.expose() == "old"
    clock.now += 90
    assert [client.cached(KEY).value.expose() for _ in range(2)] == ["old", "new"] and answers.calls == 2
    clock.now += 120
    assert client.cached(KEY).value.expose() == "new"
    clock.now += 50
    with pytest.raises(ThrottledError):
        client.cached(KEY)


def test_a_value_is_refreshed_in_the_last_part_of_its_life():
    clock, answers = Clock(), Answers("old", "new")
    client = handler(answers, clock, ttl=100, refresh_ahead=0.2)
    assert client.cached(KEY).value.expose() == "old"
    clock.now += 79
    assert client.cached(KEY).value.expose() == "old" and answers.calls == 1
    clock.now += 2
    assert client.cached(KEY).value.expose() == "old"
    settled(lambda: client.cached(KEY).value.expose() == "new")
    assert answers.calls == 2


OUTAGES = [
    (refused("ThrottlingException"), ThrottledError),
    (refused("InternalServiceError", 500), UnavailableError),
    (refused("", 503), TransportError),
    (refused("ServiceUnavailable", 503), UnavailableError),
    (ConnectTimeoutError(endpoint_url="x"), TransportError),
]


@pytest.mark.parametrize(("outage", "kind"), OUTAGES)
def test_an_old_value_is_handed_out_in_an_outage_up_to_its_bound(outage, kind):
    clock, answers = Clock(), Answers("old", outage)
    client = handler(answers, clock, ttl=100, stale_if_error=50)
    client.cached(KEY)
    clock.now += 120
    assert client.cached(KEY).value.expose() == "old"
    clock.now += 31
    with pytest.raises(kind) as caught:
        client.cached(KEY)
    assert caught.value.is_retryable


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException", "DecryptionFailure"])
def test_an_answer_that_there_is_nothing_ends_the_old_value_at_once(code):
    clock, answers = Clock(), Answers("old", refused(code))
    client = handler(answers, clock, ttl=100)
    client.cached(KEY)
    clock.now += 101
    for _ in range(3):
        with pytest.raises(SecretsError):
            client.cached(KEY)
    assert answers.calls == 2
    clock.now += 6
    with pytest.raises(SecretsError):
        client.cached(KEY)
    assert answers.calls == 3


def test_a_call_that_hangs_keeps_nobody_with_an_old_value_waiting():
    clock, ends = Clock(), threading.Event()
    answers = Answers("old", lambda: ends.wait(5) and "new")
    client = handler(answers, clock, ttl=100, patience=0.05)
    client.cached(KEY)
    clock.now += 101
    begun = time.monotonic()
    for _ in range(20):
        assert client.cached(KEY).value.expose() == "old"
    assert time.monotonic() - begun < 1
    ends.set()
    settled(lambda: client.cached(KEY).value.expose() == "new")


def test_a_process_that_was_frozen_in_a_refresh_asks_again():
    clock, ends = Clock(), threading.Event()
    answers = Answers("old", lambda: ends.wait(5) and "from before", "new")
    client = handler(answers, clock, ttl=300, refresh_ahead=0.2, patience=2)
    client.cached(KEY)
    clock.now += 250
    client.cached(KEY)
    settled(lambda: answers.calls == 2)
    # Half an hour later the call from before still hangs.
    clock.now += 1800
    assert client.cached(KEY).value.expose() == "new"
    ends.set()
    time.sleep(0.05)
    assert client.cached(KEY).value.expose() == "new"


def test_an_error_that_is_raised_often_does_not_grow():
    client = handler(Answers(refused("ResourceNotFoundException")))

    def depth():
        with pytest.raises(NotFoundError) as caught:
            client.cached(KEY)
        count, traceback = 0, caught.value.__traceback__
        while traceback is not None:
            count, traceback = count + 1, traceback.tb_next
        return count

    depth()
    assert depth() == depth() <= 10


def test_an_own_write_is_seen_at_once(connect, user):
    from datetime import timedelta

    from paypulse_secrets.bundle import utc_now

    now = utc_now()
    store = connect(spec.GmailStoreTokens)
    for number in range(3):
        new = spec.OauthTokens(
            access_token=f"a{number}", expires_at=now + timedelta(hours=1), expires_in=3600, scope="s", created_at=now
        )
        store.store_tokens(user, new)
        assert store.cached(user).value.access_token == f"a{number}"


def test_a_load_from_before_a_write_is_not_kept():
    begun, ends = threading.Event(), threading.Event()

    def old():
        begun.set()
        ends.wait(5)
        return "old"

    client = handler(Answers(old, "new"))
    found = []
    reader = threading.Thread(target=lambda: found.append(client.cached(KEY).value.expose()))
    reader.start()
    begun.wait(5)
    epoch = client._cache.begin_write(KEY.name)
    client._cache.end_write(KEY.name, epoch, None, True)
    ends.set()
    reader.join()
    assert found == ["new"] and client.cached(KEY).value.expose() == "new"


def test_the_cache_keeps_at_most_its_entries():
    client = spec.FetchInvoices(Answers('{"refresh_token": "r"}'), environ={}, cache=CachePolicy(entries=10))
    for number in range(100):
        client.cached(spec.GmailUserTokens(spec.UserId(str(number))))
    assert len(client._cache._slots) <= 10 and len(client._cache.fresh) <= 10


def answering(reply):
    """A server on loopback that reads a request and answers with these bytes; its address, and how to end it."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                if reply is not None:
                    connection.sendall(reply)

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{server.getsockname()[1]}", server


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (None, TransportError),
        (b"not http at all\r\n\r\n", TransportError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{", TransportError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{[]", TransportError),
        (b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", TransportError),
    ],
)
def test_a_broken_answer_on_the_wire_is_no_fault_of_the_caller(reply, kind):
    endpoint, server = answering(reply)
    try:
        client = spec.LoginUser(client_as("login_user", endpoint=endpoint, read_timeout=1), environ={})
        with pytest.raises(kind) as caught:
            client.read(KEY)
        assert caught.value.is_retryable and caught.value.__context__ is None
    finally:
        server.close()
