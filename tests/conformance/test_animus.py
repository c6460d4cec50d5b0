"""The Animus page, statement by statement (shared/spec.md names them)."""

import re
import subprocess
import threading

import pytest

import table
from cardea_test.daemon import environment
from cardea_test.keys import checksum, mint
from cardea_test.moments import soon, wait_past

HOST = "api.animus.so"
KEYS = "/api/v1/api-keys"


@pytest.fixture(scope="module")
def account(make):
    return make.account("animus")


@pytest.fixture
def app(make):
    """The web app's view: an owner's session on the product's own host, in an account of its own."""
    return make.session(make.account("animus"), "owner").using(host=HOST)


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def curl(shared, line):
    """Runs the page's command as printed, but for the host name, which is this machine."""
    assert line.startswith("curl ")
    arguments = re.findall(r'"[^"]*"|\S+', line.replace("https://", "http://"))[1:]
    arguments = [a.strip('"') for a in arguments]
    done = subprocess.run(["curl", "-sS", "--noproxy", "*", "--connect-to", f"{HOST}:80:127.0.0.1:{shared.port}", "-w", "\n%{http_code}", *arguments],
                          capture_output=True, text=True, timeout=30, env=environment())
    assert done.returncode == 0, done.stderr
    body, status = done.stdout.rsplit("\n", 1)
    return int(status), body


def test_AS1_each_key_has_its_permissions_and_one_account(root, make):
    """AS1: keys let scripts, CI and integrations use the API; each has specific permissions and belongs to one account."""
    one, two = make.account("animus"), make.account("animus")
    keys = {scope: make.key(one, scopes=[scope])["key"] for scope in ("read", "write", "search")}
    for has, key in keys.items():
        for asked in keys:
            decision = root.verify(key, scope=asked)
            assert decision["valid"] == (has == asked) and decision["account"] == one["id"]
        assert root.verify(key, account=two["id"])["code"] == "WRONG_ACCOUNT"
    shown = root.using(token=keys["read"]).get("/v1/keys/self", expect=200)
    assert shown["account"] == one["id"] and shown["scopes"] == ["read"]


def test_AS3_the_key_goes_in_the_authorization_header(shared, root, make):
    """AS3 (its decision; test_pages.py has the content): `Authorization: Bearer`, GET /api/v1/content/recent."""
    key = make.key(make.account("animus"), scopes=["read"])["key"]
    root.using(token=None).get("/v1/authorize/animus/api/v1/content/recent", headers=bearer(key), expect=200)
    status, body = curl(shared, f'curl https://api.animus.so/api/v1/content/recent -H "Authorization: Bearer {key}"')
    assert status == 502 and "no_upstream" in body
    status, _ = curl(shared, 'curl https://api.animus.so/api/v1/content/recent -H "Authorization: Bearer anm_your_api_key_here"')
    assert status == 401


def test_AS4_every_key_starts_with_anm(app, root, make):
    """AS4: every key starts with `anm_`."""
    account = make.account("animus")
    made = [make.key(account)["key"] for _ in range(9)] + [app.post(KEYS, {"name": "x", "scopes": ["read"]}, expect=201)["key"]]
    for key in made:
        assert re.fullmatch(r"anm_[0-9A-Za-z]{38}", key) and key[-6:] == checksum(key[:-6])
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("body", [{"name": "x"}, {"name": "x", "scopes": []}, {"name": "x", "scopes": None}, {"name": "x", "scopes": ["admin"]}])
def test_AS5_none_at_all_is_refused(app, body):
    """AS5: a key has one or more scopes; none at all is refused, and so is one that there is not."""
    reply = app.post(KEYS, body, expect=422)
    assert any(where.startswith("/scopes") for where in reply.locations), reply


@pytest.mark.parametrize("scope,method,path", [
    ("read", "GET", "/content/recent"), ("read", "GET", "/collections"), ("read", "GET", "/collections/c_1"), ("read", "GET", "/library/stats"),
    ("write", "POST", "/content"), ("write", "PUT", "/content/c_1"), ("write", "PATCH", "/content/c_1"), ("write", "DELETE", "/content/c_1"),
    ("write", "POST", "/collections"), ("write", "DELETE", "/collections/c_1"), ("search", "GET", "/search"),
])
def test_AS5_AS6_each_scope_opens_its_endpoints_and_no_others(root, make, account, scoped, scope, method, path):
    """AS5: read, write and search, each with its endpoints. AS6: without the endpoint's scope, 403 Forbidden."""
    for has, key in scoped.items():
        reply = root.using(token=key).call(method, f"/v1/authorize/animus/api/v1{path}")
        if has == scope:
            assert reply.status == 200
        else:
            assert (reply.status, reply.code, reply["title"]) == (403, "INSUFFICIENT_SCOPE", "Forbidden")
            assert f'scope="{scope}"' in reply.header("www-authenticate")


