"""Decisions over HTTP: verify, batch, forward-auth."""

import pytest

from cardea_test.keys import checksum, mint

NOBODY = {"key_id": None, "account": None, "user": None, "agent": None, "kind": None, "scopes": [], "expires_at": None, "metadata": None}


def test_a_valid_key(root, make):
    account = make.account("animus")
    made = make.key(account, scopes=["read", "search"], metadata={"plan": "free"})
    assert root.verify(made["key"]) == {
        "valid": True, "code": "VALID", "key_id": made["id"], "account": account["id"], "user": None, "agent": None,
        "kind": made["kind"], "scopes": made["scopes"], "expires_at": None, "metadata": {"plan": "free"}, "remaining": None,
        "retry_after": None}


@pytest.mark.parametrize("wanted,code", [
    ({}, "VALID"),
    ({"scope": "read"}, "VALID"),
    ({"scope": "write"}, "INSUFFICIENT_SCOPE"),
    ({"scope": "no-such-scope"}, "INSUFFICIENT_SCOPE"),
    ({"profile": "animus"}, "VALID"),
    ({"profile": "open-animate"}, "NOT_FOUND"),
    ({"account": "ID"}, "VALID"),
    ({"account": "SLUG"}, "VALID"),
    ({"account": "OTHER"}, "WRONG_ACCOUNT"),
    ({"account": "no-such-account"}, "WRONG_ACCOUNT"),
    ({"agent": "any-agent"}, "VALID"),  # a key that is bound to none acts for all of its account
    ({"cost": 0}, "VALID"),
    ({"ip": "192.0.2.1"}, "VALID"),
])
def test_what_the_key_is_wanted_for(root, make, world, wanted, code):
    account, other, key = world
    names = {"ID": account["id"], "SLUG": account["slug"], "OTHER": other["slug"]}
    asked = {k: names.get(v, v) for k, v in wanted.items()}
    decision = root.verify(key["key"], **asked)
    assert decision["code"] == code and decision["valid"] == (code == "VALID")


@pytest.fixture(scope="module")
def world(make):
    account = make.account("animus")
    return account, make.account("animus"), make.key(account, scopes=["read"])


@pytest.mark.parametrize("key,codes", [
    ("", {"MISSING", "MALFORMED"}),
    ("x", {"MALFORMED", "NOT_FOUND"}),
    ("anm_", {"MALFORMED"}),
    ("anm_" + "A" * 38, {"MALFORMED"}),
    ("anm_" + "ü" * 38, {"MALFORMED"}),
    ("a" * 257, {"MALFORMED"}),
    ("a" * 4096, {"MALFORMED"}),
    ("anm_ \t\r", {"MALFORMED"}),
])
def test_what_is_no_key(root, key, codes):
    decision = root.post("/v1/keys/verify", {"key": key})
    assert decision.status in (200, 422), decision
    if decision.status == 200:
        assert decision["code"] in codes and {k: decision[k] for k in NOBODY} == NOBODY


def test_well_formed_but_unknown(root):
    decision = root.verify(mint("anm_", 32))
    assert decision["code"] == "NOT_FOUND" and {k: decision[k] for k in NOBODY} == NOBODY


def test_every_single_character_counts(root, make):
    key = make.key(make.account("animus"))["key"]
    for i in range(4, len(key)):
        bent = key[:i] + ("A" if key[i] != "A" else "B") + key[i + 1:]
        assert root.verify(bent)["code"] == "MALFORMED", i
    body = key[:-6]
    bent = body[:-1] + ("A" if body[-1] != "A" else "B")
    assert root.verify(bent + checksum(bent))["code"] == "NOT_FOUND"
    assert root.verify(key + " ")["code"] != "VALID"
    assert root.verify(key.swapcase())["code"] != "VALID"


def test_who_may_ask(root, make, verifier):
    account = make.account("animus")
    made = make.key(account)
    assert verifier.verify(made["key"])["valid"]
    ask = {"key": made["key"]}
    root.using(token=None).post("/v1/keys/verify", ask, expect=401)
    make.session(account, "owner").post("/v1/keys/verify", ask, expect=403)
    verifier.post("/v1/keys", {"account": account["id"], "name": "x", "scopes": ["read"]}, expect=403)
    verifier.get("/v1/keys", expect=403)


def test_a_refusal_counts_as_no_use(root, make):
    made = make.key(make.account("animus"), rate_limit={"limit": 2, "window_sec": 3600}, scopes=["read"])
    for _ in range(5):
        assert root.verify(made["key"], scope="write")["code"] == "INSUFFICIENT_SCOPE"
    assert [root.verify(made["key"], scope="read")["code"] for _ in range(3)] == ["VALID", "VALID", "RATE_LIMITED"]


def test_batch_answers_in_order(root, make):
    one, two = make.key(make.account("animus"), scopes=["read"]), make.key(make.account("animus"), scopes=["write"])
    asked = [{"key": one["key"], "scope": "read"}, {"key": "junk"}, {"key": two["key"], "scope": "read"}, {"key": two["key"]}]
    data = root.post("/v1/keys/verify/batch", {"keys": asked}, expect=200)["results"]
    assert [d["valid"] for d in data] == [True, False, False, True]
    assert [d["key_id"] for d in data] == [one["id"], None, two["id"], two["id"]]
    assert data[2]["code"] == "INSUFFICIENT_SCOPE"


