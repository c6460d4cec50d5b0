"""The command line against the real daemon: each command's effect is looked at through the API."""

import json
import re

import pytest

from cardea_test.cli import Cli
from cardea_test.fixtures import unique
from cardea_test.leaks import REGISTRY
from cardea_test.openapi import ROOT
from cardea_test.scanner import ready

BLOCK = re.compile(r"Name:   (.+)\nPrefix: (\S+)\nKey:    (\S+)\n\n⚠ Save this key — it will not be shown again\.\n")


@pytest.fixture
def cli(shared, tmp_path):
    return Cli(tmp_path, CARDEA_API_URL=f"http://127.0.0.1:{shared.port}", CARDEA_API_KEY=shared.root_key())


@pytest.fixture
def oanim(shared, make, tmp_path):
    """A customer of Open Animate with a key in the environment."""
    account = make.account("open-animate")
    key = make.key(account)
    program = Cli(tmp_path, "oanim", OANIM_API_URL=f"http://localhost:{shared.port}", ANIMATE_API_KEY=key["key"])
    program.account, program.key = account, key
    return program


def made(text):
    found = BLOCK.fullmatch(text)
    assert found, text
    REGISTRY.add("key", found[3])
    return found.groups()


# ---- the main job

def test_the_main_job(cli, root):
    slug = unique("cli")
    account = cli("accounts", "create", "--profile", "animus", "--slug", slug, "--name", "Acme", "-q").out.strip()
    name, prefix, key = made(cli("api-keys", "create", "--account", account, "--name", "ci", "--scope", "read").out)
    assert name == "ci" and key.startswith(prefix) and root.verify(key, scope="read")["code"] == "VALID"
    cli("api-keys", "update", prefix, "--account", account, "--scope", "write")
    assert root.verify(key, scope="read")["code"] == "INSUFFICIENT_SCOPE"
    said = cli("api-keys", "rotate", prefix, "--account", account, "--overlap", "1h")
    new = made(said.out)[2]
    assert "works until" in said.err and root.verify(key)["valid"] and root.verify(new)["valid"]
    ids = [row[5] for row in cli("api-keys", "list", "--account", account).rows]
    assert len(ids) == 2
    cli("api-keys", "revoke", *ids, "--yes", "--reason", "done")
    assert root.verify(key)["code"] == root.verify(new)["code"] == "REVOKED"
    assert {row[4] for row in cli("api-keys", "list", "--account", account).rows} == {"revoked"}
    assert dict(cli("api-keys", "show", ids[0]).rows)["reason"] == "done"


def test_rotate_without_overlap(cli, root, make):
    key = make.key(make.account())
    assert "no longer works" in cli("api-keys", "rotate", key["id"], "--overlap", "0").err
    assert not root.verify(key["key"])["valid"]


def test_create_with_everything(cli, make, root):
    account = make.account()
    view = cli("api-keys", "create", "--account", account["slug"], "--name", "all ü", "--scope", "read,search", "--expires", "2031-02-03T04:05:06Z",
               "--ip-allow", "10.0.0.0/8", "--rate-limit", "7/60s", "--credits", "9", "--metadata", "team=a", "--json").json
    REGISTRY.add("key", view["key"])
    shown = root.get(f"/v1/keys/{view['id']}", expect=200).json
    assert shown == {k: v for k, v in view.items() if k != "key"}
    assert (shown["name"], sorted(shown["scopes"]), shown["expires_at"]) == ("all ü", ["read", "search"], "2031-02-03T04:05:06Z")
    assert (shown["credits"], shown["metadata"], shown["ip_allow"]) == (9, {"team": "a"}, ["10.0.0.0/8"])
    assert (shown["rate_limit"]["limit"], shown["rate_limit"]["window_sec"]) == (7, 60)
    rows = dict(cli("api-keys", "show", view["id"]).rows)
    assert rows["credits"] == "9" and rows["rate_limit"].startswith("7/60s") and rows["metadata"] == '{"team":"a"}'
    cli("api-keys", "update", view["id"], "--expires", "never", "--rate-limit", "none", "--credits", "none", "--ip-allow", "any", "--name", "n")
    shown = root.get(f"/v1/keys/{view['id']}", expect=200).json
    assert [shown[k] for k in ("expires_at", "rate_limit", "credits", "ip_allow", "name")] == [None, None, None, [], "n"]


