"""Webhooks: endpoints and their secrets, what is sent and how it is signed, retries, dead letters, replays, and what disables an endpoint."""

import calendar
import json
import re
import sqlite3
import threading
import time

import pytest

from cardea_test.daemon import Daemon
from cardea_test.events import events
from cardea_test.fixtures import Maker, opener, the_module_is_clean
from cardea_test.leaks import REGISTRY
from cardea_test.moments import FORMAT
from cardea_test.receiver import Endpoint, signed_body_by, signed_by, until

HERE = ["--webhook-http", "--webhook-networks", "127.0.0.0/8"]
FAST = [*HERE, "--webhook-retry", "1s,1s"]


class Hook:
    """An endpoint of an account, as the API knows it and as a server that listens there."""

    def __init__(self, client, account, server, **more):
        self.client, self.server = client, server
        made = client.post("/v1/webhooks", {"account": account["id"], "url": server.url, **more}, expect=201)
        self.made, self.secret, self.id = made.json, made["secret"], made["id"]
        self.path = f"/v1/webhooks/{self.id}"
        REGISTRY.add("webhook secret", self.secret)

    def get(self):
        return self.client.get(self.path, expect=200).json

    def deliveries(self, **query):
        return self.client.pages(f"{self.path}/deliveries?" + "&".join(f"{k}={v}" for k, v in query.items()))

    def delivery(self, one):
        return self.client.get(f"{self.path}/deliveries/{one['id']}", expect=200).json

    def ends(self, state="delivered", count=1, within=120):
        until(lambda: len(self.deliveries(state=state)) >= count, within)
        return self.deliveries(state=state)

    def rotate(self, **body):
        made = self.client.post(f"{self.path}/rotate-secret", body, expect=200)
        REGISTRY.add("webhook secret", made["secret"])
        return made.json


class Place:
    def __init__(self, daemon):
        self.daemon, self.root = daemon, daemon.root()
        self.make = Maker(self.root)

    def account(self, profile="anima"):
        return self.make.account(profile)

    def key(self, account):
        return self.make.key(account, **({"kind": "master"} if account["profile"] == "anima" else {}))


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    daemon = Daemon(tmp_path_factory.mktemp("webhooks"), FAST)
    yield Place(daemon.start())
    assert daemon.stop() == 0
    the_module_is_clean(daemon)


server = opener(Endpoint)


@pytest.fixture
def hook(here, server):
    """A hook of a new account, by root."""
    def make(*args, profile="anima", account=None, **more):
        account = account or here.account(profile)
        made = Hook(here.root, account, server(*args), **more)
        made.account = account
        return made
    return make


# ---- what arrives

def test_a_key_s_making_is_told_and_signed(here, hook):
    h = hook(events=["key.created"])
    key = here.key(h.account)
    (done,) = h.ends()
    ((path, headers, body),) = h.server.got
    assert path == "/hook" and headers["content-type"] == "application/json" and headers["user-agent"].startswith("cardea/")
    assert headers["webhook-id"] == done["event"] and abs(int(headers["webhook-timestamp"]) - time.time()) < 30
    assert signed_by(h.secret, headers, body) and signed_body_by(h.secret, headers["x-anima-signature"], body)
    assert not signed_by(h.secret, headers, body + b" ") and not signed_body_by(h.secret, headers["x-anima-signature"], body + b" ")
    told = json.loads(body)
    (event,) = events(here.root, account=h.account["id"], type="key.created")
    assert told == event and told["id"] == done["event"] and told["type"] == "key.created" and told["subject"] == key["id"]
    assert set(told) == {"id", "type", "timestamp", "account", "actor", "subject", "data"} and told["data"]["prefix"] == key["prefix"]
    assert key["key"] not in body.decode()
    assert (done["state"], done["attempts"], done["status"], done["error"], done["type"]) == ("delivered", 1, 200, None, "key.created")
    whole = h.delivery(done)
    assert whole["payload"] == event and whole["response"] is None and [a["status"] for a in whole["log"]] == [200]


def test_without_a_header_of_its_own_a_product_has_the_standard_s_alone(here, hook):
    h = hook(profile="animus", events=["key.created"])
    assert h.made["signature_header"] is None
    here.make.key(h.account)
    h.ends()
    ((_, headers, body),) = h.server.got
    assert signed_by(h.secret, headers, body) and not any("signature" in name for name in headers if name != "webhook-signature")


