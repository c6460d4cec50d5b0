"""The audit log: what is recorded, who sees it, and that it proves itself, by a verifier written from the standards."""

import base64
import hashlib
import json

import pytest

from cardea_test.fixtures import unique
from cardea_test.merkle import Key, b64, consistency, leaf, path, read_export, root as merkle_root


def checkpoint(root):
    made = root.post("/v1/audit/checkpoint", expect=200).json
    return made, Key(made["key"])


def export(root, limit=None, start=0, **more):
    """All lines, in pieces as the command line fetches them."""
    text, to = "", None
    while True:
        query = f"from={start}" + (f"&limit={limit}" if limit else "") + (f"&to={to}" if to else "")
        reply = root.get(f"/v1/audit/export?{query}", expect=200, **more)
        text += reply.body.decode()
        to = to or json.loads(text.split("\n", 1)[0])["to"]
        start = int(reply.header("cardea-next"))
        if start == to:
            return text


@pytest.fixture(scope="module")
def log(root, make):
    """A log with a few hundred records, exported."""
    account = make.account()
    checkpoint(root)
    for _ in range(100):
        key = make.key(account)
        root.delete(f"/v1/keys/{key['id']}", expect=200)
    made, key = checkpoint(root)
    return made, key, export(root, limit=64)


def test_checkpoints_hold_and_name_their_key(log):
    made, key, _ = log
    size, top = key.open(made["checkpoint"])
    assert (size, b64(top), key.name) == (made["size"], made["root_hash"], made["origin"])


def test_the_export_is_the_tree_that_was_signed(log):
    made, key, text = log
    head, records, hashes, checkpoints = read_export(text)
    assert head["origin"] == key.name and head["from"] == 0 and head["subtrees"] == []
    assert len(records) == made["size"] and [leaf(r) for r in records] == hashes
    assert len(checkpoints) >= 2 and max(checkpoints) == made["size"]
    for size, note in checkpoints.items():
        assert key.open(note) == (size, merkle_root(hashes[:size]))
    for i, record in enumerate(records):
        value = json.loads(record)
        assert value["index"] == i and value["log"] == key.id


def test_pieces_are_the_whole(root, log):
    made, _, text = log
    whole = export(root.using(), limit=None)
    assert read_export(whole)[1][: made["size"]] == read_export(text)[1]


