"""Leaked keys: reported as GitHub does, revoked at once, told of; and the expressions that scanners find them by."""

import base64
import hashlib
import json
import re

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cardea_test.cli import Cli
from cardea_test.daemon import Daemon
from cardea_test.events import events
from cardea_test.fixtures import Maker, the_module_is_clean
from cardea_test.leaks import REGISTRY
from cardea_test.openapi import ROOT

# GitHub's own example (docs.github.com, "Secret scanning partner program").
GITHUB = {"key_identifier": "bcb53661c06b4728e59d897fb6165d5c9cda0fd9cdf9d09ead458168deb7518c", "is_current": True,
          "key": "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYAGMWO8XgCamYKMJS6jc/qgvSlAd\n"
                 "AjPuDPRcXU22YxgBrz+zoN19MzuRyW87qEt9/AmtoNP5GrobzUvQSyJFVw==\n-----END PUBLIC KEY-----\n"}
GITHUB_BODY = b'[{"source":"commit","token":"some_token","type":"some_type","url":"https://example.com/base-repo-url/"}]'
GITHUB_SIGNATURE = "MEQCIQDaMKqrGnE27S0kgMrEK0eYBmyG0LeZismAEz/BgZyt7AIfXt9fErtRS4XaeSt/AO1RtBY66YcAdjxji410VQV4xg=="
WHERE = "https://github.com/octocat/Hello-World/blob/12345600b9cbe38a219f39a9941c9319b600c002/foo/bar.txt"


class Scanner:
    """Somebody who scans, and signs what they report."""

    def __init__(self, name="scanner-1"):
        self.name, self.key = name, ec.generate_private_key(ec.SECP256R1())

    def entry(self):
        pem = self.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        return {"key_identifier": self.name, "key": pem.decode(), "is_current": True}

    def sign(self, body):
        return base64.b64encode(self.key.sign(body, ec.ECDSA(hashes.SHA256()))).decode()

    def report(self, client, matches, body=None, **changed):
        body = body if body is not None else json.dumps(matches).encode()
        headers = {"Content-Type": "application/json", "Github-Public-Key-Identifier": self.name, "Github-Public-Key-Signature": self.sign(body)}
        return client.using(token=None).call("POST", "/v1/leaks", raw=body, headers={k: v for k, v in {**headers, **changed}.items() if v})


def match(token, **more):
    return {"token": token, "type": "acme_api_key", "url": WHERE, "source": "content", **more}


def verdict(token, label, kind="acme_api_key"):
    return {"token_hash": hashlib.sha256(token.encode()).hexdigest(), "token_type": kind, "label": label}


def keys_file(folder, *entries):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "keys.json"
    path.write_text(json.dumps({"public_keys": list(entries)}))
    return str(path)


class Place:
    def __init__(self, folder, scanner, *args):
        self.scanner = scanner
        self.daemon = Daemon(folder, ["--leak-keys", keys_file(folder, scanner.entry(), GITHUB), *args]).start()
        self.root = self.daemon.root()
        self.make = Maker(self.root)


@pytest.fixture(scope="module")
def scanner():
    return Scanner()


@pytest.fixture(scope="module")
def here(tmp_path_factory, scanner):
    place = Place(tmp_path_factory.mktemp("leaks"), scanner)
    yield place
    assert place.daemon.stop() == 0
    the_module_is_clean(place.daemon)


def test_a_leaked_key_is_revoked_at_once_and_told_of(here, scanner):
    account = here.make.account()
    leaked, other = here.make.key(account), here.make.key(account)
    said = scanner.report(here.root, [match(leaked["key"]), match("anm_" + "x" * 38)])
    assert said.status == 200 and said.json == [verdict(leaked["key"], "true_positive"), verdict("anm_" + "x" * 38, "false_positive")]
    assert here.root.verify(leaked["key"])["code"] == "REVOKED" and here.root.verify(other["key"])["valid"]
    (event,) = events(here.root, type="key.leaked", account=account["id"])
    assert event["subject"] == leaked["id"] and event["actor"] == "system"
    assert event["data"] == {"prefix": leaked["prefix"], "kind": "key", "source": "content", "url": WHERE, "revoked": True}
    (revoked,) = events(here.root, type="key.revoked", account=account["id"])
    assert revoked["data"]["reason"] == "leaked: found in public (content)"
    assert here.root.get(f"/v1/keys/{leaked['id']}", expect=200)["revoke_reason"] == "leaked: found in public (content)"
    again = scanner.report(here.root, [match(leaked["key"], source="commit")])
    assert again.json == [verdict(leaked["key"], "true_positive")] and len(events(here.root, type="key.leaked", account=account["id"])) == 1


