"""Events: what changed, and which keys were refused; who sees them; that none is told twice, and none by halves."""

import os
import re
import time

import pytest

from cardea_test.cli import Cli
from cardea_test.events import eventually, events
from cardea_test.fixtures import Maker
from cardea_test.openapi import ROOT
from cardea_test.receiver import until

LOGS = "/v1/authorize/anima/v1/logs"


def metric(client, name):
    text = client.get("/metrics", expect=200, record=False).body.decode()
    return float(re.search(rf"^{name} (\S+)$", text, re.M)[1])


def exposed(root, key, **headers):
    return root.using(token=key["key"], headers={"Origin": "https://shop.example", **headers}).get(LOGS, expect=403)


@pytest.fixture
def account(make):
    return make.account("anima")


@pytest.fixture
def master(make, account):
    return make.key(account, kind="master")


# ---- the list

def test_changes_newest_first(root, make):
    account = make.account()
    key = make.key(account)
    root.patch(f"/v1/keys/{key['id']}", {"name": "other"}, expect=200)
    root.delete(f"/v1/keys/{key['id']}", expect=200)
    told = events(root, account=account["id"])
    assert [e["type"] for e in told] == ["key.revoked", "key.updated", "key.created", "account.created"]
    assert [e["id"] for e in told] == sorted((e["id"] for e in told), reverse=True)
    for event in told:
        assert event["account"] == account["id"] and event["actor"] == "root" and "address" not in event
        assert event["subject"] == (key["id"] if event["type"].startswith("key.") else account["id"])
    assert told[2]["data"]["prefix"] == key["prefix"]


def test_filters_and_pages(root, make):
    account = make.account()
    keys = [make.key(account) for _ in range(5)]
    root.delete(f"/v1/keys/{keys[1]['id']}", expect=200)
    whose = f"account={account['id']}"
    first = root.get(f"/v1/events?{whose}&limit=3", expect=200)
    assert len(first["data"]) == 3 and first["next_cursor"] == first["data"][-1]["id"]
    rest = root.get(f"/v1/events?{whose}&limit=4&cursor={first['next_cursor']}", expect=200)
    assert len(rest["data"]) == 4 and rest["next_cursor"] is None
    assert [e["id"] for e in first["data"] + rest["data"]] == [e["id"] for e in events(root, account=account["slug"])]
    assert [e["subject"] for e in events(root, account=account["id"], type="key.created")] == [k["id"] for k in reversed(keys)]
    assert [e["type"] for e in events(root, key=keys[1]["id"])] == ["key.revoked", "key.created"]
    assert [e["type"] for e in events(root, key=keys[1]["id"], type="key.revoked")] == ["key.revoked"]
    assert events(root, account=make.account()["id"], key=keys[1]["id"]) == []
    everything = root.get("/v1/events?limit=200", expect=200)["data"]
    assert {e["id"] for e in first["data"]} <= {e["id"] for e in everything} and len({e["account"] for e in everything}) > 1


@pytest.mark.parametrize("query,where", [("limit=0", "query/limit"), ("limit=201", "query/limit"), ("cursor=key_01jd3v8k2m4ta", "query/cursor"),
                                         ("cursor=x", "query/cursor"), ("key=crd_x", "query/key"), ("key=evt_01jd3v8k2m4ta", "query/key"),
                                         ("type=" + "x" * 65, "query/type"), ("type=key", "query/type"),
                                         ("type=key.*", "query/type"), ("type=session.refused", "query/type")])
def test_what_is_asked_badly(root, query, where):
    assert root.get(f"/v1/events?{query}", expect=422).locations == [where]


def test_who_may_see_them(root, make):
    account, other = make.account(), make.account()
    make.key(account), make.key(other)
    for role in ("owner", "admin"):
        told = events(make.session(account, role))
        assert told and {e["account"] for e in told} == {account["id"]}
    for role in ("member", "viewer"):
        make.session(account, role).get("/v1/events", expect=403)
    owner = make.session(account, "owner")
    assert owner.get(f"/v1/events?account={other['id']}", expect=403).code == "forbidden"
    assert owner.get(f"/v1/events?account={account['slug']}", expect=200)["data"]
    root.using(token=None).get("/v1/events", expect=401)
    root.using(token=make.key(account)["key"]).get("/v1/events", expect=403)
    root.get("/v1/events?account=nowhere", expect=404)


