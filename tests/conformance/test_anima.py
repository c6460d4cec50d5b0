"""The Anima page's statements about keys (shared/spec.md names them)."""

import datetime
import time

import pytest

import table
from cardea_test.events import eventually
from cardea_test.fixtures import unique
from cardea_test.keys import mint
from cardea_test.moments import soon, wait_past
from cardea_test.reader import Reader
from cardea_test.receiver import until

HOST = "anima.localhost"
KEYS = "/v1/keys"
AUTHORIZE = "/v1/authorize/anima"
MASTER_ONLY = [("GET", "/v1/agents"), ("POST", "/v1/agents"), ("GET", "/v1/billing"), ("POST", "/v1/billing/plan"), ("GET", "/v1/logs"),
               ("GET", "/v1/policies"), ("POST", "/v1/policies"), ("GET", "/v1/webhooks"), ("DELETE", "/v1/webhooks/wh_1"), ("GET", "/v1/messages")]


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def new_agent(root, account):
    return root.post("/v1/agents", {"account": account["id"], "slug": unique("agent"), "name": "Robot"}, expect=201).json


def messages(agent):
    return f"{AUTHORIZE}/v1/agents/{agent['slug']}/messages"


@pytest.fixture
def account(make):
    return make.account("anima")


@pytest.fixture
def agent(root, account):
    return new_agent(root, account)


@pytest.fixture
def master(make, account):
    return make.key(account, kind="master")


def test_AN1_a_master_key_has_full_access(root, account, agent, master):
    """AN1: master keys `mk_`: full access to the account; among it create agents, manage billing, view logs."""
    assert master["key"].startswith("mk_")
    client = root.using(token=master["key"])
    for method, path in [*MASTER_ONLY, ("POST", f"/v1/agents/{agent['slug']}/messages"), ("DELETE", f"/v1/agents/{agent['slug']}")]:
        reply = client.call(method, AUTHORIZE + path, expect=200)
        assert (reply.header("cardea-account"), reply.header("cardea-kind")) == (account["id"], "master")
    for host in (HOST, "api.anima.localhost"):
        assert client.using(host=host).get("/v1/billing", expect=200)["account"] == account["id"]
        assert client.using(host=host).post("/v1/billing/plan", {}).code == "no_upstream"


def test_AN1_it_manages_the_account_s_keys(root, account, agent, master):
    """AN1: full access: with it one issues, lists, changes and revokes keys, on the product's own host."""
    me = root.using(token=master["key"], host=HOST)
    made = me.post(KEYS, {"kind": "agent", "agent": agent["slug"], "name": "mailer"}, expect=201)
    assert made["key"].startswith("ak_") and made["agent"] == agent["id"] and made["account"] == account["id"]
    assert {k["id"] for k in me.get(KEYS, expect=200)["data"]} == {master["id"], made["id"]}
    assert me.patch(f"{KEYS}/{made['id']}", {"name": "mailer 2"}, expect=200)["name"] == "mailer 2"
    assert me.get(f"{KEYS}/{made['id']}", expect=200)["name"] == "mailer 2"
    root.using(token=made["key"]).post(messages(agent), expect=200)
    assert me.delete(f"{KEYS}/{made['id']}", expect=200)["status"] == "revoked"
    assert root.using(token=made["key"]).post(messages(agent)).status == 401


def test_AN1_it_creates_agents(root, make, account, agent, master):
    """AN1: create agents, on the product's own host; an agent key never does."""
    me = root.using(token=master["key"], host=HOST)
    made = me.post("/v1/agents", {"slug": "support", "name": "Support"}, expect=201)
    assert made["account"] == account["id"]
    assert {a["slug"] for a in me.get("/v1/agents", expect=200)["data"]} == {agent["slug"], "support"}
    key = me.post(KEYS, {"kind": "agent", "agent": "support", "name": "support's"}, expect=201)
    bound = root.using(token=key["key"], host=HOST)
    assert bound.get(f"/v1/agents/{made['slug']}/messages", expect=200)["data"] == []
    for reply in (bound.post("/v1/agents", {"slug": "another"}), bound.get("/v1/agents"), bound.get("/v1/agents/support"),
                  bound.patch("/v1/agents/support", {"name": "x"}), bound.delete("/v1/agents/support")):
        assert reply.status == 403, reply
    assert me.delete("/v1/agents/support").status in (200, 204)
    assert bound.post("/v1/agents/support/messages", {}).status == 401


