"""The ledger of statements beside the tests that name them: none is said to be proven without a test, and none is forgotten."""

import ast
import pathlib
import re

import pytest

HERE = pathlib.Path(__file__).resolve().parent
IN_A_BROWSER = HERE.parents[1] / "web" / "tests"
CAPABILITIES = {"browser", "gateway", "scanner", "webhook"}
# How many statements each page makes; OA9b came later.
PAGES = {"AS": 11, "AM": 11, "OA": 11, "AN": 18, "AF": 10}
ID = r"(?:AS|AM|OA|AN|AF)\d+b?"


def ledger():
    lines = [line for line in (HERE / "ledger.tsv").read_text().splitlines() if line and not line.startswith("#")]
    return {row[0]: row[1:] for row in (line.split("\t") for line in lines[1:])}


def named():
    """IDs by the tests whose name or description names them, those of the pages in a browser too; "OA1-OA3" names three. Where a module's own description names
    some, its tests prove them together."""
    found = {}
    for path in sorted(HERE.glob("test_*.py")):
        if path.name == pathlib.Path(__file__).name:
            continue
        module = ast.parse(path.read_text())
        tests = [node for node in module.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
        for node in [module, *tests] if tests else []:
            name = getattr(node, "name", "")
            text = f"{name.replace('_', ' ')} {ast.get_docstring(node) or ''}"
            text = re.sub(rf"\b([A-Z]{{2}})(\d+)-\1(\d+)\b", lambda m: " ".join(f"{m[1]}{n}" for n in range(int(m[2]), int(m[3]) + 1)), text)
            for one in re.findall(rf"\b{ID}\b", text):
                found.setdefault(one, []).append(f"{path.name}::{name}")
    for path in sorted(IN_A_BROWSER.glob("*.test.mjs")):
        for name in re.findall(r'^test\("([^"]+)"', path.read_text(), re.M):
            for one in re.findall(rf"\b{ID}\b", name):
                found.setdefault(one, []).append(f"{path.name}::{name}")
    return found


NAMED = named()  # as the files are when the tests are collected


def test_every_statement_stands_in_the_ledger_once():
    numbers = {page + str(n) for page, count in PAGES.items() for n in range(1, count + 1)} | {"OA9b"}
    assert set(ledger()) == numbers
    text = (HERE / "ledger.tsv").read_text()
    assert len(re.findall(rf"^{ID}\t", text, re.M)) == len(numbers), "a statement stands twice"


@pytest.mark.parametrize("one", ledger())
def test_what_it_says_is_so(one):
    """Proven: a test names it. Not proven: none does, and it says what is waited for. A part: both, and which part."""
    proven, waits, part = ledger()[one]
    tests = NAMED.get(one, [])
    assert proven in ("yes", "part", "no")
    assert set(waits.split(",")) <= (CAPABILITIES if proven != "yes" else {"-"})
    assert bool(part) == (proven == "part")
    if proven == "no":
        assert tests == [], f"{one} is named by tests now: say in ledger.tsv how far it is proven"
    else:
        assert tests, f"no test names {one}"


def test_no_test_names_a_statement_that_there_is_not():
    assert {one: tests for one, tests in NAMED.items() if one not in ledger()} == {}


def test_the_tests_that_are_named_are_collected(request):
    """What is read above is what runs: each of those functions is one that pytest has collected, if its file was asked for."""
    collected = {(item.path.name, item.originalname) for item in request.session.items}
    files = {name for name, _ in collected}
    partly = request.config.getoption("keyword") or any("::" in argument for argument in request.config.args)
    missing = {test for tests in NAMED.values() for test in tests
               if not test.endswith("::") and test.split("::")[0] in files and tuple(test.split("::")) not in collected}
    assert partly or missing == set()
