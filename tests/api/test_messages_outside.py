"""Messages that leave: pushed and signed, mailed through a relay; retried, given up, and never lost with the process."""

import calendar
import json
import socket
import sqlite3
import ssl
import subprocess
import threading
import time

import pytest

from cardea_test.daemon import Daemon
from cardea_test.events import events, eventually
from cardea_test.fixtures import Maker, opener, the_module_is_clean
from cardea_test.leaks import REGISTRY
from cardea_test.moments import FORMAT
from cardea_test.receiver import Endpoint, Mailbox, signed_by, until
from test_messages import AWS, HOST, Agent
from test_scan import ready

FAST = ["--delivery-retry", "1s", "--delivery-attempts", "3"]


class Place:
    """A daemon with its root, a maker, an account of Anima and an agent that has a secret."""

    def __init__(self, daemon):
        self.daemon, self.root = daemon, ready(daemon.root())
        self.make = Maker(self.root)
        self.account = self.make.account("anima")
        self.master = self.root.using(token=self.make.key(self.account, kind="master")["key"], host=HOST)
        self.ada = Agent(self.root, self.make, self.account)
        self.secret = self.new_secret()

    def new_secret(self):
        secret = self.master.post(f"/v1/agents/{self.ada.slug}/push-secret", expect=201)["secret"]
        REGISTRY.add("push secret", secret)
        return secret

    def state(self, message):
        return self.ada.client.get(f"{self.ada.path}/{message['id']}", expect=200).json

    def ends(self, message, state, within=120):
        until(lambda: self.state(message)["state"] == state, within)
        return self.state(message)


@pytest.fixture
def place(own):
    def start(*args):
        return Place(own(*FAST, *args))
    return start


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """One that tests share which leave it as it is."""
    mailbox = Mailbox()
    daemon = Daemon(tmp_path_factory.mktemp("outside"), ["--push-private", *FAST, "--smtp-url", mailbox.url, "--smtp-from", "agents@example.org"])
    made = Place(daemon.start())
    made.mailbox = mailbox
    yield made
    assert daemon.stop() == 0
    the_module_is_clean(daemon)
    mailbox.close()


endpoint = opener(Endpoint)
mailbox = opener(Mailbox)


# ---- pushed

def test_a_push_is_signed_and_whole(here, endpoint):
    hook = endpoint()
    sent = here.ada.send(hook.url, "Hello, 昼.", subject="Hi", attachments=[{"name": "a.csv", "type": "text/csv", "text": "1,2"}]).json
    assert (sent["channel"], sent["to"], sent["to_slug"]) == ("push", hook.url, None) and sent["state"] in ("queued", "delivered")
    done = here.ends(sent, "delivered")
    assert done["attempts"] == 1 and done["ended_at"] and done["error"] is None
    ((path, headers, body),) = hook.got
    assert path == "/hook" and headers["webhook-id"] == sent["id"] and abs(int(headers["webhook-timestamp"]) - time.time()) < 30
    assert headers["content-type"] == "application/json" and signed_by(here.secret, headers, body)
    assert not signed_by(here.secret, headers, body + b" ") and not signed_by(here.secret, {**headers, "webhook-id": "msg_x"}, body)
    told = json.loads(body)
    assert told["type"] == "message" and told["data"] == {
        "id": sent["id"], "account": here.account["id"], "from": here.ada.id, "from_slug": here.ada.slug, "subject": "Hi", "body": "Hello, 昼.",
        "attachments": [{"name": "a.csv", "type": "text/csv", "text": "1,2"}]}
    (event,) = events(here.root, account=here.account["id"], type="message.delivered")[:1]
    assert event["subject"] == sent["id"] and event["data"]["host"] == f"127.0.0.1:{hook.port}" and "hook" not in str(event)


def test_a_new_secret_signs_beside_the_old_one_for_a_day(here, endpoint):
    hook, old = endpoint(), here.secret
    here.secret = here.new_secret()
    here.ends(here.ada.send(hook.url).json, "delivered")
    ((_, headers, body),) = hook.got
    assert signed_by(here.secret, headers, body) and signed_by(old, headers, body) and here.secret != old
    assert len(headers["webhook-signature"].split(" ")) == 2


