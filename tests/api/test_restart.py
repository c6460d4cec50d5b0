"""Stopping, starting again, and changing what it runs under."""

import hashlib
import itertools
import shutil
import signal
import socket
import threading
import time

import pytest

from cardea_test.daemon import Daemon
from cardea_test.fixtures import Maker
from cardea_test.openapi import ROOT


def everything(root, keys):
    return [(k["id"], root.get(f"/v1/keys/{k['id']}", expect=200).json, root.verify(k["key"], cost=0)) for k in keys]


def make_some(root):
    make = Maker(root)
    account = make.account("animus")
    keys = [make.key(account, name=f"k{i}", metadata={"n": i}) for i in range(6)]
    root.delete(f"/v1/keys/{keys[0]['id']}?reason=gone", expect=200)
    root.patch(f"/v1/keys/{keys[1]['id']}", {"enabled": False}, expect=200)
    root.patch(f"/v1/keys/{keys[2]['id']}", {"scopes": ["search"], "ip_allow": ["10.0.0.0/8"]}, expect=200)
    keys.append(root.post(f"/v1/keys/{keys[3]['id']}/rotate", {"overlap_sec": 3600}, expect=201).json)
    return account, keys


def test_everything_is_there_after_a_restart(own):
    daemon = own()
    root = daemon.root()
    account, keys = make_some(root)
    client = Maker(root).session(account, "owner")
    before = everything(root, keys)
    key_file = (daemon.data / "root.key").read_text()
    assert daemon.stop() == 0
    daemon.start()
    assert (daemon.data / "root.key").read_text() == key_file
    assert everything(daemon.root(), keys) == before
    client.get("/v1/keys", expect=200)


