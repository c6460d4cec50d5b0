"""`cardea webhooks`: against the real daemon, and on a developer's machine."""

import base64
import hashlib
import hmac
import http.client
import json
import re
import socket
import subprocess
import time

import pytest

from cardea_test.cli import Cli
from cardea_test.daemon import Daemon, free_port
from cardea_test.fixtures import Maker, the_module_is_clean
from cardea_test.leaks import REGISTRY
from cardea_test.receiver import Endpoint, signed_by, until

# https://github.com/standard-webhooks/standard-webhooks
PUBLISHED = {"CARDEA_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
HEADERS = ["--id", "msg_p5jXN8AQM9LWM0D4loKWxJek", "--timestamp", "1614265330"]
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
BODY = '{"test": 2432232314}'
AT = ["--at", "2021-02-25T15:02:10Z"]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    daemon = Daemon(tmp_path_factory.mktemp("webhooks"), ["--webhook-http", "--webhook-networks", "127.0.0.0/8", "--webhook-retry", "1s"]).start()
    yield daemon
    assert daemon.stop() == 0
    the_module_is_clean(daemon)


@pytest.fixture
def cli(daemon, tmp_path):
    return Cli(tmp_path, CARDEA_API_URL=f"http://127.0.0.1:{daemon.port}", CARDEA_API_KEY=daemon.root_key())


@pytest.fixture
def server():
    one = Endpoint()
    yield one
    one.close()


def test_an_endpoint_s_life(cli, daemon, server):
    root = daemon.root()
    account = Maker(root).account("animus")
    shown = cli("webhooks", "create", server.url, "--account", account["slug"], "--event", "key.created,key.revoked", "--description", "On-call")
    made = dict(shown.rows)
    REGISTRY.add("webhook secret", made["secret"])
    assert made["secret"].startswith("whsec_") and re.split(", ?", made["events"]) == ["key.created", "key.revoked"] and "not be shown again" in shown.err
    hook = made["id"]
    assert [row[0] for row in cli("webhooks", "list", "--account", account["slug"]).rows] == [hook]
    assert dict(cli("webhooks", "show", hook).rows)["status"] == "enabled"
    assert "on its way" in cli("webhooks", "test", hook).err
    until(lambda: server.got)
    assert signed_by(made["secret"], *server.got[0][1:])
    until(lambda: cli("webhooks", "deliveries", hook, "--state", "delivered").rows)
    ((_, kind, state, status, attempts, *_, delivery),) = cli("webhooks", "deliveries", hook).rows
    assert (kind, state, status, attempts) == ("webhook.test", "delivered", "200", "1")
    whole = json.loads(cli("webhooks", "deliveries", hook, delivery).out)
    assert whole["payload"]["type"] == "webhook.test" and whole["log"][0]["status"] == 200
    assert "Queued anew: 1" in cli("webhooks", "replay", hook, delivery).err
    until(lambda: len(server.got) == 2)
    assert server.got[0][1]["webhook-id"] == server.got[1][1]["webhook-id"]
    assert "Nothing failed" in cli("webhooks", "replay", hook, "--since", "2h").err
    assert [row[0] for row in shown.rows] == ["id", "url", "events", "secret"]
    new = cli("webhooks", "rotate-secret", hook, "--overlap", "1h", "-q").out.strip()
    REGISTRY.add("webhook secret", new)
    assert new.startswith("whsec_") and new != made["secret"]
    assert dict(cli("webhooks", "show", hook).rows)["old_secret_until"] and "\nOld secret until: 20" in cli.on_terminal("webhooks", "show", hook, NO_COLOR="1").replace("\r", "")
    assert "alone signs" in cli("webhooks", "cut-over", hook).err
    rotated = dict(cli("webhooks", "rotate-secret", hook, "--overlap", "1h").rows)
    REGISTRY.add("webhook secret", rotated["secret"])
    assert rotated["old_secret_until"]
    cli("webhooks", "update", hook, "--disable", "--event", "*")
    assert cli("webhooks", "list", "--account", account["slug"]).rows[0][3] == "disabled"
    cli("webhooks", "delete", hook, "--yes")
    assert cli("webhooks", "list", "--account", account["slug"]).rows == []


@pytest.mark.parametrize("args,says", [
    (("update", "whk_0000000000000"), "say what is to change"), (("update", "x", "--enable", "--disable"), "not both"), (("replay", "x"), "say what is sent once more"),
    (("replay", "x", "dlv_1", "--since", "1h"), "say what is sent once more"), (("replay", "x", "--since", "soon"), "how long ago"), (("rotate-secret", "x", "--overlap", "long"), "24h"),
    (("verify",), "say what is checked"), (("verify", "--signature", "v1,x"), "there is no secret"), (("verify", "--signature", "x", "--at", "now"), "--at"),
    (("listen", "--count", "0"), "--count"), (("listen", "--listen", "0.0.0.0:1"), "loopback"),
])
def test_wrong_usage(cli, args, says):
    assert says in cli("webhooks", *args, code=2).err


def verify(cli, *args, body=BODY, code=0, env=PUBLISHED):
    return cli.using(**env)("webhooks", "verify", *args, input=body, code=code)


def test_the_published_vector(cli):
    assert "genuine" in verify(cli, *HEADERS, *AT, "--signature", SIGNATURE).err
    assert "genuine" in verify(cli, *HEADERS, *AT, "--signature", "v1,AAAA " + SIGNATURE).err


@pytest.mark.parametrize("change,says", [
    ({"body": BODY + "\n"}, "another body"), ({"body": ""}, "another body"), ({"args": [*HEADERS, "--signature", SIGNATURE]}, "too long ago"),
    ({"args": ["--id", "x", *HEADERS[2:], *AT, "--signature", SIGNATURE]}, "another body"), ({"args": [*HEADERS, *AT, "--signature", "v2,x"]}, "no signature"),
    ({"args": [*HEADERS[:2], "--timestamp", "x", *AT, "--signature", SIGNATURE]}, "timestamp"), ({"env": {"CARDEA_WEBHOOK_SECRET": "whsec_no"}}, "secret"),
    ({"args": [*HEADERS[:2], "--timestamp", "1614265330", "--at", "2021-02-25T14:57:09Z", "--signature", SIGNATURE]}, "future"),
    ({"args": [*HEADERS, *AT, "--signature", SIGNATURE, "--body-signature", "0" * 64]}, "another body"),
])
def test_what_is_not_genuine(cli, change, says):
    said = verify(cli, *change.get("args", [*HEADERS, *AT, "--signature", SIGNATURE]), body=change.get("body", BODY), env=change.get("env", PUBLISHED), code=1)
    assert says in said.err and "whsec_" not in said.err.replace("begins with whsec_", "")


def test_listening(cli, daemon, tmp_path):
    """What the daemon sends arrives on a developer's machine, and is checked by what was shown."""
    root = daemon.root()
    account = Maker(root).account("anima")
    port = free_port()
    made = root.post("/v1/webhooks", {"account": account["id"], "url": f"http://127.0.0.1:{port}/", "events": ["key.created"]}, expect=201)
    REGISTRY.add("webhook secret", made["secret"])
    secret = tmp_path / "secret"
    secret.write_text(made["secret"] + "\n")
    listener = cli.start("webhooks", "listen", "--listen", str(port), "--secret-file", str(secret), "--count", "2", "--json", stdout=subprocess.PIPE, text=True)
    until(lambda: _listens(port))
    root.post(f"/v1/webhooks/{made['id']}/test", expect=202)
    key = Maker(root).key(account, kind="master")
    out, _ = listener.communicate(timeout=60)
    first, second = sorted((json.loads(line) for line in out.splitlines()), key=lambda r: r["payload"]["type"] != "webhook.test")
    assert first["verified"] and second["verified"] and "good" in first["verdict"]
    assert first["payload"]["type"] == "webhook.test" and second["payload"]["subject"] == key["id"] and listener.returncode == 0
    until(lambda: {d["status"] for d in root.pages(f"/v1/webhooks/{made['id']}/deliveries")} == {204})


def _listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def test_what_people_read(cli):
    port = free_port()
    listener = cli.using(**PUBLISHED).start("webhooks", "listen", "--listen", f"127.0.0.1:{port}", "--count", "1", stdout=subprocess.PIPE, text=True)
    until(lambda: _listens(port))
    sent, body = str(int(time.time())), b'{"type": "key.created", "subject": "key_1", "data": {"prefix": "ak"}}'
    key = base64.b64decode(PUBLISHED["CARDEA_WEBHOOK_SECRET"].removeprefix("whsec_"))
    signature = "v1," + base64.b64encode(hmac.new(key, f"evt_1.{sent}.".encode() + body, hashlib.sha256).digest()).decode()
    c = http.client.HTTPConnection("127.0.0.1", port)
    c.request("POST", "/", body, {"webhook-id": "evt_1", "webhook-timestamp": sent, "webhook-signature": signature})
    assert c.getresponse().status == 204
    out, _ = listener.communicate(timeout=20)
    assert "✓  key.created  key_1  evt_1  the signature is good" in out and '"prefix": "ak"' in out and listener.returncode == 0


def test_listening_to_what_is_forged(cli):
    port = free_port()
    listener = cli.using(**PUBLISHED).start("webhooks", "listen", "--listen", f"127.0.0.1:{port}", "--count", "2", stdout=subprocess.PIPE, text=True)
    until(lambda: _listens(port))
    headers = {"webhook-id": "msg_\x1b[1m", "webhook-timestamp": str(int(time.time()))}
    forged = {"webhook-signature": "v1," + "A" * 43 + "="}
    for method, more, body, status in (("GET", {}, b"", 400), ("POST", {}, b"\x1b[2J{}", 401), ("POST", forged, b'{"a": "\\u001b[2J"}', 401)):
        c = http.client.HTTPConnection("127.0.0.1", port)
        c.putrequest(method, "/")
        for name, value in {**headers, **more, "Content-Length": str(len(body))}.items():
            c.putheader(name, value)
        c.endheaders(body)
        assert c.getresponse().status == status
        c.close()
    out, _ = listener.communicate(timeout=60)
    assert out.count("✗") == 2 and '"a":' in out and "\x1b" not in out and listener.returncode == 0
