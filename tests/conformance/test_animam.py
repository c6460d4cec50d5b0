"""The Animam page, statement by statement (shared/spec.md names them)."""

import hashlib
import json
import re
import secrets
import subprocess
import sys
import time

import pytest

import table
from cardea_test import docs
from cardea_test.daemon import PROGRAM, environment
from cardea_test.keys import mint
from cardea_test.leaks import REGISTRY
from cardea_test.moments import soon, stamp, wait_past

HOST = "api.animam.ai"
SCOPES = ["corpus:read", "corpus:write", "conversations:read", "settings:read", "settings:write", "tokens:read", "tokens:write"]
BODIES = {"MISSING": '{"error": "Unauthorized"}', "NOT_FOUND": '{"error": "Unauthorized"}', "EXPIRED": '{"error": "Token expired"}',
          "WRONG_ACCOUNT": '{"error": "Forbidden"}', "ACCOUNT_SUSPENDED": '{"error": "Forbidden"}', "IP_DENIED": '{"error": "Forbidden"}',
          "NO_ROUTE": '{"error": "Forbidden"}', **{f"INSUFFICIENT_SCOPE {s}": '{"error": "Missing required scope: %s"}' % s for s in SCOPES}}
UNAUTHORIZED = (401, b'{"error": "Unauthorized"}')


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def said(reply):
    return reply.status, reply.body


def curl(shared, *arguments):
    """The page's command as printed, but for the host name, which is this machine."""
    done = subprocess.run(["curl", "-sS", "--noproxy", "*", "--connect-to", f"{HOST}:80:127.0.0.1:{shared.port}", "-w", "\n%{http_code}", *arguments],
                          capture_output=True, text=True, timeout=30, env=environment())
    assert done.returncode == 0, done.stderr
    body, status = done.stdout.rsplit("\n", 1)
    return int(status), body


@pytest.fixture(scope="module")
def account(make):
    return make.account("animam")


@pytest.fixture
def fresh(make):
    return make.account("animam")


@pytest.fixture
def on_host(root):
    """A client with this token on the product's own host."""
    return lambda token, **headers: root.using(token=token, host=HOST, headers=headers)


def import_legacy(root, account, text=None):
    """A key of the older system, of which only the hash comes along."""
    text = text or f"old-{secrets.token_hex(16)}"
    REGISTRY.add("key", text)
    made = root.post("/v1/keys/import", {"account": account["id"], "kind": "legacy", "keys": [
        {"sha256": hashlib.sha256(text.encode()).hexdigest(), "name": "old shop"}]}, expect=201)["data"][0]
    return text, made


def test_AM1_bearer_on_the_tenant_s_own_path(shared, make, account):
    """AM1: `Authorization: Bearer ak_…` on /tenants/{slug}/corpus; another tenant's slug is refused."""
    key, other = make.key(account, scopes=["corpus:read"])["key"], make.account("animam")
    assert key.startswith("ak_")
    status, body = curl(shared, f"http://{HOST}/tenants/{account['slug']}/corpus", "-H", f"Authorization: Bearer {key}")
    assert status == 502 and "no_upstream" in body, "granted; test_pages.py has the corpus itself"
    status, body = curl(shared, f"http://{HOST}/tenants/{other['slug']}/corpus", "-H", f"Authorization: Bearer {key}")
    assert (status, body) == (403, '{"error": "Forbidden"}')
    status, body = curl(shared, f"http://{HOST}/tenants/{account['slug']}/corpus", "-H", "Authorization: Bearer ak_your_token")
    assert (status, body) == (401, '{"error": "Unauthorized"}')


def test_AM1_both_host_names_and_the_identity(root, make, account):
    """AM1: the slug is the key's own tenant; who it is goes to what stands behind."""
    made = make.key(account, scopes=["corpus:read"])
    for host in (HOST, "animam.localhost"):
        assert root.using(token=made["key"], host=host).get(f"/tenants/{account['slug']}/corpus").code == "no_upstream"
    reply = root.using(token=made["key"]).get(f"/v1/authorize/animam/tenants/{account['slug']}/corpus", expect=200)
    assert (reply.header("cardea-key-id"), reply.header("cardea-account")) == (made["id"], account["id"])
    assert (reply.header("cardea-scopes"), reply.header("cardea-kind")) == ("corpus:read", "token")


