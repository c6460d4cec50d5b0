"""The command line against a server that answers what a test wants: output, exit codes, credentials, terminals, signals."""

import os
import signal
import subprocess
import time

import pytest

from cardea_test.cli import Cli, FakeServer
from cardea_test.openapi import ROOT

ROOT_KEY = "crdr_" + "a" * 49
KEY = {"id": "key_01jd3v8k2m4ta", "prefix": "anim_a1b2c3d4", "name": "ci-pipeline", "kind": "key", "account": "acc_01jd3v8k2m4ta",
       "scopes": ["read", "write"], "status": "active", "created_at": "2026-11-01T08:00:00Z", "expires_at": None,
       "last_used_at": None, "use_count": 0, "ip_allow": [], "rate_limit": None, "credits": None, "metadata": {}}
SECRET = "anim_a1b2c3d4_e5f6g7h8i9j0k1l2m3n4o5p6"
BLOCK = f"""Name:   ci-pipeline
Prefix: anim_a1b2c3d4
Key:    {SECRET}

⚠ Save this key — it will not be shown again.
"""


@pytest.fixture
def fake():
    server = FakeServer()
    yield server
    server.close()


@pytest.fixture
def cli(tmp_path, fake):
    return Cli(tmp_path, CARDEA_API_URL=fake.url, CARDEA_API_KEY=ROOT_KEY)


@pytest.fixture
def oanim(tmp_path, fake):
    return Cli(tmp_path, "oanim", OANIM_API_URL=fake.url, ANIMATE_API_KEY=SECRET)


def page(*keys, cursor=None):
    return {"data": list(keys), "next_cursor": cursor}


# ---- help and mistakes

def test_help(cli, oanim):
    assert "COMMANDS" in cli().out and cli().out == cli("help").out == cli("--help").out
    assert "--rate-limit" in cli("api-keys", "create", "--help").out
    assert cli("api-keys", "create", "--help").out == cli("help", "api-keys", "create").out
    assert "rotate" in cli("api-keys", "--help").out
    assert cli("api-keys", code=2).err.startswith("Issue, list")
    assert "Open Animate" in oanim().out and "  accounts " not in oanim().out and "  serve " not in oanim().out
    assert "ANIMATE_API_KEY" in oanim().out and "CARDEA" not in oanim().out


@pytest.mark.parametrize("args, near", [
    (["api-kys"], "api-keys"), (["api-keys", "crate"], "api-keys create"), (["api-keys", "list", "--al"], "--all"),
    (["api-keys", "create", "--nme", "x"], "--name"), (["logn"], "login"), (["--jsn"], "--json"),
    (["accounts", "suspent", "x"], "accounts suspend"),
])
def test_did_you_mean(cli, args, near):
    said = cli(*args, code=2)
    assert f"Did you mean {near}?" in said.err and said.out == ""


@pytest.mark.parametrize("args", [
    ["api-keys", "create"], ["api-keys", "create", "--name"], ["api-keys", "create", "--name", "a", "--name", "b"],
    ["api-keys", "list", "--all=yes"], ["api-keys", "list", "extra"], ["api-keys", "show"], ["-x"], ["api-keys", "list", "--limit", "0"],
    ["api-keys", "create", "--name", "x", "--expires", "soon"], ["api-keys", "create", "--name", "x", "--rate-limit", "many"],
    ["api-keys", "create", "--name", "x", "--credits", "-1"], ["api-keys", "create", "--name", "x", "--metadata", "novalue"],
    ["api-keys", "create", "--name", b"\xff\xfe".decode(errors="surrogateescape")],
    ["api-keys", "update", "key_01jd3v8k2m4ta"], ["api-keys", "update", "key_01jd3v8k2m4ta", "--enable", "--disable"],
    ["api-keys", "rotate", "key_01jd3v8k2m4ta", "--overlap", "x"], ["accounts", "delete", "acme"],
    ["accounts", "add-member", "a", "b", "--role", "king"], ["users", "create", "--email", "a@b.c", "--name", "A", "--role", "owner"],
    ["completion", "tcsh"], ["login"], ["login", "--token", ""],
])
def test_wrong_usage_is_2_and_asks_nobody(cli, fake, args):
    said = cli(*args, code=2)
    assert said.err.startswith("error: ") and said.out == "" and fake.requests == []


