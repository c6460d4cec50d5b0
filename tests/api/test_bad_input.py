"""What bad input gets: status, code, location, and a fix."""

import json
import os
import pathlib

import pytest

from cardea_test.client import exchange_raw

BIG = 1 << 20
VECTORS = pathlib.Path(os.environ.get("CARDEA_VECTORS") or pathlib.Path(__file__).resolve().parents[3] / "shared" / "vectors")

# what is sent to POST /v1/accounts, status, code, location (None: any)
BODIES = [
    ("empty", b"", 422, "invalid_request", "/profile"),
    ("half an object", b'{"profile":', 400, "invalid_json", None),
    ("two values", b'{} {}', 400, "invalid_json", None),
    ("an array", b"[]", 422, "invalid_request", None),
    ("a string", b'"x"', 422, "invalid_request", None),
    ("null", b"null", 422, "invalid_request", None),
    ("a bare word", b"nope", 400, "invalid_json", None),
    ("a comment", b'{"profile":"animus" /* x */}', 400, "invalid_json", None),
    ("a trailing comma", b'{"profile":"animus",}', 400, "invalid_json", None),
    ("single quotes", b"{'profile':'animus'}", 400, "invalid_json", None),
    ("a member twice", b'{"slug":"a","slug":"b"}', 400, "duplicate_member", None),
    ("a member twice, escaped", b'{"slug":"a","sl\\u0075g":"b"}', 400, "duplicate_member", None),
    ("a member twice, deep", b'{"metadata":{"a":1,"a":2}}', 400, "duplicate_member", None),
    ("a NUL byte", b'{"slug":"a\x00b"}', 400, "invalid_json", None),
    ("a NUL byte after", b'{}\x00', 400, "invalid_json", None),
    ("an escaped NUL", b'{"slug":"a\\u0000b"}', 400, "invalid_json", None),
    ("an escaped NUL in a name", b'{"a\\u0000b":1}', 400, "invalid_json", None),
    ("not UTF-8", b'{"slug":"\xff\xfe"}', 400, "invalid_json", None),
    ("overlong UTF-8", b'{"slug":"\xc0\xaf"}', 400, "invalid_json", None),
    ("a surrogate in UTF-8", b'{"slug":"\xed\xa0\x80"}', 400, "invalid_json", None),
    ("half a surrogate pair", b'{"slug":"\\ud800"}', 400, "invalid_json", None),
    ("a byte order mark", b'\xef\xbb\xbf{}', 400, "invalid_json", None),
    ("UTF-16", '{"slug":"x"}'.encode("utf-16"), 400, "invalid_json", None),
    ("NaN", b'{"name":NaN}', 400, "invalid_json", None),
    ("a leading zero", b'{"name":01}', 400, "invalid_json", None),
    ("a raw newline in a string", b'{"name":"a\nb"}', 400, "invalid_json", None),
    ("100,000 brackets", b'{"name":' + b"[" * 100000, 400, "invalid_json", None),
    ("too deep", b'{"name":' + b"[" * 200 + b"]" * 200 + b"}", 400, "invalid_json", None),
    ("an unknown member", b'{"profile":"animus","slug":"x1","name":"x","colour":1}', 422, "unknown_field", "/colour"),
    ("a member misspelt", b'{"profile":"animus","slgu":"x1","name":"x"}', 422, "unknown_field", "/slgu"),
    ("a number for text", b'{"profile":1,"slug":"x1","name":"x"}', 422, "invalid_request", "/profile"),
    ("null for text", b'{"profile":null,"slug":"x1","name":"x"}', 422, "invalid_request", "/profile"),
    ("an object for text", b'{"profile":"animus","slug":{},"name":"x"}', 422, "invalid_request", "/slug"),
    ("a name too long", json.dumps({"profile": "animus", "slug": "x1", "name": "n" * 10000}).encode(), 422, "invalid_request", "/name"),
    ("no slug", b'{"profile":"animus","name":"x"}', 422, "invalid_request", "/slug"),
]


