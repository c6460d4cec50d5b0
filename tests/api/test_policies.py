"""Content policies: drafts and versions, who may, two who publish at once, what stays as it is, what goes."""

import concurrent.futures
import json

import pytest

from cardea_test.callers import Stage, rows
from cardea_test.events import events
from cardea_test.fixtures import Maker, unique
from cardea_test.scanner import ready

DOCUMENT = {"rules": [{"id": "severe", "type": "pack", "min_severity": "high", "action": "block"}]}
NO_CARDS = {"sensitivity": "medium", "rules": [
    {"id": "codename", "type": "regex", "pattern": r"project\s+hinge", "action": "block", "title": "The code name"},
    {"id": "words", "type": "keyword", "words": ["confidential"], "action": "flag"}]}


def policy(client, expect=201, **body):
    return client.post("/v1/policies", {"name": unique("policy"), **body}, expect=expect).json


@pytest.fixture(scope="module")
def account(make):
    return make.account("cardea")


@pytest.fixture(scope="module")
def owner(make, account):
    return make.session(account, "owner")


@pytest.fixture(scope="module")
def scanner(root):
    return ready(root)


@pytest.fixture
def other(make):
    """An account of its own, for what counts policies, and its owner."""
    return make.session(make.account("cardea"), "owner")


# ---- from a draft to a version


def test_create_read_rename(root, make):
    account = make.account("cardea")
    reply = root.post("/v1/policies", {"account": account["id"], "name": "outbound", "document": DOCUMENT}, expect=201)
    made = reply.json
    assert made["id"].startswith("pol_") and made["account"] == account["id"] and made["default"] is True
    assert (made["version"], made["revision"], made["unpublished_changes"]) == (0, 1, True)
    assert reply.header("Location") == f"/v1/policies/{made['id']}"
    whole = root.get(f"/v1/policies/{made['id']}", expect=200).json
    assert whole == {**made, "document": None, "draft": DOCUMENT}
    assert root.get(f"/v1/policies/outbound?account={account['slug']}", expect=200).json == whole
    renamed = root.patch(f"/v1/policies/{made['id']}", {"name": "mails"}, expect=200).json
    assert renamed == {**made, "name": "mails", "updated_at": renamed["updated_at"]}
    root.get(f"/v1/policies/outbound?account={account['slug']}", expect=404)


def test_the_built_in_one_is_shown_and_stays(owner):
    builtin = owner.get("/v1/policies/builtin", expect=200).json
    assert builtin["version"] == 0 and builtin["document"]["rules"][0]["action"] == "block" and builtin["draft"] is None
    for call in (lambda: owner.patch("/v1/policies/builtin", {"name": "x"}, expect=409), lambda: owner.delete("/v1/policies/builtin", expect=409),
                 lambda: owner.put("/v1/policies/builtin/draft", {"document": DOCUMENT}, expect=409),
                 lambda: owner.post("/v1/policies/builtin/publish", {}, expect=409)):
        assert call().code == "conflict"
    assert "/name" in owner.post("/v1/policies", {"name": "builtin"}, expect=422).locations


def test_without_a_document_it_begins_as_the_built_in_one(owner):
    made = policy(owner)
    assert owner.get(f"/v1/policies/{made['id']}", expect=200)["draft"] == owner.get("/v1/policies/builtin", expect=200)["document"]


