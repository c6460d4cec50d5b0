"""The audit log: what is recorded, who sees it, and that it proves itself, by a verifier written from the standards."""

import base64
import hashlib
import json
import re
import sqlite3
import time

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


def test_a_checkpoint_is_an_event_and_no_record(root, make):
    """Or each would ask for the next one."""
    make.account()
    made, key = checkpoint(root)
    told = root.get("/v1/events?type=audit.checkpoint&limit=1", expect=200)["data"][0]
    assert told["data"] == {"origin": made["origin"], "size": made["size"], "root_hash": made["root_hash"],
                            "checkpoint": made["checkpoint"], "key": made["key"]}
    assert told["account"] == root.get("/v1/accounts/cardea%2Fsystem", expect=200)["id"] and told["subject"].startswith("log_")
    assert root.get("/v1/audit?action=audit.checkpoint", expect=200)["data"] == []


def test_nothing_new_signs_nothing_new(root):
    for _ in range(5):  # what others were refused is recorded behind their replies' backs
        first, again = checkpoint(root)[0], checkpoint(root)[0]
        if first == again:
            break
    assert first == again


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


def test_records_of_an_older_store_are_sealed(own):
    """As after an upgrade: there are records, and no tree yet."""
    daemon = own()
    for _ in range(70):
        daemon.root().post("/v1/accounts", {"profile": "anima", "slug": unique("a"), "name": "A"}, expect=201)
    assert daemon.stop() == 0
    with sqlite3.connect(daemon.data / "cardea.db") as store:
        for table in ("audit_tile", "audit_span", "audit_checkpoint"):
            store.execute(f"DELETE FROM {table}")
        store.execute("DELETE FROM meta WHERE name LIKE 'audit%'")
        store.execute("UPDATE audit SET source_hash = NULL")
        store.execute("UPDATE audit_address SET salt = x''")
    store.close()
    daemon.start()
    root = daemon.root()
    made, key = checkpoint(root)
    assert made["size"] == 72
    assert key.open(made["checkpoint"]) == (72, merkle_root([leaf(r) for r in read_export(export(root))[1]]))
    last = root.get("/v1/audit?limit=1", expect=200)["data"][0]
    assert last["address"] == "127.0.0.1" and last["source"] is None and last["address_salt"] is None


# ---- what is recorded

def test_changes_say_what_was_before_and_after(root, make):
    account = make.account()
    user, other = make.member(account, "member"), make.member(account, "owner")

    def told(subject, action):
        return root.get(f"/v1/audit?subject={subject}&action={action}", expect=200)["data"][0]["detail"]

    root.patch(f"/v1/accounts/{account['id']}", {"status": "suspended", "name": "Other"}, expect=200)
    assert told(account["id"], "account.suspended") == {
        "changed": ["name", "status"], "before": {"status": "active"}, "after": {"status": "suspended"}}
    root.patch(f"/v1/accounts/{account['id']}", {"status": "active"}, expect=200)
    root.put(f"/v1/accounts/{account['id']}/members/{user['id']}", {"role": "admin"}, expect=200)
    assert told(user["id"], "member.updated") == {"before": {"role": "member"}, "after": {"role": "admin"}}
    root.patch(f"/v1/users/{user['id']}", {"disabled": True}, expect=200)
    assert told(user["id"], "user.disabled") == {"changed": ["disabled"], "before": {"disabled": False}, "after": {"disabled": True}}
    agent = root.post("/v1/agents", {"account": account["id"], "slug": unique("agent"), "name": "A"}, expect=201).json
    root.patch(f"/v1/agents/{agent['id']}", {"enabled": False, "name": "B"}, expect=200)
    assert told(agent["id"], "agent.updated") == {
        "slug": agent["slug"], "changed": ["name", "enabled"], "before": {"enabled": True}, "after": {"enabled": False}}
    key = make.key(account)
    root.delete(f"/v1/keys/{key['id']}", expect=200)
    revoked = told(key["id"], "key.revoked")
    assert (revoked["before"], revoked["after"]) == ({"status": "active"}, {"status": "revoked"})
    assert told(other["id"], "user.created") == {}, "who that is stands in a table that can be erased"


def refusals(root, query):
    """They are recorded behind the reply's back."""
    deadline = time.monotonic() + 60
    while not (found := root.get(f"/v1/audit?{query}", expect=200)["data"]):
        assert time.monotonic() < deadline, query
        time.sleep(0.02)
    return found


