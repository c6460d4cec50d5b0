"""An upstream that answers what it was asked: method, target, headers and the length of the body, as JSON."""

import base64
import hashlib
import http.server
import json
import threading

WEBSOCKET = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def tell(self):
        if self.headers.get("Upgrade") == "websocket":
            self.upgrade()
            return
        elsewhere = self.path[len("/accel"):] if self.path.startswith("/accel/") else self.path.partition("?accel=")[2]
        if elsewhere:
            self.send_response(200)
            self.send_header("X-Accel-Redirect", elsewhere)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = json.dumps({"method": self.command, "target": self.path, "headers": [[k.lower(), v] for k, v in self.headers.items()],
                           "received": self.drain()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def drain(self):
        """Reads the body; when it came chunked, chunk by chunk."""
        if self.headers.get("Transfer-Encoding") == "chunked":
            total = 0
            while size := int(self.rfile.readline().split(b";")[0], 16):
                total += len(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return total
        left, total = int(self.headers.get("Content-Length") or 0), 0
        while left:
            got = len(self.rfile.read(min(left, 65536)))
            left, total = left - got, total + got
            if not got:
                break
        return total

    def upgrade(self):
        accept = base64.b64encode(hashlib.sha1((self.headers["Sec-WebSocket-Key"] + WEBSOCKET).encode()).digest()).decode()
        self.send_response(101)
        for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept),
                            ("X-Account", self.headers.get("Cardea-Account", ""))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"echo:" + self.rfile.read(4))
        self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = tell

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


class Upstream:
    def __init__(self):
        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def headers_of(reply):
    """What arrived upstream, as a dict; a name that came twice fails."""
    pairs = reply.json["headers"]
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"a header came twice: {pairs}"
    return dict(pairs)
