"""Logging in by the browser (RFC 8628): the program's questions, and the page on which a person answers."""

import html
import itertools
import re
import time
from urllib.parse import urlencode

import pytest

from cardea_test.leaks import REGISTRY

HOST = "open-animate.localhost"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CODE = re.compile(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}")
_addresses = itertools.count(1)


def address():
    """Nobody else's: what is tried too often is counted by address. Loopback peers may speak for others."""
    n = next(_addresses)
    return f"198.51.{n // 250}.{n % 250 + 1}"


class Caller:
    """A program, or a browser, at an address of its own."""

    def __init__(self, root, host=HOST, **headers):
        self.address = address()
        self.client = root.using(token=None, host=host, headers={"X-Forwarded-For": self.address, **headers})

    def form(self, path, fields, **headers):
        raw = fields if isinstance(fields, bytes) else urlencode(fields).encode()
        reply = self.client.post(path, raw=raw, headers={**FORM, **headers})
        if isinstance(reply.json, dict):
            REGISTRY.add("key", reply.json.get("access_token"))
            REGISTRY.add("device code", reply.json.get("device_code"))
        return reply


class Program(Caller):
    def begin(self, **more):
        reply = self.form("/oauth/device_authorization", {"client_id": "oanim", "client_name": "oanim on laptop", **more})
        assert reply.status == 200, reply
        self.grant = reply.json
        return self

    @property
    def code(self):
        return self.grant["user_code"]

    def ask(self, **more):
        return self.form("/oauth/token", {"grant_type": GRANT, "client_id": "oanim", "device_code": self.grant["device_code"], **more})

    def refused(self, error, **more):
        reply = self.ask(**more)
        assert reply.status == 400 and reply["error"] == error, reply
        assert reply["error_description"] and reply.header("cache-control") == "no-store"
        return reply.json


class Browser(Caller):
    def __init__(self, root, host=HOST, **headers):
        super().__init__(root, host, **{"Sec-Fetch-Site": "same-origin", **headers})

    def post(self, code, status=200, **fields):
        reply = self.form("/device", {"user_code": code, **fields})
        assert reply.status == status, reply
        return check_page(reply)

    def allow(self, code, user, status=200, **more):
        return self.post(code, status, email=user["email"], password=more.pop("password", user["password"]), answer="allow", **more)


def check_page(reply):
    """The text of a page that is as every page of ours must be."""
    policy = reply.header("content-security-policy")
    assert reply.header("content-type") == "text/html; charset=utf-8", reply
    assert policy == "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    assert reply.header("cache-control") == "no-store" and reply.header("x-content-type-options") == "nosniff"
    assert reply.header("referrer-policy") == "same-origin" and reply.header("set-cookie") is None
    text = reply.body.decode()
    assert text.startswith("<!doctype html>") and '<html lang="en">' in text and text.count("<h1>") == 1
    tags = " ".join(re.sub(r'"[^"]*"', '""', tag) for tag in re.findall(r"<[a-zA-Z][^>]*>", text))
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", tags, re.I), tags
    for field in re.findall(r'<input (?![^>]*type="(?:hidden|radio)")[^>]*\sid="(\w+)"', text):
        assert f'<label for="{field}">' in text
    return text


def words(text):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)))


@pytest.fixture
def people(make):
    account = make.account("open-animate")
    return account, make.member(account, "member")


@pytest.fixture(scope="module")
def yours(make):
    """For tests that make no key."""
    account = make.account("open-animate")
    return account, make.member(account, "member")


# ---- the whole way ----

