"""Requests of all kinds through the check: HTTP/2, TLS, HEAD, ranges, upgrades, uploads, absurd headers; and what is sent on
the way of a request that nginx itself redirects or divides."""

import base64
import json
import os
import socket
import subprocess

import pytest
from rig.upstream import headers_of

CONTENT = "/api/v1/content/recent"
FILES = "/api/v1/content/file.txt"


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "files/api/v1/content"
    folder.mkdir(parents=True)
    (folder / "file.txt").write_bytes(b"0123456789" * 1000)
    return tmp_path / "files"


def test_head_and_ranges(nginx, files, make, account):
    one = nginx().serve(f"cardea animus; root {files};").start()
    client = one.client(make.key(account)["key"])
    head = client.call("HEAD", FILES, expect=200)
    assert head.header("content-length") == "10000" and head.body == b""
    part = client.get(FILES, headers={"Range": "bytes=10-14"}, expect=206)
    assert part.body == b"01234"
    assert one.client().get(FILES, headers={"Range": "bytes=10-14"}, expect=401).code == "MISSING"
    refused = one.client().call("HEAD", FILES, expect=401)
    assert refused.body == b"" and refused.header("www-authenticate")
    # The connection goes on after it.
    assert client.get(FILES, expect=200).body[:3] == b"012"


def curl(*args):
    done = subprocess.run(["curl", "-sS", "--max-time", "20", *args], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_http2_and_tls(nginx, upstream, make, account, tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                    "/CN=gateway.test", "-addext", "subjectAltName=DNS:gateway.test", "-keyout", tmp_path / "key", "-out", tmp_path / "cert"],
                   check=True, capture_output=True)
    one = nginx()
    one.write(f"server {{ listen 127.0.0.1:PORT ssl http2; ssl_certificate {tmp_path}/cert; ssl_certificate_key {tmp_path}/key; cardea animus;"
              f" location / {{ proxy_pass http://127.0.0.1:{upstream.port}; }} }}")
    one.answers = lambda: "gateway" in one.log() or bool(one.process.poll()) or listening(one.port)
    one.start()
    key = make.key(account)
    base = ["--cacert", str(tmp_path / "cert"), "--connect-to", f"gateway.test:443:127.0.0.1:{one.port}", "-w", "\n%{http_version} %{http_code}"]
    for version in ("--http2", "--http1.1"):
        body, told = curl(*base, version, "-H", f"Authorization: Bearer {key['key']}", "-H", "cardea-account: forged", "-d", "x=1", "-G",
                          f"https://gateway.test{CONTENT}").rsplit("\n", 1)
        assert told == ("2 200" if version == "--http2" else "1.1 200")
        got = dict(json.loads(body)["headers"])
        assert got["cardea-account"] == account["id"] and "authorization" not in got
        body, told = curl(*base, version, f"https://gateway.test{CONTENT}").rsplit("\n", 1)
        assert told.endswith(" 401") and json.loads(body)["code"] == "MISSING"
    # Two requests on one connection, the first refused.
    told = curl(*base[:-1], " %{http_code} %{num_connects}\n", "--http2", "-o", "/dev/null", "-o", "/dev/null", f"https://gateway.test{CONTENT}",
                "-H", f"Authorization: Bearer {key['key']}", f"https://gateway.test{CONTENT}")
    assert told.split() == ["200", "1", "200", "0"]