def test_native_words_are_unknown_elsewhere(oanim):
    for word in ("serve", "accounts", "users", "profiles"):
        assert f'unknown command "{word}"' in oanim(word, code=2).err
    assert "unknown" in oanim("api-keys", "rotate", "x", code=2).err


def test_version(cli, oanim):
    assert cli("version").out.startswith("cardea ") and cli("--version").out == cli("version").out
    assert oanim("version").out.startswith("oanim ")
    assert cli("version", "--json").json["name"] == "cardea"


# ---- the block with a new key

@pytest.mark.parametrize("extra", [[], ["--scope", "read,write", "--scope", "search"]])
def test_create_prints_the_block(cli, oanim, fake, extra):
    fake.on("POST", "/v1/keys", {**KEY, "key": SECRET}, 201).on("POST", "/v1/api-keys", {**KEY, "key": SECRET}, 201)
    for program in (cli, oanim):
        said = program("api-keys", "create", "--name", "ci-pipeline", *extra)
        assert (said.out, said.err) == (BLOCK, "")
        body = fake.requests[-1][3]
        assert body == {"name": "ci-pipeline", **({"scopes": ["read", "write", "search"]} if extra else {})}
    assert oanim("api-keys", "create", "--name", "x", "--quiet").out == SECRET + "\n"
    assert oanim("api-keys", "create", "--name", "x", "--json").json["key"] == SECRET


def test_create_sends_everything(cli, fake):
    fake.on("POST", "/v1/keys", {**KEY, "key": SECRET}, 201)
    cli("api-keys", "create", "--name", "x", "--account", "acme", "--kind", "key", "--expires", "2031-01-01T01:00:00+01:00", "--ip-allow",
        "10.0.0.0/8, ::1", "--rate-limit", "100/1m", "--credits", "5", "--metadata", "a=1", "--metadata", "b=x,y=z", "--agent", "bot")
    assert fake.requests[-1][3] == {
        "name": "x", "account": "acme", "kind": "key", "agent": "bot", "expires_at": "2031-01-01T00:00:00Z", "ip_allow": ["10.0.0.0/8", "::1"],
        "rate_limit": {"limit": 100, "window_sec": 60}, "credits": 5, "metadata": {"a": "1", "b": "x,y=z"}}
    cli("api-keys", "create", "--name", "x", "--expires", "never")
    assert fake.requests[-1][3] == {"name": "x", "expires_at": None}
    cli("api-keys", "create", "--name", "x", "--expires", "30d")
    when = time.strptime(fake.requests[-1][3]["expires_at"], "%Y-%m-%dT%H:%M:%SZ")
    assert abs(time.mktime(when) - time.timezone - time.time() - 30 * 86400) < 60


