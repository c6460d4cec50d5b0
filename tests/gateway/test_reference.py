"""docs/reference/nginx.md against the module: no directive or variable that only one of them knows, and examples that nginx takes."""

import pathlib
import re

from rig.nginx import MODULE, SCAN_MODULE

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/reference/nginx.md").read_text()


def rows(heading):
    """What stands in backticks in the first column of the table under a heading."""
    table = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [cell for line in table.splitlines() if line.startswith("| `") for cell in re.findall(r"`([^`]+)`", line.split("|")[1])]


def test_every_directive_and_variable_is_described():
    directives = set(re.findall(r'ngx_string\("(cardea\w*)"\)', (ROOT / "src/nginx/module.c").read_text()))
    variables = set(re.findall(r'ngx_string\("(cardea\w*)"\)', (ROOT / "src/nginx/variables.c").read_text()))
    assert {cell.split()[0] for cell in rows("Directives")} - {"on", "off"} == directives
    assert set(rows("Variables")) == {f"${name}" for name in variables}


def test_every_directive_of_the_scan_is_described():
    directives = set(re.findall(r'ngx_string\("(cardea\w*)"\)', (ROOT / "src/nginx/scan_module.c").read_text()))
    assert {cell.split()[0] for cell in rows("Scanning bodies") if cell.startswith("cardea")} == directives


def test_the_example_of_the_scan_is_taken(nginx, shared, tmp_path):
    block = next(b for b in re.findall(r"```nginx\n(.*?)```", PAGE, re.S) if "cardea_scan" in b)
    key = tmp_path / "scanner.key"
    key.write_text("crds_x\n")
    key.chmod(0o600)
    inside = block.split("scanner.cache;\n")[1].rsplit("}", 1)[0].replace("8080", "127.0.0.1:PORT").replace("/etc/cardea/scanner.key", str(key))
    code, text = nginx(modules=(MODULE, SCAN_MODULE)).write(inside).test()
    assert code == 0 and "[warn]" not in text, text


def test_the_examples_are_taken(nginx, shared):
    blocks = [b for b in re.findall(r"```nginx\n(.*?)```", PAGE, re.S) if "cardea_scan" not in b]
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
