"""The operator in a browser: the root key, exchanged for an hour's session that acts as it does and ends with it."""

import pytest

PAGE = {"Sec-Fetch-Site": "same-origin"}
BASE = "/dashboard/v1"


def cookie_of(reply):
    return reply.header("set-cookie").split(";")[0]


def log_in(client, key, **headers):
    return client.using(token=None).post("/v1/sessions", {"root_key": key}, headers=headers)


@pytest.fixture(scope="module")
def reply(root):
    made = log_in(root, root.token)
    assert made.status == 201, made
    return made


@pytest.fixture(scope="module")
def operator(root, reply):
    return root.using(token=None, headers={"Cookie": cookie_of(reply), **PAGE})


def test_the_cookie_is_out_of_scripts_and_other_sites_reach(root, reply):
    parts = [p.strip() for p in reply.header("set-cookie").split(";")]
    assert parts[0].startswith("cardea_operator=opr_") and root.token not in reply.header("set-cookie")
    assert set(parts[1:]) == {"Path=/dashboard", "HttpOnly", "SameSite=Strict", "Max-Age=3600"}
    assert reply.json["operator"] is True and reply.json["role"] == "operator" and "jwt" not in reply.json
    assert reply["account"] is reply["user"] is None and reply.header("cache-control") == "no-store"
    assert {"name": "animus", "title": "Animus"}.items() <= next(p for p in reply["products"] if p["name"] == "animus").items()
    tls = log_in(root, root.token, **{"X-Forwarded-Proto": "https"}).header("set-cookie")
    assert "Secure" in [p.strip() for p in tls.split(";")]


def test_it_acts_as_the_root_key_does(root, operator, make):
    account = operator.post(f"{BASE}/accounts", {"profile": "animus", "slug": "by-operator", "name": "By"}, expect=201, record=False)
    key = operator.post(f"{BASE}/keys", {"account": account["id"], "name": "k", "scopes": ["read"]}, expect=201, record=False)
    operator.delete(f"{BASE}/keys/{key['id']}", expect=200, record=False)
    user = make.user()
    assert operator.get(f"{BASE}/users/{user['id']}", expect=200, record=False)["email"] == user["email"]
    assert operator.get("/v1/sessions/current", expect=200)["operator"] is True
    said = root.get(f"/v1/audit?account={account['id']}", expect=200)["data"]
    assert {r["actor"] for r in said} == {"root"}


