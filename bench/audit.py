"""The audit log: what a record costs the change that it tells of, how fast a log is verified, and proofs about a large one.

    python3 bench/audit.py BUILD

What a record costs is measured in the store alone, in transactions of 64: keys with their events, with and without their audit
records, in turns. With: the row, its salted address, its indexes, and the sealing of it. What a change costs is `POST /v1/keys`, as
http_create.py measures it, records included.
"""
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from rig import Api, lua_script, measure, serving

CLIENTS, SECONDS = 64, 4
PROVEN, VERIFIED, ROUNDS = 10_000_000, 1_000_000, 3


def numbers(build, *args):
    run = subprocess.run([build / "bench/audit_log", *map(str, args)], stdout=subprocess.PIPE, text=True, check=True)
    return [[float(word) for word in line.split()] for line in run.stdout.splitlines()]


def change_us(build, folder):
    """One change through the API, of many at once: microseconds."""
    data = folder / "data"
    with serving(build, data) as (port, daemon):
        token = (data / "root.key").read_text().strip()
        account = Api(port, token).post("/v1/accounts", {"profile": "cardea", "slug": "bench", "name": "Bench"})["id"]
        body = {"account": account, "name": "ci", "scopes": ["keys:read"]}
        script = lua_script(folder / "create.lua", "/v1/keys", token, [body])
        return 1e6 / statistics.median(measure(port, daemon, script, CLIENTS, SECONDS)[0] for _ in range(ROUNDS))


def share(build, folder):
    rounds = numbers(build, "share", folder)
    without, with_ = (statistics.median(column) for column in zip(*rounds))
    record = statistics.median(b - a for a, b in rounds)
    whole = change_us(build, pathlib.Path(folder))
    print(f"| Making a key | µs |\n|---|---|\n| in the store alone, without an audit record | {without:.1f} |")
    print(f"| in the store alone, with it, sealed | {with_:.1f} |\n| through the API, all included | {whole:.1f} |")
    print(f"| share of the audit log in that (under 10 %) | {record / whole:.1%} |\n")


def verify(build, folder):
    numbers(build, "export", folder, VERIFIED)
    rates = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        subprocess.run([build / "cardea", "audit", "verify", f"{folder}/log.jsonl", "--key", f"{folder}/key", "--quiet"], check=True)
        rates.append(VERIFIED / (time.monotonic() - began))
    print(f"| `cardea audit verify`, a log of {VERIFIED:,} records | records/s |\n|---|---|")
    print(f"| one thread, from a file (at least 500,000) | {statistics.median(rates):,.0f} |\n")


def prove(build, folder):
    began = time.monotonic()
    times = sorted(t for (t,) in numbers(build, "proofs", folder, PROVEN))
    print(f"| Inclusion proofs in a log of {PROVEN:,} records (made in {time.monotonic() - began:.0f} s) | ms |\n|---|---|")
    for name, value in (("median", times[len(times) // 2]), ("99 of 100", times[len(times) * 99 // 100]), ("slowest (under 5 ms)", times[-1])):
        print(f"| {name} | {value / 1000:.3f} |")


def main(build):
    with tempfile.TemporaryDirectory() as folder:
        share(build, folder)
        verify(build, folder)
        prove(build, folder)


main(pathlib.Path(sys.argv[1]).resolve())