@pytest.fixture(scope="module")
def scoped(make, account):
    return {scope: make.key(account, scopes=[scope])["key"] for scope in ("read", "write", "search")}


def test_AS6_on_the_product_s_own_host(shared, scoped):
    """AS6: a key without the scope that the endpoint needs gets 403 Forbidden."""
    status, body = curl(shared, f'curl -X POST https://api.animus.so/api/v1/content -H "Authorization: Bearer {scoped["read"]}"')
    assert status == 403 and "INSUFFICIENT_SCOPE" in body


def test_AS7_scopes_and_name_change_and_the_secret_stays(app, root):
    """AS7: a key's scopes and name can be changed later; the secret stays the same and keeps working."""
    made = app.post(KEYS, {"name": "before", "scopes": ["read"]}, expect=201).json
    client = root.using(token=made["key"])
    client.get("/v1/authorize/animus/api/v1/content/recent", expect=200)
    changed = app.patch(f"{KEYS}/{made['id']}", {"name": "after", "scopes": ["search"]}, expect=200)
    assert (changed["name"], changed["scopes"], changed["prefix"]) == ("after", ["search"], made["prefix"]) and "key" not in changed.json
    client.get("/v1/authorize/animus/api/v1/content/recent", expect=403)
    client.get("/v1/authorize/animus/api/v1/search", expect=200)
    app.patch(f"{KEYS}/{made['id']}", {"scopes": []}, expect=422)


def test_AS8_at_most_10_active_keys(app):
    """AS8: at most 10 active keys an account; the 11th is refused with a clear error; revoking one makes room."""
    keys = [app.post(KEYS, {"name": f"key {i}", "scopes": ["read"]}, expect=201).json for i in range(10)]
    refused = app.post(KEYS, {"name": "eleventh", "scopes": ["read"]}, expect=409)
    assert refused.code == "key_limit_reached" and "10" in refused["detail"] and "revoke" in refused["detail"].lower()
    app.delete(f"{KEYS}/{keys[4]['id']}", expect=200)
    app.post(KEYS, {"name": "eleventh", "scopes": ["read"]}, expect=201)
    app.post(KEYS, {"name": "twelfth", "scopes": ["read"]}, expect=409)


def test_AS8_holds_when_64_ask_at_once(app):
    """AS8: at most 10, however many ask at the same time."""
    replies = []
    threads = [threading.Thread(target=lambda: replies.append(app.post(KEYS, {"name": "crowd", "scopes": ["read"]}))) for _ in range(64)]
    [t.start() for t in threads]
    [t.join(60) for t in threads]
    assert sorted(r.status for r in replies) == [201] * 10 + [409] * 54
    listed = app.get(f"{KEYS}?limit=200", expect=200)["data"]
    assert {k["id"] for k in listed} == {r["id"] for r in replies if r.status == 201} and len(listed) == 10


def test_AS9_revoking_is_at_once_for_every_application(app, root):
    """AS9: revoking disables the key at once for every application that uses it."""
    made = app.post(KEYS, {"name": "shared", "scopes": ["read"]}, expect=201).json
    applications = [root.using(token=made["key"]) for _ in range(6)]
    for a in applications:
        a.get("/v1/authorize/animus/api/v1/content/recent", expect=200)
    app.delete(f"{KEYS}/{made['id']}", expect=200)
    for a in applications:
        assert a.get("/v1/authorize/animus/api/v1/content/recent").status == 401
        assert a.using(host=HOST).get("/api/v1/content/recent").status == 401


def test_AS10_list_and_revoke_by_the_page_s_commands(shared, app):
    """AS10: list `GET /api/v1/api-keys`, revoke `DELETE /api/v1/api-keys/KEY_ID`; the page's curl lines as printed."""
    import json
    made = app.post(KEYS, {"name": "from the page", "scopes": ["read"]}, expect=201).json
    status, body = curl(shared, f'curl https://api.animus.so/api/v1/api-keys -H "Authorization: Bearer {app.token}"')
    listed = json.loads(body)["data"]
    assert status == 200 and [k["id"] for k in listed] == [made["id"]] and made["key"] not in body
    status, body = curl(shared, f'curl -X DELETE https://api.animus.so/api/v1/api-keys/{made["id"]} -H "Authorization: Bearer {app.token}"')
    assert status == 200 and json.loads(body)["status"] == "revoked"


def test_AS10_create_and_update_too(app):
    """AS10: also create and update, in the API."""
    made = app.post(KEYS, {"name": "made by API", "scopes": ["read", "write"]}, expect=201)
    assert made["key"].startswith("anm_")
    assert app.patch(f"{KEYS}/{made['id']}", {"name": "renamed"}, expect=200)["name"] == "renamed"
    assert app.get(f"{KEYS}/{made['id']}", expect=200)["name"] == "renamed"
    assert app.get(f"{KEYS}/{made['id']}/", expect=200)["id"] == made["id"]
    reply = app.call("PUT", KEYS, {})
    assert reply.status == 405 and {m.strip() for m in reply.header("allow").split(",")} - {"HEAD"} == {"GET", "POST"}


