"""`cardea policies …` against the real daemon: documents in JSON and YAML, versions, test cases, replay."""

import json

import pytest

from cardea_test.cli import Cli
from cardea_test.fixtures import unique
from cardea_test.scanner import ready

OUTBOUND = """\
# What leaves this house.
sensitivity: medium
keep_content: true
replacement: "Ask your lead."
rules:
  - {id: codename, type: regex, pattern: 'project\\s+hinge', action: block, priority: 10}
  - id: words
    type: keyword
    words: [confidential, "42"]
    action: flag
"""
CASES = """\
policy: %s
cases:
  - name: the code name
    text: about project hinge
    expect: block
  - {text: this is confidential, expect: flag}
  - text: See you at noon
    expect: allow
"""


@pytest.fixture
def account(make):
    return make.account("cardea")


@pytest.fixture
def owner(make, account):
    return make.session(account, "owner")


@pytest.fixture
def cli(shared, root, make, account, tmp_path):
    ready(root)
    key = make.key(account, kind="key", scopes=["policies:read", "policies:write"])
    return Cli(tmp_path, CARDEA_API_URL=f"http://127.0.0.1:{shared.port}", CARDEA_API_KEY=key["key"])


@pytest.fixture
def file(tmp_path):
    def write(name, text):
        (tmp_path / name).write_text(text)
        return tmp_path / name
    return write


def test_from_a_file_to_a_roll_back(cli, owner, file):
    made = cli("policies", "create", "outbound", file("outbound.yaml", OUTBOUND), "--json").json
    assert (made["name"], made["version"], made["default"]) == ("outbound", 0, True)
    draft = owner.get("/v1/policies/outbound", expect=200)["draft"]
    assert draft["keep_content"] is True and draft["rules"][0]["priority"] == 10 and draft["rules"][0]["pattern"] == r"project\s+hinge"
    assert draft["rules"][1]["words"] == ["confidential", "42"] and draft["replacement"] == "Ask your lead."
    assert "Version 1 of outbound is in force" in cli("policies", "publish", "outbound", "--note", "the first").err
    smaller = {"rules": [{"id": "one", "type": "keyword", "words": ["secret"], "action": "flag"}]}
    assert "Saved" in cli("policies", "draft", "outbound", file("smaller.json", json.dumps(smaller)), "--revision", "1").err
    assert "changed meanwhile" in cli("policies", "draft", "outbound", file("other.json", json.dumps({"rules": []})), "--revision", "1", code=1).err
    assert cli("policies", "show", "outbound", "--draft").json == smaller
    assert cli("policies", "show", "outbound", "--published").json == draft
    cli("policies", "publish", "outbound")
    assert cli("policies", "publish", "outbound", "--version", "1", "--json").json["version"] == 3
    rows = cli("policies", "versions", "outbound").rows
    assert [r[0] for r in rows] == ["3", "2", "1"] and rows[2][3] == "the first"
    assert cli("policies", "show", "outbound", "--version", "2").json == smaller
    assert cli("policies", "versions", "outbound", "-q").out.split() == ["3", "2", "1"]


def test_list_rename_default_delete(cli, file):
    one, two = unique("one"), unique("two")
    cli("policies", "create", one)
    cli("policies", "create", two, "-", input=OUTBOUND)
    assert [r[:3] for r in cli("policies", "list").rows] == [[one, "default", "draft"], [two, "", "draft"]]
    assert "publish it first" in cli("policies", "default", two, code=1).err
    cli("policies", "publish", two)
    cli("policies", "default", two)
    cli("policies", "rename", two, f"{two}-new")
    assert [r[1:4] for r in cli("policies", "list").rows] == [["", "draft", "0"], ["default", "published", "1"]]
    assert "--yes" in cli("policies", "delete", one, code=2).err
    cli("policies", "delete", one, "--yes")
    cli("policies", "show", one, code=3)
    shown = dict(r for r in cli("policies", "show", f"{two}-new").rows if len(r) == 2)
    assert shown["default"] == "yes" and shown["state"] == "published"
    assert dict(r for r in cli("policies", "show", "builtin").rows if len(r) == 2)["state"] == "built in"
    assert cli("policies", "show", "builtin", "--published").json["rules"]


def test_mistakes_have_their_places(cli, file):
    said = cli("policies", "create", "bad", file("bad.yaml", "rules:\n  - {id: a, type: regex, pattern: '(', action: shout}\n"), code=1).err
    assert "/document/rules/0/pattern" in said and "/document/rules/0/action" in said
    assert "bad.yaml:3:1" in cli("policies", "create", "bad", file("bad.yaml", "rules:\n - [a\n"), code=1).err
    assert "bad.json" in cli("policies", "create", "bad", file("bad.json", '{"rules": }'), code=1).err
    assert "No such file" in cli("policies", "create", "bad", "/nowhere.yaml", code=1).err
    assert "not a mapping" in cli("policies", "create", "bad", file("list.yaml", "- a\n"), code=1).err
    for args in (("--version", "0"), ("--version", "x"), ("--draft", "--published")):
        cli("policies", "show", "builtin", *args, code=2)


def test_cases(cli, file):
    cli("policies", "create", "outbound", file("outbound.yaml", OUTBOUND))
    cases = file("cases.yaml", CASES % "outbound")
    assert "no published version" in cli("policies", "test", cases, code=1).err
    good = cli("policies", "test", cases, "--draft")
    assert "3 of 3 cases hold" in good.err
    assert [r[:4] for r in good.rows] == [["1 (the code name)", "block", "block", "ok"], ["2", "flag", "flag", "ok"], ["3", "allow", "allow", "ok"]]
    assert good.rows[0][4] == "codename"
    wrong = cli("policies", "test", file("wrong.json", json.dumps({"draft": True, "cases": [
        {"name": "a wish", "text": "see you", "expect": "block"}, {"text": "hello", "expect": "allow"}]})), "--policy", "outbound", code=1)
    assert "case 1 (a wish): expected block, is allow" in wrong.err and "case 2" not in wrong.err and "1 of 2 cases do not hold" in wrong.err
    assert wrong.rows[0][3] == "wrong" and wrong.rows[1][3] == "ok"
    assert cli("policies", "test", cases, "--draft", "--json").json["summary"]["passed"] == 3
    assert cli("policies", "test", cases, "--draft", "-q").out == ""
    assert "names no `policy`" in cli("policies", "test", file("none.yaml", "cases: []\n"), code=2).err
    assert "/cases" in cli("policies", "test", file("none.yaml", "policy: outbound\ncases: []\n"), code=1).err


def test_replay(cli, owner, file):
    cli("policies", "create", "outbound", file("outbound.yaml", OUTBOUND))
    cli("policies", "publish", "outbound")
    assert owner.post("/v1/scan", {"text": "about project hinge"}, expect=200)["verdict"] == "block"
    cli("policies", "draft", "outbound", "-", input="rules: []\n")
    said = cli("policies", "replay", "outbound", "--limit", "10")
    assert "1 events: 1 by their text" in said.err and "1 verdicts would change: 0 stricter, 1 looser" in said.err
    assert said.rows[0][2:5] == ["block", "allow", "content"] and "hinge" not in said.out
    assert cli("policies", "replay", "outbound", "--json").json["changed"] == 1
    assert cli("policies", "replay", "outbound", "-q").out == "1\n"
    cli("policies", "replay", "outbound", "--limit", "0", code=2)
    assert "--limit:" in cli("policies", "replay", "outbound", "--limit", "1001", code=1).err
