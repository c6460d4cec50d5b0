"""Reads every #include under src/ and include/ against the table in ARCHITECTURE.md.

A layer includes only itself, the layers that its row names, and the outside headers that its row names; an outside header
that any row claims appears in no other layer. `include` stands for the public headers alone.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `(?P<layer>[a-z/]+)` \|[^|]*\| (?P<layers>[^|]*) \| (?P<outside>[^|]*) \|$")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def table():
    rows = {}
    for line in (ROOT / "ARCHITECTURE.md").read_text().splitlines():
        match = ROW.match(line)
        if match:
            rows[match["layer"]] = (
                {w for w in re.findall(r"`([a-z/]+)`", match["layers"])},
                {w for w in re.findall(r"`([^`]+)`", match["outside"])},
            )
    if not rows:
        sys.exit("check-layers: ARCHITECTURE.md has no layer table")
    return rows


def layer_of(path, rows):
    """The longest row that is a prefix of the file's folder under src/."""
    folder = path.relative_to(ROOT / "src").parent.as_posix()
    found = [row for row in rows if folder == row or folder.startswith(row + "/")]
    return max(found, key=len) if found else None


def violations(rows):
    claimed = {header for _, outside in rows.values() for header in outside}
    for path in sorted((ROOT / "src").rglob("*.[ch]")):
        if path.parent == ROOT / "src":
            continue
        layer = layer_of(path, rows)
        name = path.relative_to(ROOT)
        if layer is None:
            yield f"{name}:1: this folder has no row in ARCHITECTURE.md's layer table"
            continue
        layers, outside = rows[layer]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quote, target = match.groups()
            if quote == "<":
                if target.startswith("cardea/"):
                    if layer != "core" and not layers & {"core", "include"}:
                        yield f"{name}:{number}: {layer} may not use core (<{target}>)"
                elif any(target == c or (c.endswith("/") and target.startswith(c)) for c in claimed):
                    if not any(target == c or (c.endswith("/") and target.startswith(c)) for c in outside):
                        yield f"{name}:{number}: <{target}> belongs to another layer than {layer}"
                continue
            if not (ROOT / "src" / target).exists():
                if (path.parent / target).exists():
                    yield f'{name}:{number}: write "{target}" from src/, so that the direction can be read'
                continue  # generated files are found by the compiler
            other = layer_of(ROOT / "src" / target, rows)
            if other != layer and other not in layers:
                yield f'{name}:{number}: {layer} may not include {other} ("{target}")'


found = list(violations(table()))
print("\n".join(found) or "layers: every include points downwards")
sys.exit(1 if found else 0)
