#!/usr/bin/python3
"""Webhooks: 10,000 events to 100 endpoints of which thirty are broken, beside one healthy endpoint alone; with the daemon killed in the middle; and
how many signed deliveries go to a local receiver in a second.

    python3 bench/webhooks.py BUILD [EVENTS [ROUNDS]]

Each endpoint has an account of its own, and as many events. They are all there before the daemon starts that is measured: what it takes to make them is no
part of it. The receivers are one process on the other core; they answer as soon as a request is whole."""
import asyncio
import base64
import hashlib
import hmac
import json
import multiprocessing
import pathlib
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

from rig import Api, free_port, wait_for

ENDPOINTS = 100
BROKEN = 10  # of each kind: hanging, answering 500, resetting
GOOD, HANGS, FAILS, RESETS = "good", "hangs", "fails", "resets"


class Receiver(asyncio.Protocol):
    """One endpoint's connections. Keeps of each request when it came, its head and its body."""

    def __init__(self, got, mode):
        self.got, self.mode, self.data = got, mode, b""

    def connection_made(self, transport):
        self.transport = transport
        if self.mode == RESETS:
            transport.abort()

    def data_received(self, data):
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            head = self.data[:end].lower()
            at = head.index(b"content-length:") + 15
            whole = end + 4 + int(head[at:].split(b"\r\n", 1)[0])
            if len(self.data) < whole or self.mode == HANGS:
                return
            self.got.append((time.monotonic(), self.data[:end], self.data[end + 4:whole]))
            self.data = self.data[whole:]
            self.transport.write(b"HTTP/1.1 204 No Content\r\n\r\n" if self.mode == GOOD else b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")


def receive(modes, pipe):
    """A process: opens a port for each mode, says which, then answers `None` with how many came to each, `i` with what came to one."""
    got = [[] for _ in modes]

    async def run():
        loop = asyncio.get_running_loop()
        servers = [await loop.create_server(lambda g=g, m=m: Receiver(g, m), "127.0.0.1", 0, backlog=512) for g, m in zip(got, modes)]
        pipe.send([s.sockets[0].getsockname()[1] for s in servers])
        while True:
            while not pipe.poll():
                await asyncio.sleep(0.005)
            asked = pipe.recv()
            if asked == "end":
                return
            pipe.send([len(g) for g in got] if asked is None else got[asked])
    asyncio.run(run())


class Receivers:
    def __init__(self, modes):
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=receive, args=(modes, other), daemon=True)
        self.process.start()
        self.modes, self.ports = modes, self.pipe.recv()

    def ask(self, what):
        self.pipe.send(what)
        return self.pipe.recv()

    def close(self):
        self.pipe.send("end")
        self.process.join()


