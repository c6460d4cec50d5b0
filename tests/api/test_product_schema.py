"""/schema/ of each product: OpenAPI that tools read, with what its profile lets callers ask, and nothing else."""

import json
import re
import signal

import pytest
import yaml

from cardea_test.daemon import Daemon
from cardea_test.gateway import until
from cardea_test.openapi import ROOT

NATIVE = {  # what a profile may expose of management: its section, and how its paths go on
    "keys": ["", "/{key}"],
    "agents": ["", "/{agent}"],
    "messages": ["", ],
    "policies": ["", "/{policy}", "/{policy}/draft", "/{policy}/publish", "/{policy}/test", "/{policy}/replay", "/{policy}/versions", "/{policy}/versions/{version}"],
    "webhooks": ["", "/{webhook}", "/{webhook}/rotate-secret", "/{webhook}/cut-over", "/{webhook}/test", "/{webhook}/replay", "/{webhook}/deliveries",
                 "/{webhook}/deliveries/{delivery}"],
    "logs": ["", "/checkpoint", "/proof"],
    "billing": ["", "/keys/{key}"],
}
OF_AN_AGENT = ["/{agent}/messages", "/{agent}/messages/ack", "/{agent}/messages/{message}", "/{agent}/messages/{message}/ack", "/{agent}/push-secret"]
METHODS = ("get", "post", "put", "patch", "delete", "options")
PROFILES = {path.stem: yaml.safe_load(path.read_text()) for path in sorted((ROOT / "profiles").glob("*.yaml")) if path.stem != "cardea"}


def listed(value):
    return value if isinstance(value, list) else [value]


@pytest.fixture(scope="module", params=sorted(PROFILES))
def product(request, root):
    profile = PROFILES[request.param]
    there = root.using(token=None, host=profile["hosts"][-1])
    reply = there.get("/schema/", expect=200)
    assert reply.header("content-type") == "application/json" and reply.header("x-content-type-options") == "nosniff"
    return profile, there, reply.json


def managed(profile):
    """{path: section} of what the daemon answers on the product's host."""
    management = profile.get("management", {})
    found = {management["base"] + rest: "keys" for rest in NATIVE["keys"]} if management else {}
    for section in NATIVE.keys() - {"keys"}:
        if section in management:
            found |= {management[section]["base"] + rest: section for rest in NATIVE[section]}
    if "messages" in management:
        found |= {management["agents"]["base"] + rest: "messages" for rest in OF_AN_AGENT}
    return found


def operations(schema):
    return {(method, path): item[method] for path, item in schema["paths"].items() for method in METHODS if method in item}


def test_it_lists_the_profile_s_routes_and_nothing_else(product):
    profile, _, schema = product
    ours, bases = managed(profile), {re.sub(r"(/\{(key|agent|policy|webhook)\}.*|/checkpoint|/proof|/keys/\{key\})$", "", p) for p in managed(profile)}
    wanted = set()
    for route in profile["routes"]:
        path = route["path"]
        if any(path == base or path.startswith(base + "/") for base in bases):
            continue
        whole = path.removesuffix("/**")
        wanted |= {(method.lower(), p) for method in listed(route["methods"]) for p in ([whole, whole + "/{rest}"] if path.endswith("/**") else [path])}
    told = operations(schema)
    assert {key for key in told if key[1] not in ours} == wanted
    assert set(ours) == {path for _, path in told if path in ours}


def test_what_it_lists_answers_and_what_it_needs_is_so(product):
    """Without a key each operation that needs one is refused with 401, and each other is not: none is unknown to who decides."""
    _, there, schema = product
    for (method, path), operation in operations(schema).items():
        reply = there.call(method.upper(), re.sub(r"\{[a-z]+\}", "x", path), {} if "requestBody" in operation else None, record=False)
        assert (reply.status == 401) == bool(operation["security"]), (method, path, reply)
        assert reply.status in (401, 502), (method, path, reply)
        assert operation["summary"] is not None and operation["tags"] and operation["description"]


def test_management_without_an_action_is_not_listed(product):
    profile, there, schema = product
    actions = profile.get("management", {}).get("actions", [])
    base = profile.get("management", {}).get("base")
    if not base:
        assert not re.search(r"api-?keys?|tokens", json.dumps(list(schema["paths"]))), "AF7: not in the description either"
        assert "session" not in schema["components"]["securitySchemes"] and "KeyCreate" not in schema["components"]["schemas"]
        return
    has = {("create", "post", base), ("show", "get", base + "/{key}"), ("update", "patch", base + "/{key}"), ("revoke", "delete", base + "/{key}")}
    for action, method, path in has:
        assert ((method, path) in operations(schema)) == (action in actions), action


def test_scopes_are_the_profile_s(product):
    profile, _, schema = product
    scopes = set(profile.get("scopes", {}))
    asked = {scope for o in operations(schema).values() for way in o["security"] for scope in way.get("key", [])}
    assert asked <= scopes and (not scopes or asked)
    for operation in operations(schema).values():
        for scope in re.findall(r"`([a-z:]+)`", operation["description"]):
            assert scope in scopes


