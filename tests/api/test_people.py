"""Users and sessions: who logs in, as what, and how that ends."""

import base64
import json
import time
from pathlib import Path

import pytest


def claims(jwt):
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in jwt.split(".")[:2]]


def test_create_read_change_erase(root, make):
    user = make.user()
    assert user["disabled"] is False
    view = root.get(f"/v1/users/{user['id']}", expect=200).json
    assert view == {k: v for k, v in user.items() if k != "password"}
    assert root.patch(f"/v1/users/{user['id']}", {"name": "Another"}, expect=200)["name"] == "Another"
    root.delete(f"/v1/users/{user['id']}", expect=204)
    gone = root.get(f"/v1/users/{user['id']}")
    assert gone.status == 404 or (gone["email"] is None and gone["name"] is None and gone["disabled"])
    assert user["email"] not in json.dumps(root.pages("/v1/users?limit=200"))
    root.post("/v1/sessions", {"email": user["email"], "password": user["password"]}, expect=401)
    root.post("/v1/users", {"email": user["email"], "name": "Same address", "password": "another passphrase"}, expect=201)


def test_an_address_is_taken_in_any_case(root, make):
    user = make.user()
    reply = root.post("/v1/users", {"email": user["email"].upper(), "name": "x", "password": "long enough one"}, expect=409)
    assert reply.code == "email_taken"


def test_no_password_hash_ever_shows(root, make):
    user = make.user()
    text = root.get(f"/v1/users/{user['id']}", expect=200).body + root.get("/v1/users?limit=200", expect=200).body
    assert b"argon2" not in text and b"password" not in text


def test_list_pages(root, make):
    made = {make.user()["id"] for _ in range(3)}
    listed = root.pages("/v1/users?limit=2")
    assert made <= {u["id"] for u in listed} and len({u["id"] for u in listed}) == len(listed)


def test_a_session_is_what_the_token_says(make, shared):
    account = make.account("animus")
    before = int(time.time())
    client = make.session(account, "admin")
    header, body = claims(client.token)
    assert header["alg"] == "EdDSA"
    assert (body["iss"], body["aud"]) == ("cardea", "cardea")
    assert body["sub"] == client.user["id"] and body["acct"] == account["id"] and body["role"] == "admin"
    assert body["sid"].startswith("ses_") and before <= body["iat"] <= time.time() + 1
    assert body["exp"] - body["iat"] == 24 * 3600
    current = client.get("/v1/sessions/current", expect=200).json
    assert current == {"id": body["sid"], "operator": False, "user": client.user["id"], "email": client.user["email"], "name": "Some One",
                       "account": account["id"], "account_slug": account["slug"], "account_name": "Test", "profile": "animus",
                       "role": "admin", "expires_at": client.session["expires_at"]}
    assert {**current, "jwt": client.token} == client.session


def test_logging_out_ends_the_session_at_once(make):
    client = make.session(make.account("animus"))
    client.get("/v1/keys", expect=200)
    client.delete("/v1/sessions", expect=204)
    client.get("/v1/keys", expect=401)
    client.delete("/v1/sessions", expect=401)


def test_two_sessions_of_one_user_are_two(make):
    account = make.account("animus")
    first = make.session(account, "member")
    second = make.session(account, "member", first.user)
    first.delete("/v1/sessions", expect=204)
    second.get("/v1/keys", expect=200)


def test_several_accounts_and_none_named(make, root):
    one, two, user = make.account("animus"), make.account("open-animate"), make.user()
    make.member(one, "owner", user)
    make.member(two, "viewer", user)
    nobody = root.using(token=None)
    login = {"email": user["email"], "password": user["password"]}
    reply = nobody.post("/v1/sessions", login, expect=409)
    assert reply.code == "account_required"
    assert {(a["id"], a["slug"], a["profile"], a["role"]) for a in reply["accounts"]} == {
        (one["id"], one["slug"], "animus", "owner"), (two["id"], two["slug"], "open-animate", "viewer")}
    for text, account in ((two["id"], two), (one["slug"], one), (f"open-animate/{two['slug']}", two)):
        assert nobody.post("/v1/sessions", {**login, "account": text}, expect=201)["account"] == account["id"]
    third = make.account("animus")
    assert nobody.post("/v1/sessions", {**login, "account": third["id"]}).status in (401, 403)
    assert nobody.post("/v1/sessions", {**login, "account": "no-such-account"}).status in (401, 403)


def test_the_same_answer_for_who_is_unknown_and_what_is_wrong(make, root):
    nobody = root.using(token=None)
    user = make.member(make.account("animus"))
    wrong = nobody.post("/v1/sessions", {"email": user["email"], "password": "not the passphrase"}, expect=401)
    unknown = nobody.post("/v1/sessions", {"email": "nobody@example.com", "password": "not the passphrase"}, expect=401)
    same = ("type", "title", "detail", "code", "errors")
    assert [wrong[k] for k in same] == [unknown[k] for k in same]