def test_disable_and_enable(cli, make, root):
    key = make.key(make.account())
    cli("api-keys", "update", key["id"], "--disable")
    assert root.verify(key["key"])["code"] == "DISABLED"
    cli("api-keys", "update", key["id"], "--enable")
    assert root.verify(key["key"])["code"] == "VALID"


def test_pages(cli, make):
    account = make.account()
    names = [f"k{i}" for i in range(5)]
    for name in names:
        make.key(account, name=name)
    first = cli("api-keys", "list", "--account", account["id"], "--limit", "2")
    assert len(first.rows) == 2 and "--cursor" in first.err
    assert sorted(row[0] for row in cli("api-keys", "list", "--account", account["id"], "--limit", "2", "--all").rows) == names
    assert len(cli("api-keys", "list", "--account", account["id"], "--all", "--json").json["data"]) == 5
    assert cli("api-keys", "list", "--account", account["id"], "--status", "revoked").out == ""
    assert len(cli("api-keys", "list", "--account", account["id"], "--kind", "key").rows) == 5
    assert cli("api-keys", "list", "--account", account["id"], "--kind", "legacy").out == ""
    assert cli("api-keys", "list", "--status", "nonsense", code=1).err


def test_refusals_have_their_exit_code(cli, make):
    account = make.account()
    refused = cli("api-keys", "create", "--account", account["id"], "--name", "x", "--scope", "raed", code=1).err
    assert "--scope: There is no such scope. Did you mean `read`?" in refused, "in the words of the command line, not of the API"
    assert cli("api-keys", "create", "--account", "no-such-account", "--name", "x", code=None).code in (1, 3)
    cli("api-keys", "show", "key_0000000000001", code=3)
    cli("accounts", "show", "nobody-has-this", code=3)
    bad = cli.using(CARDEA_API_KEY="crdr_" + "x" * 49)
    said = bad("api-keys", "list", code=4)
    assert said.err.count("not valid here") == 1
    assert "request " in said.err and "CARDEA_API_KEY" in said.err
    key = make.key(account)
    limited = cli.using(CARDEA_API_KEY=key["key"])
    limited("accounts", "list", code=4)


# ---- accounts and people

def test_accounts(cli, root):
    slug = unique("cli")
    shown = dict(cli("accounts", "create", "--profile", "animus", "--slug", slug).rows)
    assert shown["slug"] == slug and shown["status"] == "active"
    key = made(cli("api-keys", "create", "--account", shown["id"], "--name", "k", "--scope", "read").out)[2]
    cli("accounts", "suspend", slug)
    assert root.verify(key)["code"] == "ACCOUNT_SUSPENDED"
    assert dict(cli("accounts", "show", f"animus/{slug}").rows)["status"] == "suspended"
    cli("accounts", "resume", slug)
    assert root.verify(key)["valid"]
    assert slug in [row[0] for row in cli("accounts", "list", "--profile", "animus", "--all").rows]
    assert "--yes" in cli("accounts", "delete", slug, code=2).err
    cli("accounts", "delete", slug, "--yes")
    assert not root.verify(key)["valid"]
    cli("accounts", "show", shown["id"], code=3)


def test_agents(cli, root, make):
    account = make.account()["slug"]
    here = ("--account", account)
    shown = dict(cli("agents", "create", *here, "--slug", "bot", "--name", "A bot").rows)
    assert (shown["slug"], shown["name"], shown["status"]) == ("bot", "A bot", "active")
    assert cli("agents", "create", *here, "--slug", "mute", "-q").out.strip().startswith("agt_")
    assert [row[:3] for row in cli("agents", "list", *here, "--all").rows] == [["bot", "A bot", "active"], ["mute", "mute", "active"]]
    cli("agents", "disable", "bot", *here)
    assert dict(cli("agents", "show", shown["id"]).rows)["status"] == "disabled"
    cli("agents", "enable", shown["id"])
    assert json.loads(cli("agents", "show", "bot", *here, "--json").out)["status"] == "active"
    assert "--yes" in cli("agents", "delete", "bot", *here, code=2).err
    cli("agents", "delete", "bot", *here, "--yes")
    assert dict(cli("agents", "show", "bot", *here).rows)["status"] == "deleted"
    cli("agents", "enable", "bot", *here, code=None)
    assert root.get(f"/v1/agents/{shown['id']}", expect=200)["status"] == "deleted"
    cli("agents", "show", "none", *here, code=3)
    assert "account" in cli("agents", "show", "bot", code=None).err