def test_a_secret_is_shown_once_and_to_few(here):
    path = f"/v1/agents/{here.ada.slug}/push-secret"
    for who in (here.ada.client, here.make.session(here.account, "member"), here.root.using(token=None, host=HOST)):
        assert who.post(path).status in (401, 403)
    assert here.master.get(path).status == 405 and here.root.get(path).status == 405
    assert "secret" not in str(here.master.get(f"/v1/agents/{here.ada.slug}", expect=200).json)
    assert here.secret not in str(events(here.root, account=here.account["id"]))
    assert here.root.post(path + f"?account={here.account['id']}", expect=201)["agent"] == here.ada.id
    here.secret = here.new_secret()
    without = Agent(here.root, here.make, here.account)
    assert without.send("https://example.com/", expect=409).code == "push_secret_missing"
    assert here.master.post("/v1/agents/nobody/push-secret").status == 404


def test_what_may_not_leave_is_pushed_nowhere(here, endpoint):
    hook = endpoint()
    assert here.ada.send(hook.url, AWS, expect=403).code == "content_blocked"
    time.sleep(0.5)
    assert hook.got == []


def test_a_failing_endpoint_is_tried_again_with_the_same_id(here, endpoint):
    looked = threading.Event()  # the second answer waits for it: until then nothing moves

    def answer(number):
        assert number == 1 or looked.wait(60)
        return 500 if number < 3 else 204

    hook = endpoint(answer)
    sent = here.ada.send(hook.url).json
    until(lambda: here.state(sent)["attempts"] == 1)
    waiting = here.state(sent)
    looked.set()
    assert waiting["state"] == "queued" and waiting["error"] == "it answers 500" and waiting["next_attempt_at"]
    assert here.ends(sent, "delivered")["attempts"] == 3
    assert len({headers["webhook-id"] for _, headers, _ in hook.got}) == 1
    assert all(signed_by(here.secret, headers, body) for _, headers, body in hook.got)


def test_what_is_given_up_is_a_dead_letter_that_one_can_see(here, endpoint):
    hook = endpoint(503)
    sent = here.ada.send(hook.url, client_id="dead").json
    dead = here.ends(sent, "failed")
    assert dead["attempts"] == 3 and dead["error"] == "it answers 503" and dead["ended_at"] and len(hook.got) == 3
    assert [m["id"] for m in here.master.pages("/v1/messages?state=failed")][:1] == [sent["id"]]
    (event,) = [e for e in eventually(here.root, account=here.account["id"], type="message.failed") if e["subject"] == sent["id"]]
    assert event["data"]["attempts"] == 3
    assert here.ada.send(hook.url, client_id="dead", expect=200)["state"] == "failed"


def test_gone_is_for_good(here, endpoint):
    hook = endpoint(410)
    assert here.ends(here.ada.send(hook.url).json, "failed")["attempts"] == 1 and len(hook.got) == 1


def test_a_redirect_leads_nowhere(here, endpoint):
    hook = endpoint(307)
    assert here.ends(here.ada.send(hook.url).json, "failed")["error"] == "it answers 307"
    assert {path for path, _, _ in hook.got} == {"/hook"}


def test_slow_endpoints_hold_nobody_up(here, endpoint):
    free = threading.Event()
    slow, quick = [endpoint(lambda number: 200 if free.wait(60) else 500) for _ in range(3)], endpoint()
    first = [here.ada.send(s.url).json for s in slow for _ in range(20)]
    until(lambda: [s.under_way for s in slow] == [2, 2, 2])
    here.ends(here.ada.send(quick.url).json, "delivered")
    assert all(here.state(m)["state"] == "queued" for m in first)
    free.set()
    for message in first:
        here.ends(message, "delivered")
    assert max(s.most for s in slow) <= 2


def test_hundred_arrive(here, endpoint):
    hook = endpoint()
    sent = [here.ada.send(hook.url, str(i)).json for i in range(100)]
    until(lambda: len(hook.got) >= 100)
    until(lambda: all(m["state"] == "delivered" for m in here.master.pages(f"/v1/messages?agent={here.ada.slug}") if m["to"] == hook.url))
    assert sorted(m["data"]["body"] for m in hook.messages()) == sorted(str(i) for i in range(100)) and len(sent) == 100


# ---- where to

