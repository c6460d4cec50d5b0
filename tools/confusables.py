#!/usr/bin/env python3
"""Writes src/scan/confusables.c: letters of other scripts, and odd Latin ones, that look like one letter of ASCII.

    tools/confusables.py CONFUSABLES.JSON > src/scan/confusables.c

The facts are those of Unicode's confusables.txt (UTS #39), as the Debian package python3-confusable-homoglyphs carries
them: /usr/lib/python3/dist-packages/confusable_homoglyphs/confusables.json. Unicode gives `l` as the prototype of all
that looks like a capital I, and has no entries for small letters whose capitals alone look Latin; both is made up for here. What is not
Unicode's is marked as loose: it counts in words that mix scripts, but says nothing of a word by itself.
"""
import json
import sys
import unicodedata

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Small letters that look like small capitals, or are used for these in practice: к т м н в (Cyrillic), Greek, Armenian.
BY_EYE = {
    "к": "k", "т": "t", "м": "m", "н": "h", "в": "b", "п": "n", "и": "u", "г": "r", "ь": "b", "я": "r", "д": "d",
    "α": "a", "β": "b", "ε": "e", "η": "n", "ι": "i", "κ": "k", "μ": "u", "ν": "v", "ο": "o", "ρ": "p", "τ": "t",
    "υ": "u", "χ": "x", "γ": "y", "ω": "w", "σ": "o", "ς": "c", "π": "n", "θ": "o", "λ": "l", "φ": "o",
    "հ": "h", "ո": "n", "ս": "u", "օ": "o", "ց": "g", "զ": "q", "ա": "w", "ք": "p", "ղ": "n", "ե": "t", "յ": "j",
    "ı": "i", "ɑ": "a", "ɡ": "g", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h", "ŧ": "t",
    "ʏ": "y", "ᴀ": "a", "ʙ": "b", "ᴄ": "c", "ᴅ": "d", "ᴇ": "e", "ꜰ": "f", "ɢ": "g", "ʜ": "h", "ɪ": "i", "ᴊ": "j",
    "ᴋ": "k", "ʟ": "l", "ᴍ": "m", "ɴ": "n", "ᴏ": "o", "ᴘ": "p", "ǫ": "q", "ʀ": "r", "ꜱ": "s", "ᴛ": "t", "ᴜ": "u",
    "ᴠ": "v", "ᴡ": "w", "ᴢ": "z", "Λ": "A", "Σ": "E", "Π": "n", "И": "N", "Я": "R", "ѕ": "s", "ԁ": "d", "ԛ": "q",
    "ԝ": "w", "һ": "h", "Ӏ": "I", "і": "i", "ј": "j", "Ь": "b",
}  # fmt: skip


def looks_like_capital_i(name):
    words = name.split()
    return "SMALL" not in words and words[-1] in ("I", "IOTA", "IE", "PALOCHKA", "IAUDA", "II")


def gather(confusables):
    found = {}
    for letter in LETTERS:
        for entry in confusables.get(letter, []):
            text = entry["c"].strip("\u200e")
            if len(text) != 1 or ord(text) < 0x80 or not unicodedata.category(text).startswith("L"):
                continue
            if unicodedata.normalize("NFKC", text)[0] < "\x80":
                continue
            target = letter
            if letter == "l" and looks_like_capital_i(unicodedata.name(text, "")):
                target = "I"
            found.setdefault(text, target)
    loose = {c: target for c, target in BY_EYE.items() if c not in found}
    found.update(loose)
    found["ӏ"] = "l"  # Unicode has it as an i
    return found, loose


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        found, loose = gather(json.load(f))
    print("/* Made by tools/confusables.py from Unicode's confusables (UTS #39). */")
    print('#include "scan/confusables.h"\n')
    print("const struct scan_confusable scan_confusables[] = {")
    rows = [f"{{0x{ord(c):05x}, '{target}', {int(c in loose)}}}," for c, target in sorted(found.items())]
    for i in range(0, len(rows), 6):
        print("    " + " ".join(rows[i : i + 6]))
    print("};\n")
    print(f"const size_t scan_confusable_count = {len(rows)};")


main()
