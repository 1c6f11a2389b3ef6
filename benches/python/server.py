"""As much of Secrets Manager as the peers call, in a process of its own: values, versions, a count of calls, and outages."""

import http.client
import json
import multiprocessing
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: How long an answer takes, so that calls at the same time meet.
LATENCY = 0.02


class Store:
    def __init__(self, values):
        self.versions = {name: (str(uuid.uuid4()), text) for name, text in values.items()}
        self.calls = []
        self.outage = False
        self.lock = threading.Lock()

    def answer(self, call, request):
        name = request.get("SecretId", "").removeprefix("arn:")
        with self.lock:
            self.calls.append(call)
            if call == "PutSecretValue":
                self.versions[name] = (request["ClientRequestToken"], request["SecretString"])
            version, text = self.versions[name]
        described = {"ARN": f"arn:{name}", "Name": name}
        if call == "DescribeSecret":
            return {**described, "VersionIdsToStages": {version: ["AWSCURRENT"]}}
        return {**described, "VersionId": version, "VersionStages": ["AWSCURRENT"], "SecretString": text}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Store

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        call = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if not call:
            self.store.outage = body["outage"]
            return self.say(200, {})
        time.sleep(LATENCY)
        if self.store.outage:
            return self.say(503, {"__type": "ServiceUnavailable"})
        return self.say(200, self.store.answer(call, body))

    def do_GET(self):
        """The calls since the last time that somebody asked."""
        calls, self.store.calls = self.store.calls, []
        self.say(200, calls)

    def say(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing is said of a request."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


def _serve(values, told):
    Handler.store = Store(values)
    server = Server(("127.0.0.1", 0), Handler)
    told.put(server.server_address[1])
    server.serve_forever()


class Served:
    """The server, from the side of the programs that are measured."""

    def __init__(self, values):
        context = multiprocessing.get_context("spawn")
        told = context.Queue()
        self.process = context.Process(target=_serve, args=(values, told), daemon=True)
        self.process.start()
        self.port = told.get(timeout=20)
        self.url = f"http://127.0.0.1:{self.port}"

    def _ask(self, method, document=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request(method, "/", json.dumps(document) if document is not None else None)
        answer = json.load(connection.getresponse())
        connection.close()
        return answer

    def take_calls(self):
        return self._ask("GET")

    def set_outage(self, outage):
        self._ask("POST", {"outage": outage})
