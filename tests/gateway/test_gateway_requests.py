"""Requests through `cardea gateway`: the same decisions as the daemon's, nothing that a client says of itself, no request lost."""

import base64
import json
import os
import re
import socket
import ssl
import subprocess
import threading
import time

import pytest
from cardea_test.client import Client, exchange_raw
from cardea_test.daemon import Daemon
from cardea_test.events import events
from cardea_test.fixtures import Maker
from cardea_test.gateway import Gateway, alive, children, until
from cardea_test.leaks import REGISTRY
from rig.certificates import certificate
from rig.origin import Origin
from rig.upstream import headers_of

ANIMUS, ANIMAM = "api.animus.so", "api.animam.ai"
CONTENT = "/api/v1/content/recent"
PRODUCTS = ("animus", "animam", "anima", "anyformat", "open-animate")


@pytest.fixture(scope="module")
def gateways(shared, upstream, tmp_path_factory):
    made = []

    def new(*args, daemon=shared, upstreams=None, **kw):
        all_of_them = {name: f"http://127.0.0.1:{upstream.port}" for name in PRODUCTS}
        made.append(Gateway(tmp_path_factory.mktemp("gateway"), daemon, *args, upstreams=all_of_them if upstreams is None else upstreams, **kw))
        return made[-1].start()

    yield new
    for one in made:
        assert one.stop() == 0, one.said()
        assert "exited on signal" not in one.errors() and not REGISTRY.find((one.log() + one.errors()).encode()), one.errors()


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def gateway(gateways, tls):
    return gateways(tls=tls)


@pytest.fixture(scope="module")
def trusting(gateways):
    return gateways("--trusted-proxies", "127.0.0.0/8")


