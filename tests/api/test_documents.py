"""What is written for people: no link leads nowhere, and the index leads everywhere."""

import re
import subprocess

import pytest

from cardea_test.openapi import ROOT

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
PAGES = sorted({ROOT / name for name in subprocess.run(["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
                                                       capture_output=True, text=True, check=True).stdout.splitlines()
                if (ROOT / name).exists()})


def prose(page):
    """Without what stands in code, where brackets mean something else."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S))


def anchors(page):
    """As GitHub makes them of headings."""
    return {re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in page.read_text().splitlines() if line.startswith("#")}


def links(page):
    for link in LINK.findall(prose(page)):
        if not re.match(r"[a-z]+:", link):
            yield link


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_link_is_dead(page):
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists() and target.is_relative_to(ROOT), f"{page}: {link}"
        assert not anchor or anchor in anchors(target), f"{page}: {link}"


def test_the_index_leads_to_every_page():
    left, seen = [ROOT / "docs" / "README.md"], set()
    while left:
        page = left.pop()
        seen.add(page)
        for link in links(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            found = sorted(target.glob("*.md")) if target.is_dir() else [target]
            left += [p for p in found if p.suffix == ".md" and p not in seen and p not in left]
    assert {p for p in PAGES if p.is_relative_to(ROOT / "docs")} - seen == set()
    assert ROOT / "docs" / "README.md" in PAGES and len(PAGES) > 50


def test_each_page_is_of_one_kind():
    kinds = {"tutorials", "how-to", "reference", "explanation"}
    docs = [p.relative_to(ROOT / "docs") for p in PAGES if p.is_relative_to(ROOT / "docs")]
    assert {str(p.parent).split("/")[0] for p in docs} == {".", *kinds} and [str(p) for p in docs if len(p.parts) == 1] == ["README.md"]


def test_the_page_of_webhooks_lists_each_type():
    table = re.search(r"^\| Type \| When \|\n\|---\|---\|\n(.*?)\n\n", (ROOT / "docs/reference/webhooks.md").read_text(), re.M | re.S)[1]
    types = re.findall(r'\{"([a-z_.]+)",\s*"([^"]+)"\}', (ROOT / "src/service/event_types.c").read_text())
    assert len(types) > 20 and table.splitlines() == [f"| `{name}` | {when} |" for name, when in types]
