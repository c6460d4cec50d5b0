"""Forward-auth as docs/how-to/forward-auth has it, through the real proxies, with the files that deploy/ ships."""

import base64
import json
import os
import pathlib
import re
import socket
import threading

import pytest
import yaml
from cardea_test.client import Client
from cardea_test.fixtures import Maker
from rig.proxies import ALL, DEPLOY
from rig.upstream import headers_of

ROOT = DEPLOY.parent
CONTENT = "/api/v1/content"
RECENT = f"{CONTENT}/recent"
ADDRESS = "127.0.0.9"  # of a client that is not any of the others
FORGED = {"Cardea-Key-Id": "key_0000000000000", "cardea-account": "acc_0000000000000", "Cardea-User": "usr_forged", "Cardea-Agent": "agt_forged",
          "CARDEA-SCOPES": "write", "Cardea-Kind": "root"}
LOOKALIKES = {"Cardea_Account": "acc_forged", "Cardea_User": "usr_forged"}
# A product with words of its own for refusals, in each of the statuses that a proxy may trip over.
DENIALS = {
    "INSUFFICIENT_SCOPE": {"body": '{"error": "Missing \\"{scope}\\"",\n "hint": "caf\u00e9"}\n'},
    "CREDITS_EXHAUSTED": {"status": 402, "body": '{"error": "Pay first"}'},
    "NO_ROUTE": {"status": 404, "body": "<p>nothing here</p>", "content_type": "text/html"},
    "DISABLED": {"status": 400, "body": '{"error": "Switched off"}'},
    "ACCOUNT_SUSPENDED": {"status": 503, "body": '{"error": "Closed for now"}'},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forward-auth")
    profile = yaml.safe_load((ROOT / "profiles" / "animus.yaml").read_text())
    profile["denials"] = DENIALS
    profile["kinds"]["key"]["max_active"] = 1000
    (folder / "profiles").mkdir()
    (folder / "profiles" / "animus.yaml").write_text(yaml.safe_dump(profile, sort_keys=False))
    return folder


@pytest.fixture(scope="module")
def daemons(place):
    from cardea_test.daemon import Daemon
    from cardea_test.fixtures import the_module_is_clean
    started = {}

    def start(name, *args):
        if name not in started:
            started[name] = Daemon(place / name, ["--profiles", str(place / "profiles"), *args]).warm().start()  # its keys have the formats that the shipped ones have
        return started[name]

    yield start
    for daemon in started.values():
        daemon.kill()
        the_module_is_clean(daemon)


@pytest.fixture(scope="module")
def daemon(daemons):
    return daemons("daemon")


@pytest.fixture(scope="module")
def maker(daemon):
    return Maker(daemon.root())


@pytest.fixture(scope="module")
def team(maker):
    return maker.account("animus")


@pytest.fixture(scope="module")
def proxies(place, upstream):
    started = []

    def start(name, daemon_port):
        proxy = ALL[name](place / f"{name}{len(started)}", daemon_port, upstream.port)
        started.append(proxy)
        return proxy.start()

    yield start
    for proxy in started:
        proxy.stop()
    for proxy in started:
        assert not proxy.leaks(), f"{proxy.name}'s log shows {proxy.leaks()}"


@pytest.fixture(scope="module", params=list(ALL))
def proxy(request, proxies, daemon):
    return proxies(request.param, daemon.port)


def test_a_grant_tells_who_calls_and_keeps_the_key(proxy, maker, team):
    made = maker.key(team, scopes=["read", "search"])
    reply = proxy.client(made["key"]).get(f"{RECENT}?limit=2", headers={**FORGED, **LOOKALIKES, "X-Mine": "kept"}, expect=200)
    got = headers_of(reply)
    assert reply.json["method"] == "GET" and reply.json["target"] == f"{RECENT}?limit=2"
    assert got["cardea-key-id"] == made["id"] and got["cardea-account"] == team["id"]
    assert got["cardea-scopes"].split() == ["read", "search"] and got["cardea-kind"] == "key"
    # Nobody acts for this key: no word of the client's may fill the gap.
    assert "cardea-user" not in got and "cardea-agent" not in got
    assert not [name for name in got if name.startswith("cardea_")]
    assert "authorization" not in got and made["key"] not in reply.body.decode()
    assert got["x-mine"] == "kept" and got["host"] == "api.test"


def problem(reply):
    return {k: v for k, v in reply.json.items() if k != "request_id"}


def compare(proxy, daemon, token, method, target, status, raw=None):
    """The same refusal through the proxy as from the daemon itself."""
    theirs = daemon.client(token).call(method, f"/v1/authorize/animus{target}", record=False)
    ours = proxy.client(token).call(method, target, raw=raw)
    assert ours.status == theirs.status == status, (ours, theirs)
    for name in ("content-type", "www-authenticate", "ratelimit", "ratelimit-policy"):
        assert ours.header(name) == theirs.header(name), name
    assert [name for name, _ in ours.headers].count("www-authenticate") == (status in (401, 403)), ours.headers
    if "problem" in theirs.header("content-type"):
        assert problem(ours) == problem(theirs)
    elif "json" in theirs.header("content-type"):
        assert ours.json == theirs.json
    else:
        assert ours.body == theirs.body
    assert not [name for name, _ in ours.headers if name.startswith("cardea-")]
    return ours


def test_refusals_reach_the_client_as_they_are(proxy, daemon, maker, team):
    root = maker.root
    reader = maker.key(team)["key"]
    missing = compare(proxy, daemon, None, "GET", RECENT, 401)
    assert missing.code == "MISSING" and "error=" not in missing.header("www-authenticate")
    assert 'error="invalid_token"' in compare(proxy, daemon, "anm_nonsense", "GET", RECENT, 401).header("www-authenticate")
    scope = compare(proxy, daemon, reader, "POST", CONTENT, 403, raw=b"{}")
    assert scope.json == {"error": 'Missing "write"', "hint": "caf\u00e9"} and 'scope="write"' in scope.header("www-authenticate")
    assert compare(proxy, daemon, reader, "GET", "/nowhere", 404).header("content-type") == "text/html"
    poor = maker.key(team, credits=0)["key"]
    assert compare(proxy, daemon, poor, "GET", RECENT, 402).json == {"error": "Pay first"}
    off = maker.key(team)
    root.patch(f"/v1/keys/{off['id']}", {"enabled": False}, expect=200)
    assert compare(proxy, daemon, off["key"], "GET", RECENT, 400).json == {"error": "Switched off"}
    closed = maker.account("animus")
    theirs = maker.key(closed)["key"]
    root.patch(f"/v1/accounts/{closed['id']}", {"status": "suspended"}, expect=200)
    assert compare(proxy, daemon, theirs, "GET", RECENT, 503).json == {"error": "Closed for now"}


def test_a_limit_is_told_with_its_time(proxy, daemon, maker, team):
    key = maker.key(team, rate_limit={"limit": 1, "window_sec": 600})["key"]
    proxy.client(key).get(RECENT, expect=200)
    refused = compare(proxy, daemon, key, "GET", RECENT, 429)
    assert refused.code == "RATE_LIMITED" and 0 < int(refused.header("retry-after")) <= 600


def test_limits_are_told_with_grants(proxy, maker, team):
    key = maker.key(team, rate_limit={"limit": 5, "window_sec": 600})["key"]
    told = proxy.client(key).get(RECENT, expect=200).header("ratelimit")
    # Caddy's forward_auth hands on nothing of a grant but request headers; its page says so.
    assert bool(told) == (proxy.name != "caddy")


def test_two_credentials_are_nobodys(proxy, maker, team):
    key = maker.key(team)["key"]
    line = f"Authorization: Bearer {key}\r\n"
    got, _ = proxy.raw(f"GET {RECENT} HTTP/1.1\r\nHost: api.test\r\n{line}{line}Connection: close\r\n\r\n".encode())
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 "), got
    assert b"AMBIGUOUS" in body or proxy.name == "nginx", got  # nginx itself takes one at most


def test_the_method_that_counts_is_the_clients(proxy, maker, team):
    reader, writer = maker.key(team)["key"], maker.key(team, scopes=["write"])["key"]
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        proxy.client(reader).call(method, CONTENT, raw=b"{}", expect=403)
        told = proxy.client(writer).call(method, f"{CONTENT}/1", raw=b"{}", expect=200).json
        assert told["method"] == method and told["received"] == 2
    proxy.client(writer).get(RECENT, expect=403)


@pytest.mark.parametrize("target", [f"{CONTENT}/a%20b", f"{CONTENT}/a%2Fb", f"{CONTENT}/caf%C3%A9?q=%26x&y=%2e%2e", f"{CONTENT}/x?a=b?c=/d"])
def test_the_target_is_the_clients_byte_by_byte(proxy, daemon, maker, team, target):
    key = maker.key(team)["key"]
    told = daemon.client(key).get(f"/v1/authorize/animus{target}", record=False)
    reply = proxy.client(key).get(target)
    assert reply.status == told.status, (reply, told)
    if told.status == 200:
        assert reply.json["target"] == target


@pytest.mark.parametrize("target", [f"{CONTENT}/../admin", f"{CONTENT}/%2e%2e/admin", f"/admin/..{RECENT}", "//api/v1/content", f"{CONTENT}/%00"])
def test_no_detour_passes_what_the_daemon_would_refuse(proxy, daemon, maker, team, target):
    """Whatever a proxy makes of such a path, what the API gets was decided: it is refused, or stands for itself."""
    key = maker.key(team)["key"]
    reply = proxy.client(key).get(target)
    assert reply.status in (200, 400, 403, 404), reply
    if reply.status == 200:
        assert reply.json["target"].startswith(CONTENT) and ".." not in reply.json["target"]


def test_what_a_client_says_of_itself_does_not_count(proxy, maker, team):
    away = proxy.client(maker.key(team, ip_allow=["10.0.0.0/8"])["key"])
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):
        value = "for=10.0.0.1" if name == "Forwarded" else "10.0.0.1"
        assert away.get(RECENT, headers={name: value}, expect=403).code == "IP_DENIED", name
    reader = proxy.client(maker.key(team)["key"])
    for pair in (("X-Original-Method", "X-Original-URI"), ("X-Forwarded-Method", "X-Forwarded-Uri")):
        forged = dict(zip(pair, ("GET", RECENT)))
        assert reader.post(CONTENT, {}, headers=forged).status == 403
        assert reader.get("/nowhere", headers=forged).status == 404
        reader.get(RECENT, headers=dict(zip(pair, ("POST", CONTENT))), expect=200)
        reader.get(RECENT, headers={pair[0]: "POST"}, expect=200)
    # Where a refusal's body goes is the proxy's choice too.
    refused = reader.get("/nowhere", headers={"Cardea-Refusal": "header"}, expect=404)
    assert refused.body == b"<p>nothing here</p>" and refused.header("cardea-refusal") is None


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix",
                                  "Forwarded"])