def test_what_the_root_key_has_no_business_with_is_not_its_either(operator):
    assert operator.get("/v1/sessions/accounts").status == 403
    assert operator.post("/v1/sessions/switch", {"account": "x"}).status == 403


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"},
                                     {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_another_sites_page_cannot_use_it(root, operator, headers):
    stranger = root.using(token=None, headers={"Cookie": operator.headers["Cookie"], **headers})
    for method, path, body in (("GET", "/v1/accounts", None), ("POST", "/v1/accounts", {"profile": "animus", "slug": "evil", "name": "x"}),
                               ("DELETE", "/v1/sessions", None)):
        assert stranger.call(method, path, body).status == 401, (method, headers)


def test_it_is_good_in_no_other_place(root, operator):
    token = operator.headers["Cookie"].split("=", 1)[1]
    assert root.using(token=token).get("/v1/accounts").status == 401, "no bearer"
    named = {"Cookie": f"cardea_session={token}", **PAGE}
    assert root.using(token=None, headers=named).get("/v1/accounts").status == 401
    jwt_as_operator = {"Cookie": f"cardea_operator={token[:-2]}xx", **PAGE}
    assert root.using(token=None, headers=jwt_as_operator).get("/v1/accounts").status == 401
    for host in ("animus.localhost", "animam.localhost"):
        client = root.using(token=None, host=host, headers=operator.headers)
        assert client.get(f"{BASE}/keys").status == 401, host
    verified = root.post("/v1/keys/verify", {"key": token}, expect=200)
    assert verified["valid"] is False


def test_a_product_has_no_operator(root):
    for host in ("animus.localhost", "anima.localhost"):
        refused = root.using(token=None, host=host).post(f"{BASE}/sessions", {"root_key": root.token})
        assert refused.status == 422 and refused.header("set-cookie") is None, host


def test_a_persons_session_and_the_operators_end_each_other(root, make, operator):
    user = make.member(make.account("animus"), "owner")
    person = root.using(token=None, headers={"Cookie": f"{operator.headers['Cookie']}"}).post(
        "/v1/sessions", {"email": user["email"], "password": user["password"]}, expect=201)
    cookies = [value for name, value in person.headers if name == "set-cookie"]
    assert any(c.startswith("cardea_operator=;") and "Path=/dashboard" in c and "Max-Age=0" in c for c in cookies), cookies
    other = log_in(root, root.token, Cookie=cookies[-1].split(";")[0])
    cookies = [value for name, value in other.headers if name == "set-cookie"]
    assert any(c.startswith("cardea_session=;") and "Path=/;" in c for c in cookies), cookies


@pytest.mark.parametrize("key", ["", "x", "crdr_" + "a" * 49, "crd_" + "b" * 38, "a" * 4096])
def test_what_is_no_root_key(root, key):
    refused = log_in(root, key)
    assert refused.status in (401, 422) and refused.header("set-cookie") is None
    assert root.token not in str(refused.body)


def test_other_keys_are_none(root, make, verifier):
    made = make.key(make.account("cardea"), scopes=["*"])["key"]
    for key in (verifier.token, made, make.key(make.account("animus"))["key"]):
        assert log_in(root, key).status == 401
    assert root.using(token=None).post("/v1/sessions", {"root_key": root.token, "account": "x"}).status == 422
    assert root.using(token=None).post("/v1/sessions", {"root_key": 1}).status == 422


def test_logging_out_ends_it(root):
    made = log_in(root, root.token)
    client = root.using(token=None, headers={"Cookie": cookie_of(made), **PAGE})
    gone = client.delete(f"{BASE}/sessions", expect=204, record=False).header("set-cookie")
    assert gone.startswith("cardea_operator=;") and "Max-Age=0" in gone and "Path=/dashboard" in gone
    assert client.get("/v1/accounts").status == 401
    root.get("/v1/accounts", expect=200)


def test_it_is_recorded(root):
    made = log_in(root, root.token)
    root.using(token=None, headers={"Cookie": cookie_of(made), **PAGE}).delete("/v1/sessions", expect=204)
    log_in(root, "crdr_" + "c" * 49)
    records = root.get("/v1/audit?limit=50", expect=200)["data"]
    mine = [r["action"] for r in records if r["subject"] == made["id"]]
    assert sorted(mine) == ["operator.session_ended", "operator.session_started"]
    assert all(r["actor"] == "root" for r in records if r["subject"] == made["id"])


def second_root(root, **more):
    return root.post("/v1/keys", {"account": "cardea/system", "kind": "root", "name": "second", **more}, expect=201)


@pytest.mark.parametrize("how", ["revoke", "disable", "rotate"])
def test_it_ends_with_its_key(root, how):
    key = second_root(root)
    made = log_in(root, key["key"])
    client = root.using(token=None, headers={"Cookie": cookie_of(made), **PAGE})
    client.get("/v1/accounts?limit=1", expect=200)
    if how == "revoke":
        root.delete(f"/v1/keys/{key['id']}", expect=200)
    elif how == "disable":
        root.patch(f"/v1/keys/{key['id']}", {"enabled": False}, expect=200)
    else:
        root.post(f"/v1/keys/{key['id']}/rotate", {"overlap_sec": 3600}, expect=201)
    assert client.get("/v1/accounts?limit=1").status == 401
    assert log_in(root, key["key"]).status == 401
    root.delete(f"/v1/keys/{key['id']}", expect=200)


def test_the_keys_networks_are_the_sessions(root):
    key = second_root(root, ip_allow=["192.0.2.0/24"])
    assert log_in(root, key["key"]).status == 401
    root.patch(f"/v1/keys/{key['id']}", {"ip_allow": ["127.0.0.0/8", "192.0.2.0/24"]}, expect=200)
    client = root.using(token=None, headers={"Cookie": cookie_of(log_in(root, key["key"])), **PAGE})
    client.get("/v1/accounts?limit=1", expect=200)
    root.patch(f"/v1/keys/{key['id']}", {"ip_allow": ["192.0.2.0/24"]}, expect=200)
    assert client.get("/v1/accounts?limit=1").status == 401
    root.delete(f"/v1/keys/{key['id']}", expect=200)


def test_it_may_be_tried_only_so_often(own):
    root = own().root()
    for i in range(10):
        assert log_in(root, "crdr_" + f"{i}" * 49).status == 401
    refused = log_in(root, root.token)
    assert refused.status == 429 and int(refused.header("retry-after")) > 0
    root.get("/v1/accounts", expect=200)
