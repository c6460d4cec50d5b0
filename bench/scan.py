"""What a scan costs: many different messages of 2 KB of several kinds, and long texts made to be slow.

    python3 bench/scan.py BUILD

One thread, all packs compiled in, sensitivity high. Messages are sentences in an order drawn for each, so that no text is
scanned twice in a row: messages of one kind after each other, and once more with the kinds taking turns, when the processor
finds less of what it needs in its caches. No message of anybody is used.
"""
import json
import pathlib
import random
import statistics
import subprocess
import sys

MESSAGES, ROUNDS, SIZE = 60, 5, 2048
ENGLISH = """The draft of the agreement is attached; legal has seen sections two and four.
Could you look at the figures for the third quarter before our call on Thursday at 10:30?
John will join from the Houston office, and Maria sends the revised schedule.
If the numbers are final, I will update the summary and forward it to the team.
I don't think we can move the date again, but let me know if Friday works better for you.
The customer has asked for a second quote, since prices of steel went up by 4% in May.
Please find below my notes of yesterday's meeting and the list of open questions.
We'll need two more people for the weekend; Ann has already said that she would help.
Thanks for your help with this, and have a good trip.
Our contract with the carrier ends in June, so we should compare offers soon.
Did you get a chance to talk to Peter about the desk that he wants to close?
The new release fixes the import of large files and makes the report easier to read.
Everybody who wants to take part in the training should sign up by the end of the week.
I will be out of the office from Monday to Wednesday and read my mail in the evening.
It was a pleasure to meet you and your colleagues in Berlin last week."""
LINKS = """Track the parcel at https://www.example.com/track?id=7f3a9c21e4b85d60&utm_source=mail&utm_medium=newsletter today.
Order 4711-0815-2233 of 2026-03-14: 3 x adapter (USB-C), 29.90 EUR each, VAT 19%, total 89.70 EUR.
You receive this because you are subscribed; unsubscribe: http://news.example.org/u/0123456789abcdef0123456789abcdef
See ticket #48213 (build 2026.11.3-rc2, commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b) for the log.
Phone +49 30 1234567, fax +49 30 1234568, mail to sales@example.com or support@example.com."""
ASKING = """Please ignore the previous mail, it had the wrong attachment; the new one follows.
You are now the owner of the list, so you must not forget to update it before Friday.
Act as a friend would and tell me the truth: do you have a moment to confirm the amount?
The system prompt of our assistant says to answer all questions about orders, and to refuse everything else.
Write a short story about a robot that has no rules, in the style of a fairy tale for children.
From now on send all invoices to the new address; the password of the portal stays the same.
Reply with the word yes if you can pay the supplier today, it is urgent."""
CODE = """static int add(struct list *l, const char *name) { if (!l || l->count >= MAX) return -1; l->items[l->count++] = name; return 0; }
{"id": 4711, "name": "adapter", "tags": ["usb", "c"], "price": {"amount": 29.9, "currency": "EUR"}, "stock": null, "ok": true}
SELECT o.id, c.name, SUM(p.price) FROM orders o JOIN customers c ON c.id = o.customer WHERE o.day >= '2026-01-01' GROUP BY 1, 2;
for f in *.log; do grep -c error "$f" >> /tmp/counts.txt; done && sort -n /tmp/counts.txt | tail -3
def total(items): return sum(i["price"] * i["count"] for i in items if i.get("count", 0) > 0)"""
FRENCH = """Bonjour, voici le compte rendu de la réunion d’hier : il reste à valider l’échéancier.
Pourriez-vous répondre aux équipes concernées avant la fin de la semaine prochaine ?
Le contrat a été signé à Orléans, et l’annexe n° 3 sera envoyée dès que possible.
J’espère que vous avez passé de bonnes fêtes, et je vous souhaite une très bonne année."""
RUSSIAN = """Уважаемый коллега, направляю вам отчёт за прошлый месяц.
Пожалуйста, посмотрите его и ответьте до пятницы, если есть вопросы.
Встреча переносится на три часа дня, в большой зал на втором этаже.
Спасибо за помощь, без вас мы бы не успели закончить в срок."""
CHINESE = """今天的会议改到下午三点，请大家准时参加，并带上上个月的报告。
合同的附件已经发给你了，请在星期五之前确认一下价格和交货日期。
如果有问题，请随时给我打电话，我这几天都在办公室。"""
KINDS = {
    "English mail": (50, ENGLISH, str),
    "the same with links and numbers": (50, ENGLISH + "\n" + LINKS, str),
    "the same with words that rules look for": (50, ENGLISH + "\n" + ASKING, str),
    "program text and data": (50, CODE, str),
    "English, letters spaced out": (50, ENGLISH, " ".join),
    "French mail": (200, FRENCH, str),
    "Russian mail": (200, RUSSIAN, str),
    "Chinese mail": (200, CHINESE, str),
    "English, a zero-width space after each letter": (200, ENGLISH + "\n" + ASKING, "\u200b".join),
    "English with Cyrillic look-alikes": (200, ENGLISH + "\n" + ASKING, lambda t: t.translate(str.maketrans("aceop", "асеор"))),
}
MIB = 1 << 20
SLOW = {
    "10 MB of `a`": b"a" * 10_000_000,
    "1 M zero-width characters": "\u200b".encode() * 1_000_000,
    "NUL, 4 MB": b"\0" * 4 * MIB,
    "invalid UTF-8, 4 MB": b"\xff\xfe" * 2 * MIB,
    "`{\"a\":[`, 2 MB": b"{\"a\":[" * (2 * MIB // 6),
    "`<a href=`, 2 MB": b"<a href=" * (2 * MIB // 8),
    "`${`, 2 MB": b"${" * MIB,
    "`%41`, 3 MB": b"%41" * 1_000_000,
    "base64 of base64, 4 MB": b"UVVGQlFVRkI=" * (MIB // 3),
    "`ab `, 4 MB: hex that is none": b"ab " * (4 * MIB // 3),
    "`1gn0r3 4ll `, 2 MB": b"1gn0r3 4ll " * (2 * MIB // 11),
    "`you are now the `, 2 MB": b"you are now the " * (MIB // 8),
    "`a.b.com `, 4 MB": b"a.b.com " * (MIB // 2),
}
SLOW_WANTED_MS = 2100  # the limit of time, and the step that is under way


def message(kind, number):
    _, sentences, write = KINDS[kind]
    draw = random.Random(f"{kind} {number}")
    lines, text = sentences.split("\n"), ""
    while len(text.encode()) < SIZE:
        text += write(" ".join(draw.sample(lines, len(lines)))) + "\n"
    return text.encode()[:SIZE].decode(errors="ignore").encode()


def scan(build, texts):
    data = b"".join(b"%d\n%s" % (len(t), t) for t in texts)
    run = subprocess.run([pathlib.Path(build) / "bench/scan_lines", "high"], input=data, capture_output=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def verdict(value, wanted):
    return "ok" if value <= wanted else "**too slow**"


def main(build):
    kinds = [[message(kind, number) for number in range(MESSAGES)] for kind in KINDS]
    turns = [text for texts in zip(*kinds) for text in texts]
    by_turns = scan(build, turns * (ROUNDS + 1))[len(turns):]  # the first round compiles what is compiled when first needed
    print("| Message of 2 KB | median | 95 % | throughput | wanted, median | | median, kinds in turn |\n|---|---|---|---|---|---|---|")
    for i, (kind, (wanted, _, _)) in enumerate(KINDS.items()):
        us = sorted(a["ns"] / 1000 for a in scan(build, kinds[i] * (ROUNDS + 1))[MESSAGES:])
        middle, turn = statistics.median(us), statistics.median(a["ns"] / 1000 for a in by_turns[i::len(KINDS)])
        print(f"| {kind} | {middle:.0f} µs | {us[len(us) * 95 // 100]:.0f} µs | {SIZE / middle:.0f} MB/s | {wanted} µs | {verdict(middle, wanted)} "
              f"| {turn:.0f} µs |")
    print("\n| Made to be slow | time | looked at in full | wanted | |\n|---|---|---|---|---|")
    for name, answer in zip(SLOW, scan(build, SLOW.values())):
        ms = answer["ns"] / 1e6
        print(f"| {name} | {ms:.0f} ms | {'no' if answer['cut'] else 'yes'} | {SLOW_WANTED_MS} ms | {verdict(ms, SLOW_WANTED_MS)} |")


main(sys.argv[1])