def listening(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def websocket(one, key, target):
    with socket.create_connection(("127.0.0.1", one.port), timeout=60) as s:
        nonce = base64.b64encode(os.urandom(16)).decode()
        s.sendall((f"GET {target} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                   f"Sec-WebSocket-Key: {nonce}\r\nCardea-Account: forged\r\n" + (f"Authorization: Bearer {key}\r\n" if key else "") + "\r\n").encode())
        s.settimeout(60)
        got = s.recv(65536)
        if b" 101 " in got:
            s.sendall(b"ping")
            while b"echo:" not in got or len(got.split(b"echo:")[1]) < 4:
                got += s.recv(65536)
        return got


def test_websockets(nginx, upstream, make, account):
    one = nginx().serve(f"cardea animus; location / {{ proxy_pass http://127.0.0.1:{upstream.port}; proxy_http_version 1.1;"
                        " proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }").start()
    got = websocket(one, make.key(account)["key"], CONTENT)
    assert b" 101 " in got and b"echo:ping" in got and f"X-Account: {account['id']}".encode() in got
    assert b" 401 " in websocket(one, None, CONTENT)


def test_large_uploads_are_checked_before_they_are_read(nginx, upstream, make, account):
    one = nginx().serve(f"cardea animus; client_max_body_size 0; location / {{ proxy_pass http://127.0.0.1:{upstream.port};"
                        " proxy_request_buffering off; proxy_http_version 1.1; }").start()
    writer = make.key(account, scopes=["write"])["key"]
    body = os.urandom(1 << 20) * 12
    granted = one.client(writer).call("PUT", "/api/v1/content/1", raw=body, expect=200)
    assert granted.json["received"] == len(body)
    # Refused at its headers: the reply is there though the body never comes.
    raw, _ = one.raw(b"PUT /api/v1/content/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\nbegin", one=True)
    assert raw.startswith(b"HTTP/1.1 401 ")
    raw, _ = one.raw(b"PUT /api/v1/content/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\nExpect: 100-continue\r\n\r\n", one=True)
    assert raw.startswith(b"HTTP/1.1 401 ") and b"100 Continue" not in raw
    # A refused body that does come leaves the connection usable.
    client = one.client(writer)
    client.call("PUT", "/nowhere", raw=b"x" * 100000, expect=403)
    client.call("PUT", "/api/v1/content/1", raw=b"x", expect=200)


def test_absurd_headers_meet_nginx_limits(gate, make, account):
    key = make.key(account)["key"]
    line = f"GET {CONTENT} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    assert gate.raw(f"{line}Authorization: Bearer {'a' * 65536}\r\n\r\n".encode())[0].startswith(b"HTTP/1.1 400 ")
    assert gate.raw(f"{line}Authorization: Bearer {'a' * 4000}\r\n\r\n".encode())[0].startswith(b"HTTP/1.1 401 ")
    assert gate.raw(f"{line}Authorization: Bearer {key}\0\r\n\r\n".encode())[0].startswith(b"HTTP/1.1 400 ")
    assert gate.raw(f"{line}Author\0ization: Bearer {key}\r\n\r\n".encode())[0].startswith(b"HTTP/1.1 400 ")
    assert gate.raw(f"GET /api/v1/content/\0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode())[0].startswith(b"HTTP/1.1 400 ")
    assert gate.raw(f"GET /api/v1/content/%00 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode())[0].startswith(b"HTTP/1.1 400 ")
    many = "".join(f"X-{i}: y\r\n" for i in range(10000))
    assert gate.raw(f"{line}{many}Authorization: Bearer {key}\r\n\r\n".encode())[0].startswith(b"HTTP/1.1 400 ")
    some = "".join(f"X-{i}: y\r\n" for i in range(80))
    assert gate.raw(f"{line}{some}Authorization: Bearer {key}\r\n\r\n".encode())[0].startswith(b"HTTP/1.1 200 ")


def test_with_limits_lifted_many_headers_are_read(nginx, upstream, make, account):
    one = nginx()
    one.serve(f"large_client_header_buffers 8 512k; cardea animus; root {one.folder};").start()
    key = make.key(account)["key"]
    line = f"GET {CONTENT} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    many = "".join(f"X-{i}: y\r\nCardea-User: forged\r\n" for i in range(400))  # nginx takes 1,000 at most
    assert one.raw(f"{line}{many}Authorization: Bearer {key}\r\n\r\n".encode())[0].startswith(b"HTTP/1.1 404 ")
    assert one.raw(f"{line}Authorization: Bearer {'a' * 65536}\r\n\r\n".encode())[0].startswith(b"HTTP/1.1 401 ")


REDIRECTS = """
cardea animus;
location / { proxy_pass UP; }
location /api/v1/content/accel/ { proxy_pass UP/accel/internal/; }
location /internal/ { internal; proxy_pass UP/served/; }
location /api/v1/content/tried { root /nonexistent; try_files $uri @upstream; }
location /api/v1/content/indexed { root /nonexistent; try_files $uri /internal/it; }
location /api/v1/content/missing { root /nonexistent; error_page 404 = /internal/instead; }
location /api/v1/content/strict { root /nonexistent; error_page 404 = @strict; }
location /api/v1/content/rewritten { rewrite ^ /internal/rewritten last; }
location /api/v1/content/stricter { root /nonexistent; try_files $uri @stricter; }
location /api/v1/content/account { root /nonexistent; try_files $uri @account; }
location /api/v1/content/opened { root /nonexistent; try_files $uri @open; }
location @upstream { proxy_pass UP; }
location @strict { proxy_pass UP; }
location @stricter { cardea_scope search; proxy_pass UP; }
location @account { cardea_account $arg_account; proxy_pass UP; }
location @open { cardea off; proxy_pass UP; }
location /open/ { cardea off; root /nonexistent; try_files $uri @upstream; }
"""


@pytest.fixture
def redirecting(nginx, upstream):
    return nginx().serve(REDIRECTS.replace("UP", f"http://127.0.0.1:{upstream.port}")).start()


WAYS = ["accel/it", "tried", "indexed", "missing", "strict", "rewritten", "opened"]


@pytest.mark.parametrize("way", WAYS)
def test_a_redirected_request_draws_once(redirecting, make, account, way):
    made = make.key(account, rate_limit={"limit": 5, "window_sec": 3600})
    client = redirecting.client(made["key"])
    for left in ("4", "3", "2"):
        reply = client.get(f"/api/v1/content/{way}", headers={"Cardea-Account": "forged"}, expect=200)
        assert [v for k, v in reply.headers if k == "ratelimit-remaining"] == [left]
        got = headers_of(reply)
        assert got["cardea-key-id"] == made["id"] and "authorization" not in got
    assert redirecting.client().get(f"/api/v1/content/{way}", expect=401).code == "MISSING"


def test_a_redirect_to_where_more_is_asked_is_checked(redirecting, make, account):
    limit = {"rate_limit": {"limit": 2, "window_sec": 3600}}
    weak, strong = make.key(account, **limit), make.key(account, scopes=["read", "search"], **limit)
    refused = redirecting.client(weak["key"]).get("/api/v1/content/stricter", expect=403)
    assert refused.code == "INSUFFICIENT_SCOPE"
    assert [v for k, v in refused.headers if k == "ratelimit-remaining"] == ["1"]
    for left in ("1", "0"):
        reply = redirecting.client(strong["key"]).get("/api/v1/content/stricter", expect=200)
        assert headers_of(reply)["cardea-key-id"] == strong["id"]
        assert [v for k, v in reply.headers if k == "ratelimit-remaining"] == [left]
    redirecting.client(strong["key"]).get("/api/v1/content/stricter", expect=429)
    key = make.key(account)["key"]
    redirecting.client(key).get(f"/api/v1/content/account?account={account['slug']}", expect=200)
    for other in ("someone-else", ""):
        assert redirecting.client(key).get(f"/api/v1/content/account?account={other}", expect=403).code == "WRONG_ACCOUNT"


def test_a_redirect_from_an_open_location_is_checked(redirecting, make, account):
    """By what the client asked for: no route has /open/."""
    assert redirecting.client(make.key(account)["key"]).get("/open/x", expect=403).code == "NO_ROUTE"


SUBREQUESTS = """
ssi on;
location /open/ { cardea off; root FILES; }
location /api/ { cardea animus; proxy_pass UP; }
location /v2/ { cardea anyformat; proxy_pass UP; }
location /health/ { cardea anyformat; proxy_pass UP; }
location /api/v1/content/pages/ { cardea animus; alias FILES/open/; }
location /api/v1/collections/ { cardea animus; cardea_scope search; proxy_pass UP; }
location /guarded/ { cardea animus; cardea_scope read; auth_request /api/v1/content/asked; proxy_pass UP; }
location /mirrored/ { cardea animus; cardea_scope read; mirror /api/v1/content/mirror; proxy_pass UP; }
"""


@pytest.fixture
def dividing(nginx, upstream, tmp_path):
    folder = tmp_path / "open"
    folder.mkdir()
    (folder / "page.html").write_text('<!--#include virtual="/api/v1/content/1" -->|<!--#include virtual="/api/v1/content/2" -->')
    (folder / "mixed.html").write_text('<!--#include virtual="/api/v1/collections/1" -->|<!--#include virtual="/api/v1/content/1" -->')
    (folder / "other.html").write_text('<!--#include virtual="/v2/files/1" -->|<!--#include virtual="/api/v1/content/1" -->')
    (folder / "strict.html").write_text('<!--#include virtual="/api/v1/collections/1" -->')
    one = nginx()
    one.serve(SUBREQUESTS.replace("UP", f"http://127.0.0.1:{upstream.port}").replace("FILES", str(tmp_path)))
    return one.start()


def test_subrequests_do_not_skip_the_check(dividing, make, account):
    """nginx's access phase is not for subrequests: without more, a page would fetch what its reader may not see."""
    page = dividing.client(headers={"Cardea-Account": "forged"}).get("/open/page.html", expect=200)
    assert b"403 Forbidden" in page.body and b"include" not in page.body  # no route has /open/
    assert b"target" not in page.body and b"forged" not in page.body


def test_a_subrequest_is_not_the_get_that_it_looks_like(nginx, upstream, make, account, tmp_path):
    """What the client sent is what decides: a POST, which this key may not."""
    (tmp_path / "page.html").write_text('<!--#include virtual="/api/v1/content/1" -->')
    one = nginx().serve(f"ssi on; location = /api/v1/content {{ cardea off; error_page 405 =200 /page.html; alias {tmp_path}/page.html; }}"
                        f" location = /page.html {{ internal; cardea off; root {tmp_path}; }}"
                        f" location /api/v1/content/ {{ cardea animus; proxy_pass http://127.0.0.1:{upstream.port}; }}").start()
    reader = one.client(make.key(account)["key"])
    assert b"target" in reader.get("/api/v1/content", expect=200).body
    one.logged("200 GET")
    writer = one.client(make.key(account, scopes=["write"])["key"])
    assert b"403 Forbidden" in writer.get("/api/v1/content", expect=200).body


def test_subrequests_draw_once(dividing, make, account):
    made = make.key(account, rate_limit={"limit": 3, "window_sec": 3600})
    client = dividing.client(made["key"])
    # The route of the request that the client sent decides, and there is none for a page that is open.
    assert client.get("/open/page.html", expect=200).body.count(b"403 Forbidden") >= 2
    reply = client.get("/guarded/x", expect=200)
    assert headers_of(reply)["cardea-key-id"] == made["id"]
    assert reply.header("ratelimit-remaining") == "2"
    reply = client.get("/mirrored/x", expect=200)
    assert reply.header("ratelimit-remaining") == "1"
    assert headers_of(reply)["cardea-account"] == account["id"]


def test_a_page_in_pieces_is_one_request(dividing, make, account):
    limit = {"rate_limit": {"limit": 3, "window_sec": 3600}}
    made, strong = make.key(account, **limit), make.key(account, scopes=["read", "search"], **limit)
    page = dividing.client(made["key"]).get("/api/v1/content/pages/page.html", headers={"Cardea-Account": "forged"}, expect=200)
    assert page.header("ratelimit-remaining") == "2"
    for piece, target in zip(page.body.split(b"|"), ("/api/v1/content/1", "/api/v1/content/2"), strict=True):
        got = json.loads(piece)
        assert got["target"] == target and dict(got["headers"])["cardea-key-id"] == made["id"]
        assert b"authorization" not in piece and b"forged" not in piece
    # A piece that asks for more is refused, and neither the page nor the next piece is.
    mixed = dividing.client(made["key"]).get("/api/v1/content/pages/mixed.html", expect=200)
    assert mixed.header("ratelimit-remaining") == "1"
    dividing.logged(f"code=VALID key={made['id']}")
    refused, granted = mixed.body.split(b"|")
    assert b"403 Forbidden" in refused and json.loads(granted)["target"] == "/api/v1/content/1"
    assert b"403 Forbidden" in dividing.client(made["key"]).get("/api/v1/content/pages/strict.html", expect=200).body
    # Nor is it undone by a piece of another product.
    spare = make.key(account, **limit)
    other = dividing.client(spare["key"]).get("/api/v1/content/pages/other.html", expect=200)
    dividing.logged(f"code=VALID key={spare['id']}")
    refused, granted = other.body.split(b"|")
    assert b"404 Not Found" in refused and dict(json.loads(granted)["headers"])["cardea-key-id"] == spare["id"]
    assert dividing.client(spare["key"]).get("/api/v1/content/pages/other.html", expect=200).header("ratelimit-remaining") == "1"
    page = dividing.client(strong["key"]).get("/api/v1/content/pages/strict.html", expect=200)
    assert json.loads(page.body)["target"] == "/api/v1/collections/1"
    dividing.client(strong["key"]).get("/api/v1/content/pages/strict.html", expect=200)
    dividing.client(strong["key"]).get("/api/v1/content/pages/strict.html", expect=200)
    dividing.client(strong["key"]).get("/api/v1/content/pages/strict.html", expect=429)


def test_what_a_request_is_rewritten_to_decides_nothing(redirecting, make, account):
    """/internal/ is no route: the request that came in is what is checked."""
    assert redirecting.client(make.key(account)["key"]).get("/api/v1/content/rewritten", expect=200).json["target"] == "/served/rewritten"
    assert redirecting.client(make.key(account)["key"]).get("/internal/rewritten", expect=404)


def test_absolute_targets_are_the_path_in_them(gate, make, account):
    key = make.key(account)["key"]
    for target, status in ((f"http://elsewhere.test{CONTENT}", b"200"), ("http://elsewhere.test/nowhere", b"403")):
        raw, _ = gate.raw(f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n".encode())
        assert raw.startswith(b"HTTP/1.1 " + status)


def test_requests_in_one_packet(gate, make, account):
    """Pipelined: each is decided for itself."""
    key = make.key(account)["key"]
    ask = f"GET {CONTENT} HTTP/1.1\r\nHost: x\r\n"
    auth = f"Authorization: Bearer {key}\r\n"
    raw, _ = gate.raw((ask + auth + "\r\n" + ask + "\r\n" + ask + auth + "Connection: close\r\n\r\n").encode())
    assert [part[:3] for part in raw.split(b"HTTP/1.1 ")[1:]] == [b"200", b"401", b"200"]


def test_the_address_is_the_peers_or_a_trusted_proxys(nginx, upstream, make, account):
    up = f"http://127.0.0.1:{upstream.port}"
    one = nginx().serve(f"cardea animus; location / {{ proxy_pass {up}; }}").start()
    behind = nginx().serve(f"cardea animus; set_real_ip_from 127.0.0.0/8; real_ip_header X-Real-IP; location / {{ proxy_pass {up}; }}").start()
    key = make.key(account, ip_allow=["192.0.2.0/24", "2001:db8::/32"])["key"]
    for address, status in (("192.0.2.7", 200), ("2001:db8::1", 200), ("198.51.100.1", 403)):
        assert one.client(key).get(CONTENT, headers={"X-Real-IP": address, "X-Forwarded-For": address}, expect=403).code == "IP_DENIED"
        behind.client(key).get(CONTENT, headers={"X-Real-IP": address}, expect=status)
    local = make.key(account, ip_allow=["127.0.0.0/8"])["key"]
    one.client(local).get(CONTENT, expect=200)