def test_refusals_are_in_the_product_s_words(product):
    profile, there, schema = product
    responses = schema["components"]["responses"]
    own = [p for (method, p), o in operations(schema).items() if method == "get" and o["security"] and p not in managed(profile)]
    for path in own[:1]:  # Anima's are all the daemon's own
        reply = there.get(re.sub(r"\{[a-z]+\}", "x", path), expect=401)
        example = responses["Refused401"]["content"][reply.header("content-type")]["examples"]["MISSING"]["value"]
        assert example == reply.json or {**example, "request_id": 0} == {**reply.json, "request_id": 0}
    for name, response in responses.items():
        if name.startswith("Refused"):
            assert all(media["examples"] for media in response["content"].values()) and response["content"]


def test_every_reference_leads_somewhere_and_every_component_is_used(product):
    _, _, schema = product
    text = json.dumps(schema)
    references = set(re.findall(r'"\$ref": "#/components/(\w+)/(\w+)"', text))
    assert len(re.findall(r'"\$ref"', text)) == len(re.findall(r'"\$ref": "#/components/\w+/\w+"', text))
    there = {(kind, name) for kind in ("parameters", "responses", "schemas") for name in schema["components"][kind]}
    assert references <= there
    assert {one for one in there - references if not one[1].startswith("Refused")} == set()


def test_it_is_openapi_3_1(product):
    """What the specification asks of a document, as far as this one has it (its own JSON Schema is not at hand here)."""
    _, _, schema = product
    assert schema["openapi"] == "3.1.0" and schema["info"]["title"] and schema["info"]["version"]
    assert set(schema) <= {"openapi", "info", "servers", "tags", "paths", "components", "x-cardea"} and schema["servers"] == [{"url": "/"}]
    ids = [o["operationId"] for o in operations(schema).values()]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"\w+", one) for one in ids)
    tags = [tag["name"] for tag in schema["tags"]]
    assert len(set(tags)) == len(tags) and {t for o in operations(schema).values() for t in o["tags"]} == set(tags)
    schemes = schema["components"]["securitySchemes"]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for kind in schema["components"].values() for name in kind)
    normal = [re.sub(r"\{\w+\}", "{}", path) for path in schema["paths"]]
    assert len(set(normal)) == len(normal), "two templates for the same path"
    for path, item in schema["paths"].items():
        assert path.startswith("/") and set(item) <= set(METHODS)
        for operation in item.values():
            assert operation["responses"] and all(re.fullmatch(r"[1-5](\d\d|XX)", status) for status in operation["responses"])
            assert all(set(way) <= set(schemes) for way in operation["security"])
            given = [schema["components"]["parameters"][p["$ref"].split("/")[-1]] if "$ref" in p else p for p in operation["parameters"]]
            assert all(p["in"] in ("path", "query", "header") and ("schema" in p or "content" in p) for p in given)
            assert len({(p["in"], p["name"]) for p in given}) == len(given)
            assert {p["name"] for p in given if p["in"] == "path"} == set(re.findall(r"\{(\w+)\}", path)), (path, given)
            assert all(p["required"] for p in given if p["in"] == "path")


def test_what_management_takes_and_answers_is_the_native_description_s(product, root):
    profile, _, schema = product
    native = root.using(token=None).get("/openapi.json", expect=200).json
    for kind in ("schemas", "parameters"):
        for name, component in schema["components"][kind].items():
            assert component == native["components"][kind][name]
    if "management" in profile and "create" in profile["management"]["actions"]:
        create = schema["paths"][profile["management"]["base"]]["post"]
        asked, wanted = (o["requestBody"]["content"]["application/json"] for o in (create, native["paths"]["/v1/keys"]["post"]))
        assert asked["schema"] == wanted["schema"] and set(asked["example"]) <= {"name", "scopes"}
        assert set(asked["example"].get("scopes", [])) <= set(profile.get("scopes", {}))
        assert create["responses"]["201"]["content"]["application/json"] == {"schema": {"$ref": "#/components/schemas/KeyMade"}}


def test_a_profile_without_a_reference_has_none(root):
    for path in ("/docs/", "/docs/assets/x", "/schema/"):
        assert root.using(token=None, host="docs.animam.ai").get(path).status == 404


def test_the_native_hosts_have_the_native_description(root):
    there = root.using(token=None)
    assert there.get("/schema/", expect=200).json == there.get("/openapi.json", expect=200).json
    assert there.get("/docs/assets/nothing.js").status == 404


def test_a_reload_is_seen(tmp_path):
    text = """
name: acme
title: Acme
hosts: [acme.example]
kinds:
  key: {format: "k_{secret:32}"}
routes:
  - {methods: GET, path: /%s, any_key: true}
docs: {summary: "Acme.", reference: %s}
"""
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    (profiles / "acme.yaml").write_text(text % ("one", "true"))
    daemon = Daemon(tmp_path / "d", ["--profiles", str(profiles)]).start()
    try:
        there = daemon.client(host="acme.example")
        assert set(there.get("/schema/", expect=200).json["paths"]) == {"/one"} == set(there.get("/schema/", expect=200).json["paths"])
        (profiles / "acme.yaml").write_text(text % ("two", "true"))
        daemon.process.send_signal(signal.SIGHUP)
        until(lambda: set(there.get("/schema/", expect=200).json["paths"]) == {"/two"}, daemon.log)
        (profiles / "acme.yaml").write_text(text % ("two", "false"))
        daemon.process.send_signal(signal.SIGHUP)
        until(lambda: there.get("/schema/").status == 403, daemon.log)
        assert there.get("/docs/").status == 403, "no route, no reference"
    finally:
        daemon.stop()
