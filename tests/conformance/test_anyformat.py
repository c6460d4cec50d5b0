"""The anyformat page, statement by statement (shared/spec.md names them)."""

import subprocess
import threading
import time

import pytest

import table
from cardea_test.daemon import environment
from cardea_test.events import eventually
from cardea_test.keys import mint
from cardea_test.receiver import until
from cardea_test.reader import Reader
from cardea_test.moments import soon, wait_past

HOST = "api.anyformat.ai"
WORKFLOWS = "/v1/authorize/anyformat/v2/workflows/"
VIEWER, MEMBER, ADMIN, OWNER = 1, 2, 3, 4  # enum cardea_role


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def generate(session, **more):
    """A person generates the organization's key, as the app's API Key page does."""
    return session.post("/v1/keys", {"name": "the key", **more}, expect=201).json


@pytest.fixture
def account(make):
    return make.account("anyformat")


@pytest.fixture
def elsewhere(shared):
    """Another process' view: libcardea on the mapped snapshot, no daemon in between."""
    reader = Reader(shared.data / "run")
    yield reader
    reader.close()


@pytest.mark.parametrize("header", ["Authorization", "authorization", "AUTHORIZATION", "aUtHoRiZaTiOn"])
def test_AF2_the_header_in_any_casing(shared, make, account, header):
    """AF2: `Authorization: Bearer KEY` in any casing of the header's name; the page's command on /v2/workflows/."""
    key = generate(make.session(account, "owner"))["key"]
    for value, wanted in ((key, 502), ("YOUR_API_KEY", 401)):
        done = subprocess.run(["curl", "-sS", "--noproxy", "*", "--connect-to", f"{HOST}:80:127.0.0.1:{shared.port}", "-o", "/dev/null", "-w",
                               "%{http_code}", f"http://{HOST}/v2/workflows/", "-H", f"{header}: Bearer {value}"],
                              capture_output=True, text=True, timeout=30, env=environment())
        assert done.returncode == 0 and int(done.stdout) == wanted, done
    reply = table.send_pairs(shared.port, "GET", WORKFLOWS, [(header, f"Bearer {key}")])
    assert reply.status == 200 and reply.header("cardea-kind") == "key"


def test_AF3_a_key_reaches_its_own_organization_s_data(root, make):
    """AF3: a key belongs to one organization; what stands behind is told which, and never by the caller."""
    one, two = make.account("anyformat"), make.account("anyformat")
    keys = {a["id"]: generate(make.session(a, "owner")) for a in (one, two)}
    for organization, made in keys.items():
        assert made["account"] == organization
        for resource in ("workflows", "files", "webhooks"):
            claims = {"Cardea-Account": one["id"], "X-Organization": two["id"]}
            reply = root.using(token=made["key"], headers=claims).get(f"/v1/authorize/anyformat/v2/{resource}/", expect=200)
            assert [v for k, v in reply.headers if k == "cardea-account"] == [organization]
        other = next(a for a in keys if a != organization)
        assert root.verify(made["key"], account=other)["code"] == "WRONG_ACCOUNT"


def test_AF4_a_key_for_each_organization(root, make):
    """AF4: a user in several organizations needs a key for each; the one does not end the other."""
    one, two = make.account("anyformat"), make.account("anyformat")
    first = make.session(one, "member")
    second = make.session(two, "viewer", user=first.user)
    key = generate(first)
    assert root.verify(key["key"])["account"] == one["id"] and root.verify(key["key"], account=two["id"])["code"] == "WRONG_ACCOUNT"
    second.post("/v1/keys", {"account": one["id"], "name": "x"}, expect=403)
    reading = root.using(token=generate(second)["key"])
    assert reading.get(WORKFLOWS, expect=200).header("cardea-account") == two["id"] and reading.post(WORKFLOWS).code == "INSUFFICIENT_ROLE"
    make.member(two, "owner", user=first.user)
    beside = generate(make.session(two, "owner", user=first.user))
    assert root.verify(beside["key"])["account"] == two["id"]
    assert root.verify(key["key"])["valid"] and root.verify(beside["key"])["valid"]