@pytest.mark.parametrize("scope,method,path", [
    ("corpus:read", "GET", "corpus"), ("corpus:write", "POST", "corpus"), ("conversations:read", "GET", "conversations"),
    ("settings:read", "GET", "settings"), ("settings:write", "PUT", "settings"),
])
def test_AM3_each_scope_opens_its_own_and_no_other(root, account, scoped, scope, method, path):
    """AM3: the seven scopes and `*`. AM4: what lacks one is told which, in the page's own words."""
    for has, key in scoped.items():
        reply = root.using(token=key).call(method, f"/v1/authorize/animam/tenants/{account['slug']}/{path}")
        if has in (scope, "*"):
            assert reply.status == 200
        else:
            assert said(reply) == (403, b'{"error": "Missing required scope: %s"}' % scope.encode())
            assert f'error="insufficient_scope", scope="{scope}"' in reply.header("www-authenticate")


@pytest.fixture(scope="module")
def scoped(make, account):
    return {scope: make.key(account, scopes=[scope])["key"] for scope in [*SCOPES, "*"]}


@pytest.mark.parametrize("scopes", [[], ["corpus:delete"], ["tokens"], ["Corpus:read"], ["read"]])
def test_AM3_there_are_no_others(root, make, fresh, scopes):
    """AM3: these scopes and `*`; none at all, and one that there is not, are refused."""
    reply = root.post("/v1/keys", {"account": fresh["id"], "name": "x", "scopes": scopes}, expect=422)
    assert any(where.startswith("/scopes") for where in reply.locations)


def test_AM4_the_page_s_example(shared, make, account):
    """AM4: `corpus:read` may GET the corpus, and its POST gets 403 with the page's exact body."""
    key = make.key(account, scopes=["corpus:read"])["key"]
    url = f"http://{HOST}/tenants/{account['slug']}/corpus"
    status, body = curl(shared, url, "-H", f"Authorization: Bearer {key}")
    assert status == 502 and "no_upstream" in body
    status, body = curl(shared, "-X", "POST", url, "-H", f"Authorization: Bearer {key}", "-d", '{"title": "Test"}')
    assert (status, body) == (403, '{"error": "Missing required scope: corpus:write"}')


def test_AM5_tokens_read_lists(on_host, make, fresh):
    """AM5: `tokens:read` lists tokens through the API with a token, and changes nothing."""
    key, second = make.key(fresh, scopes=["tokens:read"]), make.key(fresh, scopes=["corpus:read"])
    tokens = f"/tenants/{fresh['slug']}/tokens"
    me = on_host(key["key"])
    listed = me.get(tokens, expect=200)
    assert {k["id"] for k in listed["data"]} == {key["id"], second["id"]} and second["key"].encode() not in listed.body
    assert me.get(f"{tokens}/{second['id']}", expect=200)["scopes"] == ["corpus:read"]
    lacking = (403, b'{"error": "Missing required scope: tokens:write"}')
    assert said(me.post(tokens, {"name": "x", "scopes": ["tokens:read"]})) == lacking
    assert said(me.delete(f"{tokens}/{second['id']}")) == lacking
    assert said(on_host(second["key"]).get(tokens)) == (403, b'{"error": "Missing required scope: tokens:read"}')


def test_AM5_tokens_write_creates_and_deletes(on_host, root, make, fresh):
    """AM5: `tokens:write` creates and deletes tokens through the API with a token."""
    me = on_host(make.key(fresh, scopes=["tokens:write", "corpus:read"])["key"])
    tokens = f"/tenants/{fresh['slug']}/tokens"
    made = me.post(tokens, {"name": "by a token", "scopes": ["corpus:read"]}, expect=201).json
    assert made["key"].startswith("ak_") and made["kind"] == "token" and made["account"] == fresh["id"]
    reader = root.using(token=made["key"])
    reader.get(f"/v1/authorize/animam/tenants/{fresh['slug']}/corpus", expect=200)
    assert me.delete(f"{tokens}/{made['id']}", expect=200)["status"] == "revoked"
    assert said(reader.get(f"/v1/authorize/animam/tenants/{fresh['slug']}/corpus")) == UNAUTHORIZED
    assert said(me.get(tokens)) == (403, b'{"error": "Missing required scope: tokens:read"}')
    reply = me.call("PUT", tokens, {})
    assert reply.status == 405 and {m.strip() for m in reply.header("allow").split(",")} - {"HEAD"} == {"GET", "POST"}


