"""What a scan costs: messages of 2 KB of several kinds, a long text, and texts made to be slow.

    python3 bench/scan.py BUILD

Medians of many scans by one thread in one process, all packs compiled in, sensitivity high. No message of anybody is used.
"""
import json
import pathlib
import statistics
import subprocess
import sys

ENGLISH = ("Hello Ann, the draft of the agreement is attached; legal has seen sections two and four. Could you look at the figures for the "
           "third quarter before our call on Thursday at 10:30? John will join from the Houston office, and Maria sends the revised "
           "schedule. If the numbers are final, I will update the summary and forward it to the team. Thanks for your help with this. ")
KINDS = {
    "English mail": ENGLISH,
    "French mail": "Bonjour, voici le compte rendu de la réunion d’hier : il reste à valider l’échéancier et à répondre aux équipes concernées. ",
    "Russian mail": "Уважаемый коллега, направляю вам отчёт за прошлый месяц, пожалуйста, посмотрите его и ответьте до пятницы. ",
    "Chinese mail": "今天的会议改到下午三点，请大家准时参加，并带上上个月的报告。",
    "English, zero-width": "\u200b".join(ENGLISH),
    "English, spaced out": " ".join(ENGLISH),
}
MIB = 1 << 20
SLOW = {
    "10 MB of `a`": b"a" * 10_000_000,
    "1 M zero-width characters": "\u200b".encode() * 1_000_000,
    "`%41`, 3 MB": b"%41" * 1_000_000,
    "base64 of base64, 4 MB": b"UVVGQlFVRkI=" * (MIB // 3),
    "`{`, 2 MB": b"{" * 2 * MIB,
    "invalid UTF-8, 4 MB": b"\xff\xfe" * 2 * MIB,
    "`a.b.com `, 4 MB": b"a.b.com " * (MIB // 2),
}


def scan(build, texts):
    data = b"".join(b"%d\n%s" % (len(t), t) for t in texts)
    run = subprocess.run([pathlib.Path(build) / "bench/scan_lines", "high"], input=data, capture_output=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def main(build):
    print("| Message of 2 KB | Median | Throughput |\n|---|---|---|")
    for name, text in KINDS.items():
        one = (text * (2048 // len(text.encode()) + 1)).encode()[:2048].decode(errors="ignore").encode()
        ns = statistics.median(r["ns"] for r in scan(build, [one] * 500)[100:])
        print(f"| {name} | {ns / 1000:.0f} µs | {len(one) / ns * 1000:.0f} MB/s |")
    print("\n| Made to be slow | Time | Looked at in full |\n|---|---|---|")
    for name, answer in zip(SLOW, scan(build, SLOW.values())):
        print(f"| {name} | {answer['ns'] / 1e6:.0f} ms | {'no' if answer['cut'] else 'yes'} |")


main(sys.argv[1])
