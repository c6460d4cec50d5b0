"""Deliveries as others' libraries see them: Standard Webhooks' own for JavaScript, from npm (tests/receivers)."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

from cardea_test.daemon import BUILD, Daemon
from cardea_test.fixtures import the_module_is_clean
from cardea_test.openapi import ROOT
from cardea_test.receiver import Endpoint, until
from test_webhooks import FAST, Hook, Place

FILES = ROOT / "tests/receivers"


@pytest.fixture(scope="module")
def verify():
    """Installs what package-lock.json pins into the build folder, once; then asks the library."""
    home = BUILD / "tests" / "receivers"
    wanted = (FILES / "package-lock.json").read_text()
    installed = home / "installed"
    home.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "verify.mjs"):
        shutil.copy(FILES / name, home)
    if not installed.exists() or installed.read_text() != wanted:
        for _ in range(3):  # somebody else's server
            run = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=home, capture_output=True, text=True, timeout=120, check=False)
            if run.returncode == 0:
                break
        assert run.returncode == 0, run.stderr
        installed.write_text(wanted)

    def ask(*deliveries):
        lines = "".join(json.dumps({"secret": secret, "headers": headers, "body": body.decode()}) + "\n" for secret, headers, body in deliveries)
        run = subprocess.run(["node", "verify.mjs"], cwd=home, input=lines, capture_output=True, text=True, timeout=60, check=True)
        return [json.loads(line) for line in run.stdout.splitlines()]
    return ask


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    daemon = Daemon(tmp_path_factory.mktemp("receivers"), FAST)
    yield Place(daemon.start())
    assert daemon.stop() == 0
    the_module_is_clean(daemon)


def test_the_standard_s_own_library_verifies_our_deliveries(here, verify):
    server = Endpoint()
    h = Hook(here.root, here.account(), server, events=["key.created"])
    here.key({"id": h.made["account"], "profile": "anima"})
    until(lambda: len(server.got) == 1)
    new = h.rotate()["secret"]
    here.key({"id": h.made["account"], "profile": "anima"})
    until(lambda: len(server.got) == 2)
    server.close()
    (_, first, body), (_, both, second) = server.got
    told = verify((h.secret, first, body), (h.secret, both, second), (new, both, second), (new, first, body), (h.secret, first, body.replace(b"created", b"revoked")),
                  (h.secret, {**first, "webhook-timestamp": str(int(first["webhook-timestamp"]) - 301)}, body), (h.secret, {**first, "webhook-id": "evt_x"}, body))
    assert [t.get("verified") for t in told] == [json.loads(body), json.loads(second), json.loads(second), None, None, None, None]
    assert ["refused" in t for t in told] == [False] * 3 + [True] * 4
