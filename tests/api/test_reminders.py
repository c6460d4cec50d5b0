"""Keys whose end comes near: told once, by event, in lists and by mail, restarts included."""

import datetime
import hashlib
import re
import secrets

import pytest

from cardea_test.cli import Cli
from cardea_test.daemon import Daemon
from cardea_test.events import events, eventually
from cardea_test.fixtures import Maker, the_module_is_clean, unique
from cardea_test.receiver import Mailbox, until


def after(**delta):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**delta)).strftime("%Y-%m-%dT%H:%M:%SZ")


def grown(root, account, days):
    """A master key that is so old: brought along from an older system."""
    body = {"account": account["id"], "kind": "master", "keys": [
        {"sha256": hashlib.sha256(secrets.token_bytes(16)).hexdigest(), "prefix": f"mk_{secrets.token_hex(3)}", "name": unique("old"),
         "created_at": after(days=-days)}]}
    return root.post("/v1/keys/import", body, expect=201)["data"][0]


def metric(client, line):
    return int(re.search(rf"^{re.escape(line)} (\d+)$", client.get("/metrics", expect=200, record=False).body.decode(), re.M)[1])


class Place:
    def __init__(self, daemon):
        self.daemon, self.root = daemon, daemon.root()
        self.make = Maker(self.root)


@pytest.fixture(scope="module")
def mailbox():
    box = Mailbox()
    yield box
    box.close()


@pytest.fixture(scope="module")
def here(tmp_path_factory, mailbox):
    daemon = Daemon(tmp_path_factory.mktemp("reminders"), ["--reminder-mail", "--smtp-url", mailbox.url, "--smtp-from", "keys@example.org"])
    yield Place(daemon.start())
    assert daemon.stop() == 0
    the_module_is_clean(daemon)


def test_each_step_is_told_and_shown(here):
    account = here.make.account()
    near = here.make.key(account, name="near", expires_at=after(days=1, seconds=2))
    short = here.make.key(account, name="short", expires_at=after(seconds=2))
    far = here.make.key(account, name="far", expires_at=after(days=300))
    assert [k["reminder"] for k in (near, short, far)] == [None] * 3
    (expired,) = eventually(here.root, type="key.expired", account=account["id"])
    assert expired["subject"] == short["id"] and expired["actor"] == "system"
    assert expired["data"] == {"prefix": short["prefix"], "kind": "key", "expires_at": short["expires_at"], "days_left": 0,
                                 "last_used_at": None, "rotated_to": None}
    (expiring,) = eventually(here.root, type="key.expiring", account=account["id"])
    assert expiring["subject"] == near["id"] and expiring["data"]["days_left"] == 1 and expiring["data"]["expires_at"] == near["expires_at"]
    shown = {k["name"]: (k["status"], k["reminder"]) for k in here.root.get(f"/v1/keys?account={account['id']}", expect=200)["data"]}
    assert shown == {"near": ("active", "expiring"), "short": ("expired", None), "far": ("active", None)}


def test_an_overdue_rotation_is_told_mailed_and_shown_and_ends_with_the_rotation(here, mailbox, tmp_path):
    account = here.make.account("anima", name="Acme Corp. é")
    owner, admin = here.make.member(account, "owner"), here.make.member(account, "admin")
    member = here.make.member(account, "member")
    gone = here.make.member(account, "admin")
    here.root.patch(f"/v1/users/{gone['id']}", {"disabled": True}, expect=200)
    key = grown(here.root, account, 100)
    assert key["reminder"] == "rotation_due" and key["rotation_due_at"] < after()
    (event,) = eventually(here.root, type="key.rotation_due", account=account["id"])
    assert event["subject"] == key["id"] and event["data"]["days_left"] == 0 and event["data"]["rotation_due_at"] == key["rotation_due_at"]
    until(lambda: len([m for m in mailbox.got if m[1][0] in (owner["email"], admin["email"])]) == 2)
    (sender, recipients, mail, raw), = [m for m in mailbox.got if m[1] == [owner["email"]]]
    text = mail.get_body().get_content()
    assert (sender, recipients, mail["To"]) == ("keys@example.org", [owner["email"]], owner["email"])
    assert mail["Subject"] == "An API key is to be rotated now" and mail["Auto-Submitted"] == "auto-generated"
    assert f'"{key["name"]}" ({key["prefix"]}…, Master key) of Acme Corp. é, Anima:' in text
    assert f"since {key['rotation_due_at'][:10]}" in text and "never used" in text
    cli = Cli(tmp_path / "home", CARDEA_API_KEY=here.daemon.root_key(), CARDEA_API_URL=f"http://127.0.0.1:{here.daemon.port}")
    assert cli("api-keys", "list", "--account", account["id"]).rows[0][-1] == f"rotation_due {key['rotation_due_at'][:10]}"
    assert "active, rotation_due" in cli.on_terminal("api-keys", "list", "--account", account["id"], NO_COLOR="1")
    assert dict(cli("api-keys", "show", key["id"]).rows)["reminder"].startswith("rotation_due 2")
    here.root.post(f"/v1/keys/{key['id']}/rotate", {}, expect=201)
    assert here.root.get(f"/v1/keys/{key['id']}", expect=200)["reminder"] is None
    assert not {gone["email"], member["email"]} & {m[1][0] for m in mailbox.got}