@pytest.mark.parametrize("body,status,code,location", [pytest.param(*row[1:], id=row[0]) for row in BODIES])
def test_bodies(root, body, status, code, location):
    reply = root.call("POST", "/v1/accounts", raw=body, expect=status)
    assert reply.code == code, reply
    assert reply["detail"] and reply["title"]
    if location:
        assert location in reply.locations, reply
    if status == 422 or code == "duplicate_member":
        assert reply["errors"], reply
    for error in reply["errors"]:
        assert error["message"]


def test_a_misspelt_member_gets_the_nearest_name_as_the_fix(root):
    reply = root.call("POST", "/v1/accounts", raw=b'{"profile":"animus","slgu":"x1","name":"x"}', expect=422)
    assert any("slug" in (e.get("fix") or "") for e in reply["errors"] if e["location"] == "/slgu"), reply


HUGE = [10**19, 2**63, -2**63 - 1, 10**400]
KEYS = [
    ({"name": 5}, "/name"), ({"name": ""}, "/name"), ({"name": "n" * 5000}, "/name"), ({}, "/name"),
    ({"name": "x\u0007bell"}, "/name"),
    ({"name": "x", "scopes": "read"}, "/scopes"), ({"name": "x", "scopes": [1]}, "/scopes"), ({"name": "x", "scopes": []}, "/scopes"),
    ({"name": "x", "scopes": ["read"] * 1000}, "/scopes"), ({"name": "x", "scopes": [None]}, "/scopes"),
    ({"name": "x", "expires_at": "tomorrow"}, "/expires_at"), ({"name": "x", "expires_at": 1700000000}, "/expires_at"),
    ({"name": "x", "expires_at": "2031-02-30T00:00:00Z"}, "/expires_at"), ({"name": "x", "expires_at": "9999-12-31T23:59:59Z"}, "/expires_at"),
    ({"name": "x", "expires_at": "2001-01-01T00:00:00Z"}, "/expires_at"), ({"name": "x", "expires_at": ""}, "/expires_at"),
    ({"name": "x", "ip_allow": "10.0.0.0/8"}, "/ip_allow"), ({"name": "x", "ip_allow": ["10.0.0.0/33"]}, "/ip_allow"),
    ({"name": "x", "ip_allow": ["10.0.0.1/8/8"]}, "/ip_allow"), ({"name": "x", "ip_allow": ["example.com"]}, "/ip_allow"),
    ({"name": "x", "ip_allow": ["10.0.0.0/-1"]}, "/ip_allow"), ({"name": "x", "ip_allow": [""]}, "/ip_allow"), ({"name": "x", "ip_allow": ["10.0.0.1/8"]}, "/ip_allow"),
    ({"name": "x", "ip_allow": [f"10.0.{i}.0/24" for i in range(65)]}, "/ip_allow"),
    ({"name": "x", "rate_limit": 5}, "/rate_limit"), ({"name": "x", "rate_limit": {}}, "/rate_limit"),
    ({"name": "x", "rate_limit": {"limit": 0, "window_sec": 1}}, "/rate_limit"), ({"name": "x", "rate_limit": {"limit": -1, "window_sec": 1}}, "/rate_limit"),
    ({"name": "x", "rate_limit": {"limit": 1.5, "window_sec": 1}}, "/rate_limit"), ({"name": "x", "rate_limit": {"limit": 1, "window_sec": 0}}, "/rate_limit"),
    ({"name": "x", "rate_limit": {"limit": 1, "window_sec": 10**12}}, "/rate_limit"), ({"name": "x", "rate_limit": {"limit": 1, "window_sec": 1, "x": 1}}, "/rate_limit"),
    ({"name": "x", "credits": -1}, "/credits"), ({"name": "x", "credits": "5"}, "/credits"), ({"name": "x", "credits": True}, "/credits"), ({"name": "x", "credits": 1.5}, "/credits"),
    ({"name": "x", "metadata": []}, "/metadata"), ({"name": "x", "metadata": "x"}, "/metadata"), ({"name": "x", "metadata": {"x": "y" * 100000}}, "/metadata"),
    ({"name": "x", "agent": 5}, "/agent"), ({"name": "x", "agent": "no-such-agent"}, "/agent"),
    ({"name": "x", "kind": 5}, "/kind"), ({"name": "x", "enabled": False}, "/enabled"), ({"name": "x", "id": "key_0000000000000"}, "/id"),
    ({"name": "x", "key": "anm_mine_please"}, "/key"),
]


