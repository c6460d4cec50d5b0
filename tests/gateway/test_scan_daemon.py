"""Bodies that are scanned by the daemon's word: its policies, its absence; and as `cardea gateway` writes all of it."""

import concurrent.futures
import json
import re
import socket

import pytest

from cardea_test.client import Client
from cardea_test.daemon import free_port
from cardea_test.events import eventually
from cardea_test.gateway import Gateway, until
from cardea_test.leaks import REGISTRY
from rig.scanning import AWS, GOOD, PROFILE, asking, asks_over_http2, refused_by_the_module, send, where
from rig.scanning import daemon, gate, key, key_file, oracle, over_tls, people, scanning  # noqa: F401
from rig.upstream import headers_of


def test_the_daemon_s_word_is_the_last(scanning, oracle, key, key_file):
    one = asking(scanning, oracle.port, key_file)
    for verdict, text, status in (("allow", AWS, 200), ("flag", AWS, 200), ("block", GOOD, 422), ("redact", GOOD, 422), ("nonsense", GOOD, 422)):
        oracle.says(verdict)
        send(one, key, {"body": text}, expect=status)
    assert not refused_by_the_module(one)


def test_what_the_daemon_is_told(scanning, oracle, key, key_file):
    one = asking(scanning, oracle.port, key_file)
    text = 'a "quoted" \\ back\u0001\n\t\u00e9\u4e2d\U0001f600'
    reply = one.client(key["key"]).post("/messages?x=1", {"body": text, "subject": "secret", "messages": [{"content": "b"}]},
                                        headers={"Cookie": "a=b", "X-Forwarded-For": "1.2.3.4", "Cardea-Account": "acc_forged"}, expect=200)
    told = oracle.asked[0]
    assert told["json"] == {"account": key["account"], "text": text + "\nb"} and told["path"] == "/v1/scan"
    assert told["headers"]["authorization"] == "Bearer " + key_file.read_text().strip() and told["headers"]["content-type"] == "application/json"
    assert set(told["headers"]) <= {"authorization", "prefer", "content-type", "content-length", "host", "connection"}, told["headers"]
    assert headers_of(reply)["cookie"] == "a=b" and "authorization" not in headers_of(reply)
    assert told["headers"]["host"] == "localhost" and told["headers"]["prefer"] == "return=minimal"
    send(one, None, {"body": "x"}, path="/public", expect=200)
    assert oracle.asked[1]["json"] == {"text": "x"}
    # Nothing to scan: nobody is asked.
    send(one, key, {"other": "x"}, expect=200)
    assert len(oracle.asked) == 2


def test_the_daemon_scans_for_the_account(scanning, daemon, key, key_file):
    one = asking(scanning, daemon.port, key_file)
    send(one, key, {"body": GOOD}, expect=200)
    send(one, key, {"body": f"mine is {AWS}"}, expect=422)
    found = eventually(daemon.root(), account=key["account"], type="content.blocked")
    assert AWS not in json.dumps(found) and found[0]["data"]["bytes"] == len(f"mine is {AWS}")
    send(one, None, {"body": AWS}, path="/public", expect=422)
    client = one.client(key["key"])
    for _ in range(5):
        client.post("/messages", {"body": GOOD}, expect=200)
        client.post("/messages", {"body": AWS}, expect=422)
    long = "words and more words. " * 20000
    client.post("/messages", {"body": long}, expect=200)
    client.post("/messages", {"body": long + AWS}, expect=422)


