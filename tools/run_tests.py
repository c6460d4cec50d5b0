#!/usr/bin/python3
"""Runs every test and sums up; the last line is `N passed, N failed`, the exit code 1 when any failed.

    tools/run_tests.py [STEP...]

When none is named: all of these, beside each other as far as SLOTS and the builds that they need allow.
  c            unit, store and example tests of build/
  python       pytest against build/, all of these beside each other:
    api          the API from outside
    cli          the command line as it is typed
    conformance  the statements of the reference pages
    gateway      the distribution's nginx with build/ngx_http_cardea_module.so, and other proxies
    crash        kill -9 in a loop
  web          the pages in a browser: node --test web/tests against build/
  asan         AddressSanitizer and UBSan: the C tests, beside api, cli, crash and part of gateway against that daemon and that module
  tsan         ThreadSanitizer: snapshot, activity and store tests
  fuzz         libFuzzer targets, a few seconds each (tests/fuzz)

`make test` builds build/ first; the other builds (build-asan, build-tsan, build-fuzz) are made here."""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parents[1]
PYTHON = "/usr/bin/python3"  # Debian's: its modules come as packages
# Instrumented code has compilers warn of what they do not see elsewhere; build/ is strict, and has the pages.
LENIENT = ["-Dwerror=false", "-Dpages=disabled"]
THREADED = re.compile(r"snapshot|judge|activity|concurrent|store|publisher|policy/own|policies|thread|notices|origins|net/multi")  # tests of what several threads or processes share
CASE = re.compile(r"^\[\s+(OK|FAILED)\s+\] (?!\d+ test)(\S+)", re.M)  # cmocka, one line a case
SANITIZE = {
    "ASAN_OPTIONS": "abort_on_error=0:exitcode=99:detect_leaks=1:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "halt_on_error=1:exitcode=99:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:exitcode=99:second_deadlock_stack=1",
}


PRINTING = threading.Lock()


class Slots:
    """How many processes that test run at once. Most of the time they wait for a second to end, so that there are more than a
    machine has cores; with many more, what takes a while would take too long."""

    def __init__(self, count):
        self._free, self._changed = count, threading.Condition()

    @contextlib.contextmanager
    def of(self, count):
        with self._changed:
            self._changed.wait_for(lambda: self._free >= count)
            self._free -= count
        try:
            yield
        finally:
            with self._changed:
                self._free += count
                self._changed.notify_all()


SLOTS = Slots(10)


class Results:
    def __init__(self):
        self.passed, self.failures, self._lock = 0, [], threading.Lock()

    def add(self, ok, name):
        with self._lock:
            if ok:
                self.passed += 1
            else:
                self.failures.append(name)


def run(command, **environment):
    """Streams its output through; returns the exit code."""
    print("$ " + " ".join(str(c) for c in command), flush=True)
    return subprocess.run([str(c) for c in command], cwd=ROOT, env={**os.environ, **environment}, check=False).returncode


