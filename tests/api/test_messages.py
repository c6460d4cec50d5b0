"""Agents' messages: sent through the scanner, received in order and until acknowledged."""

import concurrent.futures

import pytest

from cardea_test.events import events
from cardea_test.fixtures import unique
from test_scan import AWS, ORDER, ready

HOST = "anima.localhost"
LOOKALIKE = "see http://bank.com.evil.example/"


@pytest.fixture(scope="module")
def scanner(root):
    return ready(root)


@pytest.fixture
def account(scanner, make):
    return make.account("anima")


class Agent:
    """An agent with a key of its own, on the product's host."""

    def __init__(self, root, make, account, slug=None):
        self.row = root.post("/v1/agents", {"account": account["id"], "slug": slug or unique("agent"), "name": "Robot"}, expect=201).json
        self.id, self.slug, self.path = self.row["id"], self.row["slug"], f"/v1/agents/{self.row['slug']}/messages"
        self.key = make.key(account, kind="agent", agent=self.slug)
        self.client = root.using(token=self.key["key"], host=HOST)

    def send(self, to, body="Hello.", expect=201, **more):
        return self.client.post(self.path, {"to": to, "body": body, **more}, expect=expect)

    def receive(self, query="", expect=200):
        return self.client.get(self.path + query, expect=expect).json["data"]

    def ack(self, message, expect=200):
        return self.client.post(f"{self.path}/{message['id']}/ack", expect=expect)


@pytest.fixture
def pair(root, make, account):
    return Agent(root, make, account), Agent(root, make, account)


@pytest.fixture
def master(root, make, account):
    return root.using(token=make.key(account, kind="master")["key"], host=HOST)


# ---- from agent to agent

def test_sent_received_acknowledged(pair):
    ada, bob = pair
    sent = ada.send(bob.slug, "Lunch at noon?", subject="Lunch", client_id="one").json
    assert (sent["from"], sent["from_slug"], sent["to"], sent["to_slug"]) == (ada.id, ada.slug, bob.id, bob.slug)
    assert (sent["channel"], sent["state"], sent["verdict"], sent["redacted"]) == ("inbox", "delivered", "allow", False)
    (got,) = bob.receive()
    assert got == sent and (got["subject"], got["body"], got["attachments"]) == ("Lunch", "Lunch at noon?", [])
    assert ada.receive() == [] and bob.receive() == [got], "until it is acknowledged"
    assert bob.ack(got)["state"] == "acknowledged" and bob.ack(got)["state"] == "acknowledged"
    assert bob.receive() == []
    for who in pair:
        assert who.client.get(f"{who.path}/{sent['id']}", expect=200)["state"] == "acknowledged"


def test_an_inbox_keeps_its_order(root, make, account):
    senders, bob = [Agent(root, make, account) for _ in range(3)], Agent(root, make, account)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda i: senders[i % 3].send(bob.id, f"number {i}", subject=str(i)), range(60)))
    got = bob.receive("?limit=200")
    assert sorted(int(m["subject"]) for m in got) == list(range(60))
    pages, after = [], ""
    while page := bob.receive(f"?limit=7{after}"):
        pages += page
        after = f"&after={page[-1]['id']}"
    assert pages == got
    assert bob.client.post(f"{bob.path}/ack", {"up_to": got[29]["id"]}, expect=200)["acknowledged"] == 30
    assert bob.receive("?limit=200") == got[30:]
    assert bob.receive(f"?limit=200&after={got[9]['id']}") == got[30:], "what was acknowledged keeps its place"


def test_the_client_s_own_id_makes_it_once(pair):
    ada, bob = pair
    first = ada.send(bob.slug, client_id="a")
    assert ada.send(bob.slug, client_id="a", expect=200).json == first.json
    assert ada.send(bob.slug, "Other.", client_id="a", expect=409).code == "client_id_taken"
    assert ada.send(ada.slug, client_id="a", expect=409).code == "client_id_taken"
    assert bob.send(ada.slug, client_id="a")["id"] != first["id"], "another sender's is another"
    bob.ack(first.json)
    assert ada.send(bob.slug, client_id="a", expect=200)["state"] == "acknowledged"
    assert bob.receive() == []


