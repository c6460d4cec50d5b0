"""Use and refusals by the hour: exact, by reason, for who may see them; as JSON, CSV and on the command line."""

import contextlib
import csv
import datetime
import io
import re
import sqlite3

import pytest

from cardea_test.cli import Cli
from cardea_test.events import eventually
from cardea_test.receiver import until


def counts(client, **query):
    return client.get("/v1/usage?" + "&".join(f"{k}={v}" for k, v in query.items()), expect=200)["data"]


def settled(client, total, **query):
    """What the daemon has carried home, once it is so much."""
    until(lambda: sum(row["granted"] + row["refused"] for row in counts(client, **query)) >= total)
    return counts(client, **query)


@pytest.fixture(scope="module")
def used(root, make):
    """An account with two keys, used and refused a known number of times."""
    account = dict(make.account())
    busy, idle = make.key(account, name="busy"), make.key(account, name="idle")
    for _ in range(7):
        assert root.verify(busy["key"], scope="read")["valid"]
    for _ in range(3):
        assert root.verify(busy["key"], scope="write")["code"] == "INSUFFICIENT_SCOPE"
    root.patch(f"/v1/keys/{busy['id']}", {"enabled": False}, expect=200)
    for _ in range(2):
        assert root.verify(busy["key"])["code"] == "DISABLED"
    assert root.verify(idle["key"])["valid"]
    settled(root, 13, account=account["id"])
    account["keys"] = busy, idle
    return account


def test_each_use_and_refusal_is_counted_once(root, used):
    busy, idle = (key["id"] for key in used["keys"])
    rows = counts(root, account=used["id"], by="key,outcome")
    assert {(row["key_id"], row["outcome"]): (row["granted"], row["refused"]) for row in rows} == {
        (busy, "granted"): (7, 0), (busy, "INSUFFICIENT_SCOPE"): (0, 3), (busy, "DISABLED"): (0, 2), (idle, "granted"): (1, 0)}
    (row,) = counts(root, account=used["id"], by="month")
    assert (row["granted"], row["refused"], row["credits"]) == (8, 5, 0) and row["time"][7:] == "-01T00:00:00Z"
    assert [(r["granted"], r["refused"]) for r in counts(root, key=busy, by="account")] == [(7, 5)]
    shown = root.get(f"/v1/keys/{busy}", expect=200)
    assert (shown["use_count"], shown["denial_count"]) == (7, 5)


def test_grants_are_told_apart_by_the_group_of_their_route(root, make, shared, tmp_path):
    account = make.account()
    key = make.key(account, scopes=["read", "search"])
    caller = root.using(token=key["key"])
    for path, times in (("content/recent", 3), ("collections", 2), ("search?q=a", 1)):
        for _ in range(times):
            caller.get(f"/v1/authorize/animus/api/v1/{path}", expect=200)
    caller.post("/v1/authorize/animus/api/v1/content", {}, expect=403)
    root.verify(key["key"], scope="read")
    settled(root, 8, account=account["id"])
    rows = counts(root, account=account["id"], by="route_group")
    assert {row["route_group"]: (row["granted"], row["refused"]) for row in rows} == {
        None: (1, 1), "collections": (2, 0), "content": (3, 0), "search": (1, 0)}
    (row,) = counts(root, account=account["id"], by="key")
    assert (row["granted"], row["refused"]) == (7, 1)
    text = root.get(f"/v1/usage?account={account['id']}&by=route_group,outcome&format=csv", expect=200).body.decode()
    assert list(csv.reader(io.StringIO(text)))[:3] == [["outcome", "route_group", "granted", "refused", "credits"],
                                                       ["granted", "", "1", "0", "0"], ["granted", "collections", "2", "0", "0"]]
    cli = Cli(tmp_path / "home", CARDEA_API_KEY=shared.root_key(), CARDEA_API_URL=f"http://127.0.0.1:{shared.port}")
    assert ["content", "3", "0", "0"] in cli("usage", "--account", account["id"], "--by", "route_group").rows
    statement = root.get(f"/v1/billing?account={account['id']}", expect=200)
    assert {row["route_group"]: row["granted"] for row in statement["route_groups"]} == {
        None: 1, "collections": 2, "content": 3, "search": 1}


def test_credits_are_drawn_and_shown(root, make):
    account = make.account()
    key = make.key(account, credits=10)
    root.verify(key["key"], cost=4), root.verify(key["key"], cost=5)
    assert root.verify(key["key"], cost=2)["code"] == "CREDITS_EXHAUSTED"
    settled(root, 3, account=account["id"])
    rows = {row["outcome"]: row for row in counts(root, account=account["id"], by="outcome")}
    assert (rows["granted"]["granted"], rows["granted"]["credits"]) == (2, 9) and rows["CREDITS_EXHAUSTED"]["refused"] == 1