def test_about_the_same_time_for_an_unknown_address(make, root, shared):
    """Hashing takes tens of milliseconds of a core: leaving it out would show at once. A clock on the wall would show most of
    all what else the machine does."""
    nobody = root.using(token=None)
    user = make.member(make.account("animus"))

    def spent():
        ticks = Path(f"/proc/{shared.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(ticks[11]) + int(ticks[12])

    def cost(email):
        before = spent()
        for _ in range(4):
            nobody.post("/v1/sessions", {"email": email, "password": "not the passphrase"}, expect=401)
        return spent() - before

    known, unknown = cost(user["email"]), cost("nobody.at.all@example.com")
    assert known > 3
    assert unknown > known / 3, (known, unknown)


def test_disabling_a_user_ends_sessions_at_once(make, root):
    account = make.account("animus")
    client = make.session(account, "owner")
    client.get("/v1/keys", expect=200)
    root.patch(f"/v1/users/{client.user['id']}", {"disabled": True}, expect=200)
    client.get("/v1/keys", expect=401)
    login = {"email": client.user["email"], "password": client.user["password"]}
    root.using(token=None).post("/v1/sessions", login, expect=401)
    root.patch(f"/v1/users/{client.user['id']}", {"disabled": False}, expect=200)
    root.using(token=None).post("/v1/sessions", login, expect=201)
    client.get("/v1/keys", expect=401)


def test_a_role_counts_as_it_is_now_and_leaving_ends_it(make, root):
    account = make.account("animus")
    client = make.session(account, "member")
    body = {"name": "mine", "scopes": ["read"]}
    client.post("/v1/keys", body, expect=201)
    path = f"/v1/accounts/{account['id']}/members/{client.user['id']}"
    root.put(path, {"role": "viewer"}, expect=200)
    client.post("/v1/keys", body, expect=403)
    client.get("/v1/keys", expect=200)
    root.delete(path, expect=204)
    client.get("/v1/keys", expect=401)


def test_a_new_password_ends_the_old_sessions(make, root):
    client = make.session(make.account("animus"))
    root.patch(f"/v1/users/{client.user['id']}", {"password": "the second passphrase"}, expect=200)
    client.get("/v1/keys", expect=401)
    nobody = root.using(token=None)
    nobody.post("/v1/sessions", {"email": client.user["email"], "password": client.user["password"]}, expect=401)
    nobody.post("/v1/sessions", {"email": client.user["email"], "password": "the second passphrase"}, expect=201)


def test_users_change_their_own_password_knowing_the_old_one(make):
    client = make.session(make.account("animus"))
    path = f"/v1/users/{client.user['id']}"
    assert client.patch(path, {"password": "a third passphrase"}).status in (401, 403, 422)
    assert client.patch(path, {"password": "a third passphrase", "current_password": "not this one"}).status in (401, 403, 422)
    client.patch(path, {"password": "a third passphrase", "current_password": client.user["password"]}, expect=200)


def test_a_suspended_account_ends_no_session_but_its_keys(make, root):
    account = make.account("animus")
    client = make.session(account, "owner")
    root.patch(f"/v1/accounts/{account['id']}", {"status": "suspended"}, expect=200)
    refused = client.post("/v1/keys", {"name": "x", "scopes": ["read"]})
    assert refused.status in (401, 403, 409), refused


def sign_by_hand(header, body, signature=b""):
    def part(raw):
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return ".".join((part(json.dumps(header).encode()), part(json.dumps(body).encode()), part(signature)))


def test_tokens_that_are_forged_or_bent(make, root):
    client = make.session(make.account("animus"), "owner")
    header, body = claims(client.token)
    h, b, s = client.token.split(".")
    flipped = ("A" if s[10] != "A" else "B")
    forged = {
        "alg none": sign_by_hand({"alg": "none"}, body),
        "alg none, old signature": sign_by_hand({"alg": "none"}, body).rsplit(".", 1)[0] + "." + s,
        "HS256": sign_by_hand({"alg": "HS256", "typ": "JWT"}, body, b"\0" * 32),
        "an embedded key": sign_by_hand({"alg": "EdDSA", "jwk": {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}}, body, b"\0" * 64),
        "another role": sign_by_hand(header, {**body, "role": "owner", "x": 1}).rsplit(".", 1)[0] + "." + s,
        "a bit flipped": f"{h}.{b}.{s[:10]}{flipped}{s[11:]}",
        "no signature": f"{h}.{b}.",
        "two parts": f"{h}.{b}",
        "four parts": f"{h}.{b}.{s}.{s}",
        "padding": f"{h}.{b}.{s}==",
        "empty": "..",
    }
    for what, token in forged.items():
        reply = root.using(token=token).get("/v1/sessions/current")
        assert reply.status == 401, (what, reply)


def test_the_cookie_works_from_the_same_page_only(make, shared, root):
    account = make.account("animus")
    user = make.member(account, "owner")
    nobody = root.using(token=None)
    reply = nobody.post("/v1/sessions", {"email": user["email"], "password": user["password"]}, expect=201)
    cookie = reply.header("set-cookie")
    parts = [p.strip().lower() for p in cookie.split(";")]
    assert parts[0].startswith("cardea_session=") and "httponly" in parts and "samesite=lax" in parts and "secure" not in parts
    sent = {"Cookie": cookie.split(";")[0]}
    nobody.get("/v1/sessions/current", headers=sent, expect=401)
    nobody.get("/v1/sessions/current", headers={**sent, "Sec-Fetch-Site": "cross-site"}, expect=401)
    nobody.get("/v1/sessions/current", headers={**sent, "Sec-Fetch-Site": "same-site"}, expect=401)
    nobody.get("/v1/sessions/current", headers={**sent, "Origin": "http://evil.example"}, expect=401)
    nobody.get("/v1/sessions/current", headers={**sent, "Origin": "null"}, expect=401)
    nobody.get("/v1/sessions/current", headers={**sent, "Sec-Fetch-Site": "same-origin"}, expect=200)
    nobody.get("/v1/sessions/current", headers={**sent, "Origin": f"http://127.0.0.1:{shared.port}"}, expect=200)
    nobody.delete("/v1/sessions", headers={**sent, "Sec-Fetch-Site": "same-origin"}, expect=204)
    nobody.get("/v1/sessions/current", headers={**sent, "Sec-Fetch-Site": "same-origin"}, expect=401)


@pytest.mark.parametrize("body,location", [
    ({"email": "no-at-sign", "name": "x", "password": "long enough one"}, "/email"),
    ({"email": "", "name": "x", "password": "long enough one"}, "/email"),
    ({"email": "a@b.example\nBcc: x", "name": "x", "password": "long enough one"}, "/email"),
    ({"email": "a" * 250 + "@b.example", "name": "x", "password": "long enough one"}, "/email"),
    ({"email": "short@example.com", "name": "x", "password": "short"}, "/password"),
    ({"email": "long@example.com", "name": "x", "password": "x" * 2000}, "/password"),
    ({"name": "x", "password": "long enough one"}, "/email"),
    ({"email": "x@example.com", "name": "x" * 200, "password": "long enough one"}, "/name"),
    ({"email": "x@example.com", "name": "x\ny", "password": "long enough one"}, "/name"),
])
def test_users_that_are_none(root, body, location):
    reply = root.post("/v1/users", body, expect=422)
    assert location in reply.locations, reply


# ---- from one account to another ----

@pytest.fixture(scope="module")
def traveller(make):
    user, first, second, other = make.user(), make.account("animus"), make.account("animus"), make.account("animam")
    for account, role in ((first, "owner"), (second, "viewer"), (other, "admin")):
        make.member(account, role, user)
    return user, first, second, other


def logged_in(root, traveller, account, host=None, base="/v1"):
    user = traveller[0]
    made = root.using(token=None, host=host).post(
        f"{base}/sessions", {"email": user["email"], "password": user["password"], "account": account["id"]}, expect=201)
    return root.using(token=made["jwt"], host=host), made


def test_which_accounts_i_may_be_in(root, traveller):
    user, first, second, other = traveller
    client, _ = logged_in(root, traveller, first)
    seen = client.get("/v1/sessions/accounts", expect=200)["data"]
    assert [(a["id"], a["slug"], a["name"], a["profile"], a["role"]) for a in seen] == [
        (first["id"], first["slug"], "Test", "animus", "owner"), (second["id"], second["slug"], "Test", "animus", "viewer"),
        (other["id"], other["slug"], "Test", "animam", "admin")]
    page, _ = logged_in(root, traveller, first, "animus.localhost", "/dashboard/v1")
    assert [a["id"] for a in page.get("/dashboard/v1/sessions/accounts", expect=200)["data"]] == [first["id"], second["id"]]


def test_going_on_in_another_account(root, traveller):
    user, first, second, other = traveller
    client, made = logged_in(root, traveller, first)
    switched = client.post("/v1/sessions/switch", {"account": second["slug"]}, expect=201)
    assert (switched["account"], switched["role"], switched["user"]) == (second["id"], "viewer", user["id"])
    assert switched["expires_at"] == made["expires_at"], "no longer than the one before"
    assert switched.header("set-cookie").startswith("cardea_session=ey")
    assert client.get("/v1/keys").status == 401, "the one before has ended"
    root.using(token=switched["jwt"]).get("/v1/keys", expect=200)
    said = [r["action"] for r in root.get(f"/v1/audit?account={second['id']}", expect=200)["data"]]
    assert "session.started" in said


def test_only_where_i_am_a_member(root, traveller, make):
    user, first, second, other = traveller
    client, _ = logged_in(root, traveller, first)
    for account in (make.account("animus")["id"], "nothing", "acc_0000000000000"):
        assert client.post("/v1/sessions/switch", {"account": account}).status == 403
    for body in ({}, {"account": ""}, {"account": 1}, {"account": first["id"], "role": "owner"}):
        assert client.post("/v1/sessions/switch", body).status == 422, body
    page, _ = logged_in(root, traveller, first, "animus.localhost", "/dashboard/v1")
    assert page.post("/dashboard/v1/sessions/switch", {"account": other["id"]}).status == 403, "another product's"
    assert root.post("/v1/sessions/switch", {"account": first["id"]}).status == 403, "a key is nobody"
    client.get("/v1/keys", expect=200)