def test_private_addresses_are_refused(place, endpoint):
    hook = endpoint()
    where, taken = place(), {}
    for url in (hook.url, "http://example.com/"):
        assert where.ada.send(url, expect=422).locations == ["/to"], url
    for host in ("127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0.0.0.0", "[fd00::1]", "192.168.0.1"):
        reply = where.ada.client.post(where.ada.path, {"to": f"https://{host}:{hook.port}/", "body": "x"})
        if reply.status == 201:
            taken[host] = reply.json
        else:
            assert reply.locations == ["/to"], (host, reply)
    for host, message in taken.items():
        assert "not public" in where.ends(message, "failed")["error"], host
    assert hook.got == []


def test_https_is_verified(place, endpoint, tmp_path):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    hook = endpoint(context=context)
    trusting, strict = place("--push-private", "--push-ca-file", str(cert)), place("--push-private")
    sent = trusting.ada.send(hook.url).json
    trusting.ends(sent, "delivered")
    assert "certificate" in strict.ends(strict.ada.send(hook.url).json, "failed")["error"].lower()
    assert len(hook.got) == 1 and signed_by(trusting.secret, *hook.got[0][1:])


# ---- by mail

def test_a_mail_arrives_as_it_was_meant(here):
    before = len(here.mailbox.got)
    parts = {"subject": "Grüße — " + "昼食" * 30, "body": "Liebe Ada,\n.\n..\n" + "ü" * 2000 + "\n", "attachments": [{"name": "näme.json", "type": "application/json", "text": '{"a": "ü"}'}]}
    sent = here.ada.send("mailto:bob@example.com", **parts).json
    assert (sent["channel"], sent["to"]) == ("smtp", "bob@example.com")
    assert here.ends(sent, "delivered")["attempts"] == 1
    ((sender, recipients, mail, raw),) = here.mailbox.got[before:]
    assert (sender, recipients) == ("agents@example.org", ["bob@example.com"])
    assert mail["Subject"] == parts["subject"] and mail["To"] == "bob@example.com" and mail["From"] == "Robot <agents@example.org>"
    assert mail["Message-ID"] == f"<{sent['id']}@example.org>" and mail["Date"].datetime and mail["Auto-Submitted"] == "auto-generated"
    body, attached = list(mail.iter_parts())
    assert body.get_content().replace("\r\n", "\n").rstrip("\n") == parts["body"].rstrip("\n")
    assert attached.get_filename() == "näme.json" and attached.get_content_type() == "application/json" and json.loads(attached.get_content()) == {"a": "ü"}
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))


@pytest.mark.parametrize("subject", ["=?utf-8?q?a=0D=0ABcc:_eve@example.com?=", "a: b, <c>", '"', "x" * 998, "ü" * 499, " leading", "", "a\tb"])
def test_no_subject_is_more_than_a_subject(here, subject):
    before = len(here.mailbox.got)
    if "\t" in subject:
        assert here.ada.send("bob@example.com", subject=subject, expect=422).locations == ["/subject"]
        return
    here.ends(here.ada.send("bob@example.com", subject=subject).json, "delivered")
    ((_, recipients, mail, _),) = here.mailbox.got[before:]
    assert (mail["Subject"] or "") == subject.strip() and recipients == ["bob@example.com"] and mail["Bcc"] is None
    assert {name.lower() for name in mail.keys()} == {"from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version", "content-type"}


def test_an_agent_s_name_is_a_name(here):
    before = len(here.mailbox.got)
    here.root.patch(f"/v1/agents/{here.ada.id}", {"name": 'Ada <eve@example.com>, "x'}, expect=200)
    here.ends(here.ada.send("bob@example.com").json, "delivered")
    (address,) = here.mailbox.got[before][2]["From"].addresses
    assert (address.display_name, address.addr_spec) == ('Ada <eve@example.com>, "x', "agents@example.org")
    here.root.patch(f"/v1/agents/{here.ada.id}", {"name": "Robot"}, expect=200)


def test_a_relay_that_refuses(place, mailbox):
    busy, never, away = mailbox(refuse_recipient="450 later"), mailbox(refuse_recipient="550 no such person"), mailbox(refuse_data="554 no")
    for box, attempts in ((busy, 3), (never, 1), (away, 1)):
        where = place("--smtp-url", box.url, "--smtp-from", "agents@example.org")
        dead = where.ends(where.ada.send("bob@example.com").json, "failed")
        assert dead["attempts"] == attempts and dead["error"] and box.got == [], dead