@pytest.mark.parametrize("host", [HOST, "api.open-animate.com", "127.0.0.1", "localhost"])
def test_from_the_question_to_the_key(root, people, host):
    account, user = people
    program, browser = Program(root, f"{host}:{root.port}").begin(), Browser(root, f"{host}:{root.port}")
    grant = program.grant
    assert set(grant) == {"device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval"}
    assert CODE.fullmatch(grant["user_code"]) and len(grant["device_code"]) >= 43
    assert grant["verification_uri"] == f"http://{host}:{root.port}/device"
    assert grant["verification_uri_complete"] == f"{grant['verification_uri']}?user_code={grant['user_code']}"
    assert (grant["expires_in"], grant["interval"]) == (600, 5)
    program.refused("authorization_pending")

    page = check_page(browser.client.get(f"/device?user_code={grant['user_code']}", expect=200))
    assert f'value="{grant["user_code"]}"' in page and "oanim on laptop" not in page, "a link alone shows nothing"
    page = words(browser.post(grant["user_code"]))
    for text in ("Open Animate", "oanim on laptop", program.address, grant["user_code"], "E-mail", "Password", "Allow", "Deny"):
        assert text in page
    assert "oanim on laptop is being connected" in words(browser.allow(grant["user_code"], user))

    reply = program.ask()
    assert reply.status == 200 and reply.header("cache-control") == "no-store"
    made = reply.json
    assert set(made) == {"access_token", "token_type", "key_id", "name", "prefix", "account"}
    assert made["token_type"] == "Bearer" and made["account"] == account["id"] and made["name"] == "oanim on laptop"
    assert made["access_token"].startswith(made["prefix"])
    view = root.get(f"/v1/keys/{made['key_id']}", expect=200).json
    assert (view["user"], view["kind"], view["account"], view["status"]) == (user["id"], "key", account["id"], "active")
    assert root.verify(made["access_token"])["valid"]
    program.refused("invalid_grant")
    browser.post(grant["user_code"], 400)


def test_what_happened_is_on_record(root, people):
    account, user = people
    program = Program(root).begin()
    Browser(root).allow(program.code, user)
    made = program.ask().json
    events = root.get(f"/v1/events?account={account['id']}", expect=200)["data"]
    mine = {e["type"]: e for e in events}
    assert {"device.approved", "key.created"} <= set(mine)
    assert mine["device.approved"]["actor"] == mine["key.created"]["actor"] == user["id"]
    assert mine["device.approved"]["subject"].startswith("dev_") and mine["key.created"]["subject"] == made["key_id"]


def test_denied(root, yours):
    program, browser = Program(root).begin(), Browser(root)
    assert "Denied" in browser.post(program.code, answer="deny")
    for _ in range(2):
        assert "denied" in program.refused("access_denied")["error_description"]
    browser.allow(program.code, yours[1], 400)
    program.refused("access_denied")


def test_too_often(root, yours):
    program = Program(root).begin()
    program.refused("authorization_pending")
    program.refused("slow_down")
    time.sleep(5.1)
    program.refused("slow_down")  # 10 seconds by now
    Browser(root).allow(program.code, yours[1], 401, password="not the password")
    program.refused("slow_down")


def test_whoever_waits_long_enough_is_not_told_to_slow_down(root, people):
    program = Program(root).begin()
    program.refused("authorization_pending")
    time.sleep(4.9)  # a timer that rings a little early
    program.refused("authorization_pending")
    Browser(root).allow(program.code, people[1])
    assert program.ask().status == 200, "an answer is told at once"


# ---- the program's mistakes ----

@pytest.mark.parametrize("fields, error", [
    ({}, "invalid_request"), ({"client_id": ""}, "invalid_request"), ({"client_id": "nobody"}, "invalid_client"),
    ({"client_id": "animam"}, "invalid_client"), ({"client_id": "cardea"}, "invalid_client"),
    (b"client_id=oanim&client_id=oanim", "invalid_request"), (b"client_id=oanim&client_name=%", "invalid_request"),
    (b"client_id=oanim%00", "invalid_request"), (b"client_id=oanim&client_name=%ff", "invalid_request"),
    (b"\x00", "invalid_request"), (b"&".join(b"f%d=" % i for i in range(20)), "invalid_request")])
@pytest.mark.parametrize("host", [HOST, None])
def test_bad_questions(root, fields, error, host):
    for path in ("/oauth/device_authorization", "/oauth/token"):
        reply = Caller(root, host).form(path, fields)
        assert reply.status == 400 and reply["error"] == error and set(reply.json) == {"error", "error_description"}, reply


