"""Client sessions: what a component in another site's page may do, and all that it may not."""

import base64
import json

import pytest

ORIGIN = "https://app.example.com"
ALL = ["keys:read", "keys:write", "usage:read"]


def mint(client, *, expect=201, **body):
    body = {"capabilities": ALL, "allowed_origins": [ORIGIN], **body}
    return client.post("/v1/client-sessions", {k: v for k, v in body.items() if v is not None}, expect=expect)


def page(root, made, origin=ORIGIN, **kw):
    """A script in a page of that origin."""
    secret = made if isinstance(made, str) else made["client_secret"]
    return root.using(token=secret, headers={"Origin": origin} if origin else {}, **kw)


@pytest.fixture(scope="module")
def place(make):
    account = make.account("animus")
    people = {role: make.session(account, role) for role in ("owner", "admin", "member", "viewer")}
    return account, people


@pytest.fixture(scope="module")
def made(root, place):
    account, people = place
    return mint(root, account=account["id"], user=people["owner"].user["id"]).json


@pytest.fixture(scope="module")
def script(root, made):
    return page(root, made)


def claims_of(secret):
    text = secret.removeprefix("crcs_").split(".")[0]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


# ---- what is granted ----

def test_a_page_manages_keys(script, place, made):
    account, people = place
    assert set(made) == {"client_secret", "id", "account", "user", "capabilities", "allowed_origins", "expires_at"}
    assert made["account"] == account["id"] and made["capabilities"] == ALL and made["user"] == people["owner"].user["id"]
    assert script.get("/v1/product", expect=200)["name"] == "animus"
    key = script.post("/v1/keys", {"name": "by page", "scopes": ["read"]}, expect=201)
    assert key["account"] == account["id"] and key["user"] == people["owner"].user["id"]
    assert key["id"] in [k["id"] for k in script.get("/v1/keys", expect=200)["data"]]
    assert script.get(f"/v1/keys/{key['id']}", expect=200)["name"] == "by page"
    script.patch(f"/v1/keys/{key['id']}", {"name": "renamed"}, expect=200)
    rotated = script.post(f"/v1/keys/{key['id']}/rotate", {"overlap_sec": 60}, expect=201)
    script.delete(f"/v1/keys/{rotated['id']}", expect=200)
    script.get("/v1/usage", expect=200)


def test_the_page_may_read_the_replies_and_no_cookie_is_asked_for(script):
    for reply in (script.get("/v1/keys"), script.get("/v1/product"), script.get("/v1/usage"), script.get("/v1/keys/key_0000000000000"),
                  script.post("/v1/keys", {"bad": 1})):
        assert reply.header("access-control-allow-origin") == ORIGIN
        assert "Origin" in [v for n, v in reply.headers if n == "vary"]
        assert reply.header("access-control-allow-credentials") is None and reply.header("set-cookie") is None
        assert "X-Request-Id" in reply.header("access-control-expose-headers")


@pytest.mark.parametrize("method, path", [("GET", "/v1/keys"), ("POST", "/v1/keys"), ("PATCH", "/v1/keys/key_1"), ("DELETE", "/v1/keys/key_1"),
                                          ("POST", "/v1/keys/key_1/rotate"), ("GET", "/v1/usage"), ("GET", "/v1/product")])
def test_preflights(root, method, path):
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization,content-type"}
    reply = root.using(token=None).call("OPTIONS", path, headers=asked, record=False)
    assert (reply.status, reply.body) == (204, b"")
    assert reply.header("access-control-allow-origin") == ORIGIN and method in reply.header("access-control-allow-methods")
    assert {"authorization", "content-type"} <= {h.strip().lower() for h in reply.header("access-control-allow-headers").split(",")}
    assert reply.header("access-control-allow-credentials") is None and reply.header("access-control-max-age") == "600"
    assert "Origin" in [v for n, v in reply.headers if n == "vary"]


def test_a_person_makes_one_of_their_own(root, place):
    account, people = place
    made = mint(people["member"])
    assert made["user"] == people["member"].user["id"] and made["account"] == account["id"]
    key = page(root, made).post("/v1/keys", {"name": "own", "scopes": ["read"]}, expect=201)
    assert key["user"] == people["member"].user["id"]
    mint(people["member"], user=people["member"].user["id"], account=account["slug"])


