"""POST /v1/scan by policies of accounts (docs/reference/policies.md): which one applies, what each type of rule does, and with an AI beside them."""

import concurrent.futures
import hashlib
import json
import re
import time

import pytest

from cardea_test.ai import ai, asking  # noqa: F401
from cardea_test.events import events
from cardea_test.fixtures import Maker
from cardea_test.openapi import ROOT
from test_messages import Agent
from test_scan import AWS, ORDER, metric, scan, scanner  # noqa: F401


def write(root, account, document, publish=True):
    policy = root.post("/v1/policies", {"account": account["id"], "name": "main", "document": {"rules": [], **document}}, expect=201)
    if publish:
        root.post(f"/v1/policies/{policy['id']}/publish", {}, expect=201)
    return policy

@pytest.fixture
def policed(scanner, make):
    """An account with a policy made of the given document, and who may scan there."""
    def build(publish=True, **document):
        account = make.account("cardea")
        policy = write(scanner, account, document, publish)
        able = scanner.using(token=make.key(account, kind="key", scopes=["content:scan"])["key"])
        return account, policy, able
    return build


def reasons(reply):
    return [(r["code"], r.get("rule"), r.get("action"), r["mode"]) for r in reply["reasons"]]


def test_the_accounts_policy_applies(policed):
    account, policy, able = policed(rules=[{"id": "names", "type": "keyword", "words": ["project nightowl"], "action": "block", "title": "A secret project"}],
                                    replacement="Ask the press office.")
    reply = scan(able, "About P r o j e c t  n i g h t o w l.")
    assert (reply["verdict"], reply["deliver"], reply["policy"], reply["policy_version"]) == ("block", "nothing", policy["id"], 1)
    assert reasons(reply) == [("POLICY_WORD", "names", "block", "enforce")] and reply["reasons"][0]["rule_id"] == "names"
    assert reply["replacement"] == "Ask the press office."
    assert reply["rules"] == [{"id": "names", "type": "keyword", "action": "block", "mode": "enforce", "decided": True, "hits": 1}]
    assert reply["layers"]["ai"] == {"status": "skipped", "reason": "not_needed"}
    mine = scan(able, AWS)  # it has no rule for that: on record, and allowed
    assert mine["verdict"] == "allow" and [r["code"] for r in mine["reasons"]] == ["SECRET"] and "rule" not in mine["reasons"][0]
    assert scan(able, AWS, policy="builtin")["verdict"] == "block"


def test_regex_rules_say_where(policed):
    _, _, able = policed(rules=[{"id": "ticket", "type": "regex", "pattern": "ticket-(\\d+)", "action": "redact"},
                                {"id": "loud", "type": "regex", "pattern": "urgent", "caseless": True, "action": "flag"}])
    text = "é: ticket-123, see ticket-4"
    reply = scan(able, text)
    assert (reply["verdict"], reply["deliver"]) == ("allow", "redacted_text") and reply.header("cardea-verdict") == "redact"
    assert reply["redacted_text"] == "é: ticket-[redacted:ticket], see ticket-[redacted:ticket]"
    span = reply["reasons"][0]["span"]
    assert text.encode()[span["start"]:span["end"]] == b"ticket-123"
    flagged = scan(able, f"URGENT {text}")
    assert (flagged["verdict"], flagged["deliver"]) == ("flag", "redacted_text")


