"""`login` in the browser: the device authorization grant (RFC 8628) from the program's side, against a server that speaks it."""

import os
import re
import secrets
import signal
import subprocess
import time

import pytest

from cardea_test.cli import Answer, Cli, FakeServer

KEY = "anim_a1b2c3d4_e5f6g7h8i9j0k1l2m3n4o5p6"
ASK, TOKEN = "/oauth/device_authorization", "/oauth/token"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
UNUSED = [{"id": "key_01jd3v8k2m4ta", "name": "old \x1b[2Jci", "prefix": "anim_old00000", "last_used_at": "2025-11-01T08:00:00Z"},
          {"id": "key_01jd3v8k2m4tb", "name": "never", "prefix": "anim_never000", "last_used_at": None}]


class Grants:
    """The server's half, as RFC 8628 says it. `script` holds what the next polls get; empty: still pending."""

    def __init__(self, fake, interval=1, expires_in=600, **more):
        self.fake, self.script, self.polls = fake, [], []
        self.device_code, self.user_code = secrets.token_urlsafe(32), "ABCD-EFGH"
        self.uri = f"{fake.url}/device"
        self.grant = {"device_code": self.device_code, "user_code": self.user_code, "verification_uri": self.uri,
                      "verification_uri_complete": f"{self.uri}?user_code={self.user_code}", "expires_in": expires_in, "interval": interval, **more}
        fake.on("POST", ASK, self.grant)
        fake.on("POST", TOKEN, self.answer)

    def answer(self, path):
        headers, form = self.fake.requests[-1][2:]
        self.polls.append(time.monotonic())
        assert form == {"grant_type": GRANT_TYPE, "device_code": self.device_code, "client_id": "oanim"} and "Authorization" not in headers
        step = self.script.pop(0) if self.script else "authorization_pending"
        if isinstance(step, str):
            return Answer({"error": step, "error_description": f"this is {step}"}, 400)
        return step

    def approve(self):
        self.script.append(Answer({"access_token": KEY, "token_type": "Bearer", "key_id": "key_01jd3v8k2m4tz", "name": "oanim on here",
                                   "prefix": "anim_a1b2c3d4", "account": "acc_01jd3v8k2m4ta"}))


@pytest.fixture
def fake():
    server = FakeServer()
    yield server
    server.close()


@pytest.fixture
def oanim(tmp_path, fake):
    return Cli(tmp_path / "home", "oanim", OANIM_API_URL=fake.url)


def saved(cli):
    return cli.home / ".oanim" / "credentials.yaml"


def test_it_asks_shows_waits_and_saves(oanim, fake):
    """OA10: address and code are shown, the key is stored as `login --token` stores one."""
    grants = Grants(fake)
    grants.script += ["authorization_pending"]
    grants.approve()
    said = oanim("login")
    method, path, headers, form = fake.requests[0]
    assert (method, path) == ("POST", ASK) and form["client_id"] == "oanim" and re.fullmatch(r"oanim on \S+", form["client_name"])
    assert headers["Host"] == f"open-animate.localhost:{fake.port}" and "Authorization" not in headers
    lines = said.err.splitlines()
    assert lines[0] == f"Open {grants.uri} and enter ABCD-EFGH" and "10 minutes" in lines[1]
    assert lines[2:] == ["✓ Logged in to Open Animate with anim_a1b2c3d4…", f"  Saved to {saved(oanim)}"] and said.out == ""
    assert saved(oanim).read_text() == f'api_url: "{fake.url}"\napi_key: "{KEY}"\n'
    assert saved(oanim).stat().st_mode & 0o777 == 0o600 and saved(oanim).parent.stat().st_mode & 0o777 == 0o700
    assert grants.polls[1] - grants.polls[0] >= 0.9, "it keeps to the interval"
    fake.on("GET", "/v1/api-keys", {"data": []})
    oanim.using(OANIM_API_URL=None)("api-keys", "list")
    assert fake.requests[-1][2]["Authorization"] == f"Bearer {KEY}"


def test_another_key_is_not_used_for_it_and_is_replaced(oanim, fake):
    grants = Grants(fake)
    grants.approve()
    saved(oanim).parent.mkdir()
    saved(oanim).write_text('api_key: "anim_old00000_000000000000000000000000"\naccount: old\n')
    saved(oanim).chmod(0o644)
    said = oanim.using(ANIMATE_API_KEY="anim_env00000_000000000000000000000000")("login")
    assert "ANIMATE_API_KEY is set and goes before it" in said.err
    assert KEY in saved(oanim).read_text() and "old" not in saved(oanim).read_text() and saved(oanim).stat().st_mode & 0o777 == 0o600