def test_a_key_that_reaches_nobody_is_a_failure(cli, fake):
    fake.on("POST", "/v1/keys", {**KEY, "key": SECRET}, 201)
    with open("/dev/full", "w") as full:
        done = subprocess.run([cli.program, "api-keys", "create", "--name", "x"], env=cli.env, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1 and b"nobody has it" in done.stderr and b"revoke key_01jd3v8k2m4ta" in done.stderr
    assert SECRET.encode() not in done.stderr


# ---- lists

def test_list_piped_and_on_a_terminal(cli, oanim, fake):
    used = {**KEY, "name": "used\x1b[31m\tkey", "last_used_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 2 * 86400 - 60))}
    wide = {**KEY, "name": "日本語のキー"}
    for path in ("/v1/keys", "/v1/api-keys"):
        fake.on("GET", path, page(KEY, used, wide))
    said = oanim("api-keys", "list")
    assert said.err == "" and said.rows[0] == ["ci-pipeline", "anim_a1b2c3d4", "2026-11-01T08:00:00Z", "", "active", KEY["id"]]
    assert said.rows[1][0] == "used [31m key" and said.rows[1][3] == used["last_used_at"]
    assert cli("api-keys", "list").rows[0][6:] == ["key", KEY["account"], "read,write", ""]
    shown = oanim.on_terminal("api-keys", "list", NO_COLOR="1")
    lines = shown.splitlines()
    assert lines[0].split() == ["NAME", "PREFIX", "CREATED", "LAST", "USED", "STATUS", "ID"] and "\x1b" not in shown
    assert "2026-11-01 (" in lines[1] and "never" in lines[1] and "(2 days ago)" in lines[2]
    column = lines[1].index("anim_")
    assert lines[0].index("PREFIX") == column and lines[2].index("anim_") == column
    assert lines[3].index("anim_") == column - 6, "six characters that are two columns wide"
    assert "\x1b[" in oanim.on_terminal("api-keys", "list")
    narrow = oanim.on_terminal("api-keys", "list", columns=60, NO_COLOR="1")
    assert "…" in narrow
    small = cli.on_terminal("api-keys", "list", columns=80, NO_COLOR="1").splitlines()
    assert "(" not in small[1] and "SCOPES" not in small[0] and "ID" in small[0] and max(map(len, small)) <= 80
    assert oanim("api-keys", "list", "-q").out == (KEY["id"] + "\n") * 3
    assert oanim("api-keys", "list", "--json").json == page(KEY, used, wide)


def test_an_empty_list(cli, fake):
    fake.on("GET", "/v1/keys", page())
    assert cli("api-keys", "list").out == ""
    assert cli.on_terminal("api-keys", "list") == "No keys.\n"


def test_paging(cli, fake):
    fake.on("GET", "/v1/keys", lambda path: page({**KEY, "name": "two"}) if "cursor=c%2B1" in path else page(KEY, cursor="c+1"))
    said = cli("api-keys", "list", "--status", "active", "--account", "a/b")
    assert [row[0] for row in said.rows] == ["ci-pipeline"] and "--cursor c+1" in said.err
    assert fake.requests[-1][1] == "/v1/keys?account=a%2Fb&status=active"
    assert [row[0] for row in cli("api-keys", "list", "--all").rows] == ["ci-pipeline", "two"]
    assert cli("api-keys", "list", "--all", "--json").json == page(KEY, {**KEY, "name": "two"})
    assert cli("api-keys", "list", "--json").json["next_cursor"] == "c+1"


def test_a_reader_that_leaves_is_no_error(cli, fake):
    fake.on("GET", "/v1/keys", page(*[KEY] * 2000))
    done = subprocess.run(["bash", "-c", 'set -o pipefail; "$0" api-keys list | head -1', cli.program], env=cli.env, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"") and done.stdout.count(b"\n") == 1


# ---- errors

@pytest.mark.parametrize("status, code", [(401, 4), (403, 4), (404, 3), (409, 1), (422, 1), (500, 1), (503, 1)])
def test_exit_codes(cli, fake, status, code):
    problem = {"type": "/docs/errors/x", "title": "T", "status": status, "detail": "no such \x1b[2Jthing", "code": "x",
               "request_id": "req_1", "errors": [{"location": "/name", "message": "too long", "fix": "at most 100"}]}
    fake.on("GET", "/v1/keys/key_01jd3v8k2m4ta", problem, status)
    said = cli("api-keys", "show", "key_01jd3v8k2m4ta", code=code)
    assert said.out == "" and said.err.startswith("error: no such  [2Jthing\n  /name: too long - at most 100\n")
    assert said.err.endswith("  (request req_1)\n")
    assert ("CARDEA_API_KEY" in said.err) == (status == 401) and ROOT_KEY not in said.err


def test_other_shapes_of_errors(cli, fake):
    path = "/v1/keys/key_01jd3v8k2m4ta"
    for body, text in [({"error": "Unauthorized"}, "error: Unauthorized"), ({"error": {"message": "m"}}, "error: m"),
                       (b"<html>", "status 500"), (None, "status 500"), ([], "status 500")]:
        fake.on("GET", path, body, 500)
        assert text in cli("api-keys", "show", "key_01jd3v8k2m4ta", code=1).err
    fake.on("GET", path, b"<html>", 200)
    assert "JSON" in cli("api-keys", "show", "key_01jd3v8k2m4ta", code=1).err
    fake.on("GET", path, None, 302, Location="http://127.0.0.1:1/")
    assert "redirects" in cli("api-keys", "show", "key_01jd3v8k2m4ta", code=1).err and len(fake.requests) == 7


def test_nobody_there(cli):
    said = cli("api-keys", "list", "--api-url", "http://127.0.0.1:1", code=1)
    assert "cannot reach http://127.0.0.1:1" in said.err and "cardea serve" in said.err


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://x", "http://u:p@localhost", "http://localhost/?a=b", "http://", "x y"])
def test_addresses_that_are_none(cli, url):
    assert "not usable" in cli("api-keys", "list", "--api-url", url, code=2).err


def test_a_key_is_not_sent_in_clear(cli):
    said = cli("api-keys", "list", "--api-url", "http://192.0.2.1", code=1)
    assert "--insecure-http" in said.err


# ---- which address, which key

def test_the_product_is_found_on_the_local_machine(oanim, fake):
    fake.on("GET", "/v1/api-keys", page())
    oanim("api-keys", "list")
    assert fake.requests[-1][2]["Host"] == f"open-animate.localhost:{fake.port}"
    oanim("api-keys", "list", "--api-url", f"http://open-animate.localhost:{fake.port}/")
    assert fake.requests[-1][2]["Host"] == f"open-animate.localhost:{fake.port}"


def test_the_native_host_stays(cli, fake):
    fake.on("GET", "/v1/keys", page())
    cli("api-keys", "list")
    assert fake.requests[-1][2]["Host"] == f"127.0.0.1:{fake.port}"


def bearer(fake):
    return fake.requests[-1][2]["Authorization"].removeprefix("Bearer ")


def test_order_of_credentials(oanim, fake, tmp_path):
    fake.on("GET", "/v1/api-keys", page())
    home = oanim.home / ".oanim"
    home.mkdir()
    saved = home / "credentials.yaml"
    saved.write_text('# mine\napi_key: "anim_filefile_000000000000000000000000"\n')
    saved.chmod(0o600)
    key = tmp_path / "key"
    key.write_text(" anim_optoptop_000000000000000000000000\n")
    oanim("api-keys", "list")
    assert bearer(fake) == SECRET
    oanim.using(ANIMATE_API_KEY=None)("api-keys", "list")
    assert bearer(fake).startswith("anim_filefile")
    oanim.using(ANIMATE_API_KEY="")("api-keys", "list")
    assert bearer(fake).startswith("anim_filefile")
    oanim("api-keys", "list", "--api-key-file", key)
    assert bearer(fake) == "anim_optoptop_000000000000000000000000"
    oanim("--api-key-file", "-", "api-keys", "list", input=key.read_text())
    assert bearer(fake) == "anim_optoptop_000000000000000000000000"
    saved.unlink()
    assert "not logged in" in oanim.using(ANIMATE_API_KEY=None)("api-keys", "list", code=4).err


def test_order_of_addresses(cli, fake, tmp_path):
    fake.on("GET", "/v1/keys", page())
    folder = tmp_path / "config" / "cardea"
    folder.mkdir(parents=True)
    saved = folder / "credentials.yaml"
    saved.write_text(f"api_url: {fake.url}\napi_key: crd_x\n")
    saved.chmod(0o600)
    cli = cli.using(XDG_CONFIG_HOME=str(tmp_path / "config"), CARDEA_API_URL=None, CARDEA_API_KEY=None)
    cli("api-keys", "list")
    assert bearer(fake) == "crd_x"
    assert ":1:" in cli.using(CARDEA_API_URL="http://127.0.0.1:1")("api-keys", "list", code=1).err.replace("127.0.0.1:1", ":1")
    cli.using(CARDEA_API_URL="http://127.0.0.1:1")("api-keys", "list", "--api-url", fake.url)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620])