def test_nothing_makes_another_request_of_it(proxy, maker, team, name):
    """Many frameworks take method, path or client from these: the API must carry out what was decided on."""
    told = headers_of(proxy.client(maker.key(team)["key"]).get(RECENT, headers={name: "DELETE"}, expect=200))
    assert name.lower() not in told


def test_the_clients_address_is_the_connections(proxy, maker, team):
    key = maker.key(team, ip_allow=[ADDRESS])["key"]
    proxy.client(key).get(RECENT, expect=403)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=60, source_address=(ADDRESS, 0)) as s:
        s.sendall(f"GET {RECENT} HTTP/1.1\r\nHost: api.test\r\nX-Forwarded-For: 10.0.0.1\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n".encode())
        got = b""
        while more := s.recv(65536):
            got += more
    assert got.startswith(b"HTTP/1.1 200 "), got
    told = dict(json.loads(got.partition(b"\r\n\r\n")[2])["headers"])
    assert told["x-forwarded-for"] == ADDRESS


def test_head(proxy, maker, team):
    client = proxy.client(maker.key(team)["key"])
    assert client.call("HEAD", RECENT, expect=200).body == b""
    refused = proxy.client().call("HEAD", RECENT, expect=401)
    assert refused.body == b"" and refused.header("www-authenticate")
    client.get(RECENT, expect=200)