def test_each_gets_what_it_asked_for_and_nothing_of_others(here, hook):
    account, other = here.account("animus"), here.account("animus")
    every, created, keys, gone, stranger = (hook(account=account), hook(account=account, events=["key.created"]), hook(account=account, events=["key.*"]),
                                            hook(account=account, events=["key.revoked", "account.*"]), hook(account=other))
    key = here.make.key(account)
    here.root.patch(f"/v1/keys/{key['id']}", {"name": "other"}, expect=200)
    here.root.delete(f"/v1/keys/{key['id']}", expect=200)
    until(lambda: all(len(h.server.got) == n for h, n in ((every, 3), (created, 1), (keys, 3), (gone, 1))))
    here.root.post("/v1/webhooks/" + stranger.id + "/test", expect=202)
    until(lambda: stranger.server.got)

    def types(h):
        return sorted(m["type"] for m in h.server.messages())
    assert types(every) == types(keys) == ["key.created", "key.revoked", "key.updated"]
    assert types(created) == ["key.created"] and types(gone) == ["key.revoked"] and types(stranger) == ["webhook.test"]


def test_a_test_goes_to_one_whatever_it_asked_for(here, hook):
    account = here.account()
    one, other = hook(account=account, events=["key.revoked"]), hook(account=account)
    queued = here.root.post(one.path + "/test", expect=202).json
    assert queued["type"] == "webhook.test" and queued["state"] == "queued"
    (done,) = one.ends()
    assert done["id"] == queued["id"]
    ((_, headers, body),) = one.server.got
    assert signed_by(one.secret, headers, body) and json.loads(body)["subject"] == one.id and json.loads(body)["data"] == {"test": True}
    assert other.deliveries() == [] and other.server.got == []


def test_what_was_before_is_not_told(here, hook):
    account = here.account("animus")
    here.make.key(account)
    h = hook(account=account)
    here.root.post(h.path + "/test", expect=202)
    h.ends()
    assert [m["type"] for m in h.server.messages()] == ["webhook.test"]


# ---- trying again

def test_what_fails_is_tried_again_with_the_same_id(here, hook):
    looked = threading.Event()  # the second answer waits for it: until then nothing moves

    def answer(number):
        assert number == 1 or looked.wait(60)
        return 500 if number < 3 else 204

    h = hook(answer, events=["key.created"])
    here.key(h.account)
    until(lambda: any(d["attempts"] == 1 for d in h.deliveries()))
    failing = h.get()["failing_since"]
    looked.set()
    assert failing
    (done,) = h.ends()
    assert done["attempts"] == 3 and done["status"] == 204 and h.get()["failing_since"] is None
    assert len({headers["webhook-id"] for _, headers, _ in h.server.got}) == 1 and len({body for _, _, body in h.server.got}) == 1
    assert all(signed_by(h.secret, headers, body) for _, headers, body in h.server.got)
    assert [a["status"] for a in h.delivery(done)["log"]] == [500, 500, 204]


def test_what_is_given_up_is_a_dead_letter_that_can_be_replayed(here, hook):
    h = hook(503, events=["key.created"])
    h.server.says = b"<p>" + b"x" * 20000 + b"\xff"
    keys = [here.key(h.account) for _ in range(3)]
    dead = h.ends("failed", 3)
    assert [d["attempts"] for d in dead] == [3] * 3 and {d["error"] for d in dead} == {"it answers 503"} and len(h.server.got) == 9
    whole = h.delivery(dead[0])
    assert len(whole["response"]) == 16 << 10 and whole["response"].startswith("<p>xxx") and len(whole["log"]) == 3
    h.server.answer = 200
    assert here.root.post(h.path + "/replay", {"delivery": dead[0]["id"]}, expect=202).json == {"queued": 1, "more": False}
    (again,) = h.ends("delivered")
    assert again["id"] == dead[0]["id"] and again["event"] == dead[0]["event"] and len(h.delivery(again)["log"]) == 4
    assert here.root.post(h.path + "/replay", {"since": "2030-01-01T00:00:00Z"}, expect=202)["queued"] == 0
    assert here.root.post(h.path + "/replay", {"since": "2020-01-01T00:00:00Z", "until": "2020-01-02T00:00:00Z"}, expect=202)["queued"] == 0
    assert here.root.post(h.path + "/replay", {"since": keys[0]["created_at"]}, expect=202)["queued"] == 2
    h.ends("delivered", 3)
    assert {m["subject"] for m in h.server.messages()} == {k["id"] for k in keys}
    for body, location in (({}, ""), ({"delivery": dead[0]["id"], "since": "2026-01-01T00:00:00Z"}, ""), ({"until": "2026-01-01T00:00:00Z"}, "")):
        assert here.root.post(h.path + "/replay", body, expect=422).locations == [location]
    assert here.root.post(h.path + "/replay", {"delivery": "dlv_0000000000000"}, expect=404).code == "not_found"


