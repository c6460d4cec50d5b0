#!/usr/bin/python3
"""Public scanners of secrets on the same labelled messages, beside ours: a table in Markdown.

    tools/scan_peers.py BUILD DATA       (make scan-peers DATA=folder)

gitleaks comes from the Go module proxy, detect-secrets from PyPI, into BUILD/peers, and by nothing else; one that cannot
be had is said to be missing. A text counts when a rule for secrets flags or blocks it. Public detectors of injections want
a model from a hub or, like rebuff's heuristics, seconds for a sentence; none of them is here.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from scan_report import HARMLESS, read, scan

GITLEAKS, DETECT_SECRETS = "8.28.0", "1.5.0"


def run(*command, **more):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True, **more)


def install(home):
    """What is missing, with the reason."""
    missing = {}
    home.mkdir(parents=True, exist_ok=True)

    def attempt(name, done, *commands):
        try:
            for command in [] if done.exists() else commands:
                run(*command, timeout=600, env=os.environ | {"GOBIN": str(home)})
        except (OSError, subprocess.SubprocessError) as e:
            missing[name] = f"{type(e).__name__}: {getattr(e, 'stderr', '') or e}".strip().splitlines()[-1]

    attempt("gitleaks", home / "gitleaks", ["go", "install", f"github.com/zricethezav/gitleaks/v8@v{GITLEAKS}"])
    pip = home / "venv/bin/pip"
    attempt("detect-secrets", home / "venv/bin/detect-secrets", [sys.executable, "-m", "venv", home / "venv"],
            [pip, "install", "-q", f"detect-secrets=={DETECT_SECRETS}"])
    return missing


def write(folder, texts):
    """One text is one file: that is what both of them read."""
    for i, text in enumerate(texts):
        (pathlib.Path(folder) / f"{i}.txt").write_text(text, encoding="utf-8", errors="surrogatepass")


def gitleaks(home, texts):
    with tempfile.TemporaryDirectory() as folder:
        write(folder, texts)
        said = run(home / "gitleaks", "dir", folder, "--report-path", "-", "--report-format", "json", "--exit-code", "0", "--no-banner")
        return len({row["File"] for row in json.loads(said.stdout)})


def detect_secrets(home, texts):
    with tempfile.TemporaryDirectory() as folder:
        write(folder, texts)
        return len(json.loads(run(home / "venv/bin/detect-secrets", "scan", "--all-files", ".", cwd=folder).stdout)["results"])


PEERS = {"gitleaks": gitleaks, "detect-secrets": detect_secrets}
VERSIONS = {"gitleaks": GITLEAKS, "detect-secrets": DETECT_SECRETS}
ASKED = HARMLESS | {"secret"}


def rows(build, data, home, missing):
    sources = {}
    for (name, label, _), texts in read(data).items():
        if label in ASKED:
            sources.setdefault((name, label), []).extend(texts)
    for (name, label), texts in sources.items():
        ours = sum(r["verdict"] > 0 and any(rule.startswith("secret.") for rule in r["rules"]) for r in scan(build, "medium", texts))
        cells = ["" if peer in missing else f"{100 * ask(home, texts) / len(texts):.1f} %" for peer, ask in PEERS.items()]
        yield f"| {name} | {label} | {len(texts)} | {100 * ours / len(texts):.1f} % | {' | '.join(cells)} |"


def main():
    build, data = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    home = build / "peers"
    missing = install(home) if shutil.which("go") else install(home) | {"gitleaks": "go is not installed"}
    print("| Source | Label | Texts | ours, medium | " + " | ".join(f"{p} {VERSIONS[p]}" for p in PEERS) + " |\n" + "|---" * (4 + len(PEERS)) + "|")
    for line in rows(build, data, home, missing):
        print(line, flush=True)
    for name, why in missing.items():
        print(f"\n{name} was not run: {why}")


main()