def test_drafts_versions_and_a_roll_back(owner):
    path = f"/v1/policies/{policy(owner, document=DOCUMENT)['id']}"
    first = owner.post(f"{path}/publish", {"note": "the first"}, expect=201)
    assert first.header("Location") == f"{path}/versions/1"
    assert (first["version"], first["note"], first["published_by"], first["document"]) == (1, "the first", owner.user["id"], DOCUMENT)
    saved = owner.put(f"{path}/draft", {"document": NO_CARDS, "revision": 1}, expect=200).json
    assert (saved["version"], saved["revision"], saved["unpublished_changes"]) == (1, 2, True)
    assert owner.put(f"{path}/draft", {"document": DOCUMENT, "revision": 1}, expect=409).code == "policy_changed"
    assert owner.get(path, expect=200)["document"] == DOCUMENT  # a draft is not in force
    assert owner.post(f"{path}/publish", {"revision": 1}, expect=409).code == "policy_changed"
    assert owner.post(f"{path}/publish", expect=201)["version"] == 2
    assert owner.post(f"{path}/publish", {}, expect=409).code == "policy_unchanged"
    back = owner.post(f"{path}/publish", {"version": 1, "note": "too strict"}, expect=201)
    assert (back["version"], back["document"]) == (3, DOCUMENT)
    now = owner.get(path, expect=200)
    assert now["draft"] == DOCUMENT and now["unpublished_changes"] is False
    versions = owner.pages(f"{path}/versions?limit=2")
    assert [v["version"] for v in versions] == [3, 2, 1] and all("document" not in v for v in versions)
    assert owner.get(f"{path}/versions/2", expect=200)["document"] == NO_CARDS


def test_a_roll_back_leaves_unpublished_work(owner):
    path = f"/v1/policies/{policy(owner, document=DOCUMENT)['id']}"
    owner.post(f"{path}/publish", expect=201)
    owner.put(f"{path}/draft", {"document": NO_CARDS}, expect=200)
    owner.post(f"{path}/publish", expect=201)
    owner.put(f"{path}/draft", {"document": {"rules": []}}, expect=200)
    owner.post(f"{path}/publish", {"version": 1}, expect=201)
    now = owner.get(path, expect=200)
    assert now["document"] == DOCUMENT and now["draft"] == {"rules": []} and now["unpublished_changes"] is True


def test_a_version_never_changes(owner):
    path = f"/v1/policies/{policy(owner, document=DOCUMENT)['id']}"
    owner.post(f"{path}/publish", expect=201)
    before = owner.get(f"{path}/versions/1", expect=200).json
    for method in ("PUT", "PATCH", "DELETE", "POST"):
        owner.call(method, f"{path}/versions/1", {}, expect=405)
    for document in (NO_CARDS, {"rules": []}):
        owner.put(f"{path}/draft", {"document": document}, expect=200)
        owner.post(f"{path}/publish", expect=201)
    owner.patch(path, {"name": unique("renamed")}, expect=200)
    assert owner.get(f"{path}/versions/1", expect=200).json == before


@pytest.mark.parametrize("version", ["0", "2", "-1", "x", "99999999999999999999", "1%00"])
def test_a_version_that_is_none(owner, version):
    path = f"/v1/policies/{policy(owner, document=DOCUMENT)['id']}"
    owner.post(f"{path}/publish", expect=201)
    owner.get(f"{path}/versions/{version}", expect=404)


def test_two_who_publish_at_once(owner):
    path = f"/v1/policies/{policy(owner, document=DOCUMENT)['id']}"
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for round_ in range(5):
            owner.put(f"{path}/draft", {"document": {**DOCUMENT, "replacement": f"round {round_}"}}, expect=200)
            replies = list(pool.map(lambda _: owner.post(f"{path}/publish", {}, expect=(201, 409)), range(8)))
            assert sorted(r.status for r in replies) == [201] + [409] * 7
            assert {r.code for r in replies if r.status == 409} <= {"policy_unchanged", "policy_changed"}
    assert [v["version"] for v in owner.pages(f"{path}/versions")] == [5, 4, 3, 2, 1]