def curl(gateway, tls, *args):
    """(status, HTTP version, body), over TLS."""
    done = subprocess.run(["curl", "-sS", "--noproxy", "*", "--max-time", "20", "--cacert", str(tls[0]), "--connect-to", f"::127.0.0.1:{gateway.tls_port}",
                           "-w", "\n%{http_code} %{http_version}", *args], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    body, told = done.stdout.rsplit("\n", 1)
    status, version = told.split()
    return int(status), version, body


def is_problem(reply_or_raw, status, code):
    """A problem from nginx itself has all that the daemon's have."""
    if isinstance(reply_or_raw, bytes):
        head, _, body = reply_or_raw.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 %d " % status), head
        assert b"\r\ncontent-type: application/problem+json\r\n" in head.lower() + b"\r\n", head
        told = json.loads(body)
    else:
        assert reply_or_raw.status == status and reply_or_raw.header("content-type") == "application/problem+json", reply_or_raw
        told = reply_or_raw.json
    assert (told["code"], told["status"], told["type"]) == (code, status, f"/docs/errors/{code}"), told
    assert re.fullmatch(r"[0-9a-f]{32}", told["request_id"]) and told["title"] and told["detail"] and told["errors"] == []


# ---- whose host ----

@pytest.mark.parametrize("version,http", [("--http1.1", "1.1"), ("--http2", "2")])
def test_an_unknown_host_over_tls(gateway, tls, version, http):
    status, spoken, body = curl(gateway, tls, version, "https://nobody.example/api/v1/content")
    assert (status, spoken, json.loads(body)["code"]) == (421, http, "misdirected_request")
    status, spoken, body = curl(gateway, tls, version, f"https://{ANIMUS}{CONTENT}")
    assert (status, spoken, json.loads(body)["code"]) == (401, http, "MISSING")


@pytest.mark.parametrize("host", ["nobody.example", "animus", "api.animus.so.example", "xapi.animus.so", "10.0.0.1", "docs.animus.so", "[::2]"])
def test_an_unknown_host(gateway, make, host):
    key = make.key(make.account("animus"))["key"]
    for path in ("/", CONTENT, "/v1/keys", "/livez"):
        is_problem(gateway.client(key, host=host).get(path), 421, "misdirected_request")


@pytest.mark.parametrize("host", ["API.ANIMUS.SO", "api.animus.so.", "api.animus.so:443", "Api.Animus.So.:80"])
def test_the_same_host_written_differently(gateway, make, host):
    gateway.client(make.key(make.account("animus"))["key"], host=host).get(CONTENT, expect=200)


def raw(gateway, head, body=b""):
    return exchange_raw(gateway.port, head.encode("latin-1") + b"\r\nConnection: close\r\n\r\n" + body, one=True)[0]


def test_the_request_line_s_host_counts_everywhere(gateway, make):
    """RFC 9112, 3.2.2: for the decision, and for what stands behind, which must not be told another one."""
    key = make.key(make.account("animus"))["key"]
    got = raw(gateway, f"GET http://{ANIMUS}{CONTENT} HTTP/1.1\r\nHost: {ANIMAM}\r\nAuthorization: Bearer {key}")
    assert got.startswith(b"HTTP/1.1 200 ")
    headers = dict(json.loads(got.partition(b"\r\n\r\n")[2])["headers"])
    assert headers["host"] == ANIMUS and headers["x-forwarded-host"] == ANIMUS
    got = raw(gateway, f"GET http://{ANIMAM}{CONTENT} HTTP/1.1\r\nHost: {ANIMUS}\r\nAuthorization: Bearer {key}")
    assert got.startswith(b"HTTP/1.1 403 ") and got.endswith(b'{"error": "Forbidden"}'), "as animam says it, which has no such path"
    got = raw(gateway, f"GET http://localhost/livez HTTP/1.1\r\nHost: {ANIMUS}")
    assert got.startswith(b"HTTP/1.1 200 ")
    got = raw(gateway, f"GET http://{ANIMUS}/v1/accounts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}")
    assert not got.startswith(b"HTTP/1.1 200 ")
    is_problem(raw(gateway, f"GET http://nobody.example{CONTENT} HTTP/1.1\r\nHost: {ANIMUS}\r\nAuthorization: Bearer {key}"), 421, "misdirected_request")


def http2(gateway, tls, *fields):
    """One request of exactly these header fields (RFC 7541, 6.2.2: literal, without indexing); all DATA that came back."""
    context = ssl.create_default_context(cafile=tls[0])
    context.set_alpn_protocols(["h2"])
    block = b"".join(b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode() for name, value in fields)
    data = b""
    with context.wrap_socket(socket.create_connection(("127.0.0.1", gateway.tls_port), timeout=60), server_hostname=ANIMUS) as s:
        s.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0" + len(block).to_bytes(3, "big") + b"\x01\x05\0\0\0\x01" + block)
        reader = s.makefile("rb")
        while frame := reader.read(9):
            content = reader.read(int.from_bytes(frame[:3], "big"))
            data += content if frame[3] == 0 else b""
            if frame[3] in (3, 7) or (frame[3] in (0, 1) and frame[4] & 1 and frame[5:] == b"\0\0\0\x01"):
                return data
    return data


def test_http2_names_one_host(gateway, tls, make):
    """RFC 9113, 8.3.1: an :authority and a Host that says something else never end with one decided and the other passed on."""
    key = make.key(make.account("animus"))["key"]
    begin = [(":method", "GET"), (":scheme", "https"), (":path", CONTENT)]
    end = [("authorization", f"Bearer {key}")]
    alone = json.loads(http2(gateway, tls, *begin, (":authority", ANIMUS), *end))
    assert dict(alone["headers"])["host"] == ANIMUS and alone["target"] == CONTENT
    assert dict(json.loads(http2(gateway, tls, *begin, ("host", ANIMUS), *end))["headers"])["host"] == ANIMUS
    for two in ([(":authority", ANIMUS), ("host", ANIMAM)], [(":authority", ANIMAM), ("host", ANIMUS)], [("host", ANIMUS), ("host", ANIMAM)]):
        got = http2(gateway, tls, *begin, *sorted(two), *end)
        assert b'"target"' not in got or dict(json.loads(got)["headers"])["host"] == ANIMUS and two[0] == (":authority", ANIMUS), got


def test_the_host_reaches_the_product_as_it_was_sent(gateway, make):
    key = make.key(make.account("animus"))["key"]
    for host in (ANIMUS, f"{ANIMUS}:8443", "API.animus.so:80"):
        assert headers_of(gateway.client(key, host=host).get(CONTENT, expect=200))["host"] == host


# ---- the same decisions as the daemon's ----

PATHS = [
    "/tenants/{a}/tokens", "/tenants/{a}/tokens/", "/tenants/{a}/tokens//", "//tenants/{a}/tokens", "/tenants//{a}/tokens", "/tenants/{a}/%74okens",
    "/tenants/{a}/tokens/../..", "/tenants/{a}/tokens/..", "/tenants/{a}/tokens/.", "/tenants/{a}/tokens/../corpus", "/tenants/{a}/corpus/../tokens",
    "/tenants/{b}/../{a}/tokens", "/tenants/{a}/tokens%2f", "/tenants/{a}%2ftokens", "/tenants/{a}/tokens/%2e%2e", "/tenants/{a}/tokens?x=../..",
    "/tenants/{a}/tokens%00", "/tenants/{a}/tokens;x", "/tenants/{a}/tokens%0a", "/tenants/{a}/tokens/key_1/2", "/Tenants/{a}/tokens", "/tenants/{A}/tokens",
    "/tenants/-/tokens", "/tenants/{a}/tokens/x%2fy", "/tenants/{a}/corpus", "/tenants/{b}/corpus", "/tenants/{b}/tokens", "/tenants/{a}/corpus/1",
    "//tenants/{a}/corpus", "/tenants/{a}/%63orpus", "/tenants/{a}/corpus/%2e%2e/settings", "/dashboard", "/dashboard/", "/dashboard/v1/keys", "/dashboard/../tenants/{a}/corpus",
    "/tenants/{a}/corpus/../../../dashboard/v1/keys", "/llms.txt", "/llms/keys.md", "/llms/../tenants/{a}/corpus", "/llms.txt/", "/docs/errors/NOT_FOUND", "/docs/errors/../../tenants/{a}/corpus",
    "/llms", "/docs/errors", "/device", "/oauth/token", "/docs", "/dashboard/v1", "/tenants/{a}", "/tenants",
    "/v1/keys", "/v1/accounts", "/livez", "/metrics", "/openapi.json", "/",
]


def test_every_path_is_decided_as_the_daemon_decides(gateway, shared, make):
    """Whatever way a path is written: what the daemon refuses is refused with the same words, and what it grants gets through. Where a
    path has dot segments or a NUL it is enough that both refuse: there it depends on who looks first, which refusal it is."""
    one, two = make.account("animam"), make.account("animam")
    tokens = {"all": make.key(one, scopes=["*"])["key"], "corpus": make.key(one, scopes=["corpus:read"])["key"], "nobody": None,
              "session": make.session(one, "owner").token}
    differ, passed = [], set()
    for path in PATHS:
        target = path.replace("{a}", one["slug"]).replace("{b}", two["slug"]).replace("{A}", one["slug"].upper())
        for name, token in tokens.items():
            for method in ("GET", "POST", "DELETE"):
                there, here = (Client(port, token, host=ANIMAM).call(method, target) for port in (shared.port, gateway.port))
                wanted = (200, None) if there.code == "no_upstream" else (there.status, there.code)
                passed |= {target} if there.code == "no_upstream" else set()
                got = (here.status, here.code)
                if re.search(r"/\.\.?(/|$)|%2e|%00", target.split("?")[0]):
                    same = there.status >= 400 and there.code != "no_upstream" and here.status >= 400
                elif there.status in (200, 201):
                    same = got == wanted
                elif there.code == "no_upstream":
                    same = here.status == 200 and here.json["target"] == target
                else:
                    known = (there.json or {}).keys() >= {"code"}
                    same = got == wanted if known else (here.status, here.body) == (there.status, there.body)
                if not same:
                    differ.append((method, target, name, there, here))
    assert not differ, "\n".join(map(str, differ))
    assert len(passed) >= 3, "and some were granted"


# ---- what a client says of itself ----

FORGED = {"X-Forwarded-For": "192.0.2.7", "X-Real-IP": "192.0.2.7", "Forwarded": "for=192.0.2.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example",
          "X-Original-Method": "GET", "X-Original-URI": "/api/v1/search", "X-Forwarded-Method": "DELETE", "X-Forwarded-Uri": "/x",
          "Cardea-Account": "acc_forged", "Cardea-Key-Id": "key_forged", "Cardea_User": "usr_forged", "cardea-scopes": "*"}


def test_forged_headers_reach_nobody(gateway, make):
    account = make.account("animus")
    made = make.key(account)
    got = headers_of(gateway.client(made["key"], host=ANIMUS, headers=FORGED).get(CONTENT, expect=200))
    assert (got["cardea-account"], got["cardea-key-id"], got["cardea-scopes"]) == (account["id"], made["id"], "read")
    assert not [name for name in got if name.startswith(("cardea_", "x-original-")) or name in ("authorization", "cardea-user", "x-forwarded-method", "x-forwarded-uri")]
    assert (got["x-forwarded-for"], got["x-forwarded-proto"], got["x-forwarded-host"]) == ("127.0.0.1", "http", ANIMUS)


@pytest.mark.parametrize("place", ["product", "management", "verify"])
def test_an_address_is_the_one_that_nginx_sees(gateway, trusting, make, place):
    """Keys that are good from some networks alone: the client's own word does not count, that of a configured proxy does."""
    account = make.account("animam")
    far, near = (make.key(account, scopes=["*"], ip_allow=[network])["key"] for network in ("192.0.2.0/24", "127.0.0.0/8"))
    path = f"/tenants/{account['slug']}/" + {"product": "corpus", "management": "tokens", "verify": "corpus"}[place]

    def ask(where, key, said):
        headers = {"X-Forwarded-For": said} if said else {}
        if place == "verify":
            return where.client(key, headers=headers).get(f"/v1/authorize/animam{path}").status
        return where.client(key, host=ANIMAM, headers=headers).get(path).status

    for said in (None, "192.0.2.7", "192.0.2.7, 127.0.0.1"):
        assert (ask(gateway, far, said), ask(gateway, near, said)) == (403, 200), said
    for said, far_is, near_is in (("192.0.2.7", 200, 403), ("127.0.0.9", 403, 200), ("192.0.2.7, 198.51.100.1", 403, 403), ("198.51.100.1, 192.0.2.7", 200, 403)):
        assert (ask(trusting, far, said), ask(trusting, near, said)) == (far_is, near_is), said


def test_what_a_forward_auth_proxy_says_counts_from_a_trusted_one_alone(gateway, trusting, make):
    reader = make.key(make.account("animus"), scopes=["read"])["key"]
    asked = {"X-Original-Method": "GET", "X-Original-URI": CONTENT}
    assert trusting.client(reader, headers=asked).get("/v1/authorize/animus").status == 200
    assert gateway.client(reader, headers=asked).get("/v1/authorize/animus").status in (403, 404), "by its own path, which is none"
    assert gateway.client(reader, headers={**asked, "X-Original-URI": "/api/v1/search"}).get(f"/v1/authorize/animus{CONTENT}").status == 200
    assert trusting.client(reader, headers={**asked, "X-Original-URI": "/api/v1/search"}).get(f"/v1/authorize/animus{CONTENT}").status == 403


def test_the_scheme_is_that_of_the_outermost_proxy(gateway, trusting, make, tls):
    """Cookies are marked Secure where the client came by TLS."""
    account = make.account("animus")
    person = make.member(account, "owner")
    body = {"email": person["email"], "password": person["password"], "account": account["id"]}

    def cookie(where, **headers):
        reply = where.client(host=ANIMUS, headers={"Sec-Fetch-Site": "same-origin", **headers}).post("/dashboard/v1/sessions", body, expect=201)
        return reply.header("set-cookie")

    https = {"X-Forwarded-Proto": "https"}
    assert ("Secure" in cookie(gateway, **https), "Secure" in cookie(trusting, **https), "Secure" in cookie(trusting)) == (False, True, False)
    assert ("Secure" in cookie(trusting, **{"X-Forwarded-Proto": "gopher"})) is False
    key = make.key(account)["key"]
    assert headers_of(trusting.client(key, host=ANIMUS, headers=https).get(CONTENT, expect=200))["x-forwarded-proto"] == "https"
    _, _, told = curl(gateway, tls, f"https://{ANIMUS}{CONTENT}", "-H", f"Authorization: Bearer {key}", "-H", "X-Forwarded-Proto: http")
    assert dict(json.loads(told)["headers"])["x-forwarded-proto"] == "https"


# ---- bodies, upgrades ----

def test_an_upload_streams(gateways, make):
    """Its first bytes are with the product before its last are sent; none of it is kept here."""
    origin = Origin()
    one = gateways(upstreams={"animus": f"http://127.0.0.1:{origin.port}"})
    key = make.key(make.account("animus"), scopes=["write"])["key"]
    with socket.create_connection(("127.0.0.1", one.port), timeout=60) as s:
        s.sendall(f"PUT /api/v1/content/1 HTTP/1.1\r\nHost: {ANIMUS}\r\nAuthorization: Bearer {key}\r\nContent-Length: 8000000\r\n\r\nfirst".encode())
        until(lambda: origin.heard.endswith(b"first"), lambda: origin.heard)
        assert b"\r\nContent-Length: 8000000\r\n" in origin.heard and key.encode() not in origin.heard
        s.sendall(b"x" * 7999990)
        until(lambda: len(origin.heard) > 7999990, lambda: len(origin.heard))
        assert not list((one.dir / "client_body_temp").iterdir())
        s.sendall(b"-last")
        until(lambda: origin.heard.endswith(b"-last"), "all of it")
        origin.stop()
        assert s.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_an_upload_may_be_large_and_chunked(gateway, make):
    key = make.key(make.account("animus"), scopes=["write"])["key"]
    client = gateway.client(key, host=ANIMUS)
    assert client.call("PUT", "/api/v1/content/1", raw=b"x" * (40 << 20), expect=200).json["received"] == 40 << 20
    chunks = b"".join(b"10000\r\n" + b"y" * 65536 + b"\r\n" for _ in range(64)) + b"0\r\n\r\n"
    got = raw(gateway, f"PUT /api/v1/content/1 HTTP/1.1\r\nHost: {ANIMUS}\r\nAuthorization: Bearer {key}\r\nTransfer-Encoding: chunked", chunks)
    assert json.loads(got.partition(b"\r\n\r\n")[2])["received"] == 64 * 65536


def test_a_websocket_passes(gateway, make):
    account = make.account("animus")
    for token, status in ((make.key(account)["key"], b" 101 "), (None, b" 401 ")):
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=60) as s:
            nonce = base64.b64encode(os.urandom(16)).decode()
            credential = f"Authorization: Bearer {token}\r\n" if token else ""
            s.sendall(f"GET {CONTENT} HTTP/1.1\r\nHost: {ANIMUS}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                      f"Sec-WebSocket-Key: {nonce}\r\nCardea-Account: forged\r\n{credential}\r\n".encode())
            got = s.recv(65536)
            assert status in got.split(b"\r\n")[0]
            if token:
                s.sendall(b"ping")
                while not got.endswith(b"echo:ping"):
                    assert (more := s.recv(65536)), got
                    got += more
                assert f"X-Account: {account['id']}".encode() in got


@pytest.mark.parametrize("to", ["h2c", "H2C", "websocket, h2c", "websocketh2c", "TLS/1.0"])
def test_nothing_else_makes_a_tunnel(gateway, make, to):
    """In one of HTTP/2 (RFC 7540, 3.2) requests would go by undecided, with whatever identity they claim."""
    key = make.key(make.account("animus"))["key"]
    head = f"GET {CONTENT} HTTP/1.1\r\nHost: {ANIMUS}\r\nAuthorization: Bearer {key}\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nUpgrade: {to}\r\n"
    for more in ("Connection: Upgrade, HTTP2-Settings", "Upgrade: websocket\r\nConnection: Upgrade"):
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=60) as s:
            s.sendall(f"{head}{more}\r\n\r\n".encode())
            got = s.recv(65536)
        assert got.startswith(b"HTTP/1.1 200 "), got
        assert "upgrade" not in dict(json.loads(got.partition(b"\r\n\r\n")[2])["headers"]), got


