"""Agents of an account, natively: who may, what is refused, and that their keys follow them at once."""

from datetime import datetime, timedelta, timezone

import pytest

from cardea_test.callers import Stage, rows
from cardea_test.events import events
from cardea_test.fixtures import Maker, unique


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


MATRIX = """
nobody root verifier owner admin member viewer writer reader keyless foreign
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
    return Stage(root, make, verifier, "agents")


@pytest.mark.parametrize("what,caller,status", rows(MATRIX))
def test_authority(root, stage, what, caller, status):
    client = stage.clients[caller]
    what, of = stage.of(what)
    if what == "create":
        reply = client.post("/v1/agents", {"account": of["id"], "slug": unique("agent")})
    elif what == "list":
        reply = client.get(f"/v1/agents?account={of['id']}")
    else:
        path = f"/v1/agents/{agent(root, account=of['id'])['id']}"
        reply = {"get": client.get, "delete": client.delete}[what](path) if what != "update" else client.patch(path, {"name": "n"})
    assert reply.status == status, reply


def test_authority_is_decided_before_the_body(stage):
    member = stage.clients["member"]
    for headers, raw in (({"Content-Type": "text/plain"}, b"hello"), ({}, b"{not json"), ({}, b"[1]")):
        member.call("POST", "/v1/agents", raw=raw, headers=headers, expect=403)


COURIER = """\
name: courier
title: Courier
hosts: [courier.localhost]
scopes:
  agents:read: See agents
  agents:write: Change agents
  mail:send: Send
kinds:
  master:
    title: Master key
    format: "cm_{secret:32}{check:6}"
    scopes: {granted: ["*"], selectable: false}
  plain:
    title: Plain key
    format: "cp_{secret:32}{check:6}"
  agent:
    title: Agent key
    format: "ca_{secret:32}{check:6}"
    flags: agent_bound
    scopes: {granted: ["*"], selectable: false}
default_kind: plain
routes:
  - {methods: POST, path: "/v1/agents/{agent}/mail", scope: "mail:send"}
management:
  base: /v1/keys
  by_session: true
  by_key: true
  actions: [create, update, revoke, show]
  agents: {base: /v1/agents, by_session: true, by_key: true, read: "agents:read", write: "agents:write"}
"""


class Courier:
    """A product whose keys are bound to agents, and whose master key manages them at its own host."""

    def __init__(self, daemon):
        self.root = daemon.root()
        self.make = Maker(self.root)
        self.account, self.other = self.make.account("courier"), self.make.account("courier")
        self.master = self.at_host(self.make.key(self.account, kind="master")["key"])

    def at_host(self, token):
        return self.root.using(token=token, host="courier.localhost")

    def agent_key(self, name):
        return self.make.key(self.account, kind="agent", agent=name)


@pytest.fixture
def courier(own, tmp_path):
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "courier.yaml").write_text(COURIER)
    return Courier(own("--profiles", str(folder)))


def test_agent_keys_follow_their_agent_at_once(courier):
    root = courier.root
    made = agent(root, account=courier.account["id"], slug="bot")
    keys = [courier.agent_key(made["id"])["key"], courier.agent_key("bot")["key"]]
    assert [root.verify(key, agent="bot")["code"] for key in keys] == ["VALID"] * 2
    assert root.verify(keys[0], agent="another")["code"] == "WRONG_AGENT"
    path = f"/v1/agents/{made['id']}"
    for _ in range(3):
        root.patch(path, {"enabled": False}, expect=200)
        assert [root.verify(key)["code"] for key in keys] == ["DISABLED"] * 2
        root.patch(path, {"enabled": True}, expect=200)
        assert [root.verify(key)["code"] for key in keys] == ["VALID"] * 2
    root.delete(path, expect=200)
    assert [root.verify(key)["code"] for key in keys] == ["REVOKED"] * 2


def test_a_disabled_agent_shows_in_its_keys(courier):
    root, whose = courier.root, f"/v1/keys?account={courier.account['id']}&kind=agent"
    made = agent(root, account=courier.account["id"], slug="bot")
    agent(root, account=courier.account["id"], slug="other")
    keys = [courier.agent_key("bot") for _ in range(3)] + [courier.agent_key("other")]
    root.patch(f"/v1/keys/{keys[0]['id']}", {"enabled": False}, expect=200)

    def listed(status):
        return {k["id"]: k["disabled_reason"] for k in root.pages(f"{whose}&limit=1&status={status}")}

    assert listed("active") == {k["id"]: None for k in keys[1:]} and listed("disabled") == {keys[0]["id"]: None}
    root.patch(f"/v1/agents/{made['id']}", {"enabled": False}, expect=200)
    reason = "Its agent is disabled."
    assert listed("active") == {keys[3]["id"]: None}
    assert listed("disabled") == {keys[0]["id"]: None, keys[1]["id"]: reason, keys[2]["id"]: reason}
    shown = root.get(f"/v1/keys/{keys[1]['id']}", expect=200)
    assert (shown["status"], shown["enabled"], shown["disabled_reason"]) == ("disabled", True, reason)
    root.patch(f"/v1/agents/{made['id']}", {"enabled": True}, expect=200)
    assert listed("active") == {k["id"]: None for k in keys[1:]}


def test_deleting_an_agent_revokes_its_keys(own, tmp_path):
    """They look revoked, count against no limit, and each is told of."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "courier.yaml").write_text(COURIER.replace("flags: agent_bound", "flags: agent_bound\n    max_active: 2"))
    courier = Courier(own("--profiles", str(folder)))
    root, account = courier.root, courier.account
    made = agent(root, account=account["id"], slug="bot")
    agent(root, account=account["id"], slug="other")
    keys = [courier.agent_key("bot") for _ in range(2)]
    ask = {"account": account["id"], "kind": "agent", "agent": "other", "name": "third"}
    assert root.post("/v1/keys", ask, expect=409).code == "key_limit_reached"
    root.delete(f"/v1/agents/{made['id']}", expect=200)
    for key in keys:
        shown = root.get(f"/v1/keys/{key['id']}", expect=200)
        assert (shown["status"], shown["revoke_reason"], shown["enabled"]) == ("revoked", "agent deleted", False) and shown["revoked_at"]
    told = [(e["type"], e["subject"]) for e in events(root, account=account["id"])][:3]
    assert sorted(told[:2]) == sorted(("key.revoked", k["id"]) for k in keys) and told[2] == ("agent.deleted", made["id"])
    root.post("/v1/keys", ask, expect=201)


