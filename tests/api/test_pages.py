"""The pages as the daemon serves them: what a browser may keep, what a page may load, and what no path leads to."""

import gzip
import importlib.util
import json
import pathlib
import re
import shutil

import pytest

from cardea_test.daemon import PROGRAM, Daemon, temporary
from cardea_test.openapi import ROOT

HOST = "animus.localhost"


class Without(Daemon):
    program = PROGRAM.parent / "tests" / "cardea_without_pages"


class Browser:
    def __init__(self, client):
        self.client = client

    def get(self, path, method="GET", **headers):
        return self.client.call(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()}, record=False)


@pytest.fixture(scope="module")
def operator(root):
    return Browser(root.using(token=None))


@pytest.fixture(scope="module")
def product(root):
    return Browser(root.using(token=None, host=HOST))


@pytest.fixture(scope="module", params=["operator", "product"])
def browser(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def script(operator):
    """The path of the dashboard's own script."""
    return "/dashboard/" + re.search(rb'src="\./(assets/[^"]+\.js)"', operator.get("/dashboard/").body)[1].decode()


def test_the_page_is_told_where_it_lies(browser):
    page = browser.get("/dashboard/", Accept="text/html")
    assert page.status == 200 and page.header("content-type") == "text/html; charset=utf-8"
    assert page.body.count(b"<base ") == 1 and b'<base href="/dashboard/"' in page.body


@pytest.mark.parametrize("path", ["keys", "integrations", "webhooks/whk_1", "accounts/acc_1/keys", "policies/pol_1/versions", "v2", "v10/x",
                                  "a%20b", "keys?create=1", "index.html", "assets", "%C3%A4", "settings/"])
def test_each_path_of_the_dashboard_is_the_page(browser, path):
    page = browser.get(f"/dashboard/{path}")
    assert page.status == 200 and page.body == browser.get("/dashboard/").body


def test_nothing_but_this_host_is_in_the_page(browser):
    page = browser.get("/dashboard/")
    policy = dict(part.strip().split(" ", 1) for part in page.header("content-security-policy").split(";"))
    assert policy == {"default-src": "'self'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:",
                      "connect-src": "'self'", "object-src": "'none'", "base-uri": "'self'", "form-action": "'self'",
                      "frame-ancestors": "'none'"}
    assert page.header("x-content-type-options") == "nosniff" and page.header("x-frame-options") == "DENY"
    assert page.header("referrer-policy") == "no-referrer"
    assert page.header("cross-origin-opener-policy") == page.header("cross-origin-resource-policy") == "same-origin"
    assert page.header("access-control-allow-origin") is None
    assert not re.search(rb"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|https?://", page.body)


def test_the_page_is_asked_for_again_and_files_are_kept(browser, script):
    assert browser.get("/dashboard/").header("cache-control") == "no-cache"
    file = browser.get(script)
    assert file.status == 200 and file.header("cache-control") == "public, max-age=31536000, immutable"
    assert file.header("content-type") == "text/javascript; charset=utf-8"
    assert file.header("x-content-type-options") == "nosniff"


@pytest.mark.parametrize("path", ["/dashboard/", "/dashboard/keys", "/dashboard/cardea-keys.js", None])
def test_what_the_browser_has_is_not_sent_again(browser, script, path):
    path = path or script
    first = browser.get(path)
    for tags in (first.header("etag"), f'"x", {first.header("etag")}'):
        again = browser.get(path, If_None_Match=tags)
        assert (again.status, again.body) == (304, b"") and again.header("etag") == first.header("etag")
        assert again.header("cache-control") == first.header("cache-control")
    for tags in ('"x"', "W/", first.header("etag").removeprefix("W/")[:-2] + '"'):
        assert browser.get(path, If_None_Match=tags).body == first.body


def test_files_are_packed_for_who_takes_that(browser, script):
    plain = browser.get(script)
    assert plain.header("content-encoding") is None and plain.header("vary") == "Accept-Encoding"
    for accepted in ("gzip", "deflate, gzip;q=0.5, br", "GZIP", "br;q=1.0, gzip ; q=1"):
        packed = browser.get(script, Accept_Encoding=accepted)
        assert packed.header("content-encoding") == "gzip" and packed.header("vary") == "Accept-Encoding", accepted
        assert gzip.decompress(packed.body) == plain.body and len(packed.body) < len(plain.body)
    for refused in ("", "identity", "br", "gzip;q=0", "gzip; q=0.000", "xgzip", "gzipx"):
        assert browser.get(script, Accept_Encoding=refused).body == plain.body, refused


def test_head_says_what_get_would_send(browser, script):
    for path in ("/dashboard/", script, "/dashboard/cardea-keys.js"):
        head, get = browser.get(path, "HEAD"), browser.get(path)
        assert head.status == 200 and head.body == b"" and int(head.header("content-length")) == len(get.body)


@pytest.mark.parametrize("path", ["assets/none.js", "assets/", "assets/../index.html", "assets/../../etc/passwd", "assets/%2e%2e/index.html",
                                  "../v1/keys", "..", ".", "a/../b", "./a", "%2e%2e/x", "a%2fb", "a%2Fb", "a%5cb", "a\\b", "%00", "a%00b",
                                  "assets/..%2f..%2f..%2fetc/passwd", "assets//index.html", "%2E/x", "assets/%00.js"])
def test_no_path_leads_elsewhere(browser, path):
    reply = browser.get(f"/dashboard/{path}")
    assert reply.status == 404 and reply.code == "not_found", reply
    assert reply.header("cache-control") == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_pages_are_only_read(browser, script, method):
    for path in ("/dashboard/", "/dashboard/keys", script, "/dashboard/cardea-keys.js"):
        reply = browser.get(path, method)
        assert reply.status == 405 and reply.header("allow") == "GET, HEAD", (path, reply)


def test_the_path_without_its_slash_leads_there(browser):
    reply = browser.get("/dashboard")
    assert (reply.status, reply.header("location"), reply.header("cache-control")) == (302, "/dashboard/", "no-store")


def test_a_browser_finds_the_dashboard_of_the_operator_and_a_program_is_told_the_truth(operator, product):
    found = operator.get("/", Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert (found.status, found.header("location"), found.header("vary")) == (302, "/dashboard/", "Accept")
    assert operator.get("/", Accept="*/*").status == operator.get("/").status == 404
    assert operator.get("/", "POST", Accept="text/html").status == 404
    assert product.get("/", Accept="text/html").status != 302, "a product's `/` is the product's"


def test_the_component_is_for_every_site(operator, product):
    everywhere = {f.get(path).body for f, path in ((operator, "/cardea-keys.js"), (operator, "/dashboard/cardea-keys.js"),
                                                   (product, "/dashboard/cardea-keys.js"))}
    assert len(everywhere) == 1 and len(everywhere.pop()) > 1000
    reply = operator.get("/cardea-keys.js", Origin="https://app.example.com")
    assert reply.header("access-control-allow-origin") == "*" and reply.header("cross-origin-resource-policy") == "cross-origin"
    assert reply.header("cache-control") == "public, no-cache" and reply.header("content-type").startswith("text/javascript")
    assert reply.header("access-control-allow-credentials") is None
    assert product.get("/cardea-keys.js").status == 403, "there it is the product's own path"


def test_the_operators_dashboard_has_the_native_api(root, operator):
    alias = root.get("/dashboard/v1/accounts?limit=3", expect=200, record=False)
    assert alias.json == root.get("/v1/accounts?limit=3", expect=200).json
    assert operator.get("/dashboard/v1/accounts").status == 401
    for path in ("/dashboard/v1", "/dashboard/v1/", "/dashboard/v1/nothing", "/dashboard/v1/../v1/accounts"):
        assert root.get(path, record=False).status == 404, path
    assert root.get("/dashboard/metrics", record=False).body.startswith(b"<!doctype"), "the alias is of /v1 alone"


def test_no_page_is_on_a_host_of_documentation(root):
    docs = Browser(root.using(token=None, host="docs.animam.ai"))
    for path in ("/dashboard", "/dashboard/", "/cardea-keys.js"):
        assert docs.get(path).status == 404


# ---- a product, before anybody has logged in ----

def test_what_a_product_says_of_itself(root):
    page = root.using(token=None, host=HOST).get("/dashboard/v1/product", expect=200).json
    assert page == root.using(token=None).get("/v1/product?profile=animus", expect=200).json | {
        "examples": page["examples"], "example": page["example"]}
    assert page["title"] == "Animus" and page["operator"] is False and re.fullmatch("#[0-9a-f]{6}", page["color"])
    assert page["keys"] == {"path": "integrations", "nav": "Integrations", "title": "API Keys", "noun": "key"}
    assert [s["name"] for s in page["scopes"]] == ["read", "write", "search"] and all(s["description"] for s in page["scopes"])
    assert page["default_kind"] == "key" and [k["name"] for k in page["kinds"]] == ["key"]
    kind = page["kinds"][0]
    assert kind["max_active"] == 10 and kind["scopes"] == {
        "selectable": True, "required": True, "allowed": ["read", "write", "search"], "granted": []}
    assert page["example"] == {"method": "GET", "url": page["example"]["url"], "scope": "read"}
    assert re.fullmatch(rf"http://{HOST}(:\d+)?/api/v1/content", page["example"]["url"])
    assert [e["scope"] for e in page["examples"]] == ["read", "search"]


def test_each_product_has_its_own_words(root):
    def of(name):
        return root.using(token=None).get(f"/v1/product?profile={name}", expect=200).json

    assert of("animam")["keys"] == {"path": "api-tokens", "nav": "API Tokens", "title": "API Tokens", "noun": "token"}
    assert of("anyformat")["keys"] == {"path": "api-key", "nav": "API Key", "title": "API Key", "noun": "key"}
    assert of("cardea")["keys"] == {"path": "api-keys", "nav": "API Keys", "title": "API Keys", "noun": "key"}
    legacy = {k["name"]: k for k in of("animam")["kinds"]}["legacy"]
    assert legacy["legacy"] and legacy["scopes"]["allowed"] == [] and "corpus:read" in legacy["scopes"]["granted"]
    anima = of("anima")
    assert anima["offers"] == dict.fromkeys(("agents", "messages", "policies", "webhooks", "billing", "logs", "reference"), True)
    kinds = {k["name"]: k for k in anima["kinds"]}
    assert kinds["agent"]["agent"] and kinds["master"]["server_side_only"] and kinds["master"]["rotate_every_sec"] == 90 * 86400
    assert of("anyformat")["kinds"][0]["replaces_previous"] and of("anyformat")["kinds"][0]["follows_role"]
    assert of("open-animate")["cli"] == {"name": "oanim", "env": "ANIMATE_API_KEY"}
    assert all(k["root_only"] for k in of("cardea")["kinds"] if k["name"] != "key")


def test_the_operators_own_page_names_no_product(root):
    stranger = root.using(token=None)
    page = stranger.get("/v1/product", expect=200)
    assert page.json == {"name": "cardea", "title": "Cardea", "operator": True, "color": None}
    assert stranger.get("/v1/product?profile=nobody").status == 404
    other = root.using(token=None, host=HOST).get("/dashboard/v1/product?profile=anima", expect=200).json
    assert other["name"] == "animus", "a product's host speaks of that product"


# ---- a build without Node ----

@pytest.fixture(scope="module")
def without():
    folder = temporary()
    daemon = Without(folder).start()
    yield daemon
    assert daemon.stop() == 0
    assert daemon.log().count("built without pages") == 1
    shutil.rmtree(folder, ignore_errors=True)


def test_a_build_without_pages_says_how_to_get_them(without):
    for host in (None, HOST):
        browser = Browser(without.root().using(token=None, host=host))
        for path in ("/dashboard", "/dashboard/", "/dashboard/keys", "/dashboard/assets/x.js", "/dashboard/cardea-keys.js"):
            reply = browser.get(path)
            assert reply.status == 404 and "-Dpages=enabled" in reply["detail"], (host, path, reply)
    browser = Browser(without.root().using(token=None))
    assert "-Dpages=enabled" in browser.get("/cardea-keys.js")["detail"]
    assert browser.get("/", Accept="text/html").status == 404


def test_a_build_without_pages_has_the_same_api(without):
    root = without.root()
    assert root.get("/dashboard/v1/accounts", expect=200, record=False).json == root.get("/v1/accounts", expect=200).json
    assert root.using(token=None).get("/v1/product?profile=animus", expect=200)["title"] == "Animus"


def test_the_reference_is_the_same_page_everywhere_and_its_files_are_there(root):
    native = root.using(token=None).get("/docs/", expect=200)
    product = root.using(token=None, host="api.anyformat.ai").get("/docs/", expect=200)
    assert native.body == product.body and b'<base href="/docs/"' in native.body
    assert "script-src 'self'" in native.header("content-security-policy") and "unsafe" not in native.header("content-security-policy")
    files = re.findall(rb'(?:src|href)="\./(assets/[^"]+)"', native.body)
    assert len(files) >= 2
    for name in files:
        for host in (None, "api.anyformat.ai"):
            file = root.using(token=None, host=host).get("/docs/" + name.decode(), expect=200)
            assert "immutable" in file.header("cache-control")


# ---- how they come into the program ----

@pytest.fixture
def builder(tmp_path, monkeypatch):
    """tools/pages.py beside a web/ of its own, with an npm that does as it is told and a node that writes two files."""
    spec = importlib.util.spec_from_file_location("pages", ROOT / "tools" / "pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "PAUSE_SEC", 0)
    web, programs = tmp_path / "web", tmp_path / "bin"
    for folder in (web / "dashboard", programs):
        folder.mkdir(parents=True)
    packages = {"": {}, "node_modules/a": {"version": "1.0.0", "integrity": "sha512-a"},
                "node_modules/b": {"version": "2.0.0", "integrity": "sha512-b", "optional": True}}
    (web / "package-lock.json").write_text(json.dumps({"packages": packages}))
    (web / "dashboard" / "main.ts").write_text("")
    (programs / "npm").write_text('#!/bin/sh\necho x >> tries\n[ -e npm-works ] || exit 1\nmkdir -p node_modules\ncp package-lock.json node_modules/.package-lock.json\n')
    (programs / "node").write_text('#!/bin/sh\nmkdir -p "$2/dashboard"\ncp page.html "$2/dashboard/index.html"\nprintf %s "$(cat script)" > "$2/dashboard/a.js"\n')
    (web / "page.html").write_text('<base href="./" /><p>page</p>')
    (web / "script").write_text("x" * 1000)
    for program in programs.iterdir():
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")

    def run(*more):
        monkeypatch.setattr("sys.argv", ["pages.py", *(str(p) for p in (web, tmp_path / "work", tmp_path / "pages.c", tmp_path / "pages.bin",
                                                                        tmp_path / "pages.d")), *more])
        module.main()
        return (tmp_path / "pages.c").read_text()

    run.web, run.module, run.folder = web, module, tmp_path
    return run


def test_packages_are_fetched_when_they_are_not_what_the_lock_says(builder):
    (builder.web / "npm-works").touch()
    for _ in range(2):
        assert '"dashboard/a.js"' in builder() and "web_file_count = 2" in builder()
    assert (builder.web / "tries").read_text() == "x\n", "once"
    lock = builder.web / "package-lock.json"
    lock.write_text(lock.read_text().replace("sha512-a", "sha512-c"))
    builder()
    assert (builder.web / "tries").read_text() == "x\nx\n"
    watched = (builder.folder / "pages.d").read_text()
    assert "dashboard/main.ts" in watched and "package-lock.json" in watched and "node_modules" not in watched


def test_what_is_optional_may_be_left_out_and_nothing_else(builder):
    installed = builder.web / "node_modules"
    installed.mkdir()
    good = {"node_modules/a": {"version": "1.0.0", "integrity": "sha512-a"}}
    for packages, right in ((good, True), ({}, False), ({**good, "node_modules/x": {"version": "1"}}, False),
                            ({"node_modules/a": {"version": "1.0.1", "integrity": "sha512-a"}}, False),
                            ({**good, "node_modules/b": {"version": "2.0.0", "integrity": "sha512-b"}}, True),
                            ({**good, "node_modules/b": {"version": "2.0.0", "integrity": "sha512-z"}}, False)):
        (installed / ".package-lock.json").write_text(json.dumps({"packages": packages}))
        assert builder.module.is_installed(builder.web) is right, packages


def test_without_packages_there_are_no_pages_and_the_next_build_tries_again(builder, capsys):
    assert "web_file_count = 0" in builder()
    assert "no pages" in capsys.readouterr().err and (builder.web / "tries").read_text() == "x\n" * 3
    watched = (builder.folder / "pages.d").read_text().split(":", 1)[1].replace("\\\n", " ").split()
    assert [p for p in watched if not pathlib.Path(p).exists()], "out of date for good"
    with pytest.raises(SystemExit, match="failed 3 times"):
        builder("--required")


def test_pages_that_could_not_be_served_do_not_build(builder):
    (builder.web / "npm-works").touch()
    for page in ("<p>no base</p>", '<base href="./"><base href="./">', '<base href="/">'):
        (builder.web / "page.html").write_text(page)
        with pytest.raises(SystemExit, match="exactly once"):
            builder()


def test_what_is_compiled_in_is_what_was_built(builder):
    (builder.web / "npm-works").touch()
    text, blob = builder(), (builder.folder / "pages.bin").read_bytes()
    rows = {name: [int(n) for n in numbers] for name, *numbers in re.findall(r'\{"([^"]+)", .*?, (-?\d+), \{(\d+), (\d+)\}, \{(\d+), (\d+)\}\}', text)}
    base, at, size, packed_at, packed = rows["dashboard/a.js"]
    assert base == -1 and blob[at:at + size] == b"x" * 1000 and gzip.decompress(blob[packed_at:packed_at + packed]) == b"x" * 1000
    base, at, size, _, packed = rows["dashboard/index.html"]
    assert packed == 0 and blob[at + base:at + base + 2] == b"./" and size == len('<base href="./" /><p>page</p>')
