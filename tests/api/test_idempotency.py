"""The same creation asked twice makes one thing and gives one answer."""

import threading
import uuid

import pytest


def header():
    return {"Idempotency-Key": str(uuid.uuid4())}


def test_a_retry_gets_the_same_secret(root, make):
    account, again = make.account("animus"), header()
    body = {"account": account["id"], "name": "once", "scopes": ["read"]}
    first = root.post("/v1/keys", body, headers=again, expect=201)
    second = root.post("/v1/keys", body, headers=again, expect=201)
    assert first.json == second.json and first["key"]
    assert len(root.pages(f"/v1/keys?account={account['id']}")) == 1


def test_the_same_key_with_another_request_is_refused(root, make):
    account, again = make.account("animus"), header()
    root.post("/v1/keys", {"account": account["id"], "name": "one", "scopes": ["read"]}, headers=again, expect=201)
    reply = root.post("/v1/keys", {"account": account["id"], "name": "two", "scopes": ["read"]}, headers=again, expect=422)
    assert reply.code == "idempotency_mismatch"
    assert len(root.pages(f"/v1/keys?account={account['id']}")) == 1


def test_each_caller_has_its_own(root, make):
    account, again = make.account("animus"), header()
    body = {"account": account["id"], "name": "once", "scopes": ["read"]}
    one = make.session(account, "owner").post("/v1/keys", body, headers=again, expect=201)
    two = make.session(account, "owner").post("/v1/keys", body, headers=again, expect=201)
    assert one["id"] != two["id"] and one["key"] != two["key"]


def test_rotation_and_accounts_and_users_too(root, make):
    from cardea_test.fixtures import unique
    key, again = make.key(make.account("animus")), header()
    calls = [(f"/v1/keys/{key['id']}/rotate", {"overlap_sec": 60}), ("/v1/accounts", {"profile": "animus", "slug": unique("once"), "name": "x"}),
             ("/v1/users", {"email": unique("once") + "@example.com", "name": "x", "password": "a passphrase for once"})]
    for path, body in calls:
        first = root.post(path, body, headers=again, expect=201)
        assert root.post(path, body, headers=again, expect=201).json == first.json, path


def test_a_refusal_is_not_kept(root, make):
    account, again = make.account("animus"), header()
    keys = [make.key(account) for _ in range(10)]
    body = {"account": account["id"], "name": "x", "scopes": ["read"]}
    root.post("/v1/keys", body, headers=again, expect=409)
    root.delete(f"/v1/keys/{keys[0]['id']}", expect=200)
    root.post("/v1/keys", body, headers=again, expect=201)


def test_parallel_retries_make_one(root, make):
    account, again, got = make.account("animus"), header(), []
    body = {"account": account["id"], "name": "once", "scopes": ["read"]}
    threads = [threading.Thread(target=lambda: got.append(root.post("/v1/keys", body, headers=again))) for _ in range(12)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert {r.status for r in got} <= {201, 409} and len({r["key"] for r in got if r.status == 201}) == 1
    assert len(root.pages(f"/v1/keys?account={account['id']}")) == 1


def test_after_a_restart_a_retry_is_told_what_it_made(own):
    daemon = own()
    root = daemon.root()
    account = root.post("/v1/accounts", {"profile": "animus", "slug": "acme", "name": "A"}, expect=201).json
    again = header()
    body = {"account": account["id"], "name": "once", "scopes": ["read"]}
    made = root.post("/v1/keys", body, headers=again, expect=201).json
    root.close()
    assert daemon.stop() == 0
    daemon.start()
    root = daemon.root()
    reply = root.post("/v1/keys", body, headers=again, expect=409)
    assert reply.code == "idempotency_lost" and reply["id"] == made["id"] and made["key"].encode() not in reply.body
    assert len(root.pages(f"/v1/keys?account={account['id']}")) == 1


def test_the_store_alone_never_holds_the_secret(own):
    daemon = own(cold=True)
    root = daemon.root()
    account = root.post("/v1/accounts", {"profile": "animus", "slug": "acme", "name": "A"}, expect=201).json
    again = header()
    root.post("/v1/keys", {"account": account["id"], "name": "once", "scopes": ["read"]}, headers=again, expect=201)
    from cardea_test.leaks import REGISTRY
    for path in daemon.data.rglob("*"):
        if path.is_file() and path.name != "root.key":
            assert not REGISTRY.find(path.read_bytes(), clear_only=True), path
            assert again["Idempotency-Key"].encode() not in path.read_bytes(), path


@pytest.mark.parametrize("value", ["", "x" * 256])
def test_a_header_that_is_none(root, make, value):
    body = {"account": make.account("animus")["id"], "name": "x", "scopes": ["read"]}
    reply = root.post("/v1/keys", body, headers={"Idempotency-Key": value}, expect=(400, 422))
    if reply.status == 422:
        assert "header/Idempotency-Key" in reply.locations
