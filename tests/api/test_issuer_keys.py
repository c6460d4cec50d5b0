"""Keys of other issuers: how they change, what happens when the issuer is not there, and the file that names them."""

import concurrent.futures
import pathlib
import signal
import time
import types
import urllib.parse

import pytest

from cardea_test.cli import Cli
from cardea_test.daemon import Daemon
from cardea_test.fixtures import Maker
from cardea_test.issuer import SECRET, EdKey, Issuer, Secret, ask, certificate, link, private, write

PATIENCE = 60  # seconds for what the daemon does by itself


def eventually(check, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while True:
        try:
            value = check()
            if value:
                return value
        except AssertionError:
            if time.monotonic() > deadline:
                raise
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def metric(client, name):
    """The values of a metric, by issuer and outcome."""
    found = {}
    for line in client.get("/metrics", expect=200).body.decode().splitlines():
        if line.startswith(name + "{"):
            labels, value = line[len(name) + 1:].rsplit("} ", 1)
            found[tuple(part.split("=")[1].strip('"') for part in labels.split(","))] = float(value)
    return found


@pytest.fixture
def trust(tmp_path, own):
    """Starts a daemon that trusts these issuers, with one person linked to each."""
    made = []

    def start(*issuers, entries=None, **kw):
        entries = entries or [i.entry(f"issuer-{n}") for n, i in enumerate(issuers)]
        file = write(tmp_path / "issuers.yaml", entries)
        daemon = own("--issuers", str(file), **kw)
        made.extend(issuers)
        root = daemon.root()
        w = types.SimpleNamespace(file=file, daemon=daemon, root=root, anyone=root.using(token=None), make=Maker(root))
        w.account = w.make.account()
        w.person = w.make.member(w.account)
        for issuer in issuers:
            link(w, w.person, issuer, "somebody")
        return w

    yield start
    for issuer in made:
        issuer.down()


def test_a_new_key_is_fetched_when_a_token_names_it(trust):
    issuer = Issuer("https://rotates.test", EdKey("one"))
    w = trust(issuer)
    ask(w, issuer.token("somebody"), 200)
    assert issuer.requests == 1
    old, new, third = issuer.keys[0], EdKey("two"), EdKey("three")
    issuer.keys = [old, new]
    ask(w, issuer.token("somebody", new), 200)  # the very request waits for it
    ask(w, issuer.token("somebody", old), 200)
    assert issuer.requests == 2
    # Whoever makes kids up makes us ask no more than once in 30 seconds.
    issuer.keys = [new, third]
    for n in range(20):
        ask(w, issuer.token("somebody", EdKey(f"made up {n}")), 401)
    w.anyone.post("/v1/sessions", {"token": issuer.token("somebody", third)}, expect=401)
    assert issuer.requests == 2
    ask(w, issuer.token("somebody", old), 200)
    eventually(lambda: issuer.requests == 3)
    eventually(lambda: ask(w, issuer.token("somebody", third)).status == 200)
    ask(w, issuer.token("somebody", old), 401)
    assert issuer.requests == 3
    assert metric(w.root, "cardea_issuer_fetch_total")["issuer-0", "ok"] == 3


def test_a_crowd_with_a_new_key_waits_for_one_fetch(trust):
    issuer = Issuer("https://rotates.test", EdKey("one"))
    w = trust(issuer)
    ask(w, issuer.token("somebody"), 200)
    issuer.keys, issuer.delay = [EdKey("two")], 0.5
    token = issuer.token("somebody")

    def come(n):
        return w.anyone.post("/v1/sessions", {"token": token}).status if n % 4 == 0 else ask(w, token).status

    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        assert sorted(set(pool.map(come, range(24)))) == [200, 201]
    assert issuer.requests == 2


def test_strangers_tokens_keep_nobody_from_logging_in(trust):
    """While the issuer is slow, each of them may wait; whoever has a password does not."""
    issuer = Issuer("https://slow.test", EdKey("one"))
    w = trust(issuer)
    ask(w, issuer.token("somebody"), 200)
    issuer.delay, token, overtaken = 30, issuer.token("somebody", EdKey("made up")), []
    with concurrent.futures.ThreadPoolExecutor(33) as pool:
        for _ in range(5):  # a log-in that is slow for another reason is not slow each time
            began = time.monotonic()
            strangers = [pool.submit(lambda n=n: (w.anyone.post("/v1/sessions", {"token": token}) if n % 2 else ask(w, token)).status)
                         for n in range(32)]
            eventually(lambda: issuer.requests == 2)
            w.anyone.post("/v1/sessions", {"email": w.person["email"], "password": w.person["password"]}, expect=201)
            overtaken.append(sum(not s.done() for s in strangers))
            assert {s.result() for s in strangers} == {401}
            assert time.monotonic() - began < 60, "they waited for the same, at the same time: each two seconds, 64 in all one after another"
            if overtaken[-1] > 16:
                break
    assert max(overtaken) > 16, "the log-in waited with them"


def test_when_the_issuer_is_down_its_keys_go_on_serving(trust):
    issuer = Issuer("https://down.test", EdKey("one"))
    w = trust(issuer)
    ask(w, issuer.token("somebody"), 200)
    for broken in ("down", "status", "rubbish", "empty", "huge"):
        issuer.down()
        issuer.status, issuer.body = 200, {"rubbish": b"<html>", "empty": b'{"keys": []}', "huge": b" " * 100_000}.get(broken)
        if broken == "status":
            issuer.status = 500
        if broken != "down":
            issuer.up()
        outcome = {"down": "unreachable", "status": "refused"}.get(broken, "unusable")
        before = metric(w.root, "cardea_issuer_fetch_total")["issuer-0", outcome]
        w.daemon.signal(signal.SIGHUP)  # asks again
        eventually(lambda: metric(w.root, "cardea_issuer_fetch_total")["issuer-0", outcome] > before)
        ask(w, issuer.token("somebody"), 200)
    assert w.daemon.log().count("the keys of issuer issuer-0 cannot be had") == 1  # once a minute
    assert "those of before go on serving" in w.daemon.log()
    assert metric(w.root, "cardea_issuer_keys")["issuer-0",] == 1
    assert metric(w.root, "cardea_issuer_keys_age_seconds")["issuer-0",] < 60


def test_a_daemon_that_never_reached_the_issuer_says_so_and_recovers(trust, own):
    issuer = Issuer("https://late.test", EdKey("one"))
    w = trust(issuer)
    assert w.daemon.stop() == 0
    issuer.down()
    w.daemon.start()
    token = issuer.token("somebody")
    reply = eventually(lambda: (r := ask(w, token)).status == 503 and r)
    assert reply.code == "issuer_unavailable" and reply.header("retry-after")
    assert w.anyone.post("/v1/sessions", {"token": token}, expect=503).code == "issuer_unavailable"
    ask(w, Issuer.token(issuer, "somebody", EdKey("one")), 503)
    w.root.get("/v1/users", expect=200)
    issuer.up()
    eventually(lambda: ask(w, token).status == 200)


def test_over_tls_the_issuer_must_prove_who_it_is(trust, tmp_path):
    tls, authority = certificate(tmp_path)
    known, unknown = Issuer("https://known.test", EdKey("one"), tls=tls), Issuer("https://unknown.test", EdKey("one"), tls=tls)
    w = trust(known, unknown, entries=[known.entry("known", ca_file="ca.pem"), unknown.entry("unknown")])
    assert authority.exists()
    ask(w, known.token("somebody"), 200)
    eventually(lambda: ask(w, unknown.token("somebody")).status == 503)
    assert unknown.requests == 0 and metric(w.root, "cardea_issuer_fetch_total")["unknown", "unreachable"] >= 1


def test_a_redirect_is_not_followed(trust):
    issuer, other = Issuer("https://moved.test", EdKey("one")), Issuer("https://other.test", EdKey("one"))
    issuer.status, issuer.location = 302, other.url
    w = trust(issuer)
    eventually(lambda: ask(w, issuer.token("somebody")).status == 503)
    assert issuer.requests >= 1 and other.requests == 0
    other.down()


def test_a_hanging_issuer_holds_up_nobody_else(trust):
    slow, quick = Issuer("https://slow.test", EdKey("one")), Issuer("https://quick.test", EdKey("one"))
    w = trust(slow, quick)
    ask(w, slow.token("somebody"), 200)
    ask(w, quick.token("somebody"), 200)
    slow.delay = 60
    client = w.anyone.using(token=slow.token("somebody", EdKey("new")))
    began = time.monotonic()
    client.get("/v1/sessions/current", expect=401)
    assert time.monotonic() - began < 15
    began = time.monotonic()
    for issuer in (slow, quick):
        ask(w, issuer.token("somebody"), 200)
    quick.keys.append(EdKey("two"))
    ask(w, quick.token("somebody", quick.keys[1]), 200)
    assert time.monotonic() - began < 15
    began = time.monotonic()
    assert w.daemon.stop() == 0
    assert time.monotonic() - began < 15


def test_files_of_keys_are_read_again_when_they_change(trust, tmp_path):
    issuer, hidden = Issuer("https://file.test", EdKey("one")), Issuer("https://secret.test", Secret(SECRET))
    keys, secret = tmp_path / "keys.json", private(tmp_path / "secret", SECRET)
    keys.write_text(issuer.jwks())
    w = trust(issuer, hidden, entries=[issuer.entry("file", jwks_url=None, jwks_file=str(keys)),
                                       hidden.entry("secret", jwks_url=None, secret_file=str(secret))])
    old = issuer.keys[0]
    ask(w, issuer.token("somebody"), 200)
    ask(w, hidden.token("somebody"), 200)
    issuer.keys = [EdKey("two")]
    keys.write_text(issuer.jwks())
    ask(w, issuer.token("somebody"), 200)  # an unknown kid makes us look
    ask(w, issuer.token("somebody", old), 401)
    keys.write_text("half a file")
    eventually(lambda: metric(w.root, "cardea_issuer_fetch_total")["file", "unusable"] > 0)
    ask(w, issuer.token("somebody"), 200)
    other = Secret(b"another secret of sufficient length")
    private(secret, other.secret)
    eventually(lambda: ask(w, hidden.token("somebody", other)).status == 200)
    ask(w, hidden.token("somebody"), 401)
    assert issuer.requests == 0


# ---- the file ----

def test_a_reload_takes_issuers_over_and_refuses_a_bad_file(trust):
    first, second = Issuer("https://first.test", EdKey("one")), Issuer("https://second.test", EdKey("one"))
    w = trust(first)
    ask(w, first.token("somebody"), 200)
    assert w.root.put(f"/v1/users/{w.person['id']}/identities", {"issuer": second.issuer, "subject": "somebody"}, expect=422)
    for n, bad in enumerate(("issuers: [{name: x}]", "issuers", "", "issuers: [{")):
        w.file.write_text(bad)
        w.daemon.signal(signal.SIGHUP)
        eventually(lambda: w.daemon.log().count("not reloaded: ") > n)
        ask(w, first.token("somebody"), 200)
    assert f"{w.file}:1:11: `issuer` is missing in an issuer" in w.daemon.log()
    write(w.file, [first.entry("first", audience="https://other.test"), second.entry("second")])
    w.daemon.signal(signal.SIGHUP)
    eventually(lambda: "reloaded: " in w.daemon.log().replace("not reloaded", "") and "2 issuers" in w.daemon.log())
    link(w, w.person, second, "somebody")
    ask(w, second.token("somebody"), 200)
    ask(w, first.token("somebody"), 401)
    ask(w, first.token("somebody", aud="https://other.test"), 200)
    write(w.file, [second.entry("second")])
    w.daemon.signal(signal.SIGHUP)
    eventually(lambda: ask(w, first.token("somebody", aud="https://other.test")).status == 401)
    ask(w, second.token("somebody"), 200)
    where = urllib.parse.urlencode({"issuer": first.issuer, "subject": "somebody"})
    w.root.delete(f"/v1/users/{w.person['id']}/identities?{where}", expect=204)  # its links can still be cleared away
    second.down()


GOOD = {"name": "a", "issuer": "https://a.test", "audience": "us", "algorithms": ["RS256"], "jwks_url": "https://a.test/jwks"}
MISTAKES = [
    ({"name": "A"}, "is not valid"), ({"issuer": "cardea"}, "our own sessions"), ({"issuer": "a b"}, "is not valid"),
    ({"audience": None}, "`audience` is missing"), ({"algorithms": None}, "`algorithms` is missing"),
    ({"algorithms": ["none"]}, "`none` is not known"), ({"algorithms": ["RS512"]}, "it is one of RS256"),
    ({"algorithms": ["RS256", "HS256"]}, "HS256 needs a `secret_file`"), ({"jwks_url": None}, "exactly one of"),
    ({"jwks_file": "x"}, "exactly one of"), ({"jwks_url": "http://a.test/jwks"}, "127.0.0.1"),
    ({"jwks_url": "http://127.0.0.1.a.test/jwks"}, "127.0.0.1"), ({"jwks_url": "http://127.0.0.1@a.test/"}, "neither user"),
    ({"jwks_url": "ftp://a.test/jwks"}, "https://"), ({"jwks_url": "https://"}, "has a host"),
    ({"jwks_url": "https://me:secret@a.test/"}, "neither user nor password"),
    ({"jwks_url": None, "jwks_file": "missing.json"}, "cannot be read"), ({"jwks_url": None, "jwks_file": "."}, "regular file"),
    ({"jwks_url": None, "jwks_file": "empty.json"}, "no key that can be used"),
    ({"jwks_url": None, "secret_file": "secret"}, "the one algorithm is HS256"),
    ({"jwks_url": None, "secret_file": "short", "algorithms": "HS256"}, "holds 31 bytes"),
    ({"jwks_url": None, "secret_file": "open", "algorithms": "HS256"}, "open to others"),
    ({"ca_file": "missing.pem"}, "cannot be read"), ({"clock_skew": "1h"}, "out of range"), ({"max_age": "soon"}, "is not a duration"),
    ({"kid": "x"}, "is not known in an issuer"), ({"account_claim": ""}, "1 to 255"),
]


@pytest.mark.parametrize("change, words", MISTAKES, ids=str)
def test_mistakes_are_named_with_their_place(tmp_path, change, words):
    (tmp_path / "empty.json").write_text('{"keys": []}')
    private(tmp_path / "secret", SECRET)
    private(tmp_path / "short", SECRET[:31])
    (tmp_path / "open").write_bytes(SECRET)
    entry = {k: v for k, v in {**GOOD, **change}.items() if v is not None}
    file = write(tmp_path / "issuers.yaml", [entry])
    done = Cli(tmp_path / "home")("issuers", "check", file, code=1)
    first = done.err.splitlines()[0]
    assert first.startswith(f"{file}:") and words in first, done
    line, column = map(int, first[len(str(file)) + 1:].split(":")[:2])
    assert line in range(2, 10) and column > 0
    assert len(done.err.splitlines()) == 1 and "me:secret" not in done.err
    daemon = Daemon(tmp_path / "daemon", ["--issuers", str(file)])
    code, said = daemon.refuse()
    assert code == 2 and first in said
    assert not daemon.data.exists()


def test_two_of_a_name_or_an_issuer_are_a_mistake(tmp_path):
    file = write(tmp_path / "issuers.yaml", [GOOD, {**GOOD, "audience": "them"}])
    err = Cli(tmp_path / "home")("issuers", "check", file, code=1).err
    assert "another issuer has this `name`" in err and "another entry has this `issuer`" in err


def test_a_good_file_and_its_manual(tmp_path):
    file = write(tmp_path / "issuers.yaml", [GOOD])
    cli = Cli(tmp_path / "home")
    assert cli("issuers", "check", file).out == f"{file}: ok, 1 issuer\n"
    assert cli("issuers", "docs").out == (pathlib.Path(__file__).resolve().parents[2] / "docs/reference/issuers.md").read_text()
