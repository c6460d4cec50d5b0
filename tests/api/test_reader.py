"""What another process on the host sees: every change, by the time the API has answered."""

import hashlib
import os
import time

import pytest

from cardea_test.fixtures import Maker
from cardea_test.keys import mint
from cardea_test.reader import Reader
from cardea_test.moments import stamp


@pytest.fixture
def reader(shared):
    r = Reader(shared.runtime)
    yield r
    r.close()


def test_every_change_is_there_when_the_api_has_answered(reader, root, make):
    for _ in range(10):
        account = make.account("animus")
        key = make.key(account, scopes=["read"])
        path = f"/v1/keys/{key['id']}"
        assert reader.code(key["key"], "read") == "VALID"
        root.patch(path, {"scopes": ["write"]}, expect=200)
        assert reader.code(key["key"], "read") == "INSUFFICIENT_SCOPE"
        assert reader.code(key["key"], "write") == "VALID"
        root.patch(path, {"enabled": False}, expect=200)
        assert reader.code(key["key"]) == "DISABLED"
        root.patch(path, {"enabled": True}, expect=200)
        root.patch(f"/v1/accounts/{account['id']}", {"status": "suspended"}, expect=200)
        assert reader.code(key["key"]) == "ACCOUNT_SUSPENDED"
        root.patch(f"/v1/accounts/{account['id']}", {"status": "active"}, expect=200)
        new = root.post(path + "/rotate", {"overlap_sec": 60}, expect=201).json
        assert reader.code(key["key"]) == reader.code(new["key"]) == "VALID"
        root.delete(path, expect=200)
        assert reader.code(key["key"]) == "REVOKED" and reader.code(new["key"]) == "VALID"


def test_a_reader_follows_the_snapshot_as_it_grows(own):
    """Tens of thousands of keys more than there was room for: opened before, it finds the last one, and revocations too."""
    daemon = own()
    root = daemon.root()
    make = Maker(root)
    account = make.account("animus")
    first = make.key(account)
    reader = Reader(daemon.runtime)
    inode, inodes = os.stat(daemon.runtime / "snapshot").st_ino, set()
    known = [mint("anm_", 32) for _ in range(8)]
    for key in known:
        digests = [hashlib.sha256(key.encode()).hexdigest()] + [os.urandom(32).hex() for _ in range(9999)]
        root.post("/v1/keys/import", {"account": account["id"], "kind": first["kind"],
                                      "keys": [{"sha256": d, "scopes": ["read"]} for d in digests]}, expect=201)
        inodes.add(os.stat(daemon.runtime / "snapshot").st_ino)
        assert reader.code(key, "read") == "VALID" and reader.code(first["key"]) == "VALID"
    assert inodes - {inode}, "80,000 keys fitted into the first file: this test proves nothing"
    root.delete(f"/v1/keys/{first['id']}", expect=200)
    assert reader.code(first["key"]) == "REVOKED"
    assert all(reader.code(key, "read") == "VALID" for key in known)
    assert len(list(daemon.runtime.glob("snapshot*"))) <= 2, "old files are not left behind"
    reader.close()


def test_decisions_go_on_while_the_daemon_is_down(own):
    daemon = own()
    root = daemon.root()
    make = Maker(root)
    account = make.account("animus")
    soon = stamp(300)
    lasting, ending, revoked = make.key(account), make.key(account, expires_at=soon), make.key(account)
    root.delete(f"/v1/keys/{revoked['id']}", expect=200)
    reader = Reader(daemon.runtime)
    daemon.kill()
    assert [reader.code(k["key"]) for k in (lasting, ending, revoked)] == ["VALID", "VALID", "REVOKED"]
    later = Reader(daemon.runtime)
    assert later.code(lasting["key"]) == "VALID"
    assert [reader.code(k["key"], later=301) for k in (lasting, ending)] == ["VALID", "EXPIRED"]
    daemon.start()
    root = daemon.root()
    root.delete(f"/v1/keys/{lasting['id']}", expect=200)
    assert reader.code(lasting["key"]) == later.code(lasting["key"]) == "REVOKED"
    reader.close()
    later.close()


def test_use_in_another_process_is_counted(own):
    daemon = own()
    root = daemon.root()
    make = Maker(root)
    key = make.key(make.account("animus"))
    reader = Reader(daemon.runtime, activity=True)
    assert [reader.code(key["key"], cost=1) for _ in range(5)] == ["VALID"] * 5
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and root.get(f"/v1/keys/{key['id']}", expect=200)["use_count"] < 5:
        time.sleep(0.1)
    shown = root.get(f"/v1/keys/{key['id']}", expect=200)
    assert shown["use_count"] == 5 and shown["last_used_at"]
    reader.close()