@pytest.mark.parametrize("body,location", KEYS, ids=lambda v: v if isinstance(v, str) else json.dumps(v)[:48])
def test_keys_that_are_none(root, nobodys, body, location):
    reply = root.post("/v1/keys", {"account": nobodys["id"], "scopes": ["read"], **body}, expect=422)
    assert any(where == location or where.startswith(location + "/") for where in reply.locations), reply
    assert location != "/name" or "between 0 and" not in json.dumps(reply.json), "the field's own bounds, not those of the reader"


@pytest.mark.parametrize("number", HUGE, ids=lambda n: f"{n:.3g}" if abs(n) < 10**300 else "1e400")
@pytest.mark.parametrize("body", ['{"credits":%d}', '{"rate_limit":{"limit":%d,"window_sec":1}}', '{"metadata":{"n":%d}}'])
def test_absurd_numbers(root, standing, body, number):
    reply = root.call("PATCH", f"/v1/keys/{standing['id']}", raw=(body % number).encode(), expect=(400, 422))
    assert reply.code in ("invalid_json", "invalid_request")


@pytest.fixture(scope="module")
def nobodys(make):
    return make.account("animus")


@pytest.fixture(scope="module")
def standing(make):
    return make.key(make.account("animus"))


@pytest.mark.parametrize("path,method,body", [
    ("/v1/accounts/acc_0000000000000", "GET", None), ("/v1/accounts/no-such-slug", "GET", None),
    ("/v1/accounts/acc_0000000000000", "PATCH", {"name": "x"}), ("/v1/accounts/acc_0000000000000", "DELETE", None),
    ("/v1/accounts/acc_0000000000000/members", "GET", None), ("/v1/users/usr_0000000000000", "GET", None),
    ("/v1/users/usr_0000000000000", "PATCH", {"name": "x"}), ("/v1/users/usr_0000000000000", "DELETE", None), ("/v1/users/nonsense", "GET", None),
    ("/v1/users/key_0000000000000", "GET", None), ("/v1/keys/key_0000000000000", "GET", None), ("/v1/keys/key_0000000000000", "PATCH", {"name": "x"}),
    ("/v1/keys/key_0000000000000", "DELETE", None), ("/v1/keys/key_0000000000000/rotate", "POST", {}), ("/v1/keys/nonsense", "GET", None),
    ("/v1/keys/key_UUUUUUUUUUUUU", "GET", None), ("/v1/keys/key_zzzzzzzzzzzzz", "GET", None), ("/v1/keys/acc_0000000000001", "GET", None),
    ("/v1/keys/key_0%2F0", "GET", None), ("/v1/keys?account=no-such-account", "GET", None),
    ("/docs/errors/no_such_code", "GET", None), ("/docs/errors/..%2f..%2fREADME", "GET", None),
    ("/v1/nonsense", "GET", None), ("/v1", "GET", None), ("/", "GET", None), ("/v1/keys/", "GET", None), ("/v1//keys", "GET", None), ("/V1/keys", "GET", None),
    ("/v1/keys/%00", "GET", None), ("/v1/keys/%zz", "GET", None), ("/v1/../v1/nothing", "GET", None),
])
def test_what_is_not_there(root, path, method, body):
    reply = root.call(method, path, body)
    allowed = (404,) if path not in ("/v1/keys/", "/v1/keys/%00", "/v1/keys/%zz", "/") else (200, 400, 404)
    assert reply.status in allowed, reply
    if reply.status == 404:
        assert reply.code == "not_found"


def test_a_key_for_an_account_that_is_not_there(root):
    reply = root.post("/v1/keys", {"account": "acc_0000000000000", "name": "x", "scopes": ["read"]})
    assert (reply.status, reply.code) in ((404, "not_found"), (422, "invalid_request")), reply


WRONG_METHODS = [
    ("DELETE", "/v1/accounts", {"GET", "POST"}), ("PUT", "/v1/keys", {"GET", "POST"}), ("POST", "/v1/keys/key_0000000000000", {"GET", "PATCH", "DELETE"}),
    ("GET", "/v1/keys/verify", {"POST"}), ("DELETE", "/v1/keys/import", {"POST"}), ("POST", "/livez", {"GET"}), ("POST", "/metrics", {"GET"}),
    ("GET", "/v1/keys/key_0000000000000/rotate", {"POST"}), ("PATCH", "/v1/sessions", {"POST", "DELETE"}), ("PUT", "/openapi.json", {"GET"}),
    ("TRACE", "/v1/keys", {"GET", "POST"}), ("BREW", "/v1/keys", {"GET", "POST"}),
]