def test_drafts_and_publications_at_once_lose_nothing(owner):
    """Whatever is published is one of the drafts, whole."""
    path = f"/v1/policies/{policy(owner, document=DOCUMENT)['id']}"
    drafts = [{**DOCUMENT, "replacement": f"draft {i}"} for i in range(12)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        jobs = []
        for draft in drafts:
            jobs.append(pool.submit(owner.put, f"{path}/draft", {"document": draft}, expect=200))
            jobs.append(pool.submit(owner.post, f"{path}/publish", {}, expect=(201, 409)))
        for job in jobs:
            job.result()
    numbers = [v["version"] for v in owner.pages(f"{path}/versions")]
    assert numbers == list(range(len(numbers), 0, -1))
    documents = [owner.get(f"{path}/versions/{n}", expect=200)["document"] for n in numbers]
    assert all(d in drafts + [DOCUMENT] for d in documents)
    assert owner.get(path, expect=200)["revision"] == 1 + len(drafts)


def test_creation_and_publication_are_idempotent_by_their_header(owner):
    headers, body = {"Idempotency-Key": unique("policies")}, {"name": unique("once"), "document": DOCUMENT}
    made = owner.post("/v1/policies", body, headers=headers, expect=201).json
    assert owner.post("/v1/policies", body, headers=headers, expect=201).json == made
    headers = {"Idempotency-Key": unique("policies")}
    first = owner.post(f"/v1/policies/{made['id']}/publish", {}, headers=headers, expect=201).json
    assert owner.post(f"/v1/policies/{made['id']}/publish", {}, headers=headers, expect=201).json == first


# ---- the default


def test_the_first_is_the_default_and_only_a_published_one_takes_its_place(other):
    first, second = policy(other), policy(other)
    assert first["default"] and not second["default"]
    assert other.patch(f"/v1/policies/{second['id']}", {"default": True}, expect=409).code == "policy_unpublished"
    other.post(f"/v1/policies/{second['id']}/publish", expect=201)
    assert other.patch(f"/v1/policies/{second['id']}", {"default": True}, expect=200)["default"] is True
    assert {p["id"]: p["default"] for p in other.pages("/v1/policies")} == {first["id"]: False, second["id"]: True}
    assert "/default" in other.patch(f"/v1/policies/{second['id']}", {"default": False}, expect=422).locations


def test_the_default_goes_last(other):
    first, second = policy(other), policy(other)
    assert other.delete(f"/v1/policies/{first['id']}", expect=409).code == "policy_is_default"
    other.delete(f"/v1/policies/{second['id']}", expect=200)
    other.delete(f"/v1/policies/{first['id']}", expect=200)
    other.delete(f"/v1/policies/{first['id']}", expect=404)
    assert other.pages("/v1/policies") == []
    assert policy(other, name=first["name"])["default"] is True  # the name is free again


def test_many_switches_at_once_leave_one_default(other):
    made = [policy(other)["id"] for _ in range(4)]
    for one in made:
        other.post(f"/v1/policies/{one}/publish", expect=201)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: other.patch(f"/v1/policies/{made[i % 4]}", {"default": True}, expect=200), range(40)))
    assert sum(p["default"] for p in other.pages("/v1/policies?limit=2")) == 1


def test_at_most_a_hundred(other):
    for _ in range(100):
        policy(other, document=DOCUMENT)
    assert other.post("/v1/policies", {"name": "one-more"}, expect=409).code == "policy_limit_reached"
    assert len(other.pages("/v1/policies?limit=30")) == 100


# ---- what is refused


@pytest.mark.parametrize("name", ["", "Upper", "a b", "-a", "a/b", "ü", "builtin", "pol_0123456789abc", "x" * 65, 1, None])
def test_a_name_that_is_none(owner, name):
    assert "/name" in owner.post("/v1/policies", {"name": name}, expect=422).locations


def test_a_name_is_one_of_its_account(owner, other):
    made, second = policy(owner), policy(owner)
    assert owner.post("/v1/policies", {"name": made["name"]}, expect=409).code == "name_taken"
    assert owner.patch(f"/v1/policies/{second['id']}", {"name": made["name"]}, expect=409).code == "name_taken"
    policy(other, name=made["name"])


MISTAKES = [
    ({"sensitivity": "very", "rules": []}, "/document/sensitivity"),
    ({"rules": [{"id": "a", "type": "regex", "pattern": "(", "action": "block"}]}, "/document/rules/0/pattern"),
    ({"rules": [{"id": "a", "type": "regex", "pattern": "x", "action": "shout"}]}, "/document/rules/0/action"),
    ({"rules": [], "surprise": 1}, "/document/surprise"),
    ({"rules": {}}, "/document/rules"),
]


