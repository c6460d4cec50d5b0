"""Who may call what: one table. A row is a call, a column a caller; the cell is the status.

All callers but root are bound to account `A` (of the native profile, so that it has management keys). `B` is somebody else's."""

import pytest

CALLERS = ("nobody", "junk", "root", "verifier", "owner", "admin", "member", "viewer", "manager", "reader", "keyless", "foreign", "ended")
#   manager: a key of A with `*`; reader: one with keys:read; keyless: one with usage:read alone; foreign: a key of another
#   profile; ended: a session that has logged out.

TABLE = """
call                     nobody junk root verifier owner admin member viewer manager reader keyless foreign ended
accounts_create             401  401  201      403   403   403    403    403     403    403     403     403   401
accounts_list               401  401  200      403   200   200    200    200     200    403     403     403   401
accounts_get A              401  401  200      403   200   200    200    200     200    403     403     403   401
accounts_get B              401  401  200      403   404   404    404    404     404    403     403     403   401
accounts_update A name      401  401  200      403   200   403    403    403     403    403     403     403   401
accounts_update A status    401  401  200      403   403   403    403    403     403    403     403     403   401
accounts_update B name      401  401  200      403   404   404    404    404     403    403     403     403   401
accounts_delete B           401  401  204      403   403   403    403    403     403    403     403     403   401
members_list A              401  401  200      403   200   200    403    403     403    403     403     403   401
members_list B              401  401  200      403   404   404    404    404     403    403     403     403   401
members_put A               401  401  200      403   200   200    403    403     403    403     403     403   401
members_put B               401  401  200      403   404   404    404    404     403    403     403     403   401
members_delete A            401  401  204      403   204   204    403    403     403    403     403     403   401
users_create                401  401  201      403   403   403    403    403     403    403     403     403   401
users_list                  401  401  200      403   403   403    403    403     403    403     403     403   401
users_get other             401  401  200      403   404   404    404    404     403    403     403     403   401
users_update other          401  401  200      403   404   404    404    404     403    403     403     403   401
users_delete other          401  401  204      403   403   403    403    403     403    403     403     403   401
sessions_current            401  401  403      403   200   200    200    200     403    403     403     403   401
keys_create A               401  401  201      403   201   201    201    403     201    403     403     403   401
keys_create B               401  401  201      403   403   403    403    403     403    403     403     403   401
keys_list A                 401  401  200      403   200   200    200    200     200    200     403     403   401
keys_list B                 401  401  200      403   403   403    403    403     403    403     403     403   401
keys_get A                  401  401  200      403   200   200    200    200     200    200     403     403   401
keys_get B                  401  401  200      403   404   404    404    404     404    404     403     403   401
keys_update A               401  401  200      403   200   200    403    403     200    403     403     403   401
keys_update B               401  401  200      403   404   404    404    403     404    403     403     403   401
keys_revoke A               401  401  200      403   200   200    403    403     200    403     403     403   401
keys_revoke B               401  401  200      403   404   404    404    403     404    403     403     403   401
keys_rotate A               401  401  201      403   201   201    403    403     201    403     403     403   401
keys_rotate B               401  401  201      403   404   404    404    403     404    403     403     403   401
keys_import A               401  401  201      403   403   403    403    403     403    403     403     403   401
keys_verify                 401  401  200      200   403   403    403    403     403    403     403     403   401
keys_verify_batch           401  401  200      200   403   403    403    403     403    403     403     403   401
keys_self                   401  401  200      200   403   403    403    403     200    200     200     200   401
livez                       200  200  200      200   200   200    200    200     200    200     200     200   200
readyz                      200  200  200      200   200   200    200    200     200    200     200     200   200
openapi                     200  200  200      200   200   200    200    200     200    200     200     200   200
llms                        200  200  200      200   200   200    200    200     200    200     200     200   200
error_page                  200  200  200      200   200   200    200    200     200    200     200     200   200
"""


def rows():
    lines = [line for line in TABLE.strip().splitlines()]
    assert tuple(lines[0].split()[1:]) == CALLERS
    for line in lines[1:]:
        cells = line.split()
        name, statuses = " ".join(cells[:-len(CALLERS)]), cells[-len(CALLERS):]
        for caller, status in zip(CALLERS, statuses):
            yield pytest.param(name, caller, int(status), id=f"{name.replace(' ', '-')}:{caller}")


