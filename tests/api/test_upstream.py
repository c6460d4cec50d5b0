"""examples/upstream: the five products' own resources, by the identity headers alone."""

import http.client
import json
import re
import signal
import socket
import struct
import subprocess
import zlib

import pytest
from cardea_test.daemon import PROGRAM

UPSTREAM = PROGRAM.parent / "examples" / "upstream" / "upstream"
ONE, OTHER = "acc_one1111111", "acc_other22222"
ANIMUS, ANIMAM, OPEN_ANIMATE, ANIMA, ANYFORMAT = (f"{name}.localhost" for name in ("animus", "animam", "open-animate", "anima", "anyformat"))
CONTENT = "/api/v1/content"

LISTS = [  # where, a document, whether it can be deleted
    (ANIMUS, CONTENT, {"title": "Tides"}, True),
    (ANIMUS, "/api/v1/collections", {"name": "Sea"}, True),
    (ANIMAM, "/tenants/acme/corpus", {"title": "Test"}, True),
    (ANIMA, "/v1/billing/invoices", {"plan": "team"}, False),
    (ANYFORMAT, "/v2/workflows/", {"name": "Invoices"}, True),
    (ANYFORMAT, "/v2/files/", {"name": "a.pdf"}, True),
    (ANYFORMAT, "/v2/webhooks/", {"url": "https://example.com/hook"}, True),
]
lists = pytest.mark.parametrize("host,path,document,deletable", LISTS, ids=[row[1] for row in LISTS])