def test_the_root_key_makes_one_of_nobodys(root, place):
    account, _ = place
    made = mint(root, account=f"animus/{account['slug']}")
    assert made["user"] is None
    key = page(root, made).post("/v1/keys", {"name": "backend", "scopes": ["read"]}, expect=201)
    assert key["user"] is None and key["account"] == account["id"]
    said = root.get(f"/v1/audit?account={account['id']}&limit=5", expect=200)["data"][0]
    assert said["action"] == "key.created" and said["actor"].startswith("key_")


def test_a_key_hands_on_what_it_may_do(root, make):
    account = make.account("anima")
    master = root.post("/v1/keys", {"account": account["id"], "kind": "master", "name": "m"}, expect=201)
    made = mint(root.using(token=master["key"]), capabilities=["keys:read", "keys:write"])
    assert made["account"] == account["id"] and made["user"] is None
    script = page(root, made)
    assert master["id"] in [k["id"] for k in script.get("/v1/keys", expect=200)["data"]]
    native = make.account("cardea")
    manager = make.key(native, scopes=["keys:read", "usage:read"])
    script = page(root, mint(root.using(token=manager["key"]), capabilities=["keys:read", "usage:read"]))
    script.get("/v1/keys", expect=200)
    script.get("/v1/usage", expect=200)
    assert script.post("/v1/keys", {"name": "x", "scopes": ["keys:read"]}).status == 403


def test_minting_is_recorded_without_the_secret(root, place, made):
    account, people = place
    records = root.get(f"/v1/audit?account={account['id']}&limit=200", expect=200)["data"]
    record = next(r for r in records if r["subject"] == made["id"])
    assert record["action"] == "client_session.created" and record["actor"] == "root"
    assert record["detail"]["user"] == people["owner"].user["id"] and record["detail"]["origins"] == [ORIGIN]
    assert made["client_secret"] not in json.dumps(record)


def test_the_token_says_what_it_is(made):
    claims = claims_of(made["client_secret"])
    assert claims["exp"] - claims["iat"] == 900 and claims["capabilities"] == ALL


# ---- who makes none ----

def test_who_makes_none(root, make, verifier, place, script, made):
    account, _ = place
    agents = make.account("anima")
    agent = root.post("/v1/agents", {"account": agents["id"], "slug": "bot", "name": "Bot"}, expect=201)
    bound = root.post("/v1/keys", {"account": agents["id"], "kind": "agent", "agent": agent["id"], "name": "a"}, expect=201)["key"]
    for token in (make.key(account)["key"], verifier.token, bound):
        assert mint(root.using(token=token), capabilities=["keys:read"], expect=None).status == 403
    following = make.account("anyformat")
    owner = make.session(following, "owner")
    key = owner.post("/v1/keys", {"name": "k"}, expect=201)["key"]
    assert mint(root.using(token=key), capabilities=["keys:read"], expect=None).status == 403
    assert mint(root.using(token=None), expect=None).status == 401
    refused = mint(script, expect=None)
    assert refused.status == 403 and refused.header("access-control-allow-origin") is None, "never from another"


def test_nobody_hands_on_more_than_they_have(root, make, place):
    native = make.account("cardea")
    reader = root.using(token=make.key(native, scopes=["keys:read"])["key"])
    for capabilities in (["keys:write"], ["usage:read"], ["keys:read", "keys:write"]):
        assert mint(reader, capabilities=capabilities, expect=None).status == 403
    account = make.account("anima")
    master = root.post("/v1/keys", {"account": account["id"], "kind": "master", "name": "m"}, expect=201)["key"]
    assert mint(root.using(token=master), capabilities=["usage:read"], expect=None).status == 403


def test_nobody_speaks_for_others(root, make, place):
    account, people = place
    other = make.account("animus")
    stranger = make.session(other, "owner")
    assert mint(people["owner"], account=other["id"], expect=None).status == 403
    assert mint(people["owner"], user=people["admin"].user["id"], expect=None).status == 422
    assert mint(root, account=account["id"], user=stranger.user["id"], expect=None).status == 422
    assert mint(root, expect=None).status == 422, "the root key must say which account"
    assert mint(root, account="nothing", expect=None).status in (404, 422)
    assert mint(root, account=account["id"], user="usr_x", expect=None).status == 422
    native = make.account("cardea")
    manager = root.using(token=make.key(native, scopes=["keys:*"])["key"])
    assert mint(manager, account=account["id"], capabilities=["keys:read"], expect=None).status == 403