@pytest.mark.parametrize("wrong", ["down", "500", "503", "401", "404", "no verdict", "empty", "slow"])
def test_without_the_daemon_s_word_nothing_goes_on(scanning, oracle, key, key_file, wrong):
    port = oracle.port
    if wrong == "down":
        port = free_port()
    elif wrong == "slow":
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    elif wrong in ("no verdict", "empty"):
        oracle.says(None if wrong == "no verdict" else "")
    else:
        oracle.says("allow", status=int(wrong))
    one = asking(scanning, port, key_file)
    reply = send(one, key, {"body": GOOD}, expect=503)
    assert reply.code == "SCANNER_UNAVAILABLE" and reply.header("retry-after") == "1" and reply["errors"][0]["location"] == "body"
    said = [line for line in one.log().splitlines() if "requests are answered 503" in line]
    assert len(said) == 1 and ("does not take cardea_scan_key" in said[0]) == (wrong == "401")
    send(one, key, {"other": GOOD}, expect=200)
    send(one, key, {"body": GOOD}, path="/plain", expect=200)


def test_unless_the_configuration_says_so(scanning, key, key_file):
    one = asking(scanning, free_port(), key_file, " optional")
    send(one, key, {"body": GOOD}, expect=200)
    send(one, key, {"body": AWS}, expect=422)
    assert len(refused_by_the_module(one)) == 1 and "gave no verdict" in one.log()


def test_an_error_page_does_not_answer_for_the_daemon(scanning, key, key_file):
    port = free_port()
    one = scanning(f"cardea_scan_daemon /_scan; error_page 502 504 =200 /allow; location = /allow {{ cardea off; add_header Cardea-Verdict allow always; return 200 x; }}"
                   f" {where(port)}", f"cardea_scan_key {key_file};")
    assert send(one, key, {"body": GOOD}, expect=503).code == "SCANNER_UNAVAILABLE"


def test_an_answer_that_is_no_answer(scanning, oracle, key, key_file):
    """The daemon's are short, since it is asked for short ones. Whoever answers at length is not believed; nothing goes on."""
    one = asking(scanning, oracle.port, key_file)
    oracle.says("allow", body=b"x" * 300000)
    reply = one.raw(b"POST /messages HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer "
                    + key["key"].encode() + b"\r\nContent-Length: 12\r\n\r\n" + b'{"body":"x"}')
    assert b" 200 " not in reply[0]
    oracle.says("allow")
    send(one, key, {"body": GOOD}, expect=200)


def test_many_at_once(scanning, daemon, key, key_file):
    for one in (scanning(workers=2), asking(scanning, daemon.port, key_file)):
        def ask(i, one=one):
            client = one.client(key["key"])
            text = f"{i} " + (AWS if i % 2 else GOOD) + " x" * (i * 100)
            return client.post("/messages", {"body": text}).status == (422 if i % 2 else 200)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            assert all(pool.map(ask, range(128)))


def test_a_client_that_leaves(scanning, oracle, key, key_file):
    one = asking(scanning, oracle.port, key_file)
    body = json.dumps({"body": GOOD}).encode()
    head = (b"POST /messages HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\nAuthorization: Bearer " + key["key"].encode()
            + b"\r\nContent-Length: %d\r\n\r\n" % len(body))
    for part in (head, head + body[:5], head + body):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", one.port), timeout=60) as s:
                s.sendall(part)
    send(one, key, {"body": GOOD}, expect=200)


def test_http2_with_the_daemon(over_tls, daemon, key_file):
    asks_over_http2(over_tls(f"cardea_scan_daemon /_scan; {where(daemon.port)}", f"cardea_scan_key {key_file};"))


# ---- as `cardea gateway` writes it

@pytest.fixture
def gateway(daemon, upstream, tmp_path):
    """Makes gateways that scan before the daemon; ends them, and looks for crashes and leaks."""
    made = []

    def start(*args, profiles=daemon.folder / "profiles", **kw):
        made.append(Gateway(tmp_path / f"g{len(made)}", daemon, "--profiles", str(profiles), *args, upstreams={"courier": f"http://127.0.0.1:{upstream.port}"}, **kw))
        return made[-1]

    yield start
    for one in made:
        one.stop()
        assert not re.search(r"exited (on signal|with code [1-9])", one.errors()) and not REGISTRY.find(one.said().encode())
        assert AWS not in one.errors()