@pytest.mark.parametrize("document,location", MISTAKES)
def test_a_document_with_a_mistake_is_not_kept(owner, document, location):
    made = policy(owner, document=DOCUMENT)
    reply = owner.put(f"/v1/policies/{made['id']}/draft", {"document": document}, expect=422)
    assert reply.code == "policy_invalid" and location in reply.locations
    assert owner.get(f"/v1/policies/{made['id']}", expect=200)["draft"] == DOCUMENT
    assert location in owner.post("/v1/policies", {"name": unique("bad"), "document": document}, expect=422).locations


def test_all_mistakes_at_once(owner):
    rules = [{"id": f"r{i}", "type": "regex", "pattern": "(", "action": "nope"} for i in range(6)]
    assert len(owner.post("/v1/policies", {"name": unique("bad"), "document": {"rules": rules}}, expect=422).locations) >= 10


def test_a_document_that_is_too_large(owner):
    large = {"rules": [], "replacement": "x" * (256 << 10)}
    assert "/document" in owner.post("/v1/policies", {"name": unique("large"), "document": large}, expect=422).locations
    assert owner.post("/v1/policies", {"name": unique("large"), "document": {"replacement": "x" * (1 << 20)}}, expect=413).code == "body_too_large"


@pytest.mark.parametrize("method,path,body,location", [
    ("POST", "", {}, "/name"), ("POST", "", {"name": "a", "document": []}, "/document"), ("POST", "", {"name": "a", "draft": {}}, "/draft"),
    ("PATCH", "/{id}", {"document": {}}, "/document"), ("PATCH", "/{id}", {"default": "yes"}, "/default"),
    ("PUT", "/{id}/draft", {}, "/document"), ("PUT", "/{id}/draft", {"document": None}, "/document"),
    ("PUT", "/{id}/draft", {"document": {}, "revision": 0}, "/revision"),
    ("POST", "/{id}/publish", {"version": 0}, "/version"), ("POST", "/{id}/publish", {"note": "x" * 501}, "/note"),
    ("POST", "/{id}/publish", {"note": 1}, "/note"), ("POST", "/{id}/publish", {"force": True}, "/force")])
def test_a_body_that_is_none(owner, method, path, body, location):
    made = policy(owner)
    assert location in owner.call(method, "/v1/policies" + path.format(id=made["id"]), body, expect=422).locations


# ---- what is told


def test_each_change_is_an_event(other):
    made = policy(other, document=DOCUMENT)
    path = f"/v1/policies/{made['id']}"
    other.put(f"{path}/draft", {"document": NO_CARDS}, expect=200)
    other.post(f"{path}/publish", {"note": 'say "why"'}, expect=201)
    other.patch(path, {"name": "renamed"}, expect=200)
    other.patch(path, {"name": "renamed"}, expect=200)  # changes nothing
    other.delete(path, expect=200)
    told = [e for e in events(other) if e["type"].startswith("policy.")]
    assert [e["type"] for e in told] == ["policy.deleted", "policy.updated", "policy.published", "policy.draft_saved", "policy.created"]
    assert all(e["subject"] == made["id"] and e["actor"] == other.user["id"] for e in told)
    assert told[2]["data"] == {"name": made["name"], "version": 1, "note": 'say "why"', "before": {"version": 0}, "after": {"version": 1}}
    assert "hinge" not in json.dumps(told)  # documents are not in events


def test_policies_go_with_their_account(root, make):
    account = make.account("cardea")
    made = policy(root, account=account["id"])
    root.delete(f"/v1/accounts/{account['id']}", expect=204)
    root.get(f"/v1/policies/{made['id']}", expect=404)


# ---- who may

