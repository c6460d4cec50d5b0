"""What the daemon says of each product: nothing that its profile lacks, and all that it has."""

import re

import pytest
import yaml

from cardea_test import docs
from cardea_test.openapi import ROOT

PROFILES = {name: yaml.safe_load((ROOT / "profiles" / f"{name}.yaml").read_text())
            for name in ("animus", "animam", "anima", "anyformat", "open-animate")}
OURS = {("GET", "/llms.txt"), ("GET", "/llms/{page}"), ("GET", "/docs/errors/{code}"), ("GET", "/docs/"), ("GET", "/docs/assets/{file}"), ("GET", "/schema/")}


def listed(value):
    return value if isinstance(value, list) else [value]


@pytest.fixture(scope="module", params=sorted(PROFILES))
def product(request, root):
    profile = PROFILES[request.param]
    host = profile["hosts"][-1]
    pages = docs.read(root.using(token=None, host=host))
    return profile, host, pages


def table(text, heading):
    """The cells of the first table beneath a heading."""
    rows = text.split(heading, 1)[1].split("|---", 1)[1].split("\n\n", 1)[0].splitlines()[1:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def test_the_index_names_the_product(product):
    profile, _, pages = product
    assert pages["/llms.txt"].startswith(f"# {profile['title']}\n\n> {profile['docs']['summary'].strip()}\n")
    assert {"/llms/authentication.md", "/llms/scopes.md", "/llms/errors.md", "/llms/keys.md"} <= set(pages)


def test_every_route_and_no_other(product):
    profile, _, pages = product
    wanted = {(method, route["path"]): route for route in profile["routes"] for method in listed(route["methods"])}
    told = {(method, path.strip("`")): need for methods, path, need in table(pages["/llms/scopes.md"], "## What each request needs")
            for method in methods.split(", ")}
    assert set(told) == set(wanted) | OURS
    for key, route in wanted.items():
        if "scope" in route:
            assert told[key].startswith(f"a key with `{route['scope']}`")
        else:
            assert told[key].startswith("nothing" if route.get("public") else "any key")
        assert ("role" in told[key]) == ("min_role" in route) and route.get("min_role", "") in told[key]
        assert all(f"`{kind}`" in told[key] for kind in listed(route.get("kinds", [])))


def test_every_scope_and_no_other(product):
    profile, _, pages = product
    scopes, page = profile.get("scopes", {}), pages["/llms/scopes.md"]
    assert {row[0].strip("`"): row[1] for row in (table(page, "| Scope | Allows |") if scopes else [])} == scopes
    assert ("Keys have no scopes here." in page) == (not scopes)


def test_every_kind_and_what_holds_for_it(product):
    profile, _, pages = product
    for page in ("/llms/authentication.md", "/llms/keys.md"):
        assert dict(re.findall(r"^### (.+) \(`(\w+)`\)$", pages[page], re.M)) == {k.get("title", n): n for n, k in profile["kinds"].items()}
    for name, kind in profile["kinds"].items():
        looks = re.search(rf"\(`{name}`\)\n\n(.*?)(?=\n### |\n\[All)", pages["/llms/authentication.md"], re.S)[1]
        limits = re.search(rf"\(`{name}`\)\n\n(.*?)(?=\n### |\n\[All)", pages["/llms/keys.md"], re.S)[1]
        flags = listed(kind.get("flags", []))
        if "format" in kind:
            assert looks.startswith(f"`{kind['format'].split('{')[0]}`")
        assert ("For servers only" in looks) == ("server_side_only" in flags)
        assert (f"at most {kind.get('max_active')} active" in limits) == ("max_active" in kind)
        assert ("making the next one revokes it" in limits) == ("replaces_previous" in flags)
        assert ("a rotation is due every 90 days" in limits) == (kind.get("rotate_every") == "90d")


def test_no_example_looks_like_a_key(product, root):
    profile, _, pages = product
    for kind in profile["kinds"].values():
        start = kind.get("format", "").split("{")[0]
        for text in pages.values():
            for found in re.findall(rf"{re.escape(start)}\w{{8,}}", text) if start else []:
                assert root.verify(found)["code"] in ("MALFORMED", "NOT_FOUND") and len(found) < 20, found


def test_management_as_the_profile_has_it(product):
    profile, host, pages = product
    management, page = profile.get("management"), pages["/llms/keys.md"]
    if not management:
        assert "The API has no paths that manage keys." in page and "| Request |" not in page
        return
    paths = {"create": "POST {}", "show": "GET {}/ID", "update": "PATCH {}/ID", "revoke": "DELETE {}/ID"}
    wanted = {f"GET {management['base']}"} | {paths[a].format(management["base"]) for a in management["actions"]}
    rows = table(page, "## By the API")
    assert {row[0].strip("`") for row in rows} == wanted
    for row in rows:
        assert ("a session token" in row[2]) == management.get("by_session", False)
        assert ("a key" in row[2]) == management.get("by_key", False)
    for scope in management.get("scopes", {}).values():
        assert f"`{scope}`" in page
    assert ("Keys do not manage keys" in page) == (not management.get("by_key"))
    assert f"At `http://{host}`" in page, "the host that was asked"


def test_the_example_is_a_request_that_a_key_may_make(product, root, make):
    profile, host, pages = product
    url = re.search(r'curl "http://([^/"]+)(/[^"]*)"', pages["/llms/authentication.md"])
    assert url[1] == host
    account = make.account(profile["name"])
    if profile["name"] == "anyformat":
        key = make.session(account, "owner").post("/v1/keys", {"name": "docs"}, expect=201)["key"]
    else:
        more = {"kind": "master"} if profile["name"] == "anima" else {"scopes": ["*"]} if "scopes" in profile else {}
        key = make.key(account, **more)["key"]
    path = url[2].replace("TENANT", account["slug"])
    caller = root.using(token=key)
    caller.get(f"/v1/authorize/{profile['name']}{path}", expect=200)
    caller.using(token=None).get(f"/v1/authorize/{profile['name']}{path}", expect=401)


def test_errors_are_those_that_callers_get(product, root, make):
    profile, host, pages = product
    page = pages["/llms/errors.md"]
    told = {re.search(r"`(\w+)`", row[1])[1]: int(row[0]) for row in table(page, "refused changes nothing.")}
    caller = root.using(token=None, host=host)
    path = next(r["path"] for r in profile["routes"] if not r.get("public")).replace("/**", "").replace("{tenant}", "any")
    assert told["MISSING"] == caller.get(path).status
    assert told["NOT_FOUND"] == caller.using(token="unknown").get(path).status
    assert told["NO_ROUTE"] == caller.get("/nowhere").status
    bodies = {code: answer["body"] for code, answer in profile.get("denials", {}).items() if "body" in answer}
    for code, body in bodies.items():
        shown = body.replace("{scope}", next(iter(profile.get("scopes", {"": 0})))).replace("{code}", code)
        assert f"`{code}`: status {told[code]}, `application/json`\n\n    {shown}\n" in page
    for code, answer in profile.get("denials", {}).items():
        assert told[code] == answer.get("status", told[code])
    assert ("CLIENT_SIDE" in told) == ("server_side_only" in str(profile["kinds"]))
    assert ("WRONG_AGENT" in told) == ("agent_bound" in str(profile["kinds"]))
    assert ("INSUFFICIENT_SCOPE" in told) == ("scopes" in profile) and "REVOKED" not in told


def test_the_pages_are_public_to_whoever_decides(product, root):
    profile, _, pages = product
    for path in pages:
        root.using(token=None).get(f"/v1/authorize/{profile['name']}{path}", expect=200)


def test_the_index_is_only_read(product, root):
    profile, host, _ = product
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        reply = root.using(token=None, host=host).call(method, "/llms.txt")
        assert reply.status == profile.get("denials", {}).get("NO_ROUTE", {}).get("status", 403)


def test_the_type_of_a_refusal_is_a_page(product, root):
    _, host, _ = product
    there = root.using(token="x", host=host, headers={"X-API-Key": "y"})
    there.get(there.get("/llms/nonsense.md", expect=404)["type"], expect=200)


@pytest.mark.parametrize("path", ["/llms/", "/llms", "/llms/keys", "/llms/KEYS.md", "/llms/keys.md/x", "/llms/..%2fkeys.md", "/llms/%6beys.md", "/llms//keys.md",
                                  "/LLMS.txt", "/docs/errors/nonsense"])
def test_what_is_no_page_is_none(root, path):
    for host in ("api.animus.so", "docs.animam.ai"):
        assert root.using(token=None, host=host).get(path).status in (400, 403, 404), (host, path)


def test_a_documentation_host_has_nothing_else(root, make):
    key = make.key(make.account("open-animate"))["key"]
    for host in ("docs.open-animate.com", "docs.animam.ai"):
        for path in ("/v1/assets", "/v1/api-keys", "/dashboard", "/dashboard/v1/sessions", "/v1/keys", "/metrics", "/livez", "/openapi.json", "/docs/", "/docs/assets/x", "/schema/"):
            assert root.using(token=key, host=host).get(path).status == 404, (host, path)
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            assert root.using(token=None, host=host).call(method, "/llms.txt").status == 404
        assert root.using(token=None, host=host).get("/", expect=200).body == root.using(token=None, host=host).get("/llms.txt").body


def test_products_without_documentation_hosts_have_none(root):
    for host in ("docs.animus.so", "docs.anyformat.ai", "docs.animus.localhost"):
        assert root.using(token=None, host=host).get("/llms.txt").status == 421


def test_anyformat_keeps_its_own_public_paths(root):
    there = root.using(token=None, host="api.anyformat.ai")
    for path in ("/", "/health/"):
        assert there.get(path, expect=502).code == "no_upstream", "it is upstream's to answer"


def test_caches_may_keep_pages_but_no_refusal(root):
    there = root.using(token=None, host="api.animus.so")
    for path in ("/llms.txt", "/llms/keys.md"):
        assert there.get(path, expect=200).header("cache-control") == "public, max-age=300"
    assert there.get("/llms/nonsense.md", expect=404).header("cache-control") == "no-store"


def test_the_native_hosts_have_their_own(root):
    assert root.using(token=None).get("/llms.txt", expect=200).body.startswith(b"# Cardea\n")
    root.using(token=None).get("/llms/keys.md", expect=404)