def test_people(cli, make, root):
    account = make.account()
    email = f"{unique('cli')}@example.com"
    user = cli("users", "create", "--email", email, "--name", "Ada", "--account", account["id"], "--role", "owner", "-q",
               input="correct horse battery\n").out.strip()
    session = {"email": email, "password": "correct horse battery"}
    assert root.using(token=None).post("/v1/sessions", session, expect=201).json["account"] == account["id"]
    assert [row[:2] for row in cli("accounts", "members", account["id"]).rows] == [[user, "owner"]]
    assert email in cli("users", "list", "--all").out
    cli("users", "disable", user)
    root.using(token=None).post("/v1/sessions", session, expect=401)
    cli("users", "enable", user)
    root.using(token=None).post("/v1/sessions", session, expect=201)
    other = make.user()
    cli("accounts", "add-member", account["id"], other["id"], "--role", "viewer")
    assert sorted(row[1] for row in cli("accounts", "members", account["id"]).rows) == ["owner", "viewer"]
    cli("accounts", "remove-member", account["id"], other["id"])
    assert len(cli("accounts", "members", account["id"]).rows) == 1


# ---- a product's own name

def test_a_product_without_configuration(oanim, root):
    """OA1, OA2, OA3: only the address and the key are given; the product's host is found by itself."""
    name, prefix, key = made(oanim("api-keys", "create", "--name", "ci-pipeline").out)
    assert name == "ci-pipeline" and re.fullmatch(r"anim_[0-9a-z]{8}_[0-9a-z]{24}", key) and key.startswith(prefix + "_")
    rows = {row[0]: row for row in oanim("api-keys", "list").rows}
    assert rows["ci-pipeline"][1] == prefix and rows["ci-pipeline"][2].endswith("Z")
    assert root.verify(key)["valid"]
    oanim("api-keys", "revoke", rows["ci-pipeline"][5])
    assert root.verify(key)["code"] == "REVOKED"
    assert "ci-pipeline" in oanim.on_terminal("api-keys", "list")


def test_a_product_by_prefix(oanim, root):
    _, prefix, key = made(oanim("api-keys", "create", "--name", "x").out)
    oanim("api-keys", "revoke", prefix)
    assert not root.verify(key)["valid"]
    assert dict(oanim("api-keys", "show", oanim.key["id"]).rows)["prefix"] == oanim.key["prefix"]


def test_a_product_at_its_limit(oanim):
    for _ in range(9):
        made(oanim("api-keys", "create", "--name", "more").out)
    said = oanim("api-keys", "create", "--name", "one too many", code=1)
    assert "10" in said.err and said.out == ""


def test_login_for_a_product(oanim, root, make):
    """OA5, OA6, OA9b: what login saves may create, list and revoke; the variable goes before the file."""
    saved = oanim.home / ".oanim" / "credentials.yaml"
    oanim("login", "--token", oanim.key["key"])
    assert saved.stat().st_mode & 0o777 == 0o600
    bare = oanim.using(ANIMATE_API_KEY=None, OANIM_API_URL=None)
    _, prefix, key = made(bare("api-keys", "create", "--name", "from the file").out)
    assert prefix in bare("api-keys", "list").out
    other = make.key(make.account("open-animate"))
    assert prefix not in bare.using(ANIMATE_API_KEY=other["key"])("api-keys", "list").out
    bare("api-keys", "revoke", prefix)
    assert not root.verify(key)["valid"]
    assert dict(bare("auth", "status").rows)["key_from"] == str(saved)
    root.delete(f"/v1/keys/{oanim.key['id']}", expect=200)
    bare("auth", "status", code=4)
    bare("logout")
    bare("api-keys", "list", code=4)


# ---- a product whose paths name the account

@pytest.fixture
def animam(shared, make, tmp_path):
    """A customer of Animam, who has a token and nothing else."""
    account = make.account("animam")
    key = make.key(account, name="first", scopes=["tokens:*", "corpus:read"])
    program = Cli(tmp_path, "animam", ANIMAM_API_URL=f"http://localhost:{shared.port}", ANIMAM_API_TOKEN=key["key"])
    program.account, program.key = account, key
    return program


