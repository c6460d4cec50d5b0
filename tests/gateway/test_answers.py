"""`cardea_decide` and `cardea_verify`: what the daemon would answer, answered by nginx itself, or handed on to the daemon."""

import json
import socket

import pytest
from cardea_test.client import Client

CONTENT = "/api/v1/content/recent"
VERIFY = "/v1/keys/verify"
SERVER = """
location /v1/authorize/ { cardea_decide; TRUST }
location = /v1/keys/verify { cardea_verify @daemon; }
location / { proxy_pass http://127.0.0.1:DAEMON; }
location @daemon { proxy_pass http://127.0.0.1:DAEMON; add_header X-Asked daemon always; proxy_set_header Host localhost; }
"""


@pytest.fixture
def answering(nginx, shared):
    def make_one(trust="", runtime=shared.runtime, port=shared.port):
        return nginx(runtime).serve(SERVER.replace("DAEMON", str(port)).replace("TRUST", trust)).start()

    return make_one


def told(reply):
    names = ("www-authenticate", "content-type", "retry-after", "cache-control", *(n for n, _ in reply.headers if n.startswith(("cardea-", "ratelimit"))))
    body = {k: v for k, v in reply.json.items() if k != "request_id"} if isinstance(reply.json, dict) else reply.body
    return reply.status, body, {n: reply.header(n) for n in names}


def test_forward_auth_says_what_the_daemon_says(answering, shared, make, account):
    one = answering()
    reader = make.key(account)["key"]
    asks = [("GET", f"animus{CONTENT}", reader), ("GET", f"animus{CONTENT}?x=1", reader), ("POST", "animus/api/v1/content", reader),
            ("HEAD", f"animus{CONTENT}", reader), ("GET", f"animus{CONTENT}", None), ("GET", "animus", reader), ("GET", "animus?x", reader),
            ("GET", "animus/nowhere", reader), ("GET", f"animus{CONTENT}", "anm_nonsense"), ("DELETE", "anyformat/health/", None),
            ("GET", "anyformat/health/", None), ("GET", f"animus{CONTENT}?key={reader}", reader), ("GET", "anyformat/v2/files/1", reader)]
    for method, target, token in asks:
        ours = one.client(token).call(method, f"/v1/authorize/{target}")
        theirs = Client(shared.port, token).call(method, f"/v1/authorize/{target}", record=False)
        assert told(ours) == told(theirs), target
        assert ours.header("x-asked") is None
    granted = one.client(reader).get(f"/v1/authorize/animus{CONTENT}", expect=200)
    assert granted.body == b"" and granted.header("content-length") == "0" and granted.header("cardea-account") == account["id"]
    posted = one.client(reader).call("PUT", f"/v1/authorize/animus{CONTENT}", raw=b"x" * 100000)
    assert posted.status == 403
    one.client(reader).get("/v1/authorize/nobody/x", expect=404)
    one.logged("404 GET")


def test_a_limit_is_drawn_from_once_and_told(answering, make, account):
    one = answering()
    client = one.client(make.key(account, rate_limit={"limit": 2, "window_sec": 3600})["key"])
    for left in ("1", "0"):
        assert client.get(f"/v1/authorize/animus{CONTENT}", expect=200).header("ratelimit-remaining") == left
    assert client.get(f"/v1/authorize/animus{CONTENT}", expect=429).header("retry-after")


ORIGINALS = [
    ({"X-Original-Method": "GET", "X-Original-URI": CONTENT}, 200),
    ({"X-Original-Method": "POST", "X-Original-URI": "/api/v1/content"}, 403),
    ({"X-Forwarded-Method": "GET", "X-Forwarded-Uri": CONTENT}, 200),
    ({"X-Forwarded-Method": "PUT", "X-Forwarded-Uri": CONTENT}, 403),
    ({"X-Original-URI": CONTENT}, 400),
    ({"X-Original-Method": "GET"}, 400),
    ({"X-Original-Method": "", "X-Original-URI": CONTENT}, 400),
    ({"X-Original-Method": "GET", "X-Original-URI": CONTENT, "X-Forwarded-Method": "GET", "X-Forwarded-Uri": CONTENT}, 200),
    ({"X-Original-Method": "GET", "X-Original-URI": CONTENT, "X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/else"}, 400),
]


@pytest.mark.parametrize("headers,status", ORIGINALS, ids=lambda v: str(v) if isinstance(v, int) else "")
def test_a_trusted_proxy_names_the_original_request(answering, own, make, account, shared, headers, status):
    one = answering("cardea_trusted_proxy 192.0.2.0/24 127.0.0.0/8;")
    key = make.key(account)["key"]
    assert one.client(key).get("/v1/authorize/animus/not/this", headers=headers, expect=status).status == status
    # Twice: nobody is believed.
    if status == 200:
        lines = "".join(f"{n}: {v}\r\n" for n, v in headers.items())
        raw, _ = one.raw(f"GET /v1/authorize/animus/x HTTP/1.1\r\nHost: x\r\n{lines}{lines}Authorization: Bearer {key}\r\nConnection: close\r\n\r\n".encode())
        assert raw.startswith(b"HTTP/1.1 400 ")
    # Without trust these are headers like others.
    other = answering("cardea_trusted_proxy 192.0.2.0/24;")
    other.client(key).get(f"/v1/authorize/animus{CONTENT}", headers=headers, expect=200)
    assert other.client(key).get("/v1/authorize/animus/not/this", headers=headers, expect=403).code == "NO_ROUTE"