def test_AN1_it_manages_billing(root, account, agent, master):
    """AN1, "manage billing": a statement of the month, and credits that are filled up again."""
    me = root.using(token=master["key"], host=HOST)
    key = me.post(KEYS, {"name": "metered", "kind": "agent", "agent": agent["slug"]}, expect=201)
    line = me.put(f"/v1/billing/keys/{key['id']}", {"refill": {"credits": 2, "every": "day"}}, expect=200)
    assert line["credits_left"] == 2 and line["refill"]["every"] == "day"
    robot = root.using(token=key["key"])
    assert [robot.post(messages(agent)).status for _ in range(3)] == [200, 200, 429]

    def metered():
        return [line for line in me.get("/v1/billing", expect=200)["keys"] if line["key_id"] == key["id"]]
    until(lambda: metered() and metered()[0]["granted"] + metered()[0]["refused"] == 3)
    assert (metered()[0]["granted"], metered()[0]["refused"], metered()[0]["credits"], metered()[0]["credits_left"]) == (2, 1, 2, 0)
    other = me.post(KEYS, {"name": "other", "kind": "agent", "agent": agent["slug"]}, expect=201)
    assert root.using(token=other["key"], host=HOST).get("/v1/billing").code == "INSUFFICIENT_SCOPE"


def test_AN1_it_views_logs(root, account, agent, master):
    """AN1, "view logs": what happened in the account, who did it, on the product's own host; an agent key does not."""
    me = root.using(token=master["key"], host=HOST)
    made = me.post(KEYS, {"name": "seen", "kind": "agent", "agent": agent["slug"]}, expect=201)
    me.delete(f"{KEYS}/{made['id']}", expect=200)
    records = me.get(f"/v1/logs?subject={made['id']}", expect=200)["data"]
    assert [(record["action"], record["actor"]) for record in records] == [("key.revoked", master["id"]), ("key.created", master["id"])]
    assert all(record["account"] == account["id"] for record in me.get("/v1/logs", expect=200)["data"])
    other = me.post(KEYS, {"name": "other", "kind": "agent", "agent": agent["slug"]}, expect=201)
    assert root.using(token=other["key"], host=HOST).get("/v1/logs").code == "INSUFFICIENT_SCOPE"


def test_AN1_but_nobody_else_s(root, make, master):
    """AN1: full access *to the account*: another account's keys and agents are out of reach."""
    other = make.account("anima")
    foreign, stranger = make.key(other, kind="master"), new_agent(root, other)
    me = root.using(token=master["key"], host=HOST)
    for reply in (me.get(f"{KEYS}/{foreign['id']}"), me.delete(f"{KEYS}/{foreign['id']}"), me.patch(f"{KEYS}/{foreign['id']}", {"name": "x"})):
        assert reply.status == 404
    assert me.post(KEYS, {"kind": "agent", "agent": stranger["slug"], "name": "x"}).status == 422
    assert me.post(KEYS, {"kind": "agent", "agent": stranger["id"], "name": "x"}).status == 422
    assert me.post(KEYS, {"account": other["id"], "kind": "master", "name": "x"}).status in (403, 422)
    assert root.verify(master["key"], account=other["id"])["code"] == "WRONG_ACCOUNT" and root.verify(foreign["key"])["valid"]


def test_AN2_an_agent_key_sends_and_receives_for_its_agent(root, make, account, agent):
    """AN2: agent keys `ak_`: send and receive, for one specific agent."""
    made = make.key(account, kind="agent", agent=agent["slug"])
    assert made["key"].startswith("ak_") and made["agent"] == agent["id"]
    client = root.using(token=made["key"])
    for method in ("POST", "GET"):
        reply = client.call(method, messages(agent), expect=200)
        assert (reply.header("cardea-agent"), reply.header("cardea-account"), reply.header("cardea-kind")) == (agent["id"], account["id"], "agent")
        assert set(reply.header("cardea-scopes").split()) == {"messages:send", "messages:receive"}
    assert client.using(host=HOST).get(f"/v1/agents/{agent['slug']}/messages", expect=200)["data"] == []


def test_AN2_no_other_agent(root, make, account, agent):
    """AN2: any other agent is refused, of the same account and of another one that has the same slug."""
    key = root.using(token=make.key(account, kind="agent", agent=agent["id"])["key"])
    sibling, other = new_agent(root, account), make.account("anima")
    twin = root.post("/v1/agents", {"account": other["id"], "slug": agent["slug"], "name": "Twin"}, expect=201).json
    for method in ("POST", "GET"):
        assert key.call(method, messages(sibling)).code == "WRONG_AGENT"
        assert key.call(method, messages(agent), expect=200).header("cardea-agent") == agent["id"] != twin["id"]
    assert root.verify(key.token, agent=twin["id"])["code"] == "WRONG_AGENT"
    assert root.verify(key.token, agent=sibling["id"])["code"] == "WRONG_AGENT"
    for where in ({}, {"agent": "nobody"}, {"agent": None}):
        root.post("/v1/keys", {"account": account["id"], "kind": "agent", "name": "x", **where}, expect=422)
    root.post("/v1/keys", {"account": account["id"], "kind": "master", "agent": agent["slug"], "name": "x"}, expect=422)