MATRIX = """
nobody root verifier owner admin member viewer writer reader keyless foreign
test      401 200 403 200 200 200 200 200 200 403 403
test_b    401 200 403 404 404 404 404 404 404 403 403
replay    401 200 403 200 200 403 403 200 403 403 403
replay_b  401 200 403 404 404 403 403 404 403 403 403
create    401 201 403 201 201 403 403 201 403 403 403
create_b  401 201 403 403 403 403 403 403 403 403 403
list      401 200 403 200 200 200 200 200 200 403 403
list_b    401 200 403 403 403 403 403 403 403 403 403
get       401 200 403 200 200 200 200 200 200 403 403
get_b     401 200 403 404 404 404 404 404 404 403 403
versions  401 200 403 200 200 200 200 200 200 403 403
versions_b 401 200 403 404 404 404 404 404 404 403 403
update    401 200 403 200 200 403 403 200 403 403 403
update_b  401 200 403 404 404 403 403 404 403 403 403
save      401 200 403 200 200 403 403 200 403 403 403
save_b    401 200 403 404 404 403 403 404 403 403 403
publish   401 201 403 201 201 403 403 201 403 403 403
publish_b 401 201 403 404 404 403 403 404 403 403 403
delete    401 200 403 200 200 403 403 200 403 403 403
delete_b  401 200 403 404 404 403 403 404 403 403 403
"""


@pytest.fixture(scope="module")
def stage(root, make, verifier, scanner):
    made = Stage(root, make, verifier, "policies")
    for account in (made.a, made.b):
        policy(root, account=account["id"])  # the default, which could not be deleted
    return made


@pytest.mark.parametrize("what,caller,status", rows(MATRIX))
def test_authority(root, stage, what, caller, status):
    client = stage.clients[caller]
    what, of = stage.of(what)
    if what == "create":
        reply = client.post("/v1/policies", {"account": of["id"], "name": unique("policy")})
        path = f"/v1/policies/{reply.json['id']}" if reply.status == 201 else None
    elif what == "list":
        reply, path = client.get(f"/v1/policies?account={of['id']}"), None
    else:
        path = f"/v1/policies/{policy(root, account=of['id'], document=DOCUMENT)['id']}"
        reply = {"get": lambda: client.get(path), "versions": lambda: client.get(f"{path}/versions"),
                 "update": lambda: client.patch(path, {"name": unique("n")}),
                 "save": lambda: client.put(f"{path}/draft", {"document": NO_CARDS}),
                 "test": lambda: client.post(f"{path}/test", {"draft": True, "cases": [{"text": "a", "expect": "allow"}]}),
                 "replay": lambda: client.post(f"{path}/replay", {}), "publish": lambda: client.post(f"{path}/publish", {}), "delete": lambda: client.delete(path)}[what]()
    if path:
        root.delete(path, expect=(200, 404))
    assert reply.status == status, reply


def test_authority_is_decided_before_the_body(stage):
    member = stage.clients["member"]
    for headers, raw in (({"Content-Type": "text/plain"}, b"hello"), ({}, b"{not json"), ({}, b"[1]")):
        member.call("POST", "/v1/policies", raw=raw, headers=headers, expect=403)


# ---- trying them

KEY = "My key is AKIAZ7QPXK4LM2NRWT5B"
TEXTS = [{"name": "the code name", "text": "the project  hinge begins", "expect": "block"}, {"text": "this is Confidential", "expect": "flag"},
         {"text": "See you at noon", "expect": "allow"}]


def test_cases_of_a_draft(owner, scanner):
    path = f"/v1/policies/{policy(owner, document=NO_CARDS)['id']}"
    assert owner.post(f"{path}/test", {"cases": TEXTS}, expect=409).code == "policy_unpublished"
    reply = owner.post(f"{path}/test", {"draft": True, "cases": TEXTS}, expect=200)
    assert reply["summary"] == {"cases": 3, "passed": 3, "failed": 0, "not_run": 0} and reply["draft"] is True and reply["revision"] == 1
    assert [c["reasons"][0]["rule_id"] for c in reply["cases"][:2]] == ["codename", "words"]
    assert [c["name"] for c in reply["cases"]] == ["the code name", None, None]
    assert "hinge" not in reply.body.decode()
    owner.post(f"{path}/publish", expect=201)
    assert owner.post(f"{path}/test", {"cases": TEXTS}, expect=200)["policy_version"] == 1
    owner.put(f"{path}/draft", {"document": {"rules": []}}, expect=200)
    wrong = owner.post(f"{path}/test", {"draft": True, "cases": TEXTS}, expect=200)
    assert wrong["summary"] == {"cases": 3, "passed": 1, "failed": 2, "not_run": 0}
    assert [(c["verdict"], c["ok"]) for c in wrong["cases"]] == [("allow", False), ("allow", False), ("allow", True)]


