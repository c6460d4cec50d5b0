"""The tutorials, typed as printed."""

import re

import pytest

from cardea_test import typed
from cardea_test.daemon import BUILD, environment, free_port
from cardea_test.openapi import ROOT

TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_it_prints_what_the_page_says(page, tmp_path):
    ports = {said: str(free_port()) for said in ("8080", "8081", "9000")}
    (tmp_path / "build").symlink_to(BUILD)
    url = f"http://localhost:{ports['8080']}"
    shell = typed.Shell(tmp_path, environment(HOME=str(tmp_path), NO_COLOR="1", TERM="xterm", CARDEA_API_URL=url, TIDE_API_URL=url))
    try:
        for command, expected in typed.commands(page.read_text()):
            for said, port in ports.items():
                command = re.sub(rf"\b{said}\b", port, command)
            printed = shell.type(command)
            for said, port in ports.items():
                printed = printed.replace(port, said)
            assert expected is None or typed.pattern(expected).fullmatch(printed), f"$ {command}\nprinted:\n{printed}\nthe page says:\n{expected}"
    finally:
        shell.close()
