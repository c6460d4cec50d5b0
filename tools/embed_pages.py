#!/usr/bin/python3
"""embed_pages.py OUT.c SYMBOL FILE...: text files as a table of `struct page` (http/pages.h), sorted by name without ending.

With `--list DIR` it prints the *.md files of a folder, for the build to depend on."""
import pathlib
import sys


def literal(data: bytes) -> str:
    lines = []
    for i in range(0, len(data), 24):
        lines.append("    " + "".join(f"0x{b:02x}," for b in data[i : i + 24]))
    return "\n".join(lines)


def main() -> int:
    if sys.argv[1] == "--list":
        print("\n".join(sorted(str(p) for p in pathlib.Path(sys.argv[2]).glob("*.md"))))
        return 0
    out, symbol, *files = sys.argv[1:]
    pages = sorted((pathlib.Path(f).stem, pathlib.Path(f).read_bytes()) for f in files)
    text = ['#include "http/pages.h"\n']
    rows = []
    for i, (name, data) in enumerate(pages):
        text.append(f"static const unsigned char {symbol}_{i}[] = {{\n{literal(data + bytes(1))}\n}};\n")
        rows.append(f'    {{"{name}", {symbol}_{i}, {len(data)}}},')
    rows.append("    {0, 0, 0},")
    text.append(f"const struct page {symbol}[] = {{\n" + "\n".join(rows) + "\n};\n")
    text.append(f"const size_t {symbol}_count = {len(pages)};\n")
    pathlib.Path(out).write_text("\n".join(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