def test_management_keys(root, make, verifier):
    account = make.account("cardea")
    for scopes, status in ((["audit:read"], 200), (["*"], 200), (["keys:read", "keys:write"], 403)):
        key = make.key(account, scopes=scopes)
        reply = root.using(token=key["key"]).get("/v1/events", expect=status)
        if status == 200:
            assert {e["account"] for e in reply["data"]} == {account["id"]}
        else:
            assert reply.code == "INSUFFICIENT_SCOPE"
    verifier.get("/v1/events", expect=403)


# ---- refusals

def test_an_exposed_key(root, account, master):
    exposed(root, master)
    event = eventually(root, account=account["id"], type="key.exposed")[0]
    assert event["subject"] == master["id"] and event["actor"] == "system" and event["address"] == "127.0.0.1"
    detail = event["data"]
    assert (detail["prefix"], detail["kind"], detail["code"], detail["denial_count"]) == (master["prefix"], "master", "CLIENT_SIDE", 1)
    assert "browser" in detail["reason"] and set(detail) == {"prefix", "kind", "code", "reason", "seen_at", "denial_count"}
    assert [e["id"] for e in events(root, key=master["id"], type="key.exposed")] == [event["id"]]


@pytest.mark.parametrize("typed, meant", [("key.expose", "key.exposed"), ("key.crated", "key.created"), ("user.updatd", "user.updated"), ("Key.Denied", "key.denied")])
def test_a_type_that_is_mistyped_is_named(root, shared, tmp_path, typed, meant):
    cli = Cli(tmp_path, CARDEA_API_URL=f"http://127.0.0.1:{shared.port}", CARDEA_API_KEY=shared.root_key())
    said = cli("events", "list", "--type", typed, code=None)
    assert said.code == 1 and said.out == "" and f"--type: There is no such type. Did you mean `{meant}`?" in said.err


def test_each_type_that_is_recorded_may_be_asked_for(root):
    """Whoever adds a type to the source and not to the table (src/service/event_types.c) is told here."""
    source = "".join(file.read_text() for folder in ("service", "http") for file in sorted((ROOT / "src" / folder).glob("*.c")) if file.name != "event_types.c")
    table = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', (ROOT / "src/service/event_types.c").read_text()))
    kinds = {name.split(".")[0] for name in table}
    recorded = {name for name in re.findall(r'"([a-z_]+\.[a-z_]+)"', source) if name.split(".")[0] in kinds}
    recorded |= set(re.findall(r'service_(?:record|notify)\w*\(\s*&?\w+,\s*"([^"]+)"', source))
    of_the_log_alone = {"session.refused", *re.findall(r'service_audit_only\(\s*&?\w+,\s*"([^"]+)"', source)}
    assert len(recorded) > 50 and recorded - of_the_log_alone == table
    for name in sorted(table | {"webhook.test"}):
        root.get(f"/v1/events?type={name}&limit=1", expect=200)


def test_a_flood_is_one_event_and_counted(root, make, account):
    make.key(account, kind="master")
    key = make.key(account, kind="agent", agent=root.post("/v1/agents", {"account": account["id"], "slug": "bot"}, expect=201)["id"])
    client = root.using(token=key["key"])
    for _ in range(300):
        client.get(LOGS, expect=403)
    told = eventually(root, account=account["id"], type="key.denied")
    time.sleep(2.5)
    for _ in range(20):
        client.get(LOGS, expect=403)
    time.sleep(2.5)
    assert events(root, account=account["id"], type="key.denied") == told and len(told) == 1
    assert told[0]["data"]["code"] == "INSUFFICIENT_SCOPE" and told[0]["data"]["denial_count"] <= 300
    shown = root.get(f"/v1/keys/{key['id']}", expect=200)
    assert (shown["denial_count"], shown["use_count"]) == (320, 0)


def test_each_reason_is_told(root, make):
    account = make.account()
    key = make.key(account, scopes=["read"], ip_allow=["192.0.2.0/24"])
    path = "/v1/authorize/animus/api/v1/content/recent"
    client = root.using(token=key["key"])
    client.get(path, expect=403)
    root.patch(f"/v1/keys/{key['id']}", {"ip_allow": [], "enabled": False}, expect=200)
    client.get(path, expect=401)
    root.delete(f"/v1/keys/{key['id']}", expect=200)
    client.get(path, expect=401)
    told = eventually(root, 3, key=key["id"], type="key.denied")
    assert {e["data"]["code"] for e in told} == {"REVOKED", "DISABLED", "IP_DENIED"}
    root.verify(key["key"], cost=0)
    assert root.get(f"/v1/keys/{key['id']}", expect=200)["denial_count"] == 3, "a look is no use"


