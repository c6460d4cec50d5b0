"""The daemon's scanner, which takes its time to be made: some seconds of a core. So what one daemon of a build has compiled is
given to all others that begin, but for those that are to be seen without."""

import fcntl
import shutil
import time

from .daemon import BUILD, PROGRAM, Daemon, temporary

KEPT = BUILD / "scanner.cache"
COMPILING = 150  # seconds: a few of a core that others are busy with


def ready(client, within=COMPILING):
    """Waits for the scanner; whatever comes before is a 503 that says when to come again."""
    deadline = time.monotonic() + within
    while True:
        reply = client.post("/v1/scan", {"text": "hello"}, expect=(200, 503))
        if reply.status == 200:
            assert reply["verdict"] == "allow"
            return client
        assert reply.code == "scanner_unavailable" and int(reply.header("retry-after")) >= 1
        assert "verdict" not in reply.json and time.monotonic() < deadline
        time.sleep(0.1)


def compiled():
    """The cache of this very program and the profiles that it is shipped with, made by whoever needs it first."""
    with open(BUILD / "scanner.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not KEPT.exists() or KEPT.stat().st_mtime_ns < PROGRAM.stat().st_mtime_ns:
            folder = temporary()
            daemon = Daemon(folder, cold=True).start()
            ready(daemon.root())
            assert daemon.stop() == 0
            new = KEPT.with_suffix(".new")
            shutil.copyfile(daemon.data / "scanner.cache", new)
            new.chmod(0o600)
            new.rename(KEPT)
            shutil.rmtree(folder)
    return KEPT


def warm(data):
    """Gives it to a daemon of this data folder, which may be still to be made."""
    if not (data / "scanner.cache").exists():
        data.mkdir(mode=0o710, parents=True, exist_ok=True)
        shutil.copy2(compiled(), data / "scanner.cache")