def test_quiet_shows_the_code_all_the_same(oanim, fake):
    grants = Grants(fake)
    grants.approve()
    assert oanim("login", "--quiet").err == f"Open {grants.uri} and enter ABCD-EFGH\n"


def test_slow_down(oanim, fake):
    grants = Grants(fake)
    grants.script += ["slow_down"]
    grants.approve()
    oanim("login")
    assert grants.polls[1] - grants.polls[0] >= 5.9


def test_a_server_in_trouble_is_asked_again_less_often(oanim, fake):
    grants = Grants(fake)
    grants.script += [Answer({"error": "x"}, 503), Answer(b"<html>", 500)]
    grants.approve()
    said = oanim("login")
    assert said.err.count("does not answer now") == 1 and KEY in saved(oanim).read_text()
    assert grants.polls[1] - grants.polls[0] >= 1.9 and grants.polls[2] - grants.polls[1] >= 3.9


def test_a_server_that_comes_back(oanim, fake):
    grants = Grants(fake, interval=2)
    process = oanim.start("login", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not fake.requests:
        time.sleep(0.02)
    fake.close()
    assert any(b"does not answer now" in line for line in process.stderr)
    fake.listen()
    grants.approve()
    process.communicate(timeout=60)
    assert process.returncode == 0 and KEY in saved(oanim).read_text()


@pytest.mark.parametrize("step, code, words", [
    ("access_denied", 4, "this is access_denied"), ("expired_token", 4, "nobody confirmed in time"), ("invalid_grant", 1, "this is invalid_grant"),
    ("invalid_request", 1, "this is invalid_request"), (Answer({"error": "x"}, 403), 1, "x"), (Answer(None, 404), 1, "status 404"),
    (Answer({"token_type": "Bearer"}), 1, "RFC 8628"), (Answer({"access_token": "a b\n"}), 1, "RFC 8628"), (Answer(b"<html>"), 1, "JSON"),
])
def test_what_ends_it(oanim, fake, step, code, words):
    grants = Grants(fake)
    grants.script.append(step)
    said = oanim("login", code=code)
    assert f"error: {words}" in said.err or words in said.err
    assert not saved(oanim).exists() and len(grants.polls) == 1 and grants.device_code not in said.err + said.out


def test_the_tenth_key_names_those_that_could_go(oanim, fake):
    """OA10: at the tenth key it says which unused ones could go, and how."""
    grants = Grants(fake)
    grants.script.append(Answer({"error": "access_denied", "error_description": "Open Animate allows 10 active keys an account.", "unused": UNUSED}, 400))
    said = oanim("login", code=4)
    assert "error: Open Animate allows 10 active keys an account." in said.err
    assert re.search(r"oanim api-keys revoke key_01jd3v8k2m4ta   anim_old00000  old  \[2Jci, last used 2025-11-01 \(1 year ago\)", said.err)
    assert "oanim api-keys revoke key_01jd3v8k2m4tb   anim_never000  never, never used" in said.err
    assert "`oanim login` again" in said.err and not saved(oanim).exists()


def test_it_stops_when_the_code_expires(oanim, fake):
    grants = Grants(fake, expires_in=3)
    started = time.monotonic()
    said = oanim("login", code=4)
    assert "nobody confirmed in time" in said.err and "`oanim login` gives a new code" in said.err and "3 seconds" in said.err
    assert 2.5 < time.monotonic() - started < 30 and 1 <= len(grants.polls) <= 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_says_so(oanim, fake, number):
    grants = Grants(fake)
    process = oanim.start("login", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not grants.polls:
        time.sleep(0.02)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number and err.endswith(b"Interrupted; nobody is logged in.\n") and not saved(oanim).exists()


@pytest.mark.parametrize("grant", [{"device_code": None}, {"device_code": "a b"}, {"user_code": ""}, {"verification_uri": None}, {"expires_in": 0},
                                   {"expires_in": "600"}, {"device_code": 7}])
def test_a_server_that_does_not_speak_it(oanim, fake, grant):
    Grants(fake, **grant)
    assert "RFC 8628" in oanim("login", code=1).err and len(fake.requests) == 1


def test_a_server_that_has_none(oanim, fake):
    said = oanim("login", code=1)
    assert "no log-in in the browser" in said.err and "oanim login --token -" in said.err
    fake.on("POST", ASK, {"error": "invalid_client", "error_description": "no such program"}, 401)
    assert "error: no such program" in oanim("login", code=4).err
    assert "cannot reach" in oanim("login", "--api-url", "http://127.0.0.1:1", code=1).err
    assert "--insecure-http" in oanim("login", "--api-url", "http://192.0.2.1", code=1).err


def test_intervals_without_sense(oanim, fake):
    grants = Grants(fake, interval=0, expires_in=3)
    oanim("login", code=4)
    assert len(grants.polls) <= 1, "the default is 5 s"


def test_nothing_of_it_steers_the_terminal(oanim, fake):
    grants = Grants(fake, user_code="AB\x1b[2JCD", verification_uri="http://x/\x1b]0;x\x07")
    grants.approve()
    said = oanim("login").err
    assert "\x1b" not in said and "\x07" not in said and "and enter AB [2JCD" in said


def test_secrets_stay_secret(oanim, fake):
    """Neither the key nor the device's code stands in a command line, an address or a message."""
    grants = Grants(fake)
    seen = []

    def answer(path):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                seen.append(open(f"/proc/{pid}/cmdline", "rb").read())
            except OSError:
                pass
        return grants.answer(path)

    fake.on("POST", TOKEN, answer)
    grants.script += ["authorization_pending"]
    grants.approve()
    said = oanim("login")
    for secret in (KEY, grants.device_code):
        assert secret not in said.out + said.err and not any(secret.encode() in line for line in seen)
        assert not any(secret in path for _, path, _, _ in fake.requests)


def test_a_key_that_cannot_be_saved(oanim, fake, tmp_path):
    grants = Grants(fake)
    grants.approve()
    (oanim.home / ".oanim").write_text("in the way")
    said = oanim("login", code=1)
    assert "cannot write" in said.err and "oanim api-keys revoke key_01jd3v8k2m4tz" in said.err and KEY not in said.err
    said = oanim.using(HOME=None)("login", code=1)
    assert "HOME is not set" in said.err and len([r for r in fake.requests if r[1] == ASK]) == 1, "no key is made that cannot be kept"


# ---- the browser

@pytest.fixture
def desktop(oanim, tmp_path):
    """A stand-in for xdg-open that writes down what it is asked."""
    folder = tmp_path / "desktop"
    folder.mkdir()
    (folder / "xdg-open").write_text(f'#!/bin/sh\necho "$#:$1:${{ANIMATE_API_KEY-none}}" >> {folder}/opened\necho noise; echo noise >&2\nexit 3\n')
    (folder / "xdg-open").chmod(0o755)
    return folder, oanim.using(PATH=f"{folder}:{oanim.env['PATH']}", ANIMATE_API_KEY=KEY)


def opened(folder):
    return (folder / "opened").read_text().splitlines() if (folder / "opened").exists() else []


@pytest.mark.parametrize("variable", ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"])
def test_a_browser_is_opened_on_a_desktop(desktop, fake, variable):
    folder, oanim = desktop
    grants = Grants(fake)
    grants.approve()
    text = oanim.on_terminal("login", **{variable: ":0"})
    assert opened(folder) == [f"1:{grants.uri}?user_code=ABCD-EFGH:none"], "without the key in its environment"
    assert "noise" not in text and "Logged in" in text and "and enter \x1b[1mABCD-EFGH" in text


def test_no_browser_where_there_is_none(desktop, fake):
    folder, oanim = desktop
    grants = Grants(fake)
    grants.approve()
    oanim.on_terminal("login")
    grants.approve()
    oanim.using(DISPLAY=":0")("login")
    assert opened(folder) == []
    (folder / "xdg-open").unlink()
    grants.approve()
    assert "Logged in" in oanim.on_terminal("login", DISPLAY=":0", PATH=str(folder)), "a desktop without xdg-open is no failure"


@pytest.mark.parametrize("uri", ["file:///etc/passwd", "--help", "javascript:alert(1)", "http://x/$(id)", "http://x/a b", "http://x/;id"])
def test_only_addresses_of_pages_are_opened(desktop, fake, uri):
    folder, oanim = desktop
    grants = Grants(fake, verification_uri_complete=uri)
    grants.approve()
    oanim.on_terminal("login", DISPLAY=":0")
    assert opened(folder) == []


# ---- who has it

def test_programs_without_it_say_token(fake, tmp_path):
    native, animam = Cli(tmp_path / "a", CARDEA_API_URL=fake.url), Cli(tmp_path / "b", "animam", ANIMAM_API_URL=fake.url)
    for program in (native, animam):
        said = program("login", code=2)
        assert "--token KEY is missing" in said.err and fake.requests == []
        assert "browser" not in program("login", "--help").out


def test_help(oanim):
    said = oanim("login", "--help").out
    assert "oanim login [options]" in said and "browser" in said and "--token KEY" in said and max(map(len, said.splitlines())) <= 90
    assert "oanim login`, or set ANIMATE_API_KEY" in oanim("api-keys", "list", code=4).err
