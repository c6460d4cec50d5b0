"""Runs every benchmark in turn and writes its tables, with the commands, to RESULTS.md.

    make bench                      all of them
    python3 bench/run.py BUILD -    to stdout
"""
import datetime
import os
import pathlib
import platform
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def machine():
    with open("/proc/cpuinfo") as cpuinfo:
        model = next((line.split(":", 1)[1].strip() for line in cpuinfo if line.startswith("model name")), "unknown")
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}"


def benchmarks(build):
    yield "Decisions", [build / "bench/authorize"]
    yield "Store", [build / "bench/store"]
    yield "Audit log", [sys.executable, ROOT / "bench/audit.py", build]
    yield "Scanning", [sys.executable, ROOT / "bench/scan.py", build]
    yield "HTTP: verifying", [sys.executable, ROOT / "bench/http_verify.py", build]
    yield "HTTP: making keys, and a large account", [sys.executable, ROOT / "bench/http_create.py", build]
    yield "Webhooks", [sys.executable, ROOT / "bench/webhooks.py", build]
    yield "Gateway", [sys.executable, ROOT / "bench/gateway.py", build]


def main(build, output):
    build = pathlib.Path(build).resolve()
    parts = ["# Results\n", f"Written by `make bench` on {datetime.date.today()}: {machine()}.\n\n"
             "Every figure is a ratio within one run, ours beside a floor that does only what cannot be avoided; medians of\n"
             "alternating rounds. Absolute times belong to this machine.\n"]
    for title, command in benchmarks(build):
        shown = " ".join(str(word).replace(str(ROOT) + "/", "").replace(sys.executable, "python3") for word in command)
        print(f"bench: {shown}", file=sys.stderr, flush=True)
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if run.returncode:
            sys.exit(f"bench: {shown} ended with {run.returncode}")
        parts.append(f"## {title}\n\n`{shown}`\n\n{run.stdout.strip()}\n")
    text = "\n".join(parts)
    if output == "-":
        print(text)
    else:
        pathlib.Path(output).write_text(text)


main(sys.argv[1], sys.argv[2])
