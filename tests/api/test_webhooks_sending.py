"""Webhooks on their way: to public addresses alone, over verified TLS; none lost with the process, none held up by others."""

import json
import re
import socket
import sqlite3
import ssl
import subprocess
import threading
import time

import pytest

from cardea_test.daemon import Daemon
from cardea_test.events import events
from cardea_test.fixtures import the_module_is_clean
from cardea_test.receiver import Mailbox, signed_by, until
from test_webhooks import FAST, HERE, Hook, Place, hook, server  # noqa: F401


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    daemon = Daemon(tmp_path_factory.mktemp("sending"), FAST)
    yield Place(daemon.start())
    assert daemon.stop() == 0
    the_module_is_clean(daemon)


class Hanging:
    """Takes connections and never answers; or, with `reset`, ends them at once."""

    def __init__(self, reset=False):
        self.reset, self.open = reset, []
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/hook"
        threading.Thread(target=self.take, daemon=True).start()

    def take(self):
        while True:
            try:
                one, _ = self.socket.accept()
            except OSError:
                return
            if self.reset:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                one.close()
            else:
                self.open.append(one)

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for one in self.open:
            one.close()


# ---- where to

def test_private_addresses_are_refused_and_not_tried_again(own, server):
    place = Place(own("--webhook-http", "--webhook-networks", "192.0.2.0/24"))
    account, target = place.account("animus"), server()
    for host in ("127.0.0.1", "localhost", "LOCALHOST.", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "017700000001", "0.0.0.0", "[fd00::1]", "[::]"):
        reply = place.root.post("/v1/webhooks", {"account": account["id"], "url": f"http://{host}:{target.port}/"}, expect=422)
        assert reply.locations == ["/url"], host
    # A name says where it leads only when it is looked up.
    name = socket.gethostname()
    made = place.root.post("/v1/webhooks", {"account": account["id"], "url": f"http://{name}:{target.port}/", "events": ["key.created"]}, expect=201).json
    place.make.key(account)
    path = f"/v1/webhooks/{made['id']}"
    until(lambda: place.root.pages(f"{path}/deliveries?state=failed"))
    (dead,) = place.root.pages(f"{path}/deliveries")
    assert dead["attempts"] == 1 and "not public" in dead["error"] and dead["status"] is None and target.got == []


def test_http_is_for_who_asks_for_it(own, server):
    place = Place(own("--webhook-networks", "127.0.0.0/8"))
    reply = place.root.post("/v1/webhooks", {"account": place.account()["id"], "url": server().url}, expect=422)
    assert reply.locations == ["/url"] and "https://" in json.dumps(reply.json)


def test_https_is_verified(own, server, tmp_path):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    private = ["--webhook-networks", "127.0.0.0/8,::1/128", "--webhook-retry", "1s"]
    target = server(context=context)
    for args, state in ((["--webhook-ca-file", str(cert)], "delivered"), ([], "failed")):
        place = Place(own(*private, *args))
        h = Hook(place.root, place.account("animus"), target)
        place.root.post(h.path + "/test", expect=202)
        (done,) = h.ends(state)
        assert done["error"] is None if state == "delivered" else "certificate" in done["error"].lower()
    assert len(target.got) == 1


@pytest.mark.parametrize("args,word", [
    (["--webhook-networks", "10.0.0.0/33"], "webhook-networks"), (["--webhook-networks", "example.com"], "webhook-networks"), (["--webhook-retry", "soon"], "webhook-retry"),
    (["--webhook-retry", ",".join(["1s"] * 17)], "webhook-retry"), (["--webhook-retry", "0s"], "webhook-retry"), (["--webhook-keep", "1h"], "webhook-keep"),
])
def test_bad_options_are_told(own, args, word):
    code, why = own(*args, ready=False).refuse()
    assert code != 0 and word in why


# ---- nobody holds anybody up

def test_ten_of_each_kind(here, hook, server):
    """A tenth hangs, a tenth answers 500, a tenth resets: the others have everything, and soon."""
    bad = [Hanging() for _ in range(3)] + [Hanging(reset=True) for _ in range(3)] + [server(500) for _ in range(3)]
    account, rest = here.account("animus"), here.account("animus")
    for one in bad:
        Hook(here.root, account, one)
    good = [hook(account=account, events=["key.created"]) for _ in range(10)]
    quiet = hook(account=rest, events=["key.created"])
    keys = [here.make.key(account) for _ in range(9)]
    other = here.make.key(rest)
    began = time.monotonic()
    until(lambda: all(len(h.server.got) >= 9 for h in good) and quiet.server.got)
    assert time.monotonic() - began < 13  # a hanging one takes 15 seconds
    for h in good:
        assert {m["subject"] for m in h.server.messages()} == {k["id"] for k in keys} and all(signed_by(h.secret, head, body) for _, head, body in h.server.got)
    assert [m["subject"] for m in quiet.server.messages()] == [other["id"]]
    for one in bad[:6]:
        one.close()


