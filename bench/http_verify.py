#!/usr/bin/python3
"""POST /v1/keys/verify beside evhttp's own constant reply: the same wrk command, the same number of loops, alternating rounds.

    python3 bench/http_verify.py BUILD [ROUNDS [SECONDS]]"""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from rig import Api, free_port, lua_script, measure, serving, wait_for

KEYS = 100
CONNECTIONS = 32


def compare(build, script, data, threads, rounds, seconds):
    floor = free_port()
    plain = subprocess.Popen([build / "bench/http_floor", str(floor), str(threads), "330"])
    try:
        wait_for(floor)
        with serving(build, data, "--threads", str(threads)) as (ours, daemon):
            pairs = [(measure(ours, daemon, script, CONNECTIONS, seconds), measure(floor, plain.pid, script, CONNECTIONS, seconds))
                     for _ in range(rounds)]
    finally:
        plain.terminate()
        plain.wait()
    middle = lambda of: statistics.median(map(of, pairs))
    print(f"| {threads} | {middle(lambda p: p[0][0]):,.0f} | {middle(lambda p: p[1][0]):,.0f} | **{middle(lambda p: p[0][0] / p[1][0]):.2f}** "
          f"| {middle(lambda p: p[0][1]):.1f} | {middle(lambda p: p[1][1]):.1f} |", flush=True)


def prepare(build, folder):
    """Accounts with keys, made through the API; returns the data folder and wrk's script."""
    data = folder / "data"
    with serving(build, data) as (port, _):
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
    bodies = [{"key": key, "scope": "read"} for key in keys]
    return data, lua_script(folder / "verify.lua", "/v1/keys/verify", verifier, bodies)


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
            compare(build, script, data, threads, rounds, seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