@pytest.mark.parametrize("scopes", [["corpus:write"], ["corpus:read", "settings:read"], ["*"], ["corpus:*"], ["tokens:*"], ["tokens:read"]])
def test_AM5_a_token_never_grants_what_it_lacks(on_host, root, make, fresh, scopes):
    """AM5: a token never grants a scope that it lacks, by no wildcard either."""
    me = on_host(make.key(fresh, scopes=["tokens:write", "corpus:read"])["key"])
    reply = me.post(f"/tenants/{fresh['slug']}/tokens", {"name": "more", "scopes": scopes})
    assert reply.status == 403 and "lacks" in reply["detail"]
    assert len(root.get(f"/v1/keys?account={fresh['id']}", expect=200)["data"]) == 1, "nothing was made"


def test_AM5_nor_by_rotation_change_or_another_kind(on_host, root, make, fresh):
    """AM5: a token never grants a scope that it lacks: not through the successor of a stronger token, nor a legacy key."""
    strong = make.key(fresh, scopes=["*"])
    weak = make.key(fresh, scopes=["tokens:write", "corpus:read"])
    native = root.using(token=weak["key"])
    assert native.post(f"/v1/keys/{strong['id']}/rotate", {"overlap_sec": 0}).status == 403
    assert native.patch(f"/v1/keys/{weak['id']}", {"scopes": ["*"]}).status == 403
    assert native.post("/v1/keys/import", {"account": fresh["id"], "kind": "legacy", "keys": []}).status == 403
    me, tokens = on_host(weak["key"]), f"/tenants/{fresh['slug']}/tokens"
    assert me.post(tokens, {"name": "x", "kind": "legacy"}).status in (403, 422)
    assert me.patch(f"{tokens}/{weak['id']}", {"scopes": ["*"]}).status in (403, 404, 405)
    assert root.verify(strong["key"])["valid"] and root.verify(weak["key"])["scopes"] == ["corpus:read", "tokens:write"]


def test_AM5_full_access_is_enough(on_host, make, fresh):
    """AM5: `*` holds `tokens:read` and `tokens:write`, and may grant all."""
    me, tokens = on_host(make.key(fresh, scopes=["*"])["key"]), f"/tenants/{fresh['slug']}/tokens"
    made = me.post(tokens, {"name": "all", "scopes": ["*"]}, expect=201).json
    assert len(me.get(tokens, expect=200)["data"]) == 2
    me.delete(f"{tokens}/{made['id']}", expect=200)


def test_AM5_another_tenant_s_tokens_are_out_of_reach(on_host, root, make, fresh, account):
    """AM5, with AM1: a tenant's token manages that tenant's tokens alone."""
    foreign = make.key(account, scopes=["corpus:read"])
    me = on_host(make.key(fresh, scopes=["*"])["key"])
    for reply in (me.get(f"/tenants/{account['slug']}/tokens"), me.delete(f"/tenants/{account['slug']}/tokens/{foreign['id']}"),
                  me.post(f"/tenants/{account['slug']}/tokens", {"name": "x", "scopes": ["*"]})):
        assert said(reply) == (403, b'{"error": "Forbidden"}')
    own = f"/tenants/{fresh['slug']}/tokens"
    assert me.get(f"{own}/{foreign['id']}").status == 404 and me.delete(f"{own}/{foreign['id']}").status == 404
    assert me.post(own, {"account": account["id"], "name": "x", "scopes": ["*"]}).status in (403, 422)
    for path in (f"/tenants/{fresh['slug'].upper()}/tokens", f"//tenants/{fresh['slug']}/tokens", f"/tenants/{fresh['slug']}%2ftokens",
                 f"/tenants/{fresh['slug']}/%74okens", f"/tenants/{account['slug']}/../{fresh['slug']}/tokens"):
        assert me.get(path).status in (400, 403, 404), path
    assert root.verify(foreign["key"])["valid"]


def test_AM5_by_session_as_the_dashboard_does(make, fresh):
    """AM5, AM2's API: the tenant's people manage tokens with their session."""
    owner = make.session(fresh, "owner").using(host=HOST)
    tokens = f"/tenants/{fresh['slug']}/tokens"
    made = owner.post(tokens, {"name": "from the dashboard", "scopes": ["corpus:read"]}, expect=201).json
    assert [k["name"] for k in owner.get(tokens, expect=200)["data"]] == ["from the dashboard"]
    assert "key" not in owner.get(f"{tokens}/{made['id']}", expect=200).json
    viewer = make.session(fresh, "viewer").using(host=HOST)
    viewer.get(tokens, expect=200)
    assert viewer.post(tokens, {"name": "x", "scopes": ["*"]}).status == 403 and viewer.delete(f"{tokens}/{made['id']}").status == 403
    stranger = make.session(make.account("animam"), "owner").using(host=HOST)
    assert said(stranger.get(tokens)) == (403, b'{"error": "Forbidden"}')
    owner.delete(f"{tokens}/{made['id']}", expect=200)


