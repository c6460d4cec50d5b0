"""The dashboard on a product's own host: for people with a session, by a cookie that is good there and nowhere else."""

import pytest

HOST = "animam.localhost"
BASE = "/dashboard/v1"
PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def people(make):
    account = make.account("animam")
    return account, make.member(account, "owner")


def cookie_of(reply):
    return reply.header("set-cookie").split(";")[0]


def log_in(root, owner, host=HOST, base=BASE, headers=None, **more):
    client = root.using(token=None, host=host, headers=headers)
    return client.post(f"{base}/sessions", {"email": owner["email"], "password": owner["password"], **more})


@pytest.fixture(scope="module")
def page(root, people):
    account, owner = people
    reply = log_in(root, owner)
    assert reply.status == 201, reply
    return root.using(token=None, host=HOST, headers={"Cookie": cookie_of(reply), **PAGE})


def test_the_cookie_has_the_products_name_and_the_dashboards_path(root, people):
    parts = [p.strip() for p in log_in(root, people[1]).header("set-cookie").split(";")]
    assert parts[0].startswith("animam_session=")
    assert {"Path=/dashboard", "HttpOnly", "SameSite=Lax"} <= set(parts) and "Secure" not in parts
    tls = log_in(root, people[1], headers={"X-Forwarded-Proto": "https"}).header("set-cookie")
    assert "Secure" in [p.strip() for p in tls.split(";")]


def test_a_person_manages_keys_by_the_cookie(page, people):
    account = people[0]
    made = page.post(f"{BASE}/keys", {"name": "page", "scopes": ["corpus:read"]}, expect=201)
    assert made["account"] == account["id"] and made["key"].startswith("ak_")
    assert made["id"] in [k["id"] for k in page.get(f"{BASE}/keys", expect=200)["data"]]
    page.patch(f"{BASE}/keys/{made['id']}", {"name": "renamed"}, expect=200)
    assert page.post(f"{BASE}/keys/{made['id']}/rotate", {}, expect=201)["id"] != made["id"]
    assert page.delete(f"{BASE}/keys/{made['id']}", expect=200)["status"] == "revoked"
    assert page.get(f"{BASE}/sessions/current", expect=200)["account"] == account["id"]


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                                     {"Sec-Fetch-Site": "none"}, {"Origin": "https://evil.example"}, {"Origin": "null"},
                                     {"Origin": f"http://{HOST}.evil.example"},
                                     {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "cross-site"}])
def test_another_sites_page_cannot_use_it(root, page, headers):
    stranger = root.using(token=None, host=HOST, headers={"Cookie": page.headers["Cookie"], **headers})
    for method, path, body in (("GET", "keys", None), ("POST", "keys", {"name": "x", "scopes": ["*"]}),
                               ("DELETE", "sessions", None)):
        assert stranger.call(method, f"{BASE}/{path}", body).status == 401, (method, headers)
    page.get(f"{BASE}/keys", expect=200)


def test_a_page_may_show_where_it_is_by_its_origin(root, page):
    sent = {"Cookie": page.headers["Cookie"], "Origin": f"http://{HOST}"}
    root.using(token=None, host=HOST, headers=sent).get(f"{BASE}/keys", expect=200)


def test_the_external_api_takes_no_cookie(page, people):
    slug = people[0]["slug"]
    for path in ("corpus", "conversations", "settings", "tokens"):
        reply = page.get(f"/tenants/{slug}/{path}")
        assert (reply.status, reply.body) == (401, b'{"error": "Unauthorized"}'), path


def test_the_session_token_works_as_a_bearer_too_and_a_key_does_not(root, page, people):
    jwt = log_in(root, people[1])["jwt"]
    bearer = root.using(token=jwt, host=HOST)
    bearer.get(f"{BASE}/keys", expect=200)
    key = page.post(f"{BASE}/keys", {"name": "k", "scopes": ["*"]}, expect=201)["key"]
    refused = root.using(token=key, host=HOST).get(f"{BASE}/keys")
    assert refused.status == 403 and "log in" in refused["detail"]


def test_logging_out_ends_it(root, people):
    reply = log_in(root, people[1])
    client = root.using(token=None, host=HOST, headers={"Cookie": cookie_of(reply), **PAGE})
    gone = client.delete(f"{BASE}/sessions", expect=204).header("set-cookie")
    assert gone.startswith("animam_session=;") and "Max-Age=0" in gone and "Path=/dashboard" in gone
    assert client.get(f"{BASE}/keys").status == 401
    assert client.using(headers={"Cookie": cookie_of(reply), **PAGE}).get(f"{BASE}/keys").status == 401


def test_only_the_products_own_accounts(root, make, people):
    owner = people[1]
    other = make.account("animus")
    root.put(f"/v1/accounts/{other['id']}/members/{owner['id']}", {"role": "owner"}, expect=(200, 201))
    assert log_in(root, owner)["account"] == people[0]["id"]
    assert log_in(root, owner, account=other["slug"]).status == 403
    foreign = log_in(root, owner, host="127.0.0.1", base="/v1", account=f"animus/{other['slug']}")
    assert foreign.status == 201
    stranger = root.using(token=foreign["jwt"], host=HOST)
    assert stranger.get(f"{BASE}/keys").status == 403
    named = {"Cookie": f"animam_session={foreign['jwt']}", **PAGE}
    assert root.using(token=None, host=HOST, headers=named).get(f"{BASE}/keys").status in (401, 403)


def test_only_what_is_for_people_is_there(page, root):
    assert page.get(f"{BASE}/users").status == 404
    assert page.post(f"{BASE}/keys/verify", {"key": "x"}).status == 404
    assert page.get(f"{BASE}/../metrics").status == 404
    assert page.get("/dashboardx/v1/keys").status == 403  # the product's own path, where nothing answers
    reply = page.call("PUT", f"{BASE}/keys")
    assert reply.status == 405 and "POST" in reply.header("allow")
    assert page.get(f"{BASE}/audit/export").status == 404


def test_on_the_operators_host_a_session_has_its_products_cookie(root, people, make):
    animam = log_in(root, people[1], host="127.0.0.1", base="/v1", account=f"animam/{people[0]['slug']}")
    assert cookie_of(animam).startswith("animam_session=") and "Path=/;" in animam.header("set-cookie")
    client = root.using(token=None, headers={"Cookie": cookie_of(animam), **PAGE})
    client.get("/v1/keys", expect=200)
    renamed = {"Cookie": f"cardea_session={animam['jwt']}", **PAGE}
    assert client.using(headers=renamed).get("/v1/keys").status == 401


def test_a_browser_has_one_session_a_host(root, people, make):
    first = log_in(root, people[1], host="127.0.0.1", base="/v1", account=f"animam/{people[0]['slug']}")
    user = make.member(make.account("animus"), "owner")
    reply = log_in(root, user, host="127.0.0.1", base="/v1", headers={"Cookie": f"x=1; {cookie_of(first)}"})
    cookies = [value for name, value in reply.headers if name == "set-cookie"]
    assert len(cookies) == 2
    assert cookies[0].startswith("animam_session=;") and "Max-Age=0" in cookies[0]
    assert cookies[1].startswith("cardea_session=ey")