def test_the_same_sent_twenty_times_at_once_arrives_once(pair):
    ada, bob = pair
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: ada.send(bob.slug, client_id="same", expect=(200, 201)), range(20)))
    assert len({r["id"] for r in replies}) == 1 and [r.status for r in replies].count(201) == 1
    assert len(bob.receive()) == 1


# ---- the scanner

@pytest.mark.parametrize("part", [{"body": f"key {AWS}"}, {"body": "x", "subject": AWS}, {"body": "x", "attachments": [{"name": f"{AWS}.txt", "text": "x"}]},
                                  {"body": "x", "attachments": [{"name": "a.txt", "text": ORDER}]}, {"body": ORDER}])
def test_what_may_not_leave_is_refused_and_kept_nowhere(root, account, pair, part):
    ada, bob = pair
    reply = ada.client.post(ada.path, {"to": bob.slug, "client_id": "b", **part}, expect=403)
    assert reply.code == "content_blocked" and reply["safe_text"] and reply["scan_id"].startswith("scn_")
    assert {r["code"] for r in reply["reasons"]} & {"SECRET", "INJECTION"} and all(r["rule_id"] for r in reply["reasons"])
    assert AWS not in reply.body.decode() and bob.receive() == []
    (event,) = events(root, account=account["id"], type="content.blocked")
    assert event["subject"] == reply["scan_id"] and AWS not in str(event)
    assert events(root, account=account["id"], type="message.sent") == []
    ada.send(bob.slug, "Better so.", client_id="b")


def test_what_is_flagged_is_delivered_and_said_to_be(root, account, pair):
    ada, bob = pair
    sent = ada.send(bob.slug, LOOKALIKE).json
    assert sent["verdict"] == "flag" and bob.receive() == [sent]
    (event,) = events(root, account=account["id"], type="content.flagged")
    assert event["subject"] == sent["scan_id"]
    (made,) = events(root, account=account["id"], type="message.sent")
    assert made["data"]["flagged"] and made["subject"] == sent["id"] and "evil" not in str(made)


# ---- who may

def test_an_agent_key_is_for_its_own_agent(root, make, account, pair):
    ada, bob = pair
    sent = ada.send(bob.slug).json
    stranger = Agent(root, make, make.account("anima"), bob.slug)
    for path in (bob.path, f"/v1/agents/{bob.id}/messages", "/v1/agents/nobody/messages"):
        for reply in (ada.client.get(path), ada.client.post(path, {"to": bob.slug, "body": "x"}), ada.client.get(f"{path}/{sent['id']}"),
                      ada.client.post(f"{path}/{sent['id']}/ack"), ada.client.post(f"{path}/ack", {"up_to": sent["id"]})):
            assert (reply.status, reply.code) == (403, "WRONG_AGENT"), (path, reply)
    assert ada.client.get("/v1/messages").code == "INSUFFICIENT_SCOPE"
    assert ada.client.get(f"/v1/agents/{ada.id}/messages", expect=200)["data"] == [], "its id names it too"
    assert stranger.receive() == [] and ada.send(stranger.id, expect=422).locations == ["/to"]
    assert stranger.client.get(f"{stranger.path}/{sent['id']}").status == 404
    assert stranger.ack(sent, expect=404).code == "not_found"
    assert ada.ack(sent, expect=404).code == "not_found", "the sender acknowledges nothing"
    assert bob.receive() == [sent]