def test_tokens_of_ones_own_account(animam, root, make):
    """AM5: the account need not be named, and may be; another one's is refused."""
    name, prefix, key = made(animam("tokens", "create", "--name", "ci", "--scope", "corpus:read").out)
    assert name == "ci" and root.verify(key, profile="animam")["account"] == animam.account["id"]
    own, other = ("--account", animam.account["slug"]), make.account("animam")
    assert [(row[0], row[-1]) for row in animam("tokens", "list").rows] == [(row[0], row[-1]) for row in animam("tokens", "list", *own).rows]
    assert {row[0] for row in animam("tokens", "list").rows} == {"first", "ci"}
    assert "Forbidden" in animam("tokens", "list", "--account", other["slug"], code=4).err
    assert dict(animam("tokens", "show", prefix).rows)["scopes"] == "corpus:read"
    assert "Missing required scope" not in animam("tokens", "revoke", prefix).err and root.verify(key, profile="animam")["code"] == "REVOKED"
    assert "scope" in animam("tokens", "create", "--name", "more", "--scope", "settings:write", code=None).err, "no more than it has"
    assert "unknown command" in animam("api-keys", "list", code=2).err and "tokens" in animam("--help").out
    assert dict(animam("auth", "status").rows)["state"] == "works"


def test_tokens_without_the_right_to(animam, make):
    poor = animam.using(ANIMAM_API_TOKEN=make.key(animam.account, scopes=["tokens:read"])["key"])
    assert poor("tokens", "list").rows
    assert "Missing required scope: tokens:write" in poor("tokens", "create", "--name", "x", "--scope", "tokens:read", code=4).err


def test_the_own_account_of_sessions_too(animam, root, make):
    """`-` in the place of the tenant is the caller's own account, whoever the caller is; it is no slug that one could take."""
    owner = make.session(animam.account, "owner").using(host="animam.localhost")
    assert [k["id"] for k in owner.get("/tenants/-/tokens", expect=200)["data"]] == [animam.key["id"]]
    owner.get("/tenants/--/tokens", expect=403)
    root.using(token=None, host="animam.localhost").get("/tenants/-/tokens", expect=401)
    root.post("/v1/accounts", {"profile": "animam", "slug": "-", "name": "x"}, expect=422)
    mine = root.using(token=animam.key["key"])
    mine.get("/v1/authorize/animam/tenants/-/corpus", expect=403)


# ---- native log in

def test_native_login(shared, tmp_path):
    key = shared.root_key()
    cli = Cli(tmp_path, CARDEA_API_URL=f"http://localhost:{shared.port}")
    cli("login", "--token", "-", input=key + "\n")
    bare = cli.using(CARDEA_API_URL=None)
    assert bare("accounts", "list").rows
    status = bare("auth", "status", "--json").json
    assert status["authenticated"] and status["self"]["kind"] == "root" and key not in bare("auth", "status").out
    said = cli("login", "--token", "crdr_" + "x" * 49, code=4)
    assert "request" in said.err and bare("accounts", "list").rows


def test_a_session_token_logs_in_too(shared, make, tmp_path):
    client = make.session(make.account(), "owner")
    cli = Cli(tmp_path, CARDEA_API_URL=f"http://localhost:{shared.port}", CARDEA_API_KEY=client.token)
    made(cli("api-keys", "create", "--name", "mine", "--scope", "read").out)
    assert [row[0] for row in cli("api-keys", "list").rows] == ["mine"]
    assert dict(cli("auth", "status").rows)["key"] == "session token"


# ---- profiles

def test_profiles(cli, tmp_path):
    files = sorted((ROOT / "profiles").glob("*.yaml"))
    said = cli("profiles", "check", *files)
    assert said.out.count(": ok, ") == len(files) and said.err == ""
    bad = tmp_path / "bad.yaml"
    bad.write_text((ROOT / "profiles" / "open-animate.yaml").read_text().replace("max_active", "max_actve"))
    said = cli("profiles", "check", files[0], bad, code=1)
    assert re.search(rf"{re.escape(str(bad))}:\d+:\d+: .*max_active", said.err) and said.out.count(": ok, ") == 1
    assert "No such file" in cli("profiles", "check", tmp_path / "none.yaml", code=1).err
    assert {"animus", "cardea", "open-animate"} <= {row[0] for row in cli("profiles", "list").rows}
    assert "# " in cli("profiles", "docs").out