@pytest.mark.parametrize("capabilities", [[], ["*"], ["keys:*"], ["users:read"], ["keys:verify"], ["keys:read", "root"], [1], "keys:read", None])
def test_what_is_no_capability(root, place, capabilities):
    body = {"account": place[0]["id"], "allowed_origins": [ORIGIN], "capabilities": capabilities}
    assert root.post("/v1/client-sessions", body).status == 422


@pytest.mark.parametrize("origins", [[], ["*"], ["null"], [""], ["app.example.com"], ["https://"], ["https://*.example.com"],
                                     ["https://app.example.com/"], ["https://app.example.com/x"], ["https://App.example.com"],
                                     ["https://app.example.com:443"], ["https://app.example.com:0"], ["https://app.example.com:99999"],
                                     ["https://u@app.example.com"], ["https://app.example.com?x"], ["http://app.example.com"],
                                     ["https://app..example.com"], ["https://-x"], ["https://app.example.com."], ["ftp://app.example.com"],
                                     ["https://app.example.com\r\nX: y"], ["https://" + "a" * 200], [f"https://a{i}.example" for i in range(11)],
                                     ["http://evil.localhost.example"], [1], ORIGIN, None])
def test_what_is_no_origin(root, place, origins):
    body = {"account": place[0]["id"], "allowed_origins": origins, "capabilities": ["keys:read"]}
    assert root.post("/v1/client-sessions", body).status == 422


@pytest.mark.parametrize("origin", ["https://app.example.com:8443", "http://localhost:3000", "http://127.0.0.1:5173", "http://app.localhost",
                                    "https://xn--bcher-kva.example"])
def test_what_is_one(root, place, origin):
    made = mint(root, account=place[0]["id"], allowed_origins=[origin])
    assert page(root, made, origin).get("/v1/keys", expect=200).header("access-control-allow-origin") == origin


# ---- where it is refused ----

@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://app.example.com", "https://app.example.com:8443",
                                    "https://app.example.com.evil.example", "https://App.example.com", "https://app.example.com/", "*",
                                    "https://sub.app.example.com"])
def test_other_origins(root, made, origin):
    for method, path, body in (("GET", "/v1/keys", None), ("POST", "/v1/keys", {"name": "x", "scopes": ["read"]}), ("GET", "/v1/usage", None),
                               ("GET", "/v1/product", None)):
        refused = page(root, made, origin).call(method, path, body)
        assert refused.status == 403 and refused.header("access-control-allow-origin") is None, (origin, path)


@pytest.mark.parametrize("method, path", [("GET", "/v1/accounts"), ("GET", "/v1/users"), ("GET", "/v1/sessions/current"), ("DELETE", "/v1/sessions"),
                                          ("POST", "/v1/client-sessions"), ("GET", "/v1/audit"), ("GET", "/v1/webhooks"), ("GET", "/v1/policies"),
                                          ("GET", "/v1/agents"), ("POST", "/v1/keys/import"), ("POST", "/v1/keys/verify"), ("GET", "/v1/keys/self"),
                                          ("POST", "/v1/keys/self/revoke"), ("GET", "/v1/billing"), ("POST", "/v1/scan"), ("GET", "/v1/events"),
                                          ("GET", "/v1/messages"), ("POST", "/v1/sessions/switch")])
def test_other_routes(script, method, path):
    refused = script.call(method, path, {} if method == "POST" else None)
    assert refused.status == 403 and refused.header("access-control-allow-origin") is None, refused


def test_other_places(root, made):
    for host, path in (("animus.localhost", "/api/v1/api-keys"), ("animus.localhost", "/dashboard/v1/keys"), ("animus.localhost", "/api/v1/content"),
                       (None, "/dashboard/v1/keys"), (None, "/v1/authorize/animus/api/v1/content")):
        refused = page(root, made, host=host).get(path, record=False)
        assert refused.status in (401, 403) and refused.header("access-control-allow-origin") is None, (host, path, refused)
    named = root.using(token=None, headers={"Origin": ORIGIN, "Cookie": f"cardea_session={made['client_secret']}"})
    assert named.get("/v1/keys").status == 401
    assert root.using(token=None, headers={"Origin": ORIGIN}).get(f"/v1/keys?token={made['client_secret']}").status == 401
    assert root.post("/v1/keys/verify", {"key": made["client_secret"]}, expect=200)["valid"] is False