def test_the_snapshot_is_made_again_from_the_store(own):
    daemon = own()
    _, keys = make_some(daemon.root())
    before = everything(daemon.root(), keys)
    for spoil in ("gone", "the folder gone", "foreign", "torn", "empty", "another version", "another deployment"):
        assert daemon.stop() == 0
        path = daemon.runtime / "snapshot"
        good = path.read_bytes()
        if spoil == "gone":
            path.unlink()
        elif spoil == "the folder gone":
            shutil.rmtree(daemon.runtime)
        elif spoil == "foreign":
            path.write_bytes(b"This is somebody's shopping list.\n" * 200)
        elif spoil == "torn":
            path.write_bytes(good[:len(good) // 2])
        elif spoil == "empty":
            path.write_bytes(b"")
        elif spoil == "another version":
            path.write_bytes(good[:8] + bytes(b ^ 0x55 for b in good[8:16]) + good[16:])
        else:
            path.write_bytes(good[:16] + bytes(b ^ 0x55 for b in good[16:48]) + good[48:])
        daemon.start()
        assert everything(daemon.root(), keys) == before, spoil


def test_use_counts_survive(own):
    daemon = own()
    root = daemon.root()
    key = Maker(root).key(Maker(root).account("animus"), credits=10)
    for _ in range(4):
        root.verify(key["key"])
    assert daemon.stop() == 0
    daemon.start()
    root = daemon.root()
    shown = root.get(f"/v1/keys/{key['id']}", expect=200)
    assert (shown["use_count"], shown["credits"]) == (4, 6) and shown["last_used_at"]
    assert [root.verify(key["key"])["code"] for _ in range(7)] == ["VALID"] * 6 + ["CREDITS_EXHAUSTED"]


@pytest.mark.parametrize("lost", ["nothing", "snapshot", "runtime"])
def test_a_shared_balance_survives(own, lost):
    """A rotated key and its successor draw on one balance, whatever has to be made again."""
    daemon = own()
    root = daemon.root()
    old = Maker(root).key(Maker(root).account("animus"), credits=10)
    new = root.post(f"/v1/keys/{old['id']}/rotate", {"overlap_sec": 600}, expect=201)
    for key in (old, new, new):
        assert root.verify(key["key"])["valid"]
    assert daemon.stop() == 0
    for path in daemon.runtime.iterdir() if lost != "nothing" else []:
        if lost == "runtime" or path.name == "snapshot":
            path.unlink()
    daemon.start()
    root = daemon.root()
    assert root.get(f"/v1/keys/{new['id']}", expect=200)["credits"] == 7
    got = [root.verify(key["key"])["code"] for key in [old, new] * 4]
    assert got == ["VALID"] * 7 + ["CREDITS_EXHAUSTED"]


def test_a_second_daemon_on_the_same_data_is_refused(own, tmp_path):
    first = own()
    second = Daemon(tmp_path / "second", data=first.data)
    code, said = second.refuse()
    assert code != 0 and one_line(said), said
    first.root().get("/v1/accounts", expect=200)


def one_line(said):
    """What people read of a refusal: exactly one line that is not mere information."""
    lines = [line for line in said.splitlines() if line.strip()]
    return len(lines) == 1 and 10 < len(lines[0]) < 400


def test_a_taken_port(own, tmp_path):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        daemon = Daemon(tmp_path / "daemon")
        daemon.port = s.getsockname()[1]
        code, said = daemon.refuse()
        assert code != 0 and str(daemon.port) in said and one_line(said), said


def test_sigterm_answers_what_is_under_way(own):
    daemon = own()
    root = daemon.root()
    make = Maker(root)
    account, replies, failures = make.account("cardea"), [], []
    gate = threading.Event()

    def work():
        client = root.using()
        while True:
            try:
                reply = client.post("/v1/keys", {"account": account["id"], "kind": "key", "name": "drain", "scopes": ["keys:read"]})
            except OSError:
                return
            except Exception as e:  # noqa: BLE001 - whatever it is, it is the finding
                if type(e).__name__ not in ("RemoteDisconnected", "CannotSendRequest"):
                    failures.append(e)
                return
            replies.append(reply)
            gate.set()

    threads = [threading.Thread(target=work) for _ in range(8)]
    [t.start() for t in threads]
    gate.wait(60)
    time.sleep(0.2)
    assert daemon.stop() == 0
    [t.join(30) for t in threads]
    assert failures == []
    made = [r for r in replies if r.status == 201]
    assert made and {r.status for r in replies} <= {201, 503}
    daemon.start()
    listed = {k["id"] for k in daemon.root().pages(f"/v1/keys?account={account['id']}&limit=200")}
    assert {r["id"] for r in made} <= listed


def test_sigint_stops_too(own):
    daemon = own()
    daemon.signal(signal.SIGINT)
    assert daemon.process.wait(20) in (0, 130)


def test_sighup_takes_a_good_profile_and_refuses_a_bad_one(own, tmp_path):
    """Starts from a shipped profile under another name, so that this test knows no more of the format than those show."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    shipped = (ROOT / "profiles" / "animus.yaml").read_text()
    mine = retold(shipped)
    (folder / "papers.yaml").write_text(mine)
    daemon = own("--profiles", str(folder))
    root = daemon.root()
    make = Maker(root)
    account = make.account("papers")
    key = make.key(account, scopes=["read"])
    ask = root.using(token=key["key"])
    ask.get("/v1/authorize/papers/api/v1/content/recent", expect=200)
    animus = make.key(make.account("animus"))

    (folder / "papers.yaml").write_text(mine.replace("/content/", "/papers/").replace("/content", "/papers"))
    daemon.signal(signal.SIGHUP)
    eventually(lambda: ask.get("/v1/authorize/papers/api/v1/papers/recent").status == 200)
    assert ask.get("/v1/authorize/papers/api/v1/content/recent").status != 200
    assert root.verify(animus["key"])["valid"]

    before = len(daemon.log())
    (folder / "papers.yaml").write_text(mine + "\nnonsense: [\n")
    daemon.signal(signal.SIGHUP)
    eventually(lambda: "papers.yaml:" in daemon.log()[before:])
    ask.get("/v1/authorize/papers/api/v1/papers/recent", expect=200)
    assert root.verify(key["key"])["valid"] and daemon.running()


def test_the_first_request_after_a_reload_meets_new_hosts_and_headers(own, tmp_path):
    """Whose host it is, and which header holds a key, is asked before a decision follows the snapshot: on every loop."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    mine = retold((ROOT / "profiles" / "animus.yaml").read_text())
    (folder / "papers.yaml").write_text(mine)
    daemon = own("--profiles", str(folder))
    root = daemon.root()
    account = Maker(root).account("papers")
    for i in range(4):
        before = daemon.log().count("reloaded")
        old = f'  old:\n    flags: legacy\n    scopes: {{granted: ["*"], selectable: false}}\n\ndefault_kind: key\nlegacy_header: x-old-{i}\n\nroutes:'
        (folder / "papers.yaml").write_text(mine.replace("\nroutes:", old).replace("api.papers.so", f"api{i}.papers.so"))
        daemon.signal(signal.SIGHUP)
        eventually(lambda: daemon.log().count("reloaded") > before)
        if i == 0:
            digest = hashlib.sha256(b"an old key").hexdigest()
            root.post("/v1/keys/import", {"account": account["id"], "kind": "old", "keys": [{"sha256": digest}]}, expect=201)
        for _ in range(12):
            nobody = root.using(token=None)
            nobody.get("/v1/authorize/papers/api/v1/content/recent", headers={f"X-Old-{i}": "an old key"}, expect=200)
            nobody.using(host=f"api{i}.papers.so").get("/llms.txt", expect=200)


def test_reloading_under_load_disturbs_nobody(own, tmp_path):
    """The snapshot is made anew at each SIGHUP: no decision is wrong, none is STALE, no write is lost meanwhile."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    mine = retold((ROOT / "profiles" / "animus.yaml").read_text())
    (folder / "papers.yaml").write_text(mine)
    daemon = own("--profiles", str(folder), "--max-staleness", "10s")
    root = daemon.root()
    make = Maker(root)
    account = make.account("papers")
    standing, seen, stop = make.key(account, scopes=["read"])["key"], set(), threading.Event()

    def check():
        client = root.using()
        while not stop.is_set():
            seen.add(client.verify(standing, cost=0)["code"])

    def change():
        client = root.using()
        while not stop.is_set():
            made = client.post("/v1/keys", {"account": account["id"], "name": "passing", "scopes": ["read"]}, expect=201).json
            seen.add("made " + client.verify(made["key"])["code"])
            client.delete(f"/v1/keys/{made['id']}", expect=200)
            seen.add("gone " + client.verify(made["key"])["code"])

    threads = [threading.Thread(target=check), threading.Thread(target=check), threading.Thread(target=change)]
    [t.start() for t in threads]
    for i in range(6):
        before = daemon.log().count("reloaded")
        (folder / "papers.yaml").write_text(mine.replace("/content/", f"/content{i}/"))
        daemon.signal(signal.SIGHUP)
        eventually(lambda: daemon.log().count("reloaded") > before)
    stop.set()
    [t.join(30) for t in threads]
    assert seen == {"VALID", "made VALID", "gone REVOKED"}


def retold(text):
    """The animus profile as another product: other name, hosts and prefix."""
    return text.replace("anm_", "pap_").replace("animus", "papers").replace("Animus", "Papers")


def eventually(true, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


def test_a_bad_profile_keeps_the_daemon_from_starting(own, tmp_path):
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "bad.yaml").write_text("name: bad\nscoops: [read]\n")
    daemon = Daemon(tmp_path / "daemon", ["--profiles", str(folder)])
    code, said = daemon.refuse()
    assert code != 0 and "bad.yaml:2:" in said, said


def test_people_stay_in_their_product_while_profiles_move(own, tmp_path):
    """A profile that comes or goes moves the places of those behind it, in the snapshot a moment before elsewhere."""
    text = (ROOT / "profiles" / "animam.yaml").read_text()

    def profile(name):
        return text.replace("animam", name).replace("Animam", name).replace("ANIMAM", name.upper()).replace("ak_", f"{name}_")

    folder = tmp_path / "profiles"
    folder.mkdir()
    for name in ("bbb", "ccc"):
        (folder / f"{name}.yaml").write_text(profile(name))
    daemon = own("--profiles", str(folder))
    make, seen, done = Maker(daemon.root()), {}, threading.Event()
    people = {name: make.session(make.account(name), "owner") for name in ("bbb", "ccc")}

    def ask(whose, where):
        client = people[whose].using(host=f"api.{where}.ai")
        while not done.is_set():
            seen.setdefault((whose, where), set()).add(client.get("/tenants/-/tokens").status)

    threads = [threading.Thread(target=ask, args=pair) for pair in itertools.product(people, people)]
    for t in threads:
        t.start()
    for _ in range(60):
        (folder / "aaa.yaml").write_text(profile("aaa"))
        daemon.signal(signal.SIGHUP)
        time.sleep(0.04)
        (folder / "aaa.yaml").unlink()
        daemon.signal(signal.SIGHUP)
        time.sleep(0.04)
    done.set()
    for t in threads:
        t.join()
    assert seen == {pair: {200 if pair[0] == pair[1] else 403} for pair in seen} and len(seen) == 4
