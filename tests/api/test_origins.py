"""A key that is used from a network that it was never used from before: told once, by whichever way it was checked."""

import json
import sqlite3

import pytest

from cardea_test.events import events
from cardea_test.fixtures import Maker
from cardea_test.receiver import Endpoint, until

TYPE = "key.new_network"
READ = "/v1/authorize/animus/api/v1/content/recent"


def told(client, key):
    return events(client, key=key["id"], type=TYPE)


def used_until_told(client, key, use):
    """A key tells of one network a second: what comes in the same second is told when it comes again."""
    def once_more():
        use()
        return told(client, key)
    until(once_more)
    (event,) = told(client, key)
    return event


def verifying(root, key):
    return lambda ip: root.verify(key["key"], ip=ip)


def authorizing(root, key):
    caller = root.using(token=key["key"])
    return lambda ip: caller.get(READ, headers={"X-Forwarded-For": ip}, expect=200)


@pytest.mark.parametrize("way", [verifying, authorizing])
def test_a_new_network_is_told_once(root, make, way):
    key = make.key(make.account(), scopes=["read"])
    use = way(root, key)
    for host in (7, 7, 200):
        use(f"203.0.113.{host}")
    event = used_until_told(root, key, lambda: use("2001:db8:7:1::9"))
    assert (event["address"], event["subject"], event["actor"]) == ("2001:db8:7::/48", key["id"], "system")
    assert set(event["data"]) == {"prefix", "kind", "seen_at", "known_networks"} and event["data"]["known_networks"] == 1
    assert event["data"]["prefix"] == key["prefix"]
    use("203.0.113.9"), use("2001:db8:7:2::9")
    assert told(root, key) == [event]


def test_no_address_no_refusal_and_no_look_is_one(root, make):
    key = make.key(make.account(), scopes=["read"])
    root.verify(key["key"])
    root.verify(key["key"], ip="203.0.113.7")
    for _ in range(2):
        root.verify(key["key"])
        assert root.verify(key["key"], ip="198.51.100.1", scope="write")["code"] == "INSUFFICIENT_SCOPE"
        assert root.verify(key["key"], ip="198.51.101.1", cost=0)["valid"]
    event = used_until_told(root, key, lambda: root.verify(key["key"], ip="198.51.102.1"))
    assert (event["address"], event["data"]["known_networks"]) == ("198.51.102.0/24", 1)


def test_what_is_known_outlives_restarts_and_is_told_to_webhooks(own):
    endpoint = Endpoint()
    daemon = own("--webhook-http", "--webhook-networks", "127.0.0.0/8")
    root = daemon.root()
    make = Maker(root)
    account = make.account()
    key = make.key(account, scopes=["read"])
    root.post("/v1/webhooks", {"account": account["id"], "url": endpoint.url, "events": [TYPE]}, expect=201)

    def known():
        with sqlite3.connect(daemon.data / "cardea.db") as db:
            rows = db.execute("SELECT network FROM key_origin JOIN api_key ON id = key_id WHERE prefix = ?", (key["prefix"],)).fetchall()
        return {tuple(network[12:]) for (network,) in rows}

    root.verify(key["key"], ip="203.0.113.7")
    until(lambda: known() == {(203, 0, 113, 0)})
    assert daemon.stop() == 0
    for name in ("snapshot", "activity.0", "notices"):  # as a reboot leaves it
        (daemon.runtime / name).unlink()
    daemon.start()
    root = daemon.root()
    root.verify(key["key"], ip="203.0.113.8")
    event = used_until_told(root, key, lambda: root.verify(key["key"], ip="198.51.100.1"))
    assert event["address"] == "198.51.100.0/24" and known() == {(203, 0, 113, 0), (198, 51, 100, 0)}
    until(lambda: endpoint.got)
    (message,) = endpoint.messages()
    assert (message["type"], message["address"]) == (TYPE, "198.51.100.0/24")
    (record,) = root.get(f"/v1/audit?action={TYPE}", expect=200)["data"]
    assert (record["subject"], record["address"]) == (key["id"], "198.51.100.0/24")
    assert "198.51.100" not in json.dumps(record["detail"]), "it stands where it can be erased"
    endpoint.close()