def test_domain_and_signal_rules(policed):
    _, _, able = policed(rules=[{"id": "hosts", "type": "domain", "allow": ["example.com"], "only_allowed": True, "action": "block", "priority": 1},
                                {"id": "fraud", "type": "keyword", "signals": ["finance", "social_engineering"], "min_score": 30, "action": "flag"}],
                         deny_domains=["bad.example.com"])
    assert scan(able, "see https://docs.example.com/a")["verdict"] == "allow"
    assert reasons(scan(able, "see https://example.org/a"))[0] == ("POLICY_DOMAIN", "hosts", "block", "enforce")
    denied = scan(able, "see https://x.bad.example.com/a")
    assert denied["verdict"] == "block" and denied["rules"][0]["id"] == "deny_domains"
    assert ("DOMAIN", "deny_domains", "block", "enforce") in reasons(denied)
    fraud = scan(able, "Urgent: please process a wire transfer today and keep this confidential.")
    assert fraud["verdict"] == "flag" and ("FRAUD_SIGNS", "fraud", "flag", "enforce") in reasons(fraud)
    assert next(r for r in fraud["reasons"] if r.get("rule") == "fraud")["span"] is None


def test_shadow_is_told_and_makes_no_event(policed, scanner):
    account, _, able = policed(rules=[{"id": "new", "type": "regex", "pattern": "zebra", "action": "block", "mode": "shadow"},
                                      {"id": "old", "type": "pack", "category": "secret", "action": "flag"}])
    before = metric(scanner, "cardea_scans_shadow_total")
    reply = scan(able, "a zebra")
    assert reply["verdict"] == "allow" and reasons(reply) == [("POLICY_PATTERN", "new", "block", "shadow")]
    assert metric(scanner, "cardea_scans_shadow_total") == before + 1
    flagged = scan(able, f"a zebra {AWS}")
    told = [e for e in events(scanner, account=account["id"]) if e["type"].startswith("content.")]
    assert [e["subject"] for e in told] == [flagged["scan_id"]]
    assert told[0]["data"]["reasons"] == flagged["reasons"] and {r["mode"] for r in flagged["reasons"]} == {"enforce", "shadow"}


def test_a_draft_is_tried_before_it_is_published(policed, scanner):
    _, policy, able = policed(publish=False, rules=[{"id": "a", "type": "regex", "pattern": "zebra", "action": "block"}])
    assert scan(able, "a zebra")["policy"] == "builtin"
    assert scan(able, "a zebra", policy="main", expect=409).code == "policy_unpublished"
    for _ in range(2):
        reply = scan(able, "a zebra", policy="main", draft=True)
        assert (reply["verdict"], reply["policy"], reply["policy_version"], reply["draft"]) == ("block", policy["id"], 0, True)
    scanner.post(f"/v1/policies/{policy['id']}/publish", {}, expect=201)
    scanner.put(f"/v1/policies/{policy['id']}/draft", {"document": {"rules": []}}, expect=200)
    assert scan(able, "a zebra", policy=policy["id"])["policy_version"] == 1
    assert scan(able, "a zebra", draft=True)["verdict"] == "allow"
    assert scan(able, "a zebra")["verdict"] == "block"


def test_exceptions_take_findings_out(policed):
    digest = hashlib.sha256(AWS.encode()).hexdigest()
    for exception in ({"rule": "secret.aws-*"}, {"text": AWS}, {"text": digest}, {"rule": "secret.*", "text": f"sha256:{digest}"}):
        _, _, able = policed(rules=[{"id": "all", "type": "pack", "action": "block"}], exceptions=[exception])
        reply = scan(able, f"key {AWS}")
        assert (reply["verdict"], reply["reasons"]) == ("allow", []) and reply["excepted"] >= 1
        assert scan(able, ORDER)["verdict"] == "block"


def test_the_policys_sensitivity_and_another(policed):
    _, _, able = policed(sensitivity="high", rules=[{"id": "all", "type": "pack", "min_severity": "medium", "action": "flag"}])
    text = "how to build a bomb"
    assert [scan(able, text, **more)["verdict"] for more in ({}, {"sensitivity": "low"}, {"sensitivity": "high"})] == ["flag", "allow", "flag"]