def test_another_account_is_not_to_be_seen(root, make, script):
    other = make.account("animus")
    key = make.key(other)
    assert script.get(f"/v1/keys?account={other['id']}").status == 403
    assert script.get(f"/v1/keys/{key['id']}").status == 404
    assert script.delete(f"/v1/keys/{key['id']}").status == 404
    assert script.post("/v1/keys", {"account": other["id"], "name": "x", "scopes": ["read"]}).status == 403
    assert script.get(f"/v1/usage?account={other['id']}").status == 403


@pytest.mark.parametrize("capability, granted", [("keys:read", "GET /v1/keys"), ("keys:write", "POST /v1/keys"), ("usage:read", "GET /v1/usage")])
def test_each_capability_is_for_itself(root, place, capability, granted):
    script = page(root, mint(root, account=place[0]["id"], user=place[1]["owner"].user["id"], capabilities=[capability]))
    for call in ("GET /v1/keys", "POST /v1/keys", "GET /v1/usage"):
        method, path = call.split()
        reply = script.call(method, path, {"name": "x", "scopes": ["read"]} if method == "POST" else None)
        assert reply.status == (403 if call != granted else 201 if method == "POST" else 200), (capability, call, reply)
        assert reply.header("access-control-allow-origin") == ORIGIN
    script.get("/v1/product", expect=200)


def test_never_more_than_the_persons_role(root, place, make):
    account, people = place
    viewer = page(root, mint(root, account=account["id"], user=people["viewer"].user["id"]))
    viewer.get("/v1/keys", expect=200)
    assert viewer.post("/v1/keys", {"name": "x", "scopes": ["read"]}).status == 403
    key = make.key(account)
    member = page(root, mint(people["member"]))
    assert member.delete(f"/v1/keys/{key['id']}").status == 403, "a member changes its own alone"


@pytest.mark.parametrize("change", [lambda s: s[:-1] + ("A" if s[-1] != "A" else "B"), lambda s: s[:-1], lambda s: s + "A", lambda s: s.split(".")[0],
                                    lambda s: s.split(".")[0] + ".", lambda s: s.replace("crcs_", "opr_"), lambda s: s + ".x", lambda s: "crcs_",
                                    lambda s: "crcs_." + s.split(".")[1], lambda s: s.split(".")[0] + "=." + s.split(".")[1], lambda s: "crcs_" + "A" * 9000])
def test_what_was_changed_is_none(root, made, change):
    refused = page(root, change(made["client_secret"])).get("/v1/keys")
    assert refused.status == 401 and refused.header("access-control-allow-origin") is None


def test_other_claims_under_the_same_signature(root, made):
    claims = claims_of(made["client_secret"])
    for name, value in (("capabilities", ["keys:read"]), ("origins", ["https://evil.example"]), ("exp", claims["exp"] + 1), ("user", None)):
        text = base64.urlsafe_b64encode(json.dumps({**claims, name: value}, separators=(",", ":")).encode()).decode().rstrip("=")
        forged = f"crcs_{text}.{made['client_secret'].split('.')[1]}"
        assert page(root, forged).get("/v1/keys").status == 401, name


def test_a_session_token_is_no_client_session_nor_the_other_way(root, place, made):
    jwt = place[1]["owner"].token
    assert page(root, "crcs_" + jwt).get("/v1/keys").status == 401
    assert page(root, "crcs_" + ".".join(jwt.split(".")[1:])).get("/v1/keys").status == 401
    header = jwt.split(".")[0]
    assert root.using(token=f"{header}.{made['client_secret'].removeprefix('crcs_')}").get("/v1/keys").status == 401


@pytest.mark.parametrize("method, path", [("GET", "/v1/accounts"), ("POST", "/v1/sessions"), ("POST", "/v1/client-sessions"), ("POST", "/v1/keys/import"),
                                          ("GET", "/v1/keys/self"), ("PUT", "/v1/keys"), ("GET", "/v1/audit"), ("GET", "/metrics"), ("TRACE", "/v1/keys"),
                                          ("GET", "/dashboard/v1/keys"), ("GET", "/dashboard/")])
def test_no_preflight_elsewhere(root, method, path):
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": method}
    reply = root.using(token=None).call("OPTIONS", path, headers=asked, record=False)
    assert reply.status == 405 and reply.header("access-control-allow-origin") is None, reply


@pytest.mark.parametrize("headers", [{"Origin": ORIGIN}, {"Access-Control-Request-Method": "GET"}, {"Origin": "null", "Access-Control-Request-Method": "GET"},
                                     {"Origin": "x\ty", "Access-Control-Request-Method": "GET"}, {"Origin": ORIGIN, "Access-Control-Request-Method": "get"}])
