"""What the benches over HTTP share: the daemon, its API, wrk."""
import contextlib
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import time

TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port):
    for _ in range(500):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                connection.close()
                return
        except OSError:
            time.sleep(0.02)
    sys.exit(f"nothing listens on port {port}")


@contextlib.contextmanager
def serving(build, data, *options):
    """`cardea serve`; gives its port and process id."""
    port = free_port()
    daemon = subprocess.Popen([build / "cardea", "serve", "--data", data, "--listen", f"127.0.0.1:{port}", *options],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield port, daemon.pid
    finally:
        daemon.terminate()
        daemon.wait()


class Api:
    def __init__(self, port, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.token = token

    def call(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            body, headers["Content-Type"] = json.dumps(body), "application/json"
        self.connection.request(method, path, body, headers)
        reply = self.connection.getresponse()
        text = reply.read()
        if reply.status not in (200, 201):
            sys.exit(f"{path}: {reply.status} {text[:300]!r}")
        return json.loads(text)

    def post(self, path, body):
        return self.call("POST", path, body)

    def get(self, path):
        return self.call("GET", path)


def lua_script(path, target, token, bodies):
    """Requests are formatted once, so that wrk's own work is the same and small for all."""
    listed = ",".join(f"'{json.dumps(body)}'" for body in bodies)
    path.write_text(f"""
local bodies, requests, at = {{{listed}}}, {{}}, 0
init = function(args)
  local headers = {{["Authorization"] = "Bearer {token}", ["Content-Type"] = "application/json"}}
  for i, body in ipairs(bodies) do requests[i] = wrk.format("POST", "{target}", headers, body) end
end
request = function()
  at = at % #requests + 1
  return requests[at]
end
""")
    path.chmod(0o600)
    return path


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def measure(port, pid, script, connections, seconds):
    """Requests a second, the server's processor time for one in µs, and how many there were."""
    before = cpu_seconds(pid)
    said = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}"],
                          check=True, capture_output=True, text=True).stdout
    used = cpu_seconds(pid) - before
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(said)
    requests = int(re.search(r"(\d+) requests in", said).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))
    return rate, used * 1e6 / requests, requests