def test_a_body_of_another_kind(root):
    caller = Caller(root)
    assert caller.form("/oauth/device_authorization", b'{"client_id":"oanim"}', **{"Content-Type": "application/json"})["error"] == "invalid_request"
    assert caller.form("/oauth/device_authorization", b"client_id=oanim&x=" + b"a" * 40000).status == 413
    assert Caller(root, None).client.get("/oauth/token").status == 405


@pytest.mark.parametrize("more, error", [
    ({"grant_type": ""}, "invalid_request"), ({"grant_type": "password"}, "unsupported_grant_type"),
    ({"device_code": ""}, "invalid_request"), ({"device_code": "x"}, "invalid_grant"), ({"device_code": "x" * 9999}, "invalid_grant"),
    ({"client_id": "nobody"}, "invalid_client"), ({"client_id": ""}, "invalid_request")])
def test_bad_polls(root, more, error):
    program = Program(root).begin()
    program.refused(error, **more)
    program.refused("authorization_pending")


def test_the_user_code_is_no_device_code(root):
    program = Program(root).begin()
    program.refused("invalid_grant", device_code=program.code)


SECOND = """
name: second
title: Second
hosts: [second.localhost]
kinds:
  key: {title: API key, format: "sec_{secret:32}", default_ttl: 90d, scopes: {allowed: [read, write], required: true}}
scopes: {read: Look at <b>everything</b>, write: Change things, admin: Be in charge}
routes: []
cli: {name: second, env: SECOND_KEY, api_url_env: SECOND_URL, credentials: ~/.second/credentials.yaml, browser_login: true}
"""


@pytest.fixture
def two(own, tmp_path):
    """A daemon with a second product that logs in so, and whose keys have scopes."""
    from cardea_test.fixtures import Maker
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "second.yaml").write_text(SECOND)
    daemon = own("--profiles", str(folder))
    return daemon, Maker(daemon.root())


def test_codes_are_one_product_s(two):
    daemon, make = two
    root = daemon.root()
    user = make.member(make.account("open-animate"), "owner")
    make.member(make.account("second"), "owner", user)
    program = Program(root).begin()
    other = Program(root, None)
    other.grant = program.grant
    other.refused("invalid_grant", client_id="second")
    program.refused("invalid_client", client_id="second")
    Browser(root, "second.localhost").post(program.code, 400)
    Browser(root).allow(program.code, user)
    other.refused("invalid_grant", client_id="second")
    assert program.ask().status == 200


def test_a_key_with_scopes_gets_all_that_may_be_given(two):
    daemon, make = two
    root = daemon.root()
    user = make.member(make.account("second"), "member")
    program = Program(root, "second.localhost").begin(client_id="second")
    page = Browser(root, "second.localhost").post(program.code)
    assert "Look at &lt;b&gt;everything&lt;/b&gt;" in page and "Change things" in page and "Be in charge" not in page
    assert "at most 90 days" in page and "Second account" in page
    Browser(root, "second.localhost").allow(program.code, user)
    made = program.ask(client_id="second").json
    view = root.get(f"/v1/keys/{made['key_id']}", expect=200).json
    assert set(view["scopes"]) == {"read", "write"} and view["expires_at"]


# ---- the person's side ----

def test_codes_as_people_type_them(root):
    program, browser = Program(root).begin(), Browser(root)
    plain = program.code.replace("-", "")
    for typed in (program.code.lower(), plain, plain.lower(), f"  {plain[:4]} {plain[4:]} ", "-".join(plain)):
        assert "oanim on laptop" in browser.post(typed)
    for typed in ("", "BCDF", plain + "B", plain[:7] + "A", plain[:7] + "1", "<script>", "BCDF\u200bGHJK"):
        page = browser.post(typed, 400)
        assert "no code" in page and 'role="alert"' in page and 'aria-describedby="error hint"' in page


