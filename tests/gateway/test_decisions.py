"""What the gateway decides, and how it says so: as the daemon does."""

import json

import pytest
from rig.upstream import headers_of

CONTENT = "/api/v1/content/recent"


def test_grants_and_refuses(gate, make, account):
    key = make.key(account)
    granted = gate.client(key["key"]).get(CONTENT, expect=200)
    assert granted.json["target"] == CONTENT
    refused = gate.client().get(CONTENT, expect=401)
    assert refused.code == "MISSING"
    assert refused.header("content-type") == "application/problem+json"
    assert refused.header("www-authenticate") == 'Bearer realm="animus"'
    assert refused.header("x-request-id") == refused["request_id"]
    assert gate.client(key["key"]).post("/api/v1/content", {}, expect=403).code == "INSUFFICIENT_SCOPE"
    assert gate.client(key["key"]).get("/nowhere", expect=403).code == "NO_ROUTE"