def test_a_refusal_may_stand_in_a_header(answering, make, account):
    one, other = answering("cardea_trusted_proxy 127.0.0.1;"), answering()
    asking = {"Cardea-Refusal": "header"}
    whole = one.client().get(f"/v1/authorize/animus{CONTENT}", expect=401)
    moved = one.client().get(f"/v1/authorize/animus{CONTENT}", headers=asking, expect=401)
    said = json.loads(moved.header("cardea-refusal"))
    assert moved.body == b"" and said["code"] == whole.code and moved.header("content-type") == whole.header("content-type")
    assert moved.header("www-authenticate") == whole.header("www-authenticate")
    assert other.client().get(f"/v1/authorize/animus{CONTENT}", headers=asking, expect=401).code == "MISSING"


def test_the_address_behind_a_trusted_proxy(answering, make, account):
    one, other = answering("cardea_trusted_proxy 127.0.0.1 203.0.113.0/24;"), answering()
    key = make.key(account, ip_allow=["198.51.100.0/24"])["key"]
    for forwarded, status in (("198.51.100.1", 200), ("198.51.100.1, 203.0.113.9", 200), ("198.51.100.1, 192.0.2.1", 403), ("10.0.0.1, 198.51.100.7", 200)):
        one.client(key).get(f"/v1/authorize/animus{CONTENT}", headers={"X-Forwarded-For": forwarded}, expect=status)
        other.client(key).get(f"/v1/authorize/animus{CONTENT}", headers={"X-Forwarded-For": forwarded}, expect=403)


def test_answers_outlive_the_daemon(answering, own):
    daemon = own()
    root = daemon.root()
    account = root.post("/v1/accounts", {"profile": "animus", "slug": "a", "name": "A"}, expect=201).json
    key = root.post("/v1/keys", {"account": account["id"], "name": "k", "scopes": ["read"]}, expect=201).json
    one = answering("", daemon.runtime, daemon.port)
    token = root.token
    daemon.stop()
    one.client(key["key"]).get(f"/v1/authorize/animus{CONTENT}", expect=200)
    reply = one.client(token).post(VERIFY, {"key": key["key"]}, expect=200)
    assert reply["valid"] is True and reply["key_id"] == key["id"]
    assert one.client(token).post(VERIFY, {"key": key["key"], "unknown": 1}).status == 502


@pytest.fixture
def questions(make, account):
    key, other = make.key(account), make.account("animus")
    rich = make.key(account, metadata={"plan": "gold"})
    k = key["key"]
    here, daemon = None, "daemon"
    return [
        ({"key": k}, here),
        ({"key": k, "scope": "read"}, here),
        ({"key": k, "scope": "write"}, here),
        ({"key": k, "scope": "no such scope"}, here),
        ({"key": k, "profile": "animus", "account": account["slug"]}, here),
        ({"key": k, "profile": "anyformat"}, here),
        ({"key": k, "account": account["id"]}, here),
        ({"key": k, "account": other["id"]}, here),
        ({"key": k, "account": other["slug"], "agent": None, "ip": None, "scope": None, "profile": None, "cost": None}, here),
        ({"key": k, "ip": "192.0.2.1"}, here),
        ({"key": k, "ip": "2001:db8::1", "cost": 0}, here),
        ({"key": k, "agent": "someone"}, here),
        ({"key": k[:-1]}, here),
        ({"key": "x" * 4000}, here),
        ({"key": make.key(account, rate_limit={"limit": 9, "window_sec": 60})["key"], "cost": 0}, here),
        ({"key": make.key(account, credits=7, expires_at="2031-02-03T04:05:06Z")["key"], "cost": 0}, here),
        ({"key": make.session(account).post("/v1/keys", {"name": "mine", "scopes": ["read"]}).json["key"]}, here),
        ({"key": rich["key"]}, daemon),
        ({"key": k, "account": f"animus/{account['slug']}"}, daemon),
        ({"key": k, "account": ""}, daemon),
        ({"key": k, "profile": "nobody"}, daemon),
        ({"key": k, "ip": "not an address"}, daemon),
        ({"key": k, "cost": -1}, daemon),
        ({"key": k, "cost": 1.5}, daemon),
        ({"key": k, "cost": 1000001}, daemon),
        ({"key": k, "cost": "1"}, daemon),
        ({"key": k, "scope": 7}, daemon),
        ({"key": k, "scope": ["read"]}, daemon),
        ({"key": k, "wrong": 1}, daemon),
        ({"key": None}, daemon),
        ({"key": ""}, daemon),
        ({"key": "ключ"}, daemon),
        ({}, daemon),
        ([], daemon),
        ({"key": "x" * 5000}, daemon),
    ]


