"""Each kind of event that endpoints are promised comes about, and arrives signed at who asked for it; those of texts and of
leaked keys stand in the audit log, too."""

import pytest

from cardea_test.daemon import Daemon
from cardea_test.fixtures import the_module_is_clean
from cardea_test.receiver import Endpoint, Mailbox, signed_by, until
from test_leaks import Scanner, keys_file, match
from test_messages import AWS, LOOKALIKE, Agent
from test_reminders import after, grown
from test_scan import ready
from test_webhooks import FAST, Hook, Place

PROMISED = {"key.created", "key.updated", "key.rotated", "key.revoked", "key.expiring", "key.expired", "key.rotation_due", "key.limit_reached", "key.leaked",
            "content.blocked", "content.flagged", "message.delivered", "message.received", "webhook.disabled", "audit.checkpoint"}


class Told:
    """Endpoints of several accounts on one server, each with a subscription for each kind."""

    def __init__(self, place, server):
        self.place, self.server, self.secrets = place, server, {}

    def watch(self, account, *types):
        hook = Hook(self.place.root, account, self.server, events=list(types))
        self.secrets[hook.made["account"]] = hook.secret
        return hook

    def of(self, type):
        return [m for m in self.server.messages() if m["type"] == type]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder, mailbox, server = tmp_path_factory.mktemp("promised"), Mailbox(), Endpoint()
    scanner = Scanner()
    daemon = Daemon(folder, [*FAST, "--leak-keys", keys_file(folder, scanner.entry()), "--smtp-url", mailbox.url, "--smtp-from", "agents@example.org"]).start()
    ready(daemon.root())
    told = Told(Place(daemon), server)
    told.scanner = scanner
    yield told
    assert daemon.stop() == 0
    the_module_is_clean(daemon)
    server.close()
    mailbox.close()


def recorded(told, **query):
    return told.place.root.get("/v1/audit?" + "&".join(f"{k}={v}" for k, v in query.items()), expect=200)["data"]


def test_each_kind_of_event_arrives(told):
    place, root, make = told.place, told.place.root, told.place.make
    account, full = place.account(), place.account("animus")
    told.watch(account, *PROMISED - {"audit.checkpoint", "key.limit_reached"})
    told.watch(full, "key.limit_reached")
    told.watch(root.get("/v1/accounts/cardea%2Fsystem", expect=200).json, "audit.checkpoint")

    key = make.key(account, kind="master")
    root.patch(f"/v1/keys/{key['id']}", {"name": "other"}, expect=200)
    rotated = root.post(f"/v1/keys/{key['id']}/rotate", {}, expect=201)["key"]
    near = make.key(account, kind="master", expires_at=after(days=1, seconds=2))
    short = make.key(account, kind="master", expires_at=after(seconds=2))
    old = grown(root, account, 91)
    for _ in range(10):
        make.key(full)
    root.post("/v1/keys", {"account": full["id"], "name": "one more", "scopes": ["read"]}, expect=409)
    leaked = make.key(account, kind="master")
    assert told.scanner.report(root, [match(leaked["key"])]).status == 200

    ada, bob = Agent(root, make, account), Agent(root, make, account)
    blocked = ada.send(bob.slug, AWS, expect=403)["scan_id"]
    flagged = ada.send(bob.slug, LOOKALIKE).json
    mailed = ada.send("mailto:bob@example.com").json
    gone = Endpoint(410)
    stopped = Hook(root, account, gone, events=["webhook.disabled"])
    root.post(stopped.path + "/test", expect=202)
    until(lambda: {m["type"] for m in told.server.messages()} >= PROMISED - {"audit.checkpoint"})
    gone.close()
    root.post("/v1/audit/checkpoint", expect=200)
    until(lambda: told.of("audit.checkpoint"))

    subjects = {"key.updated": key["id"], "key.rotated": key["id"], "key.revoked": leaked["id"], "key.leaked": leaked["id"], "key.expiring": near["id"],
                "key.expired": short["id"], "key.rotation_due": old["id"], "key.limit_reached": full["id"], "content.blocked": blocked,
                "message.delivered": mailed["id"], "message.received": flagged["id"], "webhook.disabled": stopped.id}
    for type, subject in subjects.items():
        assert subject in {m["subject"] for m in told.of(type)}, type
    assert {key["id"], near["id"], short["id"], leaked["id"]} <= {m["subject"] for m in told.of("key.created")}
    assert {m["type"] for m in told.server.messages()} == PROMISED
    for (_, headers, body), message in zip(told.server.got, told.server.messages()):
        assert headers["webhook-id"] == message["id"] and signed_by(told.secrets[message["account"]], headers, body)
        for secret in (key["key"], rotated, leaked["key"], AWS, "bank.com.evil"):
            assert secret not in body.decode()

    # What was stopped, let go on with a mark, or leaked is in the log, with who, whence and which key.
    (record,) = recorded(told, action="content.blocked", account=account["id"])
    assert (record["subject"], record["actor"], record["address"]) == (blocked, ada.key["id"], "127.0.0.1")
    (record,) = recorded(told, action="content.flagged", account=account["id"])
    assert record["actor"] == ada.key["id"]
    (record,) = recorded(told, action="key.leaked", account=account["id"])
    assert (record["subject"], record["actor"], record["address"], record["detail"]["prefix"]) == (leaked["id"], "system", "127.0.0.1", leaked["prefix"])
    (record,) = recorded(told, action="key.revoked", subject=leaked["id"])
    assert record["detail"]["prefix"] == leaked["prefix"] and record["detail"]["after"] == {"status": "revoked"}
