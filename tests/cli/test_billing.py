"""`cardea billing`: a month's statement, and credits, against the real daemon."""

import datetime
import re

import pytest

from cardea_test.cli import Cli
from cardea_test.receiver import until


@pytest.fixture
def cli(shared, tmp_path):
    return Cli(tmp_path, CARDEA_API_URL=f"http://127.0.0.1:{shared.port}", CARDEA_API_KEY=shared.root_key())


def test_a_month_s_statement(cli, root, make):
    account = make.account("anima", name="Acme")
    used, idle = (make.key(account, kind="master", name=name) for name in ("server", "idle"))
    root.put(f"/v1/billing/keys/{used['id']}", {"refill": {"credits": 9, "every": "day"}}, expect=200)
    for _ in range(2):
        root.verify(used["key"], cost=3)
    root.verify(used["key"], cost=4)
    until(lambda: root.get(f"/v1/billing?account={account['id']}", expect=200)["refused"] == 1)
    shown = cli("billing", "show", "--account", account["id"])
    assert shown.rows == [[used["prefix"], "server", "master", "2", "1", "6", "3", "9 each day", used["id"]]]
    month = f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m}"
    assert shown.err == f"Acme in {month}: 2 granted, 1 refused, 6 credits drawn.\n"
    assert cli("billing", "show", "--account", account["id"], "--json").json == root.get(f"/v1/billing?account={account['id']}", expect=200).json
    assert cli("billing", "show", "--account", account["id"], "-q").out.split() == [used["id"]] and idle["id"]
    nothing = cli("billing", "show", "--account", account["id"], "--month", "2020-01")
    assert nothing.out == "" and nothing.err == "Acme in 2020-01: 0 granted, 0 refused, 0 credits drawn.\n"
    seen = cli.on_terminal("billing", "show", "--account", account["id"], NO_COLOR="1", COLUMNS="140").replace("\r", "")
    assert re.search(r"^PREFIX +NAME +KIND +GRANTED", seen) and re.search(r"\n\nGROUP +GRANTED\n- +2\n", seen)


def test_credits_are_set(cli, root, make):
    key = make.key(make.account("anima"), kind="master")
    first = dict(cli("billing", "set", key["prefix"], "--refill", "2/month").rows)
    assert (first["credits"], first["refill"]) == ("2", "2 each month") and first["next"][8:] == "01T00:00:00Z"
    assert dict(cli("billing", "set", key["id"], "--credits", "1").rows)["credits"] == "1"
    assert [root.verify(key["key"])["code"] for _ in range(2)] == ["VALID", "CREDITS_EXHAUSTED"]
    assert cli("billing", "set", key["id"], "--credits", "none", "--refill", "none", "--json").json["refill"] is None
    assert root.verify(key["key"])["valid"]


@pytest.mark.parametrize("args, says", [((), "say what is to change"), (("--refill", "5/week"), "10000/month"), (("--refill", "0/day"), "10000/month"),
                                        (("--refill", "5"), "10000/month"), (("--refill", "-1/day"), "10000/month"), (("--credits", "x"), "whole number"),
                                        (("--refill", "99999999999999999999/day"), "10000/month")])
def test_wrong_usage(cli, args, says):
    assert says in cli("billing", "set", "key_01jd3v8k2m4ta", *args, code=2).err


def test_what_the_server_refuses(cli, make):
    account = make.account("anima")
    assert "--month" in cli("billing", "show", "--account", account["id"], "--month", "November", code=None).err
    assert "which account" in cli("billing", "show", code=None).err
    assert "no key has the id or prefix" in cli("billing", "set", "nosuchkey", "--credits", "1", code=3).err
