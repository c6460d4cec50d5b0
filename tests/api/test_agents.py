"""Agents of an account, natively: who may, what is refused, and that their keys follow them at once."""

import pytest

from cardea_test.fixtures import unique


def agent(client, expect=201, **body):
    return client.post("/v1/agents", {"slug": unique("agent"), **body}, expect=expect).json


def test_create_read_rename(root, make):
    account = make.account()
    reply = root.post("/v1/agents", {"account": account["id"], "slug": "support", "name": "Support desk"}, expect=201)
    made = reply.json
    assert made["id"].startswith("agt_") and made["account"] == account["id"]
    assert (made["slug"], made["name"], made["status"]) == ("support", "Support desk", "active")
    assert reply.header("Location") == f"/v1/agents/{made['id']}"
    assert root.get(f"/v1/agents/{made['id']}", expect=200).json == made
    assert root.get(f"/v1/agents/support?account={account['slug']}", expect=200).json == made
    renamed = root.patch(f"/v1/agents/{made['id']}", {"name": "Desk"}, expect=200).json
    assert renamed == {**made, "name": "Desk"}
    assert root.patch(f"/v1/agents/{made['id']}", {}, expect=200).json == renamed


def test_a_name_left_out_is_the_slug(root, make):
    made = agent(root, account=make.account()["id"])
    assert made["name"] == made["slug"]


def test_root_names_the_account_and_a_session_need_not(root, make):
    account = make.account()
    assert "/account" in root.post("/v1/agents", {"slug": "x"}, expect=422).locations
    assert "query/account" in root.get("/v1/agents", expect=422).locations
    assert "query/account" in root.get("/v1/agents/x", expect=422).locations
    owner = make.session(account, "owner")
    made = agent(owner)
    assert made["account"] == account["id"]
    assert owner.get(f"/v1/agents/{made['slug']}", expect=200).json == made
    assert [a["id"] for a in owner.pages("/v1/agents?limit=1")] == [made["id"]]


def test_list_pages_oldest_first_and_one_account_only(root, make):
    account, other = make.account(), make.account()
    made = [agent(root, account=account["id"])["id"] for _ in range(5)]
    agent(root, account=other["id"])
    assert [a["id"] for a in root.pages(f"/v1/agents?account={account['id']}&limit=2")] == made


def test_slugs_are_unique_in_an_account_and_stay_taken(root, make):
    account, other = make.account(), make.account()
    made = agent(root, account=account["id"], slug="bot")
    assert root.post("/v1/agents", {"account": account["id"], "slug": "bot"}, expect=409).code == "slug_taken"
    agent(root, account=other["id"], slug="bot")
    root.delete(f"/v1/agents/{made['id']}", expect=200)
    assert root.post("/v1/agents", {"account": account["id"], "slug": "bot"}, expect=409).code == "slug_taken"


@pytest.mark.parametrize("slug", ["", "Upper", "a_b", "-a", "a-", "a" * 41, "a b", "a/b", "ü", "agt_0000000000000"])
def test_a_slug_that_is_none(root, make, slug):
    assert "/slug" in root.post("/v1/agents", {"account": make.account()["id"], "slug": slug}, expect=422).locations


@pytest.mark.parametrize("body,location", [
    ({}, "/slug"), ({"slug": 1}, "/slug"), ({"slug": "a", "name": ""}, "/name"), ({"slug": "a", "name": "x" * 101}, "/name"),
    ({"slug": "a", "name": "new\nline"}, "/name"), ({"slug": "a", "name": None}, "/name"), ({"slug": "a", "enabled": True}, "/enabled")])
def test_a_body_that_is_none(root, make, body, location):
    assert location in root.post("/v1/agents", {"account": make.account()["id"], **body}, expect=422).locations


@pytest.mark.parametrize("body,location", [({"slug": "other"}, "/slug"), ({"enabled": "no"}, "/enabled"), ({"name": ""}, "/name"),
                                           ({"status": "active"}, "/status")])
def test_a_change_that_is_none(root, make, body, location):
    made = agent(root, account=make.account()["id"])
    assert location in root.patch(f"/v1/agents/{made['id']}", body, expect=422).locations
    assert root.get(f"/v1/agents/{made['id']}", expect=200).json == made


