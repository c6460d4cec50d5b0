"""Starts and stops the real daemon."""

import fcntl
import itertools
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

from .client import Client
from .leaks import REGISTRY
from .openapi import ROOT

BUILD = pathlib.Path(os.environ.get("CARDEA_BUILD") or ROOT / "build").resolve()
PROGRAM = BUILD / "cardea"
PATIENCE = 60  # seconds until a daemon must answer; generous, since sanitizer builds share two cores


# Below those that the kernel gives to outgoing connections, which could take one between our look and its use; and from
# another place on for each process, since suites run side by side. A port stays ours until this process ends, also while
# nobody listens on it, as when a daemon starts again: each holds a lock on the byte of that number in a file of all.
PORTS = range(10240, 32768)
_ports = itertools.count(os.getpid() * 211)
_taken = os.open(pathlib.Path(tempfile.gettempdir()) / f"cardea-ports-{os.getuid()}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def free_port():
    while True:
        port = PORTS[next(_ports) % len(PORTS)]
        try:
            fcntl.lockf(_taken, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        except OSError:
            continue
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def environment(**more):
    """A clean one: no variable of whoever runs the tests may decide anything."""
    keep = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LD_LIBRARY_PATH")}
    return {**keep, "HOME": "/nonexistent", **more}


def nginx_environment(**more):
    """For what starts nginx. NGINX_PRELOAD: the sanitizer's libraries, which a module that was built with it finds only
    when they come first."""
    preload = os.environ.get("NGINX_PRELOAD")
    if not preload:
        return environment(**more)
    options = os.environ.get("ASAN_OPTIONS", "")
    return environment(LD_PRELOAD=preload, ASAN_OPTIONS=f"{options}:detect_leaks=0", **more)  # nginx frees little when it ends


class Served:
    """A program that runs until it is told to end."""

    process, what = None, "it"

    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, timeout=30):
        """SIGTERM; returns the exit code."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.what} did not stop within {timeout} s of SIGTERM") from None

    def kill(self):
        if self.running():
            self.process.kill()
            self.process.wait(30)


class Daemon(Served):
    what, program = "the daemon", PROGRAM

    def __init__(self, folder, args=(), data=None, env=None, cold=False):
        """`cold`: nothing is there that another has compiled."""
        self.folder = pathlib.Path(folder)
        self.data = pathlib.Path(data) if data else self.folder / "data"
        self.runtime = self.data / "run"
        self.args, self.env, self.cold = list(args), env or {}, cold
        self.environment = nginx_environment if "--demo" in self.args else environment
        self.port = free_port()
        self.process = None
        self.log_path = self.folder / "log"
        self.out_path = self.folder / "out"

    def command(self):
        return [str(self.program), "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}", *self.args]

    def launch(self, **kw):
        """Starts without waiting."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.log_path, "ab") as err, open(self.out_path, "ab") as out:
            self.process = subprocess.Popen(self.command(), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                            env=self.environment(**self.env), **kw)
        return self

    def warm(self, profiles=None):
        from .scanner import warm
        warm(self.data, profiles)
        return self

    def start(self, **kw):
        # What does not fit would be compiled at once; without any it waits until somebody asks, or for some seconds.
        if not self.cold and "user" not in kw and "--profiles" not in self.args:
            self.warm()
        self.launch(**kw)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the daemon ended with {self.process.returncode}:\n{self.log()[-2000:]}")
            try:
                client = Client(self.port, timeout=PATIENCE)
                if client.get("/readyz", record=False).status == 200:
                    client.close()
                    return self
            except OSError:
                pass
            time.sleep(0.02)
        self.kill()
        raise AssertionError(f"the daemon did not get ready in {PATIENCE} s:\n{self.log()[-2000:]}")

    def refuse(self, timeout=30, **kw):
        """Starts what must not start: returns (exit code, stderr of this attempt)."""
        before = len(self.log())
        self.launch(**kw)
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the daemon runs, though it should have refused to start") from None
        return code, self.log()[before:]

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def output(self):
        return self.out_path.read_text(errors="replace") if self.out_path.exists() else ""

    def root_key(self):
        key = (self.data / "root.key").read_text().strip()
        REGISTRY.add("key", key)
        return key

    def client(self, token=None, **kw):
        return Client(self.port, token, **kw)

    def root(self):
        return self.client(self.root_key())

    def leaks(self):
        """Kinds of secrets in what the daemon wrote to its log. On stdout the root key never stands either: it is no terminal."""
        found = []
        for path in (self.log_path, self.out_path):
            if path.exists():
                found += [f"{kind} in {path.name}" for kind in REGISTRY.find(path.read_bytes())]
        return found

    def sanitizer_reports(self):
        text = self.log()
        return [line for line in text.splitlines() if "ERROR: AddressSanitizer" in line or "runtime error:" in line
                or "ERROR: LeakSanitizer" in line or "WARNING: ThreadSanitizer" in line]

    def demo_file(self):
        return json.loads((self.data / "demo.json").read_text())


def temporary(prefix="cardea-"):
    return pathlib.Path(tempfile.mkdtemp(prefix=prefix))