OTHER_REQUEST = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "Forwarded"]


@pytest.mark.parametrize("name", OTHER_REQUEST)
def test_what_would_make_another_request_of_it_stays_here(gateway, make, name):
    """Many frameworks take method and path from such headers: what was decided on must be what is carried out."""
    key = make.key(make.account("animus"))["key"]
    got = gateway.client(key, host=ANIMUS).get(CONTENT, headers={name: "/api/v1/users", "X-Real-IP": "203.0.113.9"}, expect=200)
    told = headers_of(got)
    assert name.lower() not in told and told["x-real-ip"] == "127.0.0.1", told


@pytest.mark.parametrize("path", ["/api/v1/users", "/dashboard/v1/keys", "/_cardea/problem"])
def test_a_reply_leads_to_no_path_that_was_not_decided_on(gateway, make, path):
    """A header that gets into a product's reply must not send nginx elsewhere with the caller's identity."""
    got = gateway.client(make.key(make.account("animus"))["key"], host=ANIMUS).get(f"{CONTENT}?accel={path}", expect=200)
    assert got.body == b"" and got.header("x-accel-redirect") is None


# ---- what nginx itself refuses ----

@pytest.mark.parametrize("host", [ANIMUS, "localhost", "docs.animam.ai", "nobody.example"])
def test_nginx_s_own_errors_are_problems(gateway, host):
    big = "a" * 70000
    is_problem(raw(gateway, f"GET /{big} HTTP/1.1\r\nHost: {host}"), 414, "bad_request")
    is_problem(raw(gateway, f"GET / HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {big}"), 400, "bad_request")
    is_problem(raw(gateway, f"GET / HTTP/1.1\r\nHost: {host}\r\nHost: {host}"), 400, "bad_request")
    is_problem(raw(gateway, f"GET / HTTP/1.1\r\nHost: {host}\r\nX-A: \0"), 400, "bad_request")
    is_problem(raw(gateway, f"GET /%zz HTTP/1.1\r\nHost: {host}"), 400, "bad_request")
    is_problem(raw(gateway, f"GET /../x HTTP/1.1\r\nHost: {host}"), 400, "bad_request")
    is_problem(raw(gateway, f"TRACE / HTTP/1.1\r\nHost: {host}"), 405, "method_not_allowed")
    is_problem(raw(gateway, f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: x"), 400, "bad_request")
    is_problem(raw(gateway, f"POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: gzip"), 501, "bad_request")
    is_problem(raw(gateway, f"POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\nContent-Length: 3"), 400, "bad_request")
    is_problem(raw(gateway, f"GET / HTTP/3.0\r\nHost: {host}"), 505, "bad_request")


def test_requests_that_are_none(gateway):
    for text in ("GET / HTTP/1.1", "GARBAGE", "GET / HTTP/1.1\r\nHost: a b", "CONNECT a:1 HTTP/1.1\r\nHost: localhost"):
        is_problem(raw(gateway, text), 400, "bad_request")
    got, _ = exchange_raw(gateway.tls_port, b"GET / HTTP/1.1\r\nHost: api.animus.so\r\nConnection: close\r\n\r\n")
    is_problem(got, 400, "bad_request")


@pytest.mark.parametrize("host,path,limit", [(ANIMUS, "/api/v1/api-keys", 2 << 20), (ANIMAM, "/tenants/x/tokens", 2 << 20), ("localhost", "/v1/keys/import", 17 << 20)])
def test_what_the_daemon_would_not_take_is_not_kept_for_it(gateway, host, path, limit):
    is_problem(raw(gateway, f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {limit + 1}"), 413, "body_too_large")


def test_the_place_of_problems_is_nobody_s_path(gateway, make):
    key = make.key(make.account("animus"))["key"]
    for host in (ANIMUS, "localhost", "docs.animam.ai"):
        is_problem(gateway.client(key, host=host).get("/_cardea/problem"), 404, "not_found")


def test_products_and_the_daemon_keep_their_own_errors(gateway, make):
    """Whatever status they have."""
    root, through = make.root, Client(gateway.port, make.root.token)
    for target in ("/v1/keys/key_0000000000000", "/v1/nothing", "/v1/accounts?limit=x"):
        there, here = root.get(target), through.get(target)
        assert (there.status, there.code) == (here.status, here.code) and here.status >= 400 and here.header("content-type") == there.header("content-type")


def test_a_product_that_does_not_answer(gateways, make):
    one = gateways(upstreams={"animus": "http://127.0.0.1:9"})
    key = make.key(make.account("animus"), scopes=["read", "write"])["key"]
    is_problem(one.client(key, host=ANIMUS).get(CONTENT), 502, "no_upstream")
    head = f"PUT /api/v1/content/1 HTTP/1.1\r\nHost: {ANIMUS}\r\nAuthorization: Bearer {key}\r\nContent-Length: 99000000"
    is_problem(raw(one, head), 502, "no_upstream")
    assert one.client(host=ANIMUS).get(CONTENT).status == 401, "who may not ask is not told"
    animam = make.key(make.account("animam"), scopes=["*"])
    slug = make.root.get(f"/v1/accounts/{animam['account']}", expect=200)["slug"]
    reply = one.client(animam["key"], host=ANIMAM).get(f"/tenants/{slug}/corpus")
    assert (reply.status, reply.code) == (502, "no_upstream"), "without an upstream of its own the daemon says so"


# ---- when something goes away ----

class Load:
    """Asks again and again from several threads until it is told to stop."""

    def __init__(self, ask, threads=3):
        self.replies, self.errors, self._end = [], [], threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(ask,)) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self, ask):
        while not self._end.is_set():
            try:
                self.replies.append(ask())
            except Exception as error:  # noqa: BLE001: whatever went wrong, the test counts it
                self.errors.append(error)
            time.sleep(0.002)

    def stop(self):
        self._end.set()
        for thread in self._threads:
            thread.join(30)
        return self


def test_a_daemon_that_restarts_is_not_missed_by_products(own, gateways):
    daemon = own()
    one = gateways(daemon=daemon)
    make = Maker(Client(one.port, daemon.root_key()))
    product = one.client(make.key(make.account("animus"))["key"], host=ANIMUS)
    load = Load(lambda: product.get(CONTENT).status)
    management = Load(lambda: make.root.get("/v1/accounts"), threads=1)
    for _ in range(2):
        time.sleep(0.4)
        daemon.stop()
        time.sleep(0.4)
        until(lambda: management.replies and management.replies[-1].status == 502, "what needs the daemon is told that it is away")
        daemon.start()
        until(lambda: management.replies[-1].status == 200, "and works again")
    load.stop()
    management.stop()
    assert load.errors == [] and set(load.replies) == {200} and len(load.replies) > 20
    assert management.errors == [] and {r.status for r in management.replies} == {200, 502}
    for reply in management.replies:
        if reply.status == 502:
            is_problem(reply, 502, "no_upstream")
    revoked = make.key(make.account("animus"))
    make.root.delete(f"/v1/keys/{revoked['id']}", expect=200)
    assert one.client(revoked["key"], host=ANIMUS).get(CONTENT).status == 401


def test_a_reload_under_load_loses_no_request(gateways, make):
    one = gateways()
    product, manager = one.client(make.key(make.account("animus"))["key"], host=ANIMUS), Client(one.port, make.root.token)
    load, managing = Load(lambda: product.get(CONTENT).status), Load(lambda: manager.get("/v1/accounts?limit=1").status, threads=1)
    [master] = children(one.process.pid)
    for n in range(4):
        before = children(master)
        one.signal(1)
        until(lambda: one.reloads() > n, one.said)
        until(lambda: not children(master) & before or not [p for p in before if alive(p)], "the old workers are gone")
    load.stop()
    managing.stop()
    assert load.errors == managing.errors == [] and set(load.replies) == set(managing.replies) == {200} and len(load.replies) > 20


# ---- other ways to stand ----

class OnSocket(Daemon):
    """A daemon behind a unix socket."""

    def command(self):
        self.socket = self.folder / "http"
        return [*super().command()[:4], "--listen", f"unix:{self.socket}", *self.args]

    def start(self, **kw):
        self.launch(**kw)
        until(lambda: self.socket.exists() and (self.runtime / "snapshot").exists() or not self.running(), self.log)
        assert self.running(), self.log()
        return self


def test_the_daemon_behind_a_unix_socket(gateways, tmp_path):
    daemon = OnSocket(tmp_path / "daemon").start()
    try:
        one = gateways(daemon=daemon, to=f"unix:{daemon.socket}")
        root = Client(one.port, daemon.root_key())
        until(lambda: root.get("/readyz").status == 200, daemon.log)
        make = Maker(root)
        account = make.account("animam")
        far, near = (make.key(account, scopes=["*"], ip_allow=[network])["key"] for network in ("192.0.2.0/24", "127.0.0.0/8"))
        for tail in ("corpus", "tokens"):
            asked = [one.client(key, host=ANIMAM, headers={"X-Forwarded-For": "192.0.2.9"}).get(f"/tenants/{account['slug']}/{tail}").status for key in (far, near)]
            assert asked == [403, 200], "the gateway's word for the address, not the client's"
        assert daemon.stop() == 0
        assert one.client(near, host=ANIMAM).get(f"/tenants/{account['slug']}/corpus").status == 200
        is_problem(root.get("/v1/accounts"), 502, "no_upstream")
        daemon.start()
        until(lambda: root.get("/v1/accounts").status == 200, one.said)
    finally:
        daemon.kill()
    assert not daemon.leaks()


def test_two_gateways_on_one_daemon(gateways, make):
    """One memory: a revocation is in force at both at once, and a limit is one limit."""
    both = [gateways(), gateways()]
    revoked, limited = make.key(make.account("animus")), make.key(make.account("animus"), rate_limit={"limit": 4, "window_sec": 3600})
    clients = [one.client(revoked["key"], host=ANIMUS) for one in both]
    assert [c.get(CONTENT).status for c in clients] == [200, 200]
    make.root.delete(f"/v1/keys/{revoked['id']}", expect=200)
    assert [c.get(CONTENT).status for c in clients] == [401, 401]
    asked = [both[n % 2].client(limited["key"], host=ANIMUS).get(CONTENT).status for n in range(6)]
    assert asked == [200] * 4 + [429] * 2
    until(lambda: make.root.get(f"/v1/keys/{limited['id']}", expect=200)["use_count"] == 4, "counted together")


def test_grants_are_counted_by_their_routes_group(gateways, make):
    both = [gateways(), gateways()]
    account = make.account("animam")
    key = make.key(account, scopes=["*"])
    for n, what in enumerate(("corpus", "settings", "corpus/a/b", "corpus")):
        both[n % 2].client(key["key"], host=ANIMAM).get(f"/tenants/{account['slug']}/{what}", expect=200)

    def counted():
        rows = make.root.get(f"/v1/usage?account={account['id']}&by=route_group", expect=200)["data"]
        return {row["route_group"]: row["granted"] for row in rows}

    until(lambda: counted() == {"corpus": 3, "settings": 1}, counted())


def test_a_new_network_is_told_of_whoever_stands_before(gateways, trusting, make):
    """What a trusted proxy says of the client, else where the connection comes from: by two gateways, once."""
    key = make.key(make.account("animus"), scopes=["read"])
    other = gateways("--trusted-proxies", "127.0.0.0/8")

    def use(where, address):
        where.client(key["key"], host=ANIMUS, headers={"X-Forwarded-For": address}).get(CONTENT, expect=200)

    def told():
        return events(make.root, key=key["id"], type="key.new_network")

    for where in (trusting, other, trusting):
        use(where, "203.0.113.7")

    def another(where, address):
        use(where, address)
        return told()

    until(lambda: another(other, "198.51.100.7"), "a second network is told")  # one a second for a key: else with the next
    use(trusting, "198.51.100.9"), use(other, "203.0.113.1")
    until(lambda: make.root.get(f"/v1/keys/{key['id']}", expect=200)["use_count"] >= 6, "counted")
    (event,) = told()
    assert (event["address"], event["data"]["known_networks"]) == ("198.51.100.0/24", 1)

    wanderer = make.key(make.account("animus"), scopes=["read"])

    def come_from(source):
        with socket.create_connection(("127.0.0.1", plain.port), source_address=(source, 0)) as s:
            s.sendall(f"GET {CONTENT} HTTP/1.1\r\nHost: {ANIMUS}\r\nAuthorization: Bearer {wanderer['key']}\r\n"
                      "X-Forwarded-For: 192.0.2.1\r\nConnection: close\r\n\r\n".encode())
            assert b" 200 " in s.recv(100)
        return events(make.root, key=wanderer["id"], type="key.new_network")

    plain = gateways()
    assert come_from("127.0.1.1") == []
    until(lambda: come_from("127.0.2.1"), "the connection's own")
    (event,) = events(make.root, key=wanderer["id"], type="key.new_network")
    assert event["address"] == "127.0.2.0/24"


def test_an_upstream_behind_tls_proves_its_name(gateways, make, tls):
    """Its certificate is looked at: for that name, from the authorities that are trusted."""
    inner = gateways(tls=tls)  # which sees no key, and says so
    client = {"token": make.key(make.account("animus"))["key"], "host": ANIMUS}
    for name, args, wanted in (("localhost", ["--upstream-ca", tls[0]], (401, "MISSING")), ("localhost", [], (502, "no_upstream")),
                               ("127.0.0.1", ["--upstream-ca", tls[0]], (502, "no_upstream"))):
        reply = gateways(*args, upstreams={"animus": f"https://{name}:{inner.tls_port}"}).client(**client).get(CONTENT)
        assert (reply.status, reply.code) == wanted, name
