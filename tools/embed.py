#!/usr/bin/env python3
"""Turns files into a C array: embed.py HEADER TYPE NAME OUT FILE...

Writes `const struct TYPE NAMEs[]` of {file name, text, length} and `NAME_count`, in the order of the files' names, as
HEADER declares them. Each text is NUL-terminated; the NUL is not counted.
"""
import os
import sys


def characters(data):
    """Character constants: a string literal of more than 4095 bytes is more than C promises to take."""
    codes = ["'\\x%02x'," % b for b in data + b"\0"]
    return "\n".join("    " + "".join(codes[i : i + 16]) for i in range(0, len(codes), 16))


def main():
    header, kind, name, out, *files = sys.argv[1:]
    parts = ["/* Made by tools/embed.py. */", '#include "%s"' % header, ""]
    rows = []
    for i, path in enumerate(sorted(files, key=os.path.basename)):
        with open(path, "rb") as f:
            data = f.read()
        shown = os.path.join(os.path.basename(os.path.dirname(path)), os.path.basename(path))
        parts.append("static const char text_%d[] = {\n%s\n};\n" % (i, characters(data)))
        rows.append('    {"%s", text_%d, %d},' % (shown, i, len(data)))
    parts += ["const struct %s %ss[] = {" % (kind, name), *rows, "};", ""]
    parts += ["const size_t %s_count = %d;" % (name, len(files)), ""]
    with open(out, "w", encoding="ascii") as f:
        f.write("\n".join(parts))


if __name__ == "__main__":
    main()