def test_what_is_no_preflight(root, headers):
    reply = root.using(token=None).call("OPTIONS", "/v1/keys", headers=headers)
    assert reply.status == 405 and reply.header("access-control-allow-origin") is None


def test_no_preflight_on_a_products_host(root):
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    for path in ("/dashboard/v1/keys", "/api/v1/api-keys", "/api/v1/content"):
        reply = root.using(token=None, host="animus.localhost").call("OPTIONS", path, headers=asked)
        assert reply.status >= 400 and reply.header("access-control-allow-origin") is None


def test_others_get_no_such_header(root, place):
    for client in (root, place[1]["owner"], root.using(token=None)):
        for path in ("/v1/keys", "/v1/product", "/v1/accounts"):
            assert client.using(headers={"Origin": ORIGIN}).get(path).header("access-control-allow-origin") is None


# ---- how it ends ----

def test_it_ends_with_the_person(root, make):
    account = make.account("animus")
    owner, member = make.session(account, "owner"), make.session(account, "member")
    script = page(root, mint(root, account=account["id"], user=member.user["id"]))
    script.post("/v1/keys", {"name": "x", "scopes": ["read"]}, expect=201)
    owner.put(f"/v1/accounts/{account['id']}/members/{member.user['id']}", {"role": "viewer"}, expect=200)
    assert script.post("/v1/keys", {"name": "y", "scopes": ["read"]}).status == 403
    owner.delete(f"/v1/accounts/{account['id']}/members/{member.user['id']}", expect=204)
    assert script.get("/v1/keys").status == 401
    made = page(root, mint(owner))
    root.patch(f"/v1/users/{owner.user['id']}", {"disabled": True}, expect=200)
    assert made.get("/v1/keys").status == 401


def test_it_ends_with_the_session_that_made_it(root, make):
    owner = make.session(make.account("animus"), "owner")
    script = page(root, mint(owner))
    script.get("/v1/keys", expect=200)
    owner.delete("/v1/sessions", expect=204)
    gone = script.get("/v1/keys")
    assert gone.status == 401 and gone.header("access-control-allow-origin") == ORIGIN, "the component must be able to see it"


@pytest.mark.parametrize("how", ["revoke", "disable", "narrow"])
def test_it_ends_with_the_key_that_made_it(root, make, how):
    native = make.account("cardea")
    key = make.key(native, scopes=["keys:read", "usage:read"])
    script = page(root, mint(root.using(token=key["key"]), capabilities=["keys:read", "usage:read"]))
    script.get("/v1/keys", expect=200)
    if how == "revoke":
        root.delete(f"/v1/keys/{key['id']}", expect=200)
    elif how == "disable":
        root.patch(f"/v1/keys/{key['id']}", {"enabled": False}, expect=200)
    else:
        root.patch(f"/v1/keys/{key['id']}", {"scopes": ["usage:read"]}, expect=200)
    assert script.get("/v1/keys").status == (403 if how == "narrow" else 401)


def test_it_ends_with_the_root_key_that_made_it(root, place):
    second = root.post("/v1/keys", {"account": "cardea/system", "kind": "root", "name": "second"}, expect=201)
    scripts = [page(root, mint(root.using(token=second["key"]), account=place[0]["id"], user=user)) for user in (None, place[1]["owner"].user["id"])]
    assert [s.get("/v1/keys").status for s in scripts] == [200, 200]
    root.delete(f"/v1/keys/{second['id']}", expect=200)
    assert [s.get("/v1/keys").status for s in scripts] == [401, 401]


def test_it_rests_while_the_account_is_suspended(root, make):
    account = make.account("animus")
    owner = make.session(account, "owner")
    scripts = [page(root, mint(root, account=account["id"])), page(root, mint(owner))]
    root.patch(f"/v1/accounts/{account['id']}", {"status": "suspended"}, expect=200)
    for script in scripts:
        refused = script.get("/v1/keys")
        assert (refused.status, refused.code) == (403, "ACCOUNT_SUSPENDED")
    root.patch(f"/v1/accounts/{account['id']}", {"status": "active"}, expect=200)
    assert [s.get("/v1/keys").status for s in scripts] == [200, 200]
    root.delete(f"/v1/accounts/{account['id']}", expect=204)
    assert [s.get("/v1/keys").status for s in scripts] == [401, 401]