def through(one, key, body, **kw):
    return Client(one.port, key["key"], host="courier.localhost").post("/messages", body, **kw)


def settled(one, key, body, status):
    """Until each worker, of which there are as many as cores, answers so."""
    until(lambda: all(through(one, key, body).status == status for _ in range(20)), one.said)


def ready(one, key):
    """Until its scanner is."""
    settled(one, key, {"body": GOOD}, 200)
    return one


def test_a_gateway_by_itself(gateway, key):
    one = ready(gateway().start(), key)
    through(one, key, {"body": AWS}, expect=422)
    through(one, key, {"messages": [{"content": GOOD}]}, expect=200)
    assert "content blocked: secret.aws" in one.errors()


def test_a_gateway_with_the_daemon_and_an_account_s_policy(gateway, daemon, people, key, key_file):
    one = ready(gateway("--scan-key", key_file).start(), key)
    text = "The quagga is extinct."
    through(one, key, {"body": text}, expect=200)
    through(one, key, {"body": AWS}, expect=422)
    owner = daemon.root()
    made = owner.post("/v1/policies", {"account": key["account"], "name": "animals", "document": {"rules": [
        {"id": "quagga", "type": "keyword", "words": ["quagga"], "action": "block"}]}}, expect=201).json
    owner.post(f"/v1/policies/{made['id']}/publish", {}, expect=(200, 201))
    through(one, key, {"body": text}, expect=422)
    through(one, key, {"body": AWS}, expect=200)  # this policy says nothing of secrets, and its word is the last
    found = eventually(owner, account=key["account"], type="content.blocked")
    assert any("quagga" in json.dumps(event["data"]) for event in found) and "extinct" not in json.dumps(found)
    other = people.key(people.account("courier"), scopes=["send"])
    through(one, other, {"body": text}, expect=200)
    through(one, other, {"body": AWS}, expect=422)
    owner.delete(f"/v1/policies/{made['id']}", expect=(200, 204))


def test_a_gateway_while_the_daemon_is_away(gateway, key, key_file):
    away = f"127.0.0.1:{free_port()}"
    closed, open_ = gateway("--scan-key", key_file, to=away).start(), ready(gateway("--scan-key", key_file, "--scan-fallback", to=away).start(), key)
    assert through(closed, key, {"body": GOOD}, expect=503).code == "SCANNER_UNAVAILABLE"
    through(open_, key, {"body": AWS}, expect=422)


def test_the_second_module_is_loaded_where_a_route_scans(gateway, key, tmp_path):
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "courier.yaml").write_text(re.sub(r", scan: \{[^}]*\}", "", PROFILE))
    one = gateway(profiles=folder)
    code, text, _ = one.run("--print")
    assert code == 0 and "scan_module" not in text and "cardea_scan " not in text
    one.start()
    through(one, key, {"body": AWS}, expect=200)
    assert "scan_module" not in (one.dir / "nginx.conf").read_text()
    # The daemon's profile has a scan; from when on the gateway's has it too it is in force.
    (folder / "courier.yaml").write_text(PROFILE)
    settled(one, key, {"body": AWS}, 422)
    (folder / "courier.yaml").write_text(re.sub(r", scan: \{[^}]*\}", "", PROFILE))
    settled(one, key, {"body": AWS}, 200)


def test_what_the_gateway_wants_to_know(gateway, tmp_path, key_file):
    code, _, said = gateway("--scan-key", tmp_path / "none").run()
    assert code == 2 and "scan-key: " in said and "cannot be read" in said
    code, _, said = gateway("--scan-fallback").run()
    assert code == 2 and "scan-fallback: without `scan-key`" in said
    code, text, _ = gateway("--scan-key", key_file).run("--print")
    assert code == 0 and f'cardea_scan_key "{key_file}";' in text and key_file.read_text().strip() not in text