def test_an_endpoint_says_when(here, hook):
    """Retry-After counts within once and twice the step, which is a second here."""
    came = []

    def answer(number):
        came.append(time.monotonic())
        return 503 if number == 1 else 200

    h = hook(answer, events=["key.created"])
    h.server.headers["Retry-After"] = "3600"
    here.key(h.account)
    (done,) = h.ends()
    assert 1.5 < came[1] - came[0] and done["attempts"] == 2


def test_gone_disables_the_endpoint_and_says_so(here, hook):
    account = here.account("animus")
    other = hook(account=account, events=["webhook.disabled"])
    h = hook(410, account=account, events=["key.created"])
    here.make.key(account)
    until(lambda: h.get()["status"] == "stopped")
    now = h.get()
    assert not now["enabled"] and "410" in now["stopped_because"] and h.ends("failed")[0]["attempts"] == 1
    other.ends()
    (told,) = other.server.messages()
    assert told["type"] == "webhook.disabled" and told["subject"] == h.id and told["data"]["host"] == f"127.0.0.1:{h.server.port}" and "hook" not in str(told["data"])
    for call in ("/test", "/replay"):
        assert here.root.post(h.path + call, {"since": "2026-01-01T00:00:00Z"} if call == "/replay" else None, expect=409).code == "webhook_disabled"
    here.make.key(account)  # nobody is told
    h.server.answer = 200
    enabled = here.root.patch(h.path, {"enabled": True}, expect=200)
    assert enabled["enabled"] and enabled["stopped_because"] is None
    key = here.make.key(account)
    until(lambda: len(h.server.got) == 2)
    assert h.server.messages()[1]["subject"] == key["id"]


def test_an_endpoint_that_fails_for_too_long_is_disabled(own, server):
    place = Place(own(*HERE, "--webhook-retry", "1s,1s,1s,1s,1s", "--webhook-failing", "1s"))
    h = Hook(place.root, place.account("animus"), server(500))
    place.make.key({"id": h.made["account"], "profile": "animus"})
    until(lambda: h.get()["status"] == "stopped")
    assert h.get()["failing_since"] and "too long" in h.get()["stopped_because"] and len(h.server.got) >= 2
    assert [e["subject"] for e in events(place.root, type="webhook.disabled")] == [h.id]
    assert [d["state"] for d in h.deliveries()] == ["queued"]  # it waits for who enables the endpoint
    h.server.answer = 200
    place.root.patch(h.path, {"enabled": True}, expect=200)
    h.ends()


def test_a_delivery_is_its_own_endpoint_s_alone(here, hook):
    """Who may see one endpoint sees nothing of another's by naming a delivery of that."""
    one, other = hook(), hook()
    here.root.post(other.path + "/test", expect=202)
    (theirs,) = other.ends()
    admin = here.make.session(one.account, "admin")
    for client in (admin, here.root):
        assert client.get(f"{one.path}/deliveries/{theirs['id']}", expect=404).code == "not_found"
        client.post(one.path + "/replay", {"delivery": theirs["id"]}, expect=404)
    admin.get(f"{other.path}/deliveries/{theirs['id']}", expect=404)
    assert len(other.server.got) == 1


def test_a_redirect_leads_nowhere(here, hook):
    h = hook(307, events=["key.created"])
    here.key(h.account)
    assert h.ends("failed")[0]["error"] == "it answers 307" and {path for path, _, _ in h.server.got} == {"/hook"}


def test_a_disabled_endpoint_is_told_nothing(here, hook):
    h = hook(events=["key.created"])
    here.root.patch(h.path, {"enabled": False, "description": "later", "events": ["key.*"]}, expect=200)
    here.key(h.account)
    here.root.patch(h.path, {"enabled": True}, expect=200)
    key = here.key(h.account)
    h.ends()
    assert [m["subject"] for m in h.server.messages()] == [key["id"]] and h.get()["description"] == "later"


def test_changes_are_logged_with_what_was_before(here, hook):
    """Of the URL its host alone, of the description that it changed."""
    h = hook(events=["key.created"])
    here.root.patch(h.path, {"enabled": False, "events": ["key.*"], "description": "Zebra", "url": "http://127.0.0.1:9/another"}, expect=200)
    here.root.patch(h.path, {"enabled": True}, expect=200)
    second, first = here.root.get(f"/v1/audit?subject={h.id}&action=webhook.updated", expect=200)["data"]
    assert first["detail"]["changed"] == ["url", "events", "description", "status"]
    assert first["detail"]["before"] == {"host": f"127.0.0.1:{h.server.port}", "events": ["key.created"], "status": "enabled"}
    assert first["detail"]["after"] == {"host": "127.0.0.1:9", "events": ["key.*"], "status": "disabled"}
    assert {k: second["detail"][k] for k in ("changed", "before", "after")} == {
        "changed": ["status"], "before": {"status": "disabled"}, "after": {"status": "enabled"}}
    assert "Zebra" not in json.dumps(first) and "another" not in json.dumps(first) and "hook" not in json.dumps(first["detail"])