def test_AF5_generating_ends_the_previous_one(root, make, account, elsewhere):
    """AF5: generating a new key automatically revokes the previous one, whoever generates it."""
    owner, member = make.session(account, "owner"), make.session(account, "member")
    first = generate(owner)
    client = root.using(token=first["key"])
    client.get(WORKFLOWS, expect=200)
    kept = client._connection()
    second = generate(member)
    assert client.get(WORKFLOWS).status == 401 and client._connection() is kept, "on a connection that stayed open"
    assert (elsewhere.code(first["key"]), elsewhere.code(second["key"])) == ("REVOKED", "VALID")
    third = generate(owner)
    assert [elsewhere.code(k["key"]) for k in (first, second, third)] == ["REVOKED", "REVOKED", "VALID"]
    statuses = {k["id"]: (k["status"], k["revoke_reason"]) for k in root.get(f"/v1/keys?account={account['id']}", expect=200)["data"]}
    assert statuses[second["id"]] == ("revoked", f"replaced by {third['id']}") and statuses[third["id"]][0] == "active"


def test_AF5_another_organization_s_key_stays(root, make, account):
    """AF5: the previous one *for the same organization*."""
    beside = generate(make.session(make.account("anyformat"), "owner"))
    generate(make.session(account, "owner")), generate(make.session(account, "owner"))
    assert root.verify(beside["key"])["valid"]


def test_AF5_never_two_and_never_none(shared, make, account):
    """AF5: as one atomic step: another process that looks all the time finds never two valid keys, and none only when the
    key it knows is being replaced by one that it has not been told of yet."""
    owner = make.session(account, "owner")
    keys, begun, stop, wrong, rounds = [generate(owner)["key"]], [1], threading.Event(), [], [0]

    def watch():
        reader = Reader(shared.data / "run")
        while not stop.is_set():
            told = len(keys)
            newest = reader.code(keys[told - 1])
            before = [reader.code(k) for k in keys[max(0, told - 3):told - 1]]
            if newest != "VALID" and begun[0] <= told:
                wrong.append(f"none is valid: {newest}")
            if "VALID" in before:
                wrong.append(f"an older one works still: {before}, {newest}")
            rounds[0] += 1
        reader.close()

    watchers = [threading.Thread(target=watch) for _ in range(2)]
    [w.start() for w in watchers]
    for _ in range(60):
        begun[0] += 1
        keys.append(generate(owner)["key"])
    time.sleep(0.05)
    stop.set()
    [w.join(30) for w in watchers]
    assert wrong == [] and rounds[0] > 60


def test_AF5_many_at_once_leave_exactly_one(shared, root, make, account):
    """AF5: whoever generates it, and however many at the same time: all succeed, one key is valid in the end. Meanwhile another
    process never finds two valid ones, and the list of active keys always has exactly one."""
    people = [make.session(account, role) for role in ("owner", "admin", "member", "member")]
    made, active, wrong, stop, looks = [generate(people[0])], [], [], threading.Event(), [0]

    def watch_decisions():
        reader = Reader(shared.data / "run")
        while not stop.is_set():
            valid = [k["key"] for k in list(made) if reader.code(k["key"]) == "VALID"]
            # A key that was replaced stays so: the first of two works still only if both did when the second was looked at.
            if len(valid) > 1 and reader.code(valid[0]) == "VALID":
                wrong.append("two are valid")
            looks[0] += 1
        reader.close()

    def watch_list():
        while not stop.is_set():
            active.append(len(root.get(f"/v1/keys?account={account['id']}&status=active", expect=200, record=False)["data"]))

    watchers = [threading.Thread(target=watch) for watch in (watch_decisions, watch_decisions, watch_list)]
    crowd = [threading.Thread(target=lambda i=i: made.append(generate(people[i % 4]))) for i in range(64)]
    [t.start() for t in watchers + crowd]
    [t.join(60) for t in crowd]
    stop.set()
    [t.join(60) for t in watchers]
    reader = Reader(shared.data / "run")
    codes = [reader.code(k["key"]) for k in made]
    reader.close()
    assert len(made) == 65 and sorted(codes) == ["REVOKED"] * 64 + ["VALID"]
    assert wrong == [] and looks[0] > 2 and active and set(active) == {1}
    newest = made[codes.index("VALID")]
    assert [k["id"] for k in root.get(f"/v1/keys?account={account['id']}&status=active", expect=200)["data"]] == [newest["id"]]
    batch = root.post("/v1/keys/verify/batch", {"keys": [{"key": k["key"]} for k in made]}, expect=200)["results"]
    assert [r["code"] for r in batch] == codes


