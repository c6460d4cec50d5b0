"""A key's life through the native API."""

import calendar
import hashlib
import re
import time

import pytest

from cardea_test.fixtures import unique
from cardea_test.moments import FORMAT, stamp, wait_past

ANIMUS = re.compile(r"anm_[0-9A-Za-z]{32}[0-9A-Za-z]{6}\Z")


def test_create_shows_the_key_this_once(root, make):
    account = make.account("animus")
    made = root.post("/v1/keys", {"account": account["id"], "name": "ci", "scopes": ["read", "search"]}, expect=201).json
    assert ANIMUS.match(made["key"]) and made["key"].startswith(made["prefix"]) and len(made["prefix"]) == len("anm_") + 4
    assert (made["status"], made["enabled"], made["use_count"], made["last_used_at"]) == ("active", True, 0, None)
    assert sorted(made["scopes"]) == ["read", "search"] and made["account"] == account["id"] and made["user"] is None
    shown = root.get(f"/v1/keys/{made['id']}", expect=200)
    assert shown.json == {k: v for k, v in made.items() if k != "key"}
    listed = root.get(f"/v1/keys?account={account['id']}", expect=200)
    assert listed["data"] == [shown.json]
    for reply in (shown, listed):
        assert made["key"].encode() not in reply.body
        assert hashlib.sha256(made["key"].encode()).hexdigest().encode() not in reply.body


def test_everything_that_can_be_asked_comes_back(root, make):
    account = make.account("animus")
    wanted = {"name": "all of it", "scopes": ["read"], "expires_at": "2031-02-03T04:05:06Z", "ip_allow": ["10.0.0.0/8", "2001:db8::/32"],
              "rate_limit": {"limit": 5, "window_sec": 60, "burst": 7}, "credits": 12, "metadata": {"team": "ü", "n": [1, {"a": None}]}}
    made = make.key(account, **wanted)
    for name, value in wanted.items():
        assert made[name] == value, name
    assert root.verify(made["key"], ip="10.1.2.3")["metadata"] == wanted["metadata"]


def test_the_default_kind_and_an_unknown_one(root, make):
    account = make.account("animus")
    made = make.key(account)
    assert make.key(account, kind=made["kind"])["kind"] == made["kind"]
    reply = root.post("/v1/keys", {"account": account["id"], "name": "x", "kind": "nonsense", "scopes": ["read"]}, expect=422)
    assert "/kind" in reply.locations


def test_a_key_made_by_a_person_names_the_person(make):
    client = make.session(make.account("animus"), "member")
    made = client.post("/v1/keys", {"name": "mine", "scopes": ["read"]}, expect=201).json
    assert made["user"] == client.user["id"] and made["account"] == client.session["account"]


def test_change_takes_effect_at_once_and_the_secret_stays(root, make):
    made = make.key(make.account("animus"), scopes=["read"])
    path = f"/v1/keys/{made['id']}"
    assert root.verify(made["key"], scope="write")["code"] == "INSUFFICIENT_SCOPE"
    changed = root.patch(path, {"scopes": ["write"], "name": "renamed"}, expect=200).json
    assert changed["scopes"] == ["write"] and changed["name"] == "renamed" and changed["prefix"] == made["prefix"]
    assert root.verify(made["key"], scope="write")["code"] == "VALID"
    assert root.verify(made["key"], scope="read")["code"] == "INSUFFICIENT_SCOPE"


def test_disable_and_enable(root, make):
    made = make.key(make.account("animus"))
    path = f"/v1/keys/{made['id']}"
    off = root.patch(path, {"enabled": False}, expect=200)
    assert (off["enabled"], off["status"]) == (False, "disabled")
    assert root.verify(made["key"])["code"] == "DISABLED"
    assert root.patch(path, {"enabled": True}, expect=200)["status"] == "active"
    assert root.verify(made["key"])["code"] == "VALID"


def test_an_empty_change_changes_nothing(root, make):
    made = make.key(make.account("animus"))
    assert root.patch(f"/v1/keys/{made['id']}", {}, expect=200).json == {k: v for k, v in made.items() if k != "key"}


def test_null_removes(root, make):
    made = make.key(make.account("animus"), expires_at="2031-01-01T00:00:00Z", rate_limit={"limit": 1, "window_sec": 1}, credits=3)
    gone = root.patch(f"/v1/keys/{made['id']}", {"expires_at": None, "rate_limit": None, "credits": None}, expect=200)
    assert (gone["expires_at"], gone["rate_limit"], gone["credits"]) == (None, None, None)
    assert [root.verify(made["key"])["code"] for _ in range(6)] == ["VALID"] * 6


