"""A small HTTP client that keeps what was said: for the API description, and for the search for leaks."""

import http.client
import json
import re
import socket
import threading

from .leaks import REGISTRY
from .openapi import RECORDER

ADMIN_HOSTS = ("127.0.0.1", "localhost")
UNSET = object()


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.body = status, body
        self.headers = headers  # list of (lower-case name, value)
        self.json = None
        if "json" in (self.header("content-type") or ""):
            try:
                self.json = json.loads(body)
            except ValueError:
                pass

    def header(self, name):
        for have, value in self.headers:
            if have == name.lower():
                return value
        return None

    @property
    def code(self):
        return self.json.get("code") if isinstance(self.json, dict) else None

    @property
    def locations(self):
        return [e["location"] for e in self.json["errors"]] if isinstance(self.json, dict) else []

    def __getitem__(self, name):
        return self.json[name]

    def __repr__(self):
        return f"<{self.status} {self.body[:400]!r}>"


class Client:
    """One caller. `token` goes as the bearer; `host` is the Host header. Threads get connections of their own."""

    def __init__(self, port, token=None, host=None, headers=None, timeout=60):
        self.port, self.token, self.host, self.timeout = port, token, host, timeout
        self.headers = dict(headers or {})
        self._local = threading.local()

    def using(self, token=UNSET, host=UNSET, headers=None):
        return Client(self.port, self.token if token is UNSET else token, self.host if host is UNSET else host,
                      {**self.headers, **(headers or {})}, self.timeout)

    def _connection(self):
        if getattr(self._local, "connection", None) is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._local.connection = connection
        return self._local.connection

    def close(self):
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def call(self, method, target, body=None, headers=None, raw=None, expect=None, record=True):
        """`body` is sent as JSON, `raw` as it stands. `expect`: the status (or several) that must come back."""
        sent = {"Host": self.host or f"127.0.0.1:{self.port}", **self.headers}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        data = raw
        if body is not None:
            data = json.dumps(body).encode()
            REGISTRY.learn(body)
        if data is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        sent = {k: v for k, v in sent.items() if v is not None}
        if data is not None and "Content-Length" not in sent:
            sent["Content-Length"] = str(len(data))
        reply = self._exchange(method, target, data, sent)
        REGISTRY.learn(reply.json)
        if record and sent["Host"].rsplit(":", 1)[0] in ADMIN_HOSTS:
            RECORDER.add(method, target, data, reply)
        if reply.status >= 400:
            leaked = REGISTRY.find(reply.body)
            assert not leaked, f"{method} {target}: a refusal shows {leaked}"
        if expect is not None:
            wanted = (expect,) if isinstance(expect, int) else tuple(expect)
            assert reply.status in wanted, f"{method} {target} {body if body is not None else raw!r:.300}: {reply}, not {expect}"
        return reply

    def _exchange(self, method, target, data, headers):
        fresh = getattr(self._local, "connection", None) is None
        for last in (fresh, True):
            try:
                connection = self._connection()
                connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
                for name, value in headers.items():
                    connection.putheader(name, value)
                connection.endheaders(data)
                response = connection.getresponse()
                got = response.read()
                if response.will_close:
                    self.close()
                return Reply(response.status, [(k.lower(), v) for k, v in response.getheaders()], got)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                # A connection that was kept alive may have been closed meanwhile; a new one may not.
                self.close()
                if last:
                    raise
        raise AssertionError("unreachable")

    def get(self, target, **kw):
        return self.call("GET", target, **kw)

    def post(self, target, body=None, **kw):
        return self.call("POST", target, body, **kw)

    def put(self, target, body=None, **kw):
        return self.call("PUT", target, body, **kw)

    def patch(self, target, body=None, **kw):
        return self.call("PATCH", target, body, **kw)

    def delete(self, target, body=None, **kw):
        return self.call("DELETE", target, body, **kw)

    def verify(self, key, **wanted):
        return self.post("/v1/keys/verify", {"key": key, **wanted}, expect=200).json

    def pages(self, target):
        """All items of a list."""
        items, cursor = [], None
        joint = "&" if "?" in target else "?"
        while True:
            page = self.get(target + (f"{joint}cursor={cursor}" if cursor else ""), expect=200)
            items += page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return items


def whole(got):
    """Whether that is an answer with all of a body whose length it names."""
    head, end, body = got.partition(b"\r\n\r\n")
    length = re.search(rb"^content-length: *(\d+)", head, re.I | re.M)
    return bool(end and length) and len(body) >= int(length[1])


def exchange_raw(port, data, timeout=30, silence=10, one=False):
    """Sends bytes as they are; returns (what came back until the peer closed or went silent, whether it closed). `one`: one
    whole answer is enough; nginx, which has not seen all of a request, closes some seconds after it."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as s:
        s.sendall(data)
        got = b""
        try:
            while True:
                more = s.recv(65536)
                if not more:
                    return got, True
                got += more
                if one and whole(got):
                    return got, False
                s.settimeout(silence)
        except TimeoutError:
            return got, False
        except ConnectionResetError:
            return got, True