def test_so_many_at_once_and_no_more(here, hook, server):
    h = hook(events=["key.created"])
    here.make.key(h.account, kind="master")
    h.ends()
    h.server.delay = 0.2
    for _ in range(30):
        here.make.key(h.account, kind="master")
    h.ends(count=31)
    assert 2 < h.server.most <= 10


def test_one_that_fails_gets_two_at_once(here, hook):
    h = hook(500, events=["key.created"])
    h.server.delay = 0.3
    for _ in range(6):
        here.make.key(h.account, kind="master")
    until(lambda: len({m["subject"] for m in h.server.messages()}) == 6)
    assert h.server.most <= 2


# ---- whatever happens to the process

def test_nothing_is_lost_with_the_process(own, server):
    """At least once, with one id: killed between the change, the following, the sending and the writing down, again and again."""
    daemon = own(*HERE, "--webhook-retry", "1s,1s,1s,1s,1s,1s,1s,1s,1s,1s", ready=False).start()
    place = Place(daemon)
    account = place.account()
    hooks = [Hook(place.root, account, server(), events=["key.created"]), Hook(place.root, account, server(lambda n: 200 if n % 3 else 500), events=["key.*"])]
    made = set()
    for _ in range(4):
        made |= {place.key(account)["id"] for _ in range(12)}
        daemon.kill()
        daemon.start()
    for h in hooks:
        until(lambda: {m["subject"] for m in h.server.messages()} >= made)
        until(lambda: not h.deliveries(state="queued"))
        assert {m["subject"] for m in h.server.messages()} == made
        ids = {}
        for m in h.server.messages():
            ids.setdefault(m["subject"], set()).add(m["id"])
        assert all(len(one) == 1 for one in ids.values()) and len(h.deliveries()) == len(made)
        assert all(signed_by(h.secret, headers, body) for _, headers, body in h.server.got)


def mails(place, outcome):
    text = place.root.get("/metrics", expect=200, record=False).body.decode()
    return int(re.search(rf'^cardea_reminder_mails_total{{outcome="{outcome}"}} (\d+)$', text, re.M)[1])


def test_owners_and_admins_are_mailed_of_a_disabled_endpoint_once(own, server):
    """The relay is down meanwhile, and so is the daemon; who enabled the endpoint before the mail went gets none."""
    box = Mailbox(refuse_recipient="451 come back later")
    daemon = own(*HERE, "--reminder-mail", "--smtp-url", box.url, "--smtp-from", "keys@example.org", "--delivery-retry", "1s", "--delivery-attempts", "20")
    try:
        place = Place(daemon)
        account, other = place.account("animus"), place.account("animus")
        told = [place.make.member(account, role)["email"] for role in ("owner", "admin")]
        place.make.member(account, "member"), place.make.member(other, "owner")
        gone, mended = (Hook(place.root, one, server(410), events=["key.created"]) for one in (account, other))
        for one in (account, other):
            place.make.key(one)
        until(lambda: all(h.get()["status"] == "stopped" for h in (gone, mended)) and mails(place, "retried"))
        daemon.kill()
        daemon.start()
        place.root = gone.client = daemon.root()
        place.root.patch(mended.path, {"enabled": True}, expect=200)
        box.refuse_recipient = None
        store = sqlite3.connect(f"file:{daemon.data}/cardea.db?mode=ro", uri=True)
        until(lambda: store.execute("SELECT count(*) FROM reminder_mail").fetchone() == (0,))
        store.close()
        assert sorted(m[1][0] for m in box.got) == sorted(told)
        (event,) = [e for e in events(place.root, type="webhook.disabled") if e["subject"] == gone.id]
        mail = box.got[0][2]
        assert mail["Subject"] == "A webhook was disabled" and mail["Auto-Submitted"] == "auto-generated"
        at = event["timestamp"]
        assert mail.get_body().get_content().splitlines()[:4] == [
            "This webhook was disabled. Nothing is sent there, and what was queued waits:", "",
            f"- the one to 127.0.0.1:{gone.server.port} ({gone.id}) of {account['name']}, Animus:",
            f"  disabled on {at[:10]} {at[11:16]} UTC: it answered 410 Gone."]
        assert "API key" not in mail.get_body().get_content() and "/hook" not in mail.as_string()
    finally:
        box.close()