def test_without_a_relay_no_mail(place):
    assert place().ada.send("bob@example.com", expect=422).locations == ["/to"]


@pytest.mark.parametrize("args,word", [
    (["--smtp-url", "smtp://127.0.0.1:1"], "smtp-from"), (["--smtp-url", "http://x", "--smtp-from", "a@example.org"], "smtp-url"),
    (["--smtp-url", "smtp://u:secret-pw@x", "--smtp-from", "a@example.org"], "smtp-url"), (["--smtp-url", "smtp://x", "--smtp-from", "a@b\nc"], "smtp-from"),
    (["--smtp-url", "smtp://x", "--smtp-from", "a@example.org", "--smtp-user", "u"], "smtp-password-file"), (["--smtp-from", "a@example.org"], "smtp-url"),
    (["--smtp-url", "smtp://x", "--smtp-from", "a@example.org", "--smtp-user", "u", "--smtp-password-file", "/nonexistent"], "smtp-password-file"),
])
def test_bad_options_are_told(own, args, word):
    code, why = own(*args, ready=False).refuse()
    assert code != 0 and word in why and "secret-pw" not in why


# ---- whatever happens to the process

def test_nothing_is_lost_with_the_process(own, endpoint):
    """At least once: killed between storing and delivering, again and again."""
    hook = endpoint(500)
    daemon = own("--push-private", "--delivery-retry", "1s", "--delivery-attempts", "20")
    place = Place(daemon)
    sent = {}
    for round_number in range(3):
        for i in range(10):
            message = place.ada.send(hook.url, f"{round_number}/{i}").json
            sent[message["id"]] = message["body"]
        daemon.kill()
        daemon.start()
        ready(place.root)
    hook.answer = 200
    until(lambda: all(m["state"] == "delivered" for m in place.master.pages("/v1/messages")))
    assert {m["data"]["id"]: m["data"]["body"] for m in hook.messages()} == sent
    assert all(signed_by(place.secret, headers, body) for _, headers, body in hook.got)


def test_a_slow_endpoint_does_not_keep_the_daemon(place, endpoint):
    hook = endpoint(delay=30)
    where = place("--push-private")
    daemon = where.daemon
    where.ada.send(hook.url)
    until(lambda: hook.got)
    began = time.monotonic()
    assert daemon.stop() == 0 and time.monotonic() - began < 15
    daemon.start()
    ready(where.root)
    hook.delay = 0
    until(lambda: len(hook.got) >= 2)
    until(lambda: all(m["state"] == "delivered" for m in where.master.pages("/v1/messages")))


def test_a_stopped_agent_s_messages_wait(place, endpoint):
    hook = endpoint(500)
    where = place("--push-private", "--delivery-attempts", "20")
    sent = where.ada.send(hook.url).json
    until(lambda: hook.got)
    where.root.patch(f"/v1/agents/{where.ada.id}", {"enabled": False}, expect=200)

    def state():
        (found,) = [m for m in where.master.pages("/v1/messages") if m["id"] == sent["id"]]
        return found

    # When its time comes, it is not sent but looked at again in a minute.
    until(lambda: state()["attempts"] and calendar.timegm(time.strptime(state()["next_attempt_at"], FORMAT)) > time.time() + 30)
    assert state()["state"] == "queued" and state()["attempts"] == len(hook.got) < 4


def test_nobody_listens(place):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        where = place("--push-private")
        dead = where.ends(where.ada.send(f"http://127.0.0.1:{s.getsockname()[1]}/").json, "failed")
    assert dead["attempts"] == 3 and dead["error"]


def test_what_has_ended_is_forgotten_in_time(place):
    where = place()
    bob = Agent(where.root, where.make, where.account)
    kept, gone = where.ada.send(bob.slug).json, where.ada.send(bob.slug, client_id="a").json
    bob.ack(gone)
    assert bob.client.get(f"{bob.path}/{gone['id']}", expect=200)
    where.daemon.stop()
    store = sqlite3.connect(where.daemon.data / "cardea.db")
    with store:
        store.execute("UPDATE message SET ended_at_ms = ended_at_ms - 8 * 86400000 WHERE ended_at_ms <> 0")
    store.close()
    where.daemon.start()
    ready(where.root)
    until(lambda: bob.client.get(f"{bob.path}/{gone['id']}").status == 404)
    assert bob.receive() == [kept]
    where.ada.send(bob.slug, client_id="a")