@pytest.mark.parametrize("share", [0, 0.3, 0.5, 0.999])
def test_proofs_are_those_of_rfc_6962(root, log, share):
    made, _, text = log
    hashes = read_export(text)[2]
    for size in (made["size"], made["size"] * 2 // 3, 65):
        index = int(size * share)
        proof = root.get(f"/v1/audit/proof?index={index}&size={size}", expect=200).json
        assert [base64.b64decode(h) for h in proof["hashes"]] == path(index, hashes[:size])
        assert leaf(proof["record"].encode()) == base64.b64decode(proof["leaf_hash"]) == hashes[index]
        grown = root.get(f"/v1/audit/proof?from={index + 1}&to={size}", expect=200).json
        assert [base64.b64decode(h) for h in grown["hashes"]] == consistency(index + 1, hashes[:size])


def test_what_cannot_be_proven(root, log):
    made, *_ = log
    for query in ("", "index=1&from=1", "index=-1", "index=x", f"index={10**9}", f"index=0&size={10**9}", "index=0&size=0", "from=0",
                  f"from=5&to={10**9}", "from=9&to=8"):
        root.get(f"/v1/audit/proof?{query}", expect=422)
    for query in ("from=x", "limit=0", "limit=5000", f"to={10**9}", f"from={10**9}"):
        root.get(f"/v1/audit/export?{query}", expect=422)


def test_nothing_new_signs_nothing_new(root):
    first, _ = checkpoint(root)
    assert checkpoint(root)[0] == first


# ---- the list

def test_records_say_who_what_and_whence(root, make):
    account = make.account()
    key = make.key(account)
    root.patch(f"/v1/keys/{key['id']}", {"enabled": False}, expect=200)
    told = root.get(f"/v1/audit?subject={key['id']}", expect=200)["data"]
    assert [r["action"] for r in told] == ["key.updated", "key.created"]
    for record in told:
        assert record["actor"] == "root" and record["actor_key"].startswith("key_") and record["account"] == account["id"]
        assert record["address"] == "127.0.0.1" and record["detail"]["prefix"] == key["prefix"]
        salted = base64.b64decode(record["address_salt"]) + record["address"].encode()
        assert hashlib.sha256(salted).digest() == base64.b64decode(record["source"])
    assert told[0]["detail"]["before"] == {"enabled": True} and told[0]["detail"]["after"] == {"enabled": False}


def test_filters_and_pages(root, make):
    account = make.account()
    keys = [make.key(account) for _ in range(4)]
    root.delete(f"/v1/keys/{keys[0]['id']}", expect=200)
    whose = f"account={account['id']}"
    all_of_it = root.pages(f"/v1/audit?{whose}&limit=2")
    assert [r["action"] for r in all_of_it] == ["key.revoked"] + ["key.created"] * 4 + ["account.created"]
    assert [r["index"] for r in all_of_it] == sorted((r["index"] for r in all_of_it), reverse=True)

    def found(query):
        return [r["action"] for r in root.pages(f"/v1/audit?{whose}&{query}")]

    assert found("action=key.revoked") == ["key.revoked"]
    assert len(found("action=key.*")) == 5 and found("action=key") == [] and found("actor=system") == []
    assert len(found("actor=root")) == 6
    assert found(f"subject={keys[0]['id']}") == ["key.revoked", "key.created"]
    at = all_of_it[0]["time"]
    assert found("to=2020-01-01T00:00:00Z") == [] and found("from=2100-01-01T00:00:00Z") == []
    assert len(found("from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z")) == 6
    assert all(r["time"] >= at[:19] for r in root.pages(f"/v1/audit?from={at[:19]}Z"))
    for query in ("from=yesterday", "cursor=evt_01jd3v8k2m4ta", "limit=0", "actor=" + "x" * 65, "account=nobody-has-this"):
        assert root.get(f"/v1/audit?{query}").status in (404, 422)


def test_who_sees_what(root, make):
    account, other = make.account(), make.account()
    theirs = make.key(other)
    mine = make.key(account)
    checkpoint(root)
    for role, status in (("owner", 200), ("admin", 200), ("member", 403), ("viewer", 403)):
        session = make.session(account, role)
        listed = session.get("/v1/audit", expect=status)
        session.get("/v1/audit/checkpoint", expect=status)
        if status == 200:
            assert {r["account"] for r in listed["data"]} == {account["id"]}
            session.get(f"/v1/audit?account={other['id']}", expect=403)
            assert session.get(f"/v1/audit?subject={theirs['id']}", expect=200)["data"] == []
        session.get("/v1/audit/export", expect=403)
        session.post("/v1/audit/checkpoint", expect=403)
    of_theirs = root.get(f"/v1/audit?subject={theirs['id']}", expect=200)["data"][0]["index"]
    of_mine = root.get(f"/v1/audit?subject={mine['id']}", expect=200)["data"][0]["index"]
    owner = make.session(account, "owner")
    assert owner.get(f"/v1/audit/proof?index={of_theirs}", expect=200)["record"] is None
    assert json.loads(owner.get(f"/v1/audit/proof?index={of_mine}", expect=200)["record"])["subject"] == mine["id"]
    root.using(token=mine["key"]).get("/v1/audit", expect=403)
    root.using(token=None).get("/v1/audit", expect=401)
    native = make.account("cardea")
    reader = make.key(native, kind="key", scopes=["audit:read"])
    blind = make.key(native, kind="key", scopes=["keys:read"])
    assert {r["account"] for r in root.using(token=reader["key"]).get("/v1/audit", expect=200)["data"]} == {native["id"]}
    root.using(token=blind["key"]).get("/v1/audit", expect=403)


# ---- starts and stops

def test_a_stopping_daemon_signs_and_the_next_one_goes_on(own):
    daemon = own("--audit-origin", "keys.example.com/audit")
    root = daemon.root()
    account = root.post("/v1/accounts", {"profile": "anima", "slug": unique("a"), "name": "A"}, expect=201).json
    assert daemon.stop() == 0
    daemon.start()
    root = daemon.root()
    last = root.get("/v1/audit/checkpoint", expect=200).json
    key = Key(last["key"])
    assert key.name == "keys.example.com/audit" and last["size"] == 3
    root.delete(f"/v1/accounts/{account['id']}", expect=204)
    made, again = checkpoint(root)
    assert made["size"] == 4 and again.public == key.public
    hashes = read_export(export(root))[2]
    proof = root.get(f"/v1/audit/proof?from={last['size']}&to={made['size']}", expect=200).json
    assert [base64.b64decode(h) for h in proof["hashes"]] == consistency(3, hashes)
    assert key.open(made["checkpoint"]) == (4, merkle_root(hashes))


def test_a_log_keeps_its_name(own):
    daemon = own("--audit-origin", "one.example/log")
    assert daemon.stop() == 0
    daemon.args = ["--audit-origin", "other.example/log"]
    daemon.launch()
    assert daemon.process.wait(30) == 1
    assert "the audit log is called one.example/log" in daemon.log()
    daemon.args = []
    daemon.start()
    daemon.root().get("/v1/audit/checkpoint", expect=200)
