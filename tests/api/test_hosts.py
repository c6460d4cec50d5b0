"""Which host answers what."""

import pytest


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "LOCALHOST", "localhost:9", "[::1]", "[::1]:8080", "localhost."])
def test_admin_hosts(root, host):
    assert root.using(host=host).get("/livez").status == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.2", "xlocalhost", "127.0.0.1.evil.example", "0", "2130706433",
                                  "animus.localhost.evil.example", "localhost.."])
def test_an_unknown_host_is_misdirected(root, host):
    for path in ("/livez", "/v1/accounts", "/metrics", "/"):
        reply = root.using(host=host).get(path)
        assert (reply.status, reply.code) == (421, "misdirected_request"), reply


def host_of(root, name):
    """The host names that a profile's page uses."""
    return {"animus": "api.animus.so", "animam": "api.animam.ai", "anima": "api.anima.localhost", "anyformat": "api.anyformat.ai",
            "open-animate": "api.open-animate.com"}[name]


@pytest.mark.parametrize("name", ["animus", "animam", "anima", "anyformat", "open-animate"])
def test_a_profile_host_has_no_native_api(root, make, name):
    there = root.using(host=host_of(root, name))
    for path in ("/v1/accounts", "/v1/keys", "/metrics", "/openapi.json"):
        assert there.get(path).status in (401, 403, 404), path


def test_a_grant_on_a_profile_host_finds_no_upstream_yet(root, make):
    key = make.key(make.account("animus"), scopes=["read"])["key"]
    there = root.using(token=key, host=host_of(root, "animus"))
    reply = there.get("/api/v1/content/recent", expect=502)
    assert reply.code == "no_upstream"
    assert there.post("/api/v1/content", {}, expect=403).code == "INSUFFICIENT_SCOPE"
    assert there.using(token=None).get("/api/v1/content/recent", expect=401).code == "MISSING"
    assert there.get("/nowhere").status in (403, 404)


def test_a_session_of_one_product_is_nothing_in_another(make, root):
    animus = make.session(make.account("animus"), "owner")
    assert animus.using(host=host_of(root, "open-animate")).get("/v1/api-keys").status in (401, 403)
    animus.using(host=host_of(root, "animus")).get("/api/v1/api-keys", expect=200)


def test_the_root_key_is_no_credential_of_a_product(root):
    there = root.using(host=host_of(root, "animus"))
    assert there.get("/api/v1/content/recent").status == 401
    assert there.get("/api/v1/api-keys").status in (401, 403)
