"""The how-to guides and the reference, typed beside a demo: each command of a page does what it is there for.

What cannot be typed here says so, with its reason, in a comment of the page (cardea_test.typed)."""

import re
import shutil

import pytest

from cardea_test import typed
from cardea_test.daemon import BUILD, Daemon, environment, temporary
from cardea_test.gateway import until
from cardea_test.leaks import REGISTRY
from cardea_test.openapi import ROOT

PAGES = [page for folder in ("how-to", "reference") for page in sorted((ROOT / "docs" / folder).rglob("*.md")) if list(typed.commands(page.read_text()))
         and page.parent.name not in ("errors", "cli")]


@pytest.fixture(scope="module")
def demo():
    folder = temporary("cardea-guides-")
    daemon = Daemon(folder, ["--demo", "--webhook-http", "--webhook-networks", "127.0.0.0/8"]).warm().launch()
    until(lambda: (daemon.data / "demo.json").exists() or not daemon.running(), daemon.log)
    assert daemon.running(), daemon.log()
    until(lambda: daemon.client().get("/readyz").json["scanner"] == "ready", daemon.log)
    (folder / "build").symlink_to(BUILD)
    (folder / "var").symlink_to(daemon.data)
    REGISTRY.learn(daemon.demo_file())
    yield daemon
    assert daemon.stop() == 0 and not daemon.sanitizer_reports()
    shutil.rmtree(folder)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_its_commands_do_what_it_says(page, demo):
    told = demo.demo_file()
    tls = told["tls_base"].rsplit(":", 1)[1]
    shell = typed.Shell(demo.folder, environment(HOME=str(demo.folder), NO_COLOR="1", TERM="xterm", CARDEA_API_URL=told["base"], CARDEA_API_KEY=told["root_key"],
                                                 KEY=told["root_key"], CURL_HOME=str(demo.data), PATH=f"{BUILD}:/usr/bin:/bin:/usr/sbin:/sbin"))
    try:
        for command, expected in typed.commands(page.read_text()):
            printed = shell.type(command.replace("8080", str(demo.port)).replace("8443", tls)).replace(str(demo.port), "8080")
            printed += "" if printed.endswith("\n") else "\n"  # curl ends as the body does
            if expected:
                assert typed.pattern(expected).fullmatch(printed), f"$ {command}\nprinted:\n{printed}\nthe page says:\n{expected}"
            else:  # it shows what to type, not what comes: then that it works
                assert shell.type("echo $typed") == "0\n" and not re.search(r'"status":[45]\d\d\b', printed), f"$ {command}\nprinted:\n{printed}"
    finally:
        shell.close()


def test_no_page_is_forgotten():
    assert {page.stem for page in PAGES} >= {"agents-and-messages", "device-login", "embed-keys", "migrate-legacy-keys", "audit", "leaks", "policies", "reminders", "scan", "usage", "webhooks"}
