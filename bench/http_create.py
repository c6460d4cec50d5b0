#!/usr/bin/python3
"""POST /v1/keys beside bare SQLite commits of the same rows, and the pages of a large account, through the API.

    python3 bench/http_create.py BUILD [ROUNDS [SECONDS]]

Both databases lie in one folder and grow alike: bare SQLite writes as many rows in a round as the API has just made."""
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

from rig import Api, cpu_seconds, lua_script, measure, serving

CLIENTS = 64
PAGES = 1000
PAGE = 50


class Bare:
    def __init__(self, build, path):
        self.process = subprocess.Popen([build / "bench/store", "bare", path], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def measure(self, rows):
        before = cpu_seconds(self.process.pid)
        print(rows, file=self.process.stdin, flush=True)
        rate = float(self.process.stdout.readline())
        return rate, (cpu_seconds(self.process.pid) - before) * 1e6 / rows

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def keys_in(database):
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    count = connection.execute("SELECT count(*) FROM api_key").fetchone()[0]
    connection.close()
    return count


def bench_creation(build, folder, rounds, seconds):
    data, bare, pairs, replies = folder / "data", Bare(build, folder / "bare.db"), [], 0
    with serving(build, data) as (port, daemon):
        token = (data / "root.key").read_text().strip()
        # Management keys, since their kind has no limit on active ones.
        account = Api(port, token).post("/v1/accounts", {"profile": "cardea", "slug": "bench", "name": "Bench"})["id"]
        body = {"account": account, "name": "ci", "scopes": ["keys:read"]}
        script = lua_script(folder / "create.lua", "/v1/keys", token, [body])
        for _ in range(rounds):
            ours = measure(port, daemon, script, CLIENTS, seconds)
            pairs.append((ours, bare.measure(ours[2])))
            replies += ours[2]
    bare.close()
    if keys_in(data / "cardea.db") < replies:
        sys.exit(f"{replies} keys were acknowledged, but {keys_in(data / 'cardea.db')} are there")
    middle = lambda of: statistics.median(map(of, pairs))
    print(f"`POST /v1/keys` of a management key by the root key, `wrk -t1 -c{CLIENTS} -d{seconds}s`, beside transactions of 64 of "
          f"the same\nrows (key, feed, audit, its source, event) in the same tables: {rounds} alternating rounds, medians. Wanted: a "
          "ratio of at\nleast 0.5. wrk and the event loops share the processors with the writer, bare SQLite has one alone.\n")
    print("| keys/s | bare rows/s | ratio | daemon CPU µs | bare CPU µs |\n|---|---|---|---|---|")
    print(f"| {middle(lambda p: p[0][0]):,.0f} | {middle(lambda p: p[1][0]):,.0f} | **{middle(lambda p: p[0][0] / p[1][0]):.2f}** "
          f"| {middle(lambda p: p[0][1]):.1f} | {middle(lambda p: p[1][1]):.1f} |\n", flush=True)


def rss_kib(pid):
    """What the process has for itself: not the snapshot's and the activity files' pages, which are the kernel's."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    sys.exit("no RssAnon")


class Pager:
    def __init__(self, api):
        self.api, self.cursor = api, ""

    def turn(self):
        """Milliseconds for the next page."""
        target = f"/v1/keys?account=cardea/acme&limit={PAGE}{self.cursor}"
        start = time.perf_counter()
        page = self.api.get(target)
        spent = (time.perf_counter() - start) * 1e3
        if len(page["data"]) != PAGE:
            sys.exit(f"a page of {len(page['data'])} keys")
        self.cursor = f"&cursor={page['next_cursor']}"
        return spent


def bench_pages(build, folder):
    database, data = folder / "large.db", folder / "large"
    subprocess.run([build / "bench/store", "large", database], check=True)
    with serving(build, data, "--store", f"sqlite:{database}", "--threads", "1") as (port, daemon):
        api = Api(port, (data / "root.key").read_text().strip())
        api.get("/readyz")  # the connection is there already when the first page is asked for
        cold = Pager(api).turn()
        warm = statistics.median(Pager(api).turn() for _ in range(99))
        pager, memory, spent = Pager(api), [rss_kib(daemon)], []
        for _ in range(2):
            spent = [pager.turn() for _ in range(PAGES)]
            memory.append(rss_kib(daemon))
    print(f"| One account with 1,000,000 keys, pages of {PAGE} through the API (client in Python) | |\n|---|---|")
    print(f"| first page, the daemon's first read at all (under 5 ms) | {cold:.2f} ms |")
    print(f"| first page again, median of 99 | {warm:.2f} ms |")
    print(f"| page {PAGES + 1:,} to {2 * PAGES:,}, median | {statistics.median(spent):.2f} ms |")
    print(f"| daemon's own memory before, after {PAGES:,} and after {2 * PAGES:,} pages | "
          + ", ".join(f"{kib:,} KiB" for kib in memory) + " |")


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 4
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cardea-bench-"))
    try:
        bench_creation(build, folder, rounds, seconds)
        bench_pages(build, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