def test_ranges_are_whole_hours(root, used):
    now = datetime.datetime.now(datetime.timezone.utc)
    reply = root.get(f"/v1/usage?account={used['id']}&from={now:%Y-%m-%d}&to={now + datetime.timedelta(days=1):%Y-%m-%d}&by=hour", expect=200)
    assert (reply["from"], reply["to"]) == (f"{now:%Y-%m-%d}T00:00:00Z", f"{now + datetime.timedelta(days=1):%Y-%m-%d}T00:00:00Z")
    assert all(row["time"][13:] == ":00:00Z" for row in reply["data"])
    assert counts(root, account=used["id"], to="2020-01") == []
    odd = root.get(f"/v1/usage?account={used['id']}&from=2026-01-01T10:59:59Z&to=2026-01-01T11:00:01Z", expect=200)
    assert (odd["from"], odd["to"], odd["data"]) == ("2026-01-01T10:00:00Z", "2026-01-01T12:00:00Z", [])


def test_csv(root, used):
    reply = root.get(f"/v1/usage?account={used['id']}&by=day,key,outcome&format=csv", expect=200)
    assert reply.header("content-type").startswith("text/csv")
    rows = list(csv.reader(io.StringIO(reply.body.decode())))
    wanted = counts(root, account=used["id"], by="day,key,outcome")
    assert rows[0] == ["time", "key_id", "outcome", "granted", "refused", "credits"]
    assert rows[1:] == [[row["time"], row["key_id"], row["outcome"], str(row["granted"]), str(row["refused"]), str(row["credits"])] for row in wanted]
    assert root.get("/v1/usage?by=account&format=csv", expect=200).body.startswith(b"account,granted,refused,credits\r\n")


@pytest.mark.parametrize("query, where", [("by=minute", "query/by"), ("by=hour,day", "query/by"), ("from=yesterday", "query/from"),
                                          ("from=2026-02&to=2026-01", "query/to"), ("from=2199-01", "query/from"), ("by=week,day", "query/by"), ("format=xml", "query/format"), ("key=x", "query/key")])
def test_questions_that_make_no_sense(root, query, where):
    refused = root.get(f"/v1/usage?{query}")
    assert refused.status == 422 and refused.locations == [where]


def test_who_may_see_what(root, make, used):
    stranger = make.account()
    for role in ("owner", "admin", "member", "viewer"):
        session = make.session(used, role)
        assert counts(session, by="account") == [{"account": used["id"], "profile": "animus", "slug": used["slug"], "granted": 8, "refused": 5, "credits": 0}]
        assert session.get(f"/v1/usage?account={stranger['id']}").status == 403
    assert make.session(stranger).get(f"/v1/usage?key={used['keys'][0]['id']}").status == 404
    system = make.account("cardea")
    reader = make.key(system, kind="key", scopes=["usage:read"])
    assert root.using(token=reader["key"]).get("/v1/usage", expect=200)["data"] == []
    other = make.key(system, kind="key", scopes=["keys:read"])
    assert root.using(token=other["key"]).get("/v1/usage").code == "INSUFFICIENT_SCOPE"
    assert root.using(token=None).get("/v1/usage").status == 401
    assert root.using(token=make.key(stranger)["key"]).get("/v1/usage").status == 403


def test_on_the_command_line(shared, used, tmp_path):
    cli = Cli(tmp_path / "home", CARDEA_API_KEY=shared.root_key(), CARDEA_API_URL=f"http://127.0.0.1:{shared.port}")
    busy = used["keys"][0]["id"]
    assert cli("usage", "--key", busy, "--by", "outcome").rows == [["granted", "7", "0", "0"], ["DISABLED", "0", "2", "0"],
                                                                   ["INSUFFICIENT_SCOPE", "0", "3", "0"]]
    shown = cli.on_terminal("usage", "--account", used["id"], "--by", "month,key", NO_COLOR="1").splitlines()
    assert shown[0].split() == ["TIME", "KEY", "PREFIX", "NAME", "GRANTED", "REFUSED", "CREDITS"] and len(shown) == 3
    assert cli("usage", "--account", used["id"], "--by", "key,account").rows == [
        [used["id"], "animus", used["slug"], key["id"], key["prefix"], key["name"], *numbers, "0"] for key, numbers in zip(used["keys"], (("7", "5"), ("1", "0")))]
    assert cli("usage", "--account", used["id"], "--json").json["data"][0]["granted"] == 8
    assert "by" in cli("usage", "--by", "minute", code=None).err
    for by, shape in ((None, r"\d{4}-\d\d-\d\d"), ("day", r"\d{4}-\d\d-\d\d"), ("month", r"\d{4}-\d\d"), ("account,hour", r"[-\d]+T\d\d:00:00Z")):
        for row in cli("usage", "--account", used["id"], *(("--by", by) if by else ())).rows:
            assert re.fullmatch(shape, row[0]), (by, row)
    nothing = cli.on_terminal("usage", "--account", used["id"], "--from", "2020-01", "--to", "2020-02")
    assert nothing == "No use and no refusal from 2020-01-01T00:00:00Z to 2020-02-01T00:00:00Z.\n"