def test_AF5_no_rotation_overlaps(make, account, elsewhere):
    """AF5: a rotation is a replacement too: no overlap may be asked for."""
    owner = make.session(account, "owner")
    old = generate(owner)
    owner.post(f"/v1/keys/{old['id']}/rotate", {"overlap_sec": 60}, expect=422)
    assert elsewhere.code(old["key"]) == "VALID"
    new = owner.post(f"/v1/keys/{old['id']}/rotate", {}, expect=201)
    assert (elsewhere.code(old["key"]), elsewhere.code(new["key"])) == ("REVOKED", "VALID")
    assert owner.patch(f"/v1/keys/{old['id']}", {"enabled": True}).status == 409 and elsewhere.code(old["key"]) == "REVOKED"


def test_AF5_it_outlives_a_restart(own):
    """AF5: what was replaced stays replaced when the snapshot is made anew."""
    from cardea_test.fixtures import Maker
    daemon = own()
    make = Maker(daemon.root())
    owner = make.session(make.account("anyformat"), "owner")
    old, new = generate(owner)["key"], generate(owner)["key"]
    assert daemon.stop() == 0
    (daemon.data / "run" / "snapshot").unlink()
    daemon.start()
    assert (daemon.root().verify(old)["code"], daemon.root().verify(new)["code"]) == ("REVOKED", "VALID")


def test_AF6_a_role_counts_as_it_is_now(root, make, account, elsewhere):
    """AF6: a key has the access level of the user who created it, now: a change is in force at once, in every process."""
    make.member(account, "owner")
    member = make.session(account, "member")
    key = generate(member)["key"]
    client = root.using(token=key)

    def access():
        return client.get(WORKFLOWS).status, client.post(WORKFLOWS).status, [elsewhere.code(key, min_role=r) for r in (VIEWER, MEMBER, ADMIN, OWNER)]

    lacks = "INSUFFICIENT_ROLE"
    for role, wanted in (("member", (200, 200, ["VALID", "VALID", lacks, lacks])), ("viewer", (200, 403, ["VALID", lacks, lacks, lacks])),
                         ("owner", (200, 200, ["VALID"] * 4)), ("admin", (200, 200, ["VALID"] * 3 + [lacks])),
                         ("viewer", (200, 403, ["VALID", lacks, lacks, lacks]))):
        make.member(account, role, user=member.user)
        assert access() == wanted, role
    assert client.post(WORKFLOWS).code == lacks


def listed(root, account, status=None):
    """What the list says of the organization's keys that are not revoked, and why one of them does not work."""
    found = root.pages(f"/v1/keys?account={account['id']}" + (f"&status={status}" if status else ""))
    return [(k["status"], k["disabled_reason"]) for k in found if k["status"] != "revoked"]


def test_AF6_leaving_takes_the_access_along(root, make, account, elsewhere):
    """AF6: when the user leaves, so does the key's access; on their return it is as their role says."""
    member = make.session(account, "member")
    key = generate(member)["key"]
    root.delete(f"/v1/accounts/{account['id']}/members/{member.user['id']}", expect=(200, 204))
    assert elsewhere.code(key) == "DISABLED" and root.using(token=key).get(WORKFLOWS).status == 401
    assert root.using(token=key, host=HOST).get("/v2/workflows/").status == 401
    assert listed(root, account) == [("disabled", "The user whose role it has is no longer in the account.")]
    make.member(account, "viewer", user=member.user)
    assert elsewhere.code(key, min_role=VIEWER) == "VALID" and elsewhere.code(key, min_role=MEMBER) == "INSUFFICIENT_ROLE"


