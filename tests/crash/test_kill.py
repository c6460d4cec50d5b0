"""kill -9 at any moment: what was acknowledged is there after the restart, in the API, in verify and in the snapshot.

Clients write without a pause; the daemon is killed at a random moment, started again, and all it has acknowledged so far is
compared. A request whose reply never came may have happened or not: both are right, but never half of it."""

import http.client
import random
import sqlite3
import threading
import time

from cardea_test.fixtures import Maker

ROUNDS = 16
CLIENTS = 6
WRITE_SEC = 0.35  # of writing in a round, at most


class Key:
    """What was promised of one key. `unsure`: what was asked when the daemon died, and may have been done."""

    def __init__(self, view):
        self.id, self.secret = view["id"], view["key"]
        self.name, self.scopes, self.enabled, self.revoked = view["name"], set(view["scopes"]), True, False
        self.unsure = {}

    def settle(self, view):
        """Takes over what turned out to be the case, where both were possible."""
        for what, asked in self.unsure.items():
            now = {"name": view["name"], "scopes": set(view["scopes"]), "enabled": view["enabled"], "revoked": view["status"] == "revoked"}[what]
            before = getattr(self, what)
            assert now in (before, asked), (what, before, asked, now)
            setattr(self, what, now)
        self.unsure = {}

    @property
    def code(self):
        return "REVOKED" if self.revoked else "VALID" if self.enabled else "DISABLED"


class Writer(threading.Thread):
    """One client with keys of its own, so that the model needs no lock."""

    def __init__(self, root, account, seed, keys):
        super().__init__(daemon=True)
        self.client, self.account, self.random, self.keys = root.using(), account, random.Random(seed), keys
        self.acknowledged, self.wrong = 0, []

    def run(self):
        try:
            while True:
                self.step()
                self.acknowledged += 1
        except (OSError, http.client.HTTPException):
            pass  # the daemon is gone
        except Exception as e:  # noqa: BLE001 - a finding for the test, not for the thread
            self.wrong.append(e)

    def step(self):
        living = [k for k in self.keys if not k.revoked and not k.unsure]
        what = self.random.choice(["create", "name", "scopes", "enabled", "revoked", "create"]) if living else "create"
        if what == "create":
            body = {"account": self.account["id"], "kind": "key", "name": f"k{self.random.random()}", "scopes": ["keys:read"]}
            self.keys.append(Key(self.client.post("/v1/keys", body, expect=201).json))
            return
        key = self.random.choice(living)
        asked = {"name": f"n{self.random.random()}", "scopes": {self.random.choice(["keys:write", "users:read", "usage:read"])},
                 "enabled": not key.enabled, "revoked": True}[what]
        key.unsure = {what: asked}
        if what == "revoked":
            self.client.delete(f"/v1/keys/{key.id}", expect=200)
        else:
            self.client.patch(f"/v1/keys/{key.id}", {what: sorted(asked) if what == "scopes" else asked}, expect=200)
        key.unsure = {}
        setattr(key, what, asked)


def compare(root, account, keys):
    """The API, verify (the snapshot) and the model say the same of every key."""
    listed = {k["id"]: k for k in root.pages(f"/v1/keys?account={account['id']}&limit=200")}
    missing = [k.id for k in keys if k.id not in listed]
    assert not missing, f"{len(missing)} acknowledged keys are gone"
    for i in range(0, len(keys), 500):
        part = keys[i:i + 500]
        decisions = root.post("/v1/keys/verify/batch", {"keys": [{"key": k.secret, "cost": 0} for k in part]}, expect=200)["results"]
        for key, decision in zip(part, decisions):
            view = listed[key.id]
            key.settle(view)
            assert (view["name"], set(view["scopes"]), view["enabled"] or key.revoked, view["status"] == "revoked") == (
                key.name, key.scopes, key.enabled or key.revoked, key.revoked), view
            assert decision["code"] == key.code and decision["key_id"] == key.id, (decision, view)
            if decision["code"] == "VALID":
                assert set(decision["scopes"]) == key.scopes, (decision, view)
    return listed


def test_kill_9_in_a_loop(own):
    daemon = own()
    root = daemon.root()
    account = Maker(root).account("cardea")
    keys = [[] for _ in range(CLIENTS)]
    acknowledged, dice = 0, random.Random(20260101)
    for round_number in range(ROUNDS):
        writers = [Writer(daemon.root(), account, f"{round_number}:{i}", keys[i]) for i in range(CLIENTS)]
        [w.start() for w in writers]
        time.sleep(dice.uniform(0.02, WRITE_SEC))
        daemon.kill()
        [w.join(30) for w in writers]
        assert [e for w in writers for e in w.wrong] == []
        acknowledged += sum(w.acknowledged for w in writers)
        daemon.start()
        root = daemon.root()
        listed = compare(root, account, [k for own_keys in keys for k in own_keys])
    assert acknowledged > 10 * ROUNDS, f"only {acknowledged} changes were acknowledged: the test proves little"
    known = {k.id for own_keys in keys for k in own_keys}
    assert len(set(listed) - known) <= ROUNDS * CLIENTS, "keys that nobody asked for"
    assert daemon.stop() == 0
    database = next(p for p in daemon.data.iterdir() if p.is_file() and p.read_bytes()[:15] == b"SQLite format 3")
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_kill_9_while_it_starts(own):
    """Whenever it dies on its way up, the next start finds everything."""
    daemon = own()
    root = daemon.root()
    make = Maker(root)
    account = make.account("cardea")
    keys = [make.key(account, kind="key", scopes=["keys:read"]) for _ in range(5)]
    root.delete(f"/v1/keys/{keys[0]['id']}", expect=200)
    dice = random.Random(7)
    for i in range(8):
        daemon.kill()
        if i % 2:
            (daemon.runtime / "snapshot").unlink(missing_ok=True)
        daemon.launch()
        time.sleep(dice.uniform(0, 0.15))
    daemon.kill()
    daemon.start()
    root = daemon.root()
    assert [root.verify(k["key"])["code"] for k in keys] == ["REVOKED"] + ["VALID"] * 4


def test_kill_9_during_the_first_start(own):
    """A data folder that was left half-made becomes whole, with one root key that works."""
    for i in range(6):
        daemon = own(ready=False, name=f"first{i}")
        daemon.launch()
        time.sleep(i * 0.02)
        daemon.kill()
        daemon.start()
        root = daemon.root()
        assert len(root.get("/v1/keys?account=cardea%2Fsystem&status=active", expect=200)["data"]) == 1
        daemon.kill()


def test_snapshot_and_store_agree_after_a_clean_stop_too(own):
    daemon = own()
    root = daemon.root()
    account = Maker(root).account("cardea")
    keys = []
    writer = Writer(root, account, "clean", keys)
    writer.start()
    time.sleep(0.5)
    assert daemon.stop() == 0
    writer.join(30)
    assert [e for e in writer.wrong if "503" not in str(e)] == []
    daemon.start()
    compare(daemon.root(), account, keys)