def test_large_uploads_wait_for_the_answer(proxy, maker, team):
    writer = maker.key(team, scopes=["write"])["key"]
    body = os.urandom(1 << 20) * 12
    assert proxy.client(writer).call("PUT", f"{CONTENT}/1", raw=body).json["received"] == len(body), proxy.said()
    # Refused at its headers: the reply is there though the body never comes.
    got, _ = proxy.raw(b"PUT /api/v1/content/1 HTTP/1.1\r\nHost: api.test\r\nContent-Length: 100000000\r\n\r\nbegin", one=True)
    assert got.startswith(b"HTTP/1.1 401 "), got


def test_websockets(proxy, maker, team):
    def upgrade(key):
        nonce = base64.b64encode(os.urandom(16)).decode()
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=60) as s:
            s.sendall((f"GET {RECENT} HTTP/1.1\r\nHost: api.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                       f"Sec-WebSocket-Key: {nonce}\r\nCardea-Account: forged\r\n" + (f"Authorization: Bearer {key}\r\n" if key else "")
                       + "\r\n").encode())
            s.settimeout(10)
            got = s.recv(65536)
            if b" 101 " in got:
                s.sendall(b"ping")
                while b"echo:ping" not in got and (more := s.recv(65536)):
                    got += more
            return got

    got = upgrade(maker.key(team)["key"])
    assert b" 101 " in got and b"echo:ping" in got and f"x-account: {team['id']}".encode() in got.lower()
    assert upgrade(None).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("to", ["h2c", "websocket, h2c", "TLS/1.0"])