def test_AF6_disabling_the_user_too(root, make, account, elsewhere):
    """AF6: a user who is disabled has no access anywhere; a suspended organization stops every key."""
    member = make.session(account, "member")
    key = generate(member)["key"]
    why = "The user whose role it has is disabled."
    for change, code, shown in (({"disabled": True}, "DISABLED", ("disabled", why)), ({"disabled": False}, "VALID", ("active", None))):
        root.patch(f"/v1/users/{member.user['id']}", change, expect=200)
        assert elsewhere.code(key) == code and listed(root, account) == [shown]
        assert [len(listed(root, account, status)) for status in ("active", "disabled")] == [code == "VALID", code != "VALID"]
    for status, code in (("suspended", "ACCOUNT_SUSPENDED"), ("active", "VALID")):
        root.patch(f"/v1/accounts/{account['id']}", {"status": status}, expect=200)
        assert elsewhere.code(key) == code


def test_AF6_there_are_no_scopes(root, make, account):
    """AF6: there are no scopes, and no key without a person whose role it could have."""
    owner = make.session(account, "owner")
    owner.post("/v1/keys", {"name": "x", "scopes": ["read"]}, expect=422)
    root.post("/v1/keys", {"account": account["id"], "name": "nobody's"}, expect=422)
    root.post("/v1/keys/import", {"account": account["id"], "kind": "key", "keys": [{"sha256": "ab" * 32, "name": "nobody's"}]}, expect=422)
    assert generate(owner)["scopes"] == []


def test_AF6_who_rotates_gets_their_own_role(root, make, account):
    """AF6: nobody gets another's access with a new secret."""
    owner, admin = make.session(account, "owner"), make.session(account, "admin")
    key = generate(owner)
    rotated = admin.post(f"/v1/keys/{key['id']}/rotate", {}, expect=201).json
    assert rotated["user"] == admin.user["id"] and root.verify(rotated["key"])["user"] == admin.user["id"]
    make.session(account, "member").post(f"/v1/keys/{rotated['id']}/rotate", {}, expect=403)


@pytest.mark.parametrize("path", ["/v2/api-keys/", "/v2/api-keys", "/v2/keys/", "/v2/api-key/", "/api-keys/", "/v1/keys", "/v1/keys/self", "/v1/accounts",
                                  "/v1/sessions", "/v2/workflows/../api-keys/", "/v2/users/", "/metrics", "/openapi.json", "/nowhere"])
def test_AF7_no_key_management_and_nothing_unknown(root, make, account, path):
    """AF7: the API exposes no key-management endpoint: 404, with a key, with a session and with nothing at all."""
    owner = make.session(account, "owner")
    key = generate(owner)["key"]
    for token in (key, owner.token, root.token, None):
        for method in ("GET", "POST", "DELETE", "PATCH", "PUT"):
            reply = root.using(token=token, host=HOST).call(method, path)
            assert reply.status == 404 and reply.code == "NO_ROUTE", (method, reply)
            assert root.using(token=token).call(method, f"/v1/authorize/anyformat{path}").status == 404


def test_AF7_a_key_manages_no_keys_on_the_native_api_either(root, make, account):
    """AF7: keys are managed in the platform, by people."""
    made = generate(make.session(account, "owner"))
    key = root.using(token=made["key"])
    for reply in (key.get("/v1/keys"), key.post("/v1/keys", {"name": "x"}), key.delete(f"/v1/keys/{made['id']}"),
                  key.patch(f"/v1/keys/{made['id']}", {"name": "x"}), key.post(f"/v1/keys/{made['id']}/rotate", {})):
        assert reply.status == 403, reply
    assert root.verify(made["key"])["valid"]


