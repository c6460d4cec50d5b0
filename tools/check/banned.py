"""Proves that the functions of src/banned.h do not compile, each by a program that calls it, and that every file of the
build (its folder is the argument) is compiled with that header in front."""
import json
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
unguarded = [entry["file"] for entry in json.loads((pathlib.Path(sys.argv[1]) / "compile_commands.json").read_text())
             if f"-include {banned}" not in entry["command"]]
for name in unguarded:
    print(f"banned: {name} is compiled without src/banned.h")
allowed = [name for name in names if compiles(f"int main(void) {{ {name}(0); return 0; }}")]
for name in allowed:
    print(f"banned: {name} compiles")
if not allowed and not unguarded:
    print(f"banned: none of {len(names)} functions compiles")
sys.exit(1 if allowed or unguarded else 0)
