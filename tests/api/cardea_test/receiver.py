"""Servers of others, as messages reach them: an HTTP endpoint that checks signatures by itself, and a mail server."""

import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import threading
import time

from aiosmtpd.controller import Controller

from .daemon import free_port


def signed_by(secret, headers, body):
    """Whether one of the signatures is right, by the text of https://www.standardwebhooks.com alone."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(wanted, one) for one in headers["webhook-signature"].split(" "))


def until(condition, within=120):
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def signed_body_by(secret, header, body):
    """The one header of a product's own: HMAC-SHA256 of the raw body under the secret as it is shown, in hexadecimal."""
    return hmac.compare_digest(hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(), header)


class Endpoint:
    """`answer` may be changed: a status, or a function that is given the number of the request. `got` holds (path, headers, body).
    `says` is the body of its answers, `headers` go with them."""

    def __init__(self, answer=200, delay=0, context=None, says=b"", headers=()):
        self.answer, self.delay, self.got, self.lock = answer, delay, [], threading.Lock()
        self.says, self.headers = says, dict(headers)
        self.under_way = self.most = 0
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with endpoint.lock:
                    endpoint.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                    number = len(endpoint.got)
                    endpoint.under_way += 1
                    endpoint.most = max(endpoint.most, endpoint.under_way)
                time.sleep(endpoint.delay)
                status = endpoint.answer(number) if callable(endpoint.answer) else endpoint.answer
                with endpoint.lock:
                    endpoint.under_way -= 1
                self.send_response(status)
                if status in (301, 302, 307, 308):
                    self.send_header("Location", f"http://127.0.0.1:{endpoint.port}/elsewhere")
                for name, value in endpoint.headers.items():
                    self.send_header(name, value)
                says = b"" if status == 204 else endpoint.says
                self.send_header("Content-Length", str(len(says)))
                self.end_headers()
                self.wfile.write(says)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 128

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"{'https' if context else 'http'}://{'localhost' if context else '127.0.0.1'}:{self.port}/hook"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def messages(self):
        return [json.loads(body) for _, _, body in self.got]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Mailbox:
    """A real SMTP server. `refuse`: what it says instead of taking a recipient or a text."""

    def __init__(self, refuse_recipient=None, refuse_data=None):
        self.refuse_recipient, self.refuse_data, self.got = refuse_recipient, refuse_data, []
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=60)
        self.controller.start()
        self.url = f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuse_recipient:
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.refuse_data:
            return self.refuse_data
        self.got.append((envelope.mail_from, envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=email.policy.default), envelope.content))
        return "250 OK"

    def close(self):
        self.controller.stop()