def test_AM5_nobody_and_junk_are_refused(on_host, fresh):
    """AM5, AM8: management answers as the rest of the API does."""
    tokens = f"/tenants/{fresh['slug']}/tokens"
    for token in (None, "junk", "a.b.c", mint("ak_", 32)):
        assert said(on_host(token).get(tokens)) == UNAUTHORIZED
        assert said(on_host(token).post(tokens, {"name": "x", "scopes": ["*"]})) == UNAUTHORIZED


def test_AM6_the_cookie_is_refused_by_the_external_api(on_host, make, account):
    """AM6: the external API takes no cookie `animam_session`."""
    jwt = make.session(account, "owner").token
    for extra in ({}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": f"http://{HOST}"}):
        for path in ("corpus", "conversations", "settings"):
            reply = on_host(None, Cookie=f"animam_session={jwt}", **extra).get(f"/tenants/{account['slug']}/{path}")
            assert said(reply) == UNAUTHORIZED


def test_AM6_it_works_for_the_dashboard(on_host, make, account):
    """AM6: the same cookie, set when a person logs in there, works for the dashboard, and there only from its own page."""
    owner, page = make.member(account, "owner"), {"Sec-Fetch-Site": "same-origin"}
    login = on_host(None, **page).post("/dashboard/v1/sessions", {"email": owner["email"], "password": owner["password"], "account": account["id"]}, expect=201)
    cookie = login.header("set-cookie").split(";")[0]
    assert cookie.startswith("animam_session=") and "HttpOnly" in login.header("set-cookie")
    me = on_host(None, Cookie=cookie, **page)
    made = me.post("/dashboard/v1/keys", {"name": "by a person", "scopes": ["corpus:read"]}, expect=201)
    assert made["key"].startswith("ak_") and made["id"] in {k["id"] for k in me.get("/dashboard/v1/keys", expect=200)["data"]}
    assert on_host(None, Cookie=cookie, **{"Sec-Fetch-Site": "cross-site"}).get("/dashboard/v1/keys").status in (401, 403)
    for path in ("corpus", "conversations", "settings", "tokens"):
        assert said(me.get(f"/tenants/{account['slug']}/{path}")) == UNAUTHORIZED


def test_AM7_a_legacy_key_still_works(shared, root, fresh, account):
    """AM7: `X-API-Key: your_old_key` still works: imported by its hash alone, with full access to its own tenant."""
    old, made = import_legacy(root, fresh)
    url = f"http://{HOST}/tenants/{fresh['slug']}/corpus"
    status, body = curl(shared, url, "-H", f"X-API-Key: {old}")
    assert status == 502 and "no_upstream" in body, "granted; test_pages.py has the corpus itself"
    client = root.using(token=None, headers={"X-API-Key": old})
    for method, path in (("POST", "corpus"), ("DELETE", "corpus/1"), ("GET", "conversations"), ("PUT", "settings")):
        reply = client.call(method, f"/v1/authorize/animam/tenants/{fresh['slug']}/{path}", expect=200)
        assert reply.header("cardea-kind") == "legacy" and reply.header("cardea-scopes").split() == SCOPES
    assert said(client.get(f"/v1/authorize/animam/tenants/{account['slug']}/corpus")) == (403, b'{"error": "Forbidden"}')
    assert made["kind"] == "legacy" and "key" not in made
    decision = root.verify(old, profile="animam")
    assert (decision["valid"], decision["kind"], decision["key_id"]) == (True, "legacy", made["id"])
    assert root.verify(old, profile="animus")["code"] == "MALFORMED" and root.verify(old + "x")["code"] == "MALFORMED"


def test_AM7_its_use_is_visible(root, fresh, make):
    """AM7: a legacy key's use is counted and shown as legacy, so that it can be migrated."""
    old, made = import_legacy(root, fresh)
    unused, _ = import_legacy(root, fresh)
    make.key(fresh, scopes=["corpus:read"])
    client = root.using(token=None, headers={"X-API-Key": old})
    for _ in range(3):
        client.get(f"/v1/authorize/animam/tenants/{fresh['slug']}/corpus", expect=200)
    listed = root.get(f"/v1/keys?account={fresh['id']}&kind=legacy", expect=200)["data"]
    assert len(listed) == 2 and {k["kind"] for k in listed} == {"legacy"} and all(k["legacy"] for k in listed)
    counts = {k["id"]: k["use_count"] for k in listed}
    assert counts.pop(made["id"]) == 3 and list(counts.values()) == [0]
    assert {k["id"]: k["last_used_at"] for k in listed}[made["id"]] is not None


def test_AM7_full_access_reaches_the_tokens_too(on_host, root, fresh):
    """AM7: a legacy key has full access, management included: with it one makes the tokens that replace it."""
    old, _ = import_legacy(root, fresh)
    tokens, me = f"/tenants/{fresh['slug']}/tokens", on_host(None, **{"X-API-Key": old})
    made = me.post(tokens, {"name": "its successor", "scopes": ["corpus:read"]}, expect=201)
    assert {k["kind"] for k in me.get(tokens, expect=200)["data"]} == {"token", "legacy"}
    assert on_host(made["key"], **{"X-API-Key": old}).get(tokens).code == "AMBIGUOUS"
    assert said(on_host(old).get(tokens)) == UNAUTHORIZED
    assert said(on_host(None, **{"X-API-Key": made["key"]}).get(tokens)) == UNAUTHORIZED


def test_AM7_it_can_be_ended_and_is_never_made_anew(root, make, fresh):
    """AM7: imported only; revoking one ends it at once."""
    old, made = import_legacy(root, fresh)
    client = root.using(token=None, headers={"X-API-Key": old})
    client.get(f"/v1/authorize/animam/tenants/{fresh['slug']}/corpus", expect=200)
    root.delete(f"/v1/keys/{made['id']}", expect=200)
    assert said(client.get(f"/v1/authorize/animam/tenants/{fresh['slug']}/corpus")) == UNAUTHORIZED
    root.post("/v1/keys", {"account": fresh["id"], "name": "x", "kind": "legacy"}, expect=422)
    assert make.session(fresh, "owner").post("/v1/keys/import", {"account": fresh["id"], "kind": "legacy", "keys": []}).status == 403


def test_AM8_three_answers_and_their_challenges(root, make, account):
    """AM8: 401 Unauthorized, 403 for the scope, 403 Token expired; RFC 6750 challenges stand beside the bodies."""
    ended = make.key(account, scopes=["corpus:read"], expires_at=soon())
    reading = make.key(account, scopes=["corpus:read"])
    target = f"/v1/authorize/animam/tenants/{account['slug']}/corpus"
    wait_past(ended["expires_at"])
    nobody = root.using(token=None)
    cases = [(nobody.get(target), 401, "Unauthorized", 'Bearer realm="animam"'),
             (nobody.using(token=mint("ak_", 32)).get(target), 401, "Unauthorized", 'Bearer realm="animam", error="invalid_token"'),
             (nobody.using(token=reading["key"]).post(target), 403, "Missing required scope: corpus:write",
              'Bearer realm="animam", error="insufficient_scope", scope="corpus:write"'),
             (nobody.using(token=ended["key"]).get(target), 403, "Token expired", 'Bearer realm="animam", error="invalid_token"')]
    for reply, status, text, challenge in cases:
        assert said(reply) == (status, json.dumps({"error": text}).encode())
        assert reply.header("content-type") == "application/json" and reply.header("www-authenticate") == challenge


def test_AM8_the_same_on_the_product_s_own_host(on_host, make, account):
    """AM8: the host answers as the decision does, in management too."""
    ended = make.key(account, scopes=["*"], expires_at=soon())
    on_host(ended["key"]).get(f"/tenants/{account['slug']}/tokens", expect=200)
    wait_past(ended["expires_at"])
    for path in ("corpus", "settings", "tokens"):
        assert said(on_host(None).get(f"/tenants/{account['slug']}/{path}")) == UNAUTHORIZED
        assert said(on_host(ended["key"]).get(f"/tenants/{account['slug']}/{path}")) == (403, b'{"error": "Token expired"}')


def test_AM8_a_key_in_the_url_is_refused_and_told_why(on_host, root, make, account):
    """AM8: a token in the query is none; the challenge says what to do instead."""
    key = make.key(account, scopes=["*"])["key"]
    for path in ("corpus", "tokens"):
        for token in (None, key):
            reply = on_host(token).get(f"/tenants/{account['slug']}/{path}?token={key}")
            assert said(reply) == UNAUTHORIZED and "URL" in reply.header("www-authenticate")


def test_AM9_tokens_can_expire(root, make, account):
    """AM9: tokens can expire: to the second, and no later."""
    root.post("/v1/keys", {"account": account["id"], "name": "x", "scopes": ["corpus:read"], "expires_at": stamp(-5)}, expect=422)
    end = int(time.time()) + 4
    key = make.key(account, scopes=["corpus:read"], expires_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end)))["key"]
    client, target = root.using(token=key), f"/v1/authorize/animam/tenants/{account['slug']}/corpus"
    before = 0
    while before < end:
        before = time.time()
        reply = client.get(target)
        if reply.status == 200:
            assert before < end
        else:
            assert said(reply) == (403, b'{"error": "Token expired"}') and time.time() >= end
        time.sleep(0.05)
    assert reply.status == 403