@pytest.mark.parametrize("method,path,allowed", WRONG_METHODS)
def test_a_wrong_method_names_the_right_ones(root, method, path, allowed):
    reply = root.call(method, path)
    if method in ("TRACE", "BREW"):
        assert reply.status in (400, 405, 501), reply
    else:
        assert reply.status == 405 and reply.code == "method_not_allowed", reply
    if reply.status == 405:
        assert {m.strip() for m in reply.header("allow").split(",")} - {"HEAD"} == allowed


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", "application/xml", "", None])
def test_a_content_type_that_is_not_json(root, content_type):
    reply = root.call("POST", "/v1/accounts", raw=b'{"profile":"animus","slug":"xx","name":"x"}', headers={"Content-Type": content_type}, expect=415)
    assert reply.code == "unsupported_media_type"


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;charset=UTF-8"])
def test_content_types_that_are_json(root, standing, content_type):
    root.call("PATCH", f"/v1/keys/{standing['id']}", raw=b"{}", headers={"Content-Type": content_type}, expect=200)


def test_too_large(root, nobodys):
    filler = b'{"name":"' + b"x" * BIG + b'"}'
    reply = root.call("POST", "/v1/accounts", raw=filler, expect=413)
    assert reply.code == "body_too_large"
    just_under = b'{"name":"' + b"x" * (BIG - 100) + b'"}'
    root.call("POST", "/v1/accounts", raw=just_under, expect=422)
    root.get("/v1/accounts?limit=1", expect=200)


def test_an_import_may_be_larger(root, nobodys):
    body = {"account": nobodys["id"], "keys": [{"sha256": "0" * 64, "name": "x" * 90, "scopes": ["nonsense"]}] * 9000}
    assert len(json.dumps(body)) > BIG
    root.post("/v1/keys/import", body, expect=422)


def test_a_body_announced_too_large_is_refused_unread(root, shared):
    got, _ = exchange_raw(shared.port, (f"POST /v1/accounts HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {root.token}\r\n"
                                        "Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n").encode())
    assert got.startswith((b"HTTP/1.1 413", b"HTTP/1.1 400")), got[:200]


@pytest.mark.parametrize("query,location", [
    ("limit=0", "query/limit"), ("limit=201", "query/limit"), ("limit=-1", "query/limit"), ("limit=x", "query/limit"), ("limit=", "query/limit"),
    ("limit=99999999999999999999", "query/limit"), ("limit=1e2", "query/limit"), ("cursor=x%00y", "query/cursor"), ("cursor=nonsense", "query/cursor"),
])
def test_queries(root, query, location):
    for path in ("/v1/accounts", "/v1/users"):
        reply = root.get(f"{path}?{query}", expect=(400, 422))
        assert reply.status == 400 or location in reply.locations, reply


def vector_files():
    folder = VECTORS / "json_parsing"
    return sorted(folder.glob("*.json"))


def test_the_published_json_files_are_there():
    assert len(vector_files()) > 300, f"{VECTORS}/json_parsing is missing or incomplete: name its parent in CARDEA_VECTORS"


# Valid by the grammar, refused on purpose: a member twice, a NUL, numbers beyond 63 bits or a double.
ON_PURPOSE = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json", "y_object_escaped_null_in_key.json", "y_string_null_escape.json"}


@pytest.mark.parametrize("path", [pytest.param(p, id=p.stem) for p in vector_files()] or [pytest.param(VECTORS / "json_parsing" / "n_missing.json")])
def test_published_json_files(root, path):
    reply = root.call("POST", "/v1/accounts", raw=path.read_bytes(), expect=(400, 422))
    kind = path.name[0]
    if kind == "n" or path.name in ON_PURPOSE:
        # Nothing at all is no JSON, but as a body it is an empty object by this API's rule.
        assert reply.status == 400 or not path.read_bytes(), reply
    elif kind == "y":
        assert reply.status == 422, reply
