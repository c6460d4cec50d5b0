"""`cardea gateway` as an ordinary process: the distribution's nginx with the module, before a daemon and its products."""

import os
import pathlib
import subprocess
import time

from .client import Client
from .daemon import PATIENCE, PROGRAM, Served, free_port, nginx_environment

NGINX = pathlib.Path(os.environ.get("NGINX") or "/usr/sbin/nginx")
# Who may read the runtime folder of a daemon that root started.
USER = ["--user", "root"] if os.geteuid() == 0 else []


def alive(pid):
    """A zombie that nobody has waited for yet is dead."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(pid):
    done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return {int(child) for child in done.stdout.split()}


def descendants(pid):
    below = children(pid)
    return below.union(*(descendants(child) for child in below))


def until(condition, what, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {patience} s in vain: {what() if callable(what) else what}"
        time.sleep(0.02)
    return found


class Gateway(Served):
    """Before `daemon`. `upstreams` by profile; `tls` is (certificate, key)."""

    what = "the gateway"

    def __init__(self, folder, daemon, *args, upstreams=None, tls=None, to=None, user=USER):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.dir, self.log_path = self.folder / "gateway", self.folder / "gateway.log"
        self.port, self.tls_port = free_port(), free_port() if tls else None
        self.args = ["--listen", f"127.0.0.1:{self.port}", "--dir", str(self.dir), "--runtime", str(daemon.runtime),
                     "--daemon", to or f"127.0.0.1:{daemon.port}", *user]
        if tls:
            self.args += ["--tls-listen", f"127.0.0.1:{self.tls_port}", "--tls-cert", str(tls[0]), "--tls-key", str(tls[1])]
        for profile, url in (upstreams or {}).items():
            self.args += ["--upstream", f"{profile}={url}"]
        self.args += map(str, args)
        self.process = None

    def command(self, *more):
        return [str(PROGRAM), "gateway", *self.args, *map(str, more)]

    def run(self, *more, **popen):
        """To its end, as when it only prints or refuses: (exit code, stdout, stderr)."""
        done = subprocess.run(self.command(*more), capture_output=True, text=True, timeout=PATIENCE, env=nginx_environment(), check=False, **popen)
        return done.returncode, done.stdout, done.stderr

    def start(self, **popen):
        before = self.listening()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=nginx_environment(), **popen)
        wanted = before + (2 if self.tls_port else 1)
        until(lambda: self.listening() >= wanted or self.process.poll() is not None, self.log)
        assert self.process.poll() is None, f"the gateway ended with {self.process.returncode}:\n{self.said()}"
        return self

    def client(self, token=None, **kw):
        return Client(self.port, token, **kw)

    def listening(self):
        """How many addresses it said that it listens on, each time it started."""
        return self.log().count("the gateway listens on")

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def errors(self):
        """What nginx wrote."""
        path = self.dir / "error.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def said(self):
        return self.log()[-3000:] + self.errors()[-3000:]

    def processes(self):
        return descendants(self.process.pid)

    def reloads(self):
        """How often it said that something new is in force."""
        return self.log().count('msg="reloaded"')