@pytest.mark.parametrize("body,status", [
    ({}, 422), ({"keys": []}, 422), ({"keys": [{"key": "x"}] * 1001}, 422), ({"keys": [{"kee": "x"}]}, 422),
    ({"keys": "x"}, 422), ({"keys": [1]}, 422),
])
def test_batches_that_are_none(root, body, status):
    root.post("/v1/keys/verify/batch", body, expect=status)


def test_forward_auth_grants_with_an_empty_body_and_says_who(root, make):
    account = make.account("animus")
    made = make.key(account, scopes=["read", "search"])
    caller = root.using(token=made["key"])
    reply = caller.get("/v1/authorize/animus/api/v1/content/recent", expect=200)
    assert reply.body == b""
    assert reply.header("cardea-key-id") == made["id"]
    assert reply.header("cardea-account") in (account["id"], account["slug"])
    assert sorted(reply.header("cardea-scopes").split()) == ["read", "search"]
    assert reply.header("cardea-kind") == made["kind"]


def test_identity_headers_that_come_in_count_for_nothing(root, make):
    made = make.key(make.account("animus"), scopes=["read"])
    sent = {"Cardea-Key-Id": "key_0000000000000", "Cardea-Account": "acc_0000000000000", "Cardea-Scopes": "write", "Cardea-User": "usr_x"}
    reply = root.using(token=made["key"]).get("/v1/authorize/animus/api/v1/content/recent", headers=sent, expect=200)
    assert reply.header("cardea-key-id") == made["id"] and reply.header("cardea-scopes") == "read"
    assert reply.header("cardea-user") in (None, "")
    root.using(token=None).get("/v1/authorize/animus/api/v1/content/recent", headers=sent, expect=401)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_forward_auth_takes_any_method(root, make, method):
    caller = root.using(token=make.key(make.account("animus"), scopes=["read", "write", "search"])["key"])
    for target in ("/v1/authorize/animus/api/v1/content/recent", "/v1/authorize/animus"):
        reply = caller.call(method, target)
        assert reply.status in (200, 403), (target, reply)
        if reply.status == 200:
            assert reply.body == b""


def test_a_proxy_names_the_original_request(root, make):
    """Loopback peers are trusted proxies: the daemon listens nowhere else."""
    caller = root.using(token=make.key(make.account("animus"), scopes=["read"])["key"])
    for names in (("X-Original-Method", "X-Original-URI"), ("X-Forwarded-Method", "X-Forwarded-Uri")):
        read = dict(zip(names, ("GET", "/api/v1/content/recent?limit=3")))
        write = dict(zip(names, ("POST", "/api/v1/content")))
        caller.get("/v1/authorize/animus", headers=read, expect=200)
        caller.get("/v1/authorize/animus", headers=write, expect=403)
        caller.post("/v1/authorize/animus", headers=read, expect=200)


def test_refusals_of_forward_auth_are_problems_with_a_challenge(root, make):
    missing = root.using(token=None).get("/v1/authorize/animus/api/v1/content/recent", expect=401)
    challenge = missing.header("www-authenticate")
    assert missing.code == "MISSING" and challenge.startswith('Bearer realm="') and "error=" not in challenge
    unknown = root.using(token=mint("anm_", 32)).get("/v1/authorize/animus/api/v1/content/recent", expect=401)
    assert 'error="invalid_token"' in unknown.header("www-authenticate")
    caller = root.using(token=make.key(make.account("animus"), scopes=["read"])["key"])
    scope = caller.post("/v1/authorize/animus/api/v1/content", {}, expect=403)
    assert scope.code == "INSUFFICIENT_SCOPE"
    assert 'error="insufficient_scope"' in scope.header("www-authenticate") and 'scope="write"' in scope.header("www-authenticate")


def test_unknown_revoked_disabled_look_the_same_from_outside(root, make):
    account = make.account("animus")
    revoked, disabled = make.key(account), make.key(account)
    root.delete(f"/v1/keys/{revoked['id']}", expect=200)
    root.patch(f"/v1/keys/{disabled['id']}", {"enabled": False}, expect=200)
    seen = set()
    for key in (mint("anm_", 32), revoked["key"], disabled["key"], "anm_junk"):
        reply = root.using(token=key).get("/v1/authorize/animus/api/v1/content/recent", expect=401)
        body = {k: v for k, v in reply.json.items() if k != "request_id"}
        seen.add((str(sorted(body.items())), reply.header("www-authenticate")))
    assert len(seen) == 1, seen


def test_an_unknown_profile(root):
    reply = root.get("/v1/authorize/nonsense/x")
    assert reply.status in (403, 404), reply


def test_two_credentials_are_refused(root, make, shared):
    from cardea_test.client import exchange_raw
    key = make.key(make.account("animus"))["key"]
    got, _ = exchange_raw(shared.port, (f"GET /v1/authorize/animus/api/v1/content/recent HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                        f"Authorization: Bearer {key}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n").encode())
    assert got.startswith(b"HTTP/1.1 400"), got
    assert b"AMBIGUOUS" in got or b"bad_request" in got


def test_a_key_in_the_query_is_never_looked_up(root, make):
    key = make.key(make.account("animus"))["key"]
    for query in (f"?api_key={key}", f"?x={key}"):
        reply = root.using(token=None).get(f"/v1/authorize/animus/api/v1/content/recent{query}", expect=401)
        assert key.encode() not in reply.body
