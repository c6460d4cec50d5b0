"""Webhooks: endpoints and their secrets, what is sent and how it is signed, retries, dead letters, replays, and what disables an endpoint."""

import json
import re
import sqlite3
import time

import pytest

from cardea_test.daemon import Daemon
from cardea_test.events import events
from cardea_test.fixtures import Maker, the_module_is_clean
from cardea_test.leaks import REGISTRY
from cardea_test.receiver import Endpoint, signed_body_by, signed_by, until

HERE = ["--webhook-http", "--webhook-networks", "127.0.0.0/8"]
FAST = [*HERE, "--webhook-retry", "1s,1s"]
HOST = "api.anima.localhost"


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

    def ends(self, state="delivered", count=1, within=20):
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
        return self.make.key(account, kind="master" if account["profile"] == "anima" else None) if account["profile"] == "anima" else self.make.key(account)


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    daemon = Daemon(tmp_path_factory.mktemp("webhooks"), FAST)
    yield Place(daemon.start())
    assert daemon.stop() == 0
    the_module_is_clean(daemon)


@pytest.fixture
def server():
    opened = []

    def start(*args, **kw):
        opened.append(Endpoint(*args, **kw))
        return opened[-1]
    yield start
    for one in opened:
        one.close()


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
    h = hook(lambda number: 500 if number < 3 else 204, events=["key.created"])
    here.key(h.account)
    until(lambda: any(d["attempts"] == 1 for d in h.deliveries()))
    assert h.get()["failing_since"]
    (done,) = h.ends()
    assert done["attempts"] == 3 and done["status"] == 204 and h.get()["failing_since"] is None
    assert len({headers["webhook-id"] for _, headers, _ in h.server.got}) == 1 and len({body for _, _, body in h.server.got}) == 1
    assert all(signed_by(h.secret, headers, body) for _, headers, body in h.server.got)
    assert [a["status"] for a in h.delivery(done)["log"]] == [500, 500, 204]