class World:
    """A daemon with an account and an endpoint for each receiver."""

    def __init__(self, build, folder, modes):
        self.build, self.data, self.port = build, folder, free_port()
        self.receivers = Receivers(modes)
        self.start()
        self.accounts, self.secrets = [], []
        for i, port in enumerate(self.receivers.ports):
            account = self.api.post("/v1/accounts", {"profile": "cardea", "slug": f"a{i}", "name": "Bench"})["id"]
            made = self.api.post("/v1/webhooks", {"account": account, "url": f"http://127.0.0.1:{port}/hook", "events": ["key.imported"], "enabled": False})
            self.accounts.append(account)
            self.secrets.append(made["secret"])

    def start(self):
        self.daemon = subprocess.Popen([self.build / "cardea", "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", "--webhook-http",
                                        "--webhook-networks", "127.0.0.0/8"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.port)
        self.api = Api(self.port, (self.data / "root.key").read_text().strip())

    def make_events(self, each):
        """`each` for every account, while no endpoint is told of any. Returns their subjects by account."""
        made = []
        for account in self.accounts:
            keys = [{"sha256": hashlib.sha256(f"{account}/{n}".encode()).hexdigest(), "name": "k", "scopes": ["keys:read"]} for n in range(each)]
            made.append(set())
            for first in range(0, each, 1000):
                reply = self.api.post("/v1/keys/import", {"account": account, "kind": "key", "keys": keys[first:first + 1000]})
                made[-1] |= {key["id"] for key in reply["data"]}
        return made

    def begin(self):
        """Starts the daemon anew, to which all events are news."""
        self.daemon.terminate()
        self.daemon.wait()
        store = sqlite3.connect(self.data / "cardea.db")
        with store:
            store.execute("UPDATE webhook SET state = 0, since = 0")
            store.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('webhooks', CAST('0' AS BLOB))")
        store.close()
        began = time.monotonic()
        self.start()
        return began

    def good(self):
        return [i for i, mode in enumerate(self.receivers.modes) if mode == GOOD]

    def wait(self, each, within=120):
        deadline = time.monotonic() + within
        while any(self.receivers.ask(None)[i] < each for i in self.good()):
            if time.monotonic() > deadline:
                sys.exit(f"not all came within {within} s: {self.receivers.ask(None)}")
            time.sleep(0.01)

    def last_arrival(self):
        return max(max(at for at, _, _ in self.receivers.ask(i)) for i in self.good())

    def check(self, made):
        """Every event of a good endpoint came, none that was not made, and all were signed. Returns how many came twice."""
        twice = 0
        for i in self.good():
            subjects = []
            for _, head, body in self.receivers.ask(i):
                headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in head.decode().split("\r\n")[1:])}
                key = base64.b64decode(self.secrets[i].removeprefix("whsec_"))
                signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
                wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
                if wanted not in headers["webhook-signature"].split(" "):
                    sys.exit("a delivery was not signed as it should be")
                subjects.append(json.loads(body)["subject"])
            if set(subjects) != made[i]:
                sys.exit(f"{len(made[i] - set(subjects))} events were lost, {len(set(subjects) - made[i])} invented")
            twice += len(subjects) - len(made[i])
        return twice

    def close(self):
        self.daemon.kill()
        self.daemon.wait()
        self.receivers.close()


def timed(build, modes, each, kill=False):
    """Seconds from the daemon's start to the last arrival at a healthy endpoint, and how many came twice."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(build, pathlib.Path(folder) / "data", modes)
        try:
            made = world.make_events(each)
            began = world.begin()
            if kill:
                while sum(world.receivers.ask(None)[i] for i in world.good()) < each * len(world.good()) / 2:
                    time.sleep(0.002)
                world.daemon.kill()
                world.daemon.wait()
                world.start()
            world.wait(each)
            return world.last_arrival() - began, world.check(made)
        finally:
            world.close()


def rate(build, count):
    """Signed deliveries a second to one endpoint, from the first arrival to the last."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(build, pathlib.Path(folder) / "data", [GOOD])
        try:
            made = world.make_events(count)
            world.begin()
            world.wait(count)
            times = sorted(at for at, _, _ in world.receivers.ask(0))
            world.check(made)
            return (len(times) - 1) / (times[-1] - times[0])
        finally:
            world.close()


def main(build, events=10000, rounds=3):
    build, each = pathlib.Path(build).resolve(), events // ENDPOINTS
    healthy = ENDPOINTS - 3 * BROKEN
    mixed = [HANGS] * BROKEN + [FAILS] * BROKEN + [RESETS] * BROKEN + [GOOD] * healthy
    alone, among, ratios = [], [], []
    for _ in range(rounds):
        alone.append(timed(build, [GOOD], each * healthy)[0])
        among.append(timed(build, mixed, each)[0])
        ratios.append(among[-1] / alone[-1])
    twice = timed(build, mixed, each, kill=True)[1]
    rates = [rate(build, events) for _ in range(rounds)]
    median = statistics.median
    print(f"| {events:,} events, {ENDPOINTS} endpoints | seconds | beside one alone | wanted |\n|---|---|---|---|")
    print(f"| one healthy endpoint alone, the {each * healthy:,} events of the healthy ones | {median(alone):.2f} | | |")
    print(f"| {healthy} healthy ones among {BROKEN} that hang, {BROKEN} that answer 500 and {BROKEN} that reset: all theirs | {median(among):.2f} | {median(ratios):.2f} | at most 1.5 |")
    print("\nFrom the daemon's start to the last arrival.")
    print(f"\n`kill -9` in the middle: none lost, none invented, {twice} sent twice (with the same id).")
    print(f"\nSigned deliveries a second to one local receiver: {median(rates):,.0f} (wanted: 2,000).")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
