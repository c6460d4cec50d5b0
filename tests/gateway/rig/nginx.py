"""Starts the distribution's nginx as an ordinary process of the test's own: no system folder, no system port."""

import os
import pathlib
import re
import signal
import subprocess
import time

from cardea_test.client import Client, exchange_raw
from cardea_test.daemon import BUILD, free_port, nginx_environment

# Another nginx, with the module built for it, may be named.
NGINX = os.environ.get("NGINX") or "/usr/sbin/nginx"
MODULE = pathlib.Path(os.environ.get("NGINX_MODULE") or BUILD / "ngx_http_cardea_module.so")
SCAN_MODULE = pathlib.Path(os.environ.get("NGINX_SCAN_MODULE") or BUILD / "ngx_http_cardea_scan_module.so")
PATIENCE = 60
USER = "user root;" if os.geteuid() == 0 else ""  # who may read the runtime folder of a daemon that root started

FRAME = """\
{modules}
{user}
daemon off;
worker_processes {workers};
pid {folder}/nginx.pid;
error_log {folder}/error.log notice;
worker_rlimit_nofile 4096;
events {{ worker_connections 1024; }}
http {{
    log_format tell '$status $request_method $uri code=$cardea_code key=$cardea_key_id account=$cardea_account';
    default_type text/html;
    access_log {folder}/access.log tell;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {snapshot}
{http}
}}
"""


class Nginx:
    def __init__(self, folder, runtime, workers=1, modules=(MODULE,)):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self.port, self.workers = free_port(), workers
        self.snapshot = f"cardea_snapshot {runtime}/snapshot;" if runtime else ""
        self.conf = self.folder / "nginx.conf"
        self.process, self.modules = None, modules
        self._from = 0

    def write(self, http):
        """`http` is the inside of http{}; PORT stands for the port that is listened on."""
        text = FRAME.format(modules="\n".join(f"load_module {m};" for m in self.modules), folder=self.folder, workers=self.workers, snapshot=self.snapshot,
                            user=USER,
                            http=http.replace("PORT", str(self.port)))
        self.conf.write_text(text)
        return self

    def serve(self, inside):
        """One server{} that listens on the port."""
        return self.write(f"server {{\n    listen 127.0.0.1:PORT;\n{inside}\n}}")

    def line_of(self, text):
        return 1 + self.conf.read_text().split("\n").index(next(line for line in self.conf.read_text().split("\n") if text in line))

    def command(self, *more):
        return [NGINX, "-p", str(self.folder), "-c", str(self.conf), "-e", str(self.folder / "start.log"), *more]

    def test(self):
        """(exit code, what it said) of `nginx -t`."""
        done = subprocess.run(self.command("-t"), capture_output=True, text=True, timeout=PATIENCE, env=nginx_environment(), check=False)
        return done.returncode, done.stderr + done.stdout

    def start(self):
        with open(self.folder / "out", "ab") as out:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=nginx_environment())
        self.wait(lambda: self.answers() or self.process.poll() is not None)
        assert self.process.poll() is None, f"nginx ended with {self.process.returncode}:\n{self.said()}"
        return self

    def answers(self):
        client = Client(self.port, timeout=PATIENCE)
        try:
            client.get("/livez", record=False)
            return True
        except OSError:
            return False
        finally:
            client.close()

    def wait(self, condition, patience=PATIENCE):
        deadline = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < deadline, f"waited {patience} s in vain\n{self.said()}"
            time.sleep(0.02)

    def workers_now(self):
        done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=False)
        return {int(pid) for pid in done.stdout.split()}

    def reload(self):
        before = self.workers_now()
        self.process.send_signal(signal.SIGHUP)
        self.wait(lambda: self.workers_now() - before)

    def client(self, token=None, **kw):
        return Client(self.port, token, host=kw.pop("host", "gateway.test"), **kw)

    def raw(self, data, **kw):
        return exchange_raw(self.port, data, **kw)

    def log(self):
        path = self.folder / "error.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def logged(self, text):
        """Waits until the last line of the access log, which nginx writes after the reply, has `text` in it."""
        self.wait(lambda: text in (self.folder / "access.log").read_text(errors="replace").splitlines()[-1])

    def said(self):
        files = [self.folder / name for name in ("out", "start.log", "error.log")]
        return "".join(f.read_text(errors="replace")[-2000:] for f in files if f.exists())

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        try:
            self.process.send_signal(signal.SIGQUIT)
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:  # a request is still under way, as somewhere it is meant to be
                self.process.send_signal(signal.SIGTERM)
                self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            for pid in self.workers_now():
                os.kill(pid, signal.SIGKILL)
            self.process.kill()
            self.process.wait(10)

    def crashes(self):
        """Lines that tell of a worker that died."""
        return [line for line in self.log().splitlines() if re.search(r"exited (on signal|with code [1-9])", line)]