def test_a_file_that_others_can_open_is_refused(oanim, fake, mode):
    (oanim.home / ".oanim").mkdir()
    saved = oanim.home / ".oanim" / "credentials.yaml"
    saved.write_text(f"api_key: {SECRET}\n")
    saved.chmod(mode)
    said = oanim.using(ANIMATE_API_KEY=None)("api-keys", "list", code=1)
    assert f"chmod 600 {saved}" in said.err and fake.requests == [] and SECRET not in said.err


def test_a_file_that_is_none(oanim, fake):
    (oanim.home / ".oanim").mkdir()
    saved = oanim.home / ".oanim" / "credentials.yaml"
    saved.touch(0o600)
    for text in (f"[{SECRET}", f"- {SECRET}", f'api_key: "{SECRET} and more"'):
        saved.write_text(text)
        said = oanim.using(ANIMATE_API_KEY=None)("api-keys", "list", code=1)
        assert str(saved) in said.err and SECRET not in said.err
    fake.on("GET", "/v1/api-keys", page())
    oanim("login", "--token", SECRET)
    assert SECRET in saved.read_text()


# ---- log in and out

def test_login_saves_and_logout_forgets(oanim, fake):
    fake.on("GET", "/v1/api-keys", page())
    oanim = oanim.using(ANIMATE_API_KEY=None)
    said = oanim("login", "--token", SECRET)
    saved = oanim.home / ".oanim" / "credentials.yaml"
    assert said.out == "" and "anim_a1b2c3d4…" in said.err and SECRET not in said.err
    assert f'api_key: "{SECRET}"' in saved.read_text() and f'api_url: "{fake.url}"' in saved.read_text()
    assert saved.stat().st_mode & 0o777 == 0o600 and saved.parent.stat().st_mode & 0o777 == 0o700
    assert list(saved.parent.iterdir()) == [saved]
    status = oanim.using(OANIM_API_URL=None)("auth", "status", "--json").json
    assert (status["key"], status["key_source"], status["api_url"]) == ("anim_a1b2c3d4…", str(saved), fake.url)
    oanim("logout")
    assert not saved.exists() and "Nobody" in oanim("logout").err
    oanim("login", "--token", "-", input=SECRET + "\n")
    assert saved.exists()
    saved.chmod(0o644)
    oanim("login", f"--token={SECRET}")
    assert saved.stat().st_mode & 0o777 == 0o600


