"""Whatever is sent: an answer in time, never a 5xx, and the daemon lives."""

import json
import os
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from cardea_test.client import exchange_raw
from cardea_test.openapi import DOCUMENT
from cardea_test.scanner import ready

# Making them up costs more than answering them: most are for the run that watches memory.
# The same ones each time, so that a failure says something about a change.
EXAMPLES = settings(max_examples=60 if "ASAN_OPTIONS" in os.environ else 20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

scalars = st.none() | st.booleans() | st.integers(-10**20, 10**20) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=40)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4), max_leaves=12)


def shaped(schema):
    """Nearly what an operation takes: its own members, each right or wrong, some missing, some strange."""
    names = list(DOCUMENT.inline(schema).get("properties", {}))
    nice = st.sampled_from(["animus", "read", "x", "key", "2031-01-01T00:00:00Z", "10.0.0.0/8", "a@example.com", 1, 0, -1, [], {}, ["read"], [{}],
                            {"limit": 1, "window_sec": 1}, True, None, "a" * 64, "key_0000000000000"])
    return st.dictionaries(st.sampled_from(names) if names else st.text(max_size=5), nice | values, max_size=6)


OPERATIONS = [o for o in DOCUMENT.operations.values() if o.request_schema() is not None]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.name)
def test_bodies(root, make, operation):
    account, user = make.account("animus"), make.user()
    key = make.key(account)
    agent = root.post("/v1/agents", {"account": account["id"], "slug": "fuzzed"}, expect=201).json
    policy = root.post("/v1/policies", {"account": account["id"], "name": "fuzzed"}, expect=201).json
    hook = root.post("/v1/webhooks", {"account": account["id"], "url": "https://hook.invalid/"}, expect=201).json
    ready(root)
    path = operation.path.format(account=account["id"], user=user["id"], key=key["id"], agent=agent["id"], policy=policy["id"],
                                 webhook=hook["id"])
    caller = root.using(token=make.key(make.account("animus"))["key"]) if operation.name == "keys_self_revoke" else root

    @EXAMPLES
    @given(body=shaped(operation.request_schema()) | values)
    def run(body):
        form = operation.request_type().endswith("urlencoded") and isinstance(body, dict)
        raw = urlencode(body, errors="surrogatepass") if form else json.dumps(body)
        reply = caller.call(operation.method, path, raw=raw.encode(), headers={"Content-Type": operation.request_type()})
        assert reply.status < 500, (body, reply)

    run()
    assert root.get("/readyz").status == 200


@settings(EXAMPLES, max_examples=150)
@given(raw=st.binary(max_size=200))
def test_bytes_as_body(root, raw):
    assert root.call("POST", "/v1/keys/verify", raw=raw).status < 500


@settings(EXAMPLES, max_examples=150)
@given(path=st.text("/abcv1.%20kes{}?&=;\\~-_é", max_size=40))
def test_paths(root, path):
    target = "/" + "".join(c if ord(c) < 128 else "%C3%A9" for c in path)
    assert root.call("GET", target.replace(" ", "%20"), record=False).status < 500


@settings(EXAMPLES, max_examples=100)
@given(path=st.text("/abc%2eF5\\.1{}", max_size=40), method=st.sampled_from(["GET", "POST", "DELETE"]))
def test_paths_that_are_authorized(root, animus_key, path, method):
    reply = root.using(token=animus_key).call(method, "/v1/authorize/animus/" + path)
    assert reply.status in (200, 400, 401, 403, 404), reply


@pytest.fixture(scope="module")
def animus_key(make):
    return make.key(make.account("animus"), scopes=["read"])["key"]


@settings(EXAMPLES, max_examples=100)
@given(text=st.text(max_size=300))
def test_keys(root, text):
    reply = root.post("/v1/keys/verify", {"key": text})
    assert reply.status in (200, 400, 422), reply
    if reply.status == 200:
        assert reply["valid"] is False


@settings(EXAMPLES, max_examples=80)
@given(raw=st.binary(min_size=1, max_size=120))
def test_bytes_instead_of_http(shared, raw):
    import socket
    with socket.create_connection(("127.0.0.1", shared.port), timeout=60) as s:
        s.sendall(raw + b"\r\n\r\n")
        s.shutdown(socket.SHUT_WR)
        got = b""
        try:
            while more := s.recv(65536):
                got += more
        except ConnectionResetError:
            pass
    assert not got.startswith(b"HTTP/1.1 5") or got.startswith((b"HTTP/1.1 501", b"HTTP/1.1 505")), got[:100]


@settings(EXAMPLES, max_examples=60)
@given(name=st.sampled_from(["Authorization", "Cookie", "Idempotency-Key", "Origin", "Sec-Fetch-Site", "X-Original-URI", "X-Original-Method",
                             "X-Forwarded-For", "Accept", "Range", "Expect", "Content-Type", "X-HTTP-Method-Override"]),
       value=st.text("abc=;,\"' /\\%0:.*-_~{}", max_size=60))
def test_headers(shared, name, value):
    got, _ = exchange_raw(shared.port, f"GET /v1/authorize/animus HTTP/1.1\r\nHost: 127.0.0.1\r\n{name}: {value}\r\nConnection: close\r\n\r\n".encode())
    assert got.startswith(b"HTTP/1.1 4") or got.startswith(b"HTTP/1.1 200") or b"100" in got[:16], got[:100]