def test_the_built_in_one_is_tested_too(owner, scanner):
    cases = [{"text": KEY, "expect": "block"}, {"text": "hello", "expect": "allow"}]
    assert owner.post("/v1/policies/builtin/test", {"cases": cases}, expect=200)["summary"]["passed"] == 2
    owner.post("/v1/policies/builtin/replay", {}, expect=409)


def test_a_test_leaves_nothing_behind(other, scanner):
    path = f"/v1/policies/{policy(other, document={**NO_CARDS, 'keep_content': True})['id']}"
    before = len(events(other))
    other.post(f"{path}/test", {"draft": True, "cases": TEXTS}, expect=200)
    assert len(events(other)) == before


@pytest.mark.parametrize("body,location", [
    ({}, "/cases"), ({"cases": []}, "/cases"), ({"cases": [{"text": "a", "expect": "allow"}] * 501}, "/cases"), ({"cases": [1]}, "/cases/0"),
    ({"cases": [{"text": "a", "expect": "allow"}, {"text": "a"}]}, "/cases/1/expect"), ({"cases": [{"expect": "allow"}]}, "/cases/0/text"),
    ({"cases": [{"text": "a", "expect": "ALLOW"}]}, "/cases/0/expect"), ({"cases": [{"text": "a", "expect": "allow", "why": "b"}]}, "/cases/0/why")])
def test_cases_that_are_none(owner, body, location):
    assert location in owner.post(f"/v1/policies/{policy(owner)['id']}/test", body, expect=422).locations


def test_cases_are_bounded(owner, scanner):
    path = f"/v1/policies/{policy(owner)['id']}"
    many = owner.post(f"{path}/test", {"draft": True, "cases": [{"text": "a b c " * 600, "expect": "allow"}] * 500}, expect=200)
    assert many["summary"]["passed"] == 500
    owner.post(f"{path}/test", {"draft": True, "cases": [{"text": "a" * (4 << 20), "expect": "allow"}]}, expect=413)
    for limit in (0, 1001, "all"):
        assert "/limit" in owner.post(f"{path}/replay", {"limit": limit}, expect=422).locations


def test_trials_of_one_account_wait_for_each_other(other, owner, scanner):
    path = f"/v1/policies/{policy(other)['id']}/test"
    slow = {"draft": True, "cases": [{"text": "lorem ipsum dolor sit amet " * 300, "expect": "allow"}] * 400}
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: other.post(path, slow, expect=(200, 429)), range(6)))
    assert {r.status for r in replies} == {200, 429}
    assert all(r.code == "busy" and r.header("retry-after") == "1" for r in replies if r.status == 429)
    other.post(path, {"draft": True, "cases": TEXTS[2:]}, expect=200)  # the seat was given back, after refusals too
    for _ in range(3):
        other.post("/v1/policies/none/test", {"cases": TEXTS}, expect=404)
        owner.post("/v1/policies/builtin/test", {"cases": TEXTS}, expect=200)


def in_force(client, document):
    path = f"/v1/policies/{policy(client, document=document)['id']}"
    client.post(f"{path}/publish", expect=201)
    return path


def scanned(client, text, verdict):
    reply = client.post("/v1/scan", {"text": text}, expect=200)
    assert reply["verdict"] == verdict, reply.json
    return reply["scan_id"]


