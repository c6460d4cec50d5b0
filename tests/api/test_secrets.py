"""No secret and no digest in a log line, an error, a file, a core dump or `ps`."""

import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

import pytest

from cardea_test.daemon import PROGRAM, environment
from cardea_test.fixtures import Maker
from cardea_test.keys import mint
from cardea_test.leaks import REGISTRY


def busy_life(daemon):
    """Every way in which a secret passes through, the refused ones too."""
    root = daemon.root()
    make = Maker(root)
    account = make.account("animus")
    client = make.session(account, "owner")
    key = make.key(account, scopes=["read"])
    rotated = root.post(f"/v1/keys/{key['id']}/rotate", {}, expect=201).json
    for token in (key["key"], rotated["key"], mint("anm_", 32), mint("crdr_", 43), client.token + "x"):
        caller = root.using(token=token)
        caller.get("/v1/accounts")
        caller.get("/v1/keys/self")
        caller.get("/v1/authorize/animus/api/v1/content/recent")
        caller.using(host="api.animus.so").get("/api/v1/content/recent")
        caller.using(token=None).get(f"/v1/keys/{token}")
        caller.using(token=None).get(f"/v1/authorize/animus/api/v1/content?api_key={token}")
        caller.using(token=None).get(f"/{token}")
        root.call("POST", "/v1/keys", raw=b'{"name": "' + token.encode() + b'"')
        root.post("/v1/keys", {"account": account["id"], token: 1, "name": "x"})
        root.using(token=None).get("/v1/accounts", headers={"Authorization": f"Basic {token}", "Cookie": f"cardea_session={token}"})
    root.using(token=None).post("/v1/sessions", {"email": client.user["email"], "password": "a wrong but long passphrase"}, expect=401)
    return account, key


def test_log_and_files(own):
    daemon = own(cold=True)
    busy_life(daemon)
    time.sleep(1.2)
    assert daemon.stop() == 0
    assert daemon.leaks() == []
    for path in daemon.data.rglob("*"):
        if path.is_file() and path.name != "root.key":
            assert REGISTRY.find(path.read_bytes(), clear_only=True) == [], path


def test_debug_logging_is_no_exception(own):
    """Whatever the level: asked for through the option table when the daemon has such an option."""
    told = subprocess.run([PROGRAM, "serve", "--help"], capture_output=True, text=True, env=environment()).stdout
    daemon = own(*(["--log-level", "debug"] if "--log-level" in told else []))
    busy_life(daemon)
    daemon.stop()
    assert daemon.leaks() == []


def test_a_dump_of_its_memory_is_not_for_anyone(own):
    """Cores are switched off, and other processes of the same user may not read its memory."""
    daemon = own()
    limits = pathlib.Path(f"/proc/{daemon.process.pid}/limits").read_text()
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4] == "0", core
    before = set(daemon.folder.iterdir())
    daemon.signal(signal.SIGABRT)
    daemon.process.wait(20)
    assert {p for p in set(daemon.folder.iterdir()) - before if p.name.startswith("core")} == set()


def test_secrets_are_wiped_after_use(own):
    """A key that was made, shown and checked is nowhere in the daemon's memory a moment later."""
    daemon = own()
    if os.geteuid() != 0:  # then not even the daemon's own user may look, and root alone could tell more
        with pytest.raises(PermissionError):
            open(f"/proc/{daemon.process.pid}/mem", "rb")
        return
    account, key = busy_life(daemon)
    root = daemon.root()
    session = Maker(root).session(account, "member")
    fresh = [Maker(root).key(account, scopes=["read"])["key"] for _ in range(3)]
    for k in fresh:
        root.using(token=k).get("/v1/keys/self", expect=200)
    passwords = [session.user["password"]]
    for _ in range(50):
        root.get("/livez", expect=200)
    root.close()
    time.sleep(1.5)
    found = {}
    with open(f"/proc/{daemon.process.pid}/mem", "rb", 0) as memory:
        for line in open(f"/proc/{daemon.process.pid}/maps"):
            span, rights, *_ , = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            begin, end = (int(x, 16) for x in span.split("-"))
            if end - begin > 1 << 30:
                continue
            memory.seek(begin)
            try:
                chunk = memory.read(end - begin)
            except OSError:
                continue
            for secret in fresh + passwords:
                if secret.encode() in chunk:
                    found.setdefault(line.split()[-1], []).append(secret[:8])
    assert found == {}


def shown_by_ps(pid):
    """Arguments and environment. The latter is refused to the process's own user, which root alone is not."""
    process = pathlib.Path(f"/proc/{pid}")
    try:
        environ = (process / "environ").read_bytes()
    except PermissionError:
        assert os.geteuid() != 0
        environ = b""
    return (process / "cmdline").read_bytes() + environ


def test_login_wipes_its_argument(tmp_path):
    """A server that never answers keeps `login` waiting: long enough to look at it as `ps` does."""
    key = mint("anm_", 32)
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        accepted, held = threading.Event(), []
        threading.Thread(target=lambda: (held.append(s.accept()), accepted.set()), daemon=True).start()
        process = subprocess.Popen([PROGRAM, "login", "--token", key, "--api-url", f"http://127.0.0.1:{s.getsockname()[1]}"], cwd=tmp_path,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(HOME=str(tmp_path)))
        try:
            assert accepted.wait(20), "login asked no server"
            assert key.encode() not in shown_by_ps(process.pid)
        finally:
            process.kill()
            out, err = process.communicate()
    assert key.encode() not in out + err


def test_the_daemon_shows_no_secret_in_ps(shared):
    assert REGISTRY.find(shown_by_ps(shared.process.pid)) == []


def test_the_root_key_is_written_once_to_a_file_when_nobody_watches(own):
    daemon = own()
    key = daemon.root_key()
    assert key.startswith("crdr_") and key not in daemon.output() + daemon.log()
    assert daemon.client(key).get("/v1/accounts", expect=200)


def test_a_terminal_is_shown_the_root_key(tmp_path, own):
    import pty
    import shutil
    from cardea_test.daemon import Daemon
    daemon = Daemon(tmp_path / "daemon")
    daemon.folder.mkdir()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(daemon.command(), stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.DEVNULL, env=environment())
    os.close(theirs)
    try:
        seen = b""
        deadline = time.monotonic() + 30
        while b"crdr_" not in seen or not seen.endswith(b"\n"):
            assert time.monotonic() < deadline, seen
            seen += os.read(ours, 4096)
    finally:
        process.terminate()
        process.wait(20)
        os.close(ours)
    key = seen[seen.index(b"crdr_"):].split()[0].decode()
    REGISTRY.add("key", key)
    assert not (daemon.data / "root.key").exists()
    daemon.start()
    daemon.client(key).get("/v1/accounts", expect=200)
    daemon.kill()
    assert daemon.leaks() == []
    shutil.rmtree(daemon.folder)