def test_AS10_another_account_s_keys_are_not_there(app, make):
    """AS10, with AS1: an account's session reaches its own keys only."""
    foreign = make.key(make.account("animus"))
    for reply in (app.get(f"{KEYS}/{foreign['id']}"), app.patch(f"{KEYS}/{foreign['id']}", {"name": "x"}), app.delete(f"{KEYS}/{foreign['id']}")):
        assert reply.status == 404
    assert app.get(KEYS, expect=200)["data"] == []


@pytest.mark.parametrize("scopes", [["read"], ["write"], ["search"], ["read", "write", "search"]])
def test_AS11_a_key_is_refused_in_management_whatever_its_scopes(root, make, scopes):
    """AS11: management takes a JWT; an API key is refused there, whatever its scopes."""
    account = make.account("animus")
    key = make.key(account, scopes=scopes)
    by_key = root.using(token=key["key"], host=HOST)
    for reply in (by_key.get(KEYS), by_key.post(KEYS, {"name": "x", "scopes": ["read"]}), by_key.patch(f"{KEYS}/{key['id']}", {"name": "x"}),
                  by_key.delete(f"{KEYS}/{key['id']}"), by_key.get(f"{KEYS}/{key['id']}")):
        assert reply.status in (401, 403), reply
        assert "session" in reply.body.decode().lower() or "jwt" in reply.body.decode().lower(), "the refusal says what is wanted"
    native = by_key.using(host=None)
    assert native.get("/v1/keys").status == 403
    assert native.delete(f"/v1/keys/{key['id']}").status == 403
    assert root.verify(key["key"])["valid"]


def test_AS11_nobody_and_junk_are_refused(root):
    """AS11: management takes a JWT, and nothing else."""
    nobody = root.using(token=None, host=HOST)
    nobody.get(KEYS, expect=401)
    for token in ("junk", "a.b.c", mint("anm_", 32)):
        assert nobody.using(token=token).get(KEYS).status == 401


def test_AS11_a_viewer_s_session_reads_and_changes_nothing(make):
    """AS11: the session's role counts."""
    account = make.account("animus")
    key = make.key(account)
    viewer = make.session(account, "viewer").using(host=HOST)
    viewer.get(KEYS, expect=200)
    viewer.post(KEYS, {"name": "x", "scopes": ["read"]}, expect=403)
    viewer.delete(f"{KEYS}/{key['id']}", expect=403)


@pytest.fixture(scope="module")
def credentials(root, make, account):
    other, suspended = make.account("animus"), make.account("animus")
    made = {scope: make.key(account, scopes=[scope])["key"] for scope in ("read", "write", "search")}
    made["all"] = make.key(other, scopes=["read", "write", "search"])["key"]
    changed = make.key(other, scopes=["read"])
    root.patch(f"/v1/keys/{changed['id']}", {"scopes": ["search"]}, expect=200)
    rotated, revoked, disabled = (make.key(other, scopes=["read"]) for _ in range(3))
    root.post(f"/v1/keys/{rotated['id']}/rotate", {"overlap_sec": 3600}, expect=201)
    root.delete(f"/v1/keys/{revoked['id']}", expect=200)
    root.patch(f"/v1/keys/{disabled['id']}", {"enabled": False}, expect=200)
    expired = make.key(other, scopes=["read"], expires_at=soon())
    stopped = make.key(suspended, scopes=["read"])
    root.patch(f"/v1/accounts/{suspended['id']}", {"status": "suspended"}, expect=200)
    elsewhere = make.key(other, scopes=["read"], ip_allow=["192.0.2.0/24"])["key"]
    open_animate = make.key(make.account("open-animate"))["key"]
    wait_past(expired["expires_at"])
    made |= {"changed to search": changed["key"], "rotated away": rotated["key"], "revoked": revoked["key"], "disabled": disabled["key"],
             "expired": expired["key"], "unknown": mint("anm_", 32), "open-animate": open_animate, "suspended": stopped["key"], "elsewhere": elsewhere}
    return {**table.hostile(made["all"], made["read"]), **table.lives(root, make, account, scopes=["read"]),
            **{name: bearer(key) for name, key in made.items()}}


@pytest.mark.parametrize("row", table.rows("animus.tsv"))
def test_decisions(root, account, credentials, row):
    """AS1, AS3, AS5, AS6, AS9 as a table."""
    held = credentials["all"]["Authorization"].removeprefix("Bearer ")
    table.check(table.decide(root, "animus", row, credentials, account["slug"], held=held, rest=held[1:]), row, "animus")