def test_revoke_is_at_once_for_good_and_repeatable(root, make):
    made = make.key(make.account("animus"))
    path = f"/v1/keys/{made['id']}"
    gone = root.delete(path + "?reason=leaked%20in%20a%20log", expect=200)
    assert (gone["status"], gone["revoke_reason"]) == ("revoked", "leaked in a log") and gone["revoked_at"]
    assert root.verify(made["key"])["code"] == "REVOKED"
    again = root.delete(path, expect=200)
    assert (again["revoked_at"], again["revoke_reason"]) == (gone["revoked_at"], "leaked in a log"), "the first reason stays"
    assert root.patch(path, {"enabled": True}, expect=409).code == "key_revoked"
    assert root.patch(path, {"name": "x"}, expect=409).code == "key_revoked"
    assert root.post(path + "/rotate", {}, expect=409).code == "key_revoked"
    assert root.verify(made["key"])["code"] == "REVOKED"


def test_the_reason_in_a_body(root, make):
    made = make.key(make.account("animus"))
    assert root.delete(f"/v1/keys/{made['id']}", {"reason": "in the body"}, expect=200)["revoke_reason"] == "in the body"


def test_revoke_waits_for_every_node(root, make):
    made = make.key(make.account("animus"))
    assert root.delete(f"/v1/keys/{made['id']}?wait=all", expect=200)["status"] == "revoked"
    assert root.delete(f"/v1/keys/{made['id']}?wait=some").status == 422


def test_list_by_status_kind_and_page(root, make):
    account = make.account("animus")
    keys = [make.key(account, name=f"k{i}") for i in range(7)]
    root.delete(f"/v1/keys/{keys[0]['id']}", expect=200)
    root.patch(f"/v1/keys/{keys[1]['id']}", {"enabled": False}, expect=200)
    base = f"/v1/keys?account={account['id']}"
    assert [k["id"] for k in root.pages(base + "&limit=3")] == [k["id"] for k in reversed(keys)], "newest first"
    assert [k["id"] for k in root.pages(base + "&status=revoked")] == [keys[0]["id"]]
    assert [k["id"] for k in root.pages(base + "&status=disabled")] == [keys[1]["id"]]
    active = [k["id"] for k in root.pages(base + "&status=active&limit=1")]
    assert set(active) == {k["id"] for k in root.pages(base) if k["status"] == "active"}
    assert len(root.pages(base + f"&kind={keys[0]['kind']}")) == 7
    assert root.get(base + "&status=weird").status == 422
    assert root.get(base + "&limit=0").status == 422
    assert root.get(base + "&limit=201").status == 422
    assert root.get(base + "&limit=abc").status == 422
    assert root.get(base + "&cursor=%21%21").status == 422


def test_root_lists_the_keys_of_all_accounts_or_is_told_to_name_one(root, make):
    key = make.key(make.account("animus"))
    reply = root.get("/v1/keys?limit=200")
    assert reply.status == 422 or key["id"] in {k["id"] for k in root.pages("/v1/keys?limit=200")}


def test_rotation_keeps_both_for_the_overlap(root, make):
    account = make.account("animus")
    old = make.key(account, scopes=["read", "write"], metadata={"a": 1}, ip_allow=["10.0.0.0/8"])
    new = root.post(f"/v1/keys/{old['id']}/rotate", {"overlap_sec": 3600}, expect=201).json
    assert new["id"] != old["id"] and new["key"] != old["key"] and new["rotated_from"] == old["id"]
    for same in ("name", "kind", "account", "scopes", "metadata", "ip_allow"):
        assert new[same] == old[same], same
    assert root.verify(old["key"], ip="10.0.0.1")["code"] == "VALID" and root.verify(new["key"], ip="10.0.0.1")["code"] == "VALID"
    was = root.get(f"/v1/keys/{old['id']}", expect=200)
    assert was["rotated_to"] == new["id"] and was["expires_at"] is not None
    reply = root.post(f"/v1/keys/{old['id']}/rotate", {})
    assert reply.status == 409, reply


def test_rotation_with_no_overlap_ends_the_old_key_at_once(root, make):
    old = make.key(make.account("animus"))
    new = root.post(f"/v1/keys/{old['id']}/rotate", {"overlap_sec": 0}, expect=201).json
    assert root.verify(old["key"])["code"] == "REVOKED"
    assert root.verify(new["key"])["code"] == "VALID"


def test_rotation_overlap_ends_by_the_second(root, make):
    old = make.key(make.account("animus"))
    root.post(f"/v1/keys/{old['id']}/rotate", {"overlap_sec": 2}, expect=201)
    ends = calendar.timegm(time.strptime(root.get(f"/v1/keys/{old['id']}", expect=200)["expires_at"], FORMAT))
    code = None
    while code != "EXPIRED":
        before = time.time()
        code = root.verify(old["key"])["code"]
        assert code == ("VALID" if time.time() < ends else "EXPIRED" if before >= ends else code), (before - ends, time.time() - ends)
        assert code in ("VALID", "EXPIRED")
        time.sleep(0.05)