def test_grants_and_strangers_are_not_told(root, make, master, account):
    root.using(token=master["key"]).get(LOGS, expect=200)
    root.using(token=master["key"][:-1] + ("x" if master["key"][-1] != "x" else "y")).get(LOGS, expect=401)
    time.sleep(2.2)
    assert {e["type"] for e in events(root, account=account["id"])} == {"account.created", "key.created"}


def test_metrics_tell_of_them(root, master):
    before, lost = metric(root, "cardea_notices_recorded_total"), metric(root, "cardea_notices_lost_total")
    coalesced = metric(root, "cardea_notices_coalesced_total")
    exposed(root, master)
    eventually(root, key=master["id"], type="key.exposed")
    assert metric(root, "cardea_notices_recorded_total") >= before + 1
    assert metric(root, "cardea_notices_lost_total") == lost
    for _ in range(3):
        time.sleep(1.1)
        exposed(root, master)
    until(lambda: metric(root, "cardea_notices_coalesced_total") >= coalesced + 2)


# ---- the ring

def anima(daemon):
    make = Maker(daemon.root())
    account = make.account("anima")
    return make.key(account, kind="master"), make.key(account, kind="master")


def test_nothing_is_told_twice(own):
    daemon = own()
    first, second = anima(daemon)
    exposed(daemon.root(), first)
    told = eventually(daemon.root(), type="key.exposed")
    for _ in range(2):
        assert daemon.stop() == 0
        daemon.start()
    time.sleep(2.5)
    assert events(daemon.root(), type="key.exposed") == told
    exposed(daemon.root(), second)
    assert len(eventually(daemon.root(), 2, type="key.exposed")) == 2


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_what_was_not_read_yet_is_told_after_a_restart(own, end):
    daemon = own()
    first, _ = anima(daemon)
    exposed(daemon.root(), first)
    getattr(daemon, end)()
    daemon.start()
    assert eventually(daemon.root(), type="key.exposed")[0]["subject"] == first["id"]
    time.sleep(2.2)
    assert len(events(daemon.root(), type="key.exposed")) == 1


@pytest.mark.parametrize("spoil", ["cut", "cut a little", "gone", "foreign"])
def test_a_ring_that_somebody_spoils(own, spoil):
    """Whoever verifies may write the file: the daemon goes on deciding, and a restart makes it anew."""
    daemon = own()
    first, second = anima(daemon)
    path = daemon.runtime / "notices"
    exposed(daemon.root(), first)
    eventually(daemon.root(), type="key.exposed")
    size = path.stat().st_size
    if spoil == "cut":
        os.truncate(path, 0)
    elif spoil == "cut a little":
        os.truncate(path, size - 1)
    elif spoil == "gone":
        path.unlink()
    else:
        path.write_bytes(os.urandom(size))
    for key in (first, second):
        exposed(daemon.root(), key)
        assert daemon.root().using(token=key["key"]).get(LOGS, expect=200)
    time.sleep(2.2)
    assert daemon.root().get("/livez").status == 200
    assert daemon.stop() == 0
    daemon.start()
    assert path.stat().st_size == size
    before = len(events(daemon.root(), type="key.exposed"))
    exposed(daemon.root(), second)
    assert len(eventually(daemon.root(), before + 1, type="key.exposed")) == before + 1
    assert daemon.stop() == 0


# ---- the command line

def test_events_list(shared, tmp_path, root, account, master):
    cli = Cli(tmp_path, CARDEA_API_URL=f"http://127.0.0.1:{shared.port}", CARDEA_API_KEY=shared.root_key())
    exposed(root, master)
    event = eventually(root, key=master["id"], type="key.exposed")[0]
    row = cli("events", "list", "--account", account["slug"], "--type", "key.exposed").rows
    assert row == [[event["timestamp"], "key.exposed", master["id"], master["prefix"], "CLIENT_SIDE", "127.0.0.1", "system", event["id"]]]
    assert cli("events", "list", "--key", master["id"], "--all", "-q").out.split() == [e["id"] for e in events(root, key=master["id"])]
    assert cli("events", "list", "--account", account["slug"], "--limit", 1, "--json").json["next_cursor"] == event["id"]
    assert "key.exposed" in cli("events", "list", "--help").out
    shown = dict(cli("api-keys", "show", master["id"]).rows)
    assert (shown["denials"], shown["uses"]) == ("1", "0")