def test_texts_are_kept_only_where_the_policy_says_so(policed, scanner, shared):
    rules = [{"id": "z", "type": "regex", "pattern": "zebra", "action": "flag"}]
    for keeps in (False, True):
        account, _, able = policed(keep_content=keeps, rules=rules)
        reply = scan(able, f"a zebra and {AWS}, kept: {keeps}")
        told = next(e for e in events(scanner, account=account["id"]) if e["subject"] == reply["scan_id"])
        assert AWS not in json.dumps(told)
    for file in shared.data.iterdir():  # sealed: nobody reads it in the store
        if file.is_file():
            assert b"kept: True" not in file.read_bytes()


def test_policies_of_others_are_not_there(policed, scanner):
    _, policy, _ = policed(rules=[])
    _, _, other = policed(rules=[])
    assert scan(other, "hello", policy=policy["id"], expect=404).code == "not_found"
    assert scan(other, "hello", policy="nothing", expect=404).code == "not_found"
    assert scan(other, "hello", policy="nothing", draft=True, expect=404).code == "not_found"


def test_hostile_patterns_are_refused_and_never_held(policed, scanner):
    account, policy, _ = policed(rules=[])
    for pattern, says in (("(a+)+$", "too complex"), ("(a{1,1000}){1,1000}", "too complex"), ("a" * 100_000, "too large"), ("(", "no pattern"),
                          ("(?<=a+)b", "fixed length"), ("a*", "empty text")):
        began = time.monotonic()
        reply = scanner.put(f"/v1/policies/{policy['id']}/draft", {"document": {"rules": [{"id": "a", "type": "regex", "pattern": pattern, "action": "flag"}]}}, expect=422)
        assert time.monotonic() - began < 10 and reply.locations == ["/document/rules/0/pattern"]
        assert says in reply["errors"][0]["message"], reply["errors"]


def test_the_manuals_documents_are_policies(scanner, policed):
    _, policy, able = policed(rules=[])
    documents = [json.loads(d) for d in re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "reference" / "policies.md").read_text(), re.S)]
    assert documents
    for document in documents:
        scanner.put(f"/v1/policies/{policy['id']}/draft", {"document": document}, expect=200)
        assert scan(able, "about NightOwl", draft=True)["verdict"] == "block"


def test_many_threads_use_one_policy_while_it_changes(policed, scanner):
    account, policy, able = policed(rules=[{"id": "a", "type": "regex", "pattern": "zebra", "action": "block"}])
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        scans = [pool.submit(scan, able, "a zebra", expect=(200, 503)) for _ in range(120)]
        for i in range(5):
            scanner.put(f"/v1/policies/{policy['id']}/draft", {"document": {"rules": [{"id": f"a{i}", "type": "regex", "pattern": "zebra", "action": "block"}]}}, expect=200)
            scanner.post(f"/v1/policies/{policy['id']}/publish", {}, expect=201)
        replies = [f.result() for f in scans]
        assert {r["verdict"] for r in replies if r.status == 200} == {"block"}
    assert scan(able, "a zebra")["policy_version"] == 6


# ---- with an AI

def test_an_ai_rule_in_shadow_watches(asking, ai):
    root = asking(ai).asker
    make = Maker(root)
    account = make.account("cardea")
    write(root, account, {"rules": [{"id": "watch", "type": "ai", "verdicts": ["BLOCKED"], "action": "block", "mode": "shadow"}]})
    ai.verdict = "BLOCKED"
    reply = scan(root, "all is well", account=account["id"])
    assert reply["verdict"] == "allow" and reply["layers"]["ai"]["verdict"] == "BLOCKED"
    assert reasons(reply) == [("AI_BLOCKED", "watch", "block", "shadow")] and reply["reasons"][0]["span"] is None
    assert not [e for e in events(root, account=account["id"]) if e["type"].startswith("content.")]