def test_login_asks_on_a_terminal_without_echo(oanim, fake):
    fake.on("GET", "/v1/api-keys", page())
    with oanim.terminal("login", "--token", "-") as terminal:
        terminal.expect("Key: ")
        assert not terminal.echoes()
        terminal.send(SECRET + "\n")
        text = terminal.rest()
        assert terminal.process.wait(10) == 0 and SECRET not in text and terminal.echoes()
    assert SECRET in (oanim.home / ".oanim" / "credentials.yaml").read_text()


def test_a_refused_key_is_not_saved(oanim, fake):
    fake.on("GET", "/v1/api-keys", {"detail": "who are you?"}, 401)
    said = oanim("login", "--token", SECRET, code=4)
    assert "who are you?" in said.err and not (oanim.home / ".oanim").exists()
    assert "no key on standard input" in oanim("login", "--token", "-", code=2).err


def test_native_login_asks_the_key_about_itself(cli, fake):
    fake.on("GET", "/v1/keys/self", KEY)
    cli = cli.using(CARDEA_API_KEY=None)
    cli("login", "--token", ROOT_KEY)
    assert bearer(fake) == ROOT_KEY and (cli.home / ".config/cardea/credentials.yaml").stat().st_mode & 0o777 == 0o600
    status = cli("auth", "status").out
    assert "account\tacc_01jd3v8k2m4ta\n" in status and ROOT_KEY not in status
    assert ROOT_KEY not in cli.on_terminal("auth", "status")


@pytest.mark.parametrize("form", [["--token", SECRET], [f"--token={SECRET}"]])
def test_the_token_leaves_the_command_line(oanim, fake, form):
    seen = []

    def answer(path):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    line = f.read()
            except OSError:
                continue
            if line.startswith(str(oanim.program).encode()):
                seen.append(line)
        return page()

    fake.on("GET", "/v1/api-keys", answer)
    oanim("login", *form)
    assert len(seen) == 1 and b"--token" in seen[0] and b"anim_" not in seen[0]


def test_no_environment_leak_into_children_or_messages(oanim, fake):
    fake.on("GET", "/v1/api-keys", {"detail": "no"}, 500)
    for args in (["api-keys", "list"], ["auth", "status"], ["login", "--token", SECRET]):
        said = oanim(*args, code=1)
        assert SECRET not in said.out + said.err


# ---- revoke