def test_AM9_rotation_without_a_gap(root, make, fresh):
    """AM9: rotation: the successor works at once, the old one until its overlap ends."""
    old = make.key(fresh, scopes=["corpus:read"])
    owner = make.session(fresh, "owner")
    new = owner.post(f"/v1/keys/{old['id']}/rotate", {"overlap_sec": 1}, expect=201).json
    target = f"/v1/authorize/animam/tenants/{fresh['slug']}/corpus"
    assert new["key"] != old["key"] and new["scopes"] == ["corpus:read"]
    root.using(token=new["key"]).get(target, expect=200)
    time.sleep(1.2)
    assert root.using(token=old["key"]).get(target).status in (401, 403)
    root.using(token=new["key"]).get(target, expect=200)


def test_AM9_one_token_per_integration(on_host, root, make, fresh):
    """AM9: one token per integration: revoking one leaves the others, on connections that are open too."""
    keys = [make.key(fresh, name=f"integration {i}", scopes=["corpus:read"]) for i in range(3)]
    clients = [on_host(k["key"]) for k in keys]
    path = f"/tenants/{fresh['slug']}/corpus"
    assert all(c.get(path).code == "no_upstream" for c in clients)
    kept = clients[1]._connection()
    root.delete(f"/v1/keys/{keys[1]['id']}", expect=200)
    assert said(clients[1].get(path)) == UNAUTHORIZED and clients[1]._connection() is kept, "revoked on a connection that stayed open"
    assert all(clients[i].get(path).code == "no_upstream" for i in (0, 2))