@pytest.mark.parametrize("method,path", MASTER_ONLY)
def test_AN2_nothing_else(root, world, method, path):
    """AN2: anything else is refused, and told which scope is missing."""
    reply = root.call(method, AUTHORIZE + path, headers=world[0]["agent"])
    assert (reply.status, reply.code) == (403, "INSUFFICIENT_SCOPE") and 'scope="' in reply.header("www-authenticate")


def test_AN2_an_agent_key_manages_no_keys(root, make, account, agent, master):
    """AN2: anything else is refused: keys above all, on the product's own host and on the native API."""
    made = make.key(account, kind="agent", agent=agent["slug"])
    for me in (root.using(token=made["key"], host=HOST), root.using(token=made["key"])):
        for reply in (me.get(KEYS), me.get(f"{KEYS}/{made['id']}"), me.post(KEYS, {"kind": "agent", "agent": agent["slug"], "name": "x"}),
                      me.post(KEYS, {"kind": "master", "name": "x"}), me.patch(f"{KEYS}/{made['id']}", {"name": "x"}),
                      me.delete(f"{KEYS}/{master['id']}"), me.delete(f"{KEYS}/{made['id']}")):
            assert reply.status == 403, reply
    assert root.using(token=made["key"]).post("/v1/agents", {"slug": "mine", "name": "x"}).status == 403
    assert root.verify(master["key"])["valid"] and root.verify(made["key"])["valid"]


def test_AN2_scopes_are_not_chosen(root, account, agent):
    """AN2: what an agent key may do is the same for all of them."""
    root.post("/v1/keys", {"account": account["id"], "kind": "agent", "agent": agent["slug"], "name": "x", "scopes": ["billing:read"]}, expect=422)
    root.post("/v1/keys", {"account": account["id"], "kind": "agent", "agent": agent["slug"], "name": "x", "scopes": ["*"]}, expect=422)


def test_AN15_a_new_key_before_the_old_one_is_revoked(root, make, account, agent):
    """AN15: rotation without downtime: the new key is issued first, both work, then the old one is revoked."""
    for more, target in (({"kind": "master"}, f"{AUTHORIZE}/v1/logs"), ({"kind": "agent", "agent": agent["slug"]}, messages(agent))):
        old, new = make.key(account, **more), make.key(account, **more)
        for key in (old, new):
            root.using(token=key["key"]).get(target, expect=200)
        root.delete(f"/v1/keys/{old['id']}", expect=200)
        assert root.using(token=old["key"]).get(target).status == 401
        root.using(token=new["key"]).get(target, expect=200)


def test_AN15_or_in_one_step_with_an_overlap(root, make, account, agent, master):
    """AN15: the same by rotation; a master key rotates for itself, and an agent key keeps its agent."""
    me = root.using(token=master["key"])
    old = make.key(account, kind="agent", agent=agent["slug"])
    new = me.post(f"/v1/keys/{old['id']}/rotate", {"overlap_sec": 3600}, expect=201)
    for key in (old["key"], new["key"]):
        root.using(token=key).post(messages(agent), expect=200)
    assert new["agent"] == agent["id"]
    old = make.key(account, kind="agent", agent=agent["slug"])
    new = me.post(f"/v1/keys/{old['id']}/rotate", {"overlap_sec": 1}, expect=201)
    successor = me.post(f"/v1/keys/{master['id']}/rotate", {"overlap_sec": 1}, expect=201)
    assert root.verify(successor["key"])["kind"] == "master"
    time.sleep(2.1)
    assert root.using(token=old["key"]).post(messages(agent)).status == 401 and me.get(f"{AUTHORIZE}/v1/logs").status == 401
    root.using(token=new["key"]).post(messages(agent), expect=200)
    root.using(token=successor["key"]).get(f"{AUTHORIZE}/v1/logs", expect=200)


