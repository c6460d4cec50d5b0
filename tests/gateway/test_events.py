"""What the gateway refuses is told of as what the daemon refuses: by whichever worker, with the client's address, once."""

import threading

import pytest

from cardea_test.events import eventually, events

LOGS = "/v1/billing/invoices"
PAGE = {"Origin": "https://shop.example", "Sec-Fetch-Mode": "cors"}


@pytest.fixture
def master(make):
    return make.key(make.account("anima"), kind="master")


def anima(nginx, upstream, workers=1):
    return nginx(workers=workers).serve(f"cardea anima; location / {{ proxy_pass http://127.0.0.1:{upstream.port}; }}").start()


def test_an_exposed_key(nginx, upstream, make, root, master):
    """AN18: by the gateway as by the daemon."""
    gate = anima(nginx, upstream)
    gate.client(master["key"]).get(LOGS, expect=200)
    reply = gate.client(master["key"]).get(LOGS, headers=PAGE, expect=403)
    assert reply.code == "CLIENT_SIDE" and reply.header("cardea-key-id") is None
    event = eventually(root, account=master["account"], type="key.exposed")[0]
    assert (event["subject"], event["address"], event["data"]["prefix"]) == (master["id"], "127.0.0.1", master["prefix"])


def test_a_flood_through_many_workers_is_one_event(nginx, upstream, root, master):
    gate = anima(nginx, upstream, workers=3)

    def flood():
        client = gate.client(master["key"])
        for _ in range(100):
            client.get(LOGS, headers=PAGE, expect=403)
            client.close()

    threads = [threading.Thread(target=flood) for _ in range(4)]
    [t.start() for t in threads]
    [t.join(60) for t in threads]
    eventually(root, account=master["account"], type="key.exposed")
    shown = root.get(f"/v1/keys/{master['id']}", expect=200)
    assert (shown["denial_count"], shown["use_count"]) == (400, 0)
    assert len(events(root, account=master["account"], type="key.exposed")) == 1


def test_a_revoked_key_that_is_still_in_use(nginx, upstream, make, root):
    gate = anima(nginx, upstream)
    key = make.key(make.account("anima"), kind="master")
    root.delete(f"/v1/keys/{key['id']}", expect=200)
    gate.client(key["key"]).get(LOGS, expect=401)
    event = eventually(root, key=key["id"], type="key.denied")[0]
    assert event["data"]["code"] == "REVOKED"