def test_many_keys_go_in_one_mail(here, mailbox):
    account = here.make.account("anima")
    owner = here.make.member(account, "owner")
    sent = metric(here.root, 'cardea_reminder_mails_total{outcome="sent"}')
    body = {"account": account["id"], "kind": "master", "keys": [
        {"sha256": hashlib.sha256(secrets.token_bytes(16)).hexdigest(), "prefix": f"mk_{i}", "name": f"n{i}", "created_at": after(days=-95)}
        for i in range(60)]}
    here.root.post("/v1/keys/import", body, expect=201)
    until(lambda: [m for m in mailbox.got if m[1] == [owner["email"]]])
    (_, _, mail, _), = [m for m in mailbox.got if m[1] == [owner["email"]]]
    assert mail["Subject"] == "60 API keys need attention"
    text = mail.get_body().get_content()
    assert text.count("to be rotated now") == 50 and "- and 10 more." in text
    until(lambda: metric(here.root, 'cardea_reminder_mails_total{outcome="sent"}') == sent + 1)


def test_a_limit_that_refuses_is_told_once(here):
    account = here.make.account()
    for _ in range(10):
        here.make.key(account)
    for _ in range(3):
        refused = here.root.post("/v1/keys", {"account": account["id"], "name": "one more", "scopes": ["read"]})
        assert (refused.status, refused.code) == (409, "key_limit_reached")
    (event,) = events(here.root, type="key.limit_reached", account=account["id"])
    assert event["subject"] == account["id"] and event["data"] == {"kind": "key", "limit": "keys", "max_active": 10} and event["actor"] == "root"
    assert len(here.root.get(f"/v1/keys?account={account['id']}", expect=200)["data"]) == 10


def test_a_restart_repeats_nothing_and_makes_up_for_the_time_between(own):
    daemon = own()
    place = Place(daemon)
    account = place.make.account("anima")
    old = grown(place.root, account, 91)
    eventually(place.root, type="key.rotation_due", account=account["id"])
    ends = place.make.key(account, kind="master", expires_at=after(seconds=3))
    daemon.kill()
    until(lambda: after() > ends["expires_at"])
    daemon.start()
    root = daemon.root()
    (event,) = eventually(root, type="key.expired", account=account["id"])
    assert event["subject"] == ends["id"]
    assert [e["subject"] for e in events(root, type="key.rotation_due", account=account["id"])] == [old["id"]]


def test_a_relay_that_refuses_is_asked_again_and_given_up(own):
    box = Mailbox(refuse_recipient="451 come back later")
    daemon = own("--reminder-mail", "--smtp-url", box.url, "--smtp-from", "keys@example.org", "--delivery-retry", "1s", "--delivery-attempts", "2")
    try:
        place = Place(daemon)
        account = place.make.account("anima")
        place.make.member(account, "owner")
        grown(place.root, account, 91)
        until(lambda: metric(place.root, 'cardea_reminder_mails_total{outcome="failed"}') == 1)
        assert metric(place.root, 'cardea_reminder_mails_total{outcome="retried"}') == 1
        assert "is given up" in daemon.log() and "@example.com" not in daemon.log()
    finally:
        box.close()


@pytest.mark.parametrize("args, said", [(["--reminder-mail"], "reminder-mail: mail needs a relay"),
                                        (["--reminder-mail", "--smtp-url", "smtp://localhost:25"], "smtp-from: mail needs an address")])
def test_mail_needs_a_relay(own, args, said):
    code, err = own(*args, ready=False).refuse()
    assert code == 2 and said in err
