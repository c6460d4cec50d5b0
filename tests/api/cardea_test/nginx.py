"""The distribution's nginx, without any module of ours, as an ordinary process: `auth_request` asks the daemon about each request,
and what is granted goes to an API that believes the identity headers alone (examples/upstream)."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import time

from .daemon import PATIENCE, PROGRAM, environment, free_port

NGINX = "/usr/sbin/nginx"
UPSTREAM = PROGRAM.parent / "examples" / "upstream" / "upstream"
IDENTITY = ("Key-Id", "Account", "User", "Agent", "Scopes", "Kind")

CONF = """\
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log notice;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;

    server {{
        listen 127.0.0.1:{port};

        location = /_cardea {{
            internal;
            proxy_pass http://127.0.0.1:{daemon}/v1/authorize/{profile};
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header Host localhost;
            # both of a pair, and nothing of what a client may have sent
            proxy_set_header X-Original-Method $request_method;
            proxy_set_header X-Original-URI $request_uri;
            proxy_set_header X-Forwarded-Method "";
            proxy_set_header X-Forwarded-Uri "";
            proxy_set_header X-Forwarded-For $remote_addr;
        }}

        # the management of keys is the daemon's own
{managed}
        location / {{
            auth_request /_cardea;
{identity}
            proxy_set_header Authorization "";
            proxy_set_header Host $host;
            proxy_pass http://127.0.0.1:{upstream};
        }}
    }}
}}
"""


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Upstream:
    """examples/upstream on a port of its own."""

    def __init__(self):
        self.process = subprocess.Popen([UPSTREAM, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True, env=environment())
        self.port = int(re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", self.process.stdout.readline())[1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.stdout.close()
        assert self.process.wait(PATIENCE) == 0


class ProductServer:
    """One address for a product's API: `managed` paths at the daemon, everything else decided by it and answered by the upstream."""

    def __init__(self, folder, daemon, profile, managed=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, self.upstream = free_port(), Upstream()
        self.url = f"http://127.0.0.1:{self.port}"
        own = "".join(f"        location {path} {{\n            proxy_pass http://127.0.0.1:{daemon.port};\n            proxy_set_header Host $http_host;\n"
                      f"            proxy_set_header X-Forwarded-For $remote_addr;\n        }}\n" for path in managed)
        names = "".join(f"            auth_request_set ${n.lower().replace('-', '_')} $upstream_http_cardea_{n.lower().replace('-', '_')};\n"
                        f"            proxy_set_header Cardea-{n} ${n.lower().replace('-', '_')};\n" for n in IDENTITY)
        self.conf = self.folder / "nginx.conf"
        self.conf.write_text(CONF.format(folder=self.folder, port=self.port, daemon=daemon.port, profile=profile, upstream=self.upstream.port,
                                         managed=own, identity=names, user="user root;" if os.geteuid() == 0 else ""))
        self.process = None

    def start(self):
        with open(self.folder / "out", "ab") as out:
            self.process = subprocess.Popen([NGINX, "-p", str(self.folder), "-c", str(self.conf), "-e", str(self.folder / "start.log")],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment())
        deadline = time.monotonic() + PATIENCE
        while not accepts(self.port):
            assert self.process.poll() is None and time.monotonic() < deadline, f"nginx does not start:\n{self.said()}"
            time.sleep(0.02)
        return self

    def said(self):
        files = (self.folder / name for name in ("out", "start.log", "error.log"))
        return "".join(f.read_text(errors="replace")[-2000:] for f in files if f.exists())

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(PATIENCE)
        self.upstream.stop()