def test_another_url_takes_what_waits(here, hook, server):
    h, new = hook(500, events=["key.created"]), server()
    here.key(h.account)
    until(lambda: h.server.got)
    here.root.patch(h.path, {"url": new.url}, expect=200)
    h.ends()
    assert len(new.got) == 1 and signed_by(h.secret, *new.got[0][1:])


# ---- secrets

def test_two_secrets_sign_until_cut_over(here, hook):
    """Standard Webhooks has room for both; the product's header stays with the old one until the overlap ends."""
    h, root = hook(events=["key.created"]), here.root
    old = h.secret
    made = h.rotate()
    overlap = calendar.timegm(time.strptime(made["previous_secret_until"], FORMAT)) - time.time()
    assert abs(overlap - 86400) < 300 and made["secret"] != old and re.fullmatch(r"whsec_[A-Za-z0-9+/]{32}", made["secret"])
    here.key(h.account)
    h.ends()
    _, headers, body = h.server.got[-1]
    assert len(headers["webhook-signature"].split(" ")) == 2
    assert signed_by(old, headers, body) and signed_by(made["secret"], headers, body)
    assert signed_body_by(old, headers["x-anima-signature"], body) and not signed_body_by(made["secret"], headers["x-anima-signature"], body)
    assert root.post(f"{h.path}/rotate-secret", expect=409).code == "rotation_under_way"
    cut = root.post(h.path + "/cut-over", expect=200)
    assert cut["previous_secret_until"] is None and "secret" not in cut.json
    here.key(h.account)
    h.ends(count=2)
    _, headers, body = h.server.got[-1]
    assert not signed_by(old, headers, body) and signed_by(made["secret"], headers, body) and signed_body_by(made["secret"], headers["x-anima-signature"], body)
    third = h.rotate(overlap_sec=0)
    here.key(h.account)
    h.ends(count=3)
    _, headers, body = h.server.got[-1]
    assert not signed_by(made["secret"], headers, body) and signed_by(third["secret"], headers, body)
    root.post(h.path + "/cut-over", expect=200)
    for wrong in ({"overlap_sec": -1}, {"overlap_sec": 30 * 86400 + 1}):
        assert root.post(f"{h.path}/rotate-secret", wrong, expect=422).locations == ["/overlap_sec"]


def test_the_overlap_ends_by_itself(here, hook):
    h = hook(events=["key.created"])
    made = h.rotate(overlap_sec=1)
    until(lambda: h.get()["previous_secret_until"] is None)
    here.key(h.account)
    h.ends()
    _, headers, body = h.server.got[-1]
    assert len(headers["webhook-signature"].split(" ")) == 1
    assert signed_by(made["secret"], headers, body) and signed_body_by(made["secret"], headers["x-anima-signature"], body)


def test_a_secret_is_shown_once_and_kept_sealed(here, hook):
    h = hook()
    made = h.rotate()
    shown = json.dumps([h.get(), here.root.get(f"/v1/webhooks?account={h.account['id']}", expect=200).json, events(here.root, account=h.account["id"]),
                        here.root.patch(h.path, {"description": "x"}, expect=200).json])
    for secret in (h.secret, made["secret"]):
        assert secret not in shown
        for file in here.daemon.data.rglob("cardea.db*"):
            assert secret.removeprefix("whsec_").encode() not in file.read_bytes()
    assert hook().secret != hook().secret
    here.root.delete(h.path, expect=200)
    store = sqlite3.connect(f"file:{here.daemon.data / 'cardea.db'}?mode=ro", uri=True)
    assert store.execute("SELECT url, sealed, previous FROM webhook WHERE state = 3 ORDER BY id DESC").fetchone() == ("", b"", b"")
    store.close()


def test_a_retry_of_making_one_has_the_same_secret(here, server):
    account = here.account()
    body = {"account": account["id"], "url": server().url}
    first = here.root.post("/v1/webhooks", body, headers={"Idempotency-Key": "hook-1"}, expect=201)
    again = here.root.post("/v1/webhooks", body, headers={"Idempotency-Key": "hook-1"}, expect=201)
    assert first.json == again.json and len(here.root.pages(f"/v1/webhooks?account={account['id']}")) == 1


