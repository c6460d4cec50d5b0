"""The daemon's scanner, which takes its time to be made: some seconds of a core. So what one daemon of a build has compiled is
given to all others that begin, but for those that are to be seen without."""

import fcntl
import hashlib
import os
import pathlib
import shutil
import time

from .daemon import BUILD, Daemon, temporary

# Whose program makes it, and where it is kept: an instrumented build has the same rules, and takes longer for them.
MAKER = pathlib.Path(os.environ.get("CARDEA_SCANNER_FROM") or BUILD).resolve()
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


def compiled(profiles=None):
    """The cache for the profiles that come with the program, and those of a folder; made by whoever needs it first."""
    texts = b"".join(path.read_bytes() for path in sorted(profiles.glob("*.yaml"))) if profiles else b""
    kept = MAKER / f"scanner-{hashlib.sha256(texts).hexdigest()[:12]}.cache"
    with open(kept.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists() or kept.stat().st_mtime_ns < (MAKER / "cardea").stat().st_mtime_ns:
            folder = temporary()
            daemon = Daemon(folder, ["--profiles", str(profiles)] if profiles else [], cold=True)
            daemon.program = MAKER / "cardea"
            daemon.start()
            ready(daemon.root())
            assert daemon.stop() == 0
            new = kept.with_suffix(".new")
            shutil.copyfile(daemon.data / "scanner.cache", new)
            new.chmod(0o600)
            new.rename(kept)
            shutil.rmtree(folder)
    return kept


def warm(data, profiles=None):
    """Gives it to a daemon of this data folder, which may be still to be made."""
    if not (data / "scanner.cache").exists():
        data.mkdir(mode=0o710, parents=True, exist_ok=True)
        shutil.copy2(compiled(profiles), data / "scanner.cache")
