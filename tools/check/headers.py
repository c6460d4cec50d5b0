"""Compiles each public header alone, as C11 and as C++17, and each private one alone as the project's C."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def stands_alone(header, language, *command):
    run = subprocess.run([*command, f"-I{ROOT / 'include'}", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", language,
                          header], capture_output=True, text=True)
    if run.returncode:
        print(f"{header.relative_to(ROOT)}: does not stand alone in {language}\n{run.stderr}")
    return run.returncode == 0


def main():
    public = sorted((ROOT / "include/cardea").glob("*.h"))
    # nginx's headers are found by the build alone, which compiles those that stand on them.
    private = sorted(h for h in (ROOT / "src").rglob("*.h") if h.parent.name != "nginx")
    good = True
    for header in public:
        good &= stands_alone(header, "c", "gcc", "-std=c11", "-pedantic")
        good &= stands_alone(header, "c++", "g++", "-std=c++17", "-pedantic")
    for header in private:
        good &= stands_alone(header, "c", "gcc", "-std=gnu11", "-D_GNU_SOURCE", "-Wno-unused-function", f"-I{ROOT / 'src'}")
    if good:
        print(f"headers: {len(public)} public (C and C++) and {len(private)} private ones stand alone")
    return 0 if good else 1


sys.exit(main())
