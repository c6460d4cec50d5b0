#!/usr/bin/python3
"""nginx with the module beside nginx without it and beside what others check keys with, on one core, in one run.

    python3 bench/gateway.py BUILD [ROUNDS [SECONDS]]"""
import contextlib
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from gateway_moments import outlive_reloads, outlive_restarts, revoke
from gateway_rig import CONNECTIONS, FILES, LOAD, SERVERS, Daemon, Nginx, Ports, Process, measure, write_script

KEYS, USED, FEW, PEER_KEYS = 1_000_000, 100_000, 1_000, 1_000
LUA = [f"/usr/lib/nginx/modules/{name}_module.so" for name in ("ndk_http", "ngx_http_lua")]
APIS = ("quick", "working")


class Subject:
    """What is measured: a port, the processes that answer there, and what wrk sends."""

    def __init__(self, name, port, pids, script):
        self.name, self.port, self.pids, self.script, self.runs = name, port, pids, script, []

    def run(self, seconds):
        return measure(self.port, self.pids, self.script, seconds)

    def middle(self, which):
        return statistics.median(run[which] for run in self.runs)


RATE, CPU, P50, P99 = range(4)


def ratio(ours, theirs, which):
    """The median of the rounds' own ratios: what drifts from round to round is in both."""
    return statistics.median(a[which] / b[which] for a, b in zip(ours.runs, theirs.runs, strict=True))


def alternate(subjects, rounds, seconds):
    for subject in subjects:
        subject.run(seconds)  # warm-up: all keys in use were seen once, connections are open
    for i in range(rounds):
        for subject in subjects if i % 2 == 0 else reversed(subjects):
            subject.runs.append(subject.run(seconds))