def test_verify_says_what_the_daemon_says(answering, shared, root, verifier, questions):
    one = answering()
    for asker in (root, verifier):
        for question, whose in questions:
            ours = one.client(asker.token).post(VERIFY, question)
            theirs = asker.post(VERIFY, question)
            assert told(ours) == told(theirs), question
            assert ours.header("x-asked") == whose, question
            if whose is None:
                assert list(ours.json) == list(theirs.json), "the order of members"


def test_bodies_that_are_not_plain_go_to_the_daemon(answering, root, make, account):
    one = answering()
    key = make.key(account)["key"]
    client = one.client(root.token)
    for body in (f'{{"key":"{key}","key":"{key}"}}', f'{{"key":"{key}",}}', f'{{"key":"{key}"', f'{{"key":"{key}"}}x', f'{{"key" "{key}"}}', "",
                 "null", f'{{"key":"{key}","cost":01}}', f'{{"key":"\\u0061"}}', '{"key":"a\tb"}', '{"key":"a"\n\t"}', '{"key":"a\x00b"}', "{", '{"key":"a',
                 "{" * 1000, f'{{"key":"{key}","scope":nul}}', f'{{"key":"{key}","cost":}}', "\ufeff{}"):
        ours, theirs = client.call("POST", VERIFY, raw=body.encode()), root.call("POST", VERIFY, raw=body.encode())
        assert ours.header("x-asked") == "daemon", body
        assert told(ours) == told(theirs), body
    spaced = f' {{ "key"\t:\r\n"{key}" , "cost" : 0 }} \n'
    assert client.call("POST", VERIFY, raw=spaced.encode(), expect=200).header("x-asked") is None
    for headers in ({"Content-Type": "text/plain"}, {"Content-Type": None}, {"Content-Type": "application/jsonx"}):
        assert client.call("POST", VERIFY, raw=b'{"key":"x"}', headers=headers).header("x-asked") == "daemon"
    assert client.get(VERIFY).header("x-asked") == "daemon"
    assert client.call("POST", VERIFY, raw=b'{"key":"' + b"x" * 100000 + b'"}').header("x-asked") == "daemon"


def test_who_may_not_ask_is_refused_by_the_daemon(answering, make, account, root):
    one = answering()
    key = make.key(account)["key"]
    own_key = root.post("/v1/keys", {"account": "cardea/system", "kind": "key", "name": "x", "scopes": ["keys:verify"]}).json.get("key")
    for token in (None, key, "crdr_nonsense", own_key):
        ours, theirs = one.client(token).post(VERIFY, {"key": key}), root.using(token=token).post(VERIFY, {"key": key})
        assert ours.status == theirs.status != 200 and ours.header("x-asked") == "daemon"
    browser = one.client(root.token).post(VERIFY, {"key": key}, headers={"Origin": "https://x.example"})
    assert browser.status == root.post(VERIFY, {"key": key}, headers={"Origin": "https://x.example"}).status


def test_what_is_drawn_is_drawn_once(answering, root, make, account):
    one = answering()
    client = one.client(root.token)
    for more in ({}, {"metadata": {"a": "b"}}):
        key = make.key(account, credits=5, **more)["key"]
        assert [client.post(VERIFY, {"key": key, "cost": 2})["remaining"] for _ in range(2)] == [3, 1]
        assert client.post(VERIFY, {"key": key, "cost": 2})["code"] == "CREDITS_EXHAUSTED"


def test_a_body_in_pieces(answering, root, make, account):
    one = answering()
    key = make.key(account)["key"]
    body = json.dumps({"key": key, "scope": "read"}).encode()
    with socket.create_connection(("127.0.0.1", one.port), timeout=60) as s:
        s.sendall(f"POST {VERIFY} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {root.token}\r\nContent-Type: application/json\r\n"
                  "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n".encode())
        for i in range(0, len(body), 7):
            piece = body[i:i + 7]
            s.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        s.sendall(b"0\r\n\r\n")
        got = b""
        while more := s.recv(65536):
            got += more
    assert b" 200 OK" in got and b'"valid":true' in got


@pytest.mark.parametrize("inside,said", [
    ("cardea animus; location /v1/authorize/ { cardea_decide; }", "say \"cardea off\""),
    ("location = /v1/keys/verify { cardea animus; cardea_verify @daemon; }", "say \"cardea off\""),
    ("location = /v1/keys/verify { cardea_verify; }", "invalid number"),
    ("location = /v1/keys/verify { cardea_verify daemon; }", "named location"),
    ("location / { cardea_decide; cardea_trusted_proxy nobody; }", "no address or network"),
    ("location / { cardea_decide; cardea_trusted_proxy 10.0.0.1/8; }", "bits beyond its prefix"),
])
def test_configuration(nginx, inside, said):
    code, text = nginx().serve(inside).test()
    assert code != 0 and said in text, text