class Stage:
    """The people and keys that act. What a call uses up is made anew for each."""

    def __init__(self, root, make, verifier):
        self.root, self.make = root, make
        self.a, self.b = make.account("cardea"), make.account("animus")
        self.standing_key = make.key(self.a, kind="key", scopes=["keys:read"])
        ended = make.session(self.a, "owner")
        ended.delete("/v1/sessions", expect=204)
        self.clients = {"nobody": root.using(token=None), "junk": root.using(token="crdr_" + "0" * 49), "root": root,
                        "verifier": verifier, "ended": ended,
                        "foreign": root.using(token=make.key(self.b, scopes=["read", "write", "search"])["key"])}
        for role in ("owner", "admin", "member", "viewer"):
            self.clients[role] = make.session(self.a, role)
        for name, scopes in (("manager", ["*"]), ("reader", ["keys:read"]), ("keyless", ["usage:read"])):
            self.clients[name] = root.using(token=make.key(self.a, kind="key", scopes=scopes)["key"])

    def key_of(self, account):
        if account is self.b:
            return self.make.key(self.make.account("animus"))
        return self.make.key(self.a, kind="key", scopes=["keys:read"])

    def call(self, name, client):
        make, what, *rest = self.make, *name.split()
        of = {"A": self.a, "B": self.b}.get(rest[0] if rest else "", self.b)
        accounts = f"/v1/accounts/{of['id']}"
        if what == "accounts_delete":
            return client.delete(f"/v1/accounts/{make.account('animus')['id']}")
        if what == "accounts_create":
            from cardea_test.fixtures import unique
            return client.post("/v1/accounts", {"profile": "animus", "slug": unique("matrix"), "name": "x"})
        if what == "accounts_list":
            return client.get("/v1/accounts")
        if what == "accounts_get":
            return client.get(accounts)
        if what == "accounts_update":
            return client.patch(accounts, {"name": "renamed"} if rest[1] == "name" else {"status": "active"})
        if what == "members_list":
            return client.get(accounts + "/members")
        if what == "members_put":
            return client.put(f"{accounts}/members/{make.user()['id']}", {"role": "viewer"})
        if what == "members_delete":
            return client.delete(f"{accounts}/members/{make.member(of, 'viewer')['id']}")
        if what.startswith("users_"):
            return self.users(what, client)
        if what.startswith("keys_"):
            return self.keys(what, of, client)
        paths = {"sessions_current": "/v1/sessions/current", "livez": "/livez", "readyz": "/readyz", "openapi": "/openapi.json",
                 "llms": "/llms.txt", "error_page": "/docs/errors/not_found", "reference_page": "/docs/", "reference_asset": "/docs/assets/x", "schema": "/schema/"}
        return client.get(paths[what])

    def users(self, what, client):
        if what == "users_create":
            from cardea_test.fixtures import unique
            return client.post("/v1/users", {"email": unique("m") + "@example.com", "name": "x", "password": "long enough one"})
        if what == "users_list":
            return client.get("/v1/users")
        path = f"/v1/users/{self.make.user()['id']}"
        if what == "users_get":
            return client.get(path)
        return client.patch(path, {"name": "y"}) if what == "users_update" else client.delete(path)

    def keys(self, what, of, client):
        scopes = {"scopes": ["keys:read"], "kind": "key"} if of is self.a else {"scopes": ["read"]}
        if what == "keys_create":
            account = of if of is self.a else self.make.account("animus")
            return client.post("/v1/keys", {"account": account["id"], "name": "x", **scopes})
        if what == "keys_list":
            return client.get(f"/v1/keys?account={of['id']}")
        if what == "keys_import":
            import secrets
            return client.post("/v1/keys/import", {"account": of["id"], "kind": "key", "keys": [{"sha256": secrets.token_hex(32), "scopes": ["keys:read"]}]})
        if what == "keys_verify":
            return client.post("/v1/keys/verify", {"key": self.standing_key["key"]})
        if what == "keys_verify_batch":
            return client.post("/v1/keys/verify/batch", {"keys": [{"key": self.standing_key["key"]}]})
        if what == "keys_self":
            return client.get("/v1/keys/self")
        path = f"/v1/keys/{self.key_of(of)['id']}"
        if what == "keys_get":
            return client.get(path)
        if what == "keys_update":
            return client.patch(path, {"name": "y"})
        if what == "keys_revoke":
            return client.delete(path)
        return client.post(path + "/rotate", {})


@pytest.fixture(scope="module")
def stage(root, make, verifier):
    return Stage(root, make, verifier)


@pytest.mark.parametrize("call,caller,status", rows())
def test_authority(stage, call, caller, status):
    reply = stage.call(call, stage.clients[caller])
    assert reply.status == status, reply


def test_members_change_what_they_created_and_nothing_else(make):
    account = make.account("animus")
    one, two = make.session(account, "member"), make.session(account, "member")
    admin = make.session(account, "admin")
    mine = one.post("/v1/keys", {"name": "mine", "scopes": ["read"]}, expect=201).json
    path = f"/v1/keys/{mine['id']}"
    two.get(path, expect=200)
    two.patch(path, {"name": "stolen"}, expect=403)
    two.delete(path, expect=403)
    two.post(path + "/rotate", {}, expect=403)
    one.patch(path, {"name": "still mine"}, expect=200)
    rotated = one.post(path + "/rotate", {}, expect=201).json
    one.delete(f"/v1/keys/{rotated['id']}", expect=200)
    admin.delete(path, expect=200)


def test_authority_is_decided_before_content_type_and_body(make, root):
    account = make.account("animus")
    viewer, nobody = make.session(account, "viewer"), root.using(token=None)
    for headers, raw in (({"Content-Type": "text/plain"}, b"hello"), ({}, b"{not json"), ({}, b"[1]"), ({}, b'{"a":1,"a":2}')):
        nobody.call("POST", "/v1/accounts", raw=raw, headers=headers, expect=401)
        viewer.call("POST", "/v1/accounts", raw=raw, headers=headers, expect=403)
        viewer.call("POST", "/v1/keys", raw=raw, headers=headers, expect=(400, 403, 415, 422))


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer  two  words", "bearer", "Token x", "Bearer\tx", "Bearer x,y"])
def test_authorization_headers_that_are_none(root, header):
    root.using(token=None).get("/v1/accounts", headers={"Authorization": header}, expect=(400, 401))


def test_the_scheme_is_read_in_any_case(root):
    for scheme in ("bearer", "BEARER", "Bearer"):
        root.using(token=None).get("/v1/accounts?limit=1", headers={"Authorization": f"{scheme} {root.token}"}, expect=200)
    root.using(token=None).get("/v1/accounts?limit=1", headers={"AUTHORIZATION": f"Bearer {root.token}"}, expect=200)