def test_AN15_it_says_when_a_rotation_is_due(root, make, account, agent, master):
    """AN15, "reminders when a rotation is due (quarterly for master keys)": master keys are due after a quarter; a rotated one no
    more, an agent key never."""
    made = root.get(f"/v1/keys/{make.key(account, kind='master')['id']}", expect=200)
    created, due = (datetime.datetime.fromisoformat(made[name].replace("Z", "+00:00")) for name in ("created_at", "rotation_due_at"))
    assert due - created == datetime.timedelta(days=90)
    root.post(f"/v1/keys/{made['id']}/rotate", {}, expect=201)
    assert root.get(f"/v1/keys/{made['id']}", expect=200)["rotation_due_at"] is None
    assert make.key(account, kind="agent", agent=agent["id"])["rotation_due_at"] is None


def test_AN15_a_reminder_comes_when_a_rotation_is_due(root, account):
    """AN15, "reminders when a rotation is due (quarterly for master keys)": an event for each step, once, and a mark in the list; a
    key that is no quarter old has none. By mail, and restarts: tests/api/test_reminders.py."""
    now = datetime.datetime.now(datetime.timezone.utc)
    body = {"account": account["id"], "kind": "master", "keys": [
        {"sha256": f"{index:02x}" + unique("age").encode().hex().ljust(62, "0"), "name": str(days), "prefix": "mk_old",
         "created_at": (now - datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")} for index, days in enumerate((91, 88, 80, 70))]}
    keys = {key["name"]: key["id"] for key in root.post("/v1/keys/import", body, expect=201)["data"]}
    told = eventually(root, 3, type="key.rotation_due", account=account["id"])
    assert {event["subject"]: event["data"]["days_left"] for event in told} == {keys["91"]: 0, keys["88"]: 3, keys["80"]: 14}
    shown = {key["name"]: key["reminder"] for key in root.get(f"/v1/keys?account={account['id']}", expect=200)["data"]}
    assert shown == {"91": "rotation_due", "88": "rotation_due", "80": "rotation_due", "70": None}


def test_AN15_agent_keys_may_live_shorter(root, make, account, agent, master):
    """AN15: agent keys may live shorter than master keys, one by one; that a
    profile may say so of all of them, tests/api/test_agents.py shows."""
    key = make.key(account, kind="agent", agent=agent["slug"], expires_at=soon())
    root.using(token=key["key"]).post(messages(agent), expect=200)
    wait_past(key["expires_at"])
    assert root.using(token=key["key"]).post(messages(agent)).code == "EXPIRED"
    assert root.verify(master["key"])["valid"] and master["expires_at"] is None


def test_AN16_revoking_one_leaves_the_others(root, make, account, agent, master):
    """AN16: one key a service: revoking one service's key leaves the others working, on open connections too."""
    services = [make.key(account, kind="agent", agent=agent["slug"], name=f"service {i}") for i in range(4)]
    clients = [root.using(token=k["key"]) for k in services]
    for client in clients:
        client.post(messages(agent), expect=200)
    kept = clients[2]._connection()
    root.using(token=master["key"], host=HOST).delete(f"{KEYS}/{services[2]['id']}", expect=200)
    assert clients[2].post(messages(agent)).status == 401 and clients[2]._connection() is kept
    for client in (clients[0], clients[1], clients[3]):
        client.post(messages(agent), expect=200)
    root.using(token=master["key"]).get(f"{AUTHORIZE}/v1/logs", expect=200)


@pytest.mark.parametrize("headers", [{"Origin": "https://shop.example"}, {"Origin": "null"}, {"Sec-Fetch-Mode": "cors"}, {"SEC-FETCH-MODE": "navigate"}])
def test_AN18_a_master_key_never_from_a_page(root, make, account, agent, master, headers):
    """AN18 a request with a master key that comes from a browser page is refused with the reason and an event, in management
    too; an agent key is not for servers only."""
    page = root.using(token=master["key"], headers=headers)
    for reply in (page.get(f"{AUTHORIZE}/v1/logs"), page.post(messages(agent)), page.using(host=HOST).get("/v1/logs"), page.using(host=HOST).get(KEYS),
                  page.using(host=HOST).post(KEYS, {"kind": "master", "name": "x"}), page.get("/v1/keys"), page.using(host=HOST).get("/v1/agents")):
        assert (reply.status, reply.code) == (403, "CLIENT_SIDE") and "browser" in reply["detail"] and "server" in reply["errors"][0]["fix"]
    root.using(token=master["key"]).get(f"{AUTHORIZE}/v1/logs", expect=200)
    root.using(token=make.key(account, kind="agent", agent=agent["slug"])["key"], headers=headers).post(messages(agent), expect=200)
    told = eventually(root, account=account["id"], type="key.exposed")
    assert [(e["subject"], e["data"]["code"], e["data"]["kind"], e["address"]) for e in told] == [(master["id"], "CLIENT_SIDE", "master", "127.0.0.1")]
    assert "browser" in told[0]["data"]["reason"] and master["key"] not in str(told)


@pytest.mark.parametrize("where", ["management", "another process"])
def test_AN18_wherever_it_is_decided(shared, root, make, account, master, where):
    """AN18: by whichever process the key is refused: the account's people see it."""
    if where == "management":
        root.using(token=master["key"], host=HOST, headers={"Origin": "https://shop.example"}).get(KEYS, expect=403)
    else:
        reader = Reader(shared.data / "run", activity=True)
        assert reader.code(master["key"], cost=1, from_browser=True) == "CLIENT_SIDE"
        reader.close()
    owner = make.session(account, "owner")
    assert [e["subject"] for e in eventually(owner, type="key.exposed")] == [master["id"]]


def test_AN18_it_is_counted(root, master):
    """AN18: whoever runs it sees that it happens."""
    def refused():
        text = root.get("/metrics", expect=200, record=False).body.decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if "CLIENT_SIDE" in line)
    before = refused()
    root.using(token=master["key"], headers={"Origin": "https://shop.example"}).get(f"{AUTHORIZE}/v1/logs", expect=403)
    assert refused() == before + 1


@pytest.fixture(scope="module")
def world(root, make):
    account, other, stopped = (make.account("anima") for _ in range(3))
    agent, sibling, off, gone = (new_agent(root, account) for _ in range(4))
    stranger = new_agent(root, other)

    def key(of=agent, **more):
        return make.key(account, kind="agent", agent=of["slug"], **more)

    def master_key(**more):
        return make.key(account, kind="master", **more)

    revoked, disabled, expired = key(), key(), key(expires_at=soon())
    root.delete(f"/v1/keys/{revoked['id']}", expect=200)
    root.patch(f"/v1/keys/{disabled['id']}", {"enabled": False}, expect=200)
    of_off, of_gone = key(off), key(gone)
    root.patch(f"/v1/agents/{off['id']}", {"enabled": False}, expect=200)
    root.delete(f"/v1/agents/{gone['id']}", expect=(200, 204))
    rotated, at_once, suspended = master_key(), master_key(), make.key(stopped, kind="master")
    root.post(f"/v1/keys/{rotated['id']}/rotate", {"overlap_sec": 3600}, expect=201)
    root.post(f"/v1/keys/{at_once['id']}/rotate", {"overlap_sec": 0}, expect=201)
    root.patch(f"/v1/accounts/{stopped['id']}", {"status": "suspended"}, expect=200)
    session = make.session(account, "owner").token
    wait_past(expired["expires_at"])
    mine, good = key()["key"], master_key()["key"]
    headers = {name: bearer(k) for name, k in {
        "agent": mine, "agent's second": key()["key"], "sibling": key(sibling)["key"], "master": good, "rotated master": rotated["key"],
        "rotated at once": at_once["key"], "revoked": revoked["key"], "disabled": disabled["key"], "expired": expired["key"], "agent off": of_off["key"],
        "agent gone": of_gone["key"], "suspended": suspended["key"], "elsewhere": master_key(ip_allow=["192.0.2.0/24"])["key"],
        "unknown agent": mint("ak_", 32), "unknown master": mint("mk_", 32), "renamed": "a" + good[1:],
        "animam's": make.key(make.account("animam"), scopes=["*"])["key"]}.items()}
    headers = {**table.hostile(good, mine), **table.lives(root, make, account, kind="master"), **headers}
    headers |= {"cookie": {"Cookie": f"cardea_session={session}"},
                "agent from a page": {**bearer(mine), "Origin": "https://shop.example", "Sec-Fetch-Mode": "cors"},
                "master Origin": {**bearer(good), "Origin": "https://shop.example"}, "master Sec-Fetch-Mode": {**bearer(good), "Sec-Fetch-Mode": "no-cors"},
                "master own page": {**bearer(good), "Origin": f"https://{HOST}"},
                "master and agent": [("Authorization", f"Bearer {good}"), ("authorization", f"Bearer {mine}")]}
    words = {"agent": agent["slug"], "AGENT": agent["slug"].upper(), "sibling": sibling["slug"], "stranger": stranger["slug"], "off": off["slug"],
             "gone": gone["slug"], "held": good, "rest": good[1:]}
    return headers, words


@pytest.mark.parametrize("row", table.rows("anima.tsv"))
def test_decisions(root, world, row):
    """AN1, AN2, AN15, AN16, AN18 as a table."""
    headers, words = world
    table.check(table.decide(root, "anima", row, headers, "", **words), row, "anima")
