"""Proves that the functions of src/banned.h do not compile, each by a program that calls it."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
banned = ROOT / "src/banned.h"
names = [name for line in re.findall(r"#pragma GCC poison ([^/\n]+)", banned.read_text()) for name in line.split()]


def compiles(body):
    return subprocess.run(["gcc", "-include", banned, "-fsyntax-only", "-w", "-x", "c", "-"], input=body, text=True,
                          capture_output=True).returncode == 0


if not names or not compiles("int main(void) { return 0; }"):
    sys.exit("banned: src/banned.h names nothing, or does not compile by itself")
allowed = [name for name in names if compiles(f"int main(void) {{ {name}(0); return 0; }}")]
for name in allowed:
    print(f"banned: {name} compiles")
if not allowed:
    print(f"banned: none of {len(names)} functions compiles")
sys.exit(1 if allowed else 0)