@pytest.mark.parametrize("path", ["/", "/health/", "/schema/", "/docs/"])
def test_AF8_public_without_a_key(root, path):
    """AF8 (its decision; test_pages.py has the pages, web/tests/reference.test.mjs /docs/ in a browser): public without a key, and nobody becomes anybody by it."""
    for token in (None, "junk", mint("af_", 32)):
        reply = root.using(token=token).get(f"/v1/authorize/anyformat{path}", expect=200)
        assert reply.header("cardea-account") is None and reply.header("cardea-key-id") is None
        reply = root.using(token=token, host=HOST).get(path)
        assert reply.status == 200 if path in ("/schema/", "/docs/") else reply.code == "no_upstream"
        assert root.using(token=token).post(f"/v1/authorize/anyformat{path}").status == 404


@pytest.mark.parametrize("headers", [{"Origin": "https://shop.example"}, {"Origin": "null"}, {"Sec-Fetch-Mode": "cors"}, {"sec-fetch-mode": "navigate"},
                                     {"Origin": "http://api.anyformat.ai", "Sec-Fetch-Mode": "same-origin"}])
def test_AF10_never_from_a_browser_page(root, make, account, headers):
    """AF10: keys are server-side only: a request from a page is refused, told the reason, and told of."""
    made = generate(make.session(account, "owner"))
    for reply in (root.using(token=made["key"], headers=headers).get(WORKFLOWS),
                  root.using(token=made["key"], headers=headers, host=HOST).get("/v2/workflows/")):
        assert (reply.status, reply.code) == (403, "CLIENT_SIDE") and "browser" in reply["detail"] and "server" in reply["errors"][0]["fix"]
    root.using(token=made["key"]).get(WORKFLOWS, expect=200)
    event = eventually(root, account=account["id"], type="key.exposed")[0]
    assert event["subject"] == made["id"] and event["data"]["code"] == "CLIENT_SIDE" and "browser" in event["data"]["reason"]


def test_AF9_key_use_can_be_monitored(root, make, account):
    """AF9: when a key was last used and how often stands beside it; what was refused, and why, is counted."""
    made = generate(make.session(account, "owner"))
    client = root.using(token=made["key"])

    def counted(code):
        text = root.get("/metrics", expect=200, record=False).body.decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if f'"{code}"' in line and not line.startswith("#"))

    assert (made["use_count"], made["last_used_at"]) == (0, None)
    before = {code: counted(code) for code in ("CLIENT_SIDE", "NOT_FOUND", "REVOKED")}
    for _ in range(5):
        client.get(WORKFLOWS, expect=200)
    client.get(WORKFLOWS, headers={"Origin": "https://shop.example"}, expect=403)
    root.using(token=mint("af_", 32)).get(WORKFLOWS, expect=401)
    shown = root.get(f"/v1/keys/{made['id']}", expect=200)
    assert shown["use_count"] == 5 and shown["last_used_at"] >= made["created_at"]
    root.delete(f"/v1/keys/{made['id']}", expect=200)
    client.get(WORKFLOWS, expect=401)
    assert {code: counted(code) - number for code, number in before.items()} == {"CLIENT_SIDE": 1, "NOT_FOUND": 1, "REVOKED": 1}


def test_AF9_what_looks_suspicious_is_told(root, make, account):
    """AF9: refusals stand beside the key as a number, and each new reason is an event within seconds, with its address."""
    owner = make.session(account, "owner")
    made = generate(owner)
    client = root.using(token=made["key"])
    for _ in range(12):
        client.get(WORKFLOWS, headers={"Origin": "https://shop.example"}, expect=403)
    generate(owner)
    for _ in range(8):
        client.get(WORKFLOWS, expect=401)
    told = eventually(owner, 1, key=made["id"], type="key.denied") + eventually(owner, 1, key=made["id"], type="key.exposed")
    assert [(e["type"], e["data"]["code"], e["address"]) for e in told] == [("key.denied", "REVOKED", "127.0.0.1"), ("key.exposed", "CLIENT_SIDE", "127.0.0.1")]
    assert all(made["key"] not in str(e) and e["data"]["prefix"] == made["prefix"] for e in told)
    shown = owner.get(f"/v1/keys/{made['id']}", expect=200)
    assert (shown["use_count"], shown["denial_count"], shown["last_used_at"]) == (0, 20, None)