# ---- who may

def test_who_may(here, hook):
    h = hook(profile="animus")
    account, root = h.account, here.root
    owner, member, viewer = (here.make.session(account, role) for role in ("owner", "member", "viewer"))
    other = here.make.session(here.account("animus"), "owner")
    stranger = root.using(token=None)
    key = root.using(token=here.make.key(account)["key"])
    made = owner.post("/v1/webhooks", {"url": h.server.url}, expect=201)
    REGISTRY.add("webhook secret", made["secret"])
    path = f"/v1/webhooks/{made['id']}"
    calls = [("GET", "/v1/webhooks", None), ("GET", path, None), ("PATCH", path, {"enabled": True}), ("POST", path + "/test", None),
             ("POST", path + "/cut-over", None), ("GET", path + "/deliveries", None), ("POST", path + "/replay", {"since": "2026-01-01T00:00:00Z"})]
    for method, target, body in calls:
        assert owner.call(method, target, body).status in (200, 202), (method, target)
        for who, status in ((member, 403), (viewer, 403), (stranger, 401), (key, 403)):
            assert who.call(method, target, body).status == status, (method, target, status)
        assert other.call(method, target, body).status == (200 if target == "/v1/webhooks" else 404)
    for who in (member, viewer, key):
        assert who.post("/v1/webhooks", {"url": h.server.url}).status == 403
    assert other.post("/v1/webhooks", {"account": account["id"], "url": h.server.url}).status == 403
    assert root.post("/v1/webhooks", {"url": h.server.url}, expect=422).locations == ["/account"]
    system = here.make.account("cardea")
    reads, writes = (root.using(token=here.make.key(system, kind="key", scopes=[scope])["key"]) for scope in ("webhooks:read", "webhooks:write"))
    mine = writes.post("/v1/webhooks", {"url": h.server.url}, expect=201)
    REGISTRY.add("webhook secret", mine["secret"])
    reads.get(f"/v1/webhooks/{mine['id']}", expect=200)
    assert reads.delete(f"/v1/webhooks/{mine['id']}").status == writes.get(f"/v1/webhooks/{mine['id']}").status == 403
    writes.delete(f"/v1/webhooks/{mine['id']}", expect=200)
    assert root.get(f"/v1/webhooks/{mine['id']}", expect=404).code == "not_found"


def test_a_deleted_account_s_endpoints_are_gone(here, hook):
    h = hook(500)
    here.key(h.account)
    until(lambda: h.server.got)
    here.root.delete(f"/v1/accounts/{h.account['id']}", expect=204)
    assert here.root.get(h.path).status == 404
    time.sleep(0.5)  # for what was under way
    tried = len(h.server.got)
    time.sleep(1.3)
    assert len(h.server.got) == tried


@pytest.mark.parametrize("body,location", [
    ({"events": ["key.creatd"]}, "/events/0"), ({"events": ["key.created", ""]}, "/events/1"), ({"events": ["*.created"]}, "/events/0"), ({"events": ["session.started"]}, "/events/0"),
    ({"events": ["key.created key.revoked"]}, "/events/0"), ({"events": ["*"] * 33}, "/events"), ({"events": [7]}, "/events/0"), ({"events": "key.*"}, "/events"),
    ({"description": "x" * 3000}, "/description"), ({"description": "a\nb"}, "/description"), ({"url": None}, "/url"), ({"secret": "whsec_mine"}, "/secret"),
    ({"url": "ftp://example.com/"}, "/url"), ({"url": "https://user:pw@example.com/"}, "/url"), ({"url": "https:/example.com/"}, "/url"), ({"url": "https://exämple.com/"}, "/url"),
    ({"url": "https://example.com/a b"}, "/url"), ({"url": "example.com"}, "/url"), ({"url": "https://" + "a" * 2100}, "/url"), ({"url": "https://10.0.0.1/"}, "/url"),
])
def test_bad_input(here, body, location):
    account = here.account()
    reply = here.root.post("/v1/webhooks", {"account": account["id"], "url": "https://example.com/hook", **body}, expect=422)
    assert reply.locations == [location]


def test_there_is_an_end_to_them(here):
    account = here.account()
    for _ in range(100):
        here.root.post("/v1/webhooks", {"account": account["id"], "url": "https://example.com/hook", "enabled": False}, expect=201)
    assert here.root.post("/v1/webhooks", {"account": account["id"], "url": "https://example.com/hook"}, expect=409).code == "webhook_limit_reached"
    assert len(here.root.pages(f"/v1/webhooks?account={account['id']}&limit=30")) == 100