def install_peer(build):
    """better-auth in the build folder, from the registry; None, and why, when it cannot be had."""
    home = build / "bench" / "better-auth"
    if not shutil.which("node") or not shutil.which("npm"):
        return None, "node and npm are not installed"
    wanted = (FILES / "better-auth" / "package.json").read_text()
    done = home / "installed"  # what was installed here before
    home.mkdir(parents=True, exist_ok=True)
    shutil.copy(FILES / "better-auth" / "server.js", home)
    if done.exists() and done.read_text() == wanted:
        return home, ""
    (home / "package.json").write_text(wanted)
    try:
        run = subprocess.run(["npm", "install", "--no-audit", "--no-fund"], cwd=home, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return None, "npm did not end within 5 minutes"
    if run.returncode:
        return None, "npm: " + (run.stderr.strip().splitlines() or ["no reason given"])[-1]
    done.write_text(wanted)
    return home, ""


def prepare(build, folder):
    """The data folder of a daemon with a million keys, and their list."""
    data, keys = folder / "data", folder / "keys"
    data.mkdir(mode=0o710)
    subprocess.run([build / "bench/gateway_keys", data / "cardea.db", keys, str(KEYS)], check=True)
    keys.chmod(0o600)
    return data, keys


class World:
    """All servers. They stand idle while another is measured."""

    def __init__(self, build, folder, stack):
        data, self.keys = prepare(build, folder)
        self.daemon = Daemon(build, data)
        stack.callback(self.daemon.stop)
        self.root = (data / "root.key").read_text().strip()
        self.ports = Ports()
        names = ("BARE", "OPEN", "UNCHECKED", "CHECKED", "AUTH_REQUEST", "LUA", "CADDY", "NODE")
        words = {name: self.ports[name] for name in names}
        words |= {"DAEMON": self.daemon.port, "SNAPSHOT": data / "run" / "snapshot", "LIST": self.keys}
        self.script = write_script(folder / "keys.lua", self.keys, USED)
        self.few = write_script(folder / "few.lua", self.keys, FEW)
        self.closing = write_script(folder / "closing.lua", self.keys, FEW, close=True)

        def started(server):
            stack.callback(server.stop)
            return server

        module = build / "ngx_http_cardea_module.so"
        self.stock = started(Nginx(folder, "stock.conf", words))
        self.cardea = started(Nginx(folder, "cardea.conf", words, modules=[module]))
        self.apis, self.proxies = {}, {}
        for api in APIS:
            place = folder / f"proxying-{api}"
            place.mkdir(mode=0o755)
            own = {name: self.ports[f"{name} {api}"] for name in ("PLAIN", "TOLD", "CHECKED", "UPSTREAM")} | {"SNAPSHOT": words["SNAPSHOT"]}
            self.apis[api] = started(Nginx(place, f"{api}.conf", own, core=LOAD, modules=LUA))
            self.proxies[api] = started(Nginx(place, "proxying.conf", own, modules=[module]))
        self.auth_request = started(Nginx(folder, "auth_request.conf", words))
        self.lua = started(Nginx(folder, "lua.conf", words, modules=LUA))
        caddyfile = folder / "Caddyfile"
        text = (FILES / "Caddyfile").read_text()
        for word in ("CADDY", "DAEMON"):
            text = text.replace(f"@{word}@", str(words[word]))
        caddyfile.write_text(text)
        self.caddy = started(Process(["caddy", "run", "--config", caddyfile, "--adapter", "caddyfile"], SERVERS, words["CADDY"],
                                     stderr=subprocess.DEVNULL, env=os.environ | {"HOME": str(folder)}))
        self.node, self.no_node = None, ""
        peer, self.no_node = install_peer(build)
        if peer:
            work = folder / "node"
            work.mkdir()
            self.node = started(Process(["node", peer / "server.js", work, words["NODE"], PEER_KEYS], SERVERS, words["NODE"],
                                        stdout=subprocess.DEVNULL))
            self.node_script = write_script(folder / "node.lua", work / "keys", PEER_KEYS)

    def subject(self, name, port, *processes, script=None):
        return Subject(name, self.ports[port], [pid for process in processes for pid in process.pids()], script or self.script)


def bench_checks(world, rounds, seconds):
    bare = world.subject("nginx, `return 200` in the rewrite phase", "BARE", world.stock)
    stock = world.subject("nginx, trivial content, without the module", "OPEN", world.stock)
    unchecked = world.subject("nginx, trivial content, module loaded, no check there", "UNCHECKED", world.cardea)
    ours = world.subject("**nginx with the module, full check**", "CHECKED", world.cardea)
    few = world.subject(f"the same, {FEW:,} keys in use: their lines stay in the processor's cache", "CHECKED", world.cardea, script=world.few)
    peers = [world.subject("nginx, Debian's Lua module, shared dictionary, SHA-256", "LUA", world.lua),
             world.subject("nginx, `auth_request` to our daemon", "AUTH_REQUEST", world.auth_request, world.daemon),
             world.subject("Caddy, `forward_auth` to our daemon", "CADDY", world.caddy, world.daemon)]
    if world.node:
        peers.append(world.subject(f"better-auth 1.7.5, API-key plugin behind `node:http` ({PEER_KEYS:,} keys only)", "NODE", world.node,
                                   script=world.node_script))
    subjects = [bare, stock, unchecked, ours, few, *peers]
    alternate(subjects, rounds, seconds)
    print("| | requests/s | CPU µs/request | p50 µs | p99 µs | CPU against ours |\n|---|---|---|---|---|---|")
    for s in subjects:
        print(f"| {s.name} | {s.middle(RATE):,.0f} | {s.middle(CPU):.2f} | {s.middle(P50):,.0f} | {s.middle(P99):,.0f} "
              f"| {ratio(s, ours, CPU):.2f} × |")
    if not world.node:
        print(f"| better-auth 1.7.5, API-key plugin behind `node:http` | not measured: {world.no_node} | | | | |")
    print(f"\n| with the check against the same without it | {USED:,} keys in use | {FEW:,} keys in use | wanted |\n|---|---|---|---|")
    print(f"| requests/s | **{ratio(ours, stock, RATE):.3f}** | {ratio(few, stock, RATE):.3f} | at least 0.95 |")
    print(f"| CPU a request | **{ratio(ours, stock, CPU):.3f}** | {ratio(few, stock, CPU):.3f} | at most 1.08 |\n", flush=True)


def bench_proxying(world, rounds, seconds, api):
    def subject(name, port, script=None):
        return world.subject(name, f"{port} {api}", world.proxies[api], script=script)

    plain = subject("plain `proxy_pass`", "PLAIN")
    told = subject("the same without the key and with four constant headers in its place, no check", "TOLD")
    ours = subject("**the same with the check**", "CHECKED")
    few = subject(f"the same, {FEW:,} keys in use", "CHECKED", world.few)
    subjects = [plain, told, ours, few]
    alternate(subjects, rounds, seconds)
    upstream = world.subject("", f"PLAIN {api}", world.apis[api]).run(seconds)
    print(f"| proxying, in one nginx process, to an API that takes {upstream[CPU]:.1f} µs of its own | requests/s | CPU µs/request | against plain | p50 µs | p99 µs |\n"
          "|---|---|---|---|---|---|")
    for s in subjects:
        print(f"| {s.name} | {s.middle(RATE):,.0f} | {s.middle(CPU):.2f} | {ratio(s, plain, CPU):.3f} | {s.middle(P50):,.0f} | {s.middle(P99):,.0f} |")
    print("", flush=True)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    # In memory, so that no disk is in the way of revocations; 0755 as nginx's workers may not be root.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cardea-bench-", dir="/dev/shm"))
    folder.chmod(0o755)
    try:
        with contextlib.ExitStack() as stack:
            world = World(build, folder, stack)
            print(f"{KEYS:,} keys, {USED:,} of them in use and cycled; every server answers `GET /api/v1/content/7` with 43 bytes on "
                  f"one core,\n`wrk -t1 -c{CONNECTIONS} -d{seconds}s --latency` has another; {rounds} alternating rounds, medians. CPU "
                  "is that of all processes which a\nrequest goes through: the figure to trust, since wrk is the first to reach its "
                  "limit. Latency is that of a full load.\n\nOn virtual machines with few cores a subject may stay in a slower or a faster mode "
                  "for a whole run, a quarter apart, whichever\nit is: ratios of one run tell less than those of several.\n", flush=True)
            bench_checks(world, rounds, seconds)
            for api in APIS:
                bench_proxying(world, 2 * rounds + 1, seconds, api)
            print("Wanted with the check: at most 1.03 against plain. An API with its answer ready leaves nginx as the limit; before one that "
                  "computes,\nnginx has time left, as in the field.\n")
            print("| under load | |\n|---|---|")
            revoke(world)
            outlive_reloads(world)
            outlive_restarts(world)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
