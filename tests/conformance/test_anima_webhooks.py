"""The Anima page on webhook security: with a master key on the product's own host, checked as the page tells a receiver to."""

import hashlib
import hmac
import json
import pathlib
import re

import pytest

from cardea_test.daemon import Daemon
from cardea_test.fixtures import Maker, opener, the_module_is_clean
from cardea_test.leaks import REGISTRY
from cardea_test.openapi import ROOT
from cardea_test.receiver import Endpoint, until

HOST = "api.anima.localhost"


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    daemon = Daemon(tmp_path_factory.mktemp("anima-webhooks"), ["--webhook-http", "--webhook-networks", "127.0.0.0/8", "--webhook-retry", "1s"]).start()
    daemon.make = Maker(daemon.root())
    yield daemon
    assert daemon.stop() == 0
    the_module_is_clean(daemon)


@pytest.fixture
def account(product):
    return product.make.account("anima")


@pytest.fixture
def master(product, account):
    return product.root().using(token=product.make.key(account, kind="master")["key"], host=HOST)


server = opener(Endpoint)


def create(client, server, **more):
    made = client.post("/v1/webhooks", {"url": server.url, **more}, expect=201)
    REGISTRY.add("webhook secret", made["secret"])
    return made.json


def as_the_page_says(headers, body, secret):
    """"Compare the X-Anima-Signature header against an HMAC-SHA256 digest of the raw request body using your secret." """
    return hmac.compare_digest(headers["x-anima-signature"], hmac.new(secret.encode(), body, hashlib.sha256).hexdigest())


def test_AN12_signed_by_the_page_s_header(product, account, master, server):
    """AN12: "Anima signs every webhook payload with HMAC so you can verify that requests come from Anima and haven't been tampered with"."""
    target = server()
    made = create(master, target, events=["key.created", "content.blocked"])
    assert made["signature_header"] == "X-Anima-Signature"
    key = product.make.key(account, kind="master")
    until(lambda: target.got)
    _, headers, body = target.got[0]
    assert as_the_page_says(headers, body, made["secret"])
    assert not as_the_page_says(headers, body.replace(b"key.created", b"key.revoked"), made["secret"])
    assert json.loads(body)["type"] == "key.created" and json.loads(body)["subject"] == key["id"] and json.loads(body)["account"] == account["id"]
    master.post(f"/v1/webhooks/{made['id']}/test", expect=202)
    until(lambda: len(target.got) == 2)
    assert all(as_the_page_says(h, b, made["secret"]) for _, h, b in target.got)


def test_AN13_one_secret_an_endpoint(product, account, master, server):
    """AN13: "Generate a unique secret for each webhook endpoint. Do not reuse secrets across endpoints or environments." """
    one, two = server(), server()
    made = [create(master, target, events=["key.created"]) for target in (one, two)]
    assert made[0]["secret"] != made[1]["secret"] and all(re.fullmatch(r"whsec_[A-Za-z0-9+/]{32}", m["secret"]) for m in made)
    assert master.post("/v1/webhooks", {"url": one.url, "secret": made[0]["secret"]}, expect=422).locations == ["/secret"]
    product.make.key(account, kind="master")
    until(lambda: one.got and two.got)
    for target, mine, other in ((one, *made), (two, *reversed(made))):
        _, headers, body = target.got[0]
        assert as_the_page_says(headers, body, mine["secret"]) and not as_the_page_says(headers, body, other["secret"])
    assert "secret" not in str(master.get("/v1/webhooks", expect=200).json).replace("secret_created_at", "").replace("previous_secret_until", "")
    rotated = master.post(f"/v1/webhooks/{made[0]['id']}/rotate-secret", {"overlap_sec": 0}, expect=200)
    REGISTRY.add("webhook secret", rotated["secret"])
    assert rotated["secret"] not in (m["secret"] for m in made)


def test_AN14_compared_in_constant_time():
    """AN14: "Compare signatures with a constant-time function to prevent timing attacks. Never use a plain equality check." Of all code that checks
    one: the library's function is the only one, and it compares by CRYPTO_memcmp; what the documents show compares by hmac.compare_digest and hmac.Equal."""
    core = (ROOT / "src/core/webhook.c").read_text()
    (compared,) = re.findall(r"static bool same\(.*?\n}", core, re.S)
    assert "CRYPTO_memcmp(wanted, given.ptr, len) == 0" in compared
    checks = re.findall(r"(?:find_signature|verify_body)\(.*?\n}", core, re.S)
    assert len(checks) >= 2 and all("same(wanted" in c for c in checks if "wanted" in c and "same" in c)
    assert not re.search(r"\b(memcmp|strcmp|strncmp)\([^;]*wanted", core)
    for file in (ROOT / "src").rglob("*.c"):
        if file.name != "webhook.c":
            assert "webhook_sign(" not in file.read_text() or not re.search(r"(memcmp|str_eq|strcmp)\(\s*signature", file.read_text()), file
    guide = (ROOT / "docs/reference/webhooks.md").read_text()
    shown = re.findall(r"```(?:python|go)\n(.*?)```", guide, re.S)
    assert len(shown) >= 3 and all("compare_digest" in code or "hmac.Equal" in code for code in shown)
    assert not any(re.search(r"signature\W*\s*[!=]=", code) for code in shown)


def test_AN1_AN2_a_master_key_manages_webhooks_and_an_agent_key_does_not(product, account, master, server):
    """AN1: full access to the account; AN2: an agent key sends and receives, anything else is refused."""
    target = server()
    made = create(master, target)
    path = f"/v1/webhooks/{made['id']}"
    agent = product.root().post("/v1/agents", {"account": account["id"], "slug": "desk"}, expect=201)
    key = product.root().using(token=product.make.key(account, kind="agent", agent=agent["id"])["key"], host=HOST)
    other = product.root().using(token=product.make.key(product.make.account("anima"), kind="master")["key"], host=HOST)
    for method, where, body, status in (("GET", "/v1/webhooks", None, 200), ("GET", path, None, 200), ("GET", path + "/", None, 200), ("PATCH", path, {"description": "x"}, 200),
                                        ("POST", path + "/test", None, 202), ("GET", path + "/deliveries", None, 200), ("POST", path + "/replay", {"since": "2026-01-01T00:00:00Z"}, 202),
                                        ("POST", path + "/cut-over", None, 200), ("DELETE", path, None, 200)):
        assert key.call(method, where, body).code == "INSUFFICIENT_SCOPE", (method, where)
        if where != "/v1/webhooks":
            assert other.call(method, where, body).status == 404, (method, where)
        assert master.call(method, where, body).status == status, (method, where)
    assert master.call("PUT", path, {}).status == 405
