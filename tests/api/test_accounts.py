"""Accounts and who belongs to them."""

import pytest

from cardea_test.fixtures import unique


def test_create_read_rename(root, make):
    made = make.account("animus", name="First name")
    assert made["id"].startswith("acc_") and made["profile"] == "animus" and made["status"] == "active"
    assert root.get(f"/v1/accounts/{made['id']}", expect=200).json == made
    renamed = root.patch(f"/v1/accounts/{made['id']}", {"name": "Second name"}, expect=200).json
    assert renamed == {**made, "name": "Second name"}
    assert root.get(f"/v1/accounts/{made['id']}", expect=200).json == renamed


def test_an_account_is_found_by_id_slug_and_profile_with_slug(root, make):
    made = make.account("animus")
    for text in (made["id"], made["slug"], f"animus%2F{made['slug']}"):
        assert root.get(f"/v1/accounts/{text}", expect=200)["id"] == made["id"]


def test_one_slug_in_two_profiles(root):
    slug = unique("twice")
    first = root.post("/v1/accounts", {"profile": "animus", "slug": slug, "name": "A"}, expect=201).json
    second = root.post("/v1/accounts", {"profile": "open-animate", "slug": slug, "name": "B"}, expect=201).json
    assert root.get(f"/v1/accounts/animus%2F{slug}", expect=200)["id"] == first["id"]
    assert root.get(f"/v1/accounts/open-animate%2F{slug}", expect=200)["id"] == second["id"]
    ambiguous = root.post("/v1/keys", {"account": slug, "name": "x", "scopes": ["read"]})
    assert ambiguous.status in (409, 422), ambiguous
    root.post("/v1/keys", {"account": f"animus/{slug}", "name": "x", "scopes": ["read"]}, expect=201)


def test_a_taken_slug_is_a_conflict(root, make):
    made = make.account("animus")
    reply = root.post("/v1/accounts", {"profile": "animus", "slug": made["slug"], "name": "again"}, expect=409)
    assert reply.code == "slug_taken"


def test_a_deleted_account_is_gone_and_its_keys_with_it(root, make):
    account = make.account("animus")
    key = make.key(account)
    assert root.verify(key["key"])["valid"]
    root.delete(f"/v1/accounts/{account['id']}", expect=204)
    assert not root.verify(key["key"])["valid"]
    root.get(f"/v1/accounts/{account['id']}", expect=404)
    root.delete(f"/v1/accounts/{account['id']}", expect=404)
    assert account["id"] not in {a["id"] for a in root.pages("/v1/accounts?limit=200")}
    root.post("/v1/accounts", {"profile": "animus", "slug": account["slug"], "name": "reborn"}, expect=201)
    assert not root.verify(key["key"])["valid"], "a key outlived its account by its slug"


def test_suspension_stops_all_keys_at_once_and_resuming_restores_them(root, make):
    account = make.account("animus")
    keys = [make.key(account) for _ in range(3)]
    root.patch(f"/v1/accounts/{account['id']}", {"status": "suspended"}, expect=200)
    assert [root.verify(k["key"])["code"] for k in keys] == ["ACCOUNT_SUSPENDED"] * 3
    root.patch(f"/v1/accounts/{account['id']}", {"status": "active"}, expect=200)
    assert [root.verify(k["key"])["code"] for k in keys] == ["VALID"] * 3


def test_list_pages_through_all_and_filters_by_profile(root, make):
    made = {make.account("open-animate")["id"] for _ in range(5)}
    paged = root.pages("/v1/accounts?profile=open-animate&limit=2")
    assert made <= {a["id"] for a in paged}
    assert {a["profile"] for a in paged} == {"open-animate"}
    assert len({a["id"] for a in paged}) == len(paged)
    assert [a["id"] for a in paged] == sorted(a["id"] for a in paged), "oldest first"


@pytest.mark.parametrize("slug", ["Upper", "under_score", "", "-leads", "trails-", "a" * 41, "sp ace", "sl/ash", "ü", "a..b"])
def test_a_slug_that_is_none(root, slug):
    reply = root.post("/v1/accounts", {"profile": "animus", "slug": slug, "name": "x"}, expect=422)
    assert "/slug" in reply.locations


def test_an_unknown_profile_names_the_ones_there_are(root):
    reply = root.post("/v1/accounts", {"profile": "animuss", "slug": unique("slug"), "name": "x"}, expect=422)
    assert "/profile" in reply.locations
    assert "animus" in reply.body.decode()


def test_the_system_account_stays(root):
    assert root.delete("/v1/accounts/cardea%2Fsystem").status == 409
    assert root.patch("/v1/accounts/cardea%2Fsystem", {"status": "suspended"}).status == 409
    root.get("/v1/keys?limit=1", expect=200)