def other(n, **more):
    return {**KEY, "id": f"key_01jd3v8k2m4t{n}", "prefix": f"anim_{n}1b2c3d4", **more}


def test_revoke_by_id_and_by_prefix(oanim, fake):
    a, b = other("a"), other("b")
    fake.on("GET", "/v1/api-keys", page(a, b, other("c", status="revoked", prefix=a["prefix"])))
    for key in (a, b):
        fake.on("DELETE", f"/v1/api-keys/{key['id']}", {**key, "status": "revoked"})
    said = oanim("api-keys", "revoke", a["id"])
    assert said.out == "" and "Revoked anim_a1b2c3d4 (ci-pipeline)" in said.err
    assert [r[:2] for r in fake.requests] == [("DELETE", f"/v1/api-keys/{a['id']}")]
    oanim("api-keys", "revoke", "anim_b1b2c3d4", "--reason", "it leaked & how")
    assert fake.requests[-1][:2] == ("DELETE", f"/v1/api-keys/{b['id']}?reason=it%20leaked%20%26%20how")
    assert oanim("api-keys", "revoke", "anim_a1", "-q").out == a["id"] + "\n"
    assert oanim("api-keys", "revoke", a["id"], "--json").json["status"] == "revoked"
    assert "no key has" in oanim("api-keys", "revoke", "anim_zzz", code=3).err
    assert "no key has" in oanim("api-keys", "revoke", "", code=3).err


def test_revoke_ambiguous(oanim, fake):
    a, b = other("a", prefix="anim_xx1"), other("b", prefix="anim_xx2")
    fake.on("GET", "/v1/api-keys", page(a, b))
    said = oanim("api-keys", "revoke", "anim_xx", code=2)
    assert a["id"] in said.err and b["id"] in said.err and "could be 2 keys" in said.err
    assert all(r[0] == "GET" for r in fake.requests)


def test_revoke_a_whole_key_is_refused_without_repeating_it(oanim, fake):
    said = oanim("api-keys", "revoke", SECRET, code=2)
    assert "anim_a1b2c3d4" in said.err and SECRET not in said.err and fake.requests == []


def test_revoke_several(oanim, fake):
    a, b = other("a"), other("b")
    for key in (a, b):
        fake.on("DELETE", f"/v1/api-keys/{key['id']}", {**key, "status": "revoked"})
    several = ["api-keys", "revoke", a["id"], b["id"]]
    assert "--yes" in oanim(*several, code=2).err and fake.requests == []
    assert len(oanim(*several, "--yes", "--json").json) == 2
    oanim("api-keys", "revoke", a["id"], a["id"])
    for answer, code, calls in (("y\n", 0, 5), ("n\n", 1, 5), ("\x04", 1, 5)):
        with oanim.terminal(*several) as terminal:
            terminal.expect("[y/N]")
            terminal.send(answer)
            terminal.rest()
            assert terminal.process.wait(10) == code and len(fake.requests) == calls


def test_revoke_goes_on_after_a_failure(oanim, fake):
    a, b = other("a"), other("b")
    fake.on("DELETE", f"/v1/api-keys/{b['id']}", {**b, "status": "revoked"})
    said = oanim("api-keys", "revoke", a["id"], b["id"], "-y", code=3)
    assert "Revoked anim_b1b2c3d4" in said.err


# ---- the other commands on keys