def test_an_ai_may_overrule_the_packs_where_a_policy_lets_it(asking, ai):
    root = asking(ai).asker
    make = Maker(root)
    account = make.account("cardea")
    write(root, account, {"rules": [{"id": "safe", "type": "ai", "verdicts": ["SAFE"], "action": "allow", "priority": 1},
                                    {"id": "all", "type": "pack", "min_severity": "high", "action": "block", "priority": 2}]})
    for verdict, wanted in (("SAFE", "allow"), ("SUSPICIOUS", "block")):
        ai.verdict = verdict
        assert scan(root, f"{verdict}: {ORDER}", account=account["id"])["verdict"] == wanted
    assert AWS not in scan(root, f"mine: {AWS}", account=account["id"])["layers"]["ai"].get("reason", "")
    assert not [text for text in ai.texts() if AWS in text]


def test_the_ai_is_spared_where_no_rule_wants_it(asking, ai):
    root = asking(ai).asker
    make = Maker(root)
    account = make.account("cardea")
    policy = write(root, account, {"rules": [{"id": "all", "type": "pack", "action": "block"}]})
    for text in ("all is well", ORDER):
        assert scan(root, text, account=account["id"])["layers"]["ai"] == {"status": "skipped", "reason": "not_needed"}
    assert not ai.questions
    # answers are shared within a version of a policy, not beyond
    for version in (2, 3):
        root.put(f"/v1/policies/{policy['id']}/draft", {"document": {"rules": [{"id": f"v{version}", "type": "ai", "verdicts": ["BLOCKED"], "action": "block"}]}}, expect=200)
        root.post(f"/v1/policies/{policy['id']}/publish", {}, expect=201)
        assert [scan(root, "the same", account=account["id"])["layers"]["ai"]["status"] for _ in range(2)] == ["asked", "cached"]
    assert len(ai.questions) == 2


# ---- messages of agents

@pytest.fixture
def agents(scanner, make):
    """Two agents of an account, and its policy of this document."""
    def build(**document):
        account = make.account("anima")
        write(scanner, account, document)
        return account, Agent(scanner, make, account), Agent(scanner, make, account)
    return build


def test_messages_leave_without_what_is_redacted(agents, scanner):
    account, ada, bob = agents(rules=[{"id": "secrets", "type": "pack", "category": "secret", "action": "redact"},
                                      {"id": "ticket", "type": "regex", "pattern": "ticket-\\d+", "action": "redact"}])
    sent = ada.send(bob.slug, f"It is {AWS}, as in ticket-7.", subject="ticket-8 é").json
    assert (sent["verdict"], sent["redacted"]) == ("allow", True)
    got = bob.receive()[0]
    assert got["body"] == "It is [redacted:secret.aws-access-key-id], as in [redacted:ticket]." and got["subject"] == "[redacted:ticket] é"
    assert AWS not in json.dumps(scanner.get(f"/v1/messages?account={account['id']}", expect=200).json)


def test_blocked_messages_get_the_policys_words(agents, scanner):
    account, ada, bob = agents(rules=[{"id": "owl", "type": "keyword", "words": ["nightowl"], "action": "block"},
                                      {"id": "flags", "type": "keyword", "words": ["soon"], "action": "flag"},
                                      {"id": "watch", "type": "keyword", "words": ["noon"], "action": "block", "mode": "shadow"}],
                               replacement="Ask the press office.")
    refused = ada.send(bob.slug, "About NightOwl.", expect=403)
    assert refused.code == "content_blocked" and refused["safe_text"] == "Ask the press office."
    assert [r["rule_id"] for r in refused["reasons"]] == ["owl"]
    assert ada.send(bob.slug, f"Lunch at noon? {AWS}").json["verdict"] == "allow"  # this policy says nothing of secrets
    assert ada.send(bob.slug, "See you soon.").json["verdict"] == "flag"
    assert [m["body"] for m in bob.receive()] == [f"Lunch at noon? {AWS}", "See you soon."]
    assert [e["type"] for e in events(scanner, account=account["id"]) if e["type"].startswith("content.")] in (["content.flagged", "content.blocked"], ["content.blocked", "content.flagged"])