def test_agent_keys_may_live_shorter_than_master_keys(own, tmp_path):
    """A profile says how long keys of a kind live when nobody says, and at most."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "courier.yaml").write_text(COURIER.replace("flags: agent_bound", "flags: agent_bound\n    default_ttl: 7d\n    max_ttl: 30d"))
    courier = Courier(own("--profiles", str(folder)))
    root, account = courier.root, courier.account
    agent(root, account=account["id"], slug="bot")

    def days(key):
        made, ends = (datetime.fromisoformat(key[m]) for m in ("created_at", "expires_at"))
        return (ends - made).total_seconds() / 86400

    ask = {"account": account["id"], "kind": "agent", "agent": "bot", "name": "n"}
    key = root.post("/v1/keys", ask, expect=201)
    assert days(key) == 7 and courier.make.key(account, kind="master")["expires_at"] is None

    def later(n):
        return (datetime.now(timezone.utc) + timedelta(days=n)).strftime("%Y-%m-%dT%H:%M:%SZ")

    assert 28 < days(root.post("/v1/keys", {**ask, "expires_at": later(29)}, expect=201)) <= 29
    for beyond in (later(31), None):
        assert root.post("/v1/keys", {**ask, "expires_at": beyond}, expect=422).locations == ["/expires_at"]
        root.patch(f"/v1/keys/{key['id']}", {"expires_at": beyond}, expect=422)
    successor = root.post(f"/v1/keys/{key['id']}/rotate", {"overlap_sec": 3600}, expect=201)
    assert 6.9 < days(successor) <= 7 and root.verify(key["key"])["valid"] and root.verify(successor["key"])["valid"]


def test_a_deleted_agent_stays_deleted_after_a_restart(own, tmp_path):
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "courier.yaml").write_text(COURIER)
    daemon = own("--profiles", str(folder))
    courier = Courier(daemon)
    made = agent(courier.root, account=courier.account["id"])
    key = courier.agent_key(made["id"])["key"]
    courier.root.delete(f"/v1/agents/{made['id']}", expect=200)
    daemon.stop()
    daemon.start()
    root = daemon.root()
    assert root.verify(key)["code"] == "REVOKED"
    assert root.get(f"/v1/agents/{made['id']}", expect=200)["status"] == "deleted"


def test_which_keys_have_an_agent(courier):
    root, account = courier.root, courier.account["id"]
    made, foreign = agent(root, account=account), agent(root, account=courier.other["id"])

    def refused(status, **body):
        return root.post("/v1/keys", {"account": account, "name": "k", **body}, expect=status)

    for body in ({"kind": "agent"}, {"kind": "agent", "agent": foreign["id"]}, {"kind": "agent", "agent": foreign["slug"]},
                 {"kind": "agent", "agent": "none"}, {"kind": "master", "agent": made["id"]}):
        assert "/agent" in refused(422, **body).locations
    root.patch(f"/v1/agents/{made['id']}", {"enabled": False}, expect=200)
    assert refused(409, kind="agent", agent=made["slug"]).code == "conflict"
    root.delete(f"/v1/agents/{made['id']}", expect=200)
    assert refused(409, kind="agent", agent=made["id"]).code == "conflict"


def test_a_master_key_manages_agents_and_their_keys_at_the_products_host(courier):
    master = courier.master
    reply = master.post("/v1/agents", {"slug": "bot"}, expect=201)
    made = reply.json
    assert made["account"] == courier.account["id"] and reply.header("Location") == f"/v1/agents/{made['id']}"
    key = master.post("/v1/keys", {"kind": "agent", "agent": "bot", "name": "bot's"}, expect=201).json
    assert key["agent"] == made["id"]
    assert [a["slug"] for a in master.pages("/v1/agents")] == ["bot"]
    assert master.get("/v1/agents/bot", expect=200).json == made
    assert courier.at_host(key["key"]).post("/v1/agents/bot/mail", {}, expect=502).code == "no_upstream"
    courier.at_host(key["key"]).post("/v1/agents/other/mail", {}, expect=403)
    assert master.patch("/v1/agents/bot", {"enabled": False}, expect=200)["status"] == "disabled"
    courier.at_host(key["key"]).post("/v1/agents/bot/mail", {}, expect=401)
    assert master.delete("/v1/agents/bot", expect=200)["status"] == "deleted"
    assert master.put("/v1/agents/bot", {}, expect=405).header("Allow")


def test_a_master_key_stays_in_its_account(courier):
    theirs = agent(courier.root, account=courier.other["id"], slug="theirs")
    for path in (f"/v1/agents/{theirs['id']}", "/v1/agents/theirs"):
        courier.master.get(path, expect=404)
        courier.master.patch(path, {"name": "mine"}, expect=404)
        courier.master.delete(path, expect=404)
    courier.master.get(f"/v1/agents?account={courier.other['id']}", expect=403)
    courier.master.post("/v1/agents", {"account": courier.other["id"], "slug": "x"}, expect=403)
    assert courier.root.get(f"/v1/agents/{theirs['id']}", expect=200).json == theirs


def test_and_by_the_native_api_as_it_does_keys(courier):
    master = courier.master.using(host=None)
    made = master.post("/v1/agents", {"slug": "bot"}, expect=201).json
    assert [a["id"] for a in master.pages("/v1/agents")] == [made["id"]]
    bound = courier.root.using(token=courier.agent_key("bot")["key"])
    bound.get("/v1/agents/bot", expect=403)
    assert master.delete("/v1/agents/bot", expect=200)["status"] == "deleted"


def test_agent_keys_and_lesser_keys_manage_nothing(courier):
    made = courier.master.post("/v1/agents", {"slug": "bot"}, expect=201).json
    for token in (courier.agent_key("bot")["key"], courier.make.key(courier.account, kind="plain", scopes=["mail:send"])["key"]):
        caller = courier.at_host(token)
        for reply in (caller.get("/v1/agents"), caller.get("/v1/agents/bot"), caller.post("/v1/agents", {"slug": "more"}),
                      caller.patch("/v1/agents/bot", {"name": "n"}), caller.delete("/v1/agents/bot")):
            assert reply.status == 403, reply
    reader = courier.at_host(courier.make.key(courier.account, kind="plain", scopes=["agents:read"])["key"])
    reader.get("/v1/agents/bot", expect=200)
    assert reader.delete("/v1/agents/bot", expect=403).code == "INSUFFICIENT_SCOPE"
    assert courier.root.get(f"/v1/agents/{made['id']}", expect=200).json == made


def test_sessions_manage_agents_at_the_products_host_by_role(courier):
    courier.master.post("/v1/agents", {"slug": "bot"}, expect=201)
    for role, may in (("owner", 200), ("admin", 200), ("member", 403), ("viewer", 403)):
        session = courier.make.session(courier.account, role).using(host="courier.localhost")
        session.get("/v1/agents/bot", expect=200)
        session.patch("/v1/agents/bot", {"name": role}, expect=may)


def test_a_product_that_declares_no_agents_has_none(root, make):
    session = make.session(make.account("animus"), "owner").using(host="api.animus.so")
    assert session.get("/v1/agents").status in (401, 403, 404)
    assert session.post("/v1/agents", {"slug": "x"}).status in (401, 403, 404)
