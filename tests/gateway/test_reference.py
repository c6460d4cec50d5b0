"""docs/nginx.md against the module: no directive or variable that only one of them knows, and examples that nginx takes."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/nginx.md").read_text()


def rows(heading):
    """What stands in backticks in the first column of the table under a heading."""
    table = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [cell for line in table.splitlines() if line.startswith("| `") for cell in re.findall(r"`([^`]+)`", line.split("|")[1])]


def test_every_directive_and_variable_is_described():
    directives = set(re.findall(r'ngx_string\("(cardea\w*)"\)', (ROOT / "src/nginx/module.c").read_text()))
    variables = set(re.findall(r'ngx_string\("(cardea\w*)"\)', (ROOT / "src/nginx/variables.c").read_text()))
    assert {cell.split()[0] for cell in rows("Directives")} - {"on", "off"} == directives
    assert set(rows("Variables")) == {f"${name}" for name in variables}


def test_the_examples_are_taken(nginx, shared):
    blocks = re.findall(r"```nginx\n(.*?)```", PAGE, re.S)
    assert len(blocks) == 2
    whole = nginx()
    inside = re.search(r"    server \{.*\n    \}\n", blocks[0], re.S).group().replace("8080", "127.0.0.1:PORT")
    whole.write(inside)
    for one in (whole, nginx().serve(blocks[1])):
        code, text = one.test()
        assert code == 0 and "[warn]" not in text, text
    # And the first of them does what the page says.
    whole.start()
    assert whole.client().get("/status", expect=200).body == b"up\n"
    assert whole.client().get("/api/v1/content/1", expect=401).code == "MISSING"