def test_logins(root, make):
    account = make.account()
    user = make.member(account)
    wrong = {"email": user["email"], "password": "not what it is"}
    for _ in range(3):
        root.using(token=None).post("/v1/sessions", wrong, expect=401)
    root.using(token=None).post("/v1/sessions", {"email": user["email"], "password": user["password"]}, expect=201)
    refused = refusals(root, f"action=session.refused&subject={user['id']}")
    assert len(refused) == 1, "the same once a minute"
    assert refused[0]["actor"] == "nobody" and refused[0]["detail"]["reason"] == "password" and refused[0]["address"] == "127.0.0.1"
    started = refusals(root, f"actor={user['id']}&action=session.started")
    assert len(started) == 1 and started[0]["account"] == account["id"]
    root.using(token=None).post("/v1/sessions", {"token": "a.b.c"}, expect=401)
    assert refusals(root, "action=session.refused&subject=nobody")[0]["detail"]["reason"] in ("token", "password")


def test_denied_management(root, make):
    account = make.account()
    key = make.key(account)
    viewer = make.session(account, "viewer")
    for _ in range(5):
        viewer.delete(f"/v1/keys/{key['id']}", expect=403)
    viewer.post("/v1/accounts", {"profile": "anima", "slug": "x", "name": "x"}, expect=403)
    denied = refusals(root, f"action=request.denied&subject={key['id']}")
    assert len(denied) == 1
    assert denied[0]["actor"] == viewer.user["id"] and denied[0]["account"] == account["id"]
    assert {k: denied[0]["detail"][k] for k in ("operation", "method", "status", "code")} == {
        "operation": "keys_revoke", "method": "DELETE", "status": 403, "code": "forbidden"}
    assert refusals(root, f"action=request.denied&subject=accounts_create&actor={viewer.user['id']}")
    # A key in a path, where none belongs, is not repeated.
    root.using(token=key["key"]).get(f"/v1/keys/{key['key']}", expect=403)
    seen = refusals(root, f"action=request.denied&actor={key['id']}")
    assert seen[0]["subject"] == "keys_get" and key["key"] not in json.dumps(seen)


def test_a_flood_of_refusals_does_not_fill_the_log(own):
    """Each from another place, as far as the daemon is told."""
    daemon = own("--trusted-proxies", "127.0.0.1")
    root = daemon.root()
    stranger = root.using(token="crd_nobodyhasthiskeynobodyhasthiskey")
    for i in range(150):
        stranger.get("/v1/keys", headers={"X-Forwarded-For": f"203.0.113.{i}"}, expect=401, record=False)
    before = root.get("/v1/audit?action=request.denied&limit=200", expect=200)["data"]
    assert len(before) <= 120, "60 a minute, and the minute may have turned"
    untold = int(re.search(r"^cardea_audit_untold_total (\d+)$", root.get("/metrics", record=False).body.decode(), re.M)[1])
    assert untold >= 30


# ---- what cannot be recorded is not done

def test_a_change_that_cannot_be_recorded_fails(own):
    daemon = own()
    root = daemon.root()
    account = root.post("/v1/accounts", {"profile": "animus", "slug": unique("a"), "name": "A"}, expect=201).json
    key = root.post("/v1/keys", {"account": account["id"], "name": "k", "scopes": ["read"]}, expect=201).json
    store = sqlite3.connect(daemon.data / "cardea.db")
    store.execute("CREATE TRIGGER no_room BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END")
    store.commit()
    calls = [("DELETE", f"/v1/keys/{key['id']}", None), ("PATCH", f"/v1/keys/{key['id']}", {"enabled": False}),
             ("POST", f"/v1/keys/{key['id']}/rotate", {}), ("POST", "/v1/keys", {"account": account["id"], "name": "l", "scopes": ["read"]}),
             ("POST", "/v1/accounts", {"profile": "animus", "slug": unique("a"), "name": "A"}),
             ("PATCH", f"/v1/accounts/{account['id']}", {"status": "suspended"}), ("DELETE", f"/v1/accounts/{account['id']}", None),
             ("POST", "/v1/users", {"email": "a@example.com", "name": "A", "password": "long enough a passphrase"}),
             ("POST", "/v1/agents", {"account": account["id"], "slug": "agent", "name": "A"})]
    for method, path, body in calls:
        assert root.call(method, path, body, expect=503).json["code"] == "store_unavailable"
    assert root.get("/v1/users", expect=200)["data"] == [] and len(root.get("/v1/accounts", expect=200)["data"]) == 2
    assert root.verify(key["key"])["code"] == "VALID", "it was not revoked, neither here nor in the snapshot"
    store.execute("DROP TRIGGER no_room")
    store.commit()
    store.close()
    root.delete(f"/v1/keys/{key['id']}", expect=200)
    assert root.verify(key["key"])["code"] == "REVOKED"
    made, k = checkpoint(root)
    assert k.open(made["checkpoint"])[1] == merkle_root([leaf(r) for r in read_export(export(root))[1]])


