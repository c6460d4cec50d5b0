"""The proxies of docs/how-to/forward-auth as ordinary processes: the very files of deploy/, only addresses put in their places."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from cardea_test.client import Client, exchange_raw
from cardea_test.daemon import environment, free_port
from cardea_test.leaks import REGISTRY
from rig.nginx import MODULE

DEPLOY = pathlib.Path(__file__).resolve().parents[3] / "deploy"
PATIENCE = 60

# At the level info nginx writes down the whole of a header line that came twice: a key.
NGINX_FRAME = """\
{first}
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log notice;
events {{ worker_connections 512; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


class Proxy:
    """One proxy on a port of its own, between a daemon and an API."""

    name, program = None, None
    listens_at = "127.0.0.1:8000"  # in the recipe

    def __init__(self, folder, daemon_port, upstream_port):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self.port, self.daemon_port, self.upstream_port = free_port(), daemon_port, upstream_port
        self.process = None

    def recipe(self, path, more=()):
        """The file as it is shipped, with this test's addresses."""
        text = (DEPLOY / path).read_text()
        ours = {self.listens_at: self.listens_at.replace("8000", str(self.port)), "127.0.0.1:8080": f"127.0.0.1:{self.daemon_port}",
                "127.0.0.1:3000": f"127.0.0.1:{self.upstream_port}", **dict(more)}
        for shipped, mine in ours.items():
            assert shipped in text, f"{path} no longer has {shipped}"
            text = text.replace(shipped, mine)
        return text

    def start(self):
        found = shutil.which(self.program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
        assert found, f"{self.program} is missing: install {self.name} (make deps)"
        with open(self.folder / "out", "ab") as out:
            self.process = subprocess.Popen([found, *self.arguments()], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                            env=environment(HOME=str(self.folder)))
        deadline = time.monotonic() + PATIENCE
        while not self.listens():
            assert self.process.poll() is None and time.monotonic() < deadline, f"{self.name} does not start:\n{self.said()}"
            time.sleep(0.02)
        return self

    def listens(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def client(self, token=None, **kw):
        return Client(self.port, token, host=kw.pop("host", "api.test"), **kw)

    def raw(self, data, **kw):
        return exchange_raw(self.port, data, **kw)

    def said(self):
        return "".join(p.read_text(errors="replace")[-4000:] for p in sorted(self.folder.iterdir()) if p.is_file() and p.suffix in ("", ".log"))

    def leaks(self):
        """Kinds of secrets in what the proxy wrote down."""
        return REGISTRY.find(b"".join(p.read_bytes() for p in self.folder.iterdir() if p.is_file()))

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


class NginxAuthRequest(Proxy):
    name, program = "nginx", "nginx"

    def site(self):
        return self.recipe("nginx/auth_request.conf")

    def frame(self, first=""):
        """`first`: what must stand before all."""
        return NGINX_FRAME.format(folder=self.folder, user="user root;" if os.geteuid() == 0 else "", first=first)

    def arguments(self):
        (self.folder / "site.conf").write_text(self.site())
        (self.folder / "nginx.conf").write_text(self.frame())
        return ["-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), "-e", str(self.folder / "start.log")]


class NginxModule(NginxAuthRequest):
    """The same with our module: deploy/nginx/cardea.conf. It reads the daemon's runtime folder."""

    runtime = None

    def site(self):
        return self.recipe("nginx/cardea.conf", {"/run/cardea": str(self.runtime)}.items())

    def frame(self, first=""):
        return super().frame(f"load_module {MODULE};")


class Caddy(Proxy):
    name, program = "caddy", "caddy"
    listens_at = "http://:8000"

    def arguments(self):
        # Caddy's own interface for changes and its store of certificates are not the recipe's matter.
        (self.folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + self.recipe("caddy/Caddyfile"))
        return ["run", "--config", str(self.folder / "Caddyfile"), "--adapter", "caddyfile"]


class HAProxy(Proxy):
    name, program = "haproxy", "haproxy"

    def arguments(self):
        lua = DEPLOY / "haproxy" / "cardea.lua"
        (self.folder / "haproxy.cfg").write_text(self.recipe("haproxy/haproxy.cfg", {"/etc/haproxy/cardea.lua": str(lua)}.items()))
        return ["-db", "-f", str(self.folder / "haproxy.cfg")]


ALL = {p.name: p for p in (NginxAuthRequest, Caddy, HAProxy)}