def test_whoever_may_not(root, make, account, pair):
    ada, bob = pair
    sent = ada.send(bob.slug).json
    gone = make.key(account, kind="agent", agent=ada.slug)
    root.delete(f"/v1/keys/{gone['id']}", expect=200)
    foreign = root.using(token=make.key(make.account("anima"), kind="master")["key"], host=HOST)
    native = root.using(token=make.key(make.account("cardea"), kind="key", scopes=["agents:read", "content:scan"])["key"])
    for who, status in ((root.using(token=None, host=HOST), 401), (root.using(token=gone["key"], host=HOST), 401), (foreign, 404),
                        (make.session(account, "viewer"), 403), (native, 403)):
        for reply in (who.get(bob.path), who.post(ada.path, {"to": bob.slug, "body": "x"}), who.post(f"{bob.path}/{sent['id']}/ack")):
            assert reply.status == status, (who, reply)
    page = root.using(token=make.key(account, kind="master")["key"], host=HOST, headers={"Origin": "https://shop.example"})
    assert page.get(bob.path).code == "CLIENT_SIDE"


def test_a_master_key_a_session_and_root_for_any_agent(root, make, account, pair, master):
    ada, bob = pair
    session = make.session(account, "member")
    for who, more in ((master, ""), (session, ""), (root, f"?account={account['id']}")):
        sent = who.post(ada.path + more, {"to": bob.slug, "body": "Hello."}, expect=201).json
        assert who.get(f"{bob.path}{more}", expect=200)["data"] == [sent]
        assert who.get(f"{bob.path}/{sent['id']}{more}", expect=200)["id"] == sent["id"]
        assert who.post(f"{bob.path}/ack{more}", {"up_to": sent["id"]}, expect=200)["acknowledged"] == 1
    mine = make.account("cardea")
    root.post("/v1/agents", {"account": mine["id"], "slug": "one"}, expect=201)
    key = root.using(token=make.key(mine, scopes=["messages:send", "messages:receive", "messages:read"])["key"])
    sent = key.post("/v1/agents/one/messages", {"to": "one", "body": "To myself."}, expect=201).json
    assert key.get("/v1/agents/one/messages", expect=200)["data"] == [sent]
    assert [m["id"] for m in key.get("/v1/messages", expect=200)["data"]] == [sent["id"]]
    assert [m["id"] for m in key.get("/v1/messages?agent=one", expect=200)["data"]] == [sent["id"]]
    key.post(f"/v1/agents/one/messages/{sent['id']}/ack", expect=200)


def test_the_list_of_all(root, make, account, pair, master):
    ada, bob = pair
    third = Agent(root, make, account)
    sent = [a.send(b.slug).json for a, b in ((ada, bob), (bob, third), (third, ada), (ada, third))]
    third.ack(sent[1])
    heads = master.pages("/v1/messages?limit=3")
    assert [m["id"] for m in heads] == [m["id"] for m in reversed(sent)] and "body" not in heads[0]
    assert [m["id"] for m in master.pages(f"/v1/messages?agent={bob.slug}&limit=1")] == [sent[1]["id"], sent[0]["id"]]
    assert [m["id"] for m in master.pages("/v1/messages?state=acknowledged")] == [sent[1]["id"]]
    assert master.get("/v1/messages?state=lost").locations == ["query/state"]
    assert make.session(account, "admin").get("/v1/messages", expect=200)["data"] == heads
    assert make.session(account, "member").get("/v1/messages").status == 403
    assert root.get(f"/v1/messages?account={account['id']}", expect=200)["data"] == heads
    assert root.get("/v1/messages").locations == ["query/account"]


def test_an_agent_that_is_gone_sends_and_gets_nothing(root, account, pair, master):
    ada, bob = pair
    ada.send(bob.slug)
    root.patch(f"/v1/agents/{ada.id}", {"enabled": False}, expect=200)
    assert ada.send(bob.slug, expect=401) and master.post(ada.path, {"to": bob.slug, "body": "x"}).code == "conflict"
    master.post(bob.path, {"to": ada.slug, "body": "for when it is back"}, expect=201)
    root.delete(f"/v1/agents/{ada.id}", expect=200)
    assert master.post(bob.path, {"to": ada.slug, "body": "x"}).locations == ["/to"]


# ---- bad input

