#!/usr/bin/env python3
"""Builds the pages of web/ and makes them C: pages.py WEB WORK OUT.c OUT.bin DEPFILE [--required]

Node and npm are asked for nothing but this. What they bring stands in WEB/node_modules, which all build folders share; it is
fetched anew when it is not what package-lock.json says. WORK is a folder of this build's own.

OUT.bin is all files one behind the other, as they are and gzipped; OUT.c says where in it each lies, as src/http/web.h
declares it. When the packages cannot be had, the pages are left out and the next build tries again; with --required that is an
error.
"""
import contextlib
import fcntl
import gzip
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

TRIES = 3
PAUSE_SEC = 3  # between two of them
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".yaml": "text/yaml; charset=utf-8",
}
BASE = b'<base href="./"'
WATCHED = ("common", "keys", "dashboard", "reference")  # folders of web/; what it has beside them is asked for by name
WATCHED_FILES = ("build.mjs", "lean.mjs", "package.json", "package-lock.json", "tsconfig.json")


class Missing(Exception):
    """The packages cannot be had."""


def read_packages(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))["packages"]
    except (OSError, ValueError, KeyError):
        return {}


def is_installed(web):
    """npm writes down what it installed; of what is optional only what fits this machine."""
    wanted = read_packages(web / "package-lock.json")
    found = read_packages(web / "node_modules" / ".package-lock.json")

    def same(name):
        return name in found and all(wanted[name].get(k) == found[name].get(k) for k in ("version", "integrity"))

    needed = [name for name, package in wanted.items() if name and not package.get("optional")]
    return bool(needed) and all(map(same, needed)) and all(name in wanted and same(name) for name in found)


def install(web):
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE_SEC)
        try:
            done = subprocess.run(command, cwd=web, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        except OSError as e:
            raise Missing(f"npm does not start: {e}") from e
        if done.returncode == 0 and is_installed(web):
            return
    raise Missing(f"`{' '.join(command)}` failed {TRIES} times in {web}:\n{done.stdout}")


@contextlib.contextmanager
def installed(web):
    """Several builds may use the packages at once; while one fetches them, none does."""
    lock = os.open(web, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        if not is_installed(web):
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not is_installed(web):
                install(web)
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield
    finally:
        os.close(lock)


def build(web, folder):
    with installed(web):
        done = subprocess.run(["node", web / "build.mjs", folder], cwd=web, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"the pages do not build:\n{done.stdout}")
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return [(p.relative_to(folder).as_posix(), p.read_bytes()) for p in files]


class Blob:
    def __init__(self):
        self.data = bytearray()

    def add(self, piece):
        """-> the C of where it lies."""
        at = len(self.data)
        self.data += piece
        return f"{{{at}, {len(piece)}}}"


def row(blob, name, data):
    suffix = pathlib.PurePosixPath(name).suffix
    if suffix not in TYPES:
        sys.exit(f"pages.py: {name}: add the media type of {suffix} to TYPES")
    base = -1
    if suffix == ".html":
        if data.count(BASE) != 1:
            sys.exit(f"pages.py: {name} must hold {BASE.decode()} exactly once: the daemon says there where it serves it")
        base = data.index(BASE) + len(BASE) - 3
    packed = gzip.compress(data, 9, mtime=0)
    packed = packed if base < 0 and len(packed) < len(data) else b""
    tag = hashlib.sha256(data).hexdigest()[:20]
    return f'    {{"{name}", "{TYPES[suffix]}", "W/\\"{tag}\\"", {base}, {blob.add(data)}, {blob.add(packed)}}},'


def write_c(files, out, blob_path):
    blob = Blob()
    rows = [row(blob, name, data) for name, data in sorted(files)]
    blob_path.write_bytes(blob.data)
    lines = ["/* Made by tools/pages.py. */", '#include "http/web.h"', ""]
    # An array of a few hundred kilobytes would take a compiler seconds.
    lines += [
        '__asm__(".pushsection .rodata\\n"',
        '        ".globl web_blob\\n"',
        '        ".hidden web_blob\\n"',
        '        "web_blob:\\n"',
        f'        ".incbin \\"{blob_path.resolve()}\\"\\n"',
        '        ".byte 0\\n"',
        '        ".popsection\\n");',
        "",
        "const struct web_file web_files[] = {",
        *(rows or ["    {0},"]),
        "};",
        f"const size_t web_file_count = {len(rows)};",
        "",
    ]
    out.write_text("\n".join(lines), encoding="utf-8")


def watched(web):
    """Folders too: they change when a file comes or goes."""
    paths = [web / name for name in WATCHED_FILES]
    for folder in (web / name for name in WATCHED):
        if folder.is_dir():
            paths += [folder, *folder.rglob("*")]
    return paths


def write_depfile(path, target, paths):
    escaped = (str(p).replace("\\", "\\\\").replace(" ", "\\ ").replace("#", "\\#") for p in paths)
    path.write_text(f"{target}: " + " \\\n  ".join(escaped) + "\n", encoding="utf-8")


def main():
    web, work, out, blob, depfile = (pathlib.Path(a) for a in sys.argv[1:6])
    web = web.resolve()
    paths = watched(web)
    try:
        files = build(web, work.resolve())
    except Missing as e:
        if "--required" in sys.argv:
            sys.exit(f"pages.py: {e}")
        print(f"WARNING: this build has no pages (the next one tries again): {e}", file=sys.stderr)
        files = []
        paths.append(web / "node_modules" / ".package-lock.json.wanted")  # which there never is: so this counts as out of date
    write_c(files, out, blob)
    write_depfile(depfile, sys.argv[3], paths)


if __name__ == "__main__":
    main()
