"""The machine misbehaves: one clear line, nothing lost, nothing half-written."""

import ctypes
import os
import resource
import shutil
import sqlite3
import stat
import threading
import time

import pytest

from cardea_test.daemon import Daemon
from cardea_test.fixtures import Maker
from test_restart import eventually, one_line


def database(daemon):
    found = [p for p in daemon.data.iterdir() if p.is_file() and p.read_bytes()[:15] == b"SQLite format 3"]
    assert len(found) == 1, list(daemon.data.iterdir())
    return found[0]


PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2  # linux/prctl.h, linux/capability.h


def unprivileged():
    """Root may write everywhere: without these capabilities a program that it starts obeys file modes as others do."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            assert libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0, os.strerror(ctypes.get_errno())


def test_a_data_folder_that_cannot_be_written(tmp_path, own):
    data = tmp_path / "data"
    data.mkdir(mode=0o555)
    daemon = Daemon(tmp_path / "daemon", data=data)
    code, said = daemon.refuse(preexec_fn=unprivileged)
    assert code != 0 and str(data) in said and one_line(said), said
    assert list(data.iterdir()) == []


def test_a_data_folder_that_is_a_file(tmp_path, own):
    data = tmp_path / "data"
    data.write_text("not a folder")
    code, said = Daemon(tmp_path / "daemon", data=data).refuse()
    assert code != 0 and one_line(said), said
    assert data.read_text() == "not a folder"


@pytest.mark.parametrize("spoil", ["no database", "header", "middle"])
def test_a_corrupt_database(own, spoil):
    daemon = own()
    Maker(daemon.root()).key(Maker(daemon.root()).account("animus"))
    assert daemon.stop() == 0
    path = database(daemon)
    good = path.read_bytes()
    bad = {"no database": b"this is no database\n" * 500, "header": good[:16] + b"\xff" * 84 + good[100:],
           "middle": good[:4096] + b"\xa5" * (len(good) - 4096)}[spoil]
    path.write_bytes(bad)
    shutil.rmtree(daemon.runtime)  # so that the snapshot has to be made from it
    code, said = daemon.refuse()
    assert code > 0 and one_line(said), (code, said)
    assert path.read_bytes() == bad, "a damaged database was written to"
    path.write_bytes(good)
    daemon.start()


def test_a_locked_database_is_waited_for_or_answered_with_503(own):
    daemon = own()
    root = daemon.root()
    make = Maker(root)
    account = make.account("animus")
    key = make.key(account)
    lock = sqlite3.connect(database(daemon), timeout=5, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    root.timeout = 60
    reply = root.using().post("/v1/keys", {"account": account["id"], "name": "x", "scopes": ["read"]})
    assert (reply.status, reply.code) == (503, "store_unavailable"), reply
    assert root.verify(key["key"])["valid"], "decisions need no store"
    root.get(f"/v1/keys/{key['id']}", expect=200)
    lock.execute("ROLLBACK")
    lock.close()
    eventually(lambda: root.post("/v1/keys", {"account": account["id"], "name": "x", "scopes": ["read"]}).status == 201)
    assert len(root.pages(f"/v1/keys?account={account['id']}")) == 2


def test_a_database_locked_at_the_start(own, tmp_path):
    daemon = own()
    assert daemon.stop() == 0
    lock = sqlite3.connect(database(daemon), isolation_level=None)
    lock.execute("PRAGMA locking_mode=EXCLUSIVE")
    lock.execute("BEGIN EXCLUSIVE")
    code, said = daemon.refuse(timeout=60)
    assert code > 0 and one_line(said), said
    lock.close()
    daemon.start()


def test_a_full_disk(own):
    """No file may grow past 4 KiB: as full as a disk gets without being one."""
    daemon = own()
    root = daemon.root()
    make = Maker(root)
    account = make.account("cardea")
    body = {"account": account["id"], "kind": "key", "name": "full", "scopes": ["keys:read"], "metadata": {"filler": "x" * 3000}}
    keys = [root.post("/v1/keys", body, expect=201).json for _ in range(5)]
    pid = daemon.process.pid
    free = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, free[1]))
    replies = [root.post("/v1/keys", body) for _ in range(8)]
    assert {(r.status, r.code) for r in replies} == {(503, "store_unavailable")}, replies
    revoke = root.delete(f"/v1/keys/{keys[0]['id']}")
    assert revoke.status == 503, "a revocation that is not durable was confirmed"
    assert root.verify(keys[0]["key"])["code"] in ("VALID", "REVOKED")
    assert all(root.verify(k["key"])["valid"] for k in keys[1:])
    assert len(root.pages(f"/v1/keys?account={account['id']}")) == 5
    resource.prlimit(pid, resource.RLIMIT_FSIZE, free)
    eventually(lambda: root.post("/v1/keys", body).status == 201)
    root.delete(f"/v1/keys/{keys[0]['id']}", expect=200)
    count = len(root.pages(f"/v1/keys?account={account['id']}"))
    assert daemon.stop() == 0
    daemon.start()
    assert len(daemon.root().pages(f"/v1/keys?account={account['id']}")) == count
    assert daemon.root().verify(keys[0]["key"])["code"] == "REVOKED"
    assert sqlite3.connect(database(daemon)).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_full_disk_at_the_start(own, tmp_path):
    daemon = Daemon(tmp_path / "daemon")
    code, said = daemon.refuse(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024)))
    assert code > 0 and one_line(said), (code, said)
    daemon.start()
    daemon.kill()


@pytest.mark.parametrize("listen", ["0.0.0.0:%d", "[::]:%d", "192.0.2.1:%d", "*:%d", ":%d", "example.com:%d"])
def test_a_public_address_must_be_asked_for_by_name(tmp_path, listen):
    daemon = Daemon(tmp_path / "daemon")
    said_by = daemon.command()
    i = said_by.index("--listen")
    said_by[i + 1] = listen % daemon.port
    daemon.command = lambda: said_by
    code, said = daemon.refuse()
    assert code != 0 and one_line(said), said
    if listen.startswith(("0.0.0.0", "[::]")):
        assert "--listen-public" in said


def test_a_public_address_that_is_asked_for(own):
    daemon = own("--listen-public", ready=False)
    command = daemon.command()
    command[command.index("--listen") + 1] = f"0.0.0.0:{daemon.port}"
    daemon.command = lambda: command
    daemon.start()


@pytest.mark.parametrize("args", [["--nonsense"], ["--data"], ["--listen", "nonsense"], ["--listen", "127.0.0.1:99999"], ["--config", "/nonexistent.yaml"],
                                  ["--profiles", "/nonexistent"], ["--store", "nonsense:x"], ["surplus"]])
def test_options_that_are_none(tmp_path, args):
    daemon = Daemon(tmp_path / "daemon", args)
    code, said = daemon.refuse()
    assert code != 0 and said.strip(), (code, said)
    assert "root.key" not in [p.name for p in (daemon.data.iterdir() if daemon.data.exists() else [])]


def test_files_are_for_their_owner(own):
    daemon = own(cold=True)
    Maker(daemon.root()).key(Maker(daemon.root()).account("animus"))

    def mode(path):
        return stat.S_IMODE(path.stat().st_mode)

    assert mode(daemon.data) == 0o710 and mode(daemon.runtime) == 0o750
    assert mode(daemon.data / "root.key") == 0o600 and mode(daemon.data / "master.key") == 0o600
    assert mode(daemon.runtime / "snapshot") == 0o640
    assert {mode(p) for p in daemon.runtime.glob("activity.*")} == {0o660}
    for path in daemon.data.iterdir():
        if path.is_file():
            assert mode(path) & 0o077 == 0, path


def test_truncated_activity_stops_nobody(own):
    """Whoever verifies may write these files: the daemon lives whatever they do to them."""
    daemon = own()
    root = daemon.root()
    make = Maker(root)
    key = make.key(make.account("animus"), credits=5)
    root.verify(key["key"])
    assert daemon.stop() == 0
    for path in daemon.runtime.glob("activity.*"):
        path.write_bytes(b"\xff" * 100)
    daemon.start()
    root = daemon.root()
    assert root.verify(key["key"])["remaining"] == 3, "what was left before is left now"
    root.get(f"/v1/keys/{key['id']}", expect=200)
    for path in daemon.runtime.glob("activity.*"):
        with open(path, "r+b") as f:
            f.write(os.urandom(65536))
    time.sleep(2.2)
    root.get(f"/v1/keys/{key['id']}", expect=200)
    assert daemon.running()


def test_activity_that_is_cut_short_while_it_is_mapped(own):
    """A verifier shortens the file under the daemon's mapping: metered keys are refused, the others go on, nothing dies."""
    daemon = own()
    root = daemon.root()
    make = Maker(root)
    account = make.account("animus")
    metered, free = make.key(account, credits=5), make.key(account)
    assert root.verify(metered["key"])["valid"] and root.verify(free["key"])["valid"]
    for path in daemon.runtime.glob("activity.*"):
        os.truncate(path, 0)
    assert not root.verify(metered["key"])["valid"]
    assert root.verify(free["key"])["valid"]
    eventually(lambda: "cut short" in daemon.log())
    assert daemon.stop() == 0
    daemon.start()
    assert daemon.root().verify(metered["key"])["valid"] and daemon.root().verify(free["key"])["valid"]


def test_hundreds_of_idle_connections(shared, root):
    import socket
    idle = [socket.create_connection(("127.0.0.1", shared.port)) for _ in range(300)]
    try:
        done = threading.Event()
        threading.Thread(target=lambda: (root.get("/v1/accounts?limit=1", expect=200), done.set())).start()
        assert done.wait(10)
    finally:
        [s.close() for s in idle]