def test_an_agent_of_nobody(root, make):
    account = make.account()
    for path in ("agt_0123456789abc", f"agt_0123456789abc?account={account['id']}", f"none?account={account['id']}", "agt_x?account=none-such"):
        root.get(f"/v1/agents/{path}", expect=404)
    root.post("/v1/agents", {"account": "none-such", "slug": "a"}, expect=404)
    gone = agent(root, account=account["id"])
    root.get(f"/v1/agents/{gone['id']}?account={make.account()['id']}", expect=404)
    root.delete(f"/v1/accounts/{account['id']}", expect=204)
    root.get(f"/v1/agents/{gone['id']}", expect=404)


def test_disable_enable_delete(root, make):
    path = f"/v1/agents/{agent(root, account=make.account()['id'])['id']}"
    assert root.patch(path, {"enabled": False}, expect=200)["status"] == "disabled"
    assert root.patch(path, {"enabled": False}, expect=200)["status"] == "disabled"
    assert root.patch(path, {"enabled": True}, expect=200)["status"] == "active"
    assert root.delete(path, expect=200)["status"] == "deleted"
    assert root.delete(path, expect=200)["status"] == "deleted"
    assert root.get(path, expect=200)["status"] == "deleted"
    assert root.patch(path, {"enabled": True}, expect=409).code == "conflict"


def test_creation_is_idempotent_by_its_header(root, make):
    body, headers = {"account": make.account()["id"], "slug": "once"}, {"Idempotency-Key": unique("agents")}
    first = root.post("/v1/agents", body, headers=headers, expect=201).json
    assert root.post("/v1/agents", body, headers=headers, expect=201).json == first
    root.post("/v1/agents", {**body, "slug": "twice"}, headers=headers, expect=(409, 422))


CALLERS = "nobody root verifier owner admin member viewer writer reader keyless foreign"
MATRIX = """
create    401 201 403 201 201 403 403 201 403 403 403
create_b  401 201 403 403 403 403 403 403 403 403 403
list      401 200 403 200 200 200 200 200 200 403 403
list_b    401 200 403 403 403 403 403 403 403 403 403
get       401 200 403 200 200 200 200 200 200 403 403
get_b     401 200 403 404 404 404 404 404 404 403 403
update    401 200 403 200 200 403 403 200 403 403 403
update_b  401 200 403 404 404 403 403 404 403 403 403
delete    401 200 403 200 200 403 403 200 403 403 403
delete_b  401 200 403 404 404 403 403 404 403 403 403
"""


@pytest.fixture(scope="module")
def stage(root, make, verifier):
    a, b = make.account("cardea"), make.account("animus")
    clients = {role: make.session(a, role) for role in ("owner", "admin", "member", "viewer")}
    for name, scopes in (("writer", ["agents:read", "agents:write"]), ("reader", ["agents:read"]), ("keyless", ["keys:*"])):
        clients[name] = root.using(token=make.key(a, kind="key", scopes=scopes)["key"])
    clients["foreign"] = root.using(token=make.key(b, scopes=["read", "write"])["key"])
    return a, b, {**clients, "nobody": root.using(token=None), "root": root, "verifier": verifier}


@pytest.mark.parametrize("what,caller,status", [(line.split()[0], caller, int(status)) for line in MATRIX.strip().splitlines()
                                                for caller, status in zip(CALLERS.split(), line.split()[1:])])
def test_authority(root, stage, what, caller, status):
    a, b, clients = stage
    of, client = b if what.endswith("_b") else a, clients[caller]
    what = what.removesuffix("_b")
    if what == "create":
        reply = client.post("/v1/agents", {"account": of["id"], "slug": unique("agent")})
    elif what == "list":
        reply = client.get(f"/v1/agents?account={of['id']}")
    else:
        path = f"/v1/agents/{agent(root, account=of['id'])['id']}"
        reply = {"get": client.get, "delete": client.delete}[what](path) if what != "update" else client.patch(path, {"name": "n"})
    assert reply.status == status, reply


def test_authority_is_decided_before_the_body(stage):
    member = stage[2]["member"]
    for headers, raw in (({"Content-Type": "text/plain"}, b"hello"), ({}, b"{not json"), ({}, b"[1]")):
        member.call("POST", "/v1/agents", raw=raw, headers=headers, expect=403)