def test_too_many_rows_are_refused_not_cut(shared, root, make):
    key = make.key(make.account())
    with contextlib.closing(sqlite3.connect(shared.data / "cardea.db", timeout=30)) as db, db:
        db.execute("WITH RECURSIVE back(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM back WHERE n < 5001) INSERT INTO usage_hour (account_id, hour, key_id,"
                   " outcome, count, credits) SELECT account_id, unixepoch() / 3600 - n, id, what, 1, 0 FROM api_key, back, (SELECT 0 AS what UNION SELECT 1)"
                   " WHERE prefix = ?", (key["prefix"],))
    asked = f"/v1/usage?key={key['id']}&from=2020-01&by="
    assert root.get(asked + "hour,outcome").locations == ["query/by"]
    assert len(root.get(asked + "hour", expect=200)["data"]) == 5001
    (row,) = root.get(asked + "key", expect=200)["data"]
    assert (row["granted"], row["refused"]) == (5001, 5001)


def test_a_key_is_named_by_its_prefix_and_never_sent_whole(shared, root, make, tmp_path):
    cli = Cli(tmp_path / "home", CARDEA_API_KEY=shared.root_key(), CARDEA_API_URL=f"http://127.0.0.1:{shared.port}")
    key = make.key(make.account())
    assert root.verify(key["key"])["valid"]
    root.delete(f"/v1/keys/{key['id']}", expect=200)
    settled(root, 1, key=key["id"])
    assert cli("usage", "--key", key["prefix"], "--by", "key").rows == [[key["id"], key["prefix"], "test", "1", "0", "0"]]
    assert {row[2] for row in cli("events", "list", "--key", key["prefix"]).rows} == {key["id"]}
    for command in (["usage"], ["events", "list"]):
        assert "no key has the id or prefix" in cli(*command, "--key", "nosuchkey", code=3).err
        refused = cli(*command, "--key", key["key"], code=2)
        assert "whole key" in refused.err and key["key"] not in refused.err


def test_restarts_count_nothing_twice_and_old_hours_go(own):
    from cardea_test.fixtures import Maker
    daemon = own("--usage-keep", "30d")
    root = daemon.root()
    account = Maker(root).account()
    key = Maker(root).key(account)
    for _ in range(5):
        root.verify(key["key"])
    root.verify(key["key"], scope="write")
    settled(root, 6, account=account["id"])
    assert daemon.stop() == 0
    with sqlite3.connect(daemon.data / "cardea.db") as db:
        db.execute("INSERT INTO usage_hour SELECT account_id, hour - 24 * 31, key_id, outcome, 100, 0, route_group FROM usage_hour WHERE account_id ="
                   " (SELECT account_id FROM api_key WHERE prefix = ?)", (key["prefix"],))
        db.execute("UPDATE api_key SET last_used_at = last_used_at - 91 * 86400 WHERE prefix = ?", (key["prefix"],))
    daemon.start()
    root = daemon.root()
    root.verify(key["key"])
    until(lambda: [row["granted"] for row in counts(root, account=account["id"], **{"from": "2020-01"}, by="account")] == [6])
    (event,) = eventually(root, type="key.used_after_idle", account=account["id"])
    assert event["subject"] == key["id"] and event["data"]["idle_days"] == 91

    def spike():
        """Sixty in one hour; again, should that one have ended meanwhile."""
        for _ in range(60):
            root.verify(key["key"], scope="write")
        return eventually(root, type="key.denial_spike", account=account["id"], within=20)

    try:
        (event,) = spike()
    except AssertionError:
        (event,) = spike()
    assert event["data"]["refused"] >= 50 and event["data"]["prefix"] == key["prefix"]
