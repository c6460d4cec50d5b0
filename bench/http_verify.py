#!/usr/bin/python3
"""POST /v1/keys/verify beside evhttp's own constant reply: the same wrk command, the same number of loops, alternating rounds.

    python3 bench/http_verify.py BUILD [ROUNDS [SECONDS]]"""
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

KEYS = 100
CONNECTIONS = 32
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


class Api:
    def __init__(self, port, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.token = token

    def post(self, path, body):
        self.connection.request("POST", path, json.dumps(body), {"Authorization": f"Bearer {self.token}",
                                                                 "Content-Type": "application/json"})
        reply = self.connection.getresponse()
        text = reply.read()
        if reply.status not in (200, 201):
            sys.exit(f"{path}: {reply.status} {text[:300]!r}")
        return json.loads(text)


def wrk_script(folder, token, keys):
    """Requests are formatted once, so that wrk's own work is the same and small for both."""
    path = folder / "verify.lua"
    bodies = ",".join(f"'{json.dumps({'key': key, 'scope': 'read'})}'" for key in keys)
    path.write_text(f"""
local bodies, requests, at = {{{bodies}}}, {{}}, 0
init = function(args)
  local headers = {{["Authorization"] = "Bearer {token}", ["Content-Type"] = "application/json"}}
  for i, body in ipairs(bodies) do requests[i] = wrk.format("POST", "/v1/keys/verify", headers, body) end
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


def measure(port, pid, script, seconds):
    before = cpu_seconds(pid)
    said = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}"],
                          check=True, capture_output=True, text=True).stdout
    used = cpu_seconds(pid) - before
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(said)
    requests = int(re.search(r"(\d+) requests in", said).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))
    return rate, used * 1e6 / requests


def compare(build, folder, script, data, threads, rounds, seconds):
    ours, floor = free_port(), free_port()
    daemon = subprocess.Popen([build / "cardea", "serve", "--data", data, "--listen", f"127.0.0.1:{ours}", "--threads", str(threads)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    plain = subprocess.Popen([build / "bench/http_floor", str(floor), str(threads), "330"])
    try:
        wait_for(ours)
        wait_for(floor)
        pairs = []
        for _ in range(rounds):
            pairs.append((measure(ours, daemon.pid, script, seconds), measure(floor, plain.pid, script, seconds)))
    finally:
        daemon.terminate()
        plain.terminate()
        daemon.wait()
        plain.wait()
    middle = lambda of: statistics.median(map(of, pairs))
    print(f"| {threads} | {middle(lambda p: p[0][0]):,.0f} | {middle(lambda p: p[1][0]):,.0f} | **{middle(lambda p: p[0][0] / p[1][0]):.2f}** "
          f"| {middle(lambda p: p[0][1]):.1f} | {middle(lambda p: p[1][1]):.1f} |", flush=True)


def prepare(build, folder):
    """An account with keys, made through the API; returns wrk's script."""
    data, port = folder / "data", free_port()
    daemon = subprocess.Popen([build / "cardea", "serve", "--data", data, "--listen", f"127.0.0.1:{port}"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        api = Api(port, (data / "root.key").read_text().strip())
        account = api.post("/v1/accounts", {"profile": "animus", "slug": "bench", "name": "Bench"})["id"]
        system = api.post("/v1/accounts", {"profile": "cardea", "slug": "bench", "name": "Bench"})["id"]
        verifier = api.post("/v1/keys", {"account": system, "kind": "verifier", "name": "bench"})["key"]
        keys = []
        for i in range(KEYS):
            if i % 10 == 0 and i:
                account = api.post("/v1/accounts", {"profile": "animus", "slug": f"bench-{i}", "name": "Bench"})["id"]
            keys.append(api.post("/v1/keys", {"account": account, "name": f"k{i}", "scopes": ["read"]})["key"])
        checked = Api(port, verifier).post("/v1/keys/verify", {"key": keys[0], "scope": "read"})
        if not checked["valid"]:
            sys.exit(f"the bench's key is not valid: {checked['code']}")
        return data, wrk_script(folder, verifier, keys)
    finally:
        daemon.terminate()
        daemon.wait()


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 4
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cardea-bench-"))
    try:
        data, script = prepare(build, folder)
        print(f"`POST /v1/keys/verify` of {KEYS} keys by a verifier key, `wrk -t1 -c{CONNECTIONS} -d{seconds}s`, {rounds} alternating "
              "rounds, medians. Wanted: a ratio of at least 0.8.\n")
        print("| loops | verify/s | constant reply/s | ratio | verify CPU µs | constant CPU µs |\n|---|---|---|---|---|---|")
        for threads in sorted({1, os.cpu_count()}):
            compare(build, folder, script, data, threads, rounds, seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