def test_a_wrong_password_and_a_right_one(root, people):
    account, user = people
    program, browser = Program(root).begin(), Browser(root)
    page = browser.allow(program.code, user, 401, password="not the password")
    assert "The e-mail or the password is wrong." in page and f'value="{user["email"]}"' in page and "not the password" not in page
    assert "The e-mail or the password is wrong." in browser.allow(program.code, {"email": "nobody@example.com", "password": "x" * 12}, 401)
    browser.post(program.code, 400, answer="allow")
    browser.post(program.code, 400, answer="allow", email=user["email"])
    assert browser.post(program.code, answer="whatever"), "asked again"
    program.refused("authorization_pending")
    browser.allow(program.code, user)
    assert program.ask().status == 200


def test_who_is_in_several_accounts_chooses(root, make):
    first, second, elsewhere = make.account("open-animate", name="First <&> Co"), make.account("open-animate"), make.account("animus")
    user = make.member(first, "owner")
    for account in (second, elsewhere):
        make.member(account, "admin", user)
    program, browser = Program(root).begin(), Browser(root)
    assert 'name="account"' not in browser.allow(program.code, user, 401, password="not the password")
    page = browser.allow(program.code, user)
    assert set(re.findall(r'name="account" value="(\w+)"', page)) == {first["id"], second["id"]}
    assert "First &lt;&amp;&gt; Co" in page and "you are owner" in page and "once more" in page
    program.refused("authorization_pending")
    browser.allow(program.code, user, 403, account=elsewhere["id"])
    browser.allow(program.code, user, 401, account=second["id"], password="not the password")
    browser.allow(program.code, user, account=second["id"])
    assert program.ask()["account"] == second["id"]


def test_who_belongs_to_no_account_of_the_product(root, make):
    user = make.member(make.account("animus"), "owner")
    program = Program(root).begin()
    assert "not a member" in Browser(root).allow(program.code, user, 403)
    program.refused("authorization_pending")


def test_a_viewer_grants_nothing(root, make):
    account = make.account("open-animate")
    viewer = make.member(account, "viewer")
    program, browser = Program(root).begin(), Browser(root)
    assert "A viewer may look at keys" in browser.allow(program.code, viewer, 403)
    program.refused("authorization_pending")
    root.put(f"/v1/accounts/{account['id']}/members/{viewer['id']}", {"role": "member"}, expect=200)
    browser.allow(program.code, viewer)
    assert program.ask().status == 200


def test_a_suspended_account_gets_no_key(root, make):
    account = make.account("open-animate")
    user = make.member(account, "owner")
    program = Program(root).begin()
    root.patch(f"/v1/accounts/{account['id']}", {"status": "suspended"}, expect=200)
    assert "suspended" in Browser(root).allow(program.code, user, 403)
    program.refused("authorization_pending")


@pytest.mark.parametrize("end", ["viewer", "gone", "disabled", "suspended"])
def test_what_ends_between_the_answer_and_the_key(root, make, end):
    account = make.account("open-animate")
    user = make.member(account, "member")
    program = Program(root).begin()
    Browser(root).allow(program.code, user)
    if end == "viewer":
        root.put(f"/v1/accounts/{account['id']}/members/{user['id']}", {"role": "viewer"}, expect=200)
    elif end == "gone":
        root.delete(f"/v1/accounts/{account['id']}/members/{user['id']}", expect=204)
    elif end == "disabled":
        root.patch(f"/v1/users/{user['id']}", {"disabled": True}, expect=200)
    else:
        root.patch(f"/v1/accounts/{account['id']}", {"status": "suspended"}, expect=200)
    program.refused("access_denied")
    program.refused("invalid_grant")
    assert root.get(f"/v1/keys?account={account['id']}", expect=200)["data"] == []