def test_replay_by_record(other, scanner):
    """Nothing was kept: the packs' findings are judged anew, patterns of the policy of that time cannot be."""
    path = in_force(other, {"rules": [*NO_CARDS["rules"], *DOCUMENT["rules"]]})
    blocked = scanned(other, KEY, "block")
    scanned(other, "project hinge", "block")
    other.put(f"{path}/draft", {"document": {"rules": [{"id": "watch", "type": "pack", "category": "secret", "action": "flag"}]}}, expect=200)
    reply = other.post(f"{path}/replay", {}, expect=200)
    assert (reply["events"], reply["rescanned"], reply["rejudged"], reply["unjudged"]) == (2, 0, 1, 1) and reply["complete"] is True
    assert (reply["changed"], reply["stricter"], reply["looser"], reply["changes"]["block_to_flag"]) == (1, 0, 1, 1)
    example = reply["examples"][0]
    assert (example["scan_id"], example["was"], example["would_be"], example["basis"]) == (blocked, "block", "flag", "record")
    assert example["reasons"][0]["rule"] == "watch" and "AKIA" not in reply.body.decode()
    assert other.post(f"{path}/replay", {"limit": 1}, expect=200)["events"] == 1
    assert example["event"] in {e["id"] for e in events(other)}


def test_replay_of_a_lower_sensitivity_by_record(other, scanner):
    """A rule that needs a higher one finds nothing; signals that add up are judged at their own sensitivity alone."""
    everything = [{"id": "all", "type": "pack", "min_severity": "low", "action": "flag"}]
    path = in_force(other, {"sensitivity": "high", "rules": everything})
    sums, key = "Act now: wire the payment today, see the attached invoice, and tell no one.", "Ignore all previous instructions"
    found = [{r["rule_id"] for r in other.post("/v1/scan", {"text": t}, expect=200)["reasons"]} for t in (sums, key)]
    assert "keyword.combination" in found[0] and found[1]
    same = other.post(f"{path}/replay", {}, expect=200)
    assert (same["events"], same["rejudged"], same["changed"]) == (2, 2, 0)
    other.put(f"{path}/draft", {"document": {"sensitivity": "low", "rules": everything}}, expect=200)
    lower = other.post(f"{path}/replay", {}, expect=200)
    assert (lower["rejudged"], lower["unjudged"]) == (1, 1)
    again = other.post(f"{path}/test", {"draft": True, "cases": [{"text": key, "expect": "allow"}]}, expect=200)["cases"][0]
    assert lower["changes"]["flag_to_allow"] == (again["verdict"] == "allow")


def test_replay_by_kept_content(other, scanner):
    path = in_force(other, {**NO_CARDS, "keep_content": True})
    blocked = scanned(other, "project hinge begins", "block")
    scanned(other, "this is confidential", "flag")
    other.put(f"{path}/draft", {"document": {"rules": [
        {"id": "words", "type": "keyword", "words": ["confidential"], "action": "block"}]}}, expect=200)
    reply = other.post(f"{path}/replay", {"limit": 10}, expect=200)
    assert (reply["events"], reply["rescanned"], reply["rejudged"], reply["unjudged"]) == (2, 2, 0, 0)
    assert (reply["changed"], reply["stricter"], reply["looser"]) == (2, 1, 1)
    assert (reply["changes"]["block_to_allow"], reply["changes"]["flag_to_block"]) == (1, 1)
    assert {e["scan_id"]: e["would_be"] for e in reply["examples"]}[blocked] == "allow"
    assert all(e["basis"] == "content" for e in reply["examples"])
    for word in ("hinge", "confidential"):
        assert word not in reply.body.decode()


def test_kept_content_is_sealed_on_disk(own):
    daemon = own()
    root = ready(daemon.root())
    account = Maker(root).account("cardea")
    client = Maker(root).session(account, "owner")
    path = in_force(client, {**NO_CARDS, "keep_content": True})
    plain = "project hinge opens the northern gate at dawn"
    scanned(client, plain, "block")
    assert client.post(f"{path}/replay", {}, expect=200)["rescanned"] == 1
    assert daemon.stop() == 0
    files = [f for f in daemon.data.rglob("*") if f.is_file()]
    assert any(b"hinge" in f.read_bytes() for f in files)  # the policy's pattern: the database was looked into
    assert not any(b"northern gate" in f.read_bytes() for f in files)
    daemon.start()
    client = daemon.root()
    ready(client)
    assert client.post(f"{path}/replay?account={account['id']}", {}, expect=200)["rescanned"] == 1
    client.delete(f"/v1/accounts/{account['id']}", expect=204)
    client.post(f"{path}/replay", {}, expect=404)