@pytest.mark.parametrize("host", [HOST, "docs.animam.ai"])
def test_AM10_the_index_at_llms_txt(shared, on_host, host):
    """AM10: the docs have an index at `/llms.txt`: a title, a summary, and links that lead somewhere, for whoever asks."""
    status, text = curl(shared, f"http://{HOST}/llms.txt")
    assert status == 200 and text.startswith("# Animam\n\n> ")
    nobody = on_host(None).using(host=host)
    reply = nobody.get("/llms.txt", expect=200)
    links = re.findall(r"^- \[[^]]+\]\(([^)]+)\)", reply.body.decode(), re.M)
    assert len(links) >= 3 and len(set(links)) == len(links) and reply.header("content-type").startswith("text/plain")
    for link in links:
        assert nobody.get(link, expect=200).body, link
    assert nobody.post("/llms.txt").status in (403, 404, 405)


def test_AM11_the_token_comes_from_the_environment(shared, tmp_path, make, account):
    """AM11: client code reads the token from `ANIMAM_API_TOKEN`, which a file `.env` sets; so does the command line."""
    token = make.key(account, name="from the environment", scopes=["corpus:read", "tokens:read"])["key"]
    (tmp_path / ".env").write_text(f"# .env\nANIMAM_API_TOKEN={token}\n")
    (tmp_path / "animam").symlink_to(PROGRAM)
    env = environment(HOME=str(tmp_path), ANIMAM_API_URL=f"http://127.0.0.1:{shared.port}")
    env["PATH"] = f"{tmp_path}:{env.get('PATH', '/usr/bin:/bin')}"

    def typed(line):
        return subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, timeout=30, cwd=tmp_path, env=env)

    read, listing = "set -a; . ./.env; ", f"animam tokens list --account {account['slug']}"
    target = f"http://127.0.0.1:{shared.port}/v1/authorize/animam/tenants/{account['slug']}/corpus"
    send = f'curl -sS --noproxy "*" -o /dev/null -w "%{{http_code}}" {target} -H "Authorization: Bearer $ANIMAM_API_TOKEN"'
    assert (typed(read + send).stdout, typed(send).stdout) == ("200", "401")
    done = typed(read + listing)
    assert done.returncode == 0 and "from the environment" in done.stdout and token not in done.stdout + done.stderr, done
    assert typed(listing).returncode == 4


