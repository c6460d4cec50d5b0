"""Statements and credits: natively, on the product's own host, and who may."""

import datetime

import pytest

from cardea_test.receiver import until

HOST = "anima.localhost"


@pytest.fixture(scope="module")
def acme(root, make):
    """An account of Anima with a master key that was used three times."""
    account = dict(make.account("anima", name="Acme"))
    account["master"] = make.key(account, kind="master", name="server")
    for _ in range(3):
        assert root.verify(account["master"]["key"])["valid"]
    until(lambda: root.get(f"/v1/billing?account={account['id']}", expect=200)["granted"] == 3)
    return account


def test_a_statement(root, acme):
    now = datetime.datetime.now(datetime.timezone.utc)
    said = root.get(f"/v1/billing?account={acme['id']}&month={now:%Y-%m}", expect=200).json
    key = acme["master"]
    assert (said["account"], said["name"], said["month"], said["granted"], said["refused"]) == (acme["id"], "Acme", f"{now:%Y-%m}", 3, 0)
    assert said["from"] == f"{now:%Y-%m}-01T00:00:00Z" and said["to"] > said["from"]
    assert said["keys"] == [{"key_id": key["id"], "prefix": key["prefix"], "name": "server", "kind": "master", "credits_left": None, "refill": None,
                             "granted": 3, "refused": 0, "credits": 0}]
    assert root.get(f"/v1/billing?account={acme['id']}&month=2020-01", expect=200)["keys"] == []
    assert root.get("/v1/billing?month=November").locations == ["query/month"]
    assert root.get("/v1/billing").status == 422, "root names the account"


def test_on_the_products_own_host(root, make, acme):
    master = root.using(token=make.key(acme, kind="master")["key"], host=HOST)
    assert master.get("/v1/billing", expect=200)["account"] == acme["id"]
    agent = make.root.post("/v1/agents", {"account": acme["id"], "slug": "billing-robot", "name": "Robot"}, expect=201).json
    key = make.key(acme, kind="agent", agent=agent["id"])
    robot = root.using(token=key["key"], host=HOST)
    assert robot.get("/v1/billing").code == "INSUFFICIENT_SCOPE"
    assert robot.put(f"/v1/billing/keys/{key['id']}", {"credits": 5}).code == "INSUFFICIENT_SCOPE"
    line = master.put(f"/v1/billing/keys/{key['id']}", {"refill": {"credits": 2, "every": "month"}}, expect=200).json
    assert (line["credits_left"], line["refill"]["credits"], line["refill"]["every"]) == (2, 2, "month")
    assert line["refill"]["next_at"][8:] == "01T00:00:00Z" and line["refill"]["next_at"] > datetime.datetime.now(datetime.timezone.utc).isoformat()
    assert [root.verify(key["key"])["code"] for _ in range(3)] == ["VALID", "VALID", "CREDITS_EXHAUSTED"]
    assert master.put(f"/v1/billing/keys/{key['id']}", {"credits": 1}, expect=200)["refill"] == line["refill"]
    assert [root.verify(key["key"])["code"] for _ in range(2)] == ["VALID", "CREDITS_EXHAUSTED"]
    off = master.put(f"/v1/billing/keys/{key['id']}", {"credits": None, "refill": None}, expect=200).json
    assert (off["credits_left"], off["refill"]) == (None, None) and root.verify(key["key"])["valid"]
    assert master.post("/v1/billing/plan", {}).code == "no_upstream", "what is not ours goes on to the product"
    assert master.delete("/v1/billing").status == 405


def test_people(root, make, acme):
    for role, status in (("owner", 200), ("admin", 200), ("member", 403), ("viewer", 403)):
        session = make.session(acme, role)
        assert session.get("/v1/billing").status == status
        assert session.put(f"/v1/billing/keys/{acme['master']['id']}", {}).status == status
    stranger = make.session(make.account("anima"), "owner")
    assert stranger.get(f"/v1/billing?account={acme['id']}").status == 403
    assert stranger.put(f"/v1/billing/keys/{acme['master']['id']}", {"credits": 1}).status == 404
    assert root.put("/v1/billing/keys/key_01jd3v8k2m4ta", {"credits": 1}).status == 404
    assert root.using(token=None).get("/v1/billing").status == 401


@pytest.mark.parametrize("body, where", [
    ({"credits": -1}, "/credits"), ({"credits": "5"}, "/credits"), ({"refill": 5}, "/refill"), ({"refill": {"credits": 1}}, "/refill/every"),
    ({"refill": {"credits": 0, "every": "day"}}, "/refill/credits"), ({"refill": {"credits": 1, "every": "week"}}, "/refill/every"),
    ({"refil": None}, "/refil")])
def test_what_is_no_change(root, acme, body, where):
    refused = root.put(f"/v1/billing/keys/{acme['master']['id']}", body)
    assert refused.status == 422 and refused.locations == [where]