def test_profiles_of_ones_own(cli, tmp_path):
    folder = tmp_path / "profiles"
    folder.mkdir()
    text = (ROOT / "profiles" / "open-animate.yaml").read_text()
    for old, new in (("name: open-animate", "name: studio"), ("open-animate.localhost", "studio.localhost"), ("api.open-animate.com", "api.studio.example"),
                     ("docs.open-animate.com", "docs.studio.example"),
                     ("name: oanim", "name: studio"), ("ANIMATE_API_KEY", "STUDIO_KEY"), ("OANIM_API_URL", "STUDIO_API_URL"),
                     ("~/.oanim/", "~/.studio/"), ("anim_{id", "stud_{id"), ("keys_noun: api-keys", "keys_noun: tokens"), ("Open Animate", "Studio")):
        text = text.replace(old, new)
    (folder / "studio.yaml").write_text(text)
    studio = Cli(tmp_path / "home", "studio", CARDEA_PROFILES=str(folder))
    assert studio("version").out.startswith("studio ") and "tokens" in studio().out and "api-keys" not in studio().out
    assert "STUDIO_KEY" in studio("tokens", "list", code=4).err
    (folder / "studio.yaml").write_text(text + "nonsense: 1\n")
    broken = cli.using(CARDEA_PROFILES=str(folder))
    assert "studio.yaml" in broken("version", code=1).err
    assert "studio.yaml" in broken("profiles", "check", folder / "studio.yaml", code=1).err


def test_a_slug_is_taken_once(cli, make):
    account = make.account("animus")
    assert account["slug"] in cli("accounts", "create", "--profile", "animus", "--slug", account["slug"], code=1).err


def test_messages(cli, root, make, tmp_path):
    ready(root)
    account = make.account("anima")
    here = ("--account", account["id"])
    for slug in ("ada", "bob"):
        cli("agents", "create", *here, "--slug", slug)
    sent = dict(cli("messages", "send", "ada", *here, "--to", "bob", "--subject", "Lunch", "--body", "At noon?").rows)
    assert (sent["channel"], sent["state"], sent["verdict"]) == ("inbox", "delivered", "allow")
    (tmp_path / "a.txt").write_text("1")
    again = cli("messages", "send", "ada", *here, "--to", "bob", "--file", "-", "--client-id", "x", "--attach", str(tmp_path / "a.txt"), "-q", input="From a pipe.").out.strip()
    assert cli("messages", "send", "ada", *here, "--to", "bob", "--file", "-", "--client-id", "x", "--attach", str(tmp_path / "a.txt"), "-q", input="From a pipe.").out.strip() == again
    rows = cli("messages", "list", "bob", *here).rows
    assert [row[1:] for row in rows] == [["ada", "Lunch", "At noon?", sent["id"]], ["ada", "", "From a pipe.", again]]
    assert json.loads(cli("messages", "list", "bob", *here, "--after", sent["id"], "--json").out)["data"][0]["attachments"] == [{"name": "a.txt", "type": "text/plain", "text": "1"}]
    cli("messages", "ack", "bob", sent["id"], *here)
    assert [row[-1] for row in cli("messages", "list", "bob", *here).rows] == [again]
    cli("messages", "ack", "bob", again, *here, "--up-to")
    assert cli("messages", "list", "bob", *here).rows == []
    assert {row[3] for row in cli("messages", "list", *here, "--all").rows} == {"acknowledged"}
    blocked = cli("messages", "send", "ada", *here, "--to", "bob", "--body", "key AKIAZ7QPXK4LM2NRWT5B", code=11)
    assert "not allowed to leave" in blocked.err and "  SECRET (secret.aws-access-key-id)\n" in blocked.err and blocked.out == ""
    assert cli("messages", "secret", "ada", *here).out.startswith("whsec_")
    assert "--body" in cli("messages", "send", "ada", *here, "--to", "bob", code=2).err
    assert "--state" in cli("messages", "list", "bob", *here, "--state", "failed", code=2).err


def test_a_parameter_is_named_as_its_option(cli):
    assert "--account: It is not said which account is meant." in cli("agents", "list", code=1).err


def test_on_a_terminal_it_says_that_it_reads(cli):
    with cli.terminal("messages", "send", "bot", "--to", "x", "--file", "-") as terminal:
        terminal.expect("Reading what you type, until Ctrl-D.")
        terminal.send("hello\n\x04")
        assert "--account: It is not said which account is meant." in terminal.rest()