def test_keys_of_every_kind_and_many_in_one_report(here, scanner):
    account, anima = here.make.account(), here.make.account("anima")
    verifier = here.root.post("/v1/keys", {"account": "cardea/system", "kind": "verifier", "name": "leaks"}, expect=201).json
    made = [here.make.key(account) for _ in range(10)] + [here.make.key(anima, kind="master"), verifier]
    report = [match(key["key"], type=key["kind"]) for key in made] + [match(f"nothing-{i}") for i in range(250)]
    said = scanner.report(here.root, report)
    assert [one["label"] for one in said.json] == ["true_positive"] * len(made) + ["false_positive"] * 250
    for key in made:
        assert here.root.get(f"/v1/keys/{key['id']}", expect=200)["status"] == "revoked"


def test_githubs_own_example_is_taken(here):
    headers = {"Content-Type": "application/json", "GITHUB-PUBLIC-KEY-IDENTIFIER": GITHUB["key_identifier"],
               "GITHUB-PUBLIC-KEY-SIGNATURE": GITHUB_SIGNATURE}
    said = here.root.using(token=None).call("POST", "/v1/leaks", raw=GITHUB_BODY, headers=headers)
    assert (said.status, said.json) == (200, [verdict("some_token", "false_positive", "some_type")])
    doubled = {**headers, "github-public-key-signature": GITHUB_SIGNATURE}
    assert here.root.using(token=None).call("POST", "/v1/leaks", raw=GITHUB_BODY, headers=doubled).status == 401, "which of two is meant?"
    changed = here.root.using(token=None).call("POST", "/v1/leaks", raw=GITHUB_BODY + b" ", headers=headers)
    assert (changed.status, changed.code) == (401, "unauthenticated")


def test_what_is_not_signed_changes_nothing(here, scanner):
    key = here.make.key(here.make.account())
    report, stranger = [match(key["key"])], Scanner()
    for refused in (scanner.report(here.root, report, **{"Github-Public-Key-Signature": None}),
                    scanner.report(here.root, report, **{"Github-Public-Key-Identifier": None}),
                    scanner.report(here.root, report, **{"Github-Public-Key-Identifier": "scanner-2"}),
                    scanner.report(here.root, report, **{"Github-Public-Key-Signature": scanner.sign(b"[]")}),
                    scanner.report(here.root, report, **{"Github-Public-Key-Signature": "no base64"}),
                    stranger.report(here.root, report),
                    here.root.post("/v1/leaks", report)):
        assert (refused.status, refused.code) == (401, "unauthenticated")
    assert here.root.verify(key["key"])["valid"]


@pytest.mark.parametrize("body, status, code", [
    (b"", 400, "invalid_json"), (b"[", 400, "invalid_json"), (b'[{"token":"a","token":"b"}]', 400, "invalid_json"),
    (b"{}", 422, "invalid_request"), (b"[1]", 422, "invalid_request"), (b'[{"token":1}]', 422, "invalid_request"),
    (b'[{"type":"a"}]', 422, "invalid_request"), (b"[" + b" " * (4 << 20) + b"]", 413, "body_too_large")])
def test_signed_nonsense_is_refused(here, scanner, body, status, code):
    said = scanner.report(here.root, None, body)
    assert (said.status, said.code) == (status, code)


def test_odd_reports_are_taken_and_nothing_of_them_is_believed(here, scanner):
    assert scanner.report(here.root, []).json == []
    account = here.make.account()
    cases = [({"url": "javascript:alert(1)"}, None, "content"), ({"url": f"https://example.com/?key={{key}}"}, None, "content"),
             ({"url": "https://example.com/\"><b>"}, None, "content"), ({"url": 7, "source": ["x"]}, None, "unknown"),
             ({"source": "Über all", "url": ""}, None, "unknown"), ({"source": "x" * 65, "type": None, "more": {}}, WHERE, "unknown")]
    for change, url, source in cases:
        key = here.make.key(account)
        change = {name: value.format(key=key["key"]) if name == "url" and isinstance(value, str) and "{" in value else value
                  for name, value in change.items()}
        assert scanner.report(here.root, [match(key["key"], **change)]).json[0]["label"] == "true_positive"
        event = events(here.root, type="key.leaked", key=key["id"])[0]
        assert (event["data"]["url"], event["data"]["source"]) == (url, source)
        here.root.get(f"/v1/keys/{key['id']}", expect=200)
    assert scanner.report(here.root, [match("x" * 100000)]).json[0]["label"] == "false_positive"


def test_it_is_counted(here, scanner):
    def counts():
        text = here.root.get("/metrics", expect=200, record=False).body.decode()
        return {m[1]: int(m[2]) for m in re.finditer(r'^cardea_leak\w+_total\{outcome="(\w+)"\} (\d+)$', text, re.M)}
    key, before = here.make.key(here.make.account()), counts()
    scanner.report(here.root, [match(key["key"]), match(key["key"]), match("none")])
    here.root.using(token=None).post("/v1/leaks", [])
    now = counts()
    assert {name: now[name] - before[name] for name in now} == {"refused": 1, "taken": 1, "unknown": 1, "revoked": 1, "flagged": 0, "repeated": 1}