def test_no_room_and_what_could_go(root, make):
    account = make.account("open-animate")
    user = make.member(account, "owner")
    keys = [make.key(account, name=f"k{i}") for i in range(10)]
    for key in (keys[3], keys[0]):
        root.verify(key["key"])
        time.sleep(1.1)  # last_used_at counts seconds
    program = Program(root).begin()
    page = Browser(root).allow(program.code, user)
    assert "as many keys as it may have" in page
    refused = program.refused("access_denied")
    assert "may have 10" in refused["error_description"]
    never = [k["id"] for i, k in enumerate(keys) if i not in (0, 3)]
    assert [k["id"] for k in refused["unused"]] == never + [keys[3]["id"], keys[0]["id"]]
    assert set(refused["unused"][0]) == {"id", "name", "prefix", "last_used_at"}
    assert [bool(k["last_used_at"]) for k in refused["unused"]] == [False] * 8 + [True] * 2
    program.refused("invalid_grant")
    root.delete(f"/v1/keys/{never[0]}", expect=200)
    program = Program(root).begin()
    assert "is being connected" in Browser(root).allow(program.code, user)
    assert program.ask().status == 200


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"},
                                     {"Sec-Fetch-Site": None, "Origin": "null"}, {"Sec-Fetch-Site": None, "Origin": "https://evil.example"},
                                     {"Sec-Fetch-Site": None, "Origin": f"http://{HOST}.evil.example"},
                                     {"Sec-Fetch-Site": "cross-site", "Origin": f"http://{HOST}"}])
def test_another_site_s_page_posts_nothing(root, yours, headers):
    program, browser = Program(root).begin(), Browser(root, **headers)
    assert "another site" in browser.allow(program.code, yours[1], 403)
    assert "another site" in browser.post(program.code, 403, answer="deny")
    program.refused("authorization_pending")


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": None}, {"Sec-Fetch-Site": None, "Origin": f"http://{HOST}"}])
def test_the_page_s_own_form_does(root, headers):
    program = Program(root).begin()
    assert "Denied" in Browser(root, **headers).post(program.code, answer="deny")


@pytest.mark.parametrize("name, shown", [
    ("<script>alert(1)</script>", "<script>alert(1)</script>"), ('"><img src=x onerror=alert(1)>', '"><img src=x onerror=alert(1)>'),
    ("oanim on \u202egnp.exe", "oanim on gnp.exe"), ("a\u200b\u2060\ufeffb\u00ad", "ab"), ("tab\tand\nline\r\nand\x07bell\x1b[31m", "tab and line andbell[31m"),
    ("x" * 10000, "x" * 100), ("é" * 300, "é" * 100), ("  \u3000 many   blanks\u2028 ", "many blanks"), ("", "oanim"), ("\u202e\u200f \x01", "oanim"),
    ("\U000e0041\U000e0042tags\ue000", "tags"), ("{{7*7}} %s %n", "{{7*7}} %s %n"), ("日本のラップトップ 💻", "日本のラップトップ 💻")])
def test_hostile_names(root, people, name, shown):
    program, browser = Program(root).begin(client_name=name), Browser(root)
    page = browser.post(program.code)
    assert f"<bdi>{html.escape(shown)}</bdi>".replace("&#x27;", "&#39;") in page
    browser.allow(program.code, people[1])
    assert program.ask()["name"] == shown


def test_hostile_fields_come_back_as_text(root, yours):
    program = Program(root).begin()
    evil = '"><script>alert(1)</script>@example.com'
    page = Browser(root).post(program.code, 401, email=evil, password="x" * 12, answer="allow")
    assert html.escape(evil) in page
    page = check_page(Browser(root).client.get("/device?user_code=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", expect=200))
    assert "alert" not in page


def test_unreadable_forms(root):
    browser = Browser(root)
    for raw in (b"user_code=a&user_code=b", b"user_code=%zz", b"user_code=%00"):
        reply = browser.form("/device", raw)
        assert reply.status == 400 and "cannot be read" in check_page(reply)
    assert browser.form("/device", b"{}", **{"Content-Type": "application/json"}).status == 400


# ---- guessing ----

def test_codes_are_not_to_be_guessed(root):
    program, guesser = Program(root).begin(), Browser(root)
    for i in range(10):
        assert "oanim on laptop" in guesser.post(program.code), "a right one costs nothing"
        guesser.post("BCDF-GHJK", 400)
    reply = guesser.form("/device", {"user_code": program.code})
    assert reply.status == 429 and 0 < int(reply.header("retry-after")) <= 900 and "wrong codes" in check_page(reply)
    assert "oanim on laptop" in Browser(root).post(program.code), "others go on"


