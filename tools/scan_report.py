#!/usr/bin/python3
"""How well the scanner's deterministic layer finds what it should, and only that: tables in Markdown.

    tools/scan_report.py BUILD DATA [OUT]     (make scan-report DATA=folder)

DATA is a folder of JSON Lines with `text`, `label` and `source` (docs/scanner.md says which). Of each source a table tells,
for each sensitivity, the share that is flagged or blocked; injections are tried under encodings too. Sources named in
HELD_OUT are not looked at while rules are written; their figures stand apart.
"""
import base64
import collections
import json
import pathlib
import subprocess
import sys
import urllib.parse

SENSITIVITIES = ("low", "medium", "high")
HELD_OUT = {"injection_piguard", "benign_email_bipia", "social_engineering_bec"}
HARMLESS = {"benign", "other", "not_secret"}
LOOK_ALIKES = str.maketrans("aceiopxyABCEHIKMOPTX", "асеіорхуАВСЕНІКМОРТХ")
LEET = str.maketrans("aeiostAEIOST", "431057431057")
ENCODINGS = {
    "plain": lambda t: t,
    "look-alikes": lambda t: t.translate(LOOK_ALIKES),
    "zero-width": lambda t: "\u200b".join(t),
    "tags": lambda t: "Hello. " + "".join(chr(0xE0000 + ord(c)) if " " <= c <= "~" else c for c in t),
    "fullwidth": lambda t: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in t),
    "marks": lambda t: "".join(c + "\u0336" for c in t),
    "spaced": lambda t: " ".join(t),
    "leet": lambda t: t.translate(LEET),
    "base64": lambda t: base64.b64encode(t.encode()).decode(),
    "hex": lambda t: t.encode().hex(),
    "percent": lambda t: urllib.parse.quote(t, safe=""),
    "entities": lambda t: "".join(f"&#{ord(c)};" for c in t),
}


def read(folder):
    """{(source, label): [text]}, in the files' order."""
    sources = collections.OrderedDict()
    for path in sorted(pathlib.Path(folder).glob("*.jsonl")):
        with open(path, encoding="utf-8") as f:
            for line in f:
                row = json.loads(line)
                sources.setdefault((path.stem, row["label"]), []).append(row["text"])
    return sources


def scan(build, sensitivity, texts):
    data = b"".join(b"%d\n%s" % (len(t), t) for t in (t.encode("utf-8", "surrogatepass") for t in texts))
    run = subprocess.run([str(pathlib.Path(build) / "bench/scan_lines"), sensitivity], input=data, capture_output=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def share(results, verdict):
    return 100 * sum(r["verdict"] >= verdict for r in results) / len(results)


def sources_table(build, sources):
    order, texts = list(sources), [t for rows in sources.values() for t in rows]
    answers = {s: scan(build, s, texts) for s in SENSITIVITIES}
    yield "| Source | Label | Texts | low: flagged (blocked) | medium | high |\n|---|---|---|---|---|---|"
    at = 0
    for name, label in order:
        count = len(sources[name, label])
        cells = [f"{share(answers[s][at:at + count], 1):.1f} % ({share(answers[s][at:at + count], 2):.1f} %)" for s in SENSITIVITIES]
        held = " (held out)" if name in HELD_OUT else ""
        yield f"| {name}{held} | {label} | {count} | {' | '.join(cells)} |"
        at += count
    rules = collections.Counter()
    at = 0
    for name, label in order:
        count = len(sources[name, label])
        if label in HARMLESS:
            for r in answers["medium"][at:at + count]:
                rules.update({rule.split()[0] for rule in r["rules"] if rule.split()[1] in ("medium", "high", "critical")})
        at += count
    yield "\nRules that flag harmless texts most at medium: " + ", ".join(f"`{r}` {n}" for r, n in rules.most_common(12)) + "."


def encodings_table(build, sources):
    chosen = {k: v for k, v in sources.items() if k[1] == "injection"}
    yield "| Encoding | " + " | ".join(f"{name}{' (held out)' if name in HELD_OUT else ''}" for name, _ in chosen) + " |"
    yield "|---" * (len(chosen) + 1) + "|"
    for name, encode in ENCODINGS.items():
        cells = [f"{share(scan(build, 'medium', [encode(t) for t in texts]), 1):.1f} %" for texts in chosen.values()]
        yield f"| {name} | {' | '.join(cells)} |"


def main():
    build, data = sys.argv[1:3]
    sources = read(data)
    if not sources:
        sys.exit(f"scan-report: {data} has no *.jsonl")
    parts = ["# What the deterministic layer finds\n", "## By source and sensitivity\n", *sources_table(build, sources),
             "\n## Injections under encodings, at medium\n", *encodings_table(build, sources)]
    text = "\n".join(parts) + "\n"
    if len(sys.argv) > 3:
        pathlib.Path(sys.argv[3]).write_text(text)
    else:
        print(text, end="")


main()
