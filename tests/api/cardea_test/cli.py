"""Runs the command line: piped or on a terminal, under any name, against the daemon or a server that says what a test wants."""

import contextlib
import http.server
import json
import os
import pty
import select
import shutil
import subprocess
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

from .daemon import PROGRAM, environment, free_port


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def rows(self):
        return [line.split("\t") for line in self.out.splitlines()]


class Cli:
    """One name, one home folder, one environment."""

    def __init__(self, home, name="cardea", **env):
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        self.program = PROGRAM
        if name != "cardea":
            self.program = home / "bin" / name
            self.program.parent.mkdir(exist_ok=True)
            if not self.program.exists():
                self.program.symlink_to(PROGRAM)
        self.env = environment(**{"HOME": str(home), **env})

    def using(self, **env):
        """A copy with other variables; None takes one away."""
        other = Cli.__new__(Cli)
        other.home, other.program = self.home, self.program
        other.env = {k: v for k, v in {**self.env, **env}.items() if v is not None}
        return other

    def __call__(self, *args, code=0, input="", timeout=60, **popen):
        done = subprocess.run([self.program, *map(str, args)], env=self.env, input=input.encode(), capture_output=True,
                              timeout=timeout, check=False, **popen)
        result = Result(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert code is None or result.code == code, result
        return result

    def start(self, *args, **popen):
        return subprocess.Popen([self.program, *map(str, args)], env=self.env, **popen)

    @contextlib.contextmanager
    def terminal(self, *args, columns=120, **env):
        """Runs with a terminal as stdin, stdout and stderr."""
        master, slave = pty.openpty()
        subprocess.run(["stty", "cols", str(columns), "rows", "40"], stdin=slave, check=True)
        process = subprocess.Popen([self.program, *map(str, args)], env={**self.env, "TERM": "xterm", **env}, stdin=slave,
                                   stdout=slave, stderr=slave, start_new_session=True, preexec_fn=_take_terminal)
        terminal = Terminal(master, slave, process)
        try:
            yield terminal
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(10)
            os.close(master)
            os.close(slave)

    def on_terminal(self, *args, code=0, **kw):
        """All that it prints on a terminal, line ends as in a pipe."""
        with self.terminal(*args, **kw) as terminal:
            text = terminal.rest()
            assert terminal.process.wait(30) == code, text
        return text


def _take_terminal():
    import fcntl
    import termios
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    def __init__(self, master, slave, process):
        self.master, self.slave, self.process = master, slave, process
        self.text = ""

    def _read(self, wait):
        if select.select([self.master], [], [], wait)[0]:
            self.text += os.read(self.master, 65536).decode().replace("\r\n", "\n")
            return True
        return False

    def expect(self, text, patience=30):
        deadline = time.monotonic() + patience
        while text not in self.text:
            assert time.monotonic() < deadline, f"{text!r} is not in {self.text!r}"
            self._read(0.2)
        return self.text

    def rest(self, patience=60):
        deadline = time.monotonic() + patience
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.text
            self._read(0.05)
        while self._read(0.05):
            pass
        return self.text

    def send(self, text):
        os.write(self.master, text.encode())

    def echoes(self):
        import termios
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)


@dataclass
class Answer:
    """What a callable of FakeServer.on() may return when the status differs from time to time."""
    content: object
    status: int = 200
    headers: dict = field(default_factory=dict)


class FakeHandler(http.server.BaseHTTPRequestHandler):
    """Of a FakeServer, which is `self.server.fake`."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        fake = self.server.fake
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path = self.path
        fake.requests.append((self.command, path, dict(self.headers), self.understood(body)))
        reply = fake.answers.get((self.command, path)) or fake.answers.get((self.command, path.split("?")[0]))
        status, content, headers = reply or (404, {"detail": "there is nothing here", "code": "not_found"}, {})
        if callable(content):
            content = content(path)
        if isinstance(content, Answer):
            status, content, headers = content.status, content.content, content.headers
        if hasattr(content, "__next__"):
            self.stream(status, content, headers)
            return
        data = content if isinstance(content, bytes) else b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def understood(self, body):
        if self.headers.get("Content-Type") == "application/x-www-form-urlencoded":
            return dict(urllib.parse.parse_qsl(body.decode(), strict_parsing=True))
        return json.loads(body) if body else None

    def stream(self, status, pieces, headers):
        """Chunked unless a length is named; None among the pieces breaks the connection off."""
        self.send_response(status)
        chunked = "Content-Length" not in headers
        for name, value in {**headers, **({"Transfer-Encoding": "chunked"} if chunked else {})}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for piece in pieces:
                if piece is None:
                    self.close_connection = True
                    return
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            self.wfile.write(b"0\r\n\r\n" if chunked else b"")
        except OSError:
            self.close_connection = True

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer

    def log_message(self, *args):
        pass


class FakeServer:
    """Answers what a test says, and remembers what it was asked."""

    def __init__(self):
        self.answers, self.requests, self.port = {}, [], free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.listen()

    def listen(self):
        """Once it is closed, again where it was before."""
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), FakeHandler)
        self.server.fake = self
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def on(self, method, path, content=None, status=200, **headers):
        self.answers[method, path] = (status, content, headers)
        return self

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def shell(name):
    """The path of a shell, or None where the machine has none."""
    return shutil.which(name)
