"""Server-sent events as a client reads them (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import http.client
import json
import queue
import socket
import threading


class Stream:
    """One GET; events are read beside. `events` gives dictionaries of id, event and data; None is the end."""

    def __init__(self, client, path, headers=None, timeout=60, read=True):
        self.connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=timeout)
        self.connection.connect()
        self.socket = self.connection.sock
        self.connection.request("GET", path, headers={"Host": client.host or f"127.0.0.1:{client.port}", "Accept": "text/event-stream",
                                                      "Authorization": f"Bearer {client.token}", **(headers or {})})
        self.response = self.connection.getresponse()
        self.status, self.comments = self.response.status, 0
        self.events = queue.Queue()
        if self.status == 200:
            assert self.response.headers["Content-Type"].startswith("text/event-stream"), self.response.headers
            if read:
                threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        event = {}
        try:
            for line in self.response:
                line = line.decode().rstrip("\n")
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(": ")
                    event[name] = value
                elif "data" in event:
                    self.events.put({**event, "data": json.loads(event["data"])})
                    event = {}
                else:
                    event = {}
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass
        self.events.put(None)

    def next(self, within=60):
        return self.events.get(timeout=within)

    def messages(self, count, within=60):
        return [self.next(within)["data"] for _ in range(count)]

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)  # whoever reads from it is woken
        except OSError:
            pass
        self.connection.close()
