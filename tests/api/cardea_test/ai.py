"""A server that speaks OpenAI's chat completions on a real socket, well or badly, and keeps what it was sent."""

import contextlib
import http.server
import json
import re
import signal
import socket
import threading
import time

import pytest
import yaml

from .daemon import free_port
from .issuer import private
from .leaks import REGISTRY
from .scanner import ready

KEY = "sk-proj-T3stOnlyNotARealKeyButLongEnough0123456789"


class Question:
    """One request, taken apart as it should be."""

    def __init__(self, path, headers, raw):
        self.path, self.headers, self.raw = path, headers, raw
        self.body = json.loads(raw)
        self.system, self.user = (m["content"] for m in self.body["messages"])
        self.canary = re.search(r"The canary is exactly `([0-9a-f]{16})`", self.system)[1]
        self.nonce = re.search(r"\ABEGIN MESSAGE ([0-9a-f]{32})\n", self.user)[1]
        self.shown, self.after = re.fullmatch(rf"BEGIN MESSAGE {self.nonce}\n(.*)\nEND MESSAGE {self.nonce}\n(.*)", self.user, re.S).groups()

    @property
    def text(self):
        lines = self.shown.split("\n")
        assert all(line.startswith("| ") for line in lines), self.shown
        return "\n".join(line[2:] for line in lines)


def completion(content, **message):
    return json.dumps({"id": "chatcmpl-1", "object": "chat.completion", "created": int(time.time()), "model": "gpt-4o-mini-2024-07-18",
                       "choices": [{"index": 0, "message": {"role": "assistant", "content": content, "refusal": None, **message},
                                    "logprobs": None, "finish_reason": "stop"}],
                       "usage": {"prompt_tokens": 400, "completion_tokens": 40, "total_tokens": 440}, "system_fingerprint": None}).encode()


def words(question, verdict="SAFE", reason="Ordinary words.", **more):
    return json.dumps({"verdict": verdict, "reason": reason, "canary": question.canary, **more})


class Ai:
    """`verdict` is what it says of each text; a function of the text, too. `answer(handler, question)` takes its place."""

    def __init__(self, tls=None):
        self.tls, self.verdict, self.reason, self.answer, self.delay = tls, "SAFE", "Ordinary words.", None, 0
        self.questions, self.connections, self.open, self.server, self.port = [], 0, set(), None, free_port()
        REGISTRY.add("key of the AI layer", KEY)
        self.up()

    def up(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version, disable_nagle_algorithm = "HTTP/1.1", True
            timeout = 10

            def setup(self):
                outer.connections += 1
                outer.open.add(self.request)
                super().setup()

            def finish(self):
                outer.open.discard(self.request)
                super().finish()

            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                question = Question(self.path, {k.lower(): v for k, v in self.headers.items()}, raw)
                outer.questions.append(question)
                time.sleep(outer.delay)
                if outer.answer:
                    return outer.answer(self, question)
                verdict = outer.verdict(question.text) if callable(outer.verdict) else outer.verdict
                return self.say(completion(words(question, verdict, outer.reason)))

            def do_GET(self):
                self.say(b"", 404)

            def say(self, body, status=200, kind="application/json", **headers):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request, client_address):
                pass  # a client that has waited long enough goes away

        self.server = Server(("127.0.0.1", self.port), Handler)
        if self.tls:
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def down(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server = None

    @property
    def url(self):
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/v1"

    @property
    def last(self):
        return self.questions[-1]

    def texts(self):
        return [q.text for q in self.questions]


# ---- daemons that ask it

def wait(condition, within=60):
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def ai():
    server = Ai()
    yield server
    server.down()


@pytest.fixture
def asking(own, tmp_path):
    """A daemon that asks this server; options of its file may be added or taken out (None)."""
    def begin(server, env=None, **options):
        key = private(tmp_path / "ai.key", KEY.encode() + b"\n")
        daemon = own(ready=False, env=env)
        # Patient: this very process answers, between other things. Tests of what takes too long say how long that is.
        daemon.settings = {"ai_url": server.url if server else None, "ai_key_file": str(key), "ai_timeout_ms": 30000, **options}
        daemon.args += ["--config", str(configure(daemon))]
        daemon.start()
        daemon.asker = ready(daemon.root())
        if server:
            server.questions.clear()
        return daemon
    return begin


def configure(daemon, **options):
    daemon.settings.update(options)
    path = daemon.folder / "cardea.yaml"
    daemon.folder.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({k: v for k, v in daemon.settings.items() if v is not None}))
    return path


def reload(daemon, **options):
    before = daemon.log().count('msg="reloaded')
    configure(daemon, **options)
    daemon.signal(signal.SIGHUP)
    wait(lambda: daemon.log().count('msg="reloaded') > before)