def test_the_default_overlap_is_a_day(root, make):
    old = make.key(make.account("animus"))
    root.post(f"/v1/keys/{old['id']}/rotate", expect=201)
    ends = root.get(f"/v1/keys/{old['id']}", expect=200)["expires_at"]
    left = time.mktime(time.strptime(ends, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone - time.time()
    assert abs(left - 86400) < 60


def test_rotation_never_outlives_the_old_key(root, make):
    """Overlap is a shortening: a key that would have expired sooner still does."""
    soon = stamp(300)
    old = make.key(make.account("animus"), expires_at=soon)
    root.post(f"/v1/keys/{old['id']}/rotate", {"overlap_sec": 86400}, expect=201)
    assert root.get(f"/v1/keys/{old['id']}", expect=200)["expires_at"] == soon


def test_the_limit_counts_active_keys_and_says_how_to_make_room(root, make):
    account = make.account("animus")
    keys = [make.key(account) for _ in range(10)]
    body = {"account": account["id"], "name": "eleventh", "scopes": ["read"]}
    reply = root.post("/v1/keys", body, expect=409)
    assert reply.code == "key_limit_reached" and "10" in reply["detail"] and "revoke" in reply["detail"].lower()
    root.post(f"/v1/keys/{keys[0]['id']}/rotate", {"overlap_sec": 3600}, expect=201)
    root.post("/v1/keys", body, expect=409)
    root.delete(f"/v1/keys/{keys[1]['id']}", expect=200)
    eleventh = root.post("/v1/keys", body, expect=201).json
    root.patch(f"/v1/keys/{keys[2]['id']}", {"enabled": False}, expect=200)
    root.post("/v1/keys", body, expect=201)
    assert root.patch(f"/v1/keys/{keys[2]['id']}", {"enabled": True}, expect=409).code == "key_limit_reached"
    assert root.verify(eleventh["key"])["valid"]


def test_expired_keys_make_room_and_come_back_only_if_there_is_some(root, make):
    account = make.account("animus")
    soon = stamp(5)
    expiring = make.key(account, expires_at=soon)
    for _ in range(9):
        make.key(account)
    body = {"account": account["id"], "name": "x", "scopes": ["read"]}
    root.post("/v1/keys", body, expect=409)
    wait_past(soon)
    root.post("/v1/keys", body, expect=201)
    assert root.patch(f"/v1/keys/{expiring['id']}", {"expires_at": None}, expect=409).code == "key_limit_reached"


def test_a_key_reads_and_revokes_itself(root, make):
    made = make.key(make.account("animus"))
    me = root.using(token=made["key"])
    shown = me.get("/v1/keys/self", expect=200).json
    assert shown["id"] == made["id"] and "key" not in shown
    gone = me.post("/v1/keys/self/revoke", {"reason": "found in a repository"}, expect=200)
    assert gone["status"] == "revoked" and gone["revoke_reason"] == "found in a repository"
    assert root.verify(made["key"])["code"] == "REVOKED"
    assert me.get("/v1/keys/self").status == 401
    assert me.post("/v1/keys/self/revoke", {}).status == 401


def test_imported_digests_work_and_stay_unknown(root, make):
    account = make.account("animus")
    kind = make.key(account)["kind"]
    keys = [make.key(make.account("animus"))["key"] for _ in range(3)]
    secrets = [key[:-1] + ("x" if key[-1] != "x" else "y") for key in keys]  # shapes of nobody's keys
    foreign = []
    for text in secrets:
        foreign.append({"sha256": hashlib.sha256(text.encode()).hexdigest(), "name": "old", "prefix": text[:8], "scopes": ["read"]})
    made = root.post("/v1/keys/import", {"account": account["id"], "kind": kind, "keys": foreign}, expect=201)["data"]
    assert [k["prefix"] for k in made] == [f["prefix"] for f in foreign]
    assert all("key" not in k for k in made)
    taken = root.post("/v1/keys/import", {"account": account["id"], "kind": kind, "keys": foreign[:1]}, expect=409)
    assert taken.code == "digest_taken"
    root.delete(f"/v1/keys/{made[0]['id']}", expect=200)


def test_an_imported_key_of_the_right_shape_verifies(root, make):
    """A key that this very template could have made: one is made, revoked by deleting its account, and imported elsewhere."""
    from cardea_test.keys import mint
    account = make.account("animus")
    kind = make.key(account)["kind"]
    key = mint("anm_", 32)
    assert root.verify(key)["code"] == "NOT_FOUND"
    digest = hashlib.sha256(key.encode()).hexdigest()
    made = root.post("/v1/keys/import", {"account": account["id"], "kind": kind,
                                         "keys": [{"sha256": digest.upper(), "scopes": ["search"]}]}, expect=201)["data"][0]
    decision = root.verify(key, scope="search")
    assert decision["valid"] and decision["key_id"] == made["id"]
    root.delete(f"/v1/keys/{made['id']}", expect=200)
    assert root.verify(key)["code"] == "REVOKED"


def test_import_is_all_or_nothing_and_exempt_from_the_limit(root, make):
    account = make.account("animus")
    kind = make.key(account)["kind"]
    digests = [hashlib.sha256(unique("import").encode()).hexdigest() for _ in range(12)]
    base = {"account": account["id"], "kind": kind}
    bad = [{"sha256": d, "scopes": ["read"]} for d in digests]
    assert root.post("/v1/keys/import", {**base, "keys": bad + [bad[0]]}).status in (409, 422)
    bad[5] = {"sha256": "zz", "scopes": ["read"]}
    reply = root.post("/v1/keys/import", {**base, "keys": bad}, expect=422)
    assert any("/keys/5" in where for where in reply.locations)
    assert len(root.pages(f"/v1/keys?account={account['id']}")) == 1
    made = root.post("/v1/keys/import", {**base, "keys": [{"sha256": d, "scopes": ["read"]} for d in digests]}, expect=201)["data"]
    assert len(made) == 12


def test_nobody_but_root_imports(make):
    account = make.account("animus")
    owner = make.session(account, "owner")
    owner.post("/v1/keys/import", {"account": account["id"], "keys": [{"sha256": "0" * 64}]}, expect=403)


@pytest.mark.parametrize("scopes", [["nonsense"], ["read", "nonsense"], ["READ"], [""], ["read "], ["re*"]])
def test_scopes_that_are_none(root, make, scopes):
    reply = root.post("/v1/keys", {"account": make.account("animus")["id"], "name": "x", "scopes": scopes}, expect=422)
    assert any(where.startswith("/scopes") for where in reply.locations)


def test_last_use_and_count_reach_the_store(root, make):
    made = make.key(make.account("animus"))
    for _ in range(3):
        assert root.verify(made["key"])["valid"]
    root.verify(made["key"], cost=0)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        shown = root.get(f"/v1/keys/{made['id']}", expect=200)
        if shown["use_count"] >= 3:
            break
        time.sleep(0.2)
    assert shown["use_count"] == 3 and shown["last_used_at"] is not None


def test_management_keys_of_an_account(root, make):
    """An account of the native profile has keys that manage its own keys, by their scopes."""
    account, other = make.account("cardea"), make.account("cardea")
    writer = make.key(account, kind="key", scopes=["keys:read", "keys:write"])
    reader = make.key(account, kind="key", scopes=["keys:read"])
    foreign = make.key(other, kind="key", scopes=["keys:read"])
    w, r = root.using(token=writer["key"]), root.using(token=reader["key"])
    assert {k["id"] for k in r.get("/v1/keys", expect=200)["data"]} == {writer["id"], reader["id"]}
    r.post("/v1/keys", {"name": "x", "scopes": ["keys:read"]}, expect=403)
    made = w.post("/v1/keys", {"name": "x", "kind": "key", "scopes": ["keys:read"]}, expect=201).json
    w.patch(f"/v1/keys/{made['id']}", {"name": "y"}, expect=200)
    w.get(f"/v1/keys/{foreign['id']}", expect=404)
    w.delete(f"/v1/keys/{foreign['id']}", expect=404)
    w.get(f"/v1/keys?account={other['id']}", expect=403)
    w.delete(f"/v1/keys/{made['id']}", expect=200)


def test_no_key_grants_more_than_it_has(root, make):
    account = make.account("cardea")
    writer = root.using(token=make.key(account, kind="key", scopes=["keys:read", "keys:write"])["key"])
    for scopes in (["accounts:write"], ["*"], ["keys:*"], ["users:read"]):
        reply = writer.post("/v1/keys", {"name": "x", "kind": "key", "scopes": scopes})
        assert reply.status in (403, 422), (scopes, reply)
    mine = writer.post("/v1/keys", {"name": "x", "kind": "key", "scopes": ["keys:read"]}, expect=201).json
    assert writer.patch(f"/v1/keys/{mine['id']}", {"scopes": ["*"]}).status in (403, 422)


def test_kinds_that_only_root_issues(root, make):
    account = make.account("cardea")
    owner = make.session(account, "owner")
    writer = root.using(token=make.key(account, kind="key", scopes=["*"])["key"])
    for client in (owner, writer):
        for kind in ("root", "verifier"):
            assert client.post("/v1/keys", {"name": "x", "kind": kind}).status == 403
