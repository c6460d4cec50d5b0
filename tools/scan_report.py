#!/usr/bin/python3
"""How well the scanner's deterministic layer finds what it should, and only that: tables in Markdown.

    tools/scan_report.py BUILD DATA [OUT]       (make scan-report DATA=folder)
    tools/scan_report.py BUILD DATA --mistakes  what is missed or flagged in vain, of the development texts alone
    tools/scan_report.py BUILD DATA --total     one line for each part and label, not for each source

DATA is a folder of JSON Lines with `text`, `label` and `source` (docs/explanation/scanner.md says which). Of each source a table tells,
for each sensitivity, the share that is flagged or blocked; injections are tried under encodings too.

Whoever writes rules looks at development texts alone, which is what --mistakes prints. Kept apart are the sources of
WHOLE_SOURCES, and of each other source the half that a hash with SEED draws: so the parts are the same for everybody, and
a text that is added later moves no other. A folder that has been parted by sources already has the files dev.jsonl and
apart.jsonl: then each row's `source` is its source.
"""
import base64
import collections
import hashlib
import json
import pathlib
import subprocess
import sys
import urllib.parse

SENSITIVITIES = ("low", "medium", "high")
SEED = "cardea scanner 2026-11-21"
WHOLE_SOURCES = {"injection_piguard", "benign_email_bipia", "social_engineering_bec"}
DEVELOPMENT, APART = "development", "kept apart"
FILES = {"dev": DEVELOPMENT, "apart": APART}
ATTACKS = {"injection", "jailbreak"}
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


def part_of(source, text):
    if source in WHOLE_SOURCES:
        return APART
    return APART if hashlib.sha256(f"{SEED}\n{text}".encode("utf-8", "surrogatepass")).digest()[0] & 1 else DEVELOPMENT


def read(folder):
    """{(source, label, part): [text]}, in the files' order."""
    sources = {}
    for path in sorted(pathlib.Path(folder).glob("*.jsonl")):
        with open(path, encoding="utf-8") as f:
            for line in f:
                row = json.loads(line)
                if path.stem in FILES:
                    key = row["source"], row["label"], FILES[path.stem]
                else:
                    key = path.stem, row["label"], part_of(path.stem, row["text"])
                sources.setdefault(key, []).append(row["text"])
    return dict(sorted(sources.items()))


def total(sources):
    """The same by part and label alone."""
    sums = {}
    for (_, label, part), texts in sources.items():
        sums.setdefault(("all", label, part), []).extend(texts)
    return dict(sorted(sums.items()))


def scan(build, sensitivity, texts):
    data = b"".join(b"%d\n%s" % (len(t), t) for t in (t.encode("utf-8", "surrogatepass") for t in texts))
    run = subprocess.run([str(pathlib.Path(build) / "bench/scan_lines"), sensitivity], input=data, capture_output=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def share(results, verdict):
    return 100 * sum(r["verdict"] >= verdict for r in results) / len(results)


def harmless_rules(results):
    """What fired on harmless texts, most often first."""
    rules = collections.Counter()
    for r in results:
        rules.update({rule.split()[0] for rule in r["rules"] if rule.split()[1] in ("medium", "high", "critical")})
    return ", ".join(f"`{r}` {n}" for r, n in rules.most_common(12)) or "none"


def sources_table(build, sources):
    texts = [t for rows in sources.values() for t in rows]
    answers = {s: scan(build, s, texts) for s in SENSITIVITIES}
    harmless = []
    yield "| Source | Label | Part | Texts | low: flagged (blocked) | medium | high |\n|---|---|---|---|---|---|---|"
    at = 0
    for (name, label, part), rows in sources.items():
        parts = [answers[s][at:at + len(rows)] for s in SENSITIVITIES]
        cells = [f"{share(a, 1):.1f} % ({share(a, 2):.1f} %)" for a in parts]
        yield f"| {name} | {label} | {part} | {len(rows)} | {' | '.join(cells)} |"
        harmless += parts[1] if label in HARMLESS else []
        at += len(rows)
    yield f"\nRules that flag harmless texts most at medium: {harmless_rules(harmless)}."


def encodings_table(build, sources):
    chosen = {k: v for k, v in sources.items() if k[1] in ATTACKS}
    yield "| Encoding | " + " | ".join(f"{name}, {part}" for name, _, part in chosen) + " |"
    yield "|---" * (len(chosen) + 1) + "|"
    for name, encode in ENCODINGS.items():
        cells = [f"{share(scan(build, 'medium', [encode(t) for t in texts]), 1):.1f} %" for texts in chosen.values()]
        yield f"| {name} | {' | '.join(cells)} |"


def mistakes(build, sources):
    """Of development texts, at medium: attacks that passed, harmless texts that did not. One line of JSON each."""
    for (name, label, part), rows in sources.items():
        if part != DEVELOPMENT:
            continue
        for text, r in zip(rows, scan(build, "medium", rows)):
            if (r["verdict"] > 0) == (label in HARMLESS):
                yield json.dumps({"source": name, "label": label, "rules": r["rules"], "text": text}, ensure_ascii=False)


def main():
    build, data = sys.argv[1:3]
    sources = read(data)
    if not sources:
        sys.exit(f"scan-report: {data} has no *.jsonl")
    if "--mistakes" in sys.argv[3:]:
        print("\n".join(mistakes(build, sources)))
        return
    if "--total" in sys.argv[3:]:
        sources = total(sources)
    out = [arg for arg in sys.argv[3:] if not arg.startswith("--")]
    parts = ["# What the deterministic layer finds\n", "## By source and sensitivity\n", *sources_table(build, sources),
             "\n## Injections under encodings, at medium\n", *encodings_table(build, sources)]
    text = "\n".join(parts) + "\n"
    if out:
        pathlib.Path(out[0]).write_text(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
