"""What a library exports: `cardea_*` and nothing else, and every CARDEA_API function of its public headers.

    symbols.py LIBRARY        libcardea's: all headers but scan*.h
    symbols.py LIBRARY scan   libcardea-scan's: scan*.h; and that it calls nothing that reads or writes: it does no I/O
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
IO = re.compile(r"_*(f?open(at)?(64)?|f?(read|write)(v|_unlocked)?|p(read|write)(64)?|f(close|gets|puts|getc|putc|printf|scanf)(_chk)?|v?printf(_chk)?|puts|perror|mmap(64)?|"
                r"socket|connect|send(to|msg)?|recv(from|msg)?|getaddrinfo|poll|select|fork|exec\w*|system|popen|f?stat(64)?|unlink|rename|getenv|syslog)")
DECLARED = re.compile(r"CARDEA_API\s[^;{]*?\b(cardea_\w+)\s*\(")

library = sys.argv[1]
listing = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
exported = {line.split()[-1].split("@")[0] for line in listing.splitlines() if line.split()[1] != "A"}
declared = set()
for header in (ROOT / "include/cardea").glob("*.h"):
    if header.name.startswith("scan") != (sys.argv[2:] == ["scan"]):
        continue
    declared |= set(DECLARED.findall(header.read_text()))

calls = []
if sys.argv[2:] == ["scan"]:
    needed = subprocess.run(["nm", "-D", "--undefined-only", library], check=True, capture_output=True, text=True).stdout
    calls = sorted(name for line in needed.splitlines() if IO.fullmatch(name := line.split()[-1].split("@")[0]))

foreign = sorted(name for name in exported if not name.startswith("cardea_"))
missing = sorted(declared - exported)
undeclared = sorted(name for name in exported - declared if name.startswith("cardea_"))
for name in foreign:
    print(f"{library}: exports {name}, which is not cardea_*")
for name in missing:
    print(f"{library}: does not export {name}, which a public header declares")
for name in undeclared:
    print(f"{library}: exports {name}, which no public header declares")
for name in calls:
    print(f"{library}: calls {name}, but does no I/O")
if foreign or missing or undeclared or calls:
    sys.exit(1)
print(f"symbols: {len(exported)} exported, all declared")