def test_show_update_rotate(cli, fake):
    path = f"/v1/keys/{KEY['id']}"
    fake.on("GET", path, {**KEY, "expires_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400 + 60))})
    assert dict(cli("api-keys", "show", KEY["id"]).rows)["scopes"] == "read,write"
    assert "(in 1 day)" in cli.on_terminal("api-keys", "show", KEY["id"])
    fake.on("PATCH", path, {**KEY, "enabled": False})
    assert "Updated" in cli("api-keys", "update", KEY["id"], "--disable").err
    assert fake.requests[-1][3] == {"enabled": False}
    cli("api-keys", "update", KEY["id"], "--name", "n", "--scope", "read", "--expires", "never", "--rate-limit", "none", "--credits",
        "none", "--ip-allow", "any")
    assert fake.requests[-1][3] == {"name": "n", "scopes": ["read"], "expires_at": None, "rate_limit": None, "credits": None, "ip_allow": []}
    fake.on("POST", path + "/rotate", {**KEY, "id": "key_01jd3v8k2m4tb", "key": SECRET, "rotated_from": KEY["id"]}, 201)
    said = cli("api-keys", "rotate", KEY["id"], "--overlap", "24h")
    assert said.out == BLOCK and "The old key anim_a1b2c3d4 works until" in said.err and "(in 1 day)" in said.err
    assert {"overlap_sec": 86400} in [r[3] for r in fake.requests]
    fake.on("GET", path, {**KEY, "status": "expired"})
    assert "no longer works" in cli("api-keys", "rotate", KEY["id"], "--overlap", "0").err


# ---- people

def test_a_password_is_read_from_a_pipe_or_without_echo(cli, fake):
    user = {"id": "usr_01jd3v8k2m4ta", "email": "ada@example.com", "name": "Ada", "disabled": False, "created_at": "2026-11-01T08:00:00Z"}
    fake.on("POST", "/v1/users", user, 201)
    fake.on("PUT", "/v1/accounts/animus%2Facme/members/usr_01jd3v8k2m4ta", {"account": "acc_1", "user": user["id"], "role": "owner"})
    create = ["users", "create", "--email", "ada@example.com", "--name", "Ada"]
    said = cli(*create, "--account", "animus/acme", "--role", "owner", "-q", input="a long pass phrase \n")
    assert said.out == user["id"] + "\n" and fake.requests[-2][3]["password"] == "a long pass phrase "
    assert fake.requests[-1][3] == {"role": "owner"}
    assert "no password" in cli(*create, code=2).err
    cli(*create, "--no-password")
    assert "password" not in fake.requests[-1][3]
    with cli.terminal(*create) as terminal:
        terminal.expect("Password: ")
        assert not terminal.echoes()
        terminal.send("geheim geheim\n")
        terminal.expect("Once more: ")
        terminal.send("geheim geheim\n")
        text = terminal.rest()
        assert terminal.process.wait(10) == 0 and "geheim" not in text and terminal.echoes()
    assert fake.requests[-1][3]["password"] == "geheim geheim"
    with cli.terminal(*create) as terminal:
        terminal.expect("Password: ")
        terminal.send("one\n")
        terminal.expect("Once more: ")
        terminal.send("two\n")
        assert "differ" in terminal.rest() and terminal.process.wait(10) == 2


def test_an_interrupt_is_130_and_leaves_the_terminal_as_it_was(cli):
    with cli.terminal("users", "create", "--email", "a@b.c", "--name", "A") as terminal:
        terminal.expect("Password: ")
        assert not terminal.echoes()
        terminal.send("\x03")
        terminal.rest()
        assert terminal.process.wait(10) == 130 and terminal.echoes()


def test_an_interrupt_while_the_server_thinks(cli, fake):
    fake.on("GET", "/v1/keys", lambda path: time.sleep(60) or page())
    process = cli.start("api-keys", "list", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not fake.requests:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"")


# ---- completion and reference pages

@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(cli, oanim, shell, tmp_path):
    script = cli("completion", shell).out
    assert "api-keys" in script and "--rate-limit" in script or "rate-limit" in script
    other = oanim("completion", shell).out
    assert "oanim" in other and "cardea" not in other and "accounts" not in other
    path = tmp_path / "script"
    path.write_text(script)
    if shell == "bash":
        ask = f'source {path}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cardea; echo "${{COMPREPLY[@]}}"'
        for words, wanted in [(["api"], "api-keys"), (["api-keys", "re"], "revoke"), (["api-keys", "create", "--rate"], "--rate-limit"),
                              (["completion", "f"], "fish")]:
            done = subprocess.run(["bash", "-c", ask, "bash", "cardea", *words], capture_output=True, text=True, check=True)
            assert done.stdout.split() == [wanted]


def test_the_reference_pages_are_as_the_table_says(cli, tmp_path):
    cli("docs", "cli", tmp_path / "docs")
    made = {p.name: p.read_text() for p in (tmp_path / "docs").iterdir()}
    kept = {p.name: p.read_text() for p in (ROOT / "docs" / "reference" / "cli").iterdir()}
    assert made == kept, "run: build/cardea docs cli docs/reference/cli"