def test_no_tunnel_but_for_websocket(proxy, maker, team, to):
    """In a tunnel of HTTP/2 further requests would reach the API without anybody asking the daemon, with whatever identity they claim."""
    got, _ = proxy.raw((f"GET {RECENT} HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer {maker.key(team)['key']}\r\nUpgrade: {to}\r\n"
                        "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings, close\r\n\r\n").encode())
    assert b" 101 " not in got
    if got.startswith(b"HTTP/1.1 200 "):
        assert "upgrade" not in dict(json.loads(got.partition(b"\r\n\r\n")[2])["headers"]), got


def test_a_revocation_counts_on_the_next_request(proxy, maker, team):
    made = maker.key(team)
    client = proxy.client(made["key"])
    client.get(RECENT, expect=200)
    maker.root.delete(f"/v1/keys/{made['id']}", expect=200)
    client.get(RECENT, expect=401)


def test_many_at_once(proxy, maker, team):
    key, wrong, seen = maker.key(team)["key"], [], []

    def run(token, status):
        client = proxy.client(token)
        for _ in range(40):
            reply = client.get(RECENT)
            (seen if reply.status == status else wrong).append(reply)

    threads = [threading.Thread(target=run, args=(key if i % 2 else None, 200 if i % 2 else 401)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert not wrong and len(seen) == 320, wrong[:3]


@pytest.mark.parametrize("name", list(ALL))
def test_nobody_passes_while_the_daemon_is_away(name, proxies, daemons, upstream):
    daemon = daemons(f"short-{name}")
    maker = Maker(daemon.root())
    key = maker.key(maker.account("animus"))["key"]
    proxy = proxies(name, daemon.port)
    proxy.client(key).get(RECENT, expect=200)
    daemon.stop()
    reply = proxy.client(key).get(RECENT, expect=(502, 503))
    assert b"received" not in reply.body
    daemon.start()
    proxy.client(key).get(RECENT, expect=200)


@pytest.mark.parametrize("name", list(ALL))
def test_a_daemon_that_trusts_no_proxy_believes_none(name, proxies, daemons):
    daemon = daemons("distrusts", "--trusted-proxies", "192.0.2.1")
    maker = Maker(daemon.root())
    team = maker.account("animus")
    key = maker.key(team, scopes=["read", "write"])["key"]
    # The call for the proxy's own path stands for itself: no route leads there, so that nothing passes by mistake.
    assert proxies(name, daemon.port).client(key).get(RECENT).status == 404
    direct = daemon.client(key)
    told = {"X-Original-Method": "GET", "X-Original-URI": RECENT}
    assert direct.get("/v1/authorize/animus", headers=told, record=False).status == 404
    refused = direct.get("/v1/authorize/animus", headers={**told, "Cardea-Refusal": "header"}, record=False)
    assert refused.body and refused.header("cardea-refusal") is None
    only = daemon.client(maker.key(team, ip_allow=["10.0.0.0/8"])["key"])
    assert only.get(f"/v1/authorize/animus{RECENT}", headers={"X-Forwarded-For": "10.0.0.1"}, record=False).code == "IP_DENIED"


def test_a_refusal_in_a_header_says_the_same(daemon, maker, team):
    asked = {"Cardea-Refusal": "header"}
    for token, method, target in ((None, "GET", RECENT), (maker.key(team)["key"], "POST", CONTENT), (None, "GET", "/nowhere")):
        plain = daemon.client(token).call(method, f"/v1/authorize/animus{target}", record=False)
        moved = daemon.client(token).call(method, f"/v1/authorize/animus{target}", headers=asked, record=False)
        assert moved.status == plain.status and moved.body == b"" and moved.header("content-length") == "0"
        assert moved.header("content-type") == plain.header("content-type")
        told = moved.header("cardea-refusal").encode("latin-1")
        if plain.json:
            ours, theirs = json.loads(told), dict(plain.json)
            assert ours.pop("request_id", None) != theirs.pop("request_id", True) and ours == theirs
        else:
            assert told == plain.body
    daemon.client(maker.key(team)["key"]).get(f"/v1/authorize/animus{RECENT}", headers=asked, record=False, expect=200)


# ---- proxies that are not here: what their contracts say they send


def traefik(daemon, method, target, **more):
    """forwardAuth: a GET of the address; the request in X-Forwarded-*, the rest of its headers as they are."""
    dynamic = yaml.safe_load((DEPLOY / "traefik" / "dynamic.yaml").read_text())["http"]["middlewares"]["cardea"]["forwardAuth"]
    assert not dynamic.get("trustForwardHeader")
    path = re.fullmatch(r"http://[^/]+(/.*)", dynamic["address"])[1]
    client = Client(daemon.port, host=f"127.0.0.1:{daemon.port}")
    return client.get(path, record=False, headers={"X-Forwarded-Method": method, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "api.animus.so",
                                                   "X-Forwarded-Uri": target, "X-Forwarded-For": "10.1.2.3", **more})


def envoy(daemon, method, target, **more):
    """ext_authz by HTTP: the request's own method, host and path behind the prefix; of its headers, those that are allowed."""
    config = envoy_filter("envoy.filters.http.ext_authz")
    allowed = [p["exact"] for p in config["allowed_headers"]["patterns"]]
    headers = {name: value for name, value in {**more, "X-Forwarded-For": "10.1.2.3"}.items() if name.lower() in (*allowed, "authorization")}
    client = Client(daemon.port, host="api.animus.so")
    return client.call(method, config["http_service"]["path_prefix"] + target, record=False, headers=headers)


def envoy_filter(name):
    text = yaml.safe_load((DEPLOY / "envoy" / "envoy.yaml").read_text())
    chain = text["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]["http_filters"]
    return next(f for f in chain if f["name"] == name)["typed_config"]


@pytest.mark.parametrize("ask", [traefik, envoy])
def test_contracts(ask, daemons):
    daemon = daemons("envoy", "--admin-hosts", "api.animus.so")  # Envoy keeps the client's host: docs/how-to/forward-auth/envoy.md
    maker = Maker(daemon.root())
    team = maker.account("animus")
    made = maker.key(team, ip_allow=["10.0.0.0/8"])
    bearer = {"Authorization": f"Bearer {made['key']}"}
    granted = ask(daemon, "GET", f"{RECENT}?x=%2F", **bearer)
    assert granted.status == 200 and granted.body == b"" and granted.header("cardea-account") == team["id"]
    assert ask(daemon, "POST", CONTENT, **bearer).status == 403
    missing = ask(daemon, "GET", RECENT)
    assert missing.status == 401 and missing.code == "MISSING" and missing.header("www-authenticate")
    # What a client says of the request beside the proxy's own word: it does not pass as another one.
    for method in ("POST", "DELETE"):
        forged = ask(daemon, method, CONTENT, **bearer, **{"X-Original-Method": "GET", "X-Original-URI": RECENT})
        assert forged.status in (400, 403)


def test_traefik_takes_identity_from_the_daemon_alone():
    http = yaml.safe_load((DEPLOY / "traefik" / "dynamic.yaml").read_text())["http"]
    regex = http["middlewares"]["cardea"]["forwardAuth"]["authResponseHeadersRegex"]
    for name in (*FORGED, *LOOKALIKES):
        # Traefik compares the canonical form.
        assert re.search(regex, "-".join(part.capitalize() for part in name.split("-"))), name
    assert http["middlewares"]["cardea-key"]["headers"]["customRequestHeaders"]["Authorization"] == ""
    chain = http["routers"]["api"]["middlewares"]
    assert chain.index("cardea-clean") < chain.index("cardea") < chain.index("cardea-key")


def test_envoy_takes_identity_from_the_daemon_alone():
    removed = {m["remove"] for m in envoy_filter("envoy.filters.http.header_mutation")["mutations"]["request_mutations"]}
    assert removed >= {name.lower() for name in FORGED}
    response = envoy_filter("envoy.filters.http.ext_authz")["http_service"]["authorization_response"]
    assert {"prefix": "cardea-"} in response["allowed_upstream_headers"]["patterns"]
    assert envoy_filter("envoy.filters.http.ext_authz")["failure_mode_allow"] is False


def test_each_recipe_has_its_page():
    folder = pathlib.Path(ROOT / "docs" / "how-to" / "forward-auth")
    for name, file in (("nginx", "nginx/auth_request.conf"), ("caddy", "caddy/Caddyfile"), ("haproxy", "haproxy/haproxy.cfg"),
                       ("traefik", "traefik/dynamic.yaml"), ("envoy", "envoy/envoy.yaml")):
        page = (folder / f"{name}.md").read_text()
        assert f"deploy/{file}" in page and (DEPLOY / file).exists()
        # What the page shows stands in the file, line by line.
        for block in re.findall(r"^```(?:nginx|caddy|haproxy|yaml)\n(.*?)^```", page, re.S | re.M):
            have = {line.strip() for line in (DEPLOY / file).read_text().splitlines()}
            for line in filter(None, (line.strip() for line in block.splitlines())):
                assert line in have, f"{name}.md shows `{line}`, which {file} does not have"
