"""What goes upstream: who called, and neither what the client made up about it nor its key."""

import hashlib

import pytest
from rig.upstream import headers_of

CONTENT = "/api/v1/content/recent"
FORGED = {"Cardea-Account": "acc_0000000000001", "cardea-key-id": "key_0000000000001", "CARDEA-SCOPES": "*", "Cardea-User": "usr_1",
          "Cardea-Agent": "agt_1", "Cardea-Kind": "root"}
IDENTITY = {name.lower() for name in FORGED}


def test_the_identity_is_ours(gate, make, account):
    key = make.key(account, scopes=["read", "search"])
    got = headers_of(gate.client(key["key"]).get(CONTENT, headers=FORGED, expect=200))
    assert {n: got[n] for n in IDENTITY & set(got)} == {"cardea-key-id": key["id"], "cardea-account": account["id"],
                                                         "cardea-scopes": "read search", "cardea-kind": "key"}


def test_the_creator_is_named(gate, make, account):
    session = make.session(account, "admin")
    key = session.post("/v1/keys", {"name": "mine", "scopes": ["read"]}, expect=201).json
    assert headers_of(gate.client(key["key"]).get(CONTENT, expect=200))["cardea-user"] == session.user["id"]


def test_the_key_stays_here_unless_asked(nginx, upstream, make, account):
    one = nginx().serve(f"cardea animus; location / {{ proxy_pass http://127.0.0.1:{upstream.port}; }}"
                        f" location /api/v1/library/ {{ cardea_forward_credential on; proxy_pass http://127.0.0.1:{upstream.port}; }}").start()
    key = make.key(account)["key"]
    assert "authorization" not in headers_of(one.client(key).get(CONTENT, expect=200))
    assert headers_of(one.client(key).get("/api/v1/library/stats", expect=200))["authorization"] == f"Bearer {key}"


def test_a_legacy_header_stays_here_too(nginx, upstream, make, root):
    account = make.account("animam")
    legacy = "an old key of some shape"
    root.post("/v1/keys/import", {"account": account["id"], "kind": "legacy", "keys": [
        {"sha256": hashlib.sha256(legacy.encode()).hexdigest(), "name": "old"}]}, expect=(200, 201))
    one = nginx().serve(f"cardea animam; location / {{ proxy_pass http://127.0.0.1:{upstream.port}; }}").start()
    got = headers_of(one.client().get(f"/tenants/{account['slug']}/corpus", headers={"X-API-Key": legacy}, expect=200))
    assert "x-api-key" not in got and got["cardea-kind"] == "legacy"


@pytest.mark.parametrize("sent,arrives", [
    ("cardea_session=abc", None),
    ("a=1; cardea_session=abc", "a=1"),
    ("cardea_session=abc; b=2", "b=2"),
    ("a=1;cardea_session=abc;b=2", "a=1;b=2"),
    ("a=1; cardea_session=abc;  b=2; cardea_session=def", "a=1;  b=2"),
    ("xcardea_session=abc; cardea_sessions=2", "xcardea_session=abc; cardea_sessions=2"),
    ("a=cardea_session=1", "a=cardea_session=1"),
    ("; ;cardea_session=;", None),
    ("a=1; b=2", "a=1; b=2"),
])
def test_the_session_cookie_stays_here(gate, make, account, sent, arrives):
    got = headers_of(gate.client(make.key(account)["key"]).get(CONTENT, headers={"Cookie": sent}, expect=200))
    assert got.get("cookie") == arrives


def test_a_products_session_cookie_stays_here(nginx, upstream, make, account):
    one = nginx().serve(f"cardea animus; cardea_session_cookie shop_session; location / {{ proxy_pass http://127.0.0.1:{upstream.port}; }}").start()
    sent = {"Cookie": "a=1; shop_session=abc; cardea_session=def; xshop_session=2; shop_sessions=3"}
    got = headers_of(one.client(make.key(account)["key"]).get(CONTENT, headers=sent, expect=200))
    assert got["cookie"] == "a=1; xshop_session=2; shop_sessions=3"


def test_forged_identity_is_taken_out_everywhere(nginx, upstream):
    """Also where nothing is checked: whoever stands behind cannot tell the locations apart."""
    up = f"http://127.0.0.1:{upstream.port}"
    one = nginx().serve(f"cardea animus; underscores_in_headers on; ignore_invalid_headers off; location /open/ {{ cardea off; proxy_pass {up}; }}").start()
    names = [*FORGED, "Cardea_Account", "CARDEA_SCOPES", "Cardea.Kind", "Cardea_Key-Id"]
    lines = "".join(f"{name}: forged\r\n" for name in names)
    raw, _ = one.raw(f"GET /open/x HTTP/1.1\r\nHost: x\r\n{lines}X-Mine: kept\r\nCookie: cardea_session=1\r\nAuthorization: Bearer x\r\n"
                     "Connection: close\r\n\r\n".encode())
    assert b"forged" not in raw and b"kept" in raw
    # Where nothing is checked the credential is none of ours.
    assert b"cardea_session=1" in raw and b"Bearer x" in raw


def test_a_public_route_brings_no_identity(nginx, upstream, make):
    one = nginx().serve(f"cardea anyformat; location / {{ proxy_pass http://127.0.0.1:{upstream.port}; }}").start()
    key = make.session(make.account("anyformat"), "owner").post("/v1/keys", {"name": "test"}, expect=201).json["key"]
    got = headers_of(one.client(key).get("/health/", headers=FORGED, expect=200))
    assert not IDENTITY & set(got) and "authorization" not in got


def test_other_headers_arrive_as_they_came(gate, make, account):
    sent = {f"X-Header-{i}": "v" * i for i in range(1, 60)}
    got = headers_of(gate.client(make.key(account)["key"]).get(CONTENT, headers={**sent, **FORGED, "Accept": "a/b"}, expect=200))
    assert {k.lower(): v for k, v in sent.items()}.items() <= got.items()
    assert got["accept"] == "a/b" and got["host"].startswith("127.0.0.1:")


def test_a_header_that_came_twice_arrives_twice(gate, make, account):
    key = make.key(account)["key"]
    raw, _ = gate.raw(f"GET {CONTENT} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nCookie: a=1\r\nAuthorization: Bearer {key}\r\n"
                      "X-Forwarded-For: 192.0.2.2\r\nCookie: cardea_session=1\r\nCookie: b=2\r\nConnection: close\r\n\r\n".encode())
    assert b'["x-forwarded-for", "192.0.2.1"], ' in raw and b'["x-forwarded-for", "192.0.2.2"]' in raw
    assert b'["cookie", "a=1"]' in raw and b'["cookie", "b=2"]' in raw and b"cardea_session" not in raw


def test_two_credentials_are_one_too_many(gate, make, account):
    key = make.key(account)["key"]
    raw, _ = gate.raw(f"GET {CONTENT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nAuthorization: Bearer {key}\r\n"
                      "Connection: close\r\n\r\n".encode())
    # nginx 1.23 and later refuse this by themselves.
    assert raw.startswith(b"HTTP/1.1 400 ")
