"""The documentation as a site (web/site): whole, readable by machines too, loading nothing from elsewhere; and a dead link ends its making."""

import html.parser
import json
import re
import shutil
import subprocess

import pytest

from cardea_test.openapi import ROOT


def build(root, out, *more):
    return subprocess.run(["/usr/bin/python3", ROOT / "tools/docs.py", out, *more] if root == ROOT else ["node", root / "web/site/build.mjs", out, *more],
                          capture_output=True, text=True, timeout=200, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site") / "docs"
    done = build(ROOT, out, "--base", "/cardea/")
    assert done.returncode == 0, done.stdout + done.stderr
    return out


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.links, self.loads, self.inline, self.ids = [], [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if attrs.get("id"):
            assert attrs["id"] not in self.ids, attrs["id"]
            self.ids.add(attrs["id"])
        if tag == "a":
            self.links.append(attrs["href"])
        elif attrs.get("src") or (tag == "link" and attrs.get("href")):
            self.loads.append(attrs.get("src") or attrs["href"])
        if (tag == "script" and "src" not in attrs) or tag == "style" or "style" in attrs or any(name.startswith("on") for name in attrs):
            self.inline.append(tag)


def test_each_page_is_there_as_page_and_as_markdown(site):
    sources = [p.relative_to(ROOT / "docs") for p in (ROOT / "docs").rglob("*.md") if p != ROOT / "docs/README.md"]
    assert len(sources) > 100
    for source in sources:
        stem = re.sub(r"(^|/)README$", r"\1index", str(source.with_suffix("")))
        assert (site / f"{stem}.html").exists() and (site / f"{stem}.md").read_text().startswith("# "), source
    start = (site / "index.html").read_text()
    assert "Two commands" in start and "How-to guides" in start


def test_it_loads_nothing_from_elsewhere_and_nothing_is_inline(site):
    for path in site.rglob("*.html"):
        page = Page(path.read_text())
        assert page.inline == [] and page.loads, path
        assert not [load for load in page.loads if re.match(r"[a-z]+:|//", load)], path
        assert not [link for link in page.links if re.match(r"(?!https?:|mailto:)[a-z]+:", link)], path
    for path in (site / "assets").iterdir():
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", path.read_text()) or path.name == "search.js", path


def test_the_index_for_models_leads_to_markdown(site):
    text = (site / "llms.txt").read_text()
    assert text.startswith("# Cardea\n\n> ") and re.findall(r"^## (.*)$", text, re.M) == ["Tutorials", "How-to guides", "Reference", "Explanation", "Optional"]
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) > 100 and [link for link in links if not (site / link).is_file()] == []
    assert len([link for link in links if link.endswith(".md")]) > 100


def test_links_of_the_markdown_lead_somewhere_too(site):
    for path in site.rglob("*.md"):
        text = re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", path.read_text(), flags=re.M | re.S))
        for link in re.findall(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)", text):
            assert re.match(r"[a-z]+:|#", link) or (path.parent / link.partition("#")[0]).is_file(), (path, link)


def test_nobody_reads_what_is_said_to_the_tests(site):
    for path in [*site.rglob("*.md"), *site.rglob("*.html")]:
        assert not re.search(r"(<|&lt;)!-- (typed|not typed|other output)", path.read_text()), path


def test_the_404_page_finds_its_files_from_anywhere(site):
    page = Page((site / "404.html").read_text())
    assert page.links and page.loads and all(link.startswith(("/cardea/", "#")) for link in page.links + page.loads)


def test_the_search_leads_to_headings(site):
    pages = json.loads((site / "assets/search.js").read_text().removeprefix("window.cardeaPages = ").rstrip(";\n"))
    assert len(pages) > 100
    for _, url, _, headings in pages:
        ids = Page((site / url).read_text()).ids
        assert {anchor for _, anchor in headings} <= ids, url


DEAD = {
    "[a](nowhere.md)": "docs/how-to/gateway.md: nowhere.md",
    "[a](../reference/scan.md#no-such-heading)": "how-to/gateway.html: ../reference/scan.html#no-such-heading (no such heading)",
    "[a](#no-such-heading)": "how-to/gateway.html: #no-such-heading (no such heading)",
    "[a](../../../etc/passwd)": "docs/how-to/gateway.md: ../../../etc/passwd",
}


def test_dead_links_end_it(tmp_path):
    names = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/api", "tests/unit", "src")):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "web/node_modules").symlink_to(ROOT / "web/node_modules")
    with open(tmp_path / "docs/how-to/gateway.md", "a") as page:
        page.write("\n" + "\n".join(DEAD) + "\n")
    done = build(tmp_path, tmp_path / "out")
    assert done.returncode == 1 and set(done.stderr.splitlines()) == {f"{len(DEAD)} dead links:", *(f"  {said}" for said in DEAD.values())}, done.stderr
