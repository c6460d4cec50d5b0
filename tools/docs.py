#!/usr/bin/env python3
"""Builds the documentation: docs.py OUTDIR [--base /path/]. See web/site/build.mjs, which does it; this brings what that needs."""
import pathlib
import shutil
import subprocess
import sys

import pages

WEB = pathlib.Path(__file__).resolve().parents[1] / "web"


def main():
    if not shutil.which("node") or not shutil.which("npm"):
        sys.exit("make docs: the documentation is built by Node.js 18 or newer and npm, which are not here. All of it can be read "
                 "without: docs/README.md is where it begins.")
    try:
        with pages.installed(WEB):
            sys.exit(subprocess.run(["node", WEB / "site" / "build.mjs", *sys.argv[1:]], check=False).returncode)
    except pages.Missing as e:
        sys.exit(f"make docs: {e}")


if __name__ == "__main__":
    main()