def test_AF9_use_and_refusals_are_counted_by_the_hour_and_a_spike_is_told(root, make, account):
    """AF9: what each key did, by reason, for its organization to see; many refusals at once are an event."""
    owner = make.session(account, "owner")
    made = generate(owner)
    client = root.using(token=made["key"])
    for _ in range(3):
        client.get(WORKFLOWS, expect=200)
    for _ in range(101):  # 51 of them are of one hour, should another begin meanwhile
        client.get(WORKFLOWS, headers={"Origin": "https://shop.example"}, expect=403)
    (event,) = eventually(owner, 1, key=made["id"], type="key.denial_spike")
    assert event["data"]["refused"] >= 50 and event["data"]["prefix"] == made["prefix"]

    def counted():
        rows = owner.get(f"/v1/usage?key={made['id']}&by=outcome", expect=200)["data"]
        return {row["outcome"]: row["granted"] + row["refused"] for row in rows}
    until(lambda: counted() == {"granted": 3, "CLIENT_SIDE": 101})


@pytest.fixture(scope="module")
def world(root, make):
    def organization(role="owner", **more):
        """A new organization's key, its person and itself."""
        account = make.account("anyformat")
        person = make.session(account, role)
        return generate(person, **more), person, account

    owner, session, _ = organization()
    member, _, _ = organization("member")
    viewer, was_member, account = organization("member")
    make.member(account, "viewer", user=was_member.user)
    left, person, account = organization("member")
    root.delete(f"/v1/accounts/{account['id']}/members/{person.user['id']}", expect=(200, 204))
    off, person, _ = organization("member")
    root.patch(f"/v1/users/{person.user['id']}", {"disabled": True}, expect=200)
    previous, person, _ = organization()
    generate(person)
    rotated, person, _ = organization()
    person.post(f"/v1/keys/{rotated['id']}/rotate", {}, expect=201)
    revoked, person, _ = organization()
    person.delete(f"/v1/keys/{revoked['id']}", expect=200)
    disabled, person, _ = organization()
    person.patch(f"/v1/keys/{disabled['id']}", {"enabled": False}, expect=200)
    expired, _, _ = organization(expires_at=soon())
    suspended, _, account = organization()
    root.patch(f"/v1/accounts/{account['id']}", {"status": "suspended"}, expect=200)
    deleted, _, account = organization()
    root.delete(f"/v1/accounts/{account['id']}", expect=(200, 204))
    elsewhere, _, _ = organization(ip_allow=["192.0.2.0/24"])
    wait_past(expired["expires_at"])
    good = owner["key"]
    headers = {name: bearer(k) for name, k in {
        "owner": good, "member": member["key"], "viewer now": viewer["key"], "left": left["key"], "user disabled": off["key"], "previous": previous["key"],
        "rotated": rotated["key"], "revoked": revoked["key"], "disabled": disabled["key"], "expired": expired["key"], "suspended": suspended["key"],
        "elsewhere": elsewhere["key"], "unknown": mint("af_", 32), "in upper case": good.upper(), "placeholder": "YOUR_API_KEY", "root": root.token,
        "session": session.token, "animam's": make.key(make.account("animam"), scopes=["*"])["key"], "account deleted": deleted["key"]}.items()}
    headers |= {"cookie": {"Cookie": f"cardea_session={session.token}", "Sec-Fetch-Site": "same-origin"}, "Origin": {**bearer(good), "Origin": "https://shop.example"},
                "Sec-Fetch-Mode": {**bearer(good), "Sec-Fetch-Mode": "cors"}, "own page": {**bearer(good), "Origin": f"https://{HOST}"}}
    return {**table.hostile(good, member["key"]), **headers}, {"held": good, "rest": good[1:]}


@pytest.mark.parametrize("row", table.rows("anyformat.tsv"))
def test_decisions(root, world, row):
    """AF2, AF3, AF5, AF6, AF7, AF8, AF10 as a table."""
    headers, words = world
    table.check(table.decide(root, "anyformat", row, headers, "", **words), row, "anyformat")