def test_flag_tells_once_a_day_and_revokes_nothing(tmp_path, scanner):
    place = Place(tmp_path / "flag", scanner, "--leak-action", "flag")
    try:
        account = place.make.account()
        key = place.make.key(account)
        for _ in range(2):
            assert scanner.report(place.root, [match(key["key"])]).json == [verdict(key["key"], "true_positive")]
        assert place.root.verify(key["key"])["valid"]
        (event,) = events(place.root, type="key.leaked", account=account["id"])
        assert event["data"]["revoked"] is False
    finally:
        assert place.daemon.stop() == 0
    the_module_is_clean(place.daemon)


def test_without_keys_nobody_may(shared, root, scanner):
    said = scanner.report(root, [match("x")])
    assert (said.status, said.code) == (404, "not_found")


def test_a_bad_file_of_keys_stops_the_start(own, tmp_path):
    path = tmp_path / "bad.json"
    path.write_text('{"public_keys":[{"key_identifier":"a","key":"no PEM"}]}')
    code, err = own("--leak-keys", str(path), ready=False).refuse()
    assert code == 2 and f"leak-keys: {path}: key 1 is no public key on P-256" in err
    code, err = own("--leak-keys", str(tmp_path / "none"), ready=False).refuse()
    assert code == 2 and "cannot be read" in err
    code, err = own("--leak-action", "ignore", ready=False).refuse()
    assert code == 2 and "neither revoke nor flag" in err


# ---- what scanners look for

KINDS = [("animus", "key", {"scopes": ["read"]}), ("animam", None, {"scopes": ["corpus:read"]}), ("open-animate", None, {}), ("anima", "master", {})]


def test_patterns_match_keys_and_nothing_near_them(root, make, tmp_path):
    cli = Cli(tmp_path / "home")
    printed = {(p, k): (pattern, checksum) for p, k, pattern, checksum in cli("profiles", "pattern").rows}
    assert cli("profiles", "pattern", "anima", "master", "-q").out.strip() == printed["anima", "master"][0]
    assert cli("profiles", "pattern", "anima", "--json").json["data"][0] == {
        "profile": "anima", "kind": "master", "pattern": r"\bmk_[0-9A-Za-z]{38}\b", "checksum": "crc32-base62"}
    for profile, kind, more in KINDS:
        made = make.key(make.account(profile), **({"kind": kind} if kind else {}), **more)
        key, expression = made["key"], re.compile(printed[profile, made["kind"]][0])
        REGISTRY.add("key", key)
        assert expression.fullmatch(key), (profile, expression)
        for text in (key, f'KEY="{key}"', f"Bearer {key}\n", f"({key})", f"https://x/?k={key}&y=1", f"key={key},", f"-{key}-"):
            assert expression.findall(text) == [key], text
        first = key.split("_")[0]
        for text in (key[:-1], key + "a", key + "_", "x" + key, "_" + key, key[:-3] + "-" + key[-2:], key.upper() if key.upper() != key else "",
                     first.upper() + key[len(first):], key[:len(first)] + "-" + key[len(first) + 1:], key[:10] + "é" + key[11:], key[:20] + "\n" + key[20:]):
            assert not expression.search(text), (text, expression)
        found_by = {name for name, (pattern, _) in printed.items() if re.search(pattern, key)}
        assert found_by - {("anima", "agent"), ("animam", "token")} == {(profile, made["kind"])} - {("animam", "token")}, "two pages say `ak_`"
    for (profile, kind), (_, checksum) in printed.items():
        assert checksum == ("none" if profile == "open-animate" else "crc32-base62"), (profile, kind)
    assert ("animam", "legacy") not in printed, "keys of an older system have no format"
    assert "there is no profile" in cli("profiles", "pattern", "nobody", code=3).err
    assert "no such kind" in cli("profiles", "pattern", "animam", "legacy", code=3).err


def test_the_code_of_the_manual_checks_what_an_expression_cannot(root, make):
    page = {}
    exec(re.search(r"```python\n(.*?)```", (ROOT / "docs" / "reference" / "leaks.md").read_text(), re.S)[1], page)  # noqa: S102
    for _ in range(5):
        key = make.key(make.account())["key"]
        assert page["is_key"](key) and not page["is_key"](key[:-1] + ("a" if key[-1] != "a" else "b"))


def test_who_holds_a_key_may_revoke_it(root, make):
    key = make.key(make.account())
    gone = root.using(token=key["key"]).post("/v1/keys/self/revoke", {"reason": "found on a pastebin"}, expect=200)
    assert gone["status"] == "revoked" and root.verify(key["key"])["code"] == "REVOKED"