def run_kept(command, **environment):
    """The same beside others: its output comes in one piece, when it has ended."""
    done = subprocess.run([str(c) for c in command], cwd=ROOT, env={**os.environ, **environment}, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    with PRINTING:
        print("$ " + " ".join(str(c) for c in command) + "\n" + done.stdout, end="", flush=True)
    return done.returncode


def configure(results, name, options, **environment):
    """Makes the build folder; False, with a failure on record, when that does not work."""
    folder = ROOT / name
    if (folder / "build.ninja").exists():
        return True
    shutil.rmtree(folder, ignore_errors=True)
    done = run(["meson", "setup", folder, *options], **environment) == 0
    if not done:
        results.add(False, f"{name}: meson setup")
    return done


def ninja(results, name, targets=()):
    # Beside tests, which go first, and before what the daemon does with low priority.
    done = run_kept(["nice", "-n", "19", "ninja", "-C", ROOT / name, *targets]) == 0
    if not done:
        results.add(False, f"{name}: compile")
    return done


def introspect(name, what):
    return json.loads(subprocess.run(["meson", "introspect", ROOT / name, what], capture_output=True, check=True).stdout)


def meson_tests(results, name, only=None, **environment):
    """Each cmocka case counts; a program that prints none counts as one, and so does the death of one that did."""
    command = ["meson", "test", "-C", ROOT / name, "--no-rebuild", "--print-errorlogs", "--timeout-multiplier", "5", *(only or [])]
    log = ROOT / name / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    with SLOTS.of(2):
        code = run_kept(command, **environment)
    records = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    for record in records:
        test = f"{name}: {record['name']}"
        cases = CASE.findall((record.get("stdout") or "") + "\n" + (record.get("stderr") or ""))
        failed = {case for verdict, case in cases if verdict == "FAILED"}
        for case in {case for _, case in cases}:
            results.add(case not in failed, f"{test}: {case}")
        if not cases or (record["result"] != "OK" and not failed):
            results.add(record["result"] == "OK", f"{test} ({record['result']})")
    if not records or (code != 0 and all(r["result"] == "OK" for r in records)):
        results.add(False, f"{name}: meson test ended with {code}")


# How many files of a suite are tested at once: whoever is free takes the next, since some take a second, some a minute.
WORKERS = {"api": 4, "gateway": 2, "conformance": 2}


def pytest(results, suite, build_name, *files, more=(), **environment):
    paths = [f"tests/{suite}/{name}" for name in files] or [f"tests/{suite}"]
    workers = WORKERS.get(suite, 1) if len(files) != 1 else 1
    spread = ["-n", str(workers), "--dist", "loadfile"] if workers > 1 else []
    with tempfile.NamedTemporaryFile(suffix=".xml") as report, SLOTS.of(workers):
        code = run_kept([PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", f"--junitxml={report.name}", *spread, *more, *paths],
                        CARDEA_BUILD=str(ROOT / build_name), CARDEA_SCANNER_FROM=str(ROOT / "build"), PYTHONPYCACHEPREFIX=str(ROOT / "build" / "pycache"), **environment)
        try:
            cases = list(xml.parse(report.name).iter("testcase"))
        except xml.ParseError:
            cases = []
    bad = 0
    for case in cases:
        # A skipped test proves nothing, so it counts as failed.
        wrong = [tag for tag in ("failure", "error", "skipped") if case.find(tag) is not None]
        bad += bool(wrong)
        results.add(not wrong, f"{build_name}: {suite}: {case.get('classname')}.{case.get('name')} {' '.join(wrong)}".rstrip())
    if not cases or (code != 0 and not bad):
        results.add(False, f"{build_name}: pytest {suite} ended with {code}")


def side_by_side(*lanes):
    """Each lane's calls one after another, the lanes at the same time."""
    def drive(lane):
        for call, *arguments in lane:
            call(*arguments)

    with concurrent.futures.ThreadPoolExecutor(len(lanes)) as pool:
        for done in [pool.submit(drive, lane) for lane in lanes]:
            done.result()  # raises what the lane raised


def step_c(results):
    meson_tests(results, "build")


DESCRIPTION = "test_zz_description.py"
OTHER_SUITES = ("conformance", "cli", "gateway", "crash")


def pytest_api(results, build_name, *without, **environment):
    """All but the file that looks at what all the others saw."""
    out = [f"--ignore=tests/api/{name}" for name in (DESCRIPTION, *without)]
    pytest(results, "api", build_name, more=out, **environment)


def step_api(results):
    """At last: was all that was seen as it is described?"""
    with tempfile.TemporaryDirectory() as seen:
        pytest_api(results, "build", CARDEA_EXCHANGES=seen)
        pytest(results, "api", "build", DESCRIPTION, CARDEA_EXCHANGES=seen)


TAP = re.compile(r"^\s*(not )?ok \d+ - (.*?)( # (?:SKIP|TODO).*)?$", re.M)


def step_web(results):
    """Two files at once, each with a demo and a browser of its own. Some versions of Node put a line for the file around its tests."""
    files = sorted(f"web/tests/{path.name}" for path in (ROOT / "web" / "tests").glob("*.test.mjs"))
    with SLOTS.of(3):
        done = subprocess.run(["timeout", "--kill-after=10", "600", "node", "--test", "--test-concurrency=2", "--test-reporter=tap", *files], cwd=ROOT, check=False,
                              env={**os.environ, "CARDEA_BUILD": str(ROOT / "build")}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace")
    cases = [match.groups() for match in TAP.finditer(done.stdout)]
    tests = [(bad, name, skipped) for bad, name, skipped in cases if bad or not name.endswith(".mjs")]
    bad = 0
    for failed, name, skipped in tests:
        bad += bool(failed or skipped)
        results.add(not failed and not skipped, f"web: {name}")
    with PRINTING:
        print(f"$ node --test {' '.join(files)}\n" + (done.stdout if bad or done.returncode else f"{len(tests)} passed\n"), end="", flush=True)
    if not tests or (done.returncode != 0 and not bad):
        results.add(False, f"web: node --test ended with {done.returncode}")


def suite(name):
    return lambda results: pytest(results, name, "build")


def step_python(results, *beside):
    """`beside`: lanes that run at the same time."""
    side_by_side([(step_api, results)], *([(pytest, results, name, "build")] for name in OTHER_SUITES), *beside)


def build_asan(results):
    options = ["-Db_sanitize=address,undefined", "-Db_lundef=false", "-Doptimization=1", "-Dc_args=-g1", *LENIENT]
    return configure(results, "build-asan", options) and ninja(results, "build-asan")


def test_asan(results):
    # The daemon forbids others to trace it, which the leak check at its end needs; root may all the same.
    leaks = SANITIZE["ASAN_OPTIONS"].replace("detect_leaks=1", f"detect_leaks={int(os.geteuid() == 0)}")
    # A stock nginx loads a module that was built with a sanitizer when the sanitizer's libraries come first.
    preload = [subprocess.run(["cc", f"-print-file-name=lib{name}.so"], capture_output=True, text=True, check=True).stdout.strip()
               for name in ("asan", "ubsan")]
    environment = {**SANITIZE, "ASAN_OPTIONS": leaks, "NGINX_PRELOAD": " ".join(preload)}

    def sanitized(suite, *files):
        pytest(results, suite, "build-asan", *files, **environment)

    def cli():
        pytest(results, "cli", "build-asan", more=["--ignore=tests/cli/test_tutorial.py"], **environment)

    def units():
        meson_tests(results, "build-asan", **SANITIZE)

    module = [f"test_{name}.py" for name in ("answers", "decisions", "headers", "requests", "scan", "snapshot", "turns")]
    # Not the reference pages, nor every caller at every door, nor words, nor others' programs that look at what was sent: all of
    # that goes the same ways through the program as the rest. Nor the comparison with the description: that daemon says nothing
    # that this one does not.
    # Nor the pages, which it has not, nor the tutorials, whose nginx is started by a shell that knows of no sanitizer.
    same = ("test_authority.py", "test_documents.py", "test_pages.py", "test_product_docs.py", "test_site.py", "test_webhooks_receivers.py")
    side_by_side([(lambda: pytest_api(results, "build-asan", *same, **environment),)],
                 [(sanitized, "gateway", *module)], [(cli,), (sanitized, "crash")], [(units,)])


def step_asan(results):
    if build_asan(results):
        test_asan(results)


def build_tsan(results):
    """The tests of what several threads or processes share; None when they cannot be built."""
    name = "build-tsan"
    if not configure(results, name, ["-Db_sanitize=thread", "-Db_lundef=false", "-Dc_args=-g1", *LENIENT]):
        return None
    wanted = [t for t in introspect(name, "--tests") if THREADED.search(" ".join([t["name"], *t["suite"]]))]
    programs = {t["cmd"][0] for t in wanted if t["cmd"][0].startswith(str(ROOT / name))}
    if not programs:
        results.add(False, f"{name}: no tests of snapshot, activity and store")
        return None
    built = ninja(results, name, sorted(str(pathlib.Path(p).relative_to(ROOT / name)) for p in programs))
    return sorted({t["name"] for t in wanted}) if built else None


def step_tsan(results):
    wanted = build_tsan(results)
    if wanted:
        meson_tests(results, "build-tsan", wanted, **SANITIZE)


def build_fuzz(results):
    name = "build-fuzz"
    options = ["-Dfuzzers=true", "-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dc_args=-fsanitize=fuzzer-no-link -g1", *LENIENT]
    if not configure(results, name, options, CC="clang"):
        return False
    programs = [t["filename"][0] for t in introspect(name, "--targets")
                if t["type"] == "executable" and pathlib.Path(t["defined_in"]).parent.name == "fuzz"]
    return ninja(results, name, [str(pathlib.Path(p).relative_to(ROOT / name)) for p in programs])


def step_fuzz(results):
    if build_fuzz(results):
        meson_tests(results, "build-fuzz", ["--suite", "fuzz"], **SANITIZE)


def step_all(results):
    """Compiling fills the time that tests wait: first what most tests wait for, then the rest one after the other."""
    built = concurrent.futures.Future()

    def first_build():
        try:
            built.set_result(build_asan(results))
        except BaseException as failure:
            built.set_exception(failure)
            raise

    def sanitized():
        if built.result():
            test_asan(results)

    step_python(results, [(step_c, results)], [(step_web, results)], [(first_build,), (step_tsan, results), (step_fuzz, results)], [(sanitized,)])


STEPS = {
    "all": step_all,
    "c": step_c,
    "python": step_python,
    "api": step_api,
    **{name: suite(name) for name in OTHER_SUITES},
    "web": step_web,
    "asan": step_asan,
    "tsan": step_tsan,
    "fuzz": step_fuzz,
}


def main():
    wanted = sys.argv[1:] or ["all"]
    unknown = [w for w in wanted if w not in STEPS]
    if unknown:
        sys.exit(f"no such step: {', '.join(unknown)}; there are {', '.join(STEPS)}")
    results, began = Results(), time.monotonic()
    for name in wanted:
        print(f"\n=== {name} ({time.monotonic() - began:.0f} s)", flush=True)
        STEPS[name](results)
    print(f"\n=== done in {time.monotonic() - began:.0f} s")
    for failure in results.failures:
        print(f"FAILED {failure}")
    print(f"{results.passed} passed, {len(results.failures)} failed", flush=True)
    sys.exit(1 if results.failures else 0)


if __name__ == "__main__":
    main()