# ---- what goes

def test_addresses_can_be_erased_and_the_log_still_holds(root, make):
    account = make.account()
    session = make.session(account, "owner")
    session.patch(f"/v1/accounts/{account['id']}", {"name": "Other"}, expect=200)
    who = session.user["id"]
    before, key = checkpoint(root)
    assert {r["address"] for r in root.get(f"/v1/audit?actor={who}", expect=200)["data"]} == {"127.0.0.1"}
    root.delete(f"/v1/users/{who}", expect=204)
    for record in root.get(f"/v1/audit?actor={who}", expect=200)["data"]:
        assert record["address"] is None and record["address_salt"] is None and record["source"], "the record itself is as it was"
    made, _ = checkpoint(root)
    hashes = [leaf(r) for r in read_export(export(root))[1]]
    assert key.open(before["checkpoint"]) == (before["size"], merkle_root(hashes[: before["size"]]))
    assert key.open(made["checkpoint"])[1] == merkle_root(hashes[: made["size"]])


def test_old_records_go_and_what_is_left_is_proven(own):
    daemon = own()
    root = daemon.root()
    for _ in range(40):
        root.post("/v1/accounts", {"profile": "anima", "slug": unique("a"), "name": "A"}, expect=201)
    early, key = checkpoint(root)
    all_hashes = read_export(export(root))[2]
    for _ in range(40):
        root.post("/v1/accounts", {"profile": "anima", "slug": unique("a"), "name": "A"}, expect=201)
    late, _ = checkpoint(root)
    all_hashes = read_export(export(root))[2]
    assert daemon.stop() == 0
    with sqlite3.connect(daemon.data / "cardea.db") as store:  # as if that had been long ago
        store.execute("UPDATE audit_checkpoint SET at_ms = at_ms - 172800000 WHERE size <= ?", (early["size"],))
    store.close()
    daemon.args = ["--audit-keep", "1d", "--audit-addresses-keep", "1d"]
    daemon.start()
    root = daemon.root()
    pruned = refusals(root, "action=audit.pruned")[0]
    assert pruned["actor"] == "system" and pruned["detail"] == {"first_kept": early["size"]}
    assert min(r["index"] for r in root.pages("/v1/audit?limit=200")) == early["size"]
    made, _ = checkpoint(root)
    head, records, hashes, checkpoints = read_export(export(root))
    assert head["from"] == early["size"] and min(checkpoints) == late["size"]
    assert [leaf(r) for r in records] == hashes and hashes[:40] == all_hashes[early["size"] :]
    # The hashes of what went are there: every proof can be made.
    hashes = all_hashes[: early["size"]] + hashes
    assert key.open(made["checkpoint"]) == (len(hashes), merkle_root(hashes))
    proof = root.get(f"/v1/audit/proof?from=7&to={made['size']}", expect=200).json
    assert [base64.b64decode(h) for h in proof["hashes"]] == consistency(7, hashes)
    gone = root.get("/v1/audit/proof?index=3", expect=200).json
    assert gone["record"] is None and [base64.b64decode(h) for h in gone["hashes"]] == path(3, hashes)


def test_the_newest_record_stays(own):
    daemon = own()
    made, _ = checkpoint(daemon.root())
    assert daemon.stop() == 0
    with sqlite3.connect(daemon.data / "cardea.db") as store:
        store.execute("UPDATE audit_checkpoint SET at_ms = at_ms - 172800000")
    store.close()
    daemon.args = ["--audit-keep", "1d"]
    daemon.start()
    pruned = refusals(daemon.root(), "action=audit.pruned")
    assert pruned[0]["index"] == made["size"] and pruned[0]["detail"] == {"first_kept": made["size"] - 1}
    checkpoint(daemon.root())