@pytest.mark.parametrize("change,status,location", [
    ({"to": ""}, 422, "/to"), ({"to": "nobody"}, 422, "/to"), ({"to": None}, 422, "/to"), ({"body": None}, 422, "/body"), ({"body": 7}, 422, "/body"),
    ({"subject": "a\nBcc: eve@example.com"}, 422, "/subject"), ({"subject": "a\r\nBcc: eve@example.com"}, 422, "/subject"), ({"subject": "x" * 999}, 422, "/subject"),
    ({"client_id": "x" * 129}, 422, "/client_id"), ({"client_id": "a\nb"}, 422, "/client_id"), ({"body": "a\x1eb"}, 422, "/body"),
    ({"body": "x" * (1 << 20) + "x"}, 422, "/body"), ({"body": "x" * (2 << 20)}, 413, None), ({"more": 1}, 422, "/more"),
    ({"attachments": [{"name": "a/b", "text": "x"}]}, 422, "/attachments/0/name"), ({"attachments": [{"name": "a\r\nb", "text": "x"}]}, 422, "/attachments/0/name"),
    ({"attachments": [{"name": "a", "type": "image/png", "text": "x"}]}, 422, "/attachments/0/type"),
    ({"attachments": [{"name": "a", "type": "text/html\r\nX: y", "text": "x"}]}, 422, "/attachments/0/type"),
    ({"attachments": [{"name": "a"}]}, 422, "/attachments/0/text"), ({"attachments": ["a"]}, 422, "/attachments/0"),
    ({"attachments": [{"name": "a", "text": ""}] * 17}, 422, "/attachments"),
    ({"to": "eve@example"}, 422, "/to"), ({"to": "eve@@example.com"}, 422, "/to"), ({"to": "eve@example.com, bob@example.com"}, 422, "/to"),
    ({"to": "Eve <eve@example.com>"}, 422, "/to"), ({"to": "eve@example.com\r\nBcc: x@example.com"}, 422, "/to"), ({"to": "eve@exam ple.com"}, 422, "/to"),
    ({"to": ".eve@example.com"}, 422, "/to"), ({"to": "eve@[127.0.0.1]"}, 422, "/to"), ({"to": "mailto:"}, 422, "/to"), ({"to": "eve@-a.example.com"}, 422, "/to"),
    ({"to": "eve@exämple.com"}, 422, "/to"), ({"to": "ftp://example.com/"}, 422, "/to"), ({"to": "https://"}, 422, "/to"), ({"to": "https://a b/"}, 422, "/to"),
    ({"to": "https://user:pw@example.com/"}, 422, "/to"), ({"to": "https://example.com/#x"}, 422, "/to"), ({"to": "https://example.com/\r\nX: y"}, 422, "/to"),
])
def test_bad_messages(pair, change, status, location):
    ada, bob = pair
    reply = ada.client.post(ada.path, {"to": bob.slug, "body": "x", **change}, expect=status)
    assert location is None or reply.locations == [location], reply
    assert bob.receive() == []


def test_bad_questions(pair):
    ada, bob = pair
    for query in ("?after=1", "?after=key_01jd3v8k2m4ta", "?limit=0", "?limit=201"):
        assert bob.client.get(bob.path + query).status == 422, query
    assert bob.client.get(f"{bob.path}/msg_0000000000001").status == 404 and bob.client.get(f"{bob.path}/x").status == 404
    assert bob.client.post(f"{bob.path}/ack", {"up_to": "x"}).status == 404
    assert bob.client.put(bob.path).status == 405 and bob.client.delete(f"{bob.path}/x").status == 405


def test_all_of_a_message_arrives_as_it_was(pair):
    ada, bob = pair
    parts = {"subject": "Grüße, 昼", "body": "ü\n\n\t" + "a" * 900_000, "attachments": [{"name": "näme.json", "type": "application/json", "text": '{"a":"\\u2028"}'},
                                                                                       {"name": "b", "type": "text/plain", "text": ""}]}
    ada.send(bob.slug, **parts)
    (got,) = bob.receive()
    assert {k: got[k] for k in parts} == parts