def test_a_hanging_endpoint_does_not_keep_the_daemon(own, server):
    slow = Hanging()
    daemon = own(*HERE)
    place = Place(daemon)
    h = Hook(place.root, place.account("animus"), slow)
    place.root.post(h.path + "/test", expect=202)
    until(lambda: slow.open)
    began = time.monotonic()
    assert daemon.stop() == 0 and time.monotonic() - began < 12  # the hanging one takes 15 seconds
    daemon.start()
    until(lambda: len(slow.open) >= 2)
    slow.close()


def test_ids_of_events_rise_though_the_clock_was_put_back(own, server):
    """Deliveries follow the outbox by id: an event of an earlier clock must not stand behind the place that they have come to."""
    daemon = own(*HERE)
    place = Place(daemon)
    account = place.account("animus")
    h = Hook(place.root, account, server(), events=["key.created"])
    place.make.key(account)
    h.ends()
    daemon.stop()
    ahead = 3600 * 1000 << 22  # as if the last process had an hour more
    store = sqlite3.connect(daemon.data / "cardea.db")
    with store:
        store.execute("UPDATE outbox SET id = id + ?", (ahead,))
        store.execute("UPDATE meta SET value = CAST(CAST(CAST(value AS TEXT) AS INTEGER) + ? AS BLOB) WHERE name = 'webhooks'", (ahead,))
        store.execute("UPDATE webhook SET since = since + ?", (ahead,))
    store.close()
    daemon.start()
    key = place.make.key(account)
    until(lambda: len(h.server.got) == 2)
    assert h.server.messages()[1]["subject"] == key["id"]


def older(store, days, table, *columns, where="1"):
    """As if what has these ids had been made so long ago."""
    for column in columns:
        store.execute(f"UPDATE {table} SET {column} = {column} - ? WHERE {where}", (days * 86400 * 1000 << 22,))


def test_old_events_go_once_no_delivery_needs_them(own, server):
    daemon = own(*HERE, "--webhook-retry", "1s")
    place = Place(daemon)
    account, silent = place.account("animus"), place.account("animus")
    h = Hook(place.root, account, server(500), events=["key.created"])
    keys = [place.make.key(one) for one in (silent, silent, account)]
    h.ends("failed")
    fresh = place.make.key(silent)
    path = f"/v1/events?account={silent['id']}&type=key.created&limit=1"
    cursors = [place.root.get(path, expect=200)["next_cursor"]]
    cursors.append(place.root.get(f"{path}&cursor={cursors[0]}", expect=200)["next_cursor"])
    daemon.stop()
    store = sqlite3.connect(daemon.data / "cardea.db")
    with store:  # the deliveries are new: they were made late
        (first,) = store.execute("SELECT id FROM outbox WHERE payload LIKE ?", (f"%{fresh['id']}%",)).fetchone()
        older(store, 91, "outbox", "id", where=f"id < {first}")
        older(store, 91, "webhook_delivery", "event_id")
        older(store, 91, "webhook", "since")
    daemon.start()
    place.root = h.client = daemon.root()
    left = lambda: {e["subject"] for e in events(place.root, type="key.created")} & {k["id"] for k in (*keys, fresh)}
    until(lambda: left() == {keys[2]["id"], fresh["id"]})
    for cursor in cursors:  # of before they went
        page = place.root.get(f"{path}&cursor={cursor}", expect=200)
        assert page["data"] == [] and page["next_cursor"] is None
    assert {r["subject"] for r in place.root.get(f"/v1/audit?account={silent['id']}&action=key.created", expect=200)["data"]} >= {keys[0]["id"], keys[1]["id"]}
    # The dead letter has all that it needs; without it the event goes, too.
    (dead,) = h.deliveries()
    h.server.answer = 200
    place.root.post(h.path + "/replay", {"delivery": dead["id"]}, expect=202)
    h.ends()
    assert h.server.messages()[-1]["subject"] == h.delivery(dead)["payload"]["subject"] == keys[2]["id"]
    daemon.stop()
    with store:
        older(store, 31, "webhook_delivery", "id")
    store.close()
    daemon.start()
    place.root = daemon.root()
    until(lambda: left() == {fresh["id"]})


def test_what_is_old_is_forgotten(own, server):
    daemon = own(*HERE)
    place = Place(daemon)
    account = place.account("animus")
    h = Hook(place.root, account, server(), events=["key.created"])
    place.make.key(account)
    h.ends()
    gone = Hook(place.root, account, server())
    place.root.delete(gone.path, expect=200)
    daemon.stop()
    store = sqlite3.connect(daemon.data / "cardea.db")
    with store:
        older(store, 31, "webhook_delivery", "id")
    daemon.start()
    until(lambda: h.deliveries() == [])
    until(lambda: store.execute("SELECT count(*) FROM webhook").fetchone() == (1,))
    store.close()
