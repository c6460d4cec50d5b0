"""What a library exports: `cardea_*` and nothing else, and every CARDEA_API function of its public headers.

    symbols.py LIBRARY        libcardea's: all headers but scan*.h
    symbols.py LIBRARY scan   libcardea-scan's: scan*.h
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DECLARED = re.compile(r"CARDEA_API\s[^;{]*?\b(cardea_\w+)\s*\(")

library = sys.argv[1]
listing = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
exported = {line.split()[-1].split("@")[0] for line in listing.splitlines() if line.split()[1] != "A"}
declared = set()
for header in (ROOT / "include/cardea").glob("*.h"):
    if header.name.startswith("scan") != (sys.argv[2:] == ["scan"]):
        continue
    declared |= set(DECLARED.findall(header.read_text()))

foreign = sorted(name for name in exported if not name.startswith("cardea_"))
missing = sorted(declared - exported)
undeclared = sorted(name for name in exported - declared if name.startswith("cardea_"))
for name in foreign:
    print(f"{library}: exports {name}, which is not cardea_*")
for name in missing:
    print(f"{library}: does not export {name}, which a public header declares")
for name in undeclared:
    print(f"{library}: exports {name}, which no public header declares")
if foreign or missing or undeclared:
    sys.exit(1)
print(f"symbols: {len(exported)} exported, all declared")