def test_an_ipv6_network_is_one_guesser(root):
    def at(last):
        return Browser(root, **{"X-Forwarded-For": f"2001:db8:1:{next(_addresses) if last is None else 1}::{last or 1}"})
    for i in range(10):
        at(i + 1).post("BCDF-GHJK", 400)
    at(99).post("BCDF-GHJK", 429)
    at(None).post("BCDF-GHJK", 400)


def test_passwords_are_not_to_be_guessed(root, people):
    user = people[1]
    program, guesser = Program(root).begin(), Browser(root)
    for _ in range(10):
        guesser.allow(program.code, user, 401, password="not the password")
    assert "Too many" in guesser.allow(program.code, user, 429)
    program.refused("authorization_pending")
    Browser(root).allow(program.code, user)
    assert program.ask().status == 200


def test_one_address_asks_only_so_often(root):
    program = Program(root)
    for _ in range(60):
        program.begin()
    reply = program.form("/oauth/device_authorization", {"client_id": "oanim"})
    assert reply.status == 429 and reply["error"] == "temporarily_unavailable" and 0 < int(reply.header("retry-after")) <= 600
    Program(root).begin()


def test_only_so_many_wait(own):
    root = own().root()
    for i in range(17):
        program = Program(root)
        for _ in range(60 if i < 16 else 40):
            program.begin()
    reply = Program(root).form("/oauth/device_authorization", {"client_id": "oanim"})
    assert reply.status == 429 and "wait for an answer" in reply["error_description"]
    assert CODE.fullmatch(program.code)


# ---- around it ----

def test_a_product_that_has_no_such_login(root):
    for path in ("/device", "/device.css"):
        assert Browser(root, "animus.localhost").client.get(path).code == "NO_ROUTE"
    for path in ("/device", "/oauth/token", "/oauth/device_authorization"):
        assert Caller(root, "animus.localhost").form(path, {"client_id": "oanim"}).code == "NO_ROUTE"
    assert Browser(root, "docs.open-animate.com").client.get("/device").status == 404


def test_behind_tls(root):
    program = Program(root, **{"X-Forwarded-Proto": "https"}).begin()
    assert program.grant["verification_uri"] == f"https://{HOST}/device"


def test_the_style_sheet(root):
    for host in (HOST, None):
        reply = Browser(root, host).client.get("/device.css", expect=200)
        assert reply.header("content-type") == "text/css; charset=utf-8" and b"prefers-color-scheme: dark" in reply.body
        assert reply.header("cache-control") == "public, max-age=600" and b"url(" not in reply.body and b"@import" not in reply.body


def test_the_page_has_the_products_colour(root):
    own = Browser(root).client.get("/device.css", expect=200).body
    assert own.count(b"--deed:") == 4, "in light and in dark, behind our own"
    anybodys = Browser(root, None).client
    assert anybodys.get("/device.css?profile=open-animate", expect=200).body == own
    for path in ("/device.css", "/device.css?profile=nobody", "/device.css?profile=cardea", "/device.css?profile=%7D*%7B"):
        assert anybodys.get(path, expect=200).body.count(b"--deed:") == 2, path
    assert b'href="/device.css?profile=open-animate"' in Browser(root).client.get("/device", expect=200).body


def test_a_restart_forgets_nothing(own):
    from cardea_test.fixtures import Maker
    daemon = own()
    root = daemon.root()
    make = Maker(root)
    user = make.member(make.account("open-animate"), "owner")
    program, denied = Program(root).begin(), Program(root).begin()
    Browser(root).allow(program.code, user)
    assert daemon.stop() == 0
    data = b"".join(p.read_bytes() for p in daemon.data.rglob("*") if p.is_file())
    for secret in (program.grant["device_code"], program.code, program.code.replace("-", ""), denied.grant["device_code"], denied.code):
        assert secret.encode() not in data, "only their hashes are kept"
    daemon.start()
    Browser(root).post(denied.code, answer="deny")
    denied.refused("access_denied")
    assert daemon.root().verify(program.ask()["access_token"])["valid"]