class Shell:
    """A POSIX shell in a folder of its own, with `animam` and curl on the path and no key in the environment."""

    def __init__(self, folder, port):
        self.home, self.bin = folder / "home", folder / "bin"
        self.home.mkdir()
        self.bin.mkdir()
        (self.bin / "animam").symlink_to(PROGRAM)
        self.env = environment(HOME=str(self.home), ANIMAM_API_URL=f"http://127.0.0.1:{port}")
        self.env["PATH"] = f"{self.bin}:{self.env.get('PATH', '/usr/bin:/bin')}"

    def __call__(self, script, code=0, **env):
        done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, timeout=60, cwd=self.home, env={**self.env, **env})
        for key in re.findall(r"ak_\w{38}", done.stdout):
            REGISTRY.add("key", key)
        assert not REGISTRY.find(done.stderr.encode()) and done.returncode == code, f"{script}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done


@pytest.fixture
def shell(tmp_path, shared):
    return Shell(tmp_path, shared.port)


def test_AM11_from_the_environment(shell, root, make, fresh):
    """AM11: client code reads the token from ANIMAM_API_TOKEN; the command line needs nothing else, not even the tenant's name."""
    token = make.key(fresh, name="mine", scopes=["tokens:read", "tokens:write", "corpus:read"])
    env = {"ANIMAM_API_TOKEN": token["key"]}
    assert shell("animam tokens list", **env).stdout.startswith("mine\t")
    made = shell("animam tokens create --name ci --scope corpus:read --quiet", **env).stdout.strip()
    assert root.verify(made, profile="animam")["account"] == fresh["id"]
    shell(f"animam tokens revoke {made[:7]}", **env)
    assert root.verify(made, profile="animam")["code"] == "REVOKED"
    assert "ANIMAM_API_TOKEN" in shell("animam tokens list", code=4).stderr


@pytest.mark.parametrize("line", ["ANIMAM_API_TOKEN=%s", "ANIMAM_API_TOKEN='%s'", 'ANIMAM_API_TOKEN="%s"', "# .env\nANIMAM_API_TOKEN=%s\nOTHER=1"])
def test_AM11_from_a_env_file(shell, shared, make, fresh, line):
    """AM11: `.env` holds the token; a POSIX shell loads it for the command line, for curl and for the page's own line of code alike."""
    token = make.key(fresh, name="mine", scopes=["tokens:read", "corpus:read"])
    (shell.home / ".env").write_text(line % token["key"] + "\n")
    assert shell("set -a; . ./.env; animam tokens list").stdout.startswith("mine\t")
    url = f"http://{HOST}/tenants/{fresh['slug']}/corpus"
    connect = f"--noproxy '*' --connect-to {HOST}:80:127.0.0.1:{shared.port}"
    asked = shell(f"set -a; . ./.env; curl -sS -o /dev/null -w '%{{http_code}}' {connect} {url} -H \"Authorization: Bearer $ANIMAM_API_TOKEN\"")
    assert asked.stdout == "502", "granted, and nothing stands behind this daemon"
    read = shell(f"set -a; . ./.env; {sys.executable} -c 'import os; print(os.environ[\"ANIMAM_API_TOKEN\"])'")
    assert read.stdout.strip() == token["key"]
    assert shell("animam tokens list", code=4).stdout == "", "a file that nobody loads is not read"


def test_AM11_a_saved_token_comes_after_it(shell, make, fresh):
    """AM11: what `login --token` saved is used when the variable is not set; an expired token is not saved."""
    first, second = (make.key(fresh, name=name, scopes=["tokens:read"]) for name in ("first", "second"))
    shell("animam login --token $T", T=first["key"])
    assert f'api_key: "{first["key"]}"' in (shell.home / ".animam" / "credentials.yaml").read_text()
    assert "first" in shell("animam tokens list").stdout
    shell("animam tokens list", ANIMAM_API_TOKEN=second["key"])
    ended, reading = make.key(fresh, scopes=["*"], expires_at=soon()), make.key(fresh, scopes=["corpus:read"])
    wait_past(ended["expires_at"])
    assert "Token expired" in shell("animam login --token $T", code=4, T=ended["key"]).stderr
    assert "may not manage keys" in shell("animam login --token $T", T=reading["key"]).stderr
    assert "Missing required scope: tokens:read" in shell("animam tokens list", code=4).stderr