class Upstream:
    def __init__(self):
        self.process = subprocess.Popen([UPSTREAM, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        self.port = int(re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", self.process.stdout.readline())[1])

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.stdout.close()
        return self.process.wait(20)

    def raw(self, method, host, path, body=None, headers=()):
        """Headers are pairs, so that one may stand twice."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in [("Host", host), *headers]:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def call(self, method, host, path, body=None, account=ONE, expect=200, **identity):
        names = {"account": "Cardea-Account", "agent": "Cardea-Agent", "user": "Cardea-User", "key": "Cardea-Key-Id"}
        headers = [(names[name], value) for name, value in {"account": account, **identity}.items() if value is not None]
        raw = json.dumps(body).encode() if isinstance(body, dict) else body
        status, _, text = self.raw(method, host, path, raw, headers)
        assert status == expect, f"{method} {path}: {status} {text[:200]}"
        return json.loads(text) if text else None


@pytest.fixture
def up():
    upstream = Upstream()
    yield upstream
    assert upstream.stop() == 0, "SIGTERM ends it with 0"


@lists
def test_lists(up, host, path, document, deletable):
    made = up.call("POST", host, path, document, user="usr_u", expect=201)
    assert made["account"] == ONE and made["created_by"] == "usr_u" and document.items() <= made.items()
    one = f"{path.rstrip('/')}/{made['id']}"
    assert up.call("GET", host, path) == {"data": [made]}
    assert up.call("GET", host, one) == made
    if deletable:
        up.call("DELETE", host, one, expect=204)
        up.call("GET", host, one, expect=404)
        up.call("DELETE", host, one, expect=404)
        assert up.call("GET", host, path) == {"data": []}


@lists
def test_tenants_are_isolated(up, host, path, document, deletable):
    made = up.call("POST", host, path, document, expect=201)
    one = f"{path.rstrip('/')}/{made['id']}"
    assert up.call("GET", host, path, account=OTHER) == {"data": []}
    up.call("GET", host, one, account=OTHER, expect=404)
    up.call("DELETE", host, one, account=OTHER, expect=404 if deletable else 405)
    assert up.call("GET", host, path) == {"data": [made]} and up.call("GET", host, one) == made


@lists
def test_without_identity_nothing_is_answered(up, host, path, document, deletable):
    for method, body in (("GET", None), ("POST", document), ("DELETE", None)):
        status, headers, text = up.raw(method, host, path, json.dumps(body).encode() if body else None, [("Cardea-User", "usr_u")])
        assert status == 401 and list(json.loads(text)) == ["error"]
        assert headers["WWW-Authenticate"] and headers["Content-Type"] == "application/json"
    for forged in ([("Cardea-Account", ONE), ("Cardea-Account", OTHER)], [("Cardea-Account", "")], [("Cardea-Account", "acc one/..")],
                   [("Cardea-Account", "a" * 65)], [("Cardea-Account", ONE), ("cardea-agent", "agt_a"), ("Cardea-Agent", "agt_b")]):
        assert up.raw("GET", host, path, None, forged)[0] == 401, forged
    assert up.call("GET", host, "/nowhere", account=None, expect=401)["error"], "nor told which paths there are"


@lists
def test_what_a_client_sends_cannot_pose_as_what_the_server_knows(up, host, path, document, deletable):
    made = up.call("POST", host, path, {**document, "account": OTHER, "id": "mine", "created_by": "usr_x"}, user="usr_u", expect=201)
    assert (made["account"], made["created_by"]) == (ONE, "usr_u") and made["id"] != "mine"


@lists
def test_bad_bodies(up, host, path, document, deletable):
    for bad in (b"", b"{", b"[]", b"7", b'{"title":"a","title":"b"}', b'{"title":"\xff"}', b'{"title":"\\u0000"}', b"[" * 100_000):
        assert list(up.call("POST", host, path, bad, expect=400)) == ["error"]
    (required,) = document
    for bad in ({}, {required: ""}, {required: 7}):
        assert required in up.call("POST", host, path, bad, expect=422)["error"]
    assert up.call("GET", host, path) == {"data": []}


def test_sizes(up):
    def body(size):
        return b'{"title":"' + b"a" * (size - 12) + b'"}'

    up.call("POST", ANIMUS, CONTENT, body(1 << 20), expect=201)
    up.call("POST", ANIMUS, CONTENT, body((1 << 20) + 1), expect=413)
    connection = http.client.HTTPConnection("127.0.0.1", up.port, timeout=20)
    connection.putrequest("POST", CONTENT)
    connection.putheader("Content-Length", str(1 << 40))
    connection.endheaders()
    assert connection.getresponse().status == 413, "and before it is sent, where its length alone says enough"
    connection.close()
    for _ in range(62):
        up.call("POST", ANIMUS, CONTENT, body(1 << 20), expect=201)
    up.call("POST", ANIMUS, CONTENT, body(1 << 20), expect=507)
    first = up.call("GET", ANIMUS, CONTENT)["data"][0]
    up.call("DELETE", ANIMUS, f"{CONTENT}/{first['id']}", expect=204)
    up.call("POST", ANIMUS, CONTENT, body(1 << 20), expect=201)


def test_paths_and_methods(up):
    for path in ("/nowhere", "/API/v1/content", "//api/v1/content", "/api/v1//content", "/api/v1/content//", "/api/v1/%63ontent",
                 "/api/v1/content/../collections", "/api/v1/content/%2e%2e", "/api/v1/content/a%2fb", "/v2/workflows/",
                 "/api/v1/content/doc_1/x", "/api/v1", "/api/v1/content/.hidden"):
        assert list(up.call("GET", ANIMUS, path, expect=404)) == ["error"], path
    for method, path, allow in (("DELETE", CONTENT, "GET, POST"), ("POST", CONTENT + "/doc_1", "GET, PUT, PATCH, DELETE"),
                                ("OPTIONS", "/api/v1/search", "GET")):
        status, headers, _ = up.raw(method, ANIMUS, path, None, [("Cardea-Account", ONE)])
        assert (status, headers["Allow"]) == (405, allow)
    made = up.call("POST", ANIMUS, CONTENT + "/", {"title": "One slash at the end counts for nothing"}, expect=201)
    status, headers, text = up.raw("HEAD", ANIMUS, CONTENT, None, [("Cardea-Account", ONE)])
    assert (status, text) == (200, b"") and int(headers["Content-Length"]) == len(json.dumps({"data": [made]}, separators=(",", ":")))


def test_the_host_names_the_product(up):
    for host in ("animus.localhost", "ANIMUS.localhost:8080", "api.animus.so", "animus.localhost:443"):
        up.call("GET", host, CONTENT)
    for host in ("localhost", "animus", "api.animus.so.example", "xanimus.localhost", "anima.localhost", "api.animam.ai"):
        status = up.raw("GET", host, CONTENT, None, [("Cardea-Account", ONE)])[0]
        assert status == {"localhost": 421, "animus": 200, "api.animus.so.example": 421, "xanimus.localhost": 421}.get(host, 404), host
    for host, path in (("api.animam.ai", "/tenants/acme/corpus"), ("api.open-animate.com", "/v1/assets"), ("api.anyformat.ai", "/v2/files/")):
        up.call("GET", host, path)


def test_animus(up):
    made = [up.call("POST", ANIMUS, CONTENT, {"title": f"Number {n}", "text": "On tides"}, expect=201) for n in range(12)]
    assert up.call("GET", ANIMUS, CONTENT + "/recent")["data"] == made[:1:-1], "the newest ten, newest first"
    one = f"{CONTENT}/{made[3]['id']}"
    changed = up.call("PATCH", ANIMUS, one, {"title": "A lighthouse", "account": OTHER})
    assert changed == {**made[3], "title": "A lighthouse"}
    assert up.call("GET", ANIMUS, "/api/v1/search?q=LIGHT%68ouse&x=1")["data"] == [changed]
    assert len(up.call("GET", ANIMUS, "/api/v1/search?q=tides")["data"]) == 12
    assert up.call("GET", ANIMUS, "/api/v1/search?q=tides", account=OTHER)["data"] == []
    for query in ("", "?", "?q=", "?p=tides", "?q"):
        up.call("GET", ANIMUS, "/api/v1/search" + query, expect=400)
    assert "text" not in up.call("PUT", ANIMUS, one, {"title": "Replaced"})
    up.call("PUT", ANIMUS, one, {"text": "no title"}, expect=422)
    up.call("PATCH", ANIMUS, one, {"title": "Theirs"}, account=OTHER, expect=404)
    assert up.call("GET", ANIMUS, one)["title"] == "Replaced"
    up.call("POST", ANIMUS, "/api/v1/collections", {"name": "Sea"}, expect=201)
    assert up.call("GET", ANIMUS, "/api/v1/library/stats") == {"account": ONE, "content": 12, "collections": 1}
    assert up.call("GET", ANIMUS, "/api/v1/library/stats", account=OTHER) == {"account": OTHER, "content": 0, "collections": 0}


def test_animam(up):
    headers = [("Cardea-Account", ONE), ("Content-Type", "application/x-www-form-urlencoded")]  # what the page's own curl sends
    assert up.raw("POST", ANIMAM, "/tenants/acme/corpus", b'{"title": "Test"}', headers)[0] == 201
    for account in (ONE, OTHER):
        (conversation,) = up.call("GET", ANIMAM, "/tenants/acme/conversations", account=account)["data"]
        assert conversation["account"] == account
        assert up.call("GET", ANIMAM, "/tenants/acme/settings", account=account)["account"] == account
    assert len(up.call("GET", ANIMAM, "/tenants/acme/conversations")["data"]) == 1, "it is made once"
    up.call("POST", ANIMAM, "/tenants/acme/conversations", {"title": "x"}, expect=405)
    assert up.call("PATCH", ANIMAM, "/tenants/acme/settings", {"tone": "dry", "account": OTHER, "created_by": "usr_x"})["tone"] == "dry"
    settings = up.call("PUT", ANIMAM, "/tenants/acme/settings", {"language": "de"})
    assert "created_by" not in settings
    assert (settings["tone"], settings["language"], settings["account"]) == ("dry", "de", ONE)
    assert up.call("GET", ANIMAM, "/tenants/acme/settings") == settings
    assert up.call("GET", ANIMAM, "/tenants/acme/settings", account=OTHER)["language"] == "en"


def decode(png):
    """Width, height and the raw rows; each chunk's CRC is checked."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, []
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind, data = png[at + 4:at + 8], png[at + 8:at + 8 + length]
        assert struct.unpack_from(">I", png, at + 8 + length)[0] == zlib.crc32(kind + data)
        chunks.append((kind, data))
        at += 12 + length
    assert [kind for kind, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
    width, height, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    assert rest == [8, 2, 0, 0, 0]
    rows = zlib.decompress(chunks[1][1])
    assert len(rows) == height * (1 + 3 * width) and not any(rows[::1 + 3 * width])
    return width, height, rows


def test_open_animate(up):
    def image(body, **headers):
        status, answer, png = up.raw("POST", OPEN_ANIMATE, "/v1/assets/gen-image", json.dumps(body).encode(), [("Cardea-Account", ONE)])
        assert (status, answer["Content-Type"]) == (200, "image/png")
        return answer["Content-Location"], png

    where, png = image({"prompt": "gradient"})
    width, height, rows = decode(png)
    assert (width, height) == (640, 360) and rows[1:4] != rows[-3:], "a gradient"
    assert image({"prompt": "gradient"})[1] == png != image({"prompt": "sunset"})[1]
    for side in ((1, 1), (1, 2048), (2048, 2)):
        assert decode(image({"prompt": "x", "width": side[0], "height": side[1]})[1])[:2] == side
    for bad in ({}, {"prompt": ""}, {"prompt": 1}, {"prompt": "x", "width": 0}, {"prompt": "x", "height": 2049}, {"prompt": "x", "width": "9"}):
        up.call("POST", OPEN_ANIMATE, "/v1/assets/gen-image", bad, expect=422)
    assets = up.call("GET", OPEN_ANIMATE, "/v1/assets")["data"]
    assert [a["prompt"] for a in assets] == ["gradient", "gradient", "sunset", "x", "x", "x"] and {a["account"] for a in assets} == {ONE}
    assert up.raw("GET", OPEN_ANIMATE, where, None, [("Cardea-Account", ONE)])[2] == png
    up.call("GET", OPEN_ANIMATE, where, account=OTHER, expect=404)
    assert up.call("GET", OPEN_ANIMATE, "/v1/assets", account=OTHER) == {"data": []}
    up.call("POST", OPEN_ANIMATE, "/v1/assets/gen-image", {"prompt": "x"}, account=None, expect=401)


def test_public_pages(up):
    for path in ("/", "/health/", "/health"):
        assert up.raw("GET", ANYFORMAT, path)[0] == 200, path
    for host in (ANIMUS, ANIMAM, OPEN_ANIMATE, ANIMA):
        assert up.raw("GET", host, "/")[0] == 401


def test_no_secret_is_echoed(up):
    secret = "anm_0123456789abcdef0123456789abcdef"
    headers = [("Cardea-Account", ONE), ("Authorization", f"Bearer {secret}"), ("X-API-Key", secret), ("Cookie", f"session={secret}")]
    for method, path, body in (("GET", CONTENT, None), ("POST", CONTENT, b'{"title":"x"}'), ("POST", CONTENT, b"{" + secret.encode()),
                               ("GET", f"/nowhere/{secret}", None), ("GET", f"/api/v1/search?key={secret}", None)):
        status, answer, text = up.raw(method, ANIMUS, path, body, headers)
        assert secret not in f"{status} {answer} {text}"


def test_only_loopback_is_listened_on():
    for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:80", "localhost", "127.0.0.1:notaport", "127.0.0.1:", "127.0.0.1", "127.0.0.1:65536", ":0", ""):
        run = subprocess.run([UPSTREAM, "--listen", address], capture_output=True, text=True, timeout=20)
        assert run.returncode == 2 and run.stderr and not run.stdout, address
    assert subprocess.run([UPSTREAM], capture_output=True, timeout=20).returncode == 2
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run = subprocess.run([UPSTREAM, "--listen", f"127.0.0.1:{taken.getsockname()[1]}"], capture_output=True, text=True, timeout=20)
        assert run.returncode == 1 and "cannot listen" in run.stderr