def test_members_come_change_and_go(root, make):
    account, user = make.account("animus"), make.user()
    path = f"/v1/accounts/{account['id']}/members/{user['id']}"
    made = root.put(path, {"role": "member"}, expect=200).json
    assert (made["account"], made["user"], made["role"]) == (account["id"], user["id"], "member")
    assert root.put(path, {"role": "admin"}, expect=200)["role"] == "admin"
    listed = root.get(f"/v1/accounts/{account['id']}/members", expect=200)["data"]
    assert [(m["user"], m["role"], m["email"]) for m in listed] == [(user["id"], "admin", user["email"])]
    root.delete(path, expect=204)
    root.delete(path, expect=404)
    assert root.get(f"/v1/accounts/{account['id']}/members", expect=200)["data"] == []
    root.put(path, {"role": "viewer"}, expect=200)


def test_members_page(root, make):
    account = make.account("animus")
    users = {make.member(account, role)["id"] for role in ("owner", "admin", "member", "viewer", "viewer")}
    assert {m["user"] for m in root.pages(f"/v1/accounts/{account['id']}/members?limit=2")} == users


def test_the_last_owner_stays(root, make):
    account = make.account("animus")
    owner = make.session(account, "owner")
    path = f"/v1/accounts/{account['id']}/members/{owner.user['id']}"
    assert owner.put(path, {"role": "viewer"}).status == 409
    assert owner.delete(path).status == 409
    second = make.member(account, "owner")
    root.delete(f"/v1/accounts/{account['id']}/members/{second['id']}", expect=204)


def test_an_admin_neither_makes_nor_unmakes_owners(make):
    account = make.account("animus")
    admin, owner, other = make.session(account, "admin"), make.member(account, "owner"), make.user()
    base = f"/v1/accounts/{account['id']}/members"
    assert admin.put(f"{base}/{other['id']}", {"role": "owner"}).status == 403
    assert admin.put(f"{base}/{owner['id']}", {"role": "member"}).status == 403
    assert admin.delete(f"{base}/{owner['id']}").status == 403
    assert admin.put(f"{base}/{admin.user['id']}", {"role": "owner"}).status == 403
    admin.put(f"{base}/{other['id']}", {"role": "member"}, expect=200)


def test_a_member_may_leave(make):
    account = make.account("animus")
    member = make.session(account, "member")
    member.delete(f"/v1/accounts/{account['id']}/members/{member.user['id']}", expect=204)
    member.get("/v1/keys", expect=401)


# ---- letting somebody in, by e-mail ----

def test_an_owner_lets_somebody_in(root, make):
    account, user = make.account(), make.user()
    owner = make.session(account, "owner")
    path = f"/v1/accounts/{account['id']}/members"
    member = owner.post(path, {"email": user["email"].upper(), "role": "viewer"}, expect=201)
    assert (member["user"], member["role"], member["email"]) == (user["id"], "viewer", user["email"])
    assert owner.post(path, {"email": user["email"], "role": "admin"}).status == 409, "its role stays"
    page = root.using(token=owner.token, host="animus.localhost")
    page.post(f"/dashboard{path}", {"email": make.user()["email"], "role": "member"}, expect=201)
    assert "member.added" in [r["action"] for r in owner.get("/v1/audit", expect=200)["data"]]


def test_who_lets_nobody_in(root, make):
    account, other, user = make.account(), make.account(), make.user()
    path = f"/v1/accounts/{account['id']}/members"
    for client, role, status in ((make.session(account, "member"), "viewer", 403), (make.session(account, "viewer"), "viewer", 403),
                                 (make.session(account, "admin"), "owner", 403), (make.session(other, "owner"), "viewer", 404)):
        assert client.post(path, {"email": user["email"], "role": role}).status == status, (role, status)
    owner = make.session(account, "owner")
    for body, status in (({"email": "nobody@example.com", "role": "viewer"}, 404), ({"email": user["email"], "role": "king"}, 422),
                         ({"email": user["email"]}, 422), ({"role": "viewer"}, 422), ({"email": "", "role": "viewer"}, 422),
                         ({"email": user["email"], "role": "viewer", "password": "of my own choice"}, 422)):
        assert owner.post(path, body).status == status, body
    assert user["id"] not in [m["user"] for m in owner.get(path, expect=200)["data"]]


def test_an_account_asks_for_so_many_people_only(root, make):
    account = make.account()
    path = f"/v1/accounts/{account['id']}/members"
    owner = make.session(account, "owner")
    seen = [owner.post(path, {"email": f"nobody{i}@example.com", "role": "viewer"}) for i in range(31)]
    assert [r.status for r in seen] == [404] * 30 + [429] and int(seen[-1].header("retry-after")) > 0
    root.post(path, {"email": make.user()["email"], "role": "viewer"}, expect=201)