@pytest.fixture(scope="module")
def world(root, make, account, scoped):
    other, stopped = make.account("animam"), make.account("animam")

    def key(**more):
        return make.key(account, **{"scopes": ["corpus:read"], **more})

    rotated, at_once, revoked, disabled = key(), key(), key(), key()
    root.post(f"/v1/keys/{rotated['id']}/rotate", {"overlap_sec": 3600}, expect=201)
    root.post(f"/v1/keys/{at_once['id']}/rotate", {"overlap_sec": 0}, expect=201)
    root.delete(f"/v1/keys/{revoked['id']}", expect=200)
    root.patch(f"/v1/keys/{disabled['id']}", {"enabled": False}, expect=200)
    expired, suspended = key(expires_at=soon()), make.key(stopped, scopes=["*"])
    root.patch(f"/v1/accounts/{stopped['id']}", {"status": "suspended"}, expect=200)
    old, gone = import_legacy(root, account)[0], import_legacy(root, account)
    root.delete(f"/v1/keys/{gone[1]['id']}", expect=200)
    anima = make.key(make.account("anima"), kind="master")["key"]
    session = make.session(account, "owner").token
    wait_past(expired["expires_at"])
    good, second = scoped["*"], scoped["corpus:read"]
    headers = {name: bearer(k) for name, k in {
        **scoped, "corpus:*": key(scopes=["corpus:*"])["key"], "rotated": rotated["key"], "rotated at once": at_once["key"], "revoked": revoked["key"],
        "disabled": disabled["key"], "expired": expired["key"], "suspended": suspended["key"], "elsewhere": key(ip_allow=["192.0.2.0/24"])["key"],
        "unknown": mint("ak_", 32), "anima's": anima, "animus's": make.key(make.account("animus"))["key"], "legacy as bearer": old}.items()}
    headers = {**table.hostile(good, second), **table.lives(root, make, account, scopes=["corpus:read"]), **headers}
    headers |= {"cookie": {"Cookie": f"animam_session={session}"},
                "cookie from its page": {"Cookie": f"animam_session={session}; cardea_session={session}", "Sec-Fetch-Site": "same-origin"},
                "from a page": {**bearer(good), "Origin": "https://shop.example", "Sec-Fetch-Mode": "cors"},
                "legacy": {"X-API-Key": old}, "legacy upper-case header": {"X-API-KEY": old}, "legacy with spaces": {"x-api-key": f"  {old}  "},
                "unknown legacy": {"X-API-Key": "no-such-key-at-all"}, "empty legacy": {"X-API-Key": ""}, "revoked legacy": {"X-API-Key": gone[0]},
                "token as legacy": {"X-API-Key": good}, "both": {**bearer(good), "X-API-Key": old}, "token and junk": {**bearer(good), "X-API-Key": "x"},
                "legacy twice": [("X-API-Key", old), ("x-api-key", old)]}
    return headers, {"other": other["slug"], "SLUG": account["slug"].upper(), "held": good, "rest": good[1:]}, stopped["slug"]


@pytest.mark.parametrize("row", table.rows("animam.tsv"))
def test_decisions(root, account, world, row):
    """AM1, AM3, AM4, AM6, AM7, AM8, AM9 as a table."""
    headers, words, stopped = world
    words = {**words, "other": stopped} if row["credential"] == "suspended" else words
    reply = table.decide(root, "animam", row, headers, account["slug"], **words)
    table.check(reply, row, "animam", BODIES)


@pytest.mark.parametrize("host", ["docs.animam.ai", HOST])
def test_AM10_the_docs_have_an_index(root, host):
    """AM10: the docs have an index at /llms.txt; all that it lists is there, and says what the page says of tokens."""
    pages = docs.read(root.using(token=None, host=host))
    assert pages["/llms.txt"].startswith("# Animam\n\n> ")
    for scope in SCOPES:
        assert f"`{scope}`" in pages["/llms/scopes.md"]
    assert "`x-api-key: KEY`" in pages["/llms/authentication.md"] and "cookie `animam_session`" in pages["/llms/authentication.md"]
    for body in ('{"error": "Unauthorized"}', '{"error": "Token expired"}', '{"error": "Missing required scope: corpus:read"}'):
        assert f"    {body}\n" in pages["/llms/errors.md"]


def test_AM11_the_docs_read_the_token_from_the_environment(root):
    """AM11: client code reads the token from the environment."""
    text = root.using(token=None, host="docs.animam.ai").get("/llms/authentication.md", expect=200).body.decode()
    assert '-H "Authorization: Bearer $ANIMAM_API_TOKEN"' in text and "https://api.animam.ai/tenants/TENANT/corpus" in text
